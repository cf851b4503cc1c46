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
from ._device import Worn, in_words
from ._held_out import subjects_of
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
    _worn: dict[str, Any] | None

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

    @available_if(_may_answer_unknown)
    def check_device(self, X: Any) -> list[str]:
        """Return in words whether the device is worn another way than in training.

        Only with ``unknown``. Gravity shows how a device is turned. It is known if the wear
        is ``"fixed"`` and the channels hold ``TotalAcceleration``, and a turn is looked for
        in three sets or more of a person. Turns by quarters about the axes of the device
        are distinguished; a device that was worn in several ways in training, or whose turn
        puts gravity where it was in other exercises, is not found.

        Parameters
        ----------
        X : list of Recording, list of arrays or array
            The sets, in the state of those in ``fit``.

        Returns
        -------
        lines : list of str
            A sentence for each person whose device is turned.
        """
        check_is_fitted(self)
        return self._turned(X, self.pipeline_[:-1].transform(X))

    def _turned(self, X: Any, series: Any) -> list[str]:
        """Return :meth:`check_device` of sets; ``series`` is what the last step gets."""
        if self._worn is None:
            return []
        worn, names = Worn(**self._worn), self._names_of(self.pipeline_)
        people = [one.subject for one in X] if is_raw(X) else [None] * len(series)
        lines = []
        for person in dict.fromkeys(people):
            rows = [i for i, one in enumerate(people) if one == person]
            turn = worn.turn([series[i] for i in rows], names)
            if turn is not None:
                who = "" if person is None else f"{person}: "
                lines.append(
                    f"{who}the device is turned by about {in_words(turn)} against the "
                    f"training sets, by gravity in {len(rows)} sets. Answers may be wrong: "
                    "wear it as in training."
                )
        return lines

    @staticmethod
    def _names_of(pipeline: Pipeline) -> list[str]:
        names: list[str] = pipeline.named_steps["derive"].channel_names_out_
        return names

    def _fit_detector(
        self, pipeline: Pipeline, X: Any, y: NDArray[Any], groups: Any
    ) -> UnknownDetector | None:
        """Return the fitted detector, or None if the classifier never answers unknown.

        Learns how the device was worn, too.
        """
        self._worn = None
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
        series = pipeline[:-1].transform(X)
        if groups is not None and pipeline.named_steps["derive"].wear == "fixed":
            worn = Worn.fit(series, self._names_of(pipeline), y, np.asarray(groups, str))
            self._worn = None if worn is None else worn._asdict()
        return detector.fit(series, y, groups=groups)

    def _ask(self, method: str, X: Any) -> Any:
        if method != "predict" or self.unknown_detector_ is None:
            return getattr(self.pipeline_, method)(X)
        series = self.pipeline_[:-1].transform(X)
        for line in self._turned(X, series):
            warnings.warn(line, DataQualityWarning, stacklevel=3)
        known = self.unknown_detector_.predict(series) > 0
        return np.where(known, self.pipeline_[-1].predict(series), UNKNOWN)


def _people_of(X: Any, name: str) -> Sequence[Any] | None:
    """Return the subjects of recordings, or warn that the people are not given."""
    subjects = subjects_of(X)
    if subjects is not None:
        return subjects
    warnings.warn(
        f"{name}(unknown=...) does not know which sets are of the same person, and takes "
        "each as of its own. More sets of new people will be called unknown than the "
        "rejection rate says. Give groups, or recordings with a subject.",
        DataQualityWarning,
        stacklevel=4,
    )
    return None
