"""Recordings exported by the app Physics Toolbox Sensor Suite."""

import re
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..recording import STANDARD_GRAVITY, Recording, SensorStream
from ._conventions import check_conventions, check_plausible
from ._files import read_files
from ._tables import Table, parse_table, sniff_header
from ._timestamps import Samples, clean_samples

__all__ = ["read_physics_toolbox"]

#: Columns of each sensor, and what makes its values the package's units.
_COLUMNS = {
    "TotalAcceleration": (("gFx", "gFy", "gFz"), STANDARD_GRAVITY),
    "Accelerometer": (("ax", "ay", "az"), 1.0),
    "Gyroscope": (("wx", "wy", "wz"), 1.0),
    "Magnetometer": (("Bx", "By", "Bz"), 1.0),
}
#: Times of day: 14:05:23.123, 14:05:23:123 or 05:23.123.
_CLOCK = re.compile(r"(?:(\d{1,2}):)?(\d{1,2}):(\d{1,2})(?:[.,:](\d{1,6}))?")
_DAY_S = 86400.0


def read_physics_toolbox(path: str | Path) -> Recording:
    """Read a recording of the app Physics Toolbox Sensor Suite.

    Columns are found by name: ``gFx, gFy, gFz`` (in g, with gravity: TotalAcceleration),
    ``ax, ay, az`` (m/s², without gravity: Accelerometer), ``wx, wy, wz`` (rad/s) and
    ``Bx, By, Bz`` (µT), beside ``time`` in seconds or as time of day.  Comma, semicolon,
    decimal comma and a blank first line are all right.  Other columns are passed over.

    No file of this app names the phone's system; signs are left as recorded and the
    notes say so.

    Parameters
    ----------
    path : str or pathlib.Path
        The exported file, or a folder or zip that holds just it.

    Returns
    -------
    recording : Recording
        Acceleration in m/s², angular rate in rad/s, magnetic field in µT.

    Raises
    ------
    ValueError
        If columns are missing or a cell is no number.  The message names the file, the
        line, and what to do.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> from sk_imu.readers import read_physics_toolbox
    >>> text = '''time;gFx;gFy;gFz;TgF
    ... 0,00;0,0;0,0;1,0;1,0
    ... 0,02;0,0;0,0;1,0;1,0
    ... '''
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = pathlib.Path(folder, "g-force.csv")
    ...     _ = file.write_text(text)
    ...     recording = read_physics_toolbox(file)
    >>> recording.streams["TotalAcceleration"].values[0]
    array([0.     , 0.     , 9.80665])
    """
    path = Path(path)
    return read_physics_toolbox_files(read_files(path), str(path))


def is_physics_toolbox(files: Mapping[str, bytes]) -> bool:
    """Tell by its content whether a file is a recording of Physics Toolbox."""
    return any(_is_sheet(content) for content in files.values())


def read_physics_toolbox_files(files: Mapping[str, bytes], source: str) -> Recording:
    """Read a recording from the content of its file."""
    sheets = {name: content for name, content in files.items() if _is_sheet(content)}
    if len(sheets) != 1:
        raise ValueError(
            f"{source}: {len(sheets)} files of Physics Toolbox ({', '.join(sheets)}), "
            "where each is a recording. Give them one by one."
        )
    ((name, content),) = sheets.items()
    place = source if source.endswith(name) else f"{source}, {name}"
    table = parse_table(content, place)
    if table is None or not len(table):
        raise ValueError(f"{place}: has no rows. Record again.")
    notes = [
        "Physics Toolbox: no platform is named; signs are left as recorded, which is "
        "right where a phone on its back reads z = +9.81."
    ]
    times_s = _read_times(table)
    sensors: dict[str, Samples] = {}
    for sensor, (columns, factor) in _COLUMNS.items():
        if not any(column in table.header for column in columns):
            continue
        values = table.numbers(columns) * factor
        times_ns = np.round(times_s * 1e9).astype(np.int64)
        samples = Samples(place, ("x", "y", "z"), times_ns, values, np.array(table.rows))
        filled: NDArray[np.bool_] = ~np.all(np.isnan(values), axis=1)
        sensors[sensor] = samples.keep(filled)
    known = {column for columns, _ in _COLUMNS.values() for column in columns} | {"time"}
    others = [column for column in table.header if column and column not in known]
    if others:
        notes.append(f"columns passed over: {', '.join(others)}.")
    sensors, cleaning = clean_samples(sensors, source, unix=False)
    if not sensors:
        raise ValueError(f"{place}: no samples in it. Record again.")
    for sensor, samples in sensors.items():
        notes += check_plausible(sensor, samples)
    notes += [*cleaning, *check_conventions(sensors)]
    linear = sensors.get("Accelerometer")
    if (
        linear is not None
        and abs(np.median(np.linalg.norm(linear.values, axis=1)) - 9.8) < 1
    ):
        notes.append(
            "IMPLAUSIBLE: ax, ay, az have a median norm near 9.8 m/s², as if gravity were "
            "in them. If so, read them by read_table as TotalAcceleration."
        )
    start_ns = min(int(samples.times_ns.min()) for samples in sensors.values())
    streams = {
        sensor: SensorStream(
            (samples.times_ns - start_ns) / 1e9, samples.values, samples.axes
        )
        for sensor, samples in sensors.items()
    }
    return Recording(streams, source=source, notes=tuple(notes))


def _is_sheet(content: bytes) -> bool:
    header = sniff_header(content[:4096].decode("utf-8-sig", "replace"))[1]
    return "time" in header and any(
        columns[0] in header for columns, _ in _COLUMNS.values()
    )


def _read_times(table: Table) -> NDArray[np.float64]:
    """Return the times in seconds, whether they are counted or a time of day."""
    cells = [cell.strip() for cell in table.cells("time")]
    if not any(":" in cell for cell in cells):
        times_s = table.numbers(["time"])[:, 0]
        if np.isnan(times_s).any():
            raise table.fault(int(np.argmax(np.isnan(times_s))), "time", "is no time")
        return times_s
    times_s = np.empty(len(cells))
    for row, cell in enumerate(cells):
        match = _CLOCK.fullmatch(cell)
        if match is None:
            raise table.fault(row, "time", "is no time of day such as 14:05:23.123")
        hours, minutes, seconds, fraction = match.groups()
        times_s[row] = int(hours or 0) * 3600 + int(minutes) * 60 + int(seconds)
        times_s[row] += float(f"0.{fraction or 0}")
    # Midnight, or the full hour where hours are not told.
    period_s = _DAY_S if cells[0].count(":") > 1 else 3600.0
    wraps = np.concatenate([[0], np.cumsum(np.diff(times_s) < -period_s / 2)])
    return times_s + wraps * period_s
