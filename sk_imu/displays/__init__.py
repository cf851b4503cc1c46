"""Drawings in scikit-learn's manner: made from data, drawn by ``plot``, drawn again.

Displays of one picture have ``ax_``, those of several panels ``axes_``; all have
``figure_`` and what they drew as plain attributes. Colours are those of Okabe and Ito.
"""

from typing import TYPE_CHECKING, Any

from .accuracy_time import AccuracyTimeDisplay
from .augmentation import AugmentationDisplay
from .by_model import draw_confusions, draw_rocs
from .critical_differences import CriticalDifferenceDisplay
from .loss_curves import LossCurvesDisplay
from .people import PeopleDisplay
from .personalisation import PersonalisationDisplay
from .recording import RecordingDisplay
from .resampling import ResamplingDisplay
from .roc import RocByClassDisplay
from .segmentation import SegmentationDisplay
from .style import COLOURS as COLOURS
from .style import MARKERS as MARKERS
from .style import shown as shown
from .style import title_of as title_of

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
    "draw_confusions",
    "draw_losses",
    "draw_resampling",
    "draw_rocs",
]


def draw_resampling(figure: "Figure | SubFigure", example: dict[str, Any]) -> None:
    """Draw a set as recorded, on the uniform clock, and at a fixed length."""
    ResamplingDisplay.from_example(example, ax=figure)


def draw_losses(figure: "Figure | SubFigure", curves: "pd.DataFrame") -> None:
    """Draw a panel a protocol and net: mean loss over the folds, and its range."""
    LossCurvesDisplay.from_curves(curves, scores=["loss"], ax=figure)
