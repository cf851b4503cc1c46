"""A recursive low-pass, run forward and backward, by its impulse response."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import signal

from ._tensor import Tensor

__all__ = ["low_pass"]

#: Timesteps of a block of the exact filter. Shorter ones make more copies of the signal,
#: and longer ones more products with 0.
_BLOCK = 32


def low_pass(rows: Tensor, sos: NDArray[np.float64]) -> Tensor:
    """Return what ``scipy.signal.sosfiltfilt`` does to rows that are padded already.

    ``rows`` is of shape (rows, 1, time). Where a later step compares with thresholds, the
    filter computes in float64, as scipy does, and returns float64.
    """
    graph = rows.graph
    if graph.exact or graph.is_double:
        response = _impulse_response(sos, 1e-16)
        return _exactly(_exactly(rows, response, backward=False), response, backward=True)
    response = _impulse_response(sos, 1e-8)
    n = len(response) - 1
    backward = graph.number(response[np.newaxis, np.newaxis])
    # Turned around when the file is loaded, so that it holds one of them.
    forward = backward.take(n - graph.arange(graph.ints(n + 1)), axis=2)
    # scipy's filter begins as if the first value had been there forever.
    filtered = graph.op("Conv", rows.pad(n, 0, "edge"), forward)
    return graph.op("Conv", filtered.pad(0, n, "edge"), backward)


def _impulse_response(sos: NDArray[Any], precision: float) -> NDArray[np.float64]:
    """Return a low-pass's answer to one impulse, until it stays below a precision."""
    slowest = np.abs(signal.sos2zpk(sos)[1]).max()
    impulse = np.zeros(int(np.ceil(np.log(precision) / np.log(slowest))) + 1)
    impulse[0] = 1
    response: NDArray[np.float64] = signal.sosfilt(sos, impulse)
    return response / response.sum()  # the filter leaves a constant as it is


def _exactly(rows: Tensor, response: NDArray[Any], *, backward: bool) -> Tensor:
    """Filter in float64, for which runtimes have products of matrices but no convolution.

    Blocks of the signal, each with all earlier ones that it depends on (later ones, if
    backward), are multiplied with a matrix.
    """
    n = rows.size(2)
    n_blocks = (n + (_BLOCK - 1)) // _BLOCK
    fill = n_blocks * _BLOCK - n
    n_more = -(-(len(response) - 1) // _BLOCK)
    more = n_more * _BLOCK
    # Behind the last block, values are not read forward and stand forever backward.
    before, after = (0, fill + more) if backward else (more, fill)
    padded = rows.cast(np.float64).pad(before, after, "edge")
    blocks = padded.reshape(0, -1, _BLOCK)
    shifted = [blocks.part(k, n_blocks + k, axis=1) for k in range(n_more + 1)]
    frames = rows.graph.join(shifted, axis=2)
    filtered = frames @ _matrix(rows, response, more, backward=backward)
    return filtered.reshape(0, 1, -1).part(0, n, axis=2)


def _matrix(rows: Tensor, response: NDArray[Any], more: int, *, backward: bool) -> Tensor:
    """Return the matrix from a frame to a block, which is made when the file is loaded."""
    graph = rows.graph
    known = np.zeros(more + 2 * _BLOCK)
    known[_BLOCK : _BLOCK + len(response)] = response
    place = graph.arange(graph.ints(more + _BLOCK)).add_axis(1)
    time = graph.arange(graph.ints(_BLOCK))
    lag = place - time if backward else time - place + more
    return graph.constant(known).take(lag + _BLOCK, axis=0)
