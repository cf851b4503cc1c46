"""Which channels form vectors: what turning or mirroring the device needs to know."""

from collections.abc import Sequence

from ..recording import EULER_AXES, QUATERNION_AXES
from ..validation import check_channel_names

_ATTITUDE_AXES = {*QUATERNION_AXES, *EULER_AXES}


def check_vector_names(
    channel_names: Sequence[str] | None, n_channels: int, *, augmenter: str
) -> list[str]:
    """Return the channels' names, for an augmenter that turns or mirrors the device.

    Raises
    ------
    ValueError
        If there are none, their number is not that of the channels, one is given twice,
        or one is of a device's attitude, which would have to turn along.
    """
    names = check_channel_names(channel_names, n_channels, estimator=augmenter, needed=True)
    attitude = [name for name in names if name.rpartition("_")[2] in _ATTITUDE_AXES]
    if attitude:
        raise ValueError(
            f"{augmenter}: {', '.join(attitude)} would have to turn with the device, and "
            "are no vector. Leave them out: Resampler(channels=[...])."
        )
    return names
