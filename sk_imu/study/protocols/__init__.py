"""How the sets of a study are split into folds, one file a family of protocols."""

from ._base import Split as Split
from ._base import StudyProtocol as StudyProtocol
from ._few_shot import FewShot
from ._sets import PROTOCOLS, CopiedSets, UnseenSets
from ._sets import THE_STUDY_S as THE_STUDY_S
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
