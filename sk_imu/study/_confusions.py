"""Which exercises are taken for which others."""

from typing import Any

import pandas as pd
from sklearn.metrics import confusion_matrix

from ..displays import one_line

_MOST_PAIRS = 4


def confused_pairs(rows: pd.DataFrame, most: int = _MOST_PAIRS) -> list[dict[str, Any]]:
    """Return which classes are predicted as which others, the most common errors first.

    Each is ``n`` errors out of ``n_true`` rows of the true class, with a ``text``, and the
    ``person`` who has more than half of three or more errors, or None.
    """
    labels = sorted({*rows["y_true"], *rows["y_pred"]})
    counts = confusion_matrix(rows["y_true"], rows["y_pred"], labels=labels)
    # Negative, so that the most common come first and equals in the order of their names.
    found = [
        (-int(counts[i, j]), true, predicted)
        for i, true in enumerate(labels)
        for j, predicted in enumerate(labels)
        if i != j and counts[i, j]
    ]
    pairs = []
    for n, true, predicted in sorted(found)[:most]:
        here = rows[(rows["y_true"] == true) & (rows["y_pred"] == predicted)]
        people = here["subject"].value_counts()
        # A share of one or two errors says little.
        one_person = -n >= 3 and len(people) and people.iloc[0] > -n / 2
        pairs.append(
            {
                "text": f"{one_line(true)} predicted as {one_line(predicted)}",
                "n": -n,
                "n_true": int((rows["y_true"] == true).sum()),
                "person": people.index[0] if one_person else None,
                "n_person": int(people.iloc[0]) if one_person else 0,
            }
        )
    return pairs
