"""How far a model's answers can be trusted."""

from ._conformal import ConformalClassifier

__all__ = ["ConformalClassifier"]
