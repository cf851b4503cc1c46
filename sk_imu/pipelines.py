"""Each model as a Pipeline over recordings, and one estimator that builds and fits it."""

from collections.abc import Callable, Sequence
from functools import partial
from numbers import Integral, Real
from typing import Any, ClassVar, Self

from sklearn import get_config
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import RidgeClassifier
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC
from sklearn.utils import Tags

from ._atomic import fit_context
from ._sklearn import HasMethods, Interval, StrOptions
from .augmentation import (
    LowerRate,
    Mixup,
    MultiplicativeNoise,
    RandomRotation,
    RandomScale,
    SpeedChange,
)
from .calibration import AnswersUnknown
from .features import MiniRocketFeatures, SummaryFeatures
from .meta import (
    AugmentedClassifier,
    Personalizable,
    WindowedClassifier,
)
from .neural import CNN_GRU_PRESETS, CNNClassifier, CNNGRUClassifier, GRUClassifier
from .preprocessing import (
    CanonicalSide,
    ChannelScaler,
    DerivedChannels,
    FixedLength,
    Resampler,
    motion_channels,
    wear_of,
)
from .validation import check_labels, check_recordings, is_raw

__all__ = ["MODELS", "ExerciseClassifier", "make_pipeline_for", "wear_of"]

_NETS: dict[str, Callable[..., Any]] = {
    "cnn": CNNClassifier,
    "gru": GRUClassifier,
    "cnn-gru": CNNGRUClassifier,
    "cnn-gru-small": partial(CNNGRUClassifier, **CNN_GRU_PRESETS["small"]),
    "cnn-gru-large": partial(CNNGRUClassifier, **CNN_GRU_PRESETS["large"]),
}
MODELS = (
    *("rf", "svm", "cnn", "gru", "cnn-gru", "minirocket"),
    *("cnn-gru-small", "cnn-gru-large"),
)


