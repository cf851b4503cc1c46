"""A set that goes on."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..recording import Recording
from ..segmentation import find_repetitions
from ._classifier import StreamingClassifier

Floats = NDArray[np.float64]

#: Longest set, in seconds, whose repetitions are counted.
_LONGEST_COUNTED_S = 600.0


@dataclass(frozen=True, eq=False)
class Window:
    """When a window ends, the probability of each exercise in it, and its values."""

    time_s: float
    scores: Floats
    values: Floats


class OpenSet:
    """A set that goes on: since when, and the values that repetitions are counted in."""

    def __init__(self, code: int, recent: list[Window], live: StreamingClassifier) -> None:
        self.code = code
        self._half_s = live._grid.window_s / 2
        self._rate_hz = live._resampler.rate_hz
        self._names = live._resampler.channel_names
        first = self._first_of(recent)
        self.start_s = recent[first].time_s - self._half_s
        self.updated_s = recent[-1].time_s
        self.scores: list[Floats] = []
        self._n_own = 1  # the first window, also if another class is more probable in it
        self._series = recent[first].values
        self._last_s = recent[first].time_s
        self.end_s = self.start_s
        for one in recent[first:]:
            self.add(one)

    def _first_of(self, recent: list[Window]) -> int:
        """Return the first of the latest windows in a row that are of the exercise."""
        first = len(recent) - 1
        # The set may begin with a doubtful window, after others that are of it.
        while first > 0 and not self._is_own(recent[first]):
            first -= 1
        while first > 0 and self._is_own(recent[first - 1]):
            first -= 1
        return first

    def _is_own(self, window: Window) -> bool:
        return bool(window.scores.any()) and int(np.argmax(window.scores)) == self.code

    def add(self, window: Window) -> None:
        """Take the next window."""
        n_new = round((window.time_s - self._last_s) * self._rate_hz)
        # Of a longer set, nothing is counted, so nothing more is kept.
        if n_new and self._series.shape[1] <= _LONGEST_COUNTED_S * self._rate_hz:
            self._series = np.hstack([self._series, window.values[:, -n_new:]])
        # The grid's timesteps may not divide a step: what was rounded comes back.
        self._last_s += n_new / self._rate_hz
        self.scores.append(window.scores)
        if self._is_own(window):
            self.end_s = window.time_s - self._half_s
            self._n_own = len(self.scores)

    def close(self) -> None:
        """Leave out the windows after the last one of the exercise."""
        self.scores = self.scores[: self._n_own]

    def series(self) -> Floats:
        """Return the values until now; not all of a set that is very long."""
        # From half a window before start_s to half a window after end_s.
        n_timesteps = round((self.end_s + 2 * self._half_s - self.start_s) * self._rate_hz)
        return self._series[:, :n_timesteps]

    def repetitions(self) -> int | None:
        """Count the repetitions until now."""
        series = self.series()
        if series.shape[1] > _LONGEST_COUNTED_S * self._rate_hz:
            return None
        recording = Recording.from_array(
            series, sampling_rate_hz=self._rate_hz, channel_names=self._names
        )
        try:
            return len(find_repetitions(recording))
        except ValueError:
            return None  # neither acceleration nor gyroscope
