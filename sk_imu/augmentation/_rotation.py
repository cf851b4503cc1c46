"""Random rotations of the device."""

from collections.abc import Sequence
from numbers import Real
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike
from scipy.spatial.transform import Rotation

from .._sklearn import Interval, StrOptions, validate_params
from ..recording import SENSOR_AXES, axis_of, sensor_of, sensor_triples, signal_of
from ..validation import Panel, check_channel_names
from ._augmenter import Augmenter, float_panel
from ._vectors import check_vector_names

_CONSTRAINTS: dict[str, list[Any]] = {
    "channel_names": ["array-like", None],
    "max_angle": [Interval(Real, 0, np.pi, closed="both")],
    "free": ["boolean"],
    "unturnable": [StrOptions({"error", "keep"})],
}


@validate_params(_CONSTRAINTS, prefer_skip_nested_validation=True)
def random_rotation(
    X: ArrayLike,
    rng: np.random.Generator,
    *,
    channel_names: Sequence[str] | None = None,
    max_angle: float = 0.6,
    free: bool = False,
    unturnable: Literal["error", "keep"] = "error",
) -> Panel:
    """Turn the vectors of each set by a random rotation.

    One rotation per set, for all its timesteps and for the x, y and z of every sensor,
    as if the device had a different orientation in the same pocket.  Its axis is uniformly
    distributed over all directions, its angle over [-max_angle, max_angle].

    Parameters
    ----------
    X : array-like of shape (n_sets, n_channels, n_timesteps)
        The panel, in any unit.  It is not changed.
    rng : numpy.random.Generator
        The source of randomness.
    channel_names : sequence of str, default=None
        ``<sensor>_<axis>`` of each channel, which say which channels form a vector. None
        takes the names that X has as a :class:`sk_imu.SignalArray`; an array without names
        needs them here.
    max_angle : float, default=0.6
        Largest angle in rad, in [0, π].
    free : bool, default=False
        Whether all rotations are equally likely (Haar measure); ``max_angle`` is then
        ignored.
    unturnable : {"error", "keep"}, default="error"
        Whether sets without names, without vectors, with a part of a vector or with the
        device's attitude are refused or left as they are.

    Returns
    -------
    X_new : ndarray of shape (n_sets, n_channels, n_timesteps)
        The augmented panel, of the same dtype where X is of floats.

    Raises
    ------
    ValueError
        If X is not three-dimensional, the names are missing or do not match the channels,
        a known sensor lacks an axis, a channel is the device's attitude, or a parameter
        is out of its range.

    Notes
    -----
    Channels that do not depend on how the device is turned, such as those of
    :class:`sk_imu.DerivedChannels`, are left as they are.  Vectors must still be vectors:
    scale them by one factor per sensor, as :class:`sk_imu.ChannelScaler` does by default,
    and without centering.

    References
    ----------
    T. T. Um et al. (2017). Data augmentation of wearable sensor data for Parkinson's
    disease monitoring using convolutional neural networks. 19th ACM International
    Conference on Multimodal Interaction, 216-220.

    Examples
    --------
    >>> import numpy as np
    >>> from sk_imu.augmentation import random_rotation
    >>> names = ["Gravity_x", "Gravity_y", "Gravity_z", "Gravity_magnitude"]
    >>> X = np.array([6.0, 0.0, 8.0, 10.0]).reshape(1, 4, 1)
    >>> turned = random_rotation(X, np.random.default_rng(0), channel_names=names)
    >>> turned[0, :, 0].round(2)
    array([ 6.16, -2.62,  7.43, 10.  ])
    >>> np.linalg.norm(turned[0, :3, 0]).round(6)
    np.float64(10.0)
    """
    panel = np.ascontiguousarray(float_panel(X))
    n_sets = len(panel)
    # What is not part of a vector, such as a magnitude, does not turn.
    new = panel.copy()
    if unturnable == "keep" and not _can_be_turned(channel_names, X):
        return new
    names = check_vector_names(channel_names, X, augmenter="RandomRotation")
    # All by one rotation, because the sensors are in one device.
    triples = _triples(names)
    if triples and n_sets:  # scipy refuses an empty array of rotations
        rotations = _rotations(n_sets, rng, max_angle, free).astype(panel.dtype)
        # All triples of all rows in one product: many times faster than one by one.
        new[:, triples] = rotations[:, np.newaxis] @ panel[:, triples]
    return new


def _can_be_turned(channel_names: Sequence[str] | None, X: ArrayLike) -> bool:
    """Return whether there are vectors, and neither parts of vectors nor attitudes."""
    known, _ = signal_of(X, name="RandomRotation")
    names = known if channel_names is None else channel_names
    if names is None:
        return False
    check_channel_names(names, np.shape(X)[1], estimator="RandomRotation")
    others = _outside_vectors(names)
    return len(others) < len(names) and not any(
        sensor_of(name) == "Orientation" or axis_of(name) in ("x", "y", "z")
        for name in others
    )


def _outside_vectors(names: Sequence[str]) -> list[str]:
    """Return the channels that are not of an x, y, z triple."""
    whole = {i for triple in sensor_triples(names) for i in triple}
    return [name for i, name in enumerate(names) if i not in whole]


def _triples(names: Sequence[str]) -> list[list[int]]:
    parts = [
        name
        for name in _outside_vectors(names)
        # The x of an unknown sensor may be anything.
        if axis_of(name) in ("x", "y", "z") and sensor_of(name) in SENSOR_AXES
    ]
    if parts:
        raise ValueError(
            f"RandomRotation: {', '.join(parts)} can't be turned without the sensor's "
            "other axes. Give x, y and z of each sensor: Resampler(channels=[...])."
        )
    return sensor_triples(names)


def _rotations(
    n_sets: int, rng: np.random.Generator, max_angle: float, free: bool
) -> Panel:
    """Return matrices of shape (n_sets, 3, 3)."""
    if free:
        # The direction of a normal vector is uniform, and of unit quaternions that are
        # uniform all rotations are equally likely. scipy brings them to length 1.
        return Rotation.from_quat(rng.normal(size=(n_sets, 4))).as_matrix()
    axis = rng.normal(size=(n_sets, 3))
    axis /= np.linalg.norm(axis, axis=1, keepdims=True)
    angle = rng.uniform(-max_angle, max_angle, (n_sets, 1))
    return Rotation.from_rotvec(angle * axis).as_matrix()


class RandomRotation(Augmenter, function=random_rotation, constraints=_CONSTRAINTS):
    """Turn the vectors of each set by a random rotation.

    People carry a device in different orientations.

    See Also
    --------
    DerivedChannels : Channels that turning doesn't change.
    RandomMirror : Mirror randomly chosen sets, as if the other side had moved.

    Examples
    --------
    >>> import numpy as np
    >>> from sk_imu import RandomRotation
    >>> names = [f"Gyroscope_{axis}" for axis in "xyz"]
    >>> X = np.random.default_rng(0).normal(size=(4, 3, 200))
    >>> turned = RandomRotation(channel_names=names, random_state=0).fit_transform(X)
    >>> lengths = np.linalg.norm(turned, axis=1), np.linalg.norm(X, axis=1)
    >>> bool(np.allclose(*lengths)), bool(np.allclose(turned, X))
    (True, False)
    """

    def __init__(
        self,
        *,
        channel_names: Sequence[str] | None = None,
        max_angle: float = 0.6,
        free: bool = False,
        unturnable: Literal["error", "keep"] = "error",
        random_state: Any = None,
    ) -> None:
        self.channel_names = channel_names
        self.max_angle = max_angle
        self.free = free
        self.unturnable = unturnable
        self.random_state = random_state
