"""Channels that don't change when the device is turned in the pocket."""

from collections.abc import Sequence
from functools import cache
from numbers import Real
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from scipy import signal
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils import Tags
from sklearn.utils.validation import check_is_fitted

from .._sklearn import Interval, fit_context
from ..recording import (
    GRAVITY_SENSORS,
    TOTAL_PARTS,
    TOTAL_SENSORS,
    channel_name,
    sensor_of,
    sensor_triples,
)
from ..validation import (
    Panel,
    SeriesOutputMixin,
    Uniform,
    check_channel_names,
    check_series,
)

__all__ = ["DerivedChannels", "derived_channel_names"]

#: What each kind makes of a sensor's triple.
_PARTS: dict[str, tuple[str, ...]] = {
    "magnitude": ("magnitude",),
    "vertical": ("vertical", "horizontal"),
    "rate_of_change": ("change",),
    "aligned": ("up", "main", "cross"),
}
#: Sensors that show where a set's movement goes; the best comes first.
_WITH_MOVEMENT = (*TOTAL_SENSORS, *TOTAL_PARTS)
#: Kinds that need to know what is up.
_BY_GRAVITY = ("vertical", "aligned")

_Triple = tuple[str, list[int]]


def derived_channel_names(
    channel_names: Sequence[str],
    kinds: Sequence[str] = ("magnitude",),
    *,
    keep: bool = True,
) -> list[str]:
    """Tell the channels that :class:`DerivedChannels` puts out, before it is fitted.

    Parameters
    ----------
    channel_names : sequence of str
        ``<sensor>_<axis>`` of each given channel.
    kinds : sequence of str, default=("magnitude",)
        What is derived: ``"magnitude"``, ``"vertical"``, ``"rate_of_change"``,
        ``"aligned"``.
    keep : bool, default=True
        Whether the given channels stay, in front of the derived ones.

    Returns
    -------
    names : list of str
        The channels in their order: those of the first kind for every sensor, then those
        of the next.

    Raises
    ------
    ValueError
        If a kind is unknown or can't be derived from these channels, or a name comes out
        twice.

    Examples
    --------
    >>> from sk_imu import ChannelScaler, DerivedChannels, derived_channel_names
    >>> names = [f"Gyroscope_{axis}" for axis in "xyz"]
    >>> all_names = derived_channel_names(names)
    >>> all_names
    ['Gyroscope_x', 'Gyroscope_y', 'Gyroscope_z', 'Gyroscope_magnitude']
    >>> steps = DerivedChannels(channel_names=names), ChannelScaler(channel_names=all_names)
    """
    given = list(channel_names)
    derived = [
        channel_name(sensor, part)
        for kind in kinds
        for sensor, _ in _sources(given, kind)
        for part in _PARTS[kind]
    ]
    names = [*(given if keep else []), *derived]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice or not names:
        fault = f"{twice} would come out twice" if twice else "nothing would come out"
        raise ValueError(
            f"DerivedChannels: of the channels {given} with kinds={list(kinds)} and "
            f"keep={keep}, {fault}. Name each kind once, and use one DerivedChannels with "
            "all kinds."
        )
    return names


