"""What was pushed, in a database: sessions, their messages, and the sets found in them."""

import os
import secrets
import zlib
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from ..readers import PushedSamples, recording_of_messages
from ..recording import Recording
from ._clock import PhoneClock, earliest_ns, latest_ns
from ._messages import Message, samples_in
from ._tables import MESSAGES, METADATA, SESSIONS, SETS, SETTINGS, Session, Stored

#: How many messages are read at a time.
_PAGE = 200
#: How many of the first and the last messages say when a session begins and ends.
_SURE = 9
#: How long a request waits for another one that writes.
_PATIENCE_MS = 5000


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
            is_sqlite = parsed.get_backend_name() == "sqlite"
            if is_sqlite and parsed.database in (None, "", ":memory:"):
                raise ValueError("a database in memory forgets; name a file")
            self.engine = sa.create_engine(parsed, pool_pre_ping=True)
            if is_sqlite:
                sa.event.listen(self.engine, "connect", _prepare_sqlite)
                # What people do is nobody else's business.
                os.close(os.open(str(parsed.database), os.O_CREAT | os.O_RDWR, 0o600))
            METADATA.create_all(self.engine)
            self._add_within()
        except (sa.exc.SQLAlchemyError, ImportError, OSError, ValueError) as error:
            raise ValueError(f"database {_without_password(url)}: {error}.") from error
        self.url = url
        self._known: dict[tuple[str, str], Session] = {}

    def _add_within(self) -> None:
        """Add the column of sets that databases of earlier versions lack."""
        columns = sa.inspect(self.engine).get_columns(SETS.name)
        if not any(column["name"] == SETS.c.within.name for column in columns):
            with self.engine.begin() as connection:
                connection.execute(sa.text('ALTER TABLE sets ADD COLUMN "within" INTEGER'))

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()

    def token(self) -> str:
        """Return the token of this database, which is made once."""
        wanted = sa.select(SETTINGS.c.value).where(SETTINGS.c.name == "token")
        with self.engine.begin() as connection:
            found = connection.execute(wanted).scalar()
            if found is None:
                found = secrets.token_urlsafe(12)
                connection.execute(sa.insert(SETTINGS), {"name": "token", "value": found})
        return str(found)

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

    def is_stored(self, device_id: str, session_id: str) -> bool:
        """Return whether a session is in the database."""
        wanted = sa.select(SESSIONS.c.id).where(
            SESSIONS.c.device_id == device_id, SESSIONS.c.session_id == session_id
        )
        with self.engine.connect() as connection:
            return connection.execute(wanted).first() is not None

    def payloads(
        self,
        session: Session,
        *,
        after: int = -1,
        most: int | None = None,
        from_ns: int | None = None,
        to_ns: int | None = None,
    ) -> Iterator[tuple[int, PushedSamples]]:
        """Yield row and samples of each message, in the order of arrival.

        They begin behind row ``after``, and are ``most`` at most. Messages that end before
        ``from_ns`` or begin after ``to_ns`` are left out.
        """
        wanted = sa.select(MESSAGES.c.id, MESSAGES.c.body)
        wanted = wanted.where(MESSAGES.c.session == session.id)
        if from_ns is not None:
            wanted = wanted.where(MESSAGES.c.last_ns >= from_ns)
        if to_ns is not None:
            wanted = wanted.where(MESSAGES.c.first_ns <= to_ns)
        wanted = wanted.order_by(MESSAGES.c.id)
        left = most
        while left is None or left > 0:
            n = _PAGE if left is None else min(left, _PAGE)
            # Page by page, so that no transaction stays open meanwhile.
            with self.engine.connect() as connection:
                page = wanted.where(MESSAGES.c.id > after).limit(n)
                rows = connection.execute(page).all()
            for row, body in rows:
                after = row
                yield row, samples_in(body)
            if len(rows) < n:
                return
            left = None if left is None else left - n

    def row_before(self, session: Session, from_ns: int) -> int:
        """Return the row before the first message that ends at a time or later."""
        columns = MESSAGES.c
        wanted = sa.select(sa.func.min(columns.id)).where(
            columns.session == session.id, columns.last_ns >= from_ns
        )
        with self.engine.connect() as connection:
            return int(connection.execute(wanted).scalar_one()) - 1

    def n_until(self, session: Session, row: int) -> int:
        """Return how many messages a session has until a row."""
        wanted = sa.select(sa.func.count()).where(
            MESSAGES.c.session == session.id, MESSAGES.c.id <= row
        )
        with self.engine.connect() as connection:
            return int(connection.execute(wanted).scalar_one())

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
        parts: list[PushedSamples] = []
        clock = PhoneClock()
        for _, samples in self.payloads(session, from_ns=low, to_ns=high):
            messages, jump_ns = clock.checked(samples)
            if jump_ns and len(parts) == 1:
                parts.clear()  # the first message was the odd one
            parts += [one.between(low, high) for one in messages]
        return recording_of_messages(
            parts, f"session {session.id}", platform=session.platform
        )

    # ------------------------------------------------------------------ sessions

    def sessions(self, limit: int = 100) -> list[Session]:
        """Return the sessions, the newest first."""
        wanted = sa.select(SESSIONS).order_by(SESSIONS.c.id.desc()).limit(limit)
        with self.engine.connect() as connection:
            return [Session(**row._mapping) for row in connection.execute(wanted)]

    def session(self, number: int) -> Session | None:
        """Return a session by its number."""
        with self.engine.connect() as connection:
            wanted = sa.select(SESSIONS).where(SESSIONS.c.id == number)
            row = connection.execute(wanted).first()
        return None if row is None else Session(**row._mapping)

    def overview(self, limit: int = 50) -> list[dict[str, Any]]:
        """Return what is stored of each session, the newest first, as JSON holds it."""
        sessions = self.sessions(limit)
        if not sessions:
            return []
        sets = sa.select(SETS.c.session, sa.func.count().label("n"))
        sets = sets.where(SETS.c.session.in_([one.id for one in sessions]))
        with self.engine.connect() as connection:
            rows = connection.execute(sets.group_by(SETS.c.session))
            n_sets = {row.session: row.n for row in rows}
        extents = [(one, *self.extent(one)) for one in sessions]
        return [
            {
                "session": one.id,
                "device": one.device_id,
                "start_s": first_ns / 1e9,
                "lasted_s": round((last_ns - first_ns) / 1e9, 3),
                "messages": n,
                "sets": n_sets.get(one.id, 0),
            }
            for one, n, first_ns, last_ns in extents
            if n
        ]

    def n_sessions(self) -> int:
        """Return how many sessions are stored."""
        with self.engine.connect() as connection:
            wanted = sa.select(sa.func.count()).select_from(SESSIONS)
            return int(connection.execute(wanted).scalar_one())

    def newest(self, session: Session, n: int = 1) -> list[tuple[int, bytes]]:
        """Return last time in nanoseconds and body of the messages that came last."""
        wanted = sa.select(MESSAGES.c.last_ns, MESSAGES.c.body)
        wanted = wanted.where(MESSAGES.c.session == session.id)
        wanted = wanted.order_by(MESSAGES.c.id.desc()).limit(n)
        with self.engine.connect() as connection:
            rows = connection.execute(wanted).all()
        return [(int(last_ns), zlib.decompress(body)) for last_ns, body in rows]

    def extent(self, session: Session) -> tuple[int, int, int]:
        """Return the number of messages, and the first and last time in nanoseconds.

        Messages of an odd time do not count for the times.
        """
        of_it = MESSAGES.c.session == session.id
        ends = MESSAGES.c.first_ns, MESSAGES.c.last_ns
        orders = MESSAGES.c.id, MESSAGES.c.id.desc()
        with self.engine.connect() as connection:
            n = connection.execute(sa.select(sa.func.count()).where(of_it)).scalar_one()
            first_ns, last_ns = (
                list(connection.execute(wanted.order_by(order).limit(_SURE)).scalars())
                for wanted, order in zip(
                    [sa.select(end).where(of_it) for end in ends], orders, strict=True
                )
            )
        if not n:
            return 0, session.epoch_ns, session.epoch_ns
        return int(n), int(earliest_ns(first_ns)), int(latest_ns(last_ns))

    def remove(self, session: Session) -> None:
        """Delete a session and all that belongs to it."""
        with self.engine.begin() as connection:
            for table in (SETS, MESSAGES):
                connection.execute(sa.delete(table).where(table.c.session == session.id))
            connection.execute(sa.delete(SESSIONS).where(SESSIONS.c.id == session.id))
        self._known.pop((session.device_id, session.session_id), None)

    # ------------------------------------------------------------------ sets

    def add_set(
        self, session: Session, found: dict[str, Any], *, by_silence: bool = False
    ) -> None:
        """Store a set that ended; one of the same number stays."""
        row = {**found, "session": session.id, "by_silence": by_silence}
        with suppress(IntegrityError), self.engine.begin() as connection:
            connection.execute(sa.insert(SETS), row)

    def reopen(self, session: Session) -> None:
        """Forget the set that ended because nothing more came."""
        silent = (SETS.c.session == session.id) & SETS.c.by_silence
        with self.engine.begin() as connection:
            connection.execute(sa.delete(SETS).where(silent))

    def sets(self, session: Session) -> list[dict[str, Any]]:
        """Return the sets of a session that ended, in their order."""
        wanted = sa.select(SETS).where(SETS.c.session == session.id)
        with self.engine.connect() as connection:
            rows = connection.execute(wanted.order_by(SETS.c.number))
            found = [dict(row._mapping) for row in rows]
        for one in found:
            del one["session"], one["by_silence"]
        return found


def _session(connection: sa.Connection, message: Message) -> Session:
    """Return the session of a message, made if it is new."""
    columns = SESSIONS.c
    wanted = sa.select(SESSIONS).where(
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
        done = connection.execute(sa.insert(SESSIONS), values)
        return Session(id=_row_of(done), **values)
    return Session(**row._mapping)


def _store(connection: sa.Connection, session: Session, message: Message) -> Stored:
    columns = MESSAGES.c
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
    done = connection.execute(sa.insert(MESSAGES), values)
    return Stored(session, _row_of(done), is_new=True)


def _row_of(done: Any) -> int:
    """Return the number of the row that was inserted."""
    return int(done.inserted_primary_key[0])


def _prepare_sqlite(connection: Any, _: Any) -> None:
    """Let readers and the writer work at the same time, and keep commits on the disk."""
    for setting in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {setting}")
    connection.execute(f"PRAGMA busy_timeout={_PATIENCE_MS}")


def _without_password(url: str) -> str:
    try:
        return sa.make_url(url).render_as_string(hide_password=True)
    except sa.exc.ArgumentError:
        return "(a URL is needed, such as sqlite:///live.db)"
