"""Fit a model on raw recordings, and recognize the sets of new ones."""

import warnings
from collections import Counter
from collections.abc import Mapping, Sequence
from numbers import Integral
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment
from sklearn.exceptions import NotFittedError
from sklearn.utils.validation import check_is_fitted

from .calibration import UNKNOWN
from .pipelines import ExerciseClassifier
from .recording import DataQualityWarning, Recording, settle_doubts, warn_of_doubts
from .segmentation import (
    Bout,
    Repetition,
    RepetitionCounter,
    SetQuality,
    find_repetitions,
    set_quality,
    sets_of,
)

__all__ = ["fit_recordings", "recognize"]

_COLUMNS = [
    *("source", "set", "start_s", "end_s"),
    *("exercise", "probability", "repetitions", "within", "found"),
]
#: Columns of the quality and their types: the side is text, or NaN if unknown.
_QUALITY = {"side": object, **dict.fromkeys(SetQuality((), (), ()).summary(), float)}
#: Of the rest around a set, so much is searched by a counter, too.
_REST_S = 5.0
# A forest's probability of 0 says that few trees know the exercise, not that it cannot be.
_LEAST_PROBABILITY = 1e-6


def fit_recordings(
    recordings: Sequence[Recording],
    model: str = "cnn-gru",
    *,
    channels: Sequence[str] | None = None,
    random_state: int | None = 0,
    segment: bool = True,
    unknown: bool | float = False,
) -> ExerciseClassifier:
    """Fit a model on labeled recordings.

    Parameters
    ----------
    recordings : sequence of Recording
        Each with its ``label``, or annotations that label its sets.
    model : {"rf", "svm", "cnn", "gru", "cnn-gru", "minirocket", "cnn-gru-small", \
            "cnn-gru-large"}, default="cnn-gru"
        The model.
    channels : sequence of str, default=None
        Sensors or channels to use; None chooses as :class:`~sk_imu.ExerciseClassifier`
        does.
    random_state : int or None, default=0
        Random seed of the model and its augmentation.
    segment : bool, default=True
        Cut each recording into its sets first.
    unknown : bool or float, default=False
        Whether the model may answer ``"unknown"``, as
        :class:`~sk_imu.ExerciseClassifier` has it. It chooses its threshold on people left
        out, by the ``subject`` of the recordings.

    Returns
    -------
    classifier : ExerciseClassifier
        The fitted classifier, for :func:`recognize`.

    Raises
    ------
    ValueError
        If a set has no label, or there are fewer than two labels.

    Warns
    -----
    DataQualityWarning
        For each kind of doubt about the recordings, see :attr:`Recording.doubts`.

    Examples
    --------
    >>> from sk_imu.datasets import make_exercise_recordings
    >>> from sk_imu.recognition import fit_recordings, recognize
    >>> workouts = make_exercise_recordings(3, 2, random_state=0)
    >>> classifier = fit_recordings(workouts.data[3:], "rf")
    >>> table = recognize(classifier, workouts.data[:1])  # jumping jacks of a new person
    >>> table[["set", "exercise"]]
       set      exercise
    0    1  jumping_jack
    1    2  jumping_jack
    """
    warn_of_doubts(recordings)
    # Settled, because each step that takes recordings would warn again.
    sets = settle_doubts(sets_of(recordings)[0] if segment else recordings)
    for recording in sets:
        if recording.label is None:
            raise ValueError(
                f"{recording.name}: a set has no label. Put the recording into a folder "
                "named after its exercise, or annotate its sets in the app."
            )
    if len({recording.label for recording in sets}) < 2:
        raise ValueError(
            "The sets have fewer than two labels. A model needs at least two exercises."
        )
    labels = [recording.label for recording in sets]
    classifier = ExerciseClassifier(
        model, channels=channels, unknown=unknown, random_state=random_state
    )
    return classifier.fit(sets, labels)


