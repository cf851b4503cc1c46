"""Convolutions and poolings, also in float64, which runtimes lack."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ._graph import OnnxGraph
from ._tensor import Tensor

__all__ = ["convolve", "large_weight", "pool"]

_LARGE = 8192


def convolve(
    x: Tensor,
    weight: NDArray[Any],
    bias: NDArray[Any] | None = None,
    *,
    step: int = 1,
) -> Tensor:
    """Return an unpadded convolution of a (batch, channel, time) tensor.

    ``weight`` has shape (n_out, n_channels, n_taps), as in torch.
    """
    graph = x.graph
    n_out, n_channels, n_taps = weight.shape
    if not graph.is_double:
        kernel = large_weight(graph, weight, 0)
        added = [] if bias is None else [graph.number(bias)]
        return graph.op("Conv", x, kernel, *added, strides=[step])
    starts = graph.arange((x.size(2) - n_taps) // step + 1) * step
    pieces = x.take(starts.add_axis(1) + np.arange(n_taps), axis=2)
    rows = pieces.transpose(0, 2, 1, 3).reshape(0, 0, n_channels * n_taps)
    output = rows @ weight.reshape(n_out, -1).T
    if bias is not None:
        output = output + bias
    return output.transpose(0, 2, 1)


def large_weight(graph: OnnxGraph, weight: NDArray[Any], axis: int) -> Tensor:
    """Return a matrix of a network. With int8 weights, a large one takes 6 bits a value.

    The rounding of many values averages out.
    """
    return graph.weight(weight, axis, n_bits=6 if weight.size > _LARGE else 8)


def pool(x: Tensor, size: int, kind: str) -> Tensor:
    """Return the maximum or mean of each ``size`` timesteps; what is left is dropped."""
    if size == 1:
        return x
    if kind == "max":
        return x.graph.op("MaxPool", x, kernel_shape=[size], strides=[size])
    if not x.graph.is_double:
        return x.graph.op("AveragePool", x, kernel_shape=[size], strides=[size])
    whole = x.part(0, x.size(2) // size * size, axis=2)
    return whole.reshape(0, 0, -1, size).mean(3, keep=False)
