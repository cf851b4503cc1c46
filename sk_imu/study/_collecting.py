"""The tables of a study, put together from its jobs."""

import json
from typing import Any

import pandas as pd

from ._data import StudyData
from ._results import StudyResults

# Together, these identify a job.
_KEYS = ("protocol", "model", "fold", "seed", "k")


def collect(
    dataset: StudyData,
    settings: dict[str, Any],
    outcomes: list[dict[str, Any]],
    example: dict[str, Any],
) -> StudyResults:
    """Put the results of all jobs into tidy tables, labels and subjects as text."""
    y_true = [str(label) for label in dataset.y]
    subjects: list[str | None] = [None] * len(y_true)
    if dataset.subjects is not None:
        subjects = [str(subject) for subject in dataset.subjects]
    predictions, searches, curves, timings, windows = [], [], [], [], []
    for outcome in outcomes:
        key = {name: outcome[name] for name in _KEYS}
        for row in outcome["rows"]:
            scores = zip(outcome["classes"], row["scores"], strict=True)
            start = {**key, **{name: row[name] for name in ("part", "set", "copy")}}
            truth = {"subject": subjects[row["set"]], "y_true": y_true[row["set"]]}
            predictions.append(
                {
                    **start,
                    **truth,
                    **{name: row[name] for name in ("y_pred", "score_kind")},
                    **{f"score_{label}": score for label, score in scores},
                }
            )
            windows += [
                {**start, "window": number, **truth, "y_pred": label}
                for number, label in enumerate(row["windows"])
            ]
        best = json.dumps(outcome["best_params"], sort_keys=True)
        searches.append({**key, "cv_score": outcome["cv_score"], "best_params": best})
        curves += [{**key, **point} for point in outcome["curves"]]
        measured = ("seconds", "fit_cpu_s", "predict_cpu_s")
        timings.append({**key, **{name: outcome[name] for name in measured}})
    columns = [
        *(*_KEYS, "epoch"),
        *("train_loss", "train_accuracy", "test_loss", "test_accuracy"),
    ]
    of_windows = ["part", "set", "copy", "window", "subject", "y_true", "y_pred"]
    # Int64, because k is an integer that is missing except in few-shot.
    return StudyResults(
        settings=settings,
        predictions=pd.DataFrame(predictions).astype({"k": "Int64"}),
        searches=pd.DataFrame(searches).astype({"k": "Int64"}),
        curves=pd.DataFrame(curves, columns=columns).astype({"k": "Int64"}),
        timings=pd.DataFrame(timings).astype({"k": "Int64"}),
        example=example,
        windows=pd.DataFrame(windows, columns=[*_KEYS, *of_windows]).astype({"k": "Int64"}),
    )
