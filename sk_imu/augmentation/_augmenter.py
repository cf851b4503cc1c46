"""What all augmenters share, and how a Pipeline of them is applied."""

from abc import abstractmethod
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.pipeline import Pipeline
from sklearn.utils import Tags, check_random_state
from sklearn.utils.validation import check_is_fitted

from .._sklearn import fit_context
from ..validation import Panel, SeriesOutputMixin, Uniform, as_3d, check_series


class Augmenter(SeriesOutputMixin, TransformerMixin, BaseEstimator):
    """Augments in ``fit_transform`` and nowhere else.

    A new augmenter writes ``_augment`` and its parameters, ``random_state`` among them, in
    a file of its own.
    """

    #: Whether rows are mixed, so that ``augment_with_targets(X, targets, rng)`` takes the
    #: place of ``augment``.
    mixes_rows: ClassVar[bool] = False

    _parameter_constraints: ClassVar[dict[str, Any]] = {"random_state": ["random_state"]}
    random_state: Any

    @abstractmethod
    def _augment(self, X: ArrayLike, rng: np.random.Generator) -> Panel:
        """Do what ``augment`` says."""

    def augment(self, X: ArrayLike, rng: np.random.Generator) -> Panel:
        """Return an augmented copy of a panel.

        Parameters
        ----------
        X : array-like of shape (n_sets, n_channels, n_timesteps)
            The panel.  It is not changed.
        rng : numpy.random.Generator
            The source of randomness; ``random_state`` plays no part here.

        Returns
        -------
        X_new : ndarray of shape (n_sets, n_channels, n_timesteps)
            The augmented panel, of the same dtype where X is of floats.
        """
        return self._augment(X, rng)

    @fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: Any, y: Any = None) -> Any:
        """Check the parameters and the input; nothing is learnt.

        Parameters
        ----------
        X : list of arrays or array
            The sets, uniform or panel.
        y : None
            Ignored.

        Returns
        -------
        self : estimator
            The fitted augmenter.
        """
        check_series(self, X, reset=True)
        return self

    @fit_context(prefer_skip_nested_validation=True)
    def fit_transform(self, X: Any, y: Any = None) -> Uniform | Panel:
        """Return an augmented copy of the sets, drawn by ``random_state``.

        Parameters
        ----------
        X : list of arrays or array
            The sets to learn from, uniform or panel.  They are not changed.
        y : None
            Ignored.

        Returns
        -------
        X_new : list of arrays or array
            The augmented sets, in the state and shape of X.
        """
        series = check_series(self, X, reset=True)
        # A generator for arrays, seeded the way scikit-learn's users seed everything.
        seed = check_random_state(self.random_state).randint(np.iinfo(np.int32).max)
        rng = np.random.default_rng(seed)
        return augment_sets(self, series, rng)

    def transform(self, X: Any) -> Uniform | Panel:
        """Return the sets as they are: unseen sets are never augmented.

        Parameters
        ----------
        X : list of arrays or array
            The sets, uniform or panel.

        Returns
        -------
        X : list of arrays or array
            The same sets.
        """
        check_is_fitted(self)
        return check_series(self, X, reset=False)

    def __sklearn_tags__(self) -> Tags:
        """Tell that two calls of ``fit_transform`` differ."""
        tags = super().__sklearn_tags__()
        tags.non_deterministic = True
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags


def augment_sets(
    augmenter: Any, X: Uniform | Panel, rng: np.random.Generator
) -> Uniform | Panel:
    """Augment checked sets, uniform or panel, by an augmenter or a Pipeline of them."""
    for step in _steps(augmenter):
        if isinstance(X, list):
            X = [step.augment(row[np.newaxis], rng)[0] for row in X]
        else:
            X = step.augment(as_3d(X), rng).reshape(X.shape)
    return X


def augment_batch(
    augmenter: Any, X: Panel, targets: NDArray[np.floating], rng: np.random.Generator
) -> tuple[Panel, NDArray[np.floating]]:
    """Augment a batch and its targets by an augmenter or a Pipeline of them.

    A target is a class distribution times the row's weight.  Only augmenters that mix
    rows (``mixes_rows``) change the targets.
    """
    for step in _steps(augmenter):
        if getattr(step, "mixes_rows", False):
            X, targets = step.augment_with_targets(X, targets, rng)
        else:
            X = step.augment(X, rng)
    return X, targets


def _steps(augmenter: Any) -> list[Any]:
    steps = [augmenter]
    if isinstance(augmenter, Pipeline):
        steps = [step for _, step in augmenter.steps if step not in (None, "passthrough")]
    for step in steps:
        if not hasattr(step, "augment"):
            raise ValueError(
                f"A Pipeline of augmenters holds nothing else, but {type(step).__name__} "
                "has no augment method. Put it in front of the classifier instead."
            )
    return steps


def float_panel(X: ArrayLike) -> Panel:
    """Return X as a panel of floats, or say that it is none."""
    panel = np.asarray(X)
    if panel.ndim != 3:
        raise ValueError(
            "X must have shape (n_sets, n_channels, n_timesteps), "
            f"got an array of shape {panel.shape}. Give a single channel as "
            "X[:, np.newaxis], a single set as X[np.newaxis]."
        )
    return panel if panel.dtype.kind == "f" else panel.astype(np.float64)
