"""Turn each set into one row of a table, for classifiers that take tables only."""

from abc import abstractmethod
from collections.abc import Callable, Sequence
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, TransformerMixin, _fit_context
from sklearn.utils import Tags
from sklearn.utils.validation import _check_feature_names_in, check_is_fitted

from .validation import Panel, as_3d, check_channel_names, check_panel, check_series

__all__ = ["Flatten", "SummaryFeatures"]


def _mean_abs_difference(x: Panel) -> Panel:
    if x.shape[-1] == 1:  # no neighbours, no difference
        return np.zeros(x.shape[:-1], dtype=x.dtype)
    return np.abs(np.diff(x)).mean(axis=-1)


#: What can be asked for, computed along the last axis.
_STATISTICS: dict[str, Callable[[Panel], Panel]] = {
    "mean": lambda x: x.mean(axis=-1),
    "std": lambda x: x.std(axis=-1),
    "min": lambda x: x.min(axis=-1),
    "lower_quartile": lambda x: np.quantile(x, 0.25, axis=-1),
    "median": lambda x: np.median(x, axis=-1),
    "upper_quartile": lambda x: np.quantile(x, 0.75, axis=-1),
    "max": lambda x: x.max(axis=-1),
    "rms": lambda x: np.sqrt(np.square(x).mean(axis=-1)),
    "mean_abs_difference": _mean_abs_difference,
}


class _TableTransformer(TransformerMixin, BaseEstimator):
    """What the transformers here share: columns named by channel and part."""

    channel_names_: list[str]

    @abstractmethod
    def _parts_of_channel(self) -> list[str]:
        """Name the columns that each channel becomes."""

    def get_feature_names_out(self, input_features: Any = None) -> NDArray[np.object_]:
        """Return the names of the columns, such as ``Gyroscope_x__mean``.

        Parameters
        ----------
        input_features : array-like of str or None, default=None
            Only checked against the input of ``fit``.

        Returns
        -------
        feature_names_out : ndarray of shape (n_features_out,)
            The channel's name, two underscores, and which part of it the column is.
        """
        check_is_fitted(self)
        _check_feature_names_in(self, input_features)
        parts = self._parts_of_channel()
        return np.array(
            [f"{channel}__{part}" for channel in self.channel_names_ for part in parts],
            dtype=object,
        )

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags


class Flatten(_TableTransformer):
    """Lay the channels of each set side by side in one row of a table.

    For classifiers that take tables only.  All sets need one length.

    Parameters
    ----------
    channel_names : sequence of str, optional
        Names of the channels in the names of the features; ``channel_0`` and so on by
        default.

    Attributes
    ----------
    channel_names_ : list of str
        Names of the channels.
    n_timesteps_in_ : int
        Number of timesteps.
    n_channels_in_ : int
        Number of channels.
    n_features_in_ : int
        Number of channels, or of timesteps where X is 2-D.

    Raises
    ------
    ValueError
        If the number of names is not that of the channels, the sets' lengths differ, or
        X is in the raw state, not finite, or differs in its channels from row to row or
        from ``fit``.

    See Also
    --------
    FixedLength : Bring sets to one length.
    SummaryFeatures : Statistics of each channel instead of its samples.

    Examples
    --------
    >>> import numpy as np
    >>> from sk_imu import Flatten
    >>> flatten = Flatten(channel_names=["Gyroscope_x", "Gyroscope_y"])
    >>> flatten.fit_transform(np.arange(4.0).reshape(1, 2, 2))
    array([[0., 1., 2., 3.]])
    >>> flatten.get_feature_names_out()[:3]
    array(['Gyroscope_x__t0', 'Gyroscope_x__t1', 'Gyroscope_y__t0'], dtype=object)
    """

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        "channel_names": ["array-like", None]
    }

    def __init__(self, *, channel_names: Sequence[str] | None = None) -> None:
        self.channel_names = channel_names

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: Any, y: Any = None) -> "Flatten":
        """Check the input; only its shape is learnt.

        Parameters
        ----------
        X : list of arrays or array
            The sets, uniform or panel.
        y : None
            Ignored.

        Returns
        -------
        self : Flatten
            The fitted transformer.
        """
        check_panel(self, X, reset=True)
        self.channel_names_ = check_channel_names(
            self.channel_names, self.n_channels_in_, estimator=self
        )
        return self

    def transform(self, X: Any) -> NDArray[np.floating]:
        """Flatten the sets.

        Parameters
        ----------
        X : list of arrays or array
            The sets, uniform or panel.

        Returns
        -------
        X_new : ndarray of shape (n_sets, n_channels * n_timesteps)
            All timesteps of the first channel, then those of the second, and so on.
        """
        check_is_fitted(self)
        panel = check_panel(self, X, reset=False)
        return panel.reshape(len(panel), -1)

    def _parts_of_channel(self) -> list[str]:
        return [f"t{timestep}" for timestep in range(self.n_timesteps_in_)]


