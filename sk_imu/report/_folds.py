"""What the search of each fold chose."""

import json
from typing import Any

import pandas as pd

from ..displays import name_of, one_line
from ..study import StudyResults
from ._tables import NO_VALUE, Table, score_of


def folds_of(results: StudyResults) -> Table | None:
    """Return the table of the section "Folds", None without searches."""
    rows = results.searches
    if not len(rows):
        return None
    # A name of a fold occurs once for each seed and number of labeled sets.
    keys = ["protocol", "model", "fold", "seed", "k"]
    if len(results.predictions):
        test = results.predictions[results.predictions["part"] == "test"]
        hits = (test["y_true"] == test["y_pred"]).rename("right")
        by_fold = hits.groupby([test[key] for key in keys], dropna=False)
        scores = by_fold.agg(["mean", "size"]).reset_index()
        rows = rows.merge(scores, on=keys, how="left")
    if len(results.timings):
        rows = rows.merge(results.timings, on=keys, how="left")
    bodies = []
    for protocol, title in results.titles.items():
        here = rows[rows["protocol"] == protocol]
        if len(here):
            bodies.append((title, [_fold(row) for _, row in here.iterrows()]))
    return Table(
        "fold-choices",
        "The search of each fold: mean macro F1 within the training set, the parameters it "
        "chose, and the accuracy on the test sets of the fold, which it did not use.",
        ["Fold", "Model", "Chosen", "Score in the search", "Accuracy", "Test rows", "Time"],
        bodies,
        n_words=3,
    )


def _fold(row: "pd.Series[Any]") -> list[str]:
    # JSON, because the table is written as CSV.
    chosen: dict[str, Any] = json.loads(row["best_params"])
    size, seconds = row.get("size"), row.get("seconds")
    return [
        one_line(row["fold"]),
        name_of(row["model"]),
        ", ".join(f"{key} {value}" for key, value in chosen.items()) or "nothing to choose",
        score_of(row.get("cv_score")),
        score_of(row.get("mean")),
        NO_VALUE if size is None or pd.isna(size) else f"{size:.0f}",
        NO_VALUE if seconds is None or pd.isna(seconds) else f"{seconds:.0f} s",
    ]
