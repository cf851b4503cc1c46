"""Data sets of recordings, real and simulated, with the API of :mod:`sklearn.datasets`."""

from ._basic_motions import load_basic_motions
from ._exermote import load_exermote
from ._phone_exercises import load_phone_exercises
from ._simulation import make_exercise_recordings
from ._utd_mhad import load_utd_mhad
from ._watch import load_watch

__all__ = [
    "load_basic_motions",
    "load_exermote",
    "load_phone_exercises",
    "load_utd_mhad",
    "load_watch",
    "make_exercise_recordings",
]
