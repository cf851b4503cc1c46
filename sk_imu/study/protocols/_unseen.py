"""Protocols that hold out whole people, sessions, placements, sides or data sets."""

from numbers import Integral
from typing import Any

import numpy as np
import pandas as pd
from sklearn.model_selection import StratifiedGroupKFold

from ._base import Factor, Fold, Labels, Protocol, draw_two, why_not_fitted, why_not_nested


class HeldOut(Protocol):
    """Base of the protocols that leave out each group in turn: people, if nothing else."""

    # What the groups are called, and the start of a message on a class nobody else has.
    _what = "subjects"
    _nobody = "only {}"

    def why_unavailable(
        self, y: Labels, subjects: Factor, factor: Factor = None, *, search: bool = True
    ) -> str | None:
        reason = self._what_is_missing(subjects, factor, search)
        if reason is not None:
            return reason
        folds = self._all_folds(subjects, factor)
        reason = why_not_fitted(y, folds, self._nobody)
        if reason is not None or not search:
            return reason
        # Where people are not named, the search splits sets.
        groups = None if subjects is None else self.groups(subjects, factor)
        return why_not_nested(y, groups, folds, self._what)

    def splits(
        self, y: Labels, subjects: Factor, factor: Factor = None, *, quick: bool, seed: int
    ) -> list[Fold]:
        # The seed draws nothing here, because all are left out in turn.
        folds = self._all_folds(subjects, factor)
        return [folds[i] for i in draw_two(len(folds))] if quick else folds

    def _what_is_missing(
        self, subjects: Factor, factor: Factor, search: bool
    ) -> str | None:
        if subjects is None:
            return "the data set names no subjects"
        n_people = len(np.unique(subjects))
        if n_people < (3 if search else 2):
            needs = "the nested search needs at least 3" if search else "needs at least 2"
            return f"{needs} subjects, there {'is' if n_people == 1 else 'are'} {n_people}"
        return None

    def _all_folds(self, subjects: Factor, factor: Factor) -> list[Fold]:
        groups = np.asarray(self.groups(subjects, factor))
        return [
            Fold(
                f"subject {group}",
                np.flatnonzero(groups != group),
                np.flatnonzero(groups == group),
            )
            for group in np.unique(groups)
        ]


class UnseenPeople(HeldOut):
    """Leave one subject out, with the search nested inside: the honest score.

    Parameters
    ----------
    n_folds : int, default=None
        Number of groups of subjects to leave out in turn where there are more subjects, to
        save time. The groups are drawn once, and are the same for every seed. None leaves
        each subject out.

    Examples
    --------
    >>> import numpy as np
    >>> from sk_imu.study import UnseenPeople
    >>> y, subjects = np.tile(["lunge", "squat"], 10), np.repeat([1, 2, 3, 4, 5], 4)
    >>> [fold.name for fold in UnseenPeople().splits(y, subjects, quick=True, seed=0)]
    ['subject 4', 'subject 5']
    >>> in_two = UnseenPeople(n_folds=2).splits(y, subjects, quick=False, seed=0)
    >>> [np.unique(subjects[fold.test]).tolist() for fold in in_two]
    [[3, 4, 5], [1, 2]]
    """

    name = "unseen-people"
    title = "(c) unseen people"
    meaning = "tested on a person whom the model has not learned from"

    def __init__(self, n_folds: int | None = None) -> None:
        self.n_folds = n_folds

    def _all_folds(self, subjects: Factor, factor: Factor) -> list[Fold]:
        assert subjects is not None
        people = np.unique(subjects)
        if not (self.n_folds is None or isinstance(self.n_folds, Integral)):
            raise ValueError(
                f"UnseenPeople: n_folds={self.n_folds!r} is no whole number. Give one, or "
                "None to leave out each subject."
            )
        if self.n_folds is None or self.n_folds >= len(people):
            return super()._all_folds(subjects, factor)
        if self.n_folds < 2:
            raise ValueError(
                f"UnseenPeople: n_folds={self.n_folds} leaves nobody to learn from. Give 2 "
                "or more, or None to leave out each subject."
            )
        # Mixed, because people who were recorded together often have numbers in a row. Not
        # by the study's seed, so that the scores of several seeds are of the same folds.
        mixed = np.random.default_rng(0).permutation(people)
        left_out = [
            np.isin(subjects, group) for group in np.array_split(mixed, self.n_folds)
        ]
        return [
            Fold(f"group {k}", np.flatnonzero(~test), np.flatnonzero(test))
            for k, test in enumerate(left_out, start=1)
        ]


class UnseenSessions(HeldOut):
    """Leave one session out: people of the training set, in another session.

    The sessions of people who have another one to learn from are tested; people with one
    session are never tested.

    Examples
    --------
    >>> import numpy as np
    >>> from sk_imu.study import UnseenSessions
    >>> y, subjects = np.tile(["lunge", "squat"], 8), np.repeat(["Ann", "Bob"], 8)
    >>> sessions = np.tile(np.repeat([1, 2], 4), 2)
    >>> folds = UnseenSessions().splits(y, subjects, sessions, quick=False, seed=0)
    >>> [fold.name for fold in folds][:2]
    ['subject Ann, session 1', 'subject Ann, session 2']
    """

    name = "unseen-sessions"
    title = "unseen sessions"
    meaning = "tested on a session of a person whose other sessions were learned from"
    by = "session"
    _what = "sessions"

    def groups(self, subjects: Factor, factor: Factor = None) -> Factor:
        if subjects is None or factor is None:
            return None
        # Together, because session 1 of one person is not that of another.
        return np.array(
            [
                f"{subject}, session {session}"
                for subject, session in zip(subjects, factor, strict=True)
            ]
        )

    def _what_is_missing(
        self, subjects: Factor, factor: Factor, search: bool
    ) -> str | None:
        if subjects is None:
            return "the data set names no subjects"
        reason = _why_unnamed(factor, "session")
        if reason is not None:
            return reason
        if not self._all_folds(subjects, factor):
            return "no subject has two sessions"
        return None

    def _all_folds(self, subjects: Factor, factor: Factor) -> list[Fold]:
        people = np.asarray(subjects)
        # With only the sessions of other people to learn from, it would be an unseen
        # person.
        return [
            fold
            for fold in super()._all_folds(subjects, factor)
            if people[fold.test[0]] in people[fold.train]
        ]


