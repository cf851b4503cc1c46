"""The folder of web pages that recognizes exercises with a fitted model."""

import hashlib
import json
import os
import tempfile
from collections.abc import Mapping
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from ... import __version__, _motion
from ...preprocessing import CanonicalSide, Resampler
from ...recording import SENSOR_AXES, sensor_of
from .._fitted import Exported
from .._onnx import export_onnx
from ._runtime import VERSION, runtime_files

__all__ = ["export_web"]

_FORMAT = "sk_imu web 1"
_DESCRIPTION = "model.json"
_RUNTIME = "onnxruntime"


def export_web(
    fitted: Any,
    folder: str | Path,
    *,
    weights: str = "float32",
    metadata: Mapping[str, str] | None = None,
    onnxruntime_web: str | Path | None = None,
) -> None:
    """Write a web page that recognizes exercises in a browser, with nothing sent anywhere.

    Opened at an https address, the page recognizes live, with a phone's own motion sensors.
    It also takes recordings of the app Sensor Logger by drag and drop. It reads,
    cuts, resamples and recognizes them as :func:`~sk_imu.recognition.recognize` does, and
    shows signals, sets, windows and repetitions. Any server of files can serve the folder,
    such as ``python -m http.server --directory folder``.

    Parameters
    ----------
    fitted : estimator
        An :class:`~sk_imu.ExerciseClassifier`, or a Pipeline with a
        :class:`~sk_imu.Resampler`, fitted on recordings.
    folder : str or pathlib.Path
        The folder to write. One that this function wrote before is replaced.
    weights : {"float32", "float16", "int8"}, default="float32"
        How the model's weights are stored, as in :func:`export_onnx`.
    metadata : mapping of str to str, default=None
        Further facts for the foot of the page and the model's file, such as
        ``{"Accuracy on unseen people": "0.96"}``.
    onnxruntime_web : str or pathlib.Path, default=None
        The tarball of the npm package ``onnxruntime-web``, or its folder ``dist``. None
        takes it from the user's cache, and downloads it once, with its checksum verified.

    Raises
    ------
    ValueError
        If the model was not fitted on recordings, needs a channel or a step that the page
        does not have, cannot be exported, or the folder holds other files.
    OSError
        If ONNX Runtime Web cannot be downloaded.

    See Also
    --------
    export_onnx : The model alone.

    Notes
    -----
    The page's signal processing is that of the package in JavaScript: resampled values
    and the ends of sets differ from the package's by less than 1e-9 of the largest value,
    probabilities by less than 1e-5. It reads the CSV and JSON files of Sensor Logger;
    other formats are refused.

    Examples
    --------
    >>> from sk_imu import ExerciseClassifier
    >>> from sk_imu.datasets import make_exercise_recordings
    >>> from sk_imu.export import export_web
    >>> made = make_exercise_recordings(2, 2, continuous=False, random_state=0)
    >>> clf = ExerciseClassifier("svm").fit(made.data, made.target)
    >>> export_web(clf, "page", onnxruntime_web="no/such.tgz")
    Traceback (most recent call last):
    ...
    FileNotFoundError: [Errno 2] No such file or directory: 'no/such.tgz'
    """
    exported = Exported(fitted)
    description = _described(exported)
    description["facts"] |= metadata or {}
    target = Path(folder).resolve()
    _check_target(target)
    target.parent.mkdir(parents=True, exist_ok=True)
    # Beside it, because a move is atomic within a file system only.
    with tempfile.TemporaryDirectory(prefix=".sk_imu-", dir=target.parent) as scratch:
        made = Path(scratch, "new")
        _copy(files(__package__) / "page", made)
        _copy(files(_motion), made / "motion")
        model = exported.estimator
        export_onnx(model, made / "model.onnx", weights=weights, metadata=metadata)
        # Last, because it may be a long download.
        runtime = runtime_files(onnxruntime_web)
        (made / _RUNTIME).mkdir()
        for name, content in runtime.items():
            (made / _RUNTIME / name).write_bytes(content)
        description |= _listed(made, description)
        text = json.dumps(description, indent=1, ensure_ascii=False)
        (made / _DESCRIPTION).write_text(text, encoding="utf-8")
        if target.exists():
            os.replace(target, Path(scratch, "old"))
        os.replace(made, target)


def _copy(source: Traversable, target: Path) -> None:
    """Copy the files that a browser loads."""
    target.mkdir()
    for entry in source.iterdir():
        if entry.name.endswith((".html", ".css", ".js")):
            (target / entry.name).write_bytes(entry.read_bytes())
        elif entry.is_dir() and not entry.name.startswith("__"):
            _copy(entry, target / entry.name)


