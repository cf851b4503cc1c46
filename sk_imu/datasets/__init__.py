"""Recordings to learn from, real and simulated, as :mod:`sklearn.datasets` gives data."""

from ._basic_motions import load_basic_motions
from ._simulation import make_exercise_recordings
from ._watch import load_watch

__all__ = ["load_basic_motions", "load_watch", "make_exercise_recordings"]
