"""What a stream needs of a fitted classifier."""

from collections.abc import Callable, Sequence
from functools import partial
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_is_fitted

from .._sklearn import BaseSearchCV
from ..calibration import UNKNOWN, DeviceCheck, calibrated
from ..features import Flatten, MiniRocketFeatures, SummaryFeatures
from ..meta import AugmentedClassifier, WindowedClassifier
from ..pipelines import ExerciseClassifier
from ..preprocessing import CanonicalSide, FixedLength, GridResampler, Resampler
from ..recording import with_signal
from ..validation import check_scores, like_input
from ._live_model import LiveModel

Floats = NDArray[np.float64]
#: Steps whose output is of the set as a whole.
_OF_ALL_TIMESTEPS = (FixedLength, Flatten, MiniRocketFeatures, SummaryFeatures)


class FittedModel(LiveModel):
    """The steps of a fitted classifier, for one window after the other.

    Parameters
    ----------
    fitted : ExerciseClassifier, Pipeline, or a search of one of them
        The classifier.
    sensors : sequence of str or None
        The sensors of the stream.
    window_seconds : float or None
        Length of a window; None takes that of the model.

    Raises
    ------
    TypeError, ValueError
        If the model can't be used on a stream.
    """

    def __init__(
        self, fitted: Any, sensors: Sequence[str] | None, window_seconds: float | None
    ) -> None:
        if isinstance(fitted, BaseSearchCV):
            check_is_fitted(fitted, "best_estimator_")
            fitted = fitted.best_estimator_
        check_is_fitted(fitted)
        self._fitted = fitted
        self._temperature = getattr(fitted, "temperature_", None)
        self._detector = getattr(fitted, "unknown_detector_", None)
        pipeline = fitted.pipeline_ if isinstance(fitted, ExerciseClassifier) else fitted
        before, resampler, after = _divided(pipeline)
        self._side = before[0] if before else None
        self.grid_resampler = GridResampler(resampler, sensors)
        steps, self._last = [step for _, step in after[:-1]], after[-1][1]
        of_all = [isinstance(step, _OF_ALL_TIMESTEPS) for step in steps]
        # These get the window alone, without what is before it.
        self._n_with_context = [*of_all, True].index(True)
        self._transforms: list[Any] = _unchecked([*steps, self._last])
        # A step of another package gets what it got in `fit`: rows with names and a rate.
        self._needs_rows = None in self._transforms
        if self._needs_rows:
            self._transforms = [step.transform for step in steps]
        self.classes = fitted.classes_
        self._labels = self.classes.tolist()
        self._dtype = resampler.dtype
        self.n_timesteps = _window_timesteps(
            self._last, window_seconds, self.grid_resampler.rate_hz
        )
        calibrated_too = self._temperature is not None
        self._has_probabilities = calibrated_too or hasattr(self._last, "predict_proba")
        self._score = _one_vote(self._last, self.n_timesteps)

    def answer(self, values: Floats) -> tuple[Any, Floats | None]:
        """Return the label and probabilities of a window."""
        series: Any = values.astype(self._dtype)[np.newaxis]
        if self._needs_rows:
            resampler = self.grid_resampler
            names, rate_hz = resampler.channel_names, resampler.rate_hz
            series = with_signal(list(series), names, rate_hz)
        for place, transform in enumerate(self._transforms):
            if place == self._n_with_context:
                series = self._without_context(series)
            series = transform(series)
        if self._n_with_context == len(self._transforms):
            series = self._without_context(series)
        label, proba = self._ask(series)
        if self._is_unknown(series):
            label = UNKNOWN
        return label, proba

    def device_check(self, step_seconds: float) -> DeviceCheck | None:
        """Return what compares a stream with the training sets, None without a detector."""
        if self._detector is None:
            return None
        return DeviceCheck(self._fitted, step_seconds)

    def _without_context(self, series: Any) -> Any:
        """Return the window without what is before it."""
        if isinstance(series, list):
            return [series[0][:, -self.n_timesteps :]]
        if np.ndim(series) != 3:
            raise TypeError(
                "A stream needs time series up to its classifier, but a step makes a table "
                "of them. Put the step into the estimator of a WindowedClassifier."
            )
        return series[..., -self.n_timesteps :]

    def _is_unknown(self, series: Any) -> bool:
        if self._detector is None:
            return False
        return bool(self._detector.score_samples(series)[0] < self._detector.live_offset_)

    def _ask(self, series: Any) -> tuple[Any, Floats | None]:
        last = self._last
        if self._temperature is not None:
            scores = calibrated(last, series, self.classes, self._temperature)[0]
        elif self._score is not None:
            scores = self._score(series)[0].astype(np.float64)
            check_scores(last, scores[np.newaxis])
        elif self._has_probabilities:
            scores = np.asarray(last.predict_proba(series)[0], dtype=np.float64)
        else:
            return last.predict(series).tolist()[0], None
        label = self._labels[scores.argmax()]
        return label, scores if self._has_probabilities else None