def _listed(made: Path, description: dict[str, Any]) -> dict[str, Any]:
    """Return what the page keeps for the time without a network, and its digest."""
    paths = sorted(path for path in made.rglob("*") if path.is_file())
    digest = hashlib.sha256(json.dumps(description, sort_keys=True).encode())
    for path in paths:
        digest.update(path.read_bytes())
    names = [path.relative_to(made).as_posix() for path in paths]
    return {"files": names, "digest": digest.hexdigest()[:16]}


def _check_target(target: Path) -> None:
    """Raise a ValueError if a path holds anything but a page that was exported before."""
    if target == Path.cwd():
        raise ValueError(
            f"{target}: is the folder you are in. Give the name of another one."
        )
    if not target.exists() or (target.is_dir() and not any(target.iterdir())):
        return
    try:
        known = json.loads((target / _DESCRIPTION).read_text("utf-8"))["format"] == _FORMAT
    except (OSError, ValueError, KeyError, TypeError):
        known = False
    if not known:
        raise ValueError(
            f"{target}: exists and is no folder that an export has written. Choose another "
            "name, or remove it."
        )


def _described(exported: Exported) -> dict[str, Any]:
    """Return what the page must know of a model beside its graph."""
    resampler = _resampler_of(exported)
    window = exported.window
    return {
        "format": _FORMAT,
        "classes": [str(label) for label in exported.classes.tolist()],
        "hasProbabilities": exported.method == "predict_proba",
        "window": window
        and {"timesteps": int(window.n_window_timesteps_), "step": int(window._n_step)},
        "settings": {
            "samplingRateHz": float(resampler.sampling_rate_hz),
            "channels": list(resampler.channel_names_),
            "interpolation": resampler.interpolation,
            "antiAlias": bool(resampler.anti_alias),
            "missing": resampler.missing,
            "clock": resampler.clock,
            "maxGapSeconds": resampler.max_gap_seconds,
            "gaps": resampler.gaps,
            "maxTimesteps": int(resampler.max_timesteps),
        },
        "side": _side_of(exported),
        "facts": _facts(exported, resampler),
    }


def _resampler_of(exported: Exported) -> Resampler:
    """Return the Resampler, or raise a ValueError if the page can't do what it does."""
    resampler = exported.resampler
    if resampler is None:
        raise ValueError(
            "The page takes recordings, but the model has no Resampler, so that it takes "
            "arrays. Fit a Pipeline with a Resampler, such as ExerciseClassifier, on "
            "recordings."
        )
    unknown = [name for name in resampler.channel_names_ if not _is_known(name)]
    if unknown:
        raise ValueError(
            f"The model needs {', '.join(unknown)}, which no recording of Sensor Logger "
            f"has. The page knows the sensors {', '.join(SENSOR_AXES)}."
        )
    return resampler


def _side_of(exported: Exported) -> dict[str, Any] | None:
    """Return how sides are mirrored, if they are."""
    side = None
    for step in exported.steps_before:
        if not isinstance(step, CanonicalSide):
            raise ValueError(
                f"The page has no step {type(step).__name__}, which the model applies to "
                "recordings. Only CanonicalSide may come before the Resampler."
            )
        # Of recordings without a side, nothing was mirrored.
        if step.n_unknown_side_ < step.n_recordings_:
            side = {"onto": step.onto, "mirrorAxis": step.mirror_axis}
    return side


def _is_known(name: str) -> bool:
    sensor = sensor_of(name)
    return name.removeprefix(f"{sensor}_") in SENSOR_AXES.get(sensor, ())


def _facts(exported: Exported, resampler: Resampler) -> dict[str, str]:
    """Return the lines about the model at the foot of the page."""
    rate_hz = float(resampler.sampling_rate_hz)
    facts = {
        "Exercises": ", ".join(str(label) for label in exported.classes.tolist()),
        "Sensors": ", ".join(dict.fromkeys(map(sensor_of, resampler.channel_names_))),
        "Rate": f"{rate_hz:g} Hz",
    }
    if exported.window is not None:
        seconds = exported.window.n_window_timesteps_ / rate_hz
        step = exported.window._n_step / rate_hz
        facts["Windows"] = f"{seconds:g} s long, one every {step:g} s"
    facts["Probabilities"] = (
        "as the model gives them"
        if exported.method == "predict_proba"
        else "none: the model decides without them"
    )
    facts["Made by"] = f"sk_imu {__version__}, ONNX Runtime Web {VERSION}"
    return facts
