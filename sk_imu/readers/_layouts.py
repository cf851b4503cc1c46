"""The layouts of a Sensor Logger export: one file per sensor, combined, JSON, SQLite."""

import json
import sqlite3
from collections.abc import Mapping
from functools import partial
from pathlib import PurePosixPath
from typing import Any

from ..recording import SENSOR_AXES
from ._files import OWN_PLACE, Budget, Files, place_of
from ._tables import CELL_BYTES, Table, decode, header_of, parse_table, sniff_header

Tables = dict[str, list[Table]]

#: Tables of the app besides those of the phone's sensors.
_OTHER = ("WristMotion", "Annotation", "Metadata")
#: Columns of a watch's sensors, all in one table.
WATCH_COLUMNS = {
    "Accelerometer": ("accelerationX", "accelerationY", "accelerationZ"),
    "Gravity": ("gravityX", "gravityY", "gravityZ"),
    "Gyroscope": ("rotationRateX", "rotationRateY", "rotationRateZ"),
    "Orientation": ("quaternionX", "quaternionY", "quaternionZ", "quaternionW"),
}
_CLOCK = ("time", "seconds_elapsed")
#: The columns of each table that are read; of Metadata, all.
_COLUMNS = {
    **{sensor: {*_CLOCK, *axes} for sensor, axes in SENSOR_AXES.items()},
    "Annotation": {*_CLOCK, "text"},
    "WristMotion": {*_CLOCK, *(c for columns in WATCH_COLUMNS.values() for c in columns)},
}
#: Memory of parsed JSON: of an object, of an array, and of a value in it.
_JSON_BYTES = {b"{": 400, b"[": 80, b",": 80}
#: SQLite refuses longer texts and rows, so that a computed column stays small, ...
_SQLITE_LENGTH = 100_000
#: ... and stops after this many steps for each byte of the file, which a scan never takes.
_SQLITE_STEPS_PER_BYTE = 100
#: The app's versions and layouts differ in upper and lower case.
NAMES = {name.lower(): name for name in (*SENSOR_AXES, *_OTHER)}


def is_sensor_logger(files: Mapping[str, bytes]) -> bool:
    """Return whether files hold a recording of Sensor Logger."""
    return any(
        file_kind(content) != "none" or is_named_table(name, content)
        for name, content in files.items()
    )


def file_kind(content: bytes) -> str:
    """Return the layout of a single file, according to its content."""
    if content.startswith(b"SQLite format 3\0"):
        return "sqlite"
    start = content[:4096].decode("utf-8-sig", "replace").lstrip()
    if start.startswith("["):
        return "json"
    header = sniff_header(start.partition("\n")[0])[1]
    return "combined" if _combined_columns(header) else "none"


def _sensor_of_file(name: str) -> str | None:
    file = PurePosixPath(name)
    return NAMES.get(file.stem.lower()) if file.suffix.lower() == ".csv" else None


def is_named_table(name: str, content: bytes) -> bool:
    """Return whether a file is named after a sensor and is not from phyphox."""
    stem = _sensor_of_file(name)
    if stem is None:
        return False
    if stem in _OTHER or not content.strip():
        return True
    # phyphox writes units in parentheses.
    return not any("(" in cell for cell in header_of(content))


def find_tables(files: Files, source: str) -> tuple[Tables, list[str]]:
    """Return the tables of each sensor from any layout, and notes."""
    tables: Tables = {}
    notes: list[str] = []
    unknown = list(files.left_out)
    for name, content in files.items():
        place = place_of(name, files, source)
        kind = file_kind(content)
        if kind == "json":
            found = _read_json(content, place, files.budget, unknown)
        elif kind == "sqlite":
            found = _read_sqlite(content, place, files.budget, unknown)
        elif kind == "combined":
            found = _read_combined(content, place, files.budget, notes)
        elif sensor := _sensor_of_file(name):
            is_read = partial(_is_read, sensor)
            table = parse_table(content, place, keep=is_read, budget=files.budget)
            found = {sensor: Table(place, [], {}, []) if table is None else table}
            if table is None:
                notes.append(f"{sensor}: the file is empty.")
        else:
            unknown.append(name)
            continue
        for sensor, table in found.items():
            tables.setdefault(sensor, []).append(table)
            notes += table.not_read()
    if unknown:
        notes.append(f"not read: {', '.join(unknown)}.")
    for sensor, twice in tables.items():
        if len(twice) > 1:
            raise ValueError(
                f"{source}: holds {sensor}.csv twice or in two formats: "
                f"{twice[0].place} and {twice[1].place}. {OWN_PLACE}"
            )
    folders = {PurePosixPath(name).parent for name in files if _sensor_of_file(name)}
    if len(folders) > 1:
        raise ValueError(
            f"{source}: holds sensor files in different folders: "
            f"{', '.join(sorted(map(str, folders)))}. {OWN_PLACE}"
        )
    return tables, notes


def _is_read(sensor: str, column: str) -> bool:
    return sensor not in _COLUMNS or column in _COLUMNS[sensor]


