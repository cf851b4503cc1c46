"""The report as one HTML page that needs nothing beside it."""

import base64
import json
import os
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path
from string import Template
from typing import Any, NamedTuple

import pandas as pd

from ..study import StudyResults
from ._again import again_section, seeds_of
from ._figures import Written, draw_all
from ._findings import (
    confused_pairs,
    headline,
    listed,
    name_of,
    one_line,
    people_sentences,
    percent,
    tested,
)
from ._latex import latex_table
from ._leak import leak_section
from ._markup import NO_VALUE, bullets, details, score_of, table_of, text_of, warn
from ._personal import personal_section
from ._scores import scores_section

__all__ = ["page_of", "write_report"]

# A little more than a sheet of paper has, for letters of eight points.
_PIXELS_PER_INCH = 110
_TYPES = {".png": "image/png", ".svg": "image/svg+xml"}


class _Section(NamedTuple):
    key: str
    title: str
    content: str


def write_report(results: StudyResults, folder: str | os.PathLike[str]) -> list[Path]:
    """Write a study's report: a page to read, its figures, and a table for a paper.

    Nothing is fitted: all is made from the results. The page needs no other file, no
    network and no script; what the results lack, it says.

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
        ``report.html``, ``table.tex`` and what :func:`write_figures` wrote.

    See Also
    --------
    write_figures : The figures alone.
    latex_table : The table alone.
    sk_imu.study.run_study : Make the results.

    Examples
    --------
    >>> import tempfile
    >>> from sk_imu.datasets import load_basic_motions
    >>> from sk_imu.report import write_report
    >>> from sk_imu.study import run_study
    >>> results = run_study(
    ...     load_basic_motions(), models=["svm"], protocols=["unseen-sets"], verbose=0
    ... )
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     [path.name for path in write_report(results, folder)][:2]
    ['report.html', 'table.tex']
    """
    folder = Path(folder)
    drawings = draw_all(results, folder)
    page, table = folder / "report.html", folder / "table.tex"
    page.write_text(page_of(results, drawings), encoding="utf-8")
    table.write_text(latex_table(results), encoding="utf-8")
    return [page, table, *(path for drawn in drawings for path in drawn.paths)]


def page_of(results: StudyResults, drawings: Sequence[Written]) -> str:
    """Return the page of a study's results and of the figures drawn from them."""
    settings = results.settings
    data = one_line(settings["data"])
    sections = [
        _Section("headline", "In short", _in_short(results)),
        _Section("scores", "Scores", scores_section(results)),
        *(
            [_Section("personal", "A few labelled sets of the new person", personal)]
            if (personal := personal_section(results))
            else []
        ),
        _Section("leak", "What the leak gives", leak_section(results)),
        _Section("failures", "Who fails, and on what", _failures(results)),
        _Section("figures", "Figures", _figures(drawings)),
        _Section("data", "The data", _data(settings)),
        _Section("again", "Run it again", again_section(results)),
        _Section("folds", "Folds", _folds(results)),
    ]
    template = files(__package__).joinpath("page.html").read_text("utf-8")
    return Template(template).substitute(
        title=f"{text_of(data)}: who does which exercise, and how well is it told",
        heading=f"Which exercise is it? The study on {text_of(data)}",
        about=text_of(_about(settings)),
        warning=_warning(settings),
        links="\n".join(
            f'<li><a href="#{section.key}">{text_of(section.title)}</a></li>'
            for section in sections
        ),
        sections="\n".join(
            f'<section id="{section.key}" aria-labelledby="{section.key}-title">\n'
            f'<h2 id="{section.key}-title">{text_of(section.title)}</h2>\n'
            f"{section.content}\n</section>"
            for section in sections
        ),
        footer=text_of(
            f"Made by sk_imu {settings.get('versions', {}).get('sk_imu', '')} from the "
            "results alone; nothing was fitted for this page."
        ),
    )


def _about(settings: dict[str, Any]) -> str:
    parts = [f"{len(settings['classes'])} exercises"]
    if "n_sets" in settings:
        parts = [f"{settings['n_sets']} sets", *parts]
        parts.append(f"{settings.get('n_subjects') or 'no named'} people")
    models = listed([name_of(model) for model in settings.get("models", [])])
    told = f"{', '.join(parts)}. {settings['budget'].capitalize()} budget"
    if "seeds" in settings:
        told += f", seed {seeds_of(settings)}"
    return f"{told}. {models + '.' if models else ''}"


def _warning(settings: dict[str, Any]) -> str:
    if settings["budget"] != "quick":
        return ""
    return warn(
        "Quick budget: fewer folds, grid points and epochs than the full one. Figures to "
        "look at, not to quote."
    )


def _in_short(results: StudyResults) -> str:
    finding = headline(results)
    parts = [f'<div class="main"><p>{text_of(finding.sentence)}</p></div>']
    parts.append(bullets(finding.more))
    if finding.pairs:
        parts.append(details("Each pair of models", bullets(finding.pairs)))
    return "\n".join(parts)


