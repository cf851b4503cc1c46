"""The base class of augmenters, and how a Pipeline of them is applied."""

import inspect
from collections.abc import Callable
from inspect import cleandoc
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.pipeline import Pipeline
from sklearn.utils import Tags, check_random_state
from sklearn.utils.validation import check_is_fitted

from .._atomic import fit_context
from ..recording import signal_of, with_signal
from ..validation import Panel, SeriesOutputMixin, Uniform, as_3d, check_series, like_input

_EFFECT = """\
``fit_transform`` augments the training sets; ``transform`` changes nothing.
"""
# The docstrings of all augmenters end with this, after their descriptions.
_SECTIONS = """\
{effect}:func:`sk_imu.augmentation.{function}` describes how in detail.

Parameters
----------
{parameters}
random_state : int, RandomState instance or None, default=None
    Seed of ``fit_transform``; ``augment`` is given a generator.

Attributes
----------
n_channels_in_ : int
    Number of channels.
n_features_in_ : int
    Number of channels, or of timesteps where X is 2-D.

Raises
------
ValueError
    If a parameter or the sets are invalid; the cases are those of
    :func:`sk_imu.augmentation.{function}`.

See Also
--------
"""


class Augmenter(SeriesOutputMixin, TransformerMixin, BaseEstimator):
    """Augments in ``fit_transform`` and nowhere else.

    A new augmenter has a file of its own: a pure function of a panel and a generator, and
    a class that names this function and holds its keyword parameters and
    ``random_state``.  The parameters are documented and constrained at the function only.
    """

    #: Whether rows are mixed, so that ``augment_with_targets(X, targets, rng)`` takes the
    #: place of ``augment``.
    mixes_rows: ClassVar[bool] = False

    _function: ClassVar[Callable[..., Any]]
    _keywords: ClassVar[tuple[str, ...]] = ()
    _parameter_constraints: ClassVar[dict[str, Any]] = {"random_state": ["random_state"]}
    random_state: Any

    def __init_subclass__(
        cls,
        *,
        function: Callable[..., Any] | None = None,
        constraints: dict[str, Any] | None = None,
        **options: Any,
    ) -> None:
        """Take constraints and documentation of the parameters from the function."""
        super().__init_subclass__(**options)
        # Once, because every batch of a training needs them.
        keywords = inspect.signature(cls).parameters
        cls._keywords = tuple(name for name in keywords if name != "random_state")
        if function is None:
            return
        cls._function = staticmethod(function)
        cls._parameter_constraints = {**(constraints or {}), **cls._parameter_constraints}
        if cls.__doc__ and function.__doc__:  # python -OO strips both
            # What follows X and rng, whose description ends so in every function, up to
            # the next section.
            _, _, parameters = cleandoc(function.__doc__).partition("of randomness.\n")
            sections = _SECTIONS.format(
                effect="" if cls.mixes_rows else _EFFECT,
                parameters=parameters.partition("\n\n")[0],
                function=function.__name__,
            )
            cls.__doc__ = cleandoc(cls.__doc__).replace("See Also\n--------\n", sections)

    def augment(self, X: ArrayLike, rng: np.random.Generator) -> Panel:
        """Return an augmented copy of a panel.

        Parameters
        ----------
        X : array-like of shape (n_sets, n_channels, n_timesteps)
            The panel.  It is not changed.
        rng : numpy.random.Generator
            The source of randomness; ``random_state`` is not used.

        Returns
        -------
        X_new : ndarray of shape (n_sets, n_channels, n_timesteps)
            The augmented panel, of the same dtype where X is of floats.
        """
        if self.mixes_rows:
            name = type(self).__name__
            raise ValueError(
                f"{name} mixes rows, and so must mix their labels. Use it as a network's "
                f"augmenter, as in CNNClassifier(augmenter={name}()), or call "
                "augment_with_targets."
            )
        return self._function(X, rng, **self._function_parameters())

    def _function_parameters(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self._keywords}

    @fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: Any, y: Any = None) -> Any:
        """Check the parameters and the input; nothing is learned.

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
            The training sets, uniform or panel.  They are not changed.
        y : None
            Ignored.

        Returns
        -------
        X_new : list of arrays or array
            The augmented sets, in the state and shape of X.
        """
        series = check_series(self, X, reset=True)
        # scikit-learn's users seed by RandomState, but the functions draw from the newer
        # Generator, which also draws float32.
        seed = check_random_state(self.random_state).randint(np.iinfo(np.int32).max)
        rng = np.random.default_rng(seed)
        return augment_sets(self, like_input(self, series), rng)

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
        return like_input(self, check_series(self, X, reset=False))

    def __sklearn_tags__(self) -> Tags:
        """Declare that two calls of ``fit_transform`` differ."""
        tags = super().__sklearn_tags__()
        tags.non_deterministic = True
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags


def augment_sets(
    augmenter: Any, X: Uniform | Panel, rng: np.random.Generator
) -> Uniform | Panel:
    """Augment checked sets, uniform or panel, by an augmenter or a Pipeline of them."""
    for step in _steps(augmenter):
        # One by one, because sets of different lengths make no panel.
        if isinstance(X, list):
            X = [_augmented(step, row[np.newaxis], rng)[0] for row in X]
        elif X.ndim == 2:
            X = step.augment(as_3d(X), rng)[:, 0]
        else:
            X = _augmented(step, X, rng)
    return X


def _augmented(step: Any, X: Panel, rng: np.random.Generator) -> Panel:
    """Augment a panel by one step, keeping the names and the rate of its channels."""
    names, rate_hz = signal_of(X, name=type(step).__name__)
    return with_signal(step.augment(X, rng), names, rate_hz)


def augment_batch(
    augmenter: Any, X: Panel, targets: NDArray[np.floating], rng: np.random.Generator
) -> tuple[Panel, NDArray[np.floating]]:
    """Augment a batch and its targets by an augmenter or a Pipeline of them.

    A target is a class distribution times the row's weight.  Only augmenters that mix
    rows (``mixes_rows``) change the targets.
    """
    for step in _steps(augmenter):
        # A third-party augmenter needs only ``augment``.
        if getattr(step, "mixes_rows", False):
            names, rate_hz = signal_of(X, name=type(step).__name__)
            X, targets = step.augment_with_targets(X, targets, rng)
            X = with_signal(X, names, rate_hz)
        else:
            X = _augmented(step, X, rng)
    return X, targets


def _steps(augmenter: Any) -> list[Any]:
    steps = [augmenter]
    if isinstance(augmenter, Pipeline):
        steps = [step for _, step in augmenter.steps if step not in (None, "passthrough")]
    for step in steps:
        if not hasattr(step, "augment"):
            raise ValueError(
                "A Pipeline used as an augmenter must hold only augmenters, but "
                f"{type(step).__name__} has no augment method. Put it in front of the "
                "classifier instead."
            )
    return steps


def float_panel(X: ArrayLike) -> Panel:
    """Return X as a panel of floats, or raise an error if it is not a panel."""
    panel = np.asarray(X)
    if panel.ndim != 3:
        raise ValueError(
            "X must have shape (n_sets, n_channels, n_timesteps), "
            f"got an array of shape {panel.shape}. Give a single channel as "
            "X[:, np.newaxis], a single set as X[np.newaxis]."
        )
    return panel if panel.dtype.kind == "f" else panel.astype(np.float64)
