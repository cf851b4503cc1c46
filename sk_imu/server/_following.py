"""One session that goes on: its answers, its sets, and what the page draws."""

import logging
from collections import deque
from dataclasses import dataclass
from typing import Any

import numpy as np
from sqlalchemy.exc import OperationalError

from ..readers import PushedSamples, joined_samples, pushed_convention
from ..recording import DOUBTS
from ..streaming import SetEvent, SetTracker
from ._clock import PhoneClock
from ._limits import Limits
from ._store import Store
from ._tables import Session
from ._templates import NoModel, Templates

_LOG = logging.getLogger("sk_imu.server")

#: Signs and units are decided from the samples of so many seconds.
_DECIDE_S = 3.0
#: How much of a session that cannot be recognized yet is kept, in messages.
_UNDECIDED = 100
#: Samples drawn a second, and how many are kept.
_DRAWN_HZ, DRAWN = 25.0, 300
#: What is drawn, the best first.
_DRAWN_SENSORS = (
    "TotalAcceleration",
    "AccelerometerUncalibrated",
    "Accelerometer",
    "Gyroscope",
)
_SET_BACK = (
    "The clock of the phone was set back, and nothing is recognized until it has caught "
    "up. Begin another recording."
)


@dataclass(frozen=True)
class Followed:
    """What a page is shown of a session, after some more of it was recognized.

    ``points`` are new samples to draw: seconds, x, y and z. ``has_more`` is whether more
    messages wait.
    """

    snapshot: dict[str, Any]
    points: list[list[float]]
    has_more: bool


