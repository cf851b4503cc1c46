"""Describe how a set was done: its tempo, pauses and range of motion."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..recording import Recording
from ._motion import MOTION_RATE_HZ, Floats, motion_of, vectors
from ._repetitions import Repetition

#: Slower than this share of the set's median speed is rest.
_REST = 0.1
#: Shorter rests in seconds are turning points.
_SHORTEST_PAUSE_S = 0.4
#: The first and the last of so many repetitions are compared.
_N_COMPARED = 3


@dataclass(frozen=True)
class SetQuality:
    """How a set was done, as far as the sensors show it.

    Parameters
    ----------
    tempo_s : tuple of float
        Time in seconds that each repetition moves.
    pauses_s : tuple of float
        Time in seconds without movement between each repetition and the next, 0 if shorter
        than 0.4.
    range_rad : tuple of float
        Angle in radians by which the device turns to and back in each repetition, about
        the axis of the set. NaN without a gyroscope.

    See Also
    --------
    set_quality : Describe a set.

    Examples
    --------
    >>> from sk_imu import SetQuality
    >>> tired = SetQuality((2.0, 2.0, 2.5, 3.0), (0.0, 0.0, 0.8), (1.0, 1.0, 0.9, 0.7))
    >>> round(tired.slowing, 2), round(tired.range_kept, 2)
    (1.38, 0.8)
    """

    tempo_s: tuple[float, ...]
    pauses_s: tuple[float, ...]
    range_rad: tuple[float, ...]

    @property
    def slowing(self) -> float:
        """Mean time of the last three repetitions, divided by that of the first three.

        Of fewer than six, the first and last half. NaN for a single one.
        """
        return _last_to_first(self.tempo_s)

    @property
    def range_kept(self) -> float:
        """Mean range of motion of the last three repetitions relative to the first three.

        Of fewer than six, the first and last half. NaN for a single one, or if the device
        does not turn in the first.
        """
        return _last_to_first(self.range_rad)

    def summary(self) -> dict[str, float]:
        """Return the values of the whole set that tables have.

        Returns
        -------
        summary : dict of str to float
            ``tempo_s``, the median time of a repetition; ``slowing``; ``range_kept``; and
            ``pause_s``, all pauses together. NaN where a value is unknown.
        """
        tempo_s = float(np.median(self.tempo_s)) if self.tempo_s else float("nan")
        return {
            "tempo_s": tempo_s,
            "slowing": self.slowing,
            "range_kept": self.range_kept,
            "pause_s": float(sum(self.pauses_s)) if self.tempo_s else float("nan"),
        }

    @property
    def relative_range(self) -> tuple[float, ...]:
        """Range of motion of each repetition relative to the mean of the first three.

        NaN if the device does not turn in those.
        """
        first = self.range_rad[:_N_COMPARED]
        return tuple(_relative([one], first) for one in self.range_rad)


def set_quality(recording: Recording, repetitions: Sequence[Repetition]) -> SetQuality:
    """Describe the tempo, pauses and range of motion of a set.

    The values come from the sensors alone and do not judge the form. Compare them within a
    set, or between sets of one exercise with the device worn alike.

    Parameters
    ----------
    recording : Recording
        The recording that holds the set.
    repetitions : sequence of Repetition
        The repetitions of one set, in order of time, such as those of a :class:`Bout`.

    Returns
    -------
    quality : SetQuality
        One value for each repetition, or between two of them.

    Raises
    ------
    ValueError
        As in :func:`find_repetitions`, or if a repetition lies outside of the recording.

    Notes
    -----
    The speed is that of the gyroscope, or else of the change of the acceleration. A
    repetition moves from the first to the last moment at which the speed is at least a
    tenth of the set's median. The range of motion is that of the angle about the axis
    around which the device turns most in this set, integrated over each repetition,
    without drift.

    Examples
    --------
    >>> from sk_imu import find_bouts, set_quality
    >>> from sk_imu.datasets import make_exercise_recordings
    >>> workout = make_exercise_recordings(1, 1, ["squat"], random_state=0).data[0]
    >>> (bout,) = find_bouts(workout)
    >>> quality = set_quality(workout, bout.repetitions)
    >>> len(quality.tempo_s), len(quality.pauses_s)
    (9, 8)
    """
    if not repetitions:
        return SetQuality((), (), ())
    start_s, motion = motion_of(recording)
    edges = np.array([(one.start_s, one.end_s) for one in repetitions])
    places = np.round((edges - start_s) * MOTION_RATE_HZ).astype(int)
    if places.min() < 0 or places.max() > motion.shape[1]:
        raise ValueError(
            f"{recording.name}: a repetition from {edges.min():.2f} to {edges.max():.2f} s "
            "lies outside of the recording. Give the repetitions found in this one."
        )
    turns = vectors(motion)[-1] if "Gyroscope" in recording.streams else None
    speed = _speed(motion, turns)
    inside = np.concatenate([speed[begin:end] for begin, end in places])
    moves = speed >= _REST * np.median(inside)
    active = np.array([_active(moves, begin, end) for begin, end in places])
    rests_s = (active[1:, 0] - active[:-1, 1]) / MOTION_RATE_HZ
    rests_s[rests_s < _SHORTEST_PAUSE_S] = 0.0
    return SetQuality(
        tempo_s=tuple(((active[:, 1] - active[:, 0]) / MOTION_RATE_HZ).tolist()),
        pauses_s=tuple(rests_s.tolist()),
        range_rad=_ranges(turns, places),
    )


def _last_to_first(values: tuple[float, ...]) -> float:
    n = min(_N_COMPARED, len(values) // 2)
    return _relative(values[-n:], values[:n]) if n else float("nan")


def _relative(some: Sequence[float], first: Sequence[float]) -> float:
    """Return the mean of some values relative to that of the first, NaN if that is 0."""
    usual = float(np.mean(first))
    return float(np.mean(some)) / usual if usual else float("nan")


def _speed(motion: Floats, turns: Floats | None) -> Floats:
    """Return how fast the device moves at each timestep, in any unit."""
    rates = np.gradient(motion, axis=1) if turns is None else turns
    speed: Floats = np.sqrt(np.square(rates).sum(axis=0))
    return speed


def _active(moves: NDArray[Any], begin: int, end: int) -> tuple[int, int]:
    """Return where movement begins and ends within a repetition, in timesteps."""
    (where,) = np.nonzero(moves[begin:end])
    return (begin + where[0], begin + where[-1] + 1) if len(where) else (begin, end)


def _ranges(turns: Floats | None, places: NDArray[Any]) -> tuple[float, ...]:
    """Return the angle in radians through which the device turns in each repetition."""
    if turns is None:
        return (float("nan"),) * len(places)
    angles = []
    for begin, end in places:
        # A repetition ends where it began. What is left is drift, or a turn of the body.
        rate = turns[:, begin:end] - turns[:, begin:end].mean(axis=1, keepdims=True)
        angles.append(np.cumsum(rate, axis=1) / MOTION_RATE_HZ)
    # Its parts in the device's axes depend on how the device is worn.
    axis = np.linalg.svd(np.concatenate(angles, axis=1), full_matrices=False)[0][:, 0]
    return tuple(float(np.ptp(axis @ angle)) for angle in angles)
