"""What a model file may hold, checked on its bytes before anything is made from them.

skops checks the names of types, not the content: its readers take memory by the size that
an array declares, and scikit-learn's trees follow whatever indices they are given.
"""

import io
import json
import math
import zipfile
from collections.abc import Collection, Iterator
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator

import sk_imu

from ..neural import ModuleClassifier

Node: TypeAlias = dict[str, Any]
Parts: TypeAlias = dict[str, bytes]

#: Members of the archive that describe the model, and from which nothing is made.
CARD, VERSIONS = "card.md", "versions.json"
# What skops calls its format; in another, the nodes could mean something else.
_PROTOCOL = 2
_TREE = "sklearn.tree._tree.Tree"
# What pipelines of this package are made of. The compiled code of many others trusts its
# arrays, so each has its check in _estimators.py.
SKLEARN_TYPES = {
    "sklearn.ensemble._forest.RandomForestClassifier",
    "sklearn.linear_model._logistic.LogisticRegression",
    "sklearn.linear_model._ridge.RidgeClassifier",
    "sklearn.linear_model._ridge.RidgeClassifierCV",
    "sklearn.pipeline.Pipeline",
    "sklearn.preprocessing._data.StandardScaler",
    "sklearn.preprocessing._label.LabelBinarizer",
    "sklearn.svm._classes.SVC",
    "sklearn.tree._classes.DecisionTreeClassifier",
}
_SCALARS = {f"numpy.{kind.__name__}" for kind in np.sctypeDict.values()}
_SCALARS -= {"numpy.object_", "numpy.void"}
_KEY_TYPES = {f"builtins.{name}" for name in ("str", "int", "float", "bool")} | _SCALARS
# The types that each kind of node may have. Those of keys are looked at with their dict.
_TYPES_OF = {
    "DictNode": {"builtins.dict", "collections.OrderedDict"},
    "JsonNode": {"builtins.str"},
    "ListNode": {"builtins.list"},
    "NdArrayNode": {"numpy.ndarray"} | _SCALARS,
    "RandomStateNode": {"numpy.random.mtrand.RandomState"},
    "TreeNode": {_TREE},
    "TupleNode": {"builtins.tuple"},
}
# Arrays may be shared, such as the classes, but not one by many nodes of a small file.
_MOST_SHARED = 3


class BrokenModelError(ValueError):
    """What a model file holds is broken; the text is the end of a sentence on the file."""


def read_parts(data: bytes) -> Parts:
    """Return the members of the archive, none of which is larger than the file."""
    # A model file is not compressed, so that it can't ask for more memory than its bytes.
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        members = archive.infolist()
        if any(member.compress_type != zipfile.ZIP_STORED for member in members):
            raise ValueError("it is compressed, which model files are not")
        # More bytes than there are: its members overlap.
        if sum(member.file_size for member in members) > len(data):
            raise ValueError("its members are larger than the file")
        if len({member.filename for member in members}) < len(members):
            raise ValueError("it has two members of one name")
        return {member.filename: archive.read(member) for member in members}


