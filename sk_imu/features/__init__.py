"""Tables of features from panels, and the classifier that needs no whole table of them."""

from ._flatten import Flatten
from ._minirocket import MiniRocketFeatures
from ._minirocket_classifier import MiniRocketClassifier
from ._statistics import BANDS_HZ as BANDS_HZ
from ._statistics import NO_POWER as NO_POWER
from ._summary import SummaryFeatures

__all__ = ["Flatten", "MiniRocketClassifier", "MiniRocketFeatures", "SummaryFeatures"]
