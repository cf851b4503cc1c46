"""The clock of one stream: its usual interval, its gaps, and how bursts are mended."""

import numpy as np
from numpy.typing import NDArray

__all__ = ["find_gaps", "mend_clock", "usual_interval"]

Floats = NDArray[np.float64]

#: A longer interval, in usual ones, is a gap: more than two samples are missing.
GAP = 3.5
#: A shorter interval, in usual ones, is no sensor's: samples were delivered in a burst.
BURST = 0.1
#: How far mended samples are apart at least, in usual intervals.  Below 1, so that an
#: interval taken for a little too long doesn't push sample after sample away.
_SPACING = 0.9
#: Samples that are looked at together, for bursts make single intervals worth nothing.
_TOGETHER = 50
#: No sample is moved by more, in seconds.
_FURTHEST_S = 1.0


def usual_interval(times_s: Floats) -> float:
    """Return the interval in seconds between samples, as a sensor with few faults has it.

    It is the (upper) median over stretches of fifty intervals, which neither gaps nor
    bursts move; NaN for fewer than two samples.

    Examples
    --------
    >>> import numpy as np
    >>> from sk_imu.clocks import usual_interval
    >>> burst_s, gap_s = [0.0] * 4 + [0.05], 3.0
    >>> times_s = np.cumsum(burst_s * 40 + [gap_s] + burst_s * 40)
    >>> round(usual_interval(times_s), 6)
    0.01
    """
    if len(times_s) < 2:
        return float("nan")
    step = min(_TOGETHER, max(len(times_s) // 4, 1))
    spans_s = times_s[step:] - times_s[:-step]
    middle = len(spans_s) // 2
    # Half as long as through np.median, and it is asked for each stream.
    return float(np.partition(spans_s, middle)[middle]) / step


def find_gaps(times_s: Floats, longer_than_s: float | None = None) -> Floats:
    """Return the start and end of each stretch in which samples are missing.

    Parameters
    ----------
    times_s : ndarray of shape (n_samples,)
        Time of each sample in seconds.
    longer_than_s : float, default=None
        What counts as a gap; None takes 3.5 usual intervals.

    Returns
    -------
    gaps : ndarray of shape (n_gaps, 2)
        Times of the last sample before and the first after each gap.

    Examples
    --------
    >>> import numpy as np
    >>> from sk_imu.clocks import find_gaps
    >>> find_gaps(np.array([0.0, 0.1, 0.2, 0.3, 1.8, 1.9, 2.0])).tolist()
    [[0.3, 1.8]]
    """
    limit_s = GAP * usual_interval(times_s) if longer_than_s is None else longer_than_s
    before = np.flatnonzero(np.diff(times_s) > limit_s)
    return np.stack([times_s[before], times_s[before + 1]], axis=1)


def mend_clock(times_s: Floats) -> tuple[NDArray[np.intp], Floats]:
    """Spread samples that were delivered in bursts over the time in which they were taken.

    A phone that is busy delivers its samples late and many at once: the clock stands or
    nearly stands, after an interval that is too long.  A timestamp may thus be too late,
    but not too early.  Each sample goes to the latest time that is not after its own
    timestamp and leaves 0.9 usual intervals to the next.  Samples whose timestamps run
    backwards are sorted first.  A clock without interval below a tenth of the usual one
    is left as it is.

    Parameters
    ----------
    times_s : ndarray of shape (n_samples,)
        Finite time of each sample in seconds.

    Returns
    -------
    order : ndarray of shape (n_samples,)
        The samples in the order of their timestamps.
    mended_s : ndarray of shape (n_samples,)
        Their times, strictly increasing.

    Raises
    ------
    ValueError
        If the clock stands still, or a sample would be moved by more than a second.

    Examples
    --------
    >>> import numpy as np
    >>> from sk_imu.clocks import mend_clock
    >>> times_s = np.arange(100) / 100
    >>> times_s[50:53] = times_s[53]  # three samples come late, with the fourth
    >>> mend_clock(times_s)[1][49:55].round(3).tolist()
    [0.49, 0.503, 0.512, 0.521, 0.53, 0.54]
    """
    order = np.argsort(times_s, kind="stable")
    stamps_s = times_s[order]
    interval_s = usual_interval(stamps_s)
    if interval_s <= 0:
        raise ValueError("the clock stands still: more timestamps are repeated than not")
    if len(times_s) < 2 or np.diff(stamps_s).min() >= BURST * interval_s:
        return order, stamps_s
    line_s = np.arange(len(stamps_s)) * _SPACING * interval_s
    latest_s: Floats = np.minimum.accumulate((stamps_s - line_s)[::-1])[::-1]
    mended_s = line_s + latest_s
    furthest_s = float(np.max(stamps_s - mended_s))
    if furthest_s > _FURTHEST_S:
        raise ValueError(
            f"mending the clock would move a sample by {furthest_s:.3g} s: the rate "
            "changes in the middle, or a timestamp is far off"
        )
    return order, mended_s
