"""Personalization: what a few labeled sets of the new person add."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from ._base import Factor, Fold, Labels, draw_two
from ._unseen import HeldOut


class FewShot(HeldOut):
    """Learn from all others and from k labeled sets per class of the person tested.

    In each draw the person's sets are put in random order. The model learns from the
    first k of each class. The test sets are those that no k learns from, so that they
    are the same for every k and the scores make a learning curve over k. All people
    tested get the same values of k: up to one less than the fewest sets that one of them
    has of a class. People who have one set of a class, or one class, are never tested.

    Parameters
    ----------
    ks : sequence of int, default=(0, 1, 2, 3)
        Numbers of labeled sets per class of the person, as far as their sets allow.
    n_draws : int, default=3
        Number of orders drawn for each person and seed.

    Examples
    --------
    >>> import numpy as np
    >>> from sk_imu.study import FewShot
    >>> y, people = np.tile(["lunge", "squat"], 9), np.repeat(["Ann", "Bob", "Cy"], 6)
    >>> folds = FewShot(n_draws=1).splits(y, people, quick=False, seed=0)
    >>> [(fold.name, len(fold.train), len(fold.test)) for fold in folds[:3]]
    [('subject Ann, draw 1, k=0', 12, 2), ('subject Ann, draw 1, k=1', 14, 2),
     ('subject Ann, draw 1, k=2', 16, 2)]
    """

    name = "few-shot"
    title = "few labeled sets of the new person"
    meaning = "tested on a person of whom k sets of each class were learned from"

    def __init__(self, ks: Sequence[int] = (0, 1, 2, 3), n_draws: int = 3) -> None:
        self.ks = ks
        self.n_draws = n_draws

    def why_unavailable(
        self, y: Labels, subjects: Factor, factor: Factor = None, *, search: bool = True
    ) -> str | None:
        reason = super().why_unavailable(y, subjects, factor, search=search)
        if reason is not None:
            return reason
        to_give = _sets_to_give(y, subjects)
        if not to_give:
            return "no subject has two sets of each of their classes"
        k_max = min(to_give.values())
        if not any(0 <= k <= k_max for k in self.ks):
            return (
                f"ks={list(self.ks)} has no number from 0 to {k_max}, the most sets that "
                "all people can give"
            )
        return None

    def splits(
        self, y: Labels, subjects: Factor, factor: Factor = None, *, quick: bool, seed: int
    ) -> list[Fold]:
        assert subjects is not None
        to_give = _sets_to_give(y, subjects)
        people, k_max = list(to_give), min(to_give.values())
        ks = sorted(k for k in set(self.ks) if 0 <= k <= k_max)
        n_draws = self.n_draws
        if quick:
            people = [people[i] for i in draw_two(len(people))]
            ks, n_draws = ks[:2], 1
        folds = []
        for person in people:
            others, own = np.flatnonzero(subjects != person), subjects == person
            # A random stream per person, so that it does not matter who else is tested.
            number = int(np.flatnonzero(own)[0])
            for draw in range(n_draws):
                rng = np.random.default_rng([seed, draw, number])
                order = [
                    rng.permutation(np.flatnonzero(own & (y == label)))
                    for label in np.unique(y[own])
                ]
                # From the largest k on, so that every k is tested on the same sets.
                test = np.sort(np.concatenate([rows[max(ks) :] for rows in order]))
                folds += [
                    Fold(
                        f"subject {person}, draw {draw + 1}, k={k}",
                        np.sort(np.concatenate([others, *(rows[:k] for rows in order)])),
                        test,
                        k=k,
                    )
                    for k in ks
                ]
        return folds

    def kept_apart(self, subjects: Factor, factor: Factor = None) -> list[Any] | None:
        # No set is on both sides, but the person is.
        return []


def _sets_to_give(y: Labels, subjects: Factor) -> dict[Any, int]:
    """Return how many sets of each class a person can label, with one left to test."""
    assert subjects is not None
    to_give = {}
    for person in np.unique(subjects):
        counts = np.unique(y[subjects == person], return_counts=True)[1]
        # With one class nothing can be confused, and a single set is needed for the test.
        if len(counts) > 1 and counts.min() > 1:
            to_give[person] = int(counts.min()) - 1
    return to_give
