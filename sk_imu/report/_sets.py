"""How the sets were done, by exercise, in the section on the data."""

import pandas as pd

from ..displays import one_line
from ..study import StudyResults
from ._tables import Table, score_of

#: Head of each median, its column and its digits.
_MEDIANS = {
    "Time (s)": ("duration_s", 0),
    "Repetitions": ("repetitions", 1),
    "Tempo (s)": ("tempo_s", 1),
    "Slowing": ("slowing", 2),
    "Range kept": ("range_kept", 2),
    "Pauses (s)": ("pause_s", 1),
}


def sets_of(results: StudyResults) -> Table | None:
    """Return the table, or None if the study did not describe its sets."""
    sets = results.sets
    if sets.empty:
        return None
    side = sets["side"].map({"left": "Left", "right": "Right"}).fillna("Side unknown")
    has_sides = sets["side"].notna().any()
    bodies = [
        (title if has_sides else "", _rows(of_side))
        for title, of_side in sets.groupby(side)
    ]
    return Table(
        "how-sets-were-done",
        "Median set of each exercise",
        ["Exercise", "Sets", *_MEDIANS],
        bodies,
    )


def _rows(sets: pd.DataFrame) -> list[list[str]]:
    return [
        [
            one_line(exercise),
            str(len(rows)),
            *(score_of(rows[name].median(), digits) for name, digits in _MEDIANS.values()),
        ]
        for exercise, rows in sets.groupby("y_true")
    ]
