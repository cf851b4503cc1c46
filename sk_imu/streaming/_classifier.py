"""The live engine: samples in, answers out."""

import math
from collections.abc import Mapping, Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..recording import SENSOR_AXES, Recording, SensorStream
from ._answer import Answer
from ._buffer import SampleBuffer
from ._checks import check_number
from ._models import model_of
from ._windows import WindowGrid, WindowMaker

Floats = NDArray[np.float64]
#: An answer, and the values of its window, of shape (n_channels, n_timesteps).
Answered = tuple[Answer, Floats]
#: A little more than is needed, so that no rounding takes a sample away.
_KEPT_S = 1e-3


class StreamingClassifier:
    """Recognize exercises while the samples arrive.

    Windows start at whole multiples of ``step_seconds`` on the clock of the stream, and
    each is answered once. The answers do not depend on how the samples arrive: in pieces of
    any size, the sensors in any order, late or twice. They are equal to those of
    :meth:`predict_windows` for the finished recording, to the last bit.

    Parameters
    ----------
    fitted : ExerciseClassifier, Pipeline, str or pathlib.Path
        The fitted model, or a search of one. A Pipeline begins with a
        :class:`~sk_imu.Resampler`, in front of which may stand a
        :class:`~sk_imu.CanonicalSide`. A path is that of a file of
        :func:`~sk_imu.export.export_onnx`, which needs onnxruntime.
    step_seconds : float, default=0.5
        Time between the starts of two windows.
    before_seconds : float, default=2.0
        How far before a window samples are used: half of it for resampling, half for what
        is derived, such as gravity.
    after_seconds : float, default=1.0
        How far after a window samples are used. More of it makes the values at the window's
        end more exact, and each answer later.
    lateness_seconds : float, default=0.5
        How much later than the newest sample of its sensor a sample may arrive. Each
        answer waits as long.
    max_gap_seconds : float, default=1.1
        Longest interval between two samples that is interpolated over, even if the model's
        Resampler refuses it. The default closes the gap of a lost message of one second.
        ``after_seconds`` and half of ``before_seconds`` must be about as long.
    sensors : sequence of str, default=None
        The sensors of the stream. None takes those that the model's channels are named by.
        A phone without ``TotalAcceleration`` needs ``["Accelerometer", "Gravity", ...]``.
    side : {"left", "right"}, default=None
        The side of the body that the device is on. A recording may say so itself.
    window_seconds : float, default=None
        Length of a window. None takes that of the model, whose last step must then be a
        :class:`~sk_imu.WindowedClassifier`. Shorter ones are more often called unknown.
    max_buffered_samples : int, default=100_000
        Most samples that are kept of each sensor. If another sensor is silent for so long
        that there are more, the older half is dropped.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        The labels that the probabilities are of.
    sensors_ : list of str
        The sensors that are used. Samples of others are ignored.
    n_late_ : int
        Number of samples that were dropped because they arrived after a window that may
        need them was answered.
    n_invalid_ : int
        Number of samples that were dropped because their time or a value is no finite
        number.
    n_dropped_ : int
        Number of samples that were dropped because there were more than
        ``max_buffered_samples``.
    n_unanswered_ : int
        Number of windows with samples of every sensor that were not answered, because of a
        gap or a clock that can't be mended.
    device_warnings_ : list of str
        How the stream differs from the training sets, in words as of
        :meth:`~sk_imu.ExerciseClassifier.check_device`; empty if in no way that is known by
        now. Only models with ``unknown`` know, and not as a file.

    Raises
    ------
    TypeError, ValueError
        If the model can't be used on a stream, the sensors lack a channel, or a parameter
        is out of its range.
    ImportError
        If the model is a file, and onnxruntime is not installed.

    See Also
    --------
    sk_imu.recognition.recognize : Exercises and repetitions of finished recordings.

    Notes
    -----
    Window k covers the time from ``s = k * step_seconds`` to ``e = s + window_seconds``. It
    is answered from the samples in ``[s - before_seconds, e + after_seconds]``, sorted by
    time, then by their values, and equal samples once. It is closed when the newest sample
    of every sensor is ``lateness_seconds`` past that time. A sample that comes after that
    is dropped and counted. So the answer comes ``after_seconds + lateness_seconds`` after
    the window's end.

    Samples of one time are spread as by ``Resampler(clock="mend")``. A window in which a
    sensor has a gap that neither ``max_gap_seconds`` nor the model's Resampler allows is
    not answered. Where the clock jumps forward, no window that holds the jump is answered.
    After a jump backward all samples are late until the clock has caught up; :meth:`reset`
    begins anew.

    A rate that is too low and a mistaken unit are found after twenty seconds, a turned
    device after a minute of movement, and movements unlike the training sets after three
    sets of a :class:`SetTracker`.

    Memory is bounded: only samples that a coming window may need are kept, and at most
    ``max_buffered_samples`` for each sensor, of 8 bytes for the time and each axis.

    Examples
    --------
    >>> from sk_imu import ExerciseClassifier
    >>> from sk_imu.datasets import make_exercise_recordings
    >>> from sk_imu.streaming import StreamingClassifier
    >>> sets = make_exercise_recordings(4, 3, continuous=False, random_state=0)
    >>> model = ExerciseClassifier("svm", window_seconds=4)
    >>> model = model.fit(sets.data[:27], sets.target[:27])
    >>> live, recording = StreamingClassifier(model, step_seconds=2), sets.data[27]
    >>> for begin in range(0, 500, 50):  # messages of fifty samples
    ...     for sensor, stream in recording.streams.items():
    ...         piece = slice(begin, begin + 50)
    ...         times_s, values = stream.timestamps_s[piece], stream.values[piece]
    ...         for answer in live.push(sensor, times_s, values):
    ...             print(answer.time_s, answer.label)
    22.0 jumping_jack
    24.0 jumping_jack
    >>> live.n_late_
    0
    """

    def __init__(
        self,
        fitted: Any,
        *,
        step_seconds: float = 0.5,
        before_seconds: float = 2.0,
        after_seconds: float = 1.0,
        lateness_seconds: float = 0.5,
        max_gap_seconds: float = 1.1,
        sensors: Sequence[str] | None = None,
        side: str | None = None,
        window_seconds: float | None = None,
        max_buffered_samples: int = 100_000,
    ) -> None:
        check_number("lateness_seconds", lateness_seconds, least=0)
        if window_seconds is not None:
            check_number("window_seconds", window_seconds, least=0, above=True)
        check_number("max_buffered_samples", max_buffered_samples, least=2, whole=True)
        if side not in (None, "left", "right"):
            raise ValueError(f"side must be 'left', 'right' or None, got {side!r}.")
        self.fitted, self.step_seconds = fitted, step_seconds
        self.before_seconds, self.after_seconds = before_seconds, after_seconds
        self.lateness_seconds, self.max_gap_seconds = lateness_seconds, max_gap_seconds
        self.sensors, self.side, self.window_seconds = sensors, side, window_seconds
        self.max_buffered_samples = max_buffered_samples
        self._model = model_of(fitted, sensors, window_seconds)
        self._resampler = self._model.grid_resampler
        self.classes_ = self._model.classes
        self.sensors_ = list(self._resampler.axes)
        self._grid = WindowGrid(
            rate_hz=self._resampler.rate_hz,
            n_timesteps=self._model.n_timesteps,
            step_seconds=step_seconds,
            before_seconds=before_seconds,
            after_seconds=after_seconds,
            max_gap_seconds=max_gap_seconds,
        )
        self.reset()

    def reset(self) -> Self:
        """Forget all samples and counts, for another stream or a clock that was set back.

        Returns
        -------
        self : StreamingClassifier
            As it was when it was made.
        """
        axes = self._resampler.axes
        self._buffers = {sensor: SampleBuffer(len(axes[sensor])) for sensor in axes}
        self._windows = WindowMaker(self._grid, self._resampler)
        self._next: int | None = None  # the window that is answered next
        self._least = -(2**62)  # no window before this one has all its samples
        self._closed_s = -math.inf  # answers have used samples until this time
        self._finished = False
        self.n_late_ = self.n_invalid_ = self.n_dropped_ = self.n_unanswered_ = 0
        self._device = self._model.device_check(self.step_seconds)
        return self

    @property
    def device_warnings_(self) -> list[str]:
        """How the stream differs from the training sets, as far as is known by now."""
        return [] if self._device is None else self._device.lines()

    def push(
        self,
        sensor: str,
        timestamps_s: ArrayLike,
        values: ArrayLike,
        axes: Sequence[str] | None = None,
    ) -> list[Answer]:
        """Take samples of one sensor, and return the answers they complete.

        Parameters
        ----------
        sensor : str
            Name of the sensor, such as ``"Gyroscope"``. Sensors that the model does not
            need are ignored.
        timestamps_s : array-like of shape (n_samples,)
            Time of each sample in seconds, on a clock that all sensors share.
        values : array-like of shape (n_samples, n_axes)
            Samples in the package's units: m/s², rad/s, rad.
        axes : sequence of str, default=None
            Name of each column. None takes the package's order, such as x, y and z.

        Returns
        -------
        answers : list of Answer
            The answers of the windows that are complete now, in the order of time.

        Raises
        ------
        ValueError
            If shapes disagree, or an axis that the model needs is missing.
        RuntimeError
            After :meth:`finish`.
        """
        return [answer for answer, _ in self._push(sensor, timestamps_s, values, axes)]

    def _push(
        self, sensor: str, timestamps_s: Any, values: Any, axes: Sequence[str] | None
    ) -> list[Answered]:
        """Return the answers of :meth:`push`, each with the values of its window."""
        if self._finished:
            raise RuntimeError("The stream is finished. Call reset() to begin another.")
        if sensor not in self._buffers or not (np.size(timestamps_s) or np.size(values)):
            return []  # the values of an empty message may have lost their shape
        axes = SENSOR_AXES.get(sensor, ("x", "y", "z")) if axes is None else axes
        stream = SensorStream(timestamps_s, values, axes)
        rows = self._usable(sensor, stream, self.side)
        self.n_invalid_ += stream.n_samples - len(rows)
        on_time = rows[:, 0] > self._closed_s
        if not on_time.all():
            self.n_late_ += len(rows) - int(on_time.sum())
            rows = rows[on_time]
        self._buffers[sensor].add(rows)
        if self._device is not None:
            self._device.add_samples(sensor, rows)
        newest_s = min(buffer.newest_s for buffer in self._buffers.values())
        answers = self._close(newest_s - self.lateness_seconds, self.after_seconds)
        self._stay_bounded(self._buffers[sensor])
        return answers

    def finish(self) -> list[Answer]:
        """Return the answers of the windows that still wait for samples after them.

        Returns
        -------
        answers : list of Answer
            The answers, in the order of time. After that, only :meth:`reset` goes on.
        """
        return [answer for answer, _ in self._finish()]

    def _finish(self) -> list[Answered]:
        """Return the answers of :meth:`finish`, each with the values of its window."""
        self._finished = True
        newest_s = min(buffer.newest_s for buffer in self._buffers.values())
        return self._close(newest_s, 0.0)

    def predict_windows(self, recording: Recording) -> list[Answer]:
        """Return the answers of all windows of a finished recording.

        They are those of a stream of its samples, and do not change the stream.

        Parameters
        ----------
        recording : Recording
            The recording, with the sensors of the stream.

        Returns
        -------
        answers : list of Answer
            The answers, in the order of time.

        Raises
        ------
        ValueError
            If the recording lacks a sensor or an axis.
        """
        return [answer for answer, _ in self._predict_windows(recording)]

    def _predict_windows(self, recording: Recording) -> list[Answered]:
        lacking = [name for name in self.sensors_ if name not in recording.streams]
        if lacking:
            raise ValueError(
                f"{recording.name}: has no {', '.join(lacking)}, but "
                f"{', '.join(recording.streams)}. Name the sensors to use by sensors=[...]."
            )
        whole = StreamingClassifier.__new__(StreamingClassifier)
        whole.__dict__.update(self.__dict__)
        whole.reset()._device = None
        for sensor in whole.sensors_:
            side = self.side if recording.side is None else recording.side
            rows = whole._usable(sensor, recording.streams[sensor], side)
            whole._buffers[sensor].add(rows)
        return whole._finish()

    def _usable(self, sensor: str, stream: SensorStream, side: str | None) -> Floats:
        """Return the samples that can be used: their times, and the axes needed."""
        wanted = self._resampler.axes[sensor]
        missing = [axis for axis in wanted if axis not in stream.axes]
        if missing:
            raise ValueError(
                f"sensor {sensor!r}: the model needs {', '.join(missing)}, but the axes "
                f"are {', '.join(stream.axes)}. Name the columns by axes=[...]."
            )
        values = self._model.on_one_side(sensor, stream, side)
        if tuple(wanted) != stream.axes:
            values = values[:, [stream.axes.index(axis) for axis in wanted]]
        rows = np.empty((len(values), 1 + len(wanted)))
        rows[:, 0], rows[:, 1:] = stream.timestamps_s, values
        rows += 0.0  # or -0 and 0, which are equal, would not be the same number
        usable = self._resampler.usable(sensor, rows)
        return rows if usable.all() else rows[usable]

    def _close(self, known_s: float, wait_s: float) -> list[Answered]:
        """Answer the windows that end, and have waited, by a time."""
        answers: list[Answered] = []
        if not math.isfinite(known_s):
            return answers
        grid = self._grid
        if self._next is not None and grid.ends_s(self._next) + wait_s > known_s:
            return answers  # the usual case
        tables = {sensor: buffer.rows() for sensor, buffer in self._buffers.items()}
        if self._next is None:
            first_s = max(float(table[0, 0]) for table in tables.values())
            k = max(grid.at_or_after(first_s), self._least)
            if grid.ends_s(k) + wait_s > known_s:
                return answers
            self._next = k
        k = self._next
        while grid.ends_s(k) + wait_s <= known_s:
            k = self._answer(k, tables, answers, known_s - wait_s)
        self._next = k
        self._closed_s = max(self._closed_s, grid.ends_s(k - 1) + wait_s)
        needed_s = grid.starts_s(k) - grid.before_s - _KEPT_S
        for buffer in self._buffers.values():
            buffer.forget(needed_s)
        return answers

    def _answer(
        self, k: int, tables: Mapping[str, Floats], answers: list[Answered], known_s: float
    ) -> int:
        """Answer a window if that is possible, and return the next one to look at."""
        values = self._windows.cut(k, tables)
        if values is not None:
            label, probabilities = self._model.answer(values)
            answer = Answer(self._grid.ends_s(k), label, probabilities)
            values = values[:, -self._grid.n_timesteps :]
            if self._device is not None:
                self._device.add_window(values)
            answers.append((answer, values))
            return k + 1
        following = self._grid.after_silence(k, tables, known_s)
        if following > k:
            return following
        self.n_unanswered_ += 1
        return k + 1

    def _stay_bounded(self, buffer: SampleBuffer) -> None:
        """Drop the older half of the samples of a sensor that has too many."""
        if len(buffer) <= self.max_buffered_samples:
            return
        rows = buffer.rows()
        n_dropped = len(rows) - self.max_buffered_samples // 2
        if n_dropped <= 0:
            return  # most of them were the same
        cut_s = float(rows[n_dropped, 0])
        self.n_dropped_ += int(rows[:, 0].searchsorted(cut_s))
        buffer.forget(cut_s)
        # No window may be answered from what is left of its samples.
        least = self._grid.at_or_after(cut_s + self._grid.before_s) + 1
        self._least = max(self._least, least)
        if self._next is not None:
            self._next = max(self._next, least)
        closed_s = self._grid.ends_s(least - 1) + self.after_seconds
        self._closed_s = max(self._closed_s, closed_s)
