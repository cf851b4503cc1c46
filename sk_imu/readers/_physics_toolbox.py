"""Recordings exported by the app Physics Toolbox Sensor Suite."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..recording import STANDARD_GRAVITY, Recording, warn_of_doubts
from ._assembly import assemble_recording
from ._files import MAX_BYTES, Files, place_of, read_files
from ._tables import Table, header_of, parse_table
from ._time_cells import times_of_day
from ._timestamps import Samples, clean_samples, to_nanoseconds

#: Columns of each sensor, and the factor from the file's unit to the package's.
_COLUMNS = {
    "TotalAcceleration": (("gFx", "gFy", "gFz"), STANDARD_GRAVITY),
    "Accelerometer": (("ax", "ay", "az"), 1.0),
    "Gyroscope": (("wx", "wy", "wz"), 1.0),
    "Magnetometer": (("Bx", "By", "Bz"), 1.0),
}
_AXES = {column for columns, _ in _COLUMNS.values() for column in columns}
#: Columns that no other app writes beside ax, ay, az: totals and other sensors.
_MARKS = {
    *("gFx", "TgF", "aT", "aTotal", "atotal", "Btotal", "BTotal", "wT"),
    *("Gain", "Azimuth", "Speed (m/s)"),
}
#: Or else a sheet of one sensor has these columns and no others.
_ALONE = ({"time", "wx", "wy", "wz"}, {"time", "Bx", "By", "Bz"})


def read_physics_toolbox(path: str | Path, *, max_bytes: float = MAX_BYTES) -> Recording:
    """Read a recording of the app Physics Toolbox Sensor Suite.

    Columns are found by name: ``gFx, gFy, gFz`` (in g, with gravity: TotalAcceleration),
    ``ax, ay, az`` (m/s², without gravity: Accelerometer), ``wx, wy, wz`` (rad/s) and
    ``Bx, By, Bz`` (µT), and ``time`` in seconds or as time of day.  Cells may be
    separated by comma or semicolon, with decimal point or comma, below a blank first
    line.  Other columns are ignored.  Many loggers write ``ax, ay, az`` in other units:
    a table is this app's only with columns that no other writes, such as ``gFx`` or
    ``aT``, or with exactly those of one sensor.

    No file of this app names the phone's platform: signs stay as recorded, which a note
    states.

    Parameters
    ----------
    path : str or pathlib.Path
        The exported file, or a folder or zip file that holds only this file.
    max_bytes : float, default=2**32
        Memory in bytes that reading may take.

    Returns
    -------
    recording : Recording
        Acceleration in m/s², angular rate in rad/s, magnetic field in µT.

    Raises
    ------
    ValueError
        If columns are missing or a cell is not a number.  The message names the file,
        the line and a remedy.

    Warns
    -----
    DataQualityWarning
        For each of the recording's ``doubts``.

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
    recording = read_physics_toolbox_files(read_files(path, max_bytes), str(path))
    warn_of_doubts([recording])
    return recording


def is_physics_toolbox(files: Mapping[str, bytes]) -> bool:
    """Return whether a file holds a recording of Physics Toolbox."""
    return any(_is_sheet(content) for content in files.values())


def read_physics_toolbox_files(files: Files, source: str) -> Recording:
    """Read a recording from the content of its file."""
    sheets = {name: content for name, content in files.items() if _is_sheet(content)}
    if len(sheets) != 1:
        raise ValueError(
            f"{source}: {len(sheets)} files of Physics Toolbox ({', '.join(sheets)}), "
            "each of which is a recording. Read them one by one."
        )
    ((name, content),) = sheets.items()
    place = place_of(name, files, source)
    table = parse_table(
        content, place, keep=lambda c: c in _AXES or c == "time", budget=files.budget
    )
    if table is None or not len(table):
        raise ValueError(f"{place}: has no rows. Record again.")
    # Signs differ between platforms, and nothing in the file shows which one it was.
    notes = [
        "Physics Toolbox: no platform is named; signs stay as recorded, which is right if "
        "a phone on its back reads z = +9.81.",
        *files.notes,
        *(f"{other}: not read." for other in files if other != name),
        *table.not_read(),
    ]
    times_ns = to_nanoseconds(_read_times(table), "s", table, "time")
    sensors: dict[str, Samples] = {}
    for sensor, (columns, factor) in _COLUMNS.items():
        if not any(column in table.header for column in columns):
            continue
        values = table.numbers(columns) * factor
        samples = Samples(place, ("x", "y", "z"), times_ns, values, np.array(table.rows))
        sensors[sensor] = samples.filled()
    sensors = clean_samples(sensors, source, notes)
    return assemble_recording(sensors, source, notes)


def _is_sheet(content: bytes) -> bool:
    header = header_of(content)
    has_sensor = any(columns[0] in header for columns, _ in _COLUMNS.values())
    # Many loggers write ax, ay and az, some in g: without a mark the unit is unknown.
    own = not _MARKS.isdisjoint(header) or set(filter(None, header)) in _ALONE
    return "time" in header and has_sensor and own


def _read_times(table: Table) -> NDArray[np.float64]:
    """Return the times in seconds, from seconds or from times of day."""
    times_s = times_of_day(table, "time")
    return table.times("time") if times_s is None else times_s
