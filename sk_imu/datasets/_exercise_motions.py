"""The body in one repetition of an exercise: joint angles and the path of the hip.

Everything is a smooth closed form in ``u``, which runs from 0 to 1 during a repetition,
and starts and ends with the body at rest.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..recording import STANDARD_GRAVITY

Floats = NDArray[np.float64]
Pose = dict[str, Floats]

#: Coordinates of a pose, all 0 while standing: path of the hip in m, angles in rad.
COORDINATES = (
    "forward",
    "sideways",
    "height",
    "thigh_flexion",
    "thigh_abduction",
    "trunk_lean",
    "arm_flexion",
    "arm_abduction",
)

#: Lengths for a person of 1.75 m, from the segment lengths (0.245 and 0.246 of the body
#: height, 0.288 from hip to shoulder) in D. A. Winter (2009), fig. 4.1.
THIGH_M, SHANK_M, TRUNK_M = 0.429, 0.431, 0.504

#: Offset in m from the joint (hip or shoulder) to the phone, forward, outward and upward,
#: and the coordinates that rotate the segment that carries the phone.
PLACEMENTS: dict[str, tuple[tuple[float, float, float], str, str]] = {
    "front pocket": ((0.08, 0.06, -0.15), "thigh_flexion", "thigh_abduction"),
    "upper arm": ((0.0, 0.05, -0.15), "arm_flexion", "arm_abduction"),
    "waist": ((0.12, 0.08, 0.05), "", ""),
}


@dataclass(frozen=True)
class Exercise:
    """One exercise: the duration of a repetition, and the pose over time."""

    duration_s: float
    pose: Callable[[Floats, float, float], Pose]


def step(x: Floats) -> Floats:
    """Rise from 0 to 1 with x, with three continuous derivatives."""
    x = np.clip(x, 0.0, 1.0)
    return x**4 * (35 - 84 * x + 70 * x**2 - 20 * x**3)


def bump(u: Floats, begin: float = 0.0, end: float = 1.0, hold: float = 0.1) -> Floats:
    """Rise from 0 to 1, stay for the share ``hold``, and fall a little faster."""
    u = (u - begin) / (end - begin)
    turn = 0.52
    rise, fall = turn - hold / 2, 1 - turn - hold / 2
    return step(u / rise) * step((1 - u) / fall)


def _impact(u: Floats, at: float, duration_s: float, peak: float) -> Floats:
    """Return the small sinking of the leg when a foot lands, peak in m/s²."""
    length_s = 0.08
    # The largest second derivative of this bump is 30.05 at length 1.
    depth = peak * length_s**2 / 30.0
    share = length_s / duration_s
    return -depth * bump(u, at, at + share, hold=0.0)


def _squat(u: Floats, amplitude: float, duration_s: float) -> Pose:
    depth = amplitude * bump(u)
    thigh, shank = np.deg2rad(85) * depth, np.deg2rad(30) * depth
    # The foot does not move: shank and thigh rotate about ankle and knee.
    return {
        "forward": SHANK_M * np.sin(shank) - THIGH_M * np.sin(thigh),
        "height": SHANK_M * (np.cos(shank) - 1) + THIGH_M * (np.cos(thigh) - 1),
        "thigh_flexion": thigh,
        "trunk_lean": np.deg2rad(40) * depth,
        "arm_flexion": np.deg2rad(85) * depth,
    }


def _lunge(u: Floats, amplitude: float, duration_s: float) -> Pose:
    # The leg with the phone steps forward, the body sinks, and the leg pushes it back.
    step, sink = bump(u, 0.0, 1.0, 0.2), bump(u, 0.18, 0.9, 0.1)
    return {
        "forward": 0.40 * amplitude * step,
        "height": -0.33 * amplitude * sink + _impact(u, 0.3, duration_s, 8.0),
        "thigh_flexion": np.deg2rad(40) * amplitude * step
        + np.deg2rad(45) * amplitude * sink,
        "trunk_lean": np.deg2rad(8) * amplitude * sink,
        "arm_flexion": np.deg2rad(15) * amplitude * step,
    }


def _jumping_jack(u: Floats, amplitude: float, duration_s: float) -> Pose:
    flight_s = 0.17 * duration_s * amplitude
    contact_s = (duration_s - 2 * flight_s) / 3
    begins = np.cumsum([0.0, contact_s, flight_s, contact_s, flight_s]) / duration_s
    out = step((u - begins[1] * 0.7) / (begins[2] - begins[1] * 0.7))
    back = step((1 - u - begins[1] * 0.7) / (begins[2] - begins[1] * 0.7))
    arms = bump(u, 0.05, 0.95, hold=0.05)
    return {
        "height": _two_jumps(u * duration_s, flight_s, contact_s),
        "thigh_abduction": np.deg2rad(24) * amplitude * out * back,
        "thigh_flexion": np.deg2rad(12) * amplitude * bump(u, begins[2], begins[4]),
        "arm_abduction": np.deg2rad(150) * amplitude * arms,
    }


def _two_jumps(t: Floats, flight_s: float, contact_s: float) -> Floats:
    """Return the body's height during push-off, flight, bounce, flight and landing.

    In flight only gravity acts.  The push of the ground in units of the weight is
    (1 + cos πu) / 2 + a (1 - cos 2πu) / 2 - c sin 2πu before the first flight, the same
    reversed in time after the second, and b (1 - cos 2πu) / 2 between them.  a and b
    give the speed that the flight needs.  c makes the body dip first, so that it leaves
    the ground hardly higher than on tiptoe.
    """
    t = np.minimum(t, 2 * contact_s + 2 * flight_s + contact_s - t)  # symmetric in time
    g, speed = STANDARD_GRAVITY, STANDARD_GRAVITY * flight_s / 2
    a, b = 1 + flight_s / contact_s, 2 * (1 + flight_s / contact_s)
    c = 0.75 * 2 * np.pi * (a / 4 - 0.15 - 0.06 / (g * contact_s**2))

    def ramp(u: Floats) -> Floats:
        return u**2 / 4 - (1 - np.cos(np.pi * u)) / (2 * np.pi**2)

    def pulse(u: Floats) -> Floats:
        return u**2 / 4 - (1 - np.cos(2 * np.pi * u)) / (8 * np.pi**2)

    def dip(u: Floats) -> Floats:
        return u / (2 * np.pi) - np.sin(2 * np.pi * u) / (4 * np.pi**2)

    push = np.clip(t / contact_s, 0, 1)
    height = g * contact_s**2 * (a * pulse(push) - ramp(push) - c * dip(push))
    flight = np.clip(t - contact_s, 0, flight_s)
    height += speed * flight - g * flight**2 / 2
    bounce = np.maximum(t - contact_s - flight_s, 0) / contact_s
    height += g * contact_s**2 * (b * pulse(bounce) - bounce**2 / 2)
    height -= speed * contact_s * bounce
    return height


def _calf_raise(u: Floats, amplitude: float, duration_s: float) -> Pose:
    rise = amplitude * bump(u, hold=0.15)
    return {
        "forward": 0.03 * rise,
        "height": 0.08 * rise,
        "thigh_flexion": np.deg2rad(-3) * rise,
        "trunk_lean": np.deg2rad(2) * rise,
    }


def _high_knees(u: Floats, amplitude: float, duration_s: float) -> Pose:
    # One repetition is a step of each leg, that with the phone first.
    own, other = bump(u, 0.0, 0.5, 0.0), bump(u, 0.5, 1.0, 0.0)
    landings = _impact(u, 0.46, duration_s, 10.0) + _impact(u, 0.9, duration_s, 10.0)
    return {
        "height": 0.03 * amplitude * (own + other) + landings,
        "sideways": -0.02 * amplitude * (own - other),
        "thigh_flexion": np.deg2rad(75) * amplitude * own,
        "arm_flexion": np.deg2rad(25) * amplitude * (other - own),
    }


def _side_leg_raise(u: Floats, amplitude: float, duration_s: float) -> Pose:
    rise = amplitude * bump(u)
    return {
        "sideways": -0.06 * rise,
        "thigh_abduction": np.deg2rad(38) * rise,
        "arm_abduction": np.deg2rad(20) * rise,
    }


EXERCISES: dict[str, Exercise] = {
    "calf_raise": Exercise(1.8, _calf_raise),
    "high_knees": Exercise(1.1, _high_knees),
    "jumping_jack": Exercise(1.3, _jumping_jack),
    "lunge": Exercise(2.8, _lunge),
    "side_leg_raise": Exercise(2.0, _side_leg_raise),
    "squat": Exercise(2.6, _squat),
}