class Following:
    """A session that goes on: its messages are read from the database as they come.

    Only one thread may use it.

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
    update_seconds : float, default=1.0
        Time between two counts of repetitions.
    """

    def __init__(
        self,
        session: Session,
        store: Store,
        templates: Templates | NoModel,
        limits: Limits,
        *,
        platform: str | None = None,
        update_seconds: float = 1.0,
    ) -> None:
        self.session = session
        self._update_seconds = update_seconds
        self._store, self._templates, self._limits = store, templates, limits
        self._platform = session.platform or platform
        self._tracker: SetTracker | None = None
        self._is_watch = False
        self._convention: Any = None
        self._undecided: deque[PushedSamples] = deque(maxlen=_UNDECIDED)
        self._doubts: list[str] = []
        self._clock = PhoneClock()
        self._has_ended_one = False
        self._open: SetEvent | None = None
        self._last_row: int | None = None  # the message that was recognized last
        self._n_messages = 0
        self._points: list[list[float]] = []
        self._drawn_s = -np.inf
        self._known_s = -np.inf  # sets until then are in the database
        self._sets: list[dict[str, Any]] = []
        # Sets that the database does not have yet, and whether silence ended them.
        self._unstored: list[tuple[dict[str, Any], bool]] = []

    # ---------------------------------------------------------------- messages

    def advance(self, most: int = 20) -> Followed:
        """Recognize the next messages, and return what is shown."""
        if self._last_row is None:
            self._restore()
        read = self._store.payloads(self.session, after=self._last_row or 0, most=most)
        n_read = 0
        for row, samples in read:
            n_read += 1
            self._last_row = row
            self._follow(samples)
        self._store_sets()
        return self._shown(has_more=n_read == most)

    def end(self) -> Followed:
        """End the set that goes on, because nothing more comes."""
        if self._tracker is not None:
            self._note(self._tracker.finish(), by_silence=True)
            self._store_sets()
        return self._shown()

    def _restore(self) -> None:
        """Go back to where what is not known begins."""
        self._store.reopen(self.session)
        self._sets = self._store.sets(self.session)
        self._last_row = 0
        self._n_messages, first_ns, last_ns = self._store.extent(self.session)
        from_ns = last_ns - round(self._limits.replayed_seconds * 1e9)
        if self._sets:
            self._known_s = self._sets[-1]["end_s"]
        if from_ns <= first_ns:
            self._n_messages = 0
            return
        self._clock = PhoneClock(from_ns)
        # Signs and units are decided by the same samples as before.
        head_ns = first_ns + round(_DECIDE_S * 1e9)
        for _, samples in self._store.payloads(self.session, to_ns=head_ns):
            self._undecided.append(samples)
            try:
                if self._decide():
                    break
            except Exception as error:
                self._give_up(error)
        self._undecided.clear()
        self._last_row = self._store.row_before(self.session, from_ns)
        self._n_messages = self._store.n_until(self.session, self._last_row)

    def _follow(self, samples: PushedSamples) -> None:
        self._n_messages += 1
        messages, jump_ns = self._clock.checked(samples)
        if jump_ns and (self._tracker is None or not self._has_ended_one):
            # What came before has shown nothing, and may have been of another time.
            self._tracker, self._open, self._drawn_s = None, None, -np.inf
            self._undecided.clear()
        elif jump_ns < 0:
            self._doubts = [*self._doubts, _SET_BACK]
        for message in messages:
            self._follow_one(message)

    def _follow_one(self, samples: PushedSamples) -> None:
        waiting = [samples]
        try:
            if self._tracker is None:
                self._undecided.append(samples)
                if not self._decide():
                    return
                waiting = list(self._undecided)
                self._undecided.clear()
            for message in waiting:
                self._recognize(message)
        except Exception as error:
            self._give_up(error)

    def _give_up(self, error: Exception) -> None:
        # The next message must not fail for what is wrong with this one.
        _LOG.exception("Session %d: a message can't be recognized.", self.session.id)
        self._tracker, self._open = None, None
        self._undecided.clear()
        self._doubts = [f"A message can't be recognized: {str(error)[:200]}"]

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
        self._doubts = [note for note in notes if note.startswith(DOUBTS)]
        self._tracker = SetTracker(stream, update_seconds=self._update_seconds)
        return True

    def _recognize(self, message: PushedSamples) -> None:
        assert self._tracker is not None
        for sensor, raw in (message.watch if self._is_watch else message.phone).items():
            samples = self._convention.apply(sensor, raw)
            times_s = (samples.times_ns - self.session.epoch_ns) / 1e9
            self._draw(sensor, times_s, samples.values)
            self._note(self._tracker.push(sensor, times_s, samples.values, samples.axes))

    def _note(self, events: list[SetEvent], *, by_silence: bool = False) -> None:
        for event in events:
            if not event.final:
                self._open = event
            elif self._open is not None and self._open.number <= event.number:
                self._open = None  # else the next set has begun already
            is_known = (event.start_s + event.end_s) / 2 <= self._known_s
            self._has_ended_one |= event.kind == "end"
            if event.kind != "end" or is_known:
                continue
            found = _as_json(event, len(self._sets) + 1)
            self._sets = [*self._sets, found]
            self._unstored.append((found, by_silence))

    def _store_sets(self) -> None:
        """Store the sets that ended; those for which the database is busy wait."""
        while self._unstored:
            found, by_silence = self._unstored[0]
            try:
                self._store.add_set(self.session, found, by_silence=by_silence)
            except OperationalError:
                _LOG.warning("Session %d: a set can't be stored yet.", self.session.id)
                return
            del self._unstored[0]

    def _draw(self, sensor: str, times_s: Any, values: Any) -> None:
        """Keep some samples of one sensor to draw."""
        needed = self._tracker.live.sensors_ if self._tracker else ()
        shown = next((s for s in _DRAWN_SENSORS if s in needed), None)
        if sensor != shown or values.shape[1] < 3:
            return
        for time_s, row in zip(times_s.tolist(), values[:, :3].tolist(), strict=True):
            if time_s >= self._drawn_s + 1 / _DRAWN_HZ and np.isfinite(row).all():
                self._drawn_s = time_s
                self._points.append([round(v, 3) for v in (time_s, *row)])

    # ---------------------------------------------------------------- the page

    def _shown(self, *, has_more: bool = False) -> Followed:
        points, self._points = self._points[-DRAWN:], []
        return Followed(self._snapshot(), points, has_more)

    def _snapshot(self) -> dict[str, Any]:
        tracker, event = self._tracker, self._open
        answer = None if tracker is None else tracker.answer_
        return {
            "state": "deciding" if tracker is None else "live",
            "set": None if event is None else _as_json(event, len(self._sets) + 1),
            "answer": None if answer is None else self._shown_answer(answer),
            "sets": self._sets,
            "messages": self._n_messages,
            "late": 0 if tracker is None else tracker.live.n_late_,
            "unanswered": 0 if tracker is None else tracker.live.n_unanswered_,
            # Also how the device differs from those of the training sets.
            "doubts": [
                *self._doubts,
                *self._clock.doubts,
                *(tracker.device_warnings_ if tracker else ()),
            ],
        }

    def _shown_answer(self, answer: Any) -> dict[str, Any]:
        shown: dict[str, Any] = {"label": str(answer.label), "time_s": answer.time_s}
        if answer.probabilities is not None:
            best = np.argsort(-answer.probabilities, kind="stable")[:3].tolist()
            classes = self._templates.classes
            shown["best"] = [
                [classes[i], round(float(answer.probabilities[i]), 4)] for i in best
            ]
        return shown


def _as_json(event: SetEvent, number: int) -> dict[str, Any]:
    return {
        "number": number,
        "label": str(event.label),
        "start_s": event.start_s,
        "end_s": event.end_s,
        "probability": event.probability,
        "repetitions": event.repetitions,
        "within": event.within,
    }
