"""Make training sets that differ a little from the recorded ones.

Each method is a pure function of a panel and a random generator, with a thin
transformer around it.  Only training sets are augmented: ``fit_transform`` augments,
``transform`` returns its input, and the networks call ``augment`` on each batch of their
training loop, or ``augment_with_targets`` if the augmenter mixes rows.
"""

from ._augmenter import augment_batch as augment_batch
from ._augmenter import augment_sets as augment_sets
from ._mirroring import RandomMirror, random_mirror
from ._mixing import Mixup, mixup
from ._noise import MultiplicativeNoise, multiplicative_noise
from ._polling import LowerRate, lower_rate
from ._rotation import RandomRotation, random_rotation
from ._scaling import RandomScale, random_scale
from ._speed import SpeedChange, speed_change
from ._subsequence import RandomSubsequence, random_subsequence

__all__ = [
    "LowerRate",
    "Mixup",
    "MultiplicativeNoise",
    "RandomMirror",
    "RandomRotation",
    "RandomScale",
    "RandomSubsequence",
    "SpeedChange",
    "lower_rate",
    "mixup",
    "multiplicative_noise",
    "random_mirror",
    "random_rotation",
    "random_scale",
    "random_subsequence",
    "speed_change",
]
