"""Recordings of known truth and clocks with known faults, for tests of the Resampler."""

import numpy as np
from scipy.spatial.transform import Rotation

from sk_imu import Recording, SensorStream
from sk_imu.recording import SENSOR_AXES

QUATERNION = ("qx", "qy", "qz", "qw")


def band_limited(rng, n_axes=3, highest_hz=8.0):
    """Return a function of time: sums of twelve sines below ``highest_hz``."""
    frequency = rng.uniform(0.2, highest_hz, (12, n_axes))
    phase = rng.uniform(0, 2 * np.pi, (12, n_axes))
    amplitude = rng.uniform(0.5, 1.5, (12, n_axes))

    def signal(times_s):
        angle = 2 * np.pi * frequency * np.asarray(times_s)[:, None, None] + phase
        return (amplitude * np.sin(angle)).sum(axis=1)

    return signal


def turning(times_s):
    """Return a smooth rotation as quaternions (scalar last), several turns of it."""
    t = np.asarray(times_s)
    about = np.stack([0.8 * np.sin(1.3 * t), 2.5 * t, 0.6 * np.cos(0.9 * t)], axis=1)
    return (Rotation.from_rotvec(about) * Rotation.from_euler("x", 0.4)).as_quat()


def relative_rms(error, truth):
    return np.sqrt(np.mean(error**2) / np.mean(truth**2))


def simple(n=300, rate_hz=100.0, start_s=0.0, sensor="Gyroscope", **metadata):
    times = start_s + np.arange(n) / rate_hz
    values = np.sin(times)[:, None] * [1, 2, 3]
    return Recording({sensor: SensorStream(times, values)}, **metadata)


def phone(*sensors, n=300, start_s=0.0, **metadata):
    rng = np.random.default_rng(5)
    times = start_s + np.arange(n) / 100
    return Recording(
        {
            s: SensorStream(
                times, rng.uniform(0.1, 1, (n, len(SENSOR_AXES[s]))), SENSOR_AXES[s]
            )
            for s in sensors
        },
        **metadata,
    )


def angle_between(q, p):
    return (Rotation.from_quat(q).inv() * Rotation.from_quat(p)).magnitude()


def with_clock(times):
    values = np.zeros((len(times), 3))
    return Recording({"Gyroscope": SensorStream(times, values)}, source="ada.zip")


def paper_clocks(rng, duration_s=20.0):
    """Return clocks as in Zhang et al. (2024): one steady, one drifting by 1.4 %."""
    steady = 3.0 + np.arange(int(52.713 * duration_s)) / 52.713
    rates_hz = np.linspace(59.566, 60.402, int(60 * duration_s))
    drifting = 3.217 + np.cumsum(1 / rates_hz)
    return steady, drifting + rng.normal(0, 1e-4, len(drifting))
