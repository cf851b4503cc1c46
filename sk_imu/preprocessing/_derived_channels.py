"""Channels that do not change when the device is turned."""

from collections.abc import Sequence
from functools import cache
from numbers import Real
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from scipy import signal
from sklearn.utils.validation import check_is_fitted

from .._sklearn import Interval, StrOptions
from ..recording import GRAVITY_SENSORS, TOTAL_SENSORS, with_signal
from ..validation import (
    Panel,
    SeriesOutputMixin,
    SeriesTransformer,
    Uniform,
    check_channel_names,
    check_series,
    map_blocks,
    rate_of,
)
from ._derived_names import (
    BY_GRAVITY,
    WITH_MOVEMENT,
    derived_channel_names,
    first_of,
    kinds_for,
    sources_of,
)


class DerivedChannels(SeriesOutputMixin, SeriesTransformer):
    """Add channels that are the same however the device was turned.

    The orientation of a phone in a pocket is random and differs between people. The length
    of a sensor's vector, its part along gravity and its rate of change do not depend on
    it. ``keep=False`` returns these channels alone.

    Parameters
    ----------
    kinds : "auto" or sequence of str, default=("magnitude",)
        ``"auto"`` derives what suits ``wear``, as far as the channels allow: the
        magnitude of each sensor with all three axes, the vertical part where a sensor
        holds gravity, and there the aligned axes for free wear. A sequence says what is
        derived from the axes x, y and z of each sensor that has all three:

        - ``"magnitude"``: ``<sensor>_magnitude``, the length of the vector.
        - ``"vertical"``: ``<sensor>_vertical``, the part along gravity, upward positive,
          and ``<sensor>_horizontal``, the length of the rest.  Up is the direction of
          Gravity, or else of TotalAcceleration or AccelerometerUncalibrated after a
          low-pass. Both are free of gravity; Gravity itself gives none.
        - ``"rate_of_change"``: ``<sensor>_change``, the length of the derivative by time,
          per second: jerk in m/s³, angular acceleration in rad/s².
        - ``"aligned"``: ``<sensor>_up``, ``<sensor>_main`` and ``<sensor>_cross``, the
          vector in axes found from the set's movement, the same for all sensors and the
          whole set. Up is the mean direction of gravity, found as for ``"vertical"``; main
          is the horizontal axis along which the acceleration varies most, and cross is
          perpendicular to both. Nothing is subtracted: ``TotalAcceleration_up`` holds
          gravity.
    channel_names : sequence of str, default=None
        ``<sensor>_<axis>`` of each channel, which say which channels form a vector. None
        takes the names that X has as a :class:`SignalArray`; arrays without names need
        them here, unless ``kinds`` is empty or ``"auto"``.
    sampling_rate_hz : float, default=None
        Rate of the input in hertz, for ``"rate_of_change"`` and for the low-pass of
        ``"vertical"`` and ``"aligned"``. None takes the rate of X, or 50 if X has none.
    gravity_cutoff_hz : float, default=0.5
        Cutoff frequency in hertz of the low-pass that finds gravity, less than half the
        rate: a Butterworth filter of second order, run forward and backward, so without
        delay. Short sets are mirrored at their ends; for the shortest, gravity is about the
        set's mean.
    keep : bool or "auto", default=True
        Whether the given channels stay, in front of the derived ones. ``"auto"`` drops
        them for free wear where something was derived.
    wear : {"fixed", "free"}, default="fixed"
        Whether the device is always worn the same way, as a watch is. Read by ``"auto"``
        only.

    Attributes
    ----------
    kinds_ : list of str
        What is derived.
    channel_names_out_ : list of str
        Names of the output's channels, as :func:`derived_channel_names` returns them.
    n_channels_in_ : int
        Number of channels.
    n_features_in_ : int
        Number of channels, or of timesteps where X is 2-D.

    Raises
    ------
    ValueError
        If a parameter or X is invalid, the names are missing or not those of the channels,
        or no sensor has what a kind needs.

    See Also
    --------
    derived_channel_names : The names of the channels.
    CanonicalSide : Mirror recordings of one side of the body onto the other.

    Notes
    -----
    Rotations change none of the derived channels. Mirroring changes the signs of
    ``Gyroscope_vertical``, which is positive for turns to the left, and of the aligned
    parts of Gyroscope.

    The axes of ``"aligned"`` come from TotalAcceleration, or else
    AccelerometerUncalibrated, Accelerometer or Gravity. A principal axis has no sign; by
    convention the third central moment of that acceleration is positive along main and
    along cross. If the movement is about as strong to either side, the sign may differ from
    set to set, and if it is about as strong in all horizontal directions, main and cross
    may be any two of them. The axes may be left-handed. Derive them in front of a
    :class:`WindowedClassifier`: inside it, each window would have its own axes.

    References
    ----------
    D. Mizell (2003). Using gravity to estimate accelerometer orientation. Seventh IEEE
    International Symposium on Wearable Computers, 252-253.

    Examples
    --------
    >>> import numpy as np
    >>> from sk_imu import DerivedChannels
    >>> names = [f"TotalAcceleration_{axis}" for axis in "xyz"]
    >>> at_rest = [np.tile([[0.0], [6.0], [8.0]], 100)]
    >>> derived = DerivedChannels(
    ...     kinds=["magnitude", "vertical"], channel_names=names, keep=False
    ... )
    >>> derived.fit_transform(at_rest)[0][:, 0].round(6) + 0.0
    array([10.,  0.,  0.])
    >>> derived.channel_names_out_
    ['TotalAcceleration_magnitude', 'TotalAcceleration_vertical',
    'TotalAcceleration_horizontal']
    """

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        "kinds": ["array-like", StrOptions({"auto"})],
        "channel_names": ["array-like", None],
        "sampling_rate_hz": [Interval(Real, 0, None, closed="neither"), None],
        "gravity_cutoff_hz": [Interval(Real, 0, None, closed="neither")],
        "keep": ["boolean", StrOptions({"auto"})],
        "wear": [StrOptions({"fixed", "free"})],
    }

    def __init__(
        self,
        *,
        kinds: Sequence[str] | Literal["auto"] = ("magnitude",),
        channel_names: Sequence[str] | None = None,
        sampling_rate_hz: float | None = None,
        gravity_cutoff_hz: float = 0.5,
        keep: bool | Literal["auto"] = True,
        wear: str = "fixed",
    ) -> None:
        self.kinds = kinds
        self.channel_names = channel_names
        self.sampling_rate_hz = sampling_rate_hz
        self.gravity_cutoff_hz = gravity_cutoff_hz
        self.keep = keep
        self.wear = wear

    def _learn(self, series: Any) -> None:
        auto = isinstance(self.kinds, str)
        names = check_channel_names(
            self.channel_names,
            self.n_channels_in_,
            estimator=self,
            needed=not auto and len(self.kinds) > 0,
        )
        self.kinds_ = kinds_for(names, wear=self.wear) if auto else list(self.kinds)
        rate_hz = rate_of(self)
        by_low_pass = any(kind in self.kinds_ for kind in BY_GRAVITY)
        if by_low_pass and 2 * self.gravity_cutoff_hz >= rate_hz:
            raise ValueError(
                f"DerivedChannels: gravity_cutoff_hz={self.gravity_cutoff_hz:g} must be "
                f"less than half of sampling_rate_hz={rate_hz:g}."
            )
        self._keep = bool(self.keep)
        if isinstance(self.keep, str):
            # Or a set would have no channels where nothing can be derived.
            self._keep = self.wear == "fixed" or not self.kinds_
        self._names = names
        self.channel_names_out_ = derived_channel_names(names, self.kinds_, keep=self._keep)

    def transform(self, X: Any) -> Uniform | Panel:
        """Derive the channels of each set.

        Parameters
        ----------
        X : list of arrays or array
            The sets, uniform or panel.

        Returns
        -------
        X_new : list of arrays or array
            The sets with the channels ``channel_names_out_``, in the state and dtype of X.
        """
        check_is_fitted(self)
        series = check_series(self, X, reset=False)
        if self.kinds_:
            series = map_blocks(self._transform_block, series)
        # Made-up names, such as channel_0, are not passed on.
        known = self.channel_names is not None or hasattr(self, "channel_names_in_")
        rate_hz = self.sampling_rate_hz or getattr(self, "sampling_rate_hz_in_", None)
        return with_signal(series, self.channel_names_out_ if known else None, rate_hz)

    def _transform_block(self, block: Panel) -> Panel:
        """Return the channels of one set, or of a whole panel."""
        names = self._names
        # One array that is filled part by part: joining parts would copy all once more.
        shape = (*block.shape[:-2], len(self.channel_names_out_), block.shape[-1])
        output = np.empty(shape, dtype=block.dtype)
        place = 0
        if self._keep:
            place = block.shape[-2]
            output[..., :place, :] = block
        if any(kind in self.kinds_ for kind in BY_GRAVITY):
            gravity = self._gravity(block, names)
        for kind in self.kinds_:
            sources = sources_of(names, kind)
            if kind == "vertical":
                up = _direction(gravity)
            elif kind == "aligned":
                _, triple = first_of(WITH_MOVEMENT, names)
                axes = axes_of_sets(gravity, block[..., triple, :]).astype(block.dtype)
            # One sensor at a time: no more than its own channels is ever copied.
            for sensor, triple in sources:
                vectors = block[..., triple, :]  # a copy, because triple is a list
                if kind == "vertical":
                    if sensor in TOTAL_SENSORS:
                        vectors -= gravity
                    parts = _along(vectors, up)
                elif kind == "aligned":
                    parts = list(np.moveaxis(axes.swapaxes(-1, -2) @ vectors, -2, 0))
                elif kind == "rate_of_change":
                    parts = [_norm(_derivative(vectors, rate_of(self)))]
                else:
                    parts = [_norm(vectors)]
                for part in parts:
                    output[..., place, :] = part
                    place += 1
        return output

    def _gravity(self, block: Panel, names: list[str]) -> Panel:
        sensor, triple = first_of(GRAVITY_SENSORS, names)
        vectors = block[..., triple, :]
        if sensor == "Gravity":
            return vectors
        return _low_passed(vectors, self.gravity_cutoff_hz, rate_of(self))


