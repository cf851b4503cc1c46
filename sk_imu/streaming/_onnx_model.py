"""What a stream needs of an exported file."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..export import onnx_metadata
from ..preprocessing import CanonicalSide, GridResampler, Resampler
from ..recording import Recording, SensorStream
from ._live_model import LiveModel

Floats = NDArray[np.float64]


class OnnxModel(LiveModel):
    """A file of :func:`~sk_imu.export.export_onnx`, for one window after the other.

    Parameters
    ----------
    path : str or pathlib.Path
        The file.
    sensors : sequence of str or None
        The sensors of the stream.
    window_seconds : float or None
        Must be None if the file knows the length of its windows.

    Raises
    ------
    ImportError
        If onnxruntime is not installed.
    ValueError
        If the file can't be used on a stream.
    """

    def __init__(
        self,
        path: str | Path,
        sensors: Sequence[str] | None,
        window_seconds: float | None,
    ) -> None:
        known = onnx_metadata(path)  # names what is wrong with the file
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 3  # or it prints what it optimizes
        self._session = onnxruntime.InferenceSession(
            str(path), options, providers=["CPUExecutionProvider"]
        )
        (taken,) = self._session.get_inputs()
        self._dtype = np.float64 if "double" in taken.type else np.float32
        fixed = taken.shape[2]
        self._most = fixed if isinstance(fixed, int) else None
        if "sampling_rate_hz" not in known:
            raise ValueError(
                f"{path}: does not know the rate of its input. Export a Pipeline that "
                "begins with a Resampler."
            )
        rate_hz = float(known["sampling_rate_hz"])
        resampler = Resampler(sampling_rate_hz=rate_hz)
        names = json.loads(known["channel_names"])
        self.grid_resampler = GridResampler(resampler, sensors, names)
        self.n_timesteps = _window_timesteps(known, self._most, window_seconds, rate_hz)
        self._labels = json.loads(known["classes"])
        self.classes = np.array(self._labels)
        self._has_probabilities = known["method"] == "predict_proba"
        self._side = None
        if "mirrored_onto" in known:
            self._side = CanonicalSide(
                onto=known["mirrored_onto"],  # type: ignore[arg-type]
                mirror_axis=known["mirror_axis"],  # type: ignore[arg-type]
                unknown="keep",
            )
            nothing = SensorStream([0.0], [[0.0, 0.0, 0.0]])
            self._side.fit([Recording({"Gyroscope": nothing})])  # it learns nothing

    def answer(self, values: Floats) -> tuple[Any, Floats | None]:
        """Return the label and probabilities of a window."""
        if self._most is not None:
            values = values[:, -self._most :]
        x = values.astype(self._dtype)[np.newaxis]
        # The last of the windows ends with the set. What is before it is for gravity.
        (scores,) = self._session.run(["window_scores"], {"X": x})
        last: Floats = scores[0, -1].astype(np.float64)
        label = self._labels[last.argmax()]
        return label, last if self._has_probabilities else None


def _window_timesteps(
    known: dict[str, str], fixed: int | None, window_seconds: float | None, rate_hz: float
) -> int:
    """Return the timesteps of a window."""
    n_timesteps = known.get("window_timesteps", fixed)
    if n_timesteps is not None:
        if window_seconds is not None:
            raise ValueError(
                f"window_seconds={window_seconds:g}, but the windows of a file can't be "
                "changed. Leave it out."
            )
        return int(n_timesteps)
    if window_seconds is None:
        raise ValueError("The file has no windows. Give window_seconds.")
    return max(round(window_seconds * rate_hz), 1)
