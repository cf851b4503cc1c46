"""What the package needs of the private names of scikit-learn, and where they stand."""

import ast
from numbers import Integral, Real
from pathlib import Path

import numpy as np
import pytest
from sklearn.base import BaseEstimator
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, HalvingGridSearchCV, RandomizedSearchCV

from sk_imu import _sklearn

PACKAGE = Path(_sklearn.__file__).parent
THEIRS = {"sklearn", "skorch", "skbase", "sktime", "torch"}


class Scaled(BaseEstimator):
    """An estimator of one checked parameter, which may be an estimator itself."""

    def __init__(self, by=1.0):
        self.by = by

    _parameter_constraints = {  # noqa: RUF012
        "by": [
            _sklearn.Interval(Real, 0, None, closed="neither"),
            _sklearn.StrOptions({"auto"}),
            _sklearn.HasMethods("fit"),
        ]
    }

    @_sklearn.fit_context(prefer_skip_nested_validation=False)
    def fit(self, X, y=None):
        if isinstance(self.by, BaseEstimator):
            self.by.fit(X)
        return self


def accepts(constraint, value):
    return constraint.is_satisfied_by(value)


def test_fit_context_checks_the_parameters_and_those_inside():
    assert Scaled(by=2).fit([[1]]).by == 2
    for wrong in (Scaled(by=0), Scaled(Scaled(by="none"))):
        with pytest.raises(ValueError, match="The 'by' parameter of Scaled must be"):
            wrong.fit([[1]])


@pytest.mark.parametrize(
    "value",
    [GridSearchCV, RandomizedSearchCV, HalvingGridSearchCV],
    ids=lambda c: c.__name__,
)
def test_base_search_cv_is_the_base_of_every_search(value):
    assert isinstance(value(LogisticRegression(), {"C": [1]}), _sklearn.BaseSearchCV)
    assert not isinstance(LogisticRegression(), _sklearn.BaseSearchCV)


def test_has_methods_asks_for_all_of_them():
    constraint = _sklearn.HasMethods(["fit", "predict"])
    assert accepts(constraint, LogisticRegression())
    assert not accepts(constraint, Scaled())
    assert accepts(_sklearn.HasMethods("fit"), Scaled())


def test_interval_knows_kind_of_number_and_ends():
    positive = _sklearn.Interval(Real, 0, None, closed="neither")
    assert [accepts(positive, v) for v in (0, 1e-9, 3, np.float32(2), -1, "1", None)] == [
        False, True, True, True, False, False, False,
    ]  # fmt: skip
    at_least_one = _sklearn.Interval(Integral, 1, None, closed="left")
    assert [accepts(at_least_one, v) for v in (0, 1, np.int64(9), 1.5)] == [
        False, True, True, False,
    ]  # fmt: skip
    assert accepts(_sklearn.Interval(Integral, None, -1, closed="right"), -1)
    assert not accepts(_sklearn.Interval(Real, 0, 1, closed="left"), 1)


def test_str_options_are_these_strings_and_nothing_else():
    options = _sklearn.StrOptions({"mean", "last"})
    assert [accepts(options, v) for v in ("mean", "Mean", 1, None)] == [
        True, False, False, False,
    ]  # fmt: skip


def test_validate_params_names_function_and_parameter():
    @_sklearn.validate_params(
        {"X": ["array-like"], "kind": [_sklearn.StrOptions({"a"}), None]},
        prefer_skip_nested_validation=True,
    )
    def change(X, *, kind=None):
        return X, kind

    assert change([1], kind="a") == ([1], "a")
    with pytest.raises(ValueError, match="The 'kind' parameter of .*change must be"):
        change([1], kind="b")


def test_validate_parameter_constraints_names_caller_and_parameter():
    one = {"k": [_sklearn.Interval(Integral, 1, None, closed="left")]}
    _sklearn.validate_parameter_constraints(one, {"k": 1}, "Counter")
    with pytest.raises(ValueError, match="The 'k' parameter of Counter must be"):
        _sklearn.validate_parameter_constraints(one, {"k": 0}, "Counter")


def test_check_feature_names_in_refuses_other_names_than_those_of_fit():
    estimator = Scaled()
    estimator.n_features_in_ = 2
    assert _sklearn.check_feature_names_in(estimator, ["a", "b"]).tolist() == ["a", "b"]
    with pytest.raises(ValueError, match="input_features should have length equal"):
        _sklearn.check_feature_names_in(estimator, ["a"])
    estimator.feature_names_in_ = np.array(["a", "b"], dtype=object)
    with pytest.raises(ValueError, match="is not equal to feature_names_in_"):
        _sklearn.check_feature_names_in(estimator, ["b", "a"])


@pytest.mark.parametrize("shape", [(3, 1), (3, 2, 9)])
def test_check_sample_weight_gives_one_float_for_each_row(shape):
    X = np.zeros(shape)
    none = _sklearn.check_sample_weight(None, X, ensure_non_negative=True)
    assert none.dtype == np.float64
    assert none.tolist() == [1, 1, 1]
    some = _sklearn.check_sample_weight([True, 0, 2], X, ensure_non_negative=True)
    assert some.tolist() == [1, 0, 2]
    for wrong, message in (
        ([1, 1], r"sample_weight.shape == \(2,\)"),
        ([1, -1, 1], "Negative values in data passed to `sample_weight`"),
        ([1, np.nan, 1], "Input sample_weight contains NaN"),
    ):
        with pytest.raises(ValueError, match=message):
            _sklearn.check_sample_weight(wrong, X, ensure_non_negative=True)


# ------------------------------------------------------------------- private names


def private_names(code):
    """Return the private names of other packages that code imports or reaches for."""
    aliases, found = {}, set()
    tree = ast.parse(code)
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                name = alias.name if alias.asname else alias.name.partition(".")[0]
                aliases[alias.asname or name] = name
                found.add(alias.name)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            for alias in node.names:
                aliases[alias.asname or alias.name] = f"{node.module}.{alias.name}"
                found.add(f"{node.module}.{alias.name}")
    for node in ast.walk(tree):
        parts = []
        while isinstance(node, ast.Attribute):
            parts.append(node.attr)
            node = node.value
        if parts and isinstance(node, ast.Name) and node.id in aliases:
            found.add(".".join([aliases[node.id], *parts[::-1]]))
    return {
        name
        for name in found
        if name.partition(".")[0] in THEIRS
        and any(p.startswith("_") and not p.endswith("__") for p in name.split("."))
    }


def test_private_names_are_found_however_they_are_reached():
    code = (
        "import sklearn.utils._tags\nimport torch as t\nfrom sktime import _check\n"
        "from skorch.utils import noop\nfrom sklearn import base\nfrom ._own import a\n"
        "t.nn.functional._verify(1)\nbase._fit_context\nt.__version__\nself._x\n"
    )
    assert private_names(code) == {
        "sklearn.utils._tags",
        "sktime._check",
        "torch.nn.functional._verify",
        "sklearn.base._fit_context",
    }


def test_private_names_of_other_packages_stand_in_one_file():
    offenders = {
        str(path.relative_to(PACKAGE)): names
        for path in PACKAGE.rglob("*.py")
        if path.name != "_sklearn.py" and (names := private_names(path.read_text("utf-8")))
    }
    assert not offenders


def test_every_private_name_has_a_test():
    code = Path(__file__).read_text("utf-8")
    assert all(f"_sklearn.{name}" in code for name in _sklearn.__all__)
