"""Whether streams can be brought onto one clock: their clocks, gaps and values."""

import math
import warnings
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ..recording import (
    EULER_AXES,
    GAP,
    MOST_UNSHARED,
    QUATERNION_AXES,
    DataQualityWarning,
    Recording,
    SensorStream,
    find_gaps,
    mend_clock,
    near_repeats,
    quaternion_columns,
    unshared,
    usual_interval,
    warn_of_doubts,
)
from ._interpolation import ROUNDING

Floats = NDArray[np.float64]
#: The number of samples or gaps of each kind.
Faults = Counter[str]
#: What the Resampler does about each kind.
FAULTS = {
    "missing": "interpolated over or left out {} samples with missing values",
    "mended": "changed the time of {} samples of clocks with bursts or steps back",
    "near_repeats": "left out {} samples less than a tenth of an interval before the next",
    "outside": "left out {} samples outside the time that all chosen sensors share",
    "gaps": "{gaps} {} gaps longer than max_gap_seconds",
}
_GAPS_DONE = {"mark": "put NaN into", "interpolate": "interpolated over", "error": ""}
#: The longest interval that max_gap_seconds="auto" allows in a stream of a usual rate.
#: The recordings that it was chosen on have intervals of up to 0.83 s.
_LONGEST_S = 1.0
ATTITUDE_AXES = {*QUATERNION_AXES, *EULER_AXES}


def warn_of(
    found: Sequence[Faults], *, gaps: str, recordings: Sequence[Recording] = ()
) -> None:
    """Warn of each kind of fault in the rows of X, and of doubts about recordings."""
    names = [f" ({recording.name})" for recording in recordings] or [""] * len(found)
    warn_of_doubts(recordings, stacklevel=3)
    for kind, done in FAULTS.items():
        rows = [row for row, faults in enumerate(found) if faults[kind]]
        if rows:
            what = done.format(sum(found[row][kind] for row in rows), gaps=_GAPS_DONE[gaps])
            first = f"row {rows[0]}{names[rows[0]]}"
            warnings.warn(
                f"Resampler {what} in {len(rows)} of the rows of X, first in {first}.",
                DataQualityWarning,
                3,
            )


def checked_stream(
    stream: SensorStream, *, place: str, mend: bool = False, allow_missing: bool = False
) -> tuple[SensorStream, Faults]:
    """Return a stream that can be interpolated, and what was wrong with it.

    Samples that miss a value or nearly repeat a timestamp are left out. A value is missing
    if it is NaN; a rotation, if its quaternion is all zeros. Raises a ValueError, which
    begins with ``place``, if the clock has an undefined time or, unless ``mend``, repeats a
    timestamp or runs backwards, a value is infinite, fewer than two samples are left, or,
    unless ``allow_missing``, a value is missing.
    """
    faults = Faults()
    if mend:
        stream, faults["mended"] = _mended(stream, place)
    _check_length(stream.n_samples, place)
    _check_clock(stream.timestamps_s, place)
    missing = _find_missing(stream, place, allow_missing=allow_missing)
    faults["missing"] = int(missing.sum())
    if missing.any():
        stream = _keep(stream, ~missing)
        _check_length(stream.n_samples, f"{place}, samples with missing values left out")
    # The closer two samples are, the steeper is what lies between them, and splines would
    # follow it.
    near = near_repeats(stream.timestamps_s)
    faults["near_repeats"] = int(near.sum())
    return (_keep(stream, ~near) if near.any() else stream), faults


def streams_by_clock(
    streams: Mapping[str, SensorStream],
) -> list[dict[str, SensorStream]]:
    """Return the streams in groups whose samples have the same times.

    A file with all sensors in one line has one clock, and resampling the columns of all of
    them at once takes little more time than those of one.
    """
    groups: list[dict[str, SensorStream]] = []
    for sensor, stream in streams.items():
        for group in groups:
            first = next(iter(group.values()))
            # A quaternion and angles are found by the names of their columns.
            plain = not ATTITUDE_AXES & {*stream.axes, *first.axes}
            if plain and np.array_equal(stream.timestamps_s, first.timestamps_s):
                group[sensor] = stream
                break
        else:
            groups.append({sensor: stream})
    return groups


