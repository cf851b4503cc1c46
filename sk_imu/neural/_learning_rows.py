"""The rows a net learns from: their weights, what is held out, and the dataset of torch."""

import math
from numbers import Real
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import GroupShuffleSplit
from sklearn.utils import compute_class_weight
from skorch.dataset import Dataset

from ..validation import Panel

Indices = NDArray[np.intp]
Weights = NDArray[np.float64]


def weigh_rows(
    y: NDArray[Any], weights: Weights, class_weight: Any
) -> tuple[Indices, Weights]:
    """Return the rows of positive weight, and their weights times those of their class.

    A row of weight 0 is left out, because batch normalization would still count it.
    """
    if isinstance(class_weight, dict):
        for label, weight in class_weight.items():
            if not (isinstance(weight, Real) and 0 <= float(weight) < np.inf):
                raise ValueError(
                    f"class_weight has {weight!r} for {label!r}. A weight is a finite "
                    "number of at least 0; 0 leaves the class out."
                )
    rows = np.flatnonzero(weights)
    if len(rows):
        classes, codes = np.unique(y[rows], return_inverse=True)
        class_weights = compute_class_weight(
            class_weight, classes=classes, y=y[rows], sample_weight=weights[rows]
        )
        weights = weights[rows] * class_weights[codes]
        rows, weights = rows[weights > 0], weights[weights > 0]
    if not len(rows):
        raise ValueError("All sample weights are zero: there is nothing to learn from.")
    return rows, weights


def hold_out_groups(
    codes: Indices, groups: NDArray[Any], fraction: float, seed: int
) -> tuple[Indices, Indices]:
    """Split off whole groups, so that every class remains among the training rows."""
    n_classes, n_groups = len(np.unique(codes)), len(np.unique(groups))
    if math.ceil(fraction * n_groups) < n_groups:
        splitter = GroupShuffleSplit(20, test_size=fraction, random_state=seed)
        for learn, hold_out in splitter.split(codes, groups=groups):
            if len(np.unique(codes[learn])) == n_classes:
                return learn, hold_out
    raise ValueError(
        f"early_stopping=True found no split that holds out validation_fraction={fraction} "
        "of the groups and leaves sets of every class to train on. Give each class more "
        "groups, use a smaller validation_fraction, or set early_stopping=False."
    )


def weighted_dataset(
    panel: Panel, codes: Indices, weights: Weights, *, n_classes: int, dtype: str
) -> Dataset:
    """Return rows with one-hot targets times their weights, which get a mean of 1."""
    targets = np.zeros((len(panel), n_classes), dtype=dtype)
    targets[np.arange(len(panel)), codes] = weights / weights.mean()
    with np.errstate(over="ignore"):
        X = np.ascontiguousarray(panel, dtype=dtype)
    if X.dtype != panel.dtype and not np.isfinite(X).all():
        raise ValueError(
            f"X holds values too large for dtype={dtype!r}. Put a ChannelScaler in front, "
            "or set dtype='float64'."
        )
    return Dataset(X, targets)
