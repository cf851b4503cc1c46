"""Recordings unlike the training sets: the device, its rate, its units and its place."""

import copy
import re
import warnings
from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from sk_imu import DataQualityWarning, ExerciseClassifier, SensorStream
from sk_imu.calibration import DeviceCheck
from sk_imu.datasets import load_watch
from sk_imu.persistence import load_model, save_model
from sk_imu.recognition import recognize

#: By 180 degrees about each axis.
TURNS = {
    "x": np.diag([1.0, -1.0, -1.0]),
    "y": np.diag([-1.0, 1.0, -1.0]),
    "z": np.diag([-1.0, -1.0, 1.0]),
}


@pytest.fixture(scope="module")
def watch():
    return load_watch()


@pytest.fixture(scope="module")
def model(watch):
    fit = np.flatnonzero(watch.subject > 2)
    clf = ExerciseClassifier("svm", unknown=True)
    return clf.fit([watch.data[i] for i in fit], watch.target[fit])


def sets_of(watch, person):
    return [one for one in watch.data if one.subject == person]


def changed(recordings, change):
    """Return recordings whose streams have other times and values."""
    return [
        replace(
            one,
            streams={
                name: SensorStream(*change(name, s.timestamps_s, s.values))
                for name, s in one.streams.items()
            },
        )
        for one in recordings
    ]


def turned(recordings, turn):
    return changed(recordings, lambda name, times_s, values: (times_s, values @ turn.T))


def test_a_device_worn_as_in_training_is_no_reason_to_warn(model, watch):
    for person in (1, 2):
        sets = sets_of(watch, person)
        assert model.check_device(sets) == []
        with warnings.catch_warnings():
            warnings.simplefilter("error", DataQualityWarning)
            model.predict(sets)


@pytest.mark.parametrize("axis", TURNS)
def test_a_turned_device_is_found_and_how_it_is_turned(model, watch, axis):
    sets = turned(sets_of(watch, 1), TURNS[axis])
    (line,) = model.check_device(sets)
    assert line.startswith(f"1: the device is turned by about 180° about its {axis} axis")
    assert f"by gravity in {len(sets)} sets" in line
    with pytest.warns(DataQualityWarning, match=f"180° about its {axis} axis"):
        model.predict(sets)


def every_fifth(name, times_s, values):
    return times_s[::5], values[::5]


def in_g(name, times_s, values):
    return times_s, values / (9.80665 if name == "TotalAcceleration" else 1)


def in_degrees(name, times_s, values):
    return times_s, np.rad2deg(values) if name == "Gyroscope" else values


def three_times_as_fast(name, times_s, values):
    return times_s / 3, values


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (every_fifth, "real update rate 10 Hz, in place of at least 25 Hz in training."),
        (in_g, "TotalAcceleration: values of 1.* Their unit may be mistaken."),
        (in_degrees, "Gyroscope: values of .* Their unit may be mistaken."),
        (three_times_as_fast, "the sets are unlike the training sets: a similarity of 0"),
    ],
)
def test_recordings_unlike_the_training_sets_are_found(model, watch, change, says):
    sets = changed(sets_of(watch, 1), change)
    (line,) = model.check_device(sets)
    assert re.match(f"1: {says}", line)
    with pytest.warns(DataQualityWarning, match=says):
        model.predict(sets)
    # Movement and gravity say something only of several sets.
    assert len(model.check_device(sets[:1])) == (change is not three_times_as_fast)


def test_half_of_a_persons_sets_may_be_of_unknown_exercises(model, watch):
    sets = sets_of(watch, 1)
    odd = changed(sets[:7], three_times_as_fast)
    assert "unlike the training sets" in model.check_device(odd)[0]
    assert model.check_device(sets[7:] + odd) == []


def test_sets_of_a_stream_are_compared_until_others_follow(model, watch):
    check = DeviceCheck(model, step_seconds=1)
    resample = model.pipeline_.named_steps["resample"]
    uniform = [np.asarray(one) for one in resample.transform(sets_of(watch, 2))]
    for values in uniform[:3]:
        check.add_set(values[:, ::3])
    (line,) = check.lines()
    assert line.startswith("the sets are unlike the training sets: a similarity of 0")
    for values in uniform[:10]:
        check.add_set(values)
    assert check.lines() == []