def write_parts(parts: Parts) -> bytes:
    """Return the archive of these members."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, part in parts.items():
            archive.writestr(name, part)
    return buffer.getvalue()


def unknown_types(schema: Any, trusted: Collection[str]) -> list[str]:
    """Return the types in a schema that are neither known nor trusted."""
    if not isinstance(schema, dict) or schema.get("protocol") != _PROTOCOL:
        raise ValueError(f"its schema is not of skops' protocol {_PROTOCOL}")
    return sorted({_type(n) for n in _nodes(schema) if not _is_known(n, trusted)})


def check_content(schema: Node, parts: Parts) -> None:
    """Raise a ValueError if an array, a number or a tree is not what it should be."""
    n_bytes = 0
    for node in _nodes(schema):
        loader = node["__loader__"]
        if loader == "JsonNode":
            value = json.loads(node["content"])
            if isinstance(value, (dict, list)) or value != value:
                raise ValueError(f"it holds {node['content'][:30]} where a value belongs")
        if "file" in node and loader == "NdArrayNode":
            n_bytes += len(parts[node["file"]])
            if n_bytes > _MOST_SHARED * sum(map(len, parts.values())):
                raise ValueError("its arrays are used more often than in a model")
            array = _array(node, parts)
            if array.dtype.kind in "fc" and array.ndim and not np.isfinite(array).all():
                raise ValueError("it holds values that are not finite")
        if loader == "TreeNode":
            _check_tree(node, parts)


def without_ids(value: Any) -> Any:
    """Return a schema in which no node refers to another."""
    # skops takes the first of the nodes that have one id, which need not be the one that
    # was checked, and follows circles of them.
    if isinstance(value, dict):
        return {
            key: without_ids(part)
            for key, part in value.items()
            if key != "__id__" or isinstance(part, dict)
        }
    return [without_ids(part) for part in value] if isinstance(value, list) else value


def _nodes(schema: Any) -> Iterator[Node]:
    """Yield every node of a schema but the types of keys."""
    stack = [schema]
    while stack:
        value = stack.pop()
        if isinstance(value, list):
            stack += value
        elif isinstance(value, dict):
            if "__loader__" in value:
                yield value
            parts = dict(value)
            if parts.get("__loader__") == "DictNode":
                _check_keys(parts.pop("key_types"))
            stack += parts.values()


def _check_keys(types: Node) -> None:
    kinds = [_type(node) for node in types["content"]]
    loaders = {node["__loader__"] for node in types["content"]} | {types["__loader__"]}
    if not (set(kinds) <= _KEY_TYPES and loaders <= {"ListNode", "TypeNode"}):
        raise ValueError("the keys of a dict are neither text nor numbers")


def _type(node: Node) -> str:
    return f"{node['__module__']}.{node['__class__']}"


def _is_known(node: Node, trusted: Collection[str]) -> bool:
    name, loader = _type(node), node["__loader__"]
    if name in trusted or name in _TYPES_OF.get(loader, ()):
        return True
    return loader == "ObjectNode" and (name in SKLEARN_TYPES or _is_public_estimator(name))


def _is_public_estimator(name: str) -> bool:
    package, _, own_name = name.rpartition(".")
    if package != "sk_imu" or own_name not in sk_imu.__all__:
        return False
    value = getattr(sk_imu, own_name)
    # ModuleClassifier calls whatever its file holds as a module.
    if value is ModuleClassifier or not isinstance(value, type):
        return False
    return issubclass(value, BaseEstimator)


def _array(node: Node, parts: Parts) -> NDArray[Any]:
    """Return an array whose size is the one that its header declares."""
    if node["__loader__"] != "NdArrayNode" or node["type"] != "numpy":
        raise ValueError("a list stands where an array belongs")
    part = parts[node["file"]]
    stream = io.BytesIO(part)
    if np.lib.format.read_magic(stream) != (1, 0):
        raise ValueError("an array is in an unknown format")
    shape, _, dtype = np.lib.format.read_array_header_1_0(stream)
    n_bytes = math.prod(shape) * dtype.itemsize
    # Elements without a size would be free, however many there are.
    if dtype.itemsize == 0 or min(shape, default=0) < 0:
        raise ValueError(f"an array has the type {dtype} and the shape {shape}")
    if n_bytes != len(part) - stream.tell():
        raise ValueError(f"an array declares {n_bytes} bytes, not those that it has")
    return np.load(io.BytesIO(part), allow_pickle=False)


def _check_tree(node: Node, parts: Parts) -> None:
    """Raise a ValueError if a tree leaves its arrays or the columns that it is shown."""
    # Predicting would read foreign memory, because compiled code checks nothing.
    try:
        # Fewer numbers of classes than outputs would be read beyond the end already now.
        n_features, n_classes, n_outputs = node["__reduce__"]["args"]["content"]
        state = node["content"]["content"]
        nodes, values = (_array(state[name], parts) for name in ("nodes", "values"))
        classes = _array(n_classes, parts)
        n_nodes = _number(state["node_count"])
        sound = (
            _number(n_outputs) == 1
            and classes.shape == (1,)
            and 0 < n_nodes == len(nodes)
            and values.shape == (n_nodes, 1, classes[0])
            and bool(np.isfinite(values).all())
            and _is_sound(nodes, _number(n_features), _number(state["max_depth"]))
        )
    except (IndexError, KeyError, TypeError, ValueError):
        sound = False
    if not sound:
        raise BrokenModelError("holds a broken decision tree")


def _number(node: Node) -> int:
    number = json.loads(node["content"]) if node["__loader__"] == "JsonNode" else None
    if not isinstance(number, int):
        raise TypeError("a number of a tree is not whole")
    return number


def _is_sound(nodes: NDArray[Any], n_features: int, max_depth: int) -> bool:
    left, right, feature = (nodes[n] for n in ("left_child", "right_child", "feature"))
    inner = np.flatnonzero(left != -1)
    for child in (left[inner], right[inner]):
        # A child comes after its parent, so that every path ends.
        if not ((child > inner) & (child < len(nodes))).all():
            return False
    depth = np.zeros(len(nodes), dtype=int)
    for node in inner:
        for child in (left[node], right[node]):
            depth[child] = max(depth[child], depth[node] + 1)
    within = (feature[inner] >= 0) & (feature[inner] < n_features)
    return bool(within.all() and depth.max() <= max_depth <= len(nodes))
