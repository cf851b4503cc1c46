"""The recordings in a folder tree."""

import warnings
from pathlib import Path

from ..recording import SENSOR_AXES, DataQualityWarning

#: Suffixes of a recording in a tree of them.
FILES = {".zip", ".csv", ".json", ".sqlite", ".sqlite3", ".db"}
#: Hidden file in a folder of results, whose tables are no recordings.
RESULTS_MARK = ".sk_imu-results"
LAYOUT = (
    "Expected is folder/label/recording or folder/subject/label/recording, where a "
    "recording is a file or a folder of CSV files. For other trees give pattern= or a "
    "manifest."
)
_SENSORS = {f"{name}.csv".lower() for name in SENSOR_AXES}
#: What an app writes beside the sensors' files, and people into folders of recordings.
_BESIDE = {"annotation.csv", "metadata.csv", "meta"}
#: No tree of recordings is deeper.
_MAX_DEPTH = 50


def find_recordings(root: Path) -> list[Path]:
    """Return each recording in a folder once, and warn of what is passed over."""
    found: list[Path] = []
    links: list[str] = []
    others: list[str] = []
    seen: set[Path] = set()
    # A stack instead of recursion, which deep trees exhaust.
    stack = [root]
    while stack:
        place = stack.pop()
        real = place.resolve()
        if real in seen:
            links.append(str(place))
            continue
        seen.add(real)
        if place != root and (place / RESULTS_MARK).exists():
            continue
        if not place.is_dir():
            found.append(place)
            continue
        if len(place.relative_to(root).parts) > _MAX_DEPTH:
            raise ValueError(f"{root}: holds folders more than {_MAX_DEPTH} deep. {LAYOUT}")
        entries = _entries(place)
        if marks_of_recording(entries):
            found.append(place)
            continue
        for entry in entries:
            if entry.is_symlink() and not entry.exists():
                links.append(f"{entry} (a link to nothing)")
            elif entry.name.lower() in _BESIDE:
                others.append(str(entry))
            elif entry.is_dir():
                stack.append(entry)
            elif entry.suffix.lower() not in FILES:
                others.append(str(entry))
            elif not (place == root and entry.name == "manifest.csv"):
                stack.append(entry)
        # What is taken from the stack first is read: links come last.
        stack.sort(key=lambda entry: entry.is_symlink(), reverse=True)
    _warn(root, "link(s) lead nowhere or to a recording that is read already, and", links)
    _warn(
        root,
        "file(s) or folder(s) are no recordings by their names (give a recording another "
        "name, or list it in a manifest), and",
        others,
    )
    return sorted(found)


def _warn(root: Path, what: str, names: list[str]) -> None:
    if names:
        warnings.warn(
            f"{root}: {len(names)} {what} are passed over: {', '.join(sorted(names)[:3])}"
            f"{', ...' if len(names) > 3 else ''}.",
            DataQualityWarning,
            stacklevel=5,  # the caller of read_recordings
        )


def _entries(folder: Path) -> list[Path]:
    try:
        entries = sorted(folder.iterdir())
    except OSError as error:
        raise ValueError(f"{folder}: cannot be read: {error}. Check the rights.") from error
    return [entry for entry in entries if not entry.name.startswith((".", "__"))]


def marks_of_recording(entries: list[Path]) -> list[str]:
    """Return the names that make a folder a recording, even an incomplete one."""
    # Incomplete, too: reading it reports the missing file, and nothing is ignored.
    sensors = [entry.name for entry in entries if entry.name.lower() in _SENSORS]
    beside = [entry for entry in entries if entry.name.lower() in _BESIDE]
    # Beside other folders or recordings, such a file describes these. Only the folder
    # "meta" of phyphox is beside tables of any name, which are one recording with it.
    suffixes = FILES - {".csv"} if any(entry.is_dir() for entry in beside) else FILES
    alone = all(
        entry in beside or not (entry.is_dir() or entry.suffix.lower() in suffixes)
        for entry in entries
    )
    return sensors or [entry.name for entry in beside if alone]
