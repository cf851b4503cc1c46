"""Three ways to split the same sets, from the leaked to the honest one."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import GroupKFold, StratifiedKFold, train_test_split

__all__ = ["PROTOCOLS", "CopiedSets", "Split", "UnseenPeople", "UnseenSets"]

Rows = NDArray[np.intp]
_TEST_SIZE = 0.2


@dataclass(frozen=True)
class Split:
    """One outer fold: which rows are learnt from, which are predicted.

    Rows count through the sets and then, where a protocol makes copies, through the
    first copy of each set, the second, and so on.
    """

    name: str
    train: Rows
    test: Rows
    n_copies: int = 0


class StudyProtocol(Protocol):
    """What the run of the study needs of a protocol."""

    name: str
    title: str

    def why_unavailable(self, y: NDArray[Any], subjects: NDArray[Any] | None) -> str | None:
        """Return why these sets can't be split this way, None if they can."""

    def splits(
        self, y: NDArray[Any], subjects: NDArray[Any] | None, *, quick: bool, seed: int
    ) -> list[Split]:
        """Return the outer folds."""

    def inner_cv(self, n_splits: int, seed: int) -> Any:
        """Return the splitter of the search inside a fold."""


class UnseenSets:
    """Sets, then 80/20: test sets are new, but of people the model has learnt from.

    Augmented copies are made inside the folds, of training sets only.

    Examples
    --------
    >>> import numpy as np
    >>> from sk_imu.study import UnseenSets
    >>> y = np.repeat(["lunge", "squat"], 10)
    >>> split, = UnseenSets().splits(y, None, quick=True, seed=0)
    >>> len(split.train), len(split.test)
    (16, 4)
    """

    name = "unseen-sets"
    title = "(b) sets, then 80/20"
    _n_copies = 0

    def why_unavailable(self, y: NDArray[Any], subjects: NDArray[Any] | None) -> str | None:
        """Return why these sets can't be split this way, None if they can.

        Parameters
        ----------
        y : ndarray of shape (n_sets,)
            The labels.
        subjects : ndarray of shape (n_sets,) or None
            The people.

        Returns
        -------
        reason : str or None
            What is missing.
        """
        labels, counts = np.unique(y, return_counts=True)
        rare = [
            f"{label} has {n}" for label, n in zip(labels, counts, strict=True) if n < 4
        ]
        return f"each class needs at least 4 sets, but {', '.join(rare)}" if rare else None

    def splits(
        self, y: NDArray[Any], subjects: NDArray[Any] | None, *, quick: bool, seed: int
    ) -> list[Split]:
        """Return the one outer fold: a stratified 80/20 split, as in the study.

        Parameters
        ----------
        y : ndarray of shape (n_sets,)
            The labels.
        subjects : ndarray of shape (n_sets,) or None
            Not used.
        quick : bool
            Not used.
        seed : int
            Seed of the split.

        Returns
        -------
        splits : list of Split
            The fold.
        """
        n_rows = len(y) * (1 + self._n_copies)
        train, test = train_test_split(
            np.arange(n_rows),
            test_size=max(_TEST_SIZE, len(np.unique(y)) / n_rows),
            stratify=np.tile(y, 1 + self._n_copies),
            random_state=seed,
        )
        return [Split("80/20", train, test, self._n_copies)]

    def inner_cv(self, n_splits: int, seed: int) -> Any:
        """Return the splitter of the search inside a fold.

        Parameters
        ----------
        n_splits : int
            Number of folds.
        seed : int
            Seed of the shuffle.

        Returns
        -------
        cv : StratifiedKFold
            Over the fold's training rows.
        """
        return StratifiedKFold(n_splits, shuffle=True, random_state=seed)


