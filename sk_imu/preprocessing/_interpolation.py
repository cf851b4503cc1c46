"""The signal processing of one stream: from its own clock to a uniform one."""

import functools
import math
from collections.abc import Callable, Sequence
from typing import Any, Literal, TypeVar

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.interpolate import CubicSpline, PchipInterpolator, make_interp_spline
from scipy.signal import firwin, kaiserord, upfirdn

from ..recording import EULER_AXES, GAP, find_gaps, quaternion_columns, usual_interval

Floats = NDArray[np.float64]
_Real = TypeVar("_Real", bound=np.floating[Any])

# The low-pass in units of half the output's rate: flat to 0.8, nothing left from 1.0.
_PASSBAND_END = 0.8
_N_TAPS, _KAISER_BETA = kaiserord(80, 1 - _PASSBAND_END)
#: Half its length in timesteps of the output.
_HALF_LENGTH = math.ceil(_N_TAPS / 2)
#: Up to this factor, convolution and slicing is faster than a polyphase filter.
_FEW = 4
#: A stream at most this much faster than the output counts as equally fast.
_TOLERANCE = 0.01
#: What clocks may be off by rounding, in timesteps.
ROUNDING = 1e-6
#: With intervals shorter than this, in mean ones, quintic B-splines lose all digits.
_TOO_SHORT = 0.02
#: Limit of samples put into one gap: a wrong timestamp can make a gap of days.
_MOST_ADDED = 1000
#: On an uneven clock a spline may leave the range of so many samples before and after by
#: this share of the range: what it does on an even one, where noise needs no more.
_NEIGHBORS, _OVERSHOOT = 8, 0.5
#: A clock is even if its longest interval is at most this many shortest ones.
_EVEN = 1.1


def resample_stream(
    times_s: Floats,
    values: Floats,
    *,
    n_timesteps: int,
    rate_hz: float,
    axes: Sequence[str] = (),
    interpolation: Literal["linear", "cubic", "quintic"] = "quintic",
    anti_alias: bool = True,
) -> Floats:
    """Return a stream's values at the times 0, 1 / rate_hz, 2 / rate_hz and so on.

    Parameters
    ----------
    times_s : ndarray of shape (n_samples,)
        Strictly increasing time of each of at least two samples in seconds. They must
        reach from 0 to the last time asked for.
    values : ndarray of shape (n_samples, n_axes)
        Finite samples.
    n_timesteps : int
        Number of times asked for.
    rate_hz : float
        The uniform rate in hertz.
    axes : sequence of str, default=()
        Name of each column.  ``qx``, ``qy``, ``qz`` and ``qw`` together are a
        quaternion, ``roll``, ``pitch`` and ``yaw`` are angles that wrap at ±π; columns
        of other names and without a name are plain numbers.
    interpolation : {"linear", "cubic", "quintic"}, default="quintic"
        How plain numbers and angles between two samples are found.  Splines go through
        gaps of more than 3.5 usual intervals monotonously, and are cubic where two
        samples are closer than a fiftieth of the mean interval.  On an uneven clock a
        monotone curve takes the place of a spline between two samples where it would leave
        the range of the eight samples on either side by more than half of that range.
    anti_alias : bool, default=True
        Low-pass the stream, with zero phase, if its rate falls by more than 1 %.

    Returns
    -------
    uniform : ndarray of shape (n_timesteps, n_axes)
        Values at the uniform times; quaternions of norm 1, angles in (-π, π].

    References
    ----------
    F. N. Fritsch and J. Butland (1984). A method for constructing local monotone
    piecewise cubic interpolants. SIAM Journal on Scientific and Statistical Computing
    5(2), 300-304.

    J. F. Kaiser (1974). Nonrecursive digital filter design using the I0-sinh window
    function. IEEE International Symposium on Circuits and Systems, 20-23.

    K. Shoemake (1985). Animating rotation with quaternion curves. SIGGRAPH 1985,
    245-254.

    Examples
    --------
    >>> import numpy as np
    >>> from sk_imu.preprocessing._interpolation import resample_stream
    >>> degrees = np.array([[170.0], [-170.0]])
    >>> turned = resample_stream(
    ...     np.array([0.0, 1.0]), np.deg2rad(degrees), n_timesteps=5, rate_hz=4,
    ...     axes=["yaw"], interpolation="linear",
    ... )
    >>> np.rad2deg(turned).ravel().round(6)
    array([ 170.,  175.,  180., -175., -170.])
    """
    quaternion = quaternion_columns(axes)
    angles = [i for i, axis in enumerate(axes) if axis in EULER_AXES]
    if quaternion or angles:
        values = values.copy()
        values[:, angles] = np.unwrap(values[:, angles], axis=0)
        if quaternion:
            values[:, quaternion] = one_hemisphere(values[:, quaternion])

    # If most samples come in long bursts, the mean limits the rate of the fine clock.
    mean_s = (times_s[-1] - times_s[0]) / (len(times_s) - 1)
    interval_s = max(usual_interval(times_s), mean_s / 10)
    factor = max(1, math.ceil(1 / interval_s / rate_hz - _TOLERANCE)) if anti_alias else 1
    # The filter uses samples from before and after the times asked for.
    step_s, margin = 1 / (rate_hz * factor), _HALF_LENGTH * factor * (factor > 1)
    stop = (n_timesteps - 1) * factor
    before = min(margin, math.floor(-times_s[0] / step_s + ROUNDING))
    after = min(margin, math.floor(max(times_s[-1] / step_s - stop, 0) + ROUNDING))
    fine_s = np.arange(-before, stop + after + 1) * step_s
    fine_s = np.clip(fine_s, times_s[0], times_s[-1])  # rounding may go beyond them
    fine = _interpolate(times_s, values, fine_s, interpolation, quaternion, interval_s)
    if factor > 1:
        fine = _decimate(fine, factor, margin - before, margin - after)

    if quaternion:
        fine[:, quaternion] /= np.linalg.norm(fine[:, quaternion], axis=1, keepdims=True)
    if angles:
        # This way round, because (x + π) % 2π − π would turn π into −π.
        fine[:, angles] = np.pi - (np.pi - fine[:, angles]) % (2 * np.pi)
    return fine


