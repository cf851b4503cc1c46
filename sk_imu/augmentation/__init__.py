"""Make learning rows that differ a little from the recorded ones.

Each method is a pure function of a panel and a random generator, with a thin
transformer around it.  Only what is learnt from is augmented: ``fit_transform``
augments, ``transform`` leaves its input as it is, and the networks call ``augment`` on
each batch of their training loop.
"""

from .augmenter import augment_sets as augment_sets
from .noise import MultiplicativeNoise, multiplicative_noise
from .subsequence import RandomSubsequence, random_subsequence

__all__ = [
    "MultiplicativeNoise",
    "RandomSubsequence",
    "multiplicative_noise",
    "random_subsequence",
]
