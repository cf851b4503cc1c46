"""Mixtures of two rows and of their targets."""

from numbers import Real
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .._sklearn import Interval, validate_params
from ..validation import Panel
from ._augmenter import Augmenter, float_panel

_CONSTRAINTS: dict[str, list[Any]] = {
    "alpha": [Interval(Real, 0, None, closed="neither")],
}


@validate_params(_CONSTRAINTS, prefer_skip_nested_validation=True)
def mixup(
    X: ArrayLike, targets: ArrayLike, rng: np.random.Generator, *, alpha: float = 0.3
) -> tuple[Panel, NDArray[np.floating]]:
    """Mix sets with others, and their targets in the same shares.

    The sets are paired at random.  Of a pair a and b, one becomes ``λ a + (1 − λ) b`` and
    the other ``(1 − λ) a + λ b``, with one λ per pair from the Beta distribution of alpha
    and alpha.  So the targets of all sets together keep their sum, class by class.  If
    the number of sets is odd, one stays as it is.

    Parameters
    ----------
    X : array-like of shape (n_sets, n_channels, n_timesteps)
        The panel, in any unit.  It is not changed.
    targets : array-like of shape (n_sets, n_classes)
        Class distribution of each set, times the set's weight.  It is not changed.
    rng : numpy.random.Generator
        The source of randomness.
    alpha : float, default=0.3
        Strength of the mixing, above 0: near 0 each mixture is almost one of its two sets,
        at 1 all mixtures are equally likely, and larger values favor equal shares.

    Returns
    -------
    X_new : ndarray of shape (n_sets, n_channels, n_timesteps)
        The mixed panel, of the same dtype where X is of floats.
    targets_new : ndarray of shape (n_sets, n_classes)
        The mixed targets, of the same dtype where they are floats.

    Raises
    ------
    ValueError
        If X is not three-dimensional, the targets are not two-dimensional with one row
        for each of X, or ``alpha`` is not positive.

    References
    ----------
    H. Zhang, M. Cisse, Y. N. Dauphin, D. Lopez-Paz (2018). mixup: Beyond empirical risk
    minimization. International Conference on Learning Representations.

    Examples
    --------
    >>> import numpy as np
    >>> from sk_imu.augmentation import mixup
    >>> X = np.array([0.0, 10.0]).reshape(2, 1, 1)
    >>> targets = np.array([[1.0, 0.0], [0.0, 1.0]])
    >>> X_new, targets_new = mixup(X, targets, np.random.default_rng(0), alpha=1)
    >>> X_new[:, 0, 0].round(2)
    array([1.32, 8.68])
    >>> targets_new.round(2)
    array([[0.87, 0.13],
           [0.13, 0.87]])
    """
    panel = float_panel(X)
    weighted = np.asarray(targets)
    if weighted.ndim != 2 or len(weighted) != len(panel):
        raise ValueError(
            f"targets must have shape (n_sets, n_classes) with n_sets={len(panel)} as X, "
            f"got an array of shape {weighted.shape}: give each row's class distribution."
        )
    if weighted.dtype.kind != "f":
        weighted = weighted.astype(np.float64)
    n_pairs = len(panel) // 2
    order = rng.permutation(len(panel))
    first, second = order[:n_pairs], order[n_pairs : 2 * n_pairs]
    # Of an odd number one is left over: its own partner, with a share of 0.
    partner = np.arange(len(panel))
    partner[first], partner[second] = second, first
    share = np.zeros(len(panel))
    share[first] = share[second] = 1 - rng.beta(alpha, alpha, n_pairs)
    return (
        _mixed(panel, partner, share[:, np.newaxis, np.newaxis]),
        _mixed(weighted, partner, share[:, np.newaxis]),
    )


def _mixed(rows: Panel, partner: NDArray[np.intp], share: NDArray[np.float64]) -> Panel:
    """Return each row with its partner's share in it."""
    # In place, because temporary copies of a batch would cost more than the arithmetic.
    new = rows[partner]
    new -= rows
    new *= share.astype(rows.dtype)
    new += rows
    return new


class Mixup(Augmenter, function=mixup, constraints=_CONSTRAINTS):
    """Mix sets with others, and their labels too, as a network's ``augmenter``.

    A mixture of two sets has no single label.  So ``fit_transform`` raises an error, and
    :class:`AugmentedClassifier` cannot use it: only a network learns from soft labels.

    See Also
    --------
    RandomScale : Multiply each set by a random factor.
    CNNGRUClassifier : A network with an ``augmenter``.

    Examples
    --------
    >>> import numpy as np
    >>> from sk_imu import Mixup
    >>> X, targets = np.ones((4, 6, 200)), np.eye(4)
    >>> rng = np.random.default_rng(0)
    >>> X_new, targets_new = Mixup(alpha=1).augment_with_targets(X, targets, rng)
    >>> targets_new.sum(axis=0)
    array([1., 1., 1., 1.])
    >>> Mixup().fit_transform(X)
    Traceback (most recent call last):
    ...
    ValueError: Mixup mixes rows, and so must mix their labels. Use it as a network's ...
    """

    mixes_rows = True

    def __init__(self, *, alpha: float = 0.3, random_state: Any = None) -> None:
        self.alpha = alpha
        self.random_state = random_state

    def augment_with_targets(
        self, X: ArrayLike, targets: ArrayLike, rng: np.random.Generator
    ) -> tuple[Panel, NDArray[np.floating]]:
        """Return an augmented copy of a panel and of its targets.

        Parameters
        ----------
        X : array-like of shape (n_sets, n_channels, n_timesteps)
            The panel.  It is not changed.
        targets : array-like of shape (n_sets, n_classes)
            Class distribution of each set, times the set's weight.  It is not changed.
        rng : numpy.random.Generator
            The source of randomness; ``random_state`` is not used.

        Returns
        -------
        X_new : ndarray of shape (n_sets, n_channels, n_timesteps)
            The augmented panel, of the same dtype where X is of floats.
        targets_new : ndarray of shape (n_sets, n_classes)
            Its targets, of the same dtype where they are floats.
        """
        return self._function(X, targets, rng, **self._function_parameters())
