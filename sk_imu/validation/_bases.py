"""What the transformers of uniform sets and panels have in common."""

from collections.abc import Callable
from typing import Any, ClassVar, Self

from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils import Tags

from .._atomic import fit_context
from ._series import check_series


class SeriesTransformer(TransformerMixin, BaseEstimator):
    """Base of the transformers of uniform sets and panels: ``fit`` checks X for all."""

    # check_panel where all sets need one length.
    _check_input: ClassVar[Callable[..., Any]] = staticmethod(check_series)

    @fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: Any, y: Any = None) -> Self:
        """Check the parameters and X, and set the attributes of the class.

        Parameters
        ----------
        X : list of arrays or array
            The training sets, uniform or panel.
        y : object, default=None
            Ignored.

        Returns
        -------
        self : estimator
            The fitted transformer.
        """
        self._learn(self._check_input(self, X, reset=True))
        return self

    def _learn(self, series: Any) -> None:
        """Set the attributes that come from the checked sets."""

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags


class SeriesOutputMixin:
    """Mixin for transformers whose output is a list or a 3-D array.

    No table holds such output, but ``Pipeline.set_output`` asks every step, so these accept
    it for the sake of a later step that returns a table.
    """

    def set_output(self, *, transform: str | None = None) -> Any:
        """Do nothing: the output stays a list or an array.

        Parameters
        ----------
        transform : {"default", "pandas", "polars"}, default=None
            Ignored.

        Returns
        -------
        self : estimator
            The estimator itself.
        """
        return self
