"""A fitted classifier, taken apart at the channels that answers are explained by."""

import copy
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_is_fitted

from ..meta import WindowedClassifier
from ..neural import NetClassifier
from ..preprocessing import ChannelScaler, DerivedChannels
from ..recording import Recording, SignalArray
from ..validation import as_3d

__all__ = ["Explained"]

_STEPS = ["derive", "scale", "classify"]


class Explained:
    """The steps up to the Resampler, and what predicts from the channels it returns.

    Parameters
    ----------
    estimator : ExerciseClassifier or Pipeline
        Fitted; a Pipeline as :func:`make_pipeline_for` returns it.
    caller : str
        Who asks, for messages.

    Attributes
    ----------
    classes : ndarray of shape (n_classes,)
        The labels.
    method : {"predict_proba", "decision_function"}
        What :meth:`scores` returns.
    """

    def __init__(self, estimator: Any, caller: str) -> None:
        self._caller = caller
        check_is_fitted(estimator)
        estimator = getattr(estimator, "best_estimator_", estimator)  # of a search
        wrapped = not isinstance(estimator, Pipeline)
        pipeline = getattr(estimator, "pipeline_", None) if wrapped else estimator
        if not isinstance(pipeline, Pipeline):
            raise TypeError(
                f"{caller} needs a fitted ExerciseClassifier or a Pipeline as "
                f"make_pipeline_for returns it, got a {type(estimator).__name__}."
            )
        names = [name for name, _ in pipeline.steps]
        if "resample" not in names[:-1]:
            raise ValueError(
                f"{caller} explains answers by the channels that the step 'resample' "
                f"returns, but the steps are {', '.join(names)}. Make the Pipeline by "
                "make_pipeline_for, or name its Resampler 'resample'."
            )
        place = names.index("resample") + 1
        self.before, self.pipeline = pipeline[:place], pipeline[place:]
        self._predictor: Any = self.pipeline
        self.temperature: float | None = None
        if wrapped:
            # Its own methods, which know of calibration, without the first steps.
            self._predictor = copy.copy(estimator)
            self._predictor.pipeline_ = self.pipeline
            self.temperature = getattr(estimator, "temperature_", None)
        self.classes: NDArray[Any] = estimator.classes_
        has_proba = hasattr(self._predictor, "predict_proba")
        self.method = "predict_proba" if has_proba else "decision_function"
        if not hasattr(self._predictor, self.method):
            raise ValueError(
                f"{caller}: the model has neither predict_proba nor decision_function, so "
                "there is nothing to explain. Choose another classifier."
            )

    @property
    def score_name(self) -> str:
        """What the scores are, in words."""
        return "probability" if self.method == "predict_proba" else "decision value"

    def signals(self, X: Any) -> list[SignalArray]:
        """Return the channels of each set, at the common rate."""
        if isinstance(X, Recording):
            raise ValueError(
                f"{self._caller}: X is one Recording, but one row of X is one set. Give a "
                "list, such as [X]."
            )
        series = self.before.transform(X)
        rows = series if isinstance(series, list) else list(as_3d(series))
        resampler = self.before[-1]
        names, rate_hz = resampler.channel_names_, resampler.sampling_rate_hz
        return [SignalArray(row, names, rate_hz) for row in rows]

    def scores(self, signals: list[Any]) -> NDArray[np.float64]:
        """Return probabilities or decision values of shape (n_sets, n_classes)."""
        values = np.asarray(getattr(self._predictor, self.method)(signals), np.float64)
        if values.ndim == 1:  # of two classes, how much it is the second
            values = np.column_stack([-values, values])
        if values.shape[1] != len(self.classes):
            raise ValueError(
                f"{self._caller}: the model has {values.shape[1]} decision values for "
                f"{len(self.classes)} classes. Let it decide one class against the rest "
                "(decision_function_shape='ovr')."
            )
        return values

    def targets(self, target: Any, scores: NDArray[np.float64]) -> NDArray[np.intp]:
        """Return the class of each set that is explained, as a column of the scores."""
        if target is None:
            best: NDArray[np.intp] = scores.argmax(axis=1)
            return best
        known = self.classes.tolist()
        wanted = np.asarray(target).tolist()
        wanted = wanted if isinstance(wanted, list) else [wanted] * len(scores)
        if len(wanted) != len(scores):
            raise ValueError(
                f"{self._caller}: target has {len(wanted)} labels for {len(scores)} sets. "
                "Give one label, or one for each set."
            )
        for label in wanted:
            if label not in known:
                raise ValueError(
                    f"{self._caller}: target {label!r} is not among the classes of the "
                    f"model: {', '.join(map(repr, known))}."
                )
        return np.array([known.index(label) for label in wanted])

    @property
    def window(self) -> WindowedClassifier | None:
        """What makes windows; None if nothing does."""
        last = self.pipeline[-1]
        while not isinstance(last, WindowedClassifier):
            inner = getattr(last, "best_estimator_", None)  # of a search
            last = inner or getattr(last, "estimator_", None)
            if last is None:
                return None
        return last

    def no_gradient(self) -> str | None:
        """Return why the model can't be differentiated, None if it can."""
        steps = dict(self.pipeline.steps)
        window = self.window
        net = None if window is None else window.estimator_
        if not isinstance(net, NetClassifier):
            kind = type(self.pipeline[-1] if window is None else net).__name__
            return f"they need a net that votes on windows, and the model is a {kind}"
        if [*steps] != _STEPS or not (
            isinstance(steps["derive"], DerivedChannels)
            and isinstance(steps["scale"], ChannelScaler)
        ):
            return (
                "they need the steps derive (DerivedChannels), scale (ChannelScaler) and "
                f"classify behind resample, and the steps are {', '.join(steps)}"
            )
        if window is not None and window.vote == "hard":
            return "they need vote='soft', and this model counts the labels of windows"
        return None
