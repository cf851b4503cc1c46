"""Tables of features from panels, for classifiers of tables."""

from ._flatten import Flatten
from ._minirocket import MiniRocketFeatures
from ._summary import SummaryFeatures

__all__ = ["Flatten", "MiniRocketFeatures", "SummaryFeatures"]
