"""Draw the gain from sets labeled by a new person."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np
import pandas as pd

from ._axes_display import AxesDisplay
from ._over_people import interval_title, means_of
from ._style import look_of_marks, new_axes, shown, titled_legend

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_COLUMNS = ("model", "k", "subject", "score")


@dataclass(kw_only=True, eq=False, repr=False)
class PersonalisationDisplay(AxesDisplay):
    """Score of each model by the number of sets that a new person has labeled.

    Marks are means over people, bars their bootstrap confidence intervals. Create it with
    :meth:`from_scores`.

    Parameters
    ----------
    intervals : DataFrame
        One row for each model and number of sets: ``model``, ``k``, ``score`` and, to draw
        bars, ``low`` and ``high``.
    n_people : int
        Number of people, for the legend.
    score_name : str, default="Accuracy"
        Name of the score.
    confidence_level : float or None, default=0.95
        Confidence level of the intervals, for the legend.

    Attributes
    ----------
    ax_ : matplotlib Axes
        The axes with the plot.
    figure_ : matplotlib Figure
        The figure with the axes.

    See Also
    --------
    sk_imu.model_selection.bootstrap_over_people : Compute the intervals.

    Examples
    --------
    >>> import pandas as pd
    >>> from sk_imu import PersonalisationDisplay
    >>> scores = pd.DataFrame(
    ...     {
    ...         "model": "cnn",
    ...         "k": [0] * 4 + [1] * 4,
    ...         "subject": ["Ann", "Bob", "Cy", "Di"] * 2,
    ...         "score": [0.9, 0.8, 0.7, 0.6, 1.0, 0.9, 0.9, 0.8],
    ...     }
    ... )
    >>> display = PersonalisationDisplay.from_scores(scores)
    >>> display.intervals[["model", "k", "score"]].round(2)
      model  k  score
    0   cnn  0   0.75
    1   cnn  1   0.90
    """

    intervals: pd.DataFrame
    n_people: int
    score_name: str = "Accuracy"
    confidence_level: float | None = 0.95

    @classmethod
    def from_scores(
        cls,
        scores: pd.DataFrame,
        *,
        score_name: str = "Accuracy",
        confidence_level: float | None = 0.95,
        random_state: int | np.random.RandomState | None = 0,
        ax: "Axes | None" = None,
    ) -> Self:
        """Draw scores.

        Parameters
        ----------
        scores : DataFrame
            One row for each model, number of sets and person: ``model``, ``k``,
            ``subject``, ``score`` and, if runs are repeated, ``seed``, over which scores
            are averaged. ``k`` is the number of labeled sets of the new person.
        score_name : str, default="Accuracy"
            Name of the score.
        confidence_level : float or None, default=0.95
            Confidence level of the intervals, which need two people or more; None draws
            no interval.
        random_state : int, RandomState instance or None, default=0
            Random seed of the intervals.
        ax : matplotlib Axes, optional
            Where to draw; by default in a new figure.

        Returns
        -------
        display : PersonalisationDisplay
            The display, drawn.

        Raises
        ------
        ValueError
            If a column is missing, or if a person has no score of a model at one of its
            ``k``, because means over different people cannot be compared.
        """
        missing = [name for name in _COLUMNS if name not in scores]
        if missing:
            raise ValueError(
                f"scores has no column {', '.join(missing)}. It needs "
                f"{', '.join(_COLUMNS)}."
            )
        # A curve is meaningful only if all of its points are over the same people: each
        # model with each k counts as a model, and models without a person are refused.
        cells = scores.assign(
            model=pd.MultiIndex.from_frame(scores[["model", "k"]]).to_flat_index()
        )
        try:
            people, intervals = means_of(cells, confidence_level, random_state)
        except ValueError as error:
            # The error names pairs as models, which nobody has given.
            raise ValueError(f"By (model, k): {error}") from error
        models, k = zip(*intervals["model"], strict=True)
        intervals = intervals.assign(model=models, k=k)
        order = {model: i for i, model in enumerate(scores["model"].unique())}
        intervals = intervals.sort_values(
            ["model", "k"],
            key=lambda column: column.map(order) if column.name == "model" else column,
            ignore_index=True,
        )
        # One person has no interval, and then there are no such columns.
        columns = ["model", "k", "score", "low", "high"]
        display = cls(
            intervals=intervals.reindex(columns=columns).dropna(axis="columns", how="all"),
            n_people=len(people),
            score_name=score_name,
            confidence_level=confidence_level,
        )
        return display.plot(ax=ax)

    def _draw(self, ax: "Axes | None") -> "Axes":
        if ax is None:
            ax = new_axes(5.5, 3.6)
        groups = list(self.intervals.groupby("model", sort=False))
        numbers = np.sort(self.intervals["k"].unique())
        has_bars = "low" in self.intervals
        # Bars at the same place would hide each other.
        step = 0.06 * (np.diff(numbers).min() if len(numbers) > 1 else 1)
        for i, (model, rows) in enumerate(groups):
            x = rows["k"] + step * (i - (len(groups) - 1) / 2)
            look = look_of_marks(i)
            ax.plot(x, rows["score"], label=shown(model), markersize=5, **look)
            if has_bars:
                ax.vlines(x, rows["low"], rows["high"], color=look["color"], linewidth=1.2)
        ax.set_xticks(numbers, [f"{k:g}" for k in numbers])
        ax.set(xlabel="Labeled sets of the new person", ylabel=self.score_name)
        title = f"Mean of {self.n_people} people"
        if has_bars:
            title += f", {interval_title(self.confidence_level)}"
        # Above the axes, because bars may be anywhere within them.
        place = {"loc": "lower left", "bbox_to_anchor": (0, 1), "ncols": 4}
        titled_legend(ax, title, fontsize="small", title_fontsize="small", **place)
        return ax
