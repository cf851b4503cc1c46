"""Whether streams can be brought onto one clock, and what is wrong where they can't."""

import numpy as np
from numpy.typing import NDArray

from ..recording import Recording, SensorStream, quaternion_columns

__all__ = ["check_overlap", "check_stream"]


def check_stream(
    stream: SensorStream, *, place: str, allow_missing: bool = False
) -> SensorStream:
    """Return a stream without its samples that miss a value, or say what is wrong.

    A value is missing if it is NaN; a rotation, if its quaternion is all zeros.

    Raises
    ------
    ValueError
        If the clock repeats a timestamp, runs backwards or has an undefined time, a
        value is infinite, fewer than two samples are left, or, unless
        ``allow_missing``, a value is missing.  Messages begin with ``place``.
    """
    _check_length(stream.n_samples, place)
    _check_clock(stream.timestamps_s, place)
    if np.isinf(stream.values).any():
        sample, column = np.argwhere(np.isinf(stream.values))[0]
        raise ValueError(
            f"{place}, axis {stream.axes[column]!r}: infinity at sample {sample}. Take "
            "the sample out of the recording, or set it to NaN and use "
            "missing='interpolate'."
        )
    missing = np.isnan(stream.values).any(axis=1)
    quaternion = quaternion_columns(stream.axes)
    if quaternion:
        missing |= ~stream.values[:, quaternion].any(axis=1)
    if not missing.any():
        return stream
    if not allow_missing:
        sample = int(np.argmax(missing))
        bad = [
            axis
            for axis, value in zip(stream.axes, stream.values[sample], strict=True)
            if np.isnan(value)
        ]
        what = f"NaN in axis {bad[0]!r}" if bad else "a quaternion of zeros"
        raise ValueError(
            f"{place}: {what} at sample {sample}, the first of {int(missing.sum())} "
            "samples with missing values. Use missing='interpolate' to interpolate "
            "over them, or take them out of the recording."
        )
    kept = ~missing
    _check_length(int(kept.sum()), f"{place}, samples with missing values left out")
    return SensorStream(stream.timestamps_s[kept], stream.values[kept], stream.axes)


def check_overlap(recording: Recording, *, rate_hz: float, place: str) -> None:
    """Check that a recording's streams share at least one timestep's time.

    Raises
    ------
    ValueError
        If they don't.  The message begins with ``place``.
    """
    start_s, end_s = recording.overlap_s
    if (end_s - start_s) * rate_hz >= 1 - 1e-6:  # clocks are rounded
        return
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


def _check_length(n_samples: int, place: str) -> None:
    if n_samples < 2:
        raise ValueError(
            f"{place}: has {n_samples} sample(s), at least 2 are needed. Leave the "
            "recording out, or the sensor with channels=[...]."
        )


def _check_clock(times_s: NDArray[np.float64], place: str) -> None:
    undefined = ~np.isfinite(times_s)
    if undefined.any():
        sample = int(np.argmax(undefined))
        raise ValueError(
            f"{place}: the timestamp of sample {sample} is {times_s[sample]}. Take the "
            "samples without a time out of the recording."
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