class CopiedSets(UnseenSets):
    """Copies, then 80/20: the leaked reading of the study.

    Every set is augmented first; sets and copies are then split at random, so that most
    test rows have a copy of themselves among the training rows.  It is here to show what
    that does to the figures, and is the only place where copies are rows.

    Parameters
    ----------
    n_copies : int, default=1
        Augmented copies of each set.

    Examples
    --------
    >>> import numpy as np
    >>> from sk_imu.study import CopiedSets
    >>> y = np.repeat(["lunge", "squat"], 10)
    >>> split, = CopiedSets().splits(y, None, quick=True, seed=0)
    >>> len(split.train), len(split.test)
    (32, 8)
    >>> len(set(split.test % 20) & set(split.train % 20))  # test sets learnt from
    8
    """

    name = "copied-sets"
    title = "(a) copies, then 80/20"

    def __init__(self, n_copies: int = 1) -> None:
        self._n_copies = n_copies


class UnseenPeople:
    """Leave one subject out, with the search nested inside: the honest figure.

    Examples
    --------
    >>> import numpy as np
    >>> from sk_imu.study import UnseenPeople
    >>> y, subjects = np.tile(["lunge", "squat"], 10), np.repeat([1, 2, 3, 4, 5], 4)
    >>> [split.name for split in UnseenPeople().splits(y, subjects, quick=True, seed=0)]
    ['subject 4', 'subject 5']
    """

    name = "unseen-people"
    title = "(c) unseen people"

    def why_unavailable(self, y: NDArray[Any], subjects: NDArray[Any] | None) -> str | None:
        """Return why these sets can't be split this way, None if they can.

        Parameters
        ----------
        y : ndarray of shape (n_sets,)
            The labels.
        subjects : ndarray of shape (n_sets,) or None
            The people.

        Returns
        -------
        reason : str or None
            What is missing.
        """
        if subjects is None:
            return "the data set names no subjects"
        people = np.unique(subjects)
        if len(people) < 3:
            return f"the nested search needs at least 3 subjects, there are {len(people)}"
        for person in people:
            others = np.unique(y[subjects != person])
            if len(others) < len(np.unique(y)):
                only = np.setdiff1d(np.unique(y), others)
                return f"only subject {person} has sets of {', '.join(map(str, only))}"
        # The nested search may learn from no more people than that.
        n_learnt = (len(people) - 1) // 2
        classes = [np.unique(y[subjects == person]) for person in people]
        labels, counts = np.unique(
            [own[0] for own in classes if len(own) == 1], return_counts=True
        )
        if (counts >= n_learnt).any():
            return (
                f"{counts.max()} of {len(people)} subjects have sets of "
                f"{labels[counts.argmax()]} only, so the nested search may meet one class"
            )
        return None

    def splits(
        self, y: NDArray[Any], subjects: NDArray[Any] | None, *, quick: bool, seed: int
    ) -> list[Split]:
        """Return the outer folds: one a subject, or two subjects drawn by the seed.

        Parameters
        ----------
        y : ndarray of shape (n_sets,)
            The labels.
        subjects : ndarray of shape (n_sets,)
            The people.
        quick : bool
            Two people instead of all.
        seed : int
            Seed of the draw.

        Returns
        -------
        splits : list of Split
            The folds.
        """
        assert subjects is not None
        people: Sequence[Any] = list(np.unique(subjects))
        if quick:
            drawn = np.random.default_rng(seed).choice(len(people), 2, replace=False)
            people = [people[i] for i in sorted(drawn)]
        return [
            Split(
                f"subject {person}",
                np.flatnonzero(subjects != person),
                np.flatnonzero(subjects == person),
            )
            for person in people
        ]

    def inner_cv(self, n_splits: int, seed: int) -> Any:
        """Return the splitter of the search inside a fold.

        Parameters
        ----------
        n_splits : int
            Number of folds.
        seed : int
            Seed of the shuffle.

        Returns
        -------
        cv : GroupKFold
            Over the fold's training people.
        """
        return GroupKFold(n_splits, shuffle=True, random_state=seed)


#: The protocols by name, in the order of the tables.
PROTOCOLS: dict[str, StudyProtocol] = {
    protocol.name: protocol for protocol in (CopiedSets(), UnseenSets(), UnseenPeople())
}
