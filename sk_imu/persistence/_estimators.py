"""What a loaded estimator must be like, so that its predictions stay within its arrays."""

from collections.abc import Callable, Iterator
from numbers import Integral, Real
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.pipeline import Pipeline
from sklearn.tree import DecisionTreeClassifier

from ..neural import NetClassifier
from ..preprocessing import derived_channel_names
from ._schema import BrokenModelError

# The shapes of what was learned, a letter for a dimension: p columns, n channels, c
# classes, k rows of coefficients (one for two classes), s support vectors, d one less than
# the classes, i pairs of them. Several shapes are alternatives, and "?" stands for None.
_SHAPES: dict[str, dict[str, tuple[str, ...]]] = {
    "ChannelScaler": {"scale_": ("n",), "mean_": ("n", "?")},
    "LogisticRegression": {"coef_": ("kp",), "intercept_": ("k",)},
    "RidgeClassifier": {"coef_": ("kp", "p"), "intercept_": ("k", "")},
    "RidgeClassifierCV": {"coef_": ("kp", "p"), "intercept_": ("k", "")},
    "StandardScaler": {"mean_": ("p", "?"), "scale_": ("p", "?"), "var_": ("p", "?")},
    "SVC": {
        "support_": ("s",),
        "support_vectors_": ("sp",),
        "_n_support": ("c",),
        "dual_coef_": ("ds",),
        "_dual_coef_": ("ds",),
        "intercept_": ("i",),
        "_intercept_": ("i",),
        "_probA": ("0", "i"),
        "_probB": ("0", "i"),
        "class_weight_": ("c",),
    },
}
# Longer than a day at 10 Hz: what is padded or resampled to it fits into memory.
_MOST_TIMESTEPS = 1_000_000
_NAMES = {
    *("channel_names", "channel_names_", "channel_names_in_", "channel_names_out_"),
    "feature_names_in_",
}
_TIMESTEPS = ("n_timesteps", "n_timesteps_in_", "n_window_timesteps_", "_n_step")


def inside(value: Any, kind: type) -> Iterator[Any]:
    """Yield every object of a kind inside an estimator, whatever it is nested in."""
    if isinstance(value, kind):
        yield value
    if isinstance(value, BaseEstimator):
        yield from inside(vars(value), kind)
    elif isinstance(value, dict):
        yield from inside(list(value.values()), kind)
    elif isinstance(value, np.ndarray) and value.dtype == object:
        yield from inside(value.ravel().tolist(), kind)
    elif isinstance(value, (list, tuple)):
        for part in value:
            yield from inside(part, kind)


def check_estimators(model: Any) -> None:
    """Raise a ValueError if an estimator inside a model is not as a fit leaves it."""
    if not isinstance(model, BaseEstimator):
        raise BrokenModelError("holds no estimator")
    check_names(model)
    for estimator in inside(model, BaseEstimator):
        name = type(estimator).__name__
        if hasattr(estimator, "_parameter_constraints"):
            estimator._validate_params()
        if _is_fitted(estimator):
            _check_learned(name, estimator)
            _check_shapes(name, estimator)
            if name in _CHECKS and not _CHECKS[name](estimator):
                raise BrokenModelError(f"holds a broken {name}")
    for generator in inside(model, np.random.RandomState):
        # Where the next number is read from.
        if not 0 <= generator.get_state(legacy=False)["state"]["pos"] <= 624:
            raise BrokenModelError("holds a broken generator")


def restore_nets(model: Any) -> None:
    """Build the networks inside a model from their weights."""
    for net in nets(model):
        try:
            net._restore(vars(net).pop("weights_"))
        # For weights of another shape, torch raises errors of several kinds.
        except Exception as error:
            raise BrokenModelError(f"holds a broken net ({error})") from error


def nets(model: Any) -> Iterator[Any]:
    """Yield every fitted net inside an estimator."""
    return (net for net in inside(model, NetClassifier) if hasattr(net, "classes_"))


def _is_fitted(estimator: Any) -> bool:
    # A Pipeline has no attributes of its own, and its steps may be unfitted.
    return isinstance(estimator, Pipeline) or any(
        name.endswith("_") and name[0] != "_" for name in vars(estimator)
    )


def check_names(model: Any) -> None:
    """Refuse attributes in the place of methods and constants, such as a solver's kind.

    And names, of channels and columns, that are not texts.
    """
    for estimator in inside(model, BaseEstimator):
        try:
            parameters = estimator.get_params(deep=False)
        except AttributeError as error:
            raise BrokenModelError(
                f"was made by another version of sk_imu or scikit-learn ({error}). Fit the "
                "model again"
            ) from error
        for name, value in vars(estimator).items():
            hidden = name not in parameters and hasattr(type(estimator), name)
            is_names = name in _NAMES and value is not None
            if hidden or (is_names and not _are_names(value)):
                kind = type(estimator).__name__
                raise BrokenModelError(f"holds a {kind} with a bad {name}")


