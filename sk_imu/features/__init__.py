"""Tables of features from panels, for classifiers of tables."""

from ._flatten import Flatten
from ._minirocket import MiniRocketFeatures
from ._statistics import BANDS_HZ as BANDS_HZ
from ._statistics import NO_POWER as NO_POWER
from ._summary import SummaryFeatures

__all__ = ["Flatten", "MiniRocketFeatures", "SummaryFeatures"]
