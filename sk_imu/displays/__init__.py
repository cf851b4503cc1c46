"""Displays as in scikit-learn: made from data by ``from_*``, drawn by ``plot``.

Displays of one plot have ``ax_``, those of several panels have ``axes_``. All have
``figure_``, and keep what they draw in plain attributes.
"""

from ._abstention import AbstentionDisplay
from ._accuracy_time import AccuracyTimeDisplay
from ._attribution import AttributionDisplay
from ._augmentation import AugmentationDisplay
from ._critical_differences import CriticalDifferenceDisplay
from ._loss_curves import LossCurvesDisplay
from ._nearest_sets import NearestSetsDisplay
from ._people import PeopleDisplay
from ._personalisation import PersonalisationDisplay
from ._phase_difference import PhaseDifferenceDisplay
from ._recording import RecordingDisplay
from ._reliability import ReliabilityDisplay
from ._resampling import ResamplingDisplay
from ._roc import RocByClassDisplay
from ._segmentation import SegmentationDisplay
from ._style import name_of as name_of
from ._style import shown as shown
from ._style import write_note as write_note
from ._words import FEWEST_PEOPLE as FEWEST_PEOPLE
from ._words import LONG_NAMES as LONG_NAMES
from ._words import listed as listed
from ._words import no_interval as no_interval
from ._words import one_line as one_line
from ._words import percent as percent
from ._words import significant_for as significant_for

__all__ = [
    "AbstentionDisplay",
    "AccuracyTimeDisplay",
    "AttributionDisplay",
    "AugmentationDisplay",
    "CriticalDifferenceDisplay",
    "LossCurvesDisplay",
    "NearestSetsDisplay",
    "PeopleDisplay",
    "PersonalisationDisplay",
    "PhaseDifferenceDisplay",
    "RecordingDisplay",
    "ReliabilityDisplay",
    "ResamplingDisplay",
    "RocByClassDisplay",
    "SegmentationDisplay",
]
