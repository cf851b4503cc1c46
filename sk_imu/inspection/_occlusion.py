"""How much less sure a model is without a stretch of a channel, for any model."""

from collections.abc import Callable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from ..recording import SignalArray

__all__ = ["occlusion"]

Floats = NDArray[np.float64]
#: Versions of the set that are predicted at once; more would take memory, and no less time.
_MOST_ROWS = 64


def occlusion(
    scores_of: Callable[[list[SignalArray]], Floats],
    signal: SignalArray,
    baseline: SignalArray,
    groups: Sequence[Sequence[int]],
    n_stretch: int,
) -> Floats:
    """Return the loss of score where a stretch of channels is replaced by the baseline.

    The stretches overlap by half, and the loss is shared out evenly over the values that
    were replaced; each value has the mean over the stretches that it is in.

    Parameters
    ----------
    scores_of : callable
        Returns the score of each of a list of sets.
    signal, baseline : SignalArray of shape (n_channels, n_timesteps)
        The set, and what takes its place.
    groups : sequence of sequences of int
        Channels that are replaced together.
    n_stretch : int
        Length of a stretch in timesteps.

    Returns
    -------
    values : ndarray of shape (n_channels, n_timesteps)
        The attributions.
    """
    whole = float(scores_of([signal])[0])
    sums, counts = np.zeros(signal.shape), np.zeros(signal.shape)
    places = list(_places(groups, signal.shape[1], n_stretch))
    for first in range(0, len(places), _MOST_ROWS):
        rows, some = [], places[first : first + _MOST_ROWS]
        for channels, start, stop in some:
            row = signal.copy()
            row[channels, start:stop] = baseline[channels, start:stop]
            rows.append(row)
        for (channels, start, stop), score in zip(some, scores_of(rows), strict=True):
            lost = (whole - score) / (len(channels) * (stop - start))
            sums[channels, start:stop] += lost
            counts[channels, start:stop] += 1
    return sums / counts


def _places(
    groups: Sequence[Sequence[int]], n_timesteps: int, n_stretch: int
) -> Iterator[tuple[list[int], int, int]]:
    size = min(max(n_stretch, 1), n_timesteps)
    starts = np.arange(0, n_timesteps - size + 1, max(size // 2, 1))
    # The last stretch ends with the set.
    for start in np.union1d(starts, n_timesteps - size).tolist():
        for channels in groups:
            yield list(channels), start, start + size
