"""Pieces of HTML: safe text, lists, tables."""

import html
from collections.abc import Iterable, Sequence
from typing import Any

import pandas as pd

__all__ = ["NO_VALUE", "bullets", "details", "score_of", "table_of", "text_of", "warn"]

NO_VALUE = "–"


def score_of(value: Any, digits: int = 3) -> str:
    """Return a score with so many digits, or a dash for none."""
    return NO_VALUE if value is None or pd.isna(value) else f"{value:.{digits}f}"


def text_of(value: Any, keep: bool = False) -> str:
    """Return text that is safe in HTML; a number stays with its %, unless kept as it is."""
    text = html.escape(str(value))
    return text if keep else text.replace(" %", "&nbsp;%")


def bullets(lines: Iterable[str]) -> str:
    """Return a list, nothing for no lines."""
    items = "".join(f"<li>{text_of(line)}</li>\n" for line in lines)
    return f"<ul>\n{items}</ul>\n" if items else ""


def warn(text: str) -> str:
    """Return a text that stands out."""
    return f'<div class="warn" role="note"><p>{text_of(text)}</p></div>\n'


def details(summary: str, content: str) -> str:
    """Return content that is folded below its summary."""
    return f"<details>\n<summary>{text_of(summary)}</summary>\n{content}\n</details>"


def table_of(
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
        f'<table>\n<caption><span id="{key}">{text_of(caption)}</span></caption>',
        "<thead><tr>",
        *(f'<th scope="col"{kind(i)}>{text_of(head)}</th>' for i, head in enumerate(heads)),
        "</tr></thead>",
    ]
    for title, rows in bodies:
        lines.append("<tbody>")
        if title:
            lines.append(
                f'<tr><th scope="rowgroup" colspan="{len(heads)}" class="group">'
                f"<span>{text_of(title)}</span></th></tr>"
            )
        for row in rows:
            cells = [f'<th scope="row">{text_of(row[0])}</th>']
            cells += [
                f"<td{kind(i)}>{text_of(cell)}</td>" for i, cell in enumerate(row) if i
            ]
            lines.append(f"<tr>{''.join(cells)}</tr>")
        lines.append("</tbody>")
    return "\n".join([*lines, "</table>\n</div>"])
