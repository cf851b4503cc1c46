"""Sets that are none of the exercises of the training sets."""

from dataclasses import replace

import numpy as np
import pytest
from made_sets import NAMES, make_sets
from numpy.testing import assert_array_equal
from sklearn import config_context
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV, GroupKFold

from sk_imu import (
    DataQualityWarning,
    ExerciseClassifier,
    Recording,
    Resampler,
    UnknownDetector,
)
from sk_imu.datasets import load_watch, make_exercise_recordings
from sk_imu.persistence import load_model, save_model
from sk_imu.recognition import fit_recordings, recognize


@pytest.fixture(scope="module")
def sets():
    return make_sets(n_subjects=6, n_each=3)


@pytest.fixture(scope="module")
def y(sets):
    return np.array([recording.label for recording in sets])


@pytest.fixture(scope="module")
def fitted(sets, y):
    return ExerciseClassifier("svm", unknown=True).fit(sets, y)


def of_people(recordings):
    return [recording.subject for recording in recordings]


def jerked(recordings, seed=0):
    """Return noise of the same strength on the same axes: a movement nobody has trained."""
    rng = np.random.default_rng(seed)
    streams = [
        {
            name: replace(s, values=rng.normal(0, s.values.std(), s.values.shape))
            for name, s in one.streams.items()
        }
        for one in recordings
    ]
    return [replace(r, streams=s) for r, s in zip(recordings, streams, strict=True)]


def test_unknown_movements_are_answered_unknown_and_known_ones_of_new_people_are_not(
    fitted, sets
):
    new = make_sets(n_subjects=5, n_each=3, seed=1)
    answers = fitted.predict(new)
    truth = np.array([recording.label for recording in new])
    known = answers != "unknown"
    assert_array_equal(answers[known], truth[known])
    assert known.mean() >= 0.85
    with pytest.warns(DataQualityWarning, match="the sets are unlike the training sets"):
        assert set(fitted.predict(jerked(new))) == {"unknown"}
    assert (fitted.strangeness(jerked(new)) > 0.95).all()
    assert list(fitted.classes_) == ["lunge", "squat"]


@pytest.mark.slow
def test_the_rate_is_chosen_on_people_left_out():
    """Sets of one person are alike, so that without people the rate says too little."""

    def sets_of(people):
        habit = rng.normal(0, 2.0, (people.max() + 1, 2, 2))
        return [
            np.repeat(habit[p, i % 2][:, None] + 8 * (i % 2), 50, axis=1)
            + rng.normal(0, 0.1, (2, 50))
            for i, p in enumerate(people)
        ]

    people, y = np.repeat(np.arange(10), 8), np.tile(["high", "low"], 40)
    rejected = []
    for seed in range(3):
        rng = np.random.default_rng(seed)
        X, new = sets_of(people), sets_of(np.repeat(np.arange(60), 8))
        fitted = [
            UnknownDetector(rejection_rate=0.1).fit(X, y, groups=groups)
            for groups in (people, None)
        ]
        rejected.append([(one.predict(new) < 0).mean() for one in fitted])
    by_people, by_sets = np.mean(rejected, axis=0)
    assert 0.05 < by_people < 0.12 < by_sets


def test_no_set_of_a_person_left_out_is_in_the_fit_that_scores_it(sets, y, monkeypatch):
    from sk_imu.calibration import _unknown

    seen = []
    fit = _unknown.Similarity.fit.__func__

    def spy(cls, tables, codes, people):
        seen.append(len(codes))
        return fit(cls, tables, codes, people)

    monkeypatch.setattr(_unknown.Similarity, "fit", classmethod(spy))
    rows = Resampler(sampling_rate_hz=25).fit_transform(sets)
    people = of_people(sets)
    UnknownDetector(n_folds=6).fit(rows, y, groups=people)
    assert seen == [30] * 6 + [36]  # six sets a person
    seen.clear()
    UnknownDetector(n_folds=2).fit(rows, y, groups=people)
    assert seen == [18, 18, 36]


