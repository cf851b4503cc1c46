"""Scores of models on people, from predictions of single sets."""

from collections.abc import Callable
from typing import Any

import pandas as pd
from sklearn.metrics import accuracy_score, f1_score

_KEYS = ["model", "seed", "subject"]


def _f1_macro(y_true: pd.Series, y_pred: pd.Series) -> float:
    # Of the exercises that the person did; others that were predicted are errors only.
    return f1_score(
        y_true, y_pred, labels=y_true.unique(), average="macro", zero_division=0.0
    )


_METRICS: dict[str, Callable[[Any, Any], float]] = {
    "accuracy": accuracy_score,
    "f1_macro": _f1_macro,
}


def scores_by_person(
    predictions: pd.DataFrame,
    metric: str | Callable[[Any, Any], float] = "accuracy",
) -> pd.DataFrame:
    """Score each model and seed on each person.

    Parameters
    ----------
    predictions : DataFrame
        One row per prediction, with the columns ``model``, ``subject``, ``y_true`` and
        ``y_pred``, as ``predictions`` and ``windows`` of
        :class:`~sk_imu.study.StudyResults`. A column ``seed`` distinguishes repeated runs.
        If there is a column ``part``, only its rows "test" count; if there is a column
        ``protocol``, it must be the same in all rows.
    metric : {"accuracy", "f1_macro"} or callable, default="accuracy"
        "f1_macro" is the mean F1 over the exercises that the person did. A callable
        takes the true and the predicted labels of one person and returns a number, the
        higher the better.

    Returns
    -------
    scores : DataFrame
        One row per model, seed and person: ``model``, ``seed``, ``subject``, ``score`` and
        ``n_sets``, the number of different values of the column ``set`` or, without it,
        of predictions.

    Raises
    ------
    ValueError
        If a column is missing, a prediction has no subject, several protocols are mixed,
        or a model has predicted a set twice.

    See Also
    --------
    compare_models : Compare models by these scores.

    Examples
    --------
    >>> import pandas as pd
    >>> from sk_imu.model_selection import scores_by_person
    >>> predictions = pd.DataFrame(
    ...     {
    ...         "model": "rf",
    ...         "subject": ["Ann", "Ann", "Bob", "Bob"],
    ...         "y_true": ["curl", "row", "curl", "row"],
    ...         "y_pred": ["curl", "row", "row", "row"],
    ...     }
    ... )
    >>> scores_by_person(predictions)
      model  seed subject  score  n_sets
    0    rf     0     Ann    1.0       2
    1    rf     0     Bob    0.5       2
    """
    rows = _columns_of(predictions, ["model", "subject", "y_true", "y_pred"], "predictions")
    if "part" in rows:
        # Predictions of training sets say nothing about a person.
        rows = rows[rows["part"] == "test"]
    if not len(rows):
        raise ValueError("predictions has no rows of people tested.")
    if rows["subject"].isna().any():
        raise ValueError(
            f"{rows['subject'].isna().sum()} predictions have no subject: name the person "
            "of every set."
        )
    if "protocol" in rows and rows["protocol"].nunique() > 1:
        raise ValueError(
            f"predictions mixes the protocols {', '.join(rows['protocol'].unique())}: give "
            "the rows of one, as predictions[predictions['protocol'] == 'unseen-people']."
        )
    # Seeds, folds, copies and windows repeat a set legitimately.
    once = ["model", "seed", *({"fold", "set", "copy", "window"} & {*rows})]
    if "set" in rows and (twice := rows.duplicated(once)).any():
        first = rows[twice].iloc[0]
        raise ValueError(
            f"{first['model']} has predicted set {first['set']} more than once: "
            "distinguish repeated runs by a column 'seed'."
        )
    if not callable(metric) and metric not in _METRICS:
        raise ValueError(
            f"metric must be a function or one of {', '.join(_METRICS)}; got {metric!r}."
        )
    score_of = metric if callable(metric) else _METRICS[metric]

    def n_sets(group: pd.DataFrame) -> int:
        return group["set"].nunique() if "set" in group else len(group)

    scores = [
        (*key, float(score_of(group["y_true"], group["y_pred"])), n_sets(group))
        # By default, categories without rows in a filtered table would be people.
        for key, group in rows.groupby(_KEYS, sort=False, observed=True)
    ]
    return pd.DataFrame(scores, columns=[*_KEYS, "score", "n_sets"])


def people_by_model(scores: pd.DataFrame) -> pd.DataFrame:
    """Return a table of people by models, averaged over seeds, without missing scores."""
    scores = _columns_of(scores, ["model", "subject", "score"], "scores")
    if not len(scores):
        raise ValueError("scores has no rows.")
    if (twice := scores.duplicated(_KEYS)).any():
        first = scores[twice].iloc[0]
        raise ValueError(
            f"scores has {first['model']} on {first['subject']} more than once: "
            "distinguish repeated runs by a column 'seed'."
        )
    # Subjects may be numbers and text, which have no order among themselves.
    people = sorted(scores["subject"].unique(), key=str)
    for (model, seed), group in scores.groupby(
        ["model", "seed"], sort=False, observed=True
    ):
        scored = {*group.loc[group["score"].notna(), "subject"]}
        missing = [person for person in people if person not in scored]
        if missing:
            raise ValueError(
                f"{model} (seed {seed}) has no score on {', '.join(map(str, missing))}. "
                "Models are compared on the same people: finish the run, or leave these "
                "people or this model out."
            )
    # The mean over seeds, which is what pivot_table does with several values of a cell.
    table = scores.pivot_table("score", "subject", "model", sort=False, observed=True)
    return table.loc[people, scores["model"].unique()]


def _columns_of(table: pd.DataFrame, columns: list[str], name: str) -> pd.DataFrame:
    """Return the table with a column ``seed``, or raise an error if a column is missing."""
    if missing := [column for column in columns if column not in table]:
        raise ValueError(
            f"{name} lacks the column{'s' * (len(missing) > 1)} {', '.join(missing)}; it "
            f"has {', '.join(map(str, table.columns)) or 'none'}."
        )
    return table if "seed" in table else table.assign(seed=0)
