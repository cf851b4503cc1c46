"""Find rows that are changed copies of each other, or of parts of each other.

A copy that was stretched, shifted, rescaled, resampled or made noisy differs from its
original in every value.  Yet one line maps its time to the original's, and in each
channel another line its values; two sets that were performed separately never keep in
step like that.  So similar short pieces propose pairs, a line of time is fitted
to each pair, and the residuals separate copies from rows that are only similar.
"""

from collections.abc import Iterator
from functools import cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.stats import chi2

from ...preprocessing import interpolate
from ._pieces import Line, Row, prepare, proposals

Floats = NDArray[np.float64]

#: A row is compared with this many rows that have the pieces most like its own.
_N_NEIGHBORS = 3
#: While the line of time is fitted, a pair that correlates less is given up.
_GIVE_UP = 0.8
#: A pair less similar than the first is not looked at more closely; one more similar than
#: the second needs no other line.
_WORTH, _SURE = 0.95, 0.999
#: Rounds in which the line is fitted outwards from a piece; then to all timesteps; then to
#: the unchanged ones.
_N_OUTWARD_ROUNDS, _N_ROUNDS, _N_ROBUST_ROUNDS = 12, 4, 5
#: Copies share at least this part of the shorter row, and this many timesteps.
LEAST_SHARE, LEAST_TIMESTEPS = 0.3, 12
#: Share of the moving timesteps that noise must leave unchanged in a copy.
_UNCHANGED = 0.3
#: Smallest ratio of two rows' timescales.
_LEAST_STRETCH = 0.3


class NearCopy(NamedTuple):
    """Two rows and the line of time between them: ``first = stretch * second + shift``.

    ``n_channels`` is the number of channels that move in both.
    """

    first: int
    second: int
    similarity: float
    correlation: float
    stretch: float
    shift: float
    share: float
    n_channels: int


class _Fit(NamedTuple):
    """How alike two rows are along a line of time, and the share of the shorter in it."""

    similarity: float
    correlation: float
    line: Line
    share: float


def near_copies(
    rows: list[Floats], asked: NDArray[np.bool_], *, n_neighbors: int = _N_NEIGHBORS
) -> Iterator[NearCopy]:
    """Yield the best alignment of each pair of rows that look alike.

    The caller decides by ``similarity`` what is a copy. ``asked[i, j]`` is whether the pair
    of rows ``i < j`` matters; of these, each row is compared with the ``n_neighbors`` later
    ones that have the pieces most like its own.
    """
    prepared = prepare(rows)
    for i, j, tries in proposals(prepared, asked, n_neighbors):
        first, second = prepared[i], prepared[j]
        best = None
        for start, piece in tries:
            line = _follow(first, second, start, piece)
            fit = _compare(first, second, line) if line else None
            if fit and (best is None or fit.similarity > best.similarity):
                best = fit
                if best.similarity >= _SURE:
                    break
        if best is not None:
            n_channels = int((first.z.any(axis=1) & second.z.any(axis=1)).sum())
            similarity, correlation, line, share = best
            yield NearCopy(i, j, similarity, correlation, *line, share, n_channels)


def _follow(first: Row, second: Row, line: Line, piece: Floats) -> Line | None:
    """Fit a line of time from a piece outwards until all that the rows share is used.

    Times are phases of each row's canonical clock; the result is in timesteps.
    """
    slope = np.gradient(first.canonical, axis=1)
    n_first, n_second = first.canonical.shape[1], second.canonical.shape[1]
    low, high = piece
    for _ in range(_N_OUTWARD_ROUNDS):
        stretch = line.stretch * first.step / second.step
        if not _LEAST_STRETCH < stretch < 1 / _LEAST_STRETCH:
            return None
        width = high - low
        low, high = low - width / 3, high + width / 3
        begin, end = line.span(n_first)
        end = min(end, n_second - 1)
        times = np.arange(np.ceil(max(low, begin)), min(high, end) + 1e-9)
        if len(times) < LEAST_TIMESTEPS:
            return None
        u = second.canonical[:, times.astype(np.intp)]
        v = interpolate(first.canonical, line.at(times, n_first))
        if _correlation(u, v) < _GIVE_UP:
            return None
        line, by_shift, by_stretch = _improve(line, u, v, slope, times, limit=3.0)
        is_all = low <= begin and high >= end
        # Done where neither end of the line moves by more than 0.04 phases.
        if is_all and abs(by_shift) < 0.02 and abs(by_stretch) * len(times) < 0.04:
            break
    return Line(line.stretch * first.step / second.step, line.shift * first.step)


def _compare(first: Row, second: Row, line: Line) -> _Fit | None:
    """Fit the line of time to the values themselves, on the clock that suits better."""
    # Only the first row is interpolated, which smooths it: where that makes a difference,
    # the rows are exchanged, too.
    fit = _judge(first, second, line)
    if fit is None or not _WORTH < fit.similarity < _SURE:
        return fit
    back = _judge(second, first, fit.line.inverse())
    if back is None or back.similarity <= fit.similarity:
        return fit
    return back._replace(line=back.line.inverse())


