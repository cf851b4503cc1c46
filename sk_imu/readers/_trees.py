"""Folders of labeled recordings."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from joblib import Parallel, delayed
from tqdm import tqdm

from ..recording import METADATA, SENSOR_AXES, Recording
from ._reading import read_recording
from ._tables import parse_table

__all__ = ["read_recordings"]

_FILES = {".zip", ".csv", ".json", ".sqlite", ".sqlite3", ".db"}
_SENSOR_FILES = {name.lower() for name in (*SENSOR_AXES, "Annotation", "Metadata")}
_LAYOUT = (
    "Expected is folder/label/recording or folder/subject/label/recording, where a "
    "recording is a file or a folder of CSV files. For other trees give pattern= or a "
    "manifest."
)


def read_recordings(
    folder: str | Path,
    *,
    pattern: str | None = None,
    manifest: str | Path | None = None,
    label: str | None = None,
    subject: str | None = None,
    n_jobs: int | None = None,
    progress: bool = True,
) -> list[Recording]:
    """Read a folder of recordings, with labels and subjects from paths or a manifest.

    Parameters
    ----------
    folder : str or pathlib.Path
        The folder.  A recording in it is a zip, JSON, SQLite or CSV file, or a folder of
        CSV files; other files are ignored.
    pattern : str, default=None
        Pattern of a recording's path inside the folder, such as
        ``"{subject}/{label}_{session}.zip"``: ``{label}``, ``{subject}``, ``{side}``,
        ``{placement}`` and ``{session}`` stand for a part of a name, ``*`` for any part
        of a name, ``**`` for any part of the path.  The suffix may be omitted.  None
        takes the trees ``folder/label/recording`` and ``folder/subject/label/recording``,
        or the manifest.
    manifest : str or pathlib.Path, default=None
        A CSV file with the column ``path``, inside the folder, and any of ``label``,
        ``subject``, ``side``, ``placement`` and ``session``.  Only its recordings are read.
        None takes the folder's ``manifest.csv`` if it has one and no pattern is given.
    label, subject : str, default=None
        Label or subject of the recordings for which neither path nor manifest has one.
        With a ``label`` and no pattern or manifest, recordings may be anywhere in the
        folder.
    n_jobs : int, default=None
        Number of reading processes; None is one, -1 uses all processors.
    progress : bool, default=True
        Whether to show a progress bar on a terminal.

    Returns
    -------
    recordings : list of Recording
        The recordings, sorted by path or in the manifest's order.

    Raises
    ------
    ValueError
        If there is no recording, a path does not fit the pattern or the trees, the
        manifest is wrong, or a recording cannot be read.  The message names the file.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> import numpy as np, pandas as pd
    >>> from sk_imu import read_recordings
    >>> time_ns = 1_700_000_000_000_000_000 + 10_000_000 * np.arange(300)
    >>> gravity = pd.DataFrame({"time": time_ns, "z": 9.8, "y": 0.0, "x": 0.0})
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     for label in ("squat", "lunge"):
    ...         recording = pathlib.Path(folder, "Ada", label, "monday")
    ...         recording.mkdir(parents=True)
    ...         gravity.to_csv(recording / "Gravity.csv", index=False)
    ...     recordings = read_recordings(folder)
    ...     by_day = read_recordings(folder, pattern="{subject}/{label}/{session}")
    >>> [(recording.subject, recording.label) for recording in recordings]
    [('Ada', 'lunge'), ('Ada', 'squat')]
    >>> by_day[0].session
    'monday'
    """
    folder = Path(folder)
    if folder.is_file():
        raise ValueError(
            f"{folder}: is a file, not a folder of recordings. Give the folder, or read "
            "a single recording with read_recording."
        )
    if not folder.is_dir():
        raise ValueError(
            f"{folder}: there is no such folder. Check the path, in full "
            f"{folder.absolute()}."
        )
    if pattern is not None and manifest is not None:
        raise ValueError("Give pattern or manifest, not both.")
    if manifest is None and pattern is None and (folder / "manifest.csv").is_file():
        manifest = folder / "manifest.csv"
    if manifest is not None:
        tasks = list(_by_manifest(folder, Path(manifest)))
    else:
        paths = sorted(_find_recordings(folder, is_root=True))
        if not paths:
            raise ValueError(f"{folder}: no recording in it. {_LAYOUT}")
        if pattern is not None:
            tasks = list(_by_pattern(folder, paths, pattern))
        elif label is not None:
            tasks = [(path, {}) for path in paths]
        else:
            tasks = list(_by_layout(folder, paths))
    given = {"label": label, "subject": subject}
    defaults = {name: value for name, value in given.items() if value is not None}
    # A generator, so that the bar advances while recordings are read.
    reading = Parallel(n_jobs=n_jobs, return_as="generator")(
        delayed(read_recording)(path, **{**defaults, **metadata})
        for path, metadata in tasks
    )
    # tqdm shows the bar only on a terminal if disable is None.
    disable = None if progress else True
    return list(tqdm(reading, total=len(tasks), desc="reading", disable=disable))


def _by_layout(folder: Path, paths: list[Path]) -> Iterator[tuple[Path, dict[str, Any]]]:
    depths = {path: len(path.relative_to(folder).parts) for path in paths}
    for path, depth in depths.items():
        if depth not in (2, 3):
            raise ValueError(f"{path}: is too high or too deep in {folder}. {_LAYOUT}")
        if depth != depths[paths[0]]:
            raise ValueError(f"{folder}: {paths[0]} and {path} differ in depth. {_LAYOUT}")
    for path in paths:
        # The last part is the recording itself.
        *subject, label = path.relative_to(folder).parts[:-1]
        yield path, {"label": label, **({"subject": subject[0]} if subject else {})}


def _by_pattern(
    folder: Path, paths: list[Path], pattern: str
) -> Iterator[tuple[Path, dict[str, Any]]]:
    expression = _compile(pattern)
    for path in paths:
        inside = path.relative_to(folder)
        # First without the suffix, or a final {session} would include it.
        bare = inside.with_suffix("") if inside.suffix.lower() in _FILES else inside
        match = expression.fullmatch(bare.as_posix()) or (
            expression.fullmatch(inside.as_posix())
        )
        if match is None:
            raise ValueError(
                f"{path}: its path inside the folder, {inside.as_posix()!r}, does not fit "
                f"the pattern {pattern!r}. Change the pattern, or take the file out."
            )
        yield path, match.groupdict()


def _compile(pattern: str) -> re.Pattern[str]:
    pieces = re.split(r"(\{[^{}]*\}|\*\*|\*)", pattern)
    wild = {"*": "[^/]*", "**": ".*"}
    seen: set[str] = set()
    expression = ""
    for piece in pieces:
        name = piece[1:-1]
        if piece in wild:
            expression += wild[piece]
        elif not piece.startswith("{"):
            expression += re.escape(piece)
        elif name not in METADATA or name in seen:
            raise ValueError(
                f"pattern {pattern!r}: {piece} is unknown or repeated. Use once each: "
                f"{', '.join(f'{{{field}}}' for field in METADATA)}."
            )
        else:
            seen.add(name)
            expression += f"(?P<{name}>[^/]+?)"
    return re.compile(expression)


def _by_manifest(folder: Path, file: Path) -> Iterator[tuple[Path, dict[str, Any]]]:
    if not file.is_file():
        raise ValueError(f"{file}: there is no such manifest. Check the path.")
    table = parse_table(file.read_bytes(), str(file))
    if table is None or not len(table):
        raise ValueError(f"{file}: the manifest names no recording. Add rows.")
    table.require(["path"])
    unknown = [name for name in table.header if name not in ("path", *METADATA)]
    if unknown:
        raise ValueError(
            f"{file}: unknown columns {unknown}; known are path, {', '.join(METADATA)}."
        )
    names = [cell.strip() for cell in table.cells("path")]
    for row, name in enumerate(names):
        path = folder / name
        if not name or not path.exists():
            raise table.fault(row, "path", f"is not a path inside {folder}", "Correct it.")
        if name in names[:row]:
            raise table.fault(row, "path", "occurs twice", "Delete one of the two.")
        cells = {
            field: table.cells(field)[row].strip() for field in METADATA if table.has(field)
        }
        yield path, {field: cell for field, cell in cells.items() if cell}


def _find_recordings(folder: Path, *, is_root: bool = False) -> Iterator[Path]:
    entries = [
        entry for entry in folder.iterdir() if not entry.name.startswith((".", "__"))
    ]
    # A sensor's file or phyphox's meta makes a folder a recording, even an incomplete
    # one: reading it then reports the missing file, and nothing is ignored silently.
    if any(
        (entry.suffix.lower() == ".csv" and entry.stem.lower() in _SENSOR_FILES)
        or (entry.name == "meta" and entry.is_dir())
        for entry in entries
    ):
        yield folder
        return
    for entry in entries:
        if entry.is_dir():
            yield from _find_recordings(entry)
        elif entry.suffix.lower() in _FILES and not (
            is_root and entry.name == "manifest.csv"
        ):
            yield entry