# Only once, because designing it takes longer than filtering a window.
@cache
def gravity_filter(cutoff_hz: float, rate_hz: float) -> NDArray[np.float64]:
    """Design the low-pass that finds gravity."""
    return np.asarray(signal.butter(2, cutoff_hz, fs=rate_hz, output="sos"))


@cache
def _state_at_one(cutoff_hz: float, rate_hz: float) -> NDArray[np.float64]:
    """Return the state of that low-pass after a long input of 1."""
    return np.asarray(signal.sosfilt_zi(gravity_filter(cutoff_hz, rate_hz)))


def _low_passed(vectors: Panel, cutoff_hz: float, rate_hz: float) -> Panel:
    """Filter forward and backward, as scipy's sosfiltfilt, which finds the state anew."""
    n_pad = min(int(np.ceil(rate_hz / cutoff_hz)), vectors.shape[-1] - 1)
    # Even padding continues a set at its average level; odd padding would follow the
    # last sample, with twice the error there.
    before, after = vectors[..., n_pad:0:-1], vectors[..., -2 : -2 - n_pad : -1]
    smooth = np.concatenate([before, vectors, after], axis=-1)
    sos, state = gravity_filter(cutoff_hz, rate_hz), _state_at_one(cutoff_hz, rate_hz)
    state = state.reshape(len(sos), *[1] * (vectors.ndim - 1), 2)
    for _ in range(2):  # the second time backward, and turned around again
        smooth, _ = signal.sosfilt(sos, smooth, zi=state * smooth[..., :1])
        smooth = smooth[..., ::-1]
    return np.asarray(smooth[..., n_pad : smooth.shape[-1] - n_pad], dtype=vectors.dtype)


