"""Find the sets in the recording of a workout, without any training data."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from numbers import Integral, Real
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from .._sklearn import Interval, validate_params
from ..recording import Recording
from ._annotations import label_of
from ._motion import MOTION_RATE_HZ, Floats, motion_of
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
#: Ratio of neighboring lags. A repetition a few percent off its lag is still similar.
_LAG_STEP = 1.06
#: Periodicity varies within a set: a stretch goes on while it is at most this much
#: below the threshold.
_HYSTERESIS = 0.15

#: Begin and end in timesteps, and resemblance, of a repetition.
_Located = tuple[float, float, float]
_Locate = Callable[[Floats, int, int], list[_Located]]


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
    min_periodicity: float = 0.7,
    min_intensity: float = 0.3,
    min_confidence: float = 0.4,
    min_repetitions: int = 3,
    min_duration_s: float = 8.0,
    max_pause_s: float = 4.0,
    min_period_s: float = 0.8,
    max_period_s: float = 8.0,
    mark_before_s: float = 10.0,
) -> list[Bout]:
    """Find the bouts of exercise in the recording of a workout.

    Nothing is learned from other recordings. Exercise is movement that is strong enough
    and resembles itself one period later. Each stretch of time with such a period is
    searched for repetitions as in :func:`find_repetitions`. A bout lasts from its first
    to its last repetition; at both ends, a repetition counts only if it resembles the
    usual one at least 0.7 times as much as the median repetition does. Rotating the axes
    changes nothing.

    Parameters
    ----------
    recording : Recording
        A continuous recording with an acceleration, a gyroscope, or preferably both.
    min_periodicity : float, default=0.7
        Minimum resemblance of the movement to itself one period later, at most 1.
    min_intensity : float, default=0.3
        Minimum movement, as root mean square over two periods. 1 is about 3 m/s² or
        1 rad/s from the mean.
    min_confidence : float, default=0.4
        Minimum resemblance of a repetition to the usual one of its bout, at most 1.
    min_repetitions : int, default=3
        Minimum number of repetitions of a bout.
    min_duration_s : float, default=8.0
        Minimum duration of a bout in seconds.
    max_pause_s : float, default=4.0
        Longest rest in seconds that does not end a bout.
    min_period_s, max_period_s : float, default=0.8, 8.0
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
    periodicity, lag = _self_similarity(
        motion, _lags(min_period_s, max_period_s), min_intensity
    )
    # A window that is compared may hold rest, which then counts as periodic with it.
    periodicity[~_moves(motion, min_intensity, max_pause_s)] = -1
    max_pause = int(max_pause_s * MOTION_RATE_HZ)
    locate: _Locate = partial(
        locate_repetitions,
        min_confidence=min_confidence,
        min_period_s=min_period_s,
        max_period_s=max_period_s,
        is_cut=False,
    )
    sets: list[list[Repetition]] = []
    done = 0
    for first, stop, margin in _stretches(periodicity, lag, min_periodicity, max_pause):
        for begin, end in _parts(motion, first, stop, locate):
            # The first and last repetitions may be less periodic than the stretch.
            low, high = max(begin - margin, done), min(end + margin, motion.shape[1])
            found = locate(motion[:, low:high], max(begin - low, 0), end - low)
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


def _lags(min_period_s: float, max_period_s: float) -> NDArray[np.intp]:
    # Evenly spaced on a logarithmic scale: repetitions vary in proportion to length.
    n_lags = int(np.ceil(np.log(max_period_s / min_period_s) / np.log(_LAG_STEP))) + 1
    lags_s = np.geomspace(min_period_s, max_period_s, n_lags)
    return np.unique(np.round(lags_s * MOTION_RATE_HZ).astype(np.intp))


