"""Let a classifier of recordings answer "unknown"."""

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.pipeline import Pipeline
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted

from ..meta import SetPredictions
from ..recording import DataQualityWarning
from ..validation import is_raw
from ._unknown import UnknownDetector

__all__ = ["UNKNOWN", "AnswersUnknown"]

#: The answer for a set that is none of the exercises of the training sets.
UNKNOWN = "unknown"


def _may_answer_unknown(classifier: Any) -> bool:
    return bool(classifier.unknown)


class AnswersUnknown(SetPredictions):
    """Mixin for classifiers with a parameter ``unknown`` and a fitted ``pipeline_``."""

    unknown: bool | float
    unknown_detector_: UnknownDetector | None
    pipeline_: Pipeline

    @available_if(_may_answer_unknown)
    def strangeness(self, X: Any) -> NDArray[np.float64]:
        """Return the share of known sets, of people left out, that are less strange.

        Only with ``unknown``.

        Parameters
        ----------
        X : list of Recording, list of arrays or array
            The sets, in the state of those in ``fit``.

        Returns
        -------
        strangeness : ndarray of shape (n_sets,)
            From 0 to 1: at 0.97, 97 % of the sets of known exercises, by people left out,
            are more like the training sets than this one. ``predict`` answers
            ``"unknown"`` above 1 minus the rejection rate.

        Examples
        --------
        A model of two exercises does not know the third:

        >>> import numpy as np
        >>> from sk_imu import ExerciseClassifier
        >>> from sk_imu.datasets import make_exercise_recordings
        >>> made = make_exercise_recordings(7, 2, continuous=False, random_state=0)
        >>> fit = (made.subject != made.subject[0]) & (made.target != "lunge")
        >>> clf = ExerciseClassifier("svm", unknown=True)
        >>> clf = clf.fit([made.data[i] for i in np.flatnonzero(fit)], made.target[fit])
        >>> new = made.data[1:6:2]  # a set of each exercise by a new person
        >>> clf.predict(new)
        array(['jumping_jack', 'unknown', 'squat'], dtype='<U12')
        >>> clf.strangeness(new) > 0.95
        array([False,  True, False])
        """
        check_is_fitted(self)
        assert self.unknown_detector_ is not None
        return self.unknown_detector_.strangeness(self.pipeline_[:-1].transform(X))

    def _fit_detector(
        self, pipeline: Pipeline, X: Any, y: NDArray[Any], groups: Any
    ) -> UnknownDetector | None:
        """Return the fitted detector, or None if the classifier never answers unknown."""
        if not self.unknown:
            return None
        name = type(self).__name__
        if not all(isinstance(label, str) for label in y.tolist()):
            raise ValueError(
                f"{name}(unknown=...) answers {UNKNOWN!r}, but y holds labels that are not "
                "text. Give the exercises by their names."
            )
        if UNKNOWN in y:
            raise ValueError(
                f"y holds the label {UNKNOWN!r}, which {name}(unknown=...) gives to sets "
                "of no known exercise. Rename it, or leave these sets out."
            )
        if groups is None:
            groups = _people_of(X, name)
        detector = UnknownDetector(
            sampling_rate_hz=pipeline.named_steps["resample"].sampling_rate_hz
        )
        if not isinstance(self.unknown, (bool, np.bool_)):
            detector.set_params(rejection_rate=float(self.unknown))
        return detector.fit(pipeline[:-1].transform(X), y, groups=groups)

    def _ask(self, method: str, X: Any) -> Any:
        if method != "predict" or self.unknown_detector_ is None:
            return getattr(self.pipeline_, method)(X)
        series = self.pipeline_[:-1].transform(X)
        known = self.unknown_detector_.predict(series) > 0
        return np.where(known, self.pipeline_[-1].predict(series), UNKNOWN)


def _people_of(X: Any, name: str) -> Sequence[Any] | None:
    """Return the subjects of recordings, or warn that the people are not given."""
    subjects = [recording.subject for recording in X] if is_raw(X) else [None]
    if None not in subjects:
        return subjects
    warnings.warn(
        f"{name}(unknown=...) does not know which sets are of the same person, and takes "
        "each as of its own. More sets of new people will be called unknown than the "
        "rejection rate says. Give groups, or recordings with a subject.",
        DataQualityWarning,
        stacklevel=4,
    )
    return None
