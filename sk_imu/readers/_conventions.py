"""One physical convention for all phones and apps: that of Android.

The axes are those of the screen: x to the right, y up, z out of it.  Acceleration is the
specific force: a phone lying on its back reads z = +9.81, and a push to the right is
positive in x.  The quaternion rotates vectors of the phone into those of a world whose z
points up.  The world's x, from which yaw counts, is north on iOS and east on Android.

Conversion of what Sensor Logger writes:

==================================  ==========  ===================  ====================
written as                          Android     iOS, standardised    iOS, not standardised
==================================  ==========  ===================  ====================
Accelerometer, Gravity              as is       as is                times -1
AccelerometerUncalibrated           as is       as is                times -9.80665
yaw, pitch                          as is       as is                times -1
roll, quaternion, Gyroscope,        as is       as is                as is
Magnetometer
acceleration and gravity of the     as is       as is                times -9.80665
watch (WristMotion)
==================================  ==========  ===================  ====================

On real files, ``Gravity`` is the world's up according to the quaternion times +9.80665
on Android and times -9.80665 on iOS, in every row to seven digits.  The Euler angles are
those of the quaternion as rotations about z, x and y, with yaw and pitch negated on
Android.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..recording import (
    EULER_AXES,
    GRAVITY_SENSORS,
    QUATERNION_AXES,
    SENSOR_AXES,
    SENSOR_UNITS,
    STANDARD_GRAVITY,
    TOTAL_PARTS,
)
from ._plausibility import median_norm
from ._timestamps import Samples

Floats = NDArray[np.float64]

#: Axes with the opposite sign on iOS, unless the app standardises them.
FLIPPED = {
    sensor: SENSOR_AXES[sensor] for sensor, unit in SENSOR_UNITS.items() if unit == "m/s²"
}
FLIPPED["Orientation"] = ("pitch", "yaw")
#: Median norms of acceleration with gravity that can only be in g, or only in m/s².
_IN_G = (0.7, 1.5)
_IN_SI = (6.0, 15.0)
#: The app's first version that standardises the files of a watch, too.
_STANDARD_WATCH = (1, 63)


@dataclass(frozen=True)
class Convention:
    """How a file's acceleration and angles are written.

    ``apple`` is whether signs are those of iOS; None if unknown, and then they stay.
    ``in_g`` names the sensors whose values are in g.
    """

    apple: bool | None
    in_g: frozenset[str] = frozenset()

    def apply(self, sensor: str, samples: Samples) -> Samples:
        """Return a sensor's samples in the package's convention."""
        values = samples.values.copy()
        if self.apple:
            flipped = FLIPPED.get(sensor, ())
            values *= [-1.0 if axis in flipped else 1.0 for axis in samples.axes]
        if sensor in self.in_g:
            values *= STANDARD_GRAVITY
        return replace(samples, values=values)


@dataclass(frozen=True)
class Claim:
    """What the user, or else the file's Metadata, says about its convention.

    ``given`` is whether the user named the platform; then no evidence overrules it.
    """

    platform: str | None = None
    standardised: bool = False
    version: str = ""
    named_by: str = "Metadata"
    given: bool = False
    watch: bool = False

    @property
    def apple(self) -> bool | None:
        """Whether signs and units are said to be those of iOS; None if nothing says so."""
        if self.platform is None:
            return None
        return self.platform == "ios" and not self.standardised

    @property
    def is_doubtful(self) -> bool:
        """Whether it says what versions of the app say wrongly of a watch."""
        # Before, the watch's own files stayed in g though Metadata says standardised.
        version = tuple(int(part) for part in re.findall(r"\d{1,4}", self.version)[:2])
        return (
            self.watch
            and self.standardised
            and self.platform == "ios"
            and version < _STANDARD_WATCH
        )


class _Vote(NamedTuple):
    """Evidence of one convention: whether it is iOS's, and what shows it."""

    apple: bool
    name: str
    by_unit: bool = False


