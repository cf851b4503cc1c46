"""The sessions that go on, and what the pages are shown of them."""

import logging
import math
import threading
import time
from collections import deque
from concurrent.futures import BrokenExecutor, CancelledError, Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

from ._following import DRAWN, Followed
from ._limits import Limits
from ._recognition import Recognizer, Setting
from ._store import Store
from ._tables import Session
from ._templates import NoModel, Templates

_LOG = logging.getLogger("sk_imu.server")

#: A session that sends nothing for so long has ended, until it sends again.
_IDLE_S = 60.0
#: Pages leave a session that sends nothing for so long, if another one sends.
_SILENT_S = 4.0

#: What the page says of a session whose recognition failed, until it succeeds.
_FAILED = "Nothing is recognized, because of an error that stands in the server's log."

_NOTHING: dict[str, Any] = {
    "state": "deciding",
    "set": None,
    "answer": None,
    "sets": [],
    "messages": 0,
    "late": 0,
    "unanswered": 0,
    "doubts": [],
}


@dataclass
class _Shown:
    """What is shown of a session that goes on."""

    session: Session
    arrived_s: float
    snapshot: dict[str, Any] = field(default_factory=lambda: dict(_NOTHING))
    points: deque[list[float]] = field(default_factory=lambda: deque(maxlen=DRAWN))
    n_points: int = 0
    is_asked: bool = False  # whether a job of it waits or runs
    is_behind: bool = False  # whether messages came since that job was asked for


