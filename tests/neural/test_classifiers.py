"""The three net classifiers, as scikit-learn users meet them."""

import os
import pickle
from threading import Thread

import numpy as np
import pytest
import torch
from sklearn.base import BaseEstimator, clone
from sklearn.exceptions import NotFittedError
from sklearn.metrics import log_loss
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.utils import estimator_html_repr
from skorch.callbacks import Callback, EarlyStopping

from sk_imu import (
    AugmentedClassifier,
    ChannelScaler,
    CNNClassifier,
    CNNGRUClassifier,
    GRUClassifier,
    Mixup,
    ModuleClassifier,
    MultiplicativeNoise,
    RandomSubsequence,
    WindowedClassifier,
)
from sk_imu.neural._networks import IMUNet
from sk_imu.persistence import load_model, save_model

CONVOLUTION = {"n_filters": 4, "kernel_size": 3, "n_blocks": 1, "pool_size": 2}
TRAINING = {"max_epochs": 3, "batch_size": 8, "random_state": 0}


def cnn(**parameters):
    return CNNClassifier(**{**CONVOLUTION, **TRAINING, **parameters})


def gru(**parameters):
    return GRUClassifier(**{"hidden_size": 4, **TRAINING, **parameters})


def cnn_gru(**parameters):
    return CNNGRUClassifier(**{**CONVOLUTION, "hidden_size": 4, **TRAINING, **parameters})


each_net = pytest.mark.parametrize("make", [cnn, gru, cnn_gru])


