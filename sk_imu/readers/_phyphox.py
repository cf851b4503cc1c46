"""Recordings exported by the app phyphox."""

import re
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

import numpy as np
from numpy.typing import NDArray

from ..recording import STANDARD_GRAVITY, Recording, SensorStream
from ._conventions import check_conventions, check_plausible
from ._files import read_files
from ._tables import Table, parse_table, sniff_header
from ._timestamps import Samples, clean_samples

__all__ = ["read_phyphox"]

#: "Linear Acceleration x (m/s^2)", "X (rad/s)"
_AXIS = re.compile(r"(?:(?P<quantity>.+?)\s+)?(?P<axis>[xyz])\s*\((?P<unit>[^()]*)\)", re.I)
_TIME = re.compile(r"time\s*\((?P<unit>s|ms)\)", re.I)
#: What a quantity's or a file's name says, the first that fits.
_SENSORS = (
    ("linear", "Accelerometer"),
    ("without g", "Accelerometer"),
    ("acceler", "TotalAcceleration"),
    ("gravity", "Gravity"),
    ("gyr", "Gyroscope"),
    ("rotation rate", "Gyroscope"),
    ("magnet", "Magnetometer"),
)
_UNITS = {
    "Accelerometer": {"m/s^2": 1.0, "m/s²": 1.0, "g": STANDARD_GRAVITY},
    "Gyroscope": {"rad/s": 1.0, "°/s": np.pi / 180, "deg/s": np.pi / 180},
    "Magnetometer": {"µt": 1.0, "μt": 1.0, "ut": 1.0},
}
_UNITS["TotalAcceleration"] = _UNITS["Gravity"] = _UNITS["Accelerometer"]


