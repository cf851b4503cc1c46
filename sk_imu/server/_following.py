"""One session that goes on: its answers, its sets, and what the page draws."""

import threading
import time
from collections import deque
from typing import Any

import numpy as np

from ..readers import PushedSamples, joined_samples, pushed_convention
from ..streaming import SetEvent, SetTracker
from ._limits import Limits
from ._store import Store
from ._tables import Session
from ._templates import NoModel, Templates

#: Signs and units are decided from the samples of so many seconds.
_DECIDE_S = 3.0
#: How much of a session that cannot be recognized yet is kept, in messages.
_UNDECIDED = 100
#: Before the end of the last set that is known, so that the next one begins as it would.
_MARGIN_S = 30.0
#: Samples drawn a second, and how many are kept.
_DRAWN_HZ, _DRAWN = 25.0, 300
#: What is drawn, the best first.
_DRAWN_SENSORS = (
    "TotalAcceleration",
    "AccelerometerUncalibrated",
    "Accelerometer",
    "Gyroscope",
)


class Followed:
    """A session that goes on.

    One thread calls :meth:`take` and :meth:`end`; any thread may call :meth:`snapshot`.

    Parameters
    ----------
    session : Session
        The session.
    store : Store
        Where its messages are, and its sets are kept.
    templates : Templates
        The model.
    limits : Limits
        How much is recognized anew.
    platform : str or None
        The phone's platform, if it is known.

    Attributes
    ----------
    arrived_s : float
        When its last message arrived, on the monotonic clock.
    """

    def __init__(
        self,
        session: Session,
        store: Store,
        templates: Templates | NoModel,
        limits: Limits,
        *,
        platform: str | None = None,
    ) -> None:
        self.session = session
        self.arrived_s = -np.inf
        self._store, self._templates, self._limits = store, templates, limits
        self._platform = platform
        self._lock = threading.Lock()
        self._sets = store.sets(session)
        self._tracker: SetTracker | None = None
        self._is_watch = False
        self._convention: Any = None
        self._undecided: deque[PushedSamples] = deque(maxlen=_UNDECIDED)
        self._doubts: list[str] = []
        self._open: SetEvent | None = None
        self._last_row: int | None = None  # the message that was recognized last
        self._n_messages = 0
        self._drawn: deque[list[float]] = deque(maxlen=_DRAWN)
        self._n_drawn = 0
        self._drawn_s = -np.inf

    # ---------------------------------------------------------------- messages

    def take(self, row: int, samples: PushedSamples) -> None:
        """Recognize the next message."""
        if self._last_row is None:
            self._restore(row)
        if row <= (self._last_row or 0):
            return  # it was restored
        self._last_row = row
        self._follow(samples)

    def end(self) -> None:
        """End the set that goes on, because nothing more comes."""
        if self._tracker is not None:
            self._note(self._tracker.finish(), by_silence=True)
            self._tracker = None

    def _restore(self, row: int) -> None:
        """Recognize what was stored before, as far as it is not known."""
        self._last_row = 0
        self._store.reopen(self.session)
        self._sets = self._store.sets(self.session)
        _, first_ns, last_ns = self._store.extent(self.session)
        head_ns = first_ns + round(_DECIDE_S * 1e9)
        from_ns = last_ns - round(self._limits.replayed_seconds * 1e9)
        known_s = self._sets[-1]["end_s"] if self._sets else -np.inf
        if self._sets:
            known_ns = self.session.epoch_ns + round((known_s - _MARGIN_S) * 1e9)
            from_ns = max(from_ns, known_ns)
        if from_ns > first_ns:
            # Signs and units are decided by the same samples as before.
            for _, samples in self._store.payloads(self.session, to_ns=head_ns):
                self._undecided.append(samples)
            self._decide()
            self._undecided.clear()
        for one, samples in self._store.payloads(self.session, from_ns=from_ns):
            self._last_row = one
            self._follow(samples, known_s=known_s)
        self._last_row = max(self._last_row, row)

    def _follow(self, samples: PushedSamples, *, known_s: float = -np.inf) -> None:
        with self._lock:
            self._n_messages += 1
        if self._tracker is None:
            self._undecided.append(samples)
            if not self._decide():
                return
            waiting = list(self._undecided)
            self._undecided.clear()
        else:
            waiting = [samples]
        for message in waiting:
            self._recognize(message, known_s)

    def _decide(self) -> bool:
        """Decide signs, units and sensors, and return whether that is possible now."""
        sensors = joined_samples(one.phone for one in self._undecided)
        self._is_watch = not sensors
        if self._is_watch:
            sensors = joined_samples(one.watch for one in self._undecided)
        if not sensors:
            self._doubts = ["No motion sensor sends anything."]
            return False
        times = [one.times_ns for one in sensors.values()]
        lasted_s = (max(t.max() for t in times) - min(t.min() for t in times)) / 1e9
        is_full = len(self._undecided) == _UNDECIDED
        if lasted_s < _DECIDE_S and not is_full:
            return False
        stream = self._templates.stream(set(sensors))
        if stream is None:
            self._doubts = [self._templates.lack(set(sensors))]
            return False
        self._convention, notes = pushed_convention(
            sensors, self._platform, watch=self._is_watch
        )
        doubts = ("UNDECIDED", "CONTRADICTION")
        with self._lock:
            self._doubts = [note for note in notes if note.startswith(doubts)]
            self._tracker = SetTracker(stream)
        return True

    def _recognize(self, message: PushedSamples, known_s: float) -> None:
        assert self._tracker is not None
        for sensor, raw in (message.watch if self._is_watch else message.phone).items():
            samples = self._convention.apply(sensor, raw)
            times_s = (samples.times_ns - self.session.epoch_ns) / 1e9
            self._draw(sensor, times_s, samples.values)
            events = self._tracker.push(sensor, times_s, samples.values, samples.axes)
            self._note(events, known_s)

    def _note(
        self, events: list[SetEvent], known_s: float = -np.inf, *, by_silence: bool = False
    ) -> None:
        for event in events:
            with self._lock:
                if not event.final:
                    self._open = event
                elif self._open is not None and self._open.number <= event.number:
                    self._open = None  # else the next set has begun already
            if event.kind != "end" or (event.start_s + event.end_s) / 2 <= known_s:
                continue
            found = _as_json(event, len(self._sets) + 1)
            self._store.add_set(self.session, found, by_silence=by_silence)
            with self._lock:
                self._sets = [*self._sets, found]

    def _draw(self, sensor: str, times_s: Any, values: Any) -> None:
        """Keep some samples of one sensor to draw."""
        needed = self._tracker.live.sensors_ if self._tracker else ()
        shown = next((s for s in _DRAWN_SENSORS if s in needed), None)
        if sensor != shown or values.shape[1] < 3:
            return
        with self._lock:
            for time_s, row in zip(times_s.tolist(), values.tolist(), strict=True):
                if time_s >= self._drawn_s + 1 / _DRAWN_HZ and None not in row:
                    self._drawn_s = time_s
                    self._drawn.append([round(v, 3) for v in (time_s, *row[:3])])
                    self._n_drawn += 1

    # ---------------------------------------------------------------- the page

    def snapshot(self) -> dict[str, Any]:
        """Return what is known, as JSON holds it."""
        with self._lock:
            tracker, event, sets = self._tracker, self._open, self._sets
            doubts, n_messages = list(self._doubts), self._n_messages
        silent_s = time.monotonic() - self.arrived_s
        answer = None if tracker is None else tracker.answer_
        return {
            "session": self.session.id,
            "device": self.session.device_id,
            "epoch_s": self.session.epoch_ns / 1e9,
            "state": self._state(tracker, silent_s),
            "silent_s": round(silent_s, 1) if np.isfinite(silent_s) else None,
            "set": None if event is None else _as_json(event, len(sets) + 1),
            "answer": None if answer is None else self._shown_answer(answer),
            "sets": sets,
            "messages": n_messages,
            "late": 0 if tracker is None else tracker.live.n_late_,
            "unanswered": 0 if tracker is None else tracker.live.n_unanswered_,
            "doubts": doubts,
        }

    def _state(self, tracker: SetTracker | None, silent_s: float) -> str:
        if not np.isfinite(silent_s):
            return "ended"
        return "deciding" if tracker is None else "live"

    def _shown_answer(self, answer: Any) -> dict[str, Any]:
        shown: dict[str, Any] = {"label": str(answer.label), "time_s": answer.time_s}
        if answer.probabilities is not None:
            best = np.argsort(-answer.probabilities, kind="stable")[:3].tolist()
            classes = self._templates.classes
            shown["best"] = [
                [classes[i], round(float(answer.probabilities[i]), 4)] for i in best
            ]
        return shown

    def signal_since(self, n: int) -> tuple[int, list[list[float]]]:
        """Return the samples to draw from number ``n`` on, and the next number."""
        with self._lock:
            n_new = min(max(self._n_drawn - n, 0), len(self._drawn))
            return self._n_drawn, list(self._drawn)[len(self._drawn) - n_new :]


def _as_json(event: SetEvent, number: int) -> dict[str, Any]:
    return {
        "number": number,
        "label": str(event.label),
        "start_s": event.start_s,
        "end_s": event.end_s,
        "probability": event.probability,
        "repetitions": event.repetitions,
    }
