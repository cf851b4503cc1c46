"""Recordings exported by the app Physics Toolbox Sensor Suite."""

import re
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..recording import STANDARD_GRAVITY, Recording
from ._assembly import assemble_recording
from ._files import place_of, read_files
from ._tables import Table, header_of, parse_table
from ._timestamps import Samples, clean_samples

__all__ = ["read_physics_toolbox"]

#: Columns of each sensor, and the factor from the file's unit to the package's.
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
    ``Bx, By, Bz`` (µT), and ``time`` in seconds or as time of day.  Cells may be
    separated by comma or semicolon, with decimal point or comma, below a blank first
    line.  Other columns are ignored.

    No file of this app names the phone's platform: signs stay as recorded, which a note
    states.

    Parameters
    ----------
    path : str or pathlib.Path
        The exported file, or a folder or zip file that holds only this file.

    Returns
    -------
    recording : Recording
        Acceleration in m/s², angular rate in rad/s, magnetic field in µT.

    Raises
    ------
    ValueError
        If columns are missing or a cell is not a number.  The message names the file,
        the line and a remedy.

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
    """Return whether a file holds a recording of Physics Toolbox."""
    return any(_is_sheet(content) for content in files.values())


def read_physics_toolbox_files(files: Mapping[str, bytes], source: str) -> Recording:
    """Read a recording from the content of its file."""
    sheets = {name: content for name, content in files.items() if _is_sheet(content)}
    if len(sheets) != 1:
        raise ValueError(
            f"{source}: {len(sheets)} files of Physics Toolbox ({', '.join(sheets)}), "
            "each of which is a recording. Read them one by one."
        )
    ((name, content),) = sheets.items()
    place = place_of(name, files, source)
    table = parse_table(content, place)
    if table is None or not len(table):
        raise ValueError(f"{place}: has no rows. Record again.")
    notes = [
        "Physics Toolbox: no platform is named; signs stay as recorded, which is right if "
        "a phone on its back reads z = +9.81."
    ]
    times_ns = np.round(_read_times(table) * 1e9).astype(np.int64)
    sensors: dict[str, Samples] = {}
    for sensor, (columns, factor) in _COLUMNS.items():
        if not any(column in table.header for column in columns):
            continue
        values = table.numbers(columns) * factor
        samples = Samples(place, ("x", "y", "z"), times_ns, values, np.array(table.rows))
        sensors[sensor] = samples.filled()
    known = {column for columns, _ in _COLUMNS.values() for column in columns} | {"time"}
    others = [column for column in table.header if column and column not in known]
    if others:
        notes.append(f"columns ignored: {', '.join(others)}.")
    sensors = clean_samples(sensors, source, notes)
    linear = sensors.get("Accelerometer")
    if (
        linear is not None
        and abs(np.median(np.linalg.norm(linear.values, axis=1)) - 9.8) < 1
    ):
        notes.append(
            "IMPLAUSIBLE: ax, ay, az have a median norm near 9.8 m/s², as if they held "
            "gravity. If they do, read them with read_table as TotalAcceleration."
        )
    return assemble_recording(sensors, source, notes)


def _is_sheet(content: bytes) -> bool:
    header = header_of(content)
    return "time" in header and any(
        columns[0] in header for columns, _ in _COLUMNS.values()
    )


def _read_times(table: Table) -> NDArray[np.float64]:
    """Return the times in seconds, from seconds or from times of day."""
    cells = [cell.strip() for cell in table.cells("time")]
    if not any(":" in cell for cell in cells):
        return table.times("time")
    times_s = np.empty(len(cells))
    for row, cell in enumerate(cells):
        match = _CLOCK.fullmatch(cell)
        if match is None:
            raise table.fault(row, "time", "is not a time of day such as 14:05:23.123")
        hours, minutes, seconds, fraction = match.groups()
        times_s[row] = int(hours or 0) * 3600 + int(minutes) * 60 + int(seconds)
        times_s[row] += float(f"0.{fraction or 0}")
    # The clock starts again at midnight or, in files without hours, at the full hour.
    period_s = _DAY_S if cells[0].count(":") > 1 else 3600.0
    wraps = np.concatenate([[0], np.cumsum(np.diff(times_s) < -period_s / 2)])
    return times_s + wraps * period_s
