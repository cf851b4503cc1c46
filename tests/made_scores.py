"""Scores and predictions that tests of comparisons and of their displays share."""

import numpy as np
import pandas as pd


def frame(**scores):
    """Return scores, a list of people by model."""
    return pd.concat(
        [
            pd.DataFrame(
                {
                    "model": model,
                    "seed": 0,
                    "subject": [f"P{i:02}" for i in range(len(values))],
                    "score": np.asarray(values, dtype=float),
                }
            )
            for model, values in scores.items()
        ],
        ignore_index=True,
    )


def predictions_of(n_seeds=1):
    rng = np.random.default_rng(0)
    rows = []
    for model in ("rf", "svm"):
        for seed in range(n_seeds):
            y_true = np.tile(["curl", "row", "squat"], 8)
            wrong = rng.random(len(y_true)) < 0.3
            table = {
                "protocol": "unseen-people",
                "model": model,
                "fold": np.repeat(["A", "B", "C"], 8),
                "part": "test",
                "set": np.arange(len(y_true)),
                "copy": 0,
                "subject": np.repeat(["Ann", "Bob", "Cy"], 8),
                "y_true": y_true,
                "y_pred": np.where(wrong, "other", y_true),
            }
            if n_seeds > 1:
                table["seed"] = seed
            rows.append(pd.DataFrame(table))
    return pd.concat(rows, ignore_index=True)
