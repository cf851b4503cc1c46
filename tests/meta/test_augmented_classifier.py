"""AugmentedClassifier, and what it shares with WindowedClassifier."""

import numpy as np
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import (
    GridSearchCV,
    GroupKFold,
    StratifiedKFold,
    cross_val_score,
)
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.svm import LinearSVC
from skorch.callbacks import Callback

from sk_imu import (
    AugmentedClassifier,
    CNNClassifier,
    Flatten,
    MultiplicativeNoise,
    RandomSubsequence,
    SummaryFeatures,
    WindowedClassifier,
)
from sk_imu.augmentation._augmenter import augment_sets

NET = {"n_filters": 4, "kernel_size": 3, "n_blocks": 1, "max_epochs": 3, "random_state": 0}


class Spy(ClassifierMixin, BaseEstimator):
    """Remembers what it was fitted on and what it predicted."""

    def fit(self, X, y, sample_weight=None, groups=None):
        self.classes_ = np.unique(y)
        self.fitted_ = (X, y, sample_weight, groups)
        return self

    def predict(self, X):
        self.asked_ = X
        return np.full(len(X), self.classes_[0])


def make_panel(n_sets=12, shape=(2, 20)):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(n_sets, *shape))
    return X, np.array(["rest", "squat"])[np.arange(n_sets) % 2]


def make_lists(n_sets=12):
    X, y = make_panel(n_sets)
    return [row[:, : 10 + i % 5] for i, row in enumerate(X)], y


# ----------------------------------------------------------------------- copies


def test_copies_follow_the_sets_with_their_labels_weights_and_groups():
    X, y = make_panel()
    groups, weight = np.arange(12) // 3, np.arange(1.0, 13)
    clf = AugmentedClassifier(Spy(), MultiplicativeNoise(), n_copies=3, random_state=0)
    clf.fit(X, y, sample_weight=weight, groups=groups)
    rows, labels, weights, row_groups = clf.estimator_.fitted_
    assert rows.shape == (48, 2, 20)
    np.testing.assert_array_equal(rows[:12], X)
    for copy in range(1, 4):
        changed = (rows[12 * copy :][:12] != X).any(axis=1).sum(axis=1)
        assert changed.tolist() == [6] * 12  # 30 % of the timesteps
    assert len(np.unique(rows, axis=0)) == 48
    np.testing.assert_array_equal(labels, np.tile(y, 4))
    np.testing.assert_array_equal(weights, np.tile(weight, 4))
    np.testing.assert_array_equal(row_groups, np.tile(groups, 4))


def test_without_groups_each_set_and_its_copies_are_one():
    X, y = make_panel()
    clf = AugmentedClassifier(Spy(), MultiplicativeNoise(), n_copies=2).fit(X, y)
    _, _, weights, groups = clf.estimator_.fitted_
    np.testing.assert_array_equal(groups, np.tile(np.arange(12), 3))
    assert weights is None


def test_sets_of_unequal_length_keep_their_lengths():
    X, y = make_lists()
    clf = AugmentedClassifier(Spy(), RandomSubsequence(), n_copies=2).fit(X, y)
    rows = clf.estimator_.fitted_[0]
    assert [row.shape for row in rows] == [row.shape for row in X] * 3


def test_one_channel_needs_no_channel_axis():
    X, y = make_panel()
    augmented = AugmentedClassifier(Spy(), MultiplicativeNoise(), n_copies=1)
    assert augmented.fit(X[:, 0], y).estimator_.fitted_[0].shape == (24, 20)
    assert augmented.n_features_in_ == 20


def test_new_sets_are_never_augmented():
    for X, y in (make_panel(), make_lists()):
        clf = AugmentedClassifier(Spy(), MultiplicativeNoise()).fit(X, y)
        clf.predict(X)
        assert len(clf.estimator_.asked_) == 12
        for seen, row in zip(clf.estimator_.asked_, X, strict=True):
            np.testing.assert_array_equal(seen, row)


def test_input_is_not_changed():
    X, y = make_panel()
    before = X.copy()
    AugmentedClassifier(Spy(), RandomSubsequence(), n_copies=2).fit(X, y).predict(X)
    np.testing.assert_array_equal(X, before)


@pytest.mark.parametrize(
    "augmenter",
    [MultiplicativeNoise(), make_pipeline(MultiplicativeNoise(), RandomSubsequence())],
)
def test_random_state_seeds_the_copies(augmenter):
    X, y = make_panel()

    def copies(random_state):
        clf = AugmentedClassifier(Spy(), augmenter, random_state=random_state)
        return clf.fit(X, y).estimator_.fitted_[0]

    np.testing.assert_array_equal(copies(0), copies(0))
    assert not np.array_equal(copies(0), copies(1))
    assert not np.array_equal(copies(None), copies(None))


