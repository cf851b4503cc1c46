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

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ..recording import (
    EULER_AXES,
    GRAVITY_SENSORS,
    QUATERNION_AXES,
    SENSOR_AXES,
    SENSOR_UNITS,
    STANDARD_GRAVITY,
)
from ._timestamps import Samples

__all__ = [
    "FLIPPED",
    "Convention",
    "check_conventions",
    "check_plausible",
    "decide_convention",
]

Floats = NDArray[np.float64]

#: Axes with the opposite sign on iOS, unless the app standardises them.
FLIPPED = {
    sensor: SENSOR_AXES[sensor] for sensor, unit in SENSOR_UNITS.items() if unit == "m/s²"
}
FLIPPED["Orientation"] = ("pitch", "yaw")
#: Median norms of acceleration with gravity that can only be in g, or only in m/s².
_IN_G = (0.7, 1.5)
_IN_SI = (6.0, 15.0)
#: Largest value of each unit that a sensor of a phone may give.
_LIMITS = {"m/s²": 4000.0, "rad/s": 200.0, "µT": 1e5}


@dataclass(frozen=True)
class Convention:
    """How a file's acceleration and angles are written.

    ``apple`` is whether signs are those of iOS; None if unknown, and then they stay.
    """

    apple: bool | None
    in_g: bool
    named_by: str

    def apply(self, sensor: str, samples: Samples) -> Samples:
        """Return a sensor's samples in the package's convention."""
        values = samples.values.copy()
        if self.apple:
            flipped = FLIPPED.get(sensor, ())
            values *= [-1.0 if axis in flipped else 1.0 for axis in samples.axes]
        if sensor == "AccelerometerUncalibrated" and self.in_g:
            values *= STANDARD_GRAVITY
        return replace(samples, values=values)


def decide_convention(
    sensors: Mapping[str, Samples],
    platform: str | None,
    standardised: bool,
    named_by: str,
    orientation_header: list[str],
) -> tuple[Convention, list[str]]:
    """Decide how signs and units are written, by the platform or else by the data.

    Returns
    -------
    convention : Convention
        The convention to apply.
    notes : list of str
        How it was decided.
    """
    if platform is not None:
        apple = platform == "ios" and not standardised
        how = f"signs and units: {_name(apple)} according to {named_by}"
        return Convention(apple, apple, named_by), [f"{how}{_what(apple)}."]
    if not FLIPPED.keys() & sensors.keys():
        return Convention(None, False, "nothing"), []
    votes = _evidence(sensors)
    names = ", ".join(name for _, name in votes)
    # Only this sensor is in g on iOS, and only its norm shows it.
    in_g = any(name == "AccelerometerUncalibrated in g" for _, name in votes)
    verdicts = {apple for apple, _ in votes}
    if len(verdicts) == 1:
        apple = verdicts.pop()
        return Convention(apple, in_g, names), [
            f"no platform is named; signs and units: {_name(apple)} according to the data "
            f"({names}){_what(apple)}."
        ]
    if verdicts:
        return Convention(None, in_g, names), [
            "CONTRADICTION: no platform is named, and the data indicate both iOS and "
            f"Android ({names}). Signs stay as recorded; give platform= to "
            "read_sensor_logger."
        ]
    hints = _hints(sensors, orientation_header)
    return Convention(None, False, "nothing"), [
        f"UNDECIDED: no platform is named and no value indicates it{hints}. Signs and "
        "units stay as recorded, which is right for Android; for iOS give platform='ios' "
        "to read_sensor_logger."
    ]


def check_conventions(sensors: Mapping[str, Samples]) -> list[str]:
    """Compare converted sensors with each other.

    Returns
    -------
    notes : list of str
        One for each contradiction, which is only reported.
    """
    notes: list[str] = []
    for sensor in GRAVITY_SENSORS:
        if sensor not in sensors:
            continue
        norm = _median_norm(sensors[sensor])
        if not abs(norm - STANDARD_GRAVITY) < 0.2 * STANDARD_GRAVITY:
            notes.append(
                f"IMPLAUSIBLE: {sensor} has a median norm of {norm:.3g} m/s² instead of "
                "about 9.81: wrong unit, hard movement, or no physical sensor."
            )
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


