"""Random changes of the amplitude of movements."""

from numbers import Real
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from .._sklearn import Interval, validate_params
from ..validation import Panel
from ._augmenter import Augmenter, float_panel

_CONSTRAINTS: dict[str, list[Any]] = {
    "max_change": [Interval(Real, 0, None, closed="left")],
}


@validate_params(_CONSTRAINTS, prefer_skip_nested_validation=True)
def random_scale(
    X: ArrayLike, rng: np.random.Generator, *, max_change: float = 0.2
) -> Panel:
    """Multiply each set by a random factor, as if the person moved more or less.

    One factor per set, for all channels and timesteps.  Its logarithm is uniformly
    distributed, so that halving is as likely as doubling.

    Parameters
    ----------
    X : array-like of shape (n_sets, n_channels, n_timesteps)
        The panel, in any unit.  It is not changed.
    rng : numpy.random.Generator
        The source of randomness.
    max_change : float, default=0.2
        The factor lies between 1 / (1 + max_change) and 1 + max_change.

    Returns
    -------
    X_new : ndarray of shape (n_sets, n_channels, n_timesteps)
        The augmented panel, of the same dtype where X is of floats.

    Raises
    ------
    ValueError
        If X is not three-dimensional or ``max_change`` is negative.

    Notes
    -----
    Channels that include gravity are multiplied, too, although no movement changes
    gravity: prefer Accelerometer, which excludes it.

    References
    ----------
    T. T. Um et al. (2017). Data augmentation of wearable sensor data for Parkinson's
    disease monitoring using convolutional neural networks. 19th ACM International
    Conference on Multimodal Interaction, 216-220.

    Examples
    --------
    >>> import numpy as np
    >>> from sk_imu.augmentation import random_scale
    >>> X = np.ones((3, 1, 2))
    >>> random_scale(X, np.random.default_rng(0))[:, 0].round(3)
    array([[1.051, 1.051],
           [0.919, 0.919],
           [0.846, 0.846]])
    """
    panel = float_panel(X)
    # Uniform in the logarithm, or sets would become larger on average.
    bound = np.log1p(max_change)
    # One for all channels, so that vectors keep their direction, and sensors their ratio.
    factors = np.exp(rng.uniform(-bound, bound, (len(panel), 1, 1)))
    return panel * factors.astype(panel.dtype)


class RandomScale(Augmenter, function=random_scale, constraints=_CONSTRAINTS):
    """Multiply each set by a random factor, as if the person moved more or less.

    See Also
    --------
    SpeedChange : Play each set faster or slower.
    MultiplicativeNoise : Multiply random timesteps by random coefficients.

    Examples
    --------
    >>> import numpy as np
    >>> from sk_imu import RandomScale
    >>> sets = [np.ones((6, 947)), np.ones((6, 2618))]
    >>> scaled = RandomScale(random_state=0).fit_transform(sets)
    >>> [float(row.max().round(3)) for row in scaled]
    [0.958, 0.946]
    """

    def __init__(self, *, max_change: float = 0.2, random_state: Any = None) -> None:
        self.max_change = max_change
        self.random_state = random_state
