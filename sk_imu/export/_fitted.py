"""What of a fitted estimator goes into a file for a device."""

import json
import warnings
from typing import Any

from numpy.typing import NDArray
from sklearn.base import is_classifier
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_is_fitted

from .. import __version__
from .._sklearn import BaseSearchCV
from ..meta import AugmentedClassifier, WindowedClassifier
from ..pipelines import ExerciseClassifier
from ..preprocessing import CanonicalSide, ChannelScaler, DerivedChannels, Resampler
from ..recording import SENSOR_UNITS, sensor_of

__all__ = ["Exported", "inner_of"]


class Exported:
    """The steps of a fitted classifier from the uniform state on, and what they expect.

    Parameters
    ----------
    fitted : estimator
        An :class:`~sk_imu.ExerciseClassifier`, a Pipeline, a classifier, or a search of
        one of these.

    Attributes
    ----------
    estimator : Pipeline or classifier
        What is exported, taken out of the ExerciseClassifier or search that holds it.
    resampler : Resampler or None
        The last one.
    steps_before : list of estimator
        The steps in front of the Resampler; none where there is none.
    steps : list of (str, estimator)
        The steps behind the Resampler; all where there is none.
    classes : ndarray of shape (n_classes,)
        The labels.
    method : {"predict_proba", "decision_function"}
        The method whose values the file returns.
    n_channels : int
        Channels of the input.
    n_timesteps : int or None
        Timesteps of the input, if it has one length.
    channel_names : list of str
        Their names.
    sampling_rate_hz : float or None
        Rate of the input; None if it is not known.
    window : WindowedClassifier or None
        What makes windows.
    """

    def __init__(self, fitted: Any) -> None:
        self.estimator = _checked(fitted)
        steps = _steps_of(self.estimator)
        places = [i for i, (_, step) in enumerate(steps) if isinstance(step, Resampler)]
        resampler = steps[places[-1]][1] if places else None
        self.resampler: Resampler | None = resampler
        self.steps_before = [step for _, step in steps[: places[-1]]] if places else []
        self.steps = steps[places[-1] + 1 :] if places else steps
        self.classes: NDArray[Any] = fitted.classes_
        has_proba = hasattr(self.estimator, "predict_proba")
        self.method = "predict_proba" if has_proba else "decision_function"
        self.channel_names = _names_of(self.steps, resampler)
        self.n_channels = len(self.channel_names)
        self.n_timesteps = _length_of(self.steps)
        self.sampling_rate_hz = _rate_of(self.steps, resampler)
        self.window = _window_of(self.steps[-1][1])

    def metadata(self) -> dict[str, str]:
        """Return what a user of the file must know, as texts; lists are JSON."""
        window = self.window
        n_window = None if window is None else int(window.n_window_timesteps_)
        n_step = None if window is None else int(window._n_step)
        rate_hz = self.sampling_rate_hz
        mirrors = [one for one in self.steps_before if isinstance(one, CanonicalSide)]
        values = {
            "sk_imu_version": __version__,
            "classes": json.dumps(self.classes.tolist(), ensure_ascii=False),
            "method": self.method,
            "channel_names": json.dumps(self.channel_names, ensure_ascii=False),
            "channel_units": json.dumps(self.channel_units, ensure_ascii=False),
            "sampling_rate_hz": rate_hz,
            "window_timesteps": n_window,
            "window_seconds": n_window and rate_hz and n_window / rate_hz,
            "step_timesteps": n_step,
            "mirrored_onto": mirrors[0].onto if mirrors else None,
            "mirror_axis": mirrors[0].mirror_axis if mirrors else None,
        }
        return {name: str(value) for name, value in values.items() if value is not None}

    @property
    def channel_units(self) -> list[str]:
        """The unit of each channel of the input, empty where it is not known."""
        sensors = map(sensor_of, self.channel_names)
        return [SENSOR_UNITS.get(sensor, "") for sensor in sensors]


def inner_of(estimator: Any) -> Any:
    """Return what predicts inside of searches and augmented classifiers."""
    while isinstance(estimator, (AugmentedClassifier, BaseSearchCV)):
        searched = isinstance(estimator, BaseSearchCV)
        estimator = estimator.best_estimator_ if searched else estimator.estimator_
    return estimator


def _checked(fitted: Any) -> Any:
    """Return the Pipeline or classifier inside of what was fitted, or raise an error."""
    if not hasattr(fitted, "__sklearn_tags__") or not is_classifier(fitted):
        raise TypeError(
            f"Only classifiers can be exported, got a {type(fitted).__name__}. Give a "
            "fitted ExerciseClassifier, or a Pipeline that ends with a classifier."
        )
    # A search has no classifier with refit=False.
    check_is_fitted(fitted, "best_estimator_" if isinstance(fitted, BaseSearchCV) else None)
    fitted = inner_of(fitted)
    if getattr(fitted, "temperature_", None) is not None:
        raise ValueError(
            "A file for a device holds no calibration. Give classifier.pipeline_, which "
            "has the same labels, and the probabilities before calibration."
        )
    if getattr(fitted, "unknown_detector_", None) is not None:
        warnings.warn(
            "A file for a device never answers 'unknown', which this model may do: each "
            "set gets one of the exercises.",
            stacklevel=4,
        )
    return fitted.pipeline_ if isinstance(fitted, ExerciseClassifier) else fitted


def _steps_of(inner: Any) -> list[tuple[str, Any]]:
    """Return the steps of a Pipeline or classifier by their names."""
    steps = inner.steps if isinstance(inner, Pipeline) else [("classify", inner)]
    return [(name, s) for name, s in steps if s is not None and s != "passthrough"]


def _first(steps: list[tuple[str, Any]], attribute: str) -> Any:
    """Return what the first step that has an attribute knows of the input, or None."""
    known = (getattr(step, attribute, None) for _, step in steps)
    return next((value for value in known if value is not None), None)


def _names_of(steps: list[tuple[str, Any]], resampler: Any) -> list[str]:
    if resampler is not None:
        return list(resampler.channel_names_)
    names = _first(steps, "channel_names") or _first(steps, "channel_names_in_")
    n_channels = _first(steps, "n_channels_in_")
    if names is None and n_channels is None:
        kinds = ", ".join(type(step).__name__ for _, step in steps)
        raise TypeError(
            f"None of the steps ({kinds}) was fitted on sets of channels. Give a "
            "Pipeline that begins with steps of sk_imu, such as make_pipeline_for returns."
        )
    return list(names or [f"channel_{i}" for i in range(n_channels)])


def _rate_of(steps: list[tuple[str, Any]], resampler: Any) -> float | None:
    if resampler is not None:
        return float(resampler.sampling_rate_hz)
    rate_hz = _first(steps, "sampling_rate_hz") or _first(steps, "sampling_rate_hz_in_")
    return rate_hz and float(rate_hz)


def _length_of(steps: list[tuple[str, Any]]) -> int | None:
    """Return the length of the input, if the classifier takes no other."""
    for _, step in steps:
        if isinstance(step, (DerivedChannels, ChannelScaler)):
            continue
        step = inner_of(step)
        if isinstance(step, Pipeline):
            return _length_of(step.steps)
        return getattr(step, "n_timesteps_in_", None)
    return None


def _window_of(step: Any) -> Any:
    step = inner_of(step)
    if isinstance(step, Pipeline):
        return _window_of(step.steps[-1][1])
    return step if isinstance(step, WindowedClassifier) else None
