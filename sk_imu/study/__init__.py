"""The study: pipelines, protocols from leaked to honest, one run, one set of results."""

from .data import sets_of
from .few_shot import FewShot
from .pipelines import MODELS, grid_for, make_pipeline_for, placement_of
from .planning import plan_study
from .protocols import PROTOCOLS, CopiedSets, UnseenSets
from .published import published_table
from .results import StudyResults
from .running import FoldError, run_study
from .unseen import (
    UnseenDataset,
    UnseenPeople,
    UnseenPlacement,
    UnseenSessions,
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
    "placement_of",
    "plan_study",
    "published_table",
    "run_study",
    "sets_of",
]
