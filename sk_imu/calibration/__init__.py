"""How far a model's answers can be trusted."""

from ._answering import UNKNOWN as UNKNOWN
from ._answering import AnswersUnknown as AnswersUnknown
from ._conformal import ConformalClassifier
from ._unknown import UnknownDetector

__all__ = ["ConformalClassifier", "UnknownDetector"]
