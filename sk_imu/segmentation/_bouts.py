"""Find the sets in a recording of a whole training, without any training data."""

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from ..recording import Recording
from ._annotations import label_of
from ._motion import MOTION_RATE_HZ, Floats, motion_of
from ._repetitions import Repetition, as_repetitions, locate_repetitions

__all__ = ["Bout", "find_bouts"]

#: Lags at which a movement is compared with itself: a step of 6 % between them.
_LAG_STEP = 1.06
_HYSTERESIS = 0.15


@dataclass(frozen=True)
class Bout:
    """One bout of exercise in a recording: a set.

    Parameters
    ----------
    start_s, end_s : float
        First and last second, on the recording's clock.
    confidence : float
        How much its repetitions resemble each other, at most 1: the mean of theirs.
    label : object, optional
        What an annotation says of it, else the recording's label.
    repetitions : tuple of Repetition, default=()
        The repetitions found in it.

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
    """Find the bouts of exercise in a recording of a whole training.

    Nothing is learnt from other recordings. Exercise is movement, hard enough, that
    resembles itself one period later; so a bout begins as a stretch of time in which
    there is such a period.  Its repetitions are then found as by
    :func:`find_repetitions`, also a little before and after, and the bout lasts from
    the first to the last that resembles the usual one at least 0.7 times as much as the
    others do.  The axes may be rotated in any way.

    Parameters
    ----------
    recording : Recording
        A continuous recording, with an acceleration, a gyroscope, or better both.
    min_periodicity : float, default=0.7
        The least resemblance of the movement to itself one period later, at most 1.
    min_intensity : float, default=0.3
        The least movement, as root mean square over two periods: 1 is about 3 m/s² or
        1 rad/s away from the mean.
    min_confidence : float, default=0.4
        The least resemblance of a repetition to the usual one of its bout.
    min_repetitions : int, default=3
        The fewest repetitions of a bout.
    min_duration_s : float, default=8.0
        The least time from the beginning of the first to the end of the last.
    max_pause_s : float, default=4.0
        The longest rest that does not end a bout.
    min_period_s, max_period_s : float, default=0.8, 8.0
        The shortest and longest time from one repetition to the next.
    mark_before_s : float, default=10.0
        How long before a bout an annotation may stand to label it.

    Returns
    -------
    bouts : list of Bout
        In order of time, none overlapping another.

    Raises
    ------
    ValueError
        If the recording has neither an acceleration nor a gyroscope, or its clocks are
        such that a Resampler refuses them.

    See Also
    --------
    segment_sets : Cut them out.
    SetSegmenter : The same as an estimator, whose thresholds can be tuned.

    Notes
    -----
    Annotations label bouts by this rule.  A mark that begins or ends with ``start`` or
    ``begin``, and the next that does with ``stop``, ``end`` or ``finish`` and otherwise
    has the same text, label every bout whose middle is between them.  Any other mark
    labels the bout it is in, or else the next one, if that begins within
    ``mark_before_s``.  Of several for one bout, the last one before its beginning holds,
    else the first one inside.  A bout without any has the recording's own label.

    Examples
    --------
    >>> import numpy as np
    >>> from sk_imu import Recording, find_bouts
    >>> phase = 2 * np.pi * np.arange(1000) / 100
    >>> turns = np.array([np.sin(phase), 0.3 * np.sin(2 * phase), 0 * phase])
    >>> training = Recording.from_array(
    ...     np.pad(turns, ((0, 0), (500, 500))),
    ...     sampling_rate_hz=50,
    ...     channel_names=[f"Gyroscope_{axis}" for axis in "xyz"],
    ...     annotations=[(8.0, "squat")],
    ... )
    >>> for bout in find_bouts(training):
    ...     print(f"{bout.label} from {bout.start_s:.0f} to {bout.end_s:.0f} s")
    squat from 10 to 30 s
    """
    start_s, motion = motion_of(recording)
    lags = _lags(min_period_s, max_period_s)
    periodicity, lag = _self_similarity(motion, lags, min_intensity)
    sets: list[list[Repetition]] = []
    done = 0
    periodicity[~_moves(motion, min_intensity, max_pause_s)] = -1
    periods = {"min_period_s": min_period_s, "max_period_s": max_period_s}
    for first, stop, margin in _stretches(
        periodicity, lag, min_periodicity, int(max_pause_s * MOTION_RATE_HZ)
    ):
        for begin, end in _parts(motion, first, stop, min_confidence, **periods):
            low, high = max(begin - margin, done), min(end + margin, motion.shape[1])
            found = locate_repetitions(
                motion[:, low:high],
                max(begin - low, 0),
                end - low,
                min_confidence=min_confidence,
                is_cut=False,
                **periods,
            )
            if _lasts(found, min_repetitions, min_duration_s * MOTION_RATE_HZ):
                begin_s = start_s + low / MOTION_RATE_HZ
                sets.append(as_repetitions(found, begin_s, high - low))
                done = low + int(np.ceil(found[-1][1]))
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


def _lags(min_period_s: float, max_period_s: float) -> NDArray[np.intp]:
    n_lags = int(np.ceil(np.log(max_period_s / min_period_s) / np.log(_LAG_STEP))) + 1
    lags_s = np.geomspace(min_period_s, max_period_s, n_lags)
    return np.unique(np.round(lags_s * MOTION_RATE_HZ).astype(np.intp))


def _self_similarity(
    motion: Floats, lags: NDArray[np.intp], min_intensity: float
) -> tuple[Floats, NDArray[np.intp]]:
    """Return how much the movement at each timestep is repeated, and at which lag.

    For each lag, each window of one lag is compared with the window that follows; the
    result belongs to all the timesteps of both, and the best at each is taken.
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
        similarity = cross / np.maximum(power, 1e-12)
        similarity[power < min_intensity**2] = -1
        padded = np.pad(similarity, (2 * lag - 1, 2 * lag - 1), constant_values=-1)
        reached = ndimage.maximum_filter1d(padded, 2 * lag)[lag : lag + n_timesteps]
        better = reached > best
        best[better], best_lag[better] = reached[better], lag
    return best, best_lag