def decide_convention(
    sensors: Mapping[str, Samples], claim: Claim, orientation_header: list[str]
) -> tuple[Convention, list[str]]:
    """Decide how signs and units are written, and return the notes that say how.

    The user's word counts. Gravity's norm and its direction against the quaternion count
    more than Metadata, which some versions of the app write wrongly.
    """
    # Nothing was recorded that platforms write in different ways.
    if claim.platform is None and not FLIPPED.keys() & sensors.keys():
        return Convention(None), []
    votes = _evidence(sensors, claim.watch)
    if claim.apple is None:
        return _by_data(sensors, claim, votes, orientation_header)
    apple = claim.apple
    # An Android phone does not write g: the unit is wrong, but its signs stay.
    decisive = [v for v in votes if claim.platform == "ios" or not v.by_unit]
    overruled = {v.apple for v in votes} == {not apple} and bool(decisive)
    if overruled and not (claim.given and apple == (claim.platform == "ios")):
        names = ", ".join(vote.name for vote in votes)
        return _convention(not apple, claim, votes), [
            f"CONTRADICTION: signs and units are {_name(not apple)} according to the data "
            f"({names}), and {_name(apple)} according to {claim.named_by}. The data "
            f"decide{_what(not apple)}; give platform= to overrule them."
        ]
    if claim.is_doubtful and not votes:
        if not claim.given:
            return _convention(apple, claim, votes), [
                f"UNDECIDED: {claim.named_by} names signs and units that this version of "
                "the app does not give to a watch, and no value shows them. They stay as "
                "recorded; give platform='ios' if acceleration is in g."
            ]
        apple = True
    how = f"signs and units: {_name(apple)} according to {claim.named_by}"
    return _convention(apple, claim, votes), [f"{how}{_what(apple)}."]


def _by_data(
    sensors: Mapping[str, Samples], claim: Claim, votes: list[_Vote], header: list[str]
) -> tuple[Convention, list[str]]:
    """Decide the convention where no platform is named."""
    names = ", ".join(vote.name for vote in votes)
    verdicts = {vote.apple for vote in votes}
    if len(verdicts) == 1:
        apple = verdicts.pop()
        return _convention(apple, claim, votes), [
            f"no platform is named; signs and units: {_name(apple)} according to the data "
            f"({names}){_what(apple)}."
        ]
    if verdicts:
        return _convention(None, claim, votes), [
            "CONTRADICTION: no platform is named, and the data indicate both iOS and "
            f"Android ({names}). Signs stay as recorded; give platform='ios' or "
            "platform='android'."
        ]
    return _convention(None, claim, votes), [
        "UNDECIDED: no platform is named and no value indicates it"
        f"{_hints(sensors, header)}. Signs and units stay as recorded, which is right for "
        "Android; for iOS give platform='ios', for Android platform='android'."
    ]


def _convention(apple: bool | None, claim: Claim, votes: list[_Vote]) -> Convention:
    """Return the convention, with the unit by the norm of gravity where that shows it."""
    # Without any sign of its platform, a watch is an Apple Watch.
    in_g = apple is not False if claim.watch else bool(apple)
    if claim.platform != "android":
        in_g = next((vote.apple for vote in votes if vote.by_unit), in_g)
    sensors = TOTAL_PARTS if claim.watch else ("AccelerometerUncalibrated",)
    return Convention(apple, frozenset(sensors if in_g else ()))


def check_conventions(sensors: Mapping[str, Samples]) -> list[str]:
    """Return a note for each contradiction between converted sensors."""
    notes: list[str] = []
    for sensor in GRAVITY_SENSORS:
        if sensor not in sensors:
            continue
        cosine = _cosine(sensors[sensor], _up(sensors))
        if cosine < -0.5:
            notes.append(
                f"CONTRADICTION: {sensor} points against the up of Orientation (mean "
                f"cosine {cosine:.2f}): its sign, or that of the orientation, is wrong. "
                "Both stay as they are."
            )
        elif sensor == "Gravity" and cosine < 0.9:
            notes.append(
                f"CONTRADICTION: Gravity and Orientation disagree (mean cosine "
                f"{cosine:.2f}). Both stay as they are."
            )
        if sensor != "Gravity" and _cosine(sensors[sensor], sensors.get("Gravity")) < -0.5:
            notes.append(
                f"CONTRADICTION: {sensor} and Gravity point in opposite directions. "
                "Both stay as they are."
            )
    orientation = sensors.get("Orientation")
    if orientation is not None:
        notes += _check_euler(orientation)
    return notes


def _evidence(sensors: Mapping[str, Samples], watch: bool) -> list[_Vote]:
    """Return what indicates the convention."""
    votes: list[_Vote] = []
    for sensor in GRAVITY_SENSORS:
        cosine = _cosine(sensors.get(sensor), _up(sensors))
        # Gravity alone must follow the attitude closely; the others hold movement, too.
        if abs(cosine) > (0.9 if sensor == "Gravity" else 0.5):
            votes.append(_Vote(cosine < 0, f"{sensor} against Orientation"))
    # Only these are in g on iOS, and their norm shows it.
    sensor = "Gravity" if watch else "AccelerometerUncalibrated"
    norm = median_norm(sensors[sensor]) if sensor in sensors else float("nan")
    if _IN_G[0] < norm < _IN_G[1]:
        votes.append(_Vote(True, f"{sensor} in g", by_unit=True))
    elif _IN_SI[0] < norm < _IN_SI[1]:
        votes.append(_Vote(False, f"{sensor} in m/s²", by_unit=True))
    for sign, apple in ((1.0, False), (-1.0, True)):
        # Angles near zero fit both signs: one must fit well and the other badly.
        cosines = _euler_cosines(sensors.get("Orientation"), sign)
        other = _euler_cosines(sensors.get("Orientation"), -sign)
        if cosines and min(cosines.values()) > 0.99 and min(other.values()) < 0.9:
            votes.append(_Vote(apple, "yaw and pitch against the quaternion"))
    return votes