def test_what_is_reported_is_what_is_rejected(sets, y):
    rows = Resampler(sampling_rate_hz=25).fit_transform(sets)
    people = of_people(sets)
    detector = UnknownDetector(rejection_rate=0.2).fit(rows, y, groups=people)
    scores = detector.held_out_scores_
    assert len(scores) == len(sets)
    share = (scores < detector.offset_).mean()
    assert 0.15 < share <= 0.2
    # Each has six sets.
    assert detector.rejected_by_group_.mean() == pytest.approx(share)
    assert list(detector.groups_) == [0, 1, 2, 3, 4, 5]
    assert f"{share:.1%} of 36 sets" in detector.summary()
    assert f"{detector.rejected_by_group_.max():.0%} of those of" in detector.summary()
    new = Resampler(sampling_rate_hz=25).fit_transform(make_sets(4, seed=2))
    assert_array_equal(detector.predict(new) < 0, detector.strangeness(new) > 0.8)
    assert_array_equal(detector.predict(new) < 0, detector.decision_function(new) < 0)


def test_the_rate_holds_for_windows_of_a_stream():
    """A window holds a part of a set, and looks strange beside whole sets."""

    def sets_of(n_people):
        people = np.repeat(np.arange(n_people), 4)
        X, y = [], ["fast", "slow"] * 2 * n_people
        for label in y:
            tempo_hz = {"fast": 0.9, "slow": 0.4}[label] * rng.uniform(0.9, 1.1)
            t = np.arange(500) / 25
            swing = np.sin(2 * np.pi * tempo_hz * t + rng.uniform(0, 6) + [[0], [1]])
            X.append(swing * rng.uniform(0.8, 1.2, (2, 1)) + rng.normal(0, 0.2, (2, 500)))
        return X, y, people

    rng = np.random.default_rng(0)
    X, y, people = sets_of(8)
    detector = UnknownDetector(
        rejection_rate=0.1, live_window_seconds=4.0, sampling_rate_hz=25.0
    ).fit(X, y, groups=people)
    new = [x[:, at : at + 100] for x in sets_of(8)[0] for at in range(0, 401, 100)]
    similarity = detector.score_samples(new)
    assert 0.03 < (similarity < detector.live_offset_).mean() <= 0.1
    assert (similarity < detector.offset_).mean() > 0.9
    whole = clone(detector).set_params(live_window_seconds=None)
    assert whole.fit(X, y, groups=people).live_offset_ is None
    assert whole.offset_ == detector.offset_


def test_a_higher_rate_calls_more_unknown(sets, y):
    new = make_sets(n_subjects=5, n_each=3, seed=1)
    answers = [
        ExerciseClassifier("svm", unknown=rate).fit(sets, y).predict(new)
        for rate in (0.01, 0.6)
    ]
    few, many = ((one == "unknown").sum() for one in answers)
    assert few < many
    assert set(np.flatnonzero(answers[0] == "unknown")) <= set(
        np.flatnonzero(answers[1] == "unknown")
    )


def test_probabilities_are_those_without_unknown(sets, y):
    forest = ExerciseClassifier("rf", random_state=0)
    with_unknown = clone(forest).set_params(unknown=True).fit(sets, y)
    strange = jerked(sets[:4])
    assert_array_equal(
        with_unknown.predict_proba(strange), forest.fit(sets, y).predict_proba(strange)
    )
    with pytest.warns(DataQualityWarning, match="the sets are unlike the training sets"):
        assert "unknown" in with_unknown.predict(strange)
    assert not hasattr(forest, "strangeness")


