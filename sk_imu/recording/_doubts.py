"""The faults of many recordings, and the doubts about them, each kind in one line."""

import re
import warnings
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from ._quality import DataQualityWarning
from ._recording import Recording

_NUMBER = re.compile(r"[-+]?\d+(\.\d+)?(e[-+]?\d+)?")


def summarize_doubts(recordings: Sequence[Recording]) -> list[str]:
    """Return the doubts about many recordings, one line for each kind of doubt.

    A line has the doubt as in the first recording that has it, and the number of recordings
    that have it. Doubts that differ only in their numbers are of one kind.
    """
    found: dict[str, list[tuple[str, str]]] = {}
    for recording in recordings:
        # A recording counts once, even with two doubts of one kind.
        kinds = {_NUMBER.sub("#", doubt): doubt for doubt in recording.doubts}
        for kind, doubt in kinds.items():
            found.setdefault(kind, []).append((doubt, recording.name))
    return [
        f"{rows[0][0]} ({len(rows)} of {len(recordings)} recordings, the first: "
        f"{rows[0][1]})"
        for rows in found.values()
    ]


def quality_warnings(recordings: Sequence[Recording]) -> list[str]:
    """Return the faults of many recordings, one line for each person and fault.

    A line is such as ``"ada: Gyroscope real update rate 6 Hz in 20 of 84 sets"``; the
    number is the median over the sets that have the fault. Doubts of the reader come after
    them, one line for each kind.
    """
    n_sets: dict[Any, int] = {}
    sizes: dict[tuple[Any, str, str], list[float | None]] = {}
    for recording in recordings:
        person = recording.subject
        n_sets[person] = n_sets.get(person, 0) + 1
        for sensor, faults in recording.quality.faults.items():
            for text, size in faults.items():
                sizes.setdefault((person, sensor, text), []).append(size)
    lines = []
    for (person, sensor, text), found in sizes.items():
        # Not np.median, because a fault without a size has None.
        middle = sorted(found, key=lambda size: size or 0)[len(found) // 2]
        who = "all" if person is None else person
        what = f"{sensor} {text.format(middle)}"
        lines.append(f"{who}: {what} in {len(found)} of {n_sets[person]} sets")
    return [*sorted(lines), *summarize_doubts(recordings)]


def warn_of_doubts(recordings: Sequence[Recording], stacklevel: int = 2) -> None:
    """Warn of each kind of doubt about some recordings, with counts.

    As in :func:`warnings.warn`, a ``stacklevel`` of 2 blames the caller of the calling
    function.
    """
    for line in summarize_doubts(recordings):
        warnings.warn(line, DataQualityWarning, stacklevel + 1)


def settle_doubts(recordings: Sequence[Recording]) -> list[Recording]:
    """Return recordings whose doubts are plain notes, because they were warned of.

    Steps that get them do not warn again.
    """
    return [replace(one, notes=_settled(one)) if one.doubts else one for one in recordings]


def _settled(one: Recording) -> tuple[str, ...]:
    return tuple(f"Warned of: {n}" if n in one.doubts else n for n in one.notes)
