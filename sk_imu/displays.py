"""What the figures of the report show, each drawn into a figure that is given."""

import textwrap
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.metrics import auc, confusion_matrix, roc_curve

from .channels import SENSOR_UNITS, sensor_of
from .study import PROTOCOLS

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["draw_confusions", "draw_losses", "draw_resampling", "draw_rocs"]

# Okabe and Ito's palette for the colour-blind, without black, which is kept for means,
# and yellow, which white paper swallows.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
_LINES = ("-", "--", ":", "-.")
MARKERS = ("o", "s", "^", "D", "v", "P")
# More lines in a legend would cover the curves, more numbers in a matrix each other.
_MOST_NAMED = 10
_MOST_NUMBERED = 14


def draw_resampling(figure: "Figure", example: dict[str, Any]) -> None:
    """Draw a set as recorded, on the uniform clock, and at a fixed length."""
    names, rate_hz = example["channel_names"], example["sampling_rate_hz"]
    before, uniform, fixed = (
        np.asarray(example[state], dtype=float) for state in ("before", "uniform", "fixed")
    )
    before_s = np.asarray(example["before_s"], dtype=float)
    before_s = before_s - before_s[0]
    uniform_s = np.arange(uniform.shape[1]) / rate_hz
    samples = np.arange(fixed.shape[1])
    # From the middle, and short enough to show single samples.
    shown_s = max(20 * np.median(np.diff(before_s)), 12 * uniform_s[-1] / len(samples))
    start_s = max((before_s[-1] - shown_s) / 2, 0)
    stretch_s = np.array([start_s, min(start_s + shown_s, before_s[-1])])
    stretch = stretch_s / uniform_s[-1] * samples[-1]
    sensor = sensor_of(names[0])
    unit = f" ({SENSOR_UNITS[sensor]})" if sensor in SENSOR_UNITS else ""
    axes = figure.subplots(3, 2, sharey="col", width_ratios=[3, 2])
    rows = [
        (f"As recorded: {len(before_s)} samples", before_s, before, stretch_s),
        (f"At {rate_hz:g} Hz: {len(uniform_s)} samples", uniform_s, uniform, stretch_s),
        (f"At a fixed length: {len(samples)} samples", samples, fixed, stretch),
    ]
    for (whole, close), (title, x, values, limits) in zip(axes, rows, strict=True):
        within = (x >= limits[0]) & (x <= limits[1])
        for i, (name, channel) in enumerate(zip(names, values, strict=True)):
            look = _look(i)
            label = name.removeprefix(f"{sensor}_")
            whole.plot(x, channel, linewidth=0.8, label=label, **look)
            marker = MARKERS[i % len(MARKERS)]
            points = x[within], channel[within]
            close.plot(*points, linewidth=0.8, marker=marker, markersize=2.5, **look)
        whole.axvspan(*limits, color="0.88", zorder=0)
        whole.margins(x=0.01)
        whole.set_title(title, loc="left")
        close.set_xlim(limits)
        close.set_title("Its shaded stretch", loc="left")
        for ax in (whole, close):
            ax.set_xlabel("Sample" if x is samples else "Time (s)")
    axes[1, 0].set_ylabel(f"{sensor}{unit}")
    figure.legend(*axes[0, 0].get_legend_handles_labels(), loc="upper right", ncols=6)


