"""Irregular sensor streams to one uniform rate."""

from collections.abc import Sequence
from dataclasses import replace
from numbers import Integral, Real
from typing import Any, ClassVar, Literal, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils import Tags
from sklearn.utils.validation import check_is_fitted

from .._atomic import fit_context
from .._sklearn import Interval, StrOptions
from ..recording import Recording, signal_of, with_signal
from ..validation import (
    Panel,
    SeriesOutputMixin,
    Uniform,
    check_channel_names,
    check_recordings,
    check_series,
    is_list,
    is_raw,
)
from ._channel_choice import (
    channel_parts,
    check_channels,
    choose_axes,
    choose_channels,
    needed_axes,
)
from ._interpolation import resample_stream, without_gaps
from ._stream_checks import (
    FAULTS,
    Faults,
    check_array,
    check_overlap,
    checked_stream,
    count_timesteps,
    long_gaps,
    streams_by_clock,
    warn_of,
)

Floats = NDArray[np.float64]


class Resampler(SeriesOutputMixin, TransformerMixin, BaseEstimator):
    """Bring the sensor streams of each recording onto one uniform clock.

    Every sensor of a phone has its own clock, rate and start. The resampler takes the time
    that all chosen streams share and returns the value of every channel each
    ``1 / sampling_rate_hz`` seconds from its start. It fixes the channels and their order
    for all later steps.

    Streams that are faster than the output are low-passed first; otherwise movement and
    vibration above half the output's rate would appear as slower movement (aliasing).
    Quaternions are interpolated on the sphere, Euler angles through their wrap at ±π.

    Parameters
    ----------
    sampling_rate_hz : float, default=50.0
        The output's rate in hertz.
    channels : list of str, default=None
        Sensors, such as ``"Gyroscope"``, or channels, such as ``"Gyroscope_x"``, in order.
        ``"TotalAcceleration"`` is computed in recordings that lack it: from
        ``Accelerometer`` + ``Gravity``, or else ``AccelerometerUncalibrated``. None takes
        all channels of the first training recording; every recording must have exactly
        these. Recordings only.
    interpolation : {"linear", "cubic", "quintic"}, default="quintic"
        Straight lines or splines between two samples. Quaternions always take the shortest
        rotation between two samples, at constant angular rate. On an uneven clock, splines
        leave the range of the eight samples on either side by at most half of that range.
    anti_alias : bool, default=True
        Whether to low-pass streams whose rate falls by more than 1 %, with zero phase. The
        passband ends at 0.8, the stopband begins (−80 dB) at 1.0 times half the output's
        rate. Within 0.1 s of either end of a stream the low-pass has samples on one side
        only and attenuates less. Like any steep low-pass it overshoots: by up to 0.6 times
        the range of the values that it averages, at the ends of a stream twice the range.
    missing : {"error", "interpolate"}, default="error"
        Whether NaN values are refused, or samples that hold one are left out and
        interpolated over; at the ends of a stream they are only left out, which may shorten
        the shared time. A quaternion of zeros is missing, too. Infinity is always refused.
    clock : {"error", "mend"}, default="error"
        Whether clocks that repeat timestamps or run backwards are refused, or samples are
        sorted by time and bursts spread over the time in which they were taken. No sample
        is dropped. Recordings only.
    max_gap_seconds : float or "auto", default="auto"
        Longest interval between two samples that is no gap. "auto" takes 1 second, or 3.5
        usual intervals of a slow stream; None sets no limit.
    gaps : {"error", "mark", "interpolate"}, default="error"
        Whether longer gaps are refused, the timesteps inside them become NaN, or they are
        interpolated over and counted.
    max_timesteps : int, default=5_000_000
        Most timesteps of one row of the output: the default is more than a day at 50 Hz.
    input_rate_hz : float, default=None
        The rate of uniform and panel input in hertz. None takes the rate that X has as a
        :class:`SignalArray`; an array without a rate is taken to be at
        ``sampling_rate_hz`` and only checked. Recordings have their own clocks.
    dtype : {"float64", "float32"}, default="float64"
        Data type of the output for recordings. Arrays keep their own.

    Attributes
    ----------
    channel_names_ : list of str of length n_channels
        Names of the output's channels.
    n_features_in_ : int
        Number of the output's channels; of input timesteps where ``X`` is 2-D.
    n_missing_ : int
        Number of training samples, over all chosen streams, that were interpolated over or
        left out. ``transform`` warns of this number and the others for its own input.
    n_mended_ : int
        Number of training samples whose time or place ``clock="mend"`` changed.
    n_near_repeats_ : int
        Number of training samples left out because they come less than a tenth of the
        usual interval before the next one, which is usual where samples arrive in bursts.
    n_outside_ : int
        Number of training samples outside the time that all chosen streams of a recording
        share, where that is less than 90 % of the whole time.
    n_gaps_ : int
        Number of gaps longer than ``max_gap_seconds``.

    Raises
    ------
    ValueError
        If channels differ between recordings, a clock repeats a timestamp or runs
        backwards, a gap is too long, streams don't overlap in time, or values are missing.
        The message names the row, the recording's source, the sensor and the sample.

    Warns
    -----
    DataQualityWarning
        In ``transform``, for faults and for the recordings' ``doubts``, with counts.

    See Also
    --------
    sk_imu.FixedLength : Bring the sets to one length.

    Examples
    --------
    >>> import numpy as np
    >>> from sk_imu import Recording, Resampler, SensorStream
    >>> fast, slow = np.arange(527) / 52.713, 0.3 + np.arange(59) / 5.9
    >>> recording = Recording({
    ...     "Accelerometer": SensorStream(fast, np.zeros((527, 3))),
    ...     "Gyroscope": SensorStream(slow, np.ones((59, 3))),
    ... })
    >>> resampler = Resampler(sampling_rate_hz=50, channels=["Gyroscope"])
    >>> resampler.fit_transform([recording])[0].shape
    (3, 492)
    >>> Resampler(sampling_rate_hz=50).fit_transform([recording])[0].shape
    (6, 484)
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "sampling_rate_hz": [Interval(Real, 0, None, closed="neither")],
        "channels": ["array-like", None],
        "interpolation": [StrOptions({"linear", "cubic", "quintic"})],
        "anti_alias": ["boolean"],
        "missing": [StrOptions({"error", "interpolate"})],
        "clock": [StrOptions({"error", "mend"})],
        "max_gap_seconds": [
            Interval(Real, 0, None, closed="neither"),
            StrOptions({"auto"}),
            None,
        ],
        "gaps": [StrOptions({"error", "mark", "interpolate"})],
        "max_timesteps": [Interval(Integral, 1, None, closed="left")],
        "input_rate_hz": [Interval(Real, 0, None, closed="neither"), None],
        "dtype": [StrOptions({"float64", "float32"})],
    }

    def __init__(
        self,
        *,
        sampling_rate_hz: float = 50.0,
        channels: Sequence[str] | None = None,
        interpolation: Literal["linear", "cubic", "quintic"] = "quintic",
        anti_alias: bool = True,
        missing: Literal["error", "interpolate"] = "error",
        clock: Literal["error", "mend"] = "error",
        max_gap_seconds: float | Literal["auto"] | None = "auto",
        gaps: Literal["error", "mark", "interpolate"] = "error",
        max_timesteps: int = 5_000_000,
        input_rate_hz: float | None = None,
        dtype: Literal["float64", "float32"] = "float64",
    ) -> None:
        self.sampling_rate_hz = sampling_rate_hz
        self.channels = channels
        self.interpolation = interpolation
        self.anti_alias = anti_alias
        self.missing = missing
        self.clock = clock
        self.max_gap_seconds = max_gap_seconds
        self.gaps = gaps
        self.max_timesteps = max_timesteps
        self.input_rate_hz = input_rate_hz
        self.dtype = dtype

    @fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: Any, y: Any = None) -> Self:
        """Fix the channels and check every recording.

        Parameters
        ----------
        X : list of Recording, list of ndarray, or ndarray
            The sets: recordings, arrays of shape (n_channels, n_timesteps_i), or one
            array of shape (n_sets, n_channels, n_timesteps) or (n_sets, n_timesteps).
        y : object, default=None
            Ignored.

        Returns
        -------
        self : Resampler
            The fitted transformer.
        """
        if _holds_recordings(X):
            recordings = check_recordings(X, estimator=self)
            for name in ("channel_names_in_", "feature_names_in_"):
                self.__dict__.pop(name, None)  # of an earlier fit on arrays
            first = recordings[0]
            self.channel_names_ = choose_channels(first, self.channels, _where(first, 0))
            self.n_features_in_ = self.n_channels_in_ = len(self.channel_names_)
            found = [self._read(one, row)[1] for row, one in enumerate(recordings)]
            return self._keep(found)
        if self.channels is not None:
            raise ValueError(
                "Resampler: channels chooses from the named channels of Recordings, but X "
                "is not a list of them. Set channels=None or give a list of Recordings, "
                "such as list(X)."
            )
        series = check_series(self, X, reset=True, allow_nan=self.missing == "interpolate")
        n_channels = len(np.atleast_2d(series[0]))
        self.channel_names_ = check_channel_names(None, n_channels, estimator=self)
        # Else transform would refuse sets of another rate than these.
        self.__dict__.pop("sampling_rate_hz_in_", None)
        return self._keep(self._look_at(series, self._input_rate_hz(X))[1])

    def transform(self, X: Any) -> Uniform | Panel:
        """Resample every set.

        Parameters
        ----------
        X : list of Recording, list of ndarray, or ndarray
            The sets, with the channels of those given to ``fit``.

        Returns
        -------
        X_resampled : list of ndarray, or ndarray
            The sets at ``sampling_rate_hz``.  Recordings give arrays of ``dtype`` and
            shape (n_channels, n_timesteps_i); arrays keep their state and dtype.
        """
        check_is_fitted(self)
        if not _holds_recordings(X):
            allow_nan = self.missing == "interpolate"
            series = check_series(self, X, reset=False, allow_nan=allow_nan)
            uniform = self._transform_series(series, self._input_rate_hz(X))
            names = getattr(self, "channel_names_in_", None)
            return with_signal(uniform, names, self.sampling_rate_hz)
        rows: Uniform = []
        found = []
        for row, recording in enumerate(check_recordings(X, estimator=self)):
            chosen, faults = self._read(recording, row)
            rows.append(self._transform_recording(chosen))
            found.append(faults)
        warn_of(found, gaps=self.gaps, recordings=X)
        return with_signal(rows, self.channel_names_, self.sampling_rate_hz)

    def __sklearn_tags__(self) -> Tags:
        """Declare which input is allowed and that the dtype is kept."""
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        tags.input_tags.allow_nan = self.missing == "interpolate"
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags

    def _read(self, recording: Recording, row: int) -> tuple[Recording, Faults]:
        """Return the checked streams that are needed, and what was wrong with them."""
        where = _where(recording, row)
        # Without a choice, no channel of any recording may be lost silently.
        check_channels(recording, self.channel_names_, where, exactly=self.channels is None)
        streams, faults = {}, Faults()
        for sensor, wanted in needed_axes(recording, self.channel_names_).items():
            place = f"{where}, sensor {sensor!r}"
            streams[sensor], found = checked_stream(
                choose_axes(recording.streams[sensor], wanted, place),
                place=place,
                mend=self.clock == "mend",
                allow_missing=self.missing == "interpolate",
            )
            faults += found
        # Only now: mending and leaving out samples change what the streams share.
        chosen = replace(recording, streams=streams)
        rate_hz, most = self.sampling_rate_hz, self.max_timesteps
        faults["outside"] = check_overlap(chosen, rate_hz, most, where)
        for sensor, stream in streams.items():
            place = f"{where}, sensor {sensor!r}"
            gaps = self._long_gaps(stream.timestamps_s, *chosen.overlap_s, place)
            faults["gaps"] += len(gaps)
        return chosen, faults

    def _long_gaps(
        self, times_s: Floats, start_s: float, end_s: float, place: str
    ) -> Floats:
        within, allow = (start_s, end_s), self.gaps != "error"
        return long_gaps(times_s, self.max_gap_seconds, within, place=place, allow=allow)

    def _transform_recording(self, recording: Recording) -> Floats:
        start_s, end_s = recording.overlap_s
        n_timesteps = count_timesteps(end_s - start_s, self.sampling_rate_hz)
        values: dict[tuple[str, str], Floats] = {}
        for streams in streams_by_clock(recording.streams):
            columns = [(name, axis) for name, one in streams.items() for axis in one.axes]
            times_s = next(iter(streams.values())).timestamps_s - start_s
            samples = np.hstack([stream.values for stream in streams.values()])
            axes = [axis for _, axis in columns]
            uniform = self._resample(times_s, samples, n_timesteps, axes)
            values.update(zip(columns, uniform.T, strict=True))
        # TotalAcceleration may be the sum of two sensors with a clock each.
        parts = channel_parts(recording)
        rows = [sum(values[part] for part in parts[name]) for name in self.channel_names_]
        return np.stack(rows).astype(self.dtype, copy=False)

    def _transform_series(self, series: Uniform | Panel, rate_hz: float) -> Uniform | Panel:
        missing, found = self._look_at(series, rate_hz)
        if not any(found) and rate_hz == self.sampling_rate_hz:
            return series  # at this rate already, so no value has to change
        rows: Uniform = []
        for row, without in zip(series, missing, strict=True):
            new = self._transform_row(row, without, rate_hz).astype(row.dtype)
            rows.append(new.reshape(*row.shape[:-1], -1))
        warn_of(found, gaps=self.gaps)
        return rows if isinstance(series, list) else np.stack(rows)

    def _input_rate_hz(self, X: Any) -> float:
        _, rate_hz = signal_of(X, name="Resampler")
        return self.input_rate_hz or rate_hz or self.sampling_rate_hz

    def _look_at(
        self, series: Uniform | Panel, rate_hz: float
    ) -> tuple[list[NDArray[np.bool_]], list[Faults]]:
        """Return which timesteps of each checked row miss a value, and its faults."""
        new_hz, most = self.sampling_rate_hz, self.max_timesteps
        missing = [np.isnan(np.atleast_2d(x)).any(axis=0) for x in series]
        # A row that is at the rate already, without a gap, stays as it is.
        changes = rate_hz != new_hz or any(map(np.any, missing))
        found = []
        for row, without in enumerate(missing):
            place, faults = f"Resampler: row {row} of X", Faults()
            if changes:
                check_array(without, rate_hz, new_hz, most, place)
            if without.any():
                times_s = np.flatnonzero(~without) / rate_hz
                gaps = self._long_gaps(times_s, -np.inf, np.inf, place)
                faults = Faults(missing=int(without.sum()), gaps=len(gaps))
            found.append(faults)
        return missing, found

    def _transform_row(
        self, values: Panel, missing: NDArray[np.bool_], rate_hz: float
    ) -> Floats:
        times_s = np.arange(len(missing)) / rate_hz
        n_timesteps = count_timesteps(times_s[-1], self.sampling_rate_hz)
        samples = np.atleast_2d(values).T[~missing].astype(np.float64)
        return self._resample(times_s[~missing], samples, n_timesteps).T

    def _resample(
        self, times_s: Floats, values: Floats, n_timesteps: int, axes: Any = ()
    ) -> Floats:
        uniform = resample_stream(
            times_s,
            values,
            n_timesteps=n_timesteps,
            rate_hz=self.sampling_rate_hz,
            axes=axes,
            interpolation=self.interpolation,
            anti_alias=self.anti_alias,
        )
        if self.gaps != "mark":
            return uniform
        last_s = (n_timesteps - 1) / self.sampling_rate_hz
        # Without a place, because marked gaps are no error.
        gaps = self._long_gaps(times_s, 0, last_s, "")
        return without_gaps(uniform, gaps, self.sampling_rate_hz)

    def _keep(self, found: list[Faults]) -> Self:
        for kind in FAULTS:
            setattr(self, f"n_{kind}_", sum(faults[kind] for faults in found))
        return self


def _holds_recordings(X: Any) -> bool:
    # For an empty list, the message of recordings is the helpful one.
    return is_raw(X) or (is_list(X) and len(X) == 0)


def _where(recording: Recording, row: int) -> str:
    return f"Resampler: row {row} of X ({recording.name})"