def _failures(results: StudyResults) -> str:
    parts = ["<h3>People</h3>", bullets(people_sentences(results)), "<h3>Exercises</h3>"]
    for name in ("unseen-people", "unseen-sets", "copied-sets"):
        rows = tested(results, name)
        if len(rows):
            parts.append(f"<p>Under {text_of(results.titles[name])}:</p>")
            parts.append(
                bullets(
                    [_mistakes(str(m), g) for m, g in rows.groupby("model", sort=False)]
                )
            )
            break
    return "\n".join(parts)


def _mistakes(model: str, rows: pd.DataFrame) -> str:
    n_wrong = int((rows["y_true"] != rows["y_pred"]).sum())
    if not n_wrong:
        return f"{model} makes no mistake in {len(rows)} sets."
    told = []
    for pair in confused_pairs(rows):
        text = f"{pair['text']} in {pair['n']} of {pair['n_true']}"
        text += f" ({percent(pair['n'] / pair['n_true'])}"
        if pair["person"] is not None:
            text += f"; {pair['n_person']} of them by {one_line(pair['person'])}"
        told.append(text + ")")
    return f"{model}, {n_wrong} of {len(rows)} wrong: {'; '.join(told)}."


def _figures(drawings: Sequence[Written]) -> str:
    if not drawings:
        return "<p>The results allow no figure.</p>"
    parts = []
    # What tells most of unseen people is drawn last.
    for drawn in reversed(drawings):
        # The lighter of the two; both are sharp.
        path = min(drawn.paths, key=lambda path: (path.stat().st_size, path.suffix))
        coded = base64.b64encode(path.read_bytes()).decode("ascii")
        label = text_of(drawn.title.partition("\n")[0])
        width = round(_PIXELS_PER_INCH * drawn.width_inches)
        source = f"data:{_TYPES[path.suffix]};base64,{coded}"
        parts.append(
            f'<figure id="figure-{text_of(drawn.name)}">\n'
            f'<div class="sheet" role="region" aria-label="{label}" tabindex="0">'
            f'<img src="{source}" alt="{text_of(drawn.alt)}" width="{width}"></div>\n'
            f"<figcaption>{text_of(drawn.caption)} "
            f"<span>Files: {' and '.join(text_of(p.name) for p in drawn.paths)}.</span>"
            "</figcaption>\n</figure>"
        )
    return "\n".join(parts)


def _data(settings: dict[str, Any]) -> str:
    lines = [*settings.get("notes", [])]
    if n_short := settings.get("n_short_sets"):
        lines.append(
            f"{n_short} sets are shorter than a window of "
            f"{settings.get('window_seconds', 4.0):g} s and hold their last sample to its "
            "end."
        )
    content = bullets(lines)
    quality = settings.get("quality")
    if quality is None:
        return content + "<p>How good the recordings are was not measured.</p>"
    if not quality:
        return content + "<p>No recording gave cause for a warning.</p>"
    told = f"{len(quality)} warning{'s' if len(quality) > 1 else ''}"
    return content + warn(f"The recordings gave cause for {told}:") + bullets(quality)


def _folds(results: StudyResults) -> str:
    searches = results.searches
    if not len(searches) or "best_params" not in searches:
        return "<p>The results do not tell.</p>"
    keys = ["protocol", "model", "fold", *({"seed", "k"} & {*searches})]
    rows = searches
    if len(results.predictions):
        test = results.predictions[results.predictions["part"] == "test"]
        hits = (test["y_true"] == test["y_pred"]).rename("right")
        by = [test[key] for key in keys]
        scores = hits.groupby(by, dropna=False).agg(["mean", "size"])
        rows = rows.merge(scores.reset_index(), on=keys, how="left")
    if len(results.timings):
        rows = rows.merge(results.timings, on=keys, how="left")
    bodies = []
    for protocol, title in results.titles.items():
        here = rows[rows["protocol"] == protocol]
        if len(here):
            bodies.append((title, [_fold(row) for _, row in here.iterrows()]))
    table = table_of(
        "fold-choices",
        "Each fold's search: mean macro F1 inside the training sets, what was chosen, and "
        "the accuracy on the fold's test sets, which had no part in it.",
        ["Fold", "Model", "Chosen", "Score in the search", "Accuracy", "Test rows", "Time"],
        bodies,
        n_words=3,
    )
    return details(f"{len(rows)} searches", table)


def _fold(row: pd.Series) -> list[str]:
    chosen: dict[str, Any] = json.loads(row["best_params"])
    told = ", ".join(f"{key} {value}" for key, value in chosen.items())
    size, seconds = row.get("size"), row.get("seconds")
    return [
        one_line(row["fold"]),
        name_of(row["model"]),
        told or "nothing to choose",
        score_of(row.get("cv_score")),
        score_of(row.get("mean")),
        NO_VALUE if size is None or pd.isna(size) else f"{size:.0f}",
        NO_VALUE if seconds is None or pd.isna(seconds) else f"{seconds:.0f} s",
    ]
