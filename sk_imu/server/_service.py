"""The parts of the service that its routes share."""

import asyncio
import logging
import queue
import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, ParamSpec, TypeVar

from fastapi import HTTPException, Request
from sqlalchemy.exc import SQLAlchemyError

from ._limits import Limits
from ._live import Live
from ._messages import Message
from ._store import Store
from ._tables import Stored

_LOG = logging.getLogger("sk_imu.server")

P = ParamSpec("P")
T = TypeVar("T")

#: Most messages that are stored in one transaction.
_BATCH = 256


class BusyError(HTTPException):
    """More is waiting than may wait."""

    def __init__(self, why: str, *, status: int = 503, seconds: int = 1) -> None:
        super().__init__(status, why, {"Retry-After": str(seconds)})


class Service:
    """The state of a running service.

    Parameters
    ----------
    store : Store
        The database.
    live : Live
        Who recognizes what was stored.
    limits : Limits
        How much is taken.
    about : dict of str to str
        What is known of the model, in words.

    Attributes
    ----------
    is_stopping : callable
        Returns whether the service ends, so that what never ends by itself must.
    n_listeners : int
        Number of open pages.
    refused : Counter of int
        Number of refused requests and messages by status.
    rates : Rates
        How fast each session may send.
    mqtt : str or None
        How the connection to the broker is; None if there is no broker.
    """

    def __init__(
        self, store: Store, live: Live, limits: Limits, about: dict[str, str]
    ) -> None:
        self.store, self.live, self.limits, self.about = store, live, limits, about
        self.refused: Counter[int] = Counter()
        self.rates = Rates(limits.messages_per_second)
        self.mqtt: str | None = None
        self.is_stopping: Callable[[], bool] = lambda: False
        self.n_listeners = 0
        self._queue: queue.Queue[tuple[Message, Future[Stored]] | None]
        self._queue = queue.Queue(limits.waiting_messages)
        self._threads = ThreadPoolExecutor(4, "sk_imu-request")
        self._n_waiting = 0
        self._writer = threading.Thread(
            target=self._write, name="sk_imu-writer", daemon=True
        )
        self._writer.start()

    async def in_thread(self, f: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run what reads or computes off the event loop; refuse if too much waits."""
        if self._n_waiting >= self.limits.waiting_messages:
            raise BusyError("The server is busy.")
        self._n_waiting += 1
        try:
            job = self._threads.submit(f, *args, **kwargs)
            return await _answered(job)
        finally:
            self._n_waiting -= 1

    async def keep(self, message: Message) -> Stored:
        """Store a message, and return what became of it once that is certain."""
        done: Future[Stored] = Future()
        # A request that is given up must not cancel what the writer will answer.
        done.set_running_or_notify_cancel()
        try:
            self._queue.put_nowait((message, done))
        except queue.Full:
            raise BusyError("The database is behind.") from None
        return await _answered(done)

    def _write(self) -> None:
        """Store what waits, as many messages as there are in one transaction."""
        while (first := self._queue.get()) is not None:
            batch = [first]
            stop = False
            while len(batch) < _BATCH and not stop:
                try:
                    following = self._queue.get_nowait()
                except queue.Empty:
                    break
                stop = following is None
                if following is not None:
                    batch.append(following)
            self._store_batch(batch)
            if stop:
                return

    def _store_batch(self, batch: list[tuple[Message, Future[Stored]]]) -> None:
        try:
            stored = self.store.add([message for message, _ in batch])
        except Exception as error:
            for _, done in batch:
                done.set_exception(error)
            return
        for session in {
            one.session.id: one.session for one in stored if one.is_new
        }.values():
            self.live.take(session)
        for (_, done), one in zip(batch, stored, strict=True):
            done.set_result(one)

    async def retire_idle(self) -> None:
        """End the sessions that send nothing any more, again and again."""
        while True:
            await asyncio.sleep(5)
            self.live.retire_idle()

    def close(self) -> None:
        """Store and recognize what waits, and end."""
        self._queue.put(None)
        self._writer.join(30)
        self._threads.shutdown(cancel_futures=True)
        self.live.close()
        self.store.close()


async def _answered(job: Future[T]) -> T:
    """Return a result; raise a BusyError if the database could not do it."""
    try:
        return await asyncio.wrap_future(job)
    except SQLAlchemyError as error:
        _LOG.warning("The database refused a request: %s", error)
        raise BusyError(f"The database refused it: {type(error).__name__}.") from error


class Rates:
    """How fast each session may send: so many messages a second, and some at once."""

    def __init__(self, per_second: int) -> None:
        self._per_second, self._most = per_second, 10.0 * per_second
        self._left: dict[Any, tuple[float, float]] = {}

    def take(self, key: Any) -> float:
        """Return how many seconds to wait before the next message, 0 if it may come."""
        now_s = time.monotonic()
        left, since_s = self._left.pop(key, (self._most, now_s))
        left = min(left + (now_s - since_s) * self._per_second, self._most)
        if left < 1:
            self._left[key] = (left, now_s)
            return (1 - left) / self._per_second
        self._left[key] = (left - 1, now_s)
        if len(self._left) > 10_000:
            del self._left[next(iter(self._left))]  # who sent nothing for longest
        return 0.0


def service_of(request: Request) -> Service:
    """Return the service, for ``Depends``."""
    service: Service = request.app.state.service
    return service
