"""What is wrong with recordings: the faults of their streams, told and warned of."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Protocol

import numpy as np
import pandas as pd

from ._stream_quality import StreamQuality

__all__ = ["DataQualityWarning", "RecordingQuality", "quality_warnings"]


class DataQualityWarning(UserWarning):
    """Data have faults that were mended or worked around, and counted.

    Parameters
    ----------
    message : str
        What was done, how often, and where.

    See Also
    --------
    Recording.quality : The faults of one recording.
    sk_imu.model_selection.LeakWarning : The other warning that this package gives.

    Examples
    --------
    Known faults may be passed over in silence:

    >>> import warnings
    >>> from sk_imu import DataQualityWarning
    >>> warnings.simplefilter("ignore", DataQualityWarning)  # doctest: +SKIP

    or all of them stop a script:

    >>> warnings.simplefilter("error", DataQualityWarning)  # doctest: +SKIP
    """

    def __init__(self, message: str) -> None:
        super().__init__(message)


@dataclass(frozen=True)
class RecordingQuality:
    """What was measured of a recording: print it, or take its ``table``.

    Parameters
    ----------
    name : str
        The recording's name.
    streams : mapping of str to StreamQuality
        What was measured of each stream.
    notes : sequence of str, default=()
        What the reader found and decided, such as units.

    See Also
    --------
    sk_imu.Recording.quality : Where it comes from.

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
    notes: Sequence[str] = ()

    @property
    def table(self) -> pd.DataFrame:
        """One row a stream, one column for each figure, as of a StreamQuality."""
        rows = {sensor: asdict(stream) for sensor, stream in self.streams.items()}
        return pd.DataFrame.from_dict(rows, orient="index")

    @property
    def overlap_s(self) -> tuple[float, float]:
        """First and last second at which every stream has begun and none has ended.

        NaN if a stream has no sample.
        """
        # Not by max and min, to which NaN is what its place makes of it.
        return (
            float(np.max([stream.start_s for stream in self.streams.values()])),
            float(np.min([stream.end_s for stream in self.streams.values()])),
        )

    @property
    def warnings(self) -> list[str]:
        """What is worth a warning, one line a stream and fault."""
        return [
            f"{sensor}: {text.format(size)}"
            for sensor, stream in self.streams.items()
            for text, size in stream.faults.items()
        ]

    def __str__(self) -> str:
        """Tell all of it in a readable table."""
        start_s, end_s = self.overlap_s
        shown = self.table.T.map(lambda x: f"{x:.4g}" if x != _whole(x) else f"{x:g}")
        lines = [
            f"{self.name}: {len(self.streams)} streams, which share "
            # In this order NaN, of a stream without samples, becomes 0.
            f"{max(0, end_s - start_s):.2f} s from {start_s:.3f} s on",
            "",
            shown.to_string(),
        ]
        for title, items in (("Warnings", self.warnings), ("Notes", self.notes)):
            if items:
                lines += ["", f"{title}:", *(f"  {item}" for item in items)]
        return "\n".join(lines)


def _whole(x: float) -> float:
    """Return a number without its fraction, NaN and infinity as they are."""
    return float(int(x)) if np.isfinite(x) else x


class _Measured(Protocol):
    # Recording stands above this module.
    @property
    def quality(self) -> RecordingQuality: ...

    @property
    def subject(self) -> Any: ...


def quality_warnings(recordings: Sequence[_Measured]) -> list[str]:
    """Return what is worth a warning in many recordings, one line a person and fault.

    Parameters
    ----------
    recordings : sequence of Recording
        The sets.

    Returns
    -------
    lines : list of str
        Such as ``"ada: Gyroscope real update rate 6 Hz in 20 of 84 sets"``, where the
        figure is the median of the sets that have the fault.

    Examples
    --------
    >>> from sk_imu import Recording
    >>> from sk_imu.quality import quality_warnings
    >>> names = ["Gyroscope_x", "Gyroscope_y", "Gyroscope_z"]
    >>> still = Recording.from_array(
    ...     [[0.0] * 99] * 3, sampling_rate_hz=50, channel_names=names, subject="ada"
    ... )
    >>> quality_warnings([still, still])
    ['ada: Gyroscope values never change in 2 of 2 sets']
    """
    n_sets: dict[Any, int] = {}
    sizes: dict[tuple[Any, str, str], list[float | None]] = {}
    for recording in recordings:
        person = recording.subject
        n_sets[person] = n_sets.get(person, 0) + 1
        for sensor, stream in recording.quality.streams.items():
            for text, size in stream.faults.items():
                sizes.setdefault((person, sensor, text), []).append(size)
    lines = []
    for (person, sensor, text), found in sizes.items():
        middle = sorted(found, key=lambda size: size or 0)[len(found) // 2]
        who = "all" if person is None else person
        what = f"{sensor} {text.format(middle)}"
        lines.append(f"{who}: {what} in {len(found)} of {n_sets[person]} sets")
    return sorted(lines)
