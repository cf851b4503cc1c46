"""Damaged files are refused with a ValueError that names them, or read as they were.

Each example damages a good export of some app.  Whatever a reader accepts must hold the
values of the good one, except where the damage itself changed a number.
"""

import json
import sqlite3
import tempfile
import warnings
import zipfile
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from sk_imu import DataQualityWarning, read_recording, read_recordings
from sk_imu.readers import read_table

START_NS = 1_701_362_862_701_310_000
SENSORS = ("TotalAcceleration", "Gyroscope")
TABLE = {"columns": {f"Gyroscope_{axis}": axis for axis in "xyz"}, "time": "time"}


def values_of(sensor, n=40):
    times = np.arange(n) / 100
    moved = np.stack([np.sin(3 * times), np.cos(3 * times), 1 + times], axis=1)
    return times, (moved + [0, 0, 8.0] if sensor == "TotalAcceleration" else moved).round(6)


def sheet(sensor, header, delimiter=",", decimal=".", unix=True):
    times, values = values_of(sensor)
    lines = [delimiter.join(header)]
    for i, row in enumerate(values.tolist()):
        time = str(START_NS + i * 10_000_000) if unix else f"{times[i]:.2f}"
        cells = [time, *map(repr, row)]
        lines.append(delimiter.join(cell.replace(".", decimal) for cell in cells))
    return ("\n".join(lines) + "\n").encode()


def sensor_logger(sensor):
    return sheet(sensor, ("time", "x", "y", "z"))


def write_folder(folder):
    for sensor in SENSORS:
        (folder / f"{sensor}.csv").write_bytes(sensor_logger(sensor))
    return folder / "Gyroscope.csv", folder


def write_zip(folder):
    path = folder / "recording.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for sensor in SENSORS:
            archive.writestr(f"{sensor}.csv", sensor_logger(sensor))
    return path, path


def write_json(folder):
    path = folder / "recording.json"
    records = []
    for sensor in SENSORS:
        for i, row in enumerate(values_of(sensor)[1].tolist()):
            cells = {
                "time": str(START_NS + i * 10_000_000),
                **dict(zip("xyz", row, strict=True)),
            }
            records.append({"sensor": sensor, **cells})
    path.write_text(json.dumps(records))
    return path, path


def write_sqlite(folder):
    path = folder / "recording.sqlite"
    connection = sqlite3.connect(path)
    for sensor in SENSORS:
        connection.execute(f"CREATE TABLE {sensor} (time INTEGER, x REAL, y REAL, z REAL)")
        rows = [
            (START_NS + i * 10_000_000, *row)
            for i, row in enumerate(values_of(sensor)[1].tolist())
        ]
        connection.executemany(f"INSERT INTO {sensor} VALUES (?, ?, ?, ?)", rows)
    connection.commit()
    connection.close()
    return path, path


def write_phyphox(folder):
    for sensor, unit in zip(
        ("Accelerometer", "Gyroscope"), ("m/s^2", "rad/s"), strict=True
    ):
        header = ("Time (s)", *(f'"{axis} ({unit})"' for axis in "XYZ"))
        known = "TotalAcceleration" if sensor == "Accelerometer" else sensor
        content = sheet(known, header, ";", ",", unix=False)
        (folder / f"{sensor}.csv").write_bytes(content)
    return folder / "Accelerometer.csv", folder


def write_toolbox(folder):
    path = folder / "log.csv"
    path.write_bytes(sheet("Gyroscope", ("time", "wx", "wy", "wz"), unix=False))
    return path, path


def write_plain(folder):
    path = folder / "plain.csv"
    path.write_bytes(sheet("Gyroscope", ("time", "x", "y", "z"), "\t", unix=False))
    return path, path


WRITERS = [
    write_folder,
    write_zip,
    write_json,
    write_sqlite,
    write_phyphox,
    write_toolbox,
    write_plain,
]


# ------------------------------------------------------------------------ the damages
# Each returns the damaged content; those in CHANGES_NUMBERS may change a number into
# another plausible one, which nobody can notice.


def flip_bytes(content, rng):
    damaged = bytearray(content)
    for at in rng.integers(len(damaged), size=int(rng.integers(1, 6))):
        damaged[at] ^= int(rng.integers(1, 256))
    return bytes(damaged)


