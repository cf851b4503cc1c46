"""What a model file holds, in words."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ..calibration import UnknownDetector
from ..meta import WindowedClassifier
from ..preprocessing import Resampler
from ..recording import in_units, visible
from ._about import card_in, versions_in
from ._estimators import inside
from ._files import load_model, named
from ._schema import read_parts


def model_info(path: str | Path, *, trusted: Sequence[str] = ()) -> dict[str, str]:
    """Return what a model file holds, in words.

    The model is loaded as :func:`load_model` loads it, which runs no code from the file.
    People of the training set are not named.

    Parameters
    ----------
    path : str or pathlib.Path
        The file.
    trusted : sequence of str, default=()
        As for :func:`load_model`.

    Returns
    -------
    info : dict of str to str
        ``model``, and what is known of ``exercises``, ``channels`` with their units, the
        common ``rate``, the ``window`` that votes on a set, the ``wear``, how ``unknown``
        movements are found, ``calibration``, the ``versions`` of the packages that saved
        the model, and its ``card``, as Markdown.

    Raises
    ------
    ImportError
        If skops is not installed.
    ValueError
        As of :func:`load_model`; also if the card or the versions are damaged.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> from sk_imu import ExerciseClassifier
    >>> from sk_imu.datasets import make_exercise_recordings
    >>> from sk_imu.persistence import model_info, save_model
    >>> made = make_exercise_recordings(2, 2, continuous=False, random_state=0)
    >>> clf = ExerciseClassifier("svm").fit(made.data, made.target)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder, "model.skops")
    ...     save_model(clf, path, card="An SVM of simulated exercises.")
    ...     info = model_info(path)
    >>> info["exercises"], info["rate"], info["card"]
    ('jumping_jack, lunge, squat', '25 Hz', 'An SVM of simulated exercises.')
    >>> info["channels"]
    'TotalAcceleration x, y, z (m/s²); Gyroscope x, y, z (rad/s)'
    """
    model = load_model(path, trusted=trusted)
    with named(path):
        parts = read_parts(Path(path).read_bytes())
        card, saved = card_in(parts), versions_in(parts)
    info = {name: visible(text) for name, text in _facts(model).items()}
    if saved:
        info["versions"] = ", ".join(f"{name} {number}" for name, number in saved.items())
    return info if card is None else {**info, "card": card}


def _facts(model: Any) -> dict[str, str]:
    kind = getattr(model, "model", None)
    name = type(model).__name__
    facts = {"model": f"{name}({kind!r})" if isinstance(kind, str) else name}
    if hasattr(model, "classes_"):
        facts["exercises"] = ", ".join(map(str, model.classes_))
    # A search or an ensemble holds several of one kind, which are alike.
    for resampler in _first(model, Resampler):
        facts["channels"] = in_units(resampler.channel_names_)
        facts["rate"] = f"{resampler.sampling_rate_hz:g} Hz"
    for window in _first(model, WindowedClassifier):
        facts["window"] = f"{window.n_window_timesteps_} timesteps"
        for resampler in _first(model, Resampler):
            seconds = window.n_window_timesteps_ / resampler.sampling_rate_hz
            facts["window"] = f"{seconds:g} s"
    if hasattr(model, "wear_"):
        worn = {"fixed": "always the same way", "free": "in any way"}
        facts["wear"] = f"{model.wear_}, {worn[model.wear_]}"
    if "exercises" not in facts:  # no classifier
        return facts
    facts["unknown"] = "never answered: one of the exercises, whatever the movement"
    for detector in _first(model, UnknownDetector):
        facts["unknown"] = f"answered. {detector.summary(names=False)}"
    facts["calibration"] = "none: probabilities, if any, are those of the model"
    if getattr(model, "temperature_", None) is not None:
        facts["calibration"] = (
            f"probabilities at a temperature of {model.temperature_:.3g}, chosen on people "
            "left out"
        )
    return facts


def _first(model: Any, kind: type) -> list[Any]:
    """Return the first fitted estimator of a kind, or none."""
    fitted = (one for one in inside(model, kind) if any(n.endswith("_") for n in vars(one)))
    return list(fitted)[:1]
