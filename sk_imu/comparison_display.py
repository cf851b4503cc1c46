"""Draw which of several classifiers is better, and on whom."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import pandas as pd

from .displays import COLOURS, MARKERS, shown
from .model_selection.comparison import Ranking, bootstrap_over_people, rank_models
from .model_selection.scores import people_by_model, scores_by_person

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["AccuracyTimeDisplay", "CriticalDifferenceDisplay", "PeopleDisplay"]

_SCORE_NAMES = {"accuracy": "Accuracy", "f1_macro": "Macro F1"}
_Metric = str | Callable[[Any, Any], float]


class PeopleDisplay:
    """Each model's score on each person, and its mean with a confidence interval.

    The person recognised worst is at the bottom, the mean over people at the top. Make
    one by :meth:`from_predictions` or :meth:`from_scores`.

    Parameters
    ----------
    people : DataFrame of shape (n_people, n_models)
        The scores, people as index and models as columns.
    intervals : DataFrame, optional
        ``model``, ``low`` and ``high``, as
        :func:`~sk_imu.model_selection.bootstrap_over_people` returns them; without it no
        interval is drawn.
    n_sets : Series, optional
        Number of sets by person.
    score_name : str, default="Accuracy"
        What is drawn.
    confidence_level : float, default=0.95
        Of the intervals, for the legend.

    Attributes
    ----------
    ax_ : matplotlib Axes
        What was drawn on.
    figure_ : matplotlib Figure
        The figure with the axes.

    See Also
    --------
    sk_imu.model_selection.compare_models : Whether the models differ.

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

    def __init__(
        self,
        *,
        people: pd.DataFrame,
        intervals: pd.DataFrame | None = None,
        n_sets: "pd.Series[int] | None" = None,
        score_name: str = "Accuracy",
        confidence_level: float = 0.95,
    ) -> None:
        self.people = people
        self.intervals = intervals
        self.n_sets = n_sets
        self.score_name = score_name
        self.confidence_level = confidence_level

    @classmethod
    def from_predictions(
        cls,
        predictions: pd.DataFrame,
        metric: _Metric = "accuracy",
        **options: Any,
    ) -> Self:
        """Draw the scores of predictions.

        Parameters
        ----------
        predictions : DataFrame
            As :func:`~sk_imu.model_selection.scores_by_person` takes them.
        metric : {"accuracy", "f1_macro"} or callable, default="accuracy"
            The score.
        **options : dict
            Passed on to :meth:`from_scores`.

        Returns
        -------
        display : PeopleDisplay
            The display, drawn.
        """
        options = {"score_name": _name_of(metric)} | options
        return cls.from_scores(scores_by_person(predictions, metric), **options)

    @classmethod
    def from_scores(
        cls,
        scores: pd.DataFrame,
        *,
        score_name: str = "Accuracy",
        confidence_level: float = 0.95,
        random_state: int | np.random.RandomState | None = 0,
        ax: "Axes | None" = None,
    ) -> Self:
        """Draw scores.

        Parameters
        ----------
        scores : DataFrame
            As :func:`~sk_imu.model_selection.scores_by_person` returns them.
        score_name : str, default="Accuracy"
            What they are.
        confidence_level : float, default=0.95
            Of the intervals, drawn for two people and more.
        random_state : int, RandomState instance or None, default=0
            Draws the people for the intervals.
        ax : matplotlib Axes, optional
            What to draw on; by default a new figure.

        Returns
        -------
        display : PeopleDisplay
            The display, drawn.
        """
        people = people_by_model(scores)
        display = cls(
            people=people,
            intervals=_intervals_of(scores, people, confidence_level, random_state),
            n_sets=scores.groupby("subject", observed=True)["n_sets"].max()
            if "n_sets" in scores
            else None,
            score_name=score_name,
            confidence_level=confidence_level,
        )
        return display.plot(ax=ax)

    def plot(self, *, ax: "Axes | None" = None) -> Self:
        """Draw a mark a person and model.

        Parameters
        ----------
        ax : matplotlib Axes, optional
            What to draw on; by default a new figure.

        Returns
        -------
        display : PeopleDisplay
            The display itself.
        """
        means = self.people.mean()
        order = self.people.mean(axis="columns").sort_values(kind="stable").index
        people = self.people.loc[order]
        n_people, n_models = people.shape
        if ax is None:
            height = 0.9 + (n_people + 1) * (0.15 + 0.07 * n_models)
            longest = max(len(shown(name)) for name in (*people.index, *people.columns))
            ax = _new_axes(6.5 + 0.1 * longest, max(height, 1.2 + 0.2 * n_models))
        rows = np.arange(n_people)
        for row in rows[::2]:
            ax.axhspan(row - 0.5, row + 0.5, color="0.95", zorder=0)
        ax.axhline(n_people - 0.5, color="0.4", linewidth=0.8)
        ends = self.intervals.set_index("model") if self.intervals is not None else None
        for i, model in enumerate(people.columns):
            # One below the other: models that do equally well would hide each other.
            offset = 0.8 * ((i + 0.5) / n_models - 0.5)
            look = {**_look(i), "markersize": 5, "linestyle": ""}
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
        ax.set_xlim(max(float(lowest) - 0.05, -0.02), 1.02)
        title = "Model, mean"
        if ends is not None:
            title += f" and {100 * self.confidence_level:g} % interval"
        ax.legend(
            title=title,
            alignment="left",
            frameon=False,
            fontsize="small",
            loc="upper left",
            bbox_to_anchor=(1.01, 1),
            borderaxespad=0,
        )
        self.ax_, self.figure_ = ax, ax.figure
        return self


