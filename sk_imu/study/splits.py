"""What a protocol is: a rule that tells which sets are learnt from and which predicted."""

from collections import Counter
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

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


class StudyProtocol(Protocol):
    """What the run of the study needs of a protocol.

    ``by`` names what is split by beyond people: an attribute of the recordings, or
    ``"dataset"``. Its values, one for each set, are the ``factor`` of the methods.
    """

    name: str
    title: str
    meaning: str
    by: str | None

    def why_unavailable(
        self, y: NDArray[Any], subjects: Factor, factor: Factor = None
    ) -> str | None:
        """Return why these sets can't be split this way, None if they can."""

    def splits(
        self,
        y: NDArray[Any],
        subjects: Factor,
        factor: Factor = None,
        *,
        quick: bool,
        seed: int,
    ) -> list[Split]:
        """Return the outer folds."""

    def inner_cv(self, n_splits: int, seed: int) -> Any:
        """Return the splitter of the search inside a fold."""

    def groups(self, subjects: Factor, factor: Factor = None) -> Factor:
        """Return the groups that the search inside a fold keeps whole, None for rows."""

    def kept_apart(self, subjects: Factor, factor: Factor = None) -> list[Any] | None:
        """Return the groupings of which train and test share no group.

        None if train and test may even share copies.
        """


def draw_two(n: int, seed: int) -> list[int]:
    """Return two of n by the seed, in order, or as many as there are."""
    drawn = np.random.default_rng(seed).choice(n, min(n, 2), replace=False)
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
