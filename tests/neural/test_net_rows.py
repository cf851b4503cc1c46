"""Weights of rows and classes, and the augmentation of batches."""

import numpy as np
import pytest
import torch
from made_nets import (
    cnn,
    each_net,
    make_easy,
    make_noise,
    make_panel,
    mark,
    on,
    rows_of,
    same_weights,
    weights,
)
from sklearn.base import BaseEstimator
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline

from sk_imu import (
    ChannelScaler,
    Mixup,
    MultiplicativeNoise,
    RandomSubsequence,
)

# --------------------------------------------------------------------------------- weights


# Whatever counts rows and not weights is switched off, so that weight 2 equals two rows.
EXACT = {"batch_norm": False, "batch_size": None, "dtype": "float64"}


def proba_after(X, y, parameters=None, **fit_parameters):
    clf = cnn(**{**EXACT, "lr": 0.02, **(parameters or {})})
    return clf.fit(X, y, **fit_parameters).predict_proba(make_noise()[0])


def differ(one, other):
    return np.abs(one - other).max() > 1e-3


@pytest.mark.parametrize("class_weight", [None, "balanced", {"rest": 3.0, "squat": 1.0}])
def test_weight_equals_repetition(class_weight):
    X, y = make_noise()
    y = np.where(y, "rest", "squat")
    times = np.arange(len(y)) % 4
    parameters = {"class_weight": class_weight}
    weighted = proba_after(X, y, parameters, sample_weight=times)
    repeated = proba_after(np.repeat(X, times, axis=0), np.repeat(y, times), parameters)
    np.testing.assert_allclose(weighted, repeated, atol=1e-8)
    assert differ(weighted, proba_after(X, y, parameters))


def test_balanced_classes_and_a_dict_are_sample_weights():
    X, y = make_noise()
    X, y = X[y | (np.arange(40) % 3 == 0)], y[y | (np.arange(40) % 3 == 0)]
    plain = proba_after(X, y)
    for class_weight, by_class in [
        ("balanced", len(y) / (2 * np.bincount(y))),
        ({0: 5.0, 1: 1.0}, np.array([5.0, 1.0])),
    ]:
        by_parameter = proba_after(X, y, {"class_weight": class_weight})
        by_row = proba_after(X, y, sample_weight=by_class[y])
        np.testing.assert_allclose(by_parameter, by_row, atol=1e-12)
        assert differ(by_parameter, plain)


def test_a_weight_of_zero_leaves_the_row_out():
    X, y = make_panel()
    kept = np.arange(24) % 5 > 0
    weighted = cnn(early_stopping=True).fit(X, y, sample_weight=kept)
    assert same_weights(weighted, cnn(early_stopping=True).fit(X[kept], y[kept]))


def test_only_the_ratio_of_weights_counts():
    X, y = make_panel()
    weight = np.linspace(1, 3, 24)
    one = cnn(dtype="float64").fit(X, y, sample_weight=weight)
    other = cnn(dtype="float64").fit(X, y, sample_weight=weight * 64)
    torch.testing.assert_close(weights(one), weights(other))


@pytest.mark.parametrize(
    ("weight", "message"),
    [
        (np.zeros(24), "zero"),
        (-np.ones(24), "Negative values"),
        (np.ones(23), r"\(23,\)"),
        (np.full(24, np.nan), "NaN"),
    ],
)
def test_invalid_weights_are_refused(weight, message):
    X, y = make_panel()
    with pytest.raises(ValueError, match=message):
        cnn().fit(X, y, sample_weight=weight)


def test_class_weights_of_zero_are_refused_where_nothing_is_left():
    X, y = make_panel()
    with pytest.raises(ValueError, match="All sample weights are zero"):
        cnn(class_weight={"rest": 0, "squat": 1}).fit(X, y, sample_weight=y == "rest")


def test_class_weights_must_fit_the_classes():
    X, y = make_panel()
    with pytest.raises(ValueError, match=r"classes.*squat.*not in class_weight"):
        cnn(class_weight={"rest": 1, "plank": 2}).fit(X, y)


# ------------------------------------------------------------------------------ augmenters


class SpyAugmenter(BaseEstimator):
    """Logs the rows and the random number of each batch."""

    def __init__(self, log=None):
        self.log = log

    def augment(self, X, rng):
        number = rng.random()
        self.log.append((X[:, 0, 0].astype(int).tolist(), number))
        X = X.copy()
        X[:, 1:] *= 1 + number / 100
        return X


