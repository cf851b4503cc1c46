"""What is said of a set at once, before it is kept."""

from typing import Any

import numpy as np

from ...meta import LEAST_SECONDS
from ...recording import Recording, settle_doubts
from ...segmentation import find_repetitions

#: A set shorter than a window of the models is padded.
SHORTEST_S = 5.0
#: The usual rate of the models. Of a little less, hardly anything is lost.
_RATE_HZ, _SLOWEST_HZ = 25.0, 20.0
#: How many samples are drawn.
_POINTS = 160
_ACCELERATIONS = ("TotalAcceleration", "AccelerometerUncalibrated", "Accelerometer")


def review_of(recording: Recording, *, asked_s: float) -> dict[str, Any]:
    """Return what the page shows of a set: length, rates, repetitions, warnings, signal.

    Parameters
    ----------
    recording : Recording
        The set.
    asked_s : float
        How long it was recorded, by the clock of the computer.
    """
    return {
        "seconds": round(recording.duration_s, 1),
        "rates": {
            name: round(float(stream.rate_hz), 1) if stream.rate_hz > 0 else None
            for name, stream in recording.streams.items()
        },
        "repetitions": _n_repetitions(recording),
        "warnings": warnings_of(recording, asked_s=asked_s),
        "signal": _signal(recording),
    }


def warnings_of(recording: Recording, *, asked_s: float) -> list[str]:
    """Return what may be wrong with a set, one line each."""
    found = []
    seconds = recording.duration_s
    if seconds < SHORTEST_S:
        found.append(
            f"The set lasts {seconds:.1f} s. Models look at windows of "
            f"{LEAST_SECONDS:.0f} s or more: record at least {SHORTEST_S:.0f} s."
        )
    if asked_s - seconds > 1.0:
        found.append(
            f"{asked_s - seconds:.1f} of {asked_s:.1f} s are missing. The phone may still "
            "send them: look at it, then press “Look again”."
        )
    slow = [
        f"{name} {stream.rate_hz:.0f} Hz"
        for name, stream in recording.streams.items()
        if 0 < stream.rate_hz < _SLOWEST_HZ
    ]
    if slow:
        found.append(f"Few samples: {', '.join(slow)}. Models are fitted at 25 Hz.")
    if "Gyroscope" not in recording.streams:
        found.append("There is no gyroscope. All sets have to do without it, then.")
    if not set(_ACCELERATIONS) & set(recording.streams):
        found.append("There is no acceleration.")
    return found + _faults(recording)


def _faults(recording: Recording) -> list[str]:
    """Return the faults of the streams, and the doubts, one line each."""
    lines = []
    for sensor, faults in recording.quality.faults.items():
        for text, size in faults.items():
            # Browsers round, and equal values follow each other: no matter where enough
            # others are left for the models.
            if text.startswith("real update rate") and (size or 0) >= _RATE_HZ:
                continue
            lines.append(f"{sensor}: {text.format(size)}")
    return [*lines, *recording.doubts]


def _n_repetitions(recording: Recording) -> int | None:
    (settled,) = settle_doubts([recording])
    try:
        return len(find_repetitions(settled))
    except ValueError:
        return None  # the warnings say what is wrong


def _signal(recording: Recording) -> list[list[float]]:
    """Return time in seconds and x, y and z of the acceleration, to be drawn."""
    name = next((n for n in _ACCELERATIONS if n in recording.streams), None)
    if name is None:
        return []
    stream = recording.streams[name]
    table = np.column_stack([stream.timestamps_s - stream.start_s, stream.values[:, :3]])
    table = table[np.isfinite(table).all(axis=1)]
    chosen = np.unique(np.linspace(0, max(len(table) - 1, 0), _POINTS).astype(int))
    return np.round(table[chosen] if len(table) else table, 2).tolist()
