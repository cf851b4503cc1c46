"""Recordings from any table whose columns the user names."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from ..recording import (
    SENSOR_AXES,
    SENSOR_UNITS,
    STANDARD_GRAVITY,
    Recording,
    sensor_of,
)
from ._assembly import assemble_recording, first_time_ns
from ._files import read_files
from ._tables import Table, parse_table
from ._timestamps import Samples, clean_samples

__all__ = ["read_table"]

_TIME_UNITS = {"s": 10**9, "ms": 10**6, "us": 10**3, "ns": 1}
#: Units that a table may have in place of the package's, and their factors.
_UNITS = {
    "m/s²": {"m/s²": 1.0, "m/s^2": 1.0, "g": STANDARD_GRAVITY},
    "rad/s": {"rad/s": 1.0, "deg/s": np.pi / 180},
    "rad": {"rad": 1.0, "deg": np.pi / 180},
    "µT": {"µT": 1.0, "uT": 1.0},
}
#: Later times since 1970 are dates; earlier ones count from some other start.
_DATES_FROM_NS = 946_684_800 * 10**9


def read_table(
    path: str | Path,
    *,
    columns: Mapping[str, str],
    time: str,
    time_unit: str = "s",
    units: Mapping[str, str] | None = None,
    **metadata: Any,
) -> Recording:
    """Read a recording from any table, given its columns.

    All sensors of the table share its clock.  Cells may be separated by comma, semicolon
    or tabulator, with decimal point or comma.  Columns that are not named are ignored.

    Parameters
    ----------
    path : str or pathlib.Path
        A CSV file, or a folder or zip file that holds only this file.
    columns : mapping of str to str
        The file's column for each channel, such as ``{"Gyroscope_x": "gyro_x"}``.  The
        sensors are Accelerometer (without gravity), Gravity, TotalAcceleration (with
        gravity), Gyroscope, Magnetometer and Orientation.
    time : str
        The column of the time.
    time_unit : {"s", "ms", "us", "ns"}, default="s"
        The unit of the time.
    units : mapping of str to str, default=None
        The unit of each sensor that is not in m/s², rad/s, rad or µT: ``"g"``,
        ``"deg/s"`` or ``"deg"``.
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
    path = Path(path)
    source = str(path)
    if time_unit not in _TIME_UNITS:
        raise ValueError(
            f"time_unit must be one of {list(_TIME_UNITS)}, got {time_unit!r}."
        )
    files = read_files(path)
    if len(files) != 1:
        raise ValueError(f"{source}: holds {len(files)} tables. Give one of their paths.")
    ((_, content),) = files.items()
    table = parse_table(content, source)
    if table is None or not len(table):
        raise ValueError(f"{source}: has no rows. Give a table with a header and samples.")
    # All columns at once, so that one error lists all that are missing.
    table.require([time, *columns.values()])
    times_ns = _times_ns(table, time, _TIME_UNITS[time_unit])
    sensors = {
        sensor: _read_sensor(table, sensor, columns, dict(units or {}), times_ns)
        for sensor in dict.fromkeys(map(sensor_of, columns))
    }
    unknown = [sensor for sensor in units or {} if sensor not in sensors]
    if unknown or not sensors:
        raise ValueError(
            f"units names {unknown}, columns only {list(sensors)}. Use the same sensors."
        )
    notes: list[str] = []
    sensors = clean_samples(sensors, source, notes)
    start_ns = first_time_ns(sensors)
    epoch_ns = start_ns if start_ns > _DATES_FROM_NS else None
    recording = assemble_recording(sensors, source, notes, epoch_ns=epoch_ns)
    return replace(recording, **metadata)


def _read_sensor(
    table: Table,
    sensor: str,
    columns: Mapping[str, str],
    units: dict[str, str],
    times_ns: np.ndarray[Any, np.dtype[np.int64]],
) -> Samples:
    wanted = [name for name in columns if sensor_of(name) == sensor]
    axes = tuple(name.rpartition("_")[2] for name in wanted)
    unknown = set(axes) - set(SENSOR_AXES.get(sensor, ()))
    if unknown:
        raise ValueError(
            f"columns names {wanted}; a channel is <sensor>_<axis> with a sensor of "
            f"{list(SENSOR_AXES)}, such as 'Gyroscope_x'."
        )
    known = _UNITS[SENSOR_UNITS[sensor]]
    unit = units.get(sensor)
    unit = SENSOR_UNITS[sensor] if unit is None else unit
    if unit not in known:
        raise ValueError(f"units: {sensor} may be in {sorted(known)}, not in {unit!r}.")
    values = table.numbers([columns[name] for name in wanted])
    # Quaternions have no unit, whatever the angles beside them are in.
    values *= [1.0 if axis.startswith("q") else known[unit] for axis in axes]
    return Samples(table.place, axes, times_ns, values, np.array(table.rows))


def _times_ns(table: Table, time: str, factor: int) -> np.ndarray[Any, np.dtype[np.int64]]:
    whole = table.whole_numbers(time)
    # Nanoseconds since 1970 need all digits, which float64 does not have.
    if whole is not None and (not len(whole) or whole.max() < 2**63 // factor):
        return whole * factor
    times = table.numbers([time])[:, 0]
    wrong = np.isnan(times) | (np.abs(times) * factor >= 2**63)
    if wrong.any():
        raise table.fault(
            int(np.argmax(wrong)), time, "is not a time", "Check time= and time_unit=."
        )
    return np.round(times * factor).astype(np.int64)
