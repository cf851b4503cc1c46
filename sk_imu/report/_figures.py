"""The figures of a study, drawn from its results alone."""

import os
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from ..displays import (
    LossCurvesDisplay,
    PeopleDisplay,
    PersonalisationDisplay,
    ResamplingDisplay,
    shown,
)
from ..study import StudyResults
from ._by_model import draw_confusions, draw_rocs
from ._findings import confused_pairs, listed, name_of, one_line, percent, tested
from ._personal import people_by_k

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

__all__ = ["Drawing", "Written", "draw_all", "write_figures"]

_STYLE: dict[Any, Any] = {
    "font.family": "sans-serif",
    "font.size": 9,
    "axes.titlesize": 9,
    "axes.labelsize": 9,
    "xtick.labelsize": 8,
    "ytick.labelsize": 8,
    "legend.fontsize": 8,
    "legend.frameon": False,
    "axes.spines.top": False,
    "axes.spines.right": False,
    # A label may well hold a $.
    "text.parse_math": False,
    "text.usetex": False,
    # SVG files alike byte by byte, whenever they are drawn.
    "svg.hashsalt": "sk_imu",
}
# Taken, where the machine has them, for signs that matplotlib's own font lacks.
_MORE_FONTS = (
    *("Noto Sans CJK SC", "Noto Sans CJK JP", "PingFang SC", "Hiragino Sans GB"),
    *("Microsoft YaHei", "Malgun Gothic", "WenQuanYi Zen Hei", "Arial Unicode MS"),
)

_NAMES = ("resampling", "loss_curves", "personalisation", "people", "roc_*", "confusion_*")
_ENDINGS = ("png", "svg")


class Drawing(NamedTuple):
    """A figure, and what stands beside it on a page."""

    name: str
    title: str
    caption: str
    alt: str
    figure: "Figure"


def write_figures(results: StudyResults, folder: str | os.PathLike[str]) -> list[Path]:
    """Draw the figures of a study as PNG and SVG files.

    Nothing is fitted: all is drawn from the results. What they lack has no figure: without
    nets there are no loss curves, without unseen people none by person. Figures of an
    earlier run in the same folder are removed.

    Parameters
    ----------
    results : StudyResults
        What :func:`~sk_imu.study.run_study` returned or
        :meth:`~sk_imu.study.StudyResults.load` read.
    folder : str or path
        Where to; made if it is not there.

    Returns
    -------
    paths : list of pathlib.Path
        The files written, each as PNG and SVG: ``resampling``, a set before and after
        resampling; ``loss_curves``, training and test loss by epoch of the nets;
        ``roc_<protocol>``, ROC curves by class, one against the rest, and their macro
        average; ``confusion_<protocol>``; ``personalisation``, accuracy by the number of
        labelled sets of the person, of the few-shot protocol; and ``people``, accuracy by
        person, of people that the models have not learnt from.

    See Also
    --------
    write_report : The figures in a page that says what they come to.
    sk_imu.study.run_study : Make the results.

    Examples
    --------
    >>> import tempfile
    >>> from sk_imu.datasets import load_basic_motions
    >>> from sk_imu.report import write_figures
    >>> from sk_imu.study import run_study
    >>> results = run_study(
    ...     load_basic_motions(), models=["svm"], protocols=["unseen-sets"], verbose=0
    ... )
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     [path.name for path in write_figures(results, folder) if path.suffix == ".png"]
    ['resampling.png', 'roc_unseen-sets.png', 'confusion_unseen-sets.png']
    """
    return [path for drawn in draw_all(results, folder) for path in drawn.paths]


class Written(NamedTuple):
    """What a page needs of a figure that has been written."""

    name: str
    title: str
    caption: str
    alt: str
    width_inches: float
    paths: list[Path]


def draw_all(results: StudyResults, folder: str | os.PathLike[str]) -> list[Written]:
    """Write the figures and return what a page tells of them."""
    import matplotlib as mpl
    from matplotlib.font_manager import fontManager

    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    # Those of an earlier run with more models would stand beside tables without them.
    for name in _NAMES:
        for ending in _ENDINGS:
            for stale in folder.glob(f"{name}.{ending}"):
                stale.unlink()
    here = set(fontManager.get_font_names())
    more_fonts = [name for name in _MORE_FONTS if name in here]
    style = _STYLE | {"font.sans-serif": ["DejaVu Sans", *more_fonts]}
    written = []
    with mpl.rc_context(style), warnings.catch_warnings():
        # Signs that no font here has are drawn as boxes, which speak for themselves.
        warnings.filterwarnings("ignore", "Glyph .* missing from", UserWarning)
        for drawing in _figures(results):
            paths = [folder / f"{drawing.name}.{ending}" for ending in _ENDINGS]
            for path in paths:
                # The same results make the same files, byte by byte.
                undated = {"Date": None} if path.suffix == ".svg" else {}
                drawing.figure.savefig(
                    path, dpi=200, metadata={"Title": drawing.title, **undated}
                )
            written.append(Written(*drawing[:4], drawing.figure.get_figwidth(), paths))
    return written


