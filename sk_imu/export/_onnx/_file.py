"""Write a fitted pipeline to an ONNX file."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..._atomic import replacement
from .._fitted import Exported
from ._graph import OnnxGraph
from ._table import convert

__all__ = ["export_onnx"]

_WEIGHTS = ("float32", "float16", "int8")
_DTYPES = ("float32", "float64")


def export_onnx(
    fitted: Any,
    path: str | Path,
    *,
    weights: str = "float32",
    dtype: str = "float32",
    metadata: Mapping[str, str] | None = None,
) -> None:
    """Write a fitted classifier to an ONNX file, from the uniform state to probabilities.

    The file derives and scales the channels, cuts windows, and lets them vote, as the
    classifier does. It takes sets at the common rate: steps up to the
    :class:`~sk_imu.Resampler` stay outside.

    Parameters
    ----------
    fitted : estimator
        An :class:`~sk_imu.ExerciseClassifier`, personalized or not, a Pipeline of
        :func:`~sk_imu.pipelines.make_pipeline_for` or of your own steps, or a classifier
        of uniform sets or panels.
    path : str or pathlib.Path
        The file. If it exists it is replaced, but only once the new one is complete.
    weights : {"float32", "float16", "int8"}, default="float32"
        How matrices are stored: those of networks and linear models, and support vectors.
        ``"int8"`` stores whole numbers and a scale for each output; those of the large
        matrices of a network, with more than 8192 values, take 6 bits. Trees are stored in
        one way only.
    dtype : {"float32", "float64"}, default="float32"
        Data type of input, output and everything between. Forests and MiniRocket compute
        in float32 in any case, as in scikit-learn. With ``"float64"``, which is for
        comparisons, weights are stored in float64.
    metadata : mapping of str to str, default=None
        Further entries of the file's metadata, such as
        ``{"accuracy_on_unseen_people": "0.96"}``.

    Raises
    ------
    ImportError
        If onnx is not installed.
    sklearn.exceptions.NotFittedError
        If the classifier is not fitted.
    TypeError
        If a step has no converter, what is given is no classifier, or the metadata are
        not texts.
    ValueError
        If a step can't be exported with its parameters, or a parameter is not one of the
        above.

    See Also
    --------
    onnx_converter : Export a step of your own.
    sk_imu.persistence.save_model : A file for this package.

    Notes
    -----
    The input ``X`` has shape (batch, n_channels, n_timesteps): sets of one length, of any
    length. The output ``probabilities`` has shape (batch, n_classes) and ``window_scores``
    (batch, n_windows, n_classes), in the order of the classes in the metadata. For a
    model without ``predict_proba`` (SVM, MiniRocket) both hold ``decision_function``; the
    metadata ``method`` says which. Of two classes, the decision function is the second
    column, and the first is its negative.

    A set with NaN or infinity, and one shorter than a window where the classifier refuses
    such sets, has NaN in both outputs.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> from sk_imu import ExerciseClassifier
    >>> from sk_imu.datasets import make_exercise_recordings
    >>> from sk_imu.export import export_onnx
    >>> made = make_exercise_recordings(2, 2, continuous=False, random_state=0)
    >>> clf = ExerciseClassifier("rf", random_state=0).fit(made.data, made.target)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = pathlib.Path(folder, "model.onnx")
    ...     export_onnx(clf, file, metadata={"accuracy_on_unseen_people": "0.96"})
    ...     file.stat().st_size > 10_000
    True
    """
    _check_choice("weights", weights, _WEIGHTS)
    _check_choice("dtype", dtype, _DTYPES)
    if dtype == "float64" and weights != "float32":
        raise ValueError(
            f"dtype='float64' is for comparisons and stores all weights in float64, got "
            f"weights={weights!r}. Leave one of them out."
        )
    exported = Exported(fitted)
    graph = OnnxGraph(dtype, weights)
    _write(graph, exported)
    if graph.has_thresholds:
        graph = OnnxGraph(dtype, weights, exact=True)
        _write(graph, exported)
    known = {**exported.metadata(), "weights": weights}
    model = graph.model({**known, **_checked_metadata(metadata or {}, known)})
    with replacement(path) as beside:
        beside.write_bytes(model.SerializeToString())


def _check_choice(name: str, value: str, choices: tuple[str, ...]) -> None:
    if value not in choices:
        raise ValueError(f"{name} must be one of {', '.join(choices)}, got {value!r}.")


def _checked_metadata(
    metadata: Mapping[str, str], known: dict[str, str]
) -> Mapping[str, str]:
    """Return the user's entries, or raise an error if they can't stand beside the known."""
    for name, value in metadata.items():
        if not (isinstance(name, str) and isinstance(value, str)):
            raise TypeError(
                f"metadata must hold texts, got {name!r}: {value!r}. Convert it with str."
            )
        if name in known:
            raise ValueError(
                f"metadata holds {name!r}, an entry that every file has. Rename it."
            )
    return metadata


def _write(graph: OnnxGraph, exported: Exported) -> None:
    """Write the steps, from the input to the two outputs."""
    n_classes = len(exported.classes)
    x = graph.input("X", ["batch", exported.n_channels, exported.n_timesteps or "time"])
    scores = x
    for name, step in exported.steps:
        scores = convert(graph, step, scores, name=name)
    windows = graph.window_scores
    if windows is None:
        windows = scores.add_axis(1)
    # 0 for a set of numbers, and NaN for one with NaN or infinity.
    doubt = (x * 0.0).sum(1, 2, keep=False).add_axis(1)
    graph.output("probabilities", scores + doubt, ["batch", n_classes])
    graph.output(
        "window_scores", windows + doubt.add_axis(2), ["batch", "windows", n_classes]
    )
