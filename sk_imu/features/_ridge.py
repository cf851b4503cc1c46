"""Ridge regression on standardized features, of which no whole table of many rows is kept.

scikit-learn's needs five tables and three matrices of all pairs of features at once.
"""

from collections.abc import Callable
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import LinAlgError, cho_factor, cho_solve
from scipy.linalg.blas import ssyrk
from sklearn.preprocessing import StandardScaler
from sklearn.utils import gen_batches

Table: TypeAlias = NDArray[np.float32]

#: 40 MB of MiniRocket's features, and enough rows for a fast product of matrices.
BATCH_ROWS = 1000


class Ridge(NamedTuple):
    """Coefficients of features that are standardized by ``mean`` and ``scale``."""

    mean: NDArray[np.float64]
    scale: NDArray[np.float64]
    coef: Table
    intercept: Table


def fit_ridge(
    features: Callable[[Any], Table],
    n_features: int,
    targets: NDArray[np.floating],
    weights: NDArray[np.float64],
    alpha: float,
) -> Ridge:
    """Fit ridge regression on standardized features.

    Parameters
    ----------
    features : callable
        Returns the features of the rows of a slice, as a table that may be changed.
    n_features : int
        Number of features.
    targets : ndarray of shape (n_rows, n_targets)
        What to predict.
    weights : ndarray of shape (n_rows,)
        Weights of the squared errors. All rows count alike in mean and scale.
    alpha : float
        Penalty of the squared coefficients.

    Returns
    -------
    ridge : Ridge
        What was learned; ``coef`` has the shape (n_targets, n_features).

    Raises
    ------
    ValueError
        If the penalty is too small.
    """
    single = weights.astype(np.float32)
    center = np.average(targets, axis=0, weights=weights)
    errors = (targets - center).astype(np.float32)
    solve = _by_rows if len(targets) <= n_features else _by_features
    try:
        scaler, mean, coef = solve(features, n_features, errors, single, alpha)
    except LinAlgError:
        raise ValueError(
            f"alpha={alpha:g} is too small for features of float32. Set a larger one."
        ) from None
    intercept = (center - mean @ coef).astype(np.float32)
    return Ridge(scaler.mean_, scaler.scale_, coef.T, intercept)


def standardize(
    table: Table, mean: NDArray[np.float64], scale: NDArray[np.float64]
) -> None:
    """Standardize a table in place."""
    table -= mean.astype(np.float32)
    table /= scale.astype(np.float32)


def _by_rows(
    features: Callable[[Any], Table],
    n_features: int,
    errors: Table,
    weights: Table,
    alpha: float,
) -> tuple[StandardScaler, Table, Table]:
    """Solve for a coefficient of each row, from a table smaller than pairs of features."""
    table = np.empty((len(errors), n_features), dtype=np.float32)
    scaler = StandardScaler()
    for rows in gen_batches(len(table), BATCH_ROWS):
        table[rows] = features(rows)
        scaler.partial_fit(table[rows])
    standardize(table, scaler.mean_, scaler.scale_)
    mean = weights @ table / weights.sum()
    table -= mean
    roots = np.sqrt(weights)[:, np.newaxis]
    table *= roots
    # A transposed table is in the order of Fortran, so that BLAS takes no copy.
    pairs = ssyrk(1.0, table.T, trans=1)
    return scaler, mean, table.T @ _solve(pairs, alpha, roots * errors)


def _by_features(
    features: Callable[[Any], Table],
    n_features: int,
    errors: Table,
    weights: Table,
    alpha: float,
) -> tuple[StandardScaler, Table, Table]:
    """Solve for a coefficient of each feature, from sums over batches of rows."""
    n_rows = len(errors)
    # Products are summed before mean and scale of all rows are known. With those of some
    # rows in their place, the sums are precise enough, and are corrected afterwards.
    some = StandardScaler().fit(features(slice(None, None, -(-n_rows // BATCH_ROWS))))
    scaler = StandardScaler()
    pairs = np.zeros((n_features, n_features), dtype=np.float32, order="F")
    products = np.zeros((n_features, errors.shape[1]), dtype=np.float32)
    total = np.zeros(n_features, dtype=np.float32)
    for rows in gen_batches(n_rows, BATCH_ROWS):
        table = features(rows)
        scaler.partial_fit(table)
        standardize(table, some.mean_, some.scale_)
        total += weights[rows] @ table
        roots = np.sqrt(weights[rows])[:, np.newaxis]
        table *= roots
        products += table.T @ (roots * errors[rows])
        pairs = ssyrk(1.0, table.T, beta=1.0, c=pairs, overwrite_c=True)
    mean = total / weights.sum()
    pairs = ssyrk(-weights.sum(), mean[:, np.newaxis], beta=1.0, c=pairs, overwrite_c=True)
    shift = (scaler.mean_ - some.mean_) / some.scale_
    factor = (some.scale_ / scaler.scale_).astype(np.float32)
    pairs *= factor
    pairs *= factor[:, np.newaxis]
    coef = _solve(pairs, alpha, factor[:, np.newaxis] * products)
    return scaler, ((mean - shift) * factor).astype(np.float32), coef


def _solve(pairs: Table, alpha: float, products: Table) -> Table:
    """Solve the normal equations in place; only one triangle of ``pairs`` is used."""
    pairs[np.diag_indices_from(pairs)] += alpha
    factor = cho_factor(pairs, overwrite_a=True, check_finite=False)
    solution: Table = cho_solve(factor, products, check_finite=False)
    return solution
