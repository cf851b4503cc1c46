"""Tests between two models over splits, and the correction for many tests."""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

#: Scores are rounded to this, because 0.9 - 0.8 and 0.8 - 0.7 are ties, though not to the
#: last bit.
DECIMALS = 12


class CorrectedTTest(NamedTuple):
    """The result of :func:`corrected_resampled_ttest`.

    Parameters
    ----------
    statistic : float
        The corrected t.
    p : float
        Two-sided p-value.
    difference : float
        Mean of the first model's scores minus the second's.
    low, high : float
        The confidence interval of the difference.

    Examples
    --------
    >>> from sk_imu.model_selection import CorrectedTTest
    >>> CorrectedTTest._fields
    ('statistic', 'p', 'difference', 'low', 'high')
    """

    statistic: float
    p: float
    difference: float
    low: float
    high: float


def corrected_resampled_ttest(
    a: ArrayLike,
    b: ArrayLike,
    *,
    n_train: float,
    n_test: float,
    confidence_level: float = 0.95,
) -> CorrectedTTest:
    """Compare two models over repeated splits of the same data.

    Splits share most of their training data, so their scores are not independent and the
    usual paired t-test finds differences where there are none. The variance is enlarged
    to account for what they share [1]_.

    Parameters
    ----------
    a, b : array-like of shape (n_splits,)
        The scores of two models on the same splits, in the same order: repeated random
        splits, or all folds of a repeated cross-validation [2]_.
    n_train, n_test : float
        Number of training and test sets of one split; the mean where it varies.
    confidence_level : float, default=0.95
        Confidence level of the interval.

    Returns
    -------
    test : CorrectedTTest
        The statistic, p, the difference and its interval.

    Raises
    ------
    ValueError
        If the scores are not paired, fewer than two, or not finite, or a number of sets is
        not positive.

    See Also
    --------
    compare_models : Compare over people, where the sets' people are known.

    References
    ----------
    .. [1] C. Nadeau, Y. Bengio, "Inference for the Generalization Error", Machine
       Learning 52 (2003), 239-281.
    .. [2] R. R. Bouckaert, E. Frank, "Evaluating the Replicability of Significance Tests
       for Comparing Learning Algorithms", PAKDD 2004, 3-12.

    Examples
    --------
    >>> from sk_imu.model_selection import corrected_resampled_ttest
    >>> a, b = [0.8, 0.9, 0.7, 0.9, 0.8], [0.7, 0.8, 0.7, 0.7, 0.7]
    >>> test = corrected_resampled_ttest(a, b, n_train=80, n_test=20)
    >>> round(test.statistic, 3), round(test.p, 3)
    (2.108, 0.103)
    """
    a, b = np.asarray(a, dtype=float), np.asarray(b, dtype=float)
    if a.shape != b.shape or a.ndim != 1 or len(a) < 2:
        raise ValueError(
            f"a and b have the shapes {a.shape} and {b.shape}: give both models' scores on "
            "the same splits, at least two."
        )
    if not (np.isfinite(a).all() and np.isfinite(b).all()):
        raise ValueError("a or b holds NaN or inf: leave these splits out of both.")
    if not (n_train > 0 and n_test > 0):
        raise ValueError(f"n_train and n_test must be above 0; got {n_train}, {n_test}.")
    differences = (a - b).round(DECIMALS)
    mean, n_splits = float(differences.mean()), len(differences)
    error = float(np.sqrt((1 / n_splits + n_test / n_train) * differences.var(ddof=1)))
    if error == 0:
        # As scipy.stats.ttest_rel, except that p is 1 for two equal models, not NaN.
        p = 1.0 if mean == 0 else 0.0
        statistic = 0.0 if mean == 0 else float(np.copysign(np.inf, mean))
        return CorrectedTTest(statistic, p, mean, mean, mean)
    student = stats.t(df=n_splits - 1)
    half = float(student.ppf((1 + confidence_level) / 2)) * error
    # Not 1 - cdf, which has no digits left of a small p.
    p = 2 * float(student.sf(abs(mean) / error))
    return CorrectedTTest(mean / error, p, mean, mean - half, mean + half)


def holm(p: ArrayLike) -> NDArray[np.float64]:
    """Correct p-values for their number by Holm's step-down procedure.

    Parameters
    ----------
    p : array-like of shape (n_tests,)
        The p-values of a family of tests.

    Returns
    -------
    p_holm : ndarray of shape (n_tests,)
        The corrected p-values, in the same order. Rejecting those below α makes a false
        rejection in the family with a probability of at most α.

    References
    ----------
    .. [1] S. Holm, "A Simple Sequentially Rejective Multiple Test Procedure",
       Scandinavian Journal of Statistics 6 (1979), 65-70.

    Examples
    --------
    >>> from sk_imu.model_selection import holm
    >>> holm([0.01, 0.04, 0.03]).tolist()
    [0.03, 0.06, 0.06]
    """
    p = np.asarray(p, dtype=float)
    if p.ndim != 1 or not ((p >= 0) & (p <= 1)).all():
        raise ValueError("p must be a list of numbers from 0 to 1.")
    order = np.argsort(p)
    corrected = np.empty_like(p)
    steps = np.arange(len(p), 0, -1)
    # Never below one that comes before: a hypothesis is only rejected after all of those.
    corrected[order] = np.maximum.accumulate(np.minimum(steps * p[order], 1))
    return corrected


def expanded_quantile(n: int, confidence_level: float) -> float:
    """Return the normal quantile at which the bootstrap interval of a mean of n ends."""
    # The bootstrap divides by n and not by n - 1, and it follows the normal distribution
    # and not Student's. Both make it too narrow (Hesterberg, 2015).
    student = stats.t.ppf((1 + confidence_level) / 2, n - 1)
    return float(np.sqrt(n / (n - 1)) * student)
