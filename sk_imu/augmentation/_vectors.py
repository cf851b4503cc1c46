"""Which channels form vectors, for augmenters that rotate or mirror the device."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from ..recording import EULER_AXES, QUATERNION_AXES, axis_of, signal_of
from ..validation import check_channel_names

_ATTITUDE_AXES = {*QUATERNION_AXES, *EULER_AXES}


def check_vector_names(
    channel_names: Sequence[str] | None, X: ArrayLike, *, augmenter: str
) -> list[str]:
    """Return the channels' names, given or those of X, for an augmenter that rotates them.

    Raises the errors of ``check_channel_names``, and a ValueError if a channel is of the
    device's attitude, which would have to rotate, too.
    """
    if channel_names is None:
        channel_names, _ = signal_of(X, name=augmenter)
    n_channels = np.shape(X)[1]
    names = check_channel_names(channel_names, n_channels, estimator=augmenter, needed=True)
    attitude = [name for name in names if axis_of(name) in _ATTITUDE_AXES]
    if attitude:
        raise ValueError(
            f"{augmenter}: {', '.join(attitude)} would have to rotate with the device, but "
            "do not form a vector. Leave them out by Resampler(channels=[...])."
        )
    return names
