"""Three sizes of the CNN-GRU, from a microcontroller's to a computer's."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

__all__ = ["CNN_GRU_PRESETS"]

#: Parameters of :class:`~sk_imu.CNNGRUClassifier` by the name of a size.
#:
#: ``"small"`` is for microcontrollers: a quarter of the weights of ``"default"``, and less
#: than a third of its operations. ``"default"`` is empty, because the classifier has these
#: parameters by default. ``"large"`` has about twice as many of both.
#: :doc:`/results/presets` has the accuracy of each on unseen people, and what it costs.
#:
#: Pipelines, studies and the command line take these networks by the names
#: ``"cnn-gru-small"``, ``"cnn-gru"`` and ``"cnn-gru-large"``.
#:
#: .. code-block:: python
#:
#:     CNNGRUClassifier(**CNN_GRU_PRESETS["small"], random_state=0)
CNN_GRU_PRESETS: Mapping[str, Mapping[str, Any]] = MappingProxyType(
    {
        "small": MappingProxyType({"n_filters": 32, "kernel_size": 5, "hidden_size": 32}),
        "default": MappingProxyType({}),
        "large": MappingProxyType({"n_filters": 96, "hidden_size": 96}),
    }
)
