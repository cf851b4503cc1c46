"""sktime: the estimators for it, and its classifiers for scikit-learn.

``Sktime...`` classes are sktime estimators that wrap the scikit-learn estimator of that
name and have its parameters; :class:`FromSktime` and :class:`MiniRocketFeatures` go the
other way. The augmenters have no counterpart here because sktime's pipelines transform
training and new data alike. Give one to a net as its ``augmenter``: that changes training
data only.
"""

from ..features import MiniRocketFeatures
from ._classifiers import SktimeCNNClassifier, SktimeCNNGRUClassifier, SktimeGRUClassifier
from ._from_sktime import FromSktime
from ._splitter import BoundSplitter
from ._transformers import (
    SktimeChannelScaler,
    SktimeDerivedChannels,
    SktimeFixedLength,
    SktimeFlatten,
    SktimeResampler,
    SktimeSummaryFeatures,
)

__all__ = [
    "BoundSplitter",
    "FromSktime",
    "MiniRocketFeatures",
    "SktimeCNNClassifier",
    "SktimeCNNGRUClassifier",
    "SktimeChannelScaler",
    "SktimeDerivedChannels",
    "SktimeFixedLength",
    "SktimeFlatten",
    "SktimeGRUClassifier",
    "SktimeResampler",
    "SktimeSummaryFeatures",
]
