"""The quality of recordings: the faults of their streams."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Protocol

import numpy as np
import pandas as pd

from ._stream_quality import StreamQuality

#: First words of the notes that are doubts.
DOUBTS = ("UNDECIDED", "CONTRADICTION", "IMPLAUSIBLE")

#: Sensors start and stop within a second of each other; if more of the time than this is
#: lost, one of them failed. Real recordings that were measured lose at most 0.05.
MOST_UNSHARED = 0.1


class DataQualityWarning(UserWarning):
    """Warning that data have faults, which were mended or worked around and counted.

    Parameters
    ----------
    message : str
        The fault, how often it occurs, and where.

    See Also
    --------
    Recording.quality : The faults of one recording.
    sk_imu.model_selection.LeakWarning : The other warning of this package.

    Examples
    --------
    Ignore known faults:

    >>> import warnings
    >>> from sk_imu import DataQualityWarning
    >>> warnings.simplefilter("ignore", DataQualityWarning)  # doctest: +SKIP

    Or turn every fault into an error:

    >>> warnings.simplefilter("error", DataQualityWarning)  # doctest: +SKIP
    """

    def __init__(self, message: str) -> None:
        super().__init__(message)


@dataclass(frozen=True)
class RecordingQuality:
    """Quality of a recording: print it, or use its ``table``.

    Parameters
    ----------
    name : str
        The recording's name.
    streams : mapping of str to StreamQuality
        Quality of each stream.
    overlap_s : (float, float)
        First and last second of the time that all streams share; NaN if one is empty.
    notes : sequence of str, default=()
        What the reader found and decided, such as units.
    doubts : sequence of str, default=()
        What the reader could not decide or does not believe; they are warnings, too.

    See Also
    --------
    sk_imu.Recording.quality : The attribute that holds it.

    Examples
    --------
    >>> from sk_imu import Recording
    >>> names = ["Gyroscope_x", "Gyroscope_y", "Gyroscope_z"]
    >>> still = Recording.from_array(
    ...     [[0.0] * 99] * 3, sampling_rate_hz=50, channel_names=names
    ... )
    >>> still.quality.warnings
    ['Gyroscope: values never change']
    >>> still.quality.table["rate_hz"].round(2).to_dict()
    {'Gyroscope': 50.0}
    """

    name: str
    streams: Mapping[str, StreamQuality]
    overlap_s: tuple[float, float]
    notes: Sequence[str] = ()
    doubts: Sequence[str] = ()

    @property
    def table(self) -> pd.DataFrame:
        """One row for each stream, one column for each attribute of StreamQuality."""
        rows = {sensor: asdict(stream) for sensor, stream in self.streams.items()}
        return pd.DataFrame.from_dict(rows, orient="index")

    @property
    def faults(self) -> dict[str, dict[str, float | None]]:
        """Faults worth a warning, as of a StreamQuality, by stream or ``All sensors``."""
        found = {sensor: stream.faults for sensor, stream in self.streams.items()}
        # Only the time that all share can be resampled: one sensor that fails cuts off all.
        if unshared(self.streams.values()) > MOST_UNSHARED:
            start_s, end_s = self.overlap_s
            found["All sensors"] = {"share only {:.3g} s": max(0.0, end_s - start_s)}
        return found

    @property
    def warnings(self) -> list[str]:
        """Faults worth a warning, one line for each stream and fault, and doubts."""
        faults = [
            f"{sensor}: {text.format(size)}"
            for sensor, faults in self.faults.items()
            for text, size in faults.items()
        ]
        return [*faults, *self.doubts]

    def __str__(self) -> str:
        """Return everything as a readable table."""
        start_s, end_s = self.overlap_s
        # Four digits would write 360000 samples as 3.6e+05, so that whole numbers have six.
        shown = self.table.T.map(
            lambda x: f"{x:g}" if float(x).is_integer() else f"{x:.4g}"
        )
        lines = [
            f"{self.name}: {len(self.streams)} streams, which share "
            # In this order max turns NaN, which an empty stream gives, into 0.
            f"{max(0, end_s - start_s):.2f} s from {start_s:.3f} s on",
            "",
            shown.to_string(),
        ]
        for title, items in (("Warnings", self.warnings), ("Notes", self.notes)):
            if items:
                lines += ["", f"{title}:", *(f"  {item}" for item in items)]
        return "\n".join(lines)


class _Span(Protocol):
    """Whatever has a first and a last second: a stream, or its quality."""

    @property
    def start_s(self) -> float: ...
    @property
    def end_s(self) -> float: ...


def unshared(streams: Iterable[_Span]) -> float:
    """Return the share, from 0 to 1, of the whole time that not all streams cover.

    It is NaN if a stream is empty.
    """
    spans = [(stream.start_s, stream.end_s) for stream in streams]
    starts, ends = np.array(spans).T
    whole_s = ends.max() - starts.min()
    return float(1 - max(0.0, ends.min() - starts.max()) / whole_s) if whole_s > 0 else 0.0