def _read_json(
    content: bytes, place: str, budget: Budget, unknown: list[str]
) -> dict[str, Table]:
    for mark, n_bytes in _JSON_BYTES.items():
        budget.spend(n_bytes * content.count(mark), place)
    budget.spend(2 * len(content), place)
    text = decode(content, place)
    try:
        # Numbers stay text, because nanoseconds since 1970 exceed float64.
        records = json.loads(text, parse_float=str, parse_int=str, parse_constant=str)
    except (ValueError, RecursionError) as error:
        raise ValueError(
            f"{place}: is not readable JSON: {error}. It may have been cut short: "
            "export the recording again."
        ) from error
    groups: dict[str, tuple[list[dict[str, Any]], list[int]]] = {}
    others: dict[str, int] = {}
    for row, record in enumerate(records, start=1):
        if not isinstance(record, dict) or not isinstance(record.get("sensor"), str):
            raise ValueError(
                f"{place}, record {row}: names no sensor. A Sensor Logger export is an "
                "array of objects with 'sensor', 'time' and the sensor's axes."
            )
        # Some names are written with a space, such as "Wrist Motion".
        sensor = NAMES.get(record["sensor"].replace(" ", "").lower())
        if sensor is None:
            others[record["sensor"][:40]] = others.get(record["sensor"][:40], 0) + 1
            continue
        members, rows = groups.setdefault(sensor, ([], []))
        members.append(record)
        rows.append(row)
    unknown += [f"{n} records of {sensor}" for sensor, n in list(others.items())[:20]]
    tables = {}
    for sensor, (members, rows) in groups.items():
        if sensor == "Metadata":  # only the first is used
            members, rows = members[:1], rows[:1]
        header = list(dict.fromkeys(key for record in members for key in record))
        columns = {
            key: [_text(record.get(key)) for record in members]
            for key in header
            if _is_read(sensor, key)
        }
        header.remove("sensor")
        tables[sensor] = Table(f"{place}, {sensor}", header, columns, rows, "record")
    return tables


def _read_sqlite(
    content: bytes, place: str, budget: Budget, unknown: list[str]
) -> dict[str, Table]:
    tables = {}
    budget.spend(len(content), place)
    try:
        connection = sqlite3.connect(":memory:")
        try:
            # In memory: a file from elsewhere is never opened as a database on disk.
            connection.deserialize(content)
            connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _SQLITE_LENGTH)
            # SQLite ends a query with an error once the handler returns a true value.
            steps = iter(range(1 + len(content) * _SQLITE_STEPS_PER_BYTE // 100_000))
            connection.set_progress_handler(lambda: next(steps, None) is None, 100_000)
            found = connection.execute("SELECT name FROM sqlite_master WHERE type='table'")
            for (name,) in found.fetchall():
                sensor = NAMES.get(str(name).replace(" ", "").lower())
                if sensor is None:
                    unknown.append(f"table {name}")
                    continue
                tables[sensor] = _read_sqlite_table(connection, name, sensor, place, budget)
        finally:
            connection.close()
    except (sqlite3.Error, UnicodeError, OverflowError) as error:
        raise ValueError(
            f"{place}: is not a readable SQLite file: {error}. It may have been cut "
            "short: export the recording again."
        ) from error
    return tables


def _read_sqlite_table(
    connection: sqlite3.Connection, name: str, sensor: str, place: str, budget: Budget
) -> Table:
    # A query takes no parameter for a name, so quotes are escaped.
    table = f'"{_escaped(name)}"'
    cursor = connection.execute(f"SELECT * FROM {table} LIMIT 0")
    header = [column[0] for column in cursor.description]
    columns: dict[str, list[str]] = {c: [] for c in header if _is_read(sensor, c)}
    if columns:
        wanted = ", ".join(f'"{_escaped(column)}"' for column in columns)
        cursor = connection.execute(f"SELECT {wanted} FROM {table}")
        for rows in iter(lambda: cursor.fetchmany(10_000), []):
            budget.spend(CELL_BYTES * len(rows) * len(columns), place)
            for cells, column in zip(
                zip(*rows, strict=True), columns.values(), strict=True
            ):
                column += map(_text, cells)
    n_rows = len(next(iter(columns.values()), []))
    return Table(f"{place}, {sensor}", header, columns, range(1, n_rows + 1), "row")


def _escaped(name: str) -> str:
    return name.replace('"', '""')


def _combined_columns(header: list[str]) -> dict[str, dict[str, str]]:
    """Return the columns of each sensor in a combined table, by their plain names."""
    found: dict[str, dict[str, str]] = {}
    if "time" not in header and "seconds_elapsed" not in header:
        return {}
    for column in header:
        name, _, axis = column.partition("_")
        sensor = NAMES.get(name.lower())
        if sensor and axis and _is_read(sensor, axis):
            found.setdefault(sensor, {})[axis] = column
    return found


def _read_combined(
    content: bytes, place: str, budget: Budget, notes: list[str]
) -> dict[str, Table]:
    def is_read(column: str) -> bool:
        return column in _CLOCK or bool(_combined_columns(["time", column]))

    table = parse_table(content, place, keep=is_read, budget=budget)
    if table is None:
        return {}
    notes += table.not_read()
    sensors = _combined_columns(table.header)
    shared = [name for name in _CLOCK if table.has(name)]
    tables = {}
    for sensor, columns in sensors.items():
        table.require(list(columns.values()))
        own = [table.cells(column) for column in columns.values()]
        # A row without any value of this sensor belongs to another one.
        filled = [
            row
            for row, cells in enumerate(zip(*own, strict=True))
            if any(map(str.strip, cells))
        ]
        names = [*(name for name in shared if name not in columns), *columns]
        cells = {name: table.cells(columns.get(name, name)) for name in names}
        whole = Table(f"{table.place}, {sensor}", names, cells, table.rows)
        tables[sensor] = whole.take(filled)
    return tables


def _text(value: Any) -> str:
    return "" if value is None else str(value)
