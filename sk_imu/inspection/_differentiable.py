"""The steps behind the Resampler as one function that torch can differentiate."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ..meta import WindowedClassifier
from ..neural import NetClassifier, quiet_torch
from ..preprocessing import (
    BY_GRAVITY,
    WITH_MOVEMENT,
    ChannelScaler,
    DerivedChannels,
    axes_of_sets,
    first_of,
    sources_of,
)
from ..recording import GRAVITY_SENSORS, TOTAL_SENSORS
from ..validation import Panel, rate_of
from ._low_pass import low_pass

__all__ = ["ScoreOfSet", "differentiable_nets"]

#: A net takes longer for each window where more of them do not fit into the cache.
_MOST_WINDOWS = 256


class ScoreOfSet:
    """Probabilities of one set, as a function of its channels in front of ``derive``.

    The axes of ``"aligned"`` channels are those of the set as it was recorded, and do not
    change with what the function is asked about: they are of the whole set, and a set that
    is held at its mean has no movement to find them from.

    Parameters
    ----------
    derive, scale, windowed : DerivedChannels, ChannelScaler, WindowedClassifier
        The fitted steps; ``windowed`` holds a net.
    temperature : float or None
        What the logarithms of the set's probabilities are divided by.
    signal : ndarray of shape (n_channels, n_timesteps)
        The set.
    """

    def __init__(
        self,
        derive: DerivedChannels,
        scale: ChannelScaler,
        windowed: WindowedClassifier,
        temperature: float | None,
        signal: Panel,
    ) -> None:
        self._derive = derive
        self._names = derive._names
        self._temperature = temperature
        self._net: NetClassifier = windowed.estimator_
        self._size: int = windowed.n_window_timesteps_
        last = max(signal.shape[1] - self._size, 0)
        starts = np.arange(0, last + 1, windowed._n_step)
        # The last window ends with the set.
        self._starts = torch.from_numpy(np.union1d(starts, last))
        self._mean, self._scale = (
            torch.from_numpy(np.asarray(value, dtype=np.float64)[:, np.newaxis])
            for value in (
                0 * scale.scale_ if scale.mean_ is None else scale.mean_,
                scale.scale_,
            )
        )
        self._axes = self._axes_of(torch.from_numpy(signal.astype(np.float64)))

    @property
    def rows_at_once(self) -> int:
        """How many versions of the set the function should get at once."""
        return max(_MOST_WINDOWS // len(self._starts), 1)

    def __call__(self, rows: Tensor) -> Tensor:
        """Return probabilities of shape (n, n_classes) of n versions of the set."""
        channels = (self._derived(rows) - self._mean) / self._scale
        proba = torch.softmax(self._logits(self._windows(channels)), dim=1)
        of_set = proba.reshape(len(rows), len(self._starts), -1).mean(dim=1)
        if self._temperature is None:
            return of_set
        return torch.softmax(torch.log(of_set + 1e-12) / self._temperature, dim=1)

    def _windows(self, channels: Tensor) -> Tensor:
        n_missing = self._size - channels.shape[-1]
        if n_missing > 0:
            end = channels[..., -1:].expand(*channels.shape[:-1], n_missing)
            channels = torch.cat([channels, end], dim=-1)
        windows = channels[..., self._starts[:, None] + torch.arange(self._size)]
        return windows.movedim(-2, 1).flatten(0, 1)

    def _logits(self, windows: Tensor) -> Tensor:
        module = self._net._exact
        example = next(module.parameters())
        logits: Tensor = module(windows.to(example.device, example.dtype))
        return logits.cpu().double()

    def _derived(self, rows: Tensor) -> Tensor:
        """Return what the step ``derive`` makes of versions of the set."""
        step, names = self._derive, self._names
        parts = [rows] if step._keep else []
        if set(step.kinds_) & set(BY_GRAVITY):
            gravity = self._gravity(rows)
        for kind in step.kinds_:
            for sensor, triple in sources_of(names, kind):
                vectors = rows[:, triple]
                if kind == "vertical":
                    if sensor in TOTAL_SENSORS:
                        vectors = vectors - gravity
                    parts += _along(vectors, gravity)
                elif kind == "aligned":
                    parts.append(self._axes.T @ vectors)
                elif kind == "rate_of_change":
                    parts.append(_length(_change(vectors) * rate_of(step)))
                else:
                    parts.append(_length(vectors))
        return torch.cat(parts, dim=1)

    def _gravity(self, rows: Tensor) -> Tensor:
        sensor, triple = first_of(GRAVITY_SENSORS, self._names)
        vectors = rows[:, triple]
        if sensor == "Gravity":
            return vectors
        return low_pass(vectors, self._derive.gravity_cutoff_hz, rate_of(self._derive))

    def _axes_of(self, signal: Tensor) -> Any:
        if "aligned" not in self._derive.kinds_:
            return None
        gravity = self._gravity(signal[None])[0]
        _, triple = first_of(WITH_MOVEMENT, self._names)
        axes = axes_of_sets(gravity.numpy(), signal[triple].numpy())
        return torch.from_numpy(np.ascontiguousarray(axes))


@contextmanager
def differentiable_nets(n_jobs: int | None) -> Iterator[None]:
    """Let nets that are not in training be differentiated, on a GPU, too."""
    # cuDNN differentiates a GRU in training mode only.
    with quiet_torch(n_jobs), torch.backends.cudnn.flags(enabled=False):
        yield


def _length(vectors: Tensor) -> Tensor:
    """Return lengths of shape (n, 1, n_timesteps); the gradient of a length 0 is 0."""
    return torch.linalg.vector_norm(vectors, dim=1, keepdim=True)


def _along(vectors: Tensor, gravity: Tensor) -> list[Tensor]:
    """Return the part of vectors along gravity, and the length of the rest."""
    length = _length(gravity)
    up = gravity / torch.where(length > 0, length, torch.ones_like(length))
    part = (vectors * up).sum(dim=1, keepdim=True)
    return [part, _length(vectors - part * up)]


def _change(vectors: Tensor) -> Tensor:
    if vectors.shape[-1] == 1:  # no neighbors, no change
        return torch.zeros_like(vectors)
    (change,) = torch.gradient(vectors, dim=-1)
    return change
