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
_N_ALIGNMENTS = 3


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
    phases. Where a confusion matrix shows two exercises confused, this shows on which axis,
    and where in the movement, they differ at all.

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
        ``channel``; ``phase``, from 0 to below 1; ``exercise``; the ``mean`` over its
        repetitions and their ``spread``, the standard deviation, in the channel's unit;
        ``difference``, the mean minus that of the other exercise, in standard deviations:
        the root mean square of both spreads; and ``n_repetitions``. Sets weigh alike.

    Raises
    ------
    ValueError
        If X or y can't be used, the exercises are not two different labels of y, or
        fewer than two repetitions of one of them are found.

    See Also
    --------
    sk_imu.PhaseDifferenceDisplay : Draws the table.

    Notes
    -----
    A movement without pauses has no first phase. Therefore the repetitions of a set are
    turned, all by the same number of phases, to where their mean resembles that of the
    other sets of the exercise most, and those of the second exercise together to where
    they resemble the first.

    Examples
    --------
    >>> from sk_imu.datasets import make_exercise_recordings
    >>> from sk_imu.inspection import phase_differences
    >>> made = make_exercise_recordings(2, 1, continuous=False, random_state=0)
    >>> table = phase_differences(made.data, made.target, ("lunge", "squat"))
    >>> largest = table.loc[table["difference"].abs().idxmax()]
    >>> largest["channel"], largest["exercise"]
    ('TotalAcceleration_y', 'lunge')
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
    cut = [_repetitions(signal, names, sampling_rate_hz, n_phases) for signal in signals]
    n_first = len(rows[0])
    aligned = _aligned([cut[:n_first], cut[n_first:]], exercises)
    found = [_statistics(sets) for sets in aligned]
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
            "phase": np.tile(np.arange(n_phases) / n_phases, len(names)),
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


def _repetitions(
    signal: Any, names: Sequence[str], rate_hz: float, n_phases: int
) -> Floats:
    """Return the repetitions of a set, of shape (n_repetitions, n_channels, n_phases)."""
    values = np.asarray(signal, dtype=np.float64)
    recording = Recording.from_array(values, sampling_rate_hz=rate_hz, channel_names=names)
    times = np.arange(values.shape[1]) / rate_hz
    pieces = np.empty((0, len(names), n_phases))
    for one in find_repetitions(recording):
        at = one.start_s + one.duration_s * np.arange(n_phases) / n_phases
        piece = np.array([np.interp(at, times, channel) for channel in values])
        pieces = np.concatenate([pieces, piece[np.newaxis]])
    return pieces


def _aligned(exercises: list[list[Floats]], names: Sequence[Any]) -> list[list[Floats]]:
    """Return the sets of each exercise with their repetitions begun at the same phase.

    A movement that never pauses has no phase that it begins with.
    """
    for sets, name in zip(exercises, names, strict=True):
        n_found = sum(map(len, sets))
        if n_found < 2:  # one has no spread
            raise ValueError(
                f"phase_differences: {n_found} repetitions are found in the sets of "
                f"{name!r}, and two or more are needed. find_repetitions needs about three "
                "in a set."
            )
    found = [[one for one in sets if len(one)] for sets in exercises]
    everything = np.concatenate([one for sets in found for one in sets])
    scale = np.maximum(everything.std(axis=(0, 2)), 1e-9)[:, np.newaxis]
    first: Floats | None = None
    aligned = []
    for sets in found:
        means = [one.mean(axis=0) / scale for one in sets]
        template = means[int(np.argmax([len(one) for one in sets]))]
        for _ in range(_N_ALIGNMENTS):
            shifts = [_best_shift(mean, template) for mean in means]
            turned = [np.roll(m, k, axis=1) for m, k in zip(means, shifts, strict=True)]
            template = np.mean(turned, axis=0)
        # The second exercise as a whole: so its own phases stay what they are.
        common = 0 if first is None else _best_shift(template, first)
        first = template if first is None else first
        aligned.append(
            [np.roll(one, k + common, axis=2) for one, k in zip(sets, shifts, strict=True)]
        )
    return aligned


def _best_shift(mean: Floats, template: Floats) -> int:
    """Return by how many phases to roll a mean repetition, to resemble a template most."""
    centered = template - template.mean(axis=1, keepdims=True)
    products = [np.sum(np.roll(mean, k, axis=1) * centered) for k in range(mean.shape[1])]
    return int(np.argmax(products))


def _statistics(sets: Sequence[Floats]) -> tuple[Floats, Floats, int]:
    """Return mean and spread of the repetitions, by channel and phase, and their number."""
    stack = np.concatenate(list(sets))
    weights = np.concatenate([np.full(len(one), 1 / len(one)) for one in sets])
    mean = np.average(stack, axis=0, weights=weights)
    variance = np.average((stack - mean) ** 2, axis=0, weights=weights)
    return mean, np.sqrt(variance), len(stack)
