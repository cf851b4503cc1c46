"""Ways to split the same sets, from the leaked to the honest ones."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import StratifiedKFold, train_test_split

from ._base import Factor, Split, StudyProtocol
from ._few_shot import FewShot
from ._unseen import (
    UnseenDataset,
    UnseenPeople,
    UnseenPlacement,
    UnseenSessions,
    UnseenSide,
)

__all__ = ["PROTOCOLS", "THE_STUDY_S", "CopiedSets", "UnseenSets"]

_TEST_SIZE = 0.2


class UnseenSets(StudyProtocol):
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
    meaning = "tested on new sets of people the model has learnt from"
    _n_copies = 0
    _cv = StratifiedKFold

    def _why_not(self, y: NDArray[Any], subjects: Factor, factor: Factor) -> str | None:
        labels, counts = np.unique(y, return_counts=True)
        rare = [
            f"{label} has {n}" for label, n in zip(labels, counts, strict=True) if n < 4
        ]
        return f"each class needs at least 4 sets, but {', '.join(rare)}" if rare else None

    def _splits(
        self, y: NDArray[Any], subjects: Factor, factor: Factor, quick: bool, seed: int
    ) -> list[Split]:
        # Stratified, as in the study.
        n_rows = len(y) * (1 + self._n_copies)
        train, test = train_test_split(
            np.arange(n_rows),
            test_size=max(_TEST_SIZE, len(np.unique(y)) / n_rows),
            stratify=np.tile(y, 1 + self._n_copies),
            random_state=seed,
        )
        return [Split("80/20", train, test, self._n_copies)]

    def _groups(self, subjects: Factor, factor: Factor) -> Factor:
        return None

    def _kept_apart(self, subjects: Factor, factor: Factor) -> list[Any] | None:
        return None


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
    meaning = "tested on sets and copies whose copies were learnt: the leak"

    def __init__(self, n_copies: int = 1) -> None:
        self._n_copies = n_copies


#: The protocols by name, in the order of the tables.
PROTOCOLS: dict[str, StudyProtocol] = {
    protocol.name: protocol
    for protocol in (
        *(CopiedSets(), UnseenSets(), UnseenPeople()),
        *(UnseenSessions(), UnseenPlacement(), UnseenSide(), UnseenDataset(), FewShot()),
    )
}
#: What a run takes unless told otherwise.
THE_STUDY_S = ("copied-sets", "unseen-sets", "unseen-people")
