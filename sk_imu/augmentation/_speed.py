"""Random changes of the speed of movements."""

from numbers import Real
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from .._sklearn import Interval, validate_params
from ..validation import Panel
from ._augmenter import Augmenter, float_panel
from ._positions import values_between

_CONSTRAINTS: dict[str, list[Any]] = {
    "low": [Interval(Real, 0, None, closed="neither")],
    "high": [Interval(Real, 0, None, closed="neither")],
}


@validate_params(_CONSTRAINTS, prefer_skip_nested_validation=True)
def speed_change(
    X: ArrayLike, rng: np.random.Generator, *, low: float = 0.8, high: float = 1.25
) -> Panel:
    """Play each set faster or slower about a random point in time.

    The logarithm of the speed is uniformly distributed, and so is the point that keeps its
    time. Values between timesteps are interpolated linearly; all channels of a set are
    played in the same way. The number of timesteps does not change: a slower set loses its
    ends, and a faster one, which is over too early, wraps around: its beginning follows its
    end, one timestep later, and its end precedes its beginning.

    Parameters
    ----------
    X : array-like of shape (n_sets, n_channels, n_timesteps)
        The panel, in any unit.  It is not changed.
    rng : numpy.random.Generator
        The source of randomness.
    low : float, default=0.8
        Lowest speed, above 0; 1 is the speed of X.
    high : float, default=1.25
        Highest speed.

    Returns
    -------
    X_new : ndarray of shape (n_sets, n_channels, n_timesteps)
        The augmented panel, of the same dtype where X is of floats.

    Raises
    ------
    ValueError
        If X is not three-dimensional, ``low`` exceeds ``high``, or one of them is not
        positive.

    Notes
    -----
    Only time changes.  A person who moves faster also accelerates more: combine it with
    :func:`random_scale`.

    References
    ----------
    T. T. Um et al. (2017). Data augmentation of wearable sensor data for Parkinson's
    disease monitoring using convolutional neural networks. 19th ACM International
    Conference on Multimodal Interaction, 216-220.

    Examples
    --------
    >>> import numpy as np
    >>> from sk_imu.augmentation import speed_change
    >>> ramp = np.arange(8.0).reshape(1, 1, 8)
    >>> speed_change(ramp, np.random.default_rng(0), low=0.5, high=0.5)[0, 0].round(2)
    array([0.94, 1.44, 1.94, 2.44, 2.94, 3.44, 3.94, 4.44])
    >>> speed_change(ramp, np.random.default_rng(0), low=2, high=2)[0, 0].round(2)
    array([6.11, 0.11, 2.11, 4.11, 6.11, 0.11, 2.11, 4.11])
    """
    if low > high:
        raise ValueError(f"low={low} exceeds high={high}: give low <= high.")
    panel = float_panel(X)
    n_sets, _, n_timesteps = panel.shape
    speed = np.exp(rng.uniform(np.log(low), np.log(high), (n_sets, 1)))
    centre = rng.random((n_sets, 1)) * (n_timesteps - 1)
    position = centre + speed * (np.arange(n_timesteps) - centre)
    # A set repeats a movement, so starting over continues it; only at the seam may a
    # repetition be cut short. A mirror image in time would have no seam, but a movement
    # played backwards is another exercise: inward and outward rotation differ only in
    # that. Holding the last value would show a person who stands still.
    # The first timestep is repeated after the last, so that positions in the seam lie
    # between two values, too.
    round_trip = np.concatenate([panel, panel[..., :1]], axis=-1)
    return values_between(round_trip, position % n_timesteps)


class SpeedChange(Augmenter, function=speed_change, constraints=_CONSTRAINTS):
    """Play each set faster or slower.

    Every set keeps its number of timesteps.

    See Also
    --------
    RandomSubsequence : Only ever slower: stretch a random part of each set.
    RandomScale : Multiply each set by a random factor.

    Examples
    --------
    >>> import numpy as np
    >>> from sk_imu import SpeedChange
    >>> sets = [np.ones((6, 947)), np.ones((6, 2618))]
    >>> [row.shape for row in SpeedChange(random_state=0).fit_transform(sets)]
    [(6, 947), (6, 2618)]
    """

    def __init__(
        self, *, low: float = 0.8, high: float = 1.25, random_state: Any = None
    ) -> None:
        self.low = low
        self.high = high
        self.random_state = random_state