def _judge(first: Row, second: Row, line: Line) -> _Fit | None:
    """Fit the line of time to the second row's timesteps, and return the best fit."""
    slope = np.gradient(first.z, axis=1)
    speed = np.square(np.gradient(second.smooth, axis=1)).sum(axis=0)
    n_first, n_second = first.z.shape[1], second.z.shape[1]
    best = _Fit(-1.0, 0.0, line, 0.0)
    quiet: NDArray[np.intp] | None = None
    for turn in range(_N_ROUNDS + _N_ROBUST_ROUNDS):
        begin, end = line.span(n_first)
        times = np.arange(np.ceil(begin - 1e-6), min(end + 1e-6, n_second - 1) + 1e-9)
        share = len(times) / min(n_second, n_first / line.stretch)
        if len(times) < LEAST_TIMESTEPS or share < LEAST_SHARE:
            return None
        here = times.astype(np.intp)
        u, v = second.z[:, here], interpolate(first.z, line.at(times, n_first))
        use: Any = slice(None)
        if turn >= _N_ROUNDS - 1:
            correlation = _correlation(u, v)
            moving = np.flatnonzero(speed[here] >= np.median(speed[here]))
            similarity, quiet = _likeness(u, v, moving, quiet)
            similarity = max(similarity, correlation)
            if similarity > best.similarity:
                best = _Fit(similarity, correlation, line, share)
            # Nothing to gain: too little alike, or equal but for rounding.
            if not _WORTH < similarity < 1 - 1e-7 or correlation < _GIVE_UP:
                break
            # Noise on some points moves the line: from now on it is fitted to the others.
            use = quiet
        limit = max(1.0, line.stretch)
        line, _, _ = _improve(line, u, v, slope, times, use, limit=limit)
        if line.stretch <= 0:
            break
    return best if best.similarity > 0 else None


def _improve(
    line: Line,
    u: Floats,
    v: Floats,
    slope: Floats,
    times: Floats,
    use: Any = slice(None),
    *,
    limit: float,
) -> tuple[Line, float, float]:
    """Return the line after one step of limited size, and the step's shift and stretch.

    ``u`` are the second row's values at ``times``, ``v`` the first row's on the line, and
    ``slope`` is the first row's slope at its own timesteps.
    """
    # About the middle of the times, where the shift hardly depends on the stretch.
    middle = times.mean()
    here = interpolate(slope, line.at(times[use], slope.shape[1]))
    by_shift, by_stretch = _step(u[:, use], v[:, use], here, times[use] - middle)
    by_shift = float(np.clip(by_shift, -limit, limit))
    # Neither end moves by more than the shift may.
    limit = 2 * limit / len(times)
    by_stretch = float(np.clip(by_stretch, -limit, limit))
    shift = line.shift + by_shift - by_stretch * middle
    return Line(line.stretch + by_stretch, shift), by_shift, by_stretch


def _step(u: Floats, v: Floats, slope: Floats, times: Floats) -> tuple[float, float]:
    """Return by how much a line of time is off: its shift and its stretch (Gauss-Newton).

    Each channel has a scale and an offset of its own, which are fitted together with them.
    """
    u, v0 = u - u.mean(axis=1, keepdims=True), v - v.mean(axis=1, keepdims=True)
    energy = np.square(v0).sum(axis=1, keepdims=True) + 1e-9
    scale = (u * v0).sum(axis=1, keepdims=True) / energy
    left = u - scale * v0

    def without_v(x: Floats) -> Floats:
        x = x - x.mean(axis=1, keepdims=True)
        return x - v0 * ((x * v0).sum(axis=1, keepdims=True) / energy)

    by_shift = without_v(scale * slope).ravel()
    by_stretch = without_v(scale * slope * times).ravel()
    normal = np.array(
        [
            [by_shift @ by_shift, by_shift @ by_stretch],
            [by_shift @ by_stretch, by_stretch @ by_stretch],
        ]
    )
    normal += 1e-9 * np.eye(2)  # two rows without movement have no line
    shift, stretch = np.linalg.solve(
        normal, [by_shift @ left.ravel(), by_stretch @ left.ravel()]
    )
    return float(shift), float(stretch)


def _correlation(u: Floats, v: Floats) -> float:
    """Return the channels' mean correlation, each weighted by how much it moves."""
    u, v = u - u.mean(axis=1, keepdims=True), v - v.mean(axis=1, keepdims=True)
    weight = np.sqrt(np.square(u).sum(axis=1) * np.square(v).sum(axis=1))
    return float((u * v).sum() / max(weight.sum(), 1e-12))


def _likeness(
    u: Floats, v: Floats, moving: NDArray[np.intp], kept: NDArray[np.intp] | None
) -> tuple[float, NDArray[np.intp]]:
    """Return the similarity at the moving timesteps that differ least, and these."""
    n = max(int(np.ceil(_UNCHANGED * len(moving))), 4)
    fit = np.arange(u.shape[1]) if kept is None else kept[kept < u.shape[1]]
    for _ in range(3):
        mean_u = u[:, fit].mean(axis=1, keepdims=True)
        mean_v = v[:, fit].mean(axis=1, keepdims=True)
        u0, v0 = u[:, fit] - mean_u, v[:, fit] - mean_v
        scale = (u0 * v0).sum(axis=1, keepdims=True)
        scale /= np.square(v0).sum(axis=1, keepdims=True) + 1e-9
        left = np.square(u - mean_u - scale * (v - mean_v)).sum(axis=0)
        fit = moving[np.argsort(left[moving])[:n]]
    # The scatter of all timesteps is inferred from that of these, as if it were normal:
    # that of a natural likeness is, while noise on some leaves the others as they were.
    spread = u.var(axis=1)
    # The number of channels there would be if all moved alike.
    n_channels = spread.sum() ** 2 / max(np.square(spread).sum(), 1e-12)
    expected = _quantile(round(n_channels, 1))
    scatter = left[fit].max() / max(spread.sum() * expected, 1e-12)
    return float(np.sqrt(max(1 - scatter, 0.0))), fit


@cache
def _quantile(n_channels: float) -> float:
    """Return the part of the mean square that the least scatter of noise stays below."""
    return float(chi2.ppf(_UNCHANGED, n_channels) / n_channels)
