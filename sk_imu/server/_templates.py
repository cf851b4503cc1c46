"""Streams of one model, for phones with different sensors."""

import copy
from typing import Any

from ..streaming import StreamingClassifier


class NoModel:
    """In the place of :class:`Templates` as long as there is no model."""

    needed: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()

    def stream(self, seen: set[str]) -> None:
        """Return None, because nothing can be recognized."""

    def lack(self, seen: set[str]) -> str:
        """Return why nothing is recognized."""
        return "There is no model yet: nothing is recognized."


class Templates:
    """Streams of one model for phones with different sensors.

    Parameters
    ----------
    model : ExerciseClassifier, Pipeline, str or pathlib.Path
        The model, or the path of an ONNX file.
    step_seconds : float
        Time between two answers.
    side : {"left", "right"} or None
        The side of the body that the phones are on.
    """

    def __init__(self, model: Any, step_seconds: float, side: str | None) -> None:
        self._model, self._step_seconds, self._side = model, step_seconds, side
        self._made: dict[tuple[str, ...] | None, StreamingClassifier] = {}
        self.needed = list(self._of(None).sensors_)
        self.classes = [str(label) for label in self._of(None).classes_]

    def stream(self, seen: set[str]) -> StreamingClassifier | None:
        """Return a new stream of the sensors that a phone has, None if one is missing."""
        sensors = self._sensors(seen)
        # The model itself is shared, which saves its memory and the time to load it.
        return None if sensors is None else copy.copy(self._of(sensors)).reset()

    def lack(self, seen: set[str]) -> str:
        """Return why a phone with some sensors can't be recognized."""
        here = ", ".join(sorted(seen))
        return f"The model needs {', '.join(self.needed)}; here is {here}."

    def _sensors(self, seen: set[str]) -> tuple[str, ...] | None:
        if seen >= set(self.needed):
            return tuple(self.needed)
        rest = [name for name in self.needed if name != "TotalAcceleration"]
        # What an iPhone has in its place.
        for parts in (("Accelerometer", "Gravity"), ("AccelerometerUncalibrated",)):
            wanted = tuple(dict.fromkeys([*parts, *rest]))
            if len(rest) < len(self.needed) and seen >= set(wanted):
                return wanted
        return None

    def _of(self, sensors: tuple[str, ...] | None) -> StreamingClassifier:
        if sensors not in self._made:
            self._made[sensors] = StreamingClassifier(
                self._model,
                step_seconds=self._step_seconds,
                sensors=sensors,
                side=self._side,
            )
        return self._made[sensors]
