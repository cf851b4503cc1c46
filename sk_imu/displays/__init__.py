"""Drawings in scikit-learn's manner: made from data, drawn by ``plot``, drawn again.

Displays of one picture have ``ax_``, those of several panels ``axes_``; all have
``figure_`` and what they drew as plain attributes. Colours are those of Okabe and Ito.
"""

from ._accuracy_time import AccuracyTimeDisplay
from ._augmentation import AugmentationDisplay
from ._critical_differences import CriticalDifferenceDisplay
from ._loss_curves import LossCurvesDisplay
from ._people import PeopleDisplay
from ._personalisation import PersonalisationDisplay
from ._recording import RecordingDisplay
from ._resampling import ResamplingDisplay
from ._roc import RocByClassDisplay
from ._segmentation import SegmentationDisplay
from ._style import COLOURS as COLOURS
from ._style import MARKERS as MARKERS
from ._style import name_of as name_of
from ._style import shown as shown
from ._style import write_note as write_note

__all__ = [
    "AccuracyTimeDisplay",
    "AugmentationDisplay",
    "CriticalDifferenceDisplay",
    "LossCurvesDisplay",
    "PeopleDisplay",
    "PersonalisationDisplay",
    "RecordingDisplay",
    "ResamplingDisplay",
    "RocByClassDisplay",
    "SegmentationDisplay",
]
