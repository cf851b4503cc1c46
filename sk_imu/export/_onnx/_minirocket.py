"""MiniRocketFeatures, with sums in the order of the compiled code.

A feature counts at how many timesteps the response of a kernel exceeds a threshold, which
is a response of a training set itself. So sums must be rounded as there: where another
order makes a difference in the last digit, a count changes.
"""

from itertools import combinations, groupby, pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...features import MiniRocketFeatures
from ._graph import OnnxGraph
from ._table import onnx_converter
from ._tensor import Tensor

#: Of the nine taps of a kernel, three have weight 2 and the others −1.
_TRIPLES = list(combinations(range(9), 3))
#: The first two of three, and the number of each.
_PAIRS = list(combinations(range(8), 2))
_PAIR_OF = {pair: i for i, pair in enumerate(_PAIRS)}


@onnx_converter(MiniRocketFeatures)
def _minirocket(graph: OnnxGraph, step: Any, x: Tensor) -> Tensor:
    kernels = _Kernels(step)
    responses = _responses(kernels, x.cast(np.float32))
    time, edge = np.arange(kernels.n_timesteps), kernels.edge[:, np.newaxis]
    inside = (time >= edge) & (time < kernels.n_timesteps - edge)
    outside = graph.constant(-np.inf, np.float32)
    responses = graph.where(graph.constant(inside), responses, outside)
    counts = [
        _counts_above(responses.part(start, end, axis=1), kernels.thresholds[start:end])
        for start, end in kernels.runs
    ]
    shares = graph.join(counts, axis=1) / kernels.n_counted
    return shares.cast(graph.dtype)


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
        #: The thresholds of each.
        n_thresholds = np.repeat(learned["n_biases"], n_triples)
        self.thresholds = np.split(learned["biases"], np.cumsum(n_thresholds)[:-1])
        #: Every second kernel counts only where it lies within the set.
        dilation, triple = np.divmod(np.arange(len(self.channels)), n_triples)
        inner = (dilation + triple) % 2 == 1
        self.edge = np.where(inner, 4 * self.dilations[dilation], 0)
        self.n_counted = np.repeat(self.n_timesteps - 2 * self.edge, n_thresholds)
        #: Kernels that follow each other and have the same number of thresholds.
        self.runs: list[tuple[int, int]] = []
        start = 0
        for n, run in groupby(n_thresholds):
            end = start + len(list(run))
            if n > 0:
                self.runs.append((start, end))
            start = end

    def terms(self) -> tuple[NDArray[Any], list[int], NDArray[Any]]:
        """Return what is added, in an order by which kernels are summed side by side.

        The first channel of each kernel, then the second of each that has one, and so on,
        with the kernels of most channels first: rows of dilation, triple and channel. And
        how many first, second, ... channels there are, and the order of the kernels.
        """
        n_channels = np.array([len(channels) for channels in self.channels])
        order = np.argsort(-n_channels, kind="stable")
        n_terms = [int((n_channels > rank).sum()) for rank in range(n_channels.max())]
        rows = [
            (*divmod(kernel, len(_TRIPLES)), self.channels[kernel][rank])
            for rank, n in enumerate(n_terms)
            for kernel in order[:n]
        ]
        return np.array(rows), n_terms, order


def _responses(kernels: _Kernels, x: Tensor) -> Tensor:
    """Return the response of each kernel: (batch, kernel, time)."""
    graph = x.graph
    n, n_channels = kernels.n_timesteps, kernels.n_channels
    taps = _shifted(x, kernels.dilations, n)
    # The weights −1 and 2 are written as −1 everywhere and 3 at three taps.
    ones = -taps[4]
    for tap in (0, 1, 2, 3, 5, 6, 7, 8):
        ones = ones - taps[tap]
    threes = [tap * 3.0 for tap in taps]
    pairs = graph.join([(ones + threes[i]) + threes[j] for i, j in _PAIRS], axis=1).reshape(
        0, -1, n
    )
    thirds = graph.join(threes, axis=1).reshape(0, -1, n)
    rows, n_terms, order = kernels.terms()
    dilation, triple, channel = rows.T
    i, j, k = np.array(_TRIPLES)[triple].T
    pair = np.array([_PAIR_OF[one] for one in zip(i, j, strict=True)])
    # Rows of `pairs` and `thirds` go by tap, dilation and channel.
    place = dilation * n_channels + channel
    n_each = len(kernels.dilations) * n_channels
    terms = pairs.take(pair * n_each + place, 1) + thirds.take(k * n_each + place, 1)
    return _summed(terms, n_terms).take(np.argsort(order), axis=1)


def _shifted(x: Tensor, dilations: NDArray[Any], n: int) -> list[Tensor]:
    """Return x as each of nine taps meets it, of shape (batch, dilation, channel, time).

    Beyond its ends, x is 0.
    """
    edge = int(4 * dilations.max())
    padded = x.pad(edge, edge, "constant")
    return [
        x.graph.join(
            [
                padded.part(edge + by, edge + by + n, axis=2).add_axis(1)
                for by in (dilations * offset).tolist()
            ],
            axis=1,
        )
        for offset in range(-4, 5)
    ]


def _summed(terms: Tensor, n_terms: list[int]) -> Tensor:
    """Return the sums of first, second, ... terms, of which later ones are fewer."""
    total = terms.part(0, n_terms[0], axis=1)
    start = n_terms[0]
    finished: list[Tensor] = []
    for before, n in pairwise(n_terms):
        if n < before:
            finished.insert(0, total.part(n, before, axis=1))
            total = total.part(0, n, axis=1)
        total = total + terms.part(start, start + n, axis=1)
        start += n
    return terms.graph.join([total, *finished], axis=1)


def _counts_above(responses: Tensor, thresholds: list[NDArray[Any]]) -> Tensor:
    """Return at how many timesteps responses exceed thresholds."""
    above = responses.add_axis(2) > np.array(thresholds)[..., np.newaxis]
    return above.cast(np.float32).sum(3, keep=False).reshape(0, -1)
