"""The sensors of a phone: their clocks, noise and offsets."""

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from ..recording import SENSOR_AXES, STANDARD_GRAVITY, SensorStream
from ._phone_motion import PhoneMotion

Floats = NDArray[np.float64]

#: Rates in hertz of the phones of Zhang et al. (2024), by groups of sensors.
ACCELEROMETER_HZ, ORIENTATION_HZ = 52.713, (59.566, 60.402)
SENSORS = ("Accelerometer", "Gravity", "TotalAcceleration", "Gyroscope", "Orientation")
IDEAL_HZ = 100.0
#: Latest start of a sensor, amplitude and period of its clock's drift, and jitter, in s.
LATEST_START_S, DRIFT_S, DRIFT_PERIOD_S, JITTER_S = 0.4, 0.02, 120.0, 0.0005

#: Noise in m/s² and rad/s per √Hz, offset and range in m/s² and rad/s. DESCR in
#: ``_simulation.py`` has their sources.
ACCELEROMETER_NOISE, ACCELEROMETER_OFFSET, ACCELEROMETER_RANGE = (
    np.array([180e-6, 20e-3, 8.0]) * STANDARD_GRAVITY
)
GYROSCOPE_NOISE, GYROSCOPE_OFFSET, GYROSCOPE_RANGE = np.deg2rad([0.008, 0.1, 2000.0])
ATTITUDE_ERROR = np.deg2rad(1.0)


def ideal_streams(motion: PhoneMotion, end_s: float) -> dict[str, SensorStream]:
    """Return the true values at 100 Hz, all sensors on one clock."""
    times_s = np.arange(np.floor(end_s * IDEAL_HZ) + 1) / IDEAL_HZ
    return {
        sensor: SensorStream(
            times_s, _measure(sensor, motion, times_s), SENSOR_AXES[sensor]
        )
        for sensor in SENSORS
    }


def phone_streams(
    motion: PhoneMotion, end_s: float, rng: np.random.Generator
) -> dict[str, SensorStream]:
    """Return the values of erring sensors, each on its own clock."""
    orientation_hz = rng.uniform(*ORIENTATION_HZ)
    starts_s = rng.uniform(0, LATEST_START_S, len(SENSORS))
    starts_s -= starts_s.min()  # the recording's second 0 is its first sample
    error = Rotation.from_rotvec(rng.normal(0, ATTITUDE_ERROR / np.sqrt(3), 3))
    offset = rng.normal(0, ACCELEROMETER_OFFSET, 3)
    drift = rng.normal(0, GYROSCOPE_OFFSET, 3)
    streams = {}
    for sensor, start_s in zip(SENSORS, starts_s, strict=True):
        # On those phones gyroscope and orientation share a clock rate.
        turns = sensor in ("Gyroscope", "Orientation")
        rate_hz = orientation_hz if turns else ACCELEROMETER_HZ
        even_s = np.arange(np.floor(end_s * rate_hz)) / rate_hz
        wave = np.sin(2 * np.pi * (even_s / DRIFT_PERIOD_S + rng.uniform()))
        jitter_s = np.clip(rng.normal(0, JITTER_S, len(even_s)), -0.005, 0.005)
        times_s = even_s + DRIFT_S * (wave - wave[0]) + jitter_s - jitter_s[0] + start_s
        values = _measure(sensor, motion, times_s, error)
        width = np.sqrt(rate_hz / 2)
        if sensor in ("Accelerometer", "TotalAcceleration"):
            values = values + offset
            values += rng.normal(0, ACCELEROMETER_NOISE * width, values.shape)
            values = np.clip(values, -ACCELEROMETER_RANGE, ACCELEROMETER_RANGE)
        elif sensor == "Gyroscope":
            values = values + drift + rng.normal(0, GYROSCOPE_NOISE * width, values.shape)
            values = np.clip(values, -GYROSCOPE_RANGE, GYROSCOPE_RANGE)
        streams[sensor] = SensorStream(times_s, values, SENSOR_AXES[sensor])
    return streams


def _measure(
    sensor: str, motion: PhoneMotion, times_s: Floats, error: Rotation | None = None
) -> Floats:
    """Return the value of one sensor; ``error`` is that of the phone's attitude."""
    if sensor == "Gyroscope":
        return motion.angular_rate(times_s)
    if sensor == "TotalAcceleration":
        return motion.specific_force(times_s)
    attitude = motion.attitude(times_s)
    if error is not None:
        attitude = attitude * error
    gravity = np.asarray(attitude.inv().apply([0.0, 0.0, STANDARD_GRAVITY]))
    if sensor == "Gravity":
        return gravity
    if sensor == "Accelerometer":
        return motion.specific_force(times_s) - gravity
    # Android's angles: about z, x and y, with yaw and pitch clockwise.
    yaw, pitch, roll = attitude.as_euler("ZXY").T
    angles = np.stack([roll, -pitch, -yaw], 1)
    return np.concatenate([attitude.as_quat(canonical=True), angles], axis=1)
