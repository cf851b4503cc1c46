"""Two recordings of the same time, put together by their dates."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from ._sensor_stream import SensorStream


# Any stands for Recording here, whose file imports this one.
def merge_recordings(one: Any, two: Any, metadata: Sequence[str]) -> Any:
    """Put two recordings together, as :meth:`Recording.merge` describes.

    ``metadata`` names the attributes that may not differ.
    """
    names = f"{one.name} and {two.name}"
    if one.epoch_ns is None or two.epoch_ns is None:
        raise ValueError(
            f"{names}: only recordings with an epoch_ns can be merged, because nothing "
            "else says how far apart they start. Read both with read_table([...])."
        )
    twice = sorted(one.streams.keys() & two.streams.keys())
    if twice:
        raise ValueError(f"{names}: both have {', '.join(twice)}. Leave one out.")
    differing = [
        field
        for field in metadata
        if None not in (getattr(one, field), getattr(two, field))
        and getattr(one, field) != getattr(two, field)
    ]
    if differing:
        raise ValueError(
            f"{names}: differ in {', '.join(differing)}, so they are not one recording."
        )
    epoch_ns = min(one.epoch_ns, two.epoch_ns)
    streams: dict[str, SensorStream] = {}
    marks: list[tuple[float, str]] = []
    for part in (one, two):
        # Whole numbers first, because float64 knows Unix times only to 256 ns.
        shift_s = (part.epoch_ns - epoch_ns) / 1e9
        for sensor, stream in part.streams.items():
            times_s = stream.timestamps_s + shift_s
            streams[sensor] = SensorStream(times_s, stream.values, stream.axes, epoch_ns)
        marks += [(time_s + shift_s, text) for time_s, text in part.annotations]
    known = {
        field: getattr(part, field)
        for part in (two, one)
        for field in metadata
        if getattr(part, field) is not None
    }
    merged = replace(
        one,
        **known,
        streams=streams,
        source=one.source or two.source,
        epoch_ns=epoch_ns,
        annotations=tuple(sorted(marks)),
        notes=(*one.notes, *two.notes),
    )
    if not merged.duration_s > 0:
        raise ValueError(
            f"{names}: share no time, so they are not one recording. Read them one by one."
        )
    return merged


def refuse_other_origins(streams: Mapping[str, SensorStream], name: str) -> None:
    """Raise a ValueError if streams were read with different starts."""
    # Each file counts from its own first row, so that such streams, put together by hand,
    # are off by the difference without a sign of it.
    known = {
        sensor: stream.origin_ns
        for sensor, stream in streams.items()
        if stream.origin_ns is not None
    }
    first = next(iter(known), None)
    for sensor, origin_ns in known.items():
        if first is not None and origin_ns != known[first]:
            raise ValueError(
                f"{name}: second 0 of {sensor} is {(origin_ns - known[first]) / 1e9:g} s "
                f"from that of {first}, because they were read on their own. Put the "
                "recordings together by Recording.merge, or read their tables by "
                "read_table([...])."
            )