def read_phyphox(path: str | Path) -> Recording:
    """Read a recording of the app phyphox.

    Read are CSV files with comma, semicolon or tabulator and with decimal point or
    comma; and folders and zip files of them.  Columns are found by name, such as
    ``Linear Acceleration x (m/s^2)``, or, where they are just ``X (m/s^2)``, by the
    file's name.  Acceleration is TotalAcceleration unless the name says that it is
    linear, that is, without gravity.  phyphox itself gives iOS's acceleration the sign of
    Android's.

    With ``meta/time.csv`` the recording has an ``epoch_ns``, and the pauses in the
    measurement, which phyphox's own clock leaves out, are put back into the times.

    Parameters
    ----------
    path : str or pathlib.Path
        The exported file or folder.

    Returns
    -------
    recording : Recording
        Acceleration in m/s², angular rate in rad/s, magnetic field in µT.

    Raises
    ------
    ValueError
        If no column is known, a unit is unknown, or a cell is no number.  The message
        names the file, the line, and what to do.

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
    return read_phyphox_files(read_files(path), str(path))


def is_phyphox(files: Mapping[str, bytes]) -> bool:
    """Tell by their content whether files are a recording of phyphox."""
    return any(_is_sheet(content) for content in files.values())


def read_phyphox_files(files: Mapping[str, bytes], source: str) -> Recording:
    """Read a recording from the content of its files."""
    notes = ["phyphox: signs are Android's on every phone, nothing to convert."]
    sensors: dict[str, Samples] = {}
    clock = _Pauses(files, source, notes)
    for name, content in files.items():
        if not _is_sheet(content):
            if PurePosixPath(name).parent.name != "meta":
                notes.append(
                    f"{name}: holds no sensor with the axes x, y and z, passed over."
                )
            continue
        place = source if len(files) == 1 and source.endswith(name) else f"{source}, {name}"
        table = parse_table(content, place)
        if table is None or not len(table):
            notes.append(f"{name}: has no rows, passed over.")
            continue
        for sensor, samples in _read_sheet(table, PurePosixPath(name).stem, clock).items():
            if sensor in sensors:
                raise ValueError(
                    f"{source}: holds {sensor} twice: {sensors[sensor].place} and {place}. "
                    "Give each recording a folder or zip file of its own."
                )
            sensors[sensor] = samples
    sensors, cleaning = clean_samples(sensors, source, unix=False)
    if not sensors:
        raise ValueError(f"{source}: no samples in it. Export the recording again.")
    for sensor, samples in sensors.items():
        notes += check_plausible(sensor, samples)
    notes += [*cleaning, *check_conventions(sensors)]
    streams = {
        sensor: SensorStream(samples.times_ns / 1e9, samples.values, samples.axes)
        for sensor, samples in sensors.items()
    }
    return Recording(streams, source=source, epoch_ns=clock.epoch_ns, notes=tuple(notes))


def _is_sheet(content: bytes) -> bool:
    header = sniff_header(content[:4096].decode("utf-8-sig", "replace"))[1]
    return any(map(_TIME.fullmatch, header)) and any(map(_AXIS.fullmatch, header))


def _read_sheet(table: Table, stem: str, clock: "_Pauses") -> dict[str, Samples]:
    (time, unit), *more = [
        (name, match["unit"]) for name in table.header if (match := _TIME.fullmatch(name))
    ]
    if more:
        raise ValueError(
            f"{table.place}: has two columns of time, {time!r} and {more[0][0]!r}. Use "
            "read_table and name the one that counts."
        )
    times_s = table.numbers([time])[:, 0] * (1e-3 if unit.lower() == "ms" else 1.0)
    if np.isnan(times_s).any():
        raise table.fault(int(np.argmax(np.isnan(times_s))), time, "is no time")
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
        sensor = _sensor(quantity, stem, table)
        if set(axes) != set("xyz"):
            raise ValueError(
                f"{table.place}: {sensor} has only the axes {sorted(axes)} of x, y and z, "
                f"in {table.header}. Export the recording again."
            )
        factor = _UNITS[sensor].get(unit.lower())
        if factor is None or sensor in found:
            what = f"is in {unit!r}" if factor is None else "is there twice"
            raise ValueError(
                f"{table.place}: {sensor} {what}; known are {list(_UNITS[sensor])}. Its "
                f"columns are {table.header}. Use read_table with units=."
            )
        values = table.numbers([axes[axis] for axis in "xyz"]) * factor
        # Sheets of several sensors leave cells empty where one of them has no sample.
        filled: NDArray[np.bool_] = ~np.all(np.isnan(values), axis=1)
        times_ns = np.round(clock.put_back(times_s) * 1e9).astype(np.int64)
        rows = np.array(table.rows)
        samples = Samples(table.place, ("x", "y", "z"), times_ns, values, rows)
        found[sensor] = samples.keep(filled)
    return found


def _sensor(quantity: str, stem: str, table: Table) -> str:
    # "Acceleration x" in a file named "Linear Acceleration" is linear.
    both = f"{quantity} {stem}".lower()
    named = quantity.lower() or stem.lower()
    for part, sensor in _SENSORS:
        if part in named or (part == "linear" and "acceler" in named and part in both):
            return sensor
    raise ValueError(
        f"{table.place}: which sensor is {quantity or stem!r}? Its columns are "
        f"{table.header}. Set phyphox to English, or use read_table."
    )


class _Pauses:
    """The wall clock of a measurement with pauses, by meta/time.csv."""

    def __init__(self, files: Mapping[str, bytes], source: str, notes: list[str]) -> None:
        self.epoch_ns: int | None = None
        self.starts_s: NDArray[np.float64] = np.zeros(1)
        self.shifts_s: NDArray[np.float64] = np.zeros(1)
        name = next((name for name in files if name.endswith("meta/time.csv")), None)
        table = parse_table(files[name], f"{source}, {name}") if name else None
        if table is None or not len(table):
            notes.append("no meta/time.csv: the date, and pauses if any, are not known.")
            return
        begun = [i for i, event in enumerate(table.cells("event")) if event == "START"]
        if not begun:
            notes.append("meta/time.csv names no START: the date is not known.")
            return
        times = table.take(begun).numbers(["experiment time", "system time"])
        if np.isnan(times).any():
            row = begun[int(np.argmax(np.isnan(times).any(axis=1)))]
            raise table.fault(row, "system time", "or the experiment time is no time")
        self.epoch_ns = round((times[0, 1] - times[0, 0]) * 1e3) * 1_000_000
        self.starts_s = times[:, 0]
        self.shifts_s = times[:, 1] - times[:, 0] - (times[0, 1] - times[0, 0])
        if (np.diff(self.shifts_s) < -0.5).any():
            raise ValueError(
                f"{table.place}: the clock of the phone was set back between two parts of "
                "the measurement. Take time.csv out of the recording to read it without."
            )
        if len(begun) > 1:
            notes.append(
                f"meta/time.csv: {len(begun) - 1} pause(s), {self.shifts_s[-1]:.3f} s in "
                "all, put back into the times."
            )

    def put_back(self, times_s: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return times with the pauses that came before them."""
        part = np.searchsorted(self.starts_s, times_s, side="right") - 1
        return times_s + self.shifts_s[np.maximum(part, 0)]
