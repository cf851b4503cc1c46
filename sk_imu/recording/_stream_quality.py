"""The quality of one stream: rates, gaps, repeated, clipped and missing values."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ._channels import STANDARD_GRAVITY
from ._clocks import BURST, GAP, find_gaps, usual_interval

Floats = NDArray[np.float64]

#: Usual full scales of phones and watches, in the package's units.
_G_SCALES = STANDARD_GRAVITY * np.array([2, 4, 8, 16, 32])
_FULL_SCALES = {
    "Accelerometer": _G_SCALES,
    "TotalAcceleration": _G_SCALES,
    "Gyroscope": np.deg2rad([250, 500, 1000, 2000, 4000]),
}
#: Values count as clipped if they lie this close to a full scale, relative to it, and if
#: so many of them are equal.
_NEAR, _OFTEN = 0.03, 3
#: Limits of a warning: share of samples with new values, gap, stale stretch, drift in %.
_SLOW, _LONG_GAP_S, _LONG_STALE_S, _DRIFT = 0.8, 0.25, 1.0, 2.0


@dataclass(frozen=True)
class StreamQuality:
    """Quality of one stream.

    Parameters
    ----------
    n_samples : int
        Number of samples.
    start_s, end_s : float
        Time of the first and the last sample in seconds.
    rate_hz : float
        Rate of the samples, apart from gaps and bursts.
    drift_percent : float
        Excess of the second half's rate over the first half's, in percent.
    jitter_ms : float
        Standard deviation of the intervals between samples, without gaps.
    n_gaps : int
        Number of intervals longer than 3.5 usual ones.
    longest_gap_s : float
        Longest interval between two samples.
    n_duplicated : int
        Number of samples with the timestamp of the sample before.
    n_duplicated_differing : int
        Number of those whose values differ from the sample before.
    n_near_repeats : int
        Number of samples less than a tenth of the usual interval after the sample before.
    n_backward : int
        Number of samples earlier than the sample before.
    n_stale : int
        Number of samples whose values all equal those of the sample before.
    longest_stale_s : float
        Longest time for which the values stayed the same.
    update_rate_hz : float
        Rate of samples with new values.
    n_clipped : int
        Number of samples at the sensor's full scale: within 3 % of a usual one (2 to 32 g,
        250 to 4000 °/s), where at least three samples with new values share the extreme
        value of an axis.
    n_missing : int
        Number of samples with a missing value.

    Examples
    --------
    >>> import numpy as np
    >>> from sk_imu.recording._stream_quality import measure_stream
    >>> times_s = np.arange(100) / 100
    >>> held = np.repeat(np.random.default_rng(0).normal(size=(20, 3)), 5, axis=0)
    >>> quality = measure_stream("Gyroscope", times_s, held)
    >>> round(quality.rate_hz), round(quality.update_rate_hz), quality.n_stale
    (100, 19, 80)
    """

    n_samples: int
    start_s: float
    end_s: float
    rate_hz: float
    drift_percent: float
    jitter_ms: float
    n_gaps: int
    longest_gap_s: float
    n_duplicated: int
    n_duplicated_differing: int
    n_near_repeats: int
    n_backward: int
    n_stale: int
    longest_stale_s: float
    update_rate_hz: float
    n_clipped: int
    n_missing: int

    @property
    def faults(self) -> dict[str, float | None]:
        """Faults worth a warning: a format string for each, and its size or None."""
        found: dict[str, float | None] = {}
        if self.n_samples < 2:
            return {"fewer than two samples": None}
        if self.n_backward:
            found["{} timestamps run backwards"] = self.n_backward
        if self.n_duplicated_differing:
            found["{} timestamps repeated by differing samples"] = (
                self.n_duplicated_differing
            )
        # Copies of a sample are harmless, so they are reported only without the worse kind.
        elif self.n_duplicated:
            found["{} timestamps repeated"] = self.n_duplicated
        if self.n_near_repeats:
            found["{} timestamps nearly repeated"] = self.n_near_repeats
        if self.n_stale == self.n_samples - 1:
            found["values never change"] = None
        elif self.n_stale > (1 - _SLOW) * (self.n_samples - 1):
            # Counted in samples, not by rates: a gap is not a stale value.
            found["real update rate {:.3g} Hz"] = self.update_rate_hz
        if self.longest_stale_s > _LONG_STALE_S and self.n_stale < self.n_samples - 1:
            found["values frozen for up to {:.3g} s"] = self.longest_stale_s
        if self.longest_gap_s > max(_LONG_GAP_S, GAP / self.rate_hz):
            found["gaps of up to {:.3g} s"] = self.longest_gap_s
        if abs(self.drift_percent) > _DRIFT:
            found["rate drifts by {:.3g} %"] = self.drift_percent
        if self.n_clipped:
            found["{} samples clipped"] = self.n_clipped
        if self.n_missing:
            found["{} samples have missing values"] = self.n_missing
        return found


def measure_stream(sensor: str, times_s: Floats, values: Floats) -> StreamQuality:
    """Measure the timing and the values of one stream.

    The sensor decides where values clip.
    """
    n = len(times_s)
    start_s, end_s = (float(times_s[i]) if n else np.nan for i in (0, -1))
    steps_s = np.diff(times_s)
    fresh = ~_is_stale(values)
    # The first sample is not an update, because nothing was there before it.
    n_new = int(fresh[1:].sum())
    interval_s = _interval_of(times_s)
    usual = steps_s[(steps_s <= GAP * interval_s) & (steps_s >= 0)]
    # Rates by usual intervals: a gap in one half is not a drift. Both halves have the
    # middle sample, so that no interval lies between them.
    halves = [usual_interval(half) for half in (times_s[: n // 2 + 1], times_s[n // 2 :])]
    drift = 100 * (halves[0] / halves[1] - 1) if n > 3 and min(halves) > 0 else 0.0
    faults = find_faults(sensor, times_s, values)
    return StreamQuality(
        n_samples=n,
        start_s=start_s,
        end_s=end_s,
        rate_hz=float(1 / interval_s),
        drift_percent=float(drift),
        jitter_ms=float(1e3 * np.std(usual)) if len(usual) else np.nan,
        n_gaps=len(faults.gaps),
        longest_gap_s=float(steps_s.max()) if n > 1 else np.nan,
        n_duplicated=int(faults.duplicated.sum()),
        n_duplicated_differing=int((faults.duplicated & fresh).sum()),
        n_near_repeats=int(((steps_s > 0) & (steps_s < BURST * interval_s)).sum()),
        n_backward=int(faults.backward.sum()),
        n_stale=int((~fresh).sum()),
        longest_stale_s=float(np.max(faults.stale[:, 1] - faults.stale[:, 0], initial=0)),
        update_rate_hz=n_new / (end_s - start_s) if end_s > start_s else np.nan,
        n_clipped=int(faults.clipped.any(axis=1).sum()),
        n_missing=int(faults.missing.sum()),
    )


class StreamFaults(NamedTuple):
    """Places of one stream's faults, which a :class:`StreamQuality` counts.

    Parameters
    ----------
    gaps : ndarray of shape (n_gaps, 2)
        Times of the last sample before and the first after each gap, in seconds.
    stale : ndarray of shape (n_stretches, 2)
        Times of the first and the last sample of each stretch of the same values.
    duplicated, backward, missing : ndarray of shape (n_samples,)
        Whether a sample has the timestamp of the sample before, is earlier than it, or
        has a missing value.
    clipped : ndarray of shape (n_samples, n_axes)
        Whether a new value is at the sensor's full scale.
    """

    gaps: Floats
    stale: Floats
    duplicated: NDArray[np.bool_]
    backward: NDArray[np.bool_]
    missing: NDArray[np.bool_]
    clipped: NDArray[np.bool_]


def find_faults(sensor: str, times_s: Floats, values: Floats) -> StreamFaults:
    """Find the faults of one stream, whose sensor decides where values clip.

    Examples
    --------
    >>> import numpy as np
    >>> from sk_imu.recording import find_faults
    >>> times_s = np.array([0.0, 0.1, 0.1, 0.2, 0.3, 0.9])
    >>> faults = find_faults("Gyroscope", times_s, np.arange(6.0)[:, np.newaxis])
    >>> faults.gaps.tolist(), np.flatnonzero(faults.duplicated).tolist()
    ([[0.3, 0.9]], [2])
    """
    # The first sample comes an infinite time after -inf: it repeats nothing.
    steps_s = np.diff(times_s, prepend=-np.inf)
    return StreamFaults(
        gaps=find_gaps(times_s, GAP * _interval_of(times_s)),
        stale=find_stale(times_s, values),
        duplicated=steps_s == 0,
        backward=steps_s < 0,
        missing=np.asarray(np.isnan(values).any(axis=1)),
        clipped=_is_clipped(sensor, values),
    )


def _interval_of(times_s: Floats) -> float:
    """Return the usual interval in seconds of a clock with any faults."""
    interval_s = usual_interval(np.sort(times_s))
    if interval_s > 0:
        return interval_s
    # Most timestamps are repeated, so the usual interval is 0: the mean must do.
    n = len(times_s)
    if n < 2 or not times_s[-1] > times_s[0]:
        return float("nan")
    return float((times_s[-1] - times_s[0]) / (n - 1))


def find_stale(times_s: Floats, values: Floats) -> Floats:
    """Return start and end of each stretch of equal values, shape (n_stretches, 2)."""
    # A stretch starts with the sample before the first stale one.
    edges = np.diff(np.concatenate([[0], _is_stale(values).astype(int), [0]]))
    first, last = np.flatnonzero(edges == 1) - 1, np.flatnonzero(edges == -1) - 1
    return np.stack([times_s[first], times_s[last]], axis=1)


def _is_stale(values: Floats) -> NDArray[np.bool_]:
    same = (values[1:] == values[:-1]).all(axis=1)
    return np.concatenate([np.zeros(min(len(values), 1), bool), same])


def _is_clipped(sensor: str, values: Floats) -> NDArray[np.bool_]:
    clipped = np.zeros(values.shape, bool)
    fresh = ~_is_stale(values)
    if sensor not in _FULL_SCALES or fresh.sum() < _OFTEN:
        return clipped
    for column, marked in zip(values.T, clipped.T, strict=True):
        # Not nanmin, which warns if all values are missing.
        for extreme in (np.fmin.reduce(column), np.fmax.reduce(column)):
            ratios = np.abs(abs(extreme) / _FULL_SCALES[sensor] - 1)
            there = fresh & np.isclose(column, extreme, rtol=1e-4, atol=0)
            if ratios.min() < _NEAR and there.sum() >= _OFTEN:
                marked |= there
    return clipped