def _hints(sensors: Mapping[str, Samples], header: list[str]) -> str:
    """Return weak evidence of a platform, which the app's next version may change."""
    hints = ["TotalAcceleration hints at Android"] if "TotalAcceleration" in sensors else []
    axes = [name for name in header if name in (*EULER_AXES, *QUATERNION_AXES)]
    if axes[:3] == ["yaw", "qx", "qz"]:
        hints.append("the order of Orientation's columns hints at iOS")
    elif axes[:3] == ["qz", "qy", "qx"]:
        hints.append("the order of Orientation's columns hints at Android")
    return f" ({'; '.join(hints)})" if hints else ""


def _check_euler(orientation: Samples) -> list[str]:
    return [
        f"CONTRADICTION: {axis} of Orientation is not that of its quaternion (mean cosine "
        f"of the difference {cosine:.2f}). It stays as it is."
        for axis, cosine in _euler_cosines(orientation, 1.0).items()
        if cosine < 0.9
    ]


def _euler_cosines(orientation: Samples | None, sign: float) -> dict[str, float]:
    """Return the fit of each angle to the quaternion; iOS has the sign -1."""
    axes = {*QUATERNION_AXES, *EULER_AXES}
    if orientation is None or not axes <= set(orientation.axes):
        return {}
    kept, (x, y, z, w) = _quaternion(orientation)
    by_quaternion = {
        "yaw": -sign * np.arctan2(2 * (w * z - x * y), 1 - 2 * (x * x + z * z)),
        "pitch": -sign * np.arcsin(np.clip(2 * (w * x + y * z), -1, 1)),
        "roll": np.arctan2(2 * (w * y - x * z), 1 - 2 * (x * x + y * y)),
    }
    # Near pitch = ±π/2, yaw and roll are undefined.
    clear = np.abs(by_quaternion["pitch"]) < 1.4
    if not clear.any():
        return {}
    angles = orientation.values[kept]
    # By the cosine of the difference, because angles wrap.
    return {
        axis: float(
            np.nanmean(np.cos(angles[:, orientation.axes.index(axis)] - angle)[clear])
        )
        for axis, angle in by_quaternion.items()
    }


def _quaternion(orientation: Samples) -> tuple[NDArray[np.bool_], Floats]:
    columns = [orientation.axes.index(axis) for axis in QUATERNION_AXES]
    values = orientation.values[:, columns]
    norm = np.linalg.norm(values, axis=1)
    kept = norm > 0.5  # zeros stand for a rotation that is missing
    return kept, (values[kept] / norm[kept, None]).T


def _up(sensors: Mapping[str, Samples]) -> Samples | None:
    """Return the world's up in the phone's axes, according to the quaternion."""
    orientation = sensors.get("Orientation")
    if orientation is None or not set(QUATERNION_AXES) <= set(orientation.axes):
        return None
    kept, (x, y, z, w) = _quaternion(orientation)
    # The last row of the rotation matrix.
    up = np.stack(
        [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)], axis=1
    )
    return replace(orientation.keep(kept), axes=("x", "y", "z"), values=up)


def _cosine(one: Samples | None, other: Samples | None) -> float:
    """Return the mean cosine of the angle between two vectors, NaN if one is missing."""
    if one is None or other is None or len(one) < 2 or len(other) < 2:
        return float("nan")
    epoch_ns = one.times_ns[0]
    times = (one.times_ns - epoch_ns) / 1e9
    others = (other.times_ns - epoch_ns) / 1e9
    # np.interp needs increasing times; faults of the clock are the Resampler's business.
    order = np.argsort(others, kind="stable")
    inside = (times >= others.min()) & (times <= others.max())
    if inside.sum() < 2:
        return float("nan")
    vectors = one.values[inside]
    reference = np.stack(
        [np.interp(times[inside], others[order], axis[order]) for axis in other.values.T],
        axis=1,
    )
    norms = np.linalg.norm(vectors, axis=1) * np.linalg.norm(reference, axis=1)
    known = norms > 1e-9
    if not known.any():
        return float("nan")
    return float(np.mean(np.sum(vectors * reference, axis=1)[known] / norms[known]))


def _name(apple: bool | None) -> str:
    return "those of iOS" if apple else "those of Android"


def _what(apple: bool | None) -> str:
    return (
        "; acceleration, yaw and pitch negated, g to m/s²"
        if apple
        else "; nothing to convert"
    )
