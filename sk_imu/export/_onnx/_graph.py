"""Write an ONNX graph as formulas.

A :class:`Tensor` stands for a value that is known when the graph runs. Its operators and
methods add nodes to the graph and return the result, so that a converter reads like the
NumPy code that it is equal to.
"""

from collections.abc import Sequence
from string import ascii_letters
from typing import Any

import numpy as np
import onnx
from numpy.typing import ArrayLike, DTypeLike, NDArray
from onnx import helper, numpy_helper

from .._int8 import as_int8, packed
from ._tensor import Tensor, onnx_type

__all__ = ["OnnxGraph"]

#: The version of ONNX's operators; the oldest with what is needed, so that old runtimes run
#: the file.
OPSET = 18
#: That of the trees.
ML_OPSET = 3


class OnnxGraph:
    """The nodes and constants of a graph that is being written.

    Parameters
    ----------
    dtype : {"float32", "float64"}, default="float32"
        Data type of all that is computed.
    weights : {"float32", "float16", "int8"}, default="float32"
        How :meth:`weight` stores a matrix.
    exact : bool, default=False
        Whether channels must be rounded as NumPy rounds them, because a later step
        compares with thresholds.

    Attributes
    ----------
    dtype : numpy.dtype
        Data type of all that is computed.
    n_timesteps : int or None
        Length of the sets at the step that is being converted, where it is one number, as
        inside a :class:`~sk_imu.WindowedClassifier`; None where sets differ in length.
    window_scores : Tensor or None
        The votes of the windows, once there are windows.
    has_thresholds : bool
        Whether a step has compared with thresholds.

    See Also
    --------
    onnx_converter : Where the user meets a graph.

    Examples
    --------
    >>> from sk_imu.export import OnnxGraph
    >>> graph = OnnxGraph()
    >>> x = graph.input("X", ["batch", 3, "time"])
    >>> y = (x - x.mean(2)) / [[1.0], [2.0], [4.0]]
    >>> [node.op_type for node in graph.nodes]
    ['ReduceMean', 'Sub', 'Div']
    """

    def __init__(
        self, dtype: str = "float32", weights: str = "float32", *, exact: bool = False
    ) -> None:
        self.dtype = np.dtype(dtype)
        self.weights = weights
        self.n_timesteps: int | None = None
        self.nodes: list[onnx.NodeProto] = []
        self.inputs: list[onnx.ValueInfoProto] = []
        self.outputs: list[onnx.ValueInfoProto] = []
        self.constants: dict[tuple[Any, ...], onnx.TensorProto] = {}
        self.window_scores: Tensor | None = None
        self.exact = exact
        self.has_thresholds = False
        self._n_names = len(ascii_letters)  # two letters, or X would come up

    @property
    def is_double(self) -> bool:
        """Whether the graph computes in float64, for which runtimes lack some operators."""
        return self.dtype == np.float64

    def new_name(self) -> str:
        """Return a name that no other value has: short, because there are hundreds."""
        self._n_names += 1
        name, n = "", self._n_names
        while n:
            n, letter = divmod(n - 1, len(ascii_letters))
            name = ascii_letters[letter] + name
        return name

    def input(self, name: str, shape: Sequence[int | str]) -> Tensor:
        """Add an input.

        Parameters
        ----------
        name : str
            Its name.
        shape : sequence of int or str
            Its shape; a dimension whose size is open has a name.
        """
        self.inputs.append(self._described(name, shape))
        return Tensor(self, name, self.dtype)

    def output(self, name: str, value: Tensor, shape: Sequence[int | str]) -> None:
        """Add an output.

        Parameters
        ----------
        name : str
            Its name.
        value : Tensor
            Its value.
        shape : sequence of int or str
            Its shape.
        """
        self.nodes.append(helper.make_node("Identity", [value.name], [name]))
        self.outputs.append(self._described(name, shape))

    def _described(self, name: str, shape: Sequence[int | str]) -> onnx.ValueInfoProto:
        return helper.make_tensor_value_info(name, onnx_type(self.dtype), list(shape))

    def op(
        self,
        kind: str,
        *inputs: Any,
        dtype: DTypeLike | None = None,
        domain: str = "",
        **attributes: Any,
    ) -> Tensor:
        """Add a node with one output.

        Parameters
        ----------
        kind : str
            The operator, such as ``"Conv"``.
        *inputs : Tensor, ndarray or None
            Its inputs: an array becomes a constant, and None stands for one left out.
        dtype : dtype-like, default=None
            Data type of the output; None takes that of the first input.
        domain : str, default=""
            Domain of the operator.
        **attributes
            Its attributes.

        Returns
        -------
        output : Tensor
            The output.
        """
        return self.ops(kind, *inputs, n=1, dtype=dtype, domain=domain, **attributes)[0]

    def ops(
        self,
        kind: str,
        *inputs: Any,
        n: int,
        dtype: DTypeLike | None = None,
        domain: str = "",
        **attributes: Any,
    ) -> list[Tensor]:
        """Add a node with several outputs.

        Parameters
        ----------
        kind : str
            As in :meth:`op`.
        *inputs : Tensor, ndarray or None
            As in :meth:`op`.
        n : int
            Number of outputs.
        dtype : dtype-like, default=None
            As in :meth:`op`.
        domain : str, default=""
            As in :meth:`op`.
        **attributes
            As in :meth:`op`.

        Returns
        -------
        outputs : list of Tensor
            The outputs.
        """
        values = [None if v is None else self.value(v) for v in inputs]
        if dtype is None and values[0] is not None:
            dtype = values[0].dtype
        names = [self.new_name() for _ in range(n)]
        given = ["" if value is None else value.name for value in values]
        node = helper.make_node(kind, given, names, domain=domain or None, **attributes)
        self.nodes.append(node)
        return [Tensor(self, name, np.dtype(dtype)) for name in names]

    def value(self, value: Any) -> Tensor:
        """Return a Tensor as it is, and an array as a constant of its dtype.

        Parameters
        ----------
        value : Tensor or array-like
            The value.
        """
        return value if isinstance(value, Tensor) else self.constant(value)

    def constant(self, value: ArrayLike, dtype: DTypeLike | None = None) -> Tensor:
        """Return a constant; equal ones are stored once.

        Parameters
        ----------
        value : array-like
            Its value.
        dtype : dtype-like, default=None
            Its dtype; None takes that of the value.
        """
        array = np.asarray(value, dtype)
        array = np.ascontiguousarray(array).reshape(array.shape)
        key = (array.dtype.str, array.shape, array.tobytes())
        if key not in self.constants:
            name = self.new_name()
            self.constants[key] = numpy_helper.from_array(array, name)
        return Tensor(self, self.constants[key].name, array.dtype)

    def number(self, value: ArrayLike) -> Tensor:
        """Return a constant in the dtype of the graph.

        Parameters
        ----------
        value : array-like
            Its value.
        """
        return self.constant(value, self.dtype)

    def ints(self, *values: int | Tensor) -> Tensor:
        """Return whole numbers side by side, some of which may be known at run time only.

        Parameters
        ----------
        *values : int or Tensor of shape (1,)
            The numbers.
        """
        known = [value for value in values if not isinstance(value, Tensor)]
        if len(known) == len(values):
            return self.constant(known, np.int64)
        parts = [v if isinstance(v, Tensor) else self.ints(v) for v in values]
        return parts[0] if len(parts) == 1 else self.join(parts, axis=0)

    def weight(
        self, value: NDArray[Any], axis: int | None = None, *, n_bits: int = 8
    ) -> Tensor:
        """Return a matrix of a model, stored as the graph's ``weights`` say.

        Parameters
        ----------
        value : ndarray
            The matrix.
        axis : int, default=None
            With int8 weights, the axis of which each slice has a scale of its own; without
            one it is stored as float32.
        n_bits : {8, 6}, default=8
            With int8 weights, the bits of a whole number. Those of 6 are packed, and
            unpacked when the file is loaded.

        Returns
        -------
        weight : Tensor
            The matrix, in the dtype of the graph.
        """
        if self.weights == "float16":
            return self.constant(value, np.float16).cast(self.dtype)
        if self.weights == "int8" and axis is not None:
            whole, scale = as_int8(np.asarray(value), axis, n_bits)
            stored = self._unpacked(whole) if n_bits == 6 else self.constant(whole)
            return self.op("DequantizeLinear", stored, scale, axis=axis, dtype=np.float32)
        return self.number(value)

    def _unpacked(self, whole: NDArray[np.int8]) -> Tensor:
        """Return whole numbers of 6 bits, which are stored packed."""
        words = self.constant(packed(whole)).cast(np.int32)
        high = words // 64
        fourth = (high * np.array([[1], [4], [16]])).sum(0)
        low = self.op("Mod", words, np.array(64, np.int32))
        numbers = self.join([low, fourth], axis=0)
        if whole.size % 4:
            numbers = numbers.reshape(-1).part(0, whole.size, axis=0)
        return (numbers.reshape(*whole.shape) - 32).cast(np.int8)

    def join(self, parts: Sequence[Tensor], axis: int) -> Tensor:
        """Return tensors joined along an axis.

        Parameters
        ----------
        parts : sequence of Tensor
            The tensors.
        axis : int
            The axis.
        """
        return parts[0] if len(parts) == 1 else self.op("Concat", *parts, axis=axis)

    def arange(self, n: Tensor) -> Tensor:
        """Return the whole numbers below n.

        Parameters
        ----------
        n : Tensor of shape (1,)
            A whole number.
        """
        zero, one = np.array(0), np.array(1)
        return self.op("Range", zero, self.op("Squeeze", n), one, dtype=np.int64)

    def where(self, condition: Tensor, one: Any, other: Any) -> Tensor:
        """Return ``one`` where a condition holds and ``other`` elsewhere.

        Parameters
        ----------
        condition : Tensor
            Truth values.
        one, other : Tensor or array-like
            The values to choose from.
        """
        one, other = (v if isinstance(v, Tensor) else self.number(v) for v in (one, other))
        return self.op("Where", condition, one, other, dtype=one.dtype)

    def model(self, metadata: dict[str, str]) -> onnx.ModelProto:
        """Return the finished model, checked.

        Parameters
        ----------
        metadata : dict of str to str
            Entries of the file's metadata.
        """
        graph = helper.make_graph(
            self.nodes, "sk_imu", self.inputs, self.outputs, [*self.constants.values()]
        )
        opsets = [helper.make_opsetid("", OPSET)]
        if any(node.domain == "ai.onnx.ml" for node in self.nodes):
            opsets.append(helper.make_opsetid("ai.onnx.ml", ML_OPSET))
        model = helper.make_model(
            graph, opset_imports=opsets, ir_version=8, producer_name="sk_imu"
        )
        helper.set_model_props(model, metadata)
        onnx.checker.check_model(model, full_check=True)
        return model