def _moves(motion: Floats, min_intensity: float, max_pause_s: float) -> NDArray[np.bool_]:
    """Tell of each timestep whether it is amid movement, with no long rest around it."""
    half = int(MOTION_RATE_HZ / 2)
    padded = np.pad(motion, ((0, 0), (half, half)), mode="edge")
    size = 2 * half + 1
    variance = _moving_mean(padded**2, size) - _moving_mean(padded, size) ** 2
    moving = variance.sum(axis=0) >= min_intensity**2
    n_pause = max(int(max_pause_s * MOTION_RATE_HZ), 1)
    around = np.pad(moving, n_pause)
    closed = ndimage.binary_closing(around, np.ones(n_pause, bool))
    return closed[n_pause : n_pause + len(moving)]


def _moving_mean(values: Floats, size: int) -> Floats:
    sums = np.pad(np.cumsum(values, axis=1), ((0, 0), (1, 0)))
    return (sums[:, size:] - sums[:, :-size]) / size


def _stretches(
    periodicity: Floats, lag: NDArray[np.intp], least: float, max_pause: int
) -> list[tuple[int, int, int]]:
    """Return first timestep, the one after the last, and usual lag of each stretch.

    A stretch goes on where the movement is repeated a little less well than ``least``,
    and over a break that is short enough.
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
            usual = max(usual, before)
        stretches.append((first, stop, usual))
    return stretches


def _parts(
    motion: Floats, first: int, stop: int, min_confidence: float, **periods: float
) -> list[tuple[int, int]]:
    """Return the ends of a stretch's parts: rest longer than a repetition divides them."""
    found = locate_repetitions(
        motion[:, first:stop],
        0,
        stop - first,
        min_confidence=min_confidence,
        is_cut=False,
        **periods,
    )
    if not found:
        return []
    usual = float(np.median([end - begin for begin, end, _ in found]))
    parts, begin = [], first
    for one, following in pairwise(found):
        if following[0] - one[1] > usual:
            parts.append((begin, first + int(one[1])))
            begin = first + int(following[0])
    return [*parts, (begin, stop)]


def _lasts(
    found: list[tuple[float, float, float]], min_repetitions: int, min_duration: float
) -> bool:
    if len(found) < max(min_repetitions, 1):
        return False
    return found[-1][1] - found[0][0] >= min_duration
