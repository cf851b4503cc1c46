"""A fitted model as one C header."""

from os import PathLike
from pathlib import Path
from typing import Any

from ... import __version__
from ..._atomic import replacement
from ...recording import mirror_signs, sensor_of
from .._fitted import Exported
from ._input import input_of
from ._layout import layout_of
from ._network import NETS, Network, network_of
from ._parts import Parts, parts_of
from ._text import c_environment, check_prefix

__all__ = ["export_c"]

_WEIGHTS = ("float32", "int8", "mixed")


def export_c(
    fitted: Any,
    path: str | PathLike[str],
    *,
    weights: str = "float32",
    prefix: str = "sk_imu",
) -> Path:
    """Write a fitted model as one C99 header, for a microcontroller or an app.

    The header predicts one window: from the channels at the common rate, in the units of
    the package, to the scores that scikit-learn gives this window. Derived channels and
    scaling are part of it; mirroring a side and resampling are not. It needs ``math.h``
    only, allocates nothing, and its first lines describe how to call it.

    Parameters
    ----------
    fitted : ExerciseClassifier, Pipeline or classifier
        A fitted model: a :class:`~sk_imu.CNNClassifier`, :class:`~sk_imu.GRUClassifier` or
        :class:`~sk_imu.CNNGRUClassifier`, alone or behind the steps of
        :func:`~sk_imu.pipelines.make_pipeline_for`.
    path : str or path-like
        The header to write, such as ``"squats.h"``. If it exists it is replaced.
    weights : {"float32", "int8", "mixed"}, default="float32"
        How the weights of a network are kept. ``"int8"`` takes a quarter of the memory:
        whole numbers from −127 to 127, with a scale for each output of a layer.  With
        ``"mixed"``, the blocks after the first have six bits a weight, and the GRU behind
        them four; the rest has eight. Everything is computed in float.
    prefix : str, default="sk_imu"
        What all names in the header begin with, in capitals for macros. Two models in one
        program need different ones.

    Returns
    -------
    path : Path
        The header.

    Raises
    ------
    NotFittedError
        If the model is not fitted.
    TypeError
        If C has no code for a part of the model.
    ValueError
        If a parameter is invalid, or the model holds NaN or infinity.

    See Also
    --------
    export_onnx : A file for phones, browsers and servers, of every model.

    Notes
    -----
    Gravity and the aligned axes of :class:`~sk_imu.DerivedChannels` are found in each
    window by itself, as for a window that an app passes to ``predict``. Over a whole set
    they differ a little.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from sk_imu import CNNClassifier, ExerciseClassifier
    >>> from sk_imu.datasets import make_exercise_recordings
    >>> from sk_imu.export import export_c
    >>> made = make_exercise_recordings(2, 2, continuous=False, random_state=0)
    >>> net = CNNClassifier(n_filters=4, max_epochs=1, random_state=0)
    >>> clf = ExerciseClassifier(net, window_seconds=2).fit(made.data, made.target)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     header = export_c(clf, Path(folder, "exercise.h"), weights="int8")
    ...     "sk_imu_predict_window" in header.read_text()
    True
    """
    if weights not in _WEIGHTS:
        raise ValueError(f"weights must be one of {', '.join(_WEIGHTS)}, got {weights!r}.")
    check_prefix(prefix)
    parts = parts_of(Exported(fitted))
    text = _header_of(parts, weights, prefix)
    with replacement(path) as beside:
        beside.write_text(text, encoding="utf-8")
    return Path(path)


def _header_of(parts: Parts, weights: str, prefix: str) -> str:
    known, model = parts.known, parts.model[-1]
    if len(parts.model) > 1 or not isinstance(model, NETS):
        _refuse(parts.model)
    if hasattr(model, "_personal"):
        raise TypeError(
            "The model was personalized, which C has no code for. Export the one that "
            "personalize was called on."
        )
    network = network_of(model, weights)
    given = input_of(parts)
    n_row = network.n_input
    n_filter = n_row * parts.n_timesteps
    if given["gravity"]:
        n_filter += 4 * parts.n_timesteps + 2 * given["gravity"]["n_pad"]
    n_work = max(n_filter, network.n_work())
    places, calls = layout_of(network, prefix, n_work)
    n_scores = len(known.classes)
    return (
        c_environment()
        .get_template("header.h.jinja")
        .render(
            p=prefix,
            P=prefix.upper(),
            version=__version__,
            title=type(model).__name__,
            side=_side(parts),
            channels=list(zip(known.channel_names, known.channel_units, strict=True)),
            rate_hz=known.sampling_rate_hz,
            n_timesteps=parts.n_timesteps,
            n_step=parts.n_step,
            classes=known.classes.tolist(),
            n_scores=n_scores,
            scores_are="the probabilities of the classes",
            hard_vote=parts.windows is not None and parts.windows.vote == "hard",
            n_constant=_n_constant(network, parts),
            n_static=4 * n_work,
            n_work=n_work,
            n_row=n_row,
            input=given,
            model_template="network.h.jinja",
            net=network,
            weights=weights,
            places=places,
            calls=calls,
        )
    )


def _refuse(model: list[Any]) -> None:
    others = [step for step in model if not isinstance(step, NETS)]
    names = " and ".join(type(step).__name__ for step in others or model)
    known = ", ".join(kind.__name__ for kind in NETS)
    raise TypeError(
        f"C has no code for {names}. It has it for {known}, alone or behind the steps of "
        "make_pipeline_for without fixed_length. export_onnx takes more models."
    )


def _side(parts: Parts) -> dict[str, Any] | None:
    """Return the side as which values are given, and what a mirror would change."""
    if parts.side is None:
        return None
    changed = []
    for name in parts.known.channel_names:
        sensor = sensor_of(name)
        part = name.removeprefix(f"{sensor}_")
        if mirror_signs(sensor, parts.side.mirror_axis).get(part, 1) < 0:
            changed.append(name)
    return {"onto": parts.side.onto, "channels": changed}


def _n_constant(network: Network, parts: Parts) -> int:
    """Return the number of bytes of weights, biases and scales."""
    kept = [block.weights for block in network.blocks] + [network.head]
    numbers: list[Any] = [network.head_bias]
    for block in network.blocks:
        numbers += [block.scale, block.shift]
    for one in (one for layer in network.layers for one in layer):
        kept += [one.weights_in, one.weights_state]
        numbers.append(one.bias)
    if network.head.n_bits < 32:
        # A block has these in its own scale.
        numbers += [weights.scale for weights in kept[len(network.blocks) :]]
    if parts.scale is not None:
        numbers += 2 * [parts.scale.scale_]
    return sum(w.n_bytes for w in kept) + 4 * sum(len(one) for one in numbers)
