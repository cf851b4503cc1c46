"""Jumping jacks, lifting, rowing and running with a phone in the hand or pocket."""

import lzma
import re
import zipfile
import zlib
from collections import defaultdict
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.utils import Bunch

from ..recording import STANDARD_GRAVITY, Recording, SensorStream
from ._found_files import find_files, make_bunch

Floats = NDArray[np.float64]

ACCELERATION = ["acc_x", "acc_y", "acc_z"]
GYROSCOPE = ["gyro_x", "gyro_y", "gyro_z"]
#: The usual angular rate of a person is 1 to 4 in rad/s and 60 to 115 in °/s.
DEGREES_FROM = 15.0
#: Unix time beyond this is in milliseconds.
MILLISECONDS_FROM = 1e11
#: Later than any Unix time in milliseconds.
_LATEST = 1e13

DESCR = """\
Phone exercises: jumping jacks, lifting, rowing and running
-----------------------------------------------------------

Recordings of ten seconds by 11 people with a phone in the hand or in a trouser pocket,
each of one activity from start to end. The phone sent its values to a computer, which
stored the latest one 100 or 20 times a second with its own clock: values repeat, and
between 6 and 90 a second are new, depending on the person.

:Recordings: 450 polled at 100 Hz and 472 at 20 Hz in the whole set, of which 4 and 9
    that never change are left out
:Sampling rate: 100 or 20 Hz nominally, in fact 48 to 100 and 16 to 20 by person
:Channels: TotalAcceleration_x, _y, _z (with gravity, m/s²; g in the file) and, on
    request and where recorded, Gyroscope_x, _y, _z (rad/s; in the file rad/s or °/s by
    person). The sign of the acceleration is that of the phone's platform, which is
    unknown
:Subjects: 11
:Labels: "jumpingjacks", "lifting", "rowing", "running"
:Faults: recordings that never change are left out and counted in ``notes`` of the Bunch.
    Each recording's ``notes`` have: rows left out because the next one has the same
    timestamp, rows that repeat the row before, and how units were decided
:Caution: a phone in the pocket hardly measures lifting

The files are from the repository ITT-26/assignment-03-activity-recognition-pink on
GitHub, renamed to pseudonyms. It states no license, and they are not part of sk_imu.
"""

_NAME = re.compile(r"(person_(\d+))/([a-z]+)_(\d+)hz_(hand|pocket)_(\d+)\.csv$")


class _File(NamedTuple):
    """One table, and the metadata in its name."""

    subject: int
    label: str
    placement: str
    number: int
    source: str
    table: pd.DataFrame


def load_phone_exercises(
    path: str | Path,
    *,
    rate_hz: int = 100,
    gyroscope: bool = False,
    return_X_y: bool = False,
) -> Bunch | tuple[list[Recording], NDArray[np.str_]]:
    """Load exercises with a phone in hand or pocket from a local folder.

    Jumping jacks, lifting, rowing and running by eleven people, ten seconds each, polled
    at 100 or 20 Hz.  Nothing is downloaded.

    Parameters
    ----------
    path : str or pathlib.Path
        A folder with ``person_01.zip`` and so on, or with their folders ``person_01`` of
        files ``<activity>_<rate>hz_<place>_<set>.csv``.
    rate_hz : {100, 20}, default=100
        The nominal rate; recordings at the two rates are not copies of each other.
    gyroscope : bool, default=False
        Whether to read the gyroscope, too, and leave out people whose gyroscope gave only
        zeros.
    return_X_y : bool, default=False
        Return ``(data, target)`` instead of a Bunch.

    Returns
    -------
    data : :class:`~sklearn.utils.Bunch`
        As all functions of :mod:`sk_imu.datasets` return. The recordings have the streams
        ``TotalAcceleration`` in m/s² and, on request, ``Gyroscope`` in rad/s;
        ``sampling_rate_hz`` is ``rate_hz``. Besides:

        placement : ndarray of str of shape (n_recordings,)
            ``"hand"`` or ``"pocket"``.
        notes : list of str
            The recordings and people left out.
    (data, target) : tuple if ``return_X_y`` is True
        The list of recordings and the array of labels.

    Raises
    ------
    ValueError
        If there are no such files, or the content of one is not as expected.

    Examples
    --------
    >>> from sk_imu.datasets import load_phone_exercises
    >>> phones = load_phone_exercises("phone_exercises")  # doctest: +SKIP
    >>> phones.data[0]  # doctest: +SKIP
    Recording(9.99 s: TotalAcceleration 99.98 Hz, label='jumpingjacks', subject=1,
    placement='hand')
    """
    if rate_hz not in (20, 100):
        raise ValueError(f"rate_hz must be 100 or 20, got {rate_hz!r}.")
    people: dict[int, list[_File]] = defaultdict(list)
    what = "recordings of phone exercises, person_01.zip or person_01/<activity>...csv"
    for place in find_files(path, ["person_*.zip", "person_*/*.csv"], what):
        for found in _read(place, rate_hz):
            people[found.subject].append(found)
    data, notes = [], []
    for subject, files in sorted(people.items()):
        # A person used one phone, so all their recordings decide the unit.
        factor, unit = _gyroscope_unit([file.table for file in files])
        if gyroscope and not factor:
            notes.append(f"person {subject} left out: the gyroscope gave only zeros.")
            continue
        for file in sorted(files, key=lambda f: (f.label, f.placement, f.number)):
            if (file.table[[*ACCELERATION, *GYROSCOPE]].nunique() <= 1).all():
                notes.append(f"{file.source} left out: it never changes.")
                continue
            data.append(_recording(file, factor if gyroscope else 0.0, unit))
    if not data:
        raise ValueError(f"{path}: no recording at {rate_hz} Hz is left. {notes}")
    bunch = make_bunch(data, sampling_rate_hz=float(rate_hz), notes=notes, DESCR=DESCR)
    return (data, bunch.target) if return_X_y else bunch


