"""Find rows that are changed copies of each other, or of parts of each other.

A copy that was stretched, shifted, rescaled, resampled or made noisy differs from its
original in every value.  Yet one line maps its time to the original's, and in each
channel another line its values; two sets that were really done twice never keep step
like that.  So pairs are proposed by short pieces that look alike, one line of time is
fitted to each pair, and what is left over tells copies from likes.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d
from scipy.signal import find_peaks
from scipy.stats import chi2

from ...preprocessing import interpolate

__all__ = ["NearCopy", "near_copies"]

Floats = NDArray[np.float64]

#: A row's own time unit, in which its autocorrelation halves, has so many phases: pieces
#: are compared on that clock, so that a stretched copy has pieces of the same length.
_N_PHASES = 8
#: How much is smoothed before pieces are compared, in the row's time unit.
_SMOOTHING = 0.25
#: A piece lasts from one peak to a later one, at least so many phases later ...
_PIECE_PHASES = (10, 24)
#: ... and the most prominent pieces of a row, fewer where there are many rows, are
#: described by so many points a channel, and these by so many components.
_MOST_PIECES, _LEAST_PIECES, _ALL_PIECES = 80, 24, 60_000
_N_POINTS, _N_COMPONENTS = 16, 32
_PROMINENCE = 0.3
#: A row with few peaks, such as one slow action, is also cut at these shares of its length
#: from so many beginnings, for a copy may be such a part of it stretched back.
_SHARES, _N_BEGINNINGS = np.linspace(0.5, 0.98, 13), 11
#: A row is compared with so many rows that have the pieces most like its own, each by so
#: many pairs of pieces, if these are correlated that much.
_N_NEIGHBOURS, _N_TRIES, _LEAST_PIECE = 3, 3, 0.9
#: While the line of time is fitted, a pair that correlates less is given up.
_GIVE_UP = 0.8
#: ... and one that then is less similar is not looked at more closely, more, not again.
_WORTH, _SURE = 0.95, 0.999
#: Rounds in which the line is fitted to all timesteps, and then to the unchanged ones.
_N_ROUNDS, _N_ROBUST_ROUNDS = 4, 5
#: Copies share at least so much of the shorter row, and so many timesteps.
LEAST_SHARE, LEAST_TIMESTEPS = 0.3, 12
#: Share of the moving timesteps that a copy must keep unchanged by noise.
_UNCHANGED = 0.3
#: Shortest timescale ratio that is looked at.
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


@dataclass
class _Row:
    """A row with its channels standardised, on its own clock and on the canonical one."""

    z: Floats
    smooth: Floats
    step: float
    canonical: Floats
    pieces: Floats
    points: NDArray[np.float32]


def near_copies(
    rows: list[Floats], asked: NDArray[np.bool_], *, n_neighbours: int = _N_NEIGHBOURS
) -> Iterator[NearCopy]:
    """Yield the best alignment of each pair of rows that look alike.

    What is a copy is for the caller to judge by ``similarity``.  ``asked[i, j]`` tells of
    rows ``i < j`` whether the pair matters; of these, each row is compared with the
    ``n_neighbours`` later ones that have the pieces most like its own.
    """
    prepared = _prepare_all(rows)
    for first, second, tries in _proposals(prepared, asked, n_neighbours):
        best = None
        for stretch, shift, piece in tries:
            line = _follow(prepared[first], prepared[second], stretch, shift, piece)
            if line is None:
                continue
            found = _compare(first, second, prepared[first], prepared[second], *line)
            if found and (best is None or found.similarity > best.similarity):
                best = found
                if best.similarity >= _SURE:
                    break
        if best is not None:
            yield best


def _prepare_all(rows: list[Floats]) -> list[_Row]:
    sizes = np.array([row.std(axis=1) for row in rows])
    usual = np.median(sizes, axis=0)
    weights = sizes / np.where(usual > 0, usual, 1.0)
    most = int(np.clip(_ALL_PIECES / len(rows), _LEAST_PIECES, _MOST_PIECES))
    return [_prepare(row, weight, most) for row, weight in zip(rows, weights, strict=True)]


def _prepare(row: Floats, weight: Floats, most_pieces: int) -> _Row:
    centred = row - row.mean(axis=1, keepdims=True)
    size = centred.std(axis=1, keepdims=True)
    still = size <= 1e-7 * np.abs(row).max(axis=1, keepdims=True, initial=0)
    z = np.where(still, 0.0, centred / np.where(still, 1.0, size))
    unit = _time_unit(z)
    smooth = gaussian_filter1d(z, unit * _SMOOTHING, axis=1, mode="nearest")
    step = unit / _N_PHASES
    canonical = interpolate(smooth, np.arange(0, z.shape[1] - 1 + 1e-9, step))
    pieces = _cut_pieces(canonical, most_pieces)
    # A rescaled copy has the same standardised channels, a part of a set does not: it
    # has the same channels in their own units.
    points = _describe(canonical, pieces)
    weighted = _describe(canonical * weight[:, np.newaxis], pieces)
    return _Row(z, smooth, step, canonical, pieces, np.stack([points, weighted]))


def _time_unit(z: Floats) -> float:
    """Return the lag in timesteps at which the autocorrelation has halved.

    It is taken relative to that of lag 1, which white noise does not raise.  It is short
    beside the row, or a slow change of posture would hide what else moves.
    """
    n = z.shape[1]
    most = max(n / 16, 1.0)
    power = np.square(np.abs(np.fft.rfft(z, 2 * n))).sum(axis=0)
    alike = np.fft.irfft(power, 2 * n)[:n]
    if n < 4 or alike[1] <= 1e-9 * max(alike[0], 1e-9):
        return 1.0
    alike = alike / alike[1]
    low = np.flatnonzero(alike[1:] < 0.5)
    if not len(low):
        return most
    k = int(low[0]) + 1
    unit = k - (0.5 - alike[k]) / (alike[k - 1] - alike[k])
    return float(np.clip(unit, 1.0, most))


def _cut_pieces(canonical: Floats, most: int) -> Floats:
    """Return first and last phase of the whole row and of its prominent pieces."""
    whole = np.array([[0.0, canonical.shape[1] - 1.0]])
    phases, prominences = [], []
    for channel in canonical:
        for signal in (channel, -channel):
            peaks, properties = find_peaks(signal, prominence=_PROMINENCE)
            before, here, after = signal[peaks - 1], signal[peaks], signal[peaks + 1]
            bend = before - 2 * here + after
            phases.append(peaks + 0.5 * (before - after) / np.where(bend < 0, bend, -1))
            prominences.append(properties["prominences"])
    phase, prominence = np.concatenate(phases), np.concatenate(prominences)
    order = np.argsort(phase)
    phase, prominence = phase[order], prominence[order]
    begins, ends = [], []
    for least in _PIECE_PHASES:
        later = np.searchsorted(phase, phase + least)
        for k in range(3):
            inside = np.flatnonzero(later + k < len(phase))
            begins.append(inside)
            ends.append(later[inside] + k)
    begin, end = np.concatenate(begins), np.concatenate(ends)
    weight = np.minimum(prominence[begin], prominence[end])
    chosen = np.argsort(-weight, kind="stable")[:most]
    pieces = np.stack([phase[begin[chosen]], phase[end[chosen]]], axis=1)
    if len(pieces) < most // 2:
        last = canonical.shape[1] - 1.0
        width = np.repeat(_SHARES * last, _N_BEGINNINGS)
        begins_at = np.tile(np.linspace(0, 1, _N_BEGINNINGS), len(_SHARES))
        begins_at *= last - width
        pieces = np.concatenate([pieces, np.stack([begins_at, begins_at + width], axis=1)])
    return np.concatenate([whole, pieces])


def _describe(canonical: Floats, pieces: Floats) -> NDArray[np.float32]:
    """Return each piece's movement in all channels, as a vector of length 1."""
    times = pieces[:, :1] + np.diff(pieces) * np.linspace(0, 1, _N_POINTS)
    points = interpolate(canonical, times.ravel()).reshape(len(canonical), len(pieces), -1)
    points = points - points.mean(axis=2, keepdims=True)
    vectors = points.transpose(1, 0, 2).reshape(len(pieces), -1)
    length = np.linalg.norm(vectors, axis=1, keepdims=True)
    return (vectors / np.maximum(length, 1e-9)).astype(np.float32)


