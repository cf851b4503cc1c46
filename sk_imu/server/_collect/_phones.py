"""The phones that send, with the time of their clocks."""

import json
import time
from dataclasses import replace
from typing import Any, NamedTuple

from ...recording import DOUBTS, Recording
from .._clock import latest_ns
from .._service import Service
from .._tables import Session

#: A phone that sends nothing for so long is no longer shown.
GONE_S = 60.0
#: Most phones and doubts that are shown.
_MOST, _MOST_DOUBTS = 50, 10


class _Newest(NamedTuple):
    """The newest sample of a session, and what its page doubts."""

    last_ns: int
    doubts: list[str]


def _newest(service: Service, session: Session) -> _Newest | None:
    # Messages may come in another order than they were sent.
    rows = service.store.newest(session, 4)
    if not rows:
        return None
    return _Newest(latest_ns([last_ns for last_ns, _ in rows]), _doubts_in(rows[0][1]))


def _doubts_in(body: bytes) -> list[str]:
    """Return the doubts of the page /phone, which it sends with each message."""
    motion = json.loads(body).get("motion")
    doubts = motion.get("doubts") if isinstance(motion, dict) else None
    if not isinstance(doubts, list):
        return []
    texts = [one[:300] for one in doubts if isinstance(one, str) and one.isprintable()]
    # Only what begins as a doubt of the package is one.
    return [one for one in texts if one.startswith(DOUBTS)][:_MOST_DOUBTS]


class Phones:
    """The phones that send.

    The time of a phone's clock is that of this computer, less the smallest delay with which
    its samples ever arrived: no clock has to be right.
    """

    def __init__(self) -> None:
        self._delays_ns: dict[int, int] = {}

    def look(self, service: Service) -> list[dict[str, Any]]:
        """Return the phones that send, the newest first, for the page.

        A phone that begins another session, as after a reload of its page, is the new one.
        """
        found = []
        devices = set()
        for session in service.store.sessions(limit=_MOST):
            silent_s = service.live.silent_s(session)
            newest = _newest(service, session) if silent_s <= GONE_S else None
            if newest is None:
                self._delays_ns.pop(session.id, None)
                continue
            if session.device_id in devices:
                continue
            devices.add(session.device_id)
            delay_ns = time.time_ns() - newest.last_ns
            behind_ns = delay_ns - self._least(session, delay_ns)
            found.append(
                {
                    "session": session.id,
                    "device": session.device_id[:60],
                    "silent_s": round(silent_s, 1),
                    "behind_s": round(behind_ns / 1e9, 1),
                    "doubts": newest.doubts,
                }
            )
        return found

    def phone(self, service: Service, number: int) -> "SessionPhone":
        """Return a phone by the number of its session; raise a ValueError if it is gone."""
        session = service.store.session(number)
        newest = None if session is None else _newest(service, session)
        if session is None or newest is None or service.live.silent_s(session) > GONE_S:
            raise ValueError("This phone no longer sends. Look at its page.")
        least_ns = self._least(session, time.time_ns() - newest.last_ns)
        return SessionPhone(service, session, least_ns)

    def _least(self, session: Session, delay_ns: int) -> int:
        least = min(delay_ns, self._delays_ns.get(session.id, delay_ns))
        self._delays_ns[session.id] = least
        return least


class SessionPhone:
    """A session as :class:`Takes` records from it."""

    def __init__(self, service: Service, session: Session, delay_ns: int) -> None:
        self._service, self.session, self._delay_ns = service, session, delay_ns

    def now_ns(self) -> int:
        """Return the time of the phone's clock."""
        return time.time_ns() - self._delay_ns

    def newest_ns(self) -> int:
        """Return the time of its newest sample that is stored."""
        newest = _newest(self._service, self.session)
        return 0 if newest is None else newest.last_ns

    def recording(self, start_ns: int, end_ns: int) -> Recording:
        """Return its samples of a time, with the doubts of its page among the notes."""
        epoch_ns = self.session.epoch_ns
        start_s, end_s = ((t - epoch_ns) / 1e9 for t in (start_ns, end_ns))
        store = self._service.store
        recording = store.recording_of(self.session, start_s, end_s)
        newest = _newest(self._service, self.session)
        doubts = [] if newest is None else newest.doubts
        return replace(recording, notes=(*recording.notes, *doubts))
