"""Check that train and test share no rows, copies of rows or people."""

from itertools import combinations
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from sklearn.utils import column_or_1d

from ._compared_rows import Rows, as_rows
from ._exact_copies import identical_rows, shared_values
from ._near_copies import NearCopy, near_copies
from ._pieces import Line

Indices = NDArray[np.intp]

#: How similar two rows must be to be copies, by the least number of moving channels.  With
#: six, different sets reach 0.985 at most, and copies with noise of a tenth of the
#: movement 0.995; fewer channels leave more room for chance: with three, different sets
#: reach 0.996, with one 0.999.  docs/results/leaks.rst has the data and what is missed.
_LEAST_SIMILARITY = {6: 0.99, 3: 0.998, 1: 0.9998}
#: A copy on the same clock that correlates more was only rescaled; one that covers more of
#: the longer row is a copy of the whole row.
_ONLY_RESCALED, _WHOLE = 0.99999, 0.97
#: Pairs that a LeakError lists.
_N_LISTED = 10

# The worst first, as find_leaks lists them.
_KINDS = [
    *("same row", "identical", "overlap", "changed points"),
    *("rescaled", "noisy", "resampled", "stretched", "group"),
]
_COLUMNS = ["kind", "similarity", "share", "stretch", "shift"]


class LeakError(ValueError):
    """Train and test share rows, copies of rows or people.

    Parameters
    ----------
    message : str
        What was found, and what to do.
    findings : DataFrame, default=None
        The table of :func:`find_leaks`.

    Attributes
    ----------
    findings : DataFrame
        One row for each pair.

    Examples
    --------
    >>> import numpy as np
    >>> from sk_imu.model_selection import LeakError, check_no_leak
    >>> X = np.random.default_rng(0).normal(size=(4, 3, 100))
    >>> X[3] = X[0]
    >>> try:
    ...     check_no_leak(X, train=[0, 1], test=[2, 3])
    ... except LeakError as error:
    ...     print(error.findings[["train_row", "test_row", "kind"]])
       train_row  test_row       kind
    0          0         3  identical
    """

    def __init__(self, message: str, findings: pd.DataFrame | None = None) -> None:
        super().__init__(message)
        self.findings = findings


class _Finding(NamedTuple):
    first: int
    second: int
    kind: str
    similarity: float
    share: float
    stretch: float
    shift: float

    def reversed(self) -> "_Finding":
        """Return the finding with the rows exchanged."""
        stretch, shift = Line(self.stretch, self.shift).inverse()
        return self._replace(
            first=self.second, second=self.first, stretch=stretch, shift=shift
        )


def find_leaks(
    X: Any,
    y: ArrayLike | None = None,
    groups: ArrayLike | None = None,
    *,
    train: ArrayLike | None = None,
    test: ArrayLike | None = None,
) -> pd.DataFrame:
    """List the pairs of rows that share something.

    Only the values of rows are compared.  Copies are found even if they were cut into
    overlapping windows, shifted, rescaled, stretched, resampled or made noisy.  With
    ``train`` and ``test``, pairs across the two are listed; without them all pairs, which
    shows the duplicates in a data set.

    Parameters
    ----------
    X : list of Recording, list of arrays, array, or DataFrame
        The rows: recordings; arrays of shape (n_channels, n_timesteps_i); an array of
        shape (n_rows, n_channels, n_timesteps).  A 2-D array or DataFrame may be a table
        of features, where only equal rows are found: give one channel as
        (n_rows, 1, n_timesteps).
    y : array-like of shape (n_rows,), default=None
        The labels.  If given, the table says whether those of a pair agree.
    groups : array-like of shape (n_rows,), default=None
        The people.  With ``train`` and ``test``, each test row whose person is in train
        is a finding of kind "group".
    train, test : array-like of int or bool, default=None
        The rows of either side, as a splitter returns them.  Give both or neither.

    Returns
    -------
    findings : DataFrame
        The worst kinds first, with the columns

        train_row, test_row : int
            The pair; ``row`` and ``other_row`` without a split.
        kind : str
            "same row", "identical", "overlap" (equal values at a lag), "changed points"
            (equal at half of the timesteps or more), "rescaled", "noisy", "resampled"
            (whole rows at another rate or length), "stretched" (parts of them), or
            "group".
        similarity : float
            1 for equal values.  Otherwise the square root of the share of one row's
            variance that the other explains, estimated from the moving timesteps that
            agree best; NaN for a group.
        share : float
            Share of the shorter row that the two have in common.
        stretch, shift : float
            Where in time the pair agrees: the first row's time is
            ``stretch * time of the second + shift``, in timesteps, or for recordings in
            seconds since the start of each.
        same_label : bool
            Only with ``y``.

    Raises
    ------
    ValueError
        If X is not in a known state, lengths disagree, or only one of ``train`` and
        ``test`` is given.

    See Also
    --------
    check_no_leak : Raise an error if there is a finding.
    check_search : Check a search and its splits.

    Notes
    -----
    :doc:`/guide/leaks` describes what is found and what is not, and :doc:`/results/leaks`
    has the error rates.

    Examples
    --------
    >>> from sk_imu.datasets import load_watch
    >>> from sk_imu.model_selection import find_leaks
    >>> X = [r.streams["Gyroscope"].values.T for r in load_watch().data[:6]]
    >>> X.append(1.7 * X[2][:, 200:900])
    >>> findings = find_leaks(X)
    >>> findings[["row", "other_row", "kind"]]
       row  other_row      kind
    0    2          6  rescaled
    """
    rows, n_rows = as_rows(X)
    for name, given in (("y", y), ("groups", groups)):
        if given is not None and len(column_or_1d(given)) != n_rows:
            raise ValueError(
                f"{name} has {len(column_or_1d(given))} entries, X {n_rows} rows: give one "
                "entry for each row."
            )
    if (train is None) != (test is None):
        raise ValueError("Give both train and test, or neither to compare all rows.")
    if train is None or test is None:
        return findings_table(_copies(rows, np.ones((n_rows, n_rows), dtype=bool)), y)
    in_train = _as_rows_of_side(train, n_rows, "train")
    in_test = _as_rows_of_side(test, n_rows, "test")
    asked = np.zeros((n_rows, n_rows), dtype=bool)
    asked[np.ix_(in_train, in_test)] = True
    both = np.intersect1d(in_train, in_test).tolist()
    findings = [_Finding(i, i, "same row", 1.0, 1.0, 1.0, 0.0) for i in both]
    # Pairs are looked up with the smaller row number first, whichever side it is on.
    findings += _copies(rows, asked | asked.T)
    if groups is not None:
        findings += shared_groups(np.asarray(column_or_1d(groups)), in_train, in_test)
    return findings_table(findings, y, in_train)


