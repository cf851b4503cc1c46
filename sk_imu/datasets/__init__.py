"""Data sets of recordings, real and simulated, with the API of :mod:`sklearn.datasets`.

All functions return a :class:`~sklearn.utils.Bunch` with these attributes; their own pages
list the others:

- ``data``: list of :class:`~sk_imu.Recording`
- ``target``: ndarray of shape (n_recordings,), the label of each recording
- ``target_names``: the labels in sorted order
- ``subject``: ndarray of shape (n_recordings,), the person of each recording: the
  ``groups`` of a split by people
- ``channel_names``: the channels in the order a :class:`~sk_imu.Resampler` gives them
- ``sampling_rate_hz``: the rate of the recordings in hertz
- ``DESCR``: the full description
"""

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