def check_overlap(
    recording: Recording, rate_hz: float, max_timesteps: int, place: str
) -> int:
    """Return how many samples lie outside the time that a recording's streams share.

    It is 0 if they share nearly all of their time. Raises a ValueError, which begins with
    ``place``, if they share less than one timestep of time, or more than allowed.
    """
    start_s, end_s = recording.overlap_s
    if (end_s - start_s) * rate_hz >= 1 - ROUNDING:
        check_timesteps(end_s - start_s, rate_hz, max_timesteps, place)
        streams = recording.streams.values()
        if unshared(streams) <= MOST_UNSHARED:
            return 0
        return sum(
            int(((times_s < start_s) | (times_s > end_s)).sum())
            for times_s in (stream.timestamps_s for stream in streams)
        )
    fault = (
        "don't overlap in time"
        if end_s < start_s
        else f"share only {end_s - start_s:.3g} s, less than one timestep at {rate_hz:g} Hz"
    )
    times = ", ".join(
        f"{sensor} from {stream.start_s:.3f} to {stream.end_s:.3f} s"
        for sensor, stream in recording.streams.items()
    )
    raise ValueError(
        f"{place}: its streams {fault}: {times}. Choose streams that overlap with "
        "channels=[...], or leave the recording out."
    )


def check_array(
    missing: NDArray[np.bool_],
    input_hz: float,
    rate_hz: float,
    max_timesteps: int,
    place: str,
) -> None:
    """Raise a ValueError if a row of an array can't be brought to another rate.

    It is too short or too long, or an end of it is missing; ``place`` begins the message.
    """
    duration_s = (len(missing) - 1) / input_hz
    check_timesteps(duration_s, rate_hz, max_timesteps, place)
    if count_timesteps(duration_s, rate_hz) < 2:
        raise ValueError(
            f"{place} has {len(missing)} feature(s) (timesteps) at {input_hz:g} Hz, which "
            f"is less than one timestep at {rate_hz:g} Hz. Give longer sets."
        )
    if missing[0] or missing[-1]:
        raise ValueError(
            f"{place} begins or ends with a missing value, which interpolation can't fill. "
            "Cut it off."
        )


def check_timesteps(
    duration_s: float, rate_hz: float, max_timesteps: int, place: str
) -> None:
    """Raise a ValueError if a row of the output would be longer than allowed."""
    # A wrong clock can make years of a few samples, which all would be filled in.
    n_timesteps = duration_s * rate_hz
    if n_timesteps >= max_timesteps:
        raise ValueError(
            f"{place}: lasts {duration_s:.6g} s, which is {n_timesteps:.3g} timesteps at "
            f"{rate_hz:g} Hz, more than max_timesteps={max_timesteps}. Correct the clock, "
            "cut the recording with Recording.between, or allow more."
        )


def count_timesteps(duration_s: float, rate_hz: float) -> int:
    """Return how many timesteps fit into a time, with one at either end."""
    return math.floor(duration_s * rate_hz + ROUNDING) + 1


