"""Make learning rows that differ a little from the recorded ones.

Each method is a pure function of a panel and a random generator, with a thin
transformer around it.  Only what is learnt from is augmented: ``fit_transform``
augments, ``transform`` leaves its input as it is, and the networks call ``augment`` on
each batch of their training loop.
"""

from abc import abstractmethod
from numbers import Real
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator, TransformerMixin, _fit_context
from sklearn.pipeline import Pipeline
from sklearn.utils import Tags, check_random_state
from sklearn.utils._param_validation import Interval, validate_params
from sklearn.utils.validation import check_is_fitted

from .validation import Panel, SeriesOutputMixin, Uniform, as_3d, check_series

__all__ = [
    "MultiplicativeNoise",
    "RandomSubsequence",
    "multiplicative_noise",
    "random_subsequence",
]

_NOISE_CONSTRAINTS: dict[str, list[Any]] = {
    "fraction": [Interval(Real, 0, 1, closed="both")],
    "low": [Interval(Real, None, None, closed="neither")],
    "high": [Interval(Real, None, None, closed="neither")],
    "per_channel": ["boolean"],
}
_SUBSEQUENCE_CONSTRAINTS: dict[str, list[Any]] = {
    "min_fraction": [Interval(Real, 0, 1, closed="right")],
}


@validate_params(_NOISE_CONSTRAINTS, prefer_skip_nested_validation=True)
def multiplicative_noise(
    X: ArrayLike,
    rng: np.random.Generator,
    *,
    fraction: float = 0.3,
    low: float = 0.8,
    high: float = 1.1,
    per_channel: bool = False,
) -> Panel:
    """Multiply randomly chosen timesteps by random coefficients.

    Parameters
    ----------
    X : array-like of shape (n_sets, n_channels, n_timesteps)
        The panel, in any unit.  It is not changed.
    rng : numpy.random.Generator
        The source of randomness.
    fraction : float, default=0.3
        Share of the timesteps that are changed, in [0, 1]: exactly
        ``round(fraction * n_timesteps)`` distinct timesteps of each row.
    low : float, default=0.8
        Lower bound of the uniformly distributed coefficients.
    high : float, default=1.1
        Upper bound of the coefficients.
    per_channel : bool, default=False
        Whether each channel has its own timesteps and coefficients.  By default one
        coefficient a timestep is shared by all channels.

    Returns
    -------
    X_new : ndarray of shape (n_sets, n_channels, n_timesteps)
        The augmented panel, of the same dtype where X is of floats.

    Raises
    ------
    ValueError
        If X is not three-dimensional, ``low`` exceeds ``high``, or a parameter is out
        of its range.

    References
    ----------
    .. [1] Zhang, Lau and Zhu (2024). "Advanced Exercise Classification with a Hybrid
       CNN-GRU Model: Utilising IMU Data from Cell Phones".

    Examples
    --------
    >>> import numpy as np
    >>> from sk_imu.augmentation import multiplicative_noise
    >>> X = np.ones((2, 6, 10))
    >>> noisy = multiplicative_noise(X, np.random.default_rng(0))
    >>> (noisy != X).sum(axis=2)
    array([[3, 3, 3, 3, 3, 3],
           [3, 3, 3, 3, 3, 3]])
    """
    if low > high:
        raise ValueError(f"low={low} exceeds high={high}: give low <= high.")
    panel = _float_panel(X)
    n_sets, n_channels, n_timesteps = panel.shape
    n_changed = round(fraction * n_timesteps)
    rows = (n_sets, n_channels if per_channel else 1)
    # The places of the smallest of n_timesteps random numbers are a draw without
    # replacement, made for all rows at once.
    order = rng.random((*rows, n_timesteps), dtype=np.float32).argsort(axis=-1)
    coefficients = np.ones((*rows, n_timesteps), dtype=panel.dtype)
    np.put_along_axis(
        coefficients,
        order[..., :n_changed],
        rng.uniform(low, high, (*rows, n_changed)).astype(panel.dtype),
        axis=-1,
    )
    return panel * coefficients


