"""Label sets cover the share of new people's sets that they promise, and no one leaks."""

from dataclasses import replace

import numpy as np
import pytest
import sklearn
from joblib import parallel_config
from made_sets import make_sets
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.linear_model import LogisticRegression, RidgeClassifier
from sklearn.model_selection import GridSearchCV, GroupKFold, cross_validate
from sklearn.naive_bayes import GaussianNB
from sklearn.svm import SVC

from sk_imu import ConformalClassifier, DataQualityWarning, ExerciseClassifier

CENTERS = np.array([[0.0, 0.0], [2.0, 0.0], [0.0, 2.0], [2.0, 2.0]])


def make_people(n_people, rng, n_sets=6, spread=0.6):
    """Return sets of people who each move all exercises in a way of their own."""
    people = np.repeat(np.arange(n_people), n_sets)
    y = rng.integers(len(CENTERS), size=len(people))
    own = rng.normal(0, spread, size=(n_people, 2))
    return CENTERS[y] + own[people] + rng.normal(0, 0.6, (len(y), 2)), y, people


def coverages(clf, n_trials=60, n_new=60, seed=0, **made):
    """Return the share of sets covered, by trial; each trial has training people anew."""
    rng = np.random.default_rng(seed)
    shares = []
    for _ in range(n_trials):
        X, y, people = make_people(24, rng, **made)
        clf.fit(X, y, groups=people)
        X_new, y_new, _ = make_people(n_new, rng)
        is_in = clf.predict_set(X_new)
        shares.append(is_in[np.arange(len(y_new)), np.searchsorted(clf.classes_, y_new)])
    return np.mean(shares, axis=1)


@pytest.mark.parametrize("coverage", [0.8, 0.95])
@pytest.mark.parametrize("method", ["lac", "raps"])
@pytest.mark.parametrize("weights", ["sets", "people"])
def test_new_people_are_covered_as_promised(weights, method, coverage):
    clf = ConformalClassifier(
        GaussianNB(),
        method=method,
        weights=weights,
        coverage=coverage,
        n_folds=6,
        allow_empty=True,
    )
    shares = coverages(clf, n_trials=25)
    error = shares.std(ddof=1) / np.sqrt(len(shares))
    # With people alike, the new person adds 1 of 25 to the share that must be covered.
    more = 0.04 if weights == "people" else 0.02
    assert coverage - 3 * error < shares.mean() < coverage + more + 3 * error


def test_a_person_of_many_sets_counts_as_one_person():
    # 2,000 sets of one steady person, and six of each of 24 who vary.
    rng = np.random.default_rng(0)
    X, y, people = make_people(24, rng, spread=1.0)
    y_many = rng.integers(4, size=2000)
    X = np.concatenate([X, CENTERS[y_many] + rng.normal(0, 0.2, (2000, 2))])
    y, people = np.append(y, y_many), np.append(people, np.full(2000, 99))
    X_new, y_new, _ = make_people(500, rng, spread=1.0)
    shares = {}
    for weights in ("sets", "people"):
        clf = ConformalClassifier(LogisticRegression(), weights=weights, allow_empty=True)
        is_in = clf.fit(X, y, groups=people).predict_set(X_new)
        shares[weights] = is_in[np.arange(len(y_new)), y_new].mean()
    assert shares["sets"] < 0.8
    assert shares["people"] > 0.88


def test_p_values_are_those_of_the_definition():
    rng = np.random.default_rng(0)
    X, y, people = make_people(7, rng)
    people[:4] = 1  # so that people differ in their sets
    new = make_people(2, rng)[0]
    clf = ConformalClassifier(GaussianNB(), weights="people").fit(X, y, groups=people)
    expected = np.ones((len(new), 4))
    for person in np.unique(people):
        own = people == person
        model = GaussianNB().fit(X[~own], y[~own])
        scores = 1 - model.predict_proba(X[own])[np.arange(own.sum()), y[own]]
        of_new = 1 - model.predict_proba(new)
        expected += (scores >= of_new[..., np.newaxis]).mean(axis=2)
    assert_allclose(clf.p_values(new), expected / 8)
    assert clf.n_people_ == 7
    assert clf.weights_.sum() == pytest.approx(7)