def without_gaps(uniform: Floats, gaps: Floats, rate_hz: float) -> Floats:
    """Return timesteps with NaN for what was interpolated inside gaps."""
    for gap in gaps:
        # A timestep at the very start or end of a gap is a sample, and stays.
        first, last = gap * rate_hz + [ROUNDING, -ROUNDING]
        uniform[max(math.floor(first) + 1, 0) : max(math.ceil(last), 0)] = np.nan
    return uniform


def interpolate(values: NDArray[_Real], position: Floats) -> NDArray[_Real]:
    """Return the values at positions between timesteps, in the values' own dtype.

    ``position`` counts timesteps of the last axis, which it replaces, from 0 on.
    """
    last = values.shape[-1] - 1
    # The last timestep ends the last interval and begins none.
    left = np.clip(position.astype(np.intp), 0, max(last - 1, 0))
    weight = (position - left).astype(values.dtype)
    right = np.minimum(left + 1, last)
    return values[..., left] * (1 - weight) + values[..., right] * weight


def _decimate(values: Floats, factor: int, n_before: int, n_after: int) -> Floats:
    """Low-pass and keep every ``factor``-th, with margins lacking samples at the ends."""
    # Point reflection goes on with a trend, and so keeps constants and ramps as they
    # are; mirrored, a ramp would bend at the end.
    if len(values) <= max(n_before, n_after):
        lacking = [(n_before, n_after), (0, 0)]
        values = np.pad(values, lacking, mode="reflect", reflect_type="odd")
    elif n_before or n_after:
        # The same, in a third of the time, where one reflection is enough.
        before = 2 * values[:1] - values[n_before:0:-1]
        after = 2 * values[-1:] - values[-2 : -2 - n_after : -1]
        values = np.concatenate([before, values, after])
    taps = _decimation_taps(factor)
    if factor > _FEW:
        # Half a filter of padding stands in front, and the filter lags by another half.
        n_lag, n_kept = 2 * _HALF_LENGTH, (len(values) - len(taps)) // factor + 1
        kept: Floats = upfirdn(taps, values, down=factor, axis=0)[n_lag : n_lag + n_kept]
        return kept
    # Several times faster for few: one scalar product for each value that is kept.
    columns = np.lib.stride_tricks.sliding_window_view(
        np.ascontiguousarray(values.T), len(taps), axis=1
    )
    products = columns[:, ::factor, np.newaxis] @ taps[::-1, np.newaxis].copy()
    return np.ascontiguousarray(products[..., 0, 0].T)


def one_hemisphere(quaternions: Floats) -> Floats:
    # q and -q are the same rotation. Between neighbors of opposite sign every filter and
    # every learner would see a jump; the first qw >= 0 fixes the sign for all recordings.
    turned = np.sum(quaternions[1:] * quaternions[:-1], axis=1) < 0
    flips = np.concatenate([[quaternions[0, 3] < 0], turned])
    signed = quaternions * np.where(np.cumsum(flips) % 2, -1.0, 1.0)[:, np.newaxis]
    return signed / np.linalg.norm(signed, axis=1, keepdims=True)


