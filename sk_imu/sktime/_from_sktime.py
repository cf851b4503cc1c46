"""sktime classifiers as scikit-learn classifiers."""

from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator, ClassifierMixin, MetaEstimatorMixin
from sklearn.utils import Tags

from .._atomic import fit_context
from .._sklearn import HasMethods
from ..meta import SetPredictions
from ..validation import check_labels, check_panel, check_two_classes


class FromSktime(SetPredictions, ClassifierMixin, MetaEstimatorMixin, BaseEstimator):
    """Wrap a sktime classifier for scikit-learn's Pipeline and searches.

    Without it a sktime classifier fails there: its ``fit`` deletes attributes that
    scikit-learn has set, and it has no tags. Classifiers of aeon need no wrapper.

    Parameters
    ----------
    estimator : sktime classifier
        The classifier of panels of shape (n_sets, n_channels, n_timesteps).

    Attributes
    ----------
    estimator_ : sktime classifier
        The fitted clone of ``estimator``.
    classes_ : ndarray of shape (n_classes,)
        The labels.
    n_features_in_ : int
        Number of channels, or of timesteps where X was 2-D.
    n_timesteps_in_ : int
        Number of timesteps.

    See Also
    --------
    WindowedClassifier : Learn on windows of sets of unequal length.
    sk_imu.sktime.SktimeCNNGRUClassifier : The other way, from here to sktime.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.model_selection import GridSearchCV
    >>> from sklearn.pipeline import make_pipeline
    >>> from sktime.classification.feature_based import SummaryClassifier
    >>> from sk_imu import FixedLength, FromSktime
    >>> rng = np.random.default_rng(0)
    >>> y = np.repeat(["rest", "squat"], 10)
    >>> X = [
    ...     rng.normal(size=(3, rng.integers(80, 120))) * (3 if label == "squat" else 1)
    ...     for label in y
    ... ]
    >>> clf = make_pipeline(FixedLength(64), FromSktime(SummaryClassifier(random_state=0)))
    >>> grid = {"fromsktime__estimator__summary_functions": [("mean",), ("mean", "std")]}
    >>> GridSearchCV(clf, grid, cv=2).fit(X, y).score(X, y)
    1.0
    """

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        "estimator": [HasMethods(["fit", "predict", "predict_proba", "clone"])]
    }

    def __init__(self, estimator: Any) -> None:
        self.estimator = estimator

    @fit_context(prefer_skip_nested_validation=False)
    def fit(self, X: Any, y: ArrayLike) -> Self:
        """Fit a clone of the estimator.

        Parameters
        ----------
        X : list of arrays or array
            The training sets, uniform and of one length, or panel.
        y : array-like of shape (n_sets,)
            Their labels.

        Returns
        -------
        self : FromSktime
            The fitted classifier.

        Raises
        ------
        ValueError
            If X or y is invalid.
        """
        panel = check_panel(self, X, reset=True)
        y = check_labels(self, panel, y)
        self.classes_ = np.unique(y)
        check_two_classes(self, self.classes_)
        self.estimator_ = self.estimator.clone().fit(panel, y)
        return self

    def _ask(self, method: str, X: Any) -> Any:
        return getattr(self.estimator_, method)(check_panel(self, X, reset=False))

    def _offers(self, method: str) -> bool:
        # sktime's classifiers all have it: 1 and 0 where they know no probabilities.
        return method == "predict_proba"

    def __sklearn_clone__(self) -> Self:
        copy = super().__sklearn_clone__()
        # sktime's own clone keeps its configuration.
        if hasattr(self.estimator, "clone"):
            copy.estimator = self.estimator.clone()
        return copy

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        return tags