def test_label_sets_grow_with_coverage_and_hold_the_prediction():
    X, y, people = make_people(12, np.random.default_rng(0))
    clf = ConformalClassifier(GaussianNB()).fit(X, y, groups=people)
    smaller = clf.predict_set(X, coverage=0.5)
    rows = np.arange(len(X))
    for coverage in (0.7, 0.9, 0.95, 0.99):
        larger = clf.predict_set(X, coverage=coverage)
        assert (larger >= smaller).all()
        smaller = larger
    assert clf.predict_set(X, coverage=0.3)[rows, clf.predict(X)].all()
    clf.set_params(allow_empty=True)
    assert not clf.predict_set(X, coverage=0.3).any(axis=1).all()


def test_labels_are_the_most_probable_first():
    X, y, people = make_people(12, np.random.default_rng(0))
    names = np.array(["curl", "lunge", "row", "squat"])
    clf = ConformalClassifier(GaussianNB()).fit(X, names[y], groups=people)
    sets = clf.predict_set_labels(X, coverage=0.99)
    proba, is_in = clf.predict_proba(X), clf.predict_set(X, coverage=0.99)
    assert_array_equal([len(one) for one in sets], is_in.sum(axis=1))
    assert_array_equal([one[0] for one in sets], clf.predict(X))
    for labels, p in zip(sets, proba, strict=True):
        found = p[np.searchsorted(names, labels)]
        assert (np.diff(found) <= 0).all()


def test_few_people_weighted_alike_give_all_labels():
    # Eight people say nothing about nine of ten.
    X, y, people = make_people(8, np.random.default_rng(0))
    clf = ConformalClassifier(GaussianNB(), weights="people").fit(X, y, groups=people)
    assert clf.predict_set(X, coverage=0.9).all()
    assert not clf.predict_set(X, coverage=0.85).all()


class Remembers(ClassifierMixin, BaseEstimator):
    """A classifier that knows the sets it has seen, and nothing of others."""

    def fit(self, X, y):
        self.seen_, self.classes_ = set(X[:, 0].tolist()), np.unique(y)
        self.labels_ = dict(zip(X[:, 0].tolist(), y.tolist(), strict=True))
        return self

    def predict_proba(self, X):
        known = [self.labels_.get(one) for one in X[:, 0].tolist()]
        found = np.array([self.classes_ == one for one in known], dtype=float)
        return np.where(found.any(axis=1)[:, np.newaxis], found, 1 / len(self.classes_))

    def predict(self, X):
        return self.classes_[self.predict_proba(X).argmax(axis=1)]


@pytest.mark.parametrize("n_folds", [3, 50])
def test_no_person_is_scored_by_a_model_that_has_seen_them(n_folds):
    people = np.random.default_rng(0).permutation(np.repeat(np.arange(9), 4))
    X, y = np.arange(36.0)[:, np.newaxis], np.tile([0, 1], 18)
    clf = ConformalClassifier(Remembers(), n_folds=n_folds).fit(X, y, groups=people)
    assert len(clf.estimators_) == min(n_folds, 9)
    for number, fitted in enumerate(clf.estimators_):
        left_out = np.isin(people, people[clf.fold_ == number])
        assert fitted.seen_ == set(X[~left_out, 0].tolist())
    # What it remembers would be scored 0.
    assert_array_equal(clf.scores_, 0.5)


def test_people_are_the_subjects_of_the_recordings():
    sets = make_sets(n_subjects=3)
    y = [recording.label for recording in sets]
    clf = ConformalClassifier(ExerciseClassifier("svm")).fit(sets, y)
    assert len(clf.estimators_) == clf.n_people_ == 3
    people = np.array([recording.subject for recording in sets])
    assert all(len(np.unique(people[clf.fold_ == k])) == 1 for k in range(3))
    assert_array_equal(clf.predict(sets), y)
    assert clf.n_features_in_ == 6
    sets = [replace(recording, subject=None) for recording in sets]
    with pytest.warns(DataQualityWarning, match="of the same person"):
        assert clf.fit(sets, y).n_people_ == len(sets)


def test_one_person_is_refused():
    X, y, _ = make_people(3, np.random.default_rng(0))
    with pytest.raises(ValueError, match=r"of one person \(Ann\)\. Give sets of at least"):
        ConformalClassifier(GaussianNB()).fit(X, y, groups=["Ann"] * len(y))


def test_exercises_of_one_person_each_are_refused():
    X, y, people = [[0.0], [0.1], [1.0], [1.1]], ["lunge"] * 2 + ["squat"] * 2, [0, 0, 1, 1]
    with pytest.raises(ValueError, match="only the label 'lunge' is left to learn"):
        ConformalClassifier(GaussianNB()).fit(X, y, groups=people)


