"""Check a search: its splits, and what may have been fitted outside them."""

import copy
import warnings
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from sklearn.base import is_classifier
from sklearn.model_selection import check_cv
from sklearn.utils import column_or_1d, safe_mask

from ...validation import as_3d, is_raw
from ._guard import (
    LeakError,
    across,
    describe_findings,
    find_copies,
    findings_table,
    shared_groups,
)

Floats = NDArray[np.float64]

#: A statistic of all rows that is this close to a scaler's target is no coincidence.
_TOLERANCE = 1e-6


class LeakWarning(UserWarning):
    """Something looks as if it had been fitted on all rows, without proof.

    Parameters
    ----------
    message : str
        What is suspected, and what to do.

    Examples
    --------
    To stop a script at a suspicion:

    >>> import warnings
    >>> from sk_imu.model_selection import LeakWarning
    >>> with warnings.catch_warnings():
    ...     warnings.simplefilter("error", LeakWarning)
    ...     # check_search(search, X, y, groups)
    """

    def __init__(self, message: str) -> None:
        super().__init__(message)


def check_search(
    search: Any,
    X: Any,
    y: ArrayLike | None = None,
    groups: ArrayLike | None = None,
    cv: Any = None,
) -> pd.DataFrame:
    """Check a search, its splits and the X it is given.

    The splits of the search are repeated and checked as :func:`check_no_leak` does:
    copies, windows and other parts of one recording must be on one side, and so must a
    person.  With ``cv``, the splits around the search are checked, too, and the search's
    own splits on the training rows of each.  Values cannot prove that something was fitted
    outside the splits; if it looks so, a warning is given.

    Parameters
    ----------
    search : GridSearchCV, RandomizedSearchCV or another with ``estimator`` and ``cv``
        Fitted or not.  Nothing is fitted here.
    X : list of Recording, list of arrays, array, or DataFrame
        The rows that the search is or was fitted on.
    y : array-like of shape (n_rows,), default=None
        The labels.
    groups : array-like of shape (n_rows,), default=None
        The people.  If given, nobody may be on both sides of any split.
    cv : int, splitter, iterable of splits or None, default=None
        The splits around the search, as of ``cross_val_score(search, X, y, cv=cv)``.

    Returns
    -------
    suspicions : DataFrame
        What is suspected but not proved, with the columns ``what`` ("standardized",
        "centered and whitened", "scaled to a range", "fitted in advance") and ``detail``;
        empty if nothing is suspected.

    Raises
    ------
    LeakError
        If a split leaks: the message says which, and ``findings`` is the table of
        :func:`find_leaks` with the column ``split``.
    ValueError
        If X is not in a known state, or splits are given as an iterator.

    Warns
    -----
    LeakWarning
        If something is suspected.

    See Also
    --------
    check_no_leak : Check one split.

    Notes
    -----
    Features that were *selected* on all rows leave no trace in the values and are not
    found: put the selection into the Pipeline.  A splitter that shuffles without
    ``random_state`` is checked on a new draw, one that holds a RandomState on its next
    draw; its state stays as it was.

    Examples
    --------
    >>> from sklearn.ensemble import RandomForestClassifier
    >>> from sklearn.model_selection import GridSearchCV, GroupKFold, KFold
    >>> from sklearn.pipeline import make_pipeline
    >>> from sk_imu import Resampler, SummaryFeatures
    >>> from sk_imu.datasets import load_watch
    >>> from sk_imu.model_selection import check_search
    >>> watch = load_watch()
    >>> X, y, groups = watch.data[:40], watch.target[:40], watch.subject[:40]
    >>> model = make_pipeline(Resampler(), SummaryFeatures(), RandomForestClassifier())
    >>> grid = {"randomforestclassifier__max_depth": [3, None]}
    >>> len(check_search(GridSearchCV(model, grid, cv=GroupKFold(4)), X, y, groups))
    0
    >>> try:  # folds of rows: people are on both sides
    ...     check_search(GridSearchCV(model, grid, cv=KFold(4)), X, y, groups)
    ... except ValueError as error:
    ...     print(str(error)[:74])
    Split 0 of the search: Train and test share 10 pairs of rows (10 group):
    """
    rows = np.arange(len(X))
    # Once for all splits, because comparing all rows takes most of the time.
    copies = find_copies(X)  # which checks X
    suspicions = [*_fitted_in_advance(search.estimator), *_fitted_values(X)]
    people = None if groups is None else np.asarray(column_or_1d(groups))
    messages, tables = [], []
    for name, train, test in _all_splits(search, rows, y, groups, cv):
        # Of several copies of one row not every pair is found, but the pairs found connect
        # them all: no split divides the copies without dividing a pair that was found.
        findings = across(copies, train, test)
        if people is not None:
            findings += shared_groups(people, train, test)
        if findings:
            table = findings_table(findings, y, train)
            messages.append(f"{name}: {describe_findings(table)}")
            tables.append(table.assign(split=name))
    if tables:
        more = f"\n{len(tables)} splits leak in all." if len(tables) > 1 else ""
        raise LeakError(messages[0] + more, pd.concat(tables, ignore_index=True))
    for what, detail in suspicions:
        warnings.warn(f"Suspected, not proved: {what}: {detail}", LeakWarning, stacklevel=2)
    return pd.DataFrame(suspicions, columns=["what", "detail"])


