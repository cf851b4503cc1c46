"""How far a model's answers can be trusted."""

from ._answering import UNKNOWN as UNKNOWN
from ._answering import AnswersUnknown as AnswersUnknown
from ._conformal import ConformalClassifier
from ._held_out import subjects_of as subjects_of
from ._measures import abstention_curve, calibration_error, reliability_table
from ._measures import top_answers as top_answers
from ._stream_check import DeviceCheck as DeviceCheck
from ._temperature import Calibrated as Calibrated
from ._temperature import calibrated as calibrated
from ._unknown import UnknownDetector

__all__ = [
    "ConformalClassifier",
    "UnknownDetector",
    "abstention_curve",
    "calibration_error",
    "reliability_table",
]
