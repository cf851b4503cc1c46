"""The slow movement in a recording, whatever sensors and rates it has."""

import numpy as np
from numpy.typing import NDArray
from scipy import signal

from ..preprocessing import Resampler
from ..recording import SENSOR_AXES, TOTAL_PARTS, Recording, sensor_of

MOTION_RATE_HZ = 20.0
#: No exercise is repeated faster than half of this; steps, shocks and tremor are.
_HIGHEST_HZ = 4.0
#: What counts as much movement in each sensor, in its unit: sensors weigh alike.
_TYPICAL = {"TotalAcceleration": 3.0, "Accelerometer": 3.0, "Gyroscope": 1.0}

Floats = NDArray[np.float64]


def motion_of(recording: Recording) -> tuple[float, Floats]:
    """Return the start in seconds and the slow movement in a recording.

    The movement has a row for each axis of the acceleration (with gravity where the
    recording has it, for gravity tells posture) and of the gyroscope, at
    ``MOTION_RATE_HZ``, each in units of what is typical of its sensor.  What is made of
    it must not change when the axes are rotated: where on the body the device was, and
    which way up, is not known.

    Raises
    ------
    TypeError
        If it is no recording.
    ValueError
        If there is neither an acceleration nor a gyroscope, or the Resampler refuses
        the streams.
    """
    if not isinstance(recording, Recording):
        raise TypeError(
            f"Movement is looked for in one Recording, got a {type(recording).__name__}. "
            "Take several one by one; read a file with read_recording first."
        )
    streams = recording.streams
    sensors = []
    if "TotalAcceleration" in streams or streams.keys() >= set(TOTAL_PARTS):
        sensors.append("TotalAcceleration")
    elif "Accelerometer" in streams:
        sensors.append("Accelerometer")
    if "Gyroscope" in streams:
        sensors.append("Gyroscope")
    if not sensors:
        raise ValueError(
            f"{recording.name}: movement is seen in an acceleration or a Gyroscope, the "
            f"recording has only {', '.join(streams)}."
        )
    resampler = Resampler(
        sampling_rate_hz=MOTION_RATE_HZ, channels=sensors, missing="interpolate"
    )
    values = resampler.fit_transform([recording])[0]
    names = resampler.channel_names_
    scale = np.array([_TYPICAL[sensor_of(name)] for name in names])
    used = {*sensors, *(() if "TotalAcceleration" in streams else TOTAL_PARTS)}
    start_s = max(streams[sensor].start_s for sensor in used & streams.keys())
    sos = signal.butter(2, _HIGHEST_HZ, fs=MOTION_RATE_HZ, output="sos")
    n_pad = min(9, values.shape[1] - 1)
    smooth = signal.sosfiltfilt(sos, values, axis=-1, padlen=n_pad)
    return start_s, smooth / scale[:, np.newaxis]


def vectors(motion: Floats) -> list[Floats]:
    """Return the movement of each sensor as vectors."""
    n_axes = len(SENSOR_AXES["Gyroscope"])
    return np.split(motion, range(n_axes, len(motion), n_axes))
