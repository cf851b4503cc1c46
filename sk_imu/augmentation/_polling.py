"""Lower rates, as of slow or rarely polled sensors."""

from numbers import Real
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike

from .._sklearn import Interval, StrOptions, validate_params
from ..recording import signal_of
from ..validation import DEFAULT_RATE_HZ, Panel
from ._augmenter import Augmenter, float_panel
from ._positions import values_at

_CONSTRAINTS: dict[str, list[Any]] = {
    "low_hz": [Interval(Real, 0, None, closed="neither")],
    "high_hz": [Interval(Real, 0, None, closed="neither")],
    "probability": [Interval(Real, 0, 1, closed="both")],
    "sampling_rate_hz": [Interval(Real, 0, None, closed="neither"), None],
    "fill": [StrOptions({"hold", "linear"})],
}


@validate_params(_CONSTRAINTS, prefer_skip_nested_validation=True)
def lower_rate(
    X: ArrayLike,
    rng: np.random.Generator,
    *,
    low_hz: float = 4.0,
    high_hz: float = 25.0,
    probability: float = 0.5,
    sampling_rate_hz: float | None = None,
    fill: Literal["hold", "linear"] = "hold",
) -> Panel:
    """Read randomly chosen sets at a random lower rate, as from a slow sensor.

    The logarithm of the rate is uniformly distributed, and so is the time of the first
    reading within one period.  A reading is the value at the first timestep after its
    time.  The number of timesteps stays; all channels of a set are read at once.

    Parameters
    ----------
    X : array-like of shape (n_sets, n_channels, n_timesteps)
        The panel, in any unit.  It is not changed.
    rng : numpy.random.Generator
        The source of randomness.
    low_hz : float, default=4.0
        Lowest rate in hertz.
    high_hz : float, default=25.0
        Highest rate in hertz, at most that of X.
    probability : float, default=0.5
        Probability that a set is changed.
    sampling_rate_hz : float, default=None
        Rate of X in hertz. None takes the rate that X has as a
        :class:`sk_imu.SignalArray`, or 50 if X has none.
    fill : {"hold", "linear"}, default="hold"
        Values between two readings: the last reading until the next one, as a
        polled sensor reports it, or a straight line, as :class:`sk_imu.Resampler` draws
        it.

    Returns
    -------
    X_new : ndarray of shape (n_sets, n_channels, n_timesteps)
        The augmented panel, of the same dtype where X is of floats.

    Raises
    ------
    ValueError
        If X is not three-dimensional, ``low_hz <= high_hz <= sampling_rate_hz`` does not
        hold, or a parameter is out of its range.

    Notes
    -----
    A set's first timestep counts as read, and for straight lines its last one, too.
    Nothing is filtered before the readings, as in a phone that is polled rarely: fast
    movements appear as slow ones.

    Examples
    --------
    >>> import numpy as np
    >>> from sk_imu.augmentation import lower_rate
    >>> ramp = np.arange(10.0).reshape(1, 1, 10)
    >>> rates = {"low_hz": 12.5, "high_hz": 12.5, "probability": 1}
    >>> lower_rate(ramp, np.random.default_rng(0), **rates)[0, 0]
    array([0., 1., 1., 1., 1., 5., 5., 5., 5., 9.])
    """
    if sampling_rate_hz is None:
        sampling_rate_hz = signal_of(X, name="LowerRate")[1] or DEFAULT_RATE_HZ
    # Above the rate of X, every timestep would be read, and nothing would change.
    if not low_hz <= high_hz <= sampling_rate_hz:
        raise ValueError(
            f"low_hz={low_hz:g}, high_hz={high_hz:g} and sampling_rate_hz="
            f"{sampling_rate_hz:g} must not decrease in this order: give low_hz <= "
            "high_hz, and high_hz at most the rate of X."
        )
    panel = float_panel(X)
    n_sets, _, n_timesteps = panel.shape
    # Only the chosen rows are drawn for and computed.
    changed = np.flatnonzero(rng.random(n_sets) < probability)
    n_changed = (len(changed), 1)
    # Uniform in the logarithm, or slow rates would be rare.
    period = sampling_rate_hz / np.exp(
        rng.uniform(np.log(low_hz), np.log(high_hz), n_changed)
    )
    # Readings do not begin with the set.
    phase = rng.random(n_changed)
    timesteps = np.arange(n_timesteps)
    reading = np.floor(timesteps / period - phase)
    # Clipped, because rounding must not take a reading from the future.
    last = np.ceil((reading + phase) * period).clip(0, timesteps).astype(np.intp)
    new = panel.copy()
    rows = panel[changed]
    if fill == "hold":
        new[changed] = values_at(rows, last)
        return new
    end = n_timesteps - 1
    following = np.ceil((reading + 1 + phase) * period).clip(0, end).astype(np.intp)
    # At the end of a set both may be its last timestep.
    weight = (timesteps - last) / np.maximum(following - last, 1)
    before, after = values_at(rows, last), values_at(rows, following)
    new[changed] = before + (after - before) * weight.astype(panel.dtype)[:, np.newaxis]
    return new


class LowerRate(Augmenter, function=lower_rate, constraints=_CONSTRAINTS):
    """Read randomly chosen sets at a random lower rate, as from a slow sensor.

    Some phones report 50 values a second, only every tenth of which is new.

    See Also
    --------
    Resampler : Bring recordings onto one rate.
    SpeedChange : Play each set faster or slower.

    Examples
    --------
    >>> import numpy as np
    >>> from sk_imu import LowerRate
    >>> X = np.random.default_rng(0).normal(size=(1, 6, 200))
    >>> slow = LowerRate(low_hz=5, high_hz=5, probability=1, random_state=0)
    >>> len(np.unique(slow.fit_transform(X)[0, 0]))
    21
    """

    def __init__(
        self,
        *,
        low_hz: float = 4.0,
        high_hz: float = 25.0,
        probability: float = 0.5,
        sampling_rate_hz: float | None = None,
        fill: Literal["hold", "linear"] = "hold",
        random_state: Any = None,
    ) -> None:
        self.low_hz = low_hz
        self.high_hz = high_hz
        self.probability = probability
        self.sampling_rate_hz = sampling_rate_hz
        self.fill = fill
        self.random_state = random_state