def _interpolate(
    times_s: Floats,
    values: Floats,
    at_s: Floats,
    interpolation: str,
    quaternion: list[int],
    interval_s: float,
) -> Floats:
    if len(at_s) == len(times_s) and (
        np.abs(at_s - times_s).max() <= ROUNDING * (at_s[1] - at_s[0])
    ):
        return values.copy()  # many data sets are uniform already
    result: Floats
    if interpolation != "linear":
        result = _curve(times_s, values, at_s, interpolation, interval_s)
        if not quaternion:
            return result
    left = _left_of(at_s, times_s)
    fraction = (at_s - times_s[left]) / (times_s[left + 1] - times_s[left])
    fraction = fraction[:, np.newaxis]
    if interpolation == "linear":
        result = values[left] + fraction * (values[left + 1] - values[left])
    if quaternion:
        before, after = values[left][:, quaternion], values[left + 1][:, quaternion]
        result[:, quaternion] = _slerp(before, after, fraction)
    return result


def _left_of(at_s: Floats, times_s: Floats) -> NDArray[np.intp]:
    """Return the sample before each time, and for the last one the sample before that."""
    return np.clip(np.searchsorted(times_s, at_s, "right") - 1, 0, len(times_s) - 2)


def _curve(
    times_s: Floats, values: Floats, at_s: Floats, interpolation: str, interval_s: float
) -> Floats:
    """Return the values of a spline, and of a monotone curve where it swings."""
    steps_s = np.diff(times_s)
    even = steps_s.max() <= _EVEN * steps_s.min()
    times_s, values = _bridge_gaps(times_s, values, interval_s)
    result = _spline(times_s, values, interpolation)(at_s)
    if even:
        return result
    left = _left_of(at_s, times_s)
    # Of an even size, and shifted so that it ends _NEIGHBORS after the sample before.
    window: Any = {"size": 2 * _NEIGHBORS, "axis": 0, "origin": -1, "mode": "nearest"}
    low: Floats = ndimage.minimum_filter1d(values, **window)[left]
    high: Floats = ndimage.maximum_filter1d(values, **window)[left]
    most = _OVERSHOOT * (high - low)
    rows, columns = np.nonzero((result < low - most) | (result > high + most))
    if not len(rows):
        return result
    # The whole interval between two samples, so that the curve has no step in it.
    swinging = np.zeros(values.shape, dtype=bool)
    swinging[left[rows], columns] = True
    return np.where(swinging[left], PchipInterpolator(times_s, values)(at_s), result)


def _spline(
    times_s: Floats, values: Floats, interpolation: str
) -> Callable[[Floats], Floats]:
    shortest_s = _TOO_SHORT * (times_s[-1] - times_s[0]) / (len(times_s) - 1)
    # Of a movement below 20 Hz, sampled at 100 Hz, a quintic spline misses 0.01 % and a
    # cubic one 0.2 % (docs/results/resampling.rst). One quintic needs six samples.
    even = len(times_s) > 5 and np.diff(times_s).min() > shortest_s
    if interpolation == "quintic" and even:
        return make_interp_spline(times_s, values, k=5)
    # It solves for slopes; B-splines fail numerically on clocks with bursts.
    return CubicSpline(times_s, values)


def _bridge_gaps(
    times_s: Floats, values: Floats, interval_s: float
) -> tuple[Floats, Floats]:
    """Put samples into gaps, between the values at their ends."""
    # Without them a spline overshoots in a gap, the more the noisier the samples are.
    gaps = find_gaps(times_s, GAP * interval_s)
    if not len(gaps):
        return times_s, values
    counts = np.minimum((gaps[:, 1] - gaps[:, 0]) / interval_s, _MOST_ADDED) + 1
    added_s: Floats = np.concatenate(
        [
            np.linspace(start_s, end_s, int(n))[1:-1]
            for (start_s, end_s), n in zip(gaps.tolist(), counts, strict=True)
        ]
    )
    places = np.searchsorted(times_s, added_s)
    added = PchipInterpolator(times_s, values)(added_s)
    return np.insert(times_s, places, added_s), np.insert(values, places, added, axis=0)


def _slerp(before: Floats, after: Floats, fraction: Floats) -> Floats:
    """Return rotations at a fraction of the way between pairs of unit quaternions."""
    # The same as scipy's Slerp, which takes ten times as long. The angle by the chord and
    # not by the dot product, whose arccos loses half of the digits of a small angle.
    chord = np.linalg.norm(after - before, axis=1, keepdims=True)
    angle = 2 * np.arcsin(np.minimum(chord / 2, 1)) / np.pi
    # sin(f a) / sin(a), also where a is 0.
    weight_before = (1 - fraction) * np.sinc((1 - fraction) * angle)
    weight_after = fraction * np.sinc(fraction * angle)
    return (weight_before * before + weight_after * after) / np.sinc(angle)


@functools.cache
def _decimation_taps(factor: int) -> Floats:
    """Return the low-pass for a clock ``factor`` times finer than the output's."""
    taps: Floats = firwin(
        2 * _HALF_LENGTH * factor + 1,
        (1 + _PASSBAND_END) / 2 / factor,
        window=("kaiser", _KAISER_BETA),
    )
    taps.flags.writeable = False  # all callers get this array from the cache
    return taps
