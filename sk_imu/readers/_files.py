"""The files of one recording: a folder, a zip or a single file, read with care."""

import stat
import zipfile
import zlib
from pathlib import Path, PurePosixPath

__all__ = ["read_files"]

#: What a recording may hold that is read; sound and pictures are passed over.
SUFFIXES = {".csv", ".txt", ".tsv", ".json", ".sqlite", ".sqlite3", ".db"}
#: A day of all sensors at 100 Hz is below that.
MAX_BYTES = 4 * 2**30
MAX_MEMBERS = 10_000
#: Tables of measured numbers shrink to a third or a tenth, never by this.
MAX_RATIO = 200
_SMALL_BYTES = 2**20


def read_files(path: Path) -> dict[str, bytes]:
    """Return the content of each file of a recording by its path inside the recording.

    Nothing is ever unpacked to the disk.

    Raises
    ------
    ValueError
        If there is no such path, or a zip is damaged, encrypted, implausibly
        compressed, or names a path outside of itself.
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
    for file in sorted(path.rglob("*")):
        inside = file.relative_to(path)
        # Deeper than phyphox's meta/time.csv lies no recording of this folder.
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
                    f"({MAX_MEMBERS}). Give one zip file a recording."
                )
            for member in members:
                name = _safe_name(path, member)
                if name is None:
                    continue
                if name in contents:
                    raise ValueError(
                        f"{path}: holds {name} twice. Give one zip file a recording."
                    )
                contents[name] = _read_member(path, archive, member, left)
                left -= len(contents[name])
    # A RuntimeError says encrypted, or, as a NotImplementedError, unknown compression.
    except (
        zipfile.BadZipFile,
        zipfile.LargeZipFile,
        zlib.error,
        EOFError,
        RuntimeError,
        OSError,
    ) as error:
        raise ValueError(
            f"{path}: is no zip file that can be read: {error}. Export or copy it again."
        ) from error
    return contents


def _safe_name(path: Path, member: zipfile.ZipInfo) -> str | None:
    """Return a member's name, or None if it is none that a recording is read from."""
    name = member.filename.replace("\\", "/")
    parts = PurePosixPath(name).parts
    link = stat.S_ISLNK(member.external_attr >> 16)
    if ".." in parts or name.startswith("/") or ":" in name[:2] or link:
        raise ValueError(
            f"{path}: names {member.filename!r}, which leads outside of the zip. No app "
            "writes that: take the file from where it was recorded."
        )
    if member.is_dir() or not parts or _is_hidden(parts):
        return None
    return name if PurePosixPath(name).suffix.lower() in SUFFIXES else None


def _read_member(
    path: Path, archive: zipfile.ZipFile, member: zipfile.ZipInfo, left: int
) -> bytes:
    # What the directory says of the size may be a lie, so the read is bounded, too.
    limit = min(left, max(_SMALL_BYTES, MAX_RATIO * member.compress_size))
    if member.file_size > left:
        raise ValueError(_too_large(path))
    with archive.open(member) as file:
        content = file.read(limit + 1)
    if len(content) > limit:
        raise ValueError(
            f"{path}, {member.filename}: unpacks to more than {limit} bytes from "
            f"{member.compress_size}, as no table of measured numbers does. Export the "
            "recording again."
        )
    return content


def _is_hidden(parts: tuple[str, ...]) -> bool:
    return any(part.startswith((".", "__")) for part in parts)


def _too_large(path: Path) -> str:
    return (
        f"{path}: is larger than {MAX_BYTES // 2**30} GiB. Cut the recording into pieces."
    )
