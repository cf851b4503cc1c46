"""Save a fitted pipeline to a file that is loaded without running code from it.

A pickle runs any code that its writer put in. A model file of this package is a skops file:
arrays, and the names of types, which are checked before anything is loaded. Our own types
have their public path, such as ``sk_imu.Resampler``, so that a file stays readable when a
class moves to another module. The weights of the nets are stored as arrays.
"""

import copy
import io
import json
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.ensemble import BaseEnsemble
from sklearn.tree import BaseDecisionTree

import sk_imu

from ._atomic import replacement
from .neural import ModuleClassifier, NetClassifier

__all__ = ["load_model", "save_model"]

# What a net needs beside its weights to continue the training; not saved.
_TRAINING_ONLY = ("net_", "epoch_states_", "_rng", "_split_seed")
_FORMAT = "sk_imu model 1"
# Only arrays, but skops does not trust indices that may be out of range: load_model checks.
_TREE = "sklearn.tree._tree.Tree"


def save_model(model: Any, path: str | Path, *, trusted: Sequence[str] = ()) -> None:
    """Save a fitted estimator or Pipeline.

    Parameters
    ----------
    model : estimator
        A fitted estimator of this package or of scikit-learn, or a Pipeline of them. Nets
        keep their weights, not their training history.
    path : str or pathlib.Path
        The file. If it exists it is replaced, but only once the new one is complete.
    trusted : sequence of str, default=()
        Full names of further types that the file may hold, such as
        ``["sk_imu.ModuleClassifier", "my_project.SmallNet"]`` for your own network. Loading
        runs their code, so :func:`load_model` needs the same names again.

    Raises
    ------
    ImportError
        If skops is not installed.
    ValueError
        If the model holds types that are not scikit-learn's, public estimators of this
        package or ``trusted``.

    See Also
    --------
    load_model : Load the model.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> import numpy as np
    >>> from sk_imu import CNNClassifier
    >>> from sk_imu.persistence import load_model, save_model
    >>> X, y = np.random.default_rng(0).normal(size=(8, 3, 50)), ["rest", "squat"] * 4
    >>> clf = CNNClassifier(max_epochs=1, random_state=0).fit(X, y)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save_model(clf, pathlib.Path(folder, "model.skops"))
    ...     again = load_model(pathlib.Path(folder, "model.skops"))
    >>> bool((again.predict_proba(X) == clf.predict_proba(X)).all())
    True
    """
    skops_io = _skops()
    # A copy, because the user's model keeps its training history.
    frozen = copy.deepcopy(model)
    for net in _nets(frozen):
        weights = net.module_.state_dict()
        net.weights_ = {name: value.numpy() for name, value in weights.items()}
        for name in _TRAINING_ONLY:
            vars(net).pop(name, None)
        # Callbacks are for training only, and may hold anything.
        net.callbacks = None
    data = _with_public_paths(skops_io.dumps({"format": _FORMAT, "model": frozen}))
    # Before writing, so that every file that is written can be loaded.
    _refuse_unknown(skops_io.get_untrusted_types(data=data), path, trusted)
    with replacement(path) as beside:
        beside.write_bytes(data)


def load_model(path: str | Path, *, trusted: Sequence[str] = ()) -> Any:
    """Load what :func:`save_model` wrote, without running code from the file.

    Parameters
    ----------
    path : str or pathlib.Path
        The file.
    trusted : sequence of str, default=()
        Full names of further types that may be loaded. Give only types that you know,
        because loading them runs their code.

    Returns
    -------
    model : estimator
        The fitted model, ready to predict.

    Raises
    ------
    ImportError
        If skops is not installed.
    ValueError
        If the file is not a model of this package, holds a type that is not known to be
        safe, or holds a broken tree or net.

    Examples
    --------
    >>> from sk_imu.persistence import load_model
    >>> load_model("model.skops")
    Traceback (most recent call last):
    ...
    ValueError: model.skops: can't be read as a model of sk_imu ([Errno 2] ...
    """
    skops_io = _skops()
    path = Path(path)
    try:
        data = path.read_bytes()
        unknown = skops_io.get_untrusted_types(data=data)
    except Exception as error:
        raise ValueError(
            f"{path}: can't be read as a model of sk_imu ({error}). Make a model file by "
            "save_model or `sk-imu fit`."
        ) from error
    _refuse_unknown(unknown, path, trusted)
    content = skops_io.loads(data, trusted=unknown)
    if not isinstance(content, dict) or content.get("format") != _FORMAT:
        raise ValueError(f"{path}: is a skops file, but not a model of sk_imu.")
    model = content["model"]
    if not _trees_are_sound(model):
        raise ValueError(f"{path}: holds a broken decision tree.")
    for net in _nets(model):
        try:
            net._restore(vars(net).pop("weights_"))
        except (AttributeError, KeyError, RuntimeError, TypeError, ValueError) as error:
            raise ValueError(f"{path}: holds a broken net ({error}).") from error
    return model


