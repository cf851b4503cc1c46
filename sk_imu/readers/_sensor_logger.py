"""Recordings exported by the app Sensor Logger."""

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..recording import (
    EULER_AXES,
    QUATERNION_AXES,
    SENSOR_AXES,
    STANDARD_GRAVITY,
    Recording,
    warn_of_doubts,
)
from ._assembly import assemble_recording, first_time_ns
from ._conventions import Claim, decide_convention
from ._files import MAX_BYTES, Files, read_files
from ._layouts import WATCH_COLUMNS, find_tables
from ._tables import Table
from ._timestamps import Samples, clean_samples

Tables = dict[str, list[Table]]
Clock = tuple[NDArray[np.int64], NDArray[np.float64] | None]

#: Whole nanoseconds as a spreadsheet saves them: 1,70136286270131E+018.
_SCIENTIFIC = re.compile(r"(\d)[.,]?(\d*)[eE]\+?0*18")


def read_sensor_logger(
    path: str | Path,
    *,
    platform: str | None = None,
    device: str = "phone",
    max_bytes: float = MAX_BYTES,
) -> Recording:
    """Read a recording of the app Sensor Logger.

    It may be a folder or zip file with one CSV file for each sensor, a JSON or SQLite
    file, or one combined CSV file with columns such as ``accelerometer_x``.  Columns are
    found by name.  Signs and units become those of the package: a phone lying on its
    back reads z = +9.81 m/s² in Gravity and TotalAcceleration on every platform (see the
    user guide).  The file's Metadata, or else its data, decide which signs and units the
    file has.  The notes state how this was decided, and whether the data contradict it.

    Faulty rows are left out and counted in the notes: zeros before a sensor's first
    value, rows stamped an hour or more from all others, exact repetitions.  Samples stay
    in the order of the file, and missing values become NaN.  Times that a spreadsheet has
    rounded are restored from ``seconds_elapsed`` if that agrees with all of them.

    Parameters
    ----------
    path : str or pathlib.Path
        The exported folder or file.
    platform : {"ios", "android"}, default=None
        The phone's platform.  None takes it from Metadata, or else from the data.  Data
        that contradict Metadata decide.
    device : {"phone", "watch"}, default="phone"
        The device whose sensors are read.  If the phone's have no samples, the watch's
        are read.
    max_bytes : float, default=2**32
        Memory in bytes that reading may take.

    Returns
    -------
    recording : Recording
        Acceleration in m/s², angular rate in rad/s, magnetic field in µT, angles in
        rad.  ``epoch_ns`` is the earliest time of any sample, ``source`` the path, and
        ``notes`` says what was decided and left out.

    Raises
    ------
    ValueError
        If there is nothing to read at ``path``, a column is missing or given twice, a
        cell is not a number, a clock was set back, recordings are mixed, or reading
        takes more than ``max_bytes``.  The message names the file, the line and a remedy.

    Warns
    -----
    DataQualityWarning
        For each of the recording's ``doubts``.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> import numpy as np, pandas as pd
    >>> from sk_imu.readers import read_sensor_logger
    >>> time_ns = 1_700_000_000_000_000_000 + 10_000_000 * np.arange(300)
    >>> gravity = pd.DataFrame({"time": time_ns, "z": -9.8, "y": 0.0, "x": 0.0})
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     gravity.to_csv(pathlib.Path(folder, "Gravity.csv"), index=False)
    ...     recording = read_sensor_logger(folder, platform="ios")
    >>> recording
    Recording(2.99 s: Gravity 100 Hz)
    >>> recording.streams["Gravity"].values[0] + 0.0
    array([0. , 0. , 9.8])
    """
    path = Path(path)
    recording = read_sensor_logger_files(
        read_files(path, max_bytes), str(path), platform=platform, device=device
    )
    warn_of_doubts([recording])
    return recording


