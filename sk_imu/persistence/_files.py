"""Write a model file, and read it again."""

import copy
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sklearn.pipeline import Pipeline

import sk_imu

from .._atomic import replacement
from ._about import card_bytes, versions
from ._estimators import check_estimators, check_names, inside, nets, restore_nets
from ._schema import (
    CARD,
    VERSIONS,
    BrokenModelError,
    check_content,
    read_parts,
    unknown_types,
    without_ids,
    write_parts,
)

# What a net needs beside its weights to continue the training; not saved.
_TRAINING_ONLY = ("net_", "epoch_states_", "_rng", "_split_seed")
_FORMAT = "sk_imu model 1"
_SCHEMA = "schema.json"


def save_model(
    model: Any, path: str | Path, *, trusted: Sequence[str] = (), card: Any = None
) -> None:
    """Save a fitted estimator or Pipeline.

    Parameters
    ----------
    model : estimator
        A fitted estimator of this package, or one of scikit-learn that its pipelines are
        made of: Pipeline, StandardScaler, RandomForestClassifier, DecisionTreeClassifier,
        SVC, LogisticRegression, RidgeClassifier and RidgeClassifierCV. Nets keep their
        weights, not their training history, and a ``device`` other than ``"cpu"`` becomes
        ``"auto"``; Pipelines keep no ``memory``.
    path : str or pathlib.Path
        The file. If it exists it is replaced, but only once the new one is complete.
    trusted : sequence of str, default=()
        Full names of further types that the file may hold, such as
        ``["sk_imu.ModuleClassifier", "my_project.SmallNet"]`` for your own network. Loading
        runs their code, so :func:`load_model` needs the same names again.
    card : ModelCard or str, default=None
        A model card, which goes into the file as Markdown, see
        :meth:`~sk_imu.study.StudyResults.model_card`. :func:`model_info` returns it.

    Raises
    ------
    ImportError
        If skops is not installed.
    ValueError
        If the model holds other types that are not ``trusted``, or an estimator an
        attribute in the place of a method; if the card is longer than 100 000 bytes.

    See Also
    --------
    load_model : Load the model.
    model_info : What a model file holds, in words.

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
    skops_io = require_skops()
    with named(path):
        about = {VERSIONS: json.dumps(versions()).encode()}
        if card is not None:
            about[CARD] = card_bytes(card)
    # A copy, because the user's model keeps its training history.
    frozen = copy.deepcopy(model)
    for net in nets(frozen):
        weights = net.module_.state_dict()
        net.weights_ = {name: value.cpu().numpy() for name, value in weights.items()}
        for name in _TRAINING_ONLY:
            vars(net).pop(name, None)
        # Callbacks are for training only, and may hold anything. Other devices are of this
        # machine, and the file may be loaded on one without them.
        net.callbacks = None
        if net.device != "cpu":
            net.device = "auto"
    for pipeline in inside(frozen, Pipeline):
        pipeline.memory = None  # a folder of this machine, with pickles
    data = _with_public_paths(skops_io.dumps({"format": _FORMAT, "model": frozen}))
    parts = read_parts(data)
    # Before writing, so that every file that is written can be loaded.
    with named(path):
        check_names(frozen)
        _refuse_unknown(json.loads(parts[_SCHEMA]), trusted)
    with replacement(path) as beside:
        beside.write_bytes(write_parts({**parts, **about}))


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
    ValueError: model.skops: can't be read as a model of sk_imu (FileNotFoundError...
    """
    skops_io = require_skops()
    with named(path):
        try:
            parts = read_parts(Path(path).read_bytes())
            for name in (CARD, VERSIONS):  # no part of the model
                parts.pop(name, None)
            schema = json.loads(parts[_SCHEMA])
            _refuse_unknown(schema, trusted)
            check_content(schema, parts)
            parts[_SCHEMA] = json.dumps(without_ids(schema)).encode()
            data = write_parts(parts)
            del parts
            # skops asks for each type that it does not know itself. All have been checked
            # above, by the same schema.
            known = skops_io.get_untrusted_types(data=data)
            content = skops_io.loads(data, trusted=known)
            if not isinstance(content, dict) or content.get("format") != _FORMAT:
                raise BrokenModelError("is a skops file, but not a model of sk_imu")
            check_estimators(content["model"])
            restore_nets(content["model"])
        except BrokenModelError:
            raise
        # Whatever a damaged file makes of the readers of zip, JSON, arrays and estimators.
        except Exception as error:
            raise BrokenModelError(
                f"can't be read as a model of sk_imu ({error!r}). Make a model file by "
                "save_model or `sk-imu fit`"
            ) from error
    return content["model"]


@contextmanager
def named(path: str | Path) -> Iterator[None]:
    try:
        yield
    except BrokenModelError as error:
        raise ValueError(f"{path}: {error}.") from error


def require_skops() -> Any:
    """Return skops.io, or raise an ImportError that says how to install it."""
    try:
        import skops.io
    except ImportError as error:
        raise ImportError(
            'Model files need skops: pip install "sk_imu[models]".'
        ) from error
    return skops.io


def _with_public_paths(data: bytes) -> bytes:
    """Return a skops file in which our own types have their public path."""
    parts = read_parts(data)
    schema = json.loads(parts[_SCHEMA], object_hook=_with_public_path)
    return write_parts({**parts, _SCHEMA: json.dumps(schema).encode()})


def _with_public_path(node: dict[str, Any]) -> dict[str, Any]:
    name = node.get("__class__")
    private = str(node.get("__module__")).startswith("sk_imu.")
    return {**node, "__module__": "sk_imu"} if private and name in sk_imu.__all__ else node


def _refuse_unknown(schema: Any, trusted: Sequence[str]) -> None:
    """Raise an error for types that are neither of this package's pipelines nor trusted."""
    unknown = unknown_types(schema, trusted)
    if unknown:
        raise BrokenModelError(
            "holds objects of types that are not known to be safe: "
            f"{', '.join(unknown)}. If you know them, and where the file comes from, name "
            "them in trusted=[...]"
        )
