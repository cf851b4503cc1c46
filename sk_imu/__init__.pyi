# Every public name of the package, registered once: ``__init__.py`` attaches them on first
# use, type checkers read them, and a model file may name no other estimator of ours.
from .augmentation import (
    LowerRate as LowerRate,
)
from .augmentation import (
    Mixup as Mixup,
)
from .augmentation import (
    MultiplicativeNoise as MultiplicativeNoise,
)
from .augmentation import (
    RandomMirror as RandomMirror,
)
from .augmentation import (
    RandomRotation as RandomRotation,
)
from .augmentation import (
    RandomScale as RandomScale,
)
from .augmentation import (
    RandomSubsequence as RandomSubsequence,
)
from .augmentation import (
    SpeedChange as SpeedChange,
)
from .calibration import (
    ConformalClassifier as ConformalClassifier,
)
from .calibration import (
    UnknownDetector as UnknownDetector,
)
from .displays import (
    AbstentionDisplay as AbstentionDisplay,
)
from .displays import (
    AccuracyTimeDisplay as AccuracyTimeDisplay,
)
from .displays import (
    AttributionDisplay as AttributionDisplay,
)
from .displays import (
    AugmentationDisplay as AugmentationDisplay,
)
from .displays import (
    CriticalDifferenceDisplay as CriticalDifferenceDisplay,
)
from .displays import (
    LossCurvesDisplay as LossCurvesDisplay,
)
from .displays import (
    NearestSetsDisplay as NearestSetsDisplay,
)
from .displays import (
    PeopleDisplay as PeopleDisplay,
)
from .displays import (
    PersonalisationDisplay as PersonalisationDisplay,
)
from .displays import (
    PhaseDifferenceDisplay as PhaseDifferenceDisplay,
)
from .displays import (
    RecordingDisplay as RecordingDisplay,
)
from .displays import (
    ReliabilityDisplay as ReliabilityDisplay,
)
from .displays import (
    ResamplingDisplay as ResamplingDisplay,
)
from .displays import (
    RocByClassDisplay as RocByClassDisplay,
)
from .displays import (
    SegmentationDisplay as SegmentationDisplay,
)
from .features import (
    Flatten as Flatten,
)
from .features import (
    MiniRocketClassifier as MiniRocketClassifier,
)
from .features import (
    MiniRocketFeatures as MiniRocketFeatures,
)
from .features import (
    SummaryFeatures as SummaryFeatures,
)
from .meta import (
    AugmentedClassifier as AugmentedClassifier,
)
from .meta import (
    WindowedClassifier as WindowedClassifier,
)
from .neural import (
    CNNClassifier as CNNClassifier,
)
from .neural import (
    CNNGRUClassifier as CNNGRUClassifier,
)
from .neural import (
    GRUClassifier as GRUClassifier,
)
from .neural import (
    ModuleClassifier as ModuleClassifier,
)
from .pipelines import ExerciseClassifier as ExerciseClassifier
from .preprocessing import (
    CanonicalSide as CanonicalSide,
)
from .preprocessing import (
    ChannelScaler as ChannelScaler,
)
from .preprocessing import (
    DerivedChannels as DerivedChannels,
)
from .preprocessing import (
    FixedLength as FixedLength,
)
from .preprocessing import (
    Resampler as Resampler,
)
from .preprocessing import (
    derived_channel_names as derived_channel_names,
)
from .readers import (
    read_recording as read_recording,
)
from .readers import (
    read_recordings as read_recordings,
)
from .readers import (
    write_sensor_logger as write_sensor_logger,
)
from .recording import (
    DataQualityWarning as DataQualityWarning,
)
from .recording import (
    Recording as Recording,
)
from .recording import (
    SensorStream as SensorStream,
)
from .recording import (
    SignalArray as SignalArray,
)
from .segmentation import (
    Bout as Bout,
)
from .segmentation import (
    Repetition as Repetition,
)
from .segmentation import (
    RepetitionCounter as RepetitionCounter,
)
from .segmentation import (
    SetQuality as SetQuality,
)
from .segmentation import (
    SetSegmenter as SetSegmenter,
)
from .segmentation import (
    count_accuracy as count_accuracy,
)
from .segmentation import (
    cut_repetitions as cut_repetitions,
)
from .segmentation import (
    find_bouts as find_bouts,
)
from .segmentation import (
    find_repetitions as find_repetitions,
)
from .segmentation import (
    segment_sets as segment_sets,
)
from .segmentation import (
    set_quality as set_quality,
)
from .sktime import (
    FromSktime as FromSktime,
)

__version__: str
__all__: list[str]
