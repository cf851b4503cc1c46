"""A table of the page, as data, and how its numbers are written."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import pandas as pd

NO_VALUE = "–"
#: Heads of the scores of every protocol, and their columns in the results.
SCORES = {
    "Precision": "precision_macro",
    "Recall": "recall_macro",
    "F1": "f1_macro",
    "Accuracy": "accuracy",
    "Worst person": "worst_subject",
}


class Table(NamedTuple):
    """A table: each body is a title, or "", and its rows.

    The first cell of a row is its heading. The first ``n_words`` cells are words, the
    others numbers. The column ``honest`` stands out.
    """

    key: str
    caption: str
    heads: Sequence[str]
    bodies: Sequence[tuple[str, Sequence[Sequence[str]]]]
    n_words: int = 1
    honest: int | None = None


def score_of(value: Any, digits: int = 3) -> str:
    """Return a score as text, or a dash if it is missing."""
    return NO_VALUE if value is None or pd.isna(value) else f"{value:.{digits}f}"