def test_another_place_that_is_said_is_found_in_one_set(model, watch):
    one = sets_of(watch, 1)[0]
    (line,) = model.check_device([replace(one, placement="left ankle")])
    assert line == (
        "1: the device is at another place of the body: left ankle, and in training wrist."
    )
    for same in ("Wrist ", None):
        assert model.check_device([replace(one, placement=same)]) == []


@pytest.mark.slow
def test_arrays_have_no_rate_and_no_place_and_are_checked_for_the_rest(model, watch):
    resample = model.pipeline_.named_steps["resample"]
    sets = resample.transform(sets_of(watch, 1))
    people = np.repeat(np.arange(5), 28)
    fit = resample.transform([one for one in watch.data if one.subject != 1])
    y = watch.target[watch.subject != 1]
    clf = ExerciseClassifier("svm", unknown=True, wear="free")
    clf.fit(fit, y, groups=people[: len(y)])
    assert clf.check_device(sets) == []
    (line,) = clf.check_device([np.asarray(one) / 9.80665 for one in sets])
    assert line.startswith("TotalAcceleration: values of")


def test_each_person_is_checked_alone(model, watch):
    sets = [*sets_of(watch, 1), *turned(sets_of(watch, 2), TURNS["z"])]
    (line,) = model.check_device(sets)
    assert line.startswith("2: ")
    assert model.check_device(sets[-2:]) == []  # two sets are too few to say


def test_whole_recordings_are_checked_together(model, watch):
    sets = turned(sets_of(watch, 1)[::4], TURNS["z"])
    with pytest.warns(DataQualityWarning, match="180° about its z axis") as warned:
        recognize(model, sets, segment=False)
    assert len(warned) == 1


def test_it_is_saved_and_loaded(model, watch, tmp_path):
    save_model(model, tmp_path / "model.skops")
    loaded = load_model(tmp_path / "model.skops")
    sets = turned(sets_of(watch, 1), TURNS["y"])
    assert loaded.check_device(sets) == model.check_device(sets) != []
    broken = [copy.deepcopy(loaded) for _ in range(3)]
    broken[0]._worn["gravity"] = loaded._worn["gravity"][:, :2]
    broken[1]._seen["strengths"]["Gyroscope"] = [1.0]
    broken[2]._seen = None
    for one in broken:
        save_model(one, tmp_path / "model.skops")
        with pytest.raises(ValueError, match="holds a broken ExerciseClassifier"):
            load_model(tmp_path / "model.skops")


@pytest.mark.slow
def test_a_sensor_without_signal_is_saved_and_loaded(watch, tmp_path):
    dead = changed(watch.data[:70], lambda name, t, v: (t, v * (name != "Gyroscope")))
    clf = ExerciseClassifier("svm", unknown=True).fit(dead, watch.target[:70])
    save_model(clf, tmp_path / "model.skops")
    loaded = load_model(tmp_path / "model.skops")
    assert loaded.check_device(dead) == clf.check_device(dead)
    (line, *_) = loaded.check_device(watch.data[:1])
    assert "Gyroscope: values of" in line


def test_without_gravity_or_a_fixed_wear_nothing_is_said(model, watch):
    fit = [one for one in watch.data if one.subject in (3, 4, 5)]
    y = [one.label for one in fit]
    new = turned(sets_of(watch, 1), TURNS["z"])
    for options in ({"wear": "free"}, {"channels": ["Gyroscope"]}):
        clf = ExerciseClassifier("svm", unknown=True, **options).fit(fit, y)
        assert clf.check_device(new) == []
    assert not hasattr(ExerciseClassifier("svm").fit(fit, y), "check_device")


def test_a_turn_changes_no_answer_of_the_check_s_own(model, watch):
    """The check warns, and leaves predictions as they are."""
    sets = turned(sets_of(watch, 1), TURNS["z"])
    with pytest.warns(DataQualityWarning):
        answers = model.predict(sets)
    assert_array_equal(answers, [model.predict([one])[0] for one in sets])
