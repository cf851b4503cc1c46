"""Which channels can be derived from others, and their names."""

from collections.abc import Sequence

from ..recording import (
    GRAVITY_SENSORS,
    TOTAL_PARTS,
    TOTAL_SENSORS,
    channel_name,
    sensor_of,
    sensor_triples,
)

#: What each kind makes of a sensor's triple.
PARTS: dict[str, tuple[str, ...]] = {
    "magnitude": ("magnitude",),
    "vertical": ("vertical", "horizontal"),
    "rate_of_change": ("change",),
    "aligned": ("up", "main", "cross"),
}
#: Sensors that show the direction of a set's movement, the best first.
WITH_MOVEMENT = (*TOTAL_SENSORS, *TOTAL_PARTS)
#: Kinds that need the direction of gravity.
BY_GRAVITY = ("vertical", "aligned")

_Triple = tuple[str, list[int]]


def derived_channel_names(
    channel_names: Sequence[str],
    kinds: Sequence[str] = ("magnitude",),
    *,
    keep: bool = True,
) -> list[str]:
    """Return the names of the channels that :class:`DerivedChannels` returns.

    Parameters
    ----------
    channel_names : sequence of str
        ``<sensor>_<axis>`` of each given channel.
    kinds : sequence of str, default=("magnitude",)
        What is derived: ``"magnitude"``, ``"vertical"``, ``"rate_of_change"``,
        ``"aligned"``.
    keep : bool, default=True
        Whether the given channels come first.

    Returns
    -------
    names : list of str
        The channels of the first kind for every sensor, then those of the next.

    Raises
    ------
    ValueError
        If a kind is unknown or can't be derived from these channels, or a name would come
        out twice.

    Examples
    --------
    >>> from sk_imu import derived_channel_names
    >>> derived_channel_names([f"Gyroscope_{axis}" for axis in "xyz"])
    ['Gyroscope_x', 'Gyroscope_y', 'Gyroscope_z', 'Gyroscope_magnitude']
    """
    given = list(channel_names)
    derived = [
        channel_name(sensor, part)
        for kind in kinds
        for sensor, _ in sources_of(given, kind)
        for part in PARTS[kind]
    ]
    names = [*(given if keep else []), *derived]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice or not names:
        fault = f"{twice} would come out twice" if twice else "nothing would come out"
        raise ValueError(
            f"DerivedChannels: from the channels {given} with kinds={list(kinds)} and "
            f"keep={keep}, {fault}. Name each kind once, and use one DerivedChannels with "
            "all kinds."
        )
    return names


def sources_of(names: list[str], kind: str) -> list[_Triple]:
    """Return the sensors from which a kind is derived, and their channels' indices."""
    if kind not in PARTS:
        raise ValueError(
            f"DerivedChannels: kinds has {kind!r}, but may contain only {', '.join(PARTS)}."
        )
    triples = list(_triple_of(names).items())
    if kind in BY_GRAVITY:
        _check_gravity(names, kind)
    if kind == "vertical":
        triples = [(sensor, triple) for sensor, triple in triples if sensor != "Gravity"]
    if not triples:
        besides = " besides Gravity" if kind == "vertical" else ""
        raise ValueError(
            f"DerivedChannels: {kind!r} needs the x, y and z of a sensor{besides}, but "
            f"the channels are {names}. Have the Resampler give all three, or leave "
            f"{kind!r} out of kinds."
        )
    return triples


def _check_gravity(names: list[str], kind: str) -> None:
    """Raise a ValueError if no sensor shows the direction of gravity."""
    if not any(sensor in _triple_of(names) for sensor in GRAVITY_SENSORS):
        raise ValueError(
            f"DerivedChannels: {kind!r} needs the x, y and z of Gravity, or of "
            f"{' or '.join(TOTAL_SENSORS)} to filter it from (Accelerometer is without "
            f"gravity), but the channels are {names}. Add one by "
            f"Resampler(channels=[...]), or leave {kind!r} out of kinds."
        )


def first_of(sensors: Sequence[str], names: list[str]) -> _Triple:
    """Return the first of some sensors that has three axes, and their indices."""
    found = _triple_of(names)
    # There is one: sources_of refuses names without it.
    return next((sensor, found[sensor]) for sensor in sensors if sensor in found)


def _triple_of(names: list[str]) -> dict[str, list[int]]:
    """Return the indices of x, y and z of each sensor that has all three."""
    return {sensor_of(names[triple[0]]): triple for triple in sensor_triples(names)}


def kinds_for(channel_names: Sequence[str], *, wear: str) -> list[str]:
    """Return the kinds that suit how a device is worn, as far as the channels allow."""
    names = list(channel_names)
    sensors = set(_triple_of(names))
    if not sensors:
        return []
    kinds = ["magnitude"]
    if sensors & set(GRAVITY_SENSORS):
        # Gravity itself is all vertical.
        kinds += ["vertical"] * (sensors != {"Gravity"}) + ["aligned"] * (wear == "free")
    return kinds
