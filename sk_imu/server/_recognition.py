"""Who recognizes the sessions: here, or in a process of its own."""

import atexit
import multiprocessing
import os
import signal
import threading
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from ._following import Followed, Following
from ._limits import Limits
from ._models import served_model
from ._store import Store
from ._tables import Session
from ._templates import NoModel, Templates

#: With more sessions than this, repetitions are counted less often.
_MANY = 20


@dataclass(frozen=True)
class Setting:
    """What recognition is set up with, and can be sent to another process.

    ``model`` is a fitted model, the path of a file, or None.
    """

    model: Any
    limits: Limits
    platform: str | None
    step_seconds: float
    side: str | None

    def templates(self) -> Templates | NoModel:
        """Return the model's streams."""
        if self.model is None:
            return NoModel()
        model, _ = served_model(self.model)
        return Templates(model, self.step_seconds, self.side)


class Recognition:
    """The sessions that are followed, by one thread.

    Parameters
    ----------
    templates : Templates or NoModel
        The model.
    store : Store
        The database.
    setting : Setting
        The platform and the limits.
    """

    def __init__(
        self, templates: Templates | NoModel, store: Store, setting: Setting
    ) -> None:
        self._templates, self._store, self._setting = templates, store, setting
        self._sessions: dict[int, Following] = {}

    def advance(self, session: Session) -> Followed:
        """Recognize the next messages of a session."""
        following = self._sessions.get(session.id)
        if following is None:
            following = self._sessions[session.id] = Following(
                session,
                self._store,
                self._templates,
                self._setting.limits,
                platform=self._setting.platform,
                update_seconds=1.0 if len(self._sessions) < _MANY else 2.0,
            )
        try:
            return following.advance()
        except Exception:
            # It begins anew with its next message.
            del self._sessions[session.id]
            raise

    def end(self, session: Session) -> Followed | None:
        """End a session, of which nothing more comes; None if it is not followed."""
        following = self._sessions.pop(session.id, None)
        return None if following is None else following.end()

    def forget(self, session: Session) -> None:
        """Follow a session no longer."""
        self._sessions.pop(session.id, None)


class Recognizer:
    """One thread or process that recognizes, because a model may not bear two.

    Compiled parts of some models must not run in two threads at once. A process of its own
    leaves this one to answer the phones.

    Parameters
    ----------
    setting : Setting
        The model, and how it is used.
    templates : Templates or NoModel
        The same model, for a thread.
    store : Store
        The database, of which a process opens its own connections.
    own_process : bool
        Whether it is a process.
    """

    def __init__(
        self,
        setting: Setting,
        templates: Templates | NoModel,
        store: Store,
        *,
        own_process: bool,
    ) -> None:
        self._pool: Executor
        self._here: Recognition | None = None
        if own_process:
            self._pool = ProcessPoolExecutor(
                1,
                # A fork would take this process's threads and connections with it.
                multiprocessing.get_context("spawn"),
                _begin_process,
                (setting, store.url),
            )
            self._pool.submit(int)  # or it would start with the first message
        else:
            self._here = Recognition(templates, store, setting)
            self._pool = ThreadPoolExecutor(1, "sk_imu-live")

    def submit(self, what: str, session: Session) -> "Future[Followed | None]":
        """Call a method of :class:`Recognition`, after those that wait."""
        if self._here is None:
            return self._pool.submit(_in_process, what, session)
        return self._pool.submit(getattr(self._here, what), session)

    def close(self, *, wait: bool = True) -> None:
        """End; what waits is recognized after the next start."""
        self._pool.shutdown(wait=wait, cancel_futures=True)


#: In a process of its own: its recognition.
_OWN: list[Recognition] = []


def _begin_process(setting: Setting, url: str) -> None:
    # Ctrl-C reaches all processes of a terminal; the service ends this one.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if hasattr(os, "nice"):
        os.nice(10)  # phones are answered first, whatever waits here
    # Python takes seconds to clear away a model's libraries, and nothing is left to do.
    atexit.register(os._exit, 0)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    _OWN.append(Recognition(setting.templates(), Store(url), setting))


def _end_with_parent() -> None:
    """End this process when the one that made it is gone, even if it was killed."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _in_process(what: str, session: Session) -> Followed | None:
    done: Followed | None = getattr(_OWN[0], what)(session)
    return done
