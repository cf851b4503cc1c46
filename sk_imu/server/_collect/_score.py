"""The honest score of a model on a small collection: what its people can show."""

import warnings
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import GroupKFold, StratifiedGroupKFold

from ...recording import Recording

Fold = tuple[NDArray[np.intp], NDArray[np.intp]]
Fit = Callable[[list[Recording]], Any]
#: More fits take longer than somebody waits.
_MOST_FOLDS = 10
_SAME_PERSON_FOLDS = 5
#: Confusions that are listed.
_LISTED = 6
#: With fewer people, a mean over them is a rough guess.
_FEW_PEOPLE = 5


class HonestScore:
    """Folds whose test sets the model has not seen in any form, and their score.

    People are left out where there are two or more; sets without a person, which may be of
    any of them, have no part in it. Of one person, whole recordings are left out, which
    says nothing about others.

    Parameters
    ----------
    sets : sequence of Recording
        The sets, each with ``label`` and ``subject``.
    """

    def __init__(self, sets: Sequence[Recording]) -> None:
        self.sets = list(sets)
        self.labels = np.array([str(one.label) for one in sets])
        self.people = np.array(
            ["" if one.subject is None else str(one.subject) for one in sets]
        )
        names = sorted({*self.people} - {""})
        self._n_people = len(names)
        if self._n_people == 1:
            self.people[:] = names[0]  # nobody else is known of
        self.kind = "unseen people" if self._n_people > 1 else "same person"
        self.folds = [fold for fold in self._split() if len(fold[1])]
        if not self.folds:
            self.kind = "none"
        self._predicted: dict[int, str] = {}

    def _split(self) -> Iterator[Fold]:
        if self._n_people > 1:
            named = np.flatnonzero(self.people != "")
            split = GroupKFold(min(self._n_people, _MOST_FOLDS))
            folds = (
                (named[train], named[test])
                for train, test in split.split(named, groups=self.people[named])
            )
        else:
            # Sets that were cut from one recording stay together.
            groups = np.array([one.source or str(i) for i, one in enumerate(self.sets)])
            pairs = set(zip(groups, self.labels, strict=True))
            n_most = max(Counter(label for _, label in pairs).values(), default=0)
            n_folds = min(_SAME_PERSON_FOLDS, n_most)
            if n_folds < 2:
                return
            shuffled = StratifiedGroupKFold(n_folds, shuffle=True, random_state=0)
            folds = shuffled.split(self.labels, self.labels, groups)
        with warnings.catch_warnings():
            # An exercise with fewer recordings than folds is left out of some of them.
            warnings.simplefilter("ignore", UserWarning)
            for train, test in folds:
                known = set(self.labels[train])
                if len(known) > 1:
                    # What nobody else did cannot be recognized, and is not counted.
                    yield train, test[np.isin(self.labels[test], list(known))]

    def run(self, fit: Fit, progress: Callable[[int, int], None]) -> None:
        """Fit and predict each fold."""
        for i, (train, test) in enumerate(self.folds):
            progress(i, len(self.folds))
            model = fit([self.sets[j] for j in train])
            predicted = model.predict([self.sets[j] for j in test])
            self._predicted.update(zip(test.tolist(), map(str, predicted), strict=True))

    def report(self) -> dict[str, Any]:
        """Return the score and what it says, as JSON holds it."""
        rows = sorted(self._predicted)
        right = {i: self._predicted[i] == self.labels[i] for i in rows}
        by_person = [
            [person, float(np.mean([right[i] for i in rows if self.people[i] == person]))]
            for person in sorted({str(self.people[i]) for i in rows})
        ]
        report: dict[str, Any] = {
            "kind": self.kind,
            "score": float(np.mean([score for _, score in by_person])) if rows else None,
            "n_sets": len(self.sets),
            "n_scored": len(rows),
            "by_person": by_person,
            "confusions": self._confusions(rows),
            "labels": dict(sorted(Counter(self.labels.tolist()).items())),
        }
        return {**report, "says": _said(report)}

    def _confusions(self, rows: Sequence[int]) -> list[dict[str, Any]]:
        n_sets = Counter(self.labels[i] for i in rows)
        wrong = Counter((self.labels[i], self._predicted[i]) for i in rows)
        return [
            {"true": str(a), "predicted": b, "n": n, "n_sets": n_sets[a]}
            for (a, b), n in wrong.most_common()
            if a != b
        ][:_LISTED]


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"


def _said(report: dict[str, Any]) -> list[str]:
    """Return what the score says, and what it does not."""
    if report["kind"] == "none":
        return [
            "No score: how good the model is, is not known. Record at least two exercises "
            "twice each; of several people, two have to do the same ones."
        ]
    score, n, people = report["score"], report["n_scored"], report["by_person"]
    said = []
    if report["kind"] == "same person":
        said += [
            f"{_percent(score)} of {n} sets are right, each recognized by a model of the "
            "other recordings. They are of one person.",
            "What the model does for anybody else cannot be known from one person. It is "
            "usually worse: record a second one.",
        ]
    else:
        said.append(_said_of_people(score, n, people))
        if len(people) < _FEW_PEOPLE:
            said.append(
                f"With fewer than {_FEW_PEOPLE} people this is a rough guess; the next "
                "person may be unlike all of them."
            )
    n_left = report["n_sets"] - n
    if n_left:
        said.append(
            f"{n_left} {'set is' if n_left == 1 else 'sets are'} not in the score: without "
            "a person, or with an exercise that nobody else, or no other recording, has."
        )
    return said


def _said_of_people(score: float, n: int, people: Sequence[list[Any]]) -> str:
    if len(people) == 1:
        return (
            f"{_percent(score)} of the {n} sets of {people[0][0]} are right, recognized by "
            "a model of the other people. Nobody else could be left out."
        )
    worst = min(people, key=lambda row: row[1])
    return (
        f"{_percent(score)} of the sets of a new person are right: the mean over "
        f"{len(people)} people, each left out of the fit with all their sets ({n} sets). "
        f"The lowest is {_percent(worst[1])}, of {worst[0]}."
    )
