"""Sets that several tests train on, made up so that a model can learn them."""

import numpy as np

from sk_imu import Recording

NAMES = [
    f"{sensor}_{axis}" for sensor in ("TotalAcceleration", "Gyroscope") for axis in "xyz"
]


def make_sets(n_subjects=4, n_each=2, n_seconds=6.0, seed=0):
    """Return easy sets: each exercise has a tempo of its own, each person a bias."""
    rng = np.random.default_rng(seed)
    sets = []
    for subject in range(n_subjects):
        for label, tempo_hz in {"lunge": 0.5, "squat": 1.1}.items():
            for _ in range(n_each):
                t = np.arange(round(rng.uniform(1, 1.4) * n_seconds * 50)) / 50
                phase = 2 * np.pi * tempo_hz * t + rng.uniform(0, 6)
                values = np.sin(phase + np.arange(6)[:, None]) + rng.normal(
                    0, 0.3, (6, len(t))
                )
                sets.append(
                    Recording.from_array(
                        values + rng.normal(0, 0.2, (6, 1)),
                        sampling_rate_hz=50,
                        channel_names=NAMES,
                        label=label,
                        subject=subject,
                    )
                )
    return sets


def make_noisy_sets():
    """Return 16 sets of two exercises by four people."""
    rng = np.random.default_rng(0)
    return [
        Recording.from_array(
            np.sin(np.arange(300) * (0.12 if label == "squat" else 0.06))
            + rng.normal(0, 0.5, (3, 300)),
            sampling_rate_hz=50,
            channel_names=[f"Accelerometer_{axis}" for axis in "xyz"],
            label=label,
            subject=subject,
        )
        for subject in range(4)
        for label in ("lunge", "squat") * 2
    ]
