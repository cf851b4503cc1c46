"""Probabilities from a trained torch module."""

import copy

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from ..validation import Panel
from ._training import choose_device, quiet_torch

# What a layer puts out for so many rows stays in the cache: more take twice as long.
_ROWS_PER_PREDICTION = 256
# Float32 misses probabilities by about 1e-6, and by more beyond these values.
_LARGE_VALUE, _LARGE_LOGIT = 100.0, 100.0


def exact_copy(module: nn.Module, device: str) -> nn.Module:
    """Return a copy to predict with, in float64.

    In float64 the rows that are predicted together change each other's probabilities by
    rounding alone, about 1e-16.
    """
    device = choose_device(device)
    # Apple's MPS has no float64.
    dtype = torch.float32 if device == "mps" else torch.float64
    return copy.deepcopy(module).to(device, dtype).eval()


def predict_proba(
    module: nn.Module, panel: Panel, n_jobs: int | None
) -> NDArray[np.float64]:
    """Return the probability of each class for each row of a panel."""
    logits = torch.from_numpy(outputs(module, panel, n_jobs))
    proba: NDArray[np.float64] = torch.softmax(logits, dim=1).numpy()
    return proba


def quick_copy(exact: nn.Module) -> nn.Module:
    """Return a copy of a module to predict with in float32."""
    return copy.deepcopy(exact).float()


def quick_proba(module: nn.Module, panel: Panel, n_jobs: int | None) -> NDArray[np.float64]:
    """Return probabilities by a module in float32, NaN for rows of large values."""
    logits = outputs(module, panel, n_jobs)
    proba: NDArray[np.float64] = torch.softmax(torch.from_numpy(logits), dim=1).numpy()
    # This way round, so that NaN counts as large.
    usual = np.abs(logits).max(axis=1) <= _LARGE_LOGIT
    for extreme in (panel.max(axis=(1, 2)), panel.min(axis=(1, 2))):
        usual &= np.abs(extreme) <= _LARGE_VALUE
    proba[~usual] = np.nan
    return proba


def outputs(module: nn.Module, panel: Panel, n_jobs: int | None) -> NDArray[np.float64]:
    """Return what a module returns for each row of a panel."""
    example = next(module.parameters())
    n_parts = -(-len(panel) // _ROWS_PER_PREDICTION)
    with quiet_torch(n_jobs), torch.inference_mode():
        parts = [
            # Copied because torch warns about read-only arrays, such as joblib's.
            module(torch.tensor(rows, device=example.device, dtype=example.dtype))
            for rows in np.array_split(panel, n_parts)
        ]
        values: NDArray[np.float64] = torch.cat(parts).cpu().double().numpy()
    return values
