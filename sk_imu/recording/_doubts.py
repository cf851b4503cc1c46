"""Doubts about recordings: what a reader could not decide, or does not believe."""

import re
import warnings
from collections.abc import Sequence
from dataclasses import replace

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