def make_panel(n_sets=24, n_timesteps=20, dtype=np.float64):
    rng = np.random.default_rng(0)
    y = np.array(["rest", "squat"] * (n_sets // 2 + 1))[:n_sets]
    X = rng.normal(size=(n_sets, 3, n_timesteps))
    X[y == "squat"] += np.sin(np.arange(n_timesteps) / 2)
    return X.astype(dtype), y


def make_easy():
    X, y = make_panel()
    X[y == "squat"] *= 3
    return X, y


def make_noise(n_sets=40):
    """Return sets whose labels can only be learnt by heart."""
    rng = np.random.default_rng(1)
    return rng.normal(size=(n_sets, 2, 12)), rng.permutation(np.arange(n_sets) % 2)


def weights(clf):
    return torch.cat([v.flatten().double() for v in clf.module_.state_dict().values()])


def same_weights(one, other):
    return torch.equal(weights(one), weights(other))


def on(event, do):
    """Return a callback that calls ``do(net, **kwargs)`` at an event."""
    spy = type("Spy", (Callback,), {event: lambda _, net, **kwargs: do(net, **kwargs)})
    return spy()


def rows_of(dataset):
    """Return which rows of a panel marked by ``mark`` a dataset holds."""
    return sorted(dataset.X[:, 0, 0].astype(int).tolist())


def mark(X):
    """Write each row's number into its first sample."""
    X = X.copy()
    X[:, 0, 0] = np.arange(len(X))
    return X


# ------------------------------------------------------------------- randomness


ALL_RANDOM = {
    "dropout": 0.3,
    "augmenter": MultiplicativeNoise(),
    "early_stopping": True,
    "keep_epochs": True,
}


@each_net
def test_one_random_state_gives_one_net_to_the_bit(make):
    X, y = make_panel()
    first = make(**ALL_RANDOM).fit(X, y)
    np.random.default_rng(0).random()
    torch.rand(3)  # what else the process draws plays no part
    second = clone(first).fit(X, y)
    assert same_weights(first, second)
    np.testing.assert_array_equal(first.predict_proba(X), second.predict_proba(X))
    assert same_weights(first, second.fit(X, y))  # neither does an earlier fit


def test_a_random_state_instance_goes_on_between_fits():
    X, y = make_panel()
    clf = cnn(random_state=np.random.RandomState(0))
    first = pickle.loads(pickle.dumps(clf.fit(X, y)))
    assert not same_weights(first, clf.fit(X, y))
    assert same_weights(first, cnn(random_state=np.random.RandomState(0)).fit(X, y))


@each_net
@pytest.mark.parametrize("states", [(0, 1), (None, None)])
def test_other_seeds_give_other_nets(make, states):
    X, y = make_panel()
    one, other = (make(random_state=state).fit(X, y) for state in states)
    assert not same_weights(one, other)


def interrupt(net, **kwargs):
    raise KeyboardInterrupt


def fail(net, **kwargs):
    raise RuntimeError("on purpose")


@pytest.mark.parametrize("do", [None, interrupt, fail])
def test_global_generators_and_threads_stay_untouched(do):
    X, y = make_panel()
    torch.set_num_threads(2)
    torch_state = torch.random.get_rng_state()
    numpy_state = np.random.get_state()[1].tolist()  # noqa: NPY002
    callbacks = None if do is None else [on("on_batch_end", do)]
    clf = cnn(**ALL_RANDOM, callbacks=callbacks)
    if do is None:
        clf.fit(X, y).predict(X)
        clf.partial_fit(X, y)
        list(clf.staged_predict_proba(X))
    else:
        with pytest.raises((KeyboardInterrupt, RuntimeError)):
            clf.fit(X, y)
        assert not hasattr(clf, "net_")
    assert torch.equal(torch.random.get_rng_state(), torch_state)
    assert np.random.get_state()[1].tolist() == numpy_state  # noqa: NPY002
    assert torch.get_num_threads() == 2


@pytest.mark.parametrize(
    ("n_jobs", "expected"), [(None, 1), (1, 1), (2, 2), (-1, os.cpu_count())]
)
def test_n_jobs_are_the_threads_of_torch(n_jobs, expected):
    seen = []
    spy = on("on_batch_end", lambda net, **_: seen.append(torch.get_num_threads()))
    X, y = make_panel()
    cnn(n_jobs=n_jobs, callbacks=[spy]).fit(X, y)
    assert set(seen) == {expected}


def test_fits_in_parallel_threads_are_as_repeatable_as_alone():
    X, y = make_panel()
    alone = [cnn(random_state=seed, dropout=0.5).fit(X, y) for seed in range(4)]
    together = [clone(clf) for clf in alone]
    threads = [Thread(target=clf.fit, args=(X, y)) for clf in together]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(map(same_weights, alone, together))


# -------------------------------------------------------------------- callbacks


def test_callbacks_are_cloned_and_told_of_every_epoch():
    seen = []
    spy = on("on_epoch_end", lambda net, **_: seen.append(len(net.history)))
    X, y = make_panel()
    clf = cnn(callbacks=[spy, ("named", spy)]).fit(X, y)
    assert seen == [1, 1, 2, 2, 3, 3]
    used = dict(clf.net_.callbacks_)
    assert used["named"] is not spy
    assert used["Spy"] is not spy
    assert vars(spy) == {}


def test_the_users_interrupt_gets_through():
    X, y = make_panel()
    with pytest.raises(KeyboardInterrupt):
        cnn(callbacks=[on("on_epoch_end", interrupt)], early_stopping=True).fit(X, y)


@pytest.mark.parametrize("own", [True, False])
def test_early_stopping_ends_the_fit_quietly_and_after_all_other_callbacks(own, capfd):
    seen = []
    spy = on("on_epoch_end", lambda net, **_: seen.append(len(net.history)))
    X, y = make_noise()
    settings = {"max_epochs": 100, "lr_schedule": None, "lr": 0.1}
    if own:
        clf = cnn(**settings, early_stopping=True, patience=2, callbacks=[spy])
    else:
        stopping = EarlyStopping(
            "train_loss", patience=2, threshold=0.2, sink=lambda _: None
        )
        clf = cnn(**settings, callbacks=[spy, stopping])
    clf.fit(X, y)
    assert len(clf.history_) < 100
    assert seen == list(range(1, len(clf.history_) + 1))
    assert capfd.readouterr() == ("", "")


# --------------------------------------------------------------- early stopping


@pytest.mark.parametrize("seed", range(5))
def test_early_stopping_holds_out_whole_groups_and_keeps_every_class(seed):
    splits = []
    X, y = make_panel(n_sets=30)
    groups = np.repeat([f"p{i}" for i in range(10)], 3)
    y = np.where(groups <= "p1", "rare", y)
    spy = on(
        "on_epoch_begin",
        lambda net, dataset_train, dataset_valid: splits.append(
            (rows_of(dataset_train), rows_of(dataset_valid))
        ),
    )
    clf = cnn(
        early_stopping=True, validation_fraction=0.3, random_state=seed, callbacks=[spy]
    )
    clf.fit(mark(X), y, groups=groups)
    learnt, held_out = splits[0]
    assert all(split == splits[0] for split in splits)
    assert sorted(learnt + held_out) == list(range(30))
    assert not set(groups[learnt]) & set(groups[held_out])
    assert len(set(groups[held_out])) == 3
    assert set(y[learnt]) == {"rare", "rest", "squat"}


def test_early_stopping_goes_back_to_the_best_epoch():
    X, y = make_noise()
    clf = cnn(
        early_stopping=True, max_epochs=100, patience=3, lr_schedule=None, lr=0.1,
        keep_epochs=True,
    ).fit(X, y)  # fmt: skip
    losses = clf.history_[:, "valid_loss"]
    best = int(np.argmin(losses))
    assert len(losses) == best + 1 + 3 < 100
    stages = list(clf.staged_predict_proba(X))
    assert len(stages) == len(losses)
    np.testing.assert_array_equal(clf.predict_proba(X), stages[best])
    assert not np.array_equal(stages[-1], stages[best])


@pytest.mark.parametrize(
    ("groups", "parameters"),
    [
        (np.arange(24) % 2, {}),  # a class a group
        (np.zeros(24), {}),
        (np.arange(24) % 3, {"validation_fraction": 0.9}),
    ],
)
def test_early_stopping_tells_when_it_cannot_hold_out(groups, parameters):
    X, y = make_panel()
    with pytest.raises(ValueError, match="early_stopping=True found no split .*early_sto"):
        cnn(early_stopping=True, **parameters).fit(X, y, groups=groups)


def test_groups_of_another_length_are_refused():
    X, y = make_panel()
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        cnn().fit(X, y, groups=[1, 2])


# ----------------------------------------------------------- history and epochs


def test_history_tells_loss_and_accuracy_of_the_rows_as_they_are():
    """Nothing moves at this learning rate, so each epoch must tell what the net scores."""
    X, y = make_panel(n_sets=21)
    clf = cnn(lr=1e-12, lr_schedule=None, batch_norm=False, dtype="float64").fit(X, y)
    proba = clf.predict_proba(X)
    assert len(clf.history_) == 3
    np.testing.assert_allclose(clf.history_[:, "train_loss"], log_loss(y, proba))
    np.testing.assert_allclose(clf.history_[:, "train_acc"], clf.score(X, y))
    assert "valid_loss" not in clf.history_[0]
    assert "valid_acc" not in clf.history_[0]


def test_history_tells_loss_and_accuracy_of_the_held_out_rows():
    held_out = []
    spy = on(
        "on_epoch_begin",
        lambda net, dataset_valid, **_: held_out.extend(rows_of(dataset_valid)),
    )
    X, y = make_panel()
    X = mark(X)
    clf = cnn(early_stopping=True, keep_epochs=True, dtype="float64", callbacks=[spy])
    clf.fit(X, y)
    rows = np.unique(held_out)
    stages = [proba[rows] for proba in clf.staged_predict_proba(X)]
    np.testing.assert_allclose(
        clf.history_[:, "valid_loss"], [log_loss(y[rows], p) for p in stages]
    )
    np.testing.assert_allclose(
        clf.history_[:, "valid_acc"],
        [np.mean(clf.classes_[p.argmax(axis=1)] == y[rows]) for p in stages],
    )


@each_net
def test_stages_are_the_epochs(make):
    X, y = make_panel()
    clf = make(keep_epochs=True).fit(X, y)
    stages = list(clf.staged_predict_proba(X))
    assert len(stages) == len(clf.epoch_states_) == 3
    np.testing.assert_array_equal(stages[-1], clf.predict_proba(X))
    assert not np.allclose(stages[0], stages[-1])


def test_there_are_no_stages_without_keep_epochs():
    X, y = make_panel()
    clf = cnn().fit(X, y)
    assert not hasattr(clf, "staged_predict_proba")
    assert not hasattr(clf, "epoch_states_")
    clf.set_params(keep_epochs=True)
    with pytest.raises(NotFittedError):
        next(clf.staged_predict_proba(X))
    clf.fit(X, y).set_params(keep_epochs=False).fit(X, y)
    assert not hasattr(clf, "epoch_states_")


def test_the_progress_bar_shows_epochs_and_losses(capfd, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")  # a narrow terminal cuts the bar
    X, y = make_panel()
    cnn(verbose=1, early_stopping=True).fit(X, y)
    out, err = capfd.readouterr()
    assert out == ""
    for told in ("fit: 100%", "3/3", "train_loss=0.", "valid_acc="):
        assert told in err
    cnn().fit(X, y)
    assert capfd.readouterr() == ("", "")


# ---------------------------------------------------------------------- going on


def test_warm_start_goes_on_from_the_weights_before():
    X, y = make_panel()
    clf = cnn(warm_start=True, keep_epochs=True).fit(X, y)
    before = weights(clf)[:40].clone()  # the kernels, that no batch normalisation moves
    clf.set_params(lr=1e-9).fit(X, y)
    torch.testing.assert_close(weights(clf)[:40], before, atol=1e-6, rtol=0)
    assert clf.history_[:, "epoch"] == [1, 2, 3, 4, 5, 6]
    assert len(list(clf.staged_predict_proba(X))) == 6
    clf.set_params(warm_start=False).fit(X, y)
    assert len(clf.history_) == len(clf.epoch_states_) == 3
    assert not torch.allclose(weights(clf)[:40], before, atol=1e-3)


@pytest.mark.parametrize("lr_schedule", ["one_cycle", "cosine", None])
@pytest.mark.parametrize("optimizer", ["adamw", "sgd"])
def test_going_on_has_its_own_learning_rate(optimizer, lr_schedule):
    """The fit before ends its schedule at next to nothing."""
    X, y = make_noise()
    clf = cnn(lr_schedule=lr_schedule, optimizer=optimizer, lr=0.01).fit(X, y)
    before = weights(clf)
    clf.partial_fit(X, y)
    assert clf.net_.optimizer_.param_groups[0]["lr"] == 0.01
    assert (weights(clf) - before)[:20].abs().max() > 1e-3
    clf.set_params(warm_start=True)
    again = clone(clf).fit(X, y)
    rates = record_rates(again, X, y)
    assert max(rates) == pytest.approx(0.01, rel=0.02)


def record_rates(clf, X, y):
    rates = []
    spy = on(
        "on_batch_begin",
        lambda net, **_: rates.append(net.optimizer_.param_groups[0]["lr"]),
    )
    clf.set_params(callbacks=[spy]).fit(X, y)
    return rates


def test_warm_start_keeps_held_out_what_was_held_out():
    splits = []
    spy = on(
        "on_epoch_begin",
        lambda net, dataset_valid, **_: splits.append(rows_of(dataset_valid)),
    )
    X, y = make_panel()
    clf = cnn(warm_start=True, early_stopping=True, callbacks=[spy])
    clf.fit(mark(X), y).fit(mark(X), y)
    assert len(splits) == 6
    assert all(split == splits[0] for split in splits)


def test_going_on_draws_new_batches():
    orders = []
    spy = on(
        "on_batch_begin",
        lambda net, batch, **_: orders.append(batch[0][:, 0, 0].tolist()),
    )
    X, y = make_panel()
    clf = cnn(callbacks=[spy], batch_size=None)
    for _ in range(3):
        clf.partial_fit(mark(X), y, classes=["rest", "squat"])
    assert len({tuple(order) for order in orders}) == 3


@pytest.mark.parametrize("changed", [{"n_filters": 8}, {"n_blocks": 2}])
def test_going_on_with_another_network_is_refused(changed):
    X, y = make_panel()
    clf = cnn(warm_start=True).fit(X, y).set_params(**changed)
    with pytest.raises(ValueError, match=r"can't continue.*warm_start=False"):
        clf.fit(X, y)


def test_going_on_with_another_optimiser_starts_that_afresh():
    X, y = make_panel()
    clf = cnn(warm_start=True).fit(X, y).set_params(optimizer="sgd").fit(X, y)
    assert isinstance(clf.net_.optimizer_, torch.optim.SGD)


def test_warm_start_needs_the_same_classes():
    X, y = make_panel()
    clf = cnn(warm_start=True).fit(X, y)
    with pytest.raises(ValueError, match="warm_start=True needs the classes"):
        clf.fit(X, np.where(y == "rest", "plank", y))


def test_partial_fit_learns_from_one_class_after_the_other():
    X, y = make_panel()
    clf = cnn(lr=0.01)
    for _ in range(20):
        for label in ("squat", "rest"):
            rows = y == label
            clf.partial_fit(X[rows], y[rows], classes=["squat", "rest"])
    assert clf.classes_.tolist() == ["rest", "squat"]
    assert len(clf.history_) == 40
    assert clf.predict_proba(X).shape == (24, 2)


def test_partial_fit_learns():
    X, y = make_easy()
    clf = cnn(lr=0.02, optimizer="adam")
    for _ in range(15):
        clf.partial_fit(X, y, classes=np.unique(y))
    losses = clf.history_[:, "train_loss"]
    assert losses[-1] < losses[0] / 2
    assert clf.score(X, y) == 1


def test_partial_fit_says_what_is_wrong_with_the_labels():
    X, y = make_panel()
    with pytest.raises(ValueError, match="first call of partial_fit needs classes"):
        cnn().partial_fit(X, y)
    with pytest.raises(ValueError, match="not in classes: .*squat"):
        cnn().partial_fit(X, y, classes=["rest", "plank"])
    clf = cnn().partial_fit(X, y, classes=["rest", "squat"])
    with pytest.raises(ValueError, match="differs from the first call's"):
        clf.partial_fit(X, y, classes=["rest", "squat", "plank"])
    with pytest.raises(ValueError, match="not in classes: .*plank"):
        clf.partial_fit(X[:2], ["rest", "plank"])


# ----------------------------------------------------------------------- weights

# What counts rows, not weights, is switched off where weight 2 must equal two rows.
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
def test_useless_weights_are_refused(weight, message):
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


# -------------------------------------------------------------------- augmenters


class SpyAugmenter(BaseEstimator):
    """Tells of each batch what it got and what it drew."""

    def __init__(self, log=None):
        self.log = log

    def augment(self, X, rng):
        number = rng.random()
        self.log.append((X[:, 0, 0].astype(int).tolist(), number))
        X = X.copy()
        X[:, 1:] *= 1 + number / 100
        return X


@pytest.mark.parametrize("as_pipeline", [False, True])
def test_the_augmenter_sees_each_batch_of_learning_rows_and_nothing_else(as_pipeline):
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
    learnt = sorted(set(range(24)) - set(held_out))
    batches = [rows for rows, _ in log]
    assert [len(rows) for rows in batches] == [8, 8, 3] * 3
    for epoch in (batches[0:3], batches[3:6], batches[6:9]):
        assert sorted(row for batch in epoch for row in batch) == learnt
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
def test_mixtures_teach_and_keep_the_weight_of_each_class(make):
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


def test_a_pipeline_of_augmenters_holds_nothing_else():
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


def test_parameters_of_the_augmenter_are_within_reach_of_a_grid():
    X, y = make_panel()
    clf = cnn(augmenter=MultiplicativeNoise(), max_epochs=1)
    clf.set_params(augmenter__fraction=0.1)
    assert clf.augmenter.fraction == 0.1
    search = GridSearchCV(clf, {"augmenter__fraction": [0.0, 0.5]}, cv=2).fit(X, y)
    assert search.best_params_.keys() == {"augmenter__fraction"}


# ---------------------------------------------------------------------- settings


@pytest.mark.parametrize("n_sets", [9, 17, 25])
@pytest.mark.parametrize("kernel_size", [3, 20])
def test_a_last_batch_of_one_row_is_no_trouble(n_sets, kernel_size):
    """A kernel as long as the set leaves one value a row: one row has no variance."""
    X, y = make_panel(n_sets=n_sets)
    clf = cnn(kernel_size=kernel_size, pooling=None).fit(X, y)
    assert np.isfinite(clf.predict_proba(X)).all()


@each_net
@pytest.mark.parametrize(
    ("n_sets", "batch_size", "n_steps"),
    [(24, None, [1] * 30), (60, 3, [20] * 20), (300, 2, [150] * 3)],
)
def test_automatic_epochs_are_told_to_the_schedule(make, n_sets, batch_size, n_steps):
    X, y = make_panel(n_sets=n_sets)
    clf = make(max_epochs="auto", batch_size=batch_size, keep_epochs=True)
    rates = record_rates(clf, X, y)
    assert [len(epoch["batches"]) for epoch in clf.history_] == n_steps
    assert len(clf.epoch_states_) == len(n_steps)
    assert len(rates) == sum(n_steps)
    assert max(rates) == pytest.approx(clf.lr, rel=0.02)
    assert rates[-1] < clf.lr / 1000
    assert clf.max_epochs == "auto"
    clf.partial_fit(X, y)
    assert len(clf.history_) == len(n_steps) + 1


def test_automatic_epochs_count_the_rows_learnt_from():
    X, y = make_panel(n_sets=120)
    clf = cnn(max_epochs="auto", batch_size=6, patience=99)
    assert len(clone(clf).fit(X, y).history_) == 20
    clf.set_params(early_stopping=True, validation_fraction=0.2)
    assert len(clf.fit(X, y).history_) == 25


def test_learning_rate_schedules():
    X, y = make_panel()
    rates = {
        schedule: record_rates(cnn(lr=0.02, lr_schedule=schedule, max_epochs=8), X, y)
        for schedule in ("one_cycle", "cosine", None)
    }
    assert {len(r) for r in rates.values()} == {24}
    assert set(rates[None]) == {0.02}
    cosine, cycle = np.array(rates["cosine"]), np.array(rates["one_cycle"])
    assert cosine[0] == 0.02
    assert (np.diff(cosine) < 0).all()
    assert cosine[-1] < 0.001
    assert cycle.max() == pytest.approx(0.02, rel=0.05)
    assert cycle[0] == pytest.approx(0.02 / 25)
    assert 0 < cycle.argmax() < 12
    assert cycle[-1] < 1e-5


@pytest.mark.parametrize("lr_schedule", ["one_cycle", "cosine", None])
def test_a_single_step_learns(lr_schedule):
    X, y = make_panel()
    parameters = {"max_epochs": 1, "batch_size": None, "lr_schedule": lr_schedule}
    moved = cnn(**parameters, lr=0.01).fit(X, y)
    still = cnn(**parameters, lr=1e-12).fit(X, y)
    assert (weights(moved) - weights(still)).abs().max() > 1e-3


@pytest.mark.parametrize(
    ("optimizer", "kind", "lr"),
    [
        ("adam", torch.optim.Adam, 0.05),
        ("adamw", torch.optim.AdamW, 0.05),
        ("sgd", torch.optim.SGD, 0.05),
    ],
)
def test_optimisers(optimizer, kind, lr):
    X, y = make_easy()
    parameters = {"optimizer": optimizer, "lr": lr, "max_epochs": 15}
    clf = cnn(**parameters).fit(X, y)
    assert type(clf.net_.optimizer_) is kind
    losses = clf.history_[:, "train_loss"]
    assert losses[-1] < losses[0] / 2
    decayed = cnn(**parameters, weight_decay=1.0).fit(X, y)
    norm, decayed_norm = (c.module_.head.weight.norm() for c in (clf, decayed))
    assert decayed_norm < norm


def test_dtype_is_that_of_the_training():
    X, y = make_panel()
    probas = {}
    for dtype in ("float32", "float64"):
        clf = cnn(dtype=dtype, lr=0.002).fit(X, y)
        assert {p.dtype for p in clf.module_.parameters()} == {getattr(torch, dtype)}
        probas[dtype] = clf.predict_proba(X)
        assert probas[dtype].dtype == np.float64
    np.testing.assert_allclose(probas["float32"], probas["float64"], atol=1e-4)


@pytest.mark.parametrize(
    ("make", "parameters"),
    [
        (cnn, {"pooling": None}),
        (cnn, {"pooling": "average", "pool_size": 3}),
        (cnn, {"n_blocks": 2, "kernel_size": [4, 2], "n_filters": (3, 5)}),
        (cnn, {"n_blocks": 2, "kernel_size": 2, "pool_size": (4, 1)}),
        (cnn, {"readout": "flatten", "dropout": 0.2}),
        (cnn, {"readout": "last"}),
        (gru, {"bidirectional": True, "readout": "last"}),
        (gru, {"n_layers": 2, "dropout": 0.2}),
        (cnn_gru, {"bidirectional": True, "readout": "flatten"}),
        (cnn_gru, {"readout": "last", "batch_norm": False}),
    ],
)
def test_every_setting_of_the_network_learns(make, parameters):
    X, y = make_panel()
    clf = make(**parameters, lr=0.03, max_epochs=25).fit(X, y)
    losses = clf.history_[:, "train_loss"]
    assert losses[-1] < 0.5 < losses[0]
    np.testing.assert_allclose(clf.predict_proba(X).sum(axis=1), 1)
    assert clf.score(X, y) > 0.75


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"pooling": "min"}, "'pooling' parameter"),
        ({"n_jobs": 0}, "'n_jobs' parameter"),
        ({"dropout": 1.0}, "'dropout' parameter"),
        ({"max_epochs": "many"}, "'max_epochs' parameter"),
        ({"max_epochs": 0}, "'max_epochs' parameter"),
        ({"pool_size": 0}, "'pool_size' parameter"),
        ({"lr": 0.0}, "'lr' parameter"),
        ({"device": "gpu7"}, "device='gpu7' can't be used here.*'auto'"),
        ({"device": "cuda:99"}, "device='cuda:99' can't be used here.*'auto'"),
    ],
)
def test_bad_parameters_are_refused(parameters, message):
    X, y = make_panel()
    with pytest.raises(ValueError, match=message):
        cnn(**parameters).fit(X, y)


