"""Folders of labeled recordings."""

import os
import re
import warnings
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any

from joblib import Parallel, delayed
from tqdm import tqdm

from ..recording import METADATA, DataQualityWarning, Recording, warn_of_doubts
from ._files import MAX_BYTES
from ._finding import FILES, LAYOUT, find_recordings, marks_of_recording
from ._reading import read_silently
from ._tables import parse_table

#: Names of folders that stand for people: p01, subject 3, participant_12.
_PERSON = re.compile(
    r"(p|s|u|id|sub|subj|subject|person|participant|proband|user|volunteer|athlete)"
    r"[\s_-]*\d+",
    re.IGNORECASE,
)
_Tasks = list[tuple[Path, dict[str, Any]]]


def read_recordings(
    folder: str | Path,
    *,
    pattern: str | None = None,
    manifest: str | Path | None = None,
    label: str | None = None,
    subject: str | None = None,
    platform: str | None = None,
    device: str = "phone",
    max_bytes: float = MAX_BYTES,
    n_jobs: int | None = None,
    progress: bool = True,
) -> list[Recording]:
    """Read a folder of recordings, with labels and subjects from paths or a manifest.

    Parameters
    ----------
    folder : str or pathlib.Path
        The folder.  A recording in it is a zip, JSON, SQLite or CSV file, or a folder of
        CSV files; other files are passed over with a warning.
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
    platform, device, max_bytes : optional
        As in :func:`read_recording`, for every recording.
    n_jobs : int, default=None
        Number of reading processes; None is one, -1 uses all processors.
    progress : bool, default=True
        Whether to show a progress bar on a terminal.

    Returns
    -------
    recordings : list of Recording
        The recordings, sorted by path or in the manifest's order.  A note of each says
        where its label and subject were taken from.

    Raises
    ------
    ValueError
        If there is no recording, a path does not fit the pattern or the trees, the
        manifest is wrong, or a recording cannot be read.  The message names the file.

    Warns
    -----
    DataQualityWarning
        For each kind of doubt about the recordings, with counts; if folders may be
        people rather than labels; for links that lead nowhere or to a recording that is
        read already, and files of other kinds, which are passed over.

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
    ...     recordings = read_recordings(folder, platform="android")
    ...     pattern = "{subject}/{label}/{session}"
    ...     by_day = read_recordings(folder, pattern=pattern, platform="android")
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
    origin, tasks = _find_tasks(folder, pattern, manifest, label)
    given = {"label": label, "subject": subject}
    defaults = {name: value for name, value in given.items() if value is not None}
    reading = {"platform": platform, "device": device, "max_bytes": max_bytes}
    # A generator, so that the bar advances while recordings are read.
    read = Parallel(n_jobs=n_jobs, return_as="generator")(
        delayed(_read)(path, reading, metadata, origin, defaults)
        for path, metadata in tasks
    )
    # tqdm shows the bar only on a terminal if disable is None.
    disable = None if progress else True
    recordings = list(tqdm(read, total=len(tasks), desc="reading", disable=disable))
    warn_of_doubts(recordings)
    return recordings


def _find_tasks(
    folder: Path, pattern: str | None, manifest: str | Path | None, label: str | None
) -> tuple[str, _Tasks]:
    """Return where labels are taken from, and each recording's path and metadata."""
    if manifest is not None:
        return f"from {manifest}", list(_by_manifest(folder, Path(manifest)))
    paths = find_recordings(folder)
    if not paths:
        raise ValueError(f"{folder}: no recording in it. {LAYOUT}")
    if pattern is not None:
        return f"by the pattern {pattern!r}", list(_by_pattern(folder, paths, pattern))
    if label is not None:
        return "as given", [(path, {}) for path in paths]
    if paths == [folder]:
        marks = ", ".join(marks_of_recording(sorted(folder.iterdir())))
        raise ValueError(
            f"{folder}: is one recording itself, because it holds {marks}. Read it by "
            f"read_recording; if it is a tree of recordings, take {marks} out."
        )
    tasks = list(_by_layout(folder, paths))
    with_subject = "subject" in tasks[0][1]  # all are equally deep
    if not with_subject:
        _warn_of_people(folder, tasks)
    tree = "folder/subject/label" if with_subject else "folder/label"
    return f"from the names of folders ({tree}/recording)", tasks


def _read(
    path: Path,
    reading: Mapping[str, Any],
    metadata: Mapping[str, Any],
    origin: str,
    defaults: Mapping[str, Any],
) -> Recording:
    """Read one recording of a folder; every error names it."""
    try:
        # What path or manifest say counts more than what is given for all.
        recording = read_silently(path, reading, {**defaults, **metadata})
    except ValueError as error:
        if str(path) in str(error):
            raise
        raise ValueError(f"{path}: {error}") from error
    given = {name: value for name, value in defaults.items() if name not in metadata}
    origins = [
        f"{_names(values)} {origin}"
        for values, origin in ((metadata, origin), (given, "as given"))
        if _names(values)
    ]
    note = f"{'; '.join(origins) or f'no label {origin}'}."
    return replace(recording, notes=(*recording.notes, note))


