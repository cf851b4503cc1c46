"""Find the sets in a movement that goes on."""

from dataclasses import dataclass

import numpy as np

from ._bout import Bout
from ._motion import MOTION_RATE_HZ, Floats
from ._periods import PeriodSearch, Stretch
from ._repetitions import as_repetitions, locate_repetitions

#: Repetitions are searched for this many periods before and after a periodic stretch.
_MARGIN = 1.5
#: Timesteps after which a movement does not change anymore, as the filters have passed.
_SETTLED = int(3 * MOTION_RATE_HZ)
#: Largest ratio of the period of a set to the usual lag of its stretch, either way.
_UNCERTAINTY = 1.5


@dataclass(frozen=True)
class FoundSet:
    """Begin, end and resemblance of the repetitions of a set.

    They count in timesteps from ``low``; the movement was searched until ``high``. The
    agreement is that of :class:`Bout`.
    """

    low: int
    high: int
    repetitions: list[tuple[float, float, float]]
    agreement: float

    def bout_from(self, start_s: float) -> Bout:
        """Return it in seconds, of a movement that begins at a time, without a label."""
        begin_s = start_s + self.low / MOTION_RATE_HZ
        found = as_repetitions(self.repetitions, begin_s, self.high - self.low)
        return Bout(
            found[0].start_s,
            found[-1].end_s,
            confidence=float(np.mean([one.confidence for one in found])),
            repetitions=tuple(found),
            agreement=self.agreement,
        )


class BoutSearch:
    """Find the sets in a movement that goes on, with the thresholds of ``find_bouts``.

    What is found does not depend on the pieces in which the movement comes.
    """

    def __init__(
        self,
        *,
        min_periodicity: float,
        min_intensity: float,
        min_confidence: float,
        min_repetitions: int,
        min_duration_s: float,
        max_pause_s: float,
        min_period_s: float,
        max_period_s: float,
    ) -> None:
        longest = max_period_s * MOTION_RATE_HZ
        self._periods = PeriodSearch(
            shortest=min_period_s * MOTION_RATE_HZ,
            longest=longest,
            min_periodicity=min_periodicity,
            min_intensity=min_intensity,
            max_pause=max_pause_s * MOTION_RATE_HZ,
        )
        self._largest_margin = int(_MARGIN * longest) + 1
        self._min_confidence = min_confidence
        self._min_repetitions = min_repetitions
        self._min_duration = min_duration_s * MOTION_RATE_HZ
        self._motion: Floats = np.empty((0, 0))
        self._begin = self._stop = 0  # the timesteps that are kept
        self._done = 0  # the end of the last set
        # Stretches whose last repetitions are in timesteps to come.
        self._waiting: list[Stretch] = []
        self._counted: list[_Counted] = []

    def push(self, motion: Floats) -> list[FoundSet]:
        """Take the next timesteps, and return the sets that are certain now."""
        if not self._stop:
            self._motion = np.empty((len(motion), 0))
        self._motion = np.concatenate([self._motion, motion], axis=1)
        self._stop += motion.shape[1]
        self._waiting += self._periods.push(motion)
        found = []
        while self._waiting and self._stop >= _reach(self._waiting[0]):
            one = self._located(self._waiting.pop(0), self._motion, self._done)
            if one is not None:
                found.append(one)
                self._done = _end(one)
        self._forget()
        return found

    def pending(self, tail: Floats | None = None) -> list[FoundSet]:
        """Return the sets to come if nothing but ``tail`` came anymore.

        While a set goes on, its repetitions are counted anew once a period.
        """
        motion = self._motion
        if tail is not None and tail.shape[1]:
            motion = np.concatenate([motion, tail], axis=1)
        found, done, counted = [], self._done, []
        for stretch in [*self._waiting, *self._periods.pending(tail)]:
            now = self._begin + motion.shape[1]
            before = [one for one in self._counted if one.holds(stretch, done, now)]
            if before:
                counted.append(before[0])
            else:
                one = self._located(stretch, motion, done)
                counted.append(_Counted(stretch, done, now, one))
            if counted[-1].found is not None:
                found.append(counted[-1].found)
                done = _end(counted[-1].found)
        self._counted = counted
        return found

    def finish(self) -> list[FoundSet]:
        """Return the sets to come, as nothing comes anymore."""
        self._counted = []
        return self.pending()

    @property
    def since_s(self) -> float:
        """No set that is still to come begins earlier, in seconds from the beginning."""
        firsts = [self._periods.since, *(first for first, _, _ in self._waiting)]
        return max(min(firsts) - self._largest_margin, self._done) / MOTION_RATE_HZ

    def _located(self, stretch: Stretch, motion: Floats, done: int) -> FoundSet | None:
        """Return the set in a stretch of the movement that is kept, if there is one."""
        first, stop, usual = stretch
        now = self._begin + motion.shape[1]
        # The first and last repetitions may be less periodic than the stretch.
        first, stop, margin = max(first, done), min(stop, now), int(_MARGIN * usual)
        if stop - first < usual:
            return None  # the set before reaches over it
        low, high = max(first - margin, done), min(stop + margin, now)
        found, agreement = locate_repetitions(
            motion[:, low - self._begin : high - self._begin],
            first - low,
            stop - low,
            shortest=usual / _UNCERTAINTY,
            longest=usual * _UNCERTAINTY,
            min_confidence=self._min_confidence,
            usual=float(usual),
        )
        if len(found) < self._min_repetitions:
            return None
        lasts = found[-1][1] - found[0][0] >= self._min_duration
        return FoundSet(low, high, found, agreement) if lasts else None

    def _forget(self) -> None:
        """Drop the timesteps that no set to come can reach."""
        since = min([self._periods.since, *(first for first, _, _ in self._waiting)])
        n = since - self._largest_margin - self._begin
        if n > self._largest_margin:
            self._motion = self._motion[:, n:].copy()
            self._begin += n


@dataclass(frozen=True)
class _Counted:
    """What was found in a stretch, when there were so many timesteps."""

    stretch: Stretch
    done: int
    n_timesteps: int
    found: FoundSet | None

    def holds(self, stretch: Stretch, done: int, n_timesteps: int) -> bool:
        """Return whether this is still good for a stretch that may have grown."""
        usual = stretch[2]
        if self.done != done or abs(self.stretch[0] - stretch[0]) >= usual:
            return False
        if self.stretch == stretch and self.n_timesteps >= _reach(stretch) + _SETTLED:
            return True  # nothing to come is part of it
        return n_timesteps - self.n_timesteps < usual


def _reach(stretch: Stretch) -> int:
    return stretch[1] + int(_MARGIN * stretch[2])


def _end(one: FoundSet) -> int:
    return one.low + int(np.ceil(one.repetitions[-1][1]))
