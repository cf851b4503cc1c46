"""The samples of a file, cleaned of faulty rows that real files are known to hold."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..recording import QUATERNION_AXES
from ._tables import Table

#: Nanoseconds of each unit that a time may have.
TIME_UNITS = {"s": 10**9, "ms": 10**6, "us": 10**3, "ns": 1}
#: Differences of two times within this limit fit int64, too; it is the year 2116.
_LIMIT_NS = 2**62

#: A few rows farther than this from all others are strays; with more, a clock was set.
_STRAY_S = 3600.0
#: Sensors that may truly read zero. At most so many rows of zeros are their start-up.
_ZERO_AT_REST = {"Accelerometer", "Gyroscope", "GyroscopeUncalibrated"}
_START_UP_ROWS = 10
#: Rows out of order up to these limits were delivered late; beyond, a clock was set back.
_LATE_ROWS = 10
_LATE_S = 1.0
_CLOCK_SET = (
    "It was set while recording, or two recordings are joined: cut the file in two there, "
    "or correct the time."
)
#: Sensors of one recording are never farther apart.
_MIXED_S = 60.0
#: Times outside these years are not Unix times in nanoseconds.
_YEARS = (2000, 2100)


@dataclass(frozen=True)
class Samples:
    """The samples of one sensor as the file holds them, and the place of each."""

    place: str
    axes: tuple[str, ...]
    times_ns: NDArray[np.int64]
    values: NDArray[np.float64]
    rows: NDArray[np.int64]
    row_word: str = "line"
    #: Start of the recording according to each row: its time minus seconds_elapsed.
    starts_ns: NDArray[np.float64] | None = None

    def __len__(self) -> int:
        """Return the number of samples."""
        return len(self.times_ns)

    def where(self, i: int) -> str:
        """Return the place of a sample in its file, for messages."""
        return f"{self.place}, {self.row_word} {self.rows[i]}"

    def keep(self, kept: NDArray[Any]) -> "Samples":
        """Return the samples that a mask or indices select."""
        return replace(
            self,
            times_ns=self.times_ns[kept],
            values=self.values[kept],
            rows=self.rows[kept],
            starts_ns=None if self.starts_ns is None else self.starts_ns[kept],
        )

    def filled(self) -> "Samples":
        """Return the samples that have a value."""
        # Sheets of several sensors leave cells empty where one of them has no sample.
        return self.keep(~np.asarray(np.isnan(self.values).all(axis=1)))


def to_nanoseconds(
    times: NDArray[np.float64], unit: str, table: Table, column: str
) -> NDArray[np.int64]:
    """Return times as whole nanoseconds.

    Raises a ValueError, which names the unit that fits, if one is missing or beyond any
    date.
    """
    factor = TIME_UNITS[unit]
    wrong = ~(np.abs(times) < _LIMIT_NS / factor)
    if not wrong.any():
        return np.round(times * factor).astype(np.int64)
    row = int(np.argmax(wrong))
    fitting = [u for u, f in TIME_UNITS.items() if abs(times[row]) < _LIMIT_NS / f]
    hint = f"; as a Unix time it would be in {fitting[0]}" if fitting else ""
    raise table.fault(
        row,
        column,
        f"is not a time in {unit}{hint}",
        "Correct it, or use read_table with the right time_unit=.",
    )


def clean_samples(
    sensors: Mapping[str, Samples],
    source: str,
    notes: list[str],
    *,
    unix: bool = False,
    nothing: str = "no samples in it. Export the recording again, or record again.",
) -> dict[str, Samples]:
    """Return the samples without faulty rows, and add a note on each kind of fault.

    Left out and noted with counts: rows of zeros before a sensor's first value, a few rows
    stamped more than an hour from all others, rows that repeat the one before in time and
    values. Kept and noted: timestamps that repeat with other values, rows out of order,
    empty cells. Refused with a ValueError: a clock that was set and, if times are Unix
    times (``unix``), impossible years and sensors of different recordings. ``nothing`` is
    the message if no sample is left.
    """
    cleaned: dict[str, Samples] = {}
    for sensor, samples in _without_strays(sensors, notes).items():
        samples = _without_leading_zeros(sensor, samples, notes)
        samples = _without_repeated_rows(sensor, samples, notes)
        if not len(samples):
            notes.append(f"{sensor}: no sample is left, ignored.")
            continue
        if unix:
            check_years(samples)
        _check_order(sensor, samples, notes)
        missing = int(np.isnan(samples.values).any(axis=1).sum())
        if missing:
            notes.append(f"{sensor}: {missing} rows with empty cells, kept as NaN.")
        cleaned[sensor] = samples
    if not cleaned:
        raise ValueError(f"{source}: {nothing}")
    if unix:
        _check_one_recording(cleaned, source, notes)
    return cleaned


def _without_strays(sensors: Mapping[str, Samples], notes: list[str]) -> dict[str, Samples]:
    filled = {sensor: samples for sensor, samples in sensors.items() if len(samples)}
    if not filled:
        return {}
    # Unique times: rows of several sensors with one timestamp count as one stray.
    times = np.unique(np.concatenate([samples.times_ns for samples in filled.values()]))
    cuts = np.flatnonzero(np.diff(times) > _STRAY_S * 1e9) + 1
    kept: dict[str, Samples] = {}
    clusters = np.split(times, cuts)
    largest = max(map(len, clusters))
    # At most this many rows apart from all others are strays. In a real export it is the
    # first row of four sensors, 45 h before the second.
    few = max(3, largest // 100)
    main = [part for part in clusters if len(part) > few or len(part) == largest]
    for sensor, samples in filled.items():
        inside = np.zeros(len(samples), dtype=bool)
        for part in main:
            inside |= (samples.times_ns >= part[0]) & (samples.times_ns <= part[-1])
        if not inside.all():
            first = int(np.argmin(inside))
            seconds = (int(samples.times_ns[first]) - int(main[0][0])) / 1e9
            what = f"{abs(seconds) / 3600:.1f} h {'before' if seconds < 0 else 'after'}"
            notes.append(
                f"{sensor}: left out {int((~inside).sum())} row(s) stamped far from all "
                f"others, the first {what} the start ({samples.where(first)})."
            )
        kept[sensor] = samples.keep(inside)
    return kept


def _without_leading_zeros(sensor: str, samples: Samples, notes: list[str]) -> Samples:
    # Angles may truly be zero, but a quaternion never is.
    columns = [samples.axes.index(axis) for axis in QUATERNION_AXES if axis in samples.axes]
    values = samples.values[:, columns] if columns else samples.values
    zero: NDArray[np.bool_] = np.all(values == 0, axis=1)
    if not zero.any():
        return samples
    leading = len(zero) if zero.all() else int(np.argmin(zero))
    if zero.all() and sensor in _ZERO_AT_REST and len(zero) > 1:
        notes.append(f"{sensor}: all {len(zero)} rows are zero, kept.")
        return samples
    if leading > _START_UP_ROWS and sensor in _ZERO_AT_REST:
        notes.append(
            f"{sensor}: begins with {leading} rows of zeros, kept: it may be at rest."
        )
        return samples
    if leading:
        notes.append(
            f"{sensor}: left out {leading} row(s) of zeros before the first value "
            f"({samples.where(0)})."
        )
        samples = samples.keep(np.arange(len(zero)) >= leading)
    later = int(zero.sum()) - leading
    if later:
        notes.append(f"{sensor}: {later} row(s) of zeros among the others, kept.")
    return samples


def _without_repeated_rows(sensor: str, samples: Samples, notes: list[str]) -> Samples:
    if len(samples) < 2:
        return samples
    same_time = np.diff(samples.times_ns) == 0
    values = samples.values
    same = (values[1:] == values[:-1]) | (np.isnan(values[1:]) & np.isnan(values[:-1]))
    repeated = np.concatenate([[False], same_time & same.all(axis=1)])
    if repeated.any():
        notes.append(
            f"{sensor}: left out {int(repeated.sum())} row(s) that repeat the row before "
            f"in time and values (first: {samples.where(int(np.argmax(repeated)))})."
        )
        samples = samples.keep(~repeated)
    return samples


def _check_order(sensor: str, samples: Samples, notes: list[str]) -> None:
    times = samples.times_ns
    steps = np.diff(times)
    if (steps == 0).any():
        notes.append(
            f"{sensor}: {int((steps == 0).sum())} timestamp(s) repeat with other "
            f"values, kept (first: {samples.where(int(np.argmax(steps == 0)) + 1)})."
        )
    if not len(steps):
        return
    forward_s = float(steps.max()) / 1e9
    # If most steps are as long, the unit of time is wrong, which the rate shows.
    if forward_s > max(_STRAY_S, 10 * float(np.median(steps)) / 1e9):
        raise ValueError(
            f"{samples.where(int(steps.argmax()) + 1)}: the clock of {sensor} jumps "
            f"forward by {forward_s:.3g} s. {_CLOCK_SET}"
        )
    if not (steps < 0).any():
        return
    latest = np.maximum.accumulate(times)
    late = times < latest
    # Start and end of each run of rows that are earlier than a row before them.
    edges = np.flatnonzero(np.diff(np.concatenate([[0], late.astype(np.int8), [0]])))
    starts, ends = edges[::2], edges[1::2]
    for start, end in zip(starts, ends, strict=True):
        behind_s = int(np.max(latest[start:end] - times[start:end])) / 1e9
        if end - start > _LATE_ROWS or behind_s > _LATE_S:
            raise ValueError(
                f"{samples.where(int(start))}: the clock of {sensor} runs back by "
                f"{behind_s:.3g} s for {end - start} row(s). {_CLOCK_SET}"
            )
    notes.append(
        f"{sensor}: {int(late.sum())} row(s) out of order, kept in the file's order "
        f"(first: {samples.where(int(starts[0]))})."
    )


def check_years(samples: Samples) -> None:
    low, high = (int(datetime(year, 1, 1, tzinfo=UTC).timestamp() * 1e9) for year in _YEARS)
    wrong = (samples.times_ns < low) | (samples.times_ns >= high)
    if wrong.any():
        row = int(np.argmax(wrong))
        raise ValueError(
            f"{samples.where(row)}, column 'time': {samples.times_ns[row]} is not a Unix "
            f"time in nanoseconds between the years {_YEARS[0]} and {_YEARS[1]}. "
            "Correct the clock, or use read_table with the right time_unit."
        )


def _check_one_recording(
    sensors: Mapping[str, Samples], source: str, notes: list[str]
) -> None:
    """Refuse sensors that cannot belong to one recording."""
    if len(sensors) > 1:
        main = max(sensors, key=lambda sensor: len(sensors[sensor]))
        low, high = int(sensors[main].times_ns.min()), int(sensors[main].times_ns.max())
        for sensor, samples in sensors.items():
            # Positive only if the two do not overlap.
            gap_s = max(
                int(samples.times_ns.min()) - high, low - int(samples.times_ns.max())
            )
            if gap_s / 1e9 > _MIXED_S:
                raise ValueError(
                    f"{source}: several recordings are mixed: {sensor} "
                    f"({samples.where(0)}) and {main} ({sensors[main].where(0)}) are "
                    f"{gap_s / 1e9:.0f} s apart. Give each recording a folder of its own."
                )
    starts: dict[str, float] = {}
    for sensor, samples in sensors.items():
        if samples.starts_ns is None or np.isnan(samples.starts_ns).all():
            continue
        starts[sensor] = float(np.nanmedian(samples.starts_ns))
        off_s = np.abs(samples.starts_ns - starts[sensor]) / 1e9
        if np.nanmax(off_s) > _LATE_S:
            notes.append(
                f"{sensor}: time and seconds_elapsed differ by up to "
                f"{np.nanmax(off_s):.3g} s "
                f"({samples.where(int(np.nanargmax(off_s)))}); time is used."
            )
    if starts:
        first, last = (
            min(starts, key=starts.__getitem__),
            max(starts, key=starts.__getitem__),
        )
        apart_s = (starts[last] - starts[first]) / 1e9
        if apart_s > _MIXED_S:
            raise ValueError(
                f"{source}: several recordings are mixed: by time and seconds_elapsed, "
                f"{sensors[first].place} began {apart_s:.0f} s before "
                f"{sensors[last].place}. Give each recording a folder of its own."
            )
