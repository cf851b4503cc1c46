"""Sets that begin and end while the samples arrive, and their exercises."""

from dataclasses import replace

import numpy as np
import pytest
from made_arrivals import pieces_of
from sklearn.ensemble import RandomForestClassifier
from sklearn.pipeline import make_pipeline

from sk_imu import Bout, ExerciseClassifier, Repetition, SummaryFeatures, find_bouts
from sk_imu.datasets import make_exercise_recordings
from sk_imu.streaming import SetTracker, StreamingClassifier, StreamingCounter
from sk_imu.streaming._live_bouts import Look
from sk_imu.streaming._set_events import SetEvents


@pytest.fixture(scope="module")
def workouts():
    """Return simulated workouts: 4 people × 3 exercises, 2 sets in each recording."""
    return make_exercise_recordings(4, 2, random_state=0)


@pytest.fixture(scope="module")
def live(workouts):
    pairs = list(zip(workouts.data, workouts.bouts, strict=True))[3:]
    known = [one.between(*bout) for one, bouts in pairs for bout in bouts]
    forest = make_pipeline(SummaryFeatures(), RandomForestClassifier(20, random_state=0))
    model = ExerciseClassifier(forest).fit(known, [one.label for one in known])
    return StreamingClassifier(model, step_seconds=1, side=workouts.data[0].side)


def final(events):
    return [event for event in events if event.kind == "end"]


@pytest.mark.parametrize("i", range(3))
def test_sets_of_a_stream_are_those_of_the_recording(workouts, i):
    sets = final(StreamingCounter(update_seconds=5).find_sets(workouts.data[i]))
    bouts = find_bouts(workouts.data[i])
    assert len(bouts) == 2
    assert [(one.repetitions, one.within) for one in sets] == [
        (len(bout.repetitions), bout.within) for bout in bouts
    ]
    times_s = [(one.start_s, one.end_s) for one in sets]
    assert np.array(times_s) == pytest.approx(
        np.array([(b.start_s, b.end_s) for b in bouts]), abs=1e-3
    )


def test_events_do_not_depend_on_how_samples_arrive(live, workouts):
    start_s, end_s = workouts.bouts[0][0]
    recording = workouts.data[0].between(start_s - 5, end_s + 6)
    for stream in (StreamingCounter(update_seconds=4), SetTracker(live, update_seconds=4)):
        offline = stream.find_sets(recording)
        assert [event.kind for event in offline][-1] == "end"
        for seed in range(2):
            stream.reset()
            rng = np.random.default_rng(seed)
            pieces = pieces_of(recording, live.sensors_, rng)
            events = [event for piece in pieces for event in stream.push(*piece)]
            assert events + stream.finish() == offline
            assert stream.n_sets_ == 1
        assert stream.reset().n_sets_ == 0


def test_a_set_begins_goes_on_and_ends(live, workouts):
    tracker = SetTracker(live, update_seconds=2)
    events = tracker.find_sets(workouts.data[1])
    assert {event.label for event in events} == {workouts.data[1].label}
    assert [one.number for one in final(events)] == [1, 2]
    first = [event for event in events if event.number == 1]
    kinds = [event.kind for event in first]
    assert kinds == ["begin", *["update"] * (len(kinds) - 2), "end"]
    assert [event.final for event in first] == [False] * (len(first) - 1) + [True]
    counts = [event.repetitions for event in first]
    assert counts == sorted(counts)
    # It is known after four repetitions, and counted one by one or two by two.
    assert counts[0] <= 4
    assert max(np.diff(counts)) <= 2
    n_true = 12
    assert counts[-1] == n_true
    assert 0.6 < first[-1].probability <= 1


def test_a_set_that_goes_on_ends_with_the_stream(workouts):
    start_s, end_s = workouts.bouts[0][0]
    recording = workouts.data[0].between(start_s - 5, end_s - 3)
    (one,) = final(StreamingCounter(update_seconds=5).find_sets(recording))
    (bout,) = find_bouts(recording)
    assert one.end_s == pytest.approx(bout.end_s, abs=1e-3)
    assert one.repetitions == len(bout.repetitions)


def test_labels_of_rest_are_no_sets(live, workouts):
    start_s, end_s = workouts.bouts[0][0]
    recording = workouts.data[0].between(start_s - 5, end_s + 4)
    label = recording.label
    assert (
        SetTracker(live, rest=["rest", label], update_seconds=5).find_sets(recording) == []
    )


def test_what_turns_out_to_be_no_set_is_dropped():
    repetitions = tuple(Repetition(2.0 * k, 2.0 * k + 2, 0.9) for k in range(3))
    bout = Bout(0.0, 6.0, 0.9, repetitions=repetitions)
    events, name = SetEvents(), lambda start_s, end_s: ("squat", 0.8)
    (begun,) = events.of(Look(8.0, [], [bout], 0.0), name)
    assert (begun.kind, begun.number, begun.start_s, begun.end_s) == ("begin", 1, 0.0, 6.0)
    assert events.of(Look(9.0, [], [bout], 0.0), name) == []  # nothing is new
    (dropped,) = events.of(Look(10.0, [], [], 0.0), name)
    assert dropped == replace(begun, kind="drop", final=True)
    assert events.n_ended == 0
    # Its number is used again, also if all of the next set is known at once.
    again = events.of(Look(20.0, [bout], [], 0.0), name)
    assert [(one.kind, one.number, one.final) for one in again] == [
        ("begin", 1, False),
        ("end", 1, True),
    ]


