"""The model card: what a model is for, how well it does, and what it has not seen."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeAlias

from ._markdown import front_matter, markdown, markdown_table


class CardTable(NamedTuple):
    """A table of a card; the first cell of a row is its heading."""

    caption: str
    heads: Sequence[str]
    rows: Sequence[Sequence[str]]


#: A paragraph, a list of items, or a table, all of plain text.
Block: TypeAlias = str | list[str] | CardTable


@dataclass(frozen=True, repr=False)
class ModelCard:
    """A model card: ``str(card)`` is Markdown with front matter, as model hubs read it.

    Labels and other names are shown as text, whatever they hold. People are not named.

    Parameters
    ----------
    title : str
        The first heading.
    metadata : mapping
        The front matter, in the form of the Hugging Face Hub: ``library_name``, ``tags``,
        ``metrics`` and ``model-index``.
    sections : mapping of str to sequence
        The parts by their headings: paragraphs, lists and tables.

    See Also
    --------
    StudyResults.model_card : Make a card.
    sk_imu.report.write_card : Write a card as Markdown or HTML.
    sk_imu.persistence.save_model : Put a card into a model file.

    Examples
    --------
    >>> from sk_imu.study import ModelCard
    >>> print(ModelCard("SVM", {"tags": ["imu"]}, {"Limits": ["One person."]}))
    ---
    tags:
    - "imu"
    ---
    <BLANKLINE>
    # SVM
    <BLANKLINE>
    ## Limits
    <BLANKLINE>
    One person.
    """

    title: str
    metadata: Mapping[str, Any]
    sections: Mapping[str, Sequence[Block]]

    def __str__(self) -> str:
        parts = [front_matter(self.metadata), f"# {markdown(self.title)}"]
        for title, blocks in self.sections.items():
            parts += [f"## {markdown(title)}", *map(_markdown_of, blocks)]
        return "\n\n".join(parts)

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {self.title}>"

    def _repr_markdown_(self) -> str:
        # A notebook would show the front matter as text.
        return str(self).partition("\n---\n\n")[2]


def _markdown_of(block: Block) -> str:
    if isinstance(block, str):
        return markdown(block)
    if isinstance(block, list):
        return "\n".join(f"- {markdown(item)}" for item in block)
    return f"{markdown(block.caption)}\n\n{markdown_table(block.heads, block.rows)}"
