"""The study: pipelines, protocols from leaked to honest, one run, one set of results."""

from ..pipelines import MODELS, make_pipeline_for, wear_of
from ..segmentation import sets_of
from ._grids import grid_for
from ._planning import plan_study
from ._published import published_table
from ._results import StudyResults
from ._running import FoldError, run_study
from .protocols import (
    PROTOCOLS,
    CopiedSets,
    FewShot,
    UnseenDataset,
    UnseenPeople,
    UnseenPlacement,
    UnseenSessions,
    UnseenSets,
    UnseenSide,
)

__all__ = [
    "MODELS",
    "PROTOCOLS",
    "CopiedSets",
    "FewShot",
    "FoldError",
    "StudyResults",
    "UnseenDataset",
    "UnseenPeople",
    "UnseenPlacement",
    "UnseenSessions",
    "UnseenSets",
    "UnseenSide",
    "grid_for",
    "make_pipeline_for",
    "plan_study",
    "published_table",
    "run_study",
    "sets_of",
    "wear_of",
]

# The name of before `wear` and `placement` were two words.
placement_of = wear_of
