"""A network of the user's own, trained as those of the package."""

import pickle

import numpy as np
import pytest
import torch
from made_nets import ALL_RANDOM, CONVOLUTION, TRAINING, cnn_gru, make_panel, same_weights
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline

from sk_imu import (
    AugmentedClassifier,
    ChannelScaler,
    Mixup,
    ModuleClassifier,
    MultiplicativeNoise,
    WindowedClassifier,
)
from sk_imu.neural._networks import IMUNet
from sk_imu.persistence import load_model, save_model


class SmallNet(torch.nn.Sequential):
    """A user's module, with a layer that infers its size."""

    def __init__(self, n_channels, n_timesteps, n_classes, n_filters=4, dropout=0.0):
        super().__init__(
            torch.nn.Conv1d(n_channels, n_filters, 3),
            torch.nn.ReLU(),
            torch.nn.Flatten(),
            torch.nn.Dropout(dropout),
            torch.nn.LazyLinear(n_classes),
        )


def own(module=SmallNet, **parameters):
    return ModuleClassifier(module, **{**TRAINING, **parameters})


@pytest.mark.parametrize("continued", ["warm_start", "partial_fit"])
def test_training_of_a_module_is_bit_identical_to_that_of_the_package(continued):
    """The package's own module, passed as if it were the user's."""
    X, y = make_panel()
    weight, groups = np.arange(24) + 1.0, np.arange(24) // 2
    augmenter = make_pipeline(MultiplicativeNoise(), Mixup())
    settings = {**ALL_RANDOM, "augmenter": augmenter, "class_weight": "balanced"}
    shape = {**CONVOLUTION, "hidden_size": 4, "dropout": settings.pop("dropout")}
    one = cnn_gru(**settings, **shape)
    other = own(IMUNet, module_parameters=shape, **settings)
    for clf in (one, other):
        clf.fit(X, y, sample_weight=weight, groups=groups)
        if continued == "warm_start":
            clf.set_params(warm_start=True).fit(X, y, sample_weight=weight)
        else:
            clf.partial_fit(X, y)
    assert same_weights(one, other)
    losses = ("train_loss", "train_acc")
    assert one.history_[:, losses] == other.history_[:, losses]
    stages = [list(clf.staged_predict_proba(X)) for clf in (one, other)]
    np.testing.assert_array_equal(*stages)
    np.testing.assert_array_equal(one.predict_proba(X), other.predict_proba(X))


def test_parameters_of_a_module_can_be_searched():
    X, y = make_panel()
    grid = {"module_parameters": [None, {"n_filters": 2}, {"n_filters": 3}]}
    search = GridSearchCV(own(), grid, cv=2, error_score="raise").fit(X, y)
    n_filters = (search.best_params_["module_parameters"] or {"n_filters": 4})["n_filters"]
    assert search.best_estimator_.module_[0].out_channels == n_filters
    assert set(search.predict(X)) <= {"rest", "squat"}
    assert own(max_epochs=30, lr=0.03).fit(X, y).score(X, y) > 0.9


def test_a_function_can_make_the_module():
    def make(n_channels, n_timesteps, n_classes):
        layer = torch.nn.Linear(n_channels * n_timesteps, n_classes)
        return torch.nn.Sequential(torch.nn.Flatten(), layer)

    X, y = make_panel()
    assert own(make).fit(X, y).module_[1].in_features == 60


def test_clones_and_pickles_of_a_module_predict_and_continue_as_the_original():
    X, y = make_panel()
    clf = own(module_parameters={"dropout": 0.5}, keep_epochs=True, warm_start=True)
    clf.fit(X, y)
    assert same_weights(clone(clf).fit(X, y), clf)
    loaded = pickle.loads(pickle.dumps(clf))
    np.testing.assert_array_equal(loaded.predict_proba(X), clf.predict_proba(X))
    assert len(list(loaded.staged_predict_proba(X))) == 3
    assert same_weights(loaded.fit(X, y), clf.fit(X, y))


def test_a_module_learns_from_windows_and_copies():
    X, y = make_panel()
    windowed = WindowedClassifier(own(max_epochs=10, lr=0.03), n_timesteps=10)
    model = AugmentedClassifier(windowed, MultiplicativeNoise(), random_state=0)
    model.fit(list(X), y)
    assert model.predict_proba(list(X)).shape == (24, 2)
    assert model.score(list(X), y) > 0.8


def test_continuing_with_another_module_is_refused():
    X, y = make_panel()
    clf = own(warm_start=True).fit(X, y).set_params(module_parameters={"n_filters": 5})
    with pytest.raises(ValueError, match=r"can't continue.*warm_start=False"):
        clf.fit(X, y)


@pytest.mark.parametrize("wrapped", [False, True])
def test_a_module_is_not_saved_as_a_model_file_unless_trusted(wrapped, tmp_path):
    X, y = make_panel()
    clf = own()
    model = (make_pipeline(ChannelScaler(), clf) if wrapped else clf).fit(X, y)
    path = tmp_path / "model.skops"
    with pytest.raises(ValueError, match=r"ModuleClassifier, \S+SmallNet\..*trusted="):
        save_model(model, path)
    assert not path.exists()


def test_a_model_file_can_bring_no_module_to_be_called(tmp_path):
    """Not even one that skops itself trusts, such as float."""
    skops_io = pytest.importorskip("skops.io")
    path = tmp_path / "model.skops"
    model = ModuleClassifier(float)
    skops_io.dump({"format": "sk_imu model 1", "model": model}, path)
    with pytest.raises(
        ValueError, match=r"safe: builtins\.float, \S*ModuleClassifier\. If"
    ):
        load_model(path)
