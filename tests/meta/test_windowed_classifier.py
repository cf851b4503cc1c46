import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.linear_model import LogisticRegression, RidgeClassifier
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC
from skorch.callbacks import Callback

from sk_imu import (
    ChannelScaler,
    CNNClassifier,
    CNNGRUClassifier,
    Flatten,
    SummaryFeatures,
    WindowedClassifier,
)

NET = {"n_filters": 4, "kernel_size": 3, "n_blocks": 1, "max_epochs": 3, "random_state": 0}


class Spy(ClassifierMixin, BaseEstimator):
    """Remembers what it was fitted on; a window's mean is its probability."""

    def fit(self, X, y, sample_weight=None, groups=None):
        self.classes_ = np.unique(y)
        self.fitted_ = (X, y, sample_weight, groups)
        return self

    def predict_proba(self, X):
        proba = np.zeros((len(X), len(self.classes_)))
        proba[:, 1] = X.mean(axis=(1, 2))
        proba[:, 0] = 1 - proba[:, 1]
        return proba

    def predict(self, X):
        return self.classes_[self.predict_proba(X).argmax(axis=1)]


def clock_sets(lengths, n_channels=2):
    """Return sets whose values encode row and timestep."""
    return [
        np.tile(row * 10_000 + np.arange(float(n)), (n_channels, 1))
        for row, n in enumerate(lengths)
    ]


def fit_spy(X, **parameters):
    y = np.arange(len(X)) % 2
    return WindowedClassifier(Spy(), **parameters).fit(X, y)


def make_sets(n_sets=12, seed=0, lengths=(20, 45)):
    rng = np.random.default_rng(seed)
    y = np.array(["rest", "squat"])[np.arange(n_sets) % 2]
    X = [
        rng.normal(size=(3, rng.integers(*lengths))) * (3 if label == "squat" else 1)
        for label in y
    ]
    return X, y


# --------------------------------------------------------------------- windows


