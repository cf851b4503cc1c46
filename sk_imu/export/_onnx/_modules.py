"""A torch module of the user's own, exported by torch and put into the graph."""

import copy
import io
import warnings
from typing import Any

import numpy as np
import onnx
import torch
from onnx import compose

from ...neural import ModuleClassifier
from ._graph import OPSET, OnnxGraph
from ._table import onnx_converter
from ._tensor import Tensor


@onnx_converter(ModuleClassifier)
def _module(graph: OnnxGraph, classifier: Any, x: Tensor) -> Tensor:
    if graph.is_double:
        raise ValueError(
            "A module of your own can be exported in float32 only, because runtimes lack "
            "some operators in float64. Leave dtype='float64' out."
        )
    if classifier._nearness_to_person() is not None:
        raise ValueError(
            "A module of your own can't be exported once it is personalized. Export the "
            "classifier that personalize was called on."
        )
    prefix = f"{graph.new_name()}_"
    model = compose.add_prefix(_exported(classifier), prefix)
    (given,), (made,) = model.graph.input, model.graph.output
    graph.nodes.append(onnx.helper.make_node("Identity", [x.name], [given.name]))
    graph.nodes.extend(model.graph.node)
    for tensor in model.graph.initializer:
        graph.constants[prefix, tensor.name] = tensor
    logits = Tensor(graph, made.name, np.float32)
    return graph.op("Softmax", logits, axis=1)


def _exported(classifier: Any) -> onnx.ModelProto:
    """Return what torch makes of a module, for windows of the length of the fit."""
    module = copy.deepcopy(classifier._exact).cpu().float()
    rows = torch.zeros(2, classifier.n_channels_in_, classifier.n_timesteps_in_)
    file = io.BytesIO()
    with warnings.catch_warnings():
        # The exporter that torch recommends needs the package onnxscript.
        warnings.simplefilter("ignore")
        torch.onnx.export(
            module,
            (rows,),
            file,  # type: ignore[arg-type]  # a stream is allowed, too
            input_names=["X"],
            output_names=["logits"],
            dynamic_axes={"X": {0: "batch"}, "logits": {0: "batch"}},
            opset_version=OPSET,
            dynamo=False,
        )
    return onnx.load_from_string(file.getvalue())
