"""The sessions that go on: who recognizes them, one after the other, off the event loop."""

import logging
import math
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from ..readers import PushedSamples
from ._following import Followed
from ._limits import Limits
from ._store import Store
from ._tables import Session
from ._templates import NoModel, Templates

_LOG = logging.getLogger("sk_imu.server")

#: A session that sends nothing for so long has ended, until it sends again.
_IDLE_S = 60.0


class Live:
    """The sessions that go on.

    One thread recognizes them all, because compiled parts of some models must not run in
    two at once. What waits for it is counted, so that no more is taken than fits.

    Parameters
    ----------
    model : ExerciseClassifier, Pipeline, str, pathlib.Path or None
        The model, or the path of an ONNX file; None for none.
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
    ) -> None:
        self._step_seconds, self._side = step_seconds, side
        self.templates: Templates | NoModel = self._templates_of(model)
        self.platform = platform
        self._store, self._limits = store, limits
        self._sessions: dict[int, Followed] = {}
        self._lock = threading.Lock()
        self._thread = ThreadPoolExecutor(1, "sk_imu-live")
        self.n_waiting = 0
        newest = store.sessions(1)
        #: The number of the session that last sent something.
        self.latest: int | None = newest[0].id if newest else None

    def use(self, model: Any) -> None:
        """Recognize what goes on with another model, from the next message on."""
        templates = self._templates_of(model)  # raises before anything is changed
        with self._lock:
            self.templates = templates
            before, self._sessions = self._sessions, {}
        for one in before.values():
            self._submit(one.end)

    def _templates_of(self, model: Any) -> Templates | NoModel:
        return (
            NoModel() if model is None else Templates(model, self._step_seconds, self._side)
        )

    @property
    def has_room(self) -> bool:
        """Whether one more session can be followed."""
        return len(self._sessions) < self._limits.live_sessions

    @property
    def n_sessions(self) -> int:
        """Number of sessions that go on."""
        return len(self._sessions)

    def is_followed(self, session: Session) -> bool:
        """Return whether a session goes on."""
        return session.id in self._sessions

    def silent_s(self, session: Session) -> float:
        """Return how long ago a session last sent something, inf if it is not followed."""
        followed = self._sessions.get(session.id)
        return math.inf if followed is None else time.monotonic() - followed.arrived_s

    def take(self, session: Session, row: int, samples: PushedSamples) -> None:
        """Recognize a message that is stored, once those before it are."""
        followed = self._followed(session)
        followed.arrived_s = time.monotonic()
        self.latest = session.id
        self._submit(followed.take, row, samples)

    def snapshot(self, session: Session) -> dict[str, Any]:
        """Return what is known of a session: see :meth:`Followed.snapshot`."""
        followed = self._sessions.get(session.id)
        if followed is not None:
            return followed.snapshot()
        # Nothing is recognized anew for a session that has ended.
        return Followed(session, self._store, self.templates, self._limits).snapshot()

    def signal_since(self, session: Session, n: int) -> tuple[int, list[list[float]]]:
        """Return the samples to draw from number ``n`` on, and the next number."""
        followed = self._sessions.get(session.id)
        return (0, []) if followed is None else followed.signal_since(n)

    def retire_idle(self) -> None:
        """End the sessions that send nothing any more."""
        now_s = time.monotonic()
        with self._lock:
            idle = [
                one for one in self._sessions.values() if now_s - one.arrived_s > _IDLE_S
            ]
            for one in idle:
                del self._sessions[one.session.id]
        for one in idle:
            self._submit(one.end)

    def forget(self, session: Session) -> None:
        """Follow a session no longer."""
        with self._lock:
            self._sessions.pop(session.id, None)

    def close(self) -> None:
        """End; what goes on is recognized anew after the next start."""
        self._thread.shutdown(cancel_futures=True)
        self.n_waiting = 0

    def _followed(self, session: Session) -> Followed:
        with self._lock:
            found = self._sessions.get(session.id)
            if found is None:
                found = self._sessions[session.id] = Followed(
                    session,
                    self._store,
                    self.templates,
                    self._limits,
                    platform=session.platform or self.platform,
                )
            return found

    def _submit(self, job: Callable[..., None], *arguments: Any) -> None:
        with self._lock:
            self.n_waiting += 1
        try:
            self._thread.submit(self._run, job, *arguments)
        except RuntimeError:  # it is closed, and what is stored is recognized later
            self.n_waiting = 0

    def _run(self, job: Callable[..., None], *arguments: Any) -> None:
        try:
            job(*arguments)
        except Exception:
            # The samples are stored: one session that fails must not stop the others.
            _LOG.exception("A session can't be followed.")
        finally:
            with self._lock:
                self.n_waiting -= 1
