"""Sets that begin and end while the samples arrive."""

from dataclasses import replace

import numpy as np
import pytest
from made_arrivals import pieces_of
from sklearn.ensemble import RandomForestClassifier
from sklearn.pipeline import make_pipeline

from sk_imu import ExerciseClassifier, SensorStream, SummaryFeatures
from sk_imu.datasets import make_exercise_recordings
from sk_imu.streaming import Answer, SetTracker, StreamingClassifier


@pytest.fixture(scope="module")
def workouts():
    """Return simulated workouts: 4 people × 3 exercises, 2 sets in each recording."""
    return make_exercise_recordings(4, 2, random_state=0)


@pytest.fixture(scope="module")
def known(workouts):
    """Return the sets of all people but the first."""
    pairs = list(zip(workouts.data, workouts.bouts, strict=True))[3:]
    return [one.between(*bout) for one, bouts in pairs for bout in bouts]


@pytest.fixture(scope="module")
def live(workouts, known):
    forest = make_pipeline(SummaryFeatures(), RandomForestClassifier(20, random_state=0))
    model = ExerciseClassifier(forest).fit(known, [one.label for one in known])
    return StreamingClassifier(model, step_seconds=1, side=workouts.data[0].side)


def final(events):
    return [event for event in events if event.kind == "end"]


@pytest.mark.parametrize("i", range(2))
def test_sets_of_a_new_person_are_found_labeled_and_counted(live, workouts, i):
    tracker = SetTracker(live, update_seconds=100)
    sets = final(tracker.find_sets(workouts.data[i]))
    truth = workouts.bouts[i]
    assert [one.label for one in sets] == [workouts.data[i].label] * len(truth)
    assert [one.number for one in sets] == [1, 2]
    for one, (start_s, end_s) in zip(sets, truth, strict=True):
        assert abs(one.start_s - start_s) < 3
        assert abs(one.end_s - end_s) < 3
        assert 0.6 < one.probability <= 1
        middles = workouts.repetitions[i].mean(axis=1)
        n_true = int(((middles > start_s) & (middles < end_s)).sum())
        assert abs(one.repetitions - n_true) <= 1


def test_events_do_not_depend_on_how_samples_arrive(live, workouts):
    start_s, end_s = workouts.bouts[0][0]
    recording = workouts.data[0].between(start_s - 5, end_s + 6)
    tracker = SetTracker(live, update_seconds=4)
    offline = tracker.find_sets(recording)
    assert [event.kind for event in offline][-1] == "end"
    pieces = pieces_of(recording, live.sensors_, np.random.default_rng(0))
    events = [event for piece in pieces for event in tracker.push(*piece)]
    assert events + tracker.finish() == offline
    assert tracker.n_sets_ == 1
    assert tracker.reset().n_sets_ == 0


def test_a_set_begins_goes_on_and_ends(live, workouts):
    tracker = SetTracker(live, update_seconds=4)
    recording = workouts.data[1].between(5, workouts.bouts[1][0, 1] + 6)
    events = tracker.find_sets(recording)
    first = [event for event in events if event.number == 1]
    assert [event.kind for event in first[:1]] == ["begin"]
    assert [event.kind for event in first[-1:]] == ["end"]
    assert {event.kind for event in first[1:-1]} == {"update"}
    assert [event.final for event in first] == [False] * (len(first) - 1) + [True]
    ends_s = [event.end_s for event in first]
    assert ends_s == sorted(ends_s)
    counts = [event.repetitions for event in first]
    assert counts[-1] > counts[0]
    # One update every four seconds of a set of more than half a minute.
    assert 8 <= len(first) <= 12


def test_a_set_that_goes_on_ends_with_the_stream(live, workouts):
    start_s, end_s = workouts.bouts[0][0]
    recording = workouts.data[0].between(start_s - 5, end_s - 3)
    (one,) = final(SetTracker(live).find_sets(recording))
    # In the middle of the last window.
    assert end_s - 6 < one.end_s < end_s - 4


def test_short_sets_are_dropped_and_labels_of_rest_are_no_sets(live, workouts):
    start_s, end_s = workouts.bouts[0][0]
    recording = workouts.data[0].between(start_s - 5, end_s + 4)
    tracker = SetTracker(live, min_set_seconds=1000, update_seconds=100)
    events = tracker.find_sets(recording)
    assert [event.kind for event in events] == ["begin", "drop"]
    assert {event.number for event in events} == {1}
    label = recording.label
    found = SetTracker(live, rest=["rest", label]).find_sets(recording)
    assert label not in {event.label for event in found}


