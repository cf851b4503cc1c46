"""Random coefficients at random timesteps."""

from numbers import Real
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from .._sklearn import Interval, validate_params
from ..validation import Panel
from ._augmenter import Augmenter, float_panel

_CONSTRAINTS: dict[str, list[Any]] = {
    "fraction": [Interval(Real, 0, 1, closed="both")],
    "low": [Interval(Real, None, None, closed="neither")],
    "high": [Interval(Real, None, None, closed="neither")],
    "per_channel": ["boolean"],
}


@validate_params(_CONSTRAINTS, prefer_skip_nested_validation=True)
def multiplicative_noise(
    X: ArrayLike,
    rng: np.random.Generator,
    *,
    fraction: float = 0.3,
    low: float = 0.8,
    high: float = 1.1,
    per_channel: bool = False,
) -> Panel:
    """Multiply randomly chosen timesteps of each set by random coefficients.

    Parameters
    ----------
    X : array-like of shape (n_sets, n_channels, n_timesteps)
        The panel, in any unit.  It is not changed.
    rng : numpy.random.Generator
        The source of randomness.
    fraction : float, default=0.3
        Share of the timesteps that are changed, in [0, 1]: exactly
        ``round(fraction * n_timesteps)`` distinct timesteps of each set.
    low : float, default=0.8
        Lower bound of the uniformly distributed coefficients.
    high : float, default=1.1
        Upper bound of the coefficients.
    per_channel : bool, default=False
        Whether each channel has its own timesteps and coefficients.  By default one
        coefficient per timestep is shared by all channels.

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
    panel = float_panel(X)
    n_sets, n_channels, n_timesteps = panel.shape
    # A fixed share of each set, as in Zhang et al. (2024), not a chance per timestep.
    n_changed = round(fraction * n_timesteps)
    # One coefficient for all channels keeps the direction of each vector.
    rows = (n_sets, n_channels if per_channel else 1)
    # The positions of the smallest of n_timesteps random numbers are a draw without
    # replacement, made for all rows at once. float32 is enough for an order, and quicker.
    order = rng.random((*rows, n_timesteps), dtype=np.float32).argsort(axis=-1)
    # In the dtype of X, or float32 sets would come out as float64.
    coefficients = np.ones((*rows, n_timesteps), dtype=panel.dtype)
    np.put_along_axis(
        coefficients,
        order[..., :n_changed],
        rng.uniform(low, high, (*rows, n_changed)).astype(panel.dtype),
        axis=-1,
    )
    return panel * coefficients


class MultiplicativeNoise(
    Augmenter, function=multiplicative_noise, constraints=_CONSTRAINTS
):
    """Multiply randomly chosen timesteps of each set by random coefficients.

    See Also
    --------
    RandomSubsequence : Stretch a random part of each set.
    AugmentedClassifier : Add augmented copies to any classifier's training sets.

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
