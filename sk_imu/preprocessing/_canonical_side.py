"""Make recordings of the left and the right side of the body look alike."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, ClassVar, Literal, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from .._sklearn import StrOptions, fit_context
from ..recording import (
    QUATERNION_AXES,
    SENSOR_AXES,
    Recording,
    SensorStream,
    channel_name,
    mirror_signs,
)
from ..validation import SeriesOutputMixin, check_recordings, is_raw

__all__ = ["CanonicalSide"]

Floats = NDArray[np.float64]


class CanonicalSide(SeriesOutputMixin, TransformerMixin, BaseEstimator):
    """Mirror recordings of one side of the body onto the other.

    A watch on the left wrist measures what one on the right wrist would measure in a
    mirror.  Undoing that lets a model learn from both arms, or both trouser pockets, what
    it otherwise would have to learn twice.  Only ``Recording.side`` is looked at, never
    the label or the subject.  The steps after it need nothing but to follow:
    ``make_pipeline(CanonicalSide(), Resampler(), ...)``.

    Parameters
    ----------
    onto : {"left", "right"}, default="right"
        The side that all recordings shall look like; those of the other are mirrored.
    mirror_axis : {"x", "y", "z"}, default="x"
        The axis of the device that the mirror turns round: ``"x"`` for a watch, whose x
        runs along the forearm, and for a phone that is carried upright with its screen
        towards the body or away from it; ``"z"`` for one whose screen faces the side.
    unknown : {"raise", "keep"}, default="raise"
        What to do with a sensor or an axis of which is not known how it is mirrored:
        refuse the recording, or leave these values as they are and say so in its notes.
        That is right for what has no direction, such as air pressure or pulse, and does
        no harm where the ``channels`` of the Resampler leave the sensor out.

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
        mirrored has a sensor or an axis of which is not known how it is mirrored, unless
        ``unknown="keep"``.

    See Also
    --------
    Resampler : Bring the streams onto one clock.

    Notes
    -----
    Along the mirror axis acceleration and gravity change their sign; angular rate, which
    counts turns and so is a pseudovector, changes it along the two others.  A rotation R
    from the device to the world becomes W R M, where M mirrors the device and W the
    world.  The world must keep its up, so W mirrors a horizontal axis: the one of the
    device's letter, or x where that is z.

    The earth's magnetic field does not take part: a mirrored person still moves in the
    field of the same place.  Magnetometer is therefore mirrored as the fixed directions
    are, like gravity, which keeps the field's angle with it (as a pseudovector it would
    point up in the north and down in the south).

    Twice is nothing: from left onto right and back onto left gives the same values.

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
        """Count the sides and check what is to be mirrored; nothing is learnt.

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
            Mirrored copies, whose ``side`` is ``onto`` and whose ``notes`` tell of it;
            the others as they are.
        """
        check_is_fitted(self)
        return [
            self._mirror(recording) if self._is_other(recording) else recording
            for recording in self._check(X)
        ]

    def _is_other(self, recording: Recording) -> bool:
        return recording.side not in (None, self.onto)

    def _check(self, X: Any) -> list[Recording]:
        if len(X) and not is_raw(X):
            raise ValueError(
                "CanonicalSide needs a list of Recordings, for nothing else knows its "
                "side. Put it in front of the Resampler."
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
                f"CanonicalSide: {where}: how the sensor {sensor!r} with the axes "
                f"{', '.join(unknown)} is mirrored is not known. Set unknown='keep' if it "
                "has no direction or the Resampler leaves it out; or name it as one of "
                f"{', '.join(SENSOR_AXES)} if it is one."
            )
        some = set(stream.axes) & set(QUATERNION_AXES)
        if self.mirror_axis == "z" and 0 < len(some) < len(QUATERNION_AXES):
            raise ValueError(
                f"CanonicalSide: {where}: along z a quaternion is mirrored with all of "
                f"{', '.join(QUATERNION_AXES)} only, sensor {sensor!r} has "
                f"{', '.join(sorted(some))}. Take it out of the recording's streams."
            )

    def _mirror(self, recording: Recording) -> Recording:
        streams = {
            sensor: SensorStream(
                stream.timestamps_s,
                _mirrored(sensor, stream, self.mirror_axis),
                stream.axes,
            )
            for sensor, stream in recording.streams.items()
        }
        note = f"Mirrored from {recording.side} onto {self.onto} along {self.mirror_axis}"
        kept = [
            channel_name(sensor, axis)
            for sensor, stream in recording.streams.items()
            for axis in _unknown_axes(sensor, stream)
        ]
        note += f", but for {', '.join(kept)}." if kept else "."
        notes = (*recording.notes, note)
        return replace(recording, streams=streams, side=self.onto, notes=notes)


def _unknown_axes(sensor: str, stream: SensorStream) -> list[str]:
    """Return the axes of a stream of which is not known how they are mirrored."""
    return [axis for axis in stream.axes if axis not in SENSOR_AXES.get(sensor, ())]


def _mirrored(sensor: str, stream: SensorStream, mirror_axis: str) -> Floats:
    """Return a stream's values as they are in the mirror."""
    values = stream.values.copy()
    unknown = _unknown_axes(sensor, stream)
    for column, axis in enumerate(stream.axes):
        if axis in unknown:
            continue
        if sensor == "Orientation":
            source, change = _ATTITUDE[mirror_axis].get(axis, (axis, np.positive))
            values[:, column] = change(stream.values[:, stream.axes.index(source)])
        else:
            values[:, column] *= mirror_signs(sensor, mirror_axis).get(axis, 1)
    return values


def _turned_half(angle: Floats) -> Floats:
    """Return π minus an angle, in (-π, π]."""
    return np.where(angle < 0, -np.pi, np.pi) - angle


#: Which axis of the old attitude each one comes from, and how; the others stay.  Of
#: W R M, for W = M the quaternion's vector part is a pseudovector; for z, where W mirrors
#: x, it is W R W times half a turn about y, with which Hamilton's product only swaps
#: components.  The Euler angles are turns about z, x and y (yaw, pitch, roll), in that
#: order, so each is a pseudovector's component, and the half turn adds to the last.
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
