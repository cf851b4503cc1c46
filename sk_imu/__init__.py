"""Tell what exercise a person does from the inertial sensors of a phone.

Estimators for scikit-learn and sktime: see :mod:`sk_imu.datasets` for real recordings
and :mod:`sk_imu.study` for the comparison of all models.

Names are imported on first use, so that ``import sk_imu`` loads neither torch nor
sktime nor matplotlib.
"""

import importlib
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

_MODULE_OF = {
    "AugmentedClassifier": "meta",
    "CNNClassifier": "classifiers",
    "CNNGRUClassifier": "classifiers",
    "ChannelScaler": "preprocessing",
    "FixedLength": "preprocessing",
    "Flatten": "features",
    "FromSktime": "sktime",
    "GRUClassifier": "classifiers",
    "MultiplicativeNoise": "augmentation",
    "RandomSubsequence": "augmentation",
    "Recording": "recording",
    "Resampler": "resampling",
    "SensorStream": "recording",
    "SummaryFeatures": "features",
    "WindowedClassifier": "windowing",
    "read_recording": "readers",
    "read_recordings": "readers",
    "write_sensor_logger": "writing",
}

__all__ = [
    "AugmentedClassifier",
    "CNNClassifier",
    "CNNGRUClassifier",
    "ChannelScaler",
    "FixedLength",
    "Flatten",
    "FromSktime",
    "GRUClassifier",
    "MultiplicativeNoise",
    "RandomSubsequence",
    "Recording",
    "Resampler",
    "SensorStream",
    "SummaryFeatures",
    "WindowedClassifier",
    "read_recording",
    "read_recordings",
    "write_sensor_logger",
]

if TYPE_CHECKING:
    from .augmentation import MultiplicativeNoise, RandomSubsequence
    from .classifiers import CNNClassifier, CNNGRUClassifier, GRUClassifier
    from .features import Flatten, SummaryFeatures
    from .meta import AugmentedClassifier
    from .preprocessing import ChannelScaler, FixedLength
    from .readers import read_recording, read_recordings
    from .recording import Recording, SensorStream
    from .resampling import Resampler
    from .sktime import FromSktime
    from .windowing import WindowedClassifier
    from .writing import write_sensor_logger


def __getattr__(name: str) -> Any:
    if name not in _MODULE_OF:
        raise AttributeError(f"module 'sk_imu' has no attribute {name!r}")
    value = getattr(importlib.import_module(f"{__name__}.{_MODULE_OF[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
