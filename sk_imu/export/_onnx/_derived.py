"""DerivedChannels: magnitudes, the part along gravity, the set's own axes."""

from typing import Any

import numpy as np

from ...preprocessing import (
    BY_GRAVITY,
    WITH_MOVEMENT,
    DerivedChannels,
    first_of,
    gravity_filter,
    sources_of,
)
from ...recording import GRAVITY_SENSORS, TOTAL_SENSORS
from ...validation import rate_of
from ._filter import low_pass
from ._graph import OnnxGraph
from ._table import onnx_converter
from ._tensor import Tensor


@onnx_converter(DerivedChannels)
def _derived_channels(graph: OnnxGraph, step: Any, x: Tensor) -> Tensor:
    names = step._names
    parts = [x] if step._keep else []
    vectors_of = _vectors_of(step, x)
    if set(step.kinds_) & set(BY_GRAVITY):
        gravity = _gravity(graph, step, vectors_of)
    for kind in step.kinds_:
        if kind == "vertical":
            up = gravity / _not_zero(_length(gravity))
        elif kind == "aligned":
            movement = vectors_of[first_of(WITH_MOVEMENT, names)[0]]
            # In float64, as in DerivedChannels.
            axes = _axes_of_sets(gravity.cast(np.float64), movement.cast(np.float64))
            axes = axes.cast(graph.dtype)
        for sensor, _ in sources_of(names, kind):
            vectors = vectors_of[sensor]
            if kind == "vertical":
                if sensor in TOTAL_SENSORS:
                    vectors = vectors - gravity
                along = _dot(vectors, up)
                parts += [along, _length(vectors - along * up)]
            elif kind == "aligned":
                parts.append(axes @ vectors)
            elif kind == "rate_of_change":
                parts.append(_length(_derivative(graph, vectors, rate_of(step))))
            else:
                parts.append(_length(vectors))
    return graph.join(parts, axis=1)


def _vectors_of(step: Any, x: Tensor) -> dict[str, Tensor]:
    """Return the three axes of each sensor that has them."""
    if not step.kinds_:
        return {}
    # All of them have a magnitude.
    triples = sources_of(step._names, "magnitude")
    return {sensor: x.take(triple, axis=1) for sensor, triple in triples}


def _dot(one: Tensor, other: Tensor) -> Tensor:
    """Return the products of vectors, whose axes are the second dimension."""
    return (one * other).sum(1)


def _length(vectors: Tensor) -> Tensor:
    return (vectors * vectors).sum(1).sqrt()


def _not_zero(length: Tensor) -> Tensor:
    """Return lengths to divide by: what has none stays 0."""
    return length.graph.where(length > 0, length, length.like(1.0))


def _gravity(graph: OnnxGraph, step: Any, vectors_of: dict[str, Tensor]) -> Tensor:
    """Filter gravity forward and backward, by the filter's impulse response."""
    sensor, _ = first_of(GRAVITY_SENSORS, step._names)
    vectors = vectors_of[sensor]
    if sensor == "Gravity":
        return vectors
    rate_hz, cutoff_hz = rate_of(step), step.gravity_cutoff_hz
    n = vectors.size(2)
    edge = (n - 1).at_most(int(np.ceil(rate_hz / cutoff_hz)))
    rows = vectors.pad(edge, edge, "reflect")
    rows = rows.reshape(-1, 1, rows.size(2))  # each axis of each set is a row
    filtered = low_pass(rows, gravity_filter(cutoff_hz, rate_hz))
    return filtered.part(edge, edge + n, axis=2).reshape(-1, 3, n).cast(graph.dtype)


def _derivative(graph: OnnxGraph, vectors: Tensor, rate_hz: float) -> Tensor:
    """Return central differences, and those to the only neighbor at both ends."""
    n = vectors.size(2)
    padded = vectors.pad(1, 1, "edge")
    change = padded.part(2, n + 2, axis=2) - padded.part(0, n, axis=2)
    t = graph.arange(n)
    end = graph.op("Or", t.equals(0), t.equals(n - 1))
    return change * graph.where(end, 1.0, 0.5) * rate_hz


def _axes_of_sets(gravity: Tensor, movement: Tensor) -> Tensor:
    """Return up, main and cross of each set, the rows of an orthonormal matrix.

    The spread in the horizontal plane is a matrix of two rows, whose eigenvectors have a
    closed form.
    """
    graph = gravity.graph
    up = _unit(gravity.mean(2))
    movement = movement - movement.mean(2)
    flat = movement - up * _dot(movement, up)
    flat = flat / _not_zero(flat.abs().max(1, 2))
    # Two axes of the plane: of the device's, the one that is most across up.
    least = graph.op("ArgMin", up.abs(), axis=1, keepdims=1, dtype=np.int64)
    across = least.equals(np.arange(3)[:, np.newaxis]).cast(up.dtype)
    first = _unit(across - up * _dot(across, up))
    second = _cross(up, first)
    p, q = _dot(flat, first), _dot(flat, second)
    half = ((p * p).sum(2) - (q * q).sum(2)) / 2
    mixed = (p * q).sum(2)
    radius = (half * half + mixed * mixed).sqrt()
    # Of two formulas of the greater eigenvector, the one that does not cancel.
    wide = half >= 0
    a = graph.where(wide, radius + half, mixed)
    b = graph.where(wide, mixed, radius - half)
    size = _not_zero((a * a + b * b).sqrt())
    a, b = a / size, b / size
    axes = [a * first + b * second, a * second - b * first]
    return graph.join([up, *(_signed(axis, flat) for axis in axes)], axis=2).transpose(
        0, 2, 1
    )


def _unit(vectors: Tensor) -> Tensor:
    return vectors / _not_zero(_length(vectors))


def _cross(one: Tensor, other: Tensor) -> Tensor:
    def turned(vectors: Tensor, by: int) -> Tensor:
        return vectors.take(np.roll([0, 1, 2], -by), axis=1)

    return turned(one, 1) * turned(other, 2) - turned(one, 2) * turned(other, 1)


def _signed(axis: Tensor, flat: Tensor) -> Tensor:
    """Return an axis along which the third moment of the movement is positive."""
    along = _dot(flat, axis)
    skewness = (along * along * along).sum(2)
    return axis * axis.graph.where(skewness < 0, axis.like(-1.0), axis.like(1.0))