def draw_losses(figure: "Figure", curves: pd.DataFrame) -> None:
    """Draw a panel a protocol and net: mean loss over the folds, and its range."""
    from matplotlib.ticker import MaxNLocator

    protocols, models = curves["protocol"].unique(), curves["model"].unique()
    shape = len(protocols), len(models)
    axes = figure.subplots(*shape, sharex="col", sharey=True, squeeze=False)
    known: dict[str, Any] = {}
    uneven = False
    for protocol, line in zip(protocols, axes, strict=True):
        line[0].set_ylabel(f"{title_of(protocol)}\ncross-entropy")
        for model, ax in zip(models, line, strict=True):
            here = curves[(curves["protocol"] == protocol) & (curves["model"] == model)]
            for part, colour, style in (
                ("training", COLOURS[0], "--"),
                ("test", COLOURS[1], "-"),
            ):
                if len(here):
                    losses = here.pivot(
                        index="epoch",
                        columns="fold",
                        values="test_loss" if part == "test" else "train_loss",
                    )
                    known[part] = _draw_loss(ax, losses, color=colour, linestyle=style)
                    uneven |= bool(losses.isna().any(axis=None))
            if not len(here):
                ax.text(0.5, 0.5, "not run", transform=ax.transAxes, ha="center")
            ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    for model, top, bottom in zip(models, axes[0], axes[-1], strict=True):
        top.set_title(_name_of(model))
        bottom.set_xlabel("Epoch")
    axes[0, 0].set_ylim(bottom=0)
    figure.legend(list(known.values()), list(known), loc="upper right", ncols=2)
    note = "Loss after each epoch, of the test sets and of as many training sets."
    if curves.groupby(["protocol", "model"])["fold"].nunique().max() > 1:
        note += " Line: mean of the folds. Band: lowest to highest fold."
    if uneven:
        note += (
            " Where folds have trained for different numbers of epochs, mean and band end "
            "with the shortest, and the thin lines are the folds that go on."
        )
    _note(figure, note)


def _draw_loss(ax: "Axes", losses: pd.DataFrame, **look: Any) -> Any:
    """Draw the losses of the folds, a column each, and return the line of their mean."""
    common = losses.dropna()
    marker = "." if len(common) == 1 else ""
    (line,) = ax.plot(common.index, common.mean(axis=1), marker=marker, **look)
    if losses.shape[1] > 1:
        low, high = common.min(axis=1), common.max(axis=1)
        colour = look["color"]
        ax.fill_between(common.index, low, high, color=colour, alpha=0.2, linewidth=0)
    beyond = losses[losses.index >= common.index.max()].dropna(axis=1, thresh=2)
    ax.plot(beyond.index, beyond.to_numpy(), linewidth=0.6, alpha=0.7, **look)
    return line


def draw_rocs(
    figure: "Figure", rows: pd.DataFrame, classes: Sequence[str], n_columns: int
) -> None:
    """Draw a panel a model: ROC of each class against the rest, and the macro average."""
    left_out: dict[str, list[str]] = {}
    for panel in _panels(figure, rows, n_columns):
        ax = panel.ax
        curves, missing = _rocs_by_class(panel.rows, classes)
        for label, why in missing.items():
            left_out.setdefault(f"{shown(label)} ({why})", []).append(_name_of(panel.model))
        named = sorted(curves, key=lambda label: curves[label][2])[:_MOST_NAMED]
        ax.plot([0, 1], [0, 1], color="0.7", linewidth=0.8)
        for i, (label, (fpr, tpr, area)) in enumerate(curves.items()):
            text = f"{area:.3f} {shown(label, 18)}" if label in named else None
            ax.plot(fpr, tpr, linewidth=1.1, label=text, **_look(i))
        if len(curves) > 1:
            grid = np.linspace(0, 1, 501)
            rates = [np.interp(grid, fpr, tpr) for fpr, tpr, _ in curves.values()]
            mean = np.mean(rates, axis=0)
            area = float(np.mean([area for *_, area in curves.values()]))
            # Where a rate jumps, interpolation gives its upper end: start from (0, 0).
            x, y = np.r_[0, grid], np.r_[0, mean]
            ax.plot(x, y, "k", linewidth=1.8, label=f"{area:.3f} macro average")
        if curves:
            heading = "AUC" if len(named) == len(curves) else f"AUC, {len(named)} lowest"
            look = {"fontsize": 7, "title_fontsize": 7, "alignment": "left"}
            ax.legend(title=heading, loc="lower right", **look)
        is_probability = (panel.rows["score_kind"] == "probability").all()
        kind = "" if is_probability else " (decision values)"
        ax.set_title(_name_of(panel.model) + kind)
        ax.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.02), aspect="equal")
        ax.set_xlabel("False positive rate" if panel.is_lowest else "")
        ax.set_ylabel("True positive rate" if panel.is_first else "")
    note = "Each class against the rest, test predictions of all folds pooled."
    if left_out:
        told = [f"{text} for {', '.join(models)}" for text, models in left_out.items()]
        note += f" Left out: {'; '.join(told)}."
    _note(figure, note)