def recognize(
    model: Any,
    recordings: Sequence[Recording],
    *,
    segment: bool = True,
    unknown_below: float = 0.0,
    programme: Mapping[Any, int] | None = None,
    counter: RepetitionCounter | None = None,
    quality: bool = False,
) -> pd.DataFrame:
    """Find the sets in new recordings and recognize the exercise of each.

    A model that was fitted with ``unknown`` answers ``"unknown"`` for sets that are unlike
    all training sets.

    Parameters
    ----------
    model : estimator
        A fitted classifier of recordings, as :func:`fit_recordings` returns.
    recordings : sequence of Recording
        New recordings.
    segment : bool, default=True
        Cut each recording into its sets first. The rest between sets gets no row. A
        recording in which no bout is found is one set.
    unknown_below : float, default=0.0
        Label a set ``"unknown"`` if the probability of its exercise is lower. Needs a
        model with probabilities. It finds sets that are like two exercises, but hardly
        any that are like none, see ``docs/results/unknown.rst``.
    programme : mapping of label to int, default=None
        How many sets of which exercises the recordings together hold, such as
        ``{"squat": 3, "lunge": 2}``, if that is known. The sets are then labeled jointly:
        the exercises are assigned so that the product of their probabilities is largest
        (for a model without probabilities, the sum of its decision values). Sets beyond
        the number of the programme, and those whose probability of what is left would be
        below ``unknown_below``, are labeled as without a programme.
    counter : RepetitionCounter, default=None
        A counter fitted with exercises. The sets of those that it counts in another way
        than :func:`find_bouts` have its number of repetitions.
    quality : bool, default=False
        Whether to describe how each set was done, see :func:`~sk_imu.set_quality`.

    Returns
    -------
    table : DataFrame
        One row per set: ``source``, ``set`` (counted from 1 within its recording),
        ``start_s``, ``end_s``, ``exercise``, ``probability`` (the model's, of this
        exercise; NaN if it has none), ``repetitions``, ``within`` (their likely error, see
        :attr:`~sk_imu.Bout.within`; 1 where a counter counts or there is no bout) and
        ``found`` (the confidence of the bout; NaN without one). For a model with
        ``unknown`` also ``strangeness``, the share of known sets of people left out that
        are less strange; with a programme also ``planned``: whether the exercise is
        assigned from it; with ``quality`` also the ``side`` of the body that the device was
        on, if known, and the values of
        :meth:`SetQuality.summary <sk_imu.SetQuality.summary>`.

    Raises
    ------
    ValueError
        If ``unknown_below`` is not between 0 and 1, or is given for a model without
        probabilities; if the programme has an exercise that the model does not know, or a
        number of sets that is not whole; if a model cannot be asked with a programme,
        because it only predicts labels or is not fitted; or if the counter was fitted
        without exercises.

    Warns
    -----
    DataQualityWarning
        For each kind of doubt about the recordings, see :attr:`Recording.doubts`, if
        sets of the programme are missing, and, for a model with ``unknown``, if the device
        is turned against the training sets.

    Examples
    --------
    >>> from sk_imu.datasets import make_exercise_recordings
    >>> from sk_imu.recognition import fit_recordings, recognize
    >>> workouts = make_exercise_recordings(3, 2, random_state=0)
    >>> classifier = fit_recordings(workouts.data[3:], "rf")
    >>> list(recognize(classifier, workouts.data[:1]))  # doctest: +NORMALIZE_WHITESPACE
    ['source', 'set', 'start_s', 'end_s', 'exercise', 'probability', 'repetitions',
     'within', 'found']
    """
    has_proba = hasattr(model, "predict_proba")
    _check_unknown_below(unknown_below, has_proba)
    if programme is not None:
        _check_programme(programme, model)
    _check_counter(counter)
    warn_of_doubts(recordings)
    rows: list[tuple[Any, ...]] = []
    scores: list[NDArray[np.float64]] = []
    strangeness: list[float] = []
    may_be_unknown = hasattr(model, "strangeness")
    recognized: list[Recording] = []
    qualities: list[tuple[Any, ...]] = []
    to_count: list[Recording] = []
    for recording in settle_doubts(recordings):
        sets, bouts = sets_of([recording]) if segment else ([recording], [None])
        recognized += sets
        if counter is not None:
            to_count += _with_rests(recording, bouts) if counter.segment else sets
        for number, (one, bout) in enumerate(zip(sets, bouts, strict=True), start=1):
            # A bout carries its repetitions; a whole recording was not searched yet.
            repetitions = find_repetitions(one) if bout is None else bout.repetitions
            found = (1, np.nan) if bout is None else (bout.within, bout.confidence)
            if has_proba:
                scores.append(model.predict_proba([one])[0])
                named = model.classes_[scores[-1].argmax()], float(scores[-1].max())
            else:
                named = _label_of(model, one), np.nan
                if programme is not None:
                    scores.append(_decisions(model, one))
            if may_be_unknown:
                strangeness.append(float(model.strangeness([one])[0]))
                named = named if _label_of(model, one) != UNKNOWN else (UNKNOWN, np.nan)
            qualities.append(_quality_of(recording, repetitions) if quality else ())
            place = (recording.name, number, *one.overlap_s)
            rows.append((*place, *named, len(repetitions), *found))
    table = pd.DataFrame(rows, columns=_COLUMNS)
    if may_be_unknown:
        table["strangeness"] = np.array(strangeness, dtype=np.float64)
        for line in model.check_device(recognized) if recognized else ():
            warnings.warn(line, DataQualityWarning, stacklevel=2)
    if programme is not None:
        _put_programme(table, programme, model.classes_, scores, unknown_below)
    if quality:
        table = table.join(pd.DataFrame(qualities, columns=[*_QUALITY]).astype(_QUALITY))
    # NaN is not below anything: sets without a probability keep their exercise.
    unsure = table["probability"] < unknown_below
    table["exercise"] = table["exercise"].mask(unsure, UNKNOWN)
    if counter is not None:
        _count_by(counter, table, to_count)
    return table