def test_no_copies_change_nothing():
    X, y = make_panel(40)
    forest = make_pipeline(Flatten(), RandomForestClassifier(10, random_state=0))
    augmented = AugmentedClassifier(forest, MultiplicativeNoise(), n_copies=0).fit(X, y)
    np.testing.assert_array_equal(
        augmented.predict_proba(X), clone(forest).fit(X, y).predict_proba(X)
    )


def test_copies_change_what_is_learned():
    """Classes differ only in scale, so copies of other scales blur the boundary."""
    X, y = make_panel(40)
    X[y == "squat"] *= 1.5
    forest = make_pipeline(SummaryFeatures(), LogisticRegression(max_iter=5000))
    noise = MultiplicativeNoise(fraction=1.0, low=0.1, high=3.0)
    plain = clone(forest).fit(X, y).predict_proba(X)
    augmented = AugmentedClassifier(forest, noise, n_copies=5, random_state=0).fit(X, y)
    assert np.abs(augmented.predict_proba(X) - plain).mean() > 0.05


# -------------------------------------------------------------------- the leak


def test_copies_before_the_split_score_on_noise_and_copies_inside_the_folds_do_not():
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(60, 3, 40)), rng.permutation(np.arange(60) % 2)
    forest = make_pipeline(
        SummaryFeatures(), RandomForestClassifier(30, random_state=0, n_jobs=1)
    )
    noise = MultiplicativeNoise()
    cv = StratifiedKFold(5, shuffle=True, random_state=0)

    augmented = AugmentedClassifier(forest, noise, n_copies=4, random_state=0)
    inside = cross_val_score(augmented, X, y, cv=cv).mean()

    copies = [X] + [augment_sets(noise, X, rng) for _ in range(4)]
    leaked = cross_val_score(forest, np.concatenate(copies), np.tile(y, 5), cv=cv).mean()

    assert leaked > 0.95
    assert 0.3 < inside < 0.7


def test_a_stopping_net_never_splits_a_set_from_its_copies():
    splits = []

    class Watch(Callback):
        def on_epoch_begin(self, net, dataset_train, dataset_valid, **kwargs):
            splits.append([set(d.X[:, 0, 0]) for d in (dataset_train, dataset_valid)])

    X, y = make_panel(20)
    X[:, 0, :] = np.arange(1, 21)[:, None]  # a channel that identifies the set ...
    spare = MultiplicativeNoise(fraction=0.0)  # ... and is not changed
    net = CNNClassifier(**NET, early_stopping=True, callbacks=[Watch()])
    AugmentedClassifier(net, spare, n_copies=4).fit(X, y)
    groups = np.arange(20) // 4
    AugmentedClassifier(net, spare, n_copies=4).fit(X, y, groups=groups)
    assert len(splits) == 6
    for learned, held_out in splits:
        assert len(learned) + len(held_out) == 20
        assert not learned & held_out
    learned, held_out = ({groups[int(x) - 1] for x in rows} for rows in splits[-1])
    assert len(held_out) == 1
    assert not learned & held_out


# ---------------------------------------------------- what reaches the estimator


def test_a_pipelines_last_step_gets_weights_and_groups():
    X, y = make_panel()
    inner = make_pipeline(
        MultiplicativeNoise(fraction=0.0), make_pipeline(Flatten(), Spy())
    )
    weight = np.arange(1.0, 13)
    clf = AugmentedClassifier(inner, MultiplicativeNoise()).fit(X, y, sample_weight=weight)
    _, _, weights, groups = clf.estimator_[-1][-1].fitted_
    np.testing.assert_array_equal(weights, np.tile(weight, 2))
    np.testing.assert_array_equal(groups, np.tile(np.arange(12), 2))


def test_a_search_inside_splits_by_the_groups_of_the_copies():
    """Noise labels score by chance only if no copy is on the other side."""
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(60, 3, 40)), rng.permutation(np.arange(60) % 2)
    forest = make_pipeline(SummaryFeatures(), RandomForestClassifier(20, random_state=0))
    search = GridSearchCV(
        forest, {"randomforestclassifier__max_depth": [None]}, cv=GroupKFold(3)
    )
    clf = AugmentedClassifier(search, MultiplicativeNoise(), n_copies=4).fit(X, y)
    assert 0.3 < clf.estimator_.best_score_ < 0.7


