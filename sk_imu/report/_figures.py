"""The figures of a study, drawn from its results alone."""

import os
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from .._atomic import replacement
from ..displays import (
    FEWEST_PEOPLE,
    LossCurvesDisplay,
    PeopleDisplay,
    PersonalisationDisplay,
    ResamplingDisplay,
    listed,
    name_of,
    one_line,
    percent,
    shown,
)
from ..study import StudyResults, confused_pairs
from ._by_model import draw_confusions, draw_rocs
from ._findings import has_people, tested
from ._personal import people_by_k

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

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
# Used, where the machine has them, for characters that matplotlib's own font lacks.
_MORE_FONTS = (
    *("Noto Sans CJK SC", "Noto Sans CJK JP", "PingFang SC", "Hiragino Sans GB"),
    *("Microsoft YaHei", "Malgun Gothic", "WenQuanYi Zen Hei", "Arial Unicode MS"),
)

_NAMES = ("resampling", "loss_curves", "personalisation", "people", "roc_*", "confusion_*")
_ENDINGS = ("png", "svg")


class Drawing(NamedTuple):
    """A figure, and the text beside it on the page."""

    name: str
    title: str
    caption: str
    alt: str
    figure: "Figure"
    # Where it has been written.
    paths: Sequence[Path] = ()