def _read(file: Path, rate_hz: int) -> list[_File]:
    """Return the tables of one rate in a zip, or in one file."""
    found = []
    if file.suffix == ".zip":
        try:
            with zipfile.ZipFile(file) as archive:
                for name in archive.namelist():
                    if _fits(name, rate_hz):
                        with archive.open(name) as content:
                            found.append(_parse(name, f"{file}/{name}", content))
        except (
            zipfile.BadZipFile,
            zlib.error,
            lzma.LZMAError,
            EOFError,
            RuntimeError,
            OSError,
        ) as error:
            raise ValueError(
                f"{file}: is not a readable zip file: {error}. Copy it again."
            ) from error
    elif _fits(file.as_posix(), rate_hz):
        with file.open("rb") as content:
            found.append(_parse(file.as_posix(), str(file), content))
    return found


def _fits(name: str, rate_hz: int) -> bool:
    match = _NAME.search(name)
    return match is not None and int(match[4]) == rate_hz


def _parse(name: str, source: str, content: object) -> _File:
    match = _NAME.search(name)
    assert match is not None  # _fits has matched it
    columns = ["timestamp", *ACCELERATION, *GYROSCOPE]
    try:
        table = pd.read_csv(content, usecols=columns, dtype=np.float64)  # type: ignore[call-overload]
    except ValueError as error:
        raise ValueError(
            f"{source}: is not a recording of phone exercises: {error}. Take it out of "
            "the folder."
        ) from error
    if len(table) < 2:
        raise ValueError(f"{source}: has {len(table)} rows. Take it out of the folder.")
    wrong = ~(np.abs(table["timestamp"].to_numpy()) < _LATEST)
    if wrong.any():
        raise ValueError(
            f"{source}, line {int(np.argmax(wrong)) + 2}: its timestamp is not a time. "
            "Take it out of the folder."
        )
    return _File(int(match[2]), match[3], match[5], int(match[6]), source, table)


def _gyroscope_unit(tables: list[pd.DataFrame]) -> tuple[float, str]:
    """Decide one person's unit by the angular rate in most recordings."""
    sizes = [np.sqrt(np.mean(table[GYROSCOPE].to_numpy() ** 2)) for table in tables]
    usual = float(np.median(sizes))
    if max(sizes) == 0:
        return 0.0, "absent (only zeros)"
    if usual < DEGREES_FROM:
        return 1.0, f"in rad/s by its size (median RMS {usual:.2f})"
    return np.pi / 180, f"in °/s by its size (median RMS {usual:.0f})"


def _recording(file: _File, gyroscope_factor: float, gyroscope_unit: str) -> Recording:
    table = file.table
    clock = table["timestamp"].to_numpy()
    in_ms = clock[0] > MILLISECONDS_FROM
    # Of the rows with one timestamp, the last is the newest value.
    keep = np.append(np.diff(clock) != 0, True)
    held = (table[[*ACCELERATION, *GYROSCOPE]].diff().iloc[1:] == 0).all(axis=1).sum()
    notes = [
        f"timestamps in {'ms' if in_ms else 's'}, acceleration in g, gyroscope "
        f"{gyroscope_unit}.",
        f"{held} of {len(table)} rows repeat the row before.",
    ]
    if not keep.all():
        notes.append(f"{(~keep).sum()} rows left out: the next has the same timestamp.")
    unit_ns = 1e6 if in_ms else 1e9
    times_s = (clock - clock[0])[keep] * (1e-3 if in_ms else 1.0)
    acceleration = table[ACCELERATION].to_numpy()[keep] * STANDARD_GRAVITY
    streams = {"TotalAcceleration": SensorStream(times_s, acceleration)}
    if gyroscope_factor:
        rate = table[GYROSCOPE].to_numpy()[keep] * gyroscope_factor
        streams["Gyroscope"] = SensorStream(times_s, rate)
    return Recording(
        streams,
        label=file.label,
        subject=file.subject,
        placement=file.placement,
        session=file.number,
        source=file.source,
        epoch_ns=int(clock[0] * unit_ns),
        notes=tuple(notes),
    )
