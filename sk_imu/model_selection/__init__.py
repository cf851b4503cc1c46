"""Choose between models honestly: comparisons of people's scores."""

from .comparison import Ranking, bootstrap_over_people, compare_models, rank_models
from .scores import scores_by_person
from .significance import CorrectedTTest, corrected_resampled_ttest, holm

__all__ = [
    "CorrectedTTest",
    "Ranking",
    "bootstrap_over_people",
    "compare_models",
    "corrected_resampled_ttest",
    "holm",
    "rank_models",
    "scores_by_person",
]