class UnseenPlacement(HeldOut):
    """Hold out one person at one placement; learn from others at other placements.

    People are kept apart, too, because a person's own movement at another placement
    would reveal much about the one held out.

    Examples
    --------
    >>> import numpy as np
    >>> from sk_imu.study import UnseenPlacement
    >>> y, people = np.tile(["lunge", "squat"], 12), np.repeat(["Ann", "Bob", "Cy"], 8)
    >>> places = np.tile(np.repeat(["hand", "pocket"], 4), 3)
    >>> folds = UnseenPlacement().splits(y, people, places, quick=False, seed=0)
    >>> train = folds[0].train
    >>> folds[0].name, np.unique(places[train]).tolist(), np.unique(people[train]).tolist()
    ('hand, subject Ann', ['pocket'], ['Bob', 'Cy'])
    """

    name = "unseen-placement"
    title = "unseen placement and people"
    meaning = "tested on an unseen person with the device where no training set has it"
    by: str | None = "placement"
    _nobody = "for {}, no other subject elsewhere"

    def kept_apart(self, subjects: Factor, factor: Factor = None) -> list[Any] | None:
        return [subjects, factor]

    def _what_is_missing(
        self, subjects: Factor, factor: Factor, search: bool
    ) -> str | None:
        reason = super()._what_is_missing(subjects, factor, search)
        if reason is None:
            reason = _why_unnamed(factor, str(self.by))
        if reason is None and factor is not None and len(set(factor)) < 2:
            return f"all sets have the {self.by} {factor[0]}"
        return reason

    def _all_folds(self, subjects: Factor, factor: Factor) -> list[Fold]:
        assert subjects is not None
        assert factor is not None
        return [
            Fold(
                f"{value}, subject {person}",
                np.flatnonzero((factor != value) & (subjects != person)),
                np.flatnonzero((factor == value) & (subjects == person)),
            )
            for value in sorted(set(factor))
            # Not everybody was recorded at every place.
            for person in np.unique(subjects[factor == value])
        ]


class UnseenSide(UnseenPlacement):
    """Hold out one person on one side of the body; learn from others on the other side.

    Examples
    --------
    >>> import numpy as np
    >>> from sk_imu.study import UnseenSide
    >>> y, people = np.tile(["lunge", "squat"], 12), np.repeat(["Ann", "Bob", "Cy"], 8)
    >>> UnseenSide().why_unavailable(y, people, np.repeat(["left"], 24))
    'all sets have the side left'
    """

    name = "unseen-side"
    title = "unseen side and people"
    meaning = (
        "tested on one side of an unseen person, learning from the other side of others"
    )
    by = "side"


class UnseenDataset(HeldOut):
    """Learn from all data sets but one, test on that one.

    The data must be a mapping of names to data sets.

    Examples
    --------
    >>> import numpy as np
    >>> from sk_imu.study import UnseenDataset
    >>> y, people = np.tile(["lunge", "squat"], 8), np.repeat(["Ann", "Bob"], 8)
    >>> UnseenDataset().why_unavailable(y, people)
    'the data are one data set: give a mapping of names to data sets'
    """

    name = "unseen-dataset"
    title = "unseen data set"
    meaning = "tested on a data set that the model has not learned from"
    by = "dataset"
    # Stratified, because the groups may be single sets.
    _cv = StratifiedGroupKFold

    def groups(self, subjects: Factor, factor: Factor = None) -> Factor:
        # Without names of people, no sets are known to belong together.
        if subjects is None and factor is not None:
            return np.arange(len(factor))
        return subjects

    def kept_apart(self, subjects: Factor, factor: Factor = None) -> list[Any] | None:
        return [factor] if subjects is None else [factor, subjects]

    def _what_is_missing(
        self, subjects: Factor, factor: Factor, search: bool
    ) -> str | None:
        if factor is None:
            return "the data are one data set: give a mapping of names to data sets"
        return None

    def _all_folds(self, subjects: Factor, factor: Factor) -> list[Fold]:
        assert factor is not None
        return [
            Fold(
                f"data set {name}",
                np.flatnonzero(factor != name),
                np.flatnonzero(factor == name),
            )
            for name in dict.fromkeys(factor)
        ]


def _why_unnamed(factor: Factor, what: str) -> str | None:
    """Return how many sets lack the attribute that is split by, None if all have it."""
    n_nameless = 1 if factor is None else int(pd.isna(factor).sum())
    if factor is None or n_nameless == len(factor):
        return f"the recordings name no {what}"
    return f"{n_nameless} of {len(factor)} sets name no {what}" if n_nameless else None
