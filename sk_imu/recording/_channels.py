"""Names, axes and units of the sensors of a phone or watch.

A *channel* is one axis of one sensor; its name is ``<sensor>_<axis>``, for instance
``Gyroscope_x``.  The sensor names are those of the app Sensor Logger, whatever app or
data set a recording comes from.

Units inside the package: acceleration in m/s², angular rate in rad/s, angles in rad,
unit quaternions, magnetic field in µT, time in seconds.
"""

from collections.abc import Sequence

STANDARD_GRAVITY = 9.80665
"""Standard acceleration of free fall in m/s² (ISO 80000-3): one g."""

QUATERNION_AXES = ("qx", "qy", "qz", "qw")
EULER_AXES = ("roll", "pitch", "yaw")

#: Axes of each known sensor, in the package's own order.
SENSOR_AXES: dict[str, tuple[str, ...]] = {
    "Accelerometer": ("x", "y", "z"),
    "Gravity": ("x", "y", "z"),
    "TotalAcceleration": ("x", "y", "z"),
    "Gyroscope": ("x", "y", "z"),
    "Magnetometer": ("x", "y", "z"),
    "Orientation": (*QUATERNION_AXES, *EULER_AXES),
    "AccelerometerUncalibrated": ("x", "y", "z"),
    "GyroscopeUncalibrated": ("x", "y", "z"),
    "MagnetometerUncalibrated": ("x", "y", "z"),
}

#: Unit of each known sensor. Orientation mixes unitless quaternions and rad.
SENSOR_UNITS: dict[str, str] = {
    "Accelerometer": "m/s²",
    "Gravity": "m/s²",
    "TotalAcceleration": "m/s²",
    "Gyroscope": "rad/s",
    "Magnetometer": "µT",
    "Orientation": "rad",
    "AccelerometerUncalibrated": "m/s²",
    "GyroscopeUncalibrated": "rad/s",
    "MagnetometerUncalibrated": "µT",
}

#: Acceleration without gravity, and gravity: TotalAcceleration is their sum.
TOTAL_PARTS = ("Accelerometer", "Gravity")
#: Sensors that hold gravity and movement in one, the best one first.
TOTAL_SENSORS = ("TotalAcceleration", "AccelerometerUncalibrated")
#: Sensors that show which way is up, the best one first.
GRAVITY_SENSORS = ("Gravity", *TOTAL_SENSORS)


def channel_name(sensor: str, axis: str) -> str:
    """Return the name of one axis of one sensor, such as ``Gyroscope_x``."""
    return f"{sensor}_{axis}"


def channels_of(*sensors: str) -> list[str]:
    """Return the names of all channels of some known sensors."""
    return [
        channel_name(sensor, axis) for sensor in sensors for axis in SENSOR_AXES[sensor]
    ]


def sensor_of(channel: str) -> str:
    """Return the sensor that a channel belongs to."""
    # A name without an axis stands for a sensor with a single channel.
    return channel.rpartition("_")[0] or channel


def sources_of(channels: Sequence[str]) -> set[str]:
    """Return the sensors that hold channels, or that they can be computed from."""
    used = {sensor_of(name) for name in channels}
    return used | {*TOTAL_PARTS, *TOTAL_SENSORS} if used & {*TOTAL_SENSORS} else used


def axis_of(channel: str) -> str:
    """Return the axis of its sensor that a channel is."""
    return channel.rpartition("_")[2]


def in_units(channels: Sequence[str]) -> str:
    """Return channels in words, such as ``"Gyroscope x, y, z (rad/s)"``."""
    sensors = dict.fromkeys(sensor_of(name) for name in channels)
    parts = []
    for sensor in sensors:
        own = [name for name in channels if sensor_of(name) == sensor]
        axes = ", ".join(axis_of(name) for name in own if name != sensor)
        unit = f"({SENSOR_UNITS[sensor]})" if sensor in SENSOR_UNITS else ""
        parts.append(" ".join(filter(None, [sensor, axes, unit])))
    return "; ".join(parts)


def sensor_triples(channel_names: Sequence[str]) -> list[list[int]]:
    """Return the channel indices of each complete x, y, z triple, in that order.

    A triple is a vector in space: whatever rotates, mirrors or scales a recording must
    treat its three axes together.
    """
    position = {name: i for i, name in enumerate(channel_names)}
    sensors = dict.fromkeys(sensor_of(name) for name in channel_names)
    triples = [[channel_name(sensor, axis) for axis in "xyz"] for sensor in sensors]
    return [
        [position[name] for name in triple]
        for triple in triples
        if all(name in position for name in triple)
    ]


def mirror_signs(sensor: str, mirror_axis: str) -> dict[str, int]:
    """Return the factor of each part of a sensor that a mirror changes.

    The mirror reverses one axis of the device.  Acceleration, gravity and the magnetic
    field change sign along that axis.  Angular rate is a pseudovector and changes sign
    along the two other axes, and along every derived axis, because these follow from
    gravity and movement, which are mirrored themselves.  Parts that are not in the
    result do not change.
    """
    if SENSOR_UNITS[sensor] == "rad/s":
        parts = ("x", "y", "z", "vertical", "up", "main", "cross")
        return {part: -1 for part in parts if part != mirror_axis}
    return {mirror_axis: -1}


def quaternion_columns(axes: Sequence[str]) -> list[int]:
    """Return the columns of qx, qy, qz and qw, or an empty list if one is missing."""
    if not set(QUATERNION_AXES) <= set(axes):
        return []
    return [list(axes).index(axis) for axis in QUATERNION_AXES]