def test_searches_inside_split_by_people_too():
    X, y, people = make_people(9, np.random.default_rng(0))
    seen = []

    class Spy(GroupKFold):
        def split(self, X, y=None, groups=None):
            seen.append(set(groups))
            return super().split(X, y, groups)

    search = GridSearchCV(GaussianNB(), {"var_smoothing": [1e-9, 1e-3]}, cv=Spy(2))
    ConformalClassifier(search, n_folds=3).fit(X, y, groups=people)
    assert [len(one) for one in seen] == [6, 6, 6]
    assert set.union(*seen) == set(range(9))


def test_groups_are_routed():
    X, y, people = make_people(9, np.random.default_rng(0))
    with sklearn.config_context(enable_metadata_routing=True):
        found = cross_validate(
            ConformalClassifier(GaussianNB()),
            *(X, y),
            cv=GroupKFold(3),
            params={"groups": people},
            return_estimator=True,
        )
    assert [clf.n_people_ for clf in found["estimator"]] == [6, 6, 6]


@pytest.mark.parametrize("classifier", [SVC(), RidgeClassifier()])
@pytest.mark.parametrize("n_classes", [2, 4])
def test_decision_values_will_do(classifier, n_classes):
    X, y, people = make_people(30, np.random.default_rng(0))
    y = y % n_classes
    if n_classes == 2:
        X = X[:, :1]
    clf = ConformalClassifier(classifier, coverage=0.8).fit(X, y, groups=people)
    is_in = clf.predict_set(X)
    assert 0.75 < is_in[np.arange(len(y)), y].mean() < 1
    assert_allclose(clf.predict_proba(X).sum(axis=1), 1)


class LabelsOnly(ClassifierMixin, BaseEstimator):
    """A classifier of labels alone."""

    def fit(self, X, y):
        self.classes_ = np.unique(y)
        return self

    def predict(self, X):
        return np.full(len(X), self.classes_[0])


def test_estimators_that_are_never_unsure_are_refused():
    X, y, people = make_people(9, np.random.default_rng(0))
    pairs = SVC(decision_function_shape="ovo")
    with pytest.raises(ValueError, match="SVC has 6 decision values for 4 classes"):
        ConformalClassifier(pairs).fit(X, y, groups=people)
    with pytest.raises(ValueError, match="neither predict_proba nor decision_function"):
        ConformalClassifier(LabelsOnly()).fit(X, y, groups=people)


def test_an_exercise_of_one_person_only_is_strange():
    X, y, people = make_people(9, np.random.default_rng(0))
    X, y = np.append(X, [[9.0, 9.0]] * 3, axis=0), np.append(y, [7] * 3)
    clf = ConformalClassifier(GaussianNB()).fit(X, y, groups=np.append(people, [0] * 3))
    assert_array_equal(clf.scores_[-3:], 1)
    assert clf.predict_set([[9.0, 9.0]])[0, -1]


@pytest.mark.parametrize("coverage", [0, 1, -0.1, 90])
def test_a_coverage_is_a_share(coverage):
    X, y, people = make_people(5, np.random.default_rng(0))
    clf = ConformalClassifier(GaussianNB()).fit(X, y, groups=people)
    with pytest.raises(ValueError, match="coverage must be between 0 and 1"):
        clf.predict_set(X, coverage=coverage)


def test_folds_can_be_fitted_at_the_same_time():
    X, y, people = make_people(9, np.random.default_rng(0))
    one = ConformalClassifier(GaussianNB()).fit(X, y, groups=people)
    with parallel_config(backend="threading"):
        two = ConformalClassifier(GaussianNB(), n_jobs=2).fit(X, y, groups=people)
    assert_array_equal(one.p_values(X), two.p_values(X))


def test_arrays_without_people_are_said_to_be_of_one_each():
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(12, 3)), np.repeat(["row", "curl"], 6)
    clf = ConformalClassifier(LogisticRegression(), n_folds=2)
    with pytest.warns(DataQualityWarning, match="does not know which sets are of the same"):
        clf.fit(X, y)
    assert clf.n_people_ == 12
    clf = ExerciseClassifier("svm", calibration="temperature")
    with pytest.warns(DataQualityWarning, match="does not know which sets are of the same"):
        clf.fit(rng.normal(size=(12, 3, 100)), y)
