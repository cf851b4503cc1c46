"""Bring the channels of uniformly sampled sets to one scale."""

from collections.abc import Callable, Sequence
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from sklearn.utils.validation import check_is_fitted

from .._sklearn import StrOptions
from ..recording import sensor_triples
from ..validation import (
    Panel,
    SeriesOutputMixin,
    SeriesTransformer,
    Uniform,
    as_3d,
    check_channel_names,
    check_series,
    like_input,
    map_blocks,
)

#: A channel that varies by less, as a share of its root mean square, is constant. Values
#: from a file in float32 vary by 6e-8, the length of gravity after interpolation by 1e-6.
_CONSTANT = 1e-5


class ChannelScaler(SeriesOutputMixin, SeriesTransformer):
    """Divide each channel by its scale in the training sets.

    By default the three axes of a sensor share one scale and nothing is subtracted, so that
    they stay a vector with the same direction, which later steps can rotate and mirror.

    Parameters
    ----------
    channel_names : sequence of str, default=None
        ``<sensor>_<axis>`` of each channel, which say which channels form a vector. None
        takes the names that X has as a :class:`SignalArray`; without names each channel
        has its own scale.
    per : {"sensor", "channel"}, default="sensor"
        ``"sensor"`` gives x, y and z of a sensor with all three axes one scale, and each
        other channel its own; ``"channel"`` gives each channel its own.
    with_mean : bool or "single", default=False
        Whether to subtract each channel's mean first. ``"single"`` does so only for
        channels that are not part of an x, y, z triple, such as magnitudes: they have no
        direction that a shifted origin would change. Without names every channel is single.

    Attributes
    ----------
    scale_ : ndarray of shape (n_channels,)
        The divisor of each channel, in its unit: the root mean square over all timesteps of
        all training sets, or the standard deviation if the mean is subtracted. Each
        timestep has the same weight. Axes that share a scale have one mean square. 1 for a
        channel that is always 0 or, if the mean is subtracted, constant: one whose standard
        deviation is at most 1e-5 of its root mean square, or those of a sensor together.
        The length of gravity is constant, and varies by what rounding and interpolation
        leave of it.
    mean_ : ndarray of shape (n_channels,) or None
        What is subtracted from each channel, 0 for triples if ``with_mean="single"``; None
        if ``with_mean`` is False.
    n_channels_in_ : int
        Number of channels.
    n_features_in_ : int
        Number of channels, or of timesteps where X is 2-D.

    Raises
    ------
    ValueError
        If a parameter or X is invalid, or the number of names is not that of the channels.

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

    def _learn(self, series: Any) -> None:
        names = check_channel_names(self.channel_names, self.n_channels_in_, estimator=self)
        # A block is one row of a list, or the whole panel. Sums need float64: float32 would
        # lose digits over many timesteps.
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
        if self.per == "sensor":
            for triple in triples:
                for squares in (squared_scale, mean_square):
                    squares[triple] = squares[triple].mean()
        squared_scale[squared_scale <= _CONSTANT**2 * mean_square] = 0
        self.scale_ = np.sqrt(squared_scale)
        self.scale_[self.scale_ == 0] = 1

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
        return self._each(X, self._transform_block)

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
        return self._each(X, self._inverse_block)

    def _each(self, X: Any, change: Callable[..., Panel]) -> Uniform | Panel:
        check_is_fitted(self)
        series = check_series(self, X, reset=False)
        return like_input(self, map_blocks(change, series))

    def _transform_block(self, block: Panel) -> Panel:
        """Scale one set, or a whole panel."""
        mean, scale = self._columns(block)
        return (block - mean) / scale

    def _inverse_block(self, block: Panel) -> Panel:
        mean, scale = self._columns(block)
        return block * scale + mean

    def _columns(self, block: Panel) -> tuple[Panel, Panel]:
        """Return mean and scale, which broadcast over one set and over a panel alike."""
        mean = np.zeros_like(self.scale_) if self.mean_ is None else self.mean_
        # In the block's dtype, because float32 with float64 gives float64.
        dtype = block.dtype
        return mean.astype(dtype)[:, np.newaxis], self.scale_.astype(dtype)[:, np.newaxis]


def _channel_mean(blocks: Sequence[Panel]) -> NDArray[np.float64]:
    """Return each channel's mean over all timesteps of all blocks."""
    n_channels = blocks[0].shape[-2]
    sums = [b.sum(axis=-1, dtype=np.float64).reshape(-1, n_channels) for b in blocks]
    n_timesteps = sum(block.size for block in blocks) // n_channels
    return np.concatenate(sums).sum(axis=0) / n_timesteps
