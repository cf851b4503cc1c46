"""Names of lower packages that the study offers, too."""

from ..pipelines import MODELS, make_pipeline_for, wear_of
from ..segmentation import sets_of

__all__ = ["MODELS", "make_pipeline_for", "placement_of", "sets_of", "wear_of"]

#: The former name, from when `wear` was called placement.
placement_of = wear_of
