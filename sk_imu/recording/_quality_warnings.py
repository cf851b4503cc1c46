"""The faults that many recordings share, in one line for each person and fault."""

from collections.abc import Sequence
from typing import Any

from ._doubts import summarize_doubts
from ._recording import Recording


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
