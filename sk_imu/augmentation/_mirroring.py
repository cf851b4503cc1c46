"""Random mirroring, as if the other side of the body had moved."""

from collections.abc import Sequence
from numbers import Real
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike

from .._sklearn import Interval, StrOptions, validate_params
from ..recording import SENSOR_UNITS, axis_of, mirror_signs, sensor_of, sensor_triples
from ..validation import Panel
from ._augmenter import Augmenter, float_panel
from ._vectors import check_vector_names

_CONSTRAINTS: dict[str, list[Any]] = {
    "channel_names": ["array-like", None],
    "mirror_axis": [StrOptions({"x", "y", "z"})],
    "probability": [Interval(Real, 0, 1, closed="both")],
}


@validate_params(_CONSTRAINTS, prefer_skip_nested_validation=True)
def random_mirror(
    X: ArrayLike,
    rng: np.random.Generator,
    *,
    channel_names: Sequence[str] | None = None,
    mirror_axis: Literal["x", "y", "z"] = "x",
    probability: float = 0.5,
) -> Panel:
    """Mirror randomly chosen sets, as if the other side of the body had moved.

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
    mirror_axis : {"x", "y", "z"}, default="x"
        The axis of the device that the mirror reverses: ``"x"`` for a watch, whose x
        runs along the forearm, and for a phone that is carried upright with its screen
        towards the body or away from it; ``"z"`` for one whose screen faces the side.
    probability : float, default=0.5
        Probability that a set is mirrored.

    Returns
    -------
    X_new : ndarray of shape (n_sets, n_channels, n_timesteps)
        The augmented panel, of the same dtype where X is of floats.

    Raises
    ------
    ValueError
        If X is not three-dimensional, the names are missing or do not match the channels,
        how a sensor is mirrored is unknown, or a parameter is out of its range.

    Notes
    -----
    Acceleration, gravity and the magnetic field change their sign along the mirror axis.
    Angular rate is a pseudovector: it changes its sign along the two other axes, and
    about the vertical.  :class:`sk_imu.CanonicalSide` explains why the magnetic field is
    not treated as a pseudovector.  All other channels, such as magnitudes, stay as they
    are.

    Vectors must still be vectors: scale them by one factor per sensor, as
    :class:`sk_imu.ChannelScaler` does by default, and without centering.

    Examples
    --------
    >>> import numpy as np
    >>> from sk_imu.augmentation import random_mirror
    >>> names = [f"{s}_{axis}" for s in ("Gravity", "Gyroscope") for axis in "xyz"]
    >>> X = np.ones((1, 6, 1))
    >>> rng = np.random.default_rng(0)
    >>> random_mirror(X, rng, channel_names=names, probability=1)[0, :, 0]
    array([-1.,  1.,  1.,  1., -1., -1.])
    """
    panel = float_panel(X)
    n_sets = len(panel)
    names = check_vector_names(channel_names, X, augmenter="RandomMirror")
    signs = np.array(_signs(names, mirror_axis), dtype=panel.dtype)
    mirrored = rng.random((n_sets, 1)) < probability
    return panel * np.where(mirrored, signs, panel.dtype.type(1))[:, :, np.newaxis]


def _signs(names: Sequence[str], mirror_axis: str) -> list[int]:
    """Return the factor by which the mirror multiplies each channel."""
    # A polar vector and a pseudovector are mirrored differently, and the values do not
    # show which of the two a sensor measures.
    unknown = [
        names[i]
        for triple in sensor_triples(names)
        for i in triple
        if sensor_of(names[i]) not in SENSOR_UNITS
    ]
    if unknown:
        raise ValueError(
            f"RandomMirror: the mirroring of {', '.join(unknown)} is unknown, because it "
            "differs between rotations, as of a gyroscope, and directions. Leave them out, "
            "or rename the sensor if it is one of sk_imu.recording.SENSOR_AXES."
        )
    signs = []
    for name in names:
        sensor = sensor_of(name)
        known = mirror_signs(sensor, mirror_axis) if sensor in SENSOR_UNITS else {}
        signs.append(known.get(axis_of(name), 1))
    return signs


class RandomMirror(Augmenter, function=random_mirror, constraints=_CONSTRAINTS):
    """Mirror randomly chosen sets, as if the other side of the body had moved.

    For sets whose side, left or right, is unknown; where it is known,
    :class:`CanonicalSide` mirrors only those of one side.

    See Also
    --------
    CanonicalSide : Mirror recordings of one side of the body onto the other.
    RandomRotation : Turn the vectors of each set.

    Examples
    --------
    >>> import numpy as np
    >>> from sk_imu import RandomMirror
    >>> names = [f"Gyroscope_{axis}" for axis in "xyz"]
    >>> mirror = RandomMirror(channel_names=names, random_state=0)
    >>> mirror.fit_transform(np.ones((4, 3, 200)))[:, :, 0]
    array([[ 1., -1., -1.],
           [ 1., -1., -1.],
           [ 1.,  1.,  1.],
           [ 1.,  1.,  1.]])
    """

    def __init__(
        self,
        *,
        channel_names: Sequence[str] | None = None,
        mirror_axis: Literal["x", "y", "z"] = "x",
        probability: float = 0.5,
        random_state: Any = None,
    ) -> None:
        self.channel_names = channel_names
        self.mirror_axis = mirror_axis
        self.probability = probability
        self.random_state = random_state
