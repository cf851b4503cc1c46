"""ExerciseClassifier: one estimator over recordings that needs no other fact."""

from dataclasses import replace

import numpy as np
import pytest
from made_sets import NAMES, make_sets
from numpy.testing import assert_array_equal
from sklearn import config_context
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, GroupKFold
from sklearn.pipeline import make_pipeline
from sklearn.utils import get_tags
from sklearn.utils.estimator_checks import check_classifiers_train, parametrize_with_checks

from sk_imu import (
    DataQualityWarning,
    ExerciseClassifier,
    Flatten,
    Recording,
    Resampler,
    SensorStream,
)
from sk_imu.persistence import load_model, save_model
from sk_imu.pipelines import MODELS, make_pipeline_for
from sk_imu.recording import settle_doubts


@pytest.fixture(scope="module")
def sets():
    return make_sets(n_subjects=3, n_seconds=4)


@pytest.fixture(scope="module")
def y(sets):
    return np.array([recording.label for recording in sets])


# The checks' rows of two or three numbers have no statistics that separate them.
@parametrize_with_checks(
    [ExerciseClassifier(make_pipeline(Flatten(), LogisticRegression(max_iter=1000)))]
)
def test_scikit_learn_s_checks(estimator, check):
    check(estimator)


@pytest.mark.slow
@parametrize_with_checks([ExerciseClassifier(random_state=0)])
def test_scikit_learn_s_checks_of_the_default(estimator, check):
    check(estimator)


@pytest.mark.slow
def test_the_default_learns_the_data_of_the_checks_if_it_does_not_augment():
    """With augmentation, poor_score spares it this: sets of two numbers are no movement."""
    augmented, plain = ExerciseClassifier(), ExerciseClassifier(augment=False)
    assert get_tags(augmented).classifier_tags.poor_score
    assert not get_tags(plain).classifier_tags.poor_score
    check_classifiers_train("ExerciseClassifier", plain)


@pytest.mark.parametrize("model", ["rf", "svm"])
def test_it_is_the_pipeline_of_that_model(model, sets, y):
    clf = ExerciseClassifier(model, random_state=0).fit(sets, y)
    pipeline = make_pipeline_for(model, 0, channels=NAMES).fit(sets, y)
    assert clf.channel_names_ == NAMES
    assert list(clf.classes_) == ["lunge", "squat"]
    assert list(clf.pipeline_.named_steps) == list(pipeline.named_steps)
    method = "predict_proba" if model == "rf" else "decision_function"
    assert_array_equal(getattr(clf, method)(sets), getattr(pipeline, method)(sets))
    assert hasattr(clf, "predict_proba") == (model == "rf")


@pytest.mark.parametrize("name", MODELS)
def test_a_pipeline_needs_no_channels_to_derive_and_rotate(name, sets, y):
    if name == "minirocket":
        pytest.importorskip("numba")
    of = []
    for channels in (None, NAMES):
        pipeline = make_pipeline_for(name, 0, channels=channels)
        epochs = {key: 2 for key in pipeline.get_params() if key.endswith("max_epochs")}
        pipeline.set_params(**epochs).fit(sets, y)
        method = "decision_function" if name in ("svm", "minirocket") else "predict_proba"
        of.append(getattr(pipeline, method)(sets))
        assert pipeline.named_steps["derive"].kinds_ == ["magnitude", "vertical"]
    assert_array_equal(*of)


def test_search_over_models_by_people(sets, y):
    groups = [recording.subject for recording in sets]
    grid = {"model": ["svm", "rf"], "window_seconds": [2, 4]}
    search = GridSearchCV(ExerciseClassifier(random_state=0), grid, cv=GroupKFold(3))
    search.fit(sets, y, groups=groups)
    assert search.best_score_ > 0.9
    assert search.best_estimator_.pipeline_ is not None


def test_uniform_sets_and_panels_are_taken_too(sets, y):
    rows = Resampler(sampling_rate_hz=25).fit_transform(sets)
    clf = ExerciseClassifier("svm").fit(rows, y)
    assert "side" not in clf.pipeline_.named_steps
    assert clf.channel_names_ == NAMES
    assert clf.score(rows, y) > 0.9
    panel = np.stack([np.asarray(row)[:, :90] for row in rows])
    assert ExerciseClassifier("svm").fit(panel, y).score(panel, y) > 0.9


def test_a_classifier_of_one_s_own_takes_the_place_of_a_model(sets, y):
    own = make_pipeline(Flatten(), LogisticRegression(max_iter=1000))
    clf = ExerciseClassifier(own, window_seconds=2).fit(sets, y)
    assert clf.pipeline_.named_steps["classify"].estimator_ is not own
    assert (
        clf.set_params(model__logisticregression__C=0.1).fit(sets, y).score(sets, y) > 0.9
    )


def test_wear_comes_from_the_placement_unless_it_is_given(sets, y):
    pocket = [replace(recording, placement="front pocket") for recording in sets]
    clf = ExerciseClassifier("svm")
    assert clone(clf).fit(sets, y).wear_ == "fixed"
    free = clone(clf).fit(pocket, y)
    assert free.wear_ == "free"
    assert (
        "TotalAcceleration_x" not in free.pipeline_.named_steps["derive"].channel_names_out_
    )
    assert clone(clf).set_params(wear="fixed").fit(pocket, y).wear_ == "fixed"