def _label_of(model: Any, one: Recording) -> Any:
    """Return the label of a set, without what a model says of a single set."""
    with warnings.catch_warnings():
        if hasattr(model, "check_device"):
            # The sets of all recordings are checked together.
            warnings.simplefilter("ignore", DataQualityWarning)
        return model.predict([one])[0]


def _quality_of(recording: Recording, repetitions: Sequence[Repetition]) -> tuple[Any, ...]:
    """Return the values of a set for the columns of its quality."""
    side = recording.side or np.nan
    return side, *set_quality(recording, repetitions).summary().values()


def _with_rests(recording: Recording, bouts: Sequence[Bout | None]) -> list[Recording]:
    """Return each set with some of the rest before and after it."""
    found = [bout for bout in bouts if bout is not None]
    if not found:
        return [recording]
    edges_s = [-np.inf, *(edge for b in found for edge in (b.start_s, b.end_s)), np.inf]
    return [
        recording.between(
            max(bout.start_s - _REST_S, edges_s[2 * i]),
            min(bout.end_s + _REST_S, edges_s[2 * i + 3]),
        )
        for i, bout in enumerate(found)
    ]


def _count_by(
    counter: RepetitionCounter, table: pd.DataFrame, sets: Sequence[Recording]
) -> None:
    """Put the numbers of a counter into a table, where it has learned the exercise."""
    for row, (exercise, one) in enumerate(zip(table["exercise"], sets, strict=True)):
        if counter.learned(exercise):
            number = counter.predict([one], exercises=[exercise])[0]
            table.loc[row, ["repetitions", "within"]] = number, 1


def _check_unknown_below(unknown_below: float, has_proba: bool) -> None:
    if not 0 <= unknown_below <= 1:  # also NaN, below which nothing is
        raise ValueError(
            f"unknown_below must be a probability between 0 and 1, got {unknown_below}."
        )
    if unknown_below > 0 and not has_proba:
        raise ValueError(
            "unknown_below needs a model with probabilities, which an SVM lacks. Fit 'rf' "
            "or a net instead."
        )


