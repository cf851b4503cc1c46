"""The report as one HTML page that needs nothing beside it."""

import base64
import html
import json
import os
from collections.abc import Iterable, Sequence
from importlib.resources import files
from pathlib import Path
from string import Template
from typing import Any, NamedTuple

import pandas as pd

from ..study import StudyResults
from .figures import Written, draw_all
from .findings import (
    LONG_NAMES,
    confused_pairs,
    headline,
    how_to_run,
    leak_sentences,
    leak_table,
    listed,
    name_of,
    one_line,
    people_sentences,
    percent,
    score_groups,
    tested,
    titles_of,
    why_missing,
)
from .latex import latex_table

__all__ = ["page_of", "write_report"]

_MEANINGS = {
    "copied-sets": (
        "The study's own protocol: every set is copied with noise, then sets and copies "
        "are split at random. Most test rows have a copy of themselves in the training. It "
        "is here to show what that does."
    ),
    "unseen-sets": "Test sets are new, but of people the model has learnt from.",
    "unseen-people": (
        "Each person is left out of the training in turn. This is what a new user gets."
    ),
}
_NO_VALUE = "–"
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
        _Section("scores", "Scores", _scores(results)),
        _Section("leak", "What the leak gives", _leak(results)),
        _Section("failures", "Who fails, and on what", _failures(results)),
        _Section("figures", "Figures", _figures(drawings)),
        _Section("data", "The data", _data(settings)),
        _Section("again", "Run it again", _again(results)),
        _Section("folds", "Folds", _folds(results)),
    ]
    template = files(__package__).joinpath("page.html").read_text("utf-8")
    return Template(template).substitute(
        title=f"{_text(data)}: who does which exercise, and how well is it told",
        heading=f"Which exercise is it? The study on {_text(data)}",
        about=_text(_about(settings)),
        warning=_warning(settings),
        links="\n".join(
            f'<li><a href="#{section.key}">{_text(section.title)}</a></li>'
            for section in sections
        ),
        sections="\n".join(
            f'<section id="{section.key}" aria-labelledby="{section.key}-title">\n'
            f'<h2 id="{section.key}-title">{_text(section.title)}</h2>\n'
            f"{section.content}\n</section>"
            for section in sections
        ),
        footer=_text(
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
    if "random_state" in settings:
        told += f", seed {_seeds(settings)}"
    return f"{told}. {models + '.' if models else ''}"


def _seeds(settings: dict[str, Any]) -> str:
    seeds = settings.get("random_state", "")
    return listed([str(seed) for seed in seeds]) if isinstance(seeds, list) else str(seeds)


def _warning(settings: dict[str, Any]) -> str:
    if settings["budget"] != "quick":
        return ""
    return _warn(
        "Quick budget: fewer folds, grid points and epochs than the full one. Figures to "
        "look at, not to quote."
    )


def _in_short(results: StudyResults) -> str:
    finding = headline(results)
    return f'<div class="main"><p>{_text(finding.sentence)}</p></div>\n' + _list(
        finding.more
    )


def _scores(results: StudyResults) -> str:
    groups = score_groups(results)
    if not groups:
        return "<p>There are no predictions.</p>"
    parts = [_protocols(results), _main_table(results, groups), _names(groups)]
    heads = ["Model", "Precision", "Recall", "F1", "Accuracy", "Worst person", "Train F1"]
    heads += [
        "Test rows",
        *(f"Published {score}" for score in ("precision", "recall", "F1")),
    ]
    columns = ["precision_macro", "recall_macro", "f1_macro", "accuracy", "worst_subject"]
    columns += ["train_f1", "n_rows"]
    bodies = []
    for name, title, table in groups:
        # The published figures are of a protocol as this one, and of no other.
        published = ["precision", "recall", "f1"] if name == "copied-sets" else []
        rows = [
            [
                name_of(model),
                *(f"{row[c]:.0f}" if c == "n_rows" else _score(row[c]) for c in columns),
                *(_score(row[f"published_{score}"], 2) for score in published),
                *[_NO_VALUE] * (3 - len(published)),
            ]
            for model, row in table.iterrows()
        ]
        bodies.append((title, rows))
    every = _table(
        "all-scores",
        "Scores on test by protocol, each over all of its predictions. Precision, recall "
        "and F1 weigh exercises alike (macro average); worst person is the lowest accuracy "
        "of a person; train F1 is of what the model has learnt from.",
        heads,
        bodies,
    )
    return "\n".join([*parts, _details("All scores, and the published Table 1", every)])


def _protocols(results: StudyResults) -> str:
    n_folds = results.settings.get("n_folds", {})
    lines = []
    for name, title in titles_of(results).items():
        told = _MEANINGS.get(name, "Held out of the training, as its name says.")
        if name in results.settings.get("unavailable", {}):
            told += f" Not available here: {why_missing(results, name)}."
        elif n := n_folds.get(name):
            told += f" {n} fold{'s' if n > 1 else ''}."
        lines.append(f"<dt>{_text(title)}</dt><dd>{_text(told)}</dd>")
    return f"<dl>{''.join(lines)}</dl>"


def _main_table(results: StudyResults, groups: list[tuple[str, str, pd.DataFrame]]) -> str:
    tables = {name: table for name, _, table in groups}
    known = {*tables, *results.settings.get("unavailable", {})}
    titles = {name: title for name, title in titles_of(results).items() if name in known}
    models = list(dict.fromkeys(m for table in tables.values() for m in table.index))
    heads = ["Model", "Published", *titles.values()]
    people = tables.get("unseen-people")
    if people is not None:
        heads.append("Worst person in (c)")
    rows = []
    for model in models:
        scores = next(table.loc[model] for table in tables.values() if model in table.index)
        row = [name_of(model), _score(scores["published_f1"], 2)]
        for name in titles:
            there = name in tables and model in tables[name].index
            row.append(_score(tables[name].loc[model, "f1_macro"]) if there else _NO_VALUE)
        if people is not None:
            worst = people["worst_subject"].reindex([model]).iloc[0]
            row.append(_score(worst))
        rows.append(row)
    honest = list(titles).index("unseen-people") + 2 if people is not None else None
    return _table(
        "main-scores",
        "Macro F1 on test, beside what the study published (Table 1 of Zhang, Lau and Zhu, "
        "2024: one person, about 30 sets, three exercises). Worst person: the lowest "
        "accuracy of one.",
        heads,
        [("", rows)],
        honest=honest,
    )


def _names(groups: list[tuple[str, str, pd.DataFrame]]) -> str:
    models = dict.fromkeys(str(m) for _, _, table in groups for m in table.index)
    told = [f"{name_of(m)} is {LONG_NAMES[m]}" for m in models if m in LONG_NAMES]
    return f'<p class="soft">{_text(listed(told))}.</p>' if told else ""


def _leak(results: StudyResults) -> str:
    content = _list(leak_sentences(results))
    shared = results.settings.get("n_shared_pairs", {})
    titles = titles_of(results)
    told = [
        f"{n} pairs of train and test rows share values under {titles.get(name, name)}"
        for name, n in shared.items()
        if n
    ]
    if told:
        content += _warn(f"LEAK: {listed(told)}.")
    table = leak_table(results)
    less = [column for column in map(str, table) if column.startswith("less_")]
    if not less:
        return content
    heads = {"less_unseen-sets": "(a) less (b)", "less_unseen-people": "(a) less (c)"}
    columns = ["copied-sets", *(column.removeprefix("less_") for column in less)]
    rows = [
        [
            name_of(model),
            *(_score(row[column]) for column in columns),
            *(_NO_VALUE if pd.isna(row[c]) else f"{row[c]:+.1f}" for c in less),
        ]
        for model, row in table.iterrows()
    ]
    content += "\n" + _table(
        "leak-sizes",
        "Macro F1 on test, and what is lost from (a), in points.",
        ["Model", *(titles[column] for column in columns), *(heads[c] for c in less)],
        [("", rows)],
    )
    return content + (
        '<p class="soft">In (a) all models learn from the same copies; in (b) and (c) a '
        "model makes copies, if any, of its training sets alone, and networks change every "
        "batch anew. What lies between (a) and (b) is mostly, not wholly, the leak.</p>"
    )


def _failures(results: StudyResults) -> str:
    parts = ["<h3>People</h3>", _list(people_sentences(results)), "<h3>Exercises</h3>"]
    for name in ("unseen-people", "unseen-sets", "copied-sets"):
        rows = tested(results, name)
        if len(rows):
            parts.append(f"<p>Under {_text(titles_of(results)[name])}:</p>")
            parts.append(
                _list([_mistakes(str(m), g) for m, g in rows.groupby("model", sort=False)])
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
        label = _text(drawn.title.partition("\n")[0])
        width = round(_PIXELS_PER_INCH * drawn.width_inches)
        source = f"data:{_TYPES[path.suffix]};base64,{coded}"
        parts.append(
            f'<figure id="figure-{_text(drawn.name)}">\n'
            f'<div class="sheet" role="region" aria-label="{label}" tabindex="0">'
            f'<img src="{source}" alt="{_text(drawn.alt)}" width="{width}"></div>\n'
            f"<figcaption>{_text(drawn.caption)} "
            f"<span>Files: {' and '.join(_text(p.name) for p in drawn.paths)}.</span>"
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
    content = _list(lines)
    quality = settings.get("quality")
    if quality is None:
        return content + "<p>How good the recordings are was not measured.</p>"
    if not quality:
        return content + "<p>No recording gave cause for a warning.</p>"
    told = f"{len(quality)} warning{'s' if len(quality) > 1 else ''}"
    return content + _warn(f"The recordings gave cause for {told}:") + _list(quality)


def _again(results: StudyResults) -> str:
    settings = results.settings
    rows = {
        "Data": settings["data"],
        "Fingerprint of the data": settings.get("data_fingerprint"),
        "Exercises": ", ".join(map(one_line, settings["classes"])),
        "Channels": ", ".join(settings.get("channels", [])),
        "Placement": settings.get("placement"),
        "Clock": _unit(settings.get("sampling_rate_hz"), "Hz"),
        "Windows": _unit(settings.get("window_seconds"), "s"),
        "Fixed length": _unit(settings.get("fixed_length"), "samples"),
        "Budget": settings["budget"],
        "Seed": _seeds(settings),
    }
    if rows["Fixed length"]:
        rows["Windows"] = None
    if len(results.timings) and "seconds" in results.timings:
        minutes = results.timings["seconds"].sum() / 60
        rows["Time, all folds together"] = f"{minutes:.1f} min on one thread"
    told = "".join(
        f"<dt>{_text(name)}</dt><dd>{_text(value)}</dd>"
        for name, value in rows.items()
        if value not in (None, "")
    )
    versions = "".join(
        f"<dt>{_text(name)}</dt><dd>{_text(value)}</dd>"
        for name, value in settings.get("versions", {}).items()
    )
    return (
        f"<pre><code>{_text(how_to_run(results), keep=True)}</code></pre>\n"
        f"<p>The same data, versions and seed give the same figures.</p>\n"
        f"<h3>Settings</h3>\n<dl>{told}</dl>\n"
        + (f"<h3>Versions</h3>\n<dl>{versions}</dl>" if versions else "")
    )


def _unit(value: float | None, unit: str) -> str:
    return "" if value is None else f"{value:g} {unit}"


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
    for protocol, title in titles_of(results).items():
        here = rows[rows["protocol"] == protocol]
        if len(here):
            bodies.append((title, [_fold(row) for _, row in here.iterrows()]))
    table = _table(
        "fold-choices",
        "Each fold's search: mean macro F1 inside the training sets, what was chosen, and "
        "the accuracy on the fold's test sets, which had no part in it.",
        ["Fold", "Model", "Chosen", "Score in the search", "Accuracy", "Test rows", "Time"],
        bodies,
        n_words=3,
    )
    return _details(f"{len(rows)} searches", table)


def _fold(row: pd.Series) -> list[str]:
    chosen: dict[str, Any] = json.loads(row["best_params"])
    told = ", ".join(f"{key} {value}" for key, value in chosen.items())
    size, seconds = row.get("size"), row.get("seconds")
    return [
        one_line(row["fold"]),
        name_of(row["model"]),
        told or "nothing to choose",
        _score(row.get("cv_score")),
        _score(row.get("mean")),
        _NO_VALUE if size is None or pd.isna(size) else f"{size:.0f}",
        _NO_VALUE if seconds is None or pd.isna(seconds) else f"{seconds:.0f} s",
    ]


def _score(value: Any, digits: int = 3) -> str:
    return _NO_VALUE if value is None or pd.isna(value) else f"{value:.{digits}f}"


def _text(value: Any, keep: bool = False) -> str:
    """Return text that is safe in HTML; a number stays with its %, unless kept as it is."""
    text = html.escape(str(value))
    return text if keep else text.replace(" %", "&nbsp;%")


def _list(lines: Iterable[str]) -> str:
    items = "".join(f"<li>{_text(line)}</li>\n" for line in lines)
    return f"<ul>\n{items}</ul>\n" if items else ""


def _warn(text: str) -> str:
    return f'<div class="warn" role="note"><p>{_text(text)}</p></div>\n'


def _details(summary: str, content: str) -> str:
    return f"<details>\n<summary>{_text(summary)}</summary>\n{content}\n</details>"


def _table(
    key: str,
    caption: str,
    heads: Sequence[str],
    bodies: Sequence[tuple[str, Sequence[Sequence[str]]]],
    *,
    n_words: int = 1,
    honest: int | None = None,
) -> str:
    """Return a table in a box of its own to scroll in.

    A body is its heading, or "", and its rows. The first cell of a row is its heading; the
    first ``n_words`` cells are words, the others numbers; the cell ``honest`` stands out.
    """

    def kind(i: int) -> str:
        kinds = ["number"] * (i >= n_words) + ["honest"] * (i == honest)
        return f' class="{" ".join(kinds)}"' if kinds else ""

    lines = [
        f'<div class="scroll" role="region" aria-labelledby="{key}" tabindex="0">',
        f'<table>\n<caption><span id="{key}">{_text(caption)}</span></caption>',
        "<thead><tr>",
        *(f'<th scope="col"{kind(i)}>{_text(head)}</th>' for i, head in enumerate(heads)),
        "</tr></thead>",
    ]
    for title, rows in bodies:
        lines.append("<tbody>")
        if title:
            lines.append(
                f'<tr><th scope="rowgroup" colspan="{len(heads)}" class="group">'
                f"<span>{_text(title)}</span></th></tr>"
            )
        for row in rows:
            cells = [f'<th scope="row">{_text(row[0])}</th>']
            cells += [f"<td{kind(i)}>{_text(cell)}</td>" for i, cell in enumerate(row) if i]
            lines.append(f"<tr>{''.join(cells)}</tr>")
        lines.append("</tbody>")
    return "\n".join([*lines, "</table>\n</div>"])