@validate_params(_SUBSEQUENCE_CONSTRAINTS, prefer_skip_nested_validation=True)
def random_subsequence(
    X: ArrayLike, rng: np.random.Generator, *, min_fraction: float = 0.5
) -> Panel:
    """Cut a random part out of each row and stretch it back to the row's length.

    The part's duration is uniformly distributed between ``min_fraction`` and 1 times
    that of the row, its start over all starts that leave room for it; start and end may
    lie between two samples.  Values between samples are interpolated linearly.  All
    channels of a row are cut alike.

    Parameters
    ----------
    X : array-like of shape (n_sets, n_channels, n_timesteps)
        The panel, in any unit.  It is not changed.
    rng : numpy.random.Generator
        The source of randomness.
    min_fraction : float, default=0.5
        Shortest part, as a share of the row's duration, in (0, 1].

    Returns
    -------
    X_new : ndarray of shape (n_sets, n_channels, n_timesteps)
        The augmented panel, of the same dtype where X is of floats.

    Raises
    ------
    ValueError
        If X is not three-dimensional or ``min_fraction`` is out of its range.

    References
    ----------
    .. [1] Zhang, Lau and Zhu (2024). "Advanced Exercise Classification with a Hybrid
       CNN-GRU Model: Utilising IMU Data from Cell Phones".

    Examples
    --------
    >>> import numpy as np
    >>> from sk_imu.augmentation import random_subsequence
    >>> ramp = np.arange(5.0).reshape(1, 1, 5)
    >>> random_subsequence(ramp, np.random.default_rng(0)).round(2)
    array([[[0.2 , 1.01, 1.83, 2.65, 3.47]]])
    """
    panel = np.ascontiguousarray(_float_panel(X))
    n_sets, n_channels, n_timesteps = panel.shape
    if n_timesteps == 1:
        return panel.copy()
    last = n_timesteps - 1
    duration = rng.uniform(min_fraction, 1, n_sets) * last
    start = rng.random(n_sets) * (last - duration)
    position = start[:, None] + duration[:, None] * np.linspace(0, 1, n_timesteps)
    left = np.minimum(position.astype(np.intp), last - 1)
    weight = (position - left).astype(panel.dtype)
    # One channel at a time keeps the work in the processor's cache: several times
    # faster than the whole panel at once.
    left += np.arange(n_sets)[:, None] * n_channels * n_timesteps
    flat = panel.reshape(-1)
    new = np.empty_like(panel)
    for channel in range(n_channels):
        here = flat[channel * n_timesteps :]
        before = here.take(left)
        step = here[1:].take(left)
        step -= before
        step *= weight
        np.add(before, step, out=new[:, channel])
    return new


class _Augmenter(SeriesOutputMixin, TransformerMixin, BaseEstimator):
    """Augments in ``fit_transform`` and nowhere else.

    A new augmenter writes ``_augment`` and its parameters, ``random_state`` among them.
    """

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

    @_fit_context(prefer_skip_nested_validation=True)
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

    @_fit_context(prefer_skip_nested_validation=True)
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


