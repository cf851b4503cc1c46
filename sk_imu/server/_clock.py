"""Times that cannot be those of a recording that goes on."""

from collections.abc import Sequence

import numpy as np

from ..readers import PushedSamples

#: Times further apart are not of one recording, unless the following ones agree.
_APART_NS = 3600 * 10**9


def latest_ns(times_ns: Sequence[int]) -> int:
    """Return the latest of times, of which some may be odd."""
    middle_ns = sorted(times_ns)[(len(times_ns) - 1) // 2]
    return max(one for one in times_ns if one <= middle_ns + _APART_NS)


def earliest_ns(times_ns: Sequence[int]) -> int:
    """Return the earliest of times, of which some may be odd."""
    middle_ns = sorted(times_ns)[len(times_ns) // 2]
    return min(one for one in times_ns if one >= middle_ns - _APART_NS)


class PhoneClock:
    """The clock of a phone, by the messages of a session in the order of arrival.

    A single message whose time is more than an hour from those before it is ignored. If the
    next one agrees with it, the clock was set, or the phone slept.

    Parameters
    ----------
    newest_ns : int, default=None
        Time of a message before the first one, in Unix nanoseconds.

    Attributes
    ----------
    n_ignored : int
        Number of messages of which samples were ignored.
    """

    def __init__(self, newest_ns: int | None = None) -> None:
        self._newest_ns = newest_ns
        self._odd: tuple[int, PushedSamples] | None = None
        self.n_ignored = 0

    @property
    def doubts(self) -> list[str]:
        """What was ignored, in words."""
        if not self.n_ignored:
            return []
        n = f"{self.n_ignored} message{'s' * (self.n_ignored > 1)}"
        return [f"Ignored, because the time is hours from that before and after: {n}."]

    def checked(self, message: PushedSamples) -> tuple[list[PushedSamples], int]:
        """Return the messages that can be recognized now, and by how much the clock jumps.

        The jump is 0 unless the clock was set, and below 0 if it was set back.
        """
        every = [*message.phone.values(), *message.watch.values()]
        if not every:
            return [message], 0
        times_ns = np.concatenate([one.times_ns for one in every])
        middle_ns = int(np.sort(times_ns)[len(times_ns) // 2])
        low_ns, high_ns = middle_ns - _APART_NS, middle_ns + _APART_NS
        if times_ns.min() < low_ns or times_ns.max() > high_ns:
            self.n_ignored += 1
            message = message.between(low_ns, high_ns)
        odd, self._odd = self._odd, None
        before_ns = middle_ns if self._newest_ns is None else self._newest_ns
        if abs(middle_ns - before_ns) <= _APART_NS:
            self.n_ignored += odd is not None
            self._newest_ns = max(middle_ns, before_ns)
            return [message], 0
        if odd is not None and abs(middle_ns - odd[0]) <= _APART_NS:
            self._newest_ns = middle_ns
            return [odd[1], message], middle_ns - before_ns
        self.n_ignored += odd is not None
        self._odd = (middle_ns, message)
        return [], 0