def _check_learned(name: str, estimator: Any) -> None:
    """Refuse what was learned if it is of another kind than predictions need."""
    known = vars(estimator)
    for attribute, is_sound in _LEARNED.items():
        if attribute in known and not is_sound(known[attribute]):
            raise BrokenModelError(f"holds a {name} with a bad {attribute}")
    n_channels, names = known.get("n_channels_in_"), known.get("channel_names_in_")
    if names is not None and n_channels not in (None, len(names)):
        raise BrokenModelError(f"holds a {name} with other channel_names_in_")


def _check_shapes(name: str, estimator: Any) -> None:
    known = vars(estimator)
    classes: Any = known.get("classes_")
    of_inner: Any = getattr(known.get("estimator_"), "classes_", None)
    if "classes_" in known and (not isinstance(classes, np.ndarray) or classes.ndim != 1):
        raise BrokenModelError(f"holds a {name} without classes")
    if name in _OF_INNER and not np.array_equal(classes, of_inner):
        raise BrokenModelError(f"holds a {name} with the classes of another estimator")
    c = 0 if classes is None else len(classes)
    sizes = {
        "p": known.get("n_features_in_"),
        "n": known.get("n_channels_in_"),
        "c": c,
        "k": 1 if c == 2 else c,
        "d": c - 1,
        "i": c * (c - 1) // 2,
        "s": len(np.atleast_1d(known.get("support_", ()))),
        "0": 0,
    }
    for attribute, shapes in _SHAPES.get(name, {}).items():
        value = known.get(attribute)
        allowed = [
            tuple(sizes[letter] for letter in shape) for shape in shapes if shape != "?"
        ]
        none = value is None and "?" in shapes
        if not none and (value is None or np.shape(value) not in allowed):
            raise BrokenModelError(f"holds a {name} whose {attribute} has another shape")


def _svc_is_sound(svc: Any) -> bool:
    n_support, support = svc._n_support, svc.support_
    return bool(
        svc._sparse is False
        # Compiled code takes an int.
        and svc.degree < 2**31
        and svc.kernel in ("linear", "poly", "rbf", "sigmoid")
        and len(svc.classes_) > 1
        and (n_support >= 0).all()
        and n_support.sum(dtype=np.int64) == len(support)
        and svc.shape_fit_[1] == svc.n_features_in_
        and ((support >= 0) & (support < svc.shape_fit_[0])).all()
    )


def _tree_is_sound(tree: Any) -> bool:
    n_classes = len(tree.classes_)
    return bool(
        tree.n_outputs_ == 1
        and _is_count(tree.n_classes_)
        and tree.n_classes_ == n_classes == tree.tree_.n_classes[0]
        and tree.tree_.n_features == tree.n_features_in_
    )


def _forest_is_sound(forest: Any) -> bool:
    # It checks the number of columns once, by its own or that of its first tree.
    return bool(
        isinstance(forest.estimators_, list)
        and forest.estimators_
        and forest.n_outputs_ == 1
        and _is_count(forest.n_classes_)
        and forest.n_classes_ == len(forest.classes_)
        and all(
            type(tree) is DecisionTreeClassifier
            and tree.n_features_in_ == forest.n_features_in_
            and tree.n_classes_ == forest.n_classes_
            for tree in forest.estimators_
        )
    )


def _pipeline_is_sound(pipeline: Any) -> bool:
    # A folder for intermediate results holds pickles. save_model leaves it out.
    return pipeline.memory is None and all(
        isinstance(name, str)
        and (step is None or step == "passthrough" or isinstance(step, BaseEstimator))
        for name, step in pipeline.steps
    )


def _names_are_sound(derived: Any) -> bool:
    return derived.channel_names_out_ == derived_channel_names(
        derived._names, derived.kinds_, keep=derived._keep
    )


def _columns_are_sound(features: Any) -> bool:
    features._check_columns()
    return True


def _kernels_are_sound(rocket: Any) -> bool:
    rocket._checked_kernels(rocket.n_channels_in_, rocket.n_timesteps_in_)
    return True


def _rocket_is_sound(classifier: Any) -> bool:
    known, features = vars(classifier), classifier.features_
    if type(features).__name__ != "MiniRocketFeatures":
        return False
    n_features, c = features._n_features_out, len(classifier.classes_)
    k = 1 if c == 2 else c
    shapes = {
        **dict.fromkeys(("mean_", "scale_"), (n_features,)),
        "coef_": (k, n_features),
        "intercept_": (k,),
    }
    return bool(
        features.n_channels_in_ == classifier.n_channels_in_
        and features.n_timesteps_in_ == classifier.n_timesteps_in_
        and c > 1
        and all(np.shape(known[name]) == shape for name, shape in shapes.items())
        and (classifier.scale_ > 0).all()
    )


