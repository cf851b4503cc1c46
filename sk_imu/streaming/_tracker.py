"""Sets that begin, go on and end, with their exercises."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..recording import SENSOR_AXES, Recording
from ._answer import Answer
from ._checks import check_number, check_thresholds
from ._classifier import Answered, StreamingClassifier
from ._live_bouts import LiveBouts, Look
from ._set_events import Named, SetEvent, SetEvents
from ._set_stream import SetStream

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class _Window:
    """When a window ends, the probability of each label in it, and its new values."""

    time_s: float
    scores: Floats
    values: Floats | None


class SetTracker(SetStream):
    """Follow the sets of a workout while the samples arrive.

    The sets and their repetitions are those of :func:`~sk_imu.find_bouts`, as
    :class:`StreamingCounter` finds them. The exercise of a set is that with the greatest
    mean probability in the windows whose middle is in it.

    Parameters
    ----------
    live : StreamingClassifier
        What answers the windows. The tracker pushes its samples and resets it. An
        acceleration or a gyroscope must be among its sensors.
    rest : sequence, default=("rest",)
        Labels that are no exercise: a set of one of these is none.
    update_seconds : float, default=1.0
        Time between two looks at the stream.
    **thresholds
        Those of :func:`~sk_imu.find_bouts`, but for ``mark_before_s``.

    Attributes
    ----------
    n_sets_ : int
        Number of sets that ended.
    answer_ : Answer or None
        The newest answer of the stream, None before the first.
    device_warnings_ : list of str
        How the stream differs from the training sets, as
        :attr:`StreamingClassifier.device_warnings_`, and by the last ten sets.

    Raises
    ------
    TypeError, ValueError
        If a threshold is unknown or a parameter is out of its range, or if the model's
        sensors are neither an acceleration nor a gyroscope.

    See Also
    --------
    StreamingCounter : The same sets without a model.
    sk_imu.recognition.recognize : The sets of finished recordings.

    Notes
    -----
    A model with ``unknown`` may answer ``"unknown"`` for a set. Events depend on the
    samples and answers until their time alone, so those of a stream and those of
    :meth:`find_sets` are the same. They wait as long as the answers do.

    Examples
    --------
    >>> from sk_imu.datasets import make_exercise_recordings
    >>> from sk_imu.recognition import fit_recordings
    >>> from sk_imu.streaming import SetTracker, StreamingClassifier
    >>> made = make_exercise_recordings(4, 2, random_state=0)
    >>> model = fit_recordings(made.data[3:], "svm", random_state=0)
    >>> tracker = SetTracker(StreamingClassifier(model, step_seconds=1))
    >>> for event in tracker.find_sets(made.data[1]):  # lunges of another person
    ...     if event.kind == "end":
    ...         print(event.number, event.label, event.repetitions)
    1 lunge 12
    2 lunge 10
    """

    def __init__(
        self,
        live: StreamingClassifier,
        *,
        rest: Sequence[Any] = ("rest",),
        update_seconds: float = 1.0,
        **thresholds: Any,
    ) -> None:
        check_number("update_seconds", update_seconds, least=0, above=True)
        if isinstance(rest, str):
            raise ValueError(f"rest must be a sequence of labels, such as [{rest!r}].")
        self.live = live
        self.rest = rest
        self.update_seconds = update_seconds
        self.thresholds = thresholds
        self._all_thresholds = check_thresholds("SetTracker", thresholds)
        self._labels = live.classes_.tolist()
        self.reset()

    def reset(self) -> Self:
        """Forget the sets and the stream.

        Returns
        -------
        self : SetTracker
            As it was when it was made.
        """
        self.live.reset()
        self._begin()
        self._device = self.live._device
        return self

    def _begin(self) -> None:
        self.answer_: Answer | None = None
        sensors, thresholds = self.live.sensors_, self._all_thresholds
        self._bouts = LiveBouts(sensors, self.update_seconds, thresholds)
        self._events = SetEvents()
        self._windows: list[_Window] = []

    @property
    def device_warnings_(self) -> list[str]:
        """How the stream differs from the training sets, as far as is known by now."""
        return self.live.device_warnings_

    def _push(
        self,
        sensor: str,
        timestamps_s: ArrayLike,
        values: ArrayLike,
        axes: Sequence[str] | None,
    ) -> list[SetEvent]:
        live = self.live
        self._hear(live._push(sensor, timestamps_s, values, axes))
        if sensor in self._bouts.axes and (np.size(timestamps_s) or np.size(values)):
            axes = SENSOR_AXES[sensor] if axes is None else axes
            self._bouts.add(sensor, timestamps_s, values, axes)
        # The windows until a look must have been answered.
        newest_s = min(buffer.newest_s for buffer in live._buffers.values())
        wait_s = live.lateness_seconds + live.after_seconds
        events = self._of(self._bouts.until(newest_s - wait_s))
        self._bouts.stay_bounded(live.max_buffered_samples)
        return events

    def _finish(self) -> list[SetEvent]:
        self._hear(self.live._finish())
        return self._of(self._bouts.end())

    def _find_sets(self, recording: Recording) -> list[SetEvent]:
        whole = SetTracker.__new__(SetTracker)
        whole.__dict__.update(self.__dict__)
        whole._begin()
        whole._device = None
        whole._hear(self.live._predict_windows(recording))
        for sensor in whole._bouts.axes:
            stream = recording.streams[sensor]
            whole._bouts.add(sensor, stream.timestamps_s, stream.values, stream.axes)
        return whole._of(whole._bouts.end())

    def _hear(self, answered: Iterable[Answered]) -> None:
        for answer, values in answered:
            # Windows overlap, and each value is kept once.
            since_s = self.answer_.time_s if self.answer_ is not None else -np.inf
            n_new = min((answer.time_s - since_s) * self.live._resampler.rate_hz, 1e9)
            new = values[:, -max(round(n_new), 1) :].copy() if self._device else None
            self._windows.append(_Window(answer.time_s, self._scores(answer), new))
            self.answer_ = answer

    def _scores(self, answer: Answer) -> Floats:
        """Return the probability of each label, and as the last one that of none."""
        scores = np.zeros(len(self._labels) + 1)
        if answer.label not in self._labels:
            scores[-1] = 1
        elif answer.probabilities is None:
            scores[self._labels.index(answer.label)] = 1
        else:
            scores[:-1] = answer.probabilities
        return scores

    def _of(self, looks: Iterable[Look]) -> list[SetEvent]:
        events = []
        for look in looks:
            happened = self._events.of(look, self._naming(look))
            for event in happened:
                if event.kind == "end":
                    self._check_device(event)
            events += happened
            # No later set begins earlier; a window before one may be the nearest.
            reach_s = look.since_s - self.live.step_seconds
            self._windows = [one for one in self._windows if one.time_s >= reach_s]
        return events

    def _check_device(self, event: SetEvent) -> None:
        """Compare the values of a set with the training sets."""
        inside = [
            one.values
            for one in self._windows
            if one.values is not None and event.start_s <= one.time_s <= event.end_s
        ]
        if self._device is not None and inside:
            self._device.add_set(np.hstack(inside))

    def _naming(self, look: Look) -> Callable[[float, float], Named]:
        """Return what names a set by the windows until a look."""
        windows = [one for one in self._windows if one.time_s <= look.time_s]
        middles_s = np.array([one.time_s for one in windows]) - self.live._grid.window_s / 2

        def name(start_s: float, end_s: float) -> Named:
            if not windows:
                return None
            inside = np.flatnonzero((middles_s >= start_s) & (middles_s <= end_s))
            if not len(inside):
                away_s = np.abs(middles_s - (start_s + end_s) / 2)
                inside = np.array([away_s.argmin()])
            mean = np.mean([windows[i].scores for i in inside], axis=0)
            best = int(mean.argmax())
            label = self._labels[best] if best < len(self._labels) else "unknown"
            return None if label in self.rest else (label, float(mean[best]))

        return name