def _is_own(estimator: Any) -> bool:
    """Return whether this package made it; a subclass may override what is public."""
    return type(estimator).__module__.startswith("sk_imu.")


def _unchecked(steps: Sequence[Any]) -> list[Any]:
    """Return how each step but the last transforms a panel that needs no check.

    None where the public method is needed: what follows asks for the names that it adds,
    of channels or of a table's columns.
    """
    transforms = []
    for step, after in pairwise(steps):
        is_named = hasattr(after, "feature_names_in_") or not (
            isinstance(step, SummaryFeatures) or _is_own(after)
        )
        is_public = is_named or not _is_own(step)
        transforms.append(None if is_public else getattr(step, "_transform_block", None))
    return transforms


def _one_vote(last: Any, n_timesteps: int) -> Callable[[Any], Floats] | None:
    """Return what scores a set of one window, the whole vote; None if nothing does.

    What is checked of each input in ``predict`` takes longer than many an answer.
    """
    if not isinstance(last, WindowedClassifier) or last.vote != "soft":
        return None
    if last.n_window_timesteps_ != n_timesteps:
        return None
    method = "predict_proba" if hasattr(last, "predict_proba") else "decision_function"
    # Of two classes, a decision function is one column.
    if not hasattr(last, method) or (method[0] == "d" and len(last.classes_) < 3):
        return None
    estimator = last.estimator_
    steps = estimator.steps if isinstance(estimator, Pipeline) else [("", estimator)]
    inner = [step for _, step in steps if step not in (None, "passthrough")]
    transforms = [
        quick or step.transform
        for quick, step in zip(_unchecked(inner), inner[:-1], strict=True)
    ]
    score = getattr(inner[-1], method)
    if _is_own(inner[-1]):
        score = getattr(inner[-1], "_proba_of_panel", score)

    named = None if _is_own(inner[0]) else last
    # No function of this one, which could not be pickled.
    return partial(_scores, named, transforms, score)


def _scores(named: Any, transforms: list[Any], score: Any, series: Any) -> Floats:
    """Return the scores of a set of one window, with the names of an estimator's input."""
    panel = np.asarray(series[0])[np.newaxis]
    if named is not None:
        panel = like_input(named, panel)
    for transform in transforms:
        panel = transform(panel)
    scores: Floats = score(panel)
    return scores


def _divided(pipeline: Any) -> tuple[list[Any], Resampler, list[tuple[str, Any]]]:
    """Return the steps in front of the Resampler, the Resampler, and the steps behind."""
    steps = pipeline.steps if isinstance(pipeline, Pipeline) else []
    steps = [(name, s) for name, s in steps if s is not None and s != "passthrough"]
    places = [i for i, (_, step) in enumerate(steps) if isinstance(step, Resampler)]
    if len(places) != 1 or places[0] == len(steps) - 1:
        raise TypeError(
            "A stream needs a fitted ExerciseClassifier, or a Pipeline of recordings with "
            f"a Resampler and a classifier, got {type(pipeline).__name__}."
        )
    place = places[0]
    before = [step for _, step in steps[:place]]
    others = [type(step).__name__ for step in before if not isinstance(step, CanonicalSide)]
    if others or len(before) > 1:
        raise TypeError(
            "A stream can mirror recordings (CanonicalSide), but not apply other steps in "
            f"front of the Resampler: {', '.join(others or ['CanonicalSide twice'])}."
        )
    if not hasattr(steps[place][1], "channel_names_"):
        raise TypeError("A stream needs a model that was fitted on recordings.")
    return before, steps[place][1], steps[place + 1 :]


def _window_timesteps(last: Any, window_seconds: float | None, rate_hz: float) -> int:
    """Return the timesteps of a window, by the model if nobody says."""
    if window_seconds is not None:
        return max(round(window_seconds * rate_hz), 1)
    while isinstance(last, (AugmentedClassifier, BaseSearchCV)):
        searched = isinstance(last, BaseSearchCV)
        last = last.best_estimator_ if searched else last.estimator_
    if not isinstance(last, WindowedClassifier):
        raise ValueError(
            f"The model's last step is a {type(last).__name__}, which has no windows. Give "
            "window_seconds."
        )
    return int(last.n_window_timesteps_)
