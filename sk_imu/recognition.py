"""Fit a model on raw recordings, and recognize the sets of new ones."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from .pipelines import ExerciseClassifier
from .recording import Recording, settle_doubts, warn_of_doubts
from .segmentation import find_repetitions, sets_of

__all__ = ["fit_recordings", "recognize"]

_COLUMNS = [
    *("source", "set", "start_s", "end_s"),
    *("exercise", "probability", "repetitions", "found"),
]


def fit_recordings(
    recordings: Sequence[Recording],
    model: str = "cnn-gru",
    *,
    channels: Sequence[str] | None = None,
    random_state: int | None = 0,
    segment: bool = True,
) -> ExerciseClassifier:
    """Fit a model on labeled recordings.

    Parameters
    ----------
    recordings : sequence of Recording
        Each with its ``label``, or annotations that label its sets.
    model : {"rf", "svm", "cnn", "gru", "cnn-gru", "minirocket"}, default="cnn-gru"
        The model.
    channels : sequence of str, default=None
        Sensors or channels to use; None chooses as :class:`~sk_imu.ExerciseClassifier`
        does.
    random_state : int or None, default=0
        Random seed of the model and its augmentation.
    segment : bool, default=True
        Cut each recording into its sets first.

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
    classifier = ExerciseClassifier(model, channels=channels, random_state=random_state)
    return classifier.fit(sets, labels)


def recognize(
    model: Any,
    recordings: Sequence[Recording],
    *,
    segment: bool = True,
    unknown_below: float = 0.0,
) -> pd.DataFrame:
    """Find the sets in new recordings and recognize the exercise of each.

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
        model with probabilities.

    Returns
    -------
    table : DataFrame
        One row per set: ``source``, ``set`` (counted from 1 within its recording),
        ``start_s``, ``end_s``, ``exercise``, ``probability`` (NaN if the model has
        none), ``repetitions`` and ``found`` (the confidence of the bout; NaN if the
        recording was taken as one set).

    Raises
    ------
    ValueError
        If ``unknown_below`` is not between 0 and 1, or is given for a model without
        probabilities.

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
    >>> list(recognize(classifier, workouts.data[:1]))  # doctest: +NORMALIZE_WHITESPACE
    ['source', 'set', 'start_s', 'end_s', 'exercise', 'probability', 'repetitions',
     'found']
    """
    if not 0 <= unknown_below <= 1:  # also NaN, below which nothing is
        raise ValueError(
            f"unknown_below must be a probability between 0 and 1, got {unknown_below}."
        )
    has_proba = hasattr(model, "predict_proba")
    if unknown_below > 0 and not has_proba:
        raise ValueError(
            "unknown_below needs a model with probabilities, which an SVM lacks. Fit 'rf' "
            "or a net instead."
        )
    warn_of_doubts(recordings)
    rows: list[tuple[Any, ...]] = []
    for recording in settle_doubts(recordings):
        sets, bouts = sets_of([recording]) if segment else ([recording], [None])
        for number, (one, bout) in enumerate(zip(sets, bouts, strict=True), start=1):
            # A bout carries its repetitions; a whole recording was not searched yet.
            repetitions = find_repetitions(one) if bout is None else bout.repetitions
            found = np.nan if bout is None else bout.confidence
            if has_proba:
                proba = model.predict_proba([one])[0]
                named = model.classes_[proba.argmax()], float(proba.max())
            else:
                named = model.predict([one])[0], np.nan
            place = (recording.name, number, *one.overlap_s)
            rows.append((*place, *named, len(repetitions), found))
    table = pd.DataFrame(rows, columns=_COLUMNS)
    # NaN is not below anything: sets without a probability keep their exercise.
    table["exercise"] = table["exercise"].where(
        ~(table["probability"] < unknown_below), "unknown"
    )
    return table


recognise = recognize  # the first name of the function, in British spelling
