"""
Augmentation seen
=================

Ten people are few.  Augmentation makes of each set others that somebody might have done:
a little faster, the watch turned on the wrist, some samples off.  Before a model learns
from such copies, look whether you would still call them the same exercise.
"""

# %%
# A real set, the pendulum exercise of the shoulder with a watch, and its first 8 s.

import matplotlib.pyplot as plt
import numpy as np

from sk_imu import (
    AugmentationDisplay,
    LowerRate,
    MultiplicativeNoise,
    RandomMirror,
    RandomRotation,
    RandomScale,
    RandomSubsequence,
    Resampler,
    SpeedChange,
)
from sk_imu.datasets import load_watch

watch = load_watch()
one = watch.data[0]
X = Resampler().fit_transform([one.between(0, 8)])
print(one.label, X[0].shape)

# %%
# The study of Zhang, Lau and Zhu (2024) used the first two: 30 % of the samples times a
# random number between 0.8 and 1.1, and a random part of the set stretched back to its
# length.  The others know what the numbers mean: a rotation turns the three axes of a
# sensor together, a change of speed lets the movement go on.

names = watch.channel_names
augmenters = {
    "Noise": MultiplicativeNoise(),
    "Subsequence": RandomSubsequence(),
    "Rotation": RandomRotation(channel_names=names),
    "Speed": SpeedChange(),
    "Scale": RandomScale(),
    "Mirror": RandomMirror(channel_names=names, probability=1),
    "Lower rate": LowerRate(probability=1, low_hz=4, high_hz=8),
}
display = AugmentationDisplay.from_augmenter(
    augmenters, X, channel_names=names, sampling_rate_hz=50
)
plt.show()

# %%
# The noise is largest on x, where gravity is: it is a share of the value, not of the
# movement.

# %%
# What each leaves as it was can be measured: the share of timesteps that stay exactly the
# same, and the share at which the acceleration keeps its length.

recorded = display.recorded
length = np.linalg.norm(recorded, axis=0)
for name, copy in display.copies:
    same = np.isclose(copy, recorded).all(axis=0).mean()
    same_length = np.isclose(np.linalg.norm(copy, axis=0), length).mean()
    print(f"{name:12} same values: {same:4.0%}   same length: {same_length:4.0%}")

# %%
# Copies never become rows of X: they would land on both sides of a split.  Give the
# augmenter to a network (``CNNClassifier(augmenter=...)``) or to
# :class:`~sk_imu.AugmentedClassifier`, and they exist in ``fit`` only.  Used as a step of a
# Pipeline, ``transform`` changes nothing, so that new sets stay as they are.

noise = dict(display.copies)["Noise"]
share_changed = 1 - np.isclose(noise, recorded).all(axis=0).mean()
print(f"Noise changed {share_changed:.0%} of the timesteps (asked for: 30 %)")
