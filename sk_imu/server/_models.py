"""The model that the service asks, and what is known of it."""

import json
from os import PathLike
from pathlib import Path
from typing import Any

from ..export import onnx_metadata
from ..recording import in_units


def model_file(model: Any) -> Path | None:
    """Return the path of a model file; None of a model, or of an ONNX file."""
    is_path = isinstance(model, (str, PathLike))
    return Path(model) if is_path and Path(model).suffix.lower() != ".onnx" else None


def served_model(model: Any) -> tuple[Any, dict[str, str]]:
    """Return a model that streams take, and what is known of it, in words.

    ``model`` is a fitted model, or the path of a model file or an ONNX file.
    """
    if not isinstance(model, (str, PathLike)):
        return model, {}
    path = model_file(model)
    if path is not None:
        # Imported here, because an ONNX file needs no torch.
        from ..persistence import load_model, model_info

        return load_model(path), model_info(path)
    path = Path(model)
    known = onnx_metadata(path)
    about = {
        "model": "an ONNX file",
        "exercises": ", ".join(map(str, json.loads(known["classes"]))),
    }
    if "channel_names" in known:
        about["channels"] = in_units(json.loads(known["channel_names"]))
    if "sampling_rate_hz" in known:
        about["rate"] = f"{float(known['sampling_rate_hz']):g} Hz"
    return path, about