class MultiplicativeNoise(_Augmenter):
    """Multiply randomly chosen timesteps of each set by random coefficients.

    ``fit_transform`` augments the sets to learn from; ``transform`` changes nothing.
    :func:`sk_imu.augmentation.multiplicative_noise` gives the reference.

    Parameters
    ----------
    fraction : float, default=0.3
        Share of the timesteps that are changed, in [0, 1]: exactly
        ``round(fraction * n_timesteps)`` distinct timesteps of each set.
    low : float, default=0.8
        Lower bound of the uniformly distributed coefficients.
    high : float, default=1.1
        Upper bound of the coefficients.
    per_channel : bool, default=False
        Whether each channel has its own timesteps and coefficients.  By default one
        coefficient a timestep is shared by all channels.
    random_state : int, RandomState instance or None, default=None
        Seed of ``fit_transform``.

    Attributes
    ----------
    n_channels_in_ : int
        Number of channels.
    n_features_in_ : int
        Number of channels, or of timesteps where X is 2-D.

    Raises
    ------
    ValueError
        If a parameter is out of its range or ``low`` exceeds ``high``.

    See Also
    --------
    RandomSubsequence : Stretch a random part of each set.
    AugmentedClassifier : Add augmented copies to what any classifier learns from.

    Examples
    --------
    >>> import numpy as np
    >>> from sk_imu import MultiplicativeNoise
    >>> X = np.ones((4, 6, 200))
    >>> noise = MultiplicativeNoise(random_state=0)
    >>> int((noise.fit_transform(X) != X)[0, 0].sum())
    60
    >>> bool((noise.transform(X) == X).all())
    True
    """

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        **_NOISE_CONSTRAINTS,
        **_Augmenter._parameter_constraints,
    }

    def __init__(
        self,
        *,
        fraction: float = 0.3,
        low: float = 0.8,
        high: float = 1.1,
        per_channel: bool = False,
        random_state: Any = None,
    ) -> None:
        self.fraction = fraction
        self.low = low
        self.high = high
        self.per_channel = per_channel
        self.random_state = random_state

    def _augment(self, X: ArrayLike, rng: np.random.Generator) -> Panel:
        return multiplicative_noise(
            X,
            rng,
            fraction=self.fraction,
            low=self.low,
            high=self.high,
            per_channel=self.per_channel,
        )


class RandomSubsequence(_Augmenter):
    """Cut a random part out of each set and stretch it back to the set's length.

    ``fit_transform`` augments the sets to learn from; ``transform`` changes nothing.
    :func:`sk_imu.augmentation.random_subsequence` tells how the part is drawn and gives
    the reference.

    Parameters
    ----------
    min_fraction : float, default=0.5
        Shortest part, as a share of the set's duration, in (0, 1].
    random_state : int, RandomState instance or None, default=None
        Seed of ``fit_transform``.

    Attributes
    ----------
    n_channels_in_ : int
        Number of channels.
    n_features_in_ : int
        Number of channels, or of timesteps where X is 2-D.

    Raises
    ------
    ValueError
        If ``min_fraction`` is out of its range.

    See Also
    --------
    MultiplicativeNoise : Multiply random timesteps by random coefficients.
    AugmentedClassifier : Add augmented copies to what any classifier learns from.

    Examples
    --------
    >>> import numpy as np
    >>> from sk_imu import RandomSubsequence
    >>> sets = [np.ones((6, 947)), np.ones((6, 2618))]
    >>> [row.shape for row in RandomSubsequence(random_state=0).fit_transform(sets)]
    [(6, 947), (6, 2618)]
    """

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        **_SUBSEQUENCE_CONSTRAINTS,
        **_Augmenter._parameter_constraints,
    }

    def __init__(self, *, min_fraction: float = 0.5, random_state: Any = None) -> None:
        self.min_fraction = min_fraction
        self.random_state = random_state

    def _augment(self, X: ArrayLike, rng: np.random.Generator) -> Panel:
        return random_subsequence(X, rng, min_fraction=self.min_fraction)


def augment_sets(
    augmenter: Any, X: Uniform | Panel, rng: np.random.Generator
) -> Uniform | Panel:
    """Augment checked sets, uniform or panel, by an augmenter or a Pipeline of them."""
    steps = [augmenter]
    if isinstance(augmenter, Pipeline):
        steps = [step for _, step in augmenter.steps if step not in (None, "passthrough")]
    for step in steps:
        if not hasattr(step, "augment"):
            raise ValueError(
                f"A Pipeline of augmenters holds nothing else, but {type(step).__name__} "
                "has no augment method. Put it in front of the classifier instead."
            )
        if isinstance(X, list):
            X = [step.augment(row[np.newaxis], rng)[0] for row in X]
        else:
            X = step.augment(as_3d(X), rng).reshape(X.shape)
    return X


def _float_panel(X: ArrayLike) -> Panel:
    panel = np.asarray(X)
    if panel.ndim != 3:
        raise ValueError(
            "X must have shape (n_sets, n_channels, n_timesteps), "
            f"got an array of shape {panel.shape}."
        )
    return panel if panel.dtype.kind == "f" else panel.astype(np.float64)
