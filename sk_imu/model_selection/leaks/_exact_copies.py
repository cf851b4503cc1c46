"""Find rows that share exactly equal values, in whole or in part."""

from collections import defaultdict
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Hashes = NDArray[np.uint64]

#: This many consecutive timesteps must agree in all channels to be a hit ...
_RUN = 4
#: ... and this many hits at one lag make a pair worth comparing.
_LEAST_HITS = 5
#: A pair must overlap by this many timesteps, and this share of them must agree: noise on
#: 30 % of the timesteps, as Zhang et al. (2024) add, leaves 70 %.
LEAST_TIMESTEPS, LEAST_EQUAL = 8, 0.5
#: A hit is compared with this many others of the same values at most, because the pairs of
#: what very many rows share would fill the memory.
_MOST_ROWS = 200

#: 2**64 divided by the golden ratio, for multiplicative hashing (Knuth, TAOCP 6.4).
_FACTOR = np.uint64(0x9E3779B97F4A7C15)


class SharedValues(NamedTuple):
    """A pair of rows; timestep ``t`` of the second is ``t + shift`` of the first.

    ``equal`` is the share of the timesteps in common that agree in every channel.
    """

    first: int
    second: int
    equal: float
    shift: int
    share: float
    n_timesteps: int


def identical_rows(rows: list[Floats]) -> list[list[int]]:
    """Return the groups of rows that agree in every value, as float32."""
    found = defaultdict(list)
    for i, row in enumerate(rows):
        found[row.shape, _bits(row).tobytes()].append(i)
    return [group for group in found.values() if len(group) > 1]


def shared_values(rows: list[Floats], asked: NDArray[np.bool_]) -> list[SharedValues]:
    """Return the pairs of rows with a run of values in common, once each.

    ``asked[i, j]`` is whether the pair of rows ``i < j`` matters.
    """
    hashes, owners, starts = [], [], []
    for i, row in enumerate(rows):
        runs = _hash_runs(row)
        # A run that a row holds twice, such as rest or padding, has no single lag.
        values, start, count = np.unique(runs, return_index=True, return_counts=True)
        hashes.append(values[count == 1])
        starts.append(start[count == 1])
        owners.append(np.full(len(starts[-1]), i))
    pairs = _lags(np.concatenate(hashes), np.concatenate(owners), np.concatenate(starts))
    best: dict[tuple[int, int], SharedValues] = {}
    for i, j, lag in pairs:
        found = _compare(rows, i, j, lag) if asked[i, j] else None
        if found is not None and (
            (i, j) not in best or found.n_timesteps > best[i, j].n_timesteps
        ):
            best[i, j] = found
    return list(best.values())


def _bits(row: Floats) -> NDArray[np.uint32]:
    # As float32, because a copy may have been stored so; adding 0.0 makes -0.0 equal 0.0.
    return (np.asarray(row).astype(np.float32) + np.float32(0.0)).view(np.uint32)


def _hash_runs(row: Floats) -> Hashes:
    """Return one number for each run of timesteps with all its channels."""
    if row.shape[1] < _RUN:
        return np.zeros(0, dtype=np.uint64)
    timesteps = _mix(_bits(row).astype(np.uint64))
    return _mix(np.lib.stride_tricks.sliding_window_view(timesteps, _RUN).T)


def _mix(parts: Hashes) -> Hashes:
    """Reduce the first axis to a hash."""
    mixed = np.zeros(parts.shape[1:], dtype=np.uint64)
    for part in parts:
        # A product moves bits to the left only; the shift brings them back to the right.
        mixed = (mixed ^ part) * _FACTOR
        mixed ^= mixed >> np.uint64(29)
    return mixed


def _lags(
    hashes: Hashes, owners: NDArray[np.intp], starts: NDArray[np.intp]
) -> list[tuple[int, int, int]]:
    """Return the pairs of rows with enough hits at one lag."""
    order = np.lexsort((owners, hashes))
    hashes, owners, starts = hashes[order], owners[order], starts[order]
    if not len(hashes):
        return []
    # A pair and its lag as one number, because one integer is sorted quickly.
    n_rows, last = int(owners.max()) + 1, int(starts.max())
    keys: NDArray[np.int64] = np.zeros(0, dtype=np.int64)
    counts: NDArray[np.float64] = np.zeros(0)
    # Sorted, equal hashes stand together: those k places apart are counted for each k in
    # turn, because all pairs at once would fill the memory.
    for apart in range(1, _MOST_ROWS + 1):
        one = np.flatnonzero(hashes[apart:] == hashes[:-apart])
        if not len(one):
            break
        other = one + apart
        pair = owners[one] * n_rows + owners[other]
        new, n = np.unique(
            pair * (2 * last + 1) + starts[one] - starts[other] + last, return_counts=True
        )
        keys, where = np.unique(np.concatenate([keys, new]), return_inverse=True)
        hits = np.concatenate([counts, n.astype(np.float64)])
        counts = np.bincount(where, hits, len(keys)).astype(np.float64)
    pair, lag = np.divmod(keys[counts >= _LEAST_HITS], 2 * last + 1)
    first, second = np.divmod(pair, n_rows)
    return list(zip(first.tolist(), second.tolist(), (lag - last).tolist(), strict=True))


def _compare(rows: list[Floats], i: int, j: int, lag: int) -> SharedValues | None:
    """Count the timesteps that agree where two rows overlap at a lag."""
    begin = max(0, -lag)
    end = min(rows[j].shape[1], rows[i].shape[1] - lag)
    n = end - begin
    if n < LEAST_TIMESTEPS:
        return None
    agree = _bits(rows[i][:, begin + lag : end + lag]) == _bits(rows[j][:, begin:end])
    equal = float(agree.all(axis=0).mean())
    if equal < LEAST_EQUAL:
        return None
    share = n / min(rows[i].shape[1], rows[j].shape[1])
    return SharedValues(i, j, equal, lag, share, n)