def _figures(results: StudyResults) -> Iterator[Drawing]:
    """Yield each figure that the results allow."""
    data = shown(Path(str(results.settings["data"])).name, 30)
    budget = f"{results.settings['budget']} budget"
    if results.example:
        yield _resampling(results, data)
    if len(results.curves):
        yield _losses(results, f"{data}, {budget}")
    if not len(results.predictions):
        return
    classes = [str(label) for label in results.settings["classes"]]
    for protocol in results.predictions["protocol"].unique():
        rows = tested(results, protocol)
        if len(rows):
            title = results.titles[protocol]
            where = f"{title}\n{data}, {budget}, {_size_of(rows)}"
            yield from _rocs_and_confusions(rows, classes, protocol, title, where)
    if len(people := people_by_k(results)) and people["k"].nunique() > 1:
        yield _personalisation(people, f"{data}, {budget}")
    unseen = tested(results, "unseen-people")
    if len(unseen) and unseen["subject"].notna().all():
        title = results.titles["unseen-people"]
        yield _people(unseen, f"{title}\n{data}, {budget}, {_size_of(unseen)}")


def _resampling(results: StudyResults, data: str) -> Drawing:
    example = results.example
    label = one_line(example["label"])
    title = f"One set before and after resampling\n{data}: {shown(label)}"
    figure = _figure(title, 7.5, 6.0)
    ResamplingDisplay.from_results(results, ax=figure)
    n_before, n_uniform = len(example["before_s"]), len(example["uniform"][0])
    n_fixed, rate_hz = len(example["fixed"][0]), example["sampling_rate_hz"]
    caption = (
        f"One set of {label} as it was recorded, on the models' clock of {rate_hz:g} Hz, "
        f"and stretched to {n_fixed} samples as the study did. Right: the shaded stretch, "
        "enlarged."
    )
    alt = (
        f"Line plots of {listed(list(example['channel_names']))} in three states: "
        f"{n_before} samples as recorded, {n_uniform} at {rate_hz:g} Hz, {n_fixed} at a "
        "fixed length."
    )
    return Drawing("resampling", title, caption, alt, figure)


def _losses(results: StudyResults, where: str) -> Drawing:
    curves = results.curves
    n_rows, n_columns = curves[["protocol", "model"]].nunique()
    title = f"Training and test loss by epoch\n{where}"
    figure = _figure(title, 0.8 + 2.6 * n_columns, 1.2 + 2.1 * n_rows)
    LossCurvesDisplay.from_results(results, scores=["loss"], ax=figure)
    models = listed([name_of(model) for model in curves["model"].unique()])
    caption = (
        f"Loss of {models} after each epoch, on the test sets and on as many training "
        "sets. Where the two part, a network learns what does not carry over."
    )
    keys = ["protocol", "model", "fold", *({"seed", "k"} & {*curves})]
    last = curves.sort_values("epoch").groupby(keys, dropna=False).tail(1)
    means = last.groupby(["protocol", "model"], sort=False)[["train_loss", "test_loss"]]
    told = [
        f"{name_of(row.model)} under {results.titles[row.protocol]}, training "
        f"{row.train_loss:.2f}, test {row.test_loss:.2f}"
        for row in means.mean().reset_index().itertuples()
    ]
    alt = f"Loss curves. Cross-entropy after the last epoch: {'; '.join(told)}."
    return Drawing("loss_curves", title, caption, alt, figure)


