"""ROC curves and confusion matrices of a study, a panel for each model."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd
from sklearn.metrics import ConfusionMatrixDisplay, confusion_matrix

from ..displays import RocByClassDisplay, shown, write_note

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure, SubFigure

# More numbers in a matrix would cover each other.
_MOST_NUMBERED = 14


def draw_rocs(
    figure: "Figure | SubFigure", rows: pd.DataFrame, classes: Sequence[str], n_columns: int
) -> dict[str, float]:
    """Draw the ROC curve of each class against the rest, and return the macro AUCs."""
    left_out: dict[str, list[str]] = {}
    areas: dict[str, float] = {}
    for panel in _panels(figure, rows, n_columns):
        ax = panel.ax
        columns = [f"score_{label}" for label in classes]
        scores = panel.rows.reindex(columns=columns).to_numpy(dtype=float)
        truth = panel.rows["y_true"].to_numpy()
        display = RocByClassDisplay.from_predictions(truth, scores, classes, ax=ax)
        for label, why in display.left_out.items():
            left_out.setdefault(f"{shown(label)} ({why})", []).append(panel.model)
        areas[panel.model] = display.macro_roc_auc
        is_probability = (panel.rows["score_kind"] == "probability").all()
        kind = "" if is_probability else " (decision values)"
        ax.set_title(panel.model + kind)
        if not panel.is_lowest:
            ax.set_xlabel("")
        if not panel.is_first:
            ax.set_ylabel("")
    note = "Each class against the rest, test predictions of all folds pooled."
    if left_out:
        reasons = [f"{text} for {', '.join(models)}" for text, models in left_out.items()]
        note += f" Left out: {'; '.join(reasons)}."
    write_note(figure, note)
    return areas


def draw_confusions(
    figure: "Figure | SubFigure", rows: pd.DataFrame, classes: Sequence[str], n_columns: int
) -> None:
    """Draw the counts, colored by their share of the true class."""
    for panel in _panels(figure, rows, n_columns):
        ax, here = panel.ax, panel.rows
        counts = confusion_matrix(here["y_true"], here["y_pred"], labels=classes)
        # A class without a test set has a row of zeros.
        shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
        display = ConfusionMatrixDisplay(
            shares, display_labels=[shown(label) for label in classes]
        )
        display.plot(
            ax=ax,
            cmap="Blues",
            colorbar=False,
            xticks_rotation="vertical",
            include_values=len(classes) <= _MOST_NUMBERED,
            im_kw={"vmin": 0, "vmax": 1},
        )
        if display.text_ is not None:
            for cell, text in np.ndenumerate(display.text_):
                count, share = counts[cell], shares[cell]
                text.set_text(f"{share:.0%}\n{count}" if count else "")
                text.set(fontsize=6.5, color="white" if share > 0.5 else "black")
        accuracy = np.trace(counts) / counts.sum()
        ax.set_title(f"{panel.model}, accuracy {accuracy:.3f}")
        # The style of the figures has no frame, but a matrix needs one.
        ax.spines[["top", "right"]].set_visible(True)
        if not panel.is_first:
            ax.set(yticklabels=[], ylabel="")
        if not panel.is_lowest:
            ax.set(xticklabels=[], xlabel="")
    note = (
        "Color: share of the true class. Text: that share, and the number of predictions."
    )
    write_note(figure, note)


class _Panel(NamedTuple):
    ax: "Axes"
    model: str
    rows: pd.DataFrame
    is_first: bool
    is_lowest: bool


def _panels(
    figure: "Figure | SubFigure", rows: pd.DataFrame, n_columns: int
) -> Iterator[_Panel]:
    """Yield a panel for each model with its rows."""
    groups = list(rows.groupby("model", sort=False))
    # The last row may have empty places.
    axes = figure.subplots(-(-len(groups) // n_columns), n_columns, squeeze=False).ravel()
    for ax in axes[len(groups) :]:
        ax.remove()
    for i, (model, group) in enumerate(groups):
        is_lowest = i + n_columns >= len(groups)
        yield _Panel(axes[i], str(model), group, i % n_columns == 0, is_lowest)
