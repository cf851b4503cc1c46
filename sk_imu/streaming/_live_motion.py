"""The slow movement in a stream that goes on."""

import math
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from ..preprocessing import GridResampler
from ..recording import SENSOR_AXES, channel_name
from ..segmentation import MOTION_RATE_HZ, motion_resampler, moving_sensors, slow_part

Floats = NDArray[np.float64]

#: Timesteps before and after others that the low-pass sees. After so many, less than a
#: ten-millionth is left of a step.
_FILTERED = 20
#: Seconds of samples around these, which the Resampler's low-pass and splines see.
_RESAMPLED_S = 1.5


class LiveMotion:
    """Make the slow movement of samples, as ``motion_of`` does of a recording.

    Timestep 0 is at ``origin_s``, the first time that all sensors have begun. A timestep
    depends on the samples around it, and not on when they come.

    Parameters
    ----------
    sensors : sequence of str
        The sensors of the stream.

    Raises
    ------
    ValueError
        If there is neither an acceleration nor a gyroscope among them.
    """

    def __init__(self, sensors: Sequence[str]) -> None:
        every: dict[str, None] = dict.fromkeys(sensors)
        moving = moving_sensors(every)
        if not moving:
            raise ValueError(
                "Counting needs an acceleration or a Gyroscope, but the sensors are "
                f"{', '.join(every) or 'none'}."
            )
        self.names = [channel_name(s, axis) for s in moving for axis in SENSOR_AXES[s]]
        self._grid = GridResampler(motion_resampler(moving), list(every), self.names)
        self.axes = self._grid.axes
        self.usable = self._grid.usable

    def begin(self, origin_s: float) -> None:
        """Begin at a time."""
        self.origin_s = origin_s
        self._stop = 0  # the first timestep that is not certain
        self._last: Floats = np.zeros((len(self.names), 1))  # values to hold in a gap

    @property
    def needed_s(self) -> float:
        """Time before which no sample is needed."""
        first = max(self._stop - _FILTERED, 0)
        return self.origin_s + first / MOTION_RATE_HZ - _RESAMPLED_S

    def until(
        self, tables: Mapping[str, Floats], now_s: float, used_s: float | None = None
    ) -> tuple[Floats, Floats]:
        """Return the next timesteps until a time, from samples until the same or another.

        Later samples change, by less than a ten-millionth, nothing of the first part, and
        may change the second, which comes again.
        """
        first = max(self._stop - _FILTERED, 0)
        seen_s = now_s - self.origin_s
        n = max(math.floor(seen_s * MOTION_RATE_HZ + 1e-6) + 1 - first, 1)
        used_s = now_s if used_s is None else used_s
        # Those are cut from the tables, so that rounding takes no sample away.
        margins_s = (_RESAMPLED_S, math.inf)
        values = self._grid.block(self._on_clock(tables, used_s), first, n, margins_s)
        values = self._without_gaps(values)
        certain = math.floor((seen_s - _RESAMPLED_S) * MOTION_RATE_HZ) - _FILTERED
        begin, stop = self._stop, max(certain, self._stop)
        if stop > begin:
            self._stop, self._last = stop, values[:, [stop - 1 - first]]
        smooth = slow_part(values, self.names)
        return smooth[:, begin - first : stop - first], smooth[:, stop - first :]

    def _on_clock(self, tables: Mapping[str, Floats], now_s: float) -> dict[str, Floats]:
        """Return the samples until a time, counted from the first timestep."""
        shifted = {}
        for sensor, table in tables.items():
            at = int(table[:, 0].searchsorted(now_s, "right"))
            shifted[sensor] = table[:at].copy()
            shifted[sensor][:, 0] -= self.origin_s
        return shifted

    def _without_gaps(self, values: Floats) -> Floats:
        """Return values without movement where a sensor has no samples."""
        for row, last in zip(values, self._last[:, 0], strict=True):
            known = np.isfinite(row)
            if not known.all():
                places = np.flatnonzero(known)
                row[~known] = (
                    np.interp(np.flatnonzero(~known), places, row[known])
                    if len(places)
                    else last
                )
        return values
