"""The transformers of uniformly sampled sets as sktime transformers."""

from typing import Any, ClassVar, Self

import numpy as np
import pandas as pd
from sktime.transformations.base import BaseTransformer

from .._atomic import all_or_nothing
from ..features import Flatten, SummaryFeatures
from ..preprocessing import ChannelScaler, DerivedChannels, FixedLength, Resampler
from ..recording import with_signal
from ..validation import Panel, Uniform
from ._adapter import Adapter, carries


class _Transformer(Adapter, BaseTransformer):
    _remark = "The columns of X give the names of the channels."
    _tags: ClassVar[dict[str, Any]] = {
        "authors": "The sk_imu developers",
        "maintainers": "The sk_imu developers",
        # Of all mtypes this alone holds series of any length and the names of both
        # sets and channels.
        "X_inner_mtype": "pd-multiindex",
        "fit_is_empty": False,
        "capability:categorical_in_X": False,
    }

    # sktime's own begins by a reset, so that an error would leave nothing fitted.
    fit = all_or_nothing(BaseTransformer.fit)

    def _fit(self, X: pd.DataFrame, y: Any = None) -> Self:
        return self._fit_core(_sets(X))

    def _transform(self, X: pd.DataFrame, y: Any = None) -> pd.DataFrame:
        return _series_frame(self.estimator_.transform(_sets(X)), like=X)


class _TableTransformer(_Transformer):
    _tags: ClassVar[dict[str, Any]] = {"scitype:transform-output": "Primitives"}

    def _transform(self, X: pd.DataFrame, y: Any = None) -> pd.DataFrame:
        return pd.DataFrame(
            self.estimator_.transform(_sets(X)),
            index=X.index.get_level_values(0).unique(),
            columns=self.estimator_.get_feature_names_out(),
        )


@carries(FixedLength)
class SktimeFixedLength(_Transformer):
    """Stretch or shrink each series to a fixed number of timesteps, for sktime.

    {documentation}

    Examples
    --------
    >>> import numpy as np
    >>> from sk_imu.sktime import SktimeFixedLength
    >>> SktimeFixedLength(32).fit_transform(np.ones((4, 6, 100))).shape
    (4, 6, 32)
    """

    _tags: ClassVar[dict[str, Any]] = {"capability:unequal_length:removes": True}
    _test_params: ClassVar = [
        {"n_timesteps": 8},
        {"n_timesteps": 40, "interpolation": "cubic", "anti_alias": False},
    ]


@carries(ChannelScaler)
class SktimeChannelScaler(_Transformer):
    """Divide each channel by its scale in the training series, for sktime.

    {documentation}

    Examples
    --------
    >>> import numpy as np
    >>> from sk_imu.sktime import SktimeChannelScaler
    >>> SktimeChannelScaler().fit_transform(np.array([[[3.0, -3.0], [0.5, 0.5]]]))
    array([[[ 1., -1.],
            [ 1.,  1.]]])
    """

    _tags: ClassVar[dict[str, Any]] = {
        "transform-returns-same-time-index": True,
        "capability:inverse_transform": True,
    }
    _test_params: ClassVar = [{}, {"per": "channel", "with_mean": True}]

    def _inverse_transform(self, X: pd.DataFrame, y: Any = None) -> pd.DataFrame:
        return _series_frame(self.estimator_.inverse_transform(_sets(X)), like=X)


@carries(DerivedChannels)
class SktimeDerivedChannels(_Transformer):
    """Add channels that are the same however the device was turned, for sktime.

    {documentation}

    Examples
    --------
    >>> import numpy as np
    >>> from sk_imu.sktime import SktimeDerivedChannels
    >>> names = [f"Gyroscope_{axis}" for axis in "xyz"]
    >>> derived = SktimeDerivedChannels(channel_names=names, keep=False)
    >>> derived.fit_transform(np.array([[[3.0, 0.0], [4.0, 0.0], [0.0, 1.0]]]))
    array([[[5., 1.]]])
    """

    _tags: ClassVar[dict[str, Any]] = {"transform-returns-same-time-index": True}
    # The data of sktime's checks have no sensor with three axes.
    _test_params: ClassVar = [{"kinds": ()}, {"kinds": (), "sampling_rate_hz": 20.0}]

    def _transform(self, X: pd.DataFrame, y: Any = None) -> pd.DataFrame:
        names = self.estimator_.channel_names_out_
        return _series_frame(self.estimator_.transform(_sets(X)), like=X, columns=names)


