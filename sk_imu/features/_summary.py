"""Turn each set into one row of a table that holds its statistics."""

from collections import Counter
from collections.abc import Sequence
from itertools import combinations
from numbers import Real
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from sklearn.utils.validation import check_is_fitted

from .._sklearn import Interval
from ..validation import Panel, as_3d, check_series, rate_of
from ._base import TableTransformer
from ._statistics import SPECTRUM_PARTS, STATISTICS, Series


class SummaryFeatures(TableTransformer):
    """Describe each channel of each set, and how channels are related, by statistics.

    Parameters
    ----------
    channel_names : sequence of str, default=None
        Names of the channels, for the names of the features. None takes the names that X
        has as a :class:`SignalArray`, or ``channel_0`` and so on.
    statistics : sequence of str, default=("mean", "std", "min", "lower_quartile", \
            "median", "upper_quartile", "max", "skewness", "kurtosis", \
            "mean_abs_difference", "change_std", "change_skewness", "autocorrelation", \
            "spectrum", "correlation")
        The statistics, in the order of the output: those of the default and ``"rms"``,
        the root mean square.

        In the unit of the channel: ``"mean"``, ``"std"``, ``"min"``,
        ``"lower_quartile"``, ``"median"``, ``"upper_quartile"``, ``"max"``.

        Of the differences between neighboring samples, in the unit of the channel, which
        grow as the sampling rate falls: ``"mean_abs_difference"`` and ``"change_std"``.

        Without a unit, and the same for movements of any strength:

        - ``"skewness"`` and ``"kurtosis"`` of the values, the latter 0 for a normal
          distribution, and ``"change_skewness"`` of the differences.
        - ``"autocorrelation"``: one column per lag, such as ``autocorrelation_0.5_s``.
        - ``"correlation"``: Pearson's, one column for each pair of channels, such as
          ``Gyroscope_x__Gyroscope_y__correlation``, after all other columns.

        ``"spectrum"``, of a periodogram with a Hann window, is four columns:
        ``spectral_centroid``, the mean frequency in hertz, weighted by power, and
        ``log_power_0.2_to_1_hz``, ``log_power_1_to_2.5_hz`` and
        ``log_power_above_2.5_hz``: log(1 + p/10⁻⁶) of the band's part p of the variance,
        in the squared unit of the channel. Changes slower than 0.2 Hz are posture.

        Everything that describes change is 0 for a channel that is constant, a single
        sample, or a series no longer than the lag.
    lags_s : sequence of float, default=(0.2, 0.5, 1.0)
        Lags of the autocorrelation in seconds.
    sampling_rate_hz : float, default=None
        Rate of the sets in hertz, for the lags and the spectrum. None takes the rate of X,
        or 50 if X has none.

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
        If a statistic is unknown or none is given, one or a lag is named twice, nothing but
        the correlation of a single channel is asked for, a lag is not a positive number, or
        the number of names is not that of the channels; and for invalid X.

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

    A swing back and forth every two seconds, and its opposite on a second channel:

    >>> swing = np.sin(np.pi * np.arange(200) / 50)
    >>> features = SummaryFeatures(
    ...     statistics=["autocorrelation", "correlation"], lags_s=[1]
    ... )
    >>> features.fit_transform([np.array([swing, -swing])]).round(2)
    array([[-0.75, -0.75, -1.  ]])
    >>> features.get_feature_names_out().tolist()
    ['channel_0__autocorrelation_1_s', 'channel_1__autocorrelation_1_s',
     'channel_0__channel_1__correlation']
    """

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        "channel_names": ["array-like", None],
        "statistics": ["array-like"],
        "lags_s": ["array-like"],
        "sampling_rate_hz": [Interval(Real, 0, None, closed="neither"), None],
    }

    def __init__(
        self,
        *,
        channel_names: Sequence[str] | None = None,
        # Without rms, whose square is the sum of those of mean and std.
        statistics: Sequence[str] = (
            "mean",
            "std",
            "min",
            "lower_quartile",
            "median",
            "upper_quartile",
            "max",
            "skewness",
            "kurtosis",
            "mean_abs_difference",
            "change_std",
            "change_skewness",
            "autocorrelation",
            "spectrum",
            "correlation",
        ),
        lags_s: Sequence[float] = (0.2, 0.5, 1.0),
        sampling_rate_hz: float | None = None,
    ) -> None:
        self.channel_names = channel_names
        self.statistics = statistics
        self.lags_s = lags_s
        self.sampling_rate_hz = sampling_rate_hz

    def _learn(self, series: Any) -> None:
        super()._learn(series)
        # load_model calls this, too, because a file may hold any parameters.
        self._check_columns()

    def _check_columns(self) -> None:
        """Refuse parameters that give no columns, or some twice."""
        known = [*STATISTICS, "correlation"]
        unknown = [name for name in self.statistics if name not in known]
        if unknown or len(self.statistics) == 0:
            raise ValueError(
                f"SummaryFeatures: statistics must name one or more of {known}, got "
                f"{list(self.statistics)}."
            )
        if not all(isinstance(lag, Real) and 0 < lag < np.inf for lag in self.lags_s):
            raise ValueError(
                "SummaryFeatures: lags_s must hold positive seconds, got "
                f"{list(self.lags_s)}."
            )
        # By the names of columns, because lags that differ in the seventh digit share one.
        names = Counter(self._column_names())
        twice = [name for name, n in names.items() if n > 1]
        if twice:
            raise ValueError(
                f"SummaryFeatures: statistics={list(self.statistics)} and "
                f"lags_s={list(self.lags_s)} give {len(twice)} columns twice, the first "
                f"{twice[0]!r}. Name each once."
            )
        if not names:
            raise ValueError(
                f"SummaryFeatures: statistics={list(self.statistics)} gives no columns: a "
                "correlation needs two channels, an autocorrelation a lag in lags_s. Add "
                "another statistic."
            )

    def transform(self, X: Any) -> NDArray[np.floating]:
        """Compute the statistics.

        Parameters
        ----------
        X : list of arrays or array
            The sets, uniform or panel.

        Returns
        -------
        X_new : ndarray of shape (n_sets, n_features_out)
            All statistics of the first channel, then those of the second, and so on;
            then the correlations, of the first channel with each after it, and so on.
        """
        check_is_fitted(self)
        series = check_series(self, X, reset=False)
        if isinstance(series, list):  # sets of different lengths don't stack
            return np.concatenate(
                [self._transform_block(row[np.newaxis]) for row in series]
            )
        return self._transform_block(as_3d(series))

    def _column_names(self) -> list[str]:
        names = super()._column_names()
        if "correlation" in self.statistics:
            # After all channels, because a pair belongs to none of them.
            pairs = combinations(self.channel_names_, 2)
            names += [f"{first}__{second}__correlation" for first, second in pairs]
        return names

    def _transform_block(self, panel: Panel) -> Panel:
        series = Series(panel, rate_of(self), self.lags_s)
        n_sets, n_channels, n_timesteps = panel.shape
        parts = [
            STATISTICS[name](series).reshape(n_sets, n_channels, -1)
            for name in self.statistics
            if name != "correlation"
        ]
        columns = [np.concatenate(parts, axis=2).reshape(n_sets, -1)] if parts else []
        if "correlation" in self.statistics:
            # Deviations have mean 0 and variance 1: their mean product is Pearson's r.
            x = series.deviations
            first, second = np.triu_indices(n_channels, 1)
            columns.append((x @ x.swapaxes(1, 2) / n_timesteps)[:, first, second])
        # The quartiles of float32 are float64.
        return np.concatenate(columns, axis=1).astype(panel.dtype, copy=False)

    def _parts_of_channel(self) -> list[str]:
        parts_of = {
            "autocorrelation": [f"autocorrelation_{lag:g}_s" for lag in self.lags_s],
            "spectrum": SPECTRUM_PARTS,
            "correlation": (),
        }
        return [part for name in self.statistics for part in parts_of.get(name, (name,))]
