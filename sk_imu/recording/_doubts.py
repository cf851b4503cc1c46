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

    Parameters
    ----------
    recordings : sequence of Recording
        The recordings, or the sets cut from them.

    Returns
    -------
    lines : list of str
        The doubt as in the first recording that has it, and in how many of the
        recordings it is.  Doubts that differ only in their numbers are one.

    Examples
    --------
    >>> from sk_imu import Recording, SensorStream
    >>> from sk_imu.recording import summarize_doubts
    >>> streams = {"Gravity": SensorStream([0.0, 0.1], [[0, 0, 1.0]] * 2)}
    >>> notes = ["IMPLAUSIBLE: Gravity may be in g."]
    >>> one = Recording(streams, source="a.csv", notes=notes)
    >>> summarize_doubts([one, Recording(streams)])
    ['IMPLAUSIBLE: Gravity may be in g. (1 of 2 recordings, the first: a.csv)']
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

    Parameters
    ----------
    recordings : sequence of Recording
        The recordings, or the sets cut from them.
    stacklevel : int, default=2
        As in :func:`warnings.warn`: 2 blames the caller of the calling function.

    Examples
    --------
    >>> from sk_imu import Recording, SensorStream
    >>> from sk_imu.recording import warn_of_doubts
    >>> warn_of_doubts([Recording({"Gravity": SensorStream([0.0], [[0, 0, 9.8]])})])
    """
    for line in summarize_doubts(recordings):
        warnings.warn(line, DataQualityWarning, stacklevel + 1)


def settle_doubts(recordings: Sequence[Recording]) -> list[Recording]:
    """Return recordings whose doubts are plain notes, because they were warned of.

    Parameters
    ----------
    recordings : sequence of Recording
        The recordings, or the sets cut from them.

    Returns
    -------
    settled : list of Recording
        The same recordings; steps that get them do not warn again.

    Examples
    --------
    >>> from sk_imu import Recording, SensorStream
    >>> from sk_imu.recording import settle_doubts
    >>> streams = {"Gravity": SensorStream([0.0, 0.1], [[0, 0, 1.0]] * 2)}
    >>> one = Recording(streams, notes=["IMPLAUSIBLE: Gravity may be in g."])
    >>> settle_doubts([one])[0].notes
    ('Warned of: IMPLAUSIBLE: Gravity may be in g.',)
    """
    return [replace(one, notes=_settled(one)) if one.doubts else one for one in recordings]


def _settled(one: Recording) -> tuple[str, ...]:
    return tuple(f"Warned of: {n}" if n in one.doubts else n for n in one.notes)
