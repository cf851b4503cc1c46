"""Irregular sensor streams to one uniform rate."""

import math
import warnings
from collections.abc import Sequence
from dataclasses import replace
from numbers import Real
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, TransformerMixin, _fit_context
from sklearn.utils import Tags
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.validation import check_is_fitted

from .channels import (
    QUATERNION_AXES,
    SENSOR_AXES,
    channel_name,
    quaternion_columns,
    sensor_of,
)
from .interpolation import resample_stream
from .recording import Recording, SensorStream
from .validation import (
    Panel,
    SeriesOutputMixin,
    Uniform,
    check_channel_names,
    check_overlap,
    check_recordings,
    check_series,
    check_stream,
    is_list,
    is_raw,
)

__all__ = ["Resampler"]

Floats = NDArray[np.float64]
#: What clocks may be off by rounding, in timesteps.
_ROUNDING = 1e-6


class Resampler(SeriesOutputMixin, TransformerMixin, BaseEstimator):
    """Bring the sensor streams of each recording onto one uniform clock.

    Every sensor of a phone has a clock, a rate and a start of its own.  The resampler
    takes the time that all chosen streams share, and gives every channel's value each
    ``1 / sampling_rate_hz`` seconds from the start of that time.  It fixes the channels
    and their order for all later steps.

    Streams that are faster than the output are low-passed first: without that, movement
    and vibration above half the output's rate would turn up as slower movement that
    never was.  Quaternions are interpolated on the sphere, Euler angles through their
    wrap at ±π.

    Parameters
    ----------
    sampling_rate_hz : float, default=50.0
        The output's rate in hertz.
    channels : list of str, default=None
        Sensors, such as ``"Gyroscope"``, and single channels, such as
        ``"Gyroscope_x"``, in the order wanted.  ``"TotalAcceleration"`` is made from
        ``Accelerometer`` + ``Gravity`` in recordings that have these two instead.  None
        takes all channels of the first training recording, and then every recording
        must have exactly these.  Recordings only.
    interpolation : {"linear", "cubic"}, default="cubic"
        How values between two samples are found.  Quaternions always take the shortest
        way between two samples at constant angular rate.
    anti_alias : bool, default=True
        Low-pass streams whose rate falls by more than 1 %, with zero phase.  The
        passband ends at 0.8, the stopband begins (−80 dB) at 1.0 times half the
        output's rate.  Within 0.1 s of either end of a stream the low-pass has only one
        side to look at, and does less.
    missing : {"error", "interpolate"}, default="error"
        Whether NaN values are refused, or the samples that hold one are left out and
        interpolated over (at a stream's ends they are only left out, so the time shared
        by all streams may shrink).  A quaternion of zeros is missing, too.  Infinity is
        always refused.
    input_rate_hz : float, default=None
        The rate of uniform and panel input in hertz.  None says that it already is
        ``sampling_rate_hz``, and only checks it.  Recordings bring their own clocks.

    Attributes
    ----------
    channel_names_ : list of str of length n_channels
        Names of the output's channels.
    n_features_in_ : int
        Number of the output's channels; of input timesteps where ``X`` is 2-D.
    n_missing_ : int
        Number of training samples, counted in each chosen stream, that were
        interpolated over or left out.  ``transform`` tells the number for its own input
        in a warning.

    Raises
    ------
    ValueError
        If channels differ between recordings, a clock repeats a timestamp or runs
        backwards, streams don't overlap in time, or values are missing.  The message
        names the row, the recording's source, the sensor and the sample.

    See Also
    --------
    sk_imu.FixedLength : Bring the sets to one length, for what needs a panel.

    References
    ----------
    K. Shoemake (1985). Animating rotation with quaternion curves. SIGGRAPH 1985,
    245-254.

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

    _parameter_constraints: dict[str, list[Any]] = {  # noqa: RUF012
        "sampling_rate_hz": [Interval(Real, 0, None, closed="neither")],
        "channels": ["array-like", None],
        "interpolation": [StrOptions({"linear", "cubic"})],
        "anti_alias": ["boolean"],
        "missing": [StrOptions({"error", "interpolate"})],
        "input_rate_hz": [Interval(Real, 0, None, closed="neither"), None],
    }

    def __init__(
        self,
        *,
        sampling_rate_hz: float = 50.0,
        channels: Sequence[str] | None = None,
        interpolation: Literal["linear", "cubic"] = "cubic",
        anti_alias: bool = True,
        missing: Literal["error", "interpolate"] = "error",
        input_rate_hz: float | None = None,
    ) -> None:
        self.sampling_rate_hz = sampling_rate_hz
        self.channels = channels
        self.interpolation = interpolation
        self.anti_alias = anti_alias
        self.missing = missing
        self.input_rate_hz = input_rate_hz

    @_fit_context(prefer_skip_nested_validation=True)
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
            self.channel_names_ = self._resolve_channels(recordings[0])
            self.n_features_in_ = len(self.channel_names_)
            self.n_missing_ = sum(
                self._read(recording, row)[1] for row, recording in enumerate(recordings)
            )
            return self
        if self.channels is not None:
            raise ValueError(
                "Resampler: channels chooses from the named channels of Recordings, "
                "but X holds arrays. Set channels=None or give Recordings."
            )
        series = check_series(self, X, reset=True, allow_nan=self.missing == "interpolate")
        n_channels = len(np.atleast_2d(series[0]))
        self.channel_names_ = check_channel_names(None, n_channels, estimator=self)
        self.n_missing_ = sum(int(gap.sum()) for gap in map(_find_gaps, series))
        return self

    def transform(self, X: Any) -> Uniform | Panel:
        """Resample every set.

        Parameters
        ----------
        X : list of Recording, list of ndarray, or ndarray
            The sets, with the channels of those given to ``fit``.

        Returns
        -------
        X_resampled : list of ndarray, or ndarray
            The sets at ``sampling_rate_hz``.  Recordings give float64 arrays of shape
            (n_channels, n_timesteps_i); arrays keep their state and dtype.
        """
        check_is_fitted(self)
        if not _holds_recordings(X):
            allow_nan = self.missing == "interpolate"
            series = check_series(self, X, reset=False, allow_nan=allow_nan)
            return self._transform_series(series)
        rows: Uniform = []
        n_missing = n_rows = 0
        for row, recording in enumerate(check_recordings(X, estimator=self)):
            chosen, missing = self._read(recording, row)
            rows.append(self._transform_recording(chosen))
            n_missing += missing
            n_rows += missing > 0
        self._warn_of_missing(n_missing, n_rows)
        return rows

    def __sklearn_tags__(self) -> Tags:
        """Tell what input is allowed and that the dtype is kept."""
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        tags.input_tags.allow_nan = self.missing == "interpolate"
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags

    def _resolve_channels(self, recording: Recording) -> list[str]:
        if self.channels is None:
            return list(recording.channel_names)
        available = _channel_parts(recording)
        names: list[str] = []
        for wanted in self.channels:
            of_sensor = [name for name in available if sensor_of(name) == wanted]
            if not of_sensor and wanted not in available:
                raise ValueError(
                    f"{_where(recording, 0)}: channels asks for {wanted!r}, which is "
                    f"neither a sensor nor a channel of it. It has {list(available)}."
                )
            names += of_sensor or [wanted]
        if not names or len(set(names)) != len(names):
            raise ValueError(
                "Resampler: channels must name at least one channel and none twice, "
                f"got {list(self.channels)}."
            )
        return names

    def _read(self, recording: Recording, row: int) -> tuple[Recording, int]:
        """Return the checked streams that are needed, and how many samples were bad."""
        where = _where(recording, row)
        self._check_channels(recording, where)
        available = _channel_parts(recording)
        axes: dict[str, list[str]] = {}
        for name in self.channel_names_:
            for sensor, axis in available[name]:
                axes.setdefault(sensor, []).append(axis)
        streams, n_missing, allow_missing = {}, 0, self.missing == "interpolate"
        for sensor, chosen in axes.items():
            place = f"{where}, sensor {sensor!r}"
            stream = _with_axes(recording.streams[sensor], chosen, place)
            streams[sensor] = check_stream(stream, place=place, allow_missing=allow_missing)
            n_missing += stream.n_samples - streams[sensor].n_samples
        chosen_streams = replace(recording, streams=streams)
        check_overlap(chosen_streams, rate_hz=self.sampling_rate_hz, place=where)
        return chosen_streams, n_missing

    def _check_channels(self, recording: Recording, where: str) -> None:
        if self.channels is None:
            present: Sequence[str] = recording.channel_names
            extra = [name for name in present if name not in self.channel_names_]
        else:
            present, extra = list(_channel_parts(recording)), []
        lacking = [name for name in self.channel_names_ if name not in present]
        if lacking or extra:
            common = [name for name in self.channel_names_ if name in present]
            raise ValueError(
                f"{where}: its channels differ from those of the first training "
                f"recording: missing {lacking}, extra {extra}. Choose what every "
                f"recording has by channels=[...] (this one shares {common}), or leave "
                "this recording out."
            )

    def _transform_recording(self, recording: Recording) -> Floats:
        start_s, end_s = recording.overlap_s
        n_timesteps = self._count_timesteps(end_s - start_s)
        values: dict[tuple[str, str], Floats] = {}
        for sensor, stream in recording.streams.items():
            times_s = stream.timestamps_s - start_s
            uniform = self._resample(times_s, stream.values, n_timesteps, stream.axes)
            for axis, channel in zip(stream.axes, uniform.T, strict=True):
                values[sensor, axis] = channel
        parts = _channel_parts(recording)
        output = np.zeros((len(self.channel_names_), n_timesteps))
        for name, channel in zip(self.channel_names_, output, strict=True):
            for part in parts[name]:
                channel += values[part]
        return output

    def _transform_series(self, series: Uniform | Panel) -> Uniform | Panel:
        gaps = [_find_gaps(row) for row in series]
        n_missing = sum(int(gap.sum()) for gap in gaps)
        if n_missing == 0 and self.input_rate_hz in (None, self.sampling_rate_hz):
            return series
        rows: Uniform = []
        for i, (row, gap) in enumerate(zip(series, gaps, strict=True)):
            uniform = self._transform_row(np.atleast_2d(row), gap, i).astype(row.dtype)
            rows.append(uniform.reshape(*row.shape[:-1], -1))
        self._warn_of_missing(n_missing, sum(bool(gap.any()) for gap in gaps))
        return rows if isinstance(series, list) else np.stack(rows)

    def _transform_row(self, values: Panel, gap: NDArray[np.bool_], row: int) -> Floats:
        input_rate_hz = self.input_rate_hz or self.sampling_rate_hz
        times_s = np.arange(len(gap)) / input_rate_hz
        n_timesteps = self._count_timesteps(times_s[-1])
        if n_timesteps < 2:
            raise ValueError(
                f"Resampler: row {row} of X has {len(gap)} feature(s) (timesteps) at "
                f"{input_rate_hz:g} Hz, which is less than one timestep at "
                f"{self.sampling_rate_hz:g} Hz. Give longer sets."
            )
        if gap[0] or gap[-1]:
            raise ValueError(
                f"Resampler: row {row} of X begins or ends with a missing value, and "
                "nothing is made up beyond what was recorded. Cut it off."
            )
        samples = values.T[~gap].astype(np.float64)
        return self._resample(times_s[~gap], samples, n_timesteps).T

    def _resample(
        self, times_s: Floats, values: Floats, n_timesteps: int, axes: Any = ()
    ) -> Floats:
        return resample_stream(
            times_s,
            values,
            n_timesteps=n_timesteps,
            rate_hz=self.sampling_rate_hz,
            axes=axes,
            interpolation=self.interpolation,
            anti_alias=self.anti_alias,
        )

    def _count_timesteps(self, duration_s: float) -> int:
        return math.floor(duration_s * self.sampling_rate_hz + _ROUNDING) + 1

    def _warn_of_missing(self, n_missing: int, n_rows: int) -> None:
        if n_missing:
            warnings.warn(
                f"Resampler interpolated over or left out {n_missing} samples with "
                f"missing values in {n_rows} of the rows of X.",
                stacklevel=3,
            )


def _holds_recordings(X: Any) -> bool:
    # An empty list is told to be so in the words of recordings.
    return is_raw(X) or (is_list(X) and len(X) == 0)


def _find_gaps(row: Any) -> NDArray[np.bool_]:
    return np.isnan(np.atleast_2d(row)).any(axis=0)


def _where(recording: Recording, row: int) -> str:
    return f"Resampler: row {row} of X ({recording.name})"


def _channel_parts(recording: Recording) -> dict[str, list[tuple[str, str]]]:
    """Return the sensor and axis of each channel that a recording can give.

    TotalAcceleration, where it is absent, is the sum of two.
    """
    streams = recording.streams
    own = {
        channel_name(sensor, axis): [(sensor, axis)]
        for sensor, stream in streams.items()
        for axis in stream.axes
    }
    parts = {name: own[name] for name in recording.channel_names}
    pair = ("Accelerometer", "Gravity")
    if "TotalAcceleration" not in streams and all(sensor in streams for sensor in pair):
        for axis in SENSOR_AXES["TotalAcceleration"]:
            if all(axis in streams[sensor].axes for sensor in pair):
                name = channel_name("TotalAcceleration", axis)
                parts[name] = [(sensor, axis) for sensor in pair]
    return parts


def _with_axes(stream: SensorStream, axes: Sequence[str], place: str) -> SensorStream:
    """Return a stream with the axes wanted, and all four of a quaternion."""
    # A channel may be asked for itself and as a part of TotalAcceleration.
    wanted = list(dict.fromkeys(axes))
    if set(wanted) & set(QUATERNION_AXES):
        if not quaternion_columns(stream.axes):
            raise ValueError(
                f"{place}: a quaternion needs all of {', '.join(QUATERNION_AXES)}, the "
                f"stream has only {', '.join(stream.axes)}. Leave it out of channels."
            )
        wanted += [axis for axis in QUATERNION_AXES if axis not in wanted]
    columns = [stream.axes.index(axis) for axis in wanted]
    return SensorStream(stream.timestamps_s, stream.values[:, columns], wanted)
