"""The clock of one stream: its usual interval, its gaps, and the repair of bursts."""

import math

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

#: An interval longer than this many usual ones is a gap: over two samples are missing.
GAP = 3.5
#: An interval shorter than this many usual ones belongs to samples delivered in a burst.
BURST = 0.1
#: Least distance of mended samples in usual intervals.  It is below 1 so that a slightly
#: overestimated interval does not push one sample after the other away.
_SPACING = 0.9
#: Intervals measured together, because bursts make a single interval meaningless.
_TOGETHER = 50
#: Largest correction of a timestamp in seconds.
_FURTHEST_S = 1.0


def usual_interval(times_s: Floats) -> float:
    """Return the interval in seconds between samples, gaps and bursts aside.

    It is the (upper) median over stretches of fifty intervals, which neither gaps nor
    bursts move, and NaN for fewer than two samples.

    Examples
    --------
    >>> import numpy as np
    >>> from sk_imu.recording import usual_interval
    >>> burst_s, gap_s = [0.0] * 4 + [0.05], 3.0
    >>> times_s = np.cumsum(burst_s * 40 + [gap_s] + burst_s * 40)
    >>> round(usual_interval(times_s), 6)
    0.01
    """
    if len(times_s) < 2:
        return float("nan")
    # Of a short stream a quarter, so that enough spans are left for a median.
    step = min(_TOGETHER, max(len(times_s) // 4, 1))
    spans_s = times_s[step:] - times_s[:-step]
    middle = len(spans_s) // 2
    # Sorted, because np.partition takes many times as long where most spans are equal.
    return float(np.sort(spans_s)[middle]) / step


def find_gaps(times_s: Floats, longer_than_s: float) -> Floats:
    """Return start and end of each stretch in which samples are missing, (n_gaps, 2).

    They are the times of the last sample before and the first after the gap.

    Examples
    --------
    >>> import numpy as np
    >>> from sk_imu.recording import find_gaps
    >>> find_gaps(np.array([0.0, 0.1, 0.2, 0.3, 1.8, 1.9, 2.0]), 0.5).tolist()
    [[0.3, 1.8]]
    """
    before = np.flatnonzero(np.diff(times_s) > longer_than_s)
    return np.stack([times_s[before], times_s[before + 1]], axis=1)


def near_repeats(times_s: Floats) -> NDArray[np.bool_]:
    """Return which samples to leave out, because the next one has nearly the same time.

    The others lie at least a tenth of the usual interval apart. Times are of at least two
    samples and strictly increasing. The first and the last sample stay.

    Examples
    --------
    >>> import numpy as np
    >>> from sk_imu.recording import near_repeats
    >>> near_repeats(np.array([0.0, 0.01, 0.0299, 0.03, 0.04])).tolist()
    [False, False, True, False, False]
    """
    near = np.zeros(len(times_s), dtype=bool)
    steps_s = np.diff(times_s)
    shortest_s = steps_s.min()
    # No usual interval is longer than the longest; twice, whatever rounding makes of it.
    if shortest_s >= 2 * BURST * steps_s.max():
        return near
    least_s = BURST * usual_interval(times_s)
    if shortest_s >= least_s:
        return near
    times = times_s.tolist()
    following_s = math.inf
    # Backwards: what comes late gets a time close to that of the next, which is right.
    for i in range(len(times) - 1, 0, -1):
        near[i] = following_s - times[i] < least_s or times[i] - times[0] < least_s
        if not near[i]:
            following_s = times[i]
    return near


def mend_clock(times_s: Floats) -> tuple[NDArray[np.intp], Floats]:
    """Spread samples delivered in bursts over the time in which they were taken.

    Each sample moves to the latest time that is not after its own timestamp and leaves 0.9
    usual intervals to the next sample. A clock without an interval below a tenth of the
    usual one stays as it is.

    Returns the indices that sort the samples by their timestamps, which are finite, and the
    strictly increasing times of the sorted samples. Raises a ValueError if the clock stands
    still, or a sample would move by more than a second.

    Examples
    --------
    >>> import numpy as np
    >>> from sk_imu.recording import mend_clock
    >>> times_s = np.arange(100) / 100
    >>> times_s[50:53] = times_s[53]  # three samples arrive with the fourth
    >>> mend_clock(times_s)[1][49:55].round(3).tolist()
    [0.49, 0.503, 0.512, 0.521, 0.53, 0.54]
    """
    # Stable: samples of one timestamp were taken in the order in which they stand.
    order = np.argsort(times_s, kind="stable")
    stamps_s = times_s[order]
    interval_s = usual_interval(stamps_s)
    if interval_s <= 0:
        raise ValueError("the clock stands still: most timestamps are repeated")
    if len(times_s) < 2 or np.diff(stamps_s).min() >= BURST * interval_s:
        return order, stamps_s
    # A busy phone delivers samples late and several at once: after one long interval the
    # clock stands still or nearly so. A timestamp may thus be too late, but never too
    # early, and samples only move back.
    # Subtracting the least spacing turns "far enough apart" into "not decreasing".
    line_s = np.arange(len(stamps_s)) * _SPACING * interval_s
    latest_s: Floats = np.minimum.accumulate((stamps_s - line_s)[::-1])[::-1]
    mended_s = line_s + latest_s
    furthest_s = float(np.max(stamps_s - mended_s))
    if furthest_s > _FURTHEST_S:
        raise ValueError(
            f"mending the clock would move a sample by {furthest_s:.3g} s: the sampling "
            "rate changes, or a timestamp is far off"
        )
    return order, mended_s