def read_sensor_logger_files(
    files: Files,
    source: str,
    *,
    platform: str | None = None,
    device: str = "phone",
) -> Recording:
    """Read a recording from the content of its files."""
    if platform not in (None, "ios", "android"):
        raise ValueError(f"platform must be 'ios', 'android' or None, got {platform!r}.")
    if device not in ("phone", "watch"):
        raise ValueError(f"device must be 'phone' or 'watch', got {device!r}.")
    tables, notes = find_tables(files, source)
    claim, named = _read_metadata(tables, notes)
    sensors: dict[str, Samples] = {}
    watch: dict[str, Samples] = {}
    # One table for each: find_tables refuses more.
    for sensor, (table, *_) in tables.items():
        if sensor in SENSOR_AXES and len(table):
            sensors[sensor] = _read_samples(sensor, table, notes)
        elif sensor == "WristMotion" and len(table):
            watch = _read_watch(table, notes)
        elif sensor in SENSOR_AXES and table.header:
            _check_header(sensor, table)
            notes.append(f"{sensor}: the file has no rows, ignored.")
    if watch and device == "phone" and not sensors:
        notes.append("the phone's sensors have no samples: the watch's are read.")
        device = "watch"
    elif watch and device == "phone":
        notes.append("WristMotion of a watch is ignored; device='watch' reads it.")
    n_marks = sum(len(table) for table in tables.get("Annotation", []))
    marks = f" ({n_marks} annotations, but nothing they belong to)" if n_marks else ""
    sensors = clean_samples(
        watch if device == "watch" else sensors,
        source,
        notes,
        unix=True,
        nothing=f"no sensor file with samples in it{marks}. A Sensor Logger recording "
        f"holds at least one of {', '.join(f'{sensor}.csv' for sensor in SENSOR_AXES)}; "
        "record again with these sensors on.",
    )
    # Metadata names the sensors of the phone, but not those of the watch.
    missing = [name for name in named if name not in sensors]
    if missing and device == "phone":
        notes.append(f"named in Metadata but without samples: {', '.join(missing)}.")
    claim = replace(claim, watch=device == "watch")
    if platform is not None:
        claim = replace(claim, platform=platform, given=True, named_by="platform=")
    sensors = _convert(sensors, tables, claim, notes)
    epoch_ns = first_time_ns(sensors)
    return assemble_recording(
        sensors,
        source,
        notes,
        time_unit=None,  # Unix times in nanoseconds, whose years are checked
        epoch_ns=epoch_ns,
        annotations=tuple(_read_annotations(tables, epoch_ns, notes)),
    )


def _convert(
    sensors: dict[str, Samples], tables: Tables, claim: Claim, notes: list[str]
) -> dict[str, Samples]:
    """Return the samples in the package's signs and units."""
    # The order of its columns is a hint at the platform.
    header = tables["Orientation"][0].header if "Orientation" in tables else []
    convention, how = decide_convention(sensors, claim, header)
    notes += how
    if claim.watch and convention.in_g:
        notes.append(f"watch: acceleration from g, times {STANDARD_GRAVITY}.")
    return {
        sensor: convention.apply(sensor, samples) for sensor, samples in sensors.items()
    }


# -------------------------------------------------------------------- the tables


def _read_metadata(tables: Tables, notes: list[str]) -> tuple[Claim, list[str]]:
    """Return what Metadata says of signs and units, and the sensors that it names."""
    found = tables.get("Metadata")
    if not found or not len(found[0]):
        notes.append("no Metadata: the data must decide the platform.")
        return Claim(), []
    values = {name.strip(): cells[0].strip() for name, cells in found[0].columns.items()}
    version = values.get("appVersion", "of unknown version")
    platform = values.get("platform", "").lower()
    standardised = values.get("standardisation", "").lower() == "true"
    said = ", standardised" if standardised else ""
    notes.append(f"Sensor Logger {version}, platform {platform or 'not named'}{said}.")
    named = values.get("sensors", "").replace(" ", "").split("|")
    claim = Claim(
        platform=platform if platform in ("ios", "android") else None,
        standardised=standardised,
        version=version,
        named_by=f"Metadata ({platform}{said})",
    )
    return claim, [name for name in named if name in SENSOR_AXES]


def _read_annotations(
    tables: Tables, epoch_ns: int, notes: list[str]
) -> list[tuple[float, str]]:
    table = tables["Annotation"][0] if "Annotation" in tables else None
    if table is None or not len(table):
        return []
    times_ns, _ = _read_clock(table, notes, "Annotation")
    marks = zip(times_ns.tolist(), table.cells("text"), strict=True)
    return [((time_ns - epoch_ns) / 1e9, text) for time_ns, text in marks]


