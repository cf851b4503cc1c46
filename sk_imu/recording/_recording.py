"""One recording: the streams of all sensors and the metadata."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from ._channels import SENSOR_AXES, axis_of, channel_name, sensor_of
from ._html import recording_html
from ._merging import merge_recordings, refuse_other_origins
from ._quality import DOUBTS, RecordingQuality
from ._sensor_stream import SensorStream, as_float
from ._stream_quality import measure_stream

#: Attributes of a recording that are metadata.
METADATA = ("label", "subject", "side", "placement", "session")


def printable(text: str) -> str:
    """Return a text that can be written: with an escape for what is not UTF-8."""
    # Names of folders can hold such bytes, and labels and subjects are taken from them.
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def visible(text: Any) -> str:
    """Return a text with an escape for each character that is not shown as itself."""
    return "".join(
        c if c.isprintable() else c.encode("unicode_escape").decode() for c in str(text)
    )


# Compared by identity, because arrays of samples have no single truth value.
@dataclass(frozen=True, eq=False, repr=False)
class Recording:
    """One recording, or one set cut from it: sensor streams and metadata.

    One ``Recording`` is one row of ``X`` for every estimator that takes raw input.  No
    estimator reads ``label``.

    Parameters
    ----------
    streams : mapping of str to SensorStream
        The streams by sensor name, such as ``"TotalAcceleration"`` and ``"Gyroscope"``.
    label : str, optional
        The exercise, such as ``"squat"``.
    subject : str or int, optional
        The person who did it.
    side : {"left", "right"}, optional
        The side of the body that the device was on.
    placement : str, optional
        The place on the body, such as ``"wrist"`` or ``"front pocket"``.
    session : str or int, optional
        The occasion on which it was recorded.
    source : str, optional
        The file or data set it comes from; error messages name it.
    epoch_ns : int, optional
        Unix time of the streams' second 0 in nanoseconds.
    annotations : sequence of (float, str), default=()
        Marks set while recording: time in seconds and text.
    notes : sequence of str, default=()
        What the reader found, decided and left out, with counts.  Notes that begin with
        ``UNDECIDED``, ``CONTRADICTION`` or ``IMPLAUSIBLE`` are the recording's
        ``doubts``.

    Raises
    ------
    ValueError
        If there is no stream, ``side`` is unknown, a stream is not a
        :class:`SensorStream`, or streams were read with different starts.

    See Also
    --------
    Resampler : Bring the streams onto one clock.
    RecordingDisplay : Plot the streams and mark their faults.

    Examples
    --------
    >>> import numpy as np
    >>> from sk_imu import Recording, SensorStream
    >>> clock = np.arange(200) / 52.713
    >>> recording = Recording(
    ...     {"Accelerometer": SensorStream(clock, np.zeros((200, 3)))}, label="squat"
    ... )
    >>> recording
    Recording(3.78 s: Accelerometer 52.71 Hz, label='squat')
    >>> recording.quality.warnings
    ['Accelerometer: values never change']
    >>> recording.channel_names
    ('Accelerometer_x', 'Accelerometer_y', 'Accelerometer_z')
    >>> round(recording.duration_s, 2)
    3.78
    """

    streams: Mapping[str, SensorStream]
    # Keywords only, so that metadata can be added without breaking positional calls.
    label: Any = field(default=None, kw_only=True)
    subject: Any = field(default=None, kw_only=True)
    side: str | None = field(default=None, kw_only=True)
    placement: str | None = field(default=None, kw_only=True)
    session: Any = field(default=None, kw_only=True)
    source: str | None = field(default=None, kw_only=True)
    epoch_ns: int | None = field(default=None, kw_only=True)
    annotations: tuple[tuple[float, str], ...] = field(default=(), kw_only=True)
    notes: tuple[str, ...] = field(default=(), kw_only=True)

    def __post_init__(self) -> None:
        """Check the fields and make the mapping of streams read-only."""
        streams = dict(self.streams)
        if not streams:
            raise ValueError(
                f"{self.name} has no sensor stream. Give at least one, such as "
                "{'Gyroscope': SensorStream(timestamps_s, values)}."
            )
        for sensor, stream in streams.items():
            if not isinstance(stream, SensorStream):
                raise ValueError(
                    f"{self.name}: stream {sensor!r} must be a SensorStream, "
                    f"got {type(stream).__name__}. Create it with "
                    "SensorStream(timestamps_s, values)."
                )
        refuse_other_origins(streams, self.name)
        if self.side not in (None, "left", "right"):
            raise ValueError(
                f"{self.name}: side must be 'left', 'right' or None, got {self.side!r}."
            )
        # A copy that nobody can change, because channel names and quality are computed
        # once. A frozen dataclass refuses plain assignment, even here.
        object.__setattr__(self, "streams", MappingProxyType(streams))
        object.__setattr__(
            self,
            "annotations",
            tuple((float(t), str(text)) for t, text in self.annotations),
        )
        object.__setattr__(self, "notes", tuple(map(printable, self.notes)))
        for name in (*METADATA, "source"):
            value = getattr(self, name)
            if isinstance(value, str) and value != printable(value):
                object.__setattr__(self, name, printable(value))

    @classmethod
    def from_array(
        cls,
        values: ArrayLike,
        *,
        sampling_rate_hz: float,
        channel_names: Sequence[str],
        start_s: float = 0.0,
        **metadata: Any,
    ) -> "Recording":
        """Create a recording from uniformly sampled values.

        Parameters
        ----------
        values : array-like of shape (n_channels, n_timesteps)
            The samples in the package's units.
        sampling_rate_hz : float
            The rate in hertz.
        channel_names : sequence of str
            Name ``<sensor>_<axis>`` of each row of ``values``.
        start_s : float, default=0.0
            Time of the first sample in seconds.
        **metadata
            ``label``, ``subject`` and the other attributes of a recording.

        Returns
        -------
        recording : Recording
            One stream for each sensor, all on the same clock.

        Raises
        ------
        ValueError
            If the shape and the names disagree, or the rate is not positive.

        Examples
        --------
        >>> from sk_imu import Recording
        >>> names = ["Gyroscope_x", "Gyroscope_y", "Gyroscope_z"]
        >>> Recording.from_array(
        ...     [[0] * 9] * 3, sampling_rate_hz=50, channel_names=names, label="rest"
        ... )
        Recording(0.16 s: Gyroscope 50 Hz, label='rest')
        """
        samples = as_float(values, "values")
        names = list(channel_names)
        if samples.ndim != 2 or len(samples) != len(names):
            raise ValueError(
                "values must have shape (n_channels, n_timesteps), one row for each "
                f"channel name, got {samples.shape} for {len(names)} names."
                + (" Give values.T." if samples.shape[1:] == (len(names),) else "")
            )
        if not 0 < sampling_rate_hz < np.inf:
            raise ValueError(
                f"sampling_rate_hz must be a positive number, got {sampling_rate_hz}."
            )
        times = start_s + np.arange(samples.shape[1]) / sampling_rate_hz
        streams = {}
        for sensor in dict.fromkeys(map(sensor_of, names)):
            # The channels of one sensor need not stand together.
            rows = [i for i, name in enumerate(names) if sensor_of(name) == sensor]
            axes = [axis_of(names[i]) for i in rows]
            streams[sensor] = SensorStream(times, samples[rows].T, axes)
        return cls(streams, **metadata)

    @property
    def name(self) -> str:
        """Name of the recording in messages: its source, or just ``recording``."""
        return self.source or "recording"

    @property
    def doubts(self) -> tuple[str, ...]:
        """Notes on what the reader could not decide, or does not believe.

        Each begins with its kind: ``UNDECIDED`` if nothing shows how signs or units are
        written, ``CONTRADICTION`` if sensors or metadata contradict each other,
        ``IMPLAUSIBLE`` if values or times fit no such sensor.
        """
        return tuple(note for note in self.notes if note.startswith(DOUBTS))

    @cached_property
    def channel_names(self) -> tuple[str, ...]:
        """Names of all channels; known axes come in the package's own order."""
        names: list[str] = []
        for sensor, stream in self.streams.items():
            known = [a for a in SENSOR_AXES.get(sensor, ()) if a in stream.axes]
            rest = [axis for axis in stream.axes if axis not in known]
            names += [channel_name(sensor, axis) for axis in (*known, *rest)]
        return tuple(names)

    @cached_property
    def overlap_s(self) -> tuple[float, float]:
        """First and last second of the time that all streams share.

        It runs from the last start to the first end, and is NaN if a stream is empty.
        """
        streams = self.streams.values()
        # Not the built-in max and min, whose result depends on where a NaN stands.
        return (
            float(np.max([stream.start_s for stream in streams])),
            float(np.min([stream.end_s for stream in streams])),
        )

    @property
    def duration_s(self) -> float:
        """Length in seconds of the time that all streams share, 0 if there is none."""
        start_s, end_s = self.overlap_s
        return end_s - start_s if end_s > start_s else 0.0

    @cached_property
    def quality(self) -> RecordingQuality:
        """Measures of the streams' timing and values, and the reader's notes."""
        # Cached: measuring an hour takes a noticeable time, and streams never change.
        streams = {
            sensor: measure_stream(sensor, stream.timestamps_s, stream.values)
            for sensor, stream in self.streams.items()
        }
        notes = [note for note in self.notes if note not in self.doubts]
        return RecordingQuality(self.name, streams, self.overlap_s, notes, self.doubts)

    def between(self, start_s: float, end_s: float) -> "Recording":
        """Return the piece between two times, such as one set.

        Parameters
        ----------
        start_s, end_s : float
            First and last second of the piece on the recording's clock; samples at both
            ends are included.

        Returns
        -------
        piece : Recording
            The samples and annotations of that time, on the same clock, with the same
            metadata.

        Raises
        ------
        ValueError
            If a stream has no sample in that time.

        Examples
        --------
        >>> from sk_imu import Recording, SensorStream
        >>> clock = [0.0, 0.5, 1.0, 1.5, 2.0]
        >>> recording = Recording({"Gravity": SensorStream(clock, [[0, 0, 9.8]] * 5)})
        >>> recording.between(0.5, 1.5)
        Recording(1.00 s: Gravity 2 Hz)
        """
        streams = {}
        for sensor, stream in self.streams.items():
            # By a mask and not a slice, because a clock may run backwards.
            inside = (stream.timestamps_s >= start_s) & (stream.timestamps_s <= end_s)
            if not inside.any():
                raise ValueError(
                    f"{self.name}: {sensor} has no sample between {start_s} and {end_s} s. "
                    f"It runs from {stream.start_s:.3f} to {stream.end_s:.3f} s: choose "
                    "a piece in which every stream has samples."
                )
            streams[sensor] = replace(
                stream,
                timestamps_s=stream.timestamps_s[inside],
                values=stream.values[inside],
            )
        annotations = tuple(
            mark for mark in self.annotations if start_s <= mark[0] <= end_s
        )
        return replace(self, streams=streams, annotations=annotations)

    def merge(self, other: "Recording") -> "Recording":
        """Return one recording of the streams of both, put together by ``epoch_ns``.

        Parameters
        ----------
        other : Recording
            Other sensors of the same recording, such as those of another file.

        Returns
        -------
        merged : Recording
            The streams and annotations of both on one clock, with the earlier
            ``epoch_ns``, the metadata that either has, and the notes of both.

        Raises
        ------
        ValueError
            If one has no ``epoch_ns``, they share a sensor or no time at all, or their
            metadata differ.

        Examples
        --------
        >>> from sk_imu import Recording, SensorStream
        >>> clock, values = [0.0, 0.5, 1.0], [[0, 0, 0]] * 3
        >>> one = Recording({"Gyroscope": SensorStream(clock, values)}, epoch_ns=10**18)
        >>> late = 10**18 + 320_000_000
        >>> two = Recording({"Gravity": SensorStream(clock, values)}, epoch_ns=late)
        >>> one.merge(two).streams["Gravity"].start_s
        0.32
        """
        return merge_recordings(self, other, METADATA)

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle through the constructor, because a mapping proxy can't be pickled."""
        keywords = {
            name: getattr(self, name)
            for name in self.__dataclass_fields__
            if name != "streams"
        }
        return _rebuild, (dict(self.streams), keywords)

    def __repr__(self) -> str:
        """Return the length, the sensors with their rates, and the metadata on one line."""
        sensors = [
            f"{sensor} {stream.rate_hz:.4g} Hz"
            if stream.rate_hz > 0
            else f"{sensor} {stream.n_samples} sample{'s' * (stream.n_samples != 1)}"
            for sensor, stream in self.streams.items()
        ]
        known = "".join(
            f", {name}={value!r}"
            for name, value in self._known_metadata().items()
            if name != "session"
        )
        return f"Recording({self.duration_s:.2f} s: {', '.join(sensors)}{known})"

    def _repr_html_(self) -> str:
        """Return the streams and their quality as HTML for a notebook."""
        known = [f"{name} {value}" for name, value in self._known_metadata().items()]
        if self.source:
            known.append(f"from {self.source}")
        if self.annotations:
            known.append(f"{len(self.annotations)} annotations")
        return recording_html(
            "Recording",
            [f"{self.duration_s:.2f} s", *known],
            self.streams,
            self.quality,
        )

    def _known_metadata(self) -> dict[str, Any]:
        given = {name: getattr(self, name) for name in METADATA}
        return {name: value for name, value in given.items() if value is not None}


# Because pickle calls with positional arguments, and the metadata are keywords only.
def _rebuild(streams: dict[str, SensorStream], keywords: dict[str, Any]) -> Recording:
    return Recording(streams, **keywords)
