"""Probabilities that mean what they say, by one temperature chosen on people left out."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from scipy.special import logsumexp

from ._held_out import (
    folds_of,
    held_out_logits,
    logits_of,
    people_of,
    probabilities,
)

__all__ = ["Calibrated", "best_temperature", "calibrated"]

_N_FOLDS = 5
# Of the logarithm, as in scikit-learn's temperature scaling.
_BOUNDS = (-10.0, 10.0)


def best_temperature(
    logits: NDArray[np.float64], codes: NDArray[np.intp], people: NDArray[Any]
) -> float:
    """Return the temperature with the lowest log loss, in which people weigh alike.

    ``logits`` has shape (n_sets, n_classes), and ``codes`` are the columns of the labels.
    Sets whose class has no finite logit, because nobody else did the exercise, are left
    out.
    """
    rows = np.isfinite(logits[np.arange(len(codes)), codes])
    if not rows.any():
        return 1.0
    logits, codes = logits[rows], codes[rows]
    _, person, counts = np.unique(people[rows], return_inverse=True, return_counts=True)
    weights = 1 / counts[person]
    # Platt (1999): n sets that are all right do not prove more than n + 1 of n + 2, and
    # without that the best temperature would be 0.
    share_wrong = 1 / (len(codes) + 2)
    is_own = np.zeros(logits.shape, dtype=bool)
    is_own[np.arange(len(codes)), codes] = True

    def loss(log_temperature: float) -> float:
        scaled = logits / np.exp(log_temperature)
        total = logsumexp(scaled, axis=1)
        right = scaled[is_own] - total
        wrong = logsumexp(np.where(is_own, -np.inf, scaled), axis=1) - total
        losses = (1 - share_wrong) * right + share_wrong * wrong
        return float(-np.average(losses, weights=weights))

    found = minimize_scalar(loss, bounds=_BOUNDS, method="bounded")
    return float(np.exp(found.x))


def calibrated(
    estimator: Any, X: Any, classes: NDArray[Any], temperature: float
) -> NDArray[np.float64]:
    """Return the probabilities of a fitted estimator at a temperature."""
    return probabilities(logits_of(estimator, X, classes) / temperature)


class Calibrated:
    """Mixin for classifiers with a parameter ``calibration`` and a fitted ``pipeline_``."""

    calibration: str | None
    temperature_: float | None
    classes_: NDArray[Any]
    pipeline_: Any

    def _fit_temperature(
        self, pipeline: Any, X: Any, y: NDArray[Any], groups: Any
    ) -> float | None:
        """Return the temperature for an unfitted pipeline, or None without calibration."""
        if self.calibration is None:
            return None
        people = people_of(self, X, y, groups)
        fold = folds_of(self, people, _N_FOLDS)
        classes, codes = np.unique(y, return_inverse=True)
        logits = np.empty((len(y), len(classes)))
        for left_out, of_them in held_out_logits(pipeline, X, y, fold, groups):
            logits[left_out] = of_them
        return best_temperature(logits, codes, people.astype(str))

    def _ask(self, method: str, X: Any) -> Any:
        if method != "predict_proba" or self.temperature_ is None:
            return super()._ask(method, X)  # type: ignore[misc]
        return calibrated(self.pipeline_, X, self.classes_, self.temperature_)