def _self_similarity(
    motion: Floats, lags: NDArray[np.intp], min_intensity: float
) -> tuple[Floats, NDArray[np.intp]]:
    """Return how similar each timestep is to its repetition, and at which lag.

    For each lag, each window of that length is compared with the window that follows.
    The result holds for all timesteps of both; each timestep takes its best result.
    """
    n_timesteps = motion.shape[1]
    best, best_lag = np.full(n_timesteps, -1.0), np.zeros(n_timesteps, np.intp)
    for lag in lags:
        if 2 * lag > n_timesteps:
            break
        a, b = motion[:, :-lag], motion[:, lag:]
        mean_a, mean_b = _moving_mean(a, lag), _moving_mean(b, lag)
        mean = (mean_a + mean_b) / 2
        cross = (_moving_mean(a * b, lag) - mean * (mean_a + mean_b) + mean**2).sum(axis=0)
        power = ((_moving_mean(a**2, lag) + _moving_mean(b**2, lag)) / 2 - mean**2).sum(
            axis=0
        )
        # This intraclass correlation is 1 only where shape, size and posture agree.
        similarity = cross / np.maximum(power, 1e-12)
        # At rest, the correlation is that of the sensor's noise.
        similarity[power < min_intensity**2] = -1
        # The maximum over every pair of windows that holds a timestep.
        padded = np.pad(similarity, (2 * lag - 1, 2 * lag - 1), constant_values=-1)
        reached = ndimage.maximum_filter1d(padded, 2 * lag)[lag : lag + n_timesteps]
        better = reached > best
        best[better], best_lag[better] = reached[better], lag
    return best, best_lag


def _moves(motion: Floats, min_intensity: float, max_pause_s: float) -> NDArray[np.bool_]:
    """Return whether each timestep lies in movement, bridging rests up to the pause."""
    half = int(MOTION_RATE_HZ / 2)
    padded = np.pad(motion, ((0, 0), (half, half)), mode="edge")
    size = 2 * half + 1
    variance = _moving_mean(padded**2, size) - _moving_mean(padded, size) ** 2
    moving = variance.sum(axis=0) >= min_intensity**2
    n_pause = max(int(max_pause_s * MOTION_RATE_HZ), 1)
    # Without padding, closing would erode movement at the ends of the recording.
    around = np.pad(moving, n_pause)
    closed = ndimage.binary_closing(around, np.ones(n_pause, bool))
    return closed[n_pause : n_pause + len(moving)]


def _moving_mean(values: Floats, size: int) -> Floats:
    # A cumulative sum costs the same for every size, and there are some forty lags.
    sums = np.pad(np.cumsum(values, axis=1), ((0, 0), (1, 0)))
    return (sums[:, size:] - sums[:, :-size]) / size


def _stretches(
    periodicity: Floats, lag: NDArray[np.intp], least: float, max_pause: int
) -> list[tuple[int, int, int]]:
    """Return first timestep, end (exclusive) and usual lag of each periodic stretch.

    A stretch continues where periodicity is a little below ``least``, and over a break
    of at most ``max_pause`` timesteps.
    """
    weak = periodicity >= least - _HYSTERESIS
    edges = np.flatnonzero(np.diff(np.pad(weak.astype(np.int8), 1)))
    stretches: list[tuple[int, int, int]] = []
    for first, stop in edges.reshape(-1, 2).tolist():
        if periodicity[first:stop].max() < least:
            continue
        usual = int(np.median(lag[first:stop]))
        if stretches and first - stretches[-1][1] <= max_pause:
            first, _, before = stretches.pop()
            # The lag is also the margin of the search, which must hold the longer one.
            usual = max(usual, before)
        stretches.append((first, stop, usual))
    return stretches


def _parts(motion: Floats, first: int, stop: int, locate: _Locate) -> list[tuple[int, int]]:
    """Split a stretch where the rest between repetitions is longer than a repetition."""
    # Two sets that are separated by less than max_pause_s form one stretch.
    found = locate(motion[:, first:stop], 0, stop - first)
    if not found:
        return []
    usual = float(np.median([end - begin for begin, end, _ in found]))
    parts, begin = [], first
    for one, following in pairwise(found):
        if following[0] - one[1] > usual:
            parts.append((begin, first + int(one[1])))
            begin = first + int(following[0])
    return [*parts, (begin, stop)]


def _lasts(found: list[_Located], min_repetitions: int, min_duration: float) -> bool:
    return len(found) >= min_repetitions and found[-1][1] - found[0][0] >= min_duration
