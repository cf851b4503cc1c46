"""Messages that the app Sensor Logger pushes while it records, by HTTP or MQTT."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..recording import EULER_AXES, QUATERNION_AXES, SENSOR_AXES, Recording
from ._assembly import assemble_recording, first_time_ns
from ._conventions import Claim, Convention, decide_convention
from ._layouts import NAMES, WATCH_COLUMNS
from ._plausibility import check_limit
from ._timestamps import Samples, check_years, clean_samples

#: What a value may be in JSON; null where the app has none.
_NUMBERS = {int, float, type(None)}
#: Angles may count turns, but not as many.
_MOST_RAD = 1000.0
_HALVES = (QUATERNION_AXES, EULER_AXES)


@dataclass
class PushedSamples:
    """The samples of a message as it holds them, of the phone and of a watch."""

    phone: dict[str, Samples] = field(default_factory=dict)
    watch: dict[str, Samples] = field(default_factory=dict)

    def __len__(self) -> int:
        return sum(len(one) for part in (self.phone, self.watch) for one in part.values())

    def between(self, low_ns: int | None, high_ns: int | None) -> "PushedSamples":
        """Return the samples from one time to another; None is no limit."""
        return PushedSamples(
            *(
                {
                    sensor: one.keep(
                        (one.times_ns >= (low_ns or 0))
                        & (one.times_ns <= (2**63 - 1 if high_ns is None else high_ns))
                    )
                    for sensor, one in part.items()
                }
                for part in (self.phone, self.watch)
            )
        )

    def times_ns(self) -> tuple[int, int] | None:
        """Return the first and the last time of any sample, None without samples."""
        every = [*self.phone.values(), *self.watch.values()]
        if not every:
            return None
        return (
            min(int(one.times_ns.min()) for one in every),
            max(int(one.times_ns.max()) for one in every),
        )


def pushed_samples(payload: Any) -> PushedSamples:
    """Return the samples of a message's payload; those of other sensors are left out.

    Raises a ValueError, which names the entry, if one is not as the app sends it.
    """
    if not isinstance(payload, list):
        raise ValueError("payload: must be a list of samples.")
    groups: dict[str, list[dict[str, Any]]] = {}
    for i, one in enumerate(payload):
        name = one.get("name") if isinstance(one, dict) else None
        if not isinstance(name, str):
            raise ValueError(f"payload, entry {i}: must be an object with a name.")
        groups.setdefault(name, []).append(one)
    found = PushedSamples()
    for name, entries in groups.items():
        sensor = NAMES.get(name.replace(" ", "").lower())
        if sensor in SENSOR_AXES:
            axes = _axes_of(sensor, entries)
            _add(found.phone, sensor, axes, axes, entries)
        elif sensor == "WristMotion":
            for part, columns in WATCH_COLUMNS.items():
                axes = QUATERNION_AXES if part == "Orientation" else SENSOR_AXES[part]
                if columns[0] in _values(entries[0]):
                    _add(found.watch, part, columns, axes, entries)
    return found


def _values(entry: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the values of an entry, which by MQTT may stand in the entry itself."""
    values = entry.get("values", entry)
    return values if isinstance(values, dict) else {}


def _axes_of(sensor: str, entries: list[dict[str, Any]]) -> tuple[str, ...]:
    """Return the axes to read, of an orientation those of the halves that are there."""
    if sensor != "Orientation":
        return SENSOR_AXES[sensor]
    first = _values(entries[0])
    return (
        tuple(axis for half in _HALVES if half[0] in first for axis in half)
        or (SENSOR_AXES[sensor])
    )


def _add(
    found: dict[str, Samples],
    sensor: str,
    columns: tuple[str, ...],
    axes: tuple[str, ...],
    entries: list[dict[str, Any]],
) -> None:
    """Add the samples of one sensor."""
    times, rows = [], []
    for entry in entries:
        values = _values(entry)
        try:
            row = [values[column] for column in columns]
        except KeyError as error:
            raise ValueError(f"payload, {entry['name'][:40]!r}: lacks {error}.") from None
        time = entry.get("time")
        if isinstance(time, float) and time.is_integer():
            time = int(time)  # as 1.7e18, which JSON may have made of it
        if type(time) is not int or not 0 <= time < 2**63:
            raise ValueError(
                f"payload, {entry['name'][:40]!r}: time must be Unix nanoseconds."
            )
        times.append(time)
        rows.append(row)
    if not set(map(type, [value for row in rows for value in row])) <= _NUMBERS:
        raise ValueError(f"payload, {entries[0]['name'][:40]!r}: values must be numbers.")
    try:
        # None becomes NaN.
        table = np.array(rows, dtype=np.float64)
    except OverflowError:
        raise ValueError(
            f"payload, {entries[0]['name'][:40]!r}: a value is beyond any sensor."
        ) from None
    n = len(times)
    samples = Samples(
        "payload", axes, np.array(times, dtype=np.int64), table, np.arange(n), "entry"
    )
    check_years(samples)
    if sensor == "Orientation":
        if (np.abs(table) > _MOST_RAD).any():
            raise ValueError("payload, 'orientation': a value is beyond any angle.")
    else:
        check_limit(sensor, samples)
    found[sensor] = samples if sensor not in found else _joined([found[sensor], samples])


def _joined(parts: list[Samples]) -> Samples:
    """Return samples of one sensor in the order of time."""
    axes = parts[0].axes
    if any(one.axes != axes for one in parts):
        raise ValueError(f"payload: axes change from {', '.join(axes)} to others.")
    times_ns = np.concatenate([one.times_ns for one in parts])
    order = np.argsort(times_ns, kind="stable")
    return Samples(
        parts[0].place,
        axes,
        times_ns[order],
        np.concatenate([one.values for one in parts])[order],
        np.arange(len(order)),
        "entry",
    )


def joined_samples(messages: Iterable[Mapping[str, Samples]]) -> dict[str, Samples]:
    """Return the samples of several messages, each sensor's in the order of time."""
    parts: dict[str, list[Samples]] = {}
    for message in messages:
        for sensor, samples in message.items():
            parts.setdefault(sensor, []).append(samples)
    return {sensor: _joined(own) for sensor, own in parts.items()}


def pushed_convention(
    sensors: Mapping[str, Samples], platform: str | None = None, *, watch: bool = False
) -> tuple[Convention, list[str]]:
    """Return which signs and units samples have, and notes of how that was decided.

    ``platform`` is what is known of it; the data decide otherwise, as for a file.
    """
    claim = Claim(platform=platform, given=platform is not None, watch=watch)
    return decide_convention(sensors, claim, [])


def recording_of_messages(
    messages: Iterable[PushedSamples], source: str, *, platform: str | None = None
) -> Recording:
    """Return the recording that messages hold, as the file that the app exports.

    Raises a ValueError if there is no sample of a motion sensor in them.
    """
    messages = list(messages)
    sensors = joined_samples(one.phone for one in messages)
    watch = not sensors
    if watch:
        sensors = joined_samples(one.watch for one in messages)
    notes: list[str] = []
    sensors = clean_samples(
        sensors,
        source,
        notes,
        unix=True,
        nothing="no samples of a motion sensor. Switch on "
        f"{', '.join(SENSOR_AXES)} in the app.",
    )
    convention, how = pushed_convention(sensors, platform, watch=watch)
    notes += how
    sensors = {sensor: convention.apply(sensor, one) for sensor, one in sensors.items()}
    return assemble_recording(
        sensors, source, notes, time_unit=None, epoch_ns=first_time_ns(sensors)
    )
