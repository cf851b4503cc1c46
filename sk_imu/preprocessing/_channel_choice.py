"""Which channels of a recording are chosen, and what they are computed from."""

import re
from collections.abc import Iterable, Sequence

from ..recording import (
    QUATERNION_AXES,
    SENSOR_AXES,
    TOTAL_PARTS,
    Recording,
    SensorStream,
    channel_name,
    quaternion_columns,
    sensor_of,
)

# "wrist of the left hand" is fixed wear.
_FREE_PLACEMENT = re.compile(r"pocket|bag\b|^hand$")


def choose_channels(
    recording: Recording, channels: Sequence[str] | None, where: str
) -> list[str]:
    """Return the channels that names of sensors and channels stand for; None for all.

    Raises a ValueError if a name is unknown, none is given, or a channel comes twice.
    """
    if channels is None:
        return list(recording.channel_names)
    available = channel_parts(recording)
    names: list[str] = []
    for wanted in channels:
        of_sensor = [name for name in available if sensor_of(name) == wanted]
        if not of_sensor and wanted not in available:
            sensors = list(dict.fromkeys(map(sensor_of, available)))
            raise ValueError(
                f"{where}: channels asks for {wanted!r}, which is neither a sensor nor a "
                f"channel here. Choose from the sensors {sensors} or the channels "
                f"{list(available)}."
            )
        names += of_sensor or [wanted]
    if not names or len(set(names)) != len(names):
        raise ValueError(
            "Resampler: channels must name at least one channel and none twice, "
            f"got {list(channels)}."
        )
    return names


def check_channels(
    recording: Recording, names: Sequence[str], where: str, *, exactly: bool
) -> None:
    """Raise a ValueError unless a recording has these channels, or ``exactly`` these."""
    present: Sequence[str] = list(channel_parts(recording))
    extra: list[str] = []
    if exactly:
        present = recording.channel_names
        extra = [name for name in present if name not in names]
    missing = [name for name in names if name not in present]
    if missing or extra:
        common = [name for name in names if name in present]
        raise ValueError(
            f"{where}: its channels differ from those of the first training recording: "
            f"missing {missing}, extra {extra}. Choose what every recording has by "
            f"channels=[...] (this one shares {common}), or leave this recording out."
        )


def channel_parts(recording: Recording) -> dict[str, list[tuple[str, str]]]:
    """Return the sensor and axis, or the two to add up, of each channel of a recording.

    If TotalAcceleration is absent, it is Accelerometer + Gravity, or else the uncalibrated
    acceleration, which differs from it by the sensor's offset.
    """
    streams = recording.streams
    own = {
        channel_name(sensor, axis): [(sensor, axis)]
        for sensor, stream in streams.items()
        for axis in stream.axes
    }
    # channel_names has the axes in the package's order, whatever that of the file is.
    parts = {name: own[name] for name in recording.channel_names}
    if "TotalAcceleration" not in streams:
        # The calibrated sum comes first because it is free of the sensor's offset.
        sources = (TOTAL_PARTS, ("AccelerometerUncalibrated",))
        complete = [names for names in sources if streams.keys() >= set(names)]
        for axis in SENSOR_AXES["TotalAcceleration"] if complete else ():
            if all(axis in streams[sensor].axes for sensor in complete[0]):
                name = channel_name("TotalAcceleration", axis)
                parts[name] = [(sensor, axis) for sensor in complete[0]]
    return parts


def needed_axes(recording: Recording, names: Sequence[str]) -> dict[str, list[str]]:
    """Return the axes of each sensor that channels are, or are computed from."""
    available = channel_parts(recording)
    axes: dict[str, list[str]] = {}
    for name in names:
        for sensor, axis in available[name]:
            axes.setdefault(sensor, []).append(axis)
    return axes


def choose_axes(stream: SensorStream, axes: Sequence[str], place: str) -> SensorStream:
    """Return a stream with the axes wanted, and all four of a quaternion."""
    # A channel may be chosen itself and also be a part of TotalAcceleration.
    wanted = list(dict.fromkeys(axes))
    if set(wanted) & set(QUATERNION_AXES):
        if not quaternion_columns(stream.axes):
            raise ValueError(
                f"{place}: a quaternion needs all of {', '.join(QUATERNION_AXES)}, but "
                f"the stream has only {', '.join(stream.axes)}. Leave it out of channels."
            )
        # The four can only be interpolated together.
        wanted += [axis for axis in QUATERNION_AXES if axis not in wanted]
    if tuple(wanted) == stream.axes:
        return stream  # not copied, because nobody can write into it
    columns = [stream.axes.index(axis) for axis in wanted]
    return SensorStream(stream.timestamps_s, stream.values[:, columns], wanted)


def shared_channels(recordings: Sequence[Recording]) -> list[str]:
    """Return the channels that all recordings have or allow to compute, in order."""
    of_each = [channel_parts(recording) for recording in recordings]
    return [name for name in of_each[0] if all(name in parts for parts in of_each)]


def motion_channels(recordings: Sequence[Recording]) -> list[str]:
    """Return the channels to train on if none are given.

    Raises a ValueError if the recordings share no channel.
    """
    shared = shared_channels(recordings)
    if not shared:
        names = dict.fromkeys(name for one in recordings for name in one.channel_names)
        raise ValueError(
            f"The recordings share no channel. They have {', '.join(names)}. Leave out "
            "those that lack the sensors of the others."
        )
    # Total acceleration is the one acceleration that both Android and iOS record or allow
    # to compute. Attitude and magnetic field depend on which way the person faces.
    by_sensor = {
        sensor: [name for name in shared if sensor_of(name) == sensor]
        for sensor in ("TotalAcceleration", "Accelerometer", "Gyroscope")
    }
    acceleration = by_sensor["TotalAcceleration"] or by_sensor["Accelerometer"]
    return [*acceleration, *by_sensor["Gyroscope"]] or shared


def wear_of(recordings: Iterable[Recording]) -> str:
    """Return whether the device is always worn the same way, from its placements.

    Parameters
    ----------
    recordings : iterable of Recording
        The recordings.

    Returns
    -------
    wear : {"fixed", "free"}
        ``"free"`` if the ``placement`` of any recording names a pocket, bag or hand, where
        the device may have any orientation.

    Examples
    --------
    >>> from sk_imu.datasets import make_exercise_recordings
    >>> from sk_imu.pipelines import wear_of
    >>> wear_of(make_exercise_recordings(1, 1, placement="front pocket").data)
    'free'
    """
    places = {str(recording.placement).lower() for recording in recordings}
    return "free" if any(_FREE_PLACEMENT.search(place) for place in places) else "fixed"
