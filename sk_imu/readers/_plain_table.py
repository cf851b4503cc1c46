"""Recordings from any table whose columns the user names."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..recording import (
    SENSOR_AXES,
    SENSOR_UNITS,
    Recording,
    axis_of,
    sensor_of,
    warn_of_doubts,
)
from ._assembly import assemble_recording, first_time_ns
from ._files import MAX_BYTES, Budget, read_files
from ._plausibility import UNITS
from ._tables import Table, find_header, parse_table
from ._time_cells import dates, times_of_day
from ._timestamps import TIME_UNITS, Samples, clean_samples, to_nanoseconds

#: Times after the year 2000 are dates; earlier ones count from some other start.
_DATES_FROM_NS = 946_684_800 * 10**9


def read_table(
    path: str | Path | Sequence[str | Path],
    *,
    columns: Mapping[str, str] | Sequence[Mapping[str, str]],
    time: str,
    time_unit: str = "s",
    units: Mapping[str, str] | None = None,
    header: Sequence[str] | None = None,
    max_bytes: float = MAX_BYTES,
    **metadata: Any,
) -> Recording:
    """Read a recording from any table, given its columns.

    All sensors of a table share its clock.  Cells may be separated by comma, semicolon
    or tab, with decimal point or comma.  Columns that are not named are not read.
    The header is the first line that names all columns; lines before it, and a row of
    units below it, are passed over with a note.

    A recording whose sensors have files of their own is one recording if they share a
    clock: give all files.

    Parameters
    ----------
    path : str, pathlib.Path or sequence of them
        A CSV file, or a folder or zip file that holds only this file; or several files
        of one recording, whose times count from the same start.
    columns : mapping of str to str, or sequence of mappings
        The file's column for each channel, such as ``{"Gyroscope_x": "gyro_x"}``.  The
        sensors are Accelerometer (without gravity), Gravity, TotalAcceleration (with
        gravity), Gyroscope, Magnetometer and Orientation.  Several files have one
        mapping each.
    time : str
        The column of the time: a number, a time of day such as ``14:05:23.123``, or an
        ISO 8601 date such as ``2024-05-01T10:00:00.123Z``.
    time_unit : {"s", "ms", "us", "ns"}, default="s"
        The unit of a time that is a number.
    units : mapping of str to str, default=None
        The unit of each sensor that is not in m/s², rad/s, rad or µT, such as ``"g"``,
        ``"mg"``, ``"deg/s"``, ``"deg"`` or ``"gauss"``.
    header : sequence of str, default=None
        Names of all columns of a table that has no header.
    max_bytes : float, default=2**32
        Memory in bytes that reading may take.
    **metadata
        ``label``, ``subject`` and the other attributes of a recording.

    Returns
    -------
    recording : Recording
        The recording in the package's units, with the first row at second 0.
        ``epoch_ns`` is the first time if that is a Unix time after the year 2000.

    Raises
    ------
    ValueError
        If a column or unit is unknown, or a cell is not a number.  The message names the
        file, the line and a remedy.

    Warns
    -----
    DataQualityWarning
        For each of the recording's ``doubts``, such as a unit that does not fit.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> from sk_imu.readers import read_table
    >>> text = '''t,turn
    ... 0,90
    ... 10,90
    ... 20,90
    ... '''
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = pathlib.Path(folder, "watch.csv")
    ...     _ = file.write_text(text)
    ...     recording = read_table(
    ...         file,
    ...         columns={"Gyroscope_z": "turn"},
    ...         time="t",
    ...         time_unit="ms",
    ...         units={"Gyroscope": "deg/s"},
    ...         label="turn",
    ...     )
    >>> recording
    Recording(0.02 s: Gyroscope 100 Hz, label='turn')
    >>> recording.streams["Gyroscope"].values[0].round(4)
    array([1.5708])
    """
    if time_unit not in TIME_UNITS:
        raise ValueError(f"time_unit must be one of {list(TIME_UNITS)}, got {time_unit!r}.")
    paths = [path] if isinstance(path, (str, os.PathLike)) else list(path)
    mappings = [columns] if isinstance(columns, Mapping) else list(columns)
    if not paths or len(paths) != len(mappings):
        raise ValueError(
            f"columns has {len(mappings)} mappings for {len(paths)} files. Give each file "
            "one."
        )
    budget = Budget(max_bytes)
    notes: list[str] = []
    sensors: dict[str, Samples] = {}
    for file, mapping in zip(map(Path, paths), mappings, strict=True):
        table = _parse(file, [time, *mapping.values()], header, budget, notes)
        table, written = _without_units(table, notes)
        # A row of units may have s, [s] or (s), or nothing below the time.
        if written.get(time, time_unit).strip("[]() ").lower() not in ("", time_unit):
            notes.append(
                f"CONTRADICTION: {table.place} names the unit {written[time]!r} of its "
                f"time, which is read in {time_unit}; give the right time_unit=."
            )
        given = _units(mapping, dict(units or {}), written, table.place, notes)
        times_ns = _times_ns(table, time, time_unit, notes)
        found = {
            sensor: _read_sensor(table, sensor, mapping, given, times_ns)
            for sensor in dict.fromkeys(map(sensor_of, mapping))
        }
        twice = sensors.keys() & found.keys()
        if twice:
            raise ValueError(f"{file}: holds {sorted(twice)} again. Read it on its own.")
        sensors |= found
    unknown = [sensor for sensor in units or {} if sensor not in sensors]
    if unknown or not sensors:
        raise ValueError(
            f"units names {unknown}, columns only {list(sensors)}. Use the same sensors."
        )
    # Of several files, the first names the recording in messages.
    source = str(paths[0])
    sensors = clean_samples(sensors, source, notes)
    start_ns = first_time_ns(sensors)
    epoch_ns = start_ns if start_ns > _DATES_FROM_NS else None
    recording = assemble_recording(
        sensors, source, notes, time_unit=time_unit, epoch_ns=epoch_ns
    )
    recording = replace(recording, **metadata)
    warn_of_doubts([recording])
    return recording


def _parse(
    path: Path,
    wanted: list[str],
    header: Sequence[str] | None,
    budget: Budget,
    notes: list[str],
) -> Table:
    """Return the wanted columns of a file, below its header and row of units."""
    files = read_files(path, budget.left)
    if len(files) != 1:
        raise ValueError(f"{path}: holds {len(files)} tables. Give one of their paths.")
    ((_, content),) = files.items()
    # read_files has a budget of its own, as large as what is left of this one.
    budget.spend(len(content), path)
    skip = 0 if header is not None else find_header(content, wanted)
    table = parse_table(
        content, str(path), keep=wanted.__contains__, budget=budget, skip=skip, names=header
    )
    if table is None or not len(table):
        raise ValueError(f"{path}: has no rows. Give a table with a header and samples.")
    if skip:
        notes.append(f"{path}: {skip} line(s) before the header, not read.")
    if not table.has(*wanted) and all(map(_is_number, table.header)):
        raise ValueError(
            f"{path}: its first line is {table.shown_header}, which are numbers and not "
            f"names of columns. Name all columns of a table without a header in header=, "
            f"such as header={[f'column {i}' for i in range(1, len(table.header) + 1)]}."
        )
    # All columns at once, so that one error lists all that are missing.
    table.require(wanted)
    return table


def _without_units(table: Table, notes: list[str]) -> tuple[Table, dict[str, str]]:
    """Return the table without a row of units, and the unit of each column in it."""
    first = {name: cells[0].strip() for name, cells in table.columns.items()}
    if len(table) < 2 or any(map(_is_number, first.values())) or not any(first.values()):
        return table, {}
    # A fault is in one row, and not in each below it.
    if not any(_is_number(cells[1]) for cells in table.columns.values()):
        return table, {}
    units = ", ".join(first.values())
    notes.append(f"{table.where(0)}: a row of units ({units}), not read as values.")
    return table.take(range(1, len(table))), first


def _units(
    columns: Mapping[str, str],
    given: dict[str, str],
    written: dict[str, str],
    place: str,
    notes: list[str],
) -> dict[str, str]:
    """Return the unit of each sensor: the given one, or else that of the row of units."""
    units = dict(given)
    for name, column in columns.items():
        sensor = sensor_of(name)
        known = UNITS.get(SENSOR_UNITS.get(sensor, ""), {})
        unit = written.get(column, "").strip("[] ").lower()
        # A quaternion has no unit, and Orientation's is that of its angles.
        if unit not in known or axis_of(name).startswith("q"):
            continue
        chosen = units.setdefault(sensor, unit)
        if known.get(chosen.lower()) != known[unit]:
            notes.append(
                f"CONTRADICTION: {place} names the unit {unit!r} of {column}, which is "
                f"read in {chosen!r} as units= says."
            )
    return units


def _is_number(cell: str) -> bool:
    try:
        float(cell.replace(",", "."))
    except ValueError:
        return False
    return True


def _read_sensor(
    table: Table,
    sensor: str,
    columns: Mapping[str, str],
    units: dict[str, str],
    times_ns: NDArray[np.int64],
) -> Samples:
    wanted = [name for name in columns if sensor_of(name) == sensor]
    axes = tuple(map(axis_of, wanted))
    unknown = set(axes) - set(SENSOR_AXES.get(sensor, ()))
    if unknown:
        raise ValueError(
            f"columns names {wanted}; a channel is <sensor>_<axis> with a sensor of "
            f"{list(SENSOR_AXES)}, such as 'Gyroscope_x'."
        )
    known = UNITS[SENSOR_UNITS[sensor]]
    unit = units.get(sensor)
    factor = known.get((SENSOR_UNITS[sensor] if unit is None else unit).lower())
    if factor is None:
        raise ValueError(f"units: {sensor} may be in {list(known)}, not in {unit!r}.")
    values = table.numbers([columns[name] for name in wanted])
    # Quaternions have no unit, whatever the angles beside them are in.
    values *= [1.0 if axis.startswith("q") else factor for axis in axes]
    return Samples(table.place, axes, times_ns, values, np.array(table.rows))


def _times_ns(
    table: Table, time: str, time_unit: str, notes: list[str]
) -> NDArray[np.int64]:
    written = dates(table, time, notes)
    if written is not None:
        return written
    seconds = times_of_day(table, time)
    if seconds is not None:
        return to_nanoseconds(seconds, "s", table, time)
    factor = TIME_UNITS[time_unit]
    whole = table.whole_numbers(time)
    # Nanoseconds since 1970 need all digits, which float64 does not have.
    if whole is not None and whole.max(initial=0) < 2**62 // factor:
        return whole * factor
    # Also for times beyond int64: the error names the row and the unit that fits.
    return to_nanoseconds(table.numbers([time])[:, 0], time_unit, table, time)
