"""The figures of a study, drawn from its results alone."""

import os
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..comparison_display import PeopleDisplay
from ..displays import (
    draw_confusions,
    draw_losses,
    draw_resampling,
    draw_rocs,
    shown,
    title_of,
)
from ..study import StudyResults

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

__all__ = ["write_figures"]

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
}
# Taken, where the machine has them, for signs that matplotlib's own font lacks.
_MORE_FONTS = (
    *("Noto Sans CJK SC", "Noto Sans CJK JP", "PingFang SC", "Hiragino Sans GB"),
    *("Microsoft YaHei", "Malgun Gothic", "WenQuanYi Zen Hei", "Arial Unicode MS"),
)

_FIGURES = (
    *("resampling.png", "loss_curves.png", "people.png"),
    *("roc_*.png", "confusion_*.png"),
)


def write_figures(results: StudyResults, folder: str | os.PathLike[str]) -> list[Path]:
    """Draw the figures of a study as PNG files.

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
        The files written: ``resampling.png``, a set before and after resampling;
        ``loss_curves.png``, training and test loss by epoch of the nets;
        ``roc_<protocol>.png``, ROC curves by class, one against the rest, and their macro
        average; ``confusion_<protocol>.png``; and ``people.png``, accuracy by person, of
        people that the models have not learnt from.

    See Also
    --------
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
    ...     [path.name for path in write_figures(results, folder)]
    ['resampling.png', 'roc_unseen-sets.png', 'confusion_unseen-sets.png']
    """
    import matplotlib as mpl
    from matplotlib.font_manager import fontManager

    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    # Those of an earlier run with more models would stand beside tables without them.
    for pattern in _FIGURES:
        for stale in folder.glob(pattern):
            stale.unlink()
    here = set(fontManager.get_font_names())
    more_fonts = [name for name in _MORE_FONTS if name in here]
    style = _STYLE | {"font.sans-serif": ["DejaVu Sans", *more_fonts]}
    paths = []
    with mpl.rc_context(style), warnings.catch_warnings():
        # Signs that no font here has are drawn as boxes, which speak for themselves.
        warnings.filterwarnings("ignore", "Glyph .* missing from", UserWarning)
        for name, title, figure in _figures(results):
            paths.append(folder / f"{name}.png")
            figure.savefig(paths[-1], dpi=200, metadata={"Title": title})
    return paths


def _figures(results: StudyResults) -> Iterator[tuple[str, str, "Figure"]]:
    """Yield each figure that the results allow, with its file's name and its title."""
    data = shown(Path(str(results.settings["data"])).name, 30)
    budget = f"{results.settings['budget']} budget"
    if results.example:
        label = shown(results.example["label"])
        title = f"One set before and after resampling\n{data}: {label}"
        figure = _figure(title, 7.5, 6.0)
        draw_resampling(figure, results.example)
        yield "resampling", title, figure
    if len(results.curves):
        n_rows, n_columns = results.curves[["protocol", "model"]].nunique()
        title = f"Training and test loss by epoch\n{data}, {budget}"
        figure = _figure(title, 0.8 + 2.6 * n_columns, 1.2 + 2.1 * n_rows)
        draw_losses(figure, results.curves)
        yield "loss_curves", title, figure
    if not len(results.predictions):
        return
    classes = [str(label) for label in results.settings["classes"]]
    # Room for the labels beside the confusion matrices and under them.
    margin = 0.4 + 0.065 * max(len(shown(label)) for label in classes)
    side = float(np.clip(0.36 * len(classes), 1.8, 6.0))
    tested = results.predictions[results.predictions["part"] == "test"]
    for protocol, rows in tested.groupby("protocol", sort=False):
        n_models = rows["model"].nunique()
        columns = {1: 1, 2: 2, 4: 2}.get(n_models, 3)
        lines = -(-n_models // columns)
        where = f"{title_of(protocol)}\n{data}, {budget}, {_size_of(rows)}"
        title = f"ROC by class, {where}"
        figure = _figure(title, 0.6 + 2.9 * columns, 1.1 + 2.9 * lines)
        draw_rocs(figure, rows, classes, columns)
        yield f"roc_{protocol}", title, figure
        title = f"Confusion matrix, {where}"
        width, height = (side + 0.2) * columns, (side + 0.4) * lines
        # A panel above an empty place has labels under it too.
        height += margin * (2 if n_models % columns else 1)
        figure = _figure(title, margin + width, 0.45 + height)
        draw_confusions(figure, rows, classes, columns)
        yield f"confusion_{protocol}", title, figure
    unseen = tested[tested["protocol"] == "unseen-people"]
    if len(unseen) and unseen["subject"].notna().all():
        title = f"Accuracy by person, {title_of('unseen-people')}"
        title += f"\n{data}, {budget}, {_size_of(unseen)}"
        n_people, n_models = unseen[["subject", "model"]].nunique()
        figure = _figure(title, 7.5, 1.6 + (n_people + 1) * (0.15 + 0.07 * n_models))
        named = unseen.assign(model=unseen["model"].str.upper())
        PeopleDisplay.from_predictions(named, ax=figure.subplots())
        yield "people", title, figure


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