def _all_splits(
    search: Any, rows: NDArray[np.intp], y: Any, groups: Any, cv: Any
) -> Iterable[tuple[str, NDArray[np.intp], NDArray[np.intp]]]:
    """Yield the splits around the search and its own, as rows of X."""
    inside = [("the search", rows)]
    if cv is not None:
        inside = []
        for k, (train, test) in enumerate(_splits(cv, search.estimator, rows, y, groups)):
            yield f"Split {k} around the search", train, test
            inside.append((f"the search in split {k}", train))
    for name, of in inside:
        for k, (train, test) in enumerate(
            _splits(search.cv, search.estimator, of, y, groups)
        ):
            yield f"Split {k} of {name}", train, test


def _splits(
    cv: Any, estimator: Any, rows: NDArray[np.intp], y: Any, groups: Any
) -> Iterable[tuple[NDArray[np.intp], NDArray[np.intp]]]:
    labels = None if y is None else np.asarray(column_or_1d(y))[rows]
    people = None if groups is None else np.asarray(column_or_1d(groups))[rows]
    if isinstance(cv, Iterator):
        raise ValueError(
            "cv is an iterator, which can be read only once: splits checked here would be "
            "missing in the search. Give them as a list: cv=list(...)."
        )
    # A copy, because splitting advances the generator that a splitter may hold.
    splitter = check_cv(copy.deepcopy(cv), labels, classifier=is_classifier(estimator))
    with warnings.catch_warnings():
        # Whether a splitter ignores the groups is what is checked here.
        warnings.filterwarnings("ignore", "The groups parameter is ignored")
        for train, test in splitter.split(np.zeros((len(rows), 1)), labels, people):
            yield rows[safe_mask(rows, train)], rows[safe_mask(rows, test)]


def _fitted_in_advance(estimator: Any) -> list[tuple[str, str]]:
    parts = [("estimator", estimator), *estimator.get_params(deep=True).items()]
    return [
        (
            "fitted in advance",
            f"{name} is a FrozenEstimator; if the rows of X were among those it was "
            "fitted on, every split leaks. Put the unfitted step into the Pipeline.",
        )
        for name, part in parts
        # It keeps no record of the rows that it was fitted on.
        if type(part).__name__ == "FrozenEstimator"
    ]


def _fitted_values(X: Any) -> list[tuple[str, str]]:
    """Return which scalers all rows together look as if they had been fitted on."""
    if is_raw(X):
        return []
    if isinstance(X, pd.DataFrame) or (isinstance(X, np.ndarray) and X.ndim == 2):
        columns, rows = np.asarray(X, dtype=np.float64), None
    else:
        rows = [
            np.asarray(row, dtype=np.float64)
            for row in (X if isinstance(X, list) else as_3d(X))
        ]
        columns = np.concatenate(rows, axis=1).T
    # A constant column is 0 after every scaler and would hide what the others show.
    moving = np.ptp(columns, axis=0) > 0
    columns = columns[:, moving]
    if columns.shape[1] == 0 or len(columns) < 3:
        return []
    found = _statistics(columns)
    if rows is not None and found:
        some = [row[moving].T for row in rows[:5]]
        # Rows that were scaled one by one have these statistics, too, and leak nothing.
        if all(len(row) > 2 and _statistics(row) == found for row in some):
            return []
    remedy = "Give the search the unscaled X and put this step into the Pipeline."
    return [(what, f"over all rows, {detail}. {remedy}") for what, detail in found]


def _statistics(columns: Floats) -> list[tuple[str, str]]:
    n, mean, sd = len(columns), columns.mean(axis=0), columns.std(axis=0)
    low, high = columns.min(axis=0), columns.max(axis=0)
    is_centered = _near(mean, 0.0, scale=sd)
    sample = np.sqrt(n / (n - 1))  # pandas divides by n - 1, scikit-learn by n
    found = []
    if is_centered and (_near(sd, 1.0) or _near(sd * sample, 1.0)):
        found.append(("standardized", "each channel or column has mean 0 and deviation 1"))
    elif not is_centered and _near(np.sqrt(np.square(columns).mean(axis=0)), 1.0):
        found.append(("standardized", "each channel or column has root mean square 1"))
    # As ChannelScaler leaves the x, y and z of each sensor.
    elif columns.shape[1] % 3 == 0 and _near(
        np.square(columns).reshape(n, -1, 3).mean(axis=(0, 2)), 1.0
    ):
        found.append(("standardized", "every three channels have root mean square 1"))
    if (_near(low, 0.0) or _near(low, -1.0)) and _near(high, 1.0):
        found.append(("scaled to a range", "each channel or column fills one range"))
    elif _near(np.abs(columns).max(axis=0), 1.0):
        found.append(
            ("scaled to a range", "each channel's or column's largest magnitude is 1")
        )
    quarter, median, three = np.percentile(columns, [25, 50, 75], axis=0)
    if _near(median, 0.0) and _near(three - quarter, 1.0):
        found.append(("standardized", "each has median 0 and interquartile range 1"))
    if is_centered and 1 < columns.shape[1] < n:
        together: Any = np.corrcoef(columns.T)
        if _near(together, np.eye(columns.shape[1])):
            found.append(
                ("centered and whitened", "no two columns correlate, as after a PCA")
            )
    return found


def _near(values: Any, target: Any, scale: Any = 1.0) -> bool:
    return bool((np.abs(values - target) <= _TOLERANCE * np.maximum(scale, 1e-12)).all())
