"""Find the sets in a recording, and the repetitions in a set."""

from ._bout import Bout
from ._bout_search import BoutSearch as BoutSearch
from ._bouts import find_bouts
from ._count_accuracy import count_accuracy
from ._counter import RepetitionCounter
from ._motion import MOTION_RATE_HZ as MOTION_RATE_HZ
from ._motion import motion_of as motion_of
from ._motion import motion_resampler as motion_resampler
from ._motion import moving_sensors as moving_sensors
from ._motion import slow_part as slow_part
from ._quality import SetQuality, set_quality
from ._repetitions import Repetition, cut_repetitions, find_repetitions
from ._repetitions import median_period_s as median_period_s
from ._set_segmenter import SetSegmenter
from ._sets import segment_sets, sets_of
from ._thresholds import THRESHOLDS as THRESHOLDS
from ._thresholds import check_periods as check_periods

__all__ = [
    "Bout",
    "Repetition",
    "RepetitionCounter",
    "SetQuality",
    "SetSegmenter",
    "count_accuracy",
    "cut_repetitions",
    "find_bouts",
    "find_repetitions",
    "segment_sets",
    "set_quality",
    "sets_of",
]