def _check_counter(counter: RepetitionCounter | None) -> None:
    if counter is None:
        return
    check_is_fitted(counter)
    if not counter.takes_exercises_:
        raise ValueError("counter: fitted without exercises. Give exercises= to its fit.")


def _check_programme(programme: Mapping[Any, int], model: Any) -> None:
    """Raise a ValueError if a model cannot be asked with this programme."""
    if not isinstance(programme, Mapping) or not programme:
        raise ValueError(
            "programme must give the number of sets of each exercise, such as "
            f"{{'squat': 3}}, got {programme!r}."
        )
    if not (hasattr(model, "predict_proba") or hasattr(model, "decision_function")):
        raise ValueError(
            "A programme needs a model with probabilities or decision values, this one "
            "only predicts labels."
        )
    if not hasattr(model, "classes_"):
        raise NotFittedError(
            f"This {type(model).__name__} has no classes_ that a programme could name. Fit "
            "it first."
        )
    known = model.classes_.tolist()
    unknown = [repr(label) for label in programme if label not in known]
    if unknown:
        raise ValueError(
            f"The model does not know {', '.join(unknown)} of the programme. It knows "
            f"{', '.join(map(repr, known))}."
        )
    for label, n_sets in programme.items():
        # True would count as one set.
        if not isinstance(n_sets, Integral) or isinstance(n_sets, bool) or n_sets < 0:
            raise ValueError(
                f"The programme has {n_sets!r} sets of {label!r}. Give a whole number."
            )


def _decisions(model: Any, one: Recording) -> NDArray[np.float64]:
    """Return the decision value of each class for a set."""
    # Of two classes there is one value, that of the second.
    values: NDArray[np.float64] = np.atleast_1d(model.decision_function([one])[0])
    return np.array([-values[0], values[0]]) if len(values) == 1 else values


def _put_programme(
    table: pd.DataFrame,
    programme: Mapping[Any, int],
    classes: NDArray[Any],
    scores: list[NDArray[np.float64]],
    unknown_below: float,
) -> None:
    """Put the exercises of a programme into a table of sets, and warn of missing ones."""
    values = np.reshape(scores, (len(table), len(classes)))
    # Sets that are unknown already have none, and get no exercise.
    has_proba = table["probability"].notna().any()
    possible = values >= unknown_below if has_proba else np.isfinite(values)
    possible &= (table["exercise"] != UNKNOWN).to_numpy()[:, np.newaxis]
    gains = np.log(np.maximum(values, _LEAST_PROBABILITY)) if has_proba else values
    n_sets = [programme.get(label, 0) for label in classes.tolist()]
    rows, codes = _assigned(gains, possible, n_sets)
    table["planned"] = np.isin(np.arange(len(table)), rows)
    table.loc[rows, "exercise"] = classes[codes]
    if has_proba:
        table.loc[rows, "probability"] = values[rows, codes]
    # The difference of two Counters leaves out what is there often enough.
    missing = Counter(dict(programme)) - Counter(classes[codes].tolist())
    if missing and len(table):
        these = ", ".join(f"{n} of {label}" for label, n in missing.items())
        warnings.warn(
            f"Sets of the programme are missing: {these}. They were left out, not found "
            "in the recordings (see find_bouts), or unknown to the model.",
            DataQualityWarning,
            stacklevel=3,
        )


def _assigned(
    gains: NDArray[np.float64], possible: NDArray[np.bool_], n_sets: Sequence[int]
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return the rows that get a class, so many of each, and these classes."""
    # More than there are rows would take memory only.
    planned = np.repeat(np.arange(len(n_sets)), [min(n, len(gains)) for n in n_sets])
    # So low that as many rows as can be get a class that is possible.
    gains = np.where(possible, gains, -1e9)[:, planned]
    # Jointly, because an exercise may be the best of more sets than are planned.
    rows, columns = linear_sum_assignment(gains, maximize=True)
    codes = planned[columns]
    taken = possible[rows, codes]
    return rows[taken], codes[taken]


recognise = recognize  # the former name, in British spelling
