"""What sensors of phones and watches may measure: one table for all readers.

Whatever app a file comes from, values and clock of each sensor are held against this
table.  What no sensor can measure is refused; what hardly any does is a doubt, which
names the unit that fits.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ..recording import (
    EULER_AXES,
    GRAVITY_SENSORS,
    QUATERNION_AXES,
    SENSOR_UNITS,
    STANDARD_GRAVITY,
    usual_interval,
)
from ._timestamps import TIME_UNITS, Samples

Floats = NDArray[np.float64]

#: Units that files have in place of the package's, in lower case, and their factors.
UNITS = {
    "m/s²": {
        **dict.fromkeys(("m/s²", "m/s^2", "m/(s^2)", "m/s2", "m/s/s", "ms-2"), 1.0),
        "g": STANDARD_GRAVITY,
        "mg": STANDARD_GRAVITY / 1000,
    },
    "rad/s": {
        "rad/s": 1.0,
        **dict.fromkeys(("deg/s", "°/s", "dps", "deg/sec"), np.pi / 180),
        "mdeg/s": np.pi / 180_000,
        "mrad/s": 1e-3,
    },
    "rad": {"rad": 1.0, **dict.fromkeys(("deg", "°"), np.pi / 180)},
    # Unicode has two signs that look like µ.
    "µT": {
        **dict.fromkeys(("µt", "μt", "ut"), 1.0),
        "mt": 1000.0,
        "nt": 1e-3,
        "t": 1e6,
        **dict.fromkeys(("gauss", "g"), 100.0),
        "mgauss": 0.1,
    },
}
_SHOWN = {"mt": "mT", "nt": "nT", "t": "T"}
#: Sampling rates of motion sensors in hertz.
_RATES_HZ = (2.0, 2000.0)


@dataclass(frozen=True)
class _Plausible:
    """What a sensor may measure, in the package's unit.

    ``norms`` are the least and the largest plausible median of the vector's length,
    ``peak`` is the largest plausible value, and beyond ``limit`` values are refused.
    """

    norms: tuple[float, float] = (0.0, np.inf)
    peak: float = np.inf
    limit: float = np.inf
    what: str = field(default="", kw_only=True)


_UPRIGHT = _Plausible(
    # Held in a hand that moves hard, gravity and movement still average to about 1 g.
    (0.8 * STANDARD_GRAVITY, 1.2 * STANDARD_GRAVITY),
    limit=4000.0,
    what="about 9.81",
)
_TURNING = _Plausible(
    # Two turns a second all the time, and the full scale of gyroscopes, 2000 °/s.
    (0.0, 12.0),
    peak=36.0,
    limit=200.0,
    what="at most 12, or 36 at its peak",
)
_TABLE = {
    **dict.fromkeys(GRAVITY_SENSORS, _UPRIGHT),
    "Accelerometer": _Plausible((0.0, 100.0), limit=4000.0, what="at most 100"),
    "Gyroscope": _TURNING,
    "GyroscopeUncalibrated": _TURNING,
    # The earth's field is 25 to 65 µT; iron and magnets are near.
    "Magnetometer": _Plausible((2.0, 2000.0), limit=1e5, what="25 to 65"),
    # Uncalibrated, it holds the field of the device itself.
    "MagnetometerUncalibrated": _Plausible((2.0, 2e4), limit=1e5, what="25 to 2000"),
}


def fits(sensor: str, samples: Samples, factor: float = 1.0) -> bool:
    """Return whether the sensor's values, times a factor, have a plausible length."""
    low, high = _TABLE[sensor].norms
    return bool(low <= factor * median_norm(samples) <= high)


def median_norm(samples: Samples) -> float:
    """Return the median length of the vector, NaN without any complete one."""
    norms = _norms(samples)
    return float(np.median(norms)) if len(norms) else float("nan")


def check_plausible(sensors: Mapping[str, Samples], time_unit: str | None) -> list[str]:
    """Return notes on implausible values; raise a ValueError for impossible ones.

    Samples are cleaned and in the package's units. ``time_unit`` is that in which the times
    were read, None if it is certain.
    """
    notes: list[str] = []
    for sensor, samples in sensors.items():
        if sensor == "Orientation":
            notes += _check_orientation(samples)
        else:
            check_limit(sensor, samples)
            notes += _check_values(sensor, samples)
    return [*notes, *_check_clock(sensors, time_unit)]


def check_limit(sensor: str, samples: Samples) -> None:
    """Raise a ValueError if a value is beyond what any sensor measures."""
    limit, unit = _TABLE[sensor].limit, SENSOR_UNITS[sensor]
    wrong = np.abs(samples.values) > limit
    if wrong.any():
        raise _beyond(
            sensor, samples, wrong, f"{limit:g} {unit}", _fitting(sensor, samples)
        )


def _beyond(
    sensor: str, samples: Samples, wrong: NDArray[np.bool_], limit: str, fitting: str
) -> ValueError:
    row, column = np.argwhere(wrong)[0]
    return ValueError(
        f"{samples.where(int(row))}, {sensor} {samples.axes[column]}: "
        f"{samples.values[row, column]:.6g} is beyond what any phone measures "
        f"({limit}). The number or its unit is damaged{fitting}: correct it, or export "
        "the recording again."
    )


