"""How the sets of a study are split into folds, one file per family of protocols."""

from ._base import Fold as Fold
from ._base import Protocol as Protocol
from ._few_shot import FewShot
from ._sets import PROTOCOLS, CopiedSets, UnseenSets
from ._unseen import (
    UnseenDataset,
    UnseenPeople,
    UnseenPlacement,
    UnseenSessions,
    UnseenSide,
)

__all__ = [
    "PROTOCOLS",
    "CopiedSets",
    "FewShot",
    "UnseenDataset",
    "UnseenPeople",
    "UnseenPlacement",
    "UnseenSessions",
    "UnseenSets",
    "UnseenSide",
]
