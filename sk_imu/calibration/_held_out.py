"""Scores of training sets by models that have not seen their people."""

import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import softmax
from sklearn.base import clone
from sklearn.model_selection import GroupKFold

from ..meta import fit_with_metadata
from ..recording import DataQualityWarning
from ..validation import check_groups, is_raw

# As scikit-learn has it: the logarithm of a probability of 0 must be finite.
_LEAST_PROBABILITY = 1e-12


def subjects_of(X: Any) -> list[Any] | None:
    """Return the subjects of recordings, or None if X or one of them has none."""
    subjects = [recording.subject for recording in X] if is_raw(X) else [None]
    return None if None in subjects else subjects


def people_of(estimator: Any, X: Any, y: NDArray[Any], groups: Any) -> NDArray[Any]:
    """Return the person of each set: of ``groups``, or else the subject of a recording.

    Arrays without groups, and recordings without subjects, are each of a person of their
    own.
    """
    if groups is None:
        subjects = subjects_of(X)
        if subjects is not None:
            return check_groups(subjects, y)
        warnings.warn(
            f"{type(estimator).__name__} does not know which sets are of the same person, "
            "and takes each as of its own. Give groups, or recordings with a subject: "
            "otherwise it will be too sure of the sets of new people.",
            DataQualityWarning,
            stacklevel=4,
        )
    return check_groups(groups, y)


def folds_of(estimator: Any, people: NDArray[Any], n_folds: int) -> NDArray[np.intp]:
    """Return the number of the fold in which each set is left out, with its person."""
    names, codes = np.unique(people.astype(str), return_inverse=True)
    if len(names) < 2:
        raise ValueError(
            f"{type(estimator).__name__} leaves people out in turn, but all sets are of "
            f"one person ({names[0]}). Give sets of at least two people."
        )
    fold = np.empty(len(people), dtype=np.intp)
    splits = GroupKFold(min(n_folds, len(names))).split(codes, groups=codes)
    for number, (_, left_out) in enumerate(splits):
        fold[left_out] = number
    return fold


def rows_of(X: Any, rows: NDArray[np.bool_]) -> Any:
    """Return the chosen rows of a list or an array."""
    if isinstance(X, list):
        return [row for row, chosen in zip(X, rows, strict=True) if chosen]
    return X[rows]


def fit_without(
    estimator: Any, X: Any, y: NDArray[Any], left_out: NDArray[np.bool_], groups: Any
) -> Any:
    """Return a clone fitted on all rows but those left out."""
    kept = ~left_out
    if len(np.unique(y[kept])) < 2:
        raise ValueError(
            "Calibration leaves people out in turn, but without some of them only the "
            f"label {y[kept].tolist()[0]!r} is left to learn. Give sets of each exercise "
            "by at least two people."
        )
    metadata = {} if groups is None else {"groups": np.asarray(groups)[kept]}
    fitted = clone(estimator)
    fit_with_metadata(fitted, rows_of(X, kept), y[kept], metadata)
    return fitted


def logits_of(estimator: Any, X: Any, classes: NDArray[Any]) -> NDArray[np.float64]:
    """Return the logarithm of the probabilities, or else the decision values.

    Of shape (n_sets, n_classes); a class that the estimator has not seen gets -inf.
    """
    if hasattr(estimator, "predict_proba"):
        proba = np.asarray(estimator.predict_proba(X), dtype=np.float64)
        known = np.log(proba + _LEAST_PROBABILITY)
    elif hasattr(estimator, "decision_function"):
        known = np.asarray(estimator.decision_function(X), dtype=np.float64)
        if known.ndim == 1:  # of two classes, how much it is the second
            known = np.column_stack([-known, known])
    else:
        raise ValueError(
            f"{type(estimator).__name__} has neither predict_proba nor decision_function, "
            "so there is nothing to say how sure it is. Choose another classifier."
        )
    if known.shape[1] != len(estimator.classes_):
        raise ValueError(
            f"{type(estimator).__name__} has {known.shape[1]} decision values for "
            f"{len(estimator.classes_)} classes. Let it decide one class against the rest "
            "(decision_function_shape='ovr')."
        )
    logits = np.full((len(known), len(classes)), -np.inf)
    logits[:, np.searchsorted(classes, estimator.classes_)] = known
    return logits


def probabilities(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the probabilities of logits, the classes in columns."""
    return np.asarray(softmax(logits, axis=1))


def held_out_logits(
    estimator: Any, X: Any, y: NDArray[Any], fold: NDArray[np.intp], groups: Any
) -> Iterator[tuple[NDArray[np.bool_], NDArray[np.float64]]]:
    """Yield which sets a model has not seen, and its logits of them, fold by fold."""
    classes = np.unique(y)
    for number in range(fold.max() + 1):
        left_out = fold == number
        fitted = fit_without(estimator, X, y, left_out, groups)
        yield left_out, logits_of(fitted, rows_of(X, left_out), classes)