def insert_bytes(content, rng):
    at = int(rng.integers(len(content)))
    inserted = rng.integers(256, size=int(rng.integers(1, 9)), dtype=np.uint8).tobytes()
    return content[:at] + inserted + content[at:]


def insert_marks(content, rng):
    at = int(rng.integers(len(content)))
    marks = [
        b'"',
        b'""',
        b"\r",
        b"\0",
        b",",
        b";",
        b"\n",
        b"\xef\xbb\xbf",
        b"9" * 5000,
        b"'",
    ]
    return content[:at] + marks[int(rng.integers(len(marks)))] + content[at:]


def cut_short(content, rng):
    return content[: int(rng.integers(len(content)))]


def cut_out(content, rng):
    first, last = sorted(rng.integers(len(content), size=2).tolist())
    return content[:first] + content[last:]


def twice(content, rng):
    return content + content


def repeat_piece(content, rng):
    first, last = sorted(rng.integers(len(content), size=2).tolist())
    return content[:last] + content[first:]


def encoding(content, rng):
    text = content.decode("latin-1")
    names = ["utf-16", "utf-16-le", "utf-32", "utf-7", "cp037", "utf-8-sig"]
    return text.encode(names[int(rng.integers(len(names)))], "replace")


def line_ends(content, rng):
    ends = [b"\r\n", b"\r", b"\n\n", b",\n", b"\x0b", b"\x85"]
    return content.replace(b"\n", ends[int(rng.integers(len(ends)))])


def swapped_columns(content, rng):
    """Write the columns in another order, as another version of an app may."""
    try:
        text = content.decode()
    except UnicodeDecodeError:
        return content
    delimiter = max(",;\t", key=text.split("\n", 1)[0].count)
    rows = [line.split(delimiter) for line in text.splitlines()]
    if len({len(row) for row in rows}) != 1 or len(rows) < 2:
        return content
    order = rng.permutation(len(rows[0]))
    return (
        "\n".join(delimiter.join(row[i] for i in order) for row in rows) + "\n"
    ).encode()


HARMLESS = {swapped_columns}
CHANGES_NUMBERS = {flip_bytes, insert_bytes, insert_marks, cut_out, repeat_piece}
#: A checksum or a structure covers the numbers of these.
GUARDED = {write_zip}
DAMAGES = [
    flip_bytes,
    insert_bytes,
    insert_marks,
    cut_short,
    cut_out,
    twice,
    repeat_piece,
    encoding,
    line_ends,
    swapped_columns,
]


def read(write, path):
    if write is write_plain:
        return read_table(path, **TABLE)
    return read_recording(path)


def read_or_error(write, path):
    try:
        return read(write, path), None
    except ValueError as error:
        return None, str(error)


def check(write, damage, seed, counts):
    rng = np.random.default_rng(seed)
    with tempfile.TemporaryDirectory() as name, warnings.catch_warnings():
        # Doubt is welcome, any other warning is a fault.
        warnings.simplefilter("error")
        warnings.simplefilter("ignore", DataQualityWarning)
        folder = Path(name, "squat", "monday")
        folder.mkdir(parents=True)
        file, path = write(folder)
        good = read(write, path)
        file.write_bytes(damage(file.read_bytes(), rng))
        recording, error = read_or_error(write, path)
        if error is not None:
            counts["refused"] += 1
            assert path.name in error, (write, damage, seed, error)
            assert damage not in HARMLESS, (write, damage, seed, error)
            if write is not write_plain:
                with pytest.raises(ValueError, match="monday"):
                    read_recordings(Path(name), progress=False)
            return
        counts["read"] += 1
    if damage in CHANGES_NUMBERS and write not in GUARDED:
        return
    for sensor, stream in recording.streams.items():
        known = {tuple(row) for row in good.streams[sensor].values.tolist()}
        # A file cut inside its last number has one row with another value.
        got = [tuple(row) for row in stream.values.tolist()]
        strange = [
            row for row in got[: -1 if damage is cut_short else None] if row not in known
        ]
        assert not strange, (write, damage, seed, sensor, strange[:3])


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("write", WRITERS)
def test_damaged_files(write, damage):
    counts = Counter()
    for seed in range(6):
        check(write, damage, seed, counts)


@pytest.mark.slow
@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("write", WRITERS)
def test_damaged_files_thousands(write, damage):
    counts = Counter()
    for seed in range(1000, 1300):
        check(write, damage, seed, counts)
    print(write.__name__, damage.__name__, dict(counts))