def test_misspelt_parameters_are_refused():
    with pytest.raises(TypeError, match="kernel_sise"):
        CNNClassifier(kernel_sise=3)
    with pytest.raises(ValueError, match="kernel_sise"):
        cnn().set_params(kernel_sise=3)


def test_the_cpu_can_be_asked_for():
    X, y = make_panel()
    clf = cnn(device="cpu").fit(X, y)
    assert {p.device.type for p in clf.module_.parameters()} == {"cpu"}
    if not (torch.cuda.is_available() or torch.backends.mps.is_available()):
        assert same_weights(clf, cnn(device="auto").fit(X, y))


# ------------------------------------------------------------------------- input


@each_net
def test_float32_lists_and_read_only_arrays_are_the_same_input(make):
    X, y = make_panel(dtype=np.float32)
    expected = make().fit(X, y)
    read_only = X.astype(np.float64)
    read_only.flags.writeable = False
    for same in (read_only, list(X), X.tolist(), np.asfortranarray(X), X[::-1][::-1]):
        clf = make().fit(same, y)
        assert same_weights(clf, expected)
        np.testing.assert_array_equal(clf.predict_proba(same), expected.predict_proba(X))


@each_net
def test_input_is_not_changed(make):
    X, y = make_panel(dtype=np.float32)
    X_before, y_before = X.copy(), y.copy()
    weight = np.ones(24)
    clf = make(augmenter=MultiplicativeNoise(), class_weight="balanced")
    clf.fit(X, y, sample_weight=weight).predict(X)
    np.testing.assert_array_equal(X, X_before)
    np.testing.assert_array_equal(y, y_before)
    np.testing.assert_array_equal(weight, 1)


