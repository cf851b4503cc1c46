"""One estimator that builds and fits the Pipeline of a model."""

from collections.abc import Sequence
from numbers import Integral, Real
from typing import Any, ClassVar, Self

from sklearn import get_config
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.pipeline import Pipeline
from sklearn.utils import Tags

from .._atomic import (
    fit_context,
)
from .._sklearn import (
    HasMethods,
    Interval,
    StrOptions,
)
from ..calibration import (
    AnswersUnknown,
    Calibrated,
)
from ..meta import (
    Personalizable,
)
from ..preprocessing import (
    motion_channels,
    wear_of,
)
from ..validation import (
    check_labels,
    check_recordings,
    is_raw,
)
from ._recipes import MODELS, NETS, make_pipeline_for

__all__ = ["ExerciseClassifier"]


class ExerciseClassifier(
    Calibrated, Personalizable, AnswersUnknown, ClassifierMixin, BaseEstimator
):
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
    window_seconds : float or "auto", default="auto"
        Length of the windows that vote on a set. ``"auto"`` takes two repetitions of the
        training sets, from 4 to 8 seconds, as :class:`WindowedClassifier` does.
    augment : bool, default=True
        Whether to train on augmented sets.
    n_copies : int, default=None
        Augmented copies of each training set; None takes the model's default.
    calibration : {"temperature"}, default=None
        Calibrate the probabilities, and add them to models that have none, such as SVM and
        MiniRocket. ``"temperature"`` divides the logarithms of a set's
        probabilities, or its decision values, by one number, so that no label changes. It
        is chosen on people left out, which takes five more fits. Windows are not
        calibrated; of a calibrated model, ``pipeline_`` can be exported.
    unknown : bool or float, default=False
        Whether ``predict`` may answer ``"unknown"``, for sets that an
        :class:`UnknownDetector` finds unlike all training sets. A number is its
        ``rejection_rate``, and True is 0.05; the rate is that of sets, and on a stream
        that of windows. Probabilities do not change: they are those of the exercises if
        the set is one of them. Exported files never answer it.
    random_state : int, RandomState instance or None, default=None
        Random seed of all steps.

    Attributes
    ----------
    pipeline_ : Pipeline
        The fitted Pipeline. With uniform or panel input it has no step ``side``.
    classes_ : ndarray of shape (n_classes,)
        The labels of the training sets, without ``"unknown"``.
    temperature_ : float or None
        The temperature, above 1 for a model that is too sure; None without calibration.
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
        or the sets of fewer than three people; with ``calibration``, if those of one, or
        if one alone did all exercises but one; in ``predict``, if a recording lacks a
        channel.

    Warns
    -----
    DataQualityWarning
        In ``fit`` and ``predict``, for faults and doubts of the recordings, with counts;
        with ``unknown`` or ``calibration``, if neither groups nor the recordings name the
        people.

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
        "window_seconds": [
            Interval(Real, 0, None, closed="neither"),
            StrOptions({"auto"}),
        ],
        "augment": ["boolean"],
        "n_copies": [Interval(Integral, 0, None, closed="left"), None],
        "calibration": [StrOptions({"temperature"}), None],
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
        window_seconds: float | str = "auto",
        augment: bool = True,
        n_copies: int | None = None,
        calibration: str | None = None,
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
        self.calibration = calibration
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
            ``calibration`` and ``unknown``, which otherwise take the subjects of the
            recordings.

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
        self.temperature_ = self._fit_temperature(pipeline, X, y, groups)
        self.unknown_detector_ = self._fit_detector(pipeline, X, y, groups)
        self.pipeline_, self.wear_ = pipeline, wear
        self.classes_ = pipeline.classes_
        self.channel_names_ = pipeline.named_steps["resample"].channel_names_
        self.n_features_in_ = pipeline.named_steps["resample"].n_features_in_
        return self

    def _offers(self, method: str) -> bool:
        # Before fit, too: scikit-learn's scorers and meta-estimators ask then.
        if method == "predict_proba" and self.calibration is not None:
            return True
        fitted = hasattr(self, "pipeline_")
        return hasattr(self.pipeline_ if fitted else self._unfitted(), method)

    def _unfitted(self, channels: Any = None, wear: Any = "fixed") -> Pipeline:
        parameters = {**self.get_params(deep=False), "channels": channels, "wear": wear}
        del parameters["unknown"], parameters["calibration"]
        return make_pipeline_for(parameters.pop("model"), **parameters)

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        # The checks' sets are two numbers each, whose classes the augmentation mixes.
        tags.classifier_tags.poor_score = self.augment and self.model in tuple(NETS)
        return tags