class DerivedChannels(SeriesOutputMixin, TransformerMixin, BaseEstimator):
    """Add channels that are the same however the device was turned.

    Which way up a phone lies in the pocket is chance, and differs between people.  The
    length of a sensor's vector, its part along gravity and the speed of its change don't
    depend on it.  ``keep=False`` leaves nothing else.

    Parameters
    ----------
    kinds : sequence of str, default=("magnitude",)
        What is derived from the axes x, y and z of each sensor that has all three:

        - ``"magnitude"``: ``<sensor>_magnitude``, the length of the vector.
        - ``"vertical"``: ``<sensor>_vertical``, the part along gravity, upward positive,
          and ``<sensor>_horizontal``, the length of the rest.  Up is the direction of
          Gravity, or else of TotalAcceleration or AccelerometerUncalibrated after a
          low-pass.  Both are taken free of gravity; Gravity itself gives none.
        - ``"rate_of_change"``: ``<sensor>_change``, the length of the derivative by time,
          per second: jerk in m/s³, angular acceleration in rad/s².
        - ``"aligned"``: ``<sensor>_up``, ``<sensor>_main`` and ``<sensor>_cross``, the
          vector itself in axes that the set's movement tells, the same for all sensors
          and fixed for the whole set.  Up is the mean direction of gravity, found as for
          ``"vertical"``; main is the horizontal axis along which the acceleration varies
          most, and cross the one at right angles to both.  Nothing is taken off:
          ``TotalAcceleration_up`` holds gravity.
    channel_names : sequence of str, optional
        ``<sensor>_<axis>`` of each channel, as in ``Resampler.channel_names_``.  Needed
        if there are ``kinds``, for nothing else tells which channels form a vector.
    sampling_rate_hz : float, default=50.0
        Rate of the input in hertz; for ``"rate_of_change"``, and ``"vertical"`` and
        ``"aligned"`` by a low-pass.
    gravity_cutoff_hz : float, default=0.5
        Where the low-pass that finds gravity has half its power left, in hertz, less
        than half the rate: a Butterworth filter of second order, forward and backward, so
        without delay.  Sets shorter than its memory are mirrored at their ends; at the
        shortest, gravity is about the set's mean.
    keep : bool, default=True
        Whether the given channels stay, in front of the derived ones.

    Attributes
    ----------
    channel_names_out_ : list of str
        Names of the output's channels; :func:`derived_channel_names` tells them before.
    n_channels_in_ : int
        Number of channels.
    n_features_in_ : int
        Number of channels, or of timesteps where X is 2-D.

    Raises
    ------
    ValueError
        If a parameter is out of its range, the names are missing or not those of the
        channels, no sensor has what a kind needs, or X is in the raw state, not finite,
        or differs in its channels from row to row or from ``fit``.

    See Also
    --------
    derived_channel_names : The names for the steps that follow.
    CanonicalSide : Mirror recordings of one side of the body onto the other.

    Notes
    -----
    Turning changes none of the derived channels; a mirror does change some: the signs of
    ``Gyroscope_vertical``, which is positive for turns to the left, and of the aligned
    parts of Gyroscope.

    The acceleration that tells the axes of ``"aligned"`` is TotalAcceleration, or else
    AccelerometerUncalibrated, Accelerometer or, for want of any, Gravity.  A principal
    axis has no front and back; by convention the third central moment of that
    acceleration is positive along main and along cross.  Where the movement is about as
    strong to either side, the sign may flip from set to set, and where it is about as
    strong in all horizontal directions, main and cross may be any two of them.  The axes
    may be left-handed.  Derive them in front of a :class:`WindowedClassifier`: inside it,
    each window would have axes of its own.

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
        "kinds": ["array-like"],
        "channel_names": ["array-like", None],
        "sampling_rate_hz": [Interval(Real, 0, None, closed="neither")],
        "gravity_cutoff_hz": [Interval(Real, 0, None, closed="neither")],
        "keep": ["boolean"],
    }

    def __init__(
        self,
        *,
        kinds: Sequence[str] = ("magnitude",),
        channel_names: Sequence[str] | None = None,
        sampling_rate_hz: float = 50.0,
        gravity_cutoff_hz: float = 0.5,
        keep: bool = True,
    ) -> None:
        self.kinds = kinds
        self.channel_names = channel_names
        self.sampling_rate_hz = sampling_rate_hz
        self.gravity_cutoff_hz = gravity_cutoff_hz
        self.keep = keep

    @fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: Any, y: Any = None) -> Self:
        """Check the parameters and the input; nothing is learnt.

        Parameters
        ----------
        X : list of arrays or array
            The sets, uniform or panel.
        y : None
            Ignored.

        Returns
        -------
        self : DerivedChannels
            The fitted transformer.
        """
        check_series(self, X, reset=True)
        names = check_channel_names(
            self.channel_names,
            self.n_channels_in_,
            estimator=self,
            needed=len(self.kinds) > 0,
        )
        low_pass = any(kind in self.kinds for kind in _BY_GRAVITY)
        if low_pass and 2 * self.gravity_cutoff_hz >= self.sampling_rate_hz:
            raise ValueError(
                f"DerivedChannels: gravity_cutoff_hz={self.gravity_cutoff_hz:g} must be "
                f"less than half of sampling_rate_hz={self.sampling_rate_hz:g}."
            )
        self.channel_names_out_ = derived_channel_names(names, self.kinds, keep=self.keep)
        return self

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
        if not len(self.kinds):
            return series
        if isinstance(series, list):
            return [self._derive(row) for row in series]
        return self._derive(series)

    def __sklearn_tags__(self) -> Tags:
        """Tell that the dtype is kept."""
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags

    def _derive(self, block: Panel) -> Panel:
        """Return the channels of one set, or of a whole panel."""
        names = [] if self.channel_names is None else list(self.channel_names)
        shape = (*block.shape[:-2], len(self.channel_names_out_), block.shape[-1])
        output = np.empty(shape, dtype=block.dtype)
        place = 0
        if self.keep:
            place = block.shape[-2]
            output[..., :place, :] = block
        if any(kind in self.kinds for kind in _BY_GRAVITY):
            gravity = self._gravity(block, names)
        for kind in self.kinds:
            sources = _sources(names, kind)
            if kind == "vertical":
                up = _direction(gravity)
            elif kind == "aligned":
                _, triple = _first_of(_WITH_MOVEMENT, names)
                axes = _axes_of_sets(gravity, block[..., triple, :]).astype(block.dtype)
            # One sensor at a time: no more than its own channels is ever copied.
            for sensor, triple in sources:
                vectors = block[..., triple, :]
                if kind == "vertical":
                    if sensor in TOTAL_SENSORS:
                        vectors -= gravity
                    parts = _along(vectors, up)
                elif kind == "aligned":
                    parts = list(np.moveaxis(axes.swapaxes(-1, -2) @ vectors, -2, 0))
                elif kind == "rate_of_change":
                    parts = [_norm(_derivative(vectors, self.sampling_rate_hz))]
                else:
                    parts = [_norm(vectors)]
                for part in parts:
                    output[..., place, :] = part
                    place += 1
        return output

    def _gravity(self, block: Panel, names: list[str]) -> Panel:
        sensor, triple = _first_of(GRAVITY_SENSORS, names)
        vectors = block[..., triple, :]
        if sensor == "Gravity":
            return vectors
        rate_hz, cutoff_hz = self.sampling_rate_hz, self.gravity_cutoff_hz
        sos = _gravity_filter(cutoff_hz, rate_hz)
        # Mirrored at its ends a set goes on as what it was on average; turned about them,
        # it would follow their last sample, and err by twice as much there.
        n_pad = min(int(np.ceil(rate_hz / cutoff_hz)), block.shape[-1] - 1)
        smooth = signal.sosfiltfilt(sos, vectors, axis=-1, padtype="even", padlen=n_pad)
        return np.asarray(smooth, dtype=block.dtype)


@cache
def _gravity_filter(cutoff_hz: float, rate_hz: float) -> NDArray[np.float64]:
    """Design the filter: once, for it takes longer than filtering a window."""
    return np.asarray(signal.butter(2, cutoff_hz, fs=rate_hz, output="sos"))


def _sources(names: list[str], kind: str) -> list[_Triple]:
    """Return the sensors from which a kind is derived, and their channels' indices."""
    if kind not in _PARTS:
        raise ValueError(
            f"DerivedChannels: kinds has {kind!r}, it may hold only {', '.join(_PARTS)}."
        )
    triples = list(_triple_of(names).items())
    if kind in _BY_GRAVITY:
        _check_gravity(names, kind)
    if kind == "vertical":
        triples = [(sensor, triple) for sensor, triple in triples if sensor != "Gravity"]
    if not triples:
        besides = " besides Gravity" if kind == "vertical" else ""
        raise ValueError(
            f"DerivedChannels: {kind!r} needs the x, y and z of a sensor{besides}, the "
            f"channels are {names}. Have the Resampler give all three, or leave {kind!r} "
            "out of kinds."
        )
    return triples


