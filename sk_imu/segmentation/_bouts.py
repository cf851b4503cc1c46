"""Find the sets in the recording of a workout, without any training data."""

from dataclasses import dataclass
from numbers import Integral, Real
from typing import Any

import numpy as np

from .._sklearn import Interval, validate_params
from ..recording import Recording
from ._annotations import label_of
from ._motion import MOTION_RATE_HZ, motion_of
from ._periods import periodic_stretches
from ._repetitions import Repetition, as_repetitions, locate_repetitions

THRESHOLDS: dict[str, list[Any]] = {
    "min_periodicity": [Interval(Real, -1, 1, closed="both")],
    "min_intensity": [Interval(Real, 0, None, closed="left")],
    "min_confidence": [Interval(Real, -1, 1, closed="both")],
    "min_repetitions": [Interval(Integral, 1, None, closed="left")],
    "min_duration_s": [Interval(Real, 0, None, closed="left")],
    "max_pause_s": [Interval(Real, 0, None, closed="left")],
    "min_period_s": [Interval(Real, 0, None, closed="neither")],
    "max_period_s": [Interval(Real, 0, None, closed="neither")],
}
#: Repetitions are searched for this many periods before and after a periodic stretch.
_MARGIN = 1.5
#: Largest ratio of the period of a set to the usual lag of its stretch, either way.
_UNCERTAINTY = 1.5

#: Begin and end in timesteps, and resemblance, of a repetition.
_Located = tuple[float, float, float]


@dataclass(frozen=True)
class Bout:
    """One bout of exercise in a recording: a set.

    Parameters
    ----------
    start_s, end_s : float
        Start and end in seconds, on the recording's clock.
    confidence : float
        Mean confidence of its repetitions, at most 1.
    label : object, optional
        The label from an annotation, else the label of the recording.
    repetitions : tuple of Repetition, default=()
        Its repetitions.

    Examples
    --------
    >>> from sk_imu import Bout
    >>> Bout(12.0, 31.5, confidence=0.93, label="squat").duration_s
    19.5
    """

    start_s: float
    end_s: float
    confidence: float
    label: Any = None
    repetitions: tuple[Repetition, ...] = ()

    @property
    def duration_s(self) -> float:
        """Length in seconds."""
        return self.end_s - self.start_s


