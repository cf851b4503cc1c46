"""Save a fitted pipeline to a file that is loaded without running code from it.

A pickle runs whatever its writer wanted.  A model file of this package is a skops file:
types by name, held against a list, and arrays.  The weights of the nets go into it as
arrays and come out as a network of the same parameters.
"""

import copy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.ensemble import BaseEnsemble
from sklearn.tree import BaseDecisionTree

from . import (
    augmentation,
    classifiers,
    derived_channels,
    features,
    meta,
    preprocessing,
    resampling,
    sides,
    windowing,
)
from .base import NetClassifier
from .classifiers import ModuleClassifier

__all__ = ["load_model", "save_model"]

# What a net has beside its weights, for going on with the training; not kept.
_TRAINING_ONLY = ("net_", "history_", "epoch_states_", "_rng", "_split_seed")
_FORMAT = "sk_imu model 1"
_OWN = {
    f"{place}.{name}"
    for module in (
        augmentation,
        classifiers,
        derived_channels,
        features,
        meta,
        preprocessing,
        resampling,
        sides,
        windowing,
    )
    for name in module.__all__
    # A package has its names from the files inside it; older model files name the package.
    for place in (module.__name__, getattr(module, name).__module__)
}
# It calls whatever it holds as a module, so a file must not bring one.
_OWN -= {f"{ModuleClassifier.__module__}.{ModuleClassifier.__name__}"}
# By name, for its package loads sktime.  It looks at its arrays whenever it uses them.
_OWN.add("sk_imu.sktime._minirocket.MiniRocketFeatures")
# Arrays only, but skops trusts none that may point anywhere: load_model checks them.
_TREE = "sklearn.tree._tree.Tree"


def save_model(model: Any, path: str | Path) -> None:
    """Save a fitted pipeline or classifier.

    Parameters
    ----------
    model : estimator
        A fitted estimator of this package or of scikit-learn, or a Pipeline of them.  The
        nets keep their weights, not their training history.
    path : str or pathlib.Path
        The file, overwritten if it is there.

    Raises
    ------
    ImportError
        If skops is not installed.
    ValueError
        If the model holds objects that could not be loaded safely, such as a
        :class:`~sk_imu.ModuleClassifier`.

    See Also
    --------
    load_model : Read it again.

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
    for own in _inside(model, ModuleClassifier):
        name = getattr(own.module, "__name__", repr(own.module))
        raise ValueError(
            f"{path}: a ModuleClassifier can't be saved, for loading it would run code of "
            f"yours ({name}), and a model file runs none. Pickle it, or use joblib.dump, "
            "and load such files only from people you trust."
        )
    frozen = copy.deepcopy(model)
    for net in _nets(frozen):
        weights = net.module_.state_dict()
        net.weights_ = {name: value.numpy() for name, value in weights.items()}
        for name in _TRAINING_ONLY:
            vars(net).pop(name, None)
        # Callbacks are of the training, and may be anything.
        net.callbacks = None
    data = skops_io.dumps({"format": _FORMAT, "model": frozen})
    _refuse_unknown(skops_io.get_untrusted_types(data=data), path)
    Path(path).write_bytes(data)


def load_model(path: str | Path) -> Any:
    """Load what :func:`save_model` wrote, without running code from the file.

    Parameters
    ----------
    path : str or pathlib.Path
        The file.

    Returns
    -------
    model : estimator
        The fitted model, ready to predict.

    Raises
    ------
    ImportError
        If skops is not installed.
    ValueError
        If the file is no model of this package, names a type that is neither
        scikit-learn's nor this package's, or holds a broken tree or net.

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
            f"{path}: can't be read as a model of sk_imu ({error}). Make one by save_model "
            "or `sk-imu fit`."
        ) from error
    _refuse_unknown(unknown, path)
    content = skops_io.loads(data, trusted=unknown)
    if not isinstance(content, dict) or content.get("format") != _FORMAT:
        raise ValueError(f"{path}: is a skops file, but no model of sk_imu.")
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
    """Tell whether all trees stay within their arrays and the columns they are shown.

    If not, predicting would read foreign memory, for compiled code checks nothing.
    """
    for tree in _inside(model, BaseDecisionTree):
        if hasattr(tree, "tree_") and not _is_sound(tree.tree_, tree.n_features_in_):
            return False
    for ensemble in _inside(model, BaseEnsemble):
        # It checks the columns once, by its own number or that of its first tree.
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
        # A child comes after its parent, so that every path ends.
        if not ((child > inner) & (child < n_nodes)).all():
            return False
    depth = np.zeros(n_nodes, dtype=int)
    for node in inner:
        for child in (left[node], right[node]):
            depth[child] = max(depth[child], depth[node] + 1)
    within = (feature[inner] >= 0) & (feature[inner] < n_features)
    return bool(within.all() and depth.max() <= tree.max_depth)


def _refuse_unknown(types: list[str], path: str | Path) -> None:
    """Let no type through but the estimators of this package."""
    unknown = sorted(set(types) - _OWN - {_TREE})
    if unknown:
        raise ValueError(
            f"{path}: holds objects of types that are not known to be safe: "
            f"{', '.join(unknown)}."
        )
