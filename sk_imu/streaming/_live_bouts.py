"""Look for sets in a stream at fixed times of its clock."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..recording import SensorStream
from ..segmentation import Bout, BoutSearch
from ._buffer import SampleBuffer
from ._live_motion import LiveMotion

Floats = NDArray[np.float64]

#: Sets end when a sensor is silent for so long, in seconds.
_SILENCE_S = 30.0


@dataclass(frozen=True)
class Look:
    """What is known of the sets at a time.

    ``ended`` are sets that nothing to come can change; ``pending`` are those that there
    were if nothing came anymore. No later set begins before ``since_s``.
    """

    time_s: float
    ended: list[Bout]
    pending: list[Bout]
    since_s: float


class LiveBouts:
    """Search for sets as :func:`find_bouts` does while the samples arrive.

    The stream is looked at every ``step_s`` after its beginning. A look depends on the
    samples until then, sorted, and not on how they came.
    """

    def __init__(
        self, sensors: Sequence[str], step_s: float, thresholds: Mapping[str, Any]
    ) -> None:
        self._motion = LiveMotion(sensors)
        self._step_s, self._thresholds = step_s, thresholds
        self.axes = self._motion.axes
        self._buffers = {
            sensor: SampleBuffer(len(self.axes[sensor])) for sensor in self.axes
        }
        self.closed_s = -math.inf  # looks have used samples until this time
        self._search: BoutSearch | None = None
        self._n_looks = 0

    @property
    def newest_s(self) -> float:
        """The latest time that every sensor has reached."""
        return min(buffer.newest_s for buffer in self._buffers.values())

    def add(
        self, sensor: str, timestamps_s: ArrayLike, values: ArrayLike, axes: Sequence[str]
    ) -> tuple[int, int]:
        """Take samples, and return how many are invalid and how many too late."""
        stream = SensorStream(timestamps_s, values, axes)
        wanted = self.axes[sensor]
        missing = [axis for axis in wanted if axis not in stream.axes]
        if missing:
            raise ValueError(
                f"sensor {sensor!r}: counting needs {', '.join(missing)}, but the axes "
                f"are {', '.join(stream.axes)}. Name the columns by axes=[...]."
            )
        columns = [stream.axes.index(axis) for axis in wanted]
        rows = np.column_stack([stream.timestamps_s, stream.values[:, columns]]) + 0.0
        usable = self._motion.usable(sensor, rows)
        rows = rows[usable]
        on_time = rows[rows[:, 0] > self.closed_s]
        self._buffers[sensor].add(on_time)
        return int((~usable).sum()), len(rows) - len(on_time)

    def stay_bounded(self, most: int) -> int:
        """Drop the older half of the samples of a sensor that has too many."""
        n_dropped = 0
        for buffer in self._buffers.values():
            if len(buffer) > most:
                rows = buffer.rows()
                buffer.forget(float(rows[max(len(rows) - most // 2, 0), 0]))
                n_dropped += len(rows) - len(buffer)
        return n_dropped

    def until(self, known_s: float) -> Iterator[Look]:
        """Yield the looks at the stream until a time, all of whose samples are there."""
        while math.isfinite(known_s):
            tables = {sensor: buffer.rows() for sensor, buffer in self._buffers.items()}
            if not all(map(len, tables.values())):
                return
            if self._search is None:
                first_s = max(float(table[0, 0]) for table in tables.values())
                if first_s > known_s:
                    return
                self._begin(first_s)
            now_s = self._motion.origin_s + (self._n_looks + 1) * self._step_s
            if now_s > known_s:
                return
            resumed_s = max(_next_s(table, now_s) for table in tables.values())
            if resumed_s - now_s <= _SILENCE_S:
                yield self._look(tables, now_s)
            elif known_s - now_s > _SILENCE_S:
                yield self._end(tables, now_s, now_s)
            else:
                return  # a sample that is late may still break the silence

    def end(self) -> Iterator[Look]:
        """Yield the last looks, as nothing comes anymore."""
        now_s = self.newest_s
        yield from self.until(now_s)
        if self._search is not None:
            tables = {sensor: buffer.rows() for sensor, buffer in self._buffers.items()}
            yield self._end(tables, now_s, math.inf)

    def _begin(self, first_s: float) -> None:
        self._motion.begin(first_s)
        self._search = BoutSearch(**self._thresholds)
        self._n_looks = 0

    def _look(self, tables: Mapping[str, Floats], now_s: float) -> Look:
        search = self._search
        assert search is not None
        certain, tail = self._motion.until(tables, now_s)
        ended = search.push(certain)
        pending = search.pending(tail)
        self._n_looks += 1
        self.closed_s = now_s
        for buffer in self._buffers.values():
            buffer.forget(self._motion.needed_s)
        origin_s = self._motion.origin_s
        return Look(
            now_s,
            [one.bout_from(origin_s) for one in ended],
            [one.bout_from(origin_s) for one in pending],
            search.since_s + origin_s,
        )

    def _end(self, tables: Mapping[str, Floats], now_s: float, used_s: float) -> Look:
        """Return the last look before a silence, after which all begins anew."""
        search = self._search
        assert search is not None
        last_s = min(_last_s(table, used_s) for table in tables.values())
        found = search.push(np.hstack(self._motion.until(tables, last_s, used_s)))
        found += search.finish()
        origin_s, self._search = self._motion.origin_s, None
        self.closed_s = now_s
        for buffer in self._buffers.values():
            # Samples until now are part of what has ended.
            buffer.forget(float(np.nextafter(now_s, np.inf)))
        return Look(now_s, [one.bout_from(origin_s) for one in found], [], now_s)


def _next_s(table: Floats, time_s: float) -> float:
    """Return the time of the first sample after a time."""
    at = int(table[:, 0].searchsorted(time_s, "right"))
    return float(table[at, 0]) if at < len(table) else math.inf


def _last_s(table: Floats, time_s: float) -> float:
    """Return the time of the last sample until a time."""
    at = int(table[:, 0].searchsorted(time_s, "right"))
    return float(table[at - 1, 0]) if at else time_s