def _proposals(
    rows: list[_Row], asked: NDArray[np.bool_], n_neighbours: int
) -> Iterator[tuple[int, int, list[tuple[float, float, Floats]]]]:
    """Yield pairs of rows with the lines of time by which they look most alike."""
    owner = np.repeat(np.arange(len(rows)), [len(row.pieces) for row in rows])
    start = np.searchsorted(owner, np.arange(len(rows) + 1))
    points = _fewer_components(np.concatenate([row.points for row in rows], axis=1))
    for i in range(len(rows) - 1):
        later = np.flatnonzero(asked[i, i + 1 :]) + i + 1
        if not len(later):
            continue
        here, there = slice(start[i], start[i + 1]), slice(start[i + 1], None)
        alike = points[0, here] @ points[0, there].T
        np.maximum(alike, points[1, here] @ points[1, there].T, out=alike)
        begins = start[i + 1 : -1] - start[i + 1]
        of_rows = np.maximum.reduceat(alike.max(axis=0), begins)[later - i - 1]
        for k in np.argsort(-of_rows)[:n_neighbours]:
            j = int(later[k])
            if of_rows[k] < _LEAST_PIECE:
                break
            table = alike[:, start[j] - there.start : start[j + 1] - there.start]
            best = np.argsort(-table, axis=None)[:_N_TRIES]
            tries = []
            for p, q in zip(*np.unravel_index(best, table.shape), strict=True):
                one, other = rows[i].pieces[p], rows[j].pieces[q]
                stretch = float(np.ptp(one) / np.ptp(other))
                tries.append((stretch, float(one[0] - stretch * other[0]), other))
            yield i, j, tries


