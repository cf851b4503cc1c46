"""What people in a gym do besides their repetitions: walk, take a weight, rack it, tire."""

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from ._exercise_motions import Pose, bump, step

Floats = NDArray[np.float64]

#: Largest movement of each coordinate while a weight is handled, in rad and m.
_HANDLING = {
    "arm_flexion": 0.8,
    "arm_abduction": 0.5,
    "trunk_lean": 0.4,
    "thigh_flexion": 0.4,
    "height": -0.08,
}
#: Seconds for which a weight is handled, and between that and the set, at most.
_HANDLED_S, _READY_S = 3.0, 1.0
#: Usual seconds of a stride, and swing of the thigh in rad.
_STRIDE_S, _SWING = 1.1, 0.4


@dataclass(frozen=True)
class Additions:
    """What is added to sets and rests, as ``make_exercise_recordings`` describes it."""

    handling: float = 0.0
    slowing: float = 0.0
    double_peaks: float = 0.0
    walking_s: float = 0.0

    def check(self, rest_s: tuple[float, float]) -> None:
        """Raise a ValueError if a value is out of range, or the rests are too short."""
        for one in fields(self):
            value, most = (
                getattr(self, one.name),
                1.0 if one.name == "double_peaks" else np.inf,
            )
            if not 0 <= value <= most or value == np.inf:
                limit = "between 0 and 1" if most == 1 else "a finite number of at least 0"
                raise ValueError(f"{one.name} must be {limit}, got {value!r}.")
        needed_s = 2 * self._around_s + 1.0
        if self._around_s and rest_s[0] < needed_s:
            raise ValueError(
                f"rest_s must be at least {needed_s:g} s, which walking and handling "
                f"in each rest need, got {rest_s}."
            )

    @property
    def _around_s(self) -> float:
        """Seconds that are needed before and after a set."""
        if not self.handling and not self.walking_s:
            return 0.0
        return self.walking_s + _READY_S + (_HANDLED_S if self.handling else 0.0)

    def lengthen(self, lengths_s: Floats) -> Floats:
        """Return the lengths of a set's repetitions, longer towards failure."""
        return lengths_s * (1 + self.slowing * np.linspace(0, 1, len(lengths_s)) ** 2)

    def repeat_peak(self, u: Floats, values: Floats) -> Floats:
        """Return a coordinate in a repetition that comes back in its middle."""
        return values * (1 - self.double_peaks * bump(u, 0.3, 0.78, 0.0))

    def add_around(
        self, rng: np.random.Generator, times_s: Floats, pose: Pose, plan: list[Floats]
    ) -> None:
        """Add walking and handling before and after each set to a pose."""
        for repetitions in plan:
            for edge_s, way in ((repetitions[0, 0], -1.0), (repetitions[-1, 1], 1.0)):
                near_s = edge_s + way * rng.uniform(0.3, _READY_S)
                far_s = near_s + way * rng.uniform(0.7, 1.0) * _HANDLED_S
                if self.handling:
                    self._handle(rng, times_s, pose, sorted((near_s, far_s)))
                else:
                    far_s = near_s
                if self.walking_s:
                    self._walk(
                        rng, times_s, pose, sorted((far_s, far_s + way * self.walking_s))
                    )

    def _handle(
        self, rng: np.random.Generator, times_s: Floats, pose: Pose, between_s: list[float]
    ) -> None:
        """Add one large movement, as racking a weight is, and smaller irregular ones."""
        now = slice(*np.searchsorted(times_s, between_s))
        u = (times_s[now] - between_s[0]) / (between_s[1] - between_s[0])
        begin, size = rng.uniform(0.0, 0.4), self.handling * rng.uniform(0.7, 1.0)
        large, inside = bump(u, begin, begin + 0.55), bump(u, hold=0.6)
        for name, most in _HANDLING.items():
            waves = rng.uniform(0.3, 1.5, 3)[:, np.newaxis] * times_s[now]
            phases = rng.uniform(size=(3, 1))
            irregular = np.sin(2 * np.pi * (waves + phases)).mean(axis=0)
            pose[name][now] += size * most * (large + 0.5 * inside * irregular)

    def _walk(
        self, rng: np.random.Generator, times_s: Floats, pose: Pose, between_s: list[float]
    ) -> None:
        now = slice(*np.searchsorted(times_s, between_s))
        t = times_s[now] - between_s[0]
        # Nobody's strides are of one length.
        rates_hz = np.ones(len(t))
        for rate_hz in rng.uniform(0.05, 0.4, 3):
            rates_hz += 0.06 * np.sin(2 * np.pi * (rate_hz * t + rng.uniform()))
        phase = 2 * np.pi * np.cumsum(rates_hz) * (times_s[1] - times_s[0]) / _STRIDE_S
        inside = step(t / 0.6) * step((between_s[1] - between_s[0] - t) / 0.6)
        pose["thigh_flexion"][now] += _SWING * inside * np.sin(phase)
        pose["arm_flexion"][now] -= 0.6 * _SWING * inside * np.sin(phase)
        pose["height"][now] -= 0.02 * inside * (1 - np.cos(2 * phase))