@validate_params(THRESHOLDS, prefer_skip_nested_validation=True)
def find_bouts(
    recording: Recording,
    *,
    min_periodicity: float = 0.35,
    min_intensity: float = 0.1,
    min_confidence: float = 0.4,
    min_repetitions: int = 2,
    min_duration_s: float = 5.0,
    max_pause_s: float = 4.0,
    min_period_s: float = 0.8,
    max_period_s: float = 10.0,
    mark_before_s: float = 10.0,
) -> list[Bout]:
    """Find the bouts of exercise in the recording of a workout.

    Nothing is learned from other recordings. Exercise is movement that is strong enough
    and resembles itself one period later, with a period that changes only gradually. Each
    stretch of time with such a period is searched for repetitions as in
    :func:`find_repetitions`. A bout lasts from its first to its last repetition; at both
    ends, a repetition counts only if it resembles the usual one at least 0.65 times as
    much as the median repetition does. Rotating the axes changes nothing.

    Parameters
    ----------
    recording : Recording
        A continuous recording with an acceleration, a gyroscope, or preferably both.
    min_periodicity : float, default=0.35
        Minimum resemblance of the movement to itself one period later, at most 1. What
        is more similar counts for exercise, what is less against it.
    min_intensity : float, default=0.1
        Minimum movement, as root mean square over two periods. 1 is about 3 m/s² or
        1 rad/s from the mean.
    min_confidence : float, default=0.4
        Minimum resemblance of a repetition to the usual one of its bout, at most 1.
    min_repetitions : int, default=2
        Minimum number of repetitions of a bout.
    min_duration_s : float, default=5.0
        Minimum duration of a bout in seconds.
    max_pause_s : float, default=4.0
        Longest rest in seconds that does not end a bout.
    min_period_s, max_period_s : float, default=0.8, 10.0
        Shortest and longest time in seconds from one repetition to the next.
    mark_before_s : float, default=10.0
        Longest time in seconds by which an annotation precedes the bout it labels.

    Returns
    -------
    bouts : list of Bout
        The bouts in order of time, without overlap.

    Raises
    ------
    ValueError
        If a threshold is out of range, the recording has neither an acceleration nor a
        gyroscope, or the :class:`Resampler` refuses its clocks.

    See Also
    --------
    segment_sets : Cut the bouts out.
    SetSegmenter : Estimator whose thresholds can be tuned.

    Notes
    -----
    Annotations label bouts by this rule.  A mark that begins or ends with ``start`` or
    ``begin``, and the next mark that does so with ``stop``, ``end`` or ``finish`` and
    otherwise has the same text, label every bout whose middle is between them.  Any
    other mark labels the bout that contains it, or else the next one, if that begins
    within ``mark_before_s``.  If several marks qualify, the last one before the bout
    takes precedence, else the first one inside.  A bout without a mark has the label of
    the recording.

    Examples
    --------
    >>> from sk_imu import find_bouts
    >>> from sk_imu.datasets import make_exercise_recordings
    >>> data = make_exercise_recordings(1, 2, ["squat"], random_state=0)
    >>> for bout in find_bouts(data.data[0]):
    ...     print(f"{bout.label} from {bout.start_s:.0f} to {bout.end_s:.0f} s")
    squat from 9 to 35 s
    squat from 47 to 82 s
    """
    check_periods("find_bouts", min_period_s, max_period_s)
    start_s, motion = motion_of(recording)
    stretches = periodic_stretches(
        motion,
        shortest=min_period_s * MOTION_RATE_HZ,
        longest=max_period_s * MOTION_RATE_HZ,
        min_periodicity=min_periodicity,
        min_intensity=min_intensity,
        max_pause=max_pause_s * MOTION_RATE_HZ,
    )
    sets: list[list[Repetition]] = []
    done = 0
    for first, stop, usual in stretches:
        # The first and last repetitions may be less periodic than the stretch.
        first, margin = max(first, done), int(_MARGIN * usual)
        if stop - first < usual:
            continue  # the set before reaches over it
        low, high = max(first - margin, done), min(stop + margin, motion.shape[1])
        found = locate_repetitions(
            motion[:, low:high],
            first - low,
            stop - low,
            shortest=usual / _UNCERTAINTY,
            longest=usual * _UNCERTAINTY,
            min_confidence=min_confidence,
            usual=float(usual),
        )
        if _lasts(found, min_repetitions, min_duration_s * MOTION_RATE_HZ):
            begin_s = start_s + low / MOTION_RATE_HZ
            sets.append(as_repetitions(found, begin_s, high - low))
            done = low + int(np.ceil(found[-1][1]))
    # All bouts first, because a bout's label depends on where the one before ends.
    spans = [(repetitions[0].start_s, repetitions[-1].end_s) for repetitions in sets]
    return [
        Bout(
            *spans[i],
            confidence=float(np.mean([r.confidence for r in repetitions])),
            label=label_of(recording, i, spans, mark_before_s),
            repetitions=tuple(repetitions),
        )
        for i, repetitions in enumerate(sets)
    ]


def check_periods(caller: str, min_period_s: float, max_period_s: float) -> None:
    """Raise a ValueError if there is no period between the two."""
    if min_period_s >= max_period_s:
        raise ValueError(
            f"{caller}: min_period_s must be less than max_period_s, got {min_period_s} "
            f"and {max_period_s}."
        )


def _lasts(found: list[_Located], min_repetitions: int, min_duration: float) -> bool:
    return len(found) >= min_repetitions and found[-1][1] - found[0][0] >= min_duration
