"""Protocols that hold out whole people, sessions, placements, sides or data sets."""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.model_selection import StratifiedGroupKFold

from ._base import Factor, Split, StudyProtocol, draw_two, why_not_nested

__all__ = [
    "UnseenDataset",
    "UnseenPeople",
    "UnseenPlacement",
    "UnseenSessions",
    "UnseenSide",
]


class UnseenPeople(StudyProtocol):
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
    meaning = "tested on a person of whom nothing was learnt"
    # What the groups are called, and how a message on a class nobody else has begins.
    _what = "subjects"
    _nobody = "only {}"

    def _why_not(self, y: NDArray[Any], subjects: Factor, factor: Factor) -> str | None:
        reason = self._what_is_missing(subjects, factor)
        if reason is not None:
            return reason
        # Where people are not named, the search splits sets.
        groups = None if subjects is None else self._groups(subjects, factor)
        splits = self._all_splits(subjects, factor)
        return why_not_nested(y, groups, splits, self._what, self._nobody)

    def _splits(
        self, y: NDArray[Any], subjects: Factor, factor: Factor, quick: bool, seed: int
    ) -> list[Split]:
        splits = self._all_splits(subjects, factor)
        return [splits[i] for i in draw_two(len(splits))] if quick else splits

    def _what_is_missing(self, subjects: Factor, factor: Factor) -> str | None:
        if subjects is None:
            return "the data set names no subjects"
        n_people = len(np.unique(subjects))
        if n_people < 3:
            return f"the nested search needs at least 3 subjects, there are {n_people}"
        return None

    def _all_splits(self, subjects: Factor, factor: Factor) -> list[Split]:
        groups = np.asarray(self._groups(subjects, factor))
        return [
            Split(
                f"subject {group}",
                np.flatnonzero(groups != group),
                np.flatnonzero(groups == group),
            )
            for group in np.unique(groups)
        ]


class UnseenSessions(UnseenPeople):
    """Leave one session out: people the model knows, on another occasion.

    Tested are the sessions of people who have another one to learn from; the sets of
    people with one session are only learnt from.

    Examples
    --------
    >>> import numpy as np
    >>> from sk_imu.study import UnseenSessions
    >>> y, subjects = np.tile(["lunge", "squat"], 8), np.repeat(["Ann", "Bob"], 8)
    >>> sessions = np.tile(np.repeat([1, 2], 4), 2)
    >>> splits = UnseenSessions().splits(y, subjects, sessions, quick=False, seed=0)
    >>> [split.name for split in splits][:2]
    ['subject Ann, session 1', 'subject Ann, session 2']
    """

    name = "unseen-sessions"
    title = "unseen sessions"
    meaning = "tested on a session of a person of whom other sessions were learnt"
    by = "session"
    _what = "sessions"

    def _groups(self, subjects: Factor, factor: Factor) -> Factor:
        if subjects is None or factor is None:
            return None
        return np.array(
            [
                f"{subject}, session {session}"
                for subject, session in zip(subjects, factor, strict=True)
            ]
        )

    def _what_is_missing(self, subjects: Factor, factor: Factor) -> str | None:
        if subjects is None:
            return "the data set names no subjects"
        reason = _why_unnamed(factor, "session")
        if reason is not None:
            return reason
        if not self._all_splits(subjects, factor):
            return "no subject has two sessions"
        return None

    def _all_splits(self, subjects: Factor, factor: Factor) -> list[Split]:
        people = np.asarray(subjects)
        # With nothing but other people's sessions to learn from, it would be an unseen
        # person.
        return [
            split
            for split in super()._all_splits(subjects, factor)
            if people[split.test[0]] in people[split.train]
        ]


class UnseenPlacement(UnseenPeople):
    """Hold out one person at one placement; learn from others at other placements.

    People are kept apart, too: a person's own movement at another placement would tell
    much about the one held out.

    Examples
    --------
    >>> import numpy as np
    >>> from sk_imu.study import UnseenPlacement
    >>> y, people = np.tile(["lunge", "squat"], 12), np.repeat(["Ann", "Bob", "Cy"], 8)
    >>> places = np.tile(np.repeat(["hand", "pocket"], 4), 3)
    >>> splits = UnseenPlacement().splits(y, people, places, quick=False, seed=0)
    >>> train = splits[0].train
    >>> splits[0].name, np.unique(places[train]).tolist(), np.unique(people[train]).tolist()
    ('hand, subject Ann', ['pocket'], ['Bob', 'Cy'])
    """

    name = "unseen-placement"
    title = "unseen placement and people"
    meaning = "tested on an unseen person with the device where it never was in training"
    by: str | None = "placement"
    _nobody = "for {}, no other subject elsewhere"

    def _kept_apart(self, subjects: Factor, factor: Factor) -> list[Any] | None:
        return [subjects, factor]

    def _what_is_missing(self, subjects: Factor, factor: Factor) -> str | None:
        reason = super()._what_is_missing(subjects, factor)
        if reason is None:
            reason = _why_unnamed(factor, str(self.by))
        if reason is None and factor is not None and len(set(factor)) < 2:
            return f"all sets have the {self.by} {factor[0]}"
        return reason

    def _all_splits(self, subjects: Factor, factor: Factor) -> list[Split]:
        assert subjects is not None
        assert factor is not None
        return [
            Split(
                f"{value}, subject {person}",
                np.flatnonzero((factor != value) & (subjects != person)),
                np.flatnonzero((factor == value) & (subjects == person)),
            )
            for value in sorted(set(factor))
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
    meaning = "tested on an unseen person's left after learning from right sides, and so on"
    by = "side"


class UnseenDataset(UnseenPeople):
    """Learn from all data sets but one, test on that one.

    It needs the data as a mapping of names to data sets.

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
    meaning = "tested on a data set of which nothing was learnt"
    by = "dataset"
    # Stratified, for the groups may be single sets.
    _cv = StratifiedGroupKFold

    def _groups(self, subjects: Factor, factor: Factor) -> Factor:
        if subjects is None and factor is not None:
            return np.arange(len(factor))
        return subjects

    def _kept_apart(self, subjects: Factor, factor: Factor) -> list[Any] | None:
        return [factor] if subjects is None else [factor, subjects]

    def _what_is_missing(self, subjects: Factor, factor: Factor) -> str | None:
        if factor is None:
            return "the data are one data set: give a mapping of names to data sets"
        return None

    def _all_splits(self, subjects: Factor, factor: Factor) -> list[Split]:
        assert factor is not None
        return [
            Split(
                f"data set {name}",
                np.flatnonzero(factor != name),
                np.flatnonzero(factor == name),
            )
            for name in dict.fromkeys(factor)
        ]


def _why_unnamed(factor: Factor, what: str) -> str | None:
    """Return how many sets don't tell what is split by, None if all do."""
    n_nameless = 1 if factor is None else int(pd.isna(factor).sum())
    if factor is None or n_nameless == len(factor):
        return f"the recordings name no {what}"
    return f"{n_nameless} of {len(factor)} sets name no {what}" if n_nameless else None
