"""Compare a stream with the training sets while it goes on, in little memory."""

import re
from collections import deque
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..recording import GRAVITY_SENSORS, sensor_of, sensor_triples, with_signal
from ._device import gravity_of
from ._seen import Seen, strengths_of

Floats = NDArray[np.floating]

#: The rate of new values is that of the best of the last stretches of so many seconds,
#: because a device that lies still may repeat its values, and messages may be lost.
_STRETCH_S, _LEAST_STRETCHES, _MOST_STRETCHES = 10.0, 2, 6
#: Values are too small or too large by the median of so many seconds of windows.
_WINDOWS_S = 20.0
#: Of sensors that hold no gravity, only values far too large count: rest has none, and
#: whoever picks up the device moves it faster than in an exercise.
_FAR = 10.0
#: A turn is known of so many stretches of movement, by the last of them.
_LEAST_MOVED, _MOST_MOVED = 6, 20
#: A window is still if its acceleration varies by less than this share of its length.
_STILL = 0.03
#: The last sets are compared, so that what was wrong and was mended is said no longer.
_MOST_SETS = 10


class _OfSet(NamedTuple):
    strengths: dict[str, Floats]
    similarity: Floats


class DeviceCheck:
    """What :meth:`ExerciseClassifier.check_device` says of a stream, as far as it is known.

    The rate and the amplitude are known after twenty seconds, a turn after a minute of
    movement, whatever its windows were answered, and the rest after three sets.

    Parameters
    ----------
    classifier : ExerciseClassifier
        Fitted, with ``unknown``.
    step_seconds : float
        Time between two windows.
    """

    def __init__(self, classifier: Any, step_seconds: float) -> None:
        self._classifier = classifier
        resampler = classifier.pipeline_.named_steps["resample"]
        self._channels = resampler.channel_names_
        self._rate_hz = float(resampler.sampling_rate_hz)
        triples = sensor_triples(self._channels)
        # The sensors with gravity first: their axes say whether a window is still.
        self._triples = sorted(triples, key=lambda rows: not self._holds_gravity(rows))
        self._meters: dict[str, _RateMeter] = {}
        n_windows = max(round(_WINDOWS_S / step_seconds), 1)
        self._strengths: deque[dict[str, Floats]] = deque(maxlen=n_windows)
        self._n_step = max(round(step_seconds * self._rate_hz), 1)
        self._moving: list[Floats] = []
        self._gravity: deque[Floats] = deque(maxlen=_MOST_MOVED)
        self._sets: deque[_OfSet] = deque(maxlen=_MOST_SETS)
        self._turned: str | None = None
        self._of_sets: str | None = None
        self._line: str | None = None

    def add_samples(self, sensor: str, rows: Floats) -> None:
        """Take samples of a sensor, a time and values each."""
        self._meters.setdefault(sensor, _RateMeter()).add(rows)

    def add_window(self, values: Floats) -> None:
        """Take the values of a window's channels."""
        self._strengths.append(strengths_of([values], self._channels))
        if self._classifier._worn is None or self._is_still(values):
            return
        self._moving.append(values[:, -self._n_step :])
        if sum(part.shape[1] for part in self._moving) < _STRETCH_S * self._rate_hz:
            return
        series = self._behind_resampler(np.concatenate(self._moving, axis=1))
        self._moving = []
        gravity = gravity_of(series, self._classifier._names_of(self._classifier.pipeline_))
        if gravity is None:
            return
        self._gravity.append(gravity)
        if len(self._gravity) >= _LEAST_MOVED:
            self._turned = self._classifier._turn_of(
                np.concatenate(self._gravity),
                f"{len(self._gravity) * _STRETCH_S:g} s of movement",
            )

    def add_set(self, values: Floats) -> None:
        """Take the values of a whole set's channels."""
        strengths = strengths_of([values], self._channels)
        series = self._behind_resampler(values)
        similarity = self._classifier.unknown_detector_.score_samples(series)
        self._sets.append(_OfSet(strengths, similarity))
        self._of_sets = self._classifier._difference_of(
            None,
            _joined([one.strengths for one in self._sets]),
            set(),
            None,
            len(self._sets),
            lambda: np.concatenate([one.similarity for one in self._sets]),
        )

    def lines(self) -> list[str]:
        """Return the first difference that is known by now, or none."""
        line = self._of_rate_and_strength() or self._turned or self._of_sets
        # A difference that goes on is said with the same numbers.
        if _without_numbers(line) != _without_numbers(self._line):
            self._line = line
        return [] if self._line is None else [self._line]

    def _of_rate_and_strength(self) -> str | None:
        seen = Seen(**self._classifier._seen)
        known = all(len(m.rates_hz) >= _LEAST_STRETCHES for m in self._meters.values())
        # Values that never change have no rate.
        rates_hz = [max(m.rates_hz) for m in self._meters.values() if known]
        rates_hz = [rate for rate in rates_hz if rate > 0]
        if rates_hz:
            line = seen.low_rate(np.array([min(rates_hz)]), self._rate_hz)
            if line is not None:
                return line
        if len(self._strengths) < (self._strengths.maxlen or 0):
            return None
        return seen.other_strength(
            {
                sensor: values
                for sensor, values in _joined([*self._strengths]).items()
                if sensor in GRAVITY_SENSORS
                or np.median(values) > _FAR * seen.strengths[sensor][1]
            }
        )

    def _behind_resampler(self, values: Floats) -> Any:
        uniform = with_signal([values], self._channels, self._rate_hz)
        return self._classifier._behind_resampler(uniform)

    def _holds_gravity(self, rows: Sequence[int]) -> bool:
        return sensor_of(self._channels[rows[0]]) in GRAVITY_SENSORS

    def _is_still(self, values: Floats) -> bool:
        if not self._triples:
            return False
        vectors = values[self._triples[0]]
        length = np.sqrt((vectors**2).sum(axis=0).mean())
        return bool(np.sqrt(vectors.var(axis=1).sum()) <= _STILL * length)


def _without_numbers(line: str | None) -> str | None:
    return None if line is None else re.sub(r"[0-9.]+", "", line)


def _joined(strengths: Sequence[dict[str, Floats]]) -> dict[str, Floats]:
    return {
        sensor: np.concatenate([one[sensor] for one in strengths])
        for sensor in strengths[0]
    }


class _RateMeter:
    """The rate of new values of one sensor, stretch by stretch."""

    def __init__(self) -> None:
        self.rates_hz: deque[float] = deque(maxlen=_MOST_STRETCHES)
        self._start_s = 0.0
        self._last: Floats | None = None
        self._n_new = 0

    def add(self, rows: Floats) -> None:
        """Take samples. Those that come late are counted where they come."""
        if not len(rows):
            return
        if len(rows) > 1 and (np.diff(rows[:, 0]) < 0).any():
            rows = rows[np.argsort(rows[:, 0], kind="stable")]
        if self._last is None:
            self._start_s, self._last = float(rows[0, 0]), rows[0]
        before = np.vstack([self._last, rows[:-1]])
        self._n_new += int((rows[:, 1:] != before[:, 1:]).any(axis=1).sum())
        self._last = rows[-1].copy()
        newest_s = float(rows[-1, 0])
        if newest_s - self._start_s >= _STRETCH_S:
            self.rates_hz.append(self._n_new / (newest_s - self._start_s))
            self._start_s, self._n_new = newest_s, 0
