"""Which channels form vectors: what turning or mirroring the device needs to know."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from ..recording import EULER_AXES, QUATERNION_AXES, signal_of
from ..validation import check_channel_names

_ATTITUDE_AXES = {*QUATERNION_AXES, *EULER_AXES}


def check_vector_names(
    channel_names: Sequence[str] | None, X: ArrayLike, *, augmenter: str
) -> list[str]:
    """Return the names, given or those of X, for an augmenter that turns the device.

    Raises
    ------
    ValueError
        If there are none, their number is not that of the channels, one is given twice,
        or one is of a device's attitude, which would have to turn along.
    """
    if channel_names is None:
        channel_names, _ = signal_of(X, name=augmenter)
    n_channels = np.shape(X)[1]
    names = check_channel_names(channel_names, n_channels, estimator=augmenter, needed=True)
    attitude = [name for name in names if name.rpartition("_")[2] in _ATTITUDE_AXES]
    if attitude:
        raise ValueError(
            f"{augmenter}: {', '.join(attitude)} would have to turn with the device, and "
            "are no vector. Leave them out: Resampler(channels=[...])."
        )
    return names
