"""The files of one recording: a folder, a zip or a single file, safely read."""

import stat
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

__all__ = ["OWN_PLACE", "place_of", "read_files"]

#: Suffixes of the files that are read; sound and pictures are ignored.
SUFFIXES = {".csv", ".txt", ".tsv", ".json", ".sqlite", ".sqlite3", ".db"}
#: A day of all sensors at 100 Hz takes less.
MAX_BYTES = 4 * 2**30
MAX_MEMBERS = 10_000
#: Tables of measured numbers compress by 3 to 10; this ratio means a zip bomb.
MAX_RATIO = 200
#: Small files may have any ratio.
_SMALL_BYTES = 2**20
#: The cure where the files of several recordings are mixed.
OWN_PLACE = "Give each recording a folder or zip file of its own."


def read_files(path: Path) -> dict[str, bytes]:
    """Return the content of each file of a recording by its path in the recording.

    A zip is read in memory and never unpacked to disk.

    Raises
    ------
    ValueError
        If the path does not exist, or a zip is damaged, encrypted, implausibly
        compressed, or names a path outside itself.
    """
    if path.is_dir():
        return _read_folder(path)
    if not path.is_file():
        raise ValueError(
            f"{path}: there is no such file or folder. Check the path, "
            f"in full {path.absolute()}."
        )
    if path.stat().st_size > MAX_BYTES:
        raise ValueError(_too_large(path))
    with path.open("rb") as file:
        start = file.read(4)
    if start[:2] == b"PK" or path.suffix.lower() == ".zip":
        return _read_zip(path)
    return {path.name: path.read_bytes()}


def _read_folder(path: Path) -> dict[str, bytes]:
    contents: dict[str, bytes] = {}
    left = MAX_BYTES
    # Sorted, so that a folder gives the same recording on every file system.
    for file in sorted(path.rglob("*")):
        inside = file.relative_to(path)
        # No file of a recording lies deeper than phyphox's meta/time.csv.
        if len(inside.parts) > 2 or _is_hidden(inside.parts) or not file.is_file():
            continue
        if file.suffix.lower() in SUFFIXES:
            left -= file.stat().st_size
            if left < 0:
                raise ValueError(_too_large(path))
            contents[inside.as_posix()] = file.read_bytes()
    return contents


def _read_zip(path: Path) -> dict[str, bytes]:
    contents: dict[str, bytes] = {}
    left = MAX_BYTES
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
            if len(members) > MAX_MEMBERS:
                raise ValueError(
                    f"{path}: holds {len(members)} files, more than any recording does "
                    f"({MAX_MEMBERS}). {OWN_PLACE}"
                )
            for member in members:
                name = _safe_name(path, member)
                if name is None:
                    continue
                if name in contents:
                    raise ValueError(f"{path}: holds {name} twice. {OWN_PLACE}")
                contents[name] = _read_member(path, archive, member, left)
                left -= len(contents[name])
    # RuntimeError: encrypted. Its subclass NotImplementedError: unknown compression.
    except (
        zipfile.BadZipFile,
        zipfile.LargeZipFile,
        zlib.error,
        EOFError,
        RuntimeError,
        OSError,
    ) as error:
        raise ValueError(
            f"{path}: is not a readable zip file: {error}. Export or copy it again."
        ) from error
    return contents


def _safe_name(path: Path, member: zipfile.ZipInfo) -> str | None:
    """Return a member's name, or None if it is not a file to read."""
    # Some programs on Windows write backslashes into a zip.
    name = member.filename.replace("\\", "/")
    parts = PurePosixPath(name).parts
    link = stat.S_ISLNK(member.external_attr >> 16)
    if ".." in parts or name.startswith("/") or ":" in name[:2] or link:
        raise ValueError(
            f"{path}: names {member.filename!r}, which leads outside the zip. No app "
            "writes that: export the recording again."
        )
    if member.is_dir() or not parts or _is_hidden(parts):
        return None
    return name if PurePosixPath(name).suffix.lower() in SUFFIXES else None


def _read_member(
    path: Path, archive: zipfile.ZipFile, member: zipfile.ZipInfo, left: int
) -> bytes:
    # The size in the zip's directory may be false, so the read itself is bounded.
    limit = min(left, max(_SMALL_BYTES, MAX_RATIO * member.compress_size))
    if member.file_size > left:
        raise ValueError(_too_large(path))
    with archive.open(member) as file:
        content = file.read(limit + 1)
    if len(content) > limit:
        raise ValueError(
            f"{path}, {member.filename}: unpacks to more than {limit} bytes from "
            f"{member.compress_size}, which no table of measured numbers does. Export the "
            "recording again."
        )
    return content


def place_of(name: str, files: Mapping[str, bytes], source: str) -> str:
    """Return how messages name one file of a recording."""
    return source if len(files) == 1 and source.endswith(name) else f"{source}, {name}"


def _is_hidden(parts: tuple[str, ...]) -> bool:
    return any(part.startswith((".", "__")) for part in parts)


def _too_large(path: Path) -> str:
    return (
        f"{path}: is larger than {MAX_BYTES // 2**30} GiB. Cut the recording into pieces."
    )
