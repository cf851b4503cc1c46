"""Which function converts a step of which class."""

from collections.abc import Callable
from typing import Any, TypeAlias, TypeVar

from ._graph import OnnxGraph
from ._tensor import Tensor

__all__ = ["convert", "onnx_converter"]

Converter: TypeAlias = Callable[[OnnxGraph, Any, Tensor], Tensor]
_Function = TypeVar("_Function", bound=Converter)

_CONVERTERS: dict[type, Converter] = {}


def onnx_converter(*classes: type) -> Callable[[_Function], _Function]:
    """Register a function as the converter of some classes of steps.

    :func:`export_onnx` calls it for each fitted step of exactly these classes. It is
    called with an :class:`OnnxGraph`, the step and the step's input, a :class:`Tensor` of
    shape (batch, n_channels, n_timesteps) or, behind a step that makes tables, (batch,
    n_features). It returns the step's output: for a transformer the transformed input, for
    a classifier scores of shape (batch, n_classes), which are what ``predict_proba`` or
    else ``decision_function`` returns (for two classes, the latter and before it its
    negative).

    Parameters
    ----------
    *classes : type
        The classes. A subclass needs a registration of its own, because it may predict in
        another way. A class that has a converter gets the new one.

    Returns
    -------
    decorator : callable
        Registers a function and returns it.

    See Also
    --------
    export_onnx : Calls the converters.

    Examples
    --------
    A transformer of your own, and how it is written in ONNX:

    >>> from sklearn.base import BaseEstimator, TransformerMixin
    >>> from sk_imu.export import onnx_converter
    >>> class Clip(TransformerMixin, BaseEstimator):
    ...     def __init__(self, limit=3.0):
    ...         self.limit = limit
    ...
    ...     def fit(self, X, y=None):
    ...         return self
    ...
    ...     def transform(self, X):
    ...         return [x.clip(-self.limit, self.limit) for x in X]
    >>> @onnx_converter(Clip)
    ... def convert_clip(graph, step, x):
    ...     return x.at_least(-step.limit).at_most(step.limit)
    """

    def register(function: _Function) -> _Function:
        for one in classes:
            _CONVERTERS[one] = function
        return function

    return register


def convert(graph: OnnxGraph, step: Any, x: Tensor, *, name: str = "") -> Tensor:
    """Return the output of a step, or raise a TypeError if there is no converter."""
    converter = _CONVERTERS.get(type(step))
    if converter is not None:
        return converter(graph, step, x)
    kind = type(step).__name__
    place = f"The step {name!r}, a {kind}," if name else f"A {kind}"
    parents = [one.__name__ for one in type(step).__mro__ if one in _CONVERTERS]
    known = ", ".join(sorted(one.__name__ for one in _CONVERTERS))
    hint = (
        f"If it predicts as a {parents[0]} does, register that converter for it."
        if parents
        else "If it can be written in ONNX, register a converter for it."
    )
    raise TypeError(
        f"{place} has no ONNX converter. {hint} See sk_imu.export.onnx_converter. "
        f"There are converters for {known}."
    )
