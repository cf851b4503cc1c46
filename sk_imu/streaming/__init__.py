"""Answers while the samples arrive, the same as of the finished recording."""

from ._answer import Answer
from ._classifier import StreamingClassifier
from ._events import SetEvent, SetTracker
from ._replay import replay

__all__ = ["Answer", "SetEvent", "SetTracker", "StreamingClassifier", "replay"]
