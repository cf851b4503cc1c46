"""Callbacks, early stopping, the history and the kept epochs."""

import numpy as np
import pytest
from made_nets import (
    cnn,
    each_net,
    interrupt,
    make_noise,
    make_panel,
    mark,
    on,
    rows_of,
)
from sklearn.exceptions import NotFittedError
from sklearn.metrics import log_loss
from skorch.callbacks import EarlyStopping

# ------------------------------------------------------------------------------- callbacks


def test_callbacks_are_cloned_and_called_every_epoch():
    seen = []
    spy = on("on_epoch_end", lambda net, **_: seen.append(len(net.history)))
    X, y = make_panel()
    clf = cnn(callbacks=[spy, ("named", spy)]).fit(X, y)
    assert seen == [1, 1, 2, 2, 3, 3]
    used = dict(clf.net_.callbacks_)
    assert used["named"] is not spy
    assert used["Spy"] is not spy
    assert vars(spy) == {}


def test_a_keyboard_interrupt_of_the_user_is_raised():
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


# -------------------------------------------------------------------------- early stopping


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
    learned, held_out = splits[0]
    assert all(split == splits[0] for split in splits)
    assert sorted(learned + held_out) == list(range(30))
    assert not set(groups[learned]) & set(groups[held_out])
    assert len(set(groups[held_out])) == 3
    assert set(y[learned]) == {"rare", "rest", "squat"}


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
        (np.arange(24) % 2, {}),  # one class in each group
        (np.zeros(24), {}),
        (np.arange(24) % 3, {"validation_fraction": 0.9}),
    ],
)
def test_early_stopping_raises_when_it_cannot_hold_out(groups, parameters):
    X, y = make_panel()
    with pytest.raises(ValueError, match="early_stopping=True found no split .*early_sto"):
        cnn(early_stopping=True, **parameters).fit(X, y, groups=groups)


def test_groups_of_another_length_are_refused():
    X, y = make_panel()
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        cnn().fit(X, y, groups=[1, 2])


def test_groups_that_an_array_would_merge_are_refused():
    X, y = make_panel()
    with pytest.raises(ValueError, match=r"groups: row 0 has 1 .* row 1 has '1'"):
        cnn().fit(X, y, groups=[1, "1"] * (len(y) // 2))


# ---------------------------------------------------------------------- history and epochs


def test_history_holds_loss_and_accuracy_of_the_training_rows():
    """No weight moves at this learning rate, so each epoch must record the net's scores."""
    X, y = make_panel(n_sets=21)
    clf = cnn(lr=1e-12, lr_schedule=None, batch_norm=False, dtype="float64").fit(X, y)
    proba = clf.predict_proba(X)
    assert len(clf.history_) == 3
    np.testing.assert_allclose(clf.history_[:, "train_loss"], log_loss(y, proba))
    np.testing.assert_allclose(clf.history_[:, "train_acc"], clf.score(X, y))
    assert "valid_loss" not in clf.history_[0]
    assert "valid_acc" not in clf.history_[0]


def test_history_holds_loss_and_accuracy_of_the_held_out_rows():
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
    for part in ("fit: 100%", "3/3", "train_loss=0.", "valid_acc="):
        assert part in err
    cnn().fit(X, y)
    assert capfd.readouterr() == ("", "")