def test_a_number_that_becomes_certain_is_an_update():
    bout = Bout(0.0, 2.0, 0.9, repetitions=(Repetition(0.0, 2.0, 0.9),))
    events, name = SetEvents(), lambda start_s, end_s: ("squat", 0.8)
    (begun,) = events.of(Look(3.0, [], [bout], 0.0), name)
    certain = replace(bout, agreement=1.0)
    (update,) = events.of(Look(4.0, [], [certain], 0.0), name)
    assert update == replace(begun, kind="update", within=0)


def test_a_silence_ends_a_set(workouts):
    recording, (start_s, end_s) = workouts.data[0], workouts.bouts[0][0]
    middle_s = (start_s + end_s) / 2
    counter, events = StreamingCounter(update_seconds=2), []
    for sensor in counter.sensors:
        stream = recording.streams[sensor]
        times_s = stream.timestamps_s + 40 * (stream.timestamps_s > middle_s)
        events += counter.push(sensor, times_s, stream.values)
    sets = final(events + counter.finish())
    assert len(sets) == 3
    assert sets[0].end_s < middle_s + 0.1
    assert sets[1].start_s > middle_s + 39.9
    # A clock that jumps by a year would be looked at for hours if it were not a silence.
    again = counter.reset()
    times_s = np.arange(200) / 50 + np.repeat([0.0, 3e7], 100)
    for sensor in again.sensors:
        again.push(sensor, times_s, np.zeros((200, 3)))
    assert again.finish() == []


def test_samples_that_cannot_be_used_are_counted(workouts):
    counter = StreamingCounter()
    values = np.ones((300, 3))
    values[7] = np.nan
    for sensor in counter.sensors:
        assert counter.push(sensor, np.arange(300) / 50, values) == []
        assert counter.push(sensor, [], []) == []
    assert counter.push("Barometer", [0.0], [[1.0]]) == []
    assert counter.n_invalid_ == 2
    counter.push("Gyroscope", [1.0], [[1.0, 1.0, 1.0]])
    assert counter.n_late_ == 1
    small = StreamingCounter(["Gyroscope", "Accelerometer"], max_buffered_samples=100)
    small.push("Gyroscope", np.arange(300) / 50, np.ones((300, 3)))
    assert small.n_dropped_ == 250
    counter.finish()
    with pytest.raises(RuntimeError, match="The stream is finished. Call reset"):
        counter.push("Gyroscope", [9.0], [[1.0, 1.0, 1.0]])


def test_a_model_without_probabilities(workouts):
    known = [
        one.between(*bouts[0])
        for one, bouts in list(zip(workouts.data, workouts.bouts, strict=True))[3:]
    ]
    clf = ExerciseClassifier("svm").fit(known, [one.label for one in known])
    tracker = SetTracker(StreamingClassifier(clf, step_seconds=2), update_seconds=10)
    start_s, end_s = workouts.bouts[2][0]
    recording = workouts.data[2].between(start_s - 4, end_s + 4)
    (one,) = final(tracker.find_sets(recording))
    assert one.label == recording.label


@pytest.mark.parametrize(
    ("parameters", "error", "message"),
    [
        ({"update_seconds": 0}, ValueError, "update_seconds must be a finite number above"),
        (
            {"min_confidence": 2},
            ValueError,
            "'min_confidence' parameter of StreamingCounter",
        ),
        ({"max_period_s": 0.5}, ValueError, "StreamingCounter: min_period_s must be less"),
        ({"begin_above": 1}, TypeError, "has no parameter 'begin_above'. The thresholds"),
        ({"sensors": "Gyroscope"}, ValueError, "sensors must be a sequence of names"),
        ({"sensors": ["Barometer"]}, ValueError, "needs an acceleration or a Gyroscope"),
        ({"lateness_seconds": -1}, ValueError, "lateness_seconds must be a finite number"),
    ],
)
def test_parameters_out_of_range_are_refused(parameters, error, message):
    with pytest.raises(error, match=message):
        StreamingCounter(**parameters)


def test_trackers_refuse_them_too(live):
    with pytest.raises(ValueError, match="rest must be a sequence of labels, such as"):
        SetTracker(live, rest="pause")
    with pytest.raises(TypeError, match="SetTracker has no parameter 'smoothing_seconds'"):
        SetTracker(live, smoothing_seconds=1)


def test_recordings_and_axes_that_lack_something_are_refused(workouts):
    counter, recording = StreamingCounter(["Accelerometer"]), workouts.data[0]
    streams = {"Gyroscope": recording.streams["Gyroscope"]}
    with pytest.raises(ValueError, match="has no Accelerometer, but"):
        counter.find_sets(replace(recording, streams=streams))
    with pytest.raises(ValueError, match="counting needs z, but the axes are x, y"):
        counter.push("Accelerometer", [0.0], [[1.0, 2.0]], axes=["x", "y"])
