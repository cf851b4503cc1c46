"""Draw which classifiers differ significantly."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import pandas as pd

from ..model_selection import Ranking, rank_models
from ._over_people import OverPeopleDisplay
from ._style import COLORS, new_axes, shown

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@dataclass(kw_only=True, eq=False, repr=False)
class CriticalDifferenceDisplay(OverPeopleDisplay):
    """Average ranks of models, with bars that join those that do not differ significantly.

    The diagram of Demšar [1]_, with groups by Wilcoxon's test and Holm's correction as
    recommended by Benavoli et al. [2]_. A bar joins the models at its dots. Create it with
    :meth:`from_predictions` or :meth:`from_scores`.

    Parameters
    ----------
    ranking : Ranking
        The result of :func:`~sk_imu.model_selection.rank_models`.
    confidence_level : float, default=0.95
        Confidence level of the tests.

    Attributes
    ----------
    ax_ : matplotlib Axes
        The axes with the plot.
    figure_ : matplotlib Figure
        The figure with the axes.

    References
    ----------
    .. [1] J. Demšar, "Statistical Comparisons of Classifiers over Multiple Data Sets",
       Journal of Machine Learning Research 7 (2006), 1-30.
    .. [2] A. Benavoli, G. Corani, F. Mangili, "Should We Really Use Post-Hoc Tests Based
       on Mean-Ranks?", Journal of Machine Learning Research 17 (2016), 1-10.

    Examples
    --------
    >>> import pandas as pd
    >>> from sk_imu import CriticalDifferenceDisplay
    >>> scores = pd.DataFrame(
    ...     {
    ...         "model": ["rf"] * 4 + ["svm"] * 4,
    ...         "subject": ["Ann", "Bob", "Cy", "Di"] * 2,
    ...         "score": [0.9, 0.8, 0.7, 0.95, 0.8, 0.7, 0.5, 0.9],
    ...     }
    ... )
    >>> display = CriticalDifferenceDisplay.from_scores(scores)
    >>> display.ranking.groups
    [('rf', 'svm')]
    """

    _has_score_name = False

    ranking: Ranking
    confidence_level: float = 0.95

    @classmethod
    def from_scores(
        cls,
        scores: pd.DataFrame,
        *,
        confidence_level: float = 0.95,
        ax: "Axes | None" = None,
    ) -> Self:
        """Draw the ranks of scores.

        Parameters
        ----------
        scores : DataFrame
            As :func:`~sk_imu.model_selection.scores_by_person` returns them.
        confidence_level : float, default=0.95
            Models differ if p after Holm's correction is below one minus this level.
        ax : matplotlib Axes, optional
            Where to draw; by default in a new figure.

        Returns
        -------
        display : CriticalDifferenceDisplay
            The display, drawn.
        """
        ranking = rank_models(scores, confidence_level=confidence_level)
        return cls(ranking=ranking, confidence_level=confidence_level).plot(ax=ax)

    def _draw(self, ax: "Axes | None") -> "Axes":
        ranks, groups = self.ranking.ranks, self._bars()
        n_models = len(ranks)
        # Lines below the axis, one unit each: first the bars, then the names.
        n_lines = 0.5 + len(groups) * 0.5 + (n_models + 1) // 2
        if ax is None:
            ax = new_axes(7.0, 1.1 + 0.24 * n_lines)
        look: dict[str, Any] = {
            "color": COLORS[0],
            "linewidth": 3,
            "marker": "o",
            "markersize": 6,
        }
        for line, group in enumerate(groups):
            ax.plot(ranks[list(group)], [0.6 + 0.5 * line] * len(group), **look)
        # Names stay clear of the best and the worst possible rank.
        beyond = 0.04 * (n_models - 1)
        self._draw_names(ax, 1 + 0.5 * len(groups), beyond)
        # Lines count downwards, from the axis at the top.
        ax.set(xlim=(1 - beyond, n_models + beyond), ylim=(n_lines + 0.6, 0))
        ax.xaxis.set_ticks_position("top")
        ax.xaxis.set_label_position("top")
        ax.set_xticks(np.arange(1, n_models + 1))
        ax.set_xlabel(f"Average rank over {self.ranking.n_people} people, 1 is best")
        ax.set_yticks([])
        ax.spines[["left", "right", "bottom"]].set_visible(False)
        look = {"ha": "center", "va": "bottom", "fontsize": "small", "color": "0.3"}
        ax.text(0.5, 0, self._note(), transform=ax.transAxes, **look)
        return ax

    def _bars(self) -> list[Any]:
        """Return the groups that have a bar: those of several models."""
        # A model that differs from all others is a group of its own, and has no bar.
        return [group for group in self.ranking.groups if len(group) > 1]

    def _draw_names(self, ax: "Axes", top: float, beyond: float) -> None:
        """Draw the names in lines from top on, the better half on the left."""
        n_models = len(self.ranking.ranks)
        left = (n_models + 1) // 2
        for i, (model, rank) in enumerate(self.ranking.ranks.items()):
            is_left = i < left
            # Names on the right go upwards, so that no line crosses another.
            at = top + (i if is_left else n_models - 1 - i)
            end = 1 - beyond if is_left else n_models + beyond
            ax.plot([rank, rank, end], [0, at, at], color="0.2", linewidth=0.9, zorder=1)
            ax.annotate(
                f"{shown(model)} {rank:.2f}" if is_left else f"{rank:.2f} {shown(model)}",
                (end, at),
                xytext=(-3 if is_left else 3, 0),
                textcoords="offset points",
                annotation_clip=False,
                ha="right" if is_left else "left",
                va="center",
            )

    def _note(self) -> str:
        """Return the meaning of the bars, and p of Friedman's test."""
        has_bars = bool(self._bars())
        note = "A bar joins models that do not differ" if has_bars else "All models differ"
        note += f" at {100 * (1 - self.confidence_level):.2g} % (Wilcoxon, Holm)"
        p = self.ranking.p
        # Friedman's test needs three models.
        if np.isfinite(p):
            note += f"; Friedman p {'< 0.001' if p < 0.001 else f'= {p:.3f}'}"
        return note
