"""Answers while the samples arrive, the same as of the finished recording."""

from ._answer import Answer
from ._classifier import StreamingClassifier
from ._counter import StreamingCounter
from ._replay import replay
from ._set_events import SetEvent
from ._tracker import SetTracker

__all__ = [
    "Answer",
    "SetEvent",
    "SetTracker",
    "StreamingClassifier",
    "StreamingCounter",
    "replay",
]
