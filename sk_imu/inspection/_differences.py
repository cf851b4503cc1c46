"""What two exercises differ in, by channel and phase of the repetition."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from ..preprocessing import CanonicalSide, Resampler, motion_channels
from ..recording import Recording
from ..segmentation import find_repetitions
from ..validation import check_labels

__all__ = ["phase_differences"]

Floats = NDArray[np.float64]


def phase_differences(
    X: Sequence[Recording],
    y: ArrayLike,
    exercises: tuple[Any, Any],
    *,
    channels: Sequence[str] | None = None,
    sampling_rate_hz: float = 25.0,
    n_phases: int = 20,
) -> pd.DataFrame:
    """Compare the repetitions of two exercises, by channel and phase.

    Each repetition that :func:`find_repetitions` finds is stretched to the same number of
    phases. So a confusion matrix that shows two exercises confused gets its reason: where
    in the movement, and on which axis, they are alike.

    Parameters
    ----------
    X : list of Recording
        The sets; those of other exercises are left out. Sets of the left side are mirrored.
    y : array-like of shape (n_sets,)
        Their labels.
    exercises : pair of labels
        The two exercises.
    channels : sequence of str, default=None
        Sensors or channels; None takes those that :class:`ExerciseClassifier` takes.
    sampling_rate_hz : float, default=25.0
        Rate in hertz at which the repetitions are cut.
    n_phases : int, default=20
        Phases of a repetition, from its start to its end.

    Returns
    -------
    table : DataFrame of shape (n_channels * n_phases * 2, 7)
        ``channel``; ``phase``, from 0 to 1; ``exercise``; the ``mean`` over its repetitions
        and their ``spread``, the standard deviation, in the unit of the channel;
        ``difference``, the mean minus that of the other exercise, in standard deviations:
        the root mean square of both spreads; and ``n_repetitions``. Sets weigh alike.

    Raises
    ------
    ValueError
        If X or y can't be used, the exercises are not two different labels of y, or no
        repetition of one of them is found.

    See Also
    --------
    sk_imu.PhaseDifferenceDisplay : Draws the table.

    Examples
    --------
    >>> from sk_imu.datasets import make_exercise_recordings
    >>> from sk_imu.inspection import phase_differences
    >>> made = make_exercise_recordings(2, 1, continuous=False, random_state=0)
    >>> table = phase_differences(made.data, made.target, ("lunge", "squat"))
    >>> largest = table.loc[table["difference"].abs().idxmax()]
    >>> largest["channel"], largest["exercise"]
    ('Gyroscope_x', 'lunge')
    """
    for row, recording in enumerate(X):
        if not isinstance(recording, Recording):
            raise ValueError(
                f"phase_differences: row {row} of X is a {type(recording).__name__}, not a "
                "Recording, which repetitions are found in. Give a list of Recordings."
            )
    labels = check_labels(phase_differences, X, y)
    _check_parameters(exercises, labels, n_phases)
    rows = [np.flatnonzero(labels == exercise) for exercise in exercises]
    used = [X[i] for i in np.concatenate(rows)]
    channels = motion_channels(used) if channels is None else channels
    sided = CanonicalSide(unknown="keep").fit_transform(used)
    resampler = Resampler(sampling_rate_hz=sampling_rate_hz, channels=channels)
    signals = resampler.fit_transform(sided)
    names = resampler.channel_names_
    n_first = len(rows[0])
    found = [
        _statistics(part, names, sampling_rate_hz, n_phases, exercise)
        for part, exercise in zip(
            (signals[:n_first], signals[n_first:]), exercises, strict=True
        )
    ]
    (first, first_spread, _), (second, second_spread, _) = found
    pooled = np.sqrt((first_spread**2 + second_spread**2) / 2)
    difference = np.divide(
        first - second, pooled, out=np.zeros_like(pooled), where=pooled > 0
    )
    tables = []
    for exercise, sign, (mean, spread, n_repetitions) in zip(
        exercises, (1, -1), found, strict=True
    ):
        table = {
            "channel": np.repeat(names, n_phases),
            "phase": np.tile(np.linspace(0, 1, n_phases), len(names)),
            "exercise": exercise,
            "mean": mean.ravel(),
            "spread": spread.ravel(),
            "difference": sign * difference.ravel(),
            "n_repetitions": n_repetitions,
        }
        tables.append(pd.DataFrame(table))
    return pd.concat(tables, ignore_index=True)


def _check_parameters(exercises: Any, labels: NDArray[Any], n_phases: Any) -> None:
    known = np.unique(labels).tolist()
    pair = [] if isinstance(exercises, str) else list(exercises)
    if len(pair) != 2 or pair[0] == pair[1] or not all(one in known for one in pair):
        raise ValueError(
            "phase_differences: exercises must be two different labels of y, got "
            f"{exercises!r}. The labels are {', '.join(map(repr, known))}."
        )
    if not isinstance(n_phases, (int, np.integer)) or n_phases < 2:
        raise ValueError(
            "phase_differences: n_phases must be a whole number of 2 or more, got "
            f"{n_phases!r}."
        )


def _statistics(
    signals: Sequence[Any],
    names: Sequence[str],
    rate_hz: float,
    n_phases: int,
    exercise: Any,
) -> tuple[Floats, Floats, int]:
    """Return mean and spread of the repetitions, by channel and phase, and their number."""
    pieces, weights = [], []
    for signal in signals:
        values = np.asarray(signal, dtype=np.float64)
        recording = Recording.from_array(
            values, sampling_rate_hz=rate_hz, channel_names=names
        )
        repetitions = find_repetitions(recording)
        times = np.arange(values.shape[1]) / rate_hz
        for repetition in repetitions:
            at = np.linspace(repetition.start_s, repetition.end_s, n_phases)
            pieces.append(np.array([np.interp(at, times, channel) for channel in values]))
            weights.append(1 / len(repetitions))
    if not pieces:
        raise ValueError(
            f"phase_differences: no repetition is found in the sets of {exercise!r}. "
            "find_repetitions needs about three in a set."
        )
    stack = np.array(pieces)
    mean = np.average(stack, axis=0, weights=weights)
    variance = np.average((stack - mean) ** 2, axis=0, weights=weights)
    return mean, np.sqrt(variance), len(pieces)
