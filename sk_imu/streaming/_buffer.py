"""The samples of one sensor that are still needed."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


class SampleBuffer:
    """Samples in order of time, then values, and each once, however they arrive.

    Parameters
    ----------
    n_axes : int
        Number of values of a sample.

    Attributes
    ----------
    newest_s : float
        The latest time that arrived, -inf if none did.
    """

    def __init__(self, n_axes: int) -> None:
        self.newest_s = -np.inf
        self._rows = np.empty((0, 1 + n_axes))
        self._new: list[Floats] = []

    def __len__(self) -> int:
        return len(self._rows) + sum(map(len, self._new))

    def add(self, rows: Floats) -> None:
        """Take samples, a time and values each, in any order."""
        if len(rows):
            self._new.append(rows)
            self.newest_s = max(self.newest_s, float(rows[:, 0].max()))

    def rows(self) -> Floats:
        """Return all samples, of shape (n_samples, 1 + n_axes)."""
        if self._new:
            new = _ordered(np.concatenate(self._new))
            self._new = []
            # Most samples come after all others: only what overlaps is sorted again.
            at = int(self._rows[:, 0].searchsorted(new[0, 0]))
            if at < len(self._rows):
                new = _ordered(np.concatenate([self._rows[at:], new]))
            self._rows = np.concatenate([self._rows[:at], new])
        return self._rows

    def forget(self, before_s: float) -> None:
        """Drop the samples before a time."""
        rows = self.rows()
        at = int(rows[:, 0].searchsorted(before_s))
        if at:
            # A copy, because a view would keep the dropped ones in memory.
            self._rows = rows[at:].copy()


def _ordered(rows: Floats) -> Floats:
    """Return rows sorted by their first column, then the others, and equal ones once."""
    if (np.diff(rows[:, 0]) > 0).all():
        return rows
    rows = rows[np.lexsort(rows.T[::-1])]
    other = np.ones(len(rows), dtype=bool)
    other[1:] = (rows[1:] != rows[:-1]).any(axis=1)
    return rows[other]