def test_a_2d_panel_has_one_channel():
    X, y = make_panel()
    flat = cnn().fit(X[:, 0], y)
    assert flat.n_features_in_ == flat.n_timesteps_in_ == 20
    assert flat.n_channels_in_ == 1
    assert same_weights(flat, cnn().fit(X[:, :1], y))


@pytest.mark.parametrize(
    ("cut", "message"),
    [
        (np.s_[:, :, :-1], "X has 19 timesteps, but .* expecting 20"),
        (np.s_[:, :2], "X has 2 features, but .* expecting 3"),
        (np.s_[0], "X has 20 features, but .* expecting 3"),
    ],
)
@pytest.mark.parametrize("method", ["predict", "predict_proba", "staged_predict_proba"])
def test_predictions_need_the_shape_learnt_from(method, cut, message):
    X, y = make_panel()
    clf = cnn(keep_epochs=True).fit(X, y)
    with pytest.raises(ValueError, match=message):
        list(getattr(clf, method)(X[cut]))


@pytest.mark.parametrize(
    "labels", [["rest", "squat", "plank"], [3, -1, 7], [2.0, 0.0, 1.0]]
)
def test_labels_of_any_kind_come_back(labels):
    X, y = make_panel()
    y = np.array(labels)[np.arange(24) % 3]
    clf = cnn().fit(X, y)
    assert clf.classes_.tolist() == sorted(labels)
    predicted = clf.predict(X)
    assert predicted.dtype == y.dtype
    np.testing.assert_array_equal(
        predicted, clf.classes_[clf.predict_proba(X).argmax(axis=1)]
    )


