"""Checks of labels and subjects: values that differ must stay different."""

import datetime as dt
from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.utils import assert_all_finite, check_consistent_length
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import column_or_1d

_DATES = (dt.date, dt.timedelta, np.datetime64, np.timedelta64)
_ADVICE = "Give text, or whole numbers, that name each once."


def distinct(values: Any, *, what: str = "y", mixed: bool = False) -> NDArray[Any]:
    """Return labels or subjects as an array in which they are as different as before.

    NumPy makes the same text of 1 and "1", drops a NUL at the end of a text, and makes the
    text "nan" of a missing label beside text.  Raises a ValueError that names the rows if
    ``values`` mix text, numbers and booleans, or hold such a text, a missing value or a
    date.  If ``mixed``, types may be mixed as long as no two values become the same text.
    """
    array: NDArray[Any] = values if isinstance(values, np.ndarray) else np.asarray(values)
    if array.dtype.kind in "mM":
        raise ValueError(f"{what}: dates are not classes. {_ADVICE}")
    # Only in these can there be values of several types.
    if isinstance(values, (list, tuple)) or array.dtype == object:
        _check_each(values, what, mixed)
    return array


def _check_each(values: Iterable[Any], what: str, mixed: bool) -> None:
    """Raise a ValueError for the first value that would be lost or changed."""
    # The first row, value and kind: of each text if kinds may be mixed, else of all.
    first: dict[str, tuple[int, Any, str]] = {}
    for row, value in enumerate(values):
        # For a list, pd.isna returns an array, which has no truth value.
        if pd.api.types.is_scalar(value) and pd.isna(value):
            raise ValueError(
                f"{what} contains NaN or None: row {row} has {value!r}. {_ADVICE}"
            )
        if isinstance(value, _DATES):
            raise ValueError(f"{what}: row {row} has the date {value!r}. {_ADVICE}")
        if isinstance(value, str) and value.endswith("\0"):
            raise ValueError(
                f"{what}: row {row} has {value!r}, and NumPy drops a NUL at the end. "
                f"{_ADVICE}"
            )
        kind = _kind(value)
        other = first.setdefault(str(value) if mixed else "", (row, value, kind))
        if kind != other[2]:
            raise ValueError(
                f"{what}: row {other[0]} has {other[1]!r} ({other[2]}) and row {row} has "
                f"{value!r} ({kind}). In an array they would have one type, and could "
                f"become the same. {_ADVICE}"
            )


def _kind(value: Any) -> str:
    if isinstance(value, str):
        return "text"
    # Before numbers, because bool is a subclass of int.
    if isinstance(value, (bool, np.bool_)):
        return "boolean"
    if isinstance(value, (int, float, np.number)):
        return "number"
    return type(value).__name__


def check_labels(estimator: Any, X: Any, y: Any) -> NDArray[Any]:
    """Return y as an array of one label per row of X.

    Raises a ValueError if y is missing, of another length or dimension, continuous, not
    finite, or not :func:`distinct`.
    """
    if y is None:
        raise ValueError(
            f"{type(estimator).__name__} requires y to be passed, but the target y is None."
        )
    labels: NDArray[Any] = column_or_1d(distinct(y), warn=True)
    check_consistent_length(X, labels)
    assert_all_finite(labels, input_name="y")
    check_classification_targets(labels)
    return labels


def check_groups(groups: Any, y: Any) -> NDArray[Any]:
    """Return the group of each label: the given one, or else the number of its row.

    Raises a ValueError if they differ in number, a group is missing, or two that are not
    the same would become it, such as 1 and "1".
    """
    if groups is None:
        return np.arange(len(y))
    # Dates can be groups, such as days, and NumPy keeps them apart.
    if not all(isinstance(group, _DATES) for group in groups):
        groups = distinct(groups, what="groups", mixed=True)
    array: NDArray[Any] = column_or_1d(groups)
    check_consistent_length(y, array)
    return array


def check_scores(estimator: Any, scores: NDArray[np.floating]) -> None:
    """Raise a ValueError if a score is NaN: its set would get the first class."""
    lost = np.isnan(scores).reshape(len(scores), -1).any(axis=1)
    if lost.any():
        raise ValueError(
            f"{type(estimator).__name__} has no prediction for {lost.sum()} of "
            f"{len(scores)} sets, the first in row {lost.argmax()}: its result is not a "
            "number. Either the values of the sets are too large, or what the estimator "
            "learned is not finite: fit it again, with a ChannelScaler in front."
        )


def check_two_classes(estimator: Any, classes: NDArray[Any], *, what: str = "y") -> None:
    """Raise a ValueError if there is only one class; ``what`` says where."""
    if len(classes) < 2:
        raise ValueError(
            f"{type(estimator).__name__} needs sets of at least two classes, but {what} "
            f"has only one class: {classes.tolist()[0]!r}."
        )
