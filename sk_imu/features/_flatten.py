"""Turn each set into one row of a table that holds its samples."""

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from sklearn.utils.validation import check_is_fitted

from ..validation import check_panel
from ._base import TableTransformer


class Flatten(TableTransformer):
    """Lay the channels of each set side by side in one row of a table.

    For classifiers that take only tables. All sets need one length.

    Parameters
    ----------
    channel_names : sequence of str, default=None
        Names of the channels, for the names of the features. None takes the names that X
        has as a :class:`SignalArray`, or ``channel_0`` and so on.

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
    _check_input = staticmethod(check_panel)

    def __init__(self, *, channel_names: Sequence[str] | None = None) -> None:
        self.channel_names = channel_names

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