def make_pipeline_for(
    name: Any,
    random_state: int | None = None,
    *,
    channels: Sequence[str] | None = None,
    wear: str = "fixed",
    sampling_rate_hz: float = 25.0,
    window_seconds: float = 4.0,
    fixed_length: int | None = None,
    augment: bool = True,
    n_copies: int | None = None,
) -> Pipeline:
    """Return a model as an unfitted Pipeline over recordings.

    All models get the same input: sets mirrored onto the right side, at one rate, with
    derived channels. The nets see each batch at other speeds, rotated, disturbed and mixed,
    and keep their epochs for loss curves. MiniRocket trains on each set and two copies of
    it at other speeds, disturbed in the same way.

    Parameters
    ----------
    name : {"rf", "svm", "cnn", "gru", "cnn-gru", "minirocket", "cnn-gru-small", \
            "cnn-gru-large"} or classifier
        Random forest or SVM on summary statistics, one of the nets, ridge regression on
        MiniRocket's features (needs the extra ``rocket``), the CNN-GRU in another size
        (:data:`~sk_imu.neural.CNN_GRU_PRESETS`), or your own classifier of panels.
    random_state : int or None, default=None
        Random seed of all steps.
    channels : sequence of str, default=None
        Sensors or channels, as ``Resampler(channels=...)`` takes them. None takes all
        channels of the first recording.
    wear : {"fixed", "free"}, default="fixed"
        Whether the device is always worn the same way, as a watch is. ``"free"`` takes
        only channels that do not change when the device is turned. :func:`wear_of` returns
        it for given recordings.
    sampling_rate_hz : float, default=25.0
        The common rate in hertz.
    window_seconds : float, default=4.0
        Length of the windows that vote on a set. A shorter set is padded.
    fixed_length : int, default=None
        Stretch each set to this number of timesteps instead of windowing it, as Zhang et
        al. (2024) do.
    augment : bool, default=True
        Whether to train on augmented sets.
    n_copies : int, default=None
        Augmented copies of each training set. None makes two for MiniRocket. The nets
        need none, and forest and SVM are no more accurate on unseen people with them.

    Returns
    -------
    pipeline : Pipeline
        Takes ``list[Recording]`` and predicts one label for each set. Its steps are
        ``side``, ``resample``, ``derive``, ``scale``, ``length`` (with ``fixed_length``
        only) and ``classify``.

    Raises
    ------
    ValueError
        If the model or the wear is unknown.

    See Also
    --------
    ExerciseClassifier : Chooses channels and wear from the recordings.

    Examples
    --------
    >>> from sk_imu.pipelines import make_pipeline_for
    >>> pipeline = make_pipeline_for("cnn-gru", random_state=0)
    >>> list(pipeline.named_steps)
    ['side', 'resample', 'derive', 'scale', 'classify']
    """
    if isinstance(name, str) and name not in MODELS:
        raise ValueError(f"There is no model {name!r}. Choose one of {', '.join(MODELS)}.")
    if wear not in ("fixed", "free"):
        raise ValueError(f"wear must be 'fixed' or 'free', got {wear!r}.")
    disturb = _disturbances(wear, sampling_rate_hz)
    copies: list[tuple[str, Any]] = [("speed", SpeedChange()), *disturb]
    if not isinstance(name, str):
        classifier = clone(name)
    elif name in _NETS:
        classifier = _NETS[name](
            # Chosen on three data sets, and scored on others: docs/results/people.rst.
            augmenter=Pipeline([*copies, ("mix", Mixup(alpha=0.2))]) if augment else None,
            dropout=0.2,
            keep_epochs=True,
            random_state=random_state,
        )
        copies = copies[:1]  # the net changes each batch itself
    else:
        classifier = _on_features(name, random_state)
    if fixed_length is None:
        classifier = WindowedClassifier(
            classifier, window_seconds=window_seconds, short="pad"
        )
    if n_copies is None:
        n_copies = 2 if name == "minirocket" else 0
    if augment and n_copies:
        # Around the windows, so that all windows of a copy are changed alike.
        classifier = AugmentedClassifier(
            classifier, Pipeline(copies), n_copies=n_copies, random_state=random_state
        )
    # float32 because the nets compute in it, and it takes half the memory.
    resampler = Resampler(
        sampling_rate_hz=sampling_rate_hz, channels=channels, dtype="float32"
    )
    steps: list[tuple[str, Any]] = [
        # First, because only recordings know their side.
        ("side", CanonicalSide()),
        ("resample", resampler),
        ("derive", DerivedChannels(kinds="auto", keep="auto", wear=wear)),
        # Magnitudes vary about a mean far from 0; x, y and z must keep their origin.
        ("scale", ChannelScaler(with_mean="single")),
    ]
    if fixed_length is not None:
        steps.append(("length", FixedLength(n_timesteps=fixed_length)))
    return Pipeline([*steps, ("classify", classifier)])


def _disturbances(wear: str, sampling_rate_hz: float) -> list[tuple[str, Any]]:
    """Return the augmenters that change a set but not its speed."""
    steps: list[tuple[str, Any]] = [
        # Channels of free wear do not change by turning, and an attitude is no vector.
        ("turn", RandomRotation(unturnable="keep")),
        ("noise", MultiplicativeNoise()),
        ("amplitude", RandomScale()),
    ]
    if wear == "free":
        # A phone in a pocket often sends over a radio link that drops most samples.
        low_hz, high_hz = min(4.0, sampling_rate_hz), min(25.0, sampling_rate_hz)
        steps.append(("rate", LowerRate(low_hz=low_hz, high_hz=high_hz)))
    return steps


def _on_features(name: str, random_state: int | None) -> Pipeline:
    """Return a classifier of windows that is trained on a table of features."""
    if name == "minirocket":
        # Leave-one-out took five times as long, and chose 100 or 1000.
        ridge = RidgeClassifier(alpha=1000.0, solver="cholesky", copy_X=False)
        return Pipeline(
            [
                ("features", MiniRocketFeatures(random_state=random_state)),
                # In place: 360 recordings of MEx take 2.6 GB instead of 3.0.
                ("scale", StandardScaler(copy=False)),
                ("ridge", ridge),
            ]
        )
    if name == "rf":
        forest = RandomForestClassifier(random_state=random_state)
        return Pipeline([("features", SummaryFeatures()), ("forest", forest)])
    # With ties broken, predict returns the class of the highest decision value.
    svc = SVC(C=10, break_ties=True)
    return Pipeline(
        [("features", SummaryFeatures()), ("scale", StandardScaler()), ("svc", svc)]
    )


