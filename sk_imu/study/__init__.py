"""The study: five pipelines, three protocols, one run, one set of results."""

from .data import sets_of
from .pipelines import MODELS, grid_for, make_pipeline_for, placement_of
from .protocols import PROTOCOLS, CopiedSets, UnseenPeople, UnseenSets
from .published import published_table
from .results import StudyResults
from .running import run_study

__all__ = [
    "MODELS",
    "PROTOCOLS",
    "CopiedSets",
    "StudyResults",
    "UnseenPeople",
    "UnseenSets",
    "grid_for",
    "make_pipeline_for",
    "placement_of",
    "published_table",
    "run_study",
    "sets_of",
]
