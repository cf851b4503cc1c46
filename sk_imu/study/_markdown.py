"""A model card as Markdown with front matter, whatever names and labels hold."""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from ..displays import one_line
from ..recording import visible

# What Markdown, HTML in it, tables and formulas read as markup. An underscore inside a
# word is none, so that names of exercises stay readable.
_MARKUP = re.compile(
    r"[\\`*\[\]<>|#~$&]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])"
    # A text that begins as an item of a list or a line does.
    r"|^[-+](?=[- ]|$)|(?<=^\d)[.)](?= |$)|(?<=^\d\d)[.)](?= |$)"
    # An address, of which some readers make a link.
    r"|:(?=//)|(?<=www)\."
)


def plain(text: Any) -> str:
    """Return a text on one line, with an escape for what a terminal would obey."""
    return visible(one_line(text))


def markdown(text: Any) -> str:
    """Return a text that Markdown shows as it is."""
    return _MARKUP.sub(lambda match: f"\\{match[0]}", plain(text))


def markdown_table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table; the first column is text, the others are aligned to the right."""
    lines = [heads, [":--", *["--:"] * (len(heads) - 1)], *rows]
    cells = [line if i == 1 else [*map(markdown, line)] for i, line in enumerate(lines)]
    return "\n".join(f"| {' | '.join(line)} |" for line in cells)


def front_matter(metadata: Mapping[str, Any]) -> str:
    """Return metadata as YAML between two lines of dashes."""
    return "\n".join(["---", *_yaml(metadata), "---"])


def _yaml(value: Any) -> list[str]:
    """Return the lines of a mapping, a list or a value."""
    lines = []
    if isinstance(value, Mapping):
        for key, part in value.items():
            nested = isinstance(part, (Mapping, list))
            inner = _yaml(part)
            indent = "" if isinstance(part, list) else "  "
            lines += (
                [f"{key}:", *(f"{indent}{line}" for line in inner)]
                if nested
                else [f"{key}: {inner[0]}"]
            )
        return lines
    if isinstance(value, list):
        for part in value:
            first, *others = _yaml(part)
            lines += [f"- {first}", *(f"  {line}" for line in others)]
        return lines
    # A text in quotes is the same in JSON and YAML, where nothing in it is a control.
    text = plain(value) if isinstance(value, str) else value
    return [json.dumps(text, ensure_ascii=False)]
