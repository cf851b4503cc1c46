"""A fit that fails leaves every estimator as it was: fitted before, or not fitted."""

import inspect

import numpy as np
import pytest
from made_nets import cnn, interrupt, make_panel, on, same_weights
from made_sets import NAMES, make_sets
from numpy.testing import assert_array_equal
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.utils.validation import check_is_fitted
from sktime.classification.feature_based import SummaryClassifier

import sk_imu
import sk_imu.sktime
from sk_imu.sktime import BoundSplitter

ESTIMATORS = {
    name: value
    for module in (sk_imu, sk_imu.sktime)
    for name in module.__all__
    if inspect.isclass(value := getattr(module, name))
    and hasattr(value, "fit")
    and value is not BoundSplitter
}
OF_RECORDINGS = {
    "CanonicalSide",
    "ExerciseClassifier",
    "RepetitionCounter",
    "SetSegmenter",
}
TABLE = make_pipeline(sk_imu.SummaryFeatures(), LogisticRegression(max_iter=1000))
# The arguments of those that have no default.
ARGUMENTS = {
    "AugmentedClassifier": [TABLE, sk_imu.RandomScale()],
    "ConformalClassifier": [TABLE],
    "ExerciseClassifier": ["svm"],
    "FromSktime": [SummaryClassifier(random_state=0)],
    "WindowedClassifier": [TABLE],
}


def small_net(n_channels, n_timesteps, n_classes):
    import torch

    dense = torch.nn.Linear(n_channels * n_timesteps, n_classes)
    return torch.nn.Sequential(torch.nn.Flatten(), dense)


def make(name):
    if name.startswith("MiniRocket"):
        pytest.importorskip("numba")
    if name == "ModuleClassifier":
        return ESTIMATORS[name](small_net, max_epochs=1, random_state=0)
    estimator = ESTIMATORS[name](*ARGUMENTS.get(name, ()))
    small = {"max_epochs": 1, "random_state": 0, "num_kernels": 84, "kinds": "auto"}
    small |= {"min_sets": 9}
    known = estimator.get_params()
    if name.startswith(("Derived", "Random")):
        small["channel_names"] = NAMES
    return estimator.set_params(**{k: v for k, v in small.items() if k in known})


def data_for(name, labels=("lunge", "squat")):
    y = np.array([*labels] * 4)
    if name == "RepetitionCounter":
        y = np.array([len(label) for label in y])  # its targets are numbers
    if name in OF_RECORDINGS:
        return make_sets(n_subjects=2), y
    return np.random.default_rng(0).normal(size=(8, 6, 220)), y


def spoiled(X):
    """Return X with a last row that no estimator takes."""
    if isinstance(X, list):
        return [*X[:-1], "no recording"]
    X = X.copy()
    X[-1, -1, -1] = np.nan
    return X


def output_of(estimator, X):
    methods = ("predict_proba", "decision_function", "predict", "transform")
    method = next(name for name in methods if hasattr(estimator, name))
    found = getattr(estimator, method)(X)
    if hasattr(found, "to_numpy"):
        found = found.to_numpy()
    if isinstance(found[0], sk_imu.Recording):
        found = [stream.values for one in found for stream in one.streams.values()]
    return [np.asarray(one) for one in found]


def is_fitted(estimator):
    if hasattr(estimator, "is_fitted"):  # sktime's
        return estimator.is_fitted
    try:
        check_is_fitted(estimator)
    except NotFittedError:
        return False
    return True


def assert_as_before(estimator, before):
    after = vars(estimator)
    assert after.keys() == before.keys()
    assert all(after[name] is value for name, value in before.items())


@pytest.mark.parametrize("name", ESTIMATORS)
def test_a_first_fit_that_fails_leaves_the_estimator_unfitted(name):
    estimator, (X, y) = make(name), data_for(name)
    before = dict(vars(estimator))
    with pytest.raises((ValueError, TypeError)):
        estimator.fit(spoiled(X), y)
    assert not is_fitted(estimator)
    assert_as_before(estimator, before)


@pytest.mark.filterwarnings("ignore:ConformalClassifier does not know which sets")
@pytest.mark.parametrize("name", ESTIMATORS)
def test_a_refit_that_fails_leaves_the_fit_before_it(name, monkeypatch):
    estimator, (X, y) = make(name), data_for(name)
    estimator.fit(X, y)
    expected = output_of(estimator, X)
    before = dict(vars(estimator))
    other = X[::-1] if isinstance(X, list) else X[:, :, :200] * 2
    _, other_y = data_for(name, ("run", "walk"))
    with pytest.raises((ValueError, TypeError)):
        estimator.fit(spoiled(other), other_y)
    assert_as_before(estimator, before)

    # An interrupt at each attribute that a fit sets, up to the one that sets none anew.
    set_attribute, n_left = type(estimator).__setattr__, 0

    def interrupted(self, attribute, value):
        nonlocal n_left
        if self is estimator:
            n_left -= 1
            if n_left == 0:
                raise KeyboardInterrupt
        set_attribute(self, attribute, value)

    monkeypatch.setattr(type(estimator), "__setattr__", interrupted)
    n_interrupts = 0
    while True:
        n_left = n_interrupts + 1
        try:
            estimator.fit(other, other_y)
        except KeyboardInterrupt:
            n_interrupts += 1
            assert_as_before(estimator, before)
            assert all(map(np.array_equal, output_of(estimator, X), expected))
        else:
            break
    assert n_interrupts > 0
    assert is_fitted(estimator)


def test_an_interrupted_or_diverging_net_keeps_labels_and_weights_together():
    X, y = make_panel()
    clf = cnn().fit(X, y)
    expected = clf.predict_proba(X)
    others = np.where(y == "squat", "walk", "run")
    for change, error in (
        ({"callbacks": [on("on_epoch_end", interrupt)]}, KeyboardInterrupt),
        ({"lr": 1e30, "optimizer": "sgd", "callbacks": None}, ValueError),
    ):
        with pytest.raises(error):
            clf.set_params(**change).fit(X[::-1], others)
        assert clf.classes_.tolist() == ["rest", "squat"]
        assert_array_equal(clf.predict_proba(X), expected)
        with pytest.raises(error):
            clone(clf).fit(X, y).predict(X)


def test_training_goes_on_after_an_interrupt_as_if_there_had_been_none():
    X, y = make_panel()
    one, other = (cnn(warm_start=True).fit(X, y) for _ in range(2))
    with pytest.raises(KeyboardInterrupt):
        one.set_params(callbacks=[on("on_epoch_end", interrupt)]).fit(X, y)
    one.set_params(callbacks=None).fit(X, y)
    other.fit(X, y)
    assert same_weights(one, other)
    assert len(one.history_) == len(other.history_)