def _names(metadata: Mapping[str, Any]) -> str:
    known = [name for name in ("label", "subject") if name in metadata]
    return " and ".join(f"{name} {metadata[name]!r}" for name in known)


def _warn_of_people(folder: Path, tasks: _Tasks) -> None:
    """Warn if the labels may be people: folders that hold the same names, or numbers."""
    labels = [metadata["label"] for _, metadata in tasks]
    # Numbers only count recordings of one kind: set_1 and set_2 are one name.
    names = {
        (label, re.sub(r"[\W\d_]+", " ", path.stem).strip().lower())
        for (path, _), label in zip(tasks, labels, strict=True)
    }
    in_folders = Counter(name for _, name in names if name)
    shared = sorted(name for name, n in in_folders.items() if n > 1)
    folders = sorted(set(labels))
    if len(folders) > 1 and all(map(_PERSON.fullmatch, folders)):
        why = "which look like people"
    elif len(shared) > 1:
        why = f"each of which holds recordings named {', '.join(shared[:6])}"
    else:
        return
    warnings.warn(
        f"{folder}: labels are taken from its folders {', '.join(folders[:6])}"
        f"{', ...' if len(folders) > 6 else ''}, {why}. If they are people, give "
        "pattern='{subject}/{label}'; if not, pattern='{label}/{session}' says so.",
        DataQualityWarning,
        stacklevel=4,  # the caller of read_recordings
    )


def _by_layout(folder: Path, paths: list[Path]) -> Iterator[tuple[Path, dict[str, Any]]]:
    depths = {path: len(path.relative_to(folder).parts) for path in paths}
    for path, depth in depths.items():
        if depth not in (2, 3):
            raise ValueError(f"{path}: is too high or too deep in {folder}. {LAYOUT}")
        if depth != depths[paths[0]]:
            raise ValueError(f"{folder}: {paths[0]} and {path} differ in depth. {LAYOUT}")
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
        bare = inside.with_suffix("") if inside.suffix.lower() in FILES else inside
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
    # ** stands before *, or it would be read as two of them.
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
            # As short as it can be: {subject}_{label} parts at the first underscore.
            expression += f"(?P<{name}>[^/]+?)"
    return re.compile(expression)


def _by_manifest(folder: Path, file: Path) -> Iterator[tuple[Path, dict[str, Any]]]:
    if not file.is_file():
        raise ValueError(f"{file}: there is no such manifest. Check the path.")
    table = parse_table(file.read_bytes(), str(file))
    if table is None or not len(table):
        raise ValueError(f"{file}: the manifest names no recording. Add rows.")
    table.require(["path"])
    # A column that occurs twice would count as missing, and its cells would be ignored.
    twice = [name for name in METADATA if table.header.count(name) > 1]
    if twice:
        raise ValueError(f"{file}: the column {twice[0]!r} occurs twice. Leave one out.")
    unknown = [name for name in table.header if name not in ("path", *METADATA)]
    if unknown:
        raise ValueError(
            f"{file}: unknown columns {unknown}; known are path, {', '.join(METADATA)}."
        )
    names = [cell.strip() for cell in table.cells("path")]
    seen: dict[Path, int] = {}
    for row, name in enumerate(names):
        inside = os.path.normpath(name)
        # By the rules of both systems, because a manifest may come from the other one:
        # here C:\x and ..\x could be plain names.
        if (
            PurePosixPath(name).is_absolute()
            or PureWindowsPath(name).is_absolute()
            or inside.split(os.sep)[0] == ".."
            or ".." in PureWindowsPath(inside).parts
        ):
            raise table.fault(
                row, "path", f"leads outside {folder}", "Give a path inside the folder."
            )
        path = folder / inside
        # An empty cell would be the folder itself.
        if not name or not path.exists():
            raise table.fault(row, "path", f"is not a path inside {folder}", "Correct it.")
        # One recording has one label, however its path is spelled.
        real = path.resolve()
        if real in seen:
            raise table.fault(row, "path", "occurs twice", "Delete one of the two.")
        part = next((p for p in seen if p in real.parents or real in p.parents), None)
        if part is not None:
            raise table.fault(
                row,
                "path",
                f"overlaps with that of {table.row_word} {table.rows[seen[part]]}",
                "Delete one of the two.",
            )
        seen[real] = row
        cells = {
            field: table.cells(field)[row].strip() for field in METADATA if table.has(field)
        }
        yield path, {field: cell for field, cell in cells.items() if cell}