def _fewer_components(points: NDArray[np.float32]) -> NDArray[np.float32]:
    """Turn the pieces' points into their principal components, which are fewer."""
    if points.shape[2] <= _N_COMPONENTS:
        return points
    some = points.reshape(-1, points.shape[2])
    some = some[:: max(len(some) // 20_000, 1)]
    _, axes = np.linalg.eigh(some.T @ some)
    return points @ axes[:, -_N_COMPONENTS:]


def _step(u: Floats, v: Floats, slope: Floats, times: Floats) -> tuple[float, float]:
    """Return by how much a line of time is off: its shift and its stretch (Gauss-Newton).

    Each channel has a scale and an offset of its own, which are fitted beside them.
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
    normal += 1e-9 * np.eye(2)
    shift, stretch = np.linalg.solve(
        normal, [by_shift @ left.ravel(), by_stretch @ left.ravel()]
    )
    return float(shift), float(stretch)


def _correlation(u: Floats, v: Floats) -> float:
    """Return the channels' mean correlation, each weighing as much as it moves."""
    u, v = u - u.mean(axis=1, keepdims=True), v - v.mean(axis=1, keepdims=True)
    weight = np.sqrt(np.square(u).sum(axis=1) * np.square(v).sum(axis=1))
    return float((u * v).sum() / max(weight.sum(), 1e-12))


def _follow(
    first: _Row, second: _Row, stretch: float, shift: float, piece: Floats
) -> tuple[float, float] | None:
    """Fit a line of time from a piece outwards until all that the rows share is used.

    Times are phases of each row's canonical clock; the result is in timesteps.
    """
    slope = np.gradient(first.canonical, axis=1)
    last_first, last_second = first.canonical.shape[1] - 1, second.canonical.shape[1] - 1
    low, high = piece
    for _ in range(12):
        if not _LEAST_STRETCH < stretch * first.step / second.step < 1 / _LEAST_STRETCH:
            return None
        width = high - low
        low, high = low - width / 3, high + width / 3
        begin, end = max(0.0, -shift / stretch), (last_first - shift) / stretch
        end = min(end, last_second)
        times = np.arange(np.ceil(max(low, begin)), min(high, end) + 1e-9)
        if len(times) < LEAST_TIMESTEPS:
            return None
        there = np.clip(stretch * times + shift, 0, last_first)
        u = second.canonical[:, times.astype(np.intp)]
        v = interpolate(first.canonical, there)
        if _correlation(u, v) < _GIVE_UP:
            return None
        middle = times.mean()
        by_shift, by_stretch = _step(u, v, interpolate(slope, there), times - middle)
        by_shift = float(np.clip(by_shift, -3, 3))
        by_stretch = float(np.clip(by_stretch, -6 / len(times), 6 / len(times)))
        stretch, shift = stretch + by_stretch, shift + by_shift - by_stretch * middle
        is_all = low <= begin and high >= end
        if is_all and abs(by_shift) < 0.02 and abs(by_stretch) * len(times) < 0.04:
            break
    return stretch * first.step / second.step, shift * first.step


def _compare(
    i: int, j: int, first: _Row, second: _Row, stretch: float, shift: float
) -> NearCopy | None:
    """Fit the line of time to the values themselves, on either clock, and judge it."""
    one = _judge(first, second, stretch, shift)
    if one is None:
        return None
    similarity, correlation, stretch, shift, share = one
    back = None
    if _WORTH < similarity < _SURE:
        back = _judge(second, first, 1 / stretch, -shift / stretch)
    if back is not None and back[0] > similarity:
        similarity, correlation, inverse, backshift, share = back
        stretch, shift = 1 / inverse, -backshift / inverse
    n_channels = int((first.z.any(axis=1) & second.z.any(axis=1)).sum())
    return NearCopy(i, j, similarity, correlation, stretch, shift, share, n_channels)


def _judge(
    first: _Row, second: _Row, stretch: float, shift: float
) -> tuple[float, float, float, float, float] | None:
    """Return similarity, correlation, the line and the share."""
    slope = np.gradient(first.z, axis=1)
    speed = np.square(np.gradient(second.smooth, axis=1)).sum(axis=0)
    n_first, n_second = first.z.shape[1], second.z.shape[1]
    best = (-1.0, 0.0, stretch, shift, 0.0)
    quiet: NDArray[np.intp] | None = None
    for turn in range(_N_ROUNDS + _N_ROBUST_ROUNDS):
        begin, end = max(0.0, -shift / stretch), (n_first - 1 - shift) / stretch
        times = np.arange(np.ceil(begin - 1e-6), min(end + 1e-6, n_second - 1) + 1e-9)
        share = len(times) / min(n_second, n_first / stretch)
        if len(times) < LEAST_TIMESTEPS or share < LEAST_SHARE:
            return None
        there = np.clip(stretch * times + shift, 0, n_first - 1)
        here = times.astype(np.intp)
        u, v = second.z[:, here], interpolate(first.z, there)
        use: Any = slice(None)
        if turn >= _N_ROUNDS - 1:
            correlation = _correlation(u, v)
            moving = np.flatnonzero(speed[here] >= np.median(speed[here]))
            similarity, quiet = _likeness(u, v, moving, quiet)
            similarity = max(similarity, correlation)
            if similarity > best[0]:
                best = (similarity, correlation, stretch, shift, share)
            if not _WORTH < similarity < 1 - 1e-7 or correlation < _GIVE_UP:
                break
            # Noise on some points moves the line: from now on, only the others are asked.
            use = quiet
        middle = times.mean()
        by_shift, by_stretch = _step(
            u[:, use], v[:, use], interpolate(slope, there[use]), times[use] - middle
        )
        limit = max(1.0, stretch)
        by_shift = float(np.clip(by_shift, -limit, limit))
        limit = 2 * limit / len(times)
        by_stretch = float(np.clip(by_stretch, -limit, limit))
        stretch, shift = stretch + by_stretch, shift + by_shift - by_stretch * middle
        if stretch <= 0:
            break
    return best if best[0] > 0 else None


def _likeness(
    u: Floats, v: Floats, moving: NDArray[np.intp], kept: NDArray[np.intp] | None
) -> tuple[float, NDArray[np.intp]]:
    """Return the similarity of the moving timesteps that differ least, and which.

    The scatter of all is inferred from theirs, as if it were normal: that of a natural
    likeness is, while noise on some points leaves the others as they were.
    """
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
    spread = u.var(axis=1)
    # As many channels as if all moved alike.
    n_channels = spread.sum() ** 2 / max(np.square(spread).sum(), 1e-12)
    expected = _quantile(round(n_channels, 1))
    scatter = left[fit].max() / max(spread.sum() * expected, 1e-12)
    return float(np.sqrt(max(1 - scatter, 0.0))), fit


@cache
def _quantile(n_channels: float) -> float:
    """Return the part of the mean square that the least scatter of noise stays below."""
    return float(chi2.ppf(_UNCHANGED, n_channels) / n_channels)
