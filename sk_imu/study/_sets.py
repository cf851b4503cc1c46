"""How the sets of a study were done, one row per set."""

import numpy as np
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
        # What is not known is NaN, as in a table that is loaded.
        subject = np.nan if dataset.subjects is None else str(dataset.subjects[number])
        side = recording.side or np.nan
        found = find_repetitions(recording)
        done = set_quality(recording, found).summary()
        known = (number, subject, str(label), side, recording.duration_s)
        rows.append((*known, len(found), *done.values()))
    return pd.DataFrame(rows, columns=_COLUMNS)
