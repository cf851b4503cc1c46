"""Ridge regression on MiniRocket's features, as a classifier of panels."""

from numbers import Integral, Real
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.preprocessing import LabelBinarizer
from sklearn.utils import Tags, gen_batches
from sklearn.utils.validation import check_is_fitted

from .._atomic import fit_context
from .._sklearn import Interval, check_sample_weight
from ..validation import check_labels, check_panel, check_two_classes
from ._minirocket import MiniRocketFeatures
from ._ridge import BATCH_ROWS, fit_ridge, standardize


class MiniRocketClassifier(ClassifierMixin, BaseEstimator):
    """Classify sets by ridge regression on standardized MiniRocket features.

    Gives the answers of a Pipeline of :class:`MiniRocketFeatures`, ``StandardScaler`` and
    ``RidgeClassifier``, up to the rounding of float32, and needs a fraction of its memory:
    the features of many sets are computed in batches and never kept.

    Parameters
    ----------
    num_kernels : int, default=10000
        Approximate number of features: rounded down to a multiple of 84, at least 84.
    alpha : float, default=1000.0
        Penalty of the squared coefficients.
    n_jobs : int or None, default=None
        Number of threads that compute features, at most those available; None is one, -1
        all. The features do not depend on it.
    random_state : int, RandomState instance or None, default=None
        Random seed of the features.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        The labels.
    features_ : MiniRocketFeatures
        The fitted transformer.
    mean_ : ndarray of shape (n_features,)
        Mean of each feature over the training sets.
    scale_ : ndarray of shape (n_features,)
        Standard deviation of each feature, 1 where it is constant.
    coef_ : ndarray of shape (n_classes, n_features)
        Coefficients of the standardized features; one row for two classes.
    intercept_ : ndarray of shape (n_classes,)
        Intercepts; one for two classes.
    n_channels_in_ : int
        Number of channels.
    n_timesteps_in_ : int
        Number of timesteps.
    n_features_in_ : int
        Number of channels, or of timesteps where X is 2-D.

    Raises
    ------
    ImportError
        If numba is not installed.
    ValueError
        If a parameter, X or y is invalid, y has one class only, all weights are 0, the sets
        are shorter than 9 timesteps or differ in length, or ``alpha`` is too small for
        features in float32.

    See Also
    --------
    MiniRocketFeatures : The features alone, and the article about them.
    WindowedClassifier : Train it on windows, for sets of any length.

    Examples
    --------
    >>> import numpy as np
    >>> from sk_imu import MiniRocketClassifier, WindowedClassifier
    >>> rng = np.random.default_rng(0)
    >>> y = np.repeat(["rest", "squat"], 10)
    >>> X = [rng.normal(size=(3, rng.integers(80, 120))) for _ in y]
    >>> X[10:] = [series.cumsum(axis=1) for series in X[10:]]
    >>> rocket = MiniRocketClassifier(num_kernels=500, random_state=0)
    >>> WindowedClassifier(rocket, n_timesteps=64).fit(X, y).score(X, y)
    1.0
    """

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        "num_kernels": [Interval(Integral, 1, None, closed="left")],
        "alpha": [Interval(Real, 0, None, closed="neither")],
        "n_jobs": [Integral, None],
        "random_state": ["random_state"],
    }

    def __init__(
        self,
        num_kernels: int = 10_000,
        *,
        alpha: float = 1000.0,
        n_jobs: int | None = None,
        random_state: int | np.random.RandomState | None = None,
    ) -> None:
        self.num_kernels = num_kernels
        self.alpha = alpha
        self.n_jobs = n_jobs
        self.random_state = random_state

    @fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: Any, y: Any, sample_weight: ArrayLike | None = None) -> Self:
        """Learn the features and the coefficients.

        Parameters
        ----------
        X : list of arrays or array
            The training sets, uniform and of one length, or panel.
        y : array-like of shape (n_sets,)
            Their labels.
        sample_weight : array-like of shape (n_sets,), default=None
            Weight of each set in the ridge regression. In the features, their means and
            scales all sets count alike.

        Returns
        -------
        self : MiniRocketClassifier
            The fitted classifier.
        """
        panel = check_panel(self, X, reset=True)
        y = check_labels(self, panel, y)
        weights = check_sample_weight(sample_weight, panel, ensure_non_negative=True)
        if not weights.any():  # scikit-learn checks this from release 1.9 on
            raise ValueError("Sample weights must contain at least one non-zero number.")
        binarizer = LabelBinarizer(neg_label=-1).fit(y)
        check_two_classes(self, binarizer.classes_)
        self.classes_ = binarizer.classes_
        self.features_ = MiniRocketFeatures(
            self.num_kernels, n_jobs=self.n_jobs, random_state=self.random_state
        ).fit(panel)
        ridge = fit_ridge(
            lambda rows: self.features_._table(panel[rows]),
            self.features_._n_features_out,
            binarizer.transform(y),
            weights,
            self.alpha,
        )
        self.mean_, self.scale_, self.coef_, self.intercept_ = ridge
        return self

    def decision_function(self, X: Any) -> NDArray[np.float32]:
        """Return the confidence in each class.

        Parameters
        ----------
        X : list of arrays or array
            The sets, of the length of those of ``fit``.

        Returns
        -------
        scores : ndarray of shape (n_sets,) or (n_sets, n_classes)
            In the order of ``classes_``; for two classes, of the second.
        """
        check_is_fitted(self)
        panel = check_panel(self, X, reset=False)
        scores = []
        for rows in gen_batches(len(panel), BATCH_ROWS):
            table = self.features_._table(panel[rows])
            standardize(table, self.mean_, self.scale_)
            scores.append(table @ self.coef_.T + self.intercept_)
        joined: NDArray[np.float32] = np.concatenate(scores)
        return joined[:, 0] if len(self.classes_) == 2 else joined

    def predict(self, X: Any) -> NDArray[Any]:
        """Return the label of each set.

        Parameters
        ----------
        X : list of arrays or array
            The sets, of the length of those of ``fit``.

        Returns
        -------
        y : ndarray of shape (n_sets,)
            The labels.
        """
        scores = self.decision_function(X)
        best = (scores > 0).astype(int) if scores.ndim == 1 else scores.argmax(axis=1)
        labels: NDArray[Any] = self.classes_[best]
        return labels

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        return tags
