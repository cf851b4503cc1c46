"""Sets that are being recorded, from the countdown to keep or discard."""

import secrets
import threading
import time
from dataclasses import dataclass, replace
from typing import Any, Protocol

from ...recording import Recording
from ._folder import KeptSet, SetFolder
from ._names import clean_name
from ._review import review_of

#: Most sets that are being recorded or looked at; the oldest is forgotten.
_MOST = 50
#: Longest set.
LONGEST_S = 600.0


class Phone(Protocol):
    """A session of a phone that sends."""

    def now_ns(self) -> int:
        """Return the time of the phone's clock."""
        ...

    def newest_ns(self) -> int:
        """Return the time of its newest sample that is stored."""
        ...

    def recording(self, start_ns: int, end_ns: int) -> Recording:
        """Return its samples of a time, with its doubts among the notes."""
        ...


@dataclass(frozen=True)
class Take:
    """A set that is being recorded, or was recorded and waits for a decision."""

    id: str
    phone: Phone
    subject: str
    exercise: str
    placement: str
    start_ns: int
    began_s: float
    end_ns: int | None = None
    asked_s: float = 0.0

    @property
    def seconds(self) -> float:
        """How long it is being recorded, or was."""
        return self.asked_s if self.end_ns else time.monotonic() - self.began_s


class Takes:
    """The sets that are being recorded, by their identifiers.

    Parameters
    ----------
    folder : SetFolder
        Where they are kept.
    """

    def __init__(self, folder: SetFolder) -> None:
        self.folder = folder
        self._takes: dict[str, Take] = {}
        self._keeping = threading.Lock()

    def start(self, phone: Phone, *, subject: Any, exercise: Any, placement: Any) -> Take:
        """Begin a set now; the names are checked before anything is recorded."""
        take = Take(
            id=secrets.token_hex(8),
            phone=phone,
            subject=clean_name(subject, "person"),
            exercise=clean_name(exercise, "exercise"),
            placement=clean_name(placement, "placement") if placement else "",
            start_ns=phone.now_ns(),
            began_s=time.monotonic(),
        )
        while len(self._takes) >= _MOST:
            del self._takes[next(iter(self._takes))]
        self._takes[take.id] = take
        return take

    def stop(self, take_id: str, *, cut_s: float = 0.0) -> Take:
        """End a set now, or some seconds ago, when the phone was still worn.

        A set that has ended stays as it is.
        """
        take = self.take(take_id)
        if take.end_ns is None:
            seconds = min(max(take.seconds - cut_s, 0.0), LONGEST_S)
            end_ns = take.start_ns + round(seconds * 1e9)
            take = self._takes[take_id] = replace(take, end_ns=end_ns, asked_s=seconds)
        return take

    def take(self, take_id: str) -> Take:
        """Return a set by its identifier; raise a ValueError if there is none."""
        take = self._takes.get(take_id)
        if take is None:
            raise ValueError(
                "This set is kept, discarded or forgotten. Record another one."
            )
        return take

    def recording_of(self, take: Take) -> Recording:
        """Return what was recorded; raise a ValueError if that is nothing."""
        if take.end_ns is None:
            raise ValueError("The set has not ended. Stop it first.")
        return take.phone.recording(take.start_ns, take.end_ns)

    def review(self, take: Take) -> dict[str, Any]:
        """Return what the page shows of a set."""
        try:
            return review_of(self.recording_of(take), asked_s=take.asked_s)
        except ValueError as error:
            return {
                "seconds": 0.0,
                "rates": {},
                "repetitions": None,
                "warnings": [f"Nothing was recorded: {error}"],
                "signal": [],
            }

    def keep(self, take_id: str) -> KeptSet:
        """Write a set to the folder."""
        # One after the other: whoever asks twice at once keeps it once.
        with self._keeping:
            take = self.take(take_id)
            kept = self.folder.keep(
                self.recording_of(take),
                subject=take.subject,
                exercise=take.exercise,
                placement=take.placement,
            )
            # Not before it is written: a full disk must not lose it.
            self.discard(take_id)
        return kept

    def discard(self, take_id: str) -> None:
        """Forget a set. Its samples stay in the database of the session."""
        self._takes.pop(take_id, None)