_Roc = tuple[NDArray[np.float64], NDArray[np.float64], float]


def _rocs_by_class(
    rows: pd.DataFrame, classes: Sequence[str]
) -> tuple[dict[str, _Roc], dict[str, str]]:
    """Return each class's false and true positive rates and AUC, or why it has none."""
    curves: dict[str, _Roc] = {}
    missing = {}
    for label in classes:
        is_it = rows["y_true"] == label
        scores = rows.get(f"score_{label}")
        if not is_it.any():
            missing[label] = "not in the test sets"
        elif is_it.all():
            missing[label] = "nothing else in the test sets"
        elif scores is None or scores.isna().any():
            missing[label] = "not scored in every fold"
        else:
            fpr, tpr, _ = roc_curve(is_it, scores)
            curves[label] = fpr, tpr, float(auc(fpr, tpr))
    return curves, missing


def draw_confusions(
    figure: "Figure", rows: pd.DataFrame, classes: Sequence[str], n_columns: int
) -> None:
    """Draw a panel a model: the counts, coloured by their share of the true class."""
    from sklearn.metrics import ConfusionMatrixDisplay

    for panel in _panels(figure, rows, n_columns):
        ax, here = panel.ax, panel.rows
        counts = confusion_matrix(here["y_true"], here["y_pred"], labels=classes)
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
        ax.set_title(f"{_name_of(panel.model)}, accuracy {accuracy:.3f}")
        ax.spines[["top", "right"]].set_visible(True)
        if not panel.is_first:
            ax.set(yticklabels=[], ylabel="")
        if not panel.is_lowest:
            ax.set(xticklabels=[], xlabel="")
    _note(figure, "Share of the true class, white to dark blue, and number of predictions.")


class _Panel(NamedTuple):
    ax: "Axes"
    model: str
    rows: pd.DataFrame
    is_first: bool
    is_lowest: bool


def _panels(figure: "Figure", rows: pd.DataFrame, n_columns: int) -> Iterator[_Panel]:
    """Yield a panel for each model with its rows."""
    groups = list(rows.groupby("model", sort=False))
    axes = figure.subplots(-(-len(groups) // n_columns), n_columns, squeeze=False).ravel()
    for ax in axes[len(groups) :]:
        ax.remove()
    for i, (model, group) in enumerate(groups):
        is_lowest = i + n_columns >= len(groups)
        yield _Panel(axes[i], str(model), group, i % n_columns == 0, is_lowest)


def _look(i: int) -> dict[str, Any]:
    """Return colour and line of the i-th of several curves."""
    line = _LINES[i // len(COLOURS) % len(_LINES)]
    return {"color": COLOURS[i % len(COLOURS)], "linestyle": line}


def _note(figure: "Figure", text: str) -> None:
    """Write a note under the figure."""
    text = textwrap.fill(text, int(15 * figure.get_figwidth()))
    figure.supxlabel(text, x=0.01, ha="left", fontsize=8, color="0.3")


def title_of(protocol: Any) -> str:
    """Return a protocol's title, or its name if it is not one of the study's."""
    return PROTOCOLS[protocol].title if protocol in PROTOCOLS else str(protocol)


def _name_of(model: Any) -> str:
    return str(model).upper()


def shown(text: Any, width: int = 24) -> str:
    """Return a label on one line, cut in its middle where it is too long."""
    text = " ".join(str(text).split())
    if len(text) <= width:
        return text
    return f"{text[: width // 2]}…{text[width // 2 - width + 1 :]}"