def test_a_row_is_predicted_alike_alone_and_among_others():
    X, y = make_panel(n_sets=60)
    clf = cnn_gru().fit(X, y)
    alone = np.concatenate([clf.predict_proba(row[np.newaxis]) for row in X])
    np.testing.assert_allclose(alone, clf.predict_proba(X), rtol=0, atol=1e-12)


def test_many_rows_are_predicted_in_parts():
    X, y = make_panel()
    clf = cnn().fit(X, y)
    many = clf.predict_proba(np.tile(X, (100, 1, 1)))
    np.testing.assert_allclose(many, np.tile(clf.predict_proba(X), (100, 1)), atol=1e-12)


def test_diverging_is_told():
    X, y = make_panel()
    clf = cnn(lr=1e9, lr_schedule=None, optimizer="sgd", batch_norm=False, max_epochs=20)
    with pytest.raises(ValueError, match=r"training diverged.*smaller lr"):
        clf.fit(X, y)
    with pytest.raises(ValueError, match=r"too large for dtype='float32'.*ChannelScaler"):
        cnn().fit(X * 1e200, y)


# ----------------------------------------------------- the manners of an estimator


@each_net
@pytest.mark.parametrize("early_stopping", [False, True])
def test_pickles_predict_and_go_on_as_the_original(make, early_stopping):
    X, y = make_panel()
    clf = make(**{**ALL_RANDOM, "early_stopping": early_stopping}, warm_start=True)
    clf.set_params(verbose=1).fit(X, y).set_params(verbose=0)
    loaded = pickle.loads(pickle.dumps(clf))
    assert loaded.module_ is loaded.net_.module_
    np.testing.assert_array_equal(loaded.predict_proba(X), clf.predict_proba(X))
    assert len(list(loaded.staged_predict_proba(X))) == len(clf.history_)
    assert same_weights(loaded.fit(X, y), clf.fit(X, y))


