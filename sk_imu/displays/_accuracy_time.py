"""Draw the accuracy of classifiers against their time."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import pandas as pd

from ._over_people import Metric, OverPeopleDisplay, means_of
from ._style import look_of_marks, new_axes, shown

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@dataclass(kw_only=True, eq=False, repr=False)
class AccuracyTimeDisplay(OverPeopleDisplay):
    """Accuracy against time, a point for each model.

    Create it with :meth:`from_predictions` or :meth:`from_scores`.

    Parameters
    ----------
    intervals : DataFrame
        ``model``, ``score`` and, to draw intervals, ``low`` and ``high``, as
        :func:`~sk_imu.model_selection.bootstrap_over_people` returns them.
    seconds : mapping of str to float
        Time in seconds by model, above 0.
    score_name : str, default="Accuracy"
        Name of the score.
    time_name : str, default="Time"
        Name of the time, for its axis.

    Attributes
    ----------
    ax_ : matplotlib Axes
        The axes with the plot.
    figure_ : matplotlib Figure
        The figure with the axes.

    Examples
    --------
    >>> import pandas as pd
    >>> from sk_imu import AccuracyTimeDisplay
    >>> scores = pd.DataFrame(
    ...     {
    ...         "model": ["rf"] * 4 + ["svm"] * 4,
    ...         "subject": ["Ann", "Bob", "Cy", "Di"] * 2,
    ...         "score": [0.9, 0.8, 0.7, 0.95, 0.8, 0.7, 0.5, 0.9],
    ...     }
    ... )
    >>> seconds = {"rf": 12.0, "svm": 0.7}
    >>> display = AccuracyTimeDisplay.from_scores(scores, seconds, time_name="Fit")
    >>> display.ax_.get_xlabel()
    'Fit (s)'
    """

    intervals: pd.DataFrame
    seconds: Mapping[str, float]
    score_name: str = "Accuracy"
    time_name: str = "Time"

    @classmethod
    def from_predictions(  # type: ignore[override]
        cls,
        predictions: pd.DataFrame,
        seconds: Mapping[str, float] | pd.DataFrame,
        metric: Metric = "accuracy",
        **options: Any,
    ) -> Self:
        """Draw the scores of predictions against time.

        Parameters
        ----------
        predictions : DataFrame
            As :func:`~sk_imu.model_selection.scores_by_person` takes them.
        seconds : mapping of str to float, or DataFrame
            As :meth:`from_scores` takes them.
        metric : {"accuracy", "f1_macro"} or callable, default="accuracy"
            The score.
        **options : dict
            Passed on to :meth:`from_scores`.

        Returns
        -------
        display : AccuracyTimeDisplay
            The display, drawn.
        """
        return super().from_predictions(predictions, metric, seconds=seconds, **options)

    @classmethod
    def from_scores(
        cls,
        scores: pd.DataFrame,
        seconds: Mapping[str, float] | pd.DataFrame,
        *,
        score_name: str = "Accuracy",
        time_name: str = "Time",
        confidence_level: float | None = 0.95,
        random_state: int | np.random.RandomState | None = 0,
        ax: "Axes | None" = None,
    ) -> Self:
        """Draw scores against time.

        Parameters
        ----------
        scores : DataFrame
            As :func:`~sk_imu.model_selection.scores_by_person` returns them.
        seconds : mapping of str to float, or DataFrame
            Time in seconds by model, or a table of ``model`` and ``seconds``, as the
            ``timings`` of :class:`~sk_imu.study.StudyResults`, whose mean is taken.
        score_name : str, default="Accuracy"
            Name of the score.
        time_name : str, default="Time"
            Name of the time, for its axis.
        confidence_level : float or None, default=0.95
            Confidence level of the intervals, which need two people or more; None draws
            no interval.
        random_state : int, RandomState instance or None, default=0
            Random seed of the intervals.
        ax : matplotlib Axes, optional
            Where to draw; by default in a new figure.

        Returns
        -------
        display : AccuracyTimeDisplay
            The display, drawn.
        """
        _, intervals = means_of(scores, confidence_level, random_state)
        if isinstance(seconds, pd.DataFrame):
            # Training sets differ in size between protocols, and so do the times of a fit.
            if "protocol" in seconds and seconds["protocol"].nunique() > 1:
                mixed = ", ".join(seconds["protocol"].unique())
                raise ValueError(
                    f"seconds mixes the protocols {mixed}. Give the rows of one."
                )
            means = seconds.groupby("model", observed=True)["seconds"].mean()
            seconds = {str(model): float(mean) for model, mean in means.items()}
        display = cls(
            intervals=intervals,
            seconds=seconds,
            score_name=score_name,
            time_name=time_name,
        )
        return display.plot(ax=ax)

    def _draw(self, ax: "Axes | None") -> "Axes":
        from matplotlib.ticker import LogLocator, NullFormatter, StrMethodFormatter

        models = list(self.intervals["model"])
        # A logarithmic axis has no 0.
        wrong = [model for model in models if not self.seconds.get(model, 0) > 0]
        if wrong:
            raise ValueError(
                f"seconds has no time above 0 for {', '.join(map(str, wrong))}. Give one "
                "for each model, or leave these models out."
            )
        if ax is None:
            ax = new_axes(5.5, 3.8)
        times = [self.seconds[model] for model in models]
        for i, row in self.intervals.assign(seconds=times).iterrows():
            look = look_of_marks(int(str(i)))
            if "low" in self.intervals:
                ends = [row["low"], row["high"]]
                ax.plot([row["seconds"]] * 2, ends, color=look["color"], linewidth=1.2)
            ax.plot(row["seconds"], row["score"], markersize=8, linestyle="", **look)
        # A forest and a network may differ by orders of magnitude.
        if max(times) > 3 * min(times):
            ax.set_xscale("log")
            near = max(times) < 300 * min(times)
            ax.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5) if near else (1,)))
            ax.xaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
            ax.xaxis.set_minor_formatter(NullFormatter())
        # Room for the names beside the outermost points.
        ax.margins(0.12, 0.08)
        ax.set(xlabel=f"{self.time_name} (s)", ylabel=self.score_name)
        _label_points(ax, times, list(self.intervals["score"]), models)
        return ax


def _label_points(ax: "Axes", x: list[float], y: list[float], names: list[Any]) -> None:
    """Write the name of each point beside it, where it overlaps nothing if possible."""
    # Texts can be measured only when limits and layout are final.
    root: Any = ax.figure.canvas.figure
    root.draw_without_rendering()
    taken = [line.get_window_extent().padded(3) for line in ax.lines]
    inside = ax.get_window_extent()
    places = [
        (dx, dy, "left" if dx > 0 else "right", {-1: "top", 0: "center", 1: "bottom"}[dy])
        for dy in (0, 1, -1)
        for dx in (1, -1)
    ]
    for point in sorted(zip(x, y, names, strict=True)):
        # Every place is tried, because only a text that is drawn has a known width.
        texts: list[tuple[int, int, Any, Any]] = []
        for dx, dy, ha, va in places:
            text = ax.annotate(
                shown(point[2]),
                point[:2],
                xytext=(7 * dx, 7 * dy),
                textcoords="offset points",
                ha=ha,
                va=va,
            )
            box = text.get_window_extent()
            fits = inside.x0 <= box.x0 and box.x1 <= inside.x1
            n_hidden = sum(box.overlaps(other) for other in taken)
            # A name that leaves the axes is worse than one that touches another; among
            # equals the first place counts, to the right of the mark.
            texts.append((n_hidden + 2 * (not fits), len(texts), box, text))
        best = min(texts, key=lambda choice: choice[:2])
        taken.append(best[2])
        for choice in texts:
            if choice is not best:
                choice[3].remove()
