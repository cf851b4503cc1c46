"""Find devices that are worn another way than in the training sets, by gravity."""

from collections.abc import Sequence
from itertools import permutations, product
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.distance import cdist

Floats = NDArray[np.floating]

_ACCELERATION = [f"TotalAcceleration_{axis}" for axis in "xyz"]
#: How far, in g, gravity in two sets of one exercise may be apart.
_WIDTH = 0.15
_LEAST_DENSITY = 1e-6
#: How much more typical the sets must be after a turn, as a mean of log densities.
_LEAST_GAIN = 0.05
#: Share of the people's exercises in the training set that may look untypical.
_UNTYPICAL = 0.05


class Worn(NamedTuple):
    """The mean acceleration of each training set: gravity, as the device was worn."""

    gravity: Floats  # (n_sets, 3), in g
    unit: float  # of 1 g, in that of the channels
    least_typical: float  # mean log density of a person's sets of one exercise

    @classmethod
    def fit(
        cls, series: Sequence[Floats], names: Sequence[str], y: Any, people: Any
    ) -> "Worn | None":
        """Learn from sets, or return None where gravity can't be known."""
        vectors = gravity_of(series, names)
        if vectors is None:
            return None
        unit = float(np.median(np.linalg.norm(vectors, axis=1)))
        if unit <= 0:
            return None
        gravity = vectors / unit
        _, numbers = np.unique(people, return_inverse=True)
        others = numbers[:, np.newaxis] != numbers
        typical = _log_density(gravity, gravity, others)
        _, labels = np.unique(y, return_inverse=True)
        groups = numbers * (labels.max() + 1) + labels
        means = [typical[groups == group].mean() for group in np.unique(groups)]
        return cls(gravity, unit, float(np.quantile(means, _UNTYPICAL, method="lower")))

    def turn(self, gravity: Floats) -> Floats | None:
        """Return the turn after which sets look like the training sets, None if none."""
        new = gravity / self.unit
        typical = [_log_density(new @ turn.T, self.gravity).mean() for turn in _TURNS]
        best = int(np.argmax(typical))
        gain = typical[best] - typical[0]
        if typical[0] >= self.least_typical or gain <= _LEAST_GAIN:
            return None
        turned: Floats = _TURNS[best]
        return turned


def _turns() -> list[Floats]:
    """Return the 24 rotations that put axes onto axes, beginning with none at all."""
    turns = [
        np.eye(3)[list(order)] * np.array(signs)
        for order in permutations(range(3))
        for signs in product([1.0, -1.0], repeat=3)
    ]
    return [turn for turn in turns if np.linalg.det(turn) > 0]


_TURNS = _turns()


def in_words(turn: Floats) -> str:
    """Return a rotation as text, such as ``"180° about its z axis"``."""
    angle = round(np.degrees(np.arccos((np.trace(turn) - 1) / 2)))
    # An axis that stays where it is.
    fixed = [axis for axis, one in zip("xyz", np.diag(turn), strict=True) if one == 1]
    return f"{angle}°" + (f" about its {fixed[0]} axis" if fixed else "")


def gravity_of(series: Sequence[Floats], names: Sequence[str]) -> Floats | None:
    """Return the mean acceleration of each set, None without all axes of it."""
    if not set(_ACCELERATION) <= set(names):
        return None
    rows = [list(names).index(name) for name in _ACCELERATION]
    return np.array([np.asarray(one)[rows].mean(axis=1) for one in series], dtype=float)


def _log_density(new: Floats, known: Floats, counted: Any = None) -> Floats:
    """Return the log of the mean kernel of each new vector over the known ones."""
    kernel = np.exp(-cdist(new, known, "sqeuclidean") / (2 * _WIDTH**2))
    counted = np.ones_like(kernel, dtype=bool) if counted is None else counted
    n_counted = np.maximum(counted.sum(axis=1), 1)
    density = np.where(counted, kernel, 0).sum(axis=1) / n_counted
    logs: Floats = np.log(density + _LEAST_DENSITY)
    return logs