def _check_gravity(names: list[str], kind: str) -> None:
    """Say so if no sensor tells what is up."""
    if not any(sensor in _triple_of(names) for sensor in GRAVITY_SENSORS):
        raise ValueError(
            f"DerivedChannels: {kind!r} needs the x, y and z of Gravity, or of "
            f"{' or '.join(TOTAL_SENSORS)} to filter it from (Accelerometer is without "
            f"gravity), the channels are {names}. Add one by Resampler(channels=[...]), or "
            f"leave {kind!r} out of kinds."
        )


def _first_of(sensors: Sequence[str], names: list[str]) -> _Triple:
    """Return the first of some sensors that is there, and its channels' indices."""
    found = _triple_of(names)
    return next((sensor, found[sensor]) for sensor in sensors if sensor in found)


def _triple_of(names: list[str]) -> dict[str, list[int]]:
    """Return the indices of x, y and z of each sensor that has all three."""
    return {sensor_of(names[triple[0]]): triple for triple in sensor_triples(names)}


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


def _axes_of_sets(gravity: Panel, movement: Panel) -> Panel:
    """Return up, main and cross of each set, the columns of an orthonormal matrix."""
    up = _direction(gravity.mean(axis=-1, keepdims=True, dtype=np.float64))
    movement = movement - movement.mean(axis=-1, keepdims=True, dtype=np.float64)
    horizontal = movement - up * np.einsum("...at,...ai->...it", movement, up)
    # Measured by its greatest part, it neither overflows nor gets lost beside up.
    greatest = np.abs(horizontal).max(axis=(-1, -2), keepdims=True)
    unit = np.divide(horizontal, greatest, out=horizontal, where=greatest > 0)
    spread = unit @ unit.swapaxes(-1, -2)
    spread /= np.maximum(np.trace(spread, axis1=-2, axis2=-1), 1)[..., None, None]
    # Up is an eigenvector of the horizontal spread, too.  This makes it the first one,
    # even where the movement has no horizontal part, and leaves the others as they are.
    _, axes = np.linalg.eigh(spread - up @ up.swapaxes(-1, -2))
    axes = axes[..., [0, 2, 1]]
    skewness = (np.einsum("...ak,...at->...kt", axes, unit) ** 3).sum(axis=-1)
    skewness[..., 0] = np.einsum("...a,...ai->...", axes[..., 0], up)
    signs: Panel = np.where(skewness < 0, -1.0, 1.0)
    return axes * signs[..., np.newaxis, :]


def _derivative(vectors: Panel, rate_hz: float) -> Panel:
    """Return the derivative by time, by central differences, per second."""
    if vectors.shape[-1] == 1:  # no neighbours, no change
        return np.zeros_like(vectors)
    return np.asarray(np.gradient(vectors, axis=-1) * vectors.dtype.type(rate_hz))