class CriticalDifferenceDisplay:
    """Average ranks of models, with bars that join those that can't be told apart.

    The diagram of Demšar [1]_, its groups by Wilcoxon's test with Holm's correction as
    Benavoli et al. [2]_ advise. A bar joins the models at its dots. Make one by
    :meth:`from_predictions` or :meth:`from_scores`.

    Parameters
    ----------
    ranking : Ranking
        What :func:`~sk_imu.model_selection.rank_models` returns.
    confidence_level : float, default=0.95
        That of the tests.

    Attributes
    ----------
    ax_ : matplotlib Axes
        What was drawn on.
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

    def __init__(self, *, ranking: Ranking, confidence_level: float = 0.95) -> None:
        self.ranking = ranking
        self.confidence_level = confidence_level

    @classmethod
    def from_predictions(
        cls,
        predictions: pd.DataFrame,
        metric: _Metric = "accuracy",
        **options: Any,
    ) -> Self:
        """Draw the ranks of predictions' scores.

        Parameters
        ----------
        predictions : DataFrame
            As :func:`~sk_imu.model_selection.scores_by_person` takes them.
        metric : {"accuracy", "f1_macro"} or callable, default="accuracy"
            The score.
        **options : dict
            Passed on to :meth:`from_scores`.

        Returns
        -------
        display : CriticalDifferenceDisplay
            The display, drawn.
        """
        return cls.from_scores(scores_by_person(predictions, metric), **options)

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
            Models are told apart where p after Holm is below one minus it.
        ax : matplotlib Axes, optional
            What to draw on; by default a new figure.

        Returns
        -------
        display : CriticalDifferenceDisplay
            The display, drawn.
        """
        ranking = rank_models(scores, confidence_level=confidence_level)
        return cls(ranking=ranking, confidence_level=confidence_level).plot(ax=ax)

    def plot(self, *, ax: "Axes | None" = None) -> Self:
        """Draw the axis of ranks, the models and the bars.

        Parameters
        ----------
        ax : matplotlib Axes, optional
            What to draw on; by default a new figure.

        Returns
        -------
        display : CriticalDifferenceDisplay
            The display itself.
        """
        ranks, p, groups, n_people = self.ranking
        groups = [group for group in groups if len(group) > 1]
        n_models = len(ranks)
        # Lines below the axis, one unit each: first the bars, then the names.
        n_lines = 0.5 + len(groups) * 0.5 + (n_models + 1) // 2
        if ax is None:
            ax = _new_axes(7.0, 1.1 + 0.24 * n_lines)
        for line, group in enumerate(groups):
            at = 0.6 + 0.5 * line
            x = ranks[list(group)]
            ax.plot(
                x, [at] * len(x), color=COLOURS[0], linewidth=3, marker="o", markersize=6
            )
        left = (n_models + 1) // 2
        beyond = 0.04 * (n_models - 1)
        for i, (model, rank) in enumerate(ranks.items()):
            is_left = i < left
            at = 1 + 0.5 * len(groups) + (i if is_left else n_models - 1 - i)
            end = 1 - beyond if is_left else n_models + beyond
            ax.plot([rank, rank, end], [0, at, at], color="0.2", linewidth=0.9, zorder=1)
            text = f"{shown(model)} {rank:.2f}" if is_left else f"{rank:.2f} {shown(model)}"
            ax.annotate(
                text,
                (end, at),
                xytext=(-3 if is_left else 3, 0),
                textcoords="offset points",
                annotation_clip=False,
                ha="right" if is_left else "left",
                va="center",
            )
        ax.set(xlim=(1 - beyond, n_models + beyond), ylim=(n_lines + 0.6, 0))
        ax.xaxis.set_ticks_position("top")
        ax.xaxis.set_label_position("top")
        ax.set_xticks(np.arange(1, n_models + 1))
        ax.set_xlabel(f"Average rank over {n_people} people, 1 is best")
        ax.set_yticks([])
        ax.spines[["left", "right", "bottom"]].set_visible(False)
        limit = f"{100 * (1 - self.confidence_level):.2g} %"
        note = (
            "A bar joins models that can't be told apart" if groups else "All models differ"
        )
        note += f" at {limit} (Wilcoxon, Holm)"
        if np.isfinite(p):
            note += f"; Friedman p {'< 0.001' if p < 0.001 else f'= {p:.3f}'}"
        ax.text(
            0.5,
            0,
            note,
            transform=ax.transAxes,
            ha="center",
            va="bottom",
            fontsize="small",
            color="0.3",
        )
        self.ax_, self.figure_ = ax, ax.figure
        return self