def write_figures(results: StudyResults, folder: str | os.PathLike[str]) -> list[Path]:
    """Draw the figures of a study as PNG and SVG files.

    Nothing is fitted. What the results lack has no figure: without networks there are no
    loss curves, without unseen people no scores by person. Figures of an earlier run in
    the same folder are removed.

    Parameters
    ----------
    results : StudyResults
        What :func:`~sk_imu.study.run_study` returned or
        :meth:`~sk_imu.study.StudyResults.load` read.
    folder : str or path
        Where to write; made if it does not exist.

    Returns
    -------
    paths : list of pathlib.Path
        The files written, each as PNG and SVG: ``resampling``, a set before and after
        resampling; ``loss_curves``, training and test loss by epoch of the networks;
        ``roc_<protocol>``, ROC curves of each class against the rest, and their macro
        average; ``confusion_<protocol>``; ``personalisation``, accuracy by the number of
        labeled sets of the person, under the few-shot protocol; and ``people``, accuracy
        on each person who is not in the training set.

    See Also
    --------
    write_report : Write the figures into a page with the results in words.
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


def draw_all(results: StudyResults, folder: str | os.PathLike[str]) -> list[Drawing]:
    """Write the figures and return what a page needs of them."""
    import matplotlib as mpl
    from matplotlib.font_manager import fontManager

    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    here = set(fontManager.get_font_names())
    more_fonts = [name for name in _MORE_FONTS if name in here]
    style = _STYLE | {"font.sans-serif": ["DejaVu Sans", *more_fonts]}
    written = []
    with mpl.rc_context(style), warnings.catch_warnings():
        # Characters that no font has are drawn as boxes, which is plain to see.
        warnings.filterwarnings("ignore", "Glyph .* missing from", UserWarning)
        for drawing in _figures(results):
            paths = [folder / f"{drawing.name}.{ending}" for ending in _ENDINGS]
            for path in paths:
                # The same results make the same files, byte by byte.
                undated = {"Date": None} if path.suffix == ".svg" else {}
                with replacement(path) as beside:
                    drawing.figure.savefig(
                        beside,
                        format=path.suffix[1:],
                        dpi=200,
                        metadata={"Title": drawing.title, **undated},
                    )
                # The layout found for the first file is that of the others.
                drawing.figure.set_layout_engine("none")
            written.append(drawing._replace(paths=paths))
    # Those of an earlier run with more models would stand beside tables without them.
    new = {path for drawing in written for path in drawing.paths}
    for name in _NAMES:
        for ending in _ENDINGS:
            for stale in {*folder.glob(f"{name}.{ending}")} - new:
                stale.unlink()
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
            yield _rocs(rows, classes, title, where)
            yield _confusions(rows, classes, title, where)
    if len(people := people_by_k(results)) and people["k"].nunique() > 1:
        yield _personalisation(people, f"{data}, {budget}")
    unseen = tested(results, "unseen-people")
    if has_people(unseen):
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
        f"One set of {label} as recorded, resampled to {rate_hz:g} Hz as for the models, "
        f"and stretched to {n_fixed} samples as by Zhang et al. (2024). Right: the shaded "
        "part, enlarged."
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
        "sets. Where the two diverge, a network overfits."
    )
    keys = ["protocol", "model", "fold", "seed", "k"]
    last = curves.sort_values("epoch").groupby(keys, dropna=False).tail(1)
    means = last.groupby(["protocol", "model"], sort=False)[["train_loss", "test_loss"]]
    losses = [
        f"{name_of(row.model)} under {results.titles[str(row.protocol)]}, training "
        f"{row.train_loss:.2f}, test {row.test_loss:.2f}"
        for row in means.mean().reset_index().itertuples()
    ]
    alt = f"Loss curves. Cross-entropy after the last epoch: {'; '.join(losses)}."
    return Drawing("loss_curves", title, caption, alt, figure)


def _grid_of(rows: "pd.DataFrame") -> tuple[int, int]:
    """Return the rows and columns of panels, one for each model."""
    n_models = rows["model"].nunique()
    # Four in rows of three would leave one alone.
    columns = {1: 1, 2: 2, 4: 2}.get(n_models, 3)
    return -(-n_models // columns), columns


def _rocs(
    rows: "pd.DataFrame", classes: list[str], protocol_title: str, where: str
) -> Drawing:
    lines, columns = _grid_of(rows)
    title = f"ROC by class, {where}"
    figure = _figure(title, 0.6 + 2.9 * columns, 1.1 + 2.9 * lines)
    areas = draw_rocs(figure, rows, classes, columns)
    caption = (
        f"{protocol_title}: true positive rate against false positive rate of each class, "
        "at all thresholds."
    )
    # With one class in the test sets there is no curve.
    known = [f"{model}, {area:.3f}" for model, area in areas.items() if np.isfinite(area)]
    alt = f"ROC curves of {len(classes)} classes, a panel for each model."
    if known:
        alt += f" Area under the macro average: {'; '.join(known)}."
    return Drawing(f"roc_{rows['protocol'].iloc[0]}", title, caption, alt, figure)


def _confusions(
    rows: "pd.DataFrame", classes: list[str], protocol_title: str, where: str
) -> Drawing:
    lines, columns = _grid_of(rows)
    # Room for the labels beside the confusion matrices and under them.
    margin = 0.4 + 0.065 * max(len(shown(label)) for label in classes)
    side = float(np.clip(0.36 * len(classes), 1.8, 6.0))
    title = f"Confusion matrix, {where}"
    width, height = (side + 0.2) * columns, (side + 0.4) * lines
    # A panel above an empty place has labels under it too.
    height += margin * (2 if rows["model"].nunique() % columns else 1)
    figure = _figure(title, margin + width, 0.45 + height)
    draw_confusions(figure, rows, classes, columns)
    caption = (
        f"{protocol_title}: confusion matrix of each model. Correct predictions are on "
        "the diagonal."
    )
    by_model = []
    for model, group in rows.groupby("model", sort=False):
        n_right = int((group["y_true"] == group["y_pred"]).sum())
        text = f"{model}, {n_right} of {len(group)} correct"
        for pair in confused_pairs(group, 1):
            text += f", most common error: {pair['text']} ({pair['n']})"
        by_model.append(text)
    alt = f"Confusion matrices, a panel for each model. {'; '.join(by_model)}."
    return Drawing(f"confusion_{rows['protocol'].iloc[0]}", title, caption, alt, figure)


def _personalisation(people: "pd.DataFrame", where: str) -> Drawing:
    title = f"Accuracy by labeled sets of the new person\n{where}"
    figure = _figure(title, 5.5, 3.6)
    n_people = people["subject"].nunique()
    level = 0.95 if n_people >= FEWEST_PEOPLE else None
    PersonalisationDisplay.from_scores(people, confidence_level=level, ax=figure.subplots())
    caption = (
        f"Accuracy on {n_people} people, by how many sets of each exercise of the person "
        "are in the training set, beside the sets of all others. The test sets are the "
        "same."
    )
    means = people.groupby(["model", "k"], sort=False)["score"].mean()
    ranges = [
        f"{model}, {percent(group.iloc[0])} to {percent(group.iloc[-1])}"
        for model, group in means.groupby(level="model", sort=False)
    ]
    ks = sorted(people["k"].unique())
    alt = (
        f"A line for each model from {ks[0]} to {ks[-1]} labeled sets, mean over people: "
        f"{'; '.join(ranges)}."
    )
    return Drawing("personalisation", title, caption, alt, figure)


def _people(unseen: "pd.DataFrame", where: str) -> Drawing:
    title = f"Accuracy by person, {where}"
    n_people, n_models = unseen[["subject", "model"]].nunique()
    figure = _figure(title, 7.5, 1.6 + (n_people + 1) * (0.15 + 0.07 * n_models))
    level = 0.95 if n_people >= FEWEST_PEOPLE else None
    PeopleDisplay.from_predictions(unseen, confidence_level=level, ax=figure.subplots())
    caption = (
        "Accuracy on each person, with that person left out of the training set, the "
        "lowest at the bottom. Above: the mean over people"
    )
    caption += " and its 95 % interval." if level else "."
    shares = (unseen["y_true"] == unseen["y_pred"]).groupby(unseen["subject"]).mean()
    worst, best = one_line(shares.idxmin()), one_line(shares.idxmax())
    alt = (
        "A mark for each person and model. All models together predict "
        f"{percent(shares.min())} of the sets of person {worst} and "
        f"{percent(shares.max())} of those of person {best} correctly."
    )
    return Drawing("people", title, caption, alt, figure)


def _figure(title: str, width: float, height: float) -> "Figure":
    # Not from pyplot, which would keep it and choose a back end for the whole process.
    from matplotlib.figure import Figure

    # Not narrower than the title.
    figure = Figure(figsize=(max(width, 5.0), height), layout="compressed")
    figure.suptitle(title, x=0.01, ha="left", fontsize=10)
    return figure


def _size_of(rows: "pd.DataFrame") -> str:
    """Return how many folds and predictions of a model there are."""
    n_folds, n_rows = rows["fold"].nunique(), rows["model"].value_counts().max()
    return f"{n_folds} fold{'s' if n_folds > 1 else ''}, {n_rows} test rows"