def _norm(vectors: Panel) -> Panel:
    """Return the lengths of vectors whose axes are the last dimension but one."""
    return np.sqrt(np.einsum("...at,...at->...t", vectors, vectors))


def _direction(vectors: Panel) -> Panel:
    """Return vectors of length 1, or 0 where they have no direction."""
    length = _norm(vectors)[..., np.newaxis, :]
    return np.divide(vectors, length, out=np.zeros_like(vectors), where=length > 0)


def _along(vectors: Panel, up: Panel) -> list[Panel]:
    """Return the part of vectors along a direction, and the length of the rest."""
    part = np.einsum("...at,...at->...t", vectors, up)
    return [part, _norm(vectors - part[..., np.newaxis, :] * up)]


def axes_of_sets(gravity: Panel, movement: Panel) -> Panel:
    """Return up, main and cross of each set, the columns of an orthonormal matrix."""
    up = _direction(gravity.mean(axis=-1, keepdims=True, dtype=np.float64))
    movement = movement - movement.mean(axis=-1, keepdims=True, dtype=np.float64)
    horizontal = movement - up * np.einsum("...at,...ai->...it", movement, up)
    # In units of its greatest part, the spread neither overflows nor vanishes beside up.
    greatest = np.abs(horizontal).max(axis=(-1, -2), keepdims=True)
    unit = np.divide(horizontal, greatest, out=horizontal, where=greatest > 0)
    spread = unit @ unit.swapaxes(-1, -2)
    spread /= np.maximum(np.trace(spread, axis1=-2, axis2=-1), 1)[..., None, None]
    # Up is an eigenvector of the horizontal spread, too. This makes it the first one, even
    # without any horizontal movement, and does not change the others.
    _, axes = np.linalg.eigh(spread - up @ up.swapaxes(-1, -2))
    axes = axes[..., [0, 2, 1]]  # eigh sorts by eigenvalue: up, cross, main
    skewness = (np.einsum("...ak,...at->...kt", axes, unit) ** 3).sum(axis=-1)
    # Of up, gravity knows the sign.
    skewness[..., 0] = np.einsum("...a,...ai->...", axes[..., 0], up)
    signs: Panel = np.where(skewness < 0, -1.0, 1.0)
    return axes * signs[..., np.newaxis, :]


def _derivative(vectors: Panel, rate_hz: float) -> Panel:
    """Return the derivative by time, by central differences, per second."""
    if vectors.shape[-1] == 1:  # no neighbors, no change
        return np.zeros_like(vectors)
    return np.asarray(np.gradient(vectors, axis=-1) * vectors.dtype.type(rate_hz))