class AccuracyTimeDisplay:
    """Accuracy against time, a point a model.

    Make one by :meth:`from_predictions` or :meth:`from_scores`.

    Parameters
    ----------
    intervals : DataFrame
        ``model``, ``score`` and, where an interval is drawn, ``low`` and ``high``, as
        :func:`~sk_imu.model_selection.bootstrap_over_people` returns them.
    seconds : mapping of str to float
        Time in seconds by model.
    score_name : str, default="Accuracy"
        What the score is.
    time_name : str, default="Time"
        What takes the time.

    Attributes
    ----------
    ax_ : matplotlib Axes
        What was drawn on.
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

    def __init__(
        self,
        *,
        intervals: pd.DataFrame,
        seconds: Mapping[str, float],
        score_name: str = "Accuracy",
        time_name: str = "Time",
    ) -> None:
        self.intervals = intervals
        self.seconds = seconds
        self.score_name = score_name
        self.time_name = time_name

    @classmethod
    def from_predictions(
        cls,
        predictions: pd.DataFrame,
        seconds: Mapping[str, float] | pd.DataFrame,
        metric: _Metric = "accuracy",
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
        options = {"score_name": _name_of(metric)} | options
        scores = scores_by_person(predictions, metric)
        return cls.from_scores(scores, seconds, **options)

    @classmethod
    def from_scores(
        cls,
        scores: pd.DataFrame,
        seconds: Mapping[str, float] | pd.DataFrame,
        *,
        score_name: str = "Accuracy",
        time_name: str = "Time",
        confidence_level: float = 0.95,
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
            What the scores are.
        time_name : str, default="Time"
            What takes the time.
        confidence_level : float, default=0.95
            Of the intervals, drawn for two people and more.
        random_state : int, RandomState instance or None, default=0
            Draws the people for the intervals.
        ax : matplotlib Axes, optional
            What to draw on; by default a new figure.

        Returns
        -------
        display : AccuracyTimeDisplay
            The display, drawn.
        """
        people = people_by_model(scores)
        intervals = _intervals_of(scores, people, confidence_level, random_state)
        if intervals is None:
            intervals = people.mean().rename_axis("model").rename("score").reset_index()
        if isinstance(seconds, pd.DataFrame):
            if "protocol" in seconds and seconds["protocol"].nunique() > 1:
                mixed = ", ".join(seconds["protocol"].unique())
                raise ValueError(
                    f"seconds mixes the protocols {mixed}: give the rows of one."
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

    def plot(self, *, ax: "Axes | None" = None) -> Self:
        """Draw the points and their names.

        Parameters
        ----------
        ax : matplotlib Axes, optional
            What to draw on; by default a new figure.

        Returns
        -------
        display : AccuracyTimeDisplay
            The display itself.

        Raises
        ------
        ValueError
            If a model has no time, or one that is not above zero.
        """
        from matplotlib.ticker import LogLocator, NullFormatter, StrMethodFormatter

        models = list(self.intervals["model"])
        wrong = [model for model in models if not self.seconds.get(model, 0) > 0]
        if wrong:
            raise ValueError(
                f"seconds has no time above 0 for {', '.join(map(str, wrong))}: give each "
                "model's, or leave these models out."
            )
        if ax is None:
            ax = _new_axes(5.5, 3.8)
        times = [self.seconds[model] for model in models]
        for i, row in self.intervals.assign(seconds=times).iterrows():
            look = _look(int(str(i)))
            if "low" in self.intervals:
                ends = [row["low"], row["high"]]
                ax.plot([row["seconds"]] * 2, ends, color=look["color"], linewidth=1.2)
            ax.plot(row["seconds"], row["score"], markersize=8, linestyle="", **look)
        if max(times) > 3 * min(times):
            ax.set_xscale("log")
            near = max(times) < 300 * min(times)
            ax.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5) if near else (1,)))
            ax.xaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
            ax.xaxis.set_minor_formatter(NullFormatter())
        ax.margins(0.12, 0.08)
        ax.set(xlabel=f"{self.time_name} (s)", ylabel=self.score_name)
        _label_points(ax, times, list(self.intervals["score"]), models)
        self.ax_, self.figure_ = ax, ax.figure
        return self