class Live:
    """The sessions that go on.

    The messages that wait are those in the database: of each session one job is asked for,
    which reads and recognizes them. So memory does not grow with what waits.

    Parameters
    ----------
    model : ExerciseClassifier, Pipeline, str, pathlib.Path or None
        The model, or the path of a file of it.
    store : Store
        The database, from which a session goes on after a restart.
    limits : Limits
        How much is taken.
    platform : str or None
        The phones' platform, if it is known.
    step_seconds : float
        Time between two answers.
    side : {"left", "right"} or None
        The side of the body that the phones are on.
    processes : int
        How many processes recognize, each its sessions; 0 is a thread of this one.
    """

    def __init__(
        self,
        model: Any,
        store: Store,
        limits: Limits,
        *,
        platform: str | None = None,
        step_seconds: float = 0.5,
        side: str | None = None,
        processes: int = 0,
    ) -> None:
        self._store, self._limits, self._n_processes = store, limits, processes
        self._setting = Setting(model, limits, platform, step_seconds, side)
        self.templates: Templates | NoModel = self._setting.templates()
        self._sessions: dict[int, _Shown] = {}
        self._lock = threading.RLock()
        self._recognizers = self._new_recognizers()
        self._hearing = ThreadPoolExecutor(1, "sk_imu-heard")
        self._is_closed = False
        #: The number of the session that pages show: the one that began or came back last,
        #: as long as it sends. Else a page would change with each message of two phones.
        self.latest: int | None = self._newest()

    def use(self, model: Any) -> None:
        """Recognize what goes on with another model, from the next message on."""
        setting = replace(self._setting, model=model)
        templates = setting.templates()  # raises before anything is changed
        with self._lock:
            before = self._recognizers
            self._setting, self.templates = setting, templates
            self._sessions = {}
            self._recognizers = self._new_recognizers()
        for one in before:
            one.close(wait=False)

    def _new_recognizers(self) -> list[Recognizer]:
        n = max(self._n_processes, 1)
        return [self._new_recognizer() for _ in range(n)]

    def _new_recognizer(self) -> Recognizer:
        own_process = self._n_processes > 0
        return Recognizer(
            self._setting, self.templates, self._store, own_process=own_process
        )

    def _submit(self, what: str, session: Session) -> "Future[Followed | None]":
        place = session.id % len(self._recognizers)
        try:
            return self._recognizers[place].submit(what, session)
        except BrokenExecutor:
            # Its process is gone: another one reads what it needs from the database.
            self._recognizers[place].close(wait=False)
            self._recognizers[place] = self._new_recognizer()
            return self._recognizers[place].submit(what, session)

    # ---------------------------------------------------------------- what comes

    def take(self, session: Session) -> None:
        """Recognize what was stored of a session."""
        with self._lock:
            shown = self._sessions.get(session.id)
            seen = None if self.latest is None else self._sessions.get(self.latest)
            now_s = time.monotonic()
            if shown is None or seen is None or now_s - seen.arrived_s > _SILENT_S:
                self.latest = session.id
            if shown is None:
                shown = self._sessions[session.id] = _Shown(session, now_s)
            shown.arrived_s = now_s
            if shown.is_asked:
                shown.is_behind = True
            else:
                self._ask(shown)

    def _ask(self, shown: _Shown, what: str = "advance") -> None:
        if self._is_closed:
            return
        shown.is_asked, shown.is_behind = True, False
        try:
            job = self._submit(what, shown.session)
        except Exception:
            # Such as no memory for a new process. The next message asks again.
            self._fail(shown)
            shown.is_asked = False
            return
        job.add_done_callback(lambda job: self._hear(shown, what, job))

    def _hear(self, shown: _Shown, what: str, job: "Future[Followed | None]") -> None:
        # In a thread of its own: an executor whose process has died calls this while it
        # holds its lock (Python 3.12), which a new job would wait for.
        with suppress(RuntimeError):  # the service has ended
            self._hearing.submit(self._heard, shown, what, job)

    def _fail(self, shown: _Shown) -> None:
        _LOG.exception("Session %d can't be followed.", shown.session.id)
        with self._lock:
            shown.snapshot = {**shown.snapshot, "doubts": [_FAILED]}

    def _heard(self, shown: _Shown, what: str, job: "Future[Followed | None]") -> None:
        followed: Followed | None = None
        try:
            followed = job.result()
        except CancelledError:
            pass
        except Exception:
            # The samples are stored: one session that fails must not stop the others.
            self._fail(shown)
        with self._lock:
            shown.is_asked = False
            if followed is not None:
                shown.snapshot = followed.snapshot
                shown.points.extend(followed.points)
                shown.n_points += len(followed.points)
            if self._sessions.get(shown.session.id) is not shown:
                return
            if shown.is_behind or (followed is not None and followed.has_more):
                self._ask(shown)
            elif what == "end":
                del self._sessions[shown.session.id]

    def retire_idle(self) -> None:
        """End the sessions that send nothing any more."""
        now_s = time.monotonic()
        with self._lock:
            for one in list(self._sessions.values()):
                if now_s - one.arrived_s > _IDLE_S and not one.is_asked:
                    self._ask(one, "end")

    def remove(self, session: Session) -> None:
        """Delete a session, and follow it no longer."""
        with self._lock:
            is_followed = self._sessions.pop(session.id, None) is not None
            if is_followed and not self._is_closed:
                self._submit("forget", session)
        self._store.remove(session)
        newest = self._newest()
        with self._lock:
            if self.latest == session.id:
                self.latest = newest

    def _newest(self) -> int | None:
        newest = self._store.sessions(1)
        return newest[0].id if newest else None

    def close(self) -> None:
        """End; what waits is recognized after the next start."""
        with self._lock:
            self._is_closed = True
        for one in self._recognizers:
            one.close()
        self._hearing.shutdown()

    # ---------------------------------------------------------------- what is shown

    @property
    def has_room(self) -> bool:
        """Whether one more session can be followed."""
        return len(self._sessions) < self._limits.live_sessions

    @property
    def n_sessions(self) -> int:
        """Number of sessions that go on."""
        return len(self._sessions)

    @property
    def n_waiting(self) -> int:
        """Number of sessions with messages that are not recognized yet."""
        with self._lock:
            return sum(one.is_asked for one in self._sessions.values())

    def is_followed(self, session: Session) -> bool:
        """Return whether a session goes on."""
        return session.id in self._sessions

    def silent_s(self, session: Session) -> float:
        """Return how long ago a session last sent something, inf if it is not followed."""
        shown = self._sessions.get(session.id)
        return math.inf if shown is None else time.monotonic() - shown.arrived_s

    def snapshot(self, session: Session) -> dict[str, Any]:
        """Return what is known of a session, as JSON holds it."""
        about = {
            "session": session.id,
            "device": session.device_id,
            "epoch_s": session.epoch_ns / 1e9,
        }
        with self._lock:
            shown = self._sessions.get(session.id)
            if shown is not None:
                silent_s = round(time.monotonic() - shown.arrived_s, 1)
                return {**about, "silent_s": silent_s, **shown.snapshot}
        # Nothing is recognized anew for a session that has ended.
        ended = {
            "silent_s": None,
            "state": "ended",
            "sets": self._store.sets(session),
            "messages": self._store.extent(session)[0],
        }
        return {**about, **_NOTHING, **ended}

    def signal_since(self, session: Session, n: int) -> tuple[int, list[list[float]]]:
        """Return the samples to draw from number ``n`` on, and the next number."""
        with self._lock:
            shown = self._sessions.get(session.id)
            if shown is None:
                return 0, []
            n_new = min(max(shown.n_points - n, 0), len(shown.points))
            return shown.n_points, list(shown.points)[len(shown.points) - n_new :]
