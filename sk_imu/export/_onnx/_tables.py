"""Classifiers of tables: linear models and support vector machines."""

from itertools import combinations, pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression, RidgeClassifier, RidgeClassifierCV
from sklearn.svm import SVC

from ._graph import OnnxGraph
from ._table import onnx_converter
from ._tensor import Tensor


@onnx_converter(RidgeClassifier, RidgeClassifierCV)
def linear(graph: OnnxGraph, model: Any, x: Tensor) -> Tensor:
    """Return the decision function of a linear model."""
    coef, intercept = np.atleast_2d(model.coef_), np.atleast_1d(model.intercept_)
    if len(coef) == 1:
        coef, intercept = _two(coef), _two(intercept)
    return x @ graph.weight(coef.T, 1) + intercept


def _two(values: NDArray[Any]) -> NDArray[Any]:
    """Return the value for the second of two classes, after its negative for the first."""
    return np.concatenate([-values, values])


@onnx_converter(LogisticRegression)
def _logistic(graph: OnnxGraph, model: Any, x: Tensor) -> Tensor:
    coef, intercept = model.coef_, model.intercept_
    if len(coef) == 1:
        # The probability of the second class is the logistic function of one value.
        coef, intercept = _two(coef) / 2, _two(intercept) / 2
    logits = x @ graph.weight(coef.T, 1) + intercept
    return graph.op("Softmax", logits, axis=1)


@onnx_converter(SVC)
def _svc(graph: OnnxGraph, svc: Any, x: Tensor) -> Tensor:
    n = len(svc.classes_)
    if hasattr(svc, "predict_proba"):
        raise ValueError("An SVC with probability=True can't be exported. Fit it without.")
    if n > 2 and svc.decision_function_shape != "ovr":
        raise ValueError(
            "An SVC with decision_function_shape='ovo' can't be exported. Fit one with "
            "'ovr'."
        )
    pairs = list(combinations(range(n), 2))
    decision = _kernel(graph, svc, x) @ _pair_weights(svc, pairs) + svc._intercept_
    if n == 2:
        # libsvm's pair is positive for the first class; scikit-learn turns it around.
        return decision @ np.array([[1.0, -1.0]])
    first, second = np.zeros((len(pairs), n)), np.zeros((len(pairs), n))
    for pair, (i, j) in enumerate(pairs):
        first[pair, i] = second[pair, j] = 1
    # As sklearn.utils.multiclass._ovr_decision_function: votes, and the confidence to break
    # ties, which stays below half a vote.
    wins = (-decision < 0).cast(graph.dtype)
    votes = wins @ first + (1.0 - wins) @ second
    confidence = decision @ (first - second)
    return votes + confidence / ((confidence.abs() + 1.0) * 3.0)


def _kernel(graph: OnnxGraph, svc: Any, x: Tensor) -> Tensor:
    """Return the kernel of each row with each support vector."""
    vectors = np.asarray(svc.support_vectors_)
    products = x @ graph.weight(vectors.T, 0)
    if svc.kernel == "linear":
        return products
    if svc.kernel == "rbf":
        squares = (x * x).sum(1) + (vectors**2).sum(axis=1)
        return ((squares - products * 2.0).at_least(0.0) * -svc._gamma).exp()
    products = products * svc._gamma + svc.coef0
    if svc.kernel == "sigmoid":
        return graph.op("Tanh", products)
    if svc.kernel == "poly":
        return graph.op("Pow", products, graph.number(svc.degree))
    raise ValueError(f"An SVC with kernel={svc.kernel!r} can't be exported.")


def _pair_weights(svc: Any, pairs: list[tuple[int, int]]) -> NDArray[Any]:
    """Return the weight of each support vector in the decision of each pair of classes."""
    ends = np.concatenate([[0], np.cumsum(svc.n_support_)])
    of_class = [slice(start, end) for start, end in pairwise(ends)]
    weights = np.zeros((ends[-1], len(pairs)))
    for pair, (i, j) in enumerate(pairs):
        weights[of_class[i], pair] = svc._dual_coef_[j - 1, of_class[i]]
        weights[of_class[j], pair] = svc._dual_coef_[i, of_class[j]]
    return weights
