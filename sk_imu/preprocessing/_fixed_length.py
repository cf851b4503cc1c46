"""Bring uniformly sampled sets to one length."""

from numbers import Integral
from typing import Any, ClassVar, Literal

import numpy as np
from scipy import signal
from scipy.interpolate import CubicSpline
from sklearn.utils.validation import check_is_fitted

from .._sklearn import Interval, StrOptions
from ..recording import with_signal
from ..validation import (
    Panel,
    SeriesOutputMixin,
    SeriesTransformer,
    as_3d,
    check_series,
)
from ._interpolation import interpolate


class FixedLength(SeriesOutputMixin, SeriesTransformer):
    """Stretch or shrink each set to a fixed number of timesteps.

    The first and last sample keep their value, the others are spread evenly between them.
    A set that becomes shorter is low-passed first; otherwise fast movement would appear as
    slower movement (aliasing).

    Parameters
    ----------
    n_timesteps : int, default=256
        Number of timesteps of each set in the output, at least 2.
    interpolation : {"linear", "cubic"}, default="linear"
        Straight lines between samples, or the cubic spline through all samples.
    anti_alias : bool, default=True
        Whether to low-pass a set that becomes shorter at half its new rate, by a finite
        impulse response without delay, as in :func:`scipy.signal.resample_poly`.

    Attributes
    ----------
    n_channels_in_ : int
        Number of channels.
    n_features_in_ : int
        Number of channels, or of timesteps where X is 2-D.

    Raises
    ------
    ValueError
        If a parameter or X is invalid.

    See Also
    --------
    WindowedClassifier : Learn on windows of the sets instead.

    Notes
    -----
    All channels are treated as plain numbers. Roll, pitch and yaw, which jump from π to −π,
    would pass through all angles between: choose the quaternion instead by the ``channels``
    of the :class:`Resampler`, which keeps it free of jumps. Its four components are
    interpolated one by one, so its norm may be less than 1.

    Examples
    --------
    >>> import numpy as np
    >>> from sk_imu import FixedLength
    >>> sets = [np.ones((6, 947)), np.ones((6, 2618))]
    >>> FixedLength(128).fit_transform(sets).shape
    (2, 6, 128)
    >>> FixedLength(5).fit_transform([np.arange(1.0, 10).reshape(1, 9)]).round(6)
    array([[[1., 3., 5., 7., 9.]]])
    """

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        "n_timesteps": [Interval(Integral, 2, None, closed="left")],
        "interpolation": [StrOptions({"linear", "cubic"})],
        "anti_alias": ["boolean"],
    }

    def __init__(
        self,
        n_timesteps: int = 256,
        *,
        interpolation: Literal["linear", "cubic"] = "linear",
        anti_alias: bool = True,
    ) -> None:
        self.n_timesteps = n_timesteps
        self.interpolation = interpolation
        self.anti_alias = anti_alias

    def transform(self, X: Any) -> Panel:
        """Bring every set to ``n_timesteps``.

        Parameters
        ----------
        X : list of arrays or array
            The sets, uniform or panel.

        Returns
        -------
        X_new : ndarray of shape (n_sets, n_channels, n_timesteps)
            The panel; three-dimensional for one channel, too.
        """
        check_is_fitted(self)
        series = check_series(self, X, reset=False)
        if isinstance(series, list):
            panel = np.stack([self._stretch(row) for row in series])
        else:
            panel = self._stretch(as_3d(series))
        # Each set now has its own rate, so the panel has none.
        return with_signal(panel, getattr(self, "channel_names_in_", None), None)

    def _stretch(self, values: Panel) -> Panel:
        n_before = values.shape[-1]
        if self.anti_alias and self.n_timesteps < n_before:
            values = _without_aliases(values, (self.n_timesteps - 1) / (n_before - 1))
        position = np.linspace(0, n_before - 1, self.n_timesteps)
        # Through two samples the spline is the straight line.
        if self.interpolation == "cubic" and n_before > 2:
            spline = CubicSpline(np.arange(n_before), values, axis=-1)
            return spline(position).astype(values.dtype)
        return interpolate(values, position)


def _without_aliases(values: Panel, cutoff: float) -> Panel:
    """Low-pass at ``cutoff`` times half the sampling rate."""
    # Length and window are those of scipy.signal.resample_poly.
    half = int(np.ceil(10 / cutoff))
    taps = signal.firwin(2 * half + 1, cutoff, window=("kaiser", 5.0))
    # Point reflection at its ends keeps the first and last value of a series, and trends.
    pad = [(0, 0)] * (values.ndim - 1) + [(half, half)]
    padded = np.pad(values, pad, mode="reflect", reflect_type="odd")
    # In the dtype of the values, or float32 sets would come out as float64.
    kernel = taps.astype(values.dtype).reshape((1,) * (values.ndim - 1) + (-1,))
    return signal.oaconvolve(padded, kernel, mode="valid", axes=-1)