def with_sensors(recording, **streams):
    """Return the recording with its acceleration in other sensors."""
    gyroscope = recording.streams["Gyroscope"]
    return replace(recording, streams={**streams, "Gyroscope": gyroscope})


def as_iphone(recording):
    """Return the recording as an iPhone gives it: without total acceleration."""
    total = recording.streams["TotalAcceleration"]
    gravity = np.tile([0.0, 0.0, 9.81], (total.n_samples, 1))
    return with_sensors(
        recording,
        Accelerometer=SensorStream(total.timestamps_s, total.values - gravity),
        Gravity=SensorStream(total.timestamps_s, gravity),
    )


def test_a_model_of_android_recordings_takes_those_of_an_iphone(sets, y):
    clf = ExerciseClassifier("rf", random_state=0).fit(sets, y)
    expected = clf.predict_proba(sets)
    iphone = [as_iphone(recording) for recording in sets]
    np.testing.assert_allclose(clf.predict_proba(iphone), expected, atol=0.02)
    bare = [
        with_sensors(one, AccelerometerUncalibrated=one.streams["TotalAcceleration"])
        for one in sets
    ]
    assert_array_equal(clf.predict_proba(bare), expected)
    mixed = ExerciseClassifier("rf").fit([*sets[:6], *iphone[6:]], y)
    assert mixed.channel_names_ == NAMES


def test_recordings_that_share_no_sensor_are_refused(sets, y):
    one = Recording.from_array(
        np.zeros((1, 200)), sampling_rate_hz=50, channel_names=["Barometer_pressure"]
    )
    with pytest.raises(ValueError, match="share no channel"):
        ExerciseClassifier("svm").fit([one, *sets[1:]], y)
    clf = ExerciseClassifier("svm").fit(sets, y)
    with pytest.raises(ValueError, match="missing .*Gyroscope_x"):
        clf.predict([one])


def test_a_refit_that_fails_half_way_leaves_the_fit_before_it(sets, y, monkeypatch):
    def interrupt(*args, **kwargs):
        raise KeyboardInterrupt

    clf = ExerciseClassifier("svm").fit(sets, y)
    expected, steps = clf.decision_function(sets), list(clf.pipeline_.named_steps.values())
    monkeypatch.setattr("sklearn.svm.SVC.fit", interrupt)  # the last step
    slower = [one.between(one.overlap_s[0] + 1, one.overlap_s[1]) for one in sets]
    with pytest.raises(KeyboardInterrupt):
        clf.fit(slower, np.where(y == "squat", "walk", "run"))
    assert list(clf.pipeline_.named_steps.values()) == steps
    assert list(clf.classes_) == ["lunge", "squat"]
    assert_array_equal(clf.decision_function(sets), expected)


def test_doubts_about_recordings_are_warned_of_until_they_are_settled(sets, y):
    notes = ["IMPLAUSIBLE: Gyroscope may be in degrees per second."]
    doubtful = [*sets[:4], *(replace(recording, notes=notes) for recording in sets[4:])]
    clf = ExerciseClassifier("svm")
    count = rf"per second. \({len(sets) - 4} of {len(sets)} recordings"
    with pytest.warns(DataQualityWarning, match=count) as warned:
        clf.fit(doubtful, y)
    assert len(warned) == 1
    with pytest.warns(DataQualityWarning, match="per second. .1 of 1") as warned:
        predicted = clf.predict(doubtful[-1:])
    assert len(warned) == 1
    settled = settle_doubts(doubtful)
    assert notes[0] in settled[-1].notes[0]
    assert_array_equal(clf.fit(settled, y).predict(settled[-1:]), predicted)


def test_the_labels_of_recordings_are_not_read(sets, y):
    shuffled = [replace(recording, label="plank") for recording in sets]
    clf = ExerciseClassifier("svm").fit(shuffled, y)
    assert_array_equal(
        clf.predict(shuffled), ExerciseClassifier("svm").fit(sets, y).predict(sets)
    )


@pytest.mark.parametrize("model", ["svm", "cnn-gru"])
def test_it_is_saved_and_loaded(model, sets, y, tmp_path):
    clf = ExerciseClassifier(model, random_state=0).fit(sets, y)
    save_model(clf, tmp_path / "model.skops")
    loaded = load_model(tmp_path / "model.skops")
    assert loaded.channel_names_ == clf.channel_names_
    method = "predict_proba" if model == "cnn-gru" else "decision_function"
    assert_array_equal(getattr(loaded, method)(sets), getattr(clf, method)(sets))


def test_groups_are_routed(sets, y):
    groups = [recording.subject for recording in sets]
    clf = ExerciseClassifier("svm")
    expected = clone(clf).fit(sets, y, groups=groups).decision_function(sets)
    with config_context(enable_metadata_routing=True):
        for metadata in ({}, {"groups": groups}):
            routed = clone(clf).fit(sets, y, **metadata)
            assert_array_equal(routed.decision_function(sets), expected)