def _check_header(sensor: str, table: Table) -> tuple[str, ...]:
    """Return the axes to read, after checking that they and the time are there."""
    axes = SENSOR_AXES[sensor]
    if sensor == "Orientation":  # one of its two halves is enough
        halves = [
            half for half in (QUATERNION_AXES, EULER_AXES) if {*half} & {*table.header}
        ]
        axes = tuple(axis for half in halves for axis in half) or axes
    table.require(["time", *axes])
    return axes


def _read_samples(sensor: str, table: Table, notes: list[str]) -> Samples:
    axes = _check_header(sensor, table)
    return _samples(table, axes, axes, _read_clock(table, notes, sensor))


def _read_watch(table: Table, notes: list[str]) -> dict[str, Samples]:
    clock = _read_clock(table, notes, "WristMotion")
    found = {}
    for sensor, columns in WATCH_COLUMNS.items():
        if any(column in table.header for column in columns):
            axes = QUATERNION_AXES if sensor == "Orientation" else SENSOR_AXES[sensor]
            found[sensor] = _samples(table, columns, axes, clock)
    if not found:
        # None of its columns is there, so that this raises the error that names them.
        table.require(WATCH_COLUMNS["Accelerometer"])
    return found


def _samples(
    table: Table, columns: tuple[str, ...], axes: tuple[str, ...], clock: Clock
) -> Samples:
    times_ns, starts_ns = clock
    rows = np.array(table.rows, dtype=np.int64)
    values = table.numbers(columns)
    return Samples(table.place, axes, times_ns, values, rows, table.row_word, starts_ns)


def _read_clock(table: Table, notes: list[str], sensor: str) -> Clock:
    """Return each row's time, and the recording's start according to each row."""
    table.require(["time"])
    elapsed_ns = _elapsed_ns(table)
    times_ns = table.whole_numbers("time")
    if times_ns is None:
        return _restore_clock(table, elapsed_ns, notes, sensor), None
    return times_ns, None if elapsed_ns is None else times_ns - elapsed_ns


def _elapsed_ns(table: Table) -> NDArray[np.float64] | None:
    if not table.has("seconds_elapsed"):
        return None
    try:
        return table.numbers(["seconds_elapsed"])[:, 0] * 1e9
    except ValueError:  # it is needed only if the time is damaged
        return None


def _restore_clock(
    table: Table, elapsed_ns: NDArray[np.float64] | None, notes: list[str], sensor: str
) -> NDArray[np.int64]:
    """Return times that a spreadsheet has rounded, restored from seconds_elapsed."""
    cells = [cell.strip() for cell in table.cells("time")]
    known = np.empty(len(cells))
    exact = np.zeros(len(cells), bool)
    # The value of the last digit that the spreadsheet has kept.
    precision_ns = 0.0
    for row, cell in enumerate(cells):
        match = _SCIENTIFIC.fullmatch(cell)
        exact[row] = cell.isascii() and cell.isdigit() and len(cell) < 20
        if match is None and not exact[row]:
            raise table.fault(row, "time", "is not a whole number of nanoseconds")
        # Unix times in nanoseconds have 19 digits until the year 2286.
        digits = match[1] + match[2][:18] if match else cell
        known[row] = int(digits) * 10.0 ** (19 - len(digits)) if match else int(cell)
        if match:
            precision_ns = max(precision_ns, 10.0 ** (19 - len(digits)))
    first = int(np.argmin(exact))
    # The start of the recording, which all rows share, is off by as much as a rounded time
    # may be: beyond a millisecond the times are better refused.
    if elapsed_ns is None or np.isnan(elapsed_ns).any() or precision_ns > 1e6:
        raise table.fault(
            first,
            "time",
            "is not a whole number of nanoseconds: it was rounded, and cannot be "
            "restored without seconds_elapsed",
        )
    # All rows give the same start of the recording; unrounded ones give it exactly.
    starts_ns = known - elapsed_ns
    start_ns = np.median(starts_ns[exact] if exact.any() else starts_ns)
    off_ns = np.abs(starts_ns - start_ns)
    if off_ns.max() > precision_ns + 1e6:
        worst = int(np.argmax(off_ns))
        raise table.fault(worst, "time", "is rounded and disagrees with seconds_elapsed")
    notes.append(
        f"{sensor}: {int((~exact).sum())} times were rounded to "
        f"{precision_ns / 1e3:g} µs by a spreadsheet; all are taken from seconds_elapsed."
    )
    # float64 knows the start to 256 ns only, but the steps between samples exactly.
    return int(start_ns) + np.round(elapsed_ns).astype(np.int64)
