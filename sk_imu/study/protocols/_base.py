"""The base of protocols, which define training and test sets."""

from collections import Counter
from dataclasses import dataclass
from inspect import signature
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import GroupKFold

Rows = NDArray[np.intp]
Labels = NDArray[Any]
#: One value for each set, such as its session; None where it is unknown.
Factor = NDArray[Any] | None


@dataclass(frozen=True)
class Fold:
    """One train/test split of a protocol.

    Rows count through the sets and then, where a protocol makes copies, through the
    first copy of each set, the second, and so on.
    """

    name: str
    train: Rows
    test: Rows
    n_copies: int = 0
    #: Number of labeled sets per class of the person tested, in few-shot.
    k: int | None = None


class Protocol:
    """Base class of all protocols, with the methods that a run of the study calls.

    ``by`` names what is split by, besides people: an attribute of the recordings, or
    ``"dataset"``. Its values, one for each set, are the ``factor`` of the methods.
    """

    name: str
    title: str
    meaning: str
    by: str | None = None
    # Splitter of the search inside a fold, over the groups of its training sets.
    _cv: Any = GroupKFold

    def __repr__(self) -> str:
        """Return the call that makes it, with the parameters that are not the defaults."""
        # A protocol of the user's own may keep a parameter under another name.
        values = {
            name: (getattr(self, name, parameter.default), parameter.default)
            for name, parameter in signature(type(self)).parameters.items()
        }
        given = {
            name: np.asarray(value).tolist()
            for name, (value, default) in values.items()
            # Lists and arrays, too, which == would compare value by value.
            if not np.array_equal(value, default)
        }
        text = ", ".join(f"{name}={value!r}" for name, value in given.items())
        return f"{type(self).__name__}({text})"

    def why_unavailable(
        self, y: Labels, subjects: Factor, factor: Factor = None, *, search: bool = True
    ) -> str | None:
        """Return why these sets cannot be split this way, None if they can.

        Parameters
        ----------
        y, subjects, factor : ndarray of shape (n_sets,)
            The labels, the people and what ``by`` names. People or factor that are not
            known are None.
        search : bool, default=True
            Whether each fold searches hyperparameters in its training set, which has to
            be split again for that. The budget "plain" does not.

        Returns
        -------
        reason : str or None
            What is missing.
        """
        raise NotImplementedError

    def splits(
        self, y: Labels, subjects: Factor, factor: Factor = None, *, quick: bool, seed: int
    ) -> list[Fold]:
        """Return the outer folds.

        Parameters
        ----------
        y, subjects, factor : ndarray of shape (n_sets,)
            The labels, the people and what ``by`` names. People or factor that are not
            known are None.
        quick : bool
            A few folds instead of all.
        seed : int
            Random seed.

        Returns
        -------
        folds : list of Fold
            The folds.
        """
        raise NotImplementedError

    def inner_cv(self, n_splits: int, seed: int) -> Any:
        """Return the splitter of the search inside a fold.

        Parameters
        ----------
        n_splits : int
            Number of folds.
        seed : int
            Random seed of the shuffle.

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
        subjects, factor : ndarray of shape (n_sets,) or None
            The people and what ``by`` names.

        Returns
        -------
        groups : ndarray of shape (n_sets,) or None
            A group for each set; None where the search splits rows.
        """
        return subjects

    def kept_apart(self, subjects: Factor, factor: Factor = None) -> list[Any] | None:
        """Return the groupings in which train and test share no group.

        Parameters
        ----------
        subjects, factor : ndarray of shape (n_sets,) or None
            The people and what ``by`` names.

        Returns
        -------
        groupings : list of ndarray of shape (n_sets,) or None
            Such as people or placements. None if train and test may even share copies,
            which are then counted instead of being an error.
        """
        return [self.groups(subjects, factor)]


def draw_two(n: int) -> list[int]:
    """Return two of n numbers at random, in order, or as many as there are."""
    # Always the same, because scores of several seeds are compared person by person.
    drawn = np.random.default_rng(0).choice(n, min(n, 2), replace=False)
    return sorted(drawn.tolist())


def why_not_fitted(y: Labels, folds: list[Fold], nobody: str) -> str | None:
    """Return why a model cannot be fitted on each fold and tested.

    ``nobody`` begins a message about a class that cannot be learned.
    """
    for fold in folds:
        # No model can learn such a class, so errors on it would say nothing.
        missing = np.setdiff1d(y[fold.test], y[fold.train])
        if len(missing):
            named = ", ".join(map(str, missing))
            return f"{nobody.format(fold.name)} has sets of {named}"
        if len(np.unique(y[fold.train])) < 2:
            return f"for {fold.name}, there is one class to learn from"
    return None


def why_not_nested(y: Labels, groups: Factor, folds: list[Fold], what: str) -> str | None:
    """Return why a search over halves of the groups cannot be nested inside the folds.

    ``what`` is what groups are called. Without groups, the search splits sets.
    """
    if groups is None:
        return None
    for fold in folds:
        here = groups[fold.train]
        n_groups = len(np.unique(here))
        if n_groups < 2:
            return (
                f"the nested search needs at least 2 {what} to learn from, for "
                f"{fold.name} there is {n_groups}"
            )
        # The nested search may learn from half of the groups only.
        classes = [np.unique(y[fold.train][here == group]) for group in np.unique(here)]
        alone = Counter(own[0] for own in classes if len(own) == 1).most_common(1)
        if alone and alone[0][1] >= n_groups // 2:
            label, n_alone = alone[0]
            return (
                f"{n_alone} of {n_groups} {what} to learn from for {fold.name} have "
                f"sets of {label} only, so the nested search may meet one class"
            )
    return None