def _skops() -> Any:
    try:
        import skops.io
    except ImportError as error:
        raise ImportError(
            'Model files need skops: pip install "sk_imu[models]".'
        ) from error
    return skops.io


def _nets(model: Any) -> Iterator[Any]:
    """Yield every fitted net inside an estimator."""
    return (net for net in _inside(model, NetClassifier) if hasattr(net, "classes_"))


def _inside(value: Any, kind: type) -> Iterator[Any]:
    """Yield every object of a kind inside an estimator, whatever it is nested in."""
    if isinstance(value, kind):
        yield value
    if isinstance(value, BaseEstimator):
        yield from _inside(vars(value), kind)
    elif isinstance(value, dict):
        yield from _inside(list(value.values()), kind)
    elif isinstance(value, np.ndarray) and value.dtype == object:
        yield from _inside(value.ravel().tolist(), kind)
    elif isinstance(value, (list, tuple)):
        for part in value:
            yield from _inside(part, kind)


def _trees_are_sound(model: Any) -> bool:
    """Return whether all trees stay within their arrays and the columns of X.

    Otherwise predict would read foreign memory, because compiled code checks nothing.
    """
    for tree in _inside(model, BaseDecisionTree):
        if hasattr(tree, "tree_") and not _is_sound(tree.tree_, tree.n_features_in_):
            return False
    for ensemble in _inside(model, BaseEnsemble):
        # It checks X once, by its own number of columns or that of its first tree.
        parts = np.ravel(getattr(ensemble, "estimators_", []))
        trees = [part for part in parts if isinstance(part, BaseDecisionTree)]
        widths = {tree.n_features_in_ for tree in trees}
        if len(widths) > 1 or any(width > ensemble.n_features_in_ for width in widths):
            return False
    return True


def _is_sound(tree: Any, n_features: int) -> bool:
    n_nodes = tree.node_count
    if n_nodes == 0 or tree.n_features != n_features:
        return False
    left, right, feature = tree.children_left, tree.children_right, tree.feature
    inner = np.flatnonzero(left != -1)
    for child in (left[inner], right[inner]):
        # A child comes after its parent, so every path ends.
        if not ((child > inner) & (child < n_nodes)).all():
            return False
    depth = np.zeros(n_nodes, dtype=int)
    for node in inner:
        for child in (left[node], right[node]):
            depth[child] = max(depth[child], depth[node] + 1)
    within = (feature[inner] >= 0) & (feature[inner] < n_features)
    return bool(within.all() and depth.max() <= tree.max_depth)


def _with_public_paths(data: bytes) -> bytes:
    """Return a skops file in which our own types have their public path."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    schema = json.loads(parts["schema.json"], object_hook=_with_public_path)
    parts["schema.json"] = json.dumps(schema).encode()
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, part in parts.items():
            archive.writestr(name, part)
    return buffer.getvalue()


def _with_public_path(node: dict[str, Any]) -> dict[str, Any]:
    name = node.get("__class__")
    private = str(node.get("__module__")).startswith("sk_imu.")
    return {**node, "__module__": "sk_imu"} if private and name in sk_imu.__all__ else node


def _refuse_unknown(types: list[str], path: str | Path, trusted: Sequence[str]) -> None:
    """Raise a ValueError for types that are neither public estimators nor trusted."""
    safe = {_TREE, *trusted}
    unknown = sorted(name for name in set(types) - safe if not _is_public_estimator(name))
    if unknown:
        raise ValueError(
            f"{path}: holds objects of types that are not known to be safe: "
            f"{', '.join(unknown)}. If you know these types and the origin of the file, "
            "name them in trusted=[...]."
        )


def _is_public_estimator(name: str) -> bool:
    package, _, own_name = name.rpartition(".")
    if package != "sk_imu" or own_name not in sk_imu.__all__:
        return False
    value = getattr(sk_imu, own_name)
    # No functions, because a FunctionTransformer would call them, and no ModuleClassifier,
    # because it calls whatever its file holds as a module.
    if value is ModuleClassifier or not isinstance(value, type):
        return False
    return issubclass(value, BaseEstimator)
