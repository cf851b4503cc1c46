"""The report of a study, made from its results alone: it never fits."""

from .figures import write_figures

__all__ = ["write_figures"]