def test_people_are_the_groups_or_else_the_subjects_of_the_recordings(fitted, sets, y):
    given = ExerciseClassifier("svm", unknown=True).fit(sets, y, groups=of_people(sets))
    assert given.unknown_detector_.offset_ == fitted.unknown_detector_.offset_
    with config_context(enable_metadata_routing=True):
        routed = ExerciseClassifier("svm", unknown=True)
        routed.fit(sets, y, groups=of_people(sets))
        assert routed.unknown_detector_.offset_ == fitted.unknown_detector_.offset_
    pairs = np.array(of_people(sets)) // 2
    paired = ExerciseClassifier("svm", unknown=True).fit(sets, y, groups=pairs)
    assert list(paired.unknown_detector_.groups_) == [0, 1, 2]
    nameless = [replace(recording, subject=None) for recording in sets]
    with pytest.warns(DataQualityWarning, match="does not know which sets are of the same"):
        ExerciseClassifier("svm", unknown=True).fit(nameless, y)


@pytest.mark.slow
def test_a_search_chooses_the_rate_or_whether_there_is_one(sets, y):
    grid = {"unknown": [False, True, 0.5]}
    search = GridSearchCV(ExerciseClassifier("svm"), grid, cv=GroupKFold(3))
    search.fit(sets, y, groups=of_people(sets))
    scores = search.cv_results_["mean_test_score"]
    assert scores[0] >= scores[1] > scores[2]  # "unknown" is wrong for a known set
    assert search.best_estimator_.unknown_detector_ is None


def test_it_is_saved_and_loaded(fitted, sets, tmp_path):
    save_model(fitted, tmp_path / "model.skops")
    loaded = load_model(tmp_path / "model.skops")
    mixed = sets[:5] + jerked(sets[:5])
    assert_array_equal(loaded.predict(mixed), fitted.predict(mixed))
    assert_array_equal(loaded.strangeness(mixed), fitted.strangeness(mixed))


def test_a_refit_without_unknown_forgets_the_detector(fitted, sets, y):
    clf = clone(fitted).fit(sets, y)
    clf.set_params(unknown=False).fit(sets, y)
    assert clf.unknown_detector_ is None
    assert "unknown" not in clf.predict(jerked(sets[:4]))


def test_an_exercise_of_one_person_alone_does_not_count_for_the_rate(sets, y):
    labels = y.copy()
    labels[(y == "lunge") & (np.array(of_people(sets)) == 0)] = "plank"
    clf = ExerciseClassifier("svm", unknown=True).fit(sets, labels)
    assert len(clf.unknown_detector_.held_out_scores_) == len(sets) - 3


@pytest.mark.parametrize(
    ("labels", "people", "message"),
    [
        (["lunge", "unknown"], [0, 1], "y holds the label 'unknown'"),
        ([0, 1], [0, 1], "labels that are not text"),
        (["lunge", "squat"], [0, 0], "people left out, and needs sets of at least three"),
        (["lunge", "squat"], [0, 1], "people left out, and needs sets of at least three"),
    ],
)
def test_training_sets_that_cannot_be_used_are_refused(sets, labels, people, message):
    clf = ExerciseClassifier("svm", unknown=True)
    with pytest.raises(ValueError, match=message):
        clf.fit(sets[:1] + sets[3:4], labels, groups=people)


def test_without_several_people_of_an_exercise_no_rate_is_chosen():
    X = list(np.random.default_rng(0).normal(size=(6, 2, 50)))
    y = ["lunge", "squat"] * 3
    # Sets of two people were once scored by one alone, and all new ones called unknown.
    with pytest.raises(ValueError, match="needs sets of at least three"):
        UnknownDetector().fit(X, y, groups=[0, 0, 0, 0, 1, 1])
    with pytest.raises(ValueError, match="leave out fewer at a time"):
        UnknownDetector(n_folds=2).fit(X, y, groups=[0, 0, 0, 0, 1, 2])
    assert len(UnknownDetector().fit(X, y, groups=[0, 0, 1, 1, 2, 2]).held_out_scores_) == 6
    # Without person 0, nobody shares an exercise with another.
    y, people = ["lunge", "squat", "lunge", "lunge", "squat", "squat"], [0, 0, 1, 1, 2, 2]
    detector = UnknownDetector().fit(X, y, groups=people)
    assert len(detector.held_out_scores_) == 4
    assert np.isnan(detector.rejected_by_group_[0])


