"""Recordings exported by the app Sensor Logger."""

import csv
import io
import warnings
import zipfile
import zlib
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..channels import SENSOR_AXES
from ..recording import Recording, SensorStream

__all__ = ["read_sensor_logger"]


def read_sensor_logger(path: str | Path) -> Recording:
    """Read a recording of the app Sensor Logger, a folder or zip of CSV files.

    One file a sensor, ``Accelerometer.csv`` and so on, whose columns are found by name:
    ``time`` in Unix nanoseconds and one column an axis.  Read are Accelerometer,
    Gravity, TotalAcceleration, Gyroscope, Magnetometer and Orientation; other files are
    passed over, and so are sensors without samples.

    Nothing is mended: samples stay in the order of the file, missing values become NaN,
    and the signs of the axes are those of the phone (iOS and Android point gravity in
    opposite directions).

    Parameters
    ----------
    path : str or pathlib.Path
        The exported folder or zip file.

    Returns
    -------
    recording : Recording
        Acceleration in m/s², angular rate in rad/s, magnetic field in µT, angles in
        rad; ``epoch_ns`` is the earliest time in any file, ``source`` the path.

    Raises
    ------
    ValueError
        If there is nothing to read at ``path``, a column is missing or given twice, or
        a cell is no number.  The message names the file, the column and the line.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> import numpy as np, pandas as pd
    >>> from sk_imu.readers import read_sensor_logger
    >>> time_ns = 1_700_000_000_000_000_000 + 10_000_000 * np.arange(300)
    >>> gravity = pd.DataFrame({"time": time_ns, "z": 9.8, "y": 0.0, "x": 0.0})
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     gravity.to_csv(pathlib.Path(folder, "Gravity.csv"), index=False)
    ...     recording = read_sensor_logger(folder)
    >>> recording
    Recording(None, 2.99 s: Gravity 300 samples at 100.000 Hz)
    >>> recording.streams["Gravity"].values[0]
    array([0. , 0. , 9.8])
    """
    path = Path(path)
    contents = _read_zip(path) if path.is_file() else _read_folder(path)
    tables = {}
    for sensor, content in contents.items():
        times_ns, values = _parse(content, sensor, f"{path}, {sensor}.csv")
        if len(times_ns):
            tables[sensor] = times_ns, values
    if not tables:
        raise ValueError(
            f"{path}: no sensor file with samples in it. A Sensor Logger recording holds "
            f"at least one of {', '.join(f'{sensor}.csv' for sensor in SENSOR_AXES)}."
        )
    # Nanoseconds since 1970 are beyond float64: only their differences become seconds.
    epoch_ns = min(int(times_ns.min()) for times_ns, _ in tables.values())
    streams = {
        sensor: SensorStream((times_ns - epoch_ns) / 1e9, values, SENSOR_AXES[sensor])
        for sensor, (times_ns, values) in tables.items()
    }
    return Recording(streams, source=str(path), epoch_ns=epoch_ns)


def _read_folder(path: Path) -> dict[str, bytes]:
    if not path.is_dir():
        raise ValueError(f"{path}: there is no such file or folder.")
    files = {sensor: path / f"{sensor}.csv" for sensor in SENSOR_AXES}
    return {sensor: file.read_bytes() for sensor, file in files.items() if file.is_file()}


def _read_zip(path: Path) -> dict[str, bytes]:
    contents: dict[str, bytes] = {}
    try:
        with zipfile.ZipFile(path) as archive:
            for name in archive.namelist():
                file = Path(name)
                if file.suffix != ".csv" or file.stem not in SENSOR_AXES:
                    continue
                if file.stem in contents:
                    raise ValueError(
                        f"{path}: holds {file.name} twice, in different folders. Give one "
                        "zip file a recording."
                    )
                contents[file.stem] = archive.read(name)
    # A RuntimeError says encrypted, or, as a NotImplementedError, unknown compression.
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError) as error:
        raise ValueError(f"{path}: is no zip file that can be read: {error}.") from error
    return contents


def _parse(
    content: bytes, sensor: str, place: str
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return the times in nanoseconds and the values with the package's order of axes."""
    axes = list(SENSOR_AXES[sensor])
    if not content.strip():
        return np.empty(0, np.int64), np.empty((0, len(axes)))
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(f"{place}: is no text in UTF-8: {error}.") from error
    header = next(csv.reader([text.partition("\n")[0]]), [])
    columns = ["time", *axes]
    wrong = [column for column in columns if header.count(column) != 1]
    if wrong:
        raise ValueError(
            f"{place}: needs each of the columns {columns} once, but {wrong} is missing or "
            f"given twice. Its first line is {header}. Export the recording again as CSV."
        )
    # Times as text, since pandas takes 1.7E+18 for a whole number; all columns, since it
    # passes over surplus cells in silence where only some are asked for.
    dtypes = {"time": str} | dict.fromkeys(axes, np.float64)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", pd.errors.ParserWarning)
            table = pd.read_csv(io.StringIO(text), dtype=dtypes, index_col=False)
        times_ns = table["time"].to_numpy(dtype="U").astype(np.int64)
    except (ValueError, OverflowError, pd.errors.ParserWarning) as error:
        raise ValueError(_find_fault(text, header, columns, place)) from error
    return times_ns, table[axes].to_numpy(dtype=np.float64)


def _find_fault(text: str, header: list[str], columns: list[str], place: str) -> str:
    """Say in which line and column a table stops being one of numbers."""
    for line, cells in enumerate(csv.reader(io.StringIO(text)), start=1):
        if line == 1 or not cells:
            continue
        if len(cells) != len(header):
            return (
                f"{place}, line {line}: has {len(cells)} cells for {len(header)} columns. "
                "Export the recording again as CSV."
            )
        for column in columns:
            cell = cells[header.index(column)]
            try:
                _ = int(cell) if column == "time" else float(cell or "nan")
            except ValueError:
                kind = "whole number of nanoseconds" if column == "time" else "number"
                return (
                    f"{place}, line {line}, column {column!r}: {cell!r} is no {kind}. If a "
                    "spreadsheet has saved the file, export the recording again."
                )
    return f"{place}: is no table of numbers. Export the recording again as CSV."
