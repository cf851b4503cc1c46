"""The base of the transformers from sets to tables."""

from abc import abstractmethod
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils.validation import check_is_fitted

from .._sklearn import check_feature_names_in
from ..validation import SeriesTransformer, check_channel_names


class TableTransformer(SeriesTransformer):
    """Base of the transformers whose columns are named by channel and part."""

    channel_names: Any
    n_channels_in_: int
    channel_names_: list[str]

    @abstractmethod
    def _parts_of_channel(self) -> list[str]:
        """Return the names of the columns that each channel becomes."""

    def _learn(self, series: Any) -> None:
        self.channel_names_ = check_channel_names(
            self.channel_names, self.n_channels_in_, estimator=self
        )

    def get_feature_names_out(self, input_features: Any = None) -> NDArray[np.object_]:
        """Return the names of the columns, such as ``Gyroscope_x__mean``.

        Parameters
        ----------
        input_features : array-like of str or None, default=None
            Only checked against the input of ``fit``.

        Returns
        -------
        feature_names_out : ndarray of shape (n_features_out,)
            The channel's name, or those of a pair, two underscores, and what the column
            holds.
        """
        check_is_fitted(self)
        check_feature_names_in(self, input_features)
        return np.array(self._column_names(), dtype=object)

    def _column_names(self) -> list[str]:
        parts = self._parts_of_channel()
        return [f"{channel}__{part}" for channel in self.channel_names_ for part in parts]