def test_stillness_is_rest(live, workouts):
    start_s, end_s = workouts.bouts[0][0]
    recording = workouts.data[0].between(start_s, end_s)
    assert final(SetTracker(live, still_below=0).find_sets(recording))
    at_rest = {
        name: SensorStream(one.timestamps_s, 0 * one.values + one.values[0], one.axes)
        for name, one in recording.streams.items()
    }
    at_rest["Gyroscope"] = replace(
        at_rest["Gyroscope"], values=0 * at_rest["Gyroscope"].values
    )
    still = replace(recording, streams=at_rest)
    assert SetTracker(live).find_sets(still) == []
    assert SetTracker(live, still_below=0, begin_above=0.4).find_sets(still)


def test_a_model_without_probabilities(workouts, known):
    clf = ExerciseClassifier("svm").fit(known, [one.label for one in known])
    tracker = SetTracker(StreamingClassifier(clf, step_seconds=1), update_seconds=100)
    start_s, end_s = workouts.bouts[2][0]
    recording = workouts.data[2].between(start_s - 4, end_s + 4)
    found = final(tracker.find_sets(recording))
    assert recording.label in {one.label for one in found}


def answered(probabilities):
    """Return windows of movement with given probabilities, one a second."""
    values = np.random.default_rng(0).normal(0, 5, (6, 100))
    labels = ["jumping_jack", "lunge", "squat"]
    return [
        (Answer(4.0 + k, labels[int(np.argmax(row))], np.array(row)), values)
        for k, row in enumerate(probabilities)
    ]


def test_a_set_may_begin_with_a_doubtful_window(live):
    tracker = SetTracker(live, smoothing_seconds=4, min_set_seconds=0)
    rows = [[0, 0, 1], [0, 0, 1], [0, 0.52, 0.48], *3 * [[0, 0, 0]]]
    events = tracker._follow(answered(rows))
    assert [(event.kind, event.label) for event in events] == [
        ("begin", "squat"),
        ("end", "squat"),
    ]
    # From the middle of the first window to that of the last one of the exercise.
    assert (events[-1].start_s, events[-1].end_s) == (2.0, 3.0)
    assert events[-1].probability == 1


def test_an_exercise_that_is_never_the_most_probable_one(live):
    tracker = SetTracker(live, begin_above=0.4, end_below=0.4, min_set_seconds=0)
    rows = [[0.55, 0, 0.45], [0, 0.55, 0.45], [0, 0, 0], [0, 0, 0]]
    events = tracker._follow(answered(rows))
    assert [event.kind for event in events] == ["begin", "end"]


def test_unknown_is_no_exercise_whatever_is_given_as_rest(live):
    (_, values), *_ = answered([[1, 0, 0]])
    windows = [(Answer(4.0 + k, "unknown", None), values) for k in range(9)]
    assert SetTracker(live, rest=["pause"])._follow(windows) == []


def test_a_set_of_many_minutes_keeps_no_more_than_is_counted(live):
    tracker = SetTracker(live, update_seconds=1e6)
    tracker._follow(answered([[1, 0, 0]] * 1000))
    assert 600 * 25 < tracker._set._series.shape[1] < 610 * 25
    (event,) = tracker._end()
    assert event.end_s - event.start_s == 999
    assert event.repetitions is None


def test_a_silence_ends_a_set(live, workouts):
    recording = workouts.data[0]
    start_s, end_s = workouts.bouts[0][0]
    middle_s = (start_s + end_s) / 2
    tracker = SetTracker(live, min_set_seconds=3, update_seconds=100)
    events = []
    for sensor in live.sensors_:
        stream = recording.streams[sensor]
        heard = (stream.timestamps_s < middle_s) | (stream.timestamps_s > middle_s + 20)
        events += tracker.push(sensor, stream.timestamps_s[heard], stream.values[heard])
    first = final(events + tracker.finish())[0]
    assert first.end_s < middle_s


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"begin_above": 0.3}, "end_below and begin_above must be probabilities"),
        ({"end_below": 0}, "end_below and begin_above must be probabilities"),
        ({"smoothing_seconds": -1}, "smoothing_seconds must be a finite number of at l"),
        ({"still_below": np.nan}, "still_below must be a finite number of at least 0"),
        ({"rest": "pause"}, "rest must be a sequence of labels, such as .'pause'."),
    ],
)
def test_parameters_out_of_range_are_refused(live, parameters, message):
    with pytest.raises(ValueError, match=message):
        SetTracker(live, **parameters)
