"""Read the rows of a panel at times other than their timesteps.

``preprocessing.interpolate`` reads all rows at the same times; here each row has its own.
"""

import numpy as np
from numpy.typing import NDArray

from ..validation import Panel


def values_between(panel: Panel, position: NDArray[np.float64]) -> Panel:
    """Return the values of each row at its positions, interpolated linearly.

    ``position`` has shape (n_sets, n_new) and counts timesteps from 0 to the last one;
    rows have at least two.
    """
    panel = np.ascontiguousarray(panel)
    n_sets, n_channels, n_timesteps = panel.shape
    left = np.minimum(position.astype(np.intp), n_timesteps - 2)
    weight = (position - left).astype(panel.dtype)
    # One channel at a time keeps the work in the processor's cache: several times
    # faster than the whole panel at once.
    left += np.arange(n_sets)[:, None] * n_channels * n_timesteps
    flat = panel.reshape(-1)
    new = np.empty((n_sets, n_channels, position.shape[1]), dtype=panel.dtype)
    for channel in range(n_channels):
        here = flat[channel * n_timesteps :]
        before = here.take(left)
        step = here[1:].take(left)
        step -= before
        step *= weight
        np.add(before, step, out=new[:, channel])
    return new


def values_at(panel: Panel, timestep: NDArray[np.intp]) -> Panel:
    """Return the values of each row at its timesteps, of shape (n_sets, n_new)."""
    panel = np.ascontiguousarray(panel)
    n_sets, n_channels, n_timesteps = panel.shape
    rows = np.arange(n_sets * n_channels).reshape(n_sets, n_channels, 1) * n_timesteps
    return panel.reshape(-1).take(rows + timestep[:, np.newaxis])