def test_a_pickle_holds_no_training_rows():
    sizes = []
    for n_sets in (20, 2000):
        X, y = make_panel(n_sets=n_sets)
        clf = cnn(batch_size=None, early_stopping=True, augmenter=MultiplicativeNoise())
        sizes.append(len(pickle.dumps(clf.fit(X, y))))
    assert sizes[1] < sizes[0] * 1.05


def test_clones_are_unfitted_and_equal():
    X, y = make_panel()
    clf = cnn(callbacks=[("stop", EarlyStopping("train_loss"))], kernel_size=[3]).fit(X, y)
    copy = clone(clf)
    assert not hasattr(copy, "net_")
    with pytest.raises(NotFittedError):
        copy.predict(X)
    assert copy.kernel_size == [3]
    assert same_weights(copy.fit(X, y), clf)


def test_representations_show_what_was_set():
    assert repr(CNNClassifier(kernel_size=9)) == "CNNClassifier(kernel_size=9)"
    X, y = make_panel()
    # scikit-learn 1.8 with numpy 2.0 can't compare a number with a default of "auto".
    clf = cnn(augmenter=MultiplicativeNoise(fraction=0.125), max_epochs="auto").fit(X, y)
    html = estimator_html_repr(clf)
    assert "CNNClassifier" in html
    assert "0.125" in html
    assert "Fitted" in html


