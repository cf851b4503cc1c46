"""The report of a study, made from its results alone: it never fits."""

from ._card import write_card
from ._figures import write_figures
from ._latex import latex_table
from ._page import write_report

__all__ = ["latex_table", "write_card", "write_figures", "write_report"]
