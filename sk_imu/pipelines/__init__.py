"""Each model as a Pipeline over recordings, and one estimator that builds and fits it."""

from ..preprocessing import wear_of
from ._classifier import ExerciseClassifier
from ._recipes import MODELS, make_pipeline_for

__all__ = ["MODELS", "ExerciseClassifier", "make_pipeline_for", "wear_of"]
