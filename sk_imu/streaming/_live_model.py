"""What a stream needs of a model, fitted or exported."""

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..preprocessing import CanonicalSide, GridResampler
from ..recording import Recording, SensorStream

if TYPE_CHECKING:
    from ..calibration import DeviceCheck

Floats = NDArray[np.float64]


class LiveModel:
    """A model that answers one window after the other.

    Attributes
    ----------
    grid_resampler : GridResampler
        What makes blocks of the model's channels.
    n_timesteps : int
        Timesteps of a window.
    classes : ndarray of shape (n_classes,)
        The labels.
    """

    grid_resampler: GridResampler
    n_timesteps: int
    classes: NDArray[Any]
    _side: CanonicalSide | None

    def on_one_side(self, sensor: str, stream: SensorStream, side: str | None) -> Floats:
        """Return the values of a stream, mirrored if the model does that."""
        if self._side is None or side in (None, self._side.onto):
            return stream.values
        (one,) = self._side.transform([Recording({sensor: stream}, side=side)])
        values: Floats = one.streams[sensor].values
        return values

    def answer(self, values: Floats) -> tuple[Any, Floats | None]:
        """Return the label and probabilities of a window, given with what is before it."""
        raise NotImplementedError

    def device_check(self, step_seconds: float) -> "DeviceCheck | None":
        """Return what compares a stream with the training sets, None if nobody knows."""
        return None
