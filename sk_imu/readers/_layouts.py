"""The layouts of a Sensor Logger export: one file per sensor, combined, JSON, SQLite."""

import json
import sqlite3
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any

from ..recording import SENSOR_AXES
from ._files import OWN_PLACE, place_of
from ._tables import Table, decode, header_of, parse_table, sniff_header

__all__ = ["find_tables", "is_sensor_logger"]

Tables = dict[str, list[Table]]

#: Tables of the app besides those of the phone's sensors.
_OTHER = ("WristMotion", "Annotation", "Metadata")
#: The app's versions and layouts differ in upper and lower case.
_NAMES = {name.lower(): name for name in (*SENSOR_AXES, *_OTHER)}


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
    return _NAMES.get(file.stem.lower()) if file.suffix.lower() == ".csv" else None


def is_named_table(name: str, content: bytes) -> bool:
    """Return whether a file is named after a sensor and is not from phyphox."""
    stem = _sensor_of_file(name)
    if stem is None:
        return False
    if stem in _OTHER or not content.strip():
        return True
    # phyphox writes units in parentheses.
    return not any("(" in cell for cell in header_of(content))


def find_tables(files: Mapping[str, bytes], source: str) -> tuple[Tables, list[str]]:
    """Return the tables of each sensor from any layout, and notes."""
    tables: Tables = {}
    notes: list[str] = []
    for name, content in files.items():
        place = place_of(name, files, source)
        kind = file_kind(content)
        if kind == "json":
            found = _read_json(content, place)
        elif kind == "sqlite":
            found = _read_sqlite(content, place)
        elif kind == "combined":
            found = _read_combined(content, place)
        elif sensor := _sensor_of_file(name):
            table = parse_table(content, place)
            found = {sensor: Table(place, [], [], []) if table is None else table}
            if table is None:
                notes.append(f"{sensor}: the file is empty.")
        else:
            continue
        for sensor, table in found.items():
            tables.setdefault(sensor, []).append(table)
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


def _read_json(content: bytes, place: str) -> dict[str, Table]:
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
    for row, record in enumerate(records, start=1):
        if not isinstance(record, dict) or not isinstance(record.get("sensor"), str):
            raise ValueError(
                f"{place}, record {row}: names no sensor. A Sensor Logger export is an "
                "array of objects with 'sensor', 'time' and the sensor's axes."
            )
        # Some names are written with a space, such as "Wrist Motion".
        sensor = _NAMES.get(record["sensor"].replace(" ", "").lower())
        if sensor is not None:
            members, rows = groups.setdefault(sensor, ([], []))
            members.append(record)
            rows.append(row)
    tables = {}
    for sensor, (members, rows) in groups.items():
        header = list(dict.fromkeys(key for record in members for key in record))
        columns = [[_text(record.get(key)) for record in members] for key in header]
        tables[sensor] = Table(f"{place}, {sensor}", header, [*columns], rows, "record")
    return tables


def _read_sqlite(content: bytes, place: str) -> dict[str, Table]:
    tables = {}
    try:
        connection = sqlite3.connect(":memory:")
        try:
            # In memory: a file from elsewhere is never opened as a database on disk.
            connection.deserialize(content)
            found = connection.execute("SELECT name FROM sqlite_master WHERE type='table'")
            for (name,) in found.fetchall():
                sensor = _NAMES.get(name.replace(" ", "").lower())
                if sensor is None:
                    continue
                # A query takes no parameter for a table's name, so quotes are escaped.
                quoted = name.replace('"', '""')
                cursor = connection.execute(f'SELECT * FROM "{quoted}"')
                header = [column[0] for column in cursor.description]
                rows = [[_text(cell) for cell in row] for row in cursor.fetchall()]
                columns = [list(cells) for cells in zip(*rows, strict=True)]
                tables[sensor] = Table(
                    f"{place}, {sensor}",
                    header,
                    [*columns] or [[] for _ in header],
                    range(1, len(rows) + 1),
                    "row",
                )
        finally:
            connection.close()
    except (sqlite3.Error, UnicodeDecodeError, OverflowError) as error:
        raise ValueError(
            f"{place}: is not a readable SQLite file: {error}. It may have been cut "
            "short: export the recording again."
        ) from error
    return tables


def _combined_columns(header: list[str]) -> dict[str, dict[str, str]]:
    """Return the columns of each sensor in a combined table, by their plain names."""
    found: dict[str, dict[str, str]] = {}
    if "time" not in header and "seconds_elapsed" not in header:
        return {}
    for column in header:
        name, _, axis = column.partition("_")
        sensor = _NAMES.get(name.lower())
        if sensor and axis:
            found.setdefault(sensor, {})[axis] = column
    return found


def _read_combined(content: bytes, place: str) -> dict[str, Table]:
    table = parse_table(content, place)
    if table is None:
        return {}
    shared = [name for name in ("time", "seconds_elapsed") if table.has(name)]
    tables = {}
    for sensor, columns in _combined_columns(table.header).items():
        table.require(list(columns.values()))
        own = [table.cells(column) for column in columns.values()]
        # A row without any value of this sensor belongs to another one.
        filled = [
            row
            for row, cells in enumerate(zip(*own, strict=True))
            if any(map(str.strip, cells))
        ]
        names = [*(name for name in shared if name not in columns), *columns]
        cells = [table.cells(columns.get(name, name)) for name in names]
        whole = Table(f"{table.place}, {sensor}", names, cells, table.rows)
        tables[sensor] = whole.take(filled)
    return tables


def _text(value: Any) -> str:
    return "" if value is None else str(value)
