"""What the transformers of uniformly sampled sets share."""

from typing import Any, ClassVar

from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils import Tags

from ..validation import SeriesOutputMixin


class SeriesTransformer(SeriesOutputMixin, TransformerMixin, BaseEstimator):
    """What the transformers here share: series out, and float32 stays float32."""

    _parameter_constraints: ClassVar[dict[str, Any]] = {}

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags
