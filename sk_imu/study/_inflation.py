"""How much a leak adds: the same models with and without copies of the test sets."""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from ..model_selection import expanded_quantile
from ._config import LETTERS

_LEAKED, *_HONEST = LETTERS.values()
_COLUMNS = ["model", "than", "leaked", "honest", "points", "low", "high", "drawn", "n"]


def leak_inflation(
    predictions: pd.DataFrame, confidence_level: float, n_resamples: int, random_state: int
) -> pd.DataFrame:
    """Return how much higher macro F1 is under (a) than under (b) and (c), by model."""
    columns = ["protocol", "model", "seed", "set", "subject", "y_true", "y_pred"]
    is_test = (predictions["part"] == "test") & predictions["k"].isna()
    test = predictions.loc[is_test, columns]
    rows = []
    draws: dict[int, NDArray[np.float64]] = {}
    for model, group in test.groupby("model", sort=False):
        leaked = group[group["protocol"] == _LEAKED]
        for than in _HONEST:
            honest = group[group["protocol"] == than]
            if not len(leaked) or not len(honest):
                continue
            both = pd.concat([leaked, honest])
            people = both["subject"]
            by_people = bool(people.notna().all() and people.nunique() > 1)
            key = "subject" if by_people else "set"
            units = sorted(both[key].unique())
            labels = sorted({*both["y_true"], *both["y_pred"]})
            n = len(units)
            counts = [
                [
                    _counts(of_seed, key, units, labels)
                    for _, of_seed in part.groupby("seed")
                ]
                for part in (leaked, honest)
            ]
            a, b = (_f1(np.ones((1, n)), one)[0] for one in counts)
            if n not in draws:
                # How often each unit is drawn, so that the scores of all draws are one
                # product with the counts, and no rows are copied.
                rng = np.random.default_rng(random_state)
                draws[n] = rng.multinomial(n, np.full(n, 1 / n), n_resamples).astype(float)
            # The same draws for both, so that a difficult person counts in both.
            drawn = _f1(draws[n], counts[0]) - _f1(draws[n], counts[1])
            # Draws that contain nobody tested under one of the two are NaN.
            low, high = np.nanquantile(drawn, _ends(n, confidence_level))
            rows.append(
                (model, than, a, b, 100 * (a - b), 100 * low, 100 * high)
                + ("people" if by_people else "sets", n)
            )
    return pd.DataFrame(rows, columns=_COLUMNS)


def _counts(
    rows: pd.DataFrame, key: str, units: list[Any], labels: list[str]
) -> NDArray[np.float64]:
    """Return per unit and class the correct, the true and the predicted rows."""
    shape = len(units), len(labels)
    unit = np.searchsorted(units, rows[key])
    true = np.searchsorted(labels, rows["y_true"])
    predicted = np.searchsorted(labels, rows["y_pred"])

    def counted(classes: NDArray[np.intp], weights: Any = None) -> NDArray[np.float64]:
        cells = np.ravel_multi_index((unit, classes), shape)
        counts = np.bincount(cells, weights, minlength=shape[0] * shape[1])
        return counts.reshape(shape).astype(np.float64)

    each = counted(true, true == predicted), counted(true), counted(predicted)
    return np.stack(each, axis=1)


def _f1(
    weights: NDArray[np.float64], counts: list[NDArray[np.float64]]
) -> NDArray[np.float64]:
    """Return macro F1 of each draw of units, averaged over the seeds that have rows in it.

    NaN where none has.
    """
    each = []
    for of_seed in counts:
        right, true, predicted = np.tensordot(weights, of_seed, axes=1).transpose(1, 0, 2)
        size = true + predicted
        f1 = np.divide(2 * right, size, out=np.zeros_like(size), where=size > 0)
        # Over the classes that are in a draw, as in scikit-learn.
        with np.errstate(invalid="ignore"):
            each.append(f1.sum(axis=1) / (size > 0).sum(axis=1))
    has_rows = ~np.isnan(each)
    with np.errstate(invalid="ignore"):
        return np.where(has_rows, each, 0).sum(axis=0) / has_rows.sum(axis=0)


def _ends(n: int, confidence_level: float) -> list[float]:
    """Return the quantiles of the interval, moved outwards for few units."""
    if n < 2:
        return [0.0, 1.0]
    outside = float(stats.norm.cdf(-expanded_quantile(n, confidence_level)))
    return [outside, 1 - outside]
