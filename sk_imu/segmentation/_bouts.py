"""Find the sets in the recording of a workout, without any training data."""

from dataclasses import replace

from .._sklearn import validate_params
from ..recording import Recording
from ._annotations import label_of
from ._bout import Bout
from ._bout_search import BoutSearch
from ._motion import motion_of
from ._thresholds import THRESHOLDS, check_periods


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
    ends, a repetition counts only if it resembles the usual one at least 0.675 times as
    much as the median repetition does. It lasts ten minutes at most; a longer one is
    several. Rotating the axes changes nothing.

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
    search = BoutSearch(
        min_periodicity=min_periodicity,
        min_intensity=min_intensity,
        min_confidence=min_confidence,
        min_repetitions=min_repetitions,
        min_duration_s=min_duration_s,
        max_pause_s=max_pause_s,
        min_period_s=min_period_s,
        max_period_s=max_period_s,
    )
    found = [*search.push(motion), *search.finish()]
    bouts = [one.bout_from(start_s) for one in found]
    # All bouts first, because a bout's label depends on where the one before ends.
    spans = [(bout.start_s, bout.end_s) for bout in bouts]
    return [
        replace(bout, label=label_of(recording, i, spans, mark_before_s))
        for i, bout in enumerate(bouts)
    ]