def long_gaps(
    times_s: Floats,
    max_gap_seconds: float | Literal["auto"] | None,
    within: tuple[float, float],
    *,
    place: str,
    allow: bool,
) -> Floats:
    """Return start and end of each gap that is too long and lies in an interval.

    Raises a ValueError, which begins with ``place``, if there is one, unless ``allow``.
    """
    if max_gap_seconds is None or (
        # Most streams have none, and need no usual interval.
        max_gap_seconds == "auto" and np.diff(times_s).max(initial=0) <= _LONGEST_S
    ):
        return np.empty((0, 2))
    if max_gap_seconds == "auto":
        # A slow sensor has no gaps only because it is slow.
        limit_s = max(_LONGEST_S, GAP * usual_interval(times_s))
    else:
        limit_s = float(max_gap_seconds)
    start_s, end_s = within
    # An interval of exactly the limit is no gap, whatever rounding makes of it.
    gaps = find_gaps(times_s, limit_s * (1 + ROUNDING))
    # What lies outside the time that all streams share is cut off anyway.
    gaps = gaps[(gaps[:, 0] < end_s) & (gaps[:, 1] > start_s)]
    if len(gaps) and not allow:
        first_s, next_s = gaps[0]
        raise ValueError(
            f"{place}: a gap of {next_s - first_s:.3g} s from {first_s:.3f} s on, the "
            f"first of {len(gaps)} longer than {limit_s:.3g} s "
            f"(max_gap_seconds={max_gap_seconds!r}). Leave the recording out, cut it with "
            "Recording.between, or use gaps='mark' to get NaN there or gaps='interpolate' "
            "to fill it."
        )
    return gaps


def _check_length(n_samples: int, place: str) -> None:
    if n_samples < 2:
        raise ValueError(
            f"{place}: has {n_samples} sample(s), but at least 2 are needed. Leave out the "
            "recording, or the sensor with channels=[...]."
        )


def _check_clock(times_s: Floats, place: str) -> None:
    undefined = ~np.isfinite(times_s)
    if undefined.any():
        sample = int(np.argmax(undefined))
        raise ValueError(
            f"{place}: the timestamp of sample {sample} is {times_s[sample]}. Remove "
            "the samples without a time from the recording."
        )
    steps_s = np.diff(times_s)
    wrong = steps_s <= 0
    if wrong.any():
        step = int(np.argmax(wrong))
        fault = "repeats a timestamp" if steps_s[step] == 0 else "runs backwards"
        raise ValueError(
            f"{place}: the clock {fault} at sample {step + 1}, "
            f"{times_s[step + 1]:.9g} s after {times_s[step]:.9g} s, the first of "
            f"{int(wrong.sum())} such samples. Use clock='mend' to sort the samples and "
            "spread those of one time, or mend the recording."
        )


def _mended(stream: SensorStream, place: str) -> tuple[SensorStream, int]:
    """Return a stream with its clock mended, and how many samples changed their time."""
    if not np.isfinite(stream.timestamps_s).all():
        return stream, 0  # _check_clock names the sample
    try:
        order, times_s = mend_clock(stream.timestamps_s)
    except ValueError as error:
        raise ValueError(
            f"{place}: {error}. Leave the recording out, or mend its clock by hand."
        ) from error
    n_mended = int(np.count_nonzero(times_s != stream.timestamps_s))
    return SensorStream(times_s, stream.values[order], stream.axes), n_mended


def _find_missing(
    stream: SensorStream, place: str, *, allow_missing: bool
) -> NDArray[np.bool_]:
    if np.isinf(stream.values).any():
        sample, column = np.argwhere(np.isinf(stream.values))[0]
        raise ValueError(
            f"{place}, axis {stream.axes[column]!r}: infinity at sample {sample}. Remove "
            "the sample, or set it to NaN and use missing='interpolate'."
        )
    missing: NDArray[np.bool_] = np.asarray(np.isnan(stream.values).any(axis=1))
    quaternion = quaternion_columns(stream.axes)
    if quaternion:
        missing |= ~stream.values[:, quaternion].any(axis=1)
    if missing.any() and not allow_missing:
        sample = int(np.argmax(missing))
        bad = [
            axis
            for axis, value in zip(stream.axes, stream.values[sample], strict=True)
            if np.isnan(value)
        ]
        what = f"NaN in axis {bad[0]!r}" if bad else "a quaternion of zeros"
        raise ValueError(
            f"{place}: {what} at sample {sample}, the first of {int(missing.sum())} "
            "samples with missing values. Use missing='interpolate' to interpolate over "
            "them, or remove them from the recording."
        )
    return missing


def _keep(stream: SensorStream, kept: NDArray[np.bool_]) -> SensorStream:
    return SensorStream(stream.timestamps_s[kept], stream.values[kept], stream.axes)
