"""What a collection lacks before a model of it can be trusted."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Any

from ._folder import KeptSet

#: Labels of doing nothing.
REST = ("rest", "none", "nothing", "idle", "pause")
#: With fewer, a score says little. Of each exercise, of each person.
_PEOPLE, _SETS = 5, 3
#: Exercises confused in so many of their sets are named.
_CONFUSED = 0.1


def advice_on(sets: Sequence[KeptSet], report: dict[str, Any] | None = None) -> list[str]:
    """Return what to record next, the most needed first.

    Parameters
    ----------
    sets : sequence of KeptSet
        What is there.
    report : dict, default=None
        The report of the last fit, which has its confusions.
    """
    labels = sorted({one.label for one in sets})
    if not sets:
        return ["Record a first set: choose a person and an exercise, and start."]
    advice = []
    exercises = [label for label in labels if label.casefold() not in REST]
    if len(labels) < 2:
        advice.append("A model needs at least two exercises: record another one.")
    advice += _confused(report)
    advice += _people(sets, exercises)
    advice += _few(sets)
    if len(exercises) == len(labels):
        advice.append(
            "There is no rest. Without it, the model calls sitting and walking one of the "
            "exercises: record sets of “rest”, doing what is done between sets."
        )
    advice += _placements(sets)
    return advice


def _people(sets: Sequence[KeptSet], exercises: Sequence[str]) -> list[str]:
    people = {one.subject for one in sets if one.subject}
    if len(people) < 2:
        return [
            "There is one person. What the model does for others cannot be known, and is "
            "usually worse: record a second person."
        ]
    alone = defaultdict(set)
    for one in sets:
        alone[one.label].add(one.subject)
    single = [label for label in exercises if len(alone[label]) == 1]
    advice = []
    if single:
        advice.append(
            f"Only one person did {_listed(single)}: no score for a new person can be "
            "given there."
        )
    if len(people) < _PEOPLE:
        advice.append(
            f"There are {len(people)} people. With {_PEOPLE} or more, the score for a new "
            "person says more."
        )
    return advice


def _few(sets: Sequence[KeptSet]) -> list[str]:
    people = sorted({one.subject for one in sets})
    counts = Counter((one.subject, one.label) for one in sets)
    labels = sorted({one.label for one in sets})
    few = [
        f"{label} by {person or 'nobody named'} ({counts[person, label]})"
        for label in labels
        for person in people
        if counts[person, label] < _SETS
    ]
    return [f"Fewer than {_SETS} sets: {_listed(few)}."] if few else []


def _placements(sets: Sequence[KeptSet]) -> list[str]:
    by_label: dict[str, set[str]] = defaultdict(set)
    for one in sets:
        by_label[one.label].add(one.placement)
    every = sorted({place for places in by_label.values() for place in places if place})
    if len(every) < 2:
        where = f" ({every[0]})" if every else ""
        return [
            f"The phone was always worn in one place{where}: wear it there to be "
            "recognized."
        ]
    lacking = [
        f"{label} ({', '.join(sorted(set(every) - places))})"
        for label, places in sorted(by_label.items())
        if set(every) - places
    ]
    # A model would learn the placement instead of the exercise.
    return [f"Not in all placements: {_listed(lacking)}."] if lacking else []


def _confused(report: dict[str, Any] | None) -> list[str]:
    return [
        f"“{one['true']}” was taken for “{one['predicted']}” in {one['n']} of "
        f"{one['n_sets']} sets: record more of both, or make them one exercise."
        for one in (report or {}).get("confusions", [])
        if one["n"] / one["n_sets"] > _CONFUSED
    ]


def _listed(names: Sequence[str], most: int = 4) -> str:
    rest = len(names) - most
    return ", ".join(names[:most]) + (f" and {rest} more" if rest > 0 else "")
