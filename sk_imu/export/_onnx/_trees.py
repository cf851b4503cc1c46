"""Forests, by ONNX's operator for ensembles of trees."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import ExtraTreesClassifier, RandomForestClassifier

from ._graph import OnnxGraph
from ._table import onnx_converter
from ._tensor import Tensor


@onnx_converter(RandomForestClassifier, ExtraTreesClassifier)
def _forest(graph: OnnxGraph, forest: Any, x: Tensor) -> Tensor:
    graph.has_thresholds = True
    nodes: dict[str, list[Any]] = {}
    leaves: dict[str, list[Any]] = {}
    for number, estimator in enumerate(forest.estimators_):
        tree = estimator.tree_
        _extend(nodes, _nodes_of(tree, number))
        _extend(leaves, _leaves_of(tree, number, len(forest.estimators_)))
    # The regressor, because the classifier treats two classes in its own way. As in
    # scikit-learn, trees take float32.
    shares = graph.op(
        "TreeEnsembleRegressor",
        x.cast(np.float32),
        domain="ai.onnx.ml",
        n_targets=len(forest.classes_),
        **{f"nodes_{name}": values for name, values in nodes.items()},
        **{f"target_{name}": values for name, values in leaves.items()},
    )
    return shares.cast(graph.dtype)


def _extend(table: dict[str, list[Any]], columns: dict[str, Any]) -> None:
    for name, values in columns.items():
        table.setdefault(name, []).extend(np.asarray(values).tolist())


def _nodes_of(tree: Any, number: int) -> dict[str, Any]:
    leaf = tree.children_left < 0
    return {
        "treeids": np.full(tree.node_count, number),
        "nodeids": np.arange(tree.node_count),
        "featureids": np.where(leaf, 0, tree.feature),
        "values": np.where(leaf, 0.0, _float32_below(tree.threshold)),
        "modes": np.where(leaf, "LEAF", "BRANCH_LEQ"),
        "truenodeids": np.where(leaf, 0, tree.children_left),
        "falsenodeids": np.where(leaf, 0, tree.children_right),
    }


def _leaves_of(tree: Any, number: int, n_trees: int) -> dict[str, Any]:
    values = tree.value[:, 0]
    shares = values / values.sum(axis=1, keepdims=True) / n_trees
    leaf = (tree.children_left < 0)[:, np.newaxis]
    node, label = np.nonzero(leaf & (shares > 0))
    return {
        "treeids": np.full(len(node), number),
        "nodeids": node,
        "ids": label,
        "weights": shares[node, label],
    }


def _float32_below(thresholds: NDArray[np.float64]) -> NDArray[np.float32]:
    """Round thresholds down, which decides alike for every value in float32."""
    rounded = thresholds.astype(np.float32)
    below = np.nextafter(rounded, np.float32(-np.inf))
    return np.where(rounded > thresholds, below, rounded)
