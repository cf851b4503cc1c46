"""What a protocol is: a rule that tells which sets are learnt from and which predicted."""

from collections import Counter
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import GroupKFold

__all__ = ["Factor", "Rows", "Split", "StudyProtocol", "draw_two", "why_not_nested"]

Rows = NDArray[np.intp]
#: One value for each set, such as its session; None where a set doesn't tell it.
Factor = NDArray[Any] | None


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
    #: Labelled sets of each class that the person tested has given, in few-shot.
    k: int | None = None


class StudyProtocol:
    """What the run of the study needs of a protocol; the base of all.

    ``by`` names what is split by beyond people: an attribute of the recordings, or
    ``"dataset"``. Its values, one for each set, are the ``factor`` of the methods.
    """

    name: str
    title: str
    meaning: str
    by: str | None = None
    # Of the search inside a fold, over the groups of its training sets.
    _cv: Any = GroupKFold

    def why_unavailable(
        self, y: NDArray[Any], subjects: Factor, factor: Factor = None
    ) -> str | None:
        """Return why these sets can't be split this way, None if they can.

        Parameters
        ----------
        y : ndarray of shape (n_sets,)
            The labels.
        subjects : ndarray of shape (n_sets,) or None
            The people.
        factor : ndarray of shape (n_sets,) or None, default=None
            What ``by`` names, for each set.

        Returns
        -------
        reason : str or None
            What is missing.
        """
        return self._why_not(y, subjects, factor)

    def splits(
        self,
        y: NDArray[Any],
        subjects: Factor,
        factor: Factor = None,
        *,
        quick: bool,
        seed: int,
    ) -> list[Split]:
        """Return the outer folds.

        Parameters
        ----------
        y : ndarray of shape (n_sets,)
            The labels.
        subjects : ndarray of shape (n_sets,) or None
            The people.
        factor : ndarray of shape (n_sets,) or None, default=None
            What ``by`` names, for each set.
        quick : bool
            A few folds instead of all.
        seed : int
            Seed of what is drawn.

        Returns
        -------
        splits : list of Split
            The folds.
        """
        return self._splits(y, subjects, factor, quick, seed)

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
        cv : splitter of scikit-learn
            Over the ``groups`` of the fold's training sets, or over the rows.
        """
        return self._cv(n_splits, shuffle=True, random_state=seed)

    def groups(self, subjects: Factor, factor: Factor = None) -> Factor:
        """Return the groups that the search inside a fold keeps whole.

        Parameters
        ----------
        subjects : ndarray of shape (n_sets,) or None
            The people.
        factor : ndarray of shape (n_sets,) or None, default=None
            What ``by`` names, for each set.

        Returns
        -------
        groups : ndarray of shape (n_sets,) or None
            A group for each set; None where the search splits rows.
        """
        return self._groups(subjects, factor)

    def kept_apart(self, subjects: Factor, factor: Factor = None) -> list[Any] | None:
        """Return the groupings of which train and test share no group.

        Parameters
        ----------
        subjects : ndarray of shape (n_sets,) or None
            The people.
        factor : ndarray of shape (n_sets,) or None, default=None
            What ``by`` names, for each set.

        Returns
        -------
        groupings : list of ndarray of shape (n_sets,) or None
            Such as people, placements; None if train and test may even share copies,
            which are then counted, not refused.
        """
        return self._kept_apart(subjects, factor)

    def _why_not(self, y: NDArray[Any], subjects: Factor, factor: Factor) -> str | None:
        raise NotImplementedError

    def _splits(
        self, y: NDArray[Any], subjects: Factor, factor: Factor, quick: bool, seed: int
    ) -> list[Split]:
        raise NotImplementedError

    def _groups(self, subjects: Factor, factor: Factor) -> Factor:
        return subjects

    def _kept_apart(self, subjects: Factor, factor: Factor) -> list[Any] | None:
        return [self._groups(subjects, factor)]


def draw_two(n: int) -> list[int]:
    """Return two of n by chance, in order, or as many as there are.

    Always the same, for scores of several seeds are compared person by person.
    """
    drawn = np.random.default_rng(0).choice(n, min(n, 2), replace=False)
    return sorted(drawn.tolist())


def why_not_nested(
    y: NDArray[Any], groups: Factor, splits: list[Split], what: str, nobody: str
) -> str | None:
    """Return why a search over halves of the groups can't be nested inside the splits.

    Without groups, only what the splits themselves lack is told. ``what`` is what groups
    are called, ``nobody`` begins a message on a class that can't be learnt.
    """
    for split in splits:
        missing = np.setdiff1d(y[split.test], y[split.train])
        if len(missing):
            named = ", ".join(map(str, missing))
            return f"{nobody.format(split.name)} has sets of {named}"
        if groups is None:
            continue
        here = groups[split.train]
        n_groups = len(np.unique(here))
        if n_groups < 2:
            return (
                f"the nested search needs at least 2 {what} to learn from, for "
                f"{split.name} there is {n_groups}"
            )
        # A half of the groups may be all that is learnt from.
        classes = [np.unique(y[split.train][here == group]) for group in np.unique(here)]
        alone = Counter(own[0] for own in classes if len(own) == 1).most_common(1)
        if alone and alone[0][1] >= n_groups // 2:
            label, n_alone = alone[0]
            return (
                f"{n_alone} of {n_groups} {what} learnt from for {split.name} have sets "
                f"of {label} only, so the nested search may meet one class"
            )
    return None
