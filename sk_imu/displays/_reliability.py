"""Draw whether probabilities mean what they say."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from ..calibration import (
    calibration_error,
    reliability_table,
    top_answers,
)
from ..validation import check_groups
from ._axes_display import AxesDisplay
from ._from_probabilities import FromProbabilities
from ._style import COLORS, new_axes, shown

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@dataclass(kw_only=True, eq=False, repr=False)
class ReliabilityDisplay(FromProbabilities, AxesDisplay):
    """Reliability diagram: the share of right answers, by the probability that was given.

    A circle stands for the sets whose most probable class has a probability within one
    bin; its area is their share. On the diagonal, 80 of 100 answers with a probability of
    0.8 are right; below it the model is too sure, above it too unsure. A cross stands for
    all sets of a person, where people are known; the farthest from the diagonal is named.
    Create it with :meth:`from_predictions` or :meth:`from_estimator`.

    Parameters
    ----------
    bins : DataFrame of shape (n_bins, 6)
        As :func:`~sk_imu.calibration.reliability_table` returns it.
    error : float
        Expected calibration error, as :func:`~sk_imu.calibration.calibration_error` returns
        it.
    people : DataFrame of shape (n_people, 2), optional
        ``probability`` and ``right``, the means over the sets of each person.

    Attributes
    ----------
    ax_ : matplotlib Axes
        The axes with the plot.
    figure_ : matplotlib Figure
        The figure with the axes.

    See Also
    --------
    sklearn.calibration.CalibrationDisplay : Draws the probability of one class.
    AbstentionDisplay : Draws the accuracy of the most certain answers.

    Examples
    --------
    >>> from sk_imu import ReliabilityDisplay
    >>> y_true = ["squat", "squat", "lunge", "lunge"]
    >>> y_proba = [[0.1, 0.9], [0.1, 0.9], [0.9, 0.1], [0.1, 0.9]]
    >>> display = ReliabilityDisplay.from_predictions(
    ...     y_true, y_proba, ["lunge", "squat"], groups=["Ann", "Ann", "Bob", "Bob"]
    ... )
    >>> round(display.error, 3)
    0.15
    >>> display.people["right"].to_dict()
    {'Ann': 1.0, 'Bob': 0.5}
    """

    bins: pd.DataFrame
    error: float
    people: pd.DataFrame | None = None

    @classmethod
    def from_predictions(
        cls,
        y_true: ArrayLike,
        y_proba: ArrayLike,
        classes: Sequence[Any],
        *,
        groups: ArrayLike | None = None,
        n_bins: int = 10,
        ax: "Axes | None" = None,
    ) -> Self:
        """Draw probabilities of sets that are not in the training set.

        Parameters
        ----------
        y_true : array-like of shape (n_sets,)
            True labels.
        y_proba : array-like of shape (n_sets, n_classes)
            Probabilities.
        classes : sequence of length n_classes
            Label of each column, as ``classifier.classes_``.
        groups : array-like of shape (n_sets,), default=None
            The person of each set. People then weigh alike; without groups, sets do.
        n_bins : int, default=10
            Number of bins of equal width.
        ax : matplotlib Axes, optional
            Where to draw; by default in a new figure.

        Returns
        -------
        display : ReliabilityDisplay
            The display, drawn.

        Raises
        ------
        ValueError
            If the shapes disagree, or ``y_proba`` holds no probabilities.
        """
        given = (y_true, y_proba, classes)
        people = None
        if groups is not None:
            hits, top = top_answers(*given)
            frame = pd.DataFrame({"probability": top, "right": hits.astype(float)})
            people = frame.groupby(check_groups(groups, hits)).mean()
        display = cls(
            bins=reliability_table(*given, groups=groups, n_bins=n_bins),
            error=calibration_error(*given, groups=groups, n_bins=n_bins),
            people=people,
        )
        return display.plot(ax=ax)

    def _draw(self, ax: "Axes | None") -> "Axes":
        if ax is None:
            ax = new_axes(4.5, 4.5)
        ax.plot([0, 1], [0, 1], color="0.7", linewidth=0.8, label="as probable as said")
        said, right = self.bins[["probability", "right"]].to_numpy(dtype=float).T
        ax.plot(said, right, color=COLORS[0], linewidth=1)
        ax.scatter(
            said,
            right,
            s=12 + 250 * self.bins["weight"].to_numpy(dtype=float),
            color=COLORS[0],
            alpha=0.8,
            label=f"sets by probability, error {self.error:.3f}",
        )
        lowest = [said.min(), right.min()]
        if self.people is not None:
            self._draw_people(ax, self.people)
            lowest.append(self.people.to_numpy(dtype=float).min())
        low = max(float(min(lowest)) - 0.05, -0.02)
        ax.set(xlim=(low, 1.02), ylim=(low, 1.02), aspect="equal")
        ax.set(xlabel="Probability of the answer", ylabel="Share of right answers")
        ax.legend(loc="best", fontsize=7, frameon=False)
        return ax

    def _draw_people(self, ax: "Axes", people: pd.DataFrame) -> None:
        said, right = people[["probability", "right"]].to_numpy(dtype=float).T
        label = f"all sets of each of {len(people)} people"
        ax.scatter(said, right, 25, COLORS[1], marker="x", linewidth=1, label=label)
        worst = int(np.abs(right - said).argmax())
        gap = right[worst] - said[worst]
        ax.annotate(
            f"person {shown(people.index[worst], 12)}: {gap:+.2f}",
            (said[worst], right[worst]),
            (0, -10 if gap < 0 else 5),
            textcoords="offset points",
            ha="center",
            fontsize=7,
            color=COLORS[1],
        )
