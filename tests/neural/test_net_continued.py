"""Training that continues: warm starts and partial fits."""

import numpy as np
import pytest
import torch
from made_nets import (
    cnn,
    make_easy,
    make_noise,
    make_panel,
    mark,
    on,
    record_rates,
    rows_of,
    weights,
)
from sklearn.base import clone


def test_warm_start_continues_from_the_previous_weights():
    X, y = make_panel()
    clf = cnn(warm_start=True, keep_epochs=True).fit(X, y)
    # The kernels, which batch normalization does not change.
    before = weights(clf)[:40].clone()
    clf.set_params(lr=1e-9).fit(X, y)
    torch.testing.assert_close(weights(clf)[:40], before, atol=1e-6, rtol=0)
    assert clf.history_[:, "epoch"] == [1, 2, 3, 4, 5, 6]
    assert len(list(clf.staged_predict_proba(X))) == 6
    clf.set_params(warm_start=False).fit(X, y)
    assert len(clf.history_) == len(clf.epoch_states_) == 3
    assert not torch.allclose(weights(clf)[:40], before, atol=1e-3)


@pytest.mark.parametrize("lr_schedule", ["one_cycle", "cosine", None])
@pytest.mark.parametrize("optimizer", ["adamw", "sgd"])
def test_continued_training_has_its_own_learning_rate(optimizer, lr_schedule):
    """The previous fit ends its schedule close to zero."""
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


def test_warm_start_holds_out_the_same_rows():
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


def test_continued_training_draws_new_batches():
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
def test_continuing_with_another_network_is_refused(changed):
    X, y = make_panel()
    clf = cnn(warm_start=True).fit(X, y).set_params(**changed)
    with pytest.raises(ValueError, match=r"can't continue.*warm_start=False"):
        clf.fit(X, y)


def test_continuing_with_another_optimizer_resets_it():
    X, y = make_panel()
    clf = cnn(warm_start=True).fit(X, y).set_params(optimizer="sgd").fit(X, y)
    assert isinstance(clf.net_.optimizer_, torch.optim.SGD)


def test_warm_start_needs_the_same_classes():
    X, y = make_panel()
    clf = cnn(warm_start=True).fit(X, y)
    with pytest.raises(ValueError, match="warm_start=True needs the classes"):
        clf.fit(X, np.where(y == "rest", "plank", y))


def test_kept_epochs_are_those_of_the_history():
    X, y = make_panel()
    clf = cnn(warm_start=True).fit(X, y).set_params(keep_epochs=True)
    for go_on in (clf.fit, clf.partial_fit):
        with pytest.raises(ValueError, match="keep_epochs=True can't continue a fit"):
            go_on(X, y)
    clf.set_params(warm_start=False).fit(X, y).set_params(warm_start=True).fit(X, y)
    assert len(clf.history_) == len(clf.epoch_states_) == 6
    clf.set_params(keep_epochs=False).fit(X, y)
    assert len(clf.history_) == 9
    assert not hasattr(clf, "epoch_states_")


def test_partial_fit_learns_from_batches_of_one_class():
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


def test_partial_fit_refuses_wrong_labels():
    X, y = make_panel()
    with pytest.raises(ValueError, match="two classes, but classes has only one class"):
        cnn().partial_fit(X, np.repeat("rest", len(y)), classes=["rest"])
    with pytest.raises(ValueError, match="first call of partial_fit needs classes"):
        cnn().partial_fit(X, y)
    with pytest.raises(ValueError, match="not in classes: .*squat"):
        cnn().partial_fit(X, y, classes=["rest", "plank"])
    clf = cnn().partial_fit(X, y, classes=["rest", "squat"])
    with pytest.raises(ValueError, match="differs from the first call's"):
        clf.partial_fit(X, y, classes=["rest", "squat", "plank"])
    with pytest.raises(ValueError, match="not in classes: .*plank"):
        clf.partial_fit(X[:2], ["rest", "plank"])
