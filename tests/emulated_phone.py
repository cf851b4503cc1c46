"""The sensors of a phone, emulated in a headless browser from recorded motion."""

import threading
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from driven_browser import Browser
from scipy.spatial.transform import Rotation

_KINDS = {
    "accelerometer": "TotalAcceleration",
    "linear-acceleration": "Accelerometer",
    "gyroscope": "Gyroscope",
}
_ORIENTATION = "relative-orientation"


class EmulatedPhone:
    """A browser whose sensors play a recording in real time, again and again, in a thread.

    Pages get its motion by `devicemotion`, and its attitude by `deviceorientation` unless
    that is left out. ``motion`` is a Recording with TotalAcceleration, Accelerometer and
    Gyroscope; another one can be set at any time. The browser is the thread's own as long
    as the block lasts; ``move`` needs no thread.
    """

    def __init__(
        self, browser: Browser, motion: Any, *, rate_hz: float = 60.0, turns: bool = True
    ) -> None:
        self.browser, self.motion = browser, motion
        self._rate_hz, self._turns = rate_hz, turns
        self._is_over = threading.Event()
        self._n_shown = 0
        for kind in (*_KINDS, _ORIENTATION)[: None if turns else 3]:
            browser.ask("Emulation.setSensorOverrideEnabled", enabled=True, type=kind)

    def move(self, seconds: float) -> None:
        """Play for so long, and return."""
        self._is_over.clear()
        begun_s = time.monotonic()
        self._play(lambda: time.monotonic() - begun_s > seconds)

    def __enter__(self) -> "EmulatedPhone":
        self._is_over.clear()
        self._thread = threading.Thread(target=self._play, args=(self._is_over.is_set,))
        self._thread.start()
        return self

    def __exit__(self, *_: Any) -> None:
        self._is_over.set()
        self._thread.join()

    def _play(self, is_over: Callable[[], bool]) -> None:
        motion, begun_s, due_s = None, 0.0, time.monotonic()
        while not is_over():
            due_s += 1 / self._rate_hz
            self._is_over.wait(max(due_s - time.monotonic(), 0))
            if self.motion is not motion:
                motion, begun_s = self.motion, time.monotonic()
            start_s, end_s = motion.overlap_s
            passed_s = time.monotonic() - begun_s
            self._show(motion, start_s + passed_s % (end_s - start_s))

    def _show(self, motion: Any, time_s: float) -> None:
        felt = {}
        for kind, sensor in _KINDS.items():
            stream = motion.streams[sensor]
            felt[kind] = np.array(
                [np.interp(time_s, stream.timestamps_s, axis) for axis in stream.values.T]
            )
            self._set(kind, {"xyz": dict(zip("xyz", felt[kind].tolist(), strict=True))})
        # Slower, because each reading takes a while to set.
        self._n_shown += 1
        if self._turns and self._n_shown % 4 == 0:
            # Any attitude whose up is that of gravity: where it faces is not looked at.
            up = felt["accelerometer"] - felt["linear-acceleration"]
            attitude, _ = Rotation.align_vectors([[0, 0, 1]], [up / np.linalg.norm(up)])
            names = zip("xyzw", attitude.as_quat().tolist(), strict=True)
            self._set(_ORIENTATION, {"quaternion": dict(names)})

    def _set(self, kind: str, reading: dict[str, Any]) -> None:
        self.browser.ask("Emulation.setSensorOverrideReadings", type=kind, reading=reading)
