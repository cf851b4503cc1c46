"""Tables of features from panels, for classifiers of tables."""

from ._minirocket import MiniRocketFeatures
from ._tables import Flatten, SummaryFeatures

__all__ = ["Flatten", "MiniRocketFeatures", "SummaryFeatures"]
