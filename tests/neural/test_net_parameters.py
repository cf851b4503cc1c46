"""The parameters of the network and of its training."""

import numpy as np
import pytest
import torch
from made_nets import (
    cnn,
    cnn_gru,
    gru,
    make_easy,
    make_panel,
    record_rates,
    same_weights,
    weights,
)
from sklearn.base import clone

from sk_imu import (
    CNNClassifier,
)


@pytest.mark.parametrize("n_sets", [9, 17, 25])
@pytest.mark.parametrize("kernel_size", [3, 20])
def test_a_last_batch_of_one_row_can_be_trained_on(n_sets, kernel_size):
    """A kernel as long as the set leaves one value a row: one row has no variance."""
    X, y = make_panel(n_sets=n_sets)
    clf = cnn(kernel_size=kernel_size, pooling=None).fit(X, y)
    assert np.isfinite(clf.predict_proba(X)).all()


def test_one_row_pooled_into_one_timestep_is_refused_with_a_cure():
    X, y = make_panel(n_sets=2)
    clf = cnn(kernel_size=20, pooling=None)
    with pytest.raises(ValueError, match=r"one row .* at least two rows"):
        clf.partial_fit(X[:1], y[:1], classes=["rest", "squat"])
    assert not hasattr(clf, "net_")


@pytest.mark.parametrize(
    ("make", "n_sets", "batch_size", "n_steps"),
    [
        *((make, 24, None, [1] * 30) for make in (cnn, gru, cnn_gru)),
        (cnn, 60, 5, [12] * 25),
        (cnn, 60, 3, [20] * 18),
    ],
)
def test_the_schedule_knows_the_automatic_epochs(make, n_sets, batch_size, n_steps):
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


def test_automatic_epochs_count_the_training_rows():
    X, y = make_panel(n_sets=120)
    clf = cnn(max_epochs="auto", batch_size=10, patience=99)
    assert len(clone(clf).fit(X, y).history_) == 25
    clf.set_params(early_stopping=True, validation_fraction=0.2)
    assert len(clf.fit(X, y).history_) == 30


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
    ("optimizer", "kind"),
    [
        ("adam", torch.optim.Adam),
        ("adamw", torch.optim.AdamW),
        ("sgd", torch.optim.SGD),
    ],
)
def test_optimizers(optimizer, kind):
    X, y = make_easy()
    parameters = {"optimizer": optimizer, "lr": 0.05, "max_epochs": 15}
    clf = cnn(**parameters).fit(X, y)
    assert type(clf.net_.optimizer_) is kind
    losses = clf.history_[:, "train_loss"]
    assert losses[-1] < losses[0] / 2
    decayed = cnn(**parameters, weight_decay=1.0).fit(X, y)
    norm, decayed_norm = (c.module_.head.weight.norm() for c in (clf, decayed))
    assert decayed_norm < norm


def test_dtype_is_the_data_type_of_training():
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


def test_misspelled_parameters_are_refused():
    with pytest.raises(TypeError, match="kernel_sise"):
        CNNClassifier(kernel_sise=3)
    with pytest.raises(ValueError, match="kernel_sise"):
        cnn().set_params(kernel_sise=3)


def test_the_cpu_can_be_requested():
    X, y = make_panel()
    clf = cnn(device="cpu").fit(X, y)
    assert {p.device.type for p in clf.module_.parameters()} == {"cpu"}
    if not (torch.cuda.is_available() or torch.backends.mps.is_available()):
        assert same_weights(clf, cnn(device="auto").fit(X, y))
