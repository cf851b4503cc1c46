"""The live counter: samples in, sets and repetitions out."""

from collections.abc import Iterable, Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike

from ..recording import SENSOR_AXES, Recording
from ._checks import check_number, check_thresholds
from ._live_bouts import LiveBouts, Look
from ._set_events import Named, SetEvent, SetEvents
from ._set_stream import SetStream


class StreamingCounter(SetStream):
    """Find sets and count their repetitions while the samples arrive.

    The sets are those of :func:`~sk_imu.find_bouts`, by the same search. While a set goes
    on, an event has what :func:`~sk_imu.find_bouts` would find in the samples until then,
    counted anew once a repetition. A set has ended when no later sample can change it. The
    events do not depend on how the samples arrive.

    Parameters
    ----------
    sensors : sequence of str, default=("TotalAcceleration", "Gyroscope")
        The sensors of the stream: an acceleration, a gyroscope, or both. An iPhone has no
        total acceleration; it is the sum of ``"Accelerometer"`` and ``"Gravity"``.
    update_seconds : float, default=1.0
        Time between two looks at the stream.
    lateness_seconds : float, default=0.5
        How much later than the newest sample of its sensor a sample may arrive. Each
        event waits as long.
    max_buffered_samples : int, default=100_000
        Most samples that are kept of each sensor. If another sensor is silent for so long
        that there are more, the older half is dropped.
    **thresholds
        Those of :func:`~sk_imu.find_bouts`, but for ``mark_before_s``.

    Attributes
    ----------
    n_sets_ : int
        Number of sets that ended.
    n_late_ : int
        Number of samples that were dropped because they came too late.
    n_invalid_ : int
        Number of samples that were dropped because their time or a value is no finite
        number.
    n_dropped_ : int
        Number of samples that were dropped because there were more than
        ``max_buffered_samples``.

    Raises
    ------
    TypeError, ValueError
        If a threshold is unknown or a parameter is out of its range, or if the sensors are
        neither an acceleration nor a gyroscope.

    See Also
    --------
    SetTracker : The same sets with their exercises.
    sk_imu.find_bouts : The sets of a finished recording.

    Notes
    -----
    A set is known a few repetitions after it began. Its end is certain when the longest
    possible repetition, after the longest pause, could not continue it: with the default
    thresholds, 15 to 20 s later. Shorter ones of ``max_period_s`` and ``max_pause_s`` make
    it certain earlier. The number of repetitions is seldom changed in that time, see
    ``docs/results/streaming.rst``.

    When a sensor is silent for more than 30 s, the set ends. In a shorter gap of more than
    about 2.5 s the last values are held, and :func:`~sk_imu.find_bouts` interpolates: a set
    with such a gap may have another count there.

    Examples
    --------
    >>> from sk_imu.datasets import make_exercise_recordings
    >>> from sk_imu.streaming import StreamingCounter
    >>> workout = make_exercise_recordings(1, 2, ["squat"], random_state=0).data[0]
    >>> counter = StreamingCounter(update_seconds=5)
    >>> for begin in range(0, 3600, 50):  # messages of fifty samples
    ...     for sensor, stream in workout.streams.items():
    ...         piece = slice(begin, begin + 50)
    ...         times_s, values = stream.timestamps_s[piece], stream.values[piece]
    ...         for event in counter.push(sensor, times_s, values):
    ...             if event.kind == "end":
    ...                 print(event.number, event.repetitions)
    1 9
    """

    def __init__(
        self,
        sensors: Sequence[str] = ("TotalAcceleration", "Gyroscope"),
        *,
        update_seconds: float = 1.0,
        lateness_seconds: float = 0.5,
        max_buffered_samples: int = 100_000,
        **thresholds: Any,
    ) -> None:
        if isinstance(sensors, str):
            raise ValueError(f"sensors must be a sequence of names, such as [{sensors!r}].")
        check_number("update_seconds", update_seconds, least=0, above=True)
        check_number("lateness_seconds", lateness_seconds, least=0)
        check_number("max_buffered_samples", max_buffered_samples, least=2, whole=True)
        self.sensors = sensors
        self.update_seconds = update_seconds
        self.lateness_seconds = lateness_seconds
        self.max_buffered_samples = max_buffered_samples
        self.thresholds = thresholds
        self._all_thresholds = check_thresholds("StreamingCounter", thresholds)
        self.reset()

    def reset(self) -> Self:
        """Forget the sets and the samples, for another stream or a clock that was set back.

        Returns
        -------
        self : StreamingCounter
            As it was when it was made.
        """
        self._bouts = LiveBouts(self.sensors, self.update_seconds, self._all_thresholds)
        self._events = SetEvents()
        self._finished = False
        self.n_late_ = self.n_invalid_ = self.n_dropped_ = 0
        return self

    def _push(
        self,
        sensor: str,
        timestamps_s: ArrayLike,
        values: ArrayLike,
        axes: Sequence[str] | None,
    ) -> list[SetEvent]:
        if self._finished:
            raise RuntimeError("The stream is finished. Call reset() to begin another.")
        if sensor not in self._bouts.axes:
            return []
        if not np.size(timestamps_s) and not np.size(values):
            return []  # an empty message, whose values may have lost their shape
        axes = SENSOR_AXES[sensor] if axes is None else axes
        n_invalid, n_late = self._bouts.add(sensor, timestamps_s, values, axes)
        self.n_invalid_ += n_invalid
        self.n_late_ += n_late
        known_s = self._bouts.newest_s - self.lateness_seconds
        events = self._of(self._bouts.until(known_s))
        self.n_dropped_ += self._bouts.stay_bounded(self.max_buffered_samples)
        return events

    def _finish(self) -> list[SetEvent]:
        self._finished = True
        return self._of(self._bouts.end())

    def _find_sets(self, recording: Recording) -> list[SetEvent]:
        whole = LiveBouts(self.sensors, self.update_seconds, self._all_thresholds)
        lacking = [name for name in whole.axes if name not in recording.streams]
        if lacking:
            raise ValueError(
                f"{recording.name}: has no {', '.join(lacking)}, but "
                f"{', '.join(recording.streams)}. Name the sensors to use by sensors=[...]."
            )
        for sensor in whole.axes:
            stream = recording.streams[sensor]
            whole.add(sensor, stream.timestamps_s, stream.values, stream.axes)
        events = SetEvents()
        return [event for look in whole.end() for event in events.of(look, _unnamed)]

    def _of(self, looks: Iterable[Look]) -> list[SetEvent]:
        return [event for look in looks for event in self._events.of(look, _unnamed)]


def _unnamed(start_s: float, end_s: float) -> Named:
    return None, None
