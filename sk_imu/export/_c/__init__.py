"""Fitted models as C headers."""

from ._file import export_c as export_c
