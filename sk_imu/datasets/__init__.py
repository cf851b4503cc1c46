"""Real recordings to learn from, in the manner of :mod:`sklearn.datasets`."""

from ._basic_motions import load_basic_motions
from ._watch import load_watch

__all__ = ["load_basic_motions", "load_watch"]
