"""How far probabilities agree with the share of right answers, and who is answered."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from ..validation import check_groups

__all__ = ["abstention_curve", "calibration_error", "reliability_table", "top_answers"]


def top_answers(
    y_true: ArrayLike, y_proba: ArrayLike, classes: Sequence[Any]
) -> tuple[NDArray[np.bool_], NDArray[np.float64]]:
    """Return whether the most probable class of each set is right, and its probability.

    Raises a ValueError if the shapes disagree or a value is no probability.
    """
    truth, proba = np.asarray(y_true), np.asarray(y_proba, dtype=np.float64)
    if not len(truth):
        raise ValueError("y_true is empty: there is no set to measure.")
    if proba.shape != (len(truth), len(classes)):
        raise ValueError(
            f"y_proba must have shape {(len(truth), len(classes))}, a row for each of "
            f"y_true and a column for each of classes, got {proba.shape}."
        )
    if not ((proba >= 0) & (proba <= 1 + 1e-6)).all():  # NaN is neither
        raise ValueError(
            "y_proba must hold probabilities from 0 to 1. Decision values are none: fit "
            "the classifier with calibration='temperature'."
        )
    best = proba.argmax(axis=1)
    return np.asarray(classes)[best] == truth, proba[np.arange(len(proba)), best]


def reliability_table(
    y_true: ArrayLike,
    y_proba: ArrayLike,
    classes: Sequence[Any],
    *,
    groups: Any = None,
    n_bins: int = 10,
) -> pd.DataFrame:
    """Return the share of right answers by how probable they are said to be.

    Parameters
    ----------
    y_true : array-like of shape (n_sets,)
        True labels.
    y_proba : array-like of shape (n_sets, n_classes)
        Probabilities.
    classes : sequence of length n_classes
        Label of each column, as ``classifier.classes_``.
    groups : array-like of shape (n_sets,), default=None
        The person of each set. People then weigh alike; without groups, sets do.
    n_bins : int, default=10
        Number of bins of equal width.

    Returns
    -------
    table : pandas.DataFrame
        One row per bin that has sets: ``low`` and ``high``, ``probability`` (the mean of
        the most probable class), ``right`` (share of sets whose label is that class),
        ``weight`` (share of all sets) and ``n_sets``.
    """
    if n_bins < 1:
        raise ValueError(f"n_bins must be at least 1, got {n_bins}.")
    hits, top = top_answers(y_true, y_proba, classes)
    edges = np.linspace(0, 1, n_bins + 1)
    # A probability on an edge belongs to the bin below it.
    number = np.clip(np.searchsorted(edges, top) - 1, 0, n_bins - 1)
    frame = pd.DataFrame({"bin": number, "n_sets": 1})
    frame["weight"] = _weights(groups, len(top))
    frame["probability"], frame["right"] = frame["weight"] * top, frame["weight"] * hits
    table = frame.groupby("bin").sum()
    table[["probability", "right"]] = table[["probability", "right"]].div(
        table["weight"], axis=0
    )
    table["low"], table["high"] = edges[table.index], edges[table.index + 1]
    columns = ["low", "high", "probability", "right", "weight", "n_sets"]
    return table[columns].reset_index(drop=True)


def calibration_error(
    y_true: ArrayLike,
    y_proba: ArrayLike,
    classes: Sequence[Any],
    *,
    groups: Any = None,
    n_bins: int = 10,
) -> float:
    """Return the expected calibration error of the most probable class.

    The mean difference between the probability of the most probable class and the share
    of sets that it is right for, over bins of equal width (Naeini et al., 2015). It is
    above 0 by chance alone, the more so the fewer sets there are: 140 sets of a perfectly
    calibrated model have about 0.03 (probabilities of an SVM on the watch data).

    Parameters
    ----------
    y_true : array-like of shape (n_sets,)
        True labels.
    y_proba : array-like of shape (n_sets, n_classes)
        Probabilities.
    classes : sequence of length n_classes
        Label of each column, as ``classifier.classes_``.
    groups : array-like of shape (n_sets,), default=None
        The person of each set. People then weigh alike; without groups, sets do.
    n_bins : int, default=10
        Number of bins of equal width.

    Returns
    -------
    error : float
        From 0 to 1.

    See Also
    --------
    sk_imu.ReliabilityDisplay : Draws the bins, and each person.

    Examples
    --------
    >>> from sk_imu.calibration import calibration_error
    >>> y_true = ["squat", "squat", "lunge", "lunge"]
    >>> y_proba = [[0.1, 0.9], [0.1, 0.9], [0.9, 0.1], [0.1, 0.9]]
    >>> error = calibration_error(y_true, y_proba, ["lunge", "squat"])
    >>> round(error, 3)  # three of four are right, and 0.9 is said
    0.15
    """
    bins = reliability_table(y_true, y_proba, classes, groups=groups, n_bins=n_bins)
    gaps = (bins["probability"] - bins["right"]).abs()
    return float((bins["weight"] * gaps).sum())


def abstention_curve(
    y_true: ArrayLike,
    y_proba: ArrayLike,
    classes: Sequence[Any],
    *,
    groups: Any = None,
) -> pd.DataFrame:
    """Return the accuracy if only the sets with the most certain answers are answered.

    Parameters
    ----------
    y_true : array-like of shape (n_sets,)
        True labels.
    y_proba : array-like of shape (n_sets, n_classes)
        Probabilities.
    classes : sequence of length n_classes
        Label of each column, as ``classifier.classes_``.
    groups : array-like of shape (n_sets,), default=None
        The person of each set. People then weigh alike; without groups, sets do.

    Returns
    -------
    curve : pandas.DataFrame
        One row per threshold, from the highest: ``threshold`` (the least probability that
        is answered, for ``recognize(unknown_below=threshold)``), ``answered`` (share of
        sets) and ``accuracy`` (share of these that are right).

    See Also
    --------
    sk_imu.AbstentionDisplay : Draws the curve.

    Examples
    --------
    >>> from sk_imu.calibration import abstention_curve
    >>> y_true = ["squat", "squat", "lunge", "lunge"]
    >>> y_proba = [[0.1, 0.9], [0.2, 0.8], [0.3, 0.7], [0.6, 0.4]]
    >>> abstention_curve(y_true, y_proba, ["lunge", "squat"])
       threshold  answered  accuracy
    0        0.9      0.25  1.000000
    1        0.8      0.50  1.000000
    2        0.7      0.75  0.666667
    3        0.6      1.00  0.750000
    """
    hits, top = top_answers(y_true, y_proba, classes)
    weights = _weights(groups, len(top))
    frame = pd.DataFrame(
        {"threshold": top, "answered": weights, "accuracy": weights * hits}
    )
    # Sets of one probability are answered together, or not at all.
    curve = frame.groupby("threshold").sum().sort_index(ascending=False).cumsum()
    curve["accuracy"] /= curve["answered"]
    return curve.reset_index()


def _weights(groups: Any, n_sets: int) -> NDArray[np.float64]:
    """Return how much each set weighs; the sum is 1."""
    if groups is None:
        return np.full(n_sets, 1 / n_sets)
    people = check_groups(groups, np.zeros(n_sets)).astype(str)
    _, person, counts = np.unique(people, return_inverse=True, return_counts=True)
    return np.asarray(1 / counts[person] / len(counts))
