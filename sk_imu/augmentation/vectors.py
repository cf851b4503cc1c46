"""Which channels form vectors: what turning or mirroring the device needs to know."""

from collections.abc import Sequence

from ..channels import EULER_AXES, QUATERNION_AXES

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
    if channel_names is None:
        raise ValueError(
            f"{augmenter} needs channel_names, for nothing else tells which of the "
            f"{n_channels} channels form a vector. Give those of the Resampler: "
            "channel_names=resampler.channel_names_."
        )
    names = list(channel_names)
    if len(names) != n_channels or len(set(names)) != len(names):
        raise ValueError(
            f"{augmenter}: channel_names must name each of the {n_channels} channels of X "
            f"once, got {len(names)} names: {names}."
        )
    attitude = [name for name in names if name.rpartition("_")[2] in _ATTITUDE_AXES]
    if attitude:
        raise ValueError(
            f"{augmenter}: {', '.join(attitude)} would have to turn with the device, and "
            "are no vector. Leave them out: Resampler(channels=[...])."
        )
    return names