def test_the_rate_is_a_share_of_whole_sets():
    rng = np.random.default_rng(0)
    X, y = list(rng.normal(size=(100, 1, 10))), ["lunge", "squat"] * 50
    detector = UnknownDetector(rejection_rate=0.07).fit(X, y, groups=np.arange(100) // 2)
    assert (
        detector.held_out_scores_ < detector.offset_
    ).sum() == 6  # not 7, as 0.07 * 100 > 7


@pytest.mark.parametrize("unknown", [0.0, 1.0, -0.1, "yes", None])
def test_a_rate_that_is_none_is_refused(sets, y, unknown):
    with pytest.raises(ValueError, match="'unknown' parameter of ExerciseClassifier"):
        ExerciseClassifier("svm", unknown=unknown).fit(sets, y)


def test_short_and_still_sets_have_a_strangeness(fitted):
    still = Recording.from_array(
        np.zeros((6, 200)), sampling_rate_hz=50, channel_names=NAMES
    )
    with pytest.warns(DataQualityWarning, match="TotalAcceleration: values of 0 on"):
        answers = fitted.predict([still, still.between(0, 0.5)])
    assert list(answers) == ["unknown"] * 2
    assert np.isfinite(fitted.strangeness([still])).all()


@pytest.mark.slow
def test_whole_recordings_show_unknown_sets_and_their_strangeness():
    made = make_exercise_recordings(7, 2, random_state=0)
    known = [r for r in made.data if r.label != "lunge"]
    training = [r for r in known if r.subject != made.subject[0]]
    model = fit_recordings(training, "rf", unknown=True)
    first = [r for r in made.data if r.subject == made.subject[0]]
    table = recognize(model, first)
    truth = np.repeat([r.label for r in first], 2)
    assert (table.exercise[truth == "lunge"] == "unknown").all()
    right = table.exercise[truth != "lunge"] == truth[truth != "lunge"]
    assert right.mean() > 0.8
    assert_array_equal(table.exercise == "unknown", table.strangeness > 0.95)
    # A probability is that of an exercise, and there is none.
    assert table.probability[table.exercise == "unknown"].isna().all()
    with pytest.warns(DataQualityWarning, match="unknown to the model"):
        planned = recognize(model, first, programme={"squat": 6})
    assert not planned.planned[table.exercise == "unknown"].any()
    assert (planned.exercise == "unknown").sum() == (table.exercise == "unknown").sum()


# A person who does an exercise that was left out may be unlike the training sets.
@pytest.mark.filterwarnings("ignore:.*unlike the training sets:sk_imu.DataQualityWarning")
@pytest.mark.slow
def test_on_the_watch_the_rate_holds_and_new_exercises_are_found():
    watch = load_watch()
    y, people = watch.target, watch.subject
    rejected, found = {}, []
    for test in ((1, 2), (3, 4), (5, 6), (7, 8), (9, 10)):
        new = np.isin(people, test)
        fit = np.flatnonzero(~new & (y != "ROW"))
        clf = ExerciseClassifier("svm", unknown=True)
        clf.fit([watch.data[i] for i in fit], y[fit])
        answers = clf.predict([watch.data[i] for i in np.flatnonzero(new)])
        rejected[test] = (answers[y[new] != "ROW"] == "unknown").mean()
        found.append((answers[y[new] == "ROW"] == "unknown").mean())
    # These two are like each other and unlike all others.
    assert rejected.pop((3, 4)) > 0.5
    assert np.mean([*rejected.values()]) <= 0.05
    assert np.mean(found) > 0.9
