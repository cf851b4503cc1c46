"""
Your own reader, augmenter or network
=====================================

Nothing has to be registered: a reader returns a :class:`~sk_imu.Recording`, an augmenter
has a method ``augment``, and a network is a torch module.
"""

# %%
# Suppose a watch writes milliseconds and g: pass this to
# :func:`~sk_imu.readers.read_table`.

import tempfile
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from sklearn.base import BaseEstimator
from torch import nn

import sk_imu
from sk_imu.datasets import load_watch
from sk_imu.readers import read_table

columns = {"TotalAcceleration_x": "ax", "TotalAcceleration_y": "ay"}
units = {"TotalAcceleration": "g"}
with tempfile.TemporaryDirectory() as folder:
    file = Path(folder, "monday.csv")
    file.write_text("t,ax,ay\n0,0.0,1.0\n20,0.1,1.0\n40,0.2,0.9\n")
    print(read_table(file, columns=columns, units=units, time="t", time_unit="ms"))

# %%
# An augmenter takes a panel, (n_sets, n_channels, n_timesteps), and a random generator.


class Knock(BaseEstimator):
    """Knock the device once in each set."""

    def augment(self, X, rng):
        """Return a changed copy."""
        since = np.arange(X.shape[2]) - rng.integers(X.shape[2], size=(len(X), 1, 1))
        knock = np.where(since >= 0, np.exp(-np.abs(since) / 4) * np.cos(since), 0)
        return X + (5 * knock * rng.normal(size=(*X.shape[:2], 1))).astype(X.dtype)


watch = load_watch()
sets = sk_imu.Resampler(sampling_rate_hz=20, dtype="float32").fit_transform(watch.data)
sk_imu.AugmentationDisplay.from_augmenter(Knock(), [sets[0][:, :160]])
plt.show()

# %%
# A network is a torch module that takes the shape of the data and returns logits.
# :class:`~sk_imu.ModuleClassifier` trains it like the networks of this package, with
# augmented batches, windows with 1/n of the weight of their set, and labels of any type.


class SmallNet(nn.Sequential):
    """Two convolutions and the maximum over time."""

    def __init__(self, n_channels, n_timesteps, n_classes, width=32):
        first = nn.Conv1d(n_channels, width, 9, stride=2), nn.ReLU()
        second = nn.Conv1d(width, width, 9), nn.ReLU()
        head = nn.AdaptiveMaxPool1d(1), nn.Flatten(), nn.Linear(width, n_classes)
        super().__init__(*first, *second, *head)


net = sk_imu.ModuleClassifier(SmallNet, augmenter=Knock(), random_state=0)
model = sk_imu.WindowedClassifier(net)

# %%
# Trained on people 1 to 7 and tested on three others, to show that it works, not how well.

train, test = np.flatnonzero(watch.subject <= 7), np.flatnonzero(watch.subject > 7)
model.fit([sets[i] for i in train], watch.target[train])
accuracy = model.score([sets[i] for i in test], watch.target[test])
print(f"{accuracy:.2f} of the sets of three other people are correct")
