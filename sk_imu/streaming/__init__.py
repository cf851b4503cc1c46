"""Answers while the samples arrive, the same as of the finished recording."""

from ._answer import Answer
from ._classifier import StreamingClassifier

__all__ = ["Answer", "StreamingClassifier"]
