"""The scores as a table for a paper."""

from typing import Any

from ..displays import name_of, one_line
from ..study import StudyResults
from ._findings import score_groups
from ._tables import NO_VALUE, SCORES, score_of

_SIGNS = {
    "\\": r"\textbackslash{}",
    **{sign: f"\\{sign}" for sign in "&%$#_{}"},
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    NO_VALUE: "--",
}


def latex_table(results: StudyResults) -> str:
    r"""Return the scores on test as a LaTeX table, with booktabs' lines.

    Parameters
    ----------
    results : StudyResults
        The results.

    Returns
    -------
    text : str
        A ``table`` to ``\input``; the document needs ``\usepackage{booktabs}``. Macro
        averages by protocol and model, the lowest accuracy on one person, and beside
        protocol (a) the F1 published by Zhang et al. (2024).

    See Also
    --------
    write_report : Write it next to the page and the figures.

    Examples
    --------
    >>> from sk_imu.datasets import load_basic_motions
    >>> from sk_imu.report import latex_table
    >>> from sk_imu.study import run_study
    >>> results = run_study(
    ...     load_basic_motions(), models=["svm"], protocols=["unseen-sets"], verbose=0
    ... )
    >>> print(latex_table(results).splitlines()[7])
    Model & Precision & Recall & F1 & Accuracy & Worst person & Published F1 \\
    """
    settings = results.settings
    lines = [
        r"% Needs \usepackage{booktabs}.",
        r"\begin{table}",
        r"\centering",
        rf"\caption{{Scores on test sets of {_escaped(one_line(settings['data']))}, macro "
        rf"averages, {_escaped(settings['budget'])} budget, seed "
        rf"{_escaped(', '.join(map(str, settings['seeds'])))}.}}",
        r"\label{tab:sk-imu}",
        rf"\begin{{tabular}}{{l{'r' * (len(SCORES) + 1)}}}",
        r"\toprule",
        _row(["Model", *SCORES, "Published F1"]),
    ]
    for protocol, title, table in score_groups(results):
        n_rows = f"{table['n_rows'].max():.0f} test rows"
        lines += [
            r"\midrule",
            rf"\multicolumn{{{len(SCORES) + 2}}}{{l}}{{{_escaped(title)}; {n_rows}}} \\",
        ]
        for model, scores in table.iterrows():
            # The published scores are of a protocol like (a), and of no other.
            published = scores["published_f1"] if protocol == "copied-sets" else None
            lines.append(
                _row(
                    [
                        name_of(model),
                        *(score_of(scores[column]) for column in SCORES.values()),
                        score_of(published, 2),
                    ]
                )
            )
    lines += [r"\bottomrule", r"\end{tabular}", r"\end{table}", ""]
    return "\n".join(lines)


def _row(cells: list[str]) -> str:
    return f"{' & '.join(map(_escaped, cells))} \\\\"


def _escaped(text: Any) -> str:
    # Sign by sign: one replacement after the other would escape what it has put in.
    return "".join(_SIGNS.get(sign, sign) for sign in str(text))
