"""The low-pass that finds gravity, as a linear function that torch can differentiate."""

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import signal
from torch import Tensor

from ..preprocessing import gravity_filter

__all__ = ["low_pass"]

Floats = NDArray[np.float64]


def low_pass(vectors: Tensor, cutoff_hz: float, rate_hz: float) -> Tensor:
    """Return the gravity in accelerations, as :class:`DerivedChannels` finds it.

    ``vectors`` has time as its last dimension, and is of float64.
    """
    filtered: Tensor = _LowPass.apply(vectors, cutoff_hz, rate_hz)
    return filtered


class _LowPass(torch.autograd.Function):
    """A filter run forward and backward over a set that is mirrored at its ends.

    All of it is linear, so the gradient is that of the output, sent through the same parts
    in reverse order, each transposed.
    """

    @staticmethod
    def forward(ctx: Any, vectors: Tensor, cutoff_hz: float, rate_hz: float) -> Tensor:
        values = vectors.detach().numpy()
        n_timesteps = values.shape[-1]
        n_pad = min(int(np.ceil(rate_hz / cutoff_hz)), n_timesteps - 1)
        sos = gravity_filter(cutoff_hz, rate_hz)
        ctx.sos, ctx.n_pad = sos, n_pad
        before, after = values[..., n_pad:0:-1], values[..., -2 : -2 - n_pad : -1]
        smooth = np.concatenate([before, values, after], axis=-1)
        start = _response_to_start(sos, smooth.shape[-1])
        for _ in range(2):
            smooth = signal.sosfilt(sos, smooth) + smooth[..., :1] * start
            smooth = smooth[..., ::-1]
        kept = smooth[..., n_pad : n_pad + n_timesteps]
        return torch.from_numpy(kept.copy())

    @staticmethod
    def backward(ctx: Any, *outputs: Any) -> Any:
        (gradient,) = outputs
        n_pad, n_timesteps = ctx.n_pad, gradient.shape[-1]
        padding = [(0, 0)] * (gradient.ndim - 1) + [(n_pad, n_pad)]
        back = np.pad(gradient.numpy(), padding)
        start = _response_to_start(ctx.sos, back.shape[-1])
        for _ in range(2):
            back = back[..., ::-1]
            # The transpose of a filter runs over reversed time.
            filtered = signal.sosfilt(ctx.sos, back[..., ::-1])[..., ::-1].copy()
            filtered[..., 0] += back @ start
            back = filtered
        folded = back[..., n_pad : n_pad + n_timesteps].copy()
        if n_pad:
            folded[..., 1 : n_pad + 1] += back[..., n_pad - 1 :: -1][..., :n_pad]
            end = back[..., n_pad + n_timesteps :]
            folded[..., n_timesteps - 1 - n_pad : n_timesteps - 1] += end[..., ::-1]
        return torch.from_numpy(folded), None, None


def _response_to_start(sos: Floats, n_timesteps: int) -> Floats:
    """Return what the filter's first state, after a long input of 1, adds to its output."""
    zeros = np.zeros(n_timesteps)
    response: Floats = signal.sosfilt(sos, zeros, zi=signal.sosfilt_zi(sos))[0]
    return response