class SummaryFeatures(_TableTransformer):
    """Describe each channel of each set by a few statistics.

    Parameters
    ----------
    channel_names : sequence of str, optional
        Names of the channels in the names of the features, as in
        ``Resampler.channel_names_``; ``channel_0`` and so on by default.
    statistics : sequence of str, default=("mean", "std", "min", "lower_quartile", \
            "median", "upper_quartile", "max", "mean_abs_difference")
        The statistics, in the order of the output: those of the default and ``"rms"``,
        the root mean square.  All have the unit of the channel.
        ``"mean_abs_difference"`` is the mean absolute difference of neighbouring
        samples, 0 for a single one; it grows as the sampling rate falls.

    Attributes
    ----------
    channel_names_ : list of str
        Names of the channels.
    n_channels_in_ : int
        Number of channels.
    n_features_in_ : int
        Number of channels, or of timesteps where X is 2-D.

    Raises
    ------
    ValueError
        If a statistic is unknown or none is asked for, the number of names is not that
        of the channels, or X is in the raw state, not finite, or differs in its
        channels from row to row or from ``fit``.

    See Also
    --------
    Flatten : The samples themselves as columns.

    Examples
    --------
    >>> import numpy as np
    >>> from sk_imu import SummaryFeatures
    >>> sets = [np.array([[1.0, 2.0, 3.0]]), np.array([[5.0, 5.0]])]
    >>> features = SummaryFeatures(
    ...     channel_names=["Gyroscope_x"], statistics=["mean", "max"]
    ... )
    >>> features.set_output(transform="pandas").fit_transform(sets)
       Gyroscope_x__mean  Gyroscope_x__max
    0                2.0               3.0
    1                5.0               5.0
    """

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        "channel_names": ["array-like", None],
        "statistics": ["array-like"],
    }

    def __init__(
        self,
        *,
        channel_names: Sequence[str] | None = None,
        statistics: Sequence[str] = (
            "mean",
            "std",
            "min",
            "lower_quartile",
            "median",
            "upper_quartile",
            "max",
            "mean_abs_difference",
        ),
    ) -> None:
        self.channel_names = channel_names
        self.statistics = statistics

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: Any, y: Any = None) -> "SummaryFeatures":
        """Check the parameters and the input; nothing is learnt.

        Parameters
        ----------
        X : list of arrays or array
            The sets, uniform or panel.
        y : None
            Ignored.

        Returns
        -------
        self : SummaryFeatures
            The fitted transformer.
        """
        check_series(self, X, reset=True)
        self.channel_names_ = check_channel_names(
            self.channel_names, self.n_channels_in_, estimator=self
        )
        unknown = [name for name in self.statistics if name not in _STATISTICS]
        if unknown or len(self.statistics) == 0:
            raise ValueError(
                f"SummaryFeatures: statistics must name one or more of "
                f"{list(_STATISTICS)}, got {list(self.statistics)}."
            )
        return self

    def transform(self, X: Any) -> NDArray[np.floating]:
        """Compute the statistics.

        Parameters
        ----------
        X : list of arrays or array
            The sets, uniform or panel.

        Returns
        -------
        X_new : ndarray of shape (n_sets, n_channels * n_statistics)
            All statistics of the first channel, then those of the second, and so on.
        """
        check_is_fitted(self)
        series = check_series(self, X, reset=False)
        if isinstance(series, list):
            return np.stack([self._describe(row).ravel() for row in series])
        panel = as_3d(series)
        return self._describe(panel).reshape(len(panel), -1)

    def _describe(self, values: Panel) -> Panel:
        return np.stack([_STATISTICS[name](values) for name in self.statistics], axis=-1)

    def _parts_of_channel(self) -> list[str]:
        return list(self.statistics)
