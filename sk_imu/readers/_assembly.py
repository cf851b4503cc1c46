"""The last step of every reader: sensors in the package's units to a recording."""

from collections.abc import Mapping
from typing import Any

from ..recording import MOST_UNSHARED, Recording, SensorStream, unshared
from ._conventions import check_conventions
from ._movement import check_movement
from ._plausibility import check_plausible
from ._timestamps import Samples


def first_time_ns(sensors: Mapping[str, Samples]) -> int:
    """Return the earliest time of any sample."""
    return min(int(samples.times_ns.min()) for samples in sensors.values())


def assemble_recording(
    sensors: Mapping[str, Samples],
    source: str,
    notes: list[str],
    *,
    time_unit: str | None = "s",
    start_ns: int | None = None,
    epoch_ns: int | None = None,
    **metadata: Any,
) -> Recording:
    """Return a recording whose notes list contradictions between its sensors.

    Samples are cleaned, in the package's units and signs. ``time_unit`` is that in which
    the file's times were read, None if it is certain; ``start_ns`` becomes second 0, by
    default the earliest time of any sample. Raises a ValueError if a value is beyond what
    any sensor measures.
    """
    notes += check_plausible(sensors, time_unit)
    # A table may hold one axis of a sensor, which has no direction to compare.
    vectors = {s: v for s, v in sensors.items() if len(v.axes) >= 3}
    notes += check_conventions(vectors) + check_movement(vectors)
    if start_ns is None:
        start_ns = first_time_ns(sensors)
    # Clocks that count from the start of an app differ in nothing but its date.
    origin_ns = start_ns if epoch_ns is None else epoch_ns
    streams = {
        # Nanoseconds since 1970 exceed float64: only their differences become seconds.
        sensor: SensorStream(
            (samples.times_ns - start_ns) / 1e9, samples.values, samples.axes, origin_ns
        )
        for sensor, samples in sensors.items()
    }
    if unshared(streams.values()) > MOST_UNSHARED:
        times = ", ".join(
            f"{sensor} from {stream.start_s:.1f} to {stream.end_s:.1f} s"
            for sensor, stream in streams.items()
        )
        notes.append(f"The sensors do not share all of the time: {times}.")
    return Recording(
        streams, source=source, epoch_ns=epoch_ns, notes=tuple(notes), **metadata
    )
