"""Mirror recordings of one side of the body onto the other."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, ClassVar, Literal, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from .._atomic import fit_context
from .._sklearn import StrOptions
from ..recording import (
    QUATERNION_AXES,
    SENSOR_AXES,
    Recording,
    SensorStream,
    channel_name,
    mirror_signs,
)
from ..validation import SeriesOutputMixin, check_recordings, is_raw

Floats = NDArray[np.float64]


class CanonicalSide(SeriesOutputMixin, TransformerMixin, BaseEstimator):
    """Mirror recordings of one side of the body onto the other.

    A watch on the left wrist measures the mirror image of what one on the right wrist
    measures. Mirrored onto one side, a model learns each exercise from both arms, or both
    trouser pockets, at once. Only ``Recording.side`` is read, never the label or the
    subject. It comes before the Resampler: ``make_pipeline(CanonicalSide(), Resampler())``.

    Parameters
    ----------
    onto : {"left", "right"}, default="right"
        The side onto which recordings of the other side are mirrored.
    mirror_axis : {"x", "y", "z"}, default="x"
        The axis of the device that the mirror reverses: ``"x"`` for a watch, whose x runs
        along the forearm, and for a phone carried upright with its screen towards the body
        or away from it; ``"z"`` for one whose screen faces the side.
    unknown : {"raise", "keep"}, default="raise"
        What to do with a sensor or an axis whose mirroring is unknown: refuse the
        recording, or leave these values as they are and add a note. The latter is right
        for values without a direction, such as air pressure or pulse, and for sensors that
        the ``channels`` of the Resampler leave out.

    Attributes
    ----------
    n_recordings_ : int
        Number of recordings given to ``fit``.
    n_mirrored_ : int
        Number of those that are mirrored.
    n_unknown_side_ : int
        Number of those whose ``side`` is None: they are left as they are.

    Raises
    ------
    ValueError
        If a parameter is out of its range, X holds anything but Recordings, or one to be
        mirrored has a sensor or an axis whose mirroring is unknown, unless
        ``unknown="keep"``.

    See Also
    --------
    Resampler : Bring the streams onto one clock.

    Notes
    -----
    Acceleration and gravity change their sign along the mirror axis. Angular rate, which is
    a pseudovector, changes it along the other two. A rotation R from the device to the
    world becomes W R M, where M mirrors the device and W the world. Up must stay up, so W
    mirrors a horizontal axis: that of the device's letter, or x where that is z.

    The earth's magnetic field is not mirrored: a mirrored person still moves in the field
    of the same place. Magnetometer therefore changes like gravity, which keeps its angle
    with gravity (as a pseudovector it would point up in the north and down in the south).

    Mirroring from left onto right and back gives the original values.

    Examples
    --------
    >>> from sk_imu import CanonicalSide, Recording, SensorStream
    >>> left = Recording(
    ...     {
    ...         "TotalAcceleration": SensorStream([0.0, 0.02], [[-9.0, 3.0, 1.0]] * 2),
    ...         "Gyroscope": SensorStream([0.0, 0.02], [[0.1, 0.2, 0.3]] * 2),
    ...     },
    ...     side="left",
    ... )
    >>> side = CanonicalSide().fit([left])
    >>> side.n_mirrored_
    1
    >>> (right,) = side.transform([left])
    >>> right.side, right.notes
    ('right', ('Mirrored from left onto right along x.',))
    >>> right.streams["TotalAcceleration"].values[0]
    array([9., 3., 1.])
    >>> right.streams["Gyroscope"].values[0]
    array([ 0.1, -0.2, -0.3])
    """

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        "onto": [StrOptions({"left", "right"})],
        "mirror_axis": [StrOptions({"x", "y", "z"})],
        "unknown": [StrOptions({"raise", "keep"})],
    }

    def __init__(
        self,
        *,
        onto: Literal["left", "right"] = "right",
        mirror_axis: Literal["x", "y", "z"] = "x",
        unknown: Literal["raise", "keep"] = "raise",
    ) -> None:
        self.onto = onto
        self.mirror_axis = mirror_axis
        self.unknown = unknown

    @fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: Any, y: Any = None) -> Self:
        """Count the sides and check the recordings to mirror; nothing is learned.

        Parameters
        ----------
        X : list of Recording
            The sets.
        y : object, default=None
            Ignored.

        Returns
        -------
        self : CanonicalSide
            The fitted transformer.
        """
        recordings = self._check(X)
        sides = [recording.side for recording in recordings]
        self.n_recordings_ = len(sides)
        self.n_unknown_side_ = sides.count(None)
        self.n_mirrored_ = len(sides) - self.n_unknown_side_ - sides.count(self.onto)
        return self

    def transform(self, X: Any) -> list[Recording]:
        """Mirror the recordings of the other side.

        Parameters
        ----------
        X : list of Recording
            The sets.

        Returns
        -------
        X_new : list of Recording
            Mirrored copies, with ``onto`` as their ``side`` and a note; the others as they
            are.
        """
        check_is_fitted(self)
        return [
            self._mirror(recording) if self._is_other(recording) else recording
            for recording in self._check(X)
        ]

    def _is_other(self, recording: Recording) -> bool:
        # If the side is unknown, mirroring would be a guess.
        return recording.side not in (None, self.onto)

    def _check(self, X: Any) -> list[Recording]:
        if len(X) and not is_raw(X):
            raise ValueError(
                "CanonicalSide needs a list of Recordings because arrays have no side. Put "
                "it in front of the Resampler."
            )
        recordings = check_recordings(X, estimator=self)
        for row, recording in enumerate(recordings):
            if not self._is_other(recording):
                continue
            for sensor, stream in recording.streams.items():
                self._check_stream(sensor, stream, f"row {row} of X ({recording.name})")
        return recordings

    def _check_stream(self, sensor: str, stream: SensorStream, where: str) -> None:
        unknown = _unknown_axes(sensor, stream)
        if unknown and self.unknown == "raise":
            raise ValueError(
                f"CanonicalSide: {where}: the mirroring of the sensor {sensor!r} with the "
                f"axes {', '.join(unknown)} is unknown. Set unknown='keep' if it has no "
                "direction or the Resampler leaves it out, or rename it if it is one of "
                f"{', '.join(SENSOR_AXES)}."
            )
        # Along x and y each component only changes its sign; along z they change places.
        some = set(stream.axes) & set(QUATERNION_AXES)
        if self.mirror_axis == "z" and 0 < len(some) < len(QUATERNION_AXES):
            raise ValueError(
                f"CanonicalSide: {where}: mirroring along z needs all of "
                f"{', '.join(QUATERNION_AXES)}, but the sensor {sensor!r} has only "
                f"{', '.join(sorted(some))}. Remove it from the recording's streams."
            )

    def _mirror(self, recording: Recording) -> Recording:
        streams = {
            sensor: replace(stream, values=_mirrored(sensor, stream, self.mirror_axis))
            for sensor, stream in recording.streams.items()
        }
        note = f"Mirrored from {recording.side} onto {self.onto} along {self.mirror_axis}"
        kept = [
            channel_name(sensor, axis)
            for sensor, stream in recording.streams.items()
            for axis in _unknown_axes(sensor, stream)
        ]
        # So that a kept value that has a direction after all can be found later.
        note += f", except {', '.join(kept)}." if kept else "."
        notes = (*recording.notes, note)
        return replace(recording, streams=streams, side=self.onto, notes=notes)


def _unknown_axes(sensor: str, stream: SensorStream) -> list[str]:
    """Return the axes of a stream whose mirroring is unknown."""
    return [axis for axis in stream.axes if axis not in SENSOR_AXES.get(sensor, ())]


def _mirrored(sensor: str, stream: SensorStream, mirror_axis: str) -> Floats:
    """Return the mirrored values of a stream."""
    values = stream.values.copy()
    unknown = _unknown_axes(sensor, stream)
    for column, axis in enumerate(stream.axes):
        if axis in unknown:
            continue
        if sensor == "Orientation":
            # From the old values, because components that change places overwrite each
            # other in the new ones.
            source, change = _ATTITUDE[mirror_axis].get(axis, (axis, np.positive))
            values[:, column] = change(stream.values[:, stream.axes.index(source)])
        else:
            values[:, column] *= mirror_signs(sensor, mirror_axis).get(axis, 1)
    return values


def _turned_half(angle: Floats) -> Floats:
    """Return π minus an angle, in (-π, π]."""
    return np.where(angle < 0, -np.pi, np.pi) - angle


# From which axis of the old attitude each axis comes, and how; the others stay. If W = M
# in W R M, the quaternion's vector part is a pseudovector. For z, where W mirrors x, W R M
# is W R W times half a turn about y, and Hamilton's product with that only swaps
# components. The Euler angles are turns about z, x and y (yaw, pitch, roll) in that order,
# so each is a pseudovector's component, and the half turn adds to the last.
_ATTITUDE: dict[str, dict[str, tuple[str, Callable[[Floats], Floats]]]] = {
    "x": {axis: (axis, np.negative) for axis in ("qy", "qz", "roll", "yaw")},
    "y": {axis: (axis, np.negative) for axis in ("qx", "qz", "pitch", "yaw")},
    "z": {
        "qx": ("qz", np.positive),
        "qy": ("qw", np.positive),
        "qz": ("qx", np.positive),
        "qw": ("qy", np.positive),
        "roll": ("roll", _turned_half),
        "yaw": ("yaw", np.negative),
    },
}
