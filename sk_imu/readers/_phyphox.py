"""Recordings exported by the app phyphox."""

import re
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

import numpy as np
from numpy.typing import NDArray

from ..recording import SENSOR_UNITS, Recording, warn_of_doubts
from ._assembly import assemble_recording
from ._files import MAX_BYTES, OWN_PLACE, Files, place_of, read_files
from ._plausibility import UNITS
from ._tables import Table, header_of, parse_table
from ._timestamps import Samples, clean_samples, to_nanoseconds

#: "Linear Acceleration x (m/s^2)", "X (rad/s)"
_AXIS = re.compile(r"(?:(?P<quantity>.+?)\s+)?(?P<axis>[xyz])\s*\((?P<unit>[^()]*)\)", re.I)
_TIME = re.compile(r"time\s*\((?P<unit>s|ms)\)", re.I)
#: Part of a quantity's or a file's name, and its sensor; the first match counts.
_SENSORS = (
    ("linear", "Accelerometer"),
    ("without g", "Accelerometer"),
    ("acceler", "TotalAcceleration"),
    ("gravity", "Gravity"),
    ("gyr", "Gyroscope"),
    ("rotation rate", "Gyroscope"),
    ("magnet", "Magnetometer"),
)
#: Units of motion: a sheet in another one, such as hPa, is not of a motion sensor.
_MOTION_UNITS = {unit for units in UNITS.values() for unit in units}


def read_phyphox(path: str | Path, *, max_bytes: float = MAX_BYTES) -> Recording:
    """Read a recording of the app phyphox.

    It may be a CSV file, separated by comma, semicolon or tab, with decimal point or
    comma, or a folder or zip file of such files.  Columns are found by name, such as
    ``Linear Acceleration x (m/s^2)``.  If they are only ``X (m/s^2)``, the file's name
    decides.  Acceleration is TotalAcceleration unless its name says that it is linear,
    that is, without gravity.  Sheets of other sensors, such as a barometer, are passed
    over with a note.  phyphox itself gives acceleration on iOS the sign it has
    on Android.

    With ``meta/time.csv`` the recording has an ``epoch_ns``, and its times include the
    pauses in the measurement, which phyphox's own clock leaves out.

    Parameters
    ----------
    path : str or pathlib.Path
        The exported file or folder.
    max_bytes : float, default=2**32
        Memory in bytes that reading may take.

    Returns
    -------
    recording : Recording
        Acceleration in m/s², angular rate in rad/s, magnetic field in µT.

    Raises
    ------
    ValueError
        If no column is known, a unit is unknown, or a cell is not a number.  The message
        names the file, the line and a remedy.

    Warns
    -----
    DataQualityWarning
        For each of the recording's ``doubts``.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> from sk_imu.readers import read_phyphox
    >>> text = '''"Time (s)";"X (rad/s)";"Y (rad/s)";"Z (rad/s)"
    ... 0,00E0;1,0E-1;0,0E0;0,0E0
    ... 1,00E-2;1,1E-1;0,0E0;0,0E0
    ... '''
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = pathlib.Path(folder, "Gyroscope.csv")
    ...     _ = file.write_text(text)
    ...     read_phyphox(file)
    Recording(0.01 s: Gyroscope 100 Hz)
    """
    path = Path(path)
    recording = read_phyphox_files(read_files(path, max_bytes), str(path))
    warn_of_doubts([recording])
    return recording


def is_phyphox(files: Mapping[str, bytes]) -> bool:
    """Return whether files hold a recording of phyphox."""
    return any(_is_sheet(content) for content in files.values())


def read_phyphox_files(files: Files, source: str) -> Recording:
    """Read a recording from the content of its files."""
    signs = "phyphox: signs are those of Android on every phone, nothing to convert."
    notes = [signs, *files.notes]
    sensors: dict[str, Samples] = {}
    clock = _Pauses(files, source, notes)
    for name, content in files.items():
        if not _is_sheet(content):
            if PurePosixPath(name).parent.name != "meta":
                notes.append(f"{name}: holds no sensor with the axes x, y and z, ignored.")
            continue
        place = place_of(name, files, source)
        table = parse_table(content, place, keep=_is_read, budget=files.budget)
        if table is None or not len(table):
            notes.append(f"{name}: has no rows, ignored.")
            continue
        notes += table.not_read()
        stem = PurePosixPath(name).stem
        for sensor, samples in _read_sheet(table, stem, clock, notes).items():
            if sensor in sensors:
                raise ValueError(
                    f"{source}: holds {sensor} twice: {sensors[sensor].place} and {place}. "
                    f"{OWN_PLACE}"
                )
            sensors[sensor] = samples
    sensors = clean_samples(sensors, source, notes)
    # The experiment's own second 0 stays, because meta/time.csv refers to it.
    return assemble_recording(sensors, source, notes, start_ns=0, epoch_ns=clock.epoch_ns)


def _is_sheet(content: bytes) -> bool:
    header = header_of(content)
    return any(map(_TIME.fullmatch, header)) and any(map(_AXIS.fullmatch, header))


def _is_read(column: str) -> bool:
    return bool(_TIME.fullmatch(column) or _AXIS.fullmatch(column))


