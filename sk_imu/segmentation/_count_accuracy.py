"""Score counts of repetitions."""

import numpy as np
from numpy.typing import ArrayLike
from sklearn.utils.validation import check_consistent_length, column_or_1d


def count_accuracy(y_true: ArrayLike, y_pred: ArrayLike, *, within: int = 0) -> float:
    """Return the share of counts that are right.

    Parameters
    ----------
    y_true, y_pred : array-like of shape (n_recordings,)
        True and predicted numbers of repetitions.
    within : int, default=0
        Largest difference of a right count: 0 for exact ones, 1 for those within one.

    Returns
    -------
    accuracy : float
        Share from 0 to 1.

    Raises
    ------
    ValueError
        If the two differ in length or are empty, or ``within`` is negative.

    Examples
    --------
    >>> from sk_imu import count_accuracy
    >>> count_accuracy([10, 12, 8, 8], [10, 11, 8, 12])
    0.5
    >>> count_accuracy([10, 12, 8, 8], [10, 11, 8, 12], within=1)
    0.75
    """
    true, said = column_or_1d(y_true), column_or_1d(y_pred)
    check_consistent_length(true, said)
    if not len(true):
        raise ValueError("count_accuracy: there are no counts.")
    if within < 0:
        raise ValueError(f"count_accuracy: within must be 0 or more, got {within}.")
    return float(np.mean(np.abs(true.astype(float) - said.astype(float)) <= within))
