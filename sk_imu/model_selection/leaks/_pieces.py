"""Propose pairs of rows with similar short pieces, and the line of time between them."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d
from scipy.signal import find_peaks

from ...preprocessing import interpolate

Floats = NDArray[np.float64]

#: A row's own time unit, in which its autocorrelation halves, has this many phases.  Pieces
#: are compared on that clock, so that those of a stretched copy have the same length.
_N_PHASES = 8
#: Smoothing before pieces are compared, in the row's time unit.
_SMOOTHING = 0.25
#: A piece lasts from one peak to a later one, at least this many phases later ...
_PIECE_PHASES = (10, 24)
#: ... of each row the most prominent pieces are taken, fewer where there are many rows.
_MOST_PIECES, _LEAST_PIECES, _ALL_PIECES = 80, 24, 60_000
#: A piece is described by this many points per channel, and these by their components.
_N_POINTS, _N_COMPONENTS = 16, 32
_PROMINENCE = 0.3
#: A row with few peaks, such as one slow action, is also cut at these shares of its length
#: from this many starts, because a copy may be such a part of it stretched back.
_SHARES, _N_STARTS = np.linspace(0.5, 0.98, 13), 11
#: Lines of time to try for a pair, and the least correlation of the pieces behind them.
_N_TRIES, _LEAST_PIECE = 3, 0.9


class Line(NamedTuple):
    """The line between the times of two rows: ``first = stretch * second + shift``."""

    stretch: float
    shift: float

    def at(self, times: Floats, n_first: int) -> Floats:
        """Return the first row's times, kept within its ``n_first`` timesteps."""
        return np.clip(self.stretch * times + self.shift, 0, n_first - 1)

    def span(self, n_first: int) -> tuple[float, float]:
        """Return the second row's times at the first row's start, or 0, and at its end."""
        return (
            max(0.0, -self.shift / self.stretch),
            (n_first - 1 - self.shift) / self.stretch,
        )

    def inverse(self) -> "Line":
        """Return the line with the rows exchanged."""
        return Line(1 / self.stretch, -self.shift / self.stretch)


class Row(NamedTuple):
    """A row with its channels standardized, on its own clock and on the canonical one.

    A phase of the canonical clock lasts ``step`` timesteps.
    """

    z: Floats
    smooth: Floats
    step: float
    canonical: Floats
    pieces: Floats
    points: NDArray[np.float32]


def prepare(rows: list[Floats]) -> list[Row]:
    """Standardize the rows, cut their pieces and describe these."""
    sizes = np.array([row.std(axis=1) for row in rows])
    usual = np.median(sizes, axis=0)
    weights = sizes / np.where(usual > 0, usual, 1.0)
    most = int(np.clip(_ALL_PIECES / len(rows), _LEAST_PIECES, _MOST_PIECES))
    return [_prepare(row, weight, most) for row, weight in zip(rows, weights, strict=True)]


def _prepare(row: Floats, weight: Floats, most_pieces: int) -> Row:
    centered = row - row.mean(axis=1, keepdims=True)
    size = centered.std(axis=1, keepdims=True)
    # What rounding leaves of a constant channel must not be blown up to movement.
    still = size <= 1e-7 * np.abs(row).max(axis=1, keepdims=True, initial=0)
    z = np.where(still, 0.0, centered / np.where(still, 1.0, size))
    unit = _time_unit(z)
    smooth = gaussian_filter1d(z, unit * _SMOOTHING, axis=1, mode="nearest")
    step = unit / _N_PHASES
    canonical = interpolate(smooth, np.arange(0, z.shape[1] - 1 + 1e-9, step))
    pieces = _cut_pieces(canonical, most_pieces)
    # A rescaled copy has the same standardized channels, a part of a set does not: it
    # has the same channels in their own units.
    points = _describe(canonical, pieces)
    weighted = _describe(canonical * weight[:, np.newaxis], pieces)
    return Row(z, smooth, step, canonical, pieces, np.stack([points, weighted]))


