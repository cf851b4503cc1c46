"""ExerciseClassifier(calibration=...): other probabilities, the same labels."""

from dataclasses import replace

import numpy as np
import pytest
from made_sets import make_noisy_sets, make_sets
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sk_imu import DataQualityWarning, ExerciseClassifier, SummaryFeatures
from sk_imu.persistence import load_model, save_model


@pytest.fixture(scope="module")
def sets():
    sets = make_sets(n_subjects=4)
    return sets, np.array([recording.label for recording in sets])


def small(model):
    return ExerciseClassifier(model, random_state=0, calibration="temperature")


@pytest.mark.parametrize(
    "model", ["svm", pytest.param("rf", marks=pytest.mark.slow), "minirocket"]
)
def test_labels_stay_and_probabilities_come(model, sets, tmp_path):
    if model == "minirocket":
        pytest.importorskip("numba")
    X, y = sets
    plain = ExerciseClassifier(model, random_state=0).fit(X, y)
    clf = small(model).fit(X, y)
    assert hasattr(small(model), "predict_proba")  # before fit, for scorers
    assert_array_equal(clf.predict(X), plain.predict(X))
    proba = clf.predict_proba(X)
    assert_allclose(proba.sum(axis=1), 1)
    assert_array_equal(clf.classes_[proba.argmax(axis=1)], plain.predict(X))
    assert plain.temperature_ is None
    save_model(clf, tmp_path / "model.skops")
    assert_array_equal(load_model(tmp_path / "model.skops").predict_proba(X), proba)
    clf.temperature_ = -1.0
    save_model(clf, tmp_path / "model.skops")
    with pytest.raises(ValueError, match="holds a broken ExerciseClassifier"):
        load_model(tmp_path / "model.skops")


class Overconfident(ClassifierMixin, BaseEstimator):
    """A classifier of panels whose logits are ten times too large."""

    def fit(self, X, y):
        features = SummaryFeatures(sampling_rate_hz=25)
        self.inner_ = make_pipeline(features, StandardScaler(), LogisticRegression())
        self.inner_.fit(X, y)
        self.classes_ = self.inner_.classes_
        return self

    def predict_proba(self, X):
        logits = 10 * np.log(self.inner_.predict_proba(X))
        proba = np.exp(logits - logits.max(axis=1, keepdims=True))
        return proba / proba.sum(axis=1, keepdims=True)

    def predict(self, X):
        return self.classes_[self.predict_proba(X).argmax(axis=1)]


def test_a_model_that_is_too_sure_loses_less_on_new_people():
    # Labels that the sets follow only in part.
    rng = np.random.default_rng(0)
    X = [one for seed in range(3) for one in make_noisy_sets()]
    people = [f"{i // 16} {one.subject}" for i, one in enumerate(X)]
    X = [replace(one, subject=p) for one, p in zip(X, people, strict=True)]
    y = np.where(rng.random(48) < 0.25, "squat", [one.label for one in X])
    new = np.isin(people, ["2 0", "2 1", "2 2", "2 3"])
    train = [one for one, left_out in zip(X, new, strict=True) if not left_out]
    test = [one for one, left_out in zip(X, new, strict=True) if left_out]
    losses = {}
    for calibration in (None, "temperature"):
        clf = ExerciseClassifier(Overconfident(), calibration=calibration)
        proba = clf.fit(train, y[~new]).predict_proba(test)
        own = proba[np.arange(len(test)), np.searchsorted(clf.classes_, y[new])]
        losses[calibration] = -np.log(own + 1e-12).mean()
    assert clf.temperature_ > 2
    assert losses["temperature"] < losses[None]


class Spy(Overconfident):
    """Remembers how many sets of whom each fit has seen."""

    seen: tuple = ()

    def fit(self, X, y):
        # The people of these sets differ in the offset of their first channel.
        levels, counts = np.unique(np.round(X[:, 0].mean(axis=1), 1), return_counts=True)
        type(self).seen += (dict(zip(levels.tolist(), counts.tolist(), strict=True)),)
        return super().fit(X, y)


def by_offset(n_people, n_sets=4):
    rng = np.random.default_rng(0)
    people = np.repeat(np.arange(n_people), n_sets)
    panel = rng.normal(0, 0.1, (len(people), 3, 100)) + 10.0 * people[:, None, None]
    return panel, np.tile(["lunge", "squat"], len(people) // 2), people


@pytest.mark.parametrize("n_people", [3, 8])
def test_no_person_is_on_both_sides(n_people, monkeypatch):
    panel, y, people = by_offset(n_people)
    monkeypatch.setattr(Spy, "seen", ())
    clf = ExerciseClassifier(Spy(), calibration="temperature", augment=False)
    clf.set_params(sampling_rate_hz=25.0)
    clf.fit(panel, y, groups=people)
    whole, *folds = Spy.seen
    assert len(whole) == n_people
    assert len(folds) == min(n_people, 5)
    n_windows = set(whole.values()).pop()
    for seen in folds:  # whole people are missing, and everyone else is there
        assert len(seen) < n_people
        assert set(seen.values()) == {n_windows}
    assert sum(n_people - len(seen) for seen in folds) == n_people


def test_people_are_groups_or_subjects(sets):
    X, y = sets
    subjects = [recording.subject for recording in X]
    clf = small("svm").fit(X, y)
    nameless = [replace(recording, subject=None) for recording in X]
    given = clone(clf).fit(nameless, y, groups=subjects)
    assert given.temperature_ == clf.temperature_
    with pytest.warns(DataQualityWarning, match="of the same person"):
        clone(clf).fit(nameless, y)
    with pytest.raises(ValueError, match="leaves people out in turn"):
        clone(clf).fit(X, y, groups=np.zeros(len(y)))


def test_other_answers_go_with_it(sets):
    X, y = sets
    clf = small("svm").set_params(unknown=True).fit(X, y)
    assert set(clf.predict(X)) <= {"lunge", "squat", "unknown"}
    assert clf.predict_proba(X).shape == (len(X), 2)
    with pytest.raises(ValueError, match="The 'calibration' parameter"):
        ExerciseClassifier(calibration="isotonic").fit(X, y)


def test_exports_say_that_they_hold_no_calibration(sets, tmp_path):
    pytest.importorskip("onnx")
    from sk_imu.export import export_onnx

    clf = small("svm").fit(*sets)
    with pytest.raises(ValueError, match=r"holds no calibration\. Give classifier\.pipel"):
        export_onnx(clf, tmp_path / "model.onnx")
    export_onnx(clf.pipeline_, tmp_path / "model.onnx")
