"""Splits by label and group where sktime passes neither."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.model_selection import check_cv


class BoundSplitter:
    """Splitter that holds labels and groups, for sktime's benchmarks.

    sktime calls ``split`` without labels and groups, so no splitter that needs them works
    in its ``evaluate`` and ``ClassificationBenchmark``. If a splitter shuffles its indices,
    as ``ShuffleSplit`` does, sktime shuffles the labels but not the series; the indices
    from here are sorted.

    Parameters
    ----------
    cv : int, splitter or iterable
        The splitter, as in scikit-learn: an int is the number of stratified folds.
    y : array-like of shape (n_sets,)
        The labels of all sets of the task, in the same order.
    groups : array-like of shape (n_sets,), default=None
        Group of each set, such as the subject.

    See Also
    --------
    FromSktime : Use scikit-learn's cross-validation for sktime's classifiers.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.model_selection import LeaveOneGroupOut
    >>> from sktime.classification.dummy import DummyClassifier
    >>> from sktime.classification.model_evaluation import evaluate
    >>> from sk_imu.sktime import BoundSplitter
    >>> X, y = np.ones((6, 1, 20)), np.array(["rest", "squat"] * 3)
    >>> cv = BoundSplitter(LeaveOneGroupOut(), y, groups=[1, 1, 2, 2, 3, 3])
    >>> evaluate(DummyClassifier(), cv=cv, X=X, y=y)["test_accuracy_score"].to_list()
    [0.5, 0.5, 0.5]
    """

    def __init__(self, cv: Any, y: ArrayLike, groups: ArrayLike | None = None) -> None:
        self.cv = cv
        self.y = y
        self.groups = groups

    def split(
        self, X: Any, y: Any = None, groups: Any = None
    ) -> Iterator[tuple[NDArray[np.intp], NDArray[np.intp]]]:
        """Yield the indices of each split.

        Parameters
        ----------
        X : array-like of length n_sets
            Only its length is used.
        y : object, default=None
            Ignored: the bound labels are used.
        groups : object, default=None
            Ignored: the bound groups are used.

        Yields
        ------
        train : ndarray of int
            The rows to train on, in ascending order.
        test : ndarray of int
            The rows to test on, in ascending order.

        Raises
        ------
        ValueError
            If X has another length than the bound labels.
        """
        bound = np.asarray(self.y)
        if len(X) != len(bound):
            raise ValueError(
                f"BoundSplitter: the task has {len(X)} sets, but y and groups were bound "
                f"for {len(bound)}. Bind those of the task's own data."
            )
        # sktime must not get shuffled indices; see the class.
        for train, test in self._cv().split(np.zeros(len(bound)), bound, self.groups):
            yield np.sort(train), np.sort(test)

    def get_n_splits(self, X: Any = None, y: Any = None, groups: Any = None) -> int:
        """Return the number of splits.

        Parameters
        ----------
        X : object, default=None
            Ignored.
        y : object, default=None
            Ignored.
        groups : object, default=None
            Ignored.

        Returns
        -------
        n_splits : int
            How many splits :meth:`split` yields.
        """
        bound = np.asarray(self.y)
        return self._cv().get_n_splits(np.zeros(len(bound)), bound, self.groups)

    def __repr__(self) -> str:
        return f"BoundSplitter({self.cv!r})"

    def _cv(self) -> Any:
        return check_cv(self.cv, self.y, classifier=True)