def check_no_leak(
    X: Any,
    y: ArrayLike | None = None,
    groups: ArrayLike | None = None,
    *,
    train: ArrayLike,
    test: ArrayLike,
) -> None:
    """Raise an error if train and test share rows, copies of rows or people.

    Parameters
    ----------
    X : list of Recording, list of arrays, array, or DataFrame
        The rows, as in :func:`find_leaks`.
    y : array-like of shape (n_rows,), default=None
        The labels, for the table in the error.
    groups : array-like of shape (n_rows,), default=None
        The people.  If given, nobody may be on both sides.
    train, test : array-like of int or bool
        The rows of either side, as a splitter returns them.

    Raises
    ------
    LeakError
        If there is a finding: a ValueError with the table as ``findings``.  Its message
        lists the first ten pairs and counts all.
    ValueError
        As :func:`find_leaks`.

    See Also
    --------
    find_leaks : Return the table instead.
    check_search : Check a search and its splits.

    Examples
    --------
    >>> from sklearn.model_selection import LeaveOneGroupOut
    >>> from sk_imu.datasets import load_watch
    >>> from sk_imu.model_selection import check_no_leak
    >>> watch = load_watch()
    >>> X, groups = watch.data[:20], watch.subject[:20]
    >>> for train, test in LeaveOneGroupOut().split(X, groups=groups):
    ...     check_no_leak(X, groups=groups, train=train, test=test)
    """
    findings = find_leaks(X, y, groups, train=train, test=test)
    if len(findings):
        raise LeakError(describe_findings(findings), findings)


def describe_findings(findings: pd.DataFrame) -> str:
    """Return an error message: the first pairs, how many there are, and the remedy."""
    counts = findings["kind"].value_counts(sort=False)
    pairs = []
    for train, test, kind, similarity in findings.iloc[:_N_LISTED, :4].to_numpy():
        close = "" if np.isnan(similarity) else f", similarity {similarity:.4f}"
        pairs.append(f"train row {train}, test row {test}: {kind}{close}")
    if len(findings) > _N_LISTED:
        pairs.append(f"... and {len(findings) - _N_LISTED} more")
    remedies = []
    if (counts.index == "group").any():
        remedies.append("split by people, for example with GroupKFold and groups=")
    if (counts.index != "group").any():
        remedies.append(
            "keep one row per set and leave windows, copies and augmentation to estimators "
            "inside the folds (WindowedClassifier, AugmentedClassifier), or give rows of "
            "one origin the same group"
        )
    total = ", ".join(f"{n} {kind}" for kind, n in counts.items())
    return (
        f"Train and test share {len(findings)} pairs of rows ({total}):\n  "
        + "\n  ".join(pairs)
        + f"\nTo fix it: {'; '.join(remedies)}."
    )


