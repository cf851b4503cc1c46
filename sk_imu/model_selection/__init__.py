"""Choose between models honestly: no leaks, and comparisons of people's scores."""

from .comparison import bootstrap_over_people, compare_models
from .leaks import LeakError, check_no_leak, find_leaks
from .ranking import Ranking, rank_models
from .scores import scores_by_person
from .searches import LeakWarning, check_search
from .significance import CorrectedTTest, corrected_resampled_ttest, holm

__all__ = [
    "CorrectedTTest",
    "LeakError",
    "LeakWarning",
    "Ranking",
    "bootstrap_over_people",
    "check_no_leak",
    "check_search",
    "compare_models",
    "corrected_resampled_ttest",
    "find_leaks",
    "holm",
    "rank_models",
    "scores_by_person",
]