def check_plausible(sensor: str, samples: Samples) -> list[str]:
    """Refuse impossible values; return notes on an orientation of unknown meaning.

    Raises
    ------
    ValueError
        If a value is beyond what any sensor measures.  The message names file, row and
        axis.
    """
    unit = SENSOR_UNITS[sensor]
    limit = _LIMITS.get(unit, np.inf)
    wrong = np.abs(samples.values) > limit
    if sensor == "Orientation":
        angles = [i for i, axis in enumerate(samples.axes) if axis in EULER_AXES]
        quaternion = [i for i, axis in enumerate(samples.axes) if axis in QUATERNION_AXES]
        wrong[:, angles] = np.abs(samples.values[:, angles]) > 2 * np.pi + 0.01
        if quaternion:
            norm = np.linalg.norm(samples.values[:, quaternion], axis=1)
            # All zeros is a missing rotation, which is the Resampler's business.
            wrong[:, quaternion[0]] = (np.abs(norm - 1) > 0.05) & (norm > 0)
        limit, unit = 1.0, "for a quaternion's length, or 2π rad for an angle"
        n_wrong = int(wrong.any(axis=1).sum())
        if n_wrong > len(samples) // 2:  # another unit or meaning rather than damage
            return [
                f"IMPLAUSIBLE: {n_wrong} of {len(samples)} rows of Orientation do not "
                "hold a unit quaternion, or hold angles beyond 2π rad. They stay so."
            ]
    if wrong.any():
        row, column = np.argwhere(wrong)[0]
        raise ValueError(
            f"{samples.where(int(row))}, {sensor} {samples.axes[column]}: "
            f"{samples.values[row, column]:.6g} is beyond what any phone measures "
            f"({limit:g} {unit}). The number or its unit is damaged: export the recording "
            "again."
        )
    return []


def _evidence(sensors: Mapping[str, Samples]) -> list[tuple[bool, str]]:
    """Return what indicates the convention: whether it is iOS's, and the evidence."""
    votes: list[tuple[bool, str]] = []
    for sensor in GRAVITY_SENSORS:
        cosine = _cosine(sensors.get(sensor), _up(sensors))
        # Gravity alone must follow the attitude closely; the others hold movement, too.
        if abs(cosine) > (0.9 if sensor == "Gravity" else 0.5):
            votes.append((cosine < 0, f"{sensor} against Orientation"))
    if "AccelerometerUncalibrated" in sensors:
        norm = _median_norm(sensors["AccelerometerUncalibrated"])
        if _IN_G[0] < norm < _IN_G[1]:
            votes.append((True, "AccelerometerUncalibrated in g"))
        elif _IN_SI[0] < norm < _IN_SI[1]:
            votes.append((False, "AccelerometerUncalibrated in m/s²"))
    for sign, apple in ((1.0, False), (-1.0, True)):
        # Angles near zero fit both signs: one must fit well and the other badly.
        cosines = _euler_cosines(sensors.get("Orientation"), sign)
        other = _euler_cosines(sensors.get("Orientation"), -sign)
        if cosines and min(cosines.values()) > 0.99 and min(other.values()) < 0.9:
            votes.append((apple, "yaw and pitch against the quaternion"))
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
    kept = norm > 0.5
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


def _median_norm(samples: Samples) -> float:
    norms = np.linalg.norm(samples.values, axis=1)
    known = ~np.isnan(norms)
    return float(np.median(norms[known])) if known.any() else float("nan")


def _name(apple: bool | None) -> str:
    return "those of iOS" if apple else "those of Android"


def _what(apple: bool | None) -> str:
    return (
        "; acceleration, yaw and pitch negated, g to m/s²"
        if apple
        else "; nothing to convert"
    )
