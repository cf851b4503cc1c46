"""Pipelines, windows, votes, and the steps that scale."""

from typing import Any

import numpy as np
from sklearn.model_selection import GridSearchCV, RandomizedSearchCV
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

from ...features import Flatten
from ...meta import AugmentedClassifier, WindowedClassifier
from ...preprocessing import ChannelScaler
from .._fitted import inner_of
from ._graph import OnnxGraph
from ._table import convert, onnx_converter
from ._tensor import Tensor


@onnx_converter(Pipeline)
def _pipeline(graph: OnnxGraph, pipeline: Any, x: Tensor) -> Tensor:
    for name, step in pipeline.steps:
        if step is not None and step != "passthrough":
            x = convert(graph, step, x, name=name)
    return x


@onnx_converter(ChannelScaler)
def _channel_scaler(graph: OnnxGraph, scaler: Any, x: Tensor) -> Tensor:
    if scaler.mean_ is not None:
        x = x - scaler.mean_[:, np.newaxis]
    return x / scaler.scale_[:, np.newaxis]


@onnx_converter(StandardScaler)
def _standard_scaler(graph: OnnxGraph, scaler: Any, x: Tensor) -> Tensor:
    # Without with_mean it may still have a mean, which it does not subtract.
    if scaler.with_mean:
        x = x - scaler.mean_
    return x / scaler.scale_ if scaler.with_std else x


@onnx_converter(Flatten)
def _flatten(graph: OnnxGraph, step: Any, x: Tensor) -> Tensor:
    return x.reshape(0, -1)


@onnx_converter(AugmentedClassifier, GridSearchCV, RandomizedSearchCV)
def _outer(graph: OnnxGraph, classifier: Any, x: Tensor) -> Tensor:
    return convert(graph, inner_of(classifier), x)


@onnx_converter(WindowedClassifier)
def _windowed(graph: OnnxGraph, classifier: Any, x: Tensor) -> Tensor:
    size, hop = classifier.n_window_timesteps_, classifier._n_step
    missing = (size - x.size(2)).at_least(0)
    x = x.pad(0, missing, "edge")
    last = x.size(2) - size
    n = (last + (hop - 1)) // hop + 1
    starts = (graph.arange(n) * hop).at_most(last)  # the last window ends with the set
    index = starts.add_axis(1) + graph.arange(graph.ints(size))
    windows = x.take(index, axis=2).transpose(0, 2, 1, 3)  # of (batch, n, channel, time)
    graph.n_timesteps = size
    rows = windows.reshape(-1, classifier.n_channels_in_, size)
    scores = convert(graph, classifier.estimator_, rows)
    if classifier.vote == "hard":
        best = graph.op("ArgMax", scores, axis=1, keepdims=1, dtype=np.int64)
        scores = best.equals(np.arange(len(classifier.classes_))).cast(graph.dtype)
    scores = scores.reshape(-1, n, len(classifier.classes_))
    if classifier.short == "error":
        # The sum is NaN for a set that scikit-learn refuses.
        scores = scores + graph.where(missing > 0, np.nan, 0.0)
    graph.window_scores = scores
    return scores.mean(1, keep=False)
