"""How the sets of a study were done, one row per set."""

import pandas as pd

from ..segmentation import SetQuality, find_repetitions, set_quality
from ._data import StudyData

_COLUMNS = [
    *("set", "subject", "y_true", "side", "duration_s", "repetitions"),
    *SetQuality((), (), ()).summary(),
]


def sets_table(dataset: StudyData) -> pd.DataFrame:
    """Return the repetitions and the quality of each set, labels and subjects as text."""
    rows = []
    for number, (recording, label) in enumerate(zip(dataset.X, dataset.y, strict=True)):
        subject = None if dataset.subjects is None else str(dataset.subjects[number])
        found = find_repetitions(recording)
        done = set_quality(recording, found).summary()
        known = (number, subject, str(label), recording.side, recording.duration_s)
        rows.append((*known, len(found), *done.values()))
    return pd.DataFrame(rows, columns=_COLUMNS)
