"""Prepare the rows of X, in any of its states, for comparison with each other."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from ...recording import Recording, axis_of, sensor_of
from ...validation import is_raw

Floats = NDArray[np.float64]


class Rows(NamedTuple):
    """The rows of X, as recorded and on one clock.

    ``exact`` holds the rows of each sensor as they were recorded, ``seconds`` the duration
    of a timestep of each sensor.  ``even`` holds all channels on one clock, with a
    timestep of ``second``, and is empty for a table of features.
    """

    exact: list[list[Floats]]
    even: list[Floats]
    seconds: list[float]
    second: float


def as_rows(X: Any) -> tuple[Rows, int]:
    """Bring X in any of its states into rows of channels over time."""
    if is_raw(X):
        return _of_recordings(list(X)), len(X)
    if isinstance(X, pd.DataFrame):
        X = X.to_numpy()
    is_table = isinstance(X, np.ndarray) and X.dtype != object and X.ndim == 2
    try:
        rows = [np.asarray(row, dtype=np.float64) for row in X]
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"X must hold Recordings or rows of numbers: {error}. Give a list of arrays of "
            "shape (n_channels, n_timesteps)."
        ) from error
    if is_table:
        rows = [row[np.newaxis] for row in rows]
    if any(row.ndim != 2 for row in rows) or len({len(row) for row in rows}) > 1:
        raise ValueError(
            "All rows of X need shape (n_channels, n_timesteps) with the same channels, "
            f"got {sorted({row.shape for row in rows})[:3]}."
        )
    if not rows or not rows[0].size:
        raise ValueError("X holds no rows, or rows without values.")
    # Columns of features follow no clock, on which they could be shifted or stretched.
    even = [] if is_table else [_without_gaps(row) for row in rows]
    return Rows([rows], even, [1.0], 1.0), len(rows)


def _of_recordings(recordings: Sequence[Recording]) -> Rows:
    for i, recording in enumerate(recordings):
        if not isinstance(recording, Recording):
            raise ValueError(
                f"Row {i} of X is a {type(recording).__name__}, but others are "
                "Recordings. Give rows of one kind."
            )
    common = [
        name
        for name in recordings[0].channel_names
        if all(name in recording.channel_names for recording in recordings)
    ]
    if not common:
        raise ValueError(
            "The recordings share no channel, so they can't be compared. Compare "
            "recordings of the same sensors."
        )
    sensors = list(dict.fromkeys(map(sensor_of, common)))
    rates_hz = [[r.streams[sensor].rate_hz for r in recordings] for sensor in sensors]
    # That of the slowest sensor: more timesteps would show nothing new.
    rate_hz = _middle_of(np.fmin.reduce(rates_hz))
    even = [_on_one_clock(recording, common, rate_hz) for recording in recordings]
    exact = [[r.streams[sensor].values.T for r in recordings] for sensor in sensors]
    # Lags of equal values are found in samples and listed in seconds.
    periods_s = [1 / _middle_of(of_sensor) for of_sensor in rates_hz]
    return Rows(exact, even, periods_s, 1 / rate_hz)


def _middle_of(rates_hz: ArrayLike) -> float:
    """Return the median of the known rates; 1 Hz, as good as any, if none is known."""
    known = np.asarray(rates_hz)[~np.isnan(rates_hz)]
    return float(np.median(known)) if len(known) else 1.0


def _on_one_clock(recording: Recording, channels: list[str], rate_hz: float) -> Floats:
    start_s, end_s = recording.overlap_s
    if np.isnan(start_s):  # a stream without samples shares no time
        start_s = end_s = 0.0
    # Half a timestep more than needed, or rounding might cost the last one.
    clock_s = np.arange(start_s, max(end_s, start_s) + 0.5 / rate_hz, 1 / rate_hz)
    values = np.zeros((len(channels), len(clock_s)))
    for k, name in enumerate(channels):
        stream = recording.streams[sensor_of(name)]
        # The Resampler handles faulty clocks; interpolation only needs rising times.
        order = np.argsort(stream.timestamps_s, kind="stable")
        samples = stream.values[order, stream.axes.index(axis_of(name))]
        kept = np.isfinite(samples)
        if kept.any():
            values[k] = np.interp(clock_s, stream.timestamps_s[order][kept], samples[kept])
    return values


def _without_gaps(row: Floats) -> Floats:
    """Interpolate over missing values; a channel without any value becomes 0."""
    bad = ~np.isfinite(row)
    if not bad.any():
        return row
    row, times = row.copy(), np.arange(row.shape[1])
    for channel, missing in zip(row, bad, strict=True):
        channel[missing] = (
            np.interp(times[missing], times[~missing], channel[~missing])
            if not missing.all()
            else 0.0
        )
    return row
