"""MiniRocket, with sums in the order of the compiled code.

A feature counts at how many timesteps the response of a kernel exceeds a threshold, which
is a response of a training set itself. So sums must be rounded as there: where another
order makes a difference in the last digit, a count changes.
"""

from itertools import combinations, groupby
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...features import MiniRocketClassifier, MiniRocketFeatures
from ._graph import OnnxGraph
from ._table import onnx_converter
from ._tables import linear
from ._tensor import Tensor

#: Of the nine taps of a kernel, three have weight 2 and the others −1.
_TRIPLES = list(combinations(range(9), 3))


@onnx_converter(MiniRocketClassifier)
def _classifier(graph: OnnxGraph, classifier: Any, x: Tensor) -> Tensor:
    table = _minirocket(graph, classifier.features_, x)
    return linear(graph, classifier, (table - classifier.mean_) / classifier.scale_)


@onnx_converter(MiniRocketFeatures)
def _minirocket(graph: OnnxGraph, step: Any, x: Tensor) -> Tensor:
    graph.has_thresholds = True
    kernels = _Kernels(step)
    # Outside, no response exceeds a threshold.
    outside = graph.where(
        graph.op("And", *_inside(graph, kernels), dtype=np.bool_),
        graph.constant(0.0, np.float32),
        graph.constant(-np.inf, np.float32),
    )
    responses = (_responses(kernels, x.cast(np.float32)) + outside).add_axis(2)
    sizes = [len(run) for run in kernels.runs]
    counts = [
        # (batch, kernel, threshold, time)
        (part > run[..., np.newaxis]).cast(np.float32).sum(3, keep=False).reshape(0, -1)
        for part, run in zip(responses.split(sizes, axis=1), kernels.runs, strict=True)
    ]
    shares = graph.join(counts, axis=1) / kernels.n_counted
    return shares.cast(graph.dtype)


def _inside(graph: OnnxGraph, kernels: "_Kernels") -> tuple[Tensor, Tensor]:
    """Return where a timestep is neither too early nor too late for a kernel to count.

    They are computed when the file is loaded, so that it stays small.
    """
    n = kernels.n_timesteps
    time = graph.arange(graph.ints(n))
    edge = graph.constant(kernels.edge[:, np.newaxis])
    return time >= edge, edge < n - time


class _Kernels:
    """The learned kernels, one for each dilation and triple, in the order of features."""

    def __init__(self, step: Any) -> None:
        learned = {name: np.asarray(value) for name, value in step.kernels_.items()}
        self.n_timesteps = step.n_timesteps_in_
        self.n_channels = step.n_channels_in_
        self.dilations = learned["dilations"]
        n_triples = len(_TRIPLES)
        #: The channels that each sums.
        ends = np.cumsum(learned["n_channels"])
        self.channels = np.split(learned["channels"], ends[:-1])
        n_thresholds = np.repeat(learned["n_biases"], n_triples)
        thresholds = np.split(learned["biases"], np.cumsum(n_thresholds)[:-1])
        #: Every second kernel counts only where it lies within the set.
        dilation, triple = np.divmod(np.arange(len(self.channels)), n_triples)
        inner = (dilation + triple) % 2 == 1
        edge = np.where(inner, 4 * self.dilations[dilation], 0)
        self.edge = edge.astype(np.int64)
        self.n_counted = np.repeat(self.n_timesteps - 2 * self.edge, n_thresholds)
        #: The thresholds of kernels that follow each other and have as many of them.
        self.runs = [np.array([*run]) for _, run in groupby(thresholds, key=len)]

    def ranks(self) -> tuple[NDArray[Any], list[tuple[Any, Any, Any]]]:
        """Return an order of the kernels, and what is added in it.

        Those with most channels come first. What is added is the dilation, the triple and
        the channel: first the first of each kernel, then the second of each that has one,
        and so on.
        """
        n_channels = np.array([len(channels) for channels in self.channels])
        order = np.argsort(-n_channels, kind="stable")
        ranks = []
        for rank in range(n_channels.max()):
            kernels = order[: (n_channels > rank).sum()]
            channel = np.array([self.channels[kernel][rank] for kernel in kernels])
            ranks.append((*np.divmod(kernels, len(_TRIPLES)), channel))
        return order, ranks


def _responses(kernels: _Kernels, x: Tensor) -> Tensor:
    """Return the response of each kernel: (batch, kernel, time)."""
    n = kernels.n_timesteps
    n_rows = len(kernels.dilations) * kernels.n_channels
    taps = _taps(kernels, x)
    # The weights −1 and 2 are written as −1 everywhere and 3 at three taps.
    parts = taps.split([n_rows] * 9, axis=1)
    ones = -parts[4]
    for tap in (0, 1, 2, 3, 5, 6, 7, 8):
        ones = ones - parts[tap]
    threes = taps * 3.0
    sums = threes.part(0, 7 * n_rows, axis=1).reshape(0, 7, n_rows, n) + ones.add_axis(1)
    sums = sums.reshape(0, 7 * n_rows, n)

    def terms(dilation: Any, triple: Any, channel: Any) -> Tensor:
        row = dilation * kernels.n_channels + channel
        i, j, k = (tap * n_rows + row for tap in np.array(_TRIPLES)[triple].T)
        return (sums.take(i, axis=1) + threes.take(j, axis=1)) + threes.take(k, axis=1)

    order, ranks = kernels.ranks()
    total = terms(*ranks[0])
    finished: list[Tensor] = []
    n_before = len(order)
    for rank in ranks[1:]:
        n_kernels = len(rank[0])
        if n_kernels < n_before:
            total, rest = total.split([n_kernels, n_before - n_kernels], axis=1)
            finished.insert(0, rest)
        total = total + terms(*rank)
        n_before = n_kernels
    return x.graph.join([total, *finished], axis=1).take(np.argsort(order), axis=1)


def _taps(kernels: _Kernels, x: Tensor) -> Tensor:
    """Return x as each tap meets it: (batch, row, time).

    There is a row for each tap, dilation and channel. Beyond its ends, x is 0.
    """
    edge = int(4 * kernels.dilations.max())
    padded = x.pad(edge, edge, "constant")
    starts = edge + np.multiply.outer(np.arange(-4, 5), kernels.dilations).ravel()
    n = kernels.n_timesteps
    pieces = [padded.part(start, start + n, axis=2) for start in starts.tolist()]
    return x.graph.join(pieces, axis=1)