def test_weights_that_the_estimator_does_not_take_are_refused():
    X, y = make_panel()
    inner = make_pipeline(Flatten(), KNeighborsClassifier())
    clf = AugmentedClassifier(inner, MultiplicativeNoise())
    clf.fit(X, y)
    with pytest.raises(
        ValueError, match="sample_weight was given, but Pipeline takes none"
    ):
        clf.fit(X, y, sample_weight=np.ones(12))


@pytest.mark.parametrize("inner", [KNeighborsClassifier(3), LogisticRegression()])
def test_windows_around_copies_and_copies_around_windows(inner):
    """Windows of unequal sets have weights, which not every classifier takes."""
    X, y = make_lists()
    X = [row + 3 * (label == "squat") for row, label in zip(X, y, strict=True)]
    flat, noise = make_pipeline(Flatten(), inner), MultiplicativeNoise(random_state=0)
    for clf in (
        WindowedClassifier(AugmentedClassifier(flat, noise), n_timesteps=6),
        AugmentedClassifier(WindowedClassifier(flat, n_timesteps=6), noise),
    ):
        assert clf.fit(X, y).score(X, y) == 1
        assert clf.predict_proba(X).shape == (12, 2)


def test_predictions_offered_are_those_of_the_estimator():
    X, y = make_panel()
    noise = MultiplicativeNoise()
    margin = AugmentedClassifier(make_pipeline(Flatten(), LinearSVC()), noise)
    neighbours = AugmentedClassifier(
        make_pipeline(Flatten(), KNeighborsClassifier()), noise
    )
    for clf in (margin, clone(margin).fit(X, y)):
        assert hasattr(clf, "decision_function")
        assert not hasattr(clf, "predict_proba")
    for clf in (neighbours, clone(neighbours).fit(X, y)):
        assert hasattr(clf, "predict_proba")
        assert not hasattr(clf, "decision_function")
        assert not hasattr(clf, "staged_predict_proba")
    assert margin.fit(X, y).decision_function(X).shape == (12,)


def test_stages_of_a_net_come_through():
    X, y = make_panel()
    clf = AugmentedClassifier(CNNClassifier(**NET), MultiplicativeNoise())
    assert not hasattr(clf, "staged_predict_proba")
    clf.set_params(estimator__keep_epochs=True).fit(X, y)
    stages = list(clf.staged_predict_proba(X))
    assert len(stages) == 3
    np.testing.assert_array_equal(stages[-1], clf.predict_proba(X))


def test_the_estimator_given_stays_unfitted():
    X, y = make_panel()
    inner = Spy()
    clf = AugmentedClassifier(inner, MultiplicativeNoise()).fit(X, y)
    assert clf.estimator_ is not inner
    assert not hasattr(inner, "fitted_")
    assert clf.classes_.tolist() == ["rest", "squat"]


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"n_copies": -1}, "'n_copies' parameter"),
        ({"augmenter": None}, "'augmenter' parameter"),
        ({"augmenter": Flatten()}, "'augmenter' parameter"),
        ({"augmenter": MultiplicativeNoise(low=2.0)}, "low=2.0 exceeds high"),
        ({"augmenter": make_pipeline(Flatten())}, "Flatten has no augment method"),
        ({"estimator": MultiplicativeNoise()}, "'estimator' parameter"),
    ],
)
def test_bad_parameters_are_refused(parameters, message):
    X, y = make_panel()
    clf = AugmentedClassifier(Spy(), MultiplicativeNoise()).set_params(**parameters)
    with pytest.raises(ValueError, match=message):
        clf.fit(X, y)


def test_the_error_of_a_tabular_classifier_names_the_missing_step():
    X, y = make_panel()
    with pytest.raises(ValueError, match="LinearSVC. .*put a SummaryFeatures or Flatten"):
        WindowedClassifier(LinearSVC(), n_timesteps=10).fit(X, y)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"y": None}, "requires y to be passed"),
        ({"y": ["rest"] * 11}, "inconsistent numbers of samples"),
        ({"groups": [1, 2, 3]}, "inconsistent numbers of samples"),
        ({"sample_weight": np.ones(5)}, r"\(5,\)"),
        ({"sample_weight": -np.ones(12)}, "Negative"),
    ],
)
def test_bad_arguments_are_refused(arguments, message):
    X, y = make_panel()
    clf = AugmentedClassifier(Spy(), MultiplicativeNoise())
    with pytest.raises(ValueError, match=message):
        clf.fit(**{"X": X, "y": y, **arguments})
