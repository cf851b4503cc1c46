"""The estimator that learns, by exercise, how a person's repetitions are to be counted."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from numbers import Integral
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_consistent_length, check_is_fitted, column_or_1d

from .._atomic import fit_context
from .._sklearn import Interval
from ..recording import Recording
from ..validation import check_groups, check_recordings, distinct
from ._bouts import find_bouts
from ._count_accuracy import count_accuracy
from ._motion import moving_sensors
from ._repetitions import find_repetitions

#: Of the streams of a recording, those that are searched.
_SENSORS = ("all", "acceleration", "gyroscope")
#: A movement is counted this many times; the shares are those of movements that are alike
#: within one repetition, such as the steps of a lunge to either side.
_FACTORS = (1 / 4, 1 / 3, 1 / 2, 2.0, 3.0)
#: The periods of an exercise are within this ratio of the median one, either way. At 2,
#: two repetitions could still pass for one.
_TEMPO = 1.6
#: An error counts as at most this, so that one wrong note does not decide.
_LARGEST_ERROR = 3.0
#: Shortest and longest period in seconds without training, and of any exercise.
_FREE_S, _ANY_S = (0.8, 10.0), (0.4, 30.0)


@dataclass(frozen=True)
class _Way:
    """A way to count: which sensors, which periods, and repetitions for each movement."""

    sensors: str = "all"
    periods_s: tuple[float, float] = _FREE_S
    factor: float = 1.0


_TRAINING_FREE = _Way()


class RepetitionCounter(BaseEstimator):
    """Count repetitions as they were counted in the training sets of the same exercise.

    :func:`find_bouts` and :func:`find_repetitions` count movements that are alike. What a
    person counts may be another thing: both sides of a lunge as one, or a curl with a
    turn, in which two movements are alike, as one. For each exercise, this estimator learns
    from a few sets with known counts which sensors to use, between which periods to search,
    and whether several movements are one repetition or one is several. It departs from the
    training-free method only if that counts the training sets better by more than a
    standard error. Exercises that it does not know are counted by the training-free method.

    Parameters
    ----------
    segment : bool, default=True
        Whether the recordings hold time before and after the set. Then the repetitions of
        all bouts of :func:`find_bouts` count. Otherwise each recording is one set, cut
        out, and those of :func:`find_repetitions` do.
    min_sets : int, default=3
        Least number of sets from which an exercise is learned, at least 2. One with fewer
        is counted by the training-free method.

    Attributes
    ----------
    exercises_ : ndarray of shape (n_exercises,)
        The exercises of the training sets, sorted.
    n_sets_ : ndarray of int of shape (n_exercises,)
        Number of training sets of each.
    sensors_ : ndarray of str of shape (n_exercises,)
        The sensors that are used: ``"all"``, ``"acceleration"`` or ``"gyroscope"``. A
        recording that lacks them is counted by what it has.
    periods_s_ : ndarray of shape (n_exercises, 2)
        Shortest and longest time in seconds from one repetition to the next.
    factors_ : ndarray of shape (n_exercises,)
        Repetitions per movement: 0.5 if two movements are one repetition.

    See Also
    --------
    find_bouts : The training-free method.
    count_accuracy : Score counts.

    Notes
    -----
    Ways to count are compared by the mean of the absolute errors, each at most 3, so that
    one wrong note does not decide. With ``groups``, every group has the same weight.

    Examples
    --------
    Lunges, of which one to either side makes a repetition:

    >>> from sk_imu import RepetitionCounter
    >>> from sk_imu.datasets import make_exercise_recordings
    >>> data = make_exercise_recordings(4, 1, ["lunge"], random_state=0)
    >>> counts = [len(repetitions) // 2 for repetitions in data.repetitions]
    >>> names = ["lunge"] * 4
    >>> counter = RepetitionCounter().fit(data.data[:3], counts[:3], exercises=names[:3])
    >>> counter.predict(data.data[3:], exercises=["lunge"]), counts[3]
    (array([5]), 5)
    """

    # What a cross-validation is given reaches them without the user's request.
    __metadata_request__fit: ClassVar[dict[str, bool]] = {
        "exercises": True,
        "groups": True,
    }
    __metadata_request__predict: ClassVar[dict[str, bool]] = {"exercises": True}
    __metadata_request__score: ClassVar[dict[str, bool]] = {
        "exercises": True,
        "within": True,
    }

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        "segment": ["boolean"],
        "min_sets": [Interval(Integral, 2, None, closed="left")],
    }

    def __init__(self, *, segment: bool = True, min_sets: int = 3) -> None:
        self.segment = segment
        self.min_sets = min_sets

    @fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: Any, y: Any, *, exercises: Any = None, groups: Any = None) -> Self:
        """Learn from counted sets how the repetitions of each exercise are counted.

        Parameters
        ----------
        X : list of Recording
            Recordings, each with the repetitions of one exercise.
        y : array-like of int of shape (n_recordings,)
            Number of repetitions in each recording.
        exercises : array-like of shape (n_recordings,), default=None
            The exercise of each recording. None if all are of the same.
        groups : array-like of shape (n_recordings,), default=None
            The person of each recording, so that all people weigh the same.

        Returns
        -------
        self : RepetitionCounter
            The fitted counter.

        Raises
        ------
        ValueError
            If X holds anything but Recordings, a count is not a whole number from 0, or
            the arguments differ in length.
        """
        recordings = check_recordings(X, estimator=self)
        counts = _check_counts(y, recordings)
        names = _check_exercises(exercises, recordings)
        people = check_groups(groups, counts)
        # Persons weigh the same. Without groups, each row is its own.
        _, of_person, sizes = np.unique(people, return_inverse=True, return_counts=True)
        weights = 1 / sizes[of_person]
        known, codes = np.unique(names, return_inverse=True)
        ways = []
        for code in range(len(known)):
            rows = np.flatnonzero(codes == code)
            ways.append(
                self._best_way([recordings[i] for i in rows], counts[rows], weights[rows])
                if len(rows) >= self.min_sets
                else _TRAINING_FREE
            )
        self.exercises_ = known
        self.n_sets_ = np.bincount(codes, minlength=len(known))
        self.sensors_ = np.array([way.sensors for way in ways])
        self.periods_s_ = np.array([way.periods_s for way in ways])
        self.factors_ = np.array([way.factor for way in ways])
        self.takes_exercises_ = exercises is not None
        return self

    def predict(self, X: Any, *, exercises: Any = None) -> NDArray[np.intp]:
        """Count the repetitions in each recording.

        Parameters
        ----------
        X : list of Recording
            Recordings, each with the repetitions of one exercise.
        exercises : array-like of shape (n_recordings,), default=None
            The exercise of each recording, as a classifier recognized it, for example.
            Needed if ``fit`` had the exercises. Those that it did not have are counted by
            the training-free method.

        Returns
        -------
        counts : ndarray of int of shape (n_recordings,)
            Number of repetitions in each recording.

        Raises
        ------
        ValueError
            If X holds anything but Recordings, or ``exercises`` are missing, of another
            length, or given though ``fit`` had none.
        """
        check_is_fitted(self)
        recordings = check_recordings(X, estimator=self)
        if (exercises is not None) != self.takes_exercises_:
            raise ValueError(
                "RepetitionCounter was fitted with exercises: predict and score need "
                "exercises=, too."
                if self.takes_exercises_
                else "RepetitionCounter was fitted without exercises, so it cannot "
                "distinguish them in predict and score. Give exercises= to fit, too."
            )
        names = _check_exercises(exercises, recordings)
        counts = [
            self._count(recording, self._way_of(name))
            for recording, name in zip(recordings, names, strict=True)
        ]
        return np.array(counts, dtype=np.intp)

    def score(self, X: Any, y: Any, *, exercises: Any = None, within: int = 0) -> float:
        """Return the share of recordings whose repetitions are counted right.

        Parameters
        ----------
        X : list of Recording
            Recordings, each with the repetitions of one exercise.
        y : array-like of int of shape (n_recordings,)
            Number of repetitions in each recording.
        exercises : array-like of shape (n_recordings,), default=None
            The exercise of each recording, as for :meth:`predict`.
        within : int, default=0
            Largest difference of a right count.

        Returns
        -------
        score : float
            Share of right counts, as :func:`count_accuracy` has it.
        """
        return count_accuracy(y, self.predict(X, exercises=exercises), within=within)

    def learned(self, exercise: Any) -> bool:
        """Return whether an exercise is counted in another way than without training.

        Parameters
        ----------
        exercise : object
            The exercise.

        Returns
        -------
        learned : bool
            False for exercises that are unknown, too.
        """
        check_is_fitted(self)
        return self._way_of(exercise) != _TRAINING_FREE

    def _way_of(self, exercise: Any) -> _Way:
        (rows,) = np.nonzero(self.exercises_ == exercise)
        if not len(rows):
            return _TRAINING_FREE
        low_s, high_s = self.periods_s_[rows[0]]
        return _Way(
            str(self.sensors_[rows[0]]),
            (float(low_s), float(high_s)),
            float(self.factors_[rows[0]]),
        )

    def _best_way(
        self,
        recordings: list[Recording],
        counts: NDArray[np.intp],
        weights: NDArray[np.float64],
    ) -> _Way:
        """Return the way that counts best, if by more than a standard error."""
        share = weights / weights.sum()
        free_error, best, most = None, _TRAINING_FREE, 0.0
        # One after another, because each search takes long.
        for way, said in self._ways(recordings, counts):
            errors = np.minimum(np.abs(said - counts), _LARGEST_ERROR)
            free_error = errors if free_error is None else free_error
            gain = free_error - errors
            mean = float(share @ gain)
            # Of a weighted mean, with the usual correction for one degree of freedom.
            deviation = np.sqrt(np.square(share * (gain - mean)).sum())
            deviation *= np.sqrt(len(gain) / (len(gain) - 1))
            if mean > max(deviation, most):
                best, most = way, mean
            if most >= share @ free_error:
                break  # nothing is better than no error
        return best

    def _ways(
        self, recordings: list[Recording], counts: NDArray[np.intp]
    ) -> Iterator[tuple[_Way, NDArray[np.intp]]]:
        """Yield ways to count, the training-free one first, and what they count."""
        for sensors in _SENSORS:
            plain = _Way(sensors)
            found, durations_s = self._search(recordings, plain)
            yield plain, found
            for factor in _FACTORS:
                yield replace(plain, factor=factor), _scaled(found, factor)
            # Where nothing is found, the period is unknown.
            seen = (found > 0) & (counts > 0)
            if seen.any():
                usual_s = float(np.median(durations_s[seen] / counts[seen]))
                learned = replace(plain, periods_s=_periods_around(usual_s))
                yield learned, self._search(recordings, learned)[0]

    def _search(
        self, recordings: list[Recording], way: _Way
    ) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
        """Return the number of movements of recordings, and their duration."""
        found = [self._movements(recording, way) for recording in recordings]
        numbers, durations_s = zip(*found, strict=True)
        return np.array(numbers, dtype=np.intp), np.array(durations_s)

    def _count(self, recording: Recording, way: _Way) -> int:
        return int(_scaled(np.array([self._movements(recording, way)[0]]), way.factor)[0])

    def _movements(self, recording: Recording, way: _Way) -> tuple[int, float]:
        """Return the number of movements and their duration in seconds."""
        recording = _with_sensors(recording, way.sensors)
        low_s, high_s = way.periods_s
        if self.segment:
            bouts = find_bouts(recording, min_period_s=low_s, max_period_s=high_s)
            found = [repetition for bout in bouts for repetition in bout.repetitions]
        else:
            found = find_repetitions(recording, min_period_s=low_s, max_period_s=high_s)
        return len(found), sum(repetition.duration_s for repetition in found)


def _check_counts(y: Any, recordings: list[Recording]) -> NDArray[np.intp]:
    if y is None:
        raise ValueError(
            "RepetitionCounter requires y to be passed, but the target y is None."
        )
    values = column_or_1d(y)
    check_consistent_length(recordings, values)
    for row, value in enumerate(values.tolist()):
        # Neither NaN nor infinity passes.
        if not isinstance(value, (int, float)) or not value >= 0 or value % 1:
            raise ValueError(
                f"RepetitionCounter: y has {value!r} for row {row}. Give the number of "
                "repetitions, a whole number from 0, and the names as exercises=."
            )
    return values.astype(np.intp)


def _check_exercises(exercises: Any, recordings: list[Recording]) -> NDArray[Any]:
    """Return the exercise of each recording; all the same if they are not given."""
    if exercises is None:
        return np.full(len(recordings), "")
    names: NDArray[Any] = column_or_1d(distinct(exercises, what="exercises"))
    check_consistent_length(recordings, names)
    return names


def _scaled(numbers: NDArray[np.intp], factor: float) -> NDArray[np.intp]:
    """Return numbers of repetitions for numbers of movements."""
    # A movement left over completes no repetition, and half of two is not rounded to even.
    return np.floor(numbers * factor + 1e-9).astype(np.intp)


def _periods_around(usual_s: float) -> tuple[float, float]:
    usual_s = float(np.clip(usual_s, _ANY_S[0] * _TEMPO, _ANY_S[1] / _TEMPO))
    return usual_s / _TEMPO, usual_s * _TEMPO


def _with_sensors(recording: Recording, sensors: str) -> Recording:
    """Return a recording with only the given sensors, or as it is if it lacks them."""
    streams = {
        name: stream
        for name, stream in recording.streams.items()
        if sensors == "all" or (name == "Gyroscope") == (sensors == "gyroscope")
    }
    return replace(recording, streams=streams) if moving_sensors(streams) else recording