def _label_points(ax: "Axes", x: list[float], y: list[float], names: list[Any]) -> None:
    """Write each point's name beside it, where no other name, point or line is."""
    # The limits and the layout must stand before texts are measured.
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
            texts.append((n_hidden + 2 * (not fits), len(texts), box, text))
        best = min(texts, key=lambda choice: choice[:2])
        taken.append(best[2])
        for choice in texts:
            if choice is not best:
                choice[3].remove()


def _new_axes(width: float, height: float) -> "Axes":
    import matplotlib.pyplot as plt

    _, ax = plt.subplots(figsize=(width, height), layout="constrained")
    return ax


def _look(i: int) -> dict[str, Any]:
    """Return colour and mark of the i-th model; no two of 36 have both the same."""
    shift = i // len(COLOURS)
    marker = MARKERS[(i + shift) % len(MARKERS)]
    return {"color": COLOURS[i % len(COLOURS)], "marker": marker}


def _name_of(metric: _Metric) -> str:
    if isinstance(metric, str):
        return _SCORE_NAMES.get(metric, metric)
    return getattr(metric, "__name__", "Score").replace("_", " ").capitalize()


def _intervals_of(
    scores: pd.DataFrame,
    people: pd.DataFrame,
    confidence_level: float,
    random_state: int | np.random.RandomState | None,
) -> pd.DataFrame | None:
    """Return the intervals in the models' order, None for a single person."""
    if len(people) < 2:
        return None
    table = bootstrap_over_people(
        scores, confidence_level=confidence_level, random_state=random_state
    )
    return table.set_index("model").loc[people.columns].reset_index(names="model")
