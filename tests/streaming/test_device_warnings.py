"""Streams unlike the training sets: said while they go on."""

import re

import numpy as np
import pytest

from sk_imu import ExerciseClassifier, Recording, SensorStream
from sk_imu.datasets import load_watch
from sk_imu.streaming import SetTracker, StreamingClassifier

TOTAL, GYROSCOPE = "TotalAcceleration", "Gyroscope"


@pytest.fixture(scope="module")
def watch():
    return load_watch()


@pytest.fixture(scope="module")
def model(watch):
    fit = np.flatnonzero(watch.subject != 5)[::2]
    clf = ExerciseClassifier("svm", unknown=True)
    return clf.fit([watch.data[i] for i in fit], watch.target[fit])


@pytest.fixture(scope="module")
def workout(watch):
    """Return two minutes of a new person's sets, one after the other."""
    streams = {TOTAL: [], GYROSCOPE: []}
    begin_s = 0.0
    for one in [one for one in watch.data if one.subject == 5 and one.side == "right"][:3]:
        start_s = one.overlap_s[0]
        for sensor, parts in streams.items():
            stream = one.between(start_s, start_s + 37).streams[sensor]
            parts.append((stream.timestamps_s - start_s + begin_s, stream.values))
        begin_s += 40
    joined = {
        sensor: SensorStream(*(np.concatenate(part) for part in zip(*parts, strict=True)))
        for sensor, parts in streams.items()
    }
    return Recording(joined, side="right")


def pushed(live, workout, change):
    """Push a workout in messages of a second, and return all that was warned of."""
    said = []
    for start_s in range(117):
        for sensor, stream in workout.streams.items():
            times_s, values = change(sensor, stream.timestamps_s, stream.values)
            rows = (times_s >= start_s) & (times_s < start_s + 1)
            live.push(sensor, times_s[rows], values[rows])
        said += [line for line in live.device_warnings_ if line not in said]
    return said


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda name, times_s, values: (times_s, values), None),
        (
            lambda name, times_s, values: (times_s[::5], values[::5]),
            "real update rate (9.9|10|10.1) Hz, in place of at least 25 Hz in training",
        ),
        (
            lambda name, times_s, values: (times_s, values / (9.8 if name == TOTAL else 1)),
            "TotalAcceleration: values of 1.* Their unit may be mistaken",
        ),
        (
            lambda name, times_s, values: (
                times_s,
                np.rad2deg(values) if name == GYROSCOPE else values,
            ),
            "Gyroscope: values of .* Their unit may be mistaken",
        ),
        (
            lambda name, times_s, values: (times_s, values * [-1, -1, 1]),
            "the device is turned by about 180° about its z axis .* 60 s of movement",
        ),
    ],
    ids=["as recorded", "slow", "in g", "in degrees", "turned"],
)
def test_a_stream_unlike_the_training_sets_is_found(model, workout, change, says):
    live = StreamingClassifier(model, step_seconds=4, side="right")
    said = pushed(live, workout, change)
    # Each difference is said with the same numbers as long as it goes on.
    assert len(said) == (says is not None)
    assert says is None or re.match(says, said[0])
    assert live.reset().device_warnings_ == []


def test_sets_of_a_tracker_are_compared_and_those_of_recordings_are_not(model, workout):
    live = StreamingClassifier(model, step_seconds=3, side="right")
    tracker, workout = SetTracker(live, update_seconds=60), workout.between(0, 39)
    n_found = sum(event.kind == "end" for event in tracker.find_sets(workout))
    assert n_found > 0
    assert len(tracker.live._device._sets) == 0
    for sensor, stream in workout.streams.items():
        tracker.push(sensor, stream.timestamps_s, stream.values)
    tracker.finish()
    assert len(tracker.live._device._sets) == tracker.n_sets_ == n_found
    assert tracker.device_warnings_ == []


def test_models_that_do_not_know_the_training_sets_say_nothing(watch):
    live = StreamingClassifier(
        ExerciseClassifier("svm").fit(watch.data[::7], watch.target[::7])
    )
    assert live.device_warnings_ == []
