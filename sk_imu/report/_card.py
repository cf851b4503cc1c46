"""Write a model card to a file, as Markdown or HTML."""

import os
from pathlib import Path
from typing import Any

from .._atomic import replacement
from ..study import ModelCard
from ._page import page_from
from ._tables import Table

_SUFFIXES = (".md", ".html")


def write_card(card: ModelCard, path: str | os.PathLike[str]) -> Path:
    """Write a model card to a file, as Markdown or HTML.

    Parameters
    ----------
    card : ModelCard
        What :meth:`~sk_imu.study.StudyResults.model_card` returned.
    path : str or path
        A file that ends with ``.md``, for a model hub, or ``.html``, a page that needs no
        other file. If it exists it is replaced.

    Returns
    -------
    path : pathlib.Path
        The file.

    Raises
    ------
    ValueError
        If the file has another ending.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> from sk_imu.report import write_card
    >>> from sk_imu.study import ModelCard
    >>> card = ModelCard("SVM", {}, {"Limits": ["One person."]})
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     "<h1>SVM</h1>" in write_card(card, f"{folder}/card.html").read_text("utf-8")
    True
    """
    path = Path(path)
    if path.suffix not in _SUFFIXES:
        raise ValueError(f"{path}: a model card ends with {' or '.join(_SUFFIXES)}.")
    text = f"{card}\n" if path.suffix == ".md" else _html_of(card)
    with replacement(path) as beside:
        beside.write_text(text, encoding="utf-8")
    return path


def _html_of(card: ModelCard) -> str:
    sections = []
    for number, (title, blocks) in enumerate(card.sections.items()):
        shown: list[Any] = [
            block
            if isinstance(block, (str, list))
            else Table(
                f"table-{number}-{i}", block.caption, block.heads, [("", block.rows)]
            )
            for i, block in enumerate(blocks)
        ]
        sections.append((title, shown))
    return page_from("card.html.jinja", card=card, sections=sections)
