"""The exact motion of a phone, from which its sensors' values follow."""

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import BSpline, make_interp_spline
from scipy.spatial.transform import Rotation

from ..recording import STANDARD_GRAVITY
from ._exercise_motions import PLACEMENTS, TRUNK_M, Pose

Floats = NDArray[np.float64]

#: From the middle of the body to hip and shoulder, in m.
HIP_M, SHOULDER_M = 0.09, 0.20


class PhoneMotion:
    """The position and attitude of a phone over time, and their derivatives.

    Both are quintic splines. Acceleration and angular rate are their exact derivatives, so
    all sensors agree at every moment.

    The world has two horizontal axes and up. A part of the body has the axes forward, left
    and up (along it); ``Rz(heading) Ry(pitch) Rx(roll)`` rotates them into those of the
    world. ``pose`` holds the body's coordinates and its ``heading``, in m and rad;
    ``mount`` rotates the phone's axes into those of the part of the body that carries it.
    """

    def __init__(
        self, times_s: Floats, pose: Pose, placement: str, side: str, mount: Rotation
    ) -> None:
        outward = 1.0 if side == "left" else -1.0
        (ahead, out, up), flexion, abduction = PLACEMENTS[placement]
        nothing = np.zeros(len(times_s))
        # Bending a thigh or an arm forward rotates its upward axis backward.
        pitch = -pose[flexion] if flexion else pose["trunk_lean"]
        roll = outward * pose[abduction] if abduction else nothing
        joint = np.stack([pose["forward"], outward * pose["sideways"], pose["height"]], 1)
        if placement == "upper arm":
            trunk = Rotation.from_euler("Y", pose["trunk_lean"][:, np.newaxis])
            joint = joint + trunk.apply([0.0, outward * SHOULDER_M, TRUNK_M])
        else:
            joint = joint + np.array([0.0, outward * HIP_M, 0.0])
        part = Rotation.from_euler("YX", np.stack([pitch, roll], 1))
        # Heading comes last, about the world's vertical through the body.
        inside = joint + part.apply([ahead, outward * out, up])
        turn = Rotation.from_euler("Z", pose["heading"][:, np.newaxis])
        angles = np.stack([pose["heading"], pitch, roll], 1)
        self._position: BSpline = make_interp_spline(times_s, turn.apply(inside), k=5)
        self._angles: BSpline = make_interp_spline(times_s, angles, k=5)
        self._mount = mount

    def position_m(self, times_s: Floats) -> Floats:
        """Return the phone's position in the world, of shape (n_times, 3)."""
        return np.asarray(self._position(times_s))

    def attitude(self, times_s: Floats) -> Rotation:
        """Return the rotation from the phone's axes to the world's at each time."""
        return Rotation.from_euler("ZYX", self._angles(times_s)) * self._mount

    def angular_rate(self, times_s: Floats) -> Floats:
        """Return the angular rate in rad/s along the phone's axes, (n_times, 3)."""
        _, pitch, roll = self._angles(times_s).T
        heading_rate, pitch_rate, roll_rate = self._angles(times_s, nu=1).T
        part = [
            roll_rate - heading_rate * np.sin(pitch),
            pitch_rate * np.cos(roll) + heading_rate * np.sin(roll) * np.cos(pitch),
            heading_rate * np.cos(roll) * np.cos(pitch) - pitch_rate * np.sin(roll),
        ]
        return np.asarray(self._mount.inv().apply(np.stack(part, 1)))

    def world_acceleration(self, times_s: Floats) -> Floats:
        """Return the acceleration in m/s² along the world's axes, (n_times, 3)."""
        return np.asarray(self._position(times_s, nu=2))

    def specific_force(self, times_s: Floats) -> Floats:
        """Return what an accelerometer measures, +g upward at rest, (n_times, 3)."""
        force = self.world_acceleration(times_s) + np.array([0.0, 0.0, STANDARD_GRAVITY])
        return np.asarray(self.attitude(times_s).inv().apply(force))
