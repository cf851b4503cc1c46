"""GRUs: ONNX's operator in float32, its formula step by step in float64."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from onnx import helper, numpy_helper

from ._convolution import large_weight
from ._tensor import Tensor, onnx_type

__all__ = ["recur"]


def recur(gru: Any, features: Tensor) -> tuple[Tensor, Tensor]:
    """Return the states of a GRU and its final state, of both directions side by side.

    The features are of shape (batch, channel, time), the states (batch, time, channel) and
    the final state (batch, channel).
    """
    graph = features.graph
    states = features.transpose(2, 0, 1)
    ways = ["", "_reverse"] if gru.bidirectional else [""]
    for layer in range(gru.num_layers):
        run = _scan if graph.is_double else _operator
        parts = [run(gru, f"l{layer}{way}", states, bool(way)) for way in ways]
        states = graph.join([states for states, _ in parts], axis=2)
        last = graph.join([last for _, last in parts], axis=1)
    return states.transpose(1, 0, 2), last


def _operator(gru: Any, name: str, x: Tensor, reverse: bool) -> tuple[Tensor, Tensor]:
    graph = x.graph
    w, r, w_bias, r_bias = (_reordered(value) for value in _parameters(gru, name))
    bias = np.concatenate([w_bias, r_bias])
    states, last = graph.ops(
        "GRU",
        x,
        large_weight(graph, w[np.newaxis], 1),
        large_weight(graph, r[np.newaxis], 1),
        graph.number(bias[np.newaxis]),
        n=2,
        hidden_size=gru.hidden_size,
        linear_before_reset=1,
        direction="reverse" if reverse else "forward",
    )
    # Without the axis of the directions.
    return (
        graph.op("Squeeze", states, graph.ints(1)),
        graph.op("Squeeze", last, graph.ints(0)),
    )


def _parameters(gru: Any, name: str) -> list[NDArray[Any]]:
    kinds = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
    return [getattr(gru, f"{kind}_{name}").detach().cpu().numpy() for kind in kinds]


def _reordered(parameter: NDArray[Any]) -> NDArray[Any]:
    """Return torch's reset, update and new gate in ONNX's order."""
    reset, update, new = np.split(parameter, 3)
    return np.concatenate([update, reset, new])


def _scan(gru: Any, name: str, x: Tensor, reverse: bool) -> tuple[Tensor, Tensor]:
    """Run the cell at each timestep: ONNX Runtime has no GRU in float64."""
    graph, size = x.graph, gru.hidden_size
    w, r, w_bias, r_bias = _parameters(gru, name)
    inputs = x @ w.T + w_bias  # of all timesteps at once
    zero = numpy_helper.from_array(np.zeros(1, graph.dtype))
    start = graph.op(
        "ConstantOfShape", graph.ints(x.size(1), size), value=zero, dtype=graph.dtype
    )
    last, states = graph.ops(
        "Scan",
        start,
        inputs,
        n=2,
        body=_cell(graph.number(r.T).name, graph.number(r_bias).name, size, graph.dtype),
        num_scan_inputs=1,
        scan_input_directions=[int(reverse)],
        scan_output_directions=[int(reverse)],
    )
    return states, last


def _cell(weight: str, bias: str, size: int, dtype: Any) -> Any:
    """Return the graph of one timestep: from state ``h`` and input ``x`` to ``h_out``."""

    def inner(name: str) -> str:
        return f"gru_{name}"  # no name of the graph around it has an underscore

    lines = f"""
        MatMul h {weight} : hw
        Add hw {bias} : hb
        Split hb : hr hz hn
        Split x : xr xz xn
        Add hr xr : r_in
        Sigmoid r_in : r
        Add hz xz : z_in
        Sigmoid z_in : z
        Mul r hn : rn
        Add rn xn : n_in
        Tanh n_in : n
        Sub h n : d
        Mul z d : zd
        Add n zd : h_out
        Identity h_out : y
    """
    nodes = []
    for line in lines.strip().splitlines():
        given, made = (part.split() for part in line.split(":"))
        kind, *inputs = given
        inputs = [name if name in (weight, bias) else inner(name) for name in inputs]
        outputs = [inner(name) for name in made]
        more: dict[str, Any] = {"axis": 1, "num_outputs": 3} if kind == "Split" else {}
        nodes.append(helper.make_node(kind, inputs, outputs, **more))
    number = onnx_type(dtype)

    def described(name: str, width: int) -> Any:
        return helper.make_tensor_value_info(inner(name), number, ["batch", width])

    return helper.make_graph(
        nodes,
        "gru_cell",
        [described("h", size), described("x", 3 * size)],
        [described("h_out", size), described("y", size)],
    )