# ------------------------------------------------------- a network of the user's


class SmallNet(torch.nn.Sequential):
    """What a user may bring, with layers that find out their own sizes."""

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


@pytest.mark.parametrize("going_on", ["warm_start", "partial_fit"])
def test_a_module_is_trained_to_the_bit_as_the_networks_of_the_package(going_on):
    """The package's own module, given as if it were the user's."""
    X, y = make_panel()
    weight, groups = np.arange(24) + 1.0, np.arange(24) // 2
    augmenter = make_pipeline(MultiplicativeNoise(), Mixup())
    settings = {**ALL_RANDOM, "augmenter": augmenter, "class_weight": "balanced"}
    shape = {**CONVOLUTION, "hidden_size": 4, "dropout": settings.pop("dropout")}
    one = cnn_gru(**settings, **shape)
    other = own(IMUNet, module_parameters=shape, **settings)
    for clf in (one, other):
        clf.fit(X, y, sample_weight=weight, groups=groups)
        if going_on == "warm_start":
            clf.set_params(warm_start=True).fit(X, y, sample_weight=weight)
        else:
            clf.partial_fit(X, y)
    assert same_weights(one, other)
    losses = ("train_loss", "train_acc")
    assert one.history_[:, losses] == other.history_[:, losses]
    stages = [list(clf.staged_predict_proba(X)) for clf in (one, other)]
    np.testing.assert_array_equal(*stages)
    np.testing.assert_array_equal(one.predict_proba(X), other.predict_proba(X))


def test_parameters_of_a_module_are_searched_and_learnt_with():
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


def test_clones_and_pickles_of_a_module_answer_and_go_on_as_the_original():
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


def test_a_row_is_predicted_alike_by_a_module_alone_and_among_others():
    X, y = make_panel(n_sets=60)
    clf = own().fit(X, y)
    alone = np.concatenate([clf.predict_proba(row[np.newaxis]) for row in X])
    np.testing.assert_allclose(alone, clf.predict_proba(X), rtol=0, atol=1e-12)


def test_going_on_with_another_module_is_refused():
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
    """Whatever it is: here something that skops loads without a question."""
    skops_io = pytest.importorskip("skops.io")
    path = tmp_path / "model.skops"
    model = ModuleClassifier(float)
    skops_io.dump({"format": "sk_imu model 1", "model": model}, path)
    with pytest.raises(ValueError, match=r"not known to be safe: \S*ModuleClassifier\. If you know"):
        load_model(path)