def _conformal_is_sound(conformal: Any) -> bool:
    known, n_models = vars(conformal), len(conformal.estimators_)
    fold, of_folds = known["fold_"], known["estimators_"]
    learned = [known[name] for name in ("fold_", "scores_", "weights_")]
    return bool(
        all(isinstance(one, np.ndarray) and one.ndim == 1 for one in learned)
        and len({len(one) for one in learned}) == 1
        and np.array_equal(np.unique(fold), np.arange(n_models))
        and (known["weights_"] > 0).all()
        # Their probabilities are put into the columns of these classes.
        and all(np.isin(one.classes_, conformal.classes_).all() for one in of_folds)
    )


def _detector_is_sound(detector: Any) -> bool:
    learned, scores = detector._learned, detector.held_out_scores_
    n_blocks, n_features = learned["center"].shape
    n_sets = len(learned["points"])
    shapes = {
        **dict.fromkeys(("center", "spread"), (n_blocks, n_features)),
        "projection": (n_blocks, n_features, n_features),
        "points": (n_sets, n_blocks * n_features),
        "coef": (n_sets, len(detector.classes_)),
    }
    return bool(
        {name: np.shape(value) for name, value in learned.items()} == shapes
        and all(np.isfinite(value).all() for value in learned.values())
        and (learned["spread"] > 0).all()
        and scores.ndim == 1
        and len(scores)
        and (np.diff(scores) >= 0).all()
        and np.isfinite(detector.offset_)
        and (detector.live_offset_ is None) == (detector.live_window_seconds is None)
        and (detector.live_offset_ is None or np.isfinite(detector.live_offset_))
    )


def _answers_are_sound(classifier: Any) -> bool:
    detector, temperature = classifier.unknown_detector_, classifier.temperature_
    if (temperature is None) != (classifier.calibration is None):
        return False
    if temperature is not None and not _is_positive(temperature):
        return False
    worn = classifier._worn
    if detector is None:
        return not classifier.unknown and worn is None and classifier._seen is None
    if not _seen_is_sound(classifier._seen):
        return False
    if worn is not None and not (
        worn.keys() == {"gravity", "unit", "least_typical"}
        and np.shape(worn["gravity"])[1:] == (3,)
        and len(worn["gravity"])
        and _is_positive(worn["unit"])
        and isinstance(worn["least_typical"], float)
    ):
        return False
    return bool(
        type(detector).__name__ == "UnknownDetector"
        and detector.live_offset_ is not None
        and np.array_equal(detector.classes_, classifier.classes_)
    )


_SIMILARITIES = ("similarity", "least_similarity")


def _seen_is_sound(seen: Any) -> bool:
    if not isinstance(seen, dict):
        return False
    ranges = seen["strengths"]
    return bool(
        seen.keys() == {"rate_hz", "strengths", "places", *_SIMILARITIES}
        and (seen["rate_hz"] is None or seen["rate_hz"] > 0)
        # A sensor without any signal has a strength of 0.
        and all(len(ends) == 2 for ends in ranges.values())
        and all(0 <= ends[0] <= ends[1] < np.inf for ends in ranges.values())
        and _are_names(seen["places"])
        and all(isinstance(seen[name], float) for name in _SIMILARITIES)
    )


def _is_count(value: Any) -> bool:
    return isinstance(value, Integral) and not isinstance(value, bool) and int(value) > 0


def _is_length(value: Any) -> bool:
    return value is None or (_is_count(value) and value <= _MOST_TIMESTEPS)


def _is_positive(value: Any) -> bool:
    real = isinstance(value, Real) and not isinstance(value, bool)
    return real and 0 < float(value) < np.inf


def _are_names(value: Any) -> bool:
    listed = isinstance(value, (list, tuple)) or (np.ndim(value) == 1)
    return listed and all(isinstance(one, str) for one in value)


_LEARNED: dict[str, Callable[[Any], bool]] = {
    **dict.fromkeys(("n_features_in_", "n_channels_in_", "n_people_"), _is_count),
    **dict.fromkeys(_TIMESTEPS, _is_length),
    **dict.fromkeys(("sampling_rate_hz_in_", "_gamma"), _is_positive),
    **dict.fromkeys(("kinds_", "_names"), _are_names),
    "_keep": lambda value: isinstance(value, bool),
}
_OF_INNER = {"AugmentedClassifier", "WindowedClassifier"}
_CHECKS: dict[str, Callable[[Any], bool]] = {
    "ConformalClassifier": _conformal_is_sound,
    "DerivedChannels": _names_are_sound,
    "DecisionTreeClassifier": _tree_is_sound,
    "ExerciseClassifier": _answers_are_sound,
    "MiniRocketClassifier": _rocket_is_sound,
    "MiniRocketFeatures": _kernels_are_sound,
    "Pipeline": _pipeline_is_sound,
    "RandomForestClassifier": _forest_is_sound,
    "SVC": _svc_is_sound,
    "SummaryFeatures": _columns_are_sound,
    "UnknownDetector": _detector_is_sound,
}
