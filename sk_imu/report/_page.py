"""The report as one HTML page that needs nothing beside it."""

import base64
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from .._atomic import replacement
from ..displays import listed, name_of, one_line
from ..study import StudyResults, shortest_window_s
from ._again import again_of
from ._failures import failures_of
from ._figures import Drawing, draw_all
from ._findings import headline
from ._folds import folds_of
from ._latex import latex_table
from ._leak import leak_of
from ._personal import personal_of
from ._scores import scores_of
from ._sets import sets_of

# A little more than a sheet of paper has, for letters of eight points.
_PIXELS_PER_INCH = 110
_TYPES = {".png": "image/png", ".svg": "image/svg+xml"}


def write_report(results: StudyResults, folder: str | os.PathLike[str]) -> list[Path]:
    """Write the report of a study: a page to read, its figures, and a table for a paper.

    Nothing is fitted. The page needs no other file, no network and no script, and says
    what the results lack.

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
    texts = {page: page_of(results, drawings), table: latex_table(results)}
    for path, text in texts.items():
        with replacement(path) as beside:
            beside.write_text(text, encoding="utf-8")
    return [page, table, *(path for drawn in drawings for path in drawn.paths)]


def page_of(results: StudyResults, drawings: Sequence[Drawing]) -> str:
    """Return the page of a study's results and of the figures drawn from them."""
    return page_from(
        "page.html.jinja",
        settings=results.settings,
        data=one_line(results.settings["data"]),
        about=_about(results.settings),
        headline=headline(results),
        scores=scores_of(results),
        personal=personal_of(results),
        leak=leak_of(results),
        failures=failures_of(results),
        sets=sets_of(results),
        shortest_window_s=shortest_window_s(results.settings["window_seconds"]),
        # What says most of unseen people is drawn last.
        figures=[_figure(drawn) for drawn in reversed(drawings)],
        again=again_of(results),
        folds=folds_of(results),
        n_searches=len(results.searches),
    )


def page_from(template: str, **values: Any) -> str:
    """Return the page that a template makes of some values."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader(__package__),
        # Labels and names of people may hold anything.
        autoescape=True,
        trim_blocks=True,
        # By default a misspelled name in the template is an empty place in the page.
        undefined=StrictUndefined,
        finalize=_kept_together,
    )
    page: str = environment.get_template(template).render(**values)
    return page


def _kept_together(value: Any) -> Any:
    """Return text with no line break before a %; markup, which is a subclass, as it is."""
    return value.replace(" %", "\N{NO-BREAK SPACE}%") if type(value) is str else value


def _about(settings: dict[str, Any]) -> str:
    seeds = settings["seeds"]
    return (
        f"{settings['n_sets']} sets, {len(settings['classes'])} exercises, "
        f"{settings['n_subjects'] or 'no named'} people. "
        f"{settings['budget'].capitalize()} budget, random seed{'s' * (len(seeds) > 1)} "
        f"{listed([*map(str, seeds)])}. "
        f"Models: {listed([name_of(model) for model in settings['models']])}."
    )


def _figure(drawn: Drawing) -> dict[str, Any]:
    # The lighter of the two; both are sharp.
    path = min(drawn.paths, key=lambda path: (path.stat().st_size, path.suffix))
    coded = base64.b64encode(path.read_bytes()).decode("ascii")
    return {
        "name": drawn.name,
        "title": drawn.title.partition("\n")[0],
        "source": f"data:{_TYPES[path.suffix]};base64,{coded}",
        "alt": drawn.alt,
        "width": round(_PIXELS_PER_INCH * drawn.figure.get_figwidth()),
        "caption": drawn.caption,
        "files": [path.name for path in drawn.paths],
    }
