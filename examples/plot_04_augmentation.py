"""
Visualizing augmentation
========================

Ten people are few.  Augmentation makes variants of each set that other people might have
done: slightly faster, with the watch turned on the wrist, with noise.  Before you train a
model on such copies, check that you would still call them the same exercise.
"""

# %%
# The first 8 s of a real set, the pendulum exercise of the shoulder, recorded with a watch.

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
# Zhang et al. (2024) used the first two: 30 % of the samples are multiplied by a random
# number between 0.8 and 1.1, and a random part of the set is stretched to its length.  The
# others use the meaning of the channels: a rotation turns the three axes of a sensor
# together, and a change of speed continues the movement.

augmenters = {
    "Noise": MultiplicativeNoise(),
    "Subsequence": RandomSubsequence(),
    "Rotation": RandomRotation(),
    "Speed": SpeedChange(),
    "Scale": RandomScale(),
    "Mirror": RandomMirror(probability=1),
    "Lower rate": LowerRate(probability=1, low_hz=4, high_hz=8),
}
display = AugmentationDisplay.from_augmenter(augmenters, X)
plt.show()

# %%
# The noise is largest on x, which contains gravity: it is proportional to the value, not to
# the movement.

# %%
# Two measures show what each augmenter preserves: the share of timesteps that are
# unchanged, and the share at which the length of the acceleration is unchanged.

recorded = display.recorded
length = np.linalg.norm(recorded, axis=0)
for name, copy in display.copies:
    same = np.isclose(copy, recorded).all(axis=0).mean()
    same_length = np.isclose(np.linalg.norm(copy, axis=0), length).mean()
    print(f"{name:12} same values: {same:4.0%}   same length: {same_length:4.0%}")

# %%
# Copies never become rows of X, because a split could separate them from their set.  Pass
# the augmenter to a network (``CNNClassifier(augmenter=...)``) or to
# :class:`~sk_imu.AugmentedClassifier`, and copies exist in ``fit`` only.  As a step of a
# Pipeline, ``transform`` returns new sets unchanged.

noise = dict(display.copies)["Noise"]
share_changed = 1 - np.isclose(noise, recorded).all(axis=0).mean()
print(f"Noise changed {share_changed:.0%} of the timesteps (requested: 30 %)")