def _rocs_and_confusions(
    rows: "pd.DataFrame", classes: list[str], protocol: str, protocol_title: str, where: str
) -> Iterator[Drawing]:
    n_models = rows["model"].nunique()
    columns = {1: 1, 2: 2, 4: 2}.get(n_models, 3)
    lines = -(-n_models // columns)
    title = f"ROC by class, {where}"
    figure = _figure(title, 0.6 + 2.9 * columns, 1.1 + 2.9 * lines)
    draw_rocs(figure, rows, classes, columns)
    caption = (
        f"{protocol_title}: how many of a class are found, against how many others are "
        "taken for it, as the threshold falls."
    )
    # From the legends, for a page shall not say another figure than the drawing.
    told = [
        f"{ax.get_title()}, {label.removesuffix(' macro average')}"
        for ax in figure.axes
        for label in ax.get_legend_handles_labels()[1]
        if label.endswith(" macro average")
    ]
    alt = f"ROC curves of {len(classes)} classes, a panel a model."
    if told:
        alt += f" Area under the macro average: {'; '.join(told)}."
    yield Drawing(f"roc_{protocol}", title, caption, alt, figure)

    # Room for the labels beside the confusion matrices and under them.
    margin = 0.4 + 0.065 * max(len(shown(label)) for label in classes)
    side = float(np.clip(0.36 * len(classes), 1.8, 6.0))
    title = f"Confusion matrix, {where}"
    width, height = (side + 0.2) * columns, (side + 0.4) * lines
    # A panel above an empty place has labels under it too.
    height += margin * (2 if n_models % columns else 1)
    figure = _figure(title, margin + width, 0.45 + height)
    draw_confusions(figure, rows, classes, columns)
    caption = (
        f"{protocol_title}: what each class was taken for. What is right lies on the "
        "diagonal."
    )
    told = []
    for model, group in rows.groupby("model", sort=False):
        n_right = int((group["y_true"] == group["y_pred"]).sum())
        text = f"{model}, {n_right} of {len(group)} right"
        for pair in confused_pairs(group, 1):
            text += f", most often wrong: {pair['text']} ({pair['n']})"
        told.append(text)
    alt = f"Confusion matrices, a panel a model. {'; '.join(told)}."
    yield Drawing(f"confusion_{protocol}", title, caption, alt, figure)


def _personalisation(people: "pd.DataFrame", where: str) -> Drawing:
    title = f"Accuracy by labelled sets of the new person\n{where}"
    figure = _figure(title, 5.5, 3.6)
    PersonalisationDisplay.from_scores(people, ax=figure.subplots())
    n_people = people["subject"].nunique()
    caption = (
        f"Accuracy on {n_people} people, by how many sets of each exercise of the person "
        "were learnt beside the sets of all others. The sets tested are the same."
    )
    means = people.groupby(["model", "k"], sort=False)["score"].mean()
    told = [
        f"{model}, {percent(group.iloc[0])} to {percent(group.iloc[-1])}"
        for model, group in means.groupby(level="model", sort=False)
    ]
    ks = sorted(people["k"].unique())
    alt = (
        f"A line a model from {ks[0]} to {ks[-1]} labelled sets, mean over people: "
        f"{'; '.join(told)}."
    )
    return Drawing("personalisation", title, caption, alt, figure)


def _people(unseen: "pd.DataFrame", where: str) -> Drawing:
    title = f"Accuracy by person, {where}"
    n_people, n_models = unseen[["subject", "model"]].nunique()
    figure = _figure(title, 7.5, 1.6 + (n_people + 1) * (0.15 + 0.07 * n_models))
    PeopleDisplay.from_predictions(unseen, ax=figure.subplots())
    caption = (
        "Accuracy on each person by models that have not learnt from them, the worst at "
        "the bottom. Above: the mean over people"
    )
    caption += " and its 95 % interval." if n_people > 1 else "."
    shares = (unseen["y_true"] == unseen["y_pred"]).groupby(unseen["subject"]).mean()
    worst, best = one_line(shares.idxmin()), one_line(shares.idxmax())
    alt = (
        f"A mark a person and model. All models together are right in "
        f"{percent(shares.min())} of the sets of {worst} and in {percent(shares.max())} of "
        f"those of {best}."
    )
    return Drawing("people", title, caption, alt, figure)


def _figure(title: str, width: float, height: float) -> "Figure":
    # Not from pyplot, which would keep it and choose a back end for the whole process.
    from matplotlib.figure import Figure

    figure = Figure(figsize=(max(width, 5.0), height), layout="compressed")
    figure.suptitle(title, x=0.01, ha="left", fontsize=10)
    return figure


def _size_of(rows: "pd.DataFrame") -> str:
    """Return how many folds and predictions of a model there are."""
    n_folds, n_rows = rows["fold"].nunique(), rows["model"].value_counts().max()
    return f"{n_folds} fold{'s' if n_folds > 1 else ''}, {n_rows} test rows"
