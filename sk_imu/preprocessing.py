"""Bring uniformly sampled sets to one length and one scale."""

from collections.abc import Callable, Sequence
from numbers import Integral
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from scipy import signal
from scipy.interpolate import CubicSpline
from sklearn.base import BaseEstimator, TransformerMixin, _fit_context
from sklearn.utils import Tags
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.validation import check_is_fitted

from .channels import sensor_triples
from .validation import (
    Panel,
    SeriesOutputMixin,
    Uniform,
    as_3d,
    check_channel_names,
    check_series,
)

__all__ = ["ChannelScaler", "FixedLength"]


class _SeriesTransformer(SeriesOutputMixin, TransformerMixin, BaseEstimator):
    """What the transformers here share: series out, and float32 stays float32."""

    _parameter_constraints: ClassVar[dict[str, Any]] = {}

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags


class FixedLength(_SeriesTransformer):
    """Stretch or shrink each set to a fixed number of timesteps.

    The first and last sample keep their place and value, the others move evenly between
    them.  Where a set loses samples, what the new ones cannot show is filtered out
    first, as it would come back disguised as a slower movement (aliasing).

    Parameters
    ----------
    n_timesteps : int, default=256
        Number of timesteps of every set of the output, at least 2.
    interpolation : {"linear", "cubic"}, default="linear"
        How values between two samples are found; ``"cubic"`` is the cubic spline
        through all samples.
    anti_alias : bool, default=True
        Whether to low-pass a set that becomes shorter, at half its new rate: a finite
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
        If a parameter is out of its range, or X is in the raw state, not finite, or
        differs in its channels from row to row or from ``fit``.

    See Also
    --------
    WindowedClassifier : Learn on windows of the sets instead.

    Notes
    -----
    All channels are plain numbers here.  Roll, pitch and yaw, which jump from π to −π, are
    taken through all the angles between: leave them out by the ``channels`` of the
    :class:`Resampler`, and take the quaternion, which it keeps free of jumps.  Its four
    numbers are interpolated and filtered one by one, so that its length may fall short
    of 1.

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

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: Any, y: Any = None) -> "FixedLength":
        """Check the parameters and the input; nothing is learnt.

        Parameters
        ----------
        X : list of arrays or array
            The sets, uniform or panel.
        y : None
            Ignored.

        Returns
        -------
        self : FixedLength
            The fitted transformer.
        """
        check_series(self, X, reset=True)
        return self

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
            return np.stack([self._stretch(row) for row in series])
        return self._stretch(as_3d(series))

    def _stretch(self, values: Panel) -> Panel:
        n_before = values.shape[-1]
        if self.anti_alias and self.n_timesteps < n_before:
            values = _low_pass(values, (self.n_timesteps - 1) / (n_before - 1))
        position = np.linspace(0, n_before - 1, self.n_timesteps)
        if self.interpolation == "cubic" and n_before > 2:
            spline = CubicSpline(np.arange(n_before), values, axis=-1)
            return spline(position).astype(values.dtype)
        left = np.minimum(position.astype(np.intp), max(n_before - 2, 0))
        weight = (position - left).astype(values.dtype)
        right = np.minimum(left + 1, n_before - 1)
        return values[..., left] * (1 - weight) + values[..., right] * weight


class ChannelScaler(_SeriesTransformer):
    """Divide each channel by its scale in the training sets.

    By default the three axes of a sensor share one scale, so that they stay a vector
    whose direction means something, and nothing is subtracted: the origin about which
    later steps rotate and mirror stays where it was.

    Parameters
    ----------
    channel_names : sequence of str, optional
        ``<sensor>_<axis>`` of each channel, as in ``Resampler.channel_names_``.
        Without names nothing tells which channels form a vector, and each has its own
        scale.
    per : {"sensor", "channel"}, default="sensor"
        ``"sensor"`` gives the axes x, y and z of one sensor one scale where all three
        are there, and each other channel its own; ``"channel"`` each its own.
    with_mean : bool or "single", default=False
        Whether to subtract each channel's mean first.  ``"single"`` does so only for
        channels that are no part of an x, y, z triple, such as magnitudes and vertical
        parts: they have no direction that a shifted origin would spoil.  Without
        ``channel_names`` every channel is single.

    Attributes
    ----------
    scale_ : ndarray of shape (n_channels,)
        By what each channel is divided, in the channel's unit: the root mean square
        over all timesteps of all training sets, or the standard deviation where the
        mean is subtracted.  Each timestep weighs the same, so a longer set weighs more.
        Where axes share a scale, the mean square is that of all three.  1 for a channel
        that is always 0 or, where the mean is subtracted, constant.
    mean_ : ndarray of shape (n_channels,) or None
        What is subtracted from each channel, 0 for those of triples where ``with_mean``
        is ``"single"``; None unless ``with_mean``.
    n_channels_in_ : int
        Number of channels.
    n_features_in_ : int
        Number of channels, or of timesteps where X is 2-D.

    Raises
    ------
    ValueError
        If a parameter is out of its range, the number of names is not that of the
        channels, or X is in the raw state, not finite, or differs in its channels from
        row to row or from ``fit``.

    Examples
    --------
    >>> import numpy as np
    >>> from sk_imu import ChannelScaler
    >>> sets = [np.array([[3.0, -3.0], [4.0, 4.0], [0.0, 0.0]])]
    >>> names = ["Gyroscope_x", "Gyroscope_y", "Gyroscope_z"]
    >>> ChannelScaler(channel_names=names).fit(sets).scale_.round(3)
    array([2.887, 2.887, 2.887])
    >>> ChannelScaler().fit(sets).scale_
    array([3., 4., 1.])
    """

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        "channel_names": ["array-like", None],
        "per": [StrOptions({"sensor", "channel"})],
        "with_mean": ["boolean", StrOptions({"single"})],
    }

    mean_: NDArray[np.float64] | None

    def __init__(
        self,
        *,
        channel_names: Sequence[str] | None = None,
        per: Literal["sensor", "channel"] = "sensor",
        with_mean: bool | Literal["single"] = False,
    ) -> None:
        self.channel_names = channel_names
        self.per = per
        self.with_mean = with_mean

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: Any, y: Any = None) -> "ChannelScaler":
        """Learn the scales.

        Parameters
        ----------
        X : list of arrays or array
            The training sets, uniform or panel.
        y : None
            Ignored.

        Returns
        -------
        self : ChannelScaler
            The fitted scaler.
        """
        series = check_series(self, X, reset=True)
        names = check_channel_names(self.channel_names, self.n_channels_in_, estimator=self)
        # A block is one row of a list, or the whole panel.
        blocks = series if isinstance(series, list) else [as_3d(series)]
        mean_square = _channel_mean([np.square(b, dtype=np.float64) for b in blocks])
        triples = sensor_triples(names)
        self.mean_ = None
        squared_scale = mean_square
        if self.with_mean:
            self.mean_ = _channel_mean(blocks)
            if self.with_mean == "single":
                for triple in triples:
                    self.mean_[triple] = 0
            center = self.mean_[:, np.newaxis]
            squared_scale = _channel_mean([np.square(b - center) for b in blocks])
            # What is left of a constant by rounding is no scale.
            squared_scale[squared_scale <= 1e-24 * mean_square] = 0
        if self.per == "sensor":
            for triple in triples:
                squared_scale[triple] = squared_scale[triple].mean()
        self.scale_ = np.sqrt(squared_scale)
        self.scale_[self.scale_ == 0] = 1
        return self

    def transform(self, X: Any) -> Uniform | Panel:
        """Scale the sets.

        Parameters
        ----------
        X : list of arrays or array
            The sets, uniform or panel.

        Returns
        -------
        X_new : list of arrays or array
            The scaled sets, in the state and shape of X.
        """
        return self._each(X, lambda x, mean, scale: (x - mean) / scale)

    def inverse_transform(self, X: Any) -> Uniform | Panel:
        """Undo :meth:`transform`.

        Parameters
        ----------
        X : list of arrays or array
            Scaled sets, uniform or panel.

        Returns
        -------
        X_old : list of arrays or array
            The sets in their own units, in the state and shape of X.
        """
        return self._each(X, lambda x, mean, scale: x * scale + mean)

    def _each(self, X: Any, change: Callable[..., Panel]) -> Uniform | Panel:
        check_is_fitted(self)
        series = check_series(self, X, reset=False)
        mean = np.zeros_like(self.scale_) if self.mean_ is None else self.mean_

        def change_block(block: Panel) -> Panel:
            # These columns fit (n_channels, n_timesteps) as well as panels.
            columns = (v.astype(block.dtype)[:, np.newaxis] for v in (mean, self.scale_))
            return change(block, *columns)

        if isinstance(series, list):
            return [change_block(row) for row in series]
        return change_block(series)


def _low_pass(values: Panel, cutoff: float) -> Panel:
    """Remove what is faster than ``cutoff`` times half the sampling rate."""
    half = int(np.ceil(10 / cutoff))
    taps = signal.firwin(2 * half + 1, cutoff, window=("kaiser", 5.0))
    # Turned about its ends, a series keeps its first and last value and any trend.
    pad = [(0, 0)] * (values.ndim - 1) + [(half, half)]
    padded = np.pad(values, pad, mode="reflect", reflect_type="odd")
    kernel = taps.astype(values.dtype).reshape((1,) * (values.ndim - 1) + (-1,))
    return signal.oaconvolve(padded, kernel, mode="valid", axes=-1)


def _channel_mean(blocks: Sequence[Panel]) -> NDArray[np.float64]:
    """Return each channel's mean over all timesteps of all blocks."""
    n_channels = blocks[0].shape[-2]
    sums = [b.sum(axis=-1, dtype=np.float64).reshape(-1, n_channels) for b in blocks]
    n_timesteps = sum(block.size for block in blocks) // n_channels
    return np.concatenate(sums).sum(axis=0) / n_timesteps