@given(
    lengths=st.lists(st.integers(12, 80), min_size=2, max_size=5),
    size=st.integers(1, 12),
    step=st.integers(1, 12) | st.none(),
)
def test_windows_cover_every_timestep_and_belong_to_one_set(lengths, size, step):
    if step is not None:
        step = min(step, size)
    clf = fit_spy(clock_sets(lengths), n_timesteps=size, step=step)
    windows, labels, _, groups = clf.estimator_.fitted_
    assert windows.shape[1:] == (2, size)
    values = windows[:, 0]
    assert (np.diff(values, axis=1) == 1).all()  # each one piece of one set
    np.testing.assert_array_equal(values[:, 0] // 10_000, groups)
    np.testing.assert_array_equal(labels, groups % 2)
    every = step or max(round(size / 2), 1)
    for row, length in enumerate(lengths):
        own = values[groups == row] - row * 10_000
        assert set(own.flat) == set(range(length))
        starts = own[:, 0]
        assert starts[0] == 0
        assert starts[-1] == length - size
        assert (np.diff(starts) <= every).all()
        assert (np.diff(starts)[:-1] == every).all()
        assert len(starts) == 1 + -(-(length - size) // every)


def test_a_panel_has_windows_too():
    panel = np.stack(clock_sets([30, 30]))
    for X in (panel, panel[:, 0], list(panel)):
        clf = fit_spy(X, n_timesteps=10)
        assert len(clf.estimator_.fitted_[0]) == 10
        assert clf.predict(X).shape == (2,)


@pytest.mark.parametrize(
    ("parameters", "size", "starts"),
    [
        ({}, 200, [0, 100, 200, 300]),
        ({"step": 2.5}, 200, [0, 125, 250, 300]),
        (
            {"window_seconds": 8.0, "sampling_rate_hz": 25.0, "step": 4},
            200,
            [0, 100, 200, 300],
        ),
        ({"window_seconds": 0.5, "step": 9.0}, 25, [0, 450, 475]),
        ({"n_timesteps": 400, "step": 30}, 400, [0, 30, 60, 90, 100]),
        ({"n_timesteps": 500, "window_seconds": 1.0}, 500, [0]),
        ({"window_seconds": 1e-9}, 1, list(range(500))),
    ],
)
def test_units_of_window_and_step(parameters, size, starts):
    clf = fit_spy(clock_sets([500, 500]), **parameters)
    windows = clf.estimator_.fitted_[0]
    assert clf.n_window_timesteps_ == size == windows.shape[2]
    np.testing.assert_array_equal(windows[: len(starts), 0, 0], starts)
    assert len(windows) == 2 * len(starts)


def test_windows_share_the_weight_of_their_set():
    lengths = [12, 30, 60]
    weight = np.array([1.0, 2.0, 3.0])
    X = clock_sets(lengths)
    clf = WindowedClassifier(Spy(), n_timesteps=10)
    clf.fit(X, [0, 1, 1])
    _, _, weights, groups = clf.estimator_.fitted_
    totals = np.bincount(groups, weights)
    np.testing.assert_allclose(totals, totals[0])
    assert weights.sum() == pytest.approx(len(weights))
    clf.fit(X, [0, 1, 1], sample_weight=weight)
    _, _, weights, groups = clf.estimator_.fitted_
    totals = np.bincount(groups, weights)
    np.testing.assert_allclose(totals / totals[0], weight)


def test_windows_of_equally_long_sets_need_no_weight():
    clf = fit_spy(clock_sets([40, 40]), n_timesteps=10)
    assert clf.estimator_.fitted_[2] is None


def test_a_long_set_weighs_no_more_than_a_short_one():
    """Prior probabilities are those of the sets, not of the windows."""
    X = [np.zeros((1, n)) + 1e-9 * np.arange(n) for n in (10, 10, 500, 500)]
    y = ["short", "short", "long", "long"]
    inner = make_pipeline(Flatten(), GaussianNB(var_smoothing=1.0))
    clf = WindowedClassifier(inner, n_timesteps=10).fit(X, y)
    np.testing.assert_allclose(clf.estimator_[-1].class_prior_, 0.5)


def test_groups_follow_the_windows():
    X = clock_sets([12, 30, 60])
    clf = WindowedClassifier(Spy(), n_timesteps=10)
    clf.fit(X, [0, 1, 1], groups=["ann", "bob", "ann"])
    windows, _, _, groups = clf.estimator_.fitted_
    rows = windows[:, 0, 0] // 10_000
    np.testing.assert_array_equal(groups, np.where(rows == 1, "bob", "ann"))


@pytest.mark.parametrize("with_pipeline", [False, True])
@pytest.mark.parametrize("subjects", [False, True])
def test_a_stopping_net_never_splits_a_set_or_a_subject(with_pipeline, subjects):
    splits = []

    class Watch(Callback):
        def on_epoch_begin(self, net, dataset_train, dataset_valid, **kwargs):
            splits.append(
                [np.unique(d.X[:, 1, 0].round(6)) for d in (dataset_train, dataset_valid)]
            )

    X, y = make_sets(20)
    group_of = np.arange(20) // 4 if subjects else np.arange(20)
    for row, group in zip(X, group_of, strict=True):
        row[1] = group + 1
    net = CNNClassifier(**NET, early_stopping=True, callbacks=[Watch()])
    inner = make_pipeline(ChannelScaler(), net) if with_pipeline else net
    clf = WindowedClassifier(inner, n_timesteps=8)
    clf.fit(X, y, groups=group_of if subjects else None)
    learned, held_out = splits[0]
    assert len(held_out) == (1 if subjects else 4)
    assert len(learned) + len(held_out) == len(set(group_of))
    assert not set(learned) & set(held_out)


def test_the_error_for_short_sets_names_the_row():
    X, y = make_sets()
    X[3] = X[3][:, :7]
    clf = WindowedClassifier(LogisticRegression(), n_timesteps=10)
    message = "Row 3 of X has 7 timesteps, fewer than one window of 10.*short='pad'"
    with pytest.raises(ValueError, match=message):
        clf.fit(X, y)
    clf = fit_spy(clock_sets([20, 20]), n_timesteps=10)
    with pytest.raises(ValueError, match="Row 1 of X has 9 timesteps"):
        clf.predict(clock_sets([20, 9]))


def test_padding_holds_the_last_sample_and_is_counted():
    clf = fit_spy(clock_sets([4, 20, 9]), n_timesteps=10, short="pad")
    windows, _, _, groups = clf.estimator_.fitted_
    assert windows[0, 0].tolist() == [0, 1, 2, 3, 3, 3, 3, 3, 3, 3]
    assert np.bincount(groups).tolist() == [1, 3, 1]
    assert clf.n_padded_ == 2
    assert clf.predict(clock_sets([4])).shape == (1,)


# ----------------------------------------------------------------------- votes


def levels(*values):
    """Return a set whose windows of 5, side by side, have these means."""
    return np.repeat(values, 5)[np.newaxis].astype(float)


def test_soft_votes_average_probabilities_and_hard_votes_count_labels():
    X = [levels(0.4, 0.4, 1.0), levels(0.1, 0.6), levels(0.6, 0.6, 0.0)]
    soft = WindowedClassifier(Spy(), n_timesteps=5, step=5).fit(X, ["no", "yes", "yes"])
    hard = clone(soft).set_params(vote="hard").fit(X, ["no", "yes", "yes"])
    np.testing.assert_allclose(soft.predict_proba(X)[:, 1], [0.6, 0.35, 0.4])
    np.testing.assert_allclose(hard.predict_proba(X)[:, 1], [1 / 3, 1 / 2, 2 / 3])
    assert soft.predict(X).tolist() == ["yes", "no", "no"]
    assert hard.predict(X).tolist() == ["no", "no", "yes"]
    for clf in (soft, hard):
        windows = clf.predict_windows(X)
        assert [w.tolist() for w in windows] == [
            ["no", "no", "yes"],
            ["no", "yes"],
            ["yes", "yes", "no"],
        ]


@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize("inner", [SVC(), RidgeClassifier()])
def test_a_decision_function_votes_where_there_are_no_probabilities(inner, n_classes):
    X, _ = make_sets(30)
    y = np.array(["a", "b", "c"])[np.arange(30) % n_classes]
    X = [row * (1 + 2 * (label == "b")) + 2 * (label == "c")
         for row, label in zip(X, y, strict=True)]  # fmt: skip
    steps = make_pipeline(SummaryFeatures(), StandardScaler(), inner)
    clf = WindowedClassifier(steps, n_timesteps=10)
    clf.fit(X, y)
    assert not hasattr(clf, "predict_proba")
    scores = clf.decision_function(X)
    windows = clf.estimator_.decision_function
    mean_of_first = windows(clf._windows(X[:1])[0]).mean(axis=0)
    np.testing.assert_allclose(scores[0], mean_of_first)
    assert scores.shape == ((30,) if n_classes == 2 else (30, 3))
    best = (scores > 0).astype(int) if n_classes == 2 else scores.argmax(axis=1)
    np.testing.assert_array_equal(clf.predict(X), clf.classes_[best])
    assert clf.score(X, y) > 0.9


def test_hard_votes_give_any_classifier_probabilities():
    X, y = make_sets()
    clf = WindowedClassifier(
        make_pipeline(SummaryFeatures(), RidgeClassifier()), n_timesteps=10, vote="hard"
    )
    assert hasattr(clf, "predict_proba")
    assert not hasattr(clf, "decision_function")
    clf.fit(X, y)
    votes = [(labels == "squat").mean() for labels in clf.predict_windows(X)]
    np.testing.assert_allclose(clf.predict_proba(X)[:, 1], votes)


@pytest.mark.parametrize("vote", ["soft", "hard"])
def test_stages_vote_as_predictions_do(vote):
    X, y = make_sets()
    net = CNNClassifier(**NET, keep_epochs=True)
    clf = WindowedClassifier(net, n_timesteps=8, vote=vote).fit(X, y)
    stages = list(clf.staged_predict_proba(X))
    assert len(stages) == 3
    np.testing.assert_allclose(stages[-1], clf.predict_proba(X), atol=1e-12)
    clf.set_params(estimator__keep_epochs=False)
    assert not hasattr(clone(clf), "staged_predict_proba")


def test_a_sets_answer_does_not_depend_on_its_neighbours():
    X, y = make_sets()
    clf = WindowedClassifier(CNNClassifier(**NET), n_timesteps=8).fit(X, y)
    alone = np.concatenate([clf.predict_proba([row]) for row in X])
    np.testing.assert_allclose(alone, clf.predict_proba(X), atol=1e-12)


def test_windows_learn_what_sets_of_unequal_length_have_in_common():
    X, y = make_sets(40)
    net = CNNClassifier(n_filters=8, kernel_size=3, n_blocks=1, lr=0.02, random_state=0)
    clf = WindowedClassifier(net, n_timesteps=10).fit(X[:20], y[:20])
    assert clf.score(X[20:], y[20:]) > 0.9
    loaded = pickle.loads(pickle.dumps(clf))
    np.testing.assert_array_equal(loaded.predict_proba(X), clf.predict_proba(X))


def test_float32_stays_and_input_is_not_changed():
    X, y = make_sets()
    X = [row.astype(np.float32) for row in X]
    before = [row.copy() for row in X]
    clf = WindowedClassifier(Spy(), n_timesteps=10).fit(X, y)
    windows = clf.estimator_.fitted_[0]
    assert windows.dtype == np.float32
    windows[:] = 0
    clf.predict(X)
    for row, row_before in zip(X, before, strict=True):
        np.testing.assert_array_equal(row, row_before)


@pytest.mark.parametrize(
    "parameters",
    [
        {"window_seconds": 0.0},
        {"n_timesteps": 0},
        {"n_timesteps": 2.5},
        {"step": 0},
        {"vote": "loud"},
        {"short": "drop"},
        {"sampling_rate_hz": -50.0},
    ],
)
def test_bad_parameters_are_refused(parameters):
    X, y = make_sets()
    (name,) = parameters
    with pytest.raises(ValueError, match=f"'{name}' parameter of WindowedClassifier"):
        WindowedClassifier(Spy(), **parameters).fit(X, y)


def test_decisions_by_pairs_of_classes_are_votes_for_labels():
    rng = np.random.default_rng(0)
    y = np.repeat(list("abcd"), 6)
    X = rng.normal(size=(24, 4, 80))
    X[np.arange(24), np.repeat(range(4), 6)] += 3
    svc = make_pipeline(SummaryFeatures(), SVC(decision_function_shape="ovo"))
    clf = WindowedClassifier(svc, n_timesteps=40).fit(X, y)
    assert clf.score(X, y) == 1
    assert not hasattr(clf, "decision_function")


@pytest.mark.parametrize("lr", [1e-12, 0.01])
@pytest.mark.parametrize("largest", [1, 1e6])
def test_labels_are_those_of_the_probabilities_in_float64(largest, lr):
    """Although float32 decides where two classes are not close, as they are untrained."""
    X, y = make_sets(60)
    scale = np.geomspace(1, largest, len(X))
    X = [row * factor for row, factor in zip(X, scale, strict=True)]
    net = CNNGRUClassifier(**NET, hidden_size=4, lr=lr)
    clf = WindowedClassifier(net, n_timesteps=20).fit(X, y)
    proba = clf.predict_proba(X)
    np.testing.assert_array_equal(clf.predict(X), clf.classes_[proba.argmax(axis=1)])
    alone = [clf.predict([row])[0] for row in X]
    np.testing.assert_array_equal(clf.predict(X), alone)


def test_sets_of_two_close_classes_are_decided_in_float64():
    class Coarse(GaussianNB):
        """Misses each probability by a thousandth, in favor of the first class."""

        def _quick_proba(self, X):
            return self.predict_proba(X) + [0.001, -0.001]

        def predict_proba(self, X):
            second = np.reshape(X, (len(X), -1)).mean(axis=1)
            return np.stack([1 - second, second], axis=1)

        def fit(self, X, y, sample_weight=None):
            self.classes_ = np.unique(y)
            return self

    X = [np.full((1, 8), value) for value in (0.2, 0.4995, 0.5005, 0.7, 1.0)]
    clf = WindowedClassifier(Coarse(), n_timesteps=4).fit(X, [0, 1, 0, 1, 0])
    np.testing.assert_array_equal(clf.predict(X), [0, 0, 1, 1, 1])


@pytest.mark.parametrize(
    ("period_s", "expected_s"),
    [(0.5, 4.0), (1.2, 4.0), (2.6, 5.0), (3.6, 7.0), (6.0, 8.0)],
)
def test_auto_windows_hold_two_repetitions(period_s, expected_s):
    time_s = np.arange(30 * 25) / 25
    movement = np.sin(2 * np.pi * time_s / period_s) + 0.2 * np.cos(4 * np.pi * time_s)
    rng = np.random.default_rng(0)
    X = [movement + 0.1 * rng.normal(size=(3, len(movement))) for _ in range(6)]
    clf = fit_spy(X, window_seconds="auto", sampling_rate_hz=25)
    assert clf.n_window_timesteps_ == 25 * expected_s


def test_auto_windows_are_short_where_few_sets_repeat_a_movement():
    rng = np.random.default_rng(0)
    time_s = np.arange(30 * 25) / 25
    slow = np.tile(np.sin(2 * np.pi * time_s / 4), (2, 1))
    rest = [rng.normal(size=(2, 750)) for _ in range(9)]
    few = fit_spy([slow, *rest], window_seconds="auto", sampling_rate_hz=25)
    assert few.n_window_timesteps_ == 100
    enough = fit_spy([slow] * 4 + rest, window_seconds="auto", sampling_rate_hz=25)
    assert enough.n_window_timesteps_ == 200


def test_auto_windows_are_those_of_weighted_sets():
    time_s = np.arange(30 * 25) / 25
    X = [np.tile(np.sin(2 * np.pi * time_s / period), (2, 1)) for period in (2.4, 3.2, 3.8)]
    y = [0, 1, 0]
    given = {"window_seconds": "auto", "sampling_rate_hz": 25}
    for weights, expected_s in (
        ((1, 1, 1), 6),
        ((0, 1, 2), 8),
        ((2, 1, 1), 6),
        ((1, 0, 0), 5),
    ):
        weighted = WindowedClassifier(Spy(), **given).fit(X, y, sample_weight=weights)
        assert weighted.n_window_timesteps_ == 25 * expected_s
    repeated = WindowedClassifier(Spy(), **given).fit([X[0], *X], [0, *y])
    assert repeated.n_window_timesteps_ == 25 * 6


def test_auto_windows_know_sets_of_any_length_and_constant_ones():
    X = [np.zeros((2, 1)), np.ones((2, 600)), np.zeros((2, 40))]
    clf = fit_spy(X, window_seconds="auto", sampling_rate_hz=25, short="pad")
    assert clf.n_window_timesteps_ == 100
