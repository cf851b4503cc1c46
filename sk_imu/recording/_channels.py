"""Names, axes and units of the sensors of a phone or watch.

A *channel* is one axis of one sensor; its name is ``<sensor>_<axis>``, for instance
``Gyroscope_x``.  The sensor names are those of the app Sensor Logger, whatever app or
data set a recording comes from.

Conventions inside the package: acceleration in m/s², angular rate in rad/s, angles in
rad, unit quaternions, magnetic field in µT, time in seconds.
"""

from collections.abc import Sequence

STANDARD_GRAVITY = 9.80665
"""Standard acceleration of free fall in m/s² (ISO 80000-3), by which readings in g
are multiplied."""

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


def channel_name(sensor: str, axis: str) -> str:
    """Return the name of one axis of one sensor, such as ``Gyroscope_x``."""
    return f"{sensor}_{axis}"


def sensor_of(channel: str) -> str:
    """Return the sensor's name in a channel's name."""
    return channel.rpartition("_")[0] or channel


def sensor_triples(channel_names: Sequence[str]) -> list[list[int]]:
    """Return the channel indices of each complete x, y, z triple, in that order.

    These triples are vectors in space: what rotates, mirrors or scales a recording must
    treat their three axes together.
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
    """Return what a mirror along an axis of the device multiplies a sensor's parts by.

    Acceleration, gravity and the magnetic field change along the mirror's axis; angular
    rate, which counts turns and so is a pseudovector, along the two others and along all
    that is derived by gravity and movement, which are mirrored, too.  What is not named
    doesn't change.
    """
    if SENSOR_UNITS[sensor] == "rad/s":
        parts = ("x", "y", "z", "vertical", "up", "main", "cross")
        return {part: -1 for part in parts if part != mirror_axis}
    return {mirror_axis: -1}


def quaternion_columns(axes: Sequence[str]) -> list[int]:
    """Return the columns of qx, qy, qz and qw, or none unless all four are there."""
    if not set(QUATERNION_AXES) <= set(axes):
        return []
    return [list(axes).index(axis) for axis in QUATERNION_AXES]