def _check_values(sensor: str, samples: Samples) -> list[str]:
    """Return a doubt if values are not of the sensor and unit that they are said to be."""
    row, unit = _TABLE[sensor], SENSOR_UNITS[sensor]
    if len(samples.axes) < 3:  # one axis of a vector has no length
        low, high = 0.0, row.norms[1]
    else:
        low, high = row.norms
    norms = _norms(samples)
    if not len(norms):
        return []
    median = float(np.median(norms))
    peak = float(np.max(np.abs(samples.values), initial=0.0, where=_known(samples)))
    fitting = _fitting(sensor, samples)
    if sensor == "Accelerometer" and (held := _held_gravity(samples, norms)):
        return [
            f"IMPLAUSIBLE: Accelerometer has a steady length of {median:.3g} m/s², as if "
            f"it held gravity{held}. Movement alone does not: check the columns and, if "
            "so, read them as TotalAcceleration."
        ]
    if low <= median <= high and peak <= row.peak:
        return []
    found = f"median norm of {median:.3g}" if peak <= row.peak else f"peak of {peak:.3g}"
    return [
        f"IMPLAUSIBLE: {sensor} has a {found} {unit} instead of {row.what}: wrong "
        f"unit{fitting}, hard movement, or no physical sensor."
    ]


def _fitting(sensor: str, samples: Samples) -> str:
    """Return which units the values would fit, the best one first, in words or nothing."""
    row, median = _TABLE[sensor], median_norm(samples)
    peak = float(np.max(np.abs(samples.values), initial=0.0, where=_known(samples)))
    named: dict[float, str] = {}
    for unit, factor in UNITS[SENSOR_UNITS[sensor]].items():
        # Without a least norm, the smallest unit would always fit.
        usual = (row.norms[0] > 0 or factor * peak > 1) and factor * peak <= row.peak
        if factor != 1 and usual and fits(sensor, samples, factor):
            named.setdefault(factor, unit)
    if not named:
        return ""
    # The geometric middle, because units differ by factors; 1 without a least norm.
    middle = np.sqrt(row.norms[0] * row.norms[1]) or 1.0
    best = sorted(named, key=lambda factor: abs(np.log(factor * median / middle)))
    shown = " or ".join(_SHOWN.get(named[factor], named[factor]) for factor in best[:2])
    return f" (it would fit {shown})"


def _held_gravity(samples: Samples, norms: Floats) -> str:
    """Return the unit of gravity that movement alone seems to hold, or nothing."""
    if len(samples.axes) < 3 or len(norms) < 10:
        return ""
    low, middle, high = np.percentile(norms, [25, 50, 75])
    mean = np.linalg.norm(np.nanmean(samples.values, axis=0))
    # Movement changes in length all the time and averages to nothing.
    spread = (high - low) / middle if middle > 0 else np.inf
    for unit, gravity in (("", STANDARD_GRAVITY), (" in g", 1.0)):
        near = abs(middle / gravity - 1)
        if near < 0.15 and spread < 0.15:
            return unit or " in m/s²"
        if not unit and near < 0.3 and mean > 0.6 * gravity:
            return " in m/s²"
    return ""


def _check_orientation(samples: Samples) -> list[str]:
    wrong = np.zeros(samples.values.shape, bool)
    angles = [i for i, axis in enumerate(samples.axes) if axis in EULER_AXES]
    quaternion = [i for i, axis in enumerate(samples.axes) if axis in QUATERNION_AXES]
    wrong[:, angles] = np.abs(samples.values[:, angles]) > 2 * np.pi + 0.01
    if quaternion:
        norm = np.linalg.norm(samples.values[:, quaternion], axis=1)
        # All zeros is a missing rotation, which is the Resampler's business.
        wrong[:, quaternion[0]] = (np.abs(norm - 1) > 0.05) & (norm > 0)
    n_wrong = int(wrong.any(axis=1).sum())
    if n_wrong > len(samples) // 2:  # another unit or meaning rather than damage
        return [
            f"IMPLAUSIBLE: {n_wrong} of {len(samples)} rows of Orientation do not "
            "hold a unit quaternion, or hold angles beyond 2π rad (are they in deg?). "
            "They stay so."
        ]
    if wrong.any():
        limit = "1 for a quaternion's length, or 2π rad for an angle"
        raise _beyond("Orientation", samples, wrong, limit, "")
    return []


def _check_clock(sensors: Mapping[str, Samples], time_unit: str | None) -> list[str]:
    """Return a doubt on clocks that run at no rate of a sensor."""
    found: dict[str, str] = {}
    for sensor, samples in sensors.items():
        if len(samples) < 3:
            continue
        interval_s = usual_interval(
            np.sort(samples.times_ns - samples.times_ns.min()) / 1e9
        )
        rate_hz = 1 / interval_s if interval_s > 0 else np.inf
        low, high = _RATES_HZ
        if low <= rate_hz <= high:
            continue
        found[sensor] = f"{rate_hz:.3g} Hz{_fitting_unit(rate_hz, time_unit)}"
    if not found:
        return []
    return [
        f"IMPLAUSIBLE: the clock of {', '.join(found)} gives {next(iter(found.values()))}; "
        "sensors of phones and watches give 5 to 1000 Hz. The times may be in another "
        "unit, their commas may be thousands separators, or the app was set to that "
        "rate."
    ]


def _fitting_unit(rate_hz: float, time_unit: str | None) -> str:
    """Return the unit of time that would give a plausible rate, in words, or nothing."""
    for unit, factor in TIME_UNITS.items() if time_unit else ():
        fitting_hz = rate_hz * TIME_UNITS[time_unit or unit] / factor
        if _RATES_HZ[0] <= fitting_hz <= _RATES_HZ[1]:
            return f" (time_unit={unit!r} would give {fitting_hz:.3g} Hz)"
    return ""


def _known(samples: Samples) -> NDArray[np.bool_]:
    return ~np.isnan(samples.values)


def _norms(samples: Samples) -> Floats:
    with np.errstate(over="ignore"):  # damaged numbers may be beyond any square
        norms = np.linalg.norm(samples.values, axis=1)
    return norms[~np.isnan(norms)]
