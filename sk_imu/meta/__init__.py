"""Classifiers that train on more rows than they are given, and predict one label per set.

Copies and windows exist inside ``fit`` and ``predict`` only.  So a splitter over the rows
of X never divides a set, and each copy and window carries the group of its set into any
split that the wrapped classifier makes.
"""

from ._augmented import AugmentedClassifier
from ._base import fit_with_metadata as fit_with_metadata
from ._personal import Personalizable as Personalizable
from ._predictions import SetPredictions as SetPredictions
from ._windowed import LEAST_SECONDS as LEAST_SECONDS
from ._windowed import WindowedClassifier

__all__ = ["AugmentedClassifier", "WindowedClassifier"]
