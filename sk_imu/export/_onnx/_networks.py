"""The package's own network."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import nn

from ...neural import CNNClassifier, CNNGRUClassifier, GRUClassifier
from ._convolution import convolve, pool
from ._graph import OnnxGraph
from ._recurrent import recur
from ._table import onnx_converter
from ._tensor import Tensor


@onnx_converter(CNNClassifier, GRUClassifier, CNNGRUClassifier)
def _net(graph: OnnxGraph, classifier: Any, x: Tensor) -> Tensor:
    module = classifier._exact
    read = _read_out(module, x)
    weight, bias = _arrays(module.head, "weight", "bias")
    logits = read @ graph.weight(weight.T, 1) + bias
    nearness = classifier._nearness_to_person()
    if nearness is not None:
        logits = logits + _nearness(read, nearness)
    return graph.op("Softmax", logits, axis=1)


def _read_out(module: Any, x: Tensor) -> Tensor:
    """Return what the last layer reads, of shape (batch, n_features)."""
    graph = x.graph
    if module.standardize:
        centered = x - x.mean(2)
        spread = (centered * centered).mean(2) + 0.05**2
        x = graph.join([x, centered / spread.sqrt()], axis=1)
    pooled: list[Tensor] = []
    for block in module.encoder:
        x = _block(block, x)
        if module.readout == "pooled":
            pooled += [x.mean(2, keep=False), x.max(2, keep=False)]
    if module.gru is None:
        states = x.transpose(0, 2, 1)
        last = None
    else:
        states, last = recur(module.gru, x)
    if module.readout == "pooled":
        if module.gru is not None:
            pooled.append(states.mean(1, keep=False))
        return graph.join(pooled, axis=1)
    if module.readout == "mean":
        return states.mean(1, keep=False)
    if module.readout == "flatten":
        return states.reshape(0, -1)
    return states.take(-1, axis=1) if last is None else last


def _block(block: Any, x: Tensor) -> Tensor:
    """Return the output of convolution, pooling, batch normalization and ReLU."""
    layers = {type(layer): layer for layer in block}
    convolution = layers[nn.Conv2d]
    weight, bias = _arrays(convolution, "weight", "bias")
    weight = weight[:, :, 0]
    scale = shift = None
    if nn.BatchNorm2d in layers:
        scale, shift = _scale_and_shift(layers[nn.BatchNorm2d])
        # The mean of a pool changes with its values, and the maximum if none is turned
        # around.
        if nn.MaxPool2d not in layers or (scale >= 0).all():
            weight, bias = weight * scale[:, np.newaxis, np.newaxis], shift
            scale = shift = None
    x = convolve(x, weight, bias, step=convolution.stride[1])
    for kind, name in ((nn.MaxPool2d, "max"), (nn.AvgPool2d, "mean")):
        if kind in layers:
            x = pool(x, _length_of(layers[kind]), name)
    if scale is not None and shift is not None:
        x = x * scale[:, np.newaxis] + shift[:, np.newaxis]
    return x.graph.op("Relu", x)


def _scale_and_shift(norm: nn.BatchNorm2d) -> tuple[NDArray[Any], NDArray[Any]]:
    weight, bias, mean, variance = _arrays(
        norm, "weight", "bias", "running_mean", "running_var"
    )
    scale = weight / np.sqrt(variance + norm.eps)
    return scale, bias - mean * scale


def _length_of(layer: Any) -> int:
    return int(layer.kernel_size[1])


def _arrays(layer: nn.Module, *names: str) -> list[Any]:
    """Return parameters of a layer as arrays, None for what it has not."""
    values = [getattr(layer, name) for name in names]
    return [None if v is None else v.detach().cpu().numpy() for v in values]


def _nearness(read: Tensor, nearness: Any) -> Tensor:
    """Return what the prototypes of a person add to the logits."""
    mean, scale, added = (value.cpu().numpy() for value in nearness)
    vectors = (read - mean) / scale
    length = (vectors * vectors).sum(1).sqrt().at_least(1e-12)
    return (vectors / length) @ read.graph.weight(added.T, 1)
