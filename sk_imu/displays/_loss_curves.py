"""Draw training and test loss, and accuracy, by epoch."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import pandas as pd

from ._style import COLORS, figure_in, legend_of, name_of, shown, write_note

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure, SubFigure

_PARTS: dict[str, dict[str, Any]] = {
    "train": {"color": COLORS[0], "linestyle": "--"},
    "test": {"color": COLORS[1], "linestyle": "-"},
}
_PART_NAMES = {"train": "training", "test": "test"}
_SCORE_NAMES = {"loss": "Cross-entropy", "accuracy": "Accuracy"}


@dataclass(kw_only=True, eq=False, repr=False)
class LossCurvesDisplay:
    """Training and test loss and accuracy by epoch, a column of panels for each net.

    Lines are means over runs, bands range from the lowest to the highest. If runs differ in
    their number of epochs, mean and band end with the shortest run, and thin lines are the
    longer ones. Create it with :meth:`from_results` or :meth:`from_estimator`.

    Parameters
    ----------
    curves : DataFrame
        One row for each epoch: ``model``, ``epoch``, ``train_loss``, ``test_loss`` and,
        to draw accuracy, ``train_accuracy`` and ``test_accuracy``. Columns ``fold`` and
        ``seed`` identify runs; each ``protocol`` has its own rows of panels.
    note : str, default=""
        Text below the panels, before the description of the runs.

    Attributes
    ----------
    axes_ : ndarray of matplotlib Axes of shape (n_protocols * n_scores, n_models)
        The panels.
    figure_ : matplotlib Figure or SubFigure
        The figure with the panels.

    See Also
    --------
    sk_imu.CNNGRUClassifier : A net; ``keep_epochs=True`` keeps what is needed.

    Examples
    --------
    >>> import pandas as pd
    >>> from sk_imu import LossCurvesDisplay
    >>> curves = pd.DataFrame(
    ...     {
    ...         "model": "cnn",
    ...         "fold": [1, 1, 2, 2],
    ...         "epoch": [1, 2, 1, 2],
    ...         "train_loss": [1.0, 0.4, 1.2, 0.6],
    ...         "test_loss": [1.5, 1.0, 1.7, 1.4],
    ...     }
    ... )
    >>> display = LossCurvesDisplay(curves=curves).plot()
    >>> display.axes_[0, 0].lines[0].get_ydata().tolist()
    [1.1, 0.5]
    """

    curves: pd.DataFrame
    note: str = ""

    @classmethod
    def from_results(
        cls,
        results: Any,
        *,
        protocol: str | None = None,
        scores: Sequence[str] | None = None,
        ax: "Axes | Figure | SubFigure | None" = None,
    ) -> Self:
        """Draw the curves of a study's nets.

        Parameters
        ----------
        results : StudyResults
            The study's results.
        protocol : str, optional
            The protocol to draw; by default each has its own panels.
        scores : sequence of {"loss", "accuracy"}, optional
            Scores to draw; by default all available ones.
        ax : matplotlib Axes, Figure or SubFigure, optional
            Where to draw; axes are replaced by the panels. By default a new figure.

        Returns
        -------
        display : LossCurvesDisplay
            The display, drawn.

        Raises
        ------
        ValueError
            If the results have no curves, or none of the protocol.
        """
        curves = results.curves
        if not len(curves):
            raise ValueError(
                "The results have no curves because no net was run. Run the study with "
                "models=['cnn', 'gru', 'cnn-gru']."
            )
        if protocol is not None:
            protocols = curves["protocol"].unique()
            curves = curves[curves["protocol"] == protocol]
            if not len(curves):
                raise ValueError(
                    f"The results have no curves of {protocol}. Give one of "
                    f"{', '.join(protocols)}."
                )
        curves = curves.assign(
            model=curves["model"].map(name_of),
            protocol=curves["protocol"].replace(results.titles),
        )
        note = "After each epoch, of the test sets and of as many training sets."
        return cls(curves=curves, note=note).plot(scores=scores, ax=ax)

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        X_test: Any,
        y_test: Any,
        X_train: Any = None,
        y_train: Any = None,
        *,
        scores: Sequence[str] | None = None,
        ax: "Axes | Figure | SubFigure | None" = None,
    ) -> Self:
        """Draw the curves of fitted nets.

        Parameters
        ----------
        estimator : classifier, Pipeline, or mapping of str to these
            The nets, fitted with ``keep_epochs=True``, by name or a single one.
        X_test : list or array
            Sets that are not in the training set of the nets.
        y_test : array-like of shape (n_test_sets,)
            Their labels.
        X_train : list or array, optional
            Training sets, to be scored like the test sets. By default the training curves
            are those recorded during training: with augmentation and dropout, and over the
            batches while the weights change.
        y_train : array-like of shape (n_training_sets,), optional
            Their labels.
        scores : sequence of {"loss", "accuracy"}, optional
            Scores to draw; by default both.
        ax : matplotlib Axes, Figure or SubFigure, optional
            Where to draw; axes are replaced by the panels. By default a new figure.

        Returns
        -------
        display : LossCurvesDisplay
            The display, drawn.

        Raises
        ------
        ValueError
            If a net was fitted without ``keep_epochs=True``, or X_train comes without
            y_train.

        Examples
        --------
        >>> import numpy as np
        >>> from sk_imu import CNNClassifier, LossCurvesDisplay
        >>> rng = np.random.default_rng(0)
        >>> y = np.tile(["curl", "row"], 10)
        >>> X = rng.normal(size=(20, 3, 64)) * (1 + (y == "row"))[:, None, None]
        >>> cnn = CNNClassifier(
        ...     n_blocks=1, kernel_size=5, max_epochs=3, keep_epochs=True, random_state=0
        ... )
        >>> cnn = cnn.fit(X[:10], y[:10])
        >>> display = LossCurvesDisplay.from_estimator(cnn, X[10:], y[10:])
        >>> display.curves["epoch"].tolist()
        [1, 2, 3]
        """
        from ..neural import net_of, staged_scores  # here, because it loads torch

        if (X_train is None) != (y_train is None):
            raise ValueError("X_train and y_train go together. Give both, or neither.")
        several = isinstance(estimator, Mapping)
        nets = estimator if several else {type(net_of(estimator)).__name__: estimator}
        tables = []
        for name, net in nets.items():
            if not hasattr(net, "staged_predict_proba") and not hasattr(
                net_of(net), "staged_predict_proba"
            ):
                raise ValueError(
                    f"{name} has no record of its epochs. Fit a net with keep_epochs=True."
                )
            table = staged_scores(net, X_test, y_test).add_prefix("test_")
            if X_train is not None:
                train = staged_scores(net, X_train, y_train).add_prefix("train_")
                table = table.join(train)
            else:
                # Meta-estimators have no history.
                history = getattr(net_of(net), "history_", [])
                for column, key in (("loss", "train_loss"), ("accuracy", "train_acc")):
                    values = [row[key] for row in history]
                    table[f"train_{column}"] = values or np.nan
            table.insert(0, "epoch", np.arange(1, len(table) + 1))
            table.insert(0, "model", name)
            tables.append(table)
        note = "After each epoch, of all test and all training sets."
        if X_train is None:
            note = "Test sets after each epoch, training sets during the epoch."
        display = cls(curves=pd.concat(tables, ignore_index=True), note=note)
        return display.plot(scores=scores, ax=ax)

    def plot(
        self,
        *,
        scores: Sequence[str] | None = None,
        ax: "Axes | Figure | SubFigure | None" = None,
    ) -> Self:
        """Draw a column of panels for each net.

        Parameters
        ----------
        scores : sequence of {"loss", "accuracy"}, optional
            Scores to draw, a row of panels each; by default all available ones.
        ax : matplotlib Axes, Figure or SubFigure, optional
            Where to draw; axes are replaced by the panels. By default a new figure.

        Returns
        -------
        display : LossCurvesDisplay
            The display itself.

        Raises
        ------
        ValueError
            If there is no curve of a score.
        """
        from matplotlib.ticker import MaxNLocator

        curves = self.curves
        if "protocol" not in curves:
            curves = curves.assign(protocol="")
        if scores is None:
            scores = [name for name in _SCORE_NAMES if f"test_{name}" in curves]
        missing = [name for name in scores if f"test_{name}" not in curves]
        if missing or not scores:
            raise ValueError(
                f"curves has no column test_{', test_'.join(missing or _SCORE_NAMES)}. "
                "Add it, or leave it out of scores."
            )
        protocols, models = curves["protocol"].unique(), curves["model"].unique()
        rows = [(protocol, score) for protocol in protocols for score in scores]
        figure = figure_in(ax, 0.8 + 2.6 * len(models), 1.2 + 2.1 * len(rows))
        axes = figure.subplots(len(rows), len(models), sharex="col", squeeze=False)
        # Losses share their scale, as accuracies do.
        for i in range(len(scores)):
            first, *others = axes[i :: len(scores)].ravel()
            for ax_ in others:
                ax_.sharey(first)
        known: dict[str, Any] = {}
        runs: list[pd.DataFrame] = []
        for (protocol, score), line in zip(rows, axes, strict=True):
            line[0].set_ylabel(f"{protocol}\n{_SCORE_NAMES[score]}".strip())
            for model, ax_ in zip(models, line, strict=True):
                here = curves[(curves["protocol"] == protocol) & (curves["model"] == model)]
                runs += _draw_panel(ax_, here, score, known)
                ax_.xaxis.set_major_locator(MaxNLocator(integer=True))
        for ax_ in axes[:, 1:].ravel():
            ax_.yaxis.set_tick_params(labelleft=False)
        for score, ax_ in zip(scores, axes[:, 0], strict=False):
            # Panels that share the scale follow.
            ax_.set_ylim((0, None) if score == "loss" else (-0.02, 1.02))
        for model, top, bottom in zip(models, axes[0], axes[-1], strict=True):
            top.set_title(shown(model), fontsize=9)
            bottom.set_xlabel("Epoch")
        legend_of(figure, known)
        write_note(figure, " ".join(self._sentences(runs)))
        self.axes_, self.figure_ = axes, figure
        return self

    def _sentences(self, runs: Sequence[pd.DataFrame]) -> Iterator[str]:
        if self.note:
            yield self.note
        has_seeds = "seed" in self.curves and self.curves["seed"].nunique() > 1
        name = "runs" if has_seeds else "folds"
        if any(one.shape[1] > 1 for one in runs):
            yield f"Line: mean of the {name}. Band: lowest to highest."
        if any(one.isna().any(axis=None) for one in runs):
            yield (
                f"If {name} differ in their number of epochs, mean and band end with the "
                "shortest, and thin lines are the longer ones."
            )


def _draw_panel(
    ax: "Axes", curves: pd.DataFrame, score: str, known: dict[str, Any]
) -> list[pd.DataFrame]:
    """Draw the curves of a net, add their lines to those known, and return the runs."""
    if not len(curves):
        ax.text(0.5, 0.5, "not run", transform=ax.transAxes, ha="center")
        return []
    drawn = []
    for part, look in _PARTS.items():
        runs = _runs(curves, f"{part}_{score}")
        if runs.shape[1]:
            known[_PART_NAMES[part]] = _draw_runs(ax, runs, **look)
            drawn.append(runs)
    return drawn


def _runs(curves: pd.DataFrame, column: str) -> pd.DataFrame:
    """Return a row for each epoch and a column for each run that has a curve."""
    if column not in curves or curves[column].isna().all():
        return pd.DataFrame(index=curves["epoch"].unique())
    keys = [key for key in ("seed", "fold") if key in curves]
    if not keys:
        return curves.set_index("epoch")[[column]]
    return curves.pivot(index="epoch", columns=keys, values=column)


def _draw_runs(ax: "Axes", runs: pd.DataFrame, **look: Any) -> Any:
    """Draw the runs, a column each, and return the line of their mean."""
    common = runs.dropna()
    # A line through one point can't be seen.
    marker = "." if len(common) == 1 else ""
    (line,) = ax.plot(common.index, common.mean(axis=1), marker=marker, **look)
    if runs.shape[1] > 1:
        low, high = common.min(axis=1), common.max(axis=1)
        shade = look["color"]
        ax.fill_between(common.index, low, high, color=shade, alpha=0.2, linewidth=0)
    # The longer runs go on from the last epoch that all runs have.
    # Two epochs make a line: that one itself, and another.
    beyond = runs[runs.index >= common.index.max()].dropna(axis=1, thresh=2)
    ax.plot(beyond.index, beyond.to_numpy(), linewidth=0.6, alpha=0.7, **look)
    return line