@pytest.mark.parametrize("as_pipeline", [False, True])
def test_the_augmenter_sees_each_training_batch_and_nothing_else(as_pipeline):
    X, y = make_panel()
    held_out = []
    spy = on(
        "on_epoch_begin",
        lambda net, dataset_valid, **_: held_out.extend(rows_of(dataset_valid)),
    )
    log = []
    augmenter = SpyAugmenter(log)
    if as_pipeline:
        augmenter = make_pipeline(MultiplicativeNoise(fraction=0.0), augmenter)
    clf = cnn(augmenter=augmenter, early_stopping=True, callbacks=[spy]).fit(mark(X), y)
    learned = sorted(set(range(24)) - set(held_out))
    batches = [rows for rows, _ in log]
    assert [len(rows) for rows in batches] == [8, 8, 3] * 3
    for epoch in (batches[0:3], batches[3:6], batches[6:9]):
        assert sorted(row for batch in epoch for row in batch) == learned
    clf.predict_proba(mark(X))
    clf.score(mark(X), y)
    assert len(log) == 9
    assert len({number for _, number in log}) == 9


def test_augmentation_follows_the_random_state():
    X, y = make_panel()
    logs = []
    for random_state in (0, 0, 1):
        logs.append([])
        cnn(augmenter=SpyAugmenter(logs[-1]), random_state=random_state).fit(X, y)
    assert logs[0] == logs[1] != logs[2]
    assert not same_weights(cnn().fit(X, y), cnn(augmenter=RandomSubsequence()).fit(X, y))


def test_each_pass_of_partial_fit_augments_anew():
    X, y = make_panel()
    log = []
    clf = cnn(augmenter=SpyAugmenter(log), batch_size=None)
    for _ in range(3):
        clf.partial_fit(X, y, classes=np.unique(y))
    assert len({number for _, number in log}) == 3


@each_net
def test_mixtures_are_learned_and_keep_the_weight_of_each_class(make):
    X, y = make_easy()
    batches = []
    spy = on("on_batch_begin", lambda net, batch, **_: batches.append(batch[1].numpy()))
    clf = make(
        augmenter=make_pipeline(MultiplicativeNoise(), Mixup(alpha=1.0)),
        callbacks=[spy], dtype="float64", lr=0.03, max_epochs=15,
    )  # fmt: skip
    weight = np.arange(1.0, 25)
    clf.fit(X, y, sample_weight=weight)
    by_class = [weight[y == label].sum() / weight.mean() for label in clf.classes_]
    for epoch in range(15):
        targets = np.concatenate(batches[3 * epoch : 3 * epoch + 3])
        np.testing.assert_allclose(targets.sum(axis=0), by_class)
        assert (targets.min(axis=1) > 0).any()
    assert clf.score(X, y) > 0.9


def test_mixtures_follow_the_random_state():
    X, y = make_panel()
    one, same, other = (
        cnn(augmenter=Mixup(), random_state=state).fit(X, y) for state in (0, 0, 1)
    )
    assert same_weights(one, same)
    assert not same_weights(one, other)
    assert not same_weights(one, cnn().fit(X, y))


def test_a_pipeline_of_augmenters_holds_only_augmenters():
    X, y = make_panel()
    augmenter = make_pipeline(MultiplicativeNoise(), ChannelScaler())
    with pytest.raises(ValueError, match="ChannelScaler has no augment method"):
        cnn(augmenter=augmenter).fit(X, y)


@pytest.mark.parametrize(
    "augmenter", [MultiplicativeNoise(fraction=7), "noise", ChannelScaler()]
)
def test_bad_augmenters_are_refused(augmenter):
    X, y = make_panel()
    with pytest.raises(ValueError, match="parameter of"):
        cnn(augmenter=augmenter).fit(X, y)


def test_parameters_of_the_augmenter_can_be_searched():
    X, y = make_panel()
    clf = cnn(augmenter=MultiplicativeNoise(), max_epochs=1)
    clf.set_params(augmenter__fraction=0.1)
    assert clf.augmenter.fraction == 0.1
    search = GridSearchCV(clf, {"augmenter__fraction": [0.0, 0.5]}, cv=2).fit(X, y)
    assert search.best_params_.keys() == {"augmenter__fraction"}
