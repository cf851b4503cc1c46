"""Answers of a stream: the same however its samples arrive, and those of the pipeline."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_arrivals import as_rows, pieces_of, push_all
from sklearn.ensemble import RandomForestClassifier
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.svm import SVC

from sk_imu import (
    CanonicalSide,
    ExerciseClassifier,
    Flatten,
    Recording,
    Resampler,
    SensorStream,
    SummaryFeatures,
    WindowedClassifier,
)
from sk_imu.datasets import load_watch
from sk_imu.pipelines import make_pipeline_for
from sk_imu.streaming import StreamingClassifier

TOTAL, GYROSCOPE = "TotalAcceleration", "Gyroscope"


@pytest.fixture(scope="module")
def watch():
    return load_watch()


@pytest.fixture(scope="module")
def model(watch):
    """Return a model that answers in little time, of every fifth set."""
    quick = make_pipeline(Flatten(), LogisticRegression(C=1e-3))
    return ExerciseClassifier(quick).fit(watch.data[::5], watch.target[::5])


@pytest.fixture(scope="module")
def recording(watch):
    """Return fifteen seconds of a left arm whose sensors start at different times."""
    one = next(one for one in watch.data if one.side == "left" and one.duration_s > 18)
    total, gyroscope = one.streams[TOTAL], one.streams[GYROSCOPE]
    streams = {
        TOTAL: SensorStream(total.timestamps_s[:750], total.values[:750]),
        GYROSCOPE: SensorStream(
            gyroscope.timestamps_s[12:740] + 0.003, gyroscope.values[12:740]
        ),
    }
    return replace(one, streams=streams)


def cut(recording, sensor, rows):
    """Return a recording with some rows of one sensor only."""
    stream = recording.streams[sensor]
    kept = SensorStream(stream.timestamps_s[rows], stream.values[rows], stream.axes)
    return replace(recording, streams={**recording.streams, sensor: kept})


def shifted(recording, by_s):
    streams = {
        name: SensorStream(one.timestamps_s + by_s, one.values, one.axes)
        for name, one in recording.streams.items()
    }
    return replace(recording, streams=streams)


@settings(max_examples=10)
@given(
    seed=st.integers(0, 2**32 - 1),
    most_late_s=st.floats(0, 0.49),
    most_pieces=st.integers(0, 300),
    doubled=st.floats(0, 1),
)
def test_answers_do_not_depend_on_how_samples_arrive(
    model, recording, seed, most_late_s, most_pieces, doubled
):
    live = StreamingClassifier(model, side="left", lateness_seconds=0.5)
    offline = live.predict_windows(recording)
    assert len(offline) == 21
    pieces = pieces_of(
        recording,
        [TOTAL, GYROSCOPE],
        np.random.default_rng(seed),
        most_late_s=most_late_s,
        most_pieces=most_pieces,
        doubled=doubled,
    )
    assert as_rows(push_all(live, pieces)) == as_rows(offline)
    assert live.n_late_ == live.n_invalid_ == live.n_dropped_ == 0


@pytest.mark.parametrize("step_seconds", [0.2, 0.7, 1.5, 3.0])
@pytest.mark.parametrize("before_seconds", [0.3, 5.0])
def test_other_steps_and_memories(model, recording, step_seconds, before_seconds):
    live = StreamingClassifier(
        model, side="left", step_seconds=step_seconds, before_seconds=before_seconds
    )
    offline = live.predict_windows(recording)
    starts = [step_seconds * k for k in range(100)]
    expected = [s + 4 for s in starts if s > 0.25 and s + 4 <= 14.79]
    assert [a.time_s for a in offline] == pytest.approx(expected)
    rng = np.random.default_rng(0)
    pieces = pieces_of(recording, [GYROSCOPE, TOTAL], rng)
    assert as_rows(push_all(live, pieces)) == as_rows(offline)


def test_answers_come_when_the_samples_after_the_window_are_there(model, recording):
    live = StreamingClassifier(model, side="left", after_seconds=1, lateness_seconds=0.5)
    gyroscope, total = recording.streams[GYROSCOPE], recording.streams[TOTAL]
    assert live.push(GYROSCOPE, gyroscope.timestamps_s, gyroscope.values) == []
    came = []
    for time_s, row in zip(total.timestamps_s, total.values, strict=True):
        answers = live.push(TOTAL, [time_s], [row])
        came += [(time_s, answer.time_s) for answer in answers]
    delays_s = np.diff(came, axis=1).ravel()
    assert len(came) == 18
    # The next sample after that time; one of 50 a second.
    assert np.all((delays_s <= -1.5) & (delays_s > -1.53))


def test_only_samples_near_a_window_change_its_answer(model, recording):
    live = StreamingClassifier(model, side="left", before_seconds=2, after_seconds=1)
    answers = {a.time_s: a for a in live.predict_windows(recording)}
    times_s = recording.streams[TOTAL].timestamps_s
    for begin_s, end_s, changes in [(0, 3.99, 0), (11.01, 15, 0), (5, 11.01, 1)]:
        values = recording.streams[TOTAL].values.copy()
        values[(times_s >= begin_s) & (times_s <= end_s)] += 3.0
        streams = {**recording.streams, TOTAL: SensorStream(times_s, values)}
        others = live.predict_windows(replace(recording, streams=streams))
        (other,) = (a for a in others if a.time_s == 10)
        same = as_rows([other]) == as_rows([answers[10.0]])
        assert same is not bool(changes)


def test_answers_are_those_of_the_pipeline_over_the_whole_recording(model, watch):
    live = StreamingClassifier(model, step_seconds=2)
    n_windows = 0
    for one in watch.data[1:20:3]:
        # Both grids begin at 0, and 2 s are fifty timesteps at the pipeline's 25 Hz.
        (whole,) = model.pipeline_[:-1].transform([one])
        for answer in live.predict_windows(one):
            end = round(answer.time_s * 25)
            window = whole[:, end - 100 : end]
            probabilities = model.pipeline_[-1].predict_proba([window])[0]
            np.testing.assert_allclose(answer.probabilities, probabilities, atol=0.05)
            n_windows += 1
    assert n_windows > 60


def test_late_samples_are_dropped_and_counted(model, recording):
    live = StreamingClassifier(model, side="left", lateness_seconds=0.2)
    total, gyroscope = recording.streams[TOTAL], recording.streams[GYROSCOPE]
    live.push(GYROSCOPE, gyroscope.timestamps_s, gyroscope.values)
    kept = np.delete(np.arange(750), np.arange(300, 310))
    answers = live.push(TOTAL, total.timestamps_s[kept], total.values[kept])
    late = slice(300, 310)
    answers += live.push(TOTAL, total.timestamps_s[late], total.values[late])
    answers += live.finish()
    assert live.n_late_ == 10
    without = live.predict_windows(cut(recording, TOTAL, kept))
    assert as_rows(answers) == as_rows(without)


def test_samples_without_a_number_are_dropped_and_counted(model, recording):
    total = recording.streams[TOTAL]
    times_s, values = total.timestamps_s.copy(), total.values.copy()
    times_s[100], values[200, 1], values[300, 2] = np.nan, np.nan, np.inf
    streams = {**recording.streams, TOTAL: SensorStream(times_s, values)}
    broken = replace(recording, streams=streams)
    live = StreamingClassifier(model, side="left")
    pieces = pieces_of(broken, [TOTAL, GYROSCOPE], np.random.default_rng(0), doubled=0)
    answers = push_all(live, pieces)
    assert live.n_invalid_ == 3
    kept = np.delete(np.arange(750), [100, 200, 300])
    whole = live.predict_windows(cut(recording, TOTAL, kept))
    assert as_rows(answers) == as_rows(whole)


def test_windows_with_a_gap_are_not_answered(model, recording):
    times_s = recording.streams[GYROSCOPE].timestamps_s
    with_gap = cut(recording, GYROSCOPE, (times_s < 6.1) | (times_s > 7.3))
    live = StreamingClassifier(model, side="left")
    ends_s = [a.time_s for a in live.predict_windows(with_gap)]
    # Windows that end before the gap, or begin after it.
    assert ends_s == [4.5, 5, 5.5, 6, 11.5, 12, 12.5, 13, 13.5, 14, 14.5]
    longer = {"max_gap_seconds": 1.3, "before_seconds": 2.6, "after_seconds": 1.3}
    live = StreamingClassifier(model, side="left", **longer)
    assert len(live.predict_windows(with_gap)) == 21


def test_a_lost_message_of_a_second_is_interpolated_over(model, recording):
    times_s = recording.streams[GYROSCOPE].timestamps_s
    lossy = cut(recording, GYROSCOPE, (times_s < 6.1) | (times_s >= 7.1))
    live = StreamingClassifier(model, side="left")
    answers = live.predict_windows(lossy)
    assert len(answers) == 21
    pieces = pieces_of(lossy, [TOTAL, GYROSCOPE], np.random.default_rng(0))
    assert as_rows(push_all(live, pieces)) == as_rows(answers)
    # A second without a sample is more than the Resampler takes by itself.
    strict = StreamingClassifier(model, side="left", max_gap_seconds=0)
    assert len(strict.predict_windows(lossy)) < 21


@pytest.mark.parametrize("by_s", [37.2, 4e6, 1e9])
def test_clocks_that_jump(model, recording, by_s):
    later = shifted(recording, 20 + by_s)
    streams = {
        name: SensorStream(
            np.concatenate([one.timestamps_s, later.streams[name].timestamps_s]),
            np.concatenate([one.values, later.streams[name].values]),
        )
        for name, one in recording.streams.items()
    }
    jumping = replace(recording, streams=streams)
    live = StreamingClassifier(model, side="left")
    offline = live.predict_windows(jumping)
    assert as_rows(offline[:21]) == as_rows(live.predict_windows(recording))
    assert len(offline) in (42, 43)
    rng = np.random.default_rng(0)
    pieces = pieces_of(jumping, [TOTAL, GYROSCOPE], rng)
    assert as_rows(push_all(live, pieces)) == as_rows(offline)


def test_a_clock_of_unix_times_gives_the_same_answers(model, recording):
    live = StreamingClassifier(model, side="left")
    answers = live.predict_windows(recording)
    since_1970 = live.predict_windows(shifted(recording, 1_700_000_000.0))
    for one, other in zip(answers, since_1970, strict=True):
        np.testing.assert_allclose(one.probabilities, other.probabilities, atol=1e-4)
    times_s = [a.time_s - 1_700_000_000 for a in since_1970]
    assert times_s == [a.time_s for a in answers]


@pytest.mark.parametrize("bursting", [[TOTAL], [TOTAL, GYROSCOPE]])
def test_bursts_are_answered_in_any_order(model, recording, bursting):
    # A phone that delivers four samples at a time, with one timestamp.
    times_s = recording.streams[TOTAL].timestamps_s.copy()
    for begin in range(0, 748, 8):
        times_s[begin : begin + 4] = times_s[begin + 3]
    streams = dict(recording.streams)
    for sensor in bursting:
        values = streams[sensor].values
        streams[sensor] = SensorStream(times_s[: len(values)], values)
    bursts = replace(recording, streams=streams)
    live = StreamingClassifier(model, side="left")
    offline = live.predict_windows(bursts)
    assert len(offline) in (21, 22)
    for seed in range(3):
        rng = np.random.default_rng(seed)
        pieces = pieces_of(bursts, [TOTAL, GYROSCOPE], rng)
        assert as_rows(push_all(live, pieces)) == as_rows(offline)


def test_a_clock_that_stands_still_is_not_answered(model, recording):
    total = recording.streams[TOTAL]
    times_s = np.where(total.timestamps_s > 8, 8.0, total.timestamps_s)
    streams = {**recording.streams, TOTAL: SensorStream(times_s, total.values)}
    live = StreamingClassifier(model, side="left")
    still = replace(recording, streams=streams)
    assert [a.time_s for a in live.predict_windows(still)][-1] <= 8
    assert push_all(live, pieces_of(still, [TOTAL, GYROSCOPE], np.random.default_rng(0)))


def test_the_side_is_mirrored_as_by_the_pipeline(model, recording):
    live = StreamingClassifier(model)  # of a device on an unknown side, as on the right
    (mirrored,) = CanonicalSide().fit_transform([recording])
    right = live.predict_windows(mirrored)
    assert as_rows(right) == as_rows(live.predict_windows(recording))
    left = StreamingClassifier(model, side="left")
    pieces = pieces_of(recording, [TOTAL, GYROSCOPE], np.random.default_rng(0))
    assert as_rows(push_all(left, pieces)) == as_rows(right)
    assert as_rows(push_all(live, pieces)) != as_rows(right)
    # A recording that does not know its side is as the stream of its samples.
    without = replace(recording, side=None)
    assert as_rows(left.predict_windows(without)) == as_rows(right)


def test_total_acceleration_of_two_sensors(model, recording):
    total = recording.streams[TOTAL]
    gravity = np.tile([0.0, -9.0, 3.0], (750, 1))
    streams = {
        "Accelerometer": SensorStream(total.timestamps_s, total.values - gravity),
        "Gravity": SensorStream(total.timestamps_s, gravity),
        GYROSCOPE: recording.streams[GYROSCOPE],
    }
    two = replace(recording, streams=streams)
    live = StreamingClassifier(model, sensors=["Accelerometer", "Gravity", GYROSCOPE])
    of_one = StreamingClassifier(model).predict_windows(recording)
    of_two = live.predict_windows(two)
    for one, other in zip(of_one, of_two, strict=True):
        assert one.label == other.label
        np.testing.assert_allclose(one.probabilities, other.probabilities, atol=1e-4)
    with pytest.raises(ValueError, match="has no TotalAcceleration, but Accelerometer"):
        StreamingClassifier(model).predict_windows(two)


def test_axes_by_name_and_sensors_that_are_not_needed(model, recording):
    live = StreamingClassifier(model, side="left")
    expected = as_rows(live.predict_windows(recording))
    pieces = [
        (sensor, times_s, values[:, ::-1], "zyx")
        for sensor, times_s, values, _ in pieces_of(
            recording, [TOTAL, GYROSCOPE], np.random.default_rng(0)
        )
    ]
    assert live.push("Light", [1.0], [[300.0]]) == []
    assert live.push(GYROSCOPE, [], []) == []
    assert as_rows(push_all(live, pieces)) == expected
    live.reset()
    with pytest.raises(ValueError, match="'Gyroscope': the model needs y"):
        live.push(GYROSCOPE, [1.0], [[0.0, 0.0]], axes="xz")
    with pytest.raises(ValueError, match="values must have shape"):
        live.push(GYROSCOPE, [1.0], [[0.0, 0.0]])


def test_a_rotation_keeps_its_sign_from_block_to_block():
    rng = np.random.default_rng(0)
    times_s = np.arange(1500) / 100
    angle = 1.5 * times_s
    turn = np.stack([np.sin(angle), 0 * angle, 0 * angle, np.cos(angle)], axis=1)
    turn *= rng.choice([-1, 1], 1500)[:, np.newaxis]  # both signs are the same rotation
    axes = ("qx", "qy", "qz", "qw")
    sets = [
        Recording({"Orientation": SensorStream(times_s, turn, axes)}),
        Recording({"Orientation": SensorStream(times_s, turn[::-1], axes)}),
    ]
    flat = WindowedClassifier(
        make_pipeline(Flatten(), LogisticRegression()), window_seconds=4
    )
    pipeline = make_pipeline(Resampler(sampling_rate_hz=25), flat).fit(sets, ["a", "b"])
    live = StreamingClassifier(pipeline, step_seconds=1)
    seen = []
    live._model.answer = lambda values: seen.append(values) or ("a", None)
    live.predict_windows(sets[0])
    assert len(seen) == 11
    for values in seen:
        assert np.abs(np.diff(values, axis=1)).max() < 0.1
        assert values[3, 0] >= 0
    some = make_pipeline(
        Resampler(sampling_rate_hz=25, channels=["Orientation_qx"]), flat
    ).fit(sets, ["a", "b"])
    with pytest.raises(ValueError, match="needs all of qx, qy, qz, qw or none"):
        StreamingClassifier(some)


def test_a_sensor_that_falls_silent_does_not_fill_the_memory(model, recording):
    live = StreamingClassifier(model, side="left", max_buffered_samples=2000)
    rng = np.random.default_rng(0)
    times_s = np.arange(50 * 200) / 50
    values = rng.normal(size=(len(times_s), 3))
    for begin in range(0, len(times_s), 100):
        live.push(TOTAL, times_s[begin : begin + 100], values[begin : begin + 100])
        assert len(live._buffers[TOTAL]) <= 2000
    assert live.n_dropped_ > 7000
    # It comes back: windows are answered again once both have samples.
    start_s = float(times_s[-1])
    back = shifted(recording, start_s + 1)
    answers = push_on(live, back)
    offline = live.predict_windows(back)
    assert as_rows(answers[-15:]) == as_rows(offline[-15:])
    assert {a.time_s for a in answers} >= {a.time_s for a in offline[2:]}


def push_on(live, recording):
    pieces = pieces_of(recording, recording.streams, np.random.default_rng(0))
    return [a for piece in pieces for a in live.push(*piece)] + live.finish()


@pytest.mark.slow
def test_unknown_and_calibrated_answers(watch):
    new = watch.subject == watch.subject[0]
    known = ~new & (watch.target != "ABD") & (np.arange(140) % 3 == 0)
    X, y = [watch.data[i] for i in np.flatnonzero(known)], watch.target[known]
    clf = ExerciseClassifier("svm", unknown=0.1, calibration="temperature").fit(X, y)
    live = StreamingClassifier(clf, step_seconds=2)
    shares = {"ABD": [], "others": []}
    for i in np.flatnonzero(new)[:7]:
        answers = live.predict_windows(watch.data[i])
        unknown = [answer.label == "unknown" for answer in answers]
        shares["ABD" if watch.target[i] == "ABD" else "others"] += unknown
        sums = [answer.probabilities.sum() for answer in answers]
        np.testing.assert_allclose(sums, 1)
    assert np.mean(shares["ABD"]) > 3 * np.mean(shares["others"])
    # The classifier decides as without calibration, which has no probabilities.
    plain = StreamingClassifier(ExerciseClassifier("svm").fit(X, y), step_seconds=2)
    decided = plain.predict_windows(watch.data[i])
    best = [clf.classes_[answer.probabilities.argmax()] for answer in answers]
    assert best == [answer.label for answer in decided]
    assert {answer.probabilities for answer in decided} == {None}


def test_a_pipeline_of_ones_own(watch, recording):
    inner = make_pipeline(SummaryFeatures(sampling_rate_hz=25), SVC())
    pipeline = make_pipeline(
        Resampler(sampling_rate_hz=25, channels=[GYROSCOPE]), WindowedClassifier(inner)
    )
    pipeline.fit(watch.data[::10], watch.target[::10])
    live = StreamingClassifier(pipeline)
    assert live.sensors_ == [GYROSCOPE]
    answers = live.predict_windows(recording)
    assert {a.label for a in answers} <= set(watch.target)


def test_features_are_of_the_window_alone(watch, recording):
    steps = (
        Resampler(sampling_rate_hz=25, channels=[GYROSCOPE]),
        SummaryFeatures(),
        RandomForestClassifier(5, random_state=0),
    )
    pipeline = make_pipeline(*steps).fit(watch.data[::10], watch.target[::10])
    live = StreamingClassifier(pipeline, window_seconds=3, step_seconds=2)
    windows = live._predict_windows(recording)
    assert len(windows) == 5
    for answer, values in windows:
        (proba,) = pipeline[1:].predict_proba([values])
        assert values.shape == (3, 75)
        assert answer.probabilities.tolist() == proba.tolist()


def test_what_can_not_be_streamed_is_refused(model, watch):
    with pytest.raises(TypeError, match="needs a fitted ExerciseClassifier, or a Pipeline"):
        StreamingClassifier(SVC().fit([[0.0], [1.0]], [0, 1]))
    with pytest.raises(NotFittedError):
        StreamingClassifier(GridSearchCV(make_pipeline_for("svm"), {}))
    whole = make_pipeline_for("rf", fixed_length=50, channels=[GYROSCOPE])
    whole.fit(watch.data[::10], watch.target[::10])
    with pytest.raises(ValueError, match="has no windows. Give window_seconds"):
        StreamingClassifier(whole)
    live = StreamingClassifier(whole, window_seconds=3)
    assert len(live.predict_windows(watch.data[0])) > 10
    with pytest.raises(ValueError, match="channels differ .* missing .'Total"):
        StreamingClassifier(model, sensors=[GYROSCOPE])


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"step_seconds": 0}, "step_seconds must be a finite number above 0, got 0"),
        ({"step_seconds": 0.01}, "less than one timestep of the model at 25 Hz"),
        ({"before_seconds": np.nan}, "before_seconds must be a finite number"),
        ({"after_seconds": -1}, "after_seconds must be a finite number of at least 0"),
        ({"after_seconds": 0}, "after_seconds=0 is too short"),
        ({"max_gap_seconds": -1}, "max_gap_seconds must be a finite number of at least 0"),
        ({"lateness_seconds": np.inf}, "lateness_seconds must be a finite number"),
        ({"window_seconds": 0}, "window_seconds must be a finite number above 0"),
        ({"max_buffered_samples": 1}, "max_buffered_samples must be a whole number of"),
        ({"max_buffered_samples": 2e5}, "must be a whole number of at least 2, got 2000"),
        ({"step_seconds": "1"}, "step_seconds must be a finite number above 0, got '1'"),
        ({"side": "top"}, "side must be 'left', 'right' or None, got 'top'"),
    ],
)
def test_parameters_out_of_range_are_refused(model, parameters, message):
    with pytest.raises(ValueError, match=message):
        StreamingClassifier(model, **parameters)


def test_a_finished_stream_needs_a_reset(model, recording):
    live = StreamingClassifier(model, side="left")
    assert live.finish() == []
    with pytest.raises(RuntimeError, match="Call reset"):
        live.push(TOTAL, [0.0], [[0.0, 0.0, 0.0]])
    pieces = pieces_of(recording, recording.streams, np.random.default_rng(0))
    assert as_rows(push_all(live, pieces)) == as_rows(live.predict_windows(recording))
