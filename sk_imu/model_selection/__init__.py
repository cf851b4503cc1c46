"""Choose between models without leaks, by their scores on people."""

from ._comparison import bootstrap_over_people, compare_models
from ._ranking import Ranking, rank_models
from ._scores import people_by_model as people_by_model
from ._scores import scores_by_person
from ._significance import CorrectedTTest, corrected_resampled_ttest, holm
from ._significance import expanded_quantile as expanded_quantile
from .leaks import LeakError, LeakWarning, check_no_leak, check_search, find_leaks

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
