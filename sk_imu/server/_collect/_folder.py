"""The folder of labeled sets: folder/subject/exercise/recording, and its manifest."""

import csv
import os
import threading
import warnings
from collections import Counter
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ..._atomic import replacement
from ...readers import find_recordings, write_sensor_logger
from ...recording import SENSOR_AXES, DataQualityWarning, Recording
from ._names import clean_name, known_name

_MANIFEST = "manifest.csv"
_COLUMNS = ("path", "label", "subject", "side", "placement", "session")
#: Hidden, so that no reader takes for a recording what lies there.
_REMOVED = ".removed"
#: Where a phone is worn, for the page. Others can be typed.
PLACEMENTS = (
    *("right wrist", "left wrist", "right upper arm", "left upper arm"),
    *("right pocket", "left pocket", "right hand", "left hand", "chest", "waist"),
)


@dataclass(frozen=True)
class KeptSet:
    """A row of the manifest: one recording of one set."""

    path: str
    label: str
    subject: str = ""
    side: str = ""
    placement: str = ""
    session: str = ""


class SetFolder:
    """A folder of sets that ``sk-imu fit`` and ``sk-imu study`` read.

    ``manifest.csv`` lists the recordings, because their placement can't be read from their
    paths. Recordings of a folder that has none are listed when it is opened.

    Parameters
    ----------
    path : str or pathlib.Path
        The folder, which is made if it is not there.

    Raises
    ------
    ValueError
        If it is a file, or its manifest can't be read or continued.

    Examples
    --------
    >>> import tempfile
    >>> from sk_imu.datasets import make_exercise_recordings
    >>> from sk_imu.server._collect import SetFolder
    >>> recording = make_exercise_recordings(1, 2, ["squat"], random_state=0).data[0]
    >>> with tempfile.TemporaryDirectory() as place:
    ...     folder = SetFolder(place)
    ...     kept = folder.keep(recording, subject="Ada", exercise="squat")
    >>> kept.label, kept.path.rpartition("/")[0]
    ('squat', 'Ada/squat')
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        if self.path.exists() and not self.path.is_dir():
            raise ValueError(f"{path}: is a file. Give a folder for the recordings.")
        self.path.mkdir(parents=True, exist_ok=True)
        self._lock = threading.Lock()
        self._manifest = self.path / _MANIFEST
        # A manifest is read now, too: an error must not come after a set was recorded.
        listed = self._manifest.is_file()
        self._last_listed = _read(self._manifest) if listed else self._adopt()

    @property
    def sets(self) -> list[KeptSet]:
        """The sets, in the order in which they were kept."""
        # Read each time, because it may be edited meanwhile.
        return _read(self._manifest) if self._manifest.is_file() else self._last_listed

    def known(self, what: str) -> list[str]:
        """Return the names in a column of the manifest, such as ``"subject"``."""
        found = Counter(getattr(one, what) for one in self.sets)
        return sorted(name for name in found if name)

    def n_unlisted(self) -> int:
        """Return how many recordings of people the manifest does not list."""
        listed = {one.path for one in self.sets}
        found = [path.relative_to(self.path) for path in self.path.glob("*/*/*")]
        return sum(
            # A listed recording may be a folder of files.
            not {path.as_posix(), path.parent.as_posix()} & listed
            for path in found
            if not any(part.startswith((".", "__")) for part in path.parts)
        )

    def keep(
        self, recording: Recording, *, subject: str, exercise: str, placement: str = ""
    ) -> KeptSet:
        """Write a set to ``subject/exercise/recording`` and list it.

        Parameters
        ----------
        recording : Recording
            The set. Streams that lack an axis, or whose sensor the app Sensor Logger does
            not have, are left out.
        subject, exercise, placement : str
            Who did what, and where the device was. A name that differs from a known one in
            capitals only is that one.

        Returns
        -------
        kept : KeptSet
            Its row of the manifest.

        Raises
        ------
        ValueError
            If a name can't be that of a folder, or the recording has no such sensor.
        """
        with self._lock:
            sets = self.sets
            names = {
                "subject": _known(sets, "subject", subject, "person"),
                "label": _known(sets, "label", exercise, "exercise"),
                "placement": _known(sets, "placement", placement, "placement")
                if placement
                else "",
            }
            start = datetime.fromtimestamp((recording.epoch_ns or 0) / 1e9, tz=UTC)
            # A file of the app holds all axes of a sensor; some send half an attitude.
            streams = {
                sensor: stream
                for sensor, stream in recording.streams.items()
                if set(stream.axes) == set(SENSOR_AXES.get(sensor, ()))
            }
            if not streams:
                raise ValueError("The set has no samples of a motion sensor.")
            place = self.path / names["subject"] / names["label"]
            place.mkdir(parents=True, exist_ok=True)
            file = _free(place, start.strftime("%Y-%m-%d_%H-%M-%S"))
            kept = KeptSet(
                file.relative_to(self.path).as_posix(),
                session=start.strftime("%Y-%m-%d"),
                **names,
            )
            _write(replace(recording, streams=streams), file)
            try:
                self._list([*sets, kept])
            except BaseException:
                file.unlink(missing_ok=True)  # kept means listed
                raise
        return kept

    def remove(self, path: str) -> KeptSet:
        """Take a set out of the manifest, and move its recording to ``.removed``.

        Raises
        ------
        ValueError
            If the manifest has no such path.
        """
        with self._lock:
            found = next((one for one in self.sets if one.path == path), None)
            if found is None:
                raise ValueError("No set of this folder has that path.")
            self._list([one for one in self.sets if one != found])
            file = self.path / found.path
            # A manifest that was edited may lead elsewhere, where nothing is touched.
            is_inside = self.path.resolve() in file.resolve().parents
            if is_inside and file.exists():
                bin_ = self.path / _REMOVED
                bin_.mkdir(exist_ok=True)
                file.replace(_free(bin_, file.stem, file.suffix))
        return found

    def _list(self, sets: list[KeptSet]) -> None:
        with (
            replacement(self.path / _MANIFEST) as path,
            path.open("w", encoding="utf-8", newline="") as file,
        ):
            rows = csv.writer(file, lineterminator="\n")
            rows.writerow(_COLUMNS)
            rows.writerows([getattr(one, name) for name in _COLUMNS] for one in sets)
        self._last_listed = sets

    def _adopt(self) -> list[KeptSet]:
        """Return the sets of a folder without a manifest, by the names of its folders."""
        sets = []
        for path in _recordings_in(self.path):
            parts = path.relative_to(self.path).parts
            if len(parts) not in (2, 3):
                raise ValueError(
                    f"{path}: is too high or too deep in {self.path}. Recordings lie in "
                    "folder/subject/exercise; move it there or out."
                )
            subject = parts[0] if len(parts) == 3 else ""
            sets.append(KeptSet("/".join(parts), label=parts[-2], subject=subject))
        return sets


def _recordings_in(folder: Path) -> list[Path]:
    with warnings.catch_warnings():
        # Reading them warns again.
        warnings.simplefilter("ignore", DataQualityWarning)
        return find_recordings(folder)


def _known(sets: list[KeptSet], column: str, name: Any, what: str) -> str:
    return known_name(clean_name(name, what), (getattr(one, column) for one in sets))


def _read(manifest: Path) -> list[KeptSet]:
    try:
        with manifest.open(encoding="utf-8-sig", newline="") as file:
            rows = csv.DictReader(file)
            header = list(rows.fieldnames or ())
            table = [{k: (v or "").strip() for k, v in row.items() if k} for row in rows]
    except (UnicodeDecodeError, csv.Error) as error:
        raise ValueError(f"{manifest}: is no CSV file: {error}. Correct it.") from error
    unknown = [name for name in header if name not in _COLUMNS]
    if unknown or not {"path", "label"} <= set(header):
        raise ValueError(
            f"{manifest}: must have the columns path and label, and may have "
            f"{', '.join(_COLUMNS[2:])}; it has {', '.join(map(str, header)) or 'none'}."
        )
    return [KeptSet(**row) for row in table]


def _write(recording: Recording, file: Path) -> None:
    """Write a recording whole or not at all."""
    # Hidden: a crash leaves nothing that a reader would take.
    part = file.with_name(f".sk_imu-{file.name}")
    part.unlink(missing_ok=True)
    try:
        write_sensor_logger(recording, part)
        with part.open("rb+") as written:
            os.fsync(written.fileno())
        part.replace(file)
    finally:
        part.unlink(missing_ok=True)


def _free(folder: Path, stem: str, suffix: str = ".zip") -> Path:
    """Return a path that does not exist yet."""
    number, path = 1, folder / f"{stem}{suffix}"
    while path.exists():
        number += 1
        path = folder / f"{stem}_{number}{suffix}"
    return path
