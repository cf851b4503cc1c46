"""Protocols that split sets at random, and the table of all protocols."""

from typing import Any

import numpy as np
from sklearn.model_selection import StratifiedKFold, train_test_split

from ._base import Factor, Fold, Labels, Protocol
from ._few_shot import FewShot
from ._unseen import (
    UnseenDataset,
    UnseenPeople,
    UnseenPlacement,
    UnseenSessions,
    UnseenSide,
)

_TEST_SIZE = 0.2


class UnseenSets(Protocol):
    """Sets, then 80/20: test sets are new, but of people the model has learned from.

    Augmented copies are made inside the folds, from training sets only.

    Examples
    --------
    >>> import numpy as np
    >>> from sk_imu.study import UnseenSets
    >>> y = np.repeat(["lunge", "squat"], 10)
    >>> fold, = UnseenSets().splits(y, None, quick=True, seed=0)
    >>> len(fold.train), len(fold.test)
    (16, 4)
    """

    name = "unseen-sets"
    title = "(b) sets, then 80/20"
    meaning = "tested on new sets of people the model has learned from"
    n_copies = 0
    _cv = StratifiedKFold

    def why_unavailable(
        self, y: Labels, subjects: Factor, factor: Factor = None, *, search: bool = True
    ) -> str | None:
        # One set to test, and as many to learn from as there are folds of the search.
        least = 4 if search else 2
        counts = zip(*np.unique(y, return_counts=True), strict=True)
        rare = ", ".join(f"{label} has {n}" for label, n in counts if n < least)
        return f"each class needs at least {least} sets, but {rare}" if rare else None

    def splits(
        self, y: Labels, subjects: Factor, factor: Factor = None, *, quick: bool, seed: int
    ) -> list[Fold]:
        # Stratified, as in Zhang et al. (2024).
        n_rows = len(y) * (1 + self.n_copies)
        train, test = train_test_split(
            np.arange(n_rows),
            # Stratified, scikit-learn wants a test row of each class.
            test_size=max(_TEST_SIZE, len(np.unique(y)) / n_rows),
            stratify=np.tile(y, 1 + self.n_copies),
            random_state=seed,
        )
        return [Fold("80/20", train, test, self.n_copies)]

    def groups(self, subjects: Factor, factor: Factor = None) -> Factor:
        return None

    def kept_apart(self, subjects: Factor, factor: Factor = None) -> list[Any] | None:
        return None


class CopiedSets(UnseenSets):
    """Copies, then 80/20: the protocol of Zhang et al. (2024), which leaks.

    Every set is augmented first; sets and copies are then split at random, so that most
    test rows have a copy of themselves among the training rows. This protocol shows what
    that does to the scores. It is the only place where copies are rows.

    Parameters
    ----------
    n_copies : int, default=1
        Augmented copies of each set.

    Examples
    --------
    >>> import numpy as np
    >>> from sk_imu.study import CopiedSets
    >>> y = np.repeat(["lunge", "squat"], 10)
    >>> fold, = CopiedSets().splits(y, None, quick=True, seed=0)
    >>> len(fold.train), len(fold.test)
    (32, 8)
    >>> len(set(fold.test % 20) & set(fold.train % 20))  # test sets learned from
    8
    """

    name = "copied-sets"
    title = "(a) copies, then 80/20"
    meaning = "tested on sets and copies whose copies were learned from: the leak"

    def __init__(self, n_copies: int = 1) -> None:
        self.n_copies = n_copies


#: The protocols by name, in the order of the tables.
PROTOCOLS: dict[str, Protocol] = {
    protocol.name: protocol
    for protocol in (
        *(CopiedSets(), UnseenSets(), UnseenPeople()),
        *(UnseenSessions(), UnseenPlacement(), UnseenSide(), UnseenDataset(), FewShot()),
    )
}
