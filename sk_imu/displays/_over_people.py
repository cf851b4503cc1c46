"""Names, means and intervals of people's scores, for several displays."""

from collections.abc import Callable
from typing import Any, ClassVar, Self

import numpy as np
import pandas as pd

from ..model_selection import bootstrap_over_people, people_by_model, scores_by_person
from ._axes_display import AxesDisplay

Metric = str | Callable[[Any, Any], float]
_SCORE_NAMES = {"accuracy": "Accuracy", "f1_macro": "Macro F1"}


class OverPeopleDisplay(AxesDisplay):
    """A display of people's scores, made by its ``from_scores`` or from predictions."""

    # Ranks need no name of the score.
    _has_score_name: ClassVar[bool] = True
    from_scores: ClassVar[Callable[..., Any]]

    @classmethod
    def from_predictions(
        cls, predictions: pd.DataFrame, metric: Metric = "accuracy", **options: Any
    ) -> Self:
        """Draw the scores of predictions.

        Parameters
        ----------
        predictions : DataFrame
            As :func:`~sk_imu.model_selection.scores_by_person` takes them.
        metric : {"accuracy", "f1_macro"} or callable, default="accuracy"
            The score.
        **options : dict
            Passed on to ``from_scores``.

        Returns
        -------
        display : Display
            The display, drawn.
        """
        if cls._has_score_name:
            options = {"score_name": _name_of(metric)} | options
        return cls.from_scores(scores_by_person(predictions, metric), **options)


def _name_of(metric: Metric) -> str:
    """Return the axis label of a score."""
    if isinstance(metric, str):
        return _SCORE_NAMES.get(metric, metric)
    # A functools.partial has no name.
    return getattr(metric, "__name__", "Score").replace("_", " ").capitalize()


def means_of(
    scores: pd.DataFrame,
    confidence_level: float | None,
    random_state: int | np.random.RandomState | None,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the scores by person and model, and each model's mean.

    The means are a table of ``model``, ``score`` and, unless there is one person or no
    ``confidence_level``, ``low`` and ``high``, the models in the order of the columns.
    """
    people = people_by_model(scores)
    if len(people) < 2 or confidence_level is None:
        return people, people.mean().rename_axis("model").rename("score").reset_index()
    # The bootstrap sorts by score; displays keep the order of the models.
    means = bootstrap_over_people(
        scores, confidence_level=confidence_level, random_state=random_state
    )
    return people, means.set_index("model").loc[people.columns].reset_index(names="model")


def interval_title(confidence_level: float | None) -> str:
    """Return the legend label of an interval."""
    return "" if confidence_level is None else f"{100 * confidence_level:g} % interval"
