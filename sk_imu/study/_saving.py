"""The files of a study's results: written all or none, and checked when they are read."""

import csv
import hashlib
import importlib.util
import io
import json
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pandas as pd

from .._atomic import replacement
from ._keeping import make_out

_TABLES = ("predictions", "searches", "curves", "timings")
_RECORDS = ("settings", "example")
#: Files that some results do not have.
_OPTIONAL = (
    *("table.csv", "learning_curve.csv", "people.csv", "seeds.csv", "inflation.csv"),
    *("windows.csv", "sets.csv", "predictions.parquet"),
)
#: Tables that some results do not have.
_MORE_TABLES = ("windows", "sets")
_TEXT = ("protocol", "model", "fold", "part", "subject", "y_true", "y_pred", "best_params")
_MANIFEST = "manifest.json"
_CURE = (
    "Run the study again with the same out=, which runs no finished job again, or copy the "
    "whole folder again."
)


def save_results(results: Any, folder: Path) -> None:
    """Write all files of the results, or leave those that are there."""
    make_out(folder)
    files = _files_of(results)
    sums = {name: _checksum(data) for name, data in files.items()}
    # Times differ between runs that are otherwise the same, and so that the manifest does
    # not, their checksum is in their own file.
    sums["timings.csv"] = f"{len(results.timings)} rows"
    with ExitStack() as stack:
        # Entered first and so moved last: until then, it refuses a mixture of two runs.
        manifest = stack.enter_context(replacement(folder / _MANIFEST))
        manifest.write_bytes(_as_json(sums))
        for name, data in files.items():
            stack.enter_context(replacement(folder / name)).write_bytes(data)
    # Optional tables of an earlier run do not belong to these results.
    for name in set(_OPTIONAL) - set(files):
        (folder / name).unlink(missing_ok=True)


def load_results(folder: Path) -> dict[str, Any]:
    """Return the attributes of the results in a folder, after a check of their files."""
    try:
        sums = json.loads(_read(folder / _MANIFEST))
        n_timings = int(sums["timings.csv"].removesuffix(" rows"))
    except (ValueError, AttributeError, LookupError, TypeError, RecursionError) as error:
        raise ValueError(
            f"{folder / _MANIFEST}: is not the list of files and checksums that "
            f"StudyResults.save writes ({error}). {_CURE}"
        ) from error
    found: dict[str, Any] = {}
    for name in _RECORDS:
        found[name] = json.loads(_checked(folder / f"{name}.json", sums))
    for name in _TABLES[:-1]:
        found[name] = _table(_checked(folder / f"{name}.csv", sums))
    for name in _MORE_TABLES:
        if f"{name}.csv" in sums:
            found[name] = _table(_checked(folder / f"{name}.csv", sums))
    path = folder / "timings.csv"
    try:
        signed = _table(_read(path))
        timings = signed.drop(columns="sha256") if n_timings else signed
        expected = {_checksum_of_rows(timings)} if n_timings else set()
        is_whole = len(timings) == n_timings and set(signed.get("sha256", ())) == expected
    except (ValueError, LookupError, TypeError) as error:  # not the table that was written
        raise ValueError(f"{path}: is damaged ({error}). {_CURE}") from error
    if not is_whole:
        raise _mismatch(path)
    return {**found, "timings": timings}


def _files_of(results: Any) -> dict[str, bytes]:
    """Return the content of each file by its name."""
    files = {}
    for name in (*_TABLES, *_MORE_TABLES):
        table = getattr(results, name)
        if name in _MORE_TABLES and table.empty:
            continue
        if name == "timings" and len(table):
            table = table.assign(sha256=_checksum_of_rows(table))
        # Text in quotes, because a label may contain a carriage return.
        files[f"{name}.csv"] = _as_csv(table, index=False, quoting=csv.QUOTE_NONNUMERIC)
    if len(results.predictions):
        files["table.csv"] = _as_csv(results.table())
        if len(curve := results.learning_curve()):
            files["learning_curve.csv"] = _as_csv(curve)
        if len(people := results.by_person()):
            files["people.csv"] = _as_csv(people, index=False)
        if len(inflation := results.inflation()):
            files["inflation.csv"] = _as_csv(inflation, index=False)
        if (seeds := results.by_seed())["seed"].nunique() > 1:
            files["seeds.csv"] = _as_csv(seeds, index=False)
        if importlib.util.find_spec("pyarrow"):
            buffer = io.BytesIO()
            results.tidy(timings=False).to_parquet(buffer)
            files["predictions.parquet"] = buffer.getvalue()
    return files | {f"{name}.json": _as_json(getattr(results, name)) for name in _RECORDS}


def _as_csv(table: pd.DataFrame, **options: Any) -> bytes:
    text: str = table.to_csv(**options)
    return text.encode()


def _as_json(record: dict[str, Any]) -> bytes:
    return (json.dumps(record, indent=1, ensure_ascii=False) + "\n").encode()


def _table(data: bytes) -> pd.DataFrame:
    """Return the table of a CSV file."""
    columns = pd.read_csv(io.BytesIO(data), nrows=0).columns
    # A class may be called "None" or "NA", so text is never missing, except the subject of
    # sets that have none.
    numbers = [c for c in columns if c not in _TEXT or c == "subject"]
    table = pd.read_csv(
        io.BytesIO(data),
        dtype=dict.fromkeys(_TEXT, "str"),
        keep_default_na=False,
        na_values={column: [""] for column in numbers},
        float_precision="round_trip",
    )
    # k is read as float where it is missing.
    return table.astype({"k": "Int64"}) if len(table) and "k" in table else table


def _checked(path: Path, sums: dict[str, str]) -> bytes:
    """Return the content of a file that is as it was saved."""
    data = _read(path)
    if _checksum(data) != sums.get(path.name):
        raise _mismatch(path)
    return data


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ValueError(
            f"{path}: cannot be read ({error.strerror}). The folder must hold all that "
            f"StudyResults.save writes. {_CURE}"
        ) from error


def _mismatch(path: Path) -> ValueError:
    return ValueError(
        f"{path}: is not the file that was saved: it was cut or changed, or is of another "
        f"run. {_CURE}"
    )


def _checksum(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _checksum_of_rows(table: pd.DataFrame) -> str:
    """Return a checksum that a table keeps when it is written and read."""
    rows = table.astype(object).where(table.notna(), None).to_numpy().tolist()
    return _checksum(repr([list(table.columns), rows]).encode())
