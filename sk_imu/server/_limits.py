"""How much the service takes, so that no message and no phone can exhaust it."""

from dataclasses import dataclass, fields


@dataclass(frozen=True)
class Limits:
    """How much the service takes.

    Parameters
    ----------
    body_bytes : int, default=2_000_000
        Longest body of a request.
    body_seconds : int, default=20
        Longest time that a body may take to arrive.
    depth : int, default=8
        Deepest nesting of JSON.
    samples_per_message : int, default=20_000
        Most samples of a message.
    messages_per_second : int, default=50
        Most messages of a session in a second, of which ten seconds may come at once.
    live_sessions : int, default=200
        Most sessions that are followed at a time.
    stored_sessions : int, default=10_000
        Most sessions in the database.
    waiting_messages : int, default=2_000
        Most messages that wait to be stored.
    listeners : int, default=50
        Most pages that are open at a time.
    replayed_seconds : int, default=900
        How much of a session is recognized anew after a restart.

    Raises
    ------
    ValueError
        If a limit is no whole number above 0.

    Examples
    --------
    >>> from sk_imu.server import Limits
    >>> Limits(live_sessions=10).live_sessions
    10
    """

    body_bytes: int = 2_000_000
    body_seconds: int = 20
    depth: int = 8
    samples_per_message: int = 20_000
    messages_per_second: int = 50
    live_sessions: int = 200
    stored_sessions: int = 10_000
    waiting_messages: int = 2_000
    listeners: int = 50
    replayed_seconds: int = 900

    def __post_init__(self) -> None:
        for one in fields(self):
            value = getattr(self, one.name)
            if not isinstance(value, int) or isinstance(value, bool) or value < 1:
                raise ValueError(
                    f"{one.name} must be a whole number above 0, got {value!r}."
                )
