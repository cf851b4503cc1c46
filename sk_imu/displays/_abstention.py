"""Draw the accuracy of the most certain answers."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import pandas as pd
from numpy.typing import ArrayLike

from ..calibration import abstention_curve
from ._axes_display import AxesDisplay
from ._from_probabilities import FromProbabilities
from ._style import COLORS, MARKERS, new_axes

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@dataclass(kw_only=True, eq=False, repr=False)
class AbstentionDisplay(FromProbabilities, AxesDisplay):
    """Accuracy against the share of sets that are answered, the most certain first.

    At 1 all sets are answered, and the accuracy is the usual one. To the left the least
    certain sets are left to a person. Create it with :meth:`from_predictions` or
    :meth:`from_estimator`.

    Parameters
    ----------
    curve : DataFrame of shape (n_thresholds, 3)
        As :func:`~sk_imu.calibration.abstention_curve` returns it.
    accuracy : float, default=0.99
        The accuracy for which the largest share answered is marked.

    Attributes
    ----------
    ax_ : matplotlib Axes
        The axes with the plot.
    figure_ : matplotlib Figure
        The figure with the axes.

    See Also
    --------
    ReliabilityDisplay : Draws whether probabilities mean what they say.

    Examples
    --------
    >>> from sk_imu import AbstentionDisplay
    >>> y_true = ["squat", "squat", "lunge", "lunge"]
    >>> y_proba = [[0.1, 0.9], [0.2, 0.8], [0.3, 0.7], [0.6, 0.4]]
    >>> display = AbstentionDisplay.from_predictions(y_true, y_proba, ["lunge", "squat"])
    >>> display.at_accuracy(0.99)["answered"]
    0.5
    >>> display.at_share(0.8)["accuracy"]
    0.75
    """

    curve: pd.DataFrame
    accuracy: float = 0.99

    @classmethod
    def from_predictions(
        cls,
        y_true: ArrayLike,
        y_proba: ArrayLike,
        classes: Sequence[Any],
        *,
        groups: ArrayLike | None = None,
        accuracy: float = 0.99,
        ax: "Axes | None" = None,
    ) -> Self:
        """Draw the curve of sets that are not in the training set.

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
        accuracy : float, default=0.99
            The accuracy for which the largest share answered is marked.
        ax : matplotlib Axes, optional
            Where to draw; by default in a new figure.

        Returns
        -------
        display : AbstentionDisplay
            The display, drawn.

        Raises
        ------
        ValueError
            If the shapes disagree, or ``y_proba`` holds no probabilities.
        """
        curve = abstention_curve(y_true, y_proba, classes, groups=groups)
        return cls(curve=curve, accuracy=accuracy).plot(ax=ax)

    def at_accuracy(self, accuracy: float) -> dict[str, float] | None:
        """Return the point with the largest share answered at an accuracy.

        Parameters
        ----------
        accuracy : float
            Least share of right answers among those given.

        Returns
        -------
        point : dict of str to float, or None
            ``threshold``, ``answered`` and ``accuracy``; None if no threshold reaches it.
        """
        return _last(self.curve[self.curve["accuracy"] >= accuracy - 1e-12])

    def at_share(self, answered: float) -> dict[str, float]:
        """Return the point at which at least a share of sets is answered.

        Parameters
        ----------
        answered : float
            Share of sets, from 0 to 1.

        Returns
        -------
        point : dict of str to float
            ``threshold``, ``answered`` and ``accuracy``.
        """
        enough = self.curve[self.curve["answered"] >= answered - 1e-12]
        return _last(enough.iloc[:1]) or _last(self.curve) or {}

    def _draw(self, ax: "Axes | None") -> "Axes":
        if ax is None:
            ax = new_axes(5.5, 3.5)
        answered, right = self.curve[["answered", "accuracy"]].to_numpy(dtype=float).T
        # Between two thresholds nobody else is answered.
        steps: Any = {"drawstyle": "steps-post", "color": COLORS[0], "linewidth": 1.5}
        ax.plot(answered, right, **steps)
        for i, point in enumerate([_last(self.curve), self.at_accuracy(self.accuracy)]):
            if point is None:
                continue
            name = "all sets" if i == 0 else f"probability ≥ {point['threshold']:.2f}"
            share = f"{point['answered']:.0%} answered, {point['accuracy']:.1%} right"
            look: Any = {"color": COLORS[i], "marker": MARKERS[i], "linestyle": ""}
            at = (point["answered"], point["accuracy"])
            ax.plot(*at, label=f"{name}: {share}", clip_on=False, **look)
        ax.axhline(self.accuracy, color="0.7", linewidth=0.8, zorder=0)
        low = min(float(right.min()), self.accuracy)
        ax.set(xlim=(0, 1.01), ylim=(max(low - 0.03, 0), 1.005))
        ax.set(xlabel="Share of sets answered", ylabel="Accuracy of the answers")
        ax.legend(loc="lower left", fontsize=8, frameon=False)
        return ax


def _last(points: pd.DataFrame) -> dict[str, float] | None:
    """Return the point of the lowest threshold."""
    if points.empty:
        return None
    return {str(name): float(value) for name, value in points.iloc[-1].items()}
