"""The tables of the database."""

from dataclasses import dataclass

import sqlalchemy as sa

METADATA = sa.MetaData()
# SQLite counts rows by itself only where their number is a plain INTEGER.
_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
SESSIONS = sa.Table(
    "sessions",
    METADATA,
    sa.Column("id", _NUMBER, primary_key=True, autoincrement=True),
    sa.Column("device_id", sa.String(128), nullable=False),
    sa.Column("session_id", sa.String(128), nullable=False),
    sa.Column("platform", sa.String(16)),
    sa.Column("epoch_ns", sa.BigInteger, nullable=False),
    sa.UniqueConstraint("device_id", "session_id"),
)
MESSAGES = sa.Table(
    "messages",
    METADATA,
    sa.Column("id", _NUMBER, primary_key=True, autoincrement=True),
    sa.Column("session", _NUMBER, sa.ForeignKey("sessions.id"), nullable=False),
    sa.Column("message_id", sa.String(128), nullable=False),
    sa.Column("digest", sa.LargeBinary(16), nullable=False),
    sa.Column("first_ns", sa.BigInteger, nullable=False),
    sa.Column("last_ns", sa.BigInteger, nullable=False),
    sa.Column("body", sa.LargeBinary, nullable=False),
    sa.UniqueConstraint("session", "message_id"),
    # So that times and counts are found without reading the bodies.
    sa.Index("messages_by_time", "session", "last_ns", "first_ns"),
)
SETS = sa.Table(
    "sets",
    METADATA,
    sa.Column("session", _NUMBER, sa.ForeignKey("sessions.id"), primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("label", sa.String(200), nullable=False),
    sa.Column("start_s", sa.Float, nullable=False),
    sa.Column("end_s", sa.Float, nullable=False),
    sa.Column("probability", sa.Float, nullable=False),
    sa.Column("repetitions", sa.Integer),
    sa.Column("within", sa.Integer),
    # Whether it ended because nothing more came, so that it may go on.
    sa.Column("by_silence", sa.Boolean, nullable=False),
)

#: What the service keeps for itself, such as its token.
SETTINGS = sa.Table(
    "settings",
    METADATA,
    sa.Column("name", sa.String(64), primary_key=True),
    sa.Column("value", sa.String(256), nullable=False),
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