def _read_sheet(
    table: Table, stem: str, clock: "_Pauses", notes: list[str]
) -> dict[str, Samples]:
    (time, unit), *more = [
        (name, match["unit"]) for name in table.header if (match := _TIME.fullmatch(name))
    ]
    if more:
        raise ValueError(
            f"{table.place}: has two columns of time, {time!r} and {more[0][0]!r}. Use "
            "read_table and name the right one."
        )
    times_s = clock.put_back(table.times(time) * (1e-3 if unit.lower() == "ms" else 1.0))
    times_ns = to_nanoseconds(times_s, "s", table, time)
    # Units separate quantities with the same name.
    groups: dict[tuple[str, str], dict[str, str]] = {}
    for name in table.header:
        match = _AXIS.fullmatch(name)
        if match is not None:
            quantity = (match["quantity"] or "").strip()
            axes = groups.setdefault((quantity, match["unit"].strip()), {})
            if match["axis"].lower() in axes:
                raise ValueError(f"{table.place}: has the column {name!r} twice.")
            axes[match["axis"].lower()] = name
    found: dict[str, Samples] = {}
    for (quantity, unit), axes in groups.items():
        sensor = _known_sensor(quantity, stem)
        if sensor is None and unit.lower() not in _MOTION_UNITS:
            names = ", ".join(axes.values())
            notes.append(f"{table.place}: {names} is not of a motion sensor, not read.")
            continue
        if sensor is None:
            raise ValueError(
                f"{table.place}: no sensor is known by the name {quantity or stem!r}. Its "
                f"columns are {table.shown_header}. Set phyphox to English, or use "
                "read_table."
            )
        if set(axes) != set("xyz"):
            raise ValueError(
                f"{table.place}: {sensor} has only the axes {sorted(axes)} of x, y and z, "
                f"in {table.shown_header}. Export the recording again."
            )
        known = UNITS[SENSOR_UNITS[sensor]]
        factor = known.get(unit.lower())
        if factor is None or sensor in found:
            what = f"is in {unit!r}" if factor is None else "occurs twice"
            raise ValueError(
                f"{table.place}: {sensor} {what}; known are {list(known)}. Its "
                f"columns are {table.shown_header}. Use read_table with units=."
            )
        values = table.numbers([axes[axis] for axis in "xyz"]) * factor
        rows = np.array(table.rows)
        samples = Samples(table.place, ("x", "y", "z"), times_ns, values, rows)
        found[sensor] = samples.filled()
    return found


def _known_sensor(quantity: str, stem: str) -> str | None:
    # "Acceleration x" in a file named "Linear Acceleration" is linear.
    both = f"{quantity} {stem}".lower()
    named = quantity.lower() or stem.lower()
    for part, sensor in _SENSORS:
        if part in named or (part == "linear" and "acceler" in named and part in both):
            return sensor
    return None


class _Pauses:
    """The wall clock of a measurement with pauses, from meta/time.csv."""

    def __init__(self, files: Files, source: str, notes: list[str]) -> None:
        self.epoch_ns: int | None = None
        self.starts_s: NDArray[np.float64] = np.zeros(1)
        self.shifts_s: NDArray[np.float64] = np.zeros(1)
        name = next((name for name in files if name.endswith("meta/time.csv")), None)
        table = None
        if name is not None:
            table = parse_table(files[name], f"{source}, {name}", budget=files.budget)
        if table is None or not len(table):
            notes.append("no meta/time.csv: the date and possible pauses are unknown.")
            return
        # A START begins the measurement and resumes it after each pause.
        begun = [i for i, event in enumerate(table.cells("event")) if event == "START"]
        if not begun:
            notes.append("meta/time.csv names no START: the date is unknown.")
            return
        times = table.take(begun).numbers(["experiment time", "system time"])
        if np.isnan(times).any():
            row = begun[int(np.argmax(np.isnan(times).any(axis=1)))]
            raise table.fault(row, "system time", "or the experiment time is not a time")
        # For its error on times beyond any date.
        for column, name in enumerate(("experiment time", "system time")):
            to_nanoseconds(times[:, column], "s", table.take(begun), name)
        # The app's system time is good to the millisecond, which float64 can hold.
        self.epoch_ns = round((times[0, 1] - times[0, 0]) * 1e3) * 1_000_000
        self.starts_s = times[:, 0]
        self.shifts_s = times[:, 1] - times[:, 0] - (times[0, 1] - times[0, 0])
        # Smaller steps back are the phone synchronizing its clock.
        if (np.diff(self.shifts_s) < -0.5).any():
            raise ValueError(
                f"{table.place}: the clock of the phone was set back between two parts of "
                "the measurement. Delete time.csv to read the recording without it."
            )
        if len(begun) > 1:
            notes.append(
                f"meta/time.csv: {len(begun) - 1} pause(s), {self.shifts_s[-1]:.3f} s in "
                "total, included in the times."
            )

    def put_back(self, times_s: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return times that include the pauses before them."""
        part = np.searchsorted(self.starts_s, times_s, side="right") - 1
        return times_s + self.shifts_s[np.maximum(part, 0)]
