"""Sets that begin, go on and end, from the answers of a stream."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..recording import Recording, channel_name
from ._answer import Answer
from ._checks import check_number
from ._classifier import Answered, StreamingClassifier
from ._open_set import OpenSet, Window

Floats = NDArray[np.float64]

_AXES = ("x", "y", "z")
_ACCELERATIONS = ("TotalAcceleration", "Accelerometer", "AccelerometerUncalibrated")
#: Below this angular rate, in rad/s, a device may be still.
_STILL_RATE = 0.3


@dataclass(frozen=True)
class SetEvent:
    """What happened to a set.

    Parameters
    ----------
    kind : {"begin", "update", "end", "drop"}
        A set begins, goes on, or ends. One that was too short to be a set is dropped.
    number : int
        The number of the set in its stream, from 1 on; that of a dropped set is used again.
    label : str or int
        The exercise.
    start_s : float
        When the set began, in seconds on the clock of the stream.
    end_s : float
        When it ended, or until when it is known to go on.
    probability : float
        Mean probability of the exercise in the windows of the set.
    repetitions : int or None
        Repetitions so far; None if they can't be counted.
    final : bool
        Whether nothing of this will change.

    Examples
    --------
    >>> from sk_imu.streaming import SetEvent
    >>> SetEvent("end", 1, "squat", 3.0, 31.5, 0.97, 12, final=True).repetitions
    12
    """

    kind: str
    number: int
    label: Any
    start_s: float
    end_s: float
    probability: float
    repetitions: int | None
    final: bool


class SetTracker:
    """Follow the sets of a workout while the samples arrive.

    The probabilities of the windows are averaged over some seconds. A set begins when the
    mean of an exercise rises above ``begin_above``, and ends when it falls below
    ``end_below``: between the two, nothing changes, so that one doubtful window neither
    begins nor ends a set. Rest, stillness and ``"unknown"`` are no exercise.

    Parameters
    ----------
    live : StreamingClassifier
        What answers the windows. The tracker pushes its samples and resets it.
    smoothing_seconds : float, default=2.0
        Time over which probabilities are averaged. A set is noticed the later, the longer
        this is.
    begin_above, end_below : float, default=0.6, 0.4
        Mean probabilities at which a set begins and ends.
    min_set_seconds : float, default=6.0
        Shortest set; a shorter one is dropped when it ends.
    rest : sequence, default=("rest", "unknown")
        Labels that are no exercise.
    still_below : float, default=0.3
        A window is rest, whatever the model answers, if the acceleration varies by less
        than this (in m/s², the root of the sum of the variances of its axes) and the
        angular rate is below 0.3 rad/s. 0 leaves it to the model.
    update_seconds : float, default=2.0
        Time between two updates of a set that goes on.

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
    ValueError
        If ``end_below`` is above ``begin_above``, or a parameter is out of its range.

    See Also
    --------
    sk_imu.find_bouts : Find the sets of a finished recording by their periods.

    Notes
    -----
    Events depend on the answers alone, so those of a stream and those of
    :meth:`find_sets` are the same. A window that holds the begin or the end of a set is
    like the others when half of it is of the set; ``start_s`` and ``end_s`` are in the
    middle of the first and the last window whose answer is the exercise. Repetitions are
    counted by :func:`~sk_imu.find_repetitions`, and may change until the set has ended.

    Examples
    --------
    >>> from sk_imu.datasets import make_exercise_recordings
    >>> from sk_imu.recognition import fit_recordings
    >>> from sk_imu.streaming import SetTracker, StreamingClassifier
    >>> made = make_exercise_recordings(4, 2, random_state=0)
    >>> model = fit_recordings(made.data[3:], "rf", random_state=0)
    >>> live = StreamingClassifier(model, step_seconds=1)
    >>> tracker = SetTracker(live, update_seconds=60)
    >>> for event in tracker.find_sets(made.data[1]):  # lunges of another person
    ...     if event.final:
    ...         print(event.number, event.label)
    1 lunge
    2 lunge
    """

    def __init__(
        self,
        live: StreamingClassifier,
        *,
        smoothing_seconds: float = 2.0,
        begin_above: float = 0.6,
        end_below: float = 0.4,
        min_set_seconds: float = 6.0,
        rest: Sequence[Any] = ("rest", "unknown"),
        still_below: float = 0.3,
        update_seconds: float = 2.0,
    ) -> None:
        if not 0 < end_below <= begin_above <= 1:
            raise ValueError(
                "end_below and begin_above must be probabilities, the first no higher than "
                f"the second, got {end_below!r} and {begin_above!r}."
            )
        for name, value in {
            "smoothing_seconds": smoothing_seconds,
            "min_set_seconds": min_set_seconds,
            "still_below": still_below,
            "update_seconds": update_seconds,
        }.items():
            check_number(name, value, least=0)
        if isinstance(rest, str):
            raise ValueError(f"rest must be a sequence of labels, such as [{rest!r}].")
        self.live = live
        self.smoothing_seconds = smoothing_seconds
        self.begin_above = begin_above
        self.end_below = end_below
        self.min_set_seconds = min_set_seconds
        self.rest = rest
        self.still_below = still_below
        self.update_seconds = update_seconds
        self._labels = live.classes_.tolist()
        self._triples = _triples(live._resampler.channel_names)
        self.reset()

    def reset(self) -> Self:
        """Forget the sets and the stream.

        Returns
        -------
        self : SetTracker
            As it was when it was made.
        """
        self.live.reset()
        self.n_sets_ = 0
        self.answer_: Answer | None = None
        n_smoothed = round(self.smoothing_seconds / self.live.step_seconds)
        self._recent: deque[Window] = deque(maxlen=max(n_smoothed, 1))
        self._set: OpenSet | None = None
        self._device = self.live._device
        return self

    @property
    def device_warnings_(self) -> list[str]:
        """How the stream differs from the training sets, as far as is known by now."""
        return self.live.device_warnings_

    def push(
        self,
        sensor: str,
        timestamps_s: ArrayLike,
        values: ArrayLike,
        axes: Sequence[str] | None = None,
    ) -> list[SetEvent]:
        """Take samples as :meth:`StreamingClassifier.push`, and return what happened.

        Parameters
        ----------
        sensor : str
            Name of the sensor.
        timestamps_s : array-like of shape (n_samples,)
            Time of each sample in seconds.
        values : array-like of shape (n_samples, n_axes)
            Samples in the package's units.
        axes : sequence of str, default=None
            Name of each column.

        Returns
        -------
        events : list of SetEvent
            The events, in the order of time.
        """
        return self._follow(self.live._push(sensor, timestamps_s, values, axes))

    def finish(self) -> list[SetEvent]:
        """Return the last events; a set that goes on ends.

        Returns
        -------
        events : list of SetEvent
            The events, in the order of time.
        """
        return [*self._follow(self.live._finish()), *self._end()]

    def find_sets(self, recording: Recording) -> list[SetEvent]:
        """Return the events of a finished recording.

        They are those of a stream of its samples, and do not change the stream.

        Parameters
        ----------
        recording : Recording
            The recording.

        Returns
        -------
        events : list of SetEvent
            The events, in the order of time.
        """
        whole = SetTracker.__new__(SetTracker)
        whole.__dict__.update(self.__dict__)
        whole.n_sets_, whole._set, whole._device = 0, None, None
        whole._recent = deque(maxlen=self._recent.maxlen)
        answered = self.live._predict_windows(recording)
        return [*whole._follow(answered), *whole._end()]

    def _follow(self, answered: list[Answered]) -> list[SetEvent]:
        events: list[SetEvent] = []
        for answer, values in answered:
            self.answer_ = answer
            window = Window(answer.time_s, self._scores(answer, values), values)
            # Without answers for so long, nobody knows what was between.
            patience_s = self.live.step_seconds * (self._recent.maxlen or 1)
            if self._recent and window.time_s - self._recent[-1].time_s > patience_s + 1e-9:
                events += self._end()
                self._recent.clear()
            self._recent.append(window)
            events += self._step(window)
        return events

    def _scores(self, answer: Answer, values: Floats) -> Floats:
        """Return the probability of each exercise, 0 for rest."""
        scores = np.zeros(len(self._labels))
        # "unknown" is no class, whatever is given as rest.
        if answer.label not in self._labels or answer.label in self.rest:
            return scores
        if self._is_still(values):
            return scores
        if answer.probabilities is None:
            scores[self._labels.index(answer.label)] = 1
        else:
            scores[:] = answer.probabilities
        for label in self.rest:
            if label in self._labels:
                scores[self._labels.index(label)] = 0
        return scores

    def _is_still(self, values: Floats) -> bool:
        acceleration, rate = self._triples
        if acceleration is None:
            return False
        if rate is not None and np.sqrt(np.mean(values[rate] ** 2) * 3) >= _STILL_RATE:
            return False
        return bool(np.sqrt(values[acceleration].var(axis=1).sum()) < self.still_below)

    def _step(self, window: Window) -> list[SetEvent]:
        """Return what a window changes."""
        events = []
        # What is missing counts as 0, so that a first window begins nothing alone.
        total = np.sum([one.scores for one in self._recent], axis=0)
        mean: Floats = total / (self._recent.maxlen or 1)
        if self._set is not None:
            self._set.add(window)
            if mean[self._set.code] < self.end_below:
                events += self._end()
            elif window.time_s - self._set.updated_s >= self.update_seconds - 1e-9:
                self._set.updated_s = window.time_s
                events.append(self._event("update", final=False))
        best = int(np.argmax(mean))
        if self._set is None and mean[best] >= self.begin_above:
            self._set = OpenSet(best, list(self._recent), self.live)
            events.append(self._event("begin", final=False))
        return events

    def _end(self) -> list[SetEvent]:
        if self._set is None:
            return []
        self._set.close()
        lasted_s = self._set.end_s - self._set.start_s
        kind = "drop" if lasted_s < self.min_set_seconds else "end"
        event = self._event(kind, final=True)
        if self._device is not None and kind == "end":
            self._device.add_set(self._set.series())
        self.n_sets_ += kind == "end"
        self._set = None
        return [event]

    def _event(self, kind: str, *, final: bool) -> SetEvent:
        one = self._set
        assert one is not None
        label, probability = one.code, 0.0
        mean = np.mean(one.scores, axis=0)
        if final:
            label = int(np.argmax(mean))  # all its windows vote, as for a set by itself
        probability = float(mean[label])
        return SetEvent(
            kind,
            self.n_sets_ + 1,
            self._labels[label],
            one.start_s,
            one.end_s,
            probability,
            one.repetitions() if kind != "drop" else None,
            final,
        )


def _triples(names: Sequence[str]) -> tuple[list[int] | None, list[int] | None]:
    """Return the rows of the acceleration and of the angular rate, None if missing."""
    found = []
    for sensors in (_ACCELERATIONS, ("Gyroscope",)):
        rows = None
        for sensor in sensors:
            axes = [channel_name(sensor, axis) for axis in _AXES]
            if rows is None and set(axes) <= set(names):
                rows = [list(names).index(axis) for axis in axes]
        found.append(rows)
    return found[0], found[1]
