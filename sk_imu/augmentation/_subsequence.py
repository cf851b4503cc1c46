"""A random part of each set, stretched to its length."""

from numbers import Real
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from .._sklearn import Interval, validate_params
from ..validation import Panel
from ._augmenter import Augmenter, float_panel
from ._positions import values_between

_CONSTRAINTS: dict[str, list[Any]] = {
    "min_fraction": [Interval(Real, 0, 1, closed="right")],
}


@validate_params(_CONSTRAINTS, prefer_skip_nested_validation=True)
def random_subsequence(
    X: ArrayLike, rng: np.random.Generator, *, min_fraction: float = 0.5
) -> Panel:
    """Cut a random part out of each set and stretch it back to the set's length.

    The part's duration is uniformly distributed between ``min_fraction`` and 1 times
    that of the set, its start over all starts that leave room for it; start and end may
    lie between two samples.  Values between samples are interpolated linearly.  All
    channels of a set are cut alike.

    Parameters
    ----------
    X : array-like of shape (n_sets, n_channels, n_timesteps)
        The panel, in any unit.  It is not changed.
    rng : numpy.random.Generator
        The source of randomness.
    min_fraction : float, default=0.5
        Shortest part, as a share of the set's duration, in (0, 1].

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
    panel = float_panel(X)
    n_sets, _, n_timesteps = panel.shape
    if n_timesteps == 1:  # which has no duration to cut from
        return panel.copy()
    last = n_timesteps - 1
    duration = rng.uniform(min_fraction, 1, n_sets) * last
    start = rng.random(n_sets) * (last - duration)
    position = start[:, None] + duration[:, None] * np.linspace(0, 1, n_timesteps)
    return values_between(panel, position)


class RandomSubsequence(Augmenter, function=random_subsequence, constraints=_CONSTRAINTS):
    """Cut a random part out of each set and stretch it back to the set's length.

    See Also
    --------
    MultiplicativeNoise : Multiply random timesteps by random coefficients.
    AugmentedClassifier : Add augmented copies to any classifier's training sets.

    Examples
    --------
    >>> import numpy as np
    >>> from sk_imu import RandomSubsequence
    >>> sets = [np.ones((6, 947)), np.ones((6, 2618))]
    >>> [row.shape for row in RandomSubsequence(random_state=0).fit_transform(sets)]
    [(6, 947), (6, 2618)]
    """

    def __init__(self, *, min_fraction: float = 0.5, random_state: Any = None) -> None:
        self.min_fraction = min_fraction
        self.random_state = random_state
