"""A value of a graph that is being written."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import DTypeLike
from onnx import helper

__all__ = ["Tensor", "onnx_type"]


class Tensor:
    """A value of a graph, whose operators add nodes.

    ``+``, ``-``, ``*``, ``/``, ``//``, ``@``, ``>``, ``>=`` and ``<`` work as in NumPy. A
    number or an array beside it becomes a constant of its dtype. ``//`` is for whole
    numbers that are not negative.

    Parameters
    ----------
    graph : OnnxGraph
        The graph.
    name : str
        Its name there.
    dtype : dtype-like
        Its dtype.

    See Also
    --------
    OnnxGraph : Operators without a method, by ``op``.

    Examples
    --------
    >>> from sk_imu.export import OnnxGraph
    >>> x = OnnxGraph().input("X", ["batch", 3, "time"])
    >>> length = (x * x).sum(1).sqrt()
    >>> [node.op_type for node in x.graph.nodes]
    ['Mul', 'ReduceSum', 'Sqrt']
    """

    # So that ``array - tensor`` is left to the tensor.
    __array_ufunc__ = None

    def __init__(self, graph: Any, name: str, dtype: DTypeLike) -> None:
        self.graph = graph
        self.name = name
        self.dtype = np.dtype(dtype)

    def like(self, other: Any) -> "Tensor":
        """Return a Tensor as it is, and an array as a constant of the dtype of this one.

        Parameters
        ----------
        other : Tensor or array-like
            The value.
        """
        if isinstance(other, Tensor):
            return other
        return self.graph.constant(other, self.dtype)

    def _with(self, kind: str, other: Any, dtype: DTypeLike | None = None) -> "Tensor":
        return self.graph.op(kind, self, self.like(other), dtype=dtype)

    def __add__(self, other: Any) -> "Tensor":
        return self._with("Add", other)

    def __sub__(self, other: Any) -> "Tensor":
        return self._with("Sub", other)

    def __mul__(self, other: Any) -> "Tensor":
        return self._with("Mul", other)

    def __truediv__(self, other: Any) -> "Tensor":
        return self._with("Div", other)

    def __floordiv__(self, other: Any) -> "Tensor":
        return self._with("Div", other)

    def __matmul__(self, other: Any) -> "Tensor":
        return self._with("MatMul", other)

    def __radd__(self, other: Any) -> "Tensor":
        return self.like(other) + self

    def __rsub__(self, other: Any) -> "Tensor":
        return self.like(other) - self

    def __rmul__(self, other: Any) -> "Tensor":
        return self.like(other) * self

    def __neg__(self) -> "Tensor":
        return self.graph.op("Neg", self)

    def __gt__(self, other: Any) -> "Tensor":
        return self._with("Greater", other, np.bool_)

    def __ge__(self, other: Any) -> "Tensor":
        return self._with("GreaterOrEqual", other, np.bool_)

    def __lt__(self, other: Any) -> "Tensor":
        return self._with("Less", other, np.bool_)

    def equals(self, other: Any) -> "Tensor":
        """Return where both are equal.

        Parameters
        ----------
        other : Tensor or array-like
            The other one; an array becomes a constant.
        """
        return self._with("Equal", other, np.bool_)

    def at_least(self, other: Any) -> "Tensor":
        """Return the larger of both, value by value.

        Parameters
        ----------
        other : Tensor or array-like
            The other one; an array becomes a constant.
        """
        return self._with("Max", other)

    def at_most(self, other: Any) -> "Tensor":
        """Return the smaller of both, value by value.

        Parameters
        ----------
        other : Tensor or array-like
            The other one; an array becomes a constant.
        """
        return self._with("Min", other)

    def abs(self) -> "Tensor":
        """Return the absolute values."""
        return self.graph.op("Abs", self)

    def sqrt(self) -> "Tensor":
        """Return the square roots."""
        return self.graph.op("Sqrt", self)

    def exp(self) -> "Tensor":
        """Return e to the power of the values."""
        return self.graph.op("Exp", self)

    def log(self) -> "Tensor":
        """Return the natural logarithms."""
        return self.graph.op("Log", self)

    def cast(self, dtype: DTypeLike) -> "Tensor":
        """Return the values in another dtype.

        Parameters
        ----------
        dtype : dtype-like
            The dtype.
        """
        dtype = np.dtype(dtype)
        if dtype == self.dtype:
            return self
        return self.graph.op("Cast", self, to=onnx_type(dtype), dtype=dtype)

    def _reduce(self, kind: str, axes: tuple[int, ...], keep: bool) -> "Tensor":
        return self.graph.op(kind, self, self.graph.ints(*axes), keepdims=int(keep))

    def sum(self, *axes: int, keep: bool = True) -> "Tensor":
        """Return the sum along axes.

        Parameters
        ----------
        *axes : int
            The axes.
        keep : bool, default=True
            Whether they stay, with length 1.
        """
        return self._reduce("ReduceSum", axes, keep)

    def mean(self, *axes: int, keep: bool = True) -> "Tensor":
        """Return the mean along axes.

        Parameters
        ----------
        *axes : int
            The axes.
        keep : bool, default=True
            Whether they stay, with length 1.
        """
        return self._reduce("ReduceMean", axes, keep)

    def max(self, *axes: int, keep: bool = True) -> "Tensor":
        """Return the maximum along axes.

        Parameters
        ----------
        *axes : int
            The axes.
        keep : bool, default=True
            Whether they stay, with length 1.
        """
        return self._reduce("ReduceMax", axes, keep)

    def min(self, *axes: int, keep: bool = True) -> "Tensor":
        """Return the minimum along axes.

        Parameters
        ----------
        *axes : int
            The axes.
        keep : bool, default=True
            Whether they stay, with length 1.
        """
        return self._reduce("ReduceMin", axes, keep)

    def take(self, index: Any, axis: int) -> "Tensor":
        """Return the slices at some places of an axis.

        Parameters
        ----------
        index : int, array-like of int or Tensor
            The places; the axis goes for one int.
        axis : int
            The axis.
        """
        if not isinstance(index, Tensor):
            index = np.asarray(index, np.int64)
        return self.graph.op("Gather", self, index, axis=axis)

    def part(self, start: Any, stop: Any, axis: int) -> "Tensor":
        """Return what lies from start to stop of an axis.

        Parameters
        ----------
        start, stop : int or Tensor of shape (1,)
            The first place, and the first that is left out.
        axis : int
            The axis.
        """
        ints = self.graph.ints
        return self.graph.op("Slice", self, ints(start), ints(stop), ints(axis))

    def split(self, sizes: Sequence[int], axis: int) -> list["Tensor"]:
        """Return the parts of an axis that follow each other.

        Parameters
        ----------
        sizes : sequence of int
            Their lengths.
        axis : int
            The axis.
        """
        if len(sizes) == 1:
            return [self]
        return self.graph.ops(
            "Split", self, self.graph.ints(*sizes), n=len(sizes), axis=axis
        )

    def transpose(self, *axes: int) -> "Tensor":
        """Return the values with their axes in another order.

        Parameters
        ----------
        *axes : int
            For each new axis, the old one.
        """
        return self.graph.op("Transpose", self, perm=list(axes))

    def reshape(self, *shape: "int | Tensor") -> "Tensor":
        """Return the values in another shape; 0 keeps a size and -1 takes what is left.

        Parameters
        ----------
        *shape : int or Tensor of shape (1,)
            The lengths of the axes.
        """
        return self.graph.op("Reshape", self, self.graph.ints(*shape))

    def add_axis(self, axis: int) -> "Tensor":
        """Return the values with one more axis, of length 1.

        Parameters
        ----------
        axis : int
            Its place.
        """
        return self.graph.op("Unsqueeze", self, self.graph.ints(axis))

    def size(self, axis: int) -> "Tensor":
        """Return the length of an axis, a whole number of shape (1,).

        Parameters
        ----------
        axis : int
            The axis.
        """
        where = {"start": axis} if axis == -1 else {"start": axis, "end": axis + 1}
        return self.graph.op("Shape", self, dtype=np.int64, **where)

    def pad(self, before: Any, after: Any, mode: str) -> "Tensor":
        """Return a (batch, channel, time) tensor that is longer in time.

        Parameters
        ----------
        before, after : int or Tensor of shape (1,)
            Timesteps to add in front and behind.
        mode : {"constant", "edge", "reflect"}
            0, the first or last value, or the values mirrored there.
        """
        # All axes are named, because ONNX Runtime's quantizer fails on Pad's input `axes`.
        ends = self.graph.ints(0, 0, before, 0, 0, after)
        return self.graph.op("Pad", self, ends, mode=mode)


def onnx_type(dtype: DTypeLike) -> int:
    """Return ONNX's number of a data type."""
    return helper.np_dtype_to_tensor_dtype(np.dtype(dtype))
