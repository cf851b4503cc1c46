"""What a stream answers."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


# Compared by identity, because arrays of probabilities have no single truth value.
@dataclass(frozen=True, eq=False)
class Answer:
    """What a window is.

    Parameters
    ----------
    time_s : float
        The window's end in seconds, on the clock of the stream.
    label : str or int
        The most probable exercise, or ``"unknown"``.
    probabilities : ndarray of shape (n_classes,) or None
        Probability of each exercise, in the order of ``classes_``; None if the model has
        none.

    Examples
    --------
    >>> from sk_imu.streaming import Answer
    >>> Answer(4.0, "squat", None).label
    'squat'
    """

    time_s: float
    label: Any
    probabilities: Floats | None