# Channels are chosen from recordings, which sktime has no type for.
@carries(Resampler, without={"channels"})
class SktimeResampler(_Transformer):
    """Bring uniformly sampled series to another rate, for sktime.

    {documentation}

    Examples
    --------
    >>> import numpy as np
    >>> from sk_imu.sktime import SktimeResampler
    >>> resampler = SktimeResampler(input_rate_hz=100)
    >>> resampler.fit_transform(np.ones((4, 6, 101))).shape
    (4, 6, 51)
    """

    _tags: ClassVar[dict[str, Any]] = {
        "capability:missing_values": True,
        "capability:missing_values:removes": True,
    }
    _test_params: ClassVar = [
        {"input_rate_hz": 100.0},
        {"sampling_rate_hz": 20.0, "input_rate_hz": 10.0, "interpolation": "linear"},
    ]

    def __dynamic_tags__(self) -> None:
        self.set_tags(**{"capability:missing_values": self.missing == "interpolate"})


@carries(SummaryFeatures)
class SktimeSummaryFeatures(_TableTransformer):
    """Describe each channel of each series by a few statistics, for sktime.

    {documentation}

    Examples
    --------
    >>> import numpy as np
    >>> from sk_imu.sktime import SktimeSummaryFeatures
    >>> features = SktimeSummaryFeatures(statistics=["mean", "max"])
    >>> table = features.fit_transform(np.arange(6.0).reshape(2, 1, 3))
    >>> table.columns.to_list()
    ['var_0__mean', 'var_0__max']
    >>> table.to_numpy()
    array([[1., 2.],
           [4., 5.]])
    """

    # Rows of a table have one length: with this, sktime lets series of any length into a
    # pipeline that ends in a scikit-learn classifier.
    _tags: ClassVar[dict[str, Any]] = {"capability:unequal_length:removes": True}
    _test_params: ClassVar = [{}, {"statistics": ("rms", "max")}]


@carries(Flatten)
class SktimeFlatten(_TableTransformer):
    """Lay the channels of each series side by side in one row of a table, for sktime.

    {documentation}

    Examples
    --------
    >>> import numpy as np
    >>> from sk_imu.sktime import SktimeFlatten
    >>> table = SktimeFlatten().fit_transform(np.arange(4.0).reshape(1, 2, 2))
    >>> table.columns.to_list()
    ['var_0__t0', 'var_0__t1', 'var_1__t0', 'var_1__t1']
    >>> table.to_numpy()
    array([[0., 1., 2., 3.]])
    """

    _tags: ClassVar[dict[str, Any]] = {"capability:unequal_length": False}
    _test_params: ClassVar = [{}, {"channel_names": None}]


def _sets(X: pd.DataFrame) -> Uniform:
    """Return each series of a frame as an array that has its columns' names."""
    rows: Uniform = [frame.to_numpy().T for _, frame in X.groupby(level=0, sort=False)]
    return with_signal(rows, [str(name) for name in X.columns], None)


def _series_frame(
    sets: Uniform | Panel, like: pd.DataFrame, columns: Any = None
) -> pd.DataFrame:
    """Return sets as a frame, with index and columns of their origin if they fit."""
    lengths = [row.shape[1] for row in sets]
    index = like.index
    # Timestamps are kept if no series has changed its length.
    if lengths != like.groupby(level=0, sort=False).size().to_list():
        instances = index.get_level_values(0).unique().repeat(lengths)
        times = np.concatenate([np.arange(n) for n in lengths])
        index = pd.MultiIndex.from_arrays([instances, times], names=index.names)
    columns = like.columns if columns is None else columns
    return pd.DataFrame(np.hstack(list(sets)).T, index=index, columns=columns)
