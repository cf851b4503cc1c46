"""Panels, names of their channels and targets that tests of augmentation share."""

import numpy as np

from sk_imu.recording import SENSOR_AXES

VECTORS = [sensor for sensor in SENSOR_AXES if sensor != "Orientation"]


def names_for(n_channels):
    """Name as many whole vectors as there are channels for, and scalars after them."""
    n_vectors, n_scalars = divmod(n_channels, 3)
    names = [f"{sensor}_{axis}" for sensor in VECTORS[:n_vectors] for axis in "xyz"]
    return names + [f"Sensor{i}_magnitude" for i in range(n_scalars)]


def make_panel(shape=(5, 6, 40), dtype=np.float64, seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype(dtype)


def make_targets(n_rows, n_classes=3, seed=0):
    """Return weighted class distributions."""
    rng = np.random.default_rng(seed)
    weights = rng.uniform(0, 3, n_rows)
    return np.eye(n_classes)[rng.integers(n_classes, size=n_rows)] * weights[:, np.newaxis]
