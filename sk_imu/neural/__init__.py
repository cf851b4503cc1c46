"""Neural networks as scikit-learn classifiers, trained by skorch."""

from ._base import NetClassifier as NetClassifier
from ._classifiers import CNNClassifier, CNNGRUClassifier, GRUClassifier, ModuleClassifier
from ._curves import net_of as net_of
from ._curves import staged_scores as staged_scores
from ._presets import CNN_GRU_PRESETS
from ._training import quiet_torch as quiet_torch

__all__ = [
    "CNN_GRU_PRESETS",
    "CNNClassifier",
    "CNNGRUClassifier",
    "GRUClassifier",
    "ModuleClassifier",
]
