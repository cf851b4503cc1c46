"""The files of one recording: a folder, a zip or a single file, safely read."""

import lzma
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath

#: Suffixes of the files that are read; sound and pictures are not.
SUFFIXES = {".csv", ".txt", ".tsv", ".json", ".sqlite", ".sqlite3", ".db"}
#: Memory that the reading of one recording may take: some hours of all sensors.
MAX_BYTES = 4 * 2**30
MAX_MEMBERS = 10_000
#: Tables of measured numbers compress by 3 to 10; this ratio means a zip bomb.
MAX_RATIO = 200
#: Small files may have any ratio, as long as all of them together have the usual one.
_SMALL_BYTES = 2**20
_SMALL_ARCHIVE_BYTES = 16 * 2**20
#: The cure where the files of several recordings are mixed.
OWN_PLACE = "Give each recording a folder or zip file of its own."
#: What a damaged or hostile zip raises. RuntimeError: encrypted; its subclass
#: NotImplementedError: unknown compression; UnicodeError: a name that is not UTF-8.
_ZIP_ERRORS = (
    zipfile.BadZipFile,
    zipfile.LargeZipFile,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    EOFError,
    RuntimeError,
    OSError,
    OverflowError,
    UnicodeError,
)


class Budget:
    """The memory that the reading of one recording may take, in bytes.

    Whoever takes memory in proportion to a file asks before, because afterwards is too
    late.
    """

    def __init__(self, max_bytes: float) -> None:
        if not max_bytes > 0:
            raise ValueError(f"max_bytes must be a positive number, got {max_bytes!r}.")
        self.max_bytes = max_bytes
        self.left = max_bytes

    def spend(self, n_bytes: int, place: str | Path) -> None:
        """Take memory off the budget, or raise a ValueError that names the file."""
        self.left -= n_bytes
        if self.left < 0:
            raise ValueError(
                f"{place}: is too large: reading it takes more memory than max_bytes="
                f"{self.max_bytes:.4g} allows. Cut the recording into pieces, or give a "
                "larger max_bytes."
            )


class Files(dict[str, bytes]):
    """The content of each file of a recording by its path in the recording.

    ``budget`` is the memory that is left, ``left_out`` names files that are not read, with
    the reason.
    """

    def __init__(self, max_bytes: float = MAX_BYTES) -> None:
        super().__init__()
        self.budget = Budget(max_bytes)
        self.left_out: list[str] = []

    @property
    def notes(self) -> list[str]:
        """One note on the files that are not read, if there are any."""
        return [f"not read: {', '.join(self.left_out)}."] if self.left_out else []


def read_files(path: Path, max_bytes: float = MAX_BYTES) -> Files:
    """Return the content of each file of a recording.

    A zip is read in memory and never unpacked to disk. Raises a ValueError if the path
    cannot be read or is larger than ``max_bytes``, or a zip is damaged, encrypted,
    implausibly compressed, or names a path outside itself.
    """
    files = Files(max_bytes)
    try:
        if path.is_dir():
            _read_folder(path, files)
        elif not path.is_file():
            raise ValueError(
                f"{path}: there is no such file or folder. Check the path, "
                f"in full {path.absolute()}."
            )
        elif _is_zip(path):
            _read_zip(path, files)
        else:
            files.budget.spend(path.stat().st_size, path)
            files[path.name] = path.read_bytes()
    except OSError as error:
        raise ValueError(
            f"{path}: cannot be read: {error}. Check the rights to read it, or copy it "
            "again."
        ) from error
    return files


def _is_zip(path: Path) -> bool:
    # By its content, whatever its name is; and by its name, so that the error on a damaged
    # one says what it was.
    with path.open("rb") as file:
        start = file.read(2)
    return start == b"PK" or path.suffix.lower() == ".zip"


def _read_folder(path: Path, files: Files) -> None:
    for file in _inside(path, files.left_out):
        inside = file.relative_to(path).as_posix()
        if file.is_symlink() and not file.exists():
            files.left_out.append(f"{inside} (a link to nothing)")
        elif not file.is_file() or file.suffix.lower() not in SUFFIXES:
            files.left_out.append(inside)
        else:
            files.budget.spend(file.stat().st_size, file)
            files[inside] = file.read_bytes()


def _inside(path: Path, left_out: list[str]) -> Iterator[Path]:
    """Yield the files of a folder and of the folders in it."""
    # Sorted, so that a folder gives the same recording on every file system.
    for entry in sorted(path.iterdir()):
        if _is_hidden((entry.name,)):
            continue
        # A link to a folder is not followed, because it may lead back.
        if not entry.is_dir() or entry.is_symlink():
            yield entry
            continue
        # No file of a recording lies deeper than phyphox's meta/time.csv.
        for file in sorted(entry.iterdir()):
            if not file.is_dir() and not _is_hidden((file.name,)):
                yield file
            elif file.is_dir():
                left_out.append(f"{entry.name}/{file.name} (too deep)")


def _read_zip(path: Path, files: Files) -> None:
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
            if len(members) > MAX_MEMBERS:
                raise ValueError(
                    f"{path}: holds {len(members)} files, more than any recording does "
                    f"({MAX_MEMBERS}). {OWN_PLACE}"
                )
            # Members share a limit: many small ones make a bomb, too.
            left = max(_SMALL_ARCHIVE_BYTES, MAX_RATIO * path.stat().st_size)
            for member in members:
                name = _safe_name(path, member)
                if name is None:
                    continue
                if PurePosixPath(name).suffix.lower() not in SUFFIXES:
                    files.left_out.append(name)
                    continue
                if name in files:
                    raise ValueError(f"{path}: holds {name} twice. {OWN_PLACE}")
                files.budget.spend(member.file_size, f"{path}, {name}")
                files[name] = _read_member(path, archive, member, left)
                left -= len(files[name])
    except _ZIP_ERRORS as error:
        raise ValueError(
            f"{path}: is not a readable zip file: {error}. Export or copy it again."
        ) from error


def _safe_name(path: Path, member: zipfile.ZipInfo) -> str | None:
    """Return a member's name, or None if it is a folder or hidden."""
    # Some programs on Windows write backslashes into a zip.
    name = member.filename.replace("\\", "/")
    parts = PurePosixPath(name).parts
    # On Unix, the upper half of the attributes is the mode of the file.
    link = stat.S_ISLNK(member.external_attr >> 16)
    if ".." in parts or name.startswith("/") or ":" in name[:2] or link:
        raise ValueError(
            f"{path}: names {member.filename!r}, which leads outside the zip. No app "
            "writes that: export the recording again."
        )
    return None if member.is_dir() or not parts or _is_hidden(parts) else name


def _read_member(
    path: Path, archive: zipfile.ZipFile, member: zipfile.ZipInfo, left: int
) -> bytes:
    # The size in the zip's directory may be false, so the read itself is bounded.
    limit = min(left, member.file_size, max(_SMALL_BYTES, MAX_RATIO * member.compress_size))
    with archive.open(member) as file:
        content = file.read(limit + 1)
    if len(content) > limit or member.file_size > limit:
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