def _time_unit(z: Floats) -> float:
    """Return the lag in timesteps at which the autocorrelation has halved."""
    n = z.shape[1]
    # Short compared with the row, or a slow change of posture would hide the movement.
    most = max(n / 16, 1.0)
    power = np.square(np.abs(np.fft.rfft(z, 2 * n))).sum(axis=0)
    alike = np.fft.irfft(power, 2 * n)[:n]
    if n < 4 or alike[1] <= 1e-9 * max(alike[0], 1e-9):
        return 1.0
    # Relative to that of lag 1, which white noise does not raise as it does that of 0.
    alike = alike / alike[1]
    low = np.flatnonzero(alike[1:] < 0.5)
    if not len(low):
        return most
    k = int(low[0]) + 1
    unit = k - (0.5 - alike[k]) / (alike[k - 1] - alike[k])
    return float(np.clip(unit, 1.0, most))


def _cut_pieces(canonical: Floats, most: int) -> Floats:
    """Return first and last phase of the whole row and of its prominent pieces."""
    last = canonical.shape[1] - 1.0
    phase, prominence = _peaks(canonical)
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
    pieces = [np.array([[0.0, last]]), np.stack([phase[begin], phase[end]], axis=1)[chosen]]
    if len(chosen) < most // 2:
        width = np.repeat(_SHARES * last, _N_STARTS)
        starts = np.tile(np.linspace(0, 1, _N_STARTS), len(_SHARES)) * (last - width)
        pieces.append(np.stack([starts, starts + width], axis=1))
    return np.concatenate(pieces)


def _peaks(canonical: Floats) -> tuple[Floats, Floats]:
    """Return phase and prominence of all channels' peaks and valleys, in order."""
    phases, prominences = [], []
    for channel in canonical:
        for signal in (channel, -channel):
            peaks, properties = find_peaks(signal, prominence=_PROMINENCE)
            # The vertex of the parabola through three values: a stretched copy has its
            # samples elsewhere beside the same peak.
            before, here, after = signal[peaks - 1], signal[peaks], signal[peaks + 1]
            bend = before - 2 * here + after
            phases.append(peaks + 0.5 * (before - after) / np.where(bend < 0, bend, -1))
            prominences.append(properties["prominences"])
    phase, prominence = np.concatenate(phases), np.concatenate(prominences)
    order = np.argsort(phase)
    return phase[order], prominence[order]


def _describe(canonical: Floats, pieces: Floats) -> NDArray[np.float32]:
    """Return each piece's movement in all channels, as a vector of length 1."""
    times = pieces[:, :1] + np.diff(pieces) * np.linspace(0, 1, _N_POINTS)
    points = interpolate(canonical, times.ravel()).reshape(len(canonical), len(pieces), -1)
    points = points - points.mean(axis=2, keepdims=True)
    vectors = points.transpose(1, 0, 2).reshape(len(pieces), -1)
    length = np.linalg.norm(vectors, axis=1, keepdims=True)
    return (vectors / np.maximum(length, 1e-9)).astype(np.float32)


def proposals(
    rows: list[Row], asked: NDArray[np.bool_], n_neighbors: int
) -> Iterator[tuple[int, int, list[tuple[Line, Floats]]]]:
    """Yield pairs of rows, with the lines of time and the pieces by which they look alike.

    A line is in phases of either row's canonical clock, a piece is of the second row.
    """
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
        for k in np.argsort(-of_rows)[:n_neighbors]:
            j = int(later[k])
            if of_rows[k] < _LEAST_PIECE:
                break
            table = alike[:, start[j] - there.start : start[j + 1] - there.start]
            yield i, j, _lines(rows[i], rows[j], table)


def _lines(
    first: Row, second: Row, alike: NDArray[np.float32]
) -> list[tuple[Line, Floats]]:
    """Return the lines between the pieces that are most alike, and the second's pieces."""
    best = np.argsort(-alike, axis=None)[:_N_TRIES]
    lines = []
    for p, q in zip(*np.unravel_index(best, alike.shape), strict=True):
        one, other = first.pieces[p], second.pieces[q]
        stretch = float(np.ptp(one) / np.ptp(other))
        lines.append((Line(stretch, float(one[0] - stretch * other[0])), other))
    return lines


def _fewer_components(points: NDArray[np.float32]) -> NDArray[np.float32]:
    """Project the pieces' points onto their principal components."""
    if points.shape[2] <= _N_COMPONENTS:
        return points
    some = points.reshape(-1, points.shape[2])
    some = some[:: max(len(some) // 20_000, 1)]
    _, axes = np.linalg.eigh(some.T @ some)
    return points @ axes[:, -_N_COMPONENTS:]
