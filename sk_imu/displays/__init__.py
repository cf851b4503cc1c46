"""Drawings in scikit-learn's manner: made from data, drawn by ``plot``, drawn again.

Displays of one picture have ``ax_``, those of several panels ``axes_``; all have
``figure_`` and what they drew as plain attributes. Colours are those of Okabe and Ito.
"""

from typing import TYPE_CHECKING, Any

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
from ._style import title_of as title_of
from ._style import write_note as write_note

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure, SubFigure

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
    "draw_losses",
    "draw_resampling",
]


def draw_resampling(figure: "Figure | SubFigure", example: dict[str, Any]) -> None:
    """Draw a set as recorded, on the uniform clock, and at a fixed length."""
    ResamplingDisplay.from_example(example, ax=figure)


def draw_losses(figure: "Figure | SubFigure", curves: "pd.DataFrame") -> None:
    """Draw a panel a protocol and net: mean loss over the folds, and its range."""
    LossCurvesDisplay.from_curves(curves, scores=["loss"], ax=figure)
