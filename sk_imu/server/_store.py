"""What was pushed, in a database: sessions, their messages, and the sets found in them."""

import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from ..readers import PushedSamples, recording_of_messages
from ..recording import Recording
from ..streaming import SetEvent
from ._messages import Message, samples_in

#: How many messages are read at a time.
_PAGE = 200

_METADATA = sa.MetaData()
# SQLite counts rows by itself only where their number is a plain INTEGER.
_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_SESSIONS = sa.Table(
    "sessions",
    _METADATA,
    sa.Column("id", _NUMBER, primary_key=True, autoincrement=True),
    sa.Column("device_id", sa.String(128), nullable=False),
    sa.Column("session_id", sa.String(128), nullable=False),
    sa.Column("platform", sa.String(16)),
    sa.Column("epoch_ns", sa.BigInteger, nullable=False),
    sa.UniqueConstraint("device_id", "session_id"),
)
_MESSAGES = sa.Table(
    "messages",
    _METADATA,
    sa.Column("id", _NUMBER, primary_key=True, autoincrement=True),
    sa.Column("session", _NUMBER, sa.ForeignKey("sessions.id"), nullable=False),
    sa.Column("message_id", sa.String(128), nullable=False),
    sa.Column("digest", sa.LargeBinary(16), nullable=False),
    sa.Column("first_ns", sa.BigInteger, nullable=False),
    sa.Column("last_ns", sa.BigInteger, nullable=False),
    sa.Column("body", sa.LargeBinary, nullable=False),
    sa.UniqueConstraint("session", "message_id"),
)
_SETS = sa.Table(
    "sets",
    _METADATA,
    sa.Column("session", _NUMBER, sa.ForeignKey("sessions.id"), primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("label", sa.String(200), nullable=False),
    sa.Column("start_s", sa.Float, nullable=False),
    sa.Column("end_s", sa.Float, nullable=False),
    sa.Column("probability", sa.Float, nullable=False),
    sa.Column("repetitions", sa.Integer),
)


@dataclass(frozen=True)
class Session:
    """A recording that a phone pushes.

    ``epoch_ns`` is second 0 of its live answers, in Unix nanoseconds.
    """

    id: int
    device_id: str
    session_id: str
    platform: str | None
    epoch_ns: int


@dataclass(frozen=True)
class Stored:
    """What became of a message: its session, its row, and whether it was there already.

    ``row`` is None if another message of the session has the same ``messageId``.
    """

    session: Session
    row: int | None
    is_new: bool


class Store:
    """Sessions in a database.

    Parameters
    ----------
    url : str
        The database, as SQLAlchemy names it.

    Raises
    ------
    ValueError
        If the database can't be opened.
    """

    def __init__(self, url: str) -> None:
        try:
            parsed = sa.make_url(url)
            in_memory = parsed.get_backend_name() == "sqlite" and not parsed.database
            if in_memory:
                raise ValueError("a database in memory forgets; name a file")
            self.engine = sa.create_engine(parsed, pool_pre_ping=True)
            if parsed.get_backend_name() == "sqlite":
                sa.event.listen(self.engine, "connect", _prepare_sqlite)
            _METADATA.create_all(self.engine)
        except (sa.exc.SQLAlchemyError, ImportError, ValueError) as error:
            raise ValueError(f"database {_without_password(url)}: {error}.") from error
        self._known: dict[tuple[str, str], Session] = {}

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()

    # ------------------------------------------------------------------ messages

    def add(self, messages: Sequence[Message]) -> list[Stored]:
        """Store messages in one transaction, each ``messageId`` of a session once."""
        try:
            return self._add(messages)
        except IntegrityError:
            # Another process stored one of them at the same time: now it is there.
            self._known.clear()
            return [one for message in messages for one in self._add([message])]

    def _add(self, messages: Sequence[Message]) -> list[Stored]:
        results = []
        new_sessions: dict[tuple[str, str], Session] = {}
        with self.engine.begin() as connection:
            for message in messages:
                key = (message.device_id, message.session_id)
                session = self._known.get(key) or new_sessions.get(key)
                if session is None:
                    session = new_sessions[key] = _session(connection, message)
                results.append(_store(connection, session, message))
        # Only what is committed is known.
        self._known.update(new_sessions)
        return results

    def knows(self, device_id: str, session_id: str) -> bool:
        """Return whether a session is stored, as far as this process saw it."""
        return (device_id, session_id) in self._known

    def payloads(
        self, session: Session, *, from_ns: int | None = None, to_ns: int | None = None
    ) -> Iterator[tuple[int, PushedSamples]]:
        """Yield row and samples of each message, in the order of arrival.

        Messages that end before ``from_ns`` or begin after ``to_ns`` are left out.
        """
        wanted = sa.select(_MESSAGES.c.id, _MESSAGES.c.body)
        wanted = wanted.where(_MESSAGES.c.session == session.id)
        if from_ns is not None:
            wanted = wanted.where(_MESSAGES.c.last_ns >= from_ns)
        if to_ns is not None:
            wanted = wanted.where(_MESSAGES.c.first_ns <= to_ns)
        wanted = wanted.order_by(_MESSAGES.c.id).limit(_PAGE)
        last = -1
        while True:
            # Page by page, so that no transaction stays open meanwhile.
            with self.engine.connect() as connection:
                rows = connection.execute(wanted.where(_MESSAGES.c.id > last)).all()
            for row, body in rows:
                last = row
                yield row, samples_in(body)
            if len(rows) < _PAGE:
                return

    def recording_of(
        self,
        session: Session,
        start_s: float | None = None,
        end_s: float | None = None,
    ) -> Recording:
        """Return the samples of a session, or of a part of it, as a Recording.

        Parameters
        ----------
        session : Session
            The session.
        start_s, end_s : float, default=None
            The part, in seconds since the session's ``epoch_ns``; None is no limit.

        Returns
        -------
        recording : Recording
            In the package's units and signs, with notes of how those were decided.

        Raises
        ------
        ValueError
            If there is no sample of a motion sensor in it.
        """
        low, high = (
            None if s is None else session.epoch_ns + round(s * 1e9)
            for s in (start_s, end_s)
        )
        parts = []
        for _, samples in self.payloads(session, from_ns=low, to_ns=high):
            parts.append(samples.between(low, high))
        return recording_of_messages(
            parts, f"session {session.id}", platform=session.platform
        )

    # ------------------------------------------------------------------ sessions

    def sessions(self, limit: int = 100) -> list[Session]:
        """Return the sessions, the newest first."""
        wanted = sa.select(_SESSIONS).order_by(_SESSIONS.c.id.desc()).limit(limit)
        with self.engine.connect() as connection:
            return [Session(**row._mapping) for row in connection.execute(wanted)]

    def session(self, number: int) -> Session | None:
        """Return a session by its number."""
        with self.engine.connect() as connection:
            wanted = sa.select(_SESSIONS).where(_SESSIONS.c.id == number)
            row = connection.execute(wanted).first()
        return None if row is None else Session(**row._mapping)

    def n_sessions(self) -> int:
        """Return how many sessions are stored."""
        with self.engine.connect() as connection:
            wanted = sa.select(sa.func.count()).select_from(_SESSIONS)
            return int(connection.execute(wanted).scalar_one())

    def newest(self, session: Session, n: int = 1) -> list[tuple[int, bytes]]:
        """Return last time in nanoseconds and body of the messages that came last."""
        wanted = sa.select(_MESSAGES.c.last_ns, _MESSAGES.c.body)
        wanted = wanted.where(_MESSAGES.c.session == session.id)
        wanted = wanted.order_by(_MESSAGES.c.id.desc()).limit(n)
        with self.engine.connect() as connection:
            rows = connection.execute(wanted).all()
        return [(int(last_ns), zlib.decompress(body)) for last_ns, body in rows]

    def extent(self, session: Session) -> tuple[int, int, int]:
        """Return the number of messages, and the first and last time in nanoseconds."""
        columns = (
            sa.func.count(),
            sa.func.min(_MESSAGES.c.first_ns),
            sa.func.max(_MESSAGES.c.last_ns),
        )
        wanted = sa.select(*columns).where(_MESSAGES.c.session == session.id)
        with self.engine.connect() as connection:
            n, first, last = connection.execute(wanted).one()
        return int(n), int(first or session.epoch_ns), int(last or session.epoch_ns)

    def remove(self, session: Session) -> None:
        """Delete a session and all that belongs to it."""
        with self.engine.begin() as connection:
            for table in (_SETS, _MESSAGES):
                connection.execute(sa.delete(table).where(table.c.session == session.id))
            connection.execute(sa.delete(_SESSIONS).where(_SESSIONS.c.id == session.id))
        self._known.pop((session.device_id, session.session_id), None)

    # ------------------------------------------------------------------ sets

    def add_set(self, session: Session, event: SetEvent, number: int) -> None:
        """Store a set that ended; one that is there already stays."""
        row = {
            "session": session.id,
            "number": number,
            "label": str(event.label),
            "start_s": event.start_s,
            "end_s": event.end_s,
            "probability": event.probability,
            "repetitions": event.repetitions,
        }
        try:
            with self.engine.begin() as connection:
                connection.execute(sa.insert(_SETS), row)
        except IntegrityError:
            pass

    def sets(self, session: Session) -> list[dict[str, Any]]:
        """Return the sets of a session that ended, in their order."""
        wanted = sa.select(_SETS).where(_SETS.c.session == session.id)
        with self.engine.connect() as connection:
            rows = connection.execute(wanted.order_by(_SETS.c.number))
            found = [dict(row._mapping) for row in rows]
        for one in found:
            del one["session"]
        return found


def _session(connection: sa.Connection, message: Message) -> Session:
    """Return the session of a message, made if it is new."""
    columns = _SESSIONS.c
    wanted = sa.select(_SESSIONS).where(
        columns.device_id == message.device_id, columns.session_id == message.session_id
    )
    row = connection.execute(wanted).first()
    if row is None:
        values: dict[str, Any] = {
            "device_id": message.device_id,
            "session_id": message.session_id,
            "platform": message.platform,
            # A whole minute, so that windows begin at whole seconds.
            "epoch_ns": message.first_ns // 60_000_000_000 * 60_000_000_000,
        }
        done = connection.execute(sa.insert(_SESSIONS), values)
        return Session(id=_row_of(done), **values)
    return Session(**row._mapping)


def _store(connection: sa.Connection, session: Session, message: Message) -> Stored:
    columns = _MESSAGES.c
    wanted = sa.select(columns.id, columns.digest).where(
        columns.session == session.id, columns.message_id == message.message_id
    )
    row = connection.execute(wanted).first()
    if row is not None:
        same = row.digest == message.digest
        return Stored(session, row.id if same else None, is_new=False)
    values = {
        "session": session.id,
        "message_id": message.message_id,
        "digest": message.digest,
        "first_ns": message.first_ns,
        "last_ns": message.last_ns,
        "body": message.packed,
    }
    done = connection.execute(sa.insert(_MESSAGES), values)
    return Stored(session, _row_of(done), is_new=True)


def _row_of(done: Any) -> int:
    """Return the number of the row that was inserted."""
    return int(done.inserted_primary_key[0])


def _prepare_sqlite(connection: Any, _: Any) -> None:
    """Let readers and the writer work at the same time, and keep commits on the disk."""
    for setting in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {setting}")
    connection.execute("PRAGMA busy_timeout=5000")


def _without_password(url: str) -> str:
    try:
        return sa.make_url(url).render_as_string(hide_password=True)
    except sa.exc.ArgumentError:
        return "URL"