def _as_rows_of_side(rows: Any, n_rows: int, side: str) -> Indices:
    given = np.asarray(rows)
    if given.dtype == bool and given.shape == (n_rows,):
        return np.flatnonzero(given)
    if given.ndim != 1 or (given.size and given.dtype.kind not in "iu"):
        raise ValueError(
            f"{side} must be a list of row numbers, or a mask of shape ({n_rows},)."
        )
    given = given.astype(np.intp)
    # Negative numbers count from the end, as in X[train].
    if given.size and not (-n_rows <= given.min() and given.max() < n_rows):
        raise ValueError(f"{side} has rows beyond the {n_rows} of X.")
    return np.unique(given % n_rows)


def _copies(rows: Rows, asked: NDArray[np.bool_]) -> list[_Finding]:
    """Return what the pairs asked for share, as the strictest kind that holds."""
    asked = asked.copy()
    np.fill_diagonal(asked, False)
    n_rows = len(asked)
    found = []
    whole = [
        np.concatenate([of_sensor[i].ravel() for of_sensor in rows.exact])[np.newaxis]
        for i in range(n_rows)
    ]
    # Flattened rows of different shapes may be equal.
    lengths = [tuple(s[i].shape for s in rows.exact) for i in range(n_rows)]
    for group in identical_rows(whole):
        for i, j in combinations(group, 2):
            if asked[i, j] and lengths[i] == lengths[j]:
                found.append(_Finding(i, j, "identical", 1.0, 1.0, 1.0, 0.0))
                # A pair is listed once, so weaker kinds are not asked for.
                asked[i, j] = asked[j, i] = False
    is_table = not rows.even
    for of_sensor, period in zip(rows.exact, rows.seconds, strict=True):
        for i, j, equal, lag, share, _ in shared_values(of_sensor, asked):
            # In a table of features, rows may well agree in half of the columns.
            if is_table and equal < 1:
                continue
            kind = "overlap" if equal == 1 else "changed points"
            found.append(_Finding(i, j, kind, equal, share, 1.0, lag * period))
            asked[i, j] = asked[j, i] = False
    for near in () if is_table else near_copies(rows.even, asked):
        if near.similarity < least_similarity(near.n_channels):
            continue
        i, j = near.first, near.second
        kind = _kind(near, rows.even[i].shape[1], rows.even[j].shape[1])
        line = near.stretch, near.shift * rows.second
        found.append(_Finding(i, j, kind, near.similarity, near.share, *line))
    return found


def least_similarity(n_channels: int) -> float:
    """Return how similar rows with this many moving channels are if they are copies."""
    return next((s for n, s in _LEAST_SIMILARITY.items() if n_channels >= n), 1.0)


def _kind(near: NearCopy, n_first: int, n_second: int) -> str:
    # Over the whole row the two clocks differ by less than half a timestep.
    if abs(near.stretch - 1) * n_second < 0.5:
        return "rescaled" if near.correlation > _ONLY_RESCALED else "noisy"
    lengths = (n_first / near.stretch, float(n_second))
    is_whole = near.share * min(lengths) >= _WHOLE * max(lengths)
    return "resampled" if is_whole else "stretched"


def shared_groups(groups: NDArray[Any], train: Indices, test: Indices) -> list[_Finding]:
    """Return each test row whose person is in train, with that person's first train row."""
    first = {groups[i]: i for i in train[::-1].tolist()}  # the last one to be set stays
    return [
        _Finding(first[groups[j]], j, "group", np.nan, np.nan, np.nan, np.nan)
        for j in test.tolist()
        if groups[j] in first
    ]


def find_copies(X: Any) -> list[_Finding]:
    """Return the findings among all rows."""
    rows, n_rows = as_rows(X)
    return _copies(rows, np.ones((n_rows, n_rows), dtype=bool))


def across(findings: list[_Finding], train: Indices, test: Indices) -> list[_Finding]:
    """Return the findings with one row in train and the other in test."""
    sides = set(train.tolist()), set(test.tolist())
    return [
        one
        for one in findings
        if (one.first in sides[0] and one.second in sides[1])
        or (one.first in sides[1] and one.second in sides[0])
    ]


def findings_table(
    findings: list[_Finding], y: ArrayLike | None, train: Indices | None = None
) -> pd.DataFrame:
    """Return the table of :func:`find_leaks`, with the train row of each pair first."""
    in_train = None if train is None else set(train.tolist())
    listed = [
        one if in_train is None or one.first in in_train else one.reversed()
        for one in findings
    ]
    listed.sort(key=lambda one: (_KINDS.index(one.kind), one.second, one.first))
    names = ["row", "other_row"] if train is None else ["train_row", "test_row"]
    table = pd.DataFrame(listed, columns=[*names, *_COLUMNS])
    if y is not None:
        labels = np.asarray(column_or_1d(y))
        pair = table[names].to_numpy(dtype=np.intp)
        table["same_label"] = labels[pair[:, 0]] == labels[pair[:, 1]]
    return table