class ExerciseClassifier(Personalizable, AnswersUnknown, ClassifierMixin, BaseEstimator):
    """Recognize the exercise of each set, from the recordings themselves.

    ``fit`` takes the channels and the wear from the recordings, and fits the Pipeline of
    :func:`make_pipeline_for`, which describes the parameters in full.

    Parameters
    ----------
    model : {"rf", "svm", "cnn", "gru", "cnn-gru", "minirocket", "cnn-gru-small", \
            "cnn-gru-large"} or classifier, default="cnn-gru"
        The model, or your own classifier of panels of shape (n_windows, n_channels,
        n_timesteps).
    channels : sequence of str, default=None
        Sensors or channels. None takes TotalAcceleration, or else Accelerometer, and
        Gyroscope, as far as all recordings have them or allow to compute them; if they
        share none of these, all channels that they share.
    wear : {"fixed", "free"}, default=None
        Whether the device is always worn the same way. None takes ``"free"`` if the
        ``placement`` of any recording is a pocket, a bag or a hand.
    sampling_rate_hz : float, default=25.0
        The common rate in hertz.
    window_seconds : float, default=4.0
        Length of the windows that vote on a set.
    augment : bool, default=True
        Whether to train on augmented sets.
    n_copies : int, default=None
        Augmented copies of each training set; None takes the model's default.
    unknown : bool or float, default=False
        Whether ``predict`` may answer ``"unknown"``, for sets that an
        :class:`UnknownDetector` finds unlike all training sets. A number is its
        ``rejection_rate``, and True is 0.05. Probabilities do not change: they are those
        of the exercises if the set is one of them.
    random_state : int, RandomState instance or None, default=None
        Random seed of all steps.

    Attributes
    ----------
    pipeline_ : Pipeline
        The fitted Pipeline. With uniform or panel input it has no step ``side``.
    classes_ : ndarray of shape (n_classes,)
        The labels of the training sets, without ``"unknown"``.
    unknown_detector_ : UnknownDetector or None
        The fitted detector; None without ``unknown``.
    channel_names_ : list of str
        The channels that the model was fitted on.
    wear_ : {"fixed", "free"}
        The wear that the model was fitted for.
    n_features_in_ : int
        Number of channels, or of timesteps where X was 2-D.

    Raises
    ------
    ValueError
        If the recordings share no channel, the labels do not match them or are of a single
        class, or a parameter is out of its range; with ``unknown``, if labels are no text
        or all sets of one person; in ``predict``, if a recording lacks a channel.

    Warns
    -----
    DataQualityWarning
        In ``fit`` and ``predict``, for faults and doubts of the recordings, with counts;
        with ``unknown``, if neither groups nor the recordings name the people.

    See Also
    --------
    make_pipeline_for : The same Pipeline, unfitted.
    sk_imu.recognition.recognize : Find and recognize all sets of whole recordings.

    Notes
    -----
    A fit that fails or is interrupted leaves the classifier as it was, as every estimator
    of this package does. scikit-learn's Pipeline does not: its first steps can be of the
    new fit and its last ones of the one before.

    Examples
    --------
    >>> from sk_imu import ExerciseClassifier
    >>> from sk_imu.datasets import make_exercise_recordings
    >>> sets = make_exercise_recordings(4, 3, continuous=False, random_state=0)
    >>> new = sets.subject == sets.subject[-1]  # the last of four people
    >>> X, X_new = [[r for r, n in zip(sets.data, new) if n == one] for one in (0, 1)]
    >>> clf = ExerciseClassifier("svm").fit(X, sets.target[~new])
    >>> clf.wear_, clf.channel_names_[0]
    ('free', 'TotalAcceleration_x')
    >>> clf.score(X_new, sets.target[new])
    1.0
    """

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        "model": [StrOptions(set(MODELS)), HasMethods(["fit", "predict"])],
        "channels": ["array-like", None],
        "wear": [StrOptions({"fixed", "free"}), None],
        "sampling_rate_hz": [Interval(Real, 0, None, closed="neither")],
        "window_seconds": [Interval(Real, 0, None, closed="neither")],
        "augment": ["boolean"],
        "n_copies": [Interval(Integral, 0, None, closed="left"), None],
        "unknown": ["boolean", Interval(Real, 0, 1, closed="neither")],
        "random_state": ["random_state"],
    }
    # A model that splits inside gets the groups without the user's request.
    __metadata_request__fit: ClassVar[dict[str, bool]] = {"groups": True}

    def __init__(
        self,
        model: Any = "cnn-gru",
        *,
        channels: Sequence[str] | None = None,
        wear: str | None = None,
        sampling_rate_hz: float = 25.0,
        window_seconds: float = 4.0,
        augment: bool = True,
        n_copies: int | None = None,
        unknown: bool | float = False,
        random_state: Any = None,
    ) -> None:
        self.model = model
        self.channels = channels
        self.wear = wear
        self.sampling_rate_hz = sampling_rate_hz
        self.window_seconds = window_seconds
        self.augment = augment
        self.n_copies = n_copies
        self.unknown = unknown
        self.random_state = random_state

    @fit_context(prefer_skip_nested_validation=False)
    def fit(self, X: Any, y: Any, groups: Any = None) -> Self:
        """Choose channels and wear, and fit the Pipeline.

        Parameters
        ----------
        X : list of Recording, list of arrays of shape (n_channels, n_timesteps_i), or \
                array of shape (n_sets, n_channels, n_timesteps)
            The training sets.
        y : array-like of shape (n_sets,)
            Their labels.
        groups : array-like of shape (n_sets,), default=None
            Group of each set, such as the subject, for a model that splits inside and for
            ``unknown``, which otherwise takes the subjects of the recordings.

        Returns
        -------
        self : ExerciseClassifier
            The fitted classifier.
        """
        raw = is_raw(X)
        if raw:
            X = check_recordings(X, estimator=self)
        y = check_labels(self, X, y)
        channels, wear = self.channels, self.wear
        if raw and channels is None:
            channels = motion_channels(X)
        if wear is None:
            # Arrays have no placement that would say otherwise.
            wear = wear_of(X) if raw else "fixed"
        pipeline = self._unfitted(channels=channels, wear=wear)
        if not raw:
            pipeline.steps.pop(0)  # only Recordings have a side
        routed = get_config()["enable_metadata_routing"]
        key = "groups" if routed else "classify__groups"
        pipeline.fit(X, y, **({} if groups is None else {key: groups}))
        self.unknown_detector_ = self._fit_detector(pipeline, X, y, groups)
        self.pipeline_, self.wear_ = pipeline, wear
        self.classes_ = pipeline.classes_
        self.channel_names_ = pipeline.named_steps["resample"].channel_names_
        self.n_features_in_ = pipeline.named_steps["resample"].n_features_in_
        return self

    def _offers(self, method: str) -> bool:
        # Before fit, too: scikit-learn's scorers and meta-estimators ask then.
        fitted = hasattr(self, "pipeline_")
        return hasattr(self.pipeline_ if fitted else self._unfitted(), method)

    def _unfitted(self, channels: Any = None, wear: Any = "fixed") -> Pipeline:
        parameters = {**self.get_params(deep=False), "channels": channels, "wear": wear}
        del parameters["unknown"]
        return make_pipeline_for(parameters.pop("model"), **parameters)

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        # The checks' sets are two numbers each, whose classes the augmentation mixes.
        tags.classifier_tags.poor_score = self.augment and self.model in tuple(_NETS)
        return tags
