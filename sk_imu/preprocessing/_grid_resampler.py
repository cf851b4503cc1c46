"""Streams that are not finished, block by block on an absolute time grid."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..recording import (
    QUATERNION_AXES,
    SENSOR_AXES,
    Recording,
    SensorStream,
    axis_of,
    quaternion_columns,
    sensor_of,
)
from ._channel_choice import channel_parts, check_channels, choose_axes, needed_axes
from ._interpolation import ROUNDING, one_hemisphere, resample_stream, without_gaps
from ._resampler import Resampler
from ._stream_checks import ATTITUDE_AXES, checked_stream, long_gaps

Floats = NDArray[np.float64]

#: Below this share of the longest interval, the shortest one may need mending.
_EVEN_ENOUGH = 0.2


class GridResampler:
    """Resample blocks of the timesteps n / rate of a clock, n being any whole number.

    A block depends on nothing but the samples within its margins, so it is the same for a
    stream that goes on and for the finished recording.

    Parameters
    ----------
    resampler : Resampler
        Fitted, on recordings or on arrays of the channels named by ``channel_names``.
    sensors : sequence of str or None
        The sensors of the streams. None takes those that the channels are named by.
    channel_names : sequence of str, default=None
        The channels; None takes those of the resampler.

    Attributes
    ----------
    axes : dict of str to list of str
        The axes that are needed of each sensor, in the order of the tables' columns.

    Raises
    ------
    ValueError
        If the sensors lack a channel, or the channels hold a part of a quaternion.
    """

    def __init__(
        self,
        resampler: Resampler,
        sensors: Sequence[str] | None,
        channel_names: Sequence[str] | None = None,
    ) -> None:
        self.resampler = resampler
        self.channel_names = list(channel_names or resampler.channel_names_)
        self.rate_hz = float(resampler.sampling_rate_hz)
        template = _template(self.channel_names, sensors)
        check_channels(
            template, self.channel_names, "the sensors of the stream", exactly=False
        )
        self.axes: dict[str, list[str]] = {}
        for sensor, wanted in needed_axes(template, self.channel_names).items():
            chosen = choose_axes(template.streams[sensor], wanted, f"sensor {sensor!r}")
            self.axes[sensor] = list(chosen.axes)
        self._parts = self._columns(channel_parts(template))
        self._quaternion = _whole_quaternion(self.channel_names)
        self._plain = [s for s, a in self.axes.items() if not ATTITUDE_AXES & set(a)]

    def _columns(self, parts: Mapping[str, list[tuple[str, str]]]) -> list[list[int]]:
        """Return the columns, of all sensors side by side, that make each channel."""
        every = [(sensor, axis) for sensor, axes in self.axes.items() for axis in axes]
        return [[every.index(part) for part in parts[name]] for name in self.channel_names]

    def block(
        self,
        tables: Mapping[str, Floats],
        first: int,
        n_timesteps: int,
        margins_s: tuple[float, float],
        max_gap_s: float = 0.0,
    ) -> Floats:
        """Return the values of timesteps, NaN where a sensor has no samples around them.

        Parameters
        ----------
        tables : dict of str to ndarray of shape (n_samples, 1 + n_axes)
            Time and values of each sensor, sorted by time, each sample once.
        first : int
            The number of the first timestep.
        n_timesteps : int
            Number of timesteps.
        margins_s : (float, float)
            How far before the first and after the last timestep samples are used.
        max_gap_s : float, default=0.0
            Longest gap that is interpolated over though the resampler refuses it.

        Returns
        -------
        values : ndarray of shape (n_channels, n_timesteps)
            The values, NaN where a sensor has no samples, or too long a gap.
        """
        start_s, last_s = first / self.rate_hz, (first + n_timesteps - 1) / self.rate_hz
        before_s, after_s = start_s - margins_s[0], last_s + margins_s[1]
        pieces: dict[str, Floats] = {}
        for sensor, table in tables.items():
            begin, end = table[:, 0].searchsorted((before_s, after_s))
            pieces[sensor] = table[begin:end]
        columns: dict[str, Floats] = {}
        for group in self._by_clock(pieces):
            samples = [pieces[sensor] for sensor in group]
            axes = [axis for sensor in group for axis in self.axes[sensor]]
            values = np.hstack([samples[0], *(one[:, 1:] for one in samples[1:])])
            uniform = self._uniform(values, axes, start_s, n_timesteps, max_gap_s)
            begin = 0
            for sensor in group:
                end = begin + len(self.axes[sensor])
                columns[sensor], begin = uniform[:, begin:end], end
        every = np.hstack([columns[sensor] for sensor in self.axes])
        chosen: Floats = every[:, [first for first, *_ in self._parts]].T
        for row, (_, *rest) in enumerate(self._parts):
            for column in rest:  # total acceleration is the sum of two sensors
                chosen[row] += every[:, column]
        return chosen

    def usable(self, sensor: str, rows: Floats) -> NDArray[np.bool_]:
        """Return which samples can be interpolated: finite, and rotations not all zero.

        ``rows`` have a time and the values of a sensor each.
        """
        usable: NDArray[np.bool_] = np.asarray(np.isfinite(rows).all(axis=1))
        quaternion = quaternion_columns(self.axes[sensor])
        if quaternion:
            usable = usable & rows[:, 1:][:, quaternion].any(axis=1)
        return usable

    def signed(self, values: Floats) -> Floats:
        """Return the values of a stretch with the signs of quaternions made continuous."""
        if not self._quaternion:
            return values
        values = values.copy()
        values[self._quaternion] = one_hemisphere(values[self._quaternion].T).T
        return values

    def _by_clock(self, pieces: Mapping[str, Floats]) -> list[list[str]]:
        """Return the sensors in groups whose samples have the same times."""
        groups: list[list[str]] = []
        for sensor, piece in pieces.items():
            for group in groups:
                plain = sensor in self._plain and group[0] in self._plain
                if plain and np.array_equal(piece[:, 0], pieces[group[0]][:, 0]):
                    group.append(sensor)
                    break
            else:
                groups.append([sensor])
        return groups

    def _uniform(
        self,
        rows: Floats,
        axes: list[str],
        start_s: float,
        n_timesteps: int,
        max_gap_s: float,
    ) -> Floats:
        """Return the timesteps of streams of one clock, of shape (n_timesteps, n_axes)."""
        uniform = np.full((n_timesteps, len(axes)), np.nan)
        checked = _checked(rows[:, 0] - start_s, rows[:, 1:])
        if checked is None:
            return uniform
        times_s, values = checked
        rate_hz, settings = self.rate_hz, self.resampler
        begin = max(math.ceil(times_s[0] * rate_hz - ROUNDING), 0)
        end = min(math.floor(times_s[-1] * rate_hz + ROUNDING), n_timesteps - 1) + 1
        if begin >= end:
            return uniform
        times_s = times_s - begin / rate_hz
        covered = resample_stream(
            times_s,
            values,
            n_timesteps=end - begin,
            rate_hz=rate_hz,
            axes=axes,
            interpolation=settings.interpolation,
            anti_alias=settings.anti_alias,
        )
        if settings.gaps != "interpolate":
            within = (0.0, (end - begin - 1) / rate_hz)
            gaps = long_gaps(
                times_s, settings.max_gap_seconds, within, place="", allow=True
            )
            too_long = gaps[:, 1] - gaps[:, 0] > max_gap_s * (1 + ROUNDING)
            covered = without_gaps(covered, gaps[too_long], rate_hz)
        uniform[begin:end] = covered
        return uniform


def _template(channels: Sequence[str], sensors: Sequence[str] | None) -> Recording:
    """Return a recording of zeros, which has the sensors and axes of the streams."""
    if sensors is None:
        sensors = list(dict.fromkeys(map(sensor_of, channels)))
    streams: dict[str, Any] = {}
    for sensor in sensors:
        named = [axis_of(name) for name in channels if sensor_of(name) == sensor]
        axes = SENSOR_AXES.get(sensor, tuple(named) or ("x", "y", "z"))
        streams[sensor] = SensorStream([0.0, 1.0], np.zeros((2, len(axes))), axes)
    return Recording(streams)


def _whole_quaternion(channels: Sequence[str]) -> list[int]:
    """Return the rows of a quaternion, whose sign is chosen for each stretch of time."""
    axes = [axis_of(name) for name in channels]
    rows = quaternion_columns(axes)
    some = [axis for axis in axes if axis in QUATERNION_AXES]
    if some and not rows:
        raise ValueError(
            f"A stream needs all of {', '.join(QUATERNION_AXES)} or none, but the model's "
            f"channels hold only {', '.join(some)}. Fit it on other channels."
        )
    return rows


def _checked(times_s: Floats, values: Floats) -> tuple[Floats, Floats] | None:
    """Return samples whose clock can be interpolated, None if it can't be mended."""
    if len(times_s) < 2:
        return None
    steps_s = np.diff(times_s)
    shortest_s = steps_s.min()
    if shortest_s > 0 and shortest_s >= _EVEN_ENOUGH * steps_s.max():
        return times_s, values  # the usual case, in a tenth of the time
    # Sensors of one clock stand side by side, and have axes of the same names.
    stream = SensorStream(times_s, values, [str(i) for i in range(values.shape[1])])
    try:
        stream, _ = checked_stream(stream, place="", mend=True)
    except ValueError:
        return None
    return stream.timestamps_s, stream.values
