"""The slow movement in a recording, for any sensors and sampling rates."""

import functools
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import signal

from ..preprocessing import Resampler
from ..recording import SENSOR_AXES, TOTAL_PARTS, Recording, SensorStream, sensor_of

MOTION_RATE_HZ = 20.0
#: Movements of an exercise are slower than this; shocks and tremor are faster.
_HIGHEST_HZ = 4.0
#: Typical size of movement in the unit of each sensor, so that sensors weigh the same.
_TYPICAL = {"TotalAcceleration": 3.0, "Accelerometer": 3.0, "Gyroscope": 1.0}
#: No sensor measures more. After a larger value, which is a fault, running sums over the
#: movement would have no digits left.
_LARGEST = 1e6

Floats = NDArray[np.float64]


def motion_of(recording: Recording) -> tuple[float, Floats]:
    """Return the start in seconds and the slow movement in a recording.

    The movement has a row for each axis of the acceleration and of the gyroscope, at
    ``MOTION_RATE_HZ``, in units of what is typical of the sensor. Results must not depend
    on how the axes are rotated, because how the device was worn is unknown.

    Raises
    ------
    TypeError
        If it is not a Recording.
    ValueError
        If there is neither an acceleration nor a gyroscope, or the Resampler refuses
        the streams.
    """
    if not isinstance(recording, Recording):
        raise TypeError(
            f"Expected one Recording, got a {type(recording).__name__}. Pass recordings "
            "one by one, and read a file with read_recording first."
        )
    streams = recording.streams
    sensors = moving_sensors(streams)
    if not sensors:
        raise ValueError(
            f"{recording.name}: finding movement needs an acceleration or a Gyroscope, "
            f"but the recording has only {', '.join(streams)}."
        )
    resampler = motion_resampler(sensors)
    values = resampler.fit_transform([recording])[0]
    names = resampler.channel_names_
    used = [
        part
        for sensor in sensors
        for part in ([sensor] if sensor in streams else TOTAL_PARTS)
    ]
    # The Resampler begins where all its streams have begun and leaves out missing values.
    start_s = max(_first_known_s(streams[sensor]) for sensor in used)
    return start_s, slow_part(values, names)


def motion_resampler(sensors: Sequence[str]) -> Resampler:
    """Return what brings the sensors that are searched onto one clock."""
    # There is no movement between the ends of a gap, so that a gap looks like rest.
    return Resampler(
        sampling_rate_hz=MOTION_RATE_HZ,
        channels=list(sensors),
        missing="interpolate",
        gaps="interpolate",
    )


def slow_part(values: Floats, names: Sequence[str]) -> Floats:
    """Return the slow movement in uniform channels, in units of what is typical."""
    scale = np.array([_TYPICAL[sensor_of(name)] for name in names])
    # Sets shorter than the usual padding are filtered, too.
    n_pad = min(9, values.shape[1] - 1)
    values = np.clip(values, -_LARGEST, _LARGEST)
    # Forward and backward, so without delay: found times are those of the movement.
    smooth: Floats = signal.sosfiltfilt(_low_pass(), values, axis=-1, padlen=n_pad)
    return smooth / scale[:, np.newaxis]


@functools.cache
def _low_pass() -> Floats:
    sections: Floats = signal.butter(2, _HIGHEST_HZ, fs=MOTION_RATE_HZ, output="sos")
    return sections


def moving_sensors(streams: Mapping[str, SensorStream | None]) -> list[str]:
    """Return the sensors whose movement is searched: an acceleration, the gyroscope."""
    sensors = []
    # With gravity if the recording has it, because gravity shows posture.
    if "TotalAcceleration" in streams or streams.keys() >= set(TOTAL_PARTS):
        sensors.append("TotalAcceleration")
    elif "Accelerometer" in streams:
        sensors.append("Accelerometer")
    if "Gyroscope" in streams:
        sensors.append("Gyroscope")
    return sensors


def _first_known_s(stream: SensorStream) -> float:
    """Return the time of a stream's first sample without a missing value."""
    known = ~np.isnan(stream.values).any(axis=1)
    return float(stream.timestamps_s[np.argmax(known)])


def vectors(motion: Floats) -> list[Floats]:
    """Split the movement into the axes of each sensor."""
    n_axes = len(SENSOR_AXES["Gyroscope"])
    return np.split(motion, range(n_axes, len(motion), n_axes))
