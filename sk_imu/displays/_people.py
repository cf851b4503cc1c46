"""Draw the score of classifiers on each person."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np
import pandas as pd

from ._over_people import OverPeopleDisplay, interval_title, means_of
from ._style import look_of_marks, new_axes, shown, titled_legend

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@dataclass(kw_only=True, eq=False, repr=False)
class PeopleDisplay(OverPeopleDisplay):
    """Each model's score on each person, and its mean with a confidence interval.

    The person with the lowest scores is at the bottom, the mean over people at the top.
    Create it with :meth:`from_predictions` or :meth:`from_scores`.

    Parameters
    ----------
    people : DataFrame of shape (n_people, n_models)
        The scores, people as index and models as columns.
    intervals : DataFrame, optional
        ``model``, ``low`` and ``high``, as
        :func:`~sk_imu.model_selection.bootstrap_over_people` returns them; without them no
        interval is drawn.
    n_sets : Series, optional
        Number of sets by person.
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
    sk_imu.model_selection.compare_models : Test whether the models differ.

    Examples
    --------
    >>> import pandas as pd
    >>> from sk_imu import PeopleDisplay
    >>> scores = pd.DataFrame(
    ...     {
    ...         "model": ["rf"] * 4 + ["svm"] * 4,
    ...         "subject": ["Ann", "Bob", "Cy", "Di"] * 2,
    ...         "score": [0.9, 0.8, 0.7, 0.95, 0.8, 0.7, 0.5, 0.9],
    ...     }
    ... )
    >>> display = PeopleDisplay.from_scores(scores)
    >>> [text.get_text() for text in display.ax_.get_yticklabels()]
    ['Cy', 'Bob', 'Ann', 'Di', 'Mean']
    """

    people: pd.DataFrame
    intervals: pd.DataFrame | None = None
    n_sets: "pd.Series[int] | None" = None
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
            As :func:`~sk_imu.model_selection.scores_by_person` returns them.
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
        display : PeopleDisplay
            The display, drawn.
        """
        people, means = means_of(scores, confidence_level, random_state)
        display = cls(
            people=people,
            intervals=means if "low" in means else None,
            # The same for every model, unless one has not been tested on all sets.
            n_sets=scores.groupby("subject", observed=True)["n_sets"].max()
            if "n_sets" in scores
            else None,
            score_name=score_name,
            confidence_level=confidence_level,
        )
        return display.plot(ax=ax)

    def _draw(self, ax: "Axes | None") -> "Axes":
        means = self.people.mean()
        # Stable, so that people with equal scores stay in the order of the data.
        order = self.people.mean(axis="columns").sort_values(kind="stable").index
        people = self.people.loc[order]
        n_people, n_models = people.shape
        if ax is None:
            # A line for each person and model; the legend beside them needs room, too.
            height = 0.9 + (n_people + 1) * (0.15 + 0.07 * n_models)
            longest = max(len(shown(name)) for name in (*people.index, *people.columns))
            ax = new_axes(6.5 + 0.1 * longest, max(height, 1.2 + 0.2 * n_models))
        rows = np.arange(n_people)
        for row in rows[::2]:
            ax.axhspan(row - 0.5, row + 0.5, color="0.95", zorder=0)
        ax.axhline(n_people - 0.5, color="0.4", linewidth=0.8)
        ends = self.intervals.set_index("model") if self.intervals is not None else None
        for i, model in enumerate(people.columns):
            # One below the other, because models with equal scores would hide each other.
            offset = 0.8 * ((i + 0.5) / n_models - 0.5)
            look = {**look_of_marks(i), "markersize": 5, "linestyle": ""}
            label = f"{shown(model)} {means[model]:.3f}"
            if ends is not None:
                low, high = ends[["low", "high"]].loc[model].to_numpy(dtype=float)
                label += f" ({low:.3f} to {high:.3f})"
                at = n_people - offset
                ax.plot([low, high], [at, at], color=look["color"], linewidth=1.5)
            ax.plot(people[model], rows - offset, label=label, **look)
            ax.plot(means[model], n_people - offset, **look)
        sets = self.n_sets
        names = [
            shown(name) + ("" if sets is None else f" ({sets[name]} sets)")
            for name in people.index
        ]
        ax.set_yticks(np.arange(n_people + 1), [*names, "Mean"])
        lowest = people.to_numpy().min()
        ax.set(xlabel=self.score_name, ylabel="Person", ylim=(-0.5, n_people + 0.5))
        # From just below the lowest score, because scores are often close to 1.
        ax.set_xlim(max(float(lowest) - 0.05, -0.02), 1.02)
        title = "Model, mean"
        if ends is not None:
            title += f" and {interval_title(self.confidence_level)}"
        # Beside the axes, which marks fill from side to side.
        place = {"loc": "upper left", "bbox_to_anchor": (1.01, 1), "borderaxespad": 0}
        titled_legend(ax, title, fontsize="small", **place)
        return ax
