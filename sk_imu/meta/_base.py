"""The base of the classifiers that train on more rows than they are given."""

from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn import get_config
from sklearn.base import BaseEstimator, ClassifierMixin, MetaEstimatorMixin, clone
from sklearn.pipeline import Pipeline
from sklearn.utils import get_tags
from sklearn.utils.metadata_routing import (
    MetadataRouter,
    MethodMapping,
    get_routing_for_object,
)
from sklearn.utils.validation import has_fit_parameter

from .._atomic import fit_context
from .._sklearn import BaseSearchCV, check_sample_weight
from ..validation import (
    Panel,
    Uniform,
    check_groups,
    check_labels,
    check_series,
    like_input,
)
from ._predictions import SetPredictions


class MetaClassifier(SetPredictions, ClassifierMixin, MetaEstimatorMixin, BaseEstimator):
    """Fit a clone of ``estimator`` on the rows that :meth:`_learning_rows` makes."""

    estimator: Any
    _parameter_constraints: ClassVar[dict[str, Any]]
    # Groups are always requested, because no copy or window may leave its set's group.
    __metadata_request__fit: ClassVar[dict[str, bool]] = {"groups": True}

    # The estimator inside is the user's, and nobody has checked its parameters yet.
    @fit_context(prefer_skip_nested_validation=False)
    def fit(
        self,
        X: Any,
        y: Any,
        sample_weight: ArrayLike | None = None,
        groups: Any = None,
    ) -> Self:
        """Fit a clone of the estimator.

        Parameters
        ----------
        X : list of arrays of shape (n_channels, n_timesteps_i) or array
            The training sets, uniform or panel.
        y : array-like of shape (n_sets,)
            Their labels.
        sample_weight : array-like of shape (n_sets,), default=None
            Weight of each set, if the estimator takes weights.
        groups : array-like of shape (n_sets,), default=None
            Group of each set, such as the subject, passed on to estimators that split
            their training rows. Without groups each set is its own group.

        Returns
        -------
        self : object
            The fitted classifier.

        Raises
        ------
        ValueError
            If X or y can't be used.
        """
        series = check_series(self, X, reset=True)
        y = check_labels(self, series, y)
        weighted = sample_weight is not None
        weights = check_sample_weight(sample_weight, series, ensure_non_negative=True)
        # A set's rows share its group, so that no split inside divides a set.
        groups = check_groups(groups, y)

        rows, origin, row_weights = self._learning_rows(series, weights)
        rows = like_input(self, rows)
        metadata = {"groups": groups[origin]}
        # Equal weights are left out, because not every estimator takes weights.
        if weighted or not np.all(row_weights == row_weights[0]):
            metadata["sample_weight"] = row_weights
        self.estimator_ = clone(self.estimator)
        fit_with_metadata(self.estimator_, rows, y[origin], metadata, needs_weight=weighted)
        self.classes_ = self.estimator_.classes_
        return self

    def _learning_rows(
        self, series: Uniform | Panel, weights: NDArray[np.float64]
    ) -> tuple[Uniform | Panel, NDArray[np.intp], NDArray[np.float64]]:
        """Return the training rows, the index of each row's set, and the rows' weights."""
        raise NotImplementedError

    def _offers(self, method: str) -> bool:
        """Return whether a prediction method is available."""
        return hasattr(getattr(self, "estimator_", self.estimator), method)

    def get_metadata_routing(self) -> MetadataRouter:
        """Return the routing of the metadata.

        Returns
        -------
        routing : MetadataRouter
            ``groups`` and ``sample_weight`` of ``fit``, for itself and the estimator.
        """
        mapping = MethodMapping().add(caller="fit", callee="fit")
        return (
            MetadataRouter(owner=self)
            .add_self_request(self)
            .add(estimator=self.estimator, method_mapping=mapping)
        )

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        tags.classifier_tags = get_tags(self.estimator).classifier_tags
        return tags


def fit_with_metadata(
    estimator: Any,
    X: Any,
    y: NDArray[Any],
    metadata: dict[str, NDArray[Any]],
    *,
    needs_weight: bool = False,
) -> None:
    """Fit an estimator with the metadata that it takes.

    With metadata routing enabled, that is what it requests; otherwise what the ``fit`` of
    its last step takes, and the groups if that step is a search.
    """
    if get_config()["enable_metadata_routing"]:
        consumed = get_routing_for_object(estimator).consumes("fit", list(metadata))
        keys = {name: name for name in consumed}
    else:
        keys = {name: key for name in metadata if (key := _fit_key(estimator, name))}
    if needs_weight and "sample_weight" not in keys:
        raise ValueError(
            f"sample_weight was given, but {type(estimator).__name__} takes none or, with "
            "metadata routing enabled, does not request it. Leave the weights out, call "
            "set_fit_request(sample_weight=True), or choose another estimator."
        )
    try:
        estimator.fit(X, y, **{key: metadata[name] for name, key in keys.items()})
    except ValueError as error:
        # scikit-learn's message where a classifier of tables gets a panel.
        if np.ndim(X) != 3 or "Found array with dim 3" not in str(error):
            raise
        raise ValueError(
            f"{error} It takes tables: put a SummaryFeatures or Flatten in front of it, in "
            "a Pipeline inside the estimator that wraps it."
        ) from error


def _fit_key(estimator: Any, name: str) -> str | None:
    """Return the name of some metadata in ``fit``; None if it is not used."""
    if isinstance(estimator, Pipeline):
        step, last = estimator.steps[-1]
        key = _fit_key(last, name)
        return key and f"{step}__{key}"
    if isinstance(estimator, MetaClassifier) and name == "sample_weight":
        # It has the parameter, but refuses weights that its own estimator can't use.
        return name if _fit_key(estimator.estimator, name) else None
    searches = name == "groups" and isinstance(estimator, BaseSearchCV)
    return name if searches or has_fit_parameter(estimator, name) else None
