"""Events of sets, from what is known of them at times of a stream."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from ..segmentation import Bout
from ._live_bouts import Look

#: Label and probability of a set that begins and ends at two times; None if it is no set.
Named = tuple[Any, float | None] | None


@dataclass(frozen=True)
class SetEvent:
    """What happened to a set.

    Parameters
    ----------
    kind : {"begin", "update", "end", "drop"}
        A set begins, goes on, or ends. What turns out to be no set is dropped.
    number : int
        The number of the set in its stream, from 1 on; that of a dropped set is used again.
    label : object
        The exercise; None without a model.
    start_s : float
        When the set began, in seconds on the clock of the stream.
    end_s : float
        When it ended, or until when it is known to go on.
    probability : float or None
        Mean probability of the exercise in the windows of the set; None without a model.
    repetitions : int
        Repetitions so far.
    within : int
        How many repetitions the true number is likely to be away, see
        :attr:`sk_imu.Bout.within`.
    final : bool
        Whether nothing of this will change.

    Examples
    --------
    >>> from sk_imu.streaming import SetEvent
    >>> SetEvent("end", 1, "squat", 3.0, 31.5, 0.97, 12, 0, final=True).repetitions
    12
    """

    kind: str
    number: int
    label: Any
    start_s: float
    end_s: float
    probability: float | None
    repetitions: int
    within: int
    final: bool


class SetEvents:
    """Make events of looks at a stream."""

    def __init__(self) -> None:
        self.n_ended = 0
        self._open: dict[int, SetEvent] = {}  # the last event of sets that go on

    def of(self, look: Look, name: Callable[[float, float], Named]) -> list[SetEvent]:
        """Return what has happened since the last look."""
        events: list[SetEvent] = []
        for bout in look.ended:
            if (event := self._event("end", bout, name)) is not None:
                if event.number not in self._open:
                    events.append(replace(event, kind="begin", final=False))
                events.append(event)
                self._open.pop(event.number, None)
                self.n_ended += 1
        pending: dict[int, SetEvent] = {}
        for bout in look.pending:
            number = self.n_ended + 1 + len(pending)
            kind = "update" if number in self._open else "begin"
            event = self._event(kind, bout, name, number)
            if event is not None:
                pending[number] = event
                if kind == "begin" or _differs(event, self._open[number]):
                    events.append(event)
        for number in sorted(self._open.keys() - pending.keys()):
            events.append(replace(self._open[number], kind="drop", final=True))
        self._open = pending
        return events

    def _event(
        self,
        kind: str,
        bout: Bout,
        name: Callable[[float, float], Named],
        number: int | None = None,
    ) -> SetEvent | None:
        named = name(bout.start_s, bout.end_s)
        if named is None:
            return None
        number = self.n_ended + 1 if number is None else number
        return SetEvent(
            kind,
            number,
            named[0],
            bout.start_s,
            bout.end_s,
            named[1],
            len(bout.repetitions),
            within=bout.within,
            final=kind == "end",
        )


def _differs(event: SetEvent, last: SetEvent) -> bool:
    return (event.repetitions, event.within, event.label, event.end_s) != (
        last.repetitions,
        last.within,
        last.label,
        last.end_s,
    )
