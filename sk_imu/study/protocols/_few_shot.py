"""Personalisation: what a few labelled sets of the new person are worth."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ._base import Factor, Rows, Split, draw_two
from ._unseen import UnseenPeople

__all__ = ["FewShot"]


class FewShot(UnseenPeople):
    """Learn from all others and k labelled sets a class of the person tested.

    In each draw the person's sets are put in an order by chance. The first k of each
    class are learnt from; tested are those that no k learns from, so that the test sets
    are the same for every k and the scores make a learning curve over k. All people
    tested get the same values of k: up to one less than the fewest sets that one of them
    has of a class. People who have but one set of a class, or one class, are only
    learnt from.

    Parameters
    ----------
    ks : sequence of int, default=(0, 1, 2, 3)
        Labelled sets of each class of the person, as far as their sets allow.
    n_draws : int, default=3
        Orders drawn for each person and seed.

    Examples
    --------
    >>> import numpy as np
    >>> from sk_imu.study import FewShot
    >>> y, people = np.tile(["lunge", "squat"], 9), np.repeat(["Ann", "Bob", "Cy"], 6)
    >>> splits = FewShot(n_draws=1).splits(y, people, quick=False, seed=0)
    >>> [(split.name, len(split.train), len(split.test)) for split in splits[:3]]
    [('subject Ann, draw 1, k=0', 12, 2), ('subject Ann, draw 1, k=1', 14, 2),
     ('subject Ann, draw 1, k=2', 16, 2)]
    """

    name = "few-shot"
    title = "few labelled sets of the new person"
    meaning = "tested on a person of whom k sets of each class were learnt"

    def __init__(self, ks: Sequence[int] = (0, 1, 2, 3), n_draws: int = 3) -> None:
        self.ks = ks
        self.n_draws = n_draws

    def _why_not(self, y: NDArray[Any], subjects: Factor, factor: Factor) -> str | None:
        reason = super()._why_not(y, subjects, factor)
        if reason is not None:
            return reason
        to_give = _sets_to_give(y, subjects)
        if not to_give:
            return "no subject has two sets of each of their classes"
        k_max = min(to_give.values())
        if not any(0 <= k <= k_max for k in self.ks):
            return f"ks={list(self.ks)} has none of 0 to {k_max}, which all can give"
        return None

    def _splits(
        self, y: NDArray[Any], subjects: Factor, factor: Factor, quick: bool, seed: int
    ) -> list[Split]:
        assert subjects is not None
        to_give = _sets_to_give(y, subjects)
        people, k_max = list(to_give), min(to_give.values())
        ks = sorted(k for k in set(self.ks) if 0 <= k <= k_max)
        n_draws = self.n_draws
        if quick:
            people = [people[i] for i in draw_two(len(people))]
            ks, n_draws = ks[:2], 1
        splits = []
        for person in people:
            others, own = np.flatnonzero(subjects != person), subjects == person
            # Each person's own stream: the same whoever else is tested.
            number = int(np.flatnonzero(own)[0])
            for draw in range(n_draws):
                rng = np.random.default_rng([seed, draw, number])
                order = [
                    rng.permutation(np.flatnonzero(own & (y == label)))
                    for label in np.unique(y[own])
                ]
                test = np.sort(np.concatenate([rows[max(ks) :] for rows in order]))
                splits += [
                    Split(
                        f"subject {person}, draw {draw + 1}, k={k}",
                        _joined([others, *(rows[:k] for rows in order)]),
                        test,
                        k=k,
                    )
                    for k in ks
                ]
        return splits

    def _kept_apart(self, subjects: Factor, factor: Factor) -> list[Any] | None:
        # No set is on both sides, but the person is.
        return []


def _joined(rows: list[Rows]) -> Rows:
    return np.sort(np.concatenate(rows))


def _sets_to_give(y: NDArray[Any], subjects: Factor) -> dict[Any, int]:
    """Return how many sets of each class a person can label and leave one to test."""
    assert subjects is not None
    to_give = {}
    for person in np.unique(subjects):
        counts = np.unique(y[subjects == person], return_counts=True)[1]
        if len(counts) > 1 and counts.min() > 1:
            to_give[person] = int(counts.min()) - 1
    return to_give
