"""Let a classifier of recordings answer "unknown"."""

import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.pipeline import Pipeline
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted

from ..meta import AugmentedClassifier, SetPredictions, WindowedClassifier
from ..recording import DataQualityWarning
from ..validation import is_raw
from ._device import Worn, gravity_of, in_words
from ._held_out import subjects_of
from ._seen import LEAST_SETS, Seen, places_of, rates_of, strengths_of
from ._unknown import UnknownDetector

__all__ = ["UNKNOWN", "AnswersUnknown"]

Floats = NDArray[np.floating]

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
    _seen: dict[str, Any] | None

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
        """Return in words how the sets of each person differ from the training sets.

        Only with ``unknown``. It finds, in this order: sensors that are too slow; values
        that are far too small or too large, such as in another unit; a ``placement`` that
        no training set has; and, in three sets or more of a person, a device that is
        turned, and sets that are unlike all training sets together, such as of a device at
        another place of the body.

        Gravity shows how a device is turned. It is known if the wear is ``"fixed"`` and
        the channels hold ``TotalAcceleration``. Turns by quarters about the axes of the
        device are distinguished; a device that was worn in several ways in training, or
        whose turn puts gravity where it was in other exercises, is not found.

        Parameters
        ----------
        X : list of Recording, list of arrays or array
            The sets, in the state of those in ``fit``.

        Returns
        -------
        lines : list of str
            The first difference of each person who has one, in a sentence or two.
        """
        check_is_fitted(self)
        return self._differences(X, *self._transformed(X))

    def _transformed(self, X: Any) -> tuple[Any, Any]:
        """Return sets after the Resampler, and as the last step gets them."""
        before, _ = _around_resampler(self.pipeline_)
        uniform = before.transform(X)
        return uniform, self._behind_resampler(uniform)

    def _behind_resampler(self, uniform: Any) -> Any:
        """Return sets as the last step gets them, of those after the Resampler."""
        return _around_resampler(self.pipeline_)[1].transform(uniform)

    def _differences(self, X: Any, uniform: Any, series: Any) -> list[str]:
        """Return :meth:`check_device` of sets that are transformed already."""
        people = [one.subject for one in X] if is_raw(X) else [None] * len(series)
        lines = []
        for person in dict.fromkeys(people):
            rows = [i for i, one in enumerate(people) if one == person]
            own = [X[i] for i in rows] if is_raw(X) else None
            line = self._difference(own, *([s[i] for i in rows] for s in (uniform, series)))
            if line is not None:
                lines.append(line if person is None else f"{person}: {line}")
        return lines

    def _difference(self, recordings: Any, uniform: Any, series: Any) -> str | None:
        """Return the first difference of one person's sets."""
        assert self.unknown_detector_ is not None
        channels = self.pipeline_.named_steps["resample"].channel_names_
        return self._difference_of(
            None if recordings is None else rates_of(recordings, channels),
            strengths_of(uniform, channels),
            places_of(recordings or ()),
            gravity_of(series, self._names_of(self.pipeline_)),
            len(series),
            lambda: self.unknown_detector_.score_samples(series),  # type: ignore[union-attr]
        )

    def _difference_of(
        self,
        rates_hz: Floats | None,
        strengths: Mapping[str, Floats],
        places: set[str],
        gravity: Floats | None,
        n_sets: int,
        similarity: Callable[[], Floats],
    ) -> str | None:
        """Return the first difference of sets, by what is known of each of them."""
        assert self._seen is not None
        seen = Seen(**self._seen)
        rate_hz = self.pipeline_.named_steps["resample"].sampling_rate_hz
        line = seen.low_rate(rates_hz, rate_hz) or seen.other_strength(strengths)
        line = line or seen.other_place(places)
        if line is not None or n_sets < LEAST_SETS:
            return line
        line = self._turn_of(gravity, f"{n_sets} sets")
        return line or seen.unlike(similarity())

    def _turn_of(self, gravity: Floats | None, where: str) -> str | None:
        """Return in words how a device is turned, None if it is not or nobody knows."""
        if self._worn is None or gravity is None:
            return None
        turn = Worn(**self._worn).turn(gravity)
        if turn is None:
            return None
        return (
            f"the device is turned by about {in_words(turn)} against the training sets, by "
            f"gravity in {where}. Answers may be wrong: wear it as in training."
        )

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
        self._worn = self._seen = None
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
        rate_hz = pipeline.named_steps["resample"].sampling_rate_hz
        detector = UnknownDetector(
            live_window_seconds=_windowed_of(pipeline).n_window_timesteps_ / rate_hz,
            sampling_rate_hz=rate_hz,
        )
        if not isinstance(self.unknown, (bool, np.bool_)):
            detector.set_params(rejection_rate=float(self.unknown))
        before, after = _around_resampler(pipeline)
        uniform = before.transform(X)
        series = after.transform(uniform)
        if groups is not None and pipeline.named_steps["derive"].wear == "fixed":
            worn = Worn.fit(series, self._names_of(pipeline), y, np.asarray(groups, str))
            self._worn = None if worn is None else worn._asdict()
        detector.fit(series, y, groups=groups)
        self._seen = Seen.fit(
            X if is_raw(X) else None,
            uniform,
            pipeline.named_steps["resample"].channel_names_,
            np.arange(len(y)) if groups is None else groups,
            detector.similarity_by_group_,
        )._asdict()
        return detector

    def _ask(self, method: str, X: Any) -> Any:
        if method != "predict" or self.unknown_detector_ is None:
            return getattr(self.pipeline_, method)(X)
        uniform, series = self._transformed(X)
        for line in self._differences(X, uniform, series):
            warnings.warn(line, DataQualityWarning, stacklevel=3)
        known = self.unknown_detector_.predict(series) > 0
        return np.where(known, self.pipeline_[-1].predict(series), UNKNOWN)


def _around_resampler(pipeline: Pipeline) -> tuple[Pipeline, Pipeline]:
    """Return the steps up to the Resampler, and those behind it but the last."""
    n_before = list(pipeline.named_steps).index("resample") + 1
    return pipeline[:n_before], pipeline[n_before:-1]


def _windowed_of(pipeline: Pipeline) -> WindowedClassifier:
    """Return the step that cuts sets into windows."""
    last = pipeline[-1]
    return last.estimator_ if isinstance(last, AugmentedClassifier) else last


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
