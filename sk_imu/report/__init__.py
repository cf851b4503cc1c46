"""The report of a study, made from its results alone: it never fits."""

from .figures import write_figures
from .latex import latex_table
from .page import write_report

__all__ = ["latex_table", "write_figures", "write_report"]
