"""The model of a stream, for a fitted classifier or an exported file."""

from collections.abc import Sequence
from os import PathLike
from pathlib import Path
from typing import Any

from ._live_model import LiveModel


def model_of(
    fitted: Any, sensors: Sequence[str] | None, window_seconds: float | None
) -> LiveModel:
    """Return what answers windows, of a fitted classifier or the path of a file."""
    # Imported here, because an exported file needs no torch, and a classifier no ONNX.
    if isinstance(fitted, (str, PathLike)):
        from ._onnx_model import OnnxModel

        return OnnxModel(Path(fitted), sensors, window_seconds)
    from ._fitted_model import FittedModel

    return FittedModel(fitted, sensors, window_seconds)
