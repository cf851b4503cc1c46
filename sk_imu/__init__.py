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
    "AccuracyTimeDisplay": "displays",
    "AugmentationDisplay": "displays",
    "AugmentedClassifier": "meta",
    "Bout": "segmentation",
    "CNNClassifier": "classifiers",
    "CNNGRUClassifier": "classifiers",
    "CanonicalSide": "sides",
    "ChannelScaler": "preprocessing",
    "CriticalDifferenceDisplay": "displays",
    "DataQualityWarning": "quality",
    "DerivedChannels": "derived_channels",
    "FixedLength": "preprocessing",
    "Flatten": "features",
    "FromSktime": "sktime",
    "GRUClassifier": "classifiers",
    "LossCurvesDisplay": "displays",
    "LowerRate": "augmentation",
    "MiniRocketFeatures": "sktime",
    "Mixup": "augmentation",
    "ModuleClassifier": "classifiers",
    "MultiplicativeNoise": "augmentation",
    "PeopleDisplay": "displays",
    "PersonalisationDisplay": "displays",
    "RandomMirror": "augmentation",
    "RandomRotation": "augmentation",
    "RandomScale": "augmentation",
    "RandomSubsequence": "augmentation",
    "Recording": "recording",
    "RecordingDisplay": "displays",
    "Repetition": "repetitions",
    "Resampler": "resampling",
    "ResamplingDisplay": "displays",
    "RocByClassDisplay": "displays",
    "SegmentationDisplay": "displays",
    "SensorStream": "recording",
    "SetSegmenter": "set_segmenter",
    "SpeedChange": "augmentation",
    "SummaryFeatures": "features",
    "WindowedClassifier": "windowing",
    "cut_repetitions": "repetitions",
    "derived_channel_names": "derived_channels",
    "find_bouts": "segmentation",
    "find_repetitions": "repetitions",
    "read_recording": "readers",
    "read_recordings": "readers",
    "segment_sets": "segmentation",
    "write_sensor_logger": "writing",
}

__all__ = [
    "AccuracyTimeDisplay",
    "AugmentationDisplay",
    "AugmentedClassifier",
    "Bout",
    "CNNClassifier",
    "CNNGRUClassifier",
    "CanonicalSide",
    "ChannelScaler",
    "CriticalDifferenceDisplay",
    "DataQualityWarning",
    "DerivedChannels",
    "FixedLength",
    "Flatten",
    "FromSktime",
    "GRUClassifier",
    "LossCurvesDisplay",
    "LowerRate",
    "MiniRocketFeatures",
    "Mixup",
    "ModuleClassifier",
    "MultiplicativeNoise",
    "PeopleDisplay",
    "PersonalisationDisplay",
    "RandomMirror",
    "RandomRotation",
    "RandomScale",
    "RandomSubsequence",
    "Recording",
    "RecordingDisplay",
    "Repetition",
    "Resampler",
    "ResamplingDisplay",
    "RocByClassDisplay",
    "SegmentationDisplay",
    "SensorStream",
    "SetSegmenter",
    "SpeedChange",
    "SummaryFeatures",
    "WindowedClassifier",
    "cut_repetitions",
    "derived_channel_names",
    "find_bouts",
    "find_repetitions",
    "read_recording",
    "read_recordings",
    "segment_sets",
    "write_sensor_logger",
]

if TYPE_CHECKING:
    from .augmentation import (
        LowerRate,
        Mixup,
        MultiplicativeNoise,
        RandomMirror,
        RandomRotation,
        RandomScale,
        RandomSubsequence,
        SpeedChange,
    )
    from .classifiers import (
        CNNClassifier,
        CNNGRUClassifier,
        GRUClassifier,
        ModuleClassifier,
    )
    from .derived_channels import DerivedChannels, derived_channel_names
    from .displays import (
        AccuracyTimeDisplay,
        AugmentationDisplay,
        CriticalDifferenceDisplay,
        LossCurvesDisplay,
        PeopleDisplay,
        PersonalisationDisplay,
        RecordingDisplay,
        ResamplingDisplay,
        RocByClassDisplay,
        SegmentationDisplay,
    )
    from .features import Flatten, SummaryFeatures
    from .meta import AugmentedClassifier
    from .preprocessing import ChannelScaler, FixedLength
    from .quality import DataQualityWarning
    from .readers import read_recording, read_recordings
    from .recording import Recording, SensorStream
    from .repetitions import Repetition, cut_repetitions, find_repetitions
    from .resampling import Resampler
    from .segmentation import Bout, find_bouts, segment_sets
    from .set_segmenter import SetSegmenter
    from .sides import CanonicalSide
    from .sktime import FromSktime, MiniRocketFeatures
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
