"""Finding sets whose place in a workout is known; the estimator SetSegmenter."""

import pickle
from dataclasses import replace

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV, GroupKFold

from sk_imu import (
    DataQualityWarning,
    Recording,
    Resampler,
    SensorStream,
    SetSegmenter,
    find_bouts,
    segment_sets,
)
from sk_imu.datasets import make_exercise_recordings
from sk_imu.segmentation._annotations import label_of
from sk_imu.segmentation._set_segmenter import match_bouts

NAMES = [f"{s}_{axis}" for s in ("TotalAcceleration", "Gyroscope") for axis in "xyz"]


def workout(*periods_s, n_repetitions=8, rest_s=12.0, rate_hz=50.0, seed=0):
    """Return a recording with a set of each period between rests, and the true bouts."""
    rng = np.random.default_rng(seed)
    parts = [np.zeros((6, round(rest_s * rate_hz)))]
    bouts, begin_s = [], rest_s
    for period_s in periods_s:
        n = round(period_s * rate_hz)
        phase = np.arange(n * n_repetitions) / n
        move, turn = np.sin(np.pi * phase) ** 2, np.sin(2 * np.pi * phase)
        parts.append(np.array([4 * move, turn, 0 * turn, 2 * turn, move * turn, 0 * turn]))
        parts.append(parts[0])
        end_s = begin_s + period_s * n_repetitions
        bouts.append((begin_s, end_s))
        begin_s = end_s + rest_s
    values = np.concatenate(parts, axis=1)
    values = values + 0.05 * rng.standard_normal(values.shape)
    values[2] += 9.81
    recording = Recording.from_array(
        values, sampling_rate_hz=rate_hz, channel_names=NAMES, subject=seed, source="a.csv"
    )
    return recording, np.array(bouts)


@pytest.mark.parametrize("rate_hz", [10.0, 100.0])
def test_finds_sets_between_rests(rate_hz):
    recording, true = workout(1.5, 3.0, rate_hz=rate_hz)
    bouts = find_bouts(recording)
    assert np.array([(b.start_s, b.end_s) for b in bouts]) == pytest.approx(true, abs=1.0)
    assert [len(bout.repetitions) for bout in bouts] == [8, 8]
    assert all(0.8 < bout.confidence <= 1 for bout in bouts)


def without(recording, start_s, end_s, later_s=0.0):
    """Return a recording without a stretch, and what follows it later by some time."""
    streams = {}
    for sensor, stream in recording.streams.items():
        times = stream.timestamps_s
        kept = (times < start_s) | (times > end_s)
        moved = np.where(times > end_s, times + later_s, times)
        streams[sensor] = SensorStream(moved[kept], stream.values[kept])
    return replace(recording, streams=streams)


def test_a_gap_between_sets_is_reported_and_bridged():
    recording, truth = workout(2.0, 2.0)
    gap = truth[0, 1] + 3, truth[0, 1] + 7
    with pytest.warns(DataQualityWarning, match="interpolated over 2 gaps .*a.csv"):
        bouts = find_bouts(without(recording, *gap))
    assert len(bouts) == 2
    with pytest.raises(ValueError, match=r"a\.csv.*max_timesteps"):
        find_bouts(without(recording, *gap, later_s=31_536_000))


def test_what_is_missing_or_not_used_at_the_start_shifts_no_bout():
    recording, true = workout(1.5)
    gyroscope = recording.streams["Gyroscope"]
    late = gyroscope.timestamps_s >= 3
    values = np.where(late[:, np.newaxis], gyroscope.values, np.nan)
    missing = SensorStream(gyroscope.timestamps_s, values)
    one = replace(recording, streams={**recording.streams, "Gyroscope": missing})
    with pytest.warns(DataQualityWarning, match="missing"):
        (bout,) = find_bouts(one)
    assert (bout.start_s, bout.end_s) == pytest.approx(true[0], abs=1.0)
    # Gravity alone is no part of the movement, and so has no part in where it begins.
    gravity = SensorStream(gyroscope.timestamps_s[late], np.ones((late.sum(), 3)))
    one = replace(recording, streams={"Gyroscope": gyroscope, "Gravity": gravity})
    (bout,) = find_bouts(one)
    assert (bout.start_s, bout.end_s) == pytest.approx(true[0], abs=1.0)


def test_a_short_pause_does_not_end_a_set():
    recording, _ = workout(2.0, 2.0, rest_s=1.5)
    assert len(find_bouts(recording)) == 1


def test_rest_and_noise_are_not_sets():
    recording, _ = workout()
    assert find_bouts(recording) == []
    assert segment_sets(recording) == []


def test_handling_between_sets_is_not_a_set():
    recording, true = workout(2.0, 2.0, rest_s=15.0)
    stream = recording.streams["Gyroscope"]
    values = stream.values.copy()
    rng = np.random.default_rng(1)
    inside = (stream.timestamps_s > true[0, 1] + 3) & (stream.timestamps_s < true[1, 0] - 3)
    walk = np.cumsum(rng.standard_normal((int(inside.sum()), 3)), axis=0)
    values[inside] += walk / walk.std()
    streams = {**recording.streams, "Gyroscope": replace_values(stream, values)}
    assert len(find_bouts(replace(recording, streams=streams))) == 2


def replace_values(stream, values):
    return type(stream)(stream.timestamps_s, values, stream.axes)


def test_one_impossible_value_hides_no_set():
    recording, _ = workout(2.0)
    stream = recording.streams["Gyroscope"]
    values = stream.values.copy()
    values[100, 0] = 1e12
    streams = {**recording.streams, "Gyroscope": replace_values(stream, values)}
    (bout,) = find_bouts(replace(recording, streams=streams))
    assert len(bout.repetitions) == 8


def test_periods_may_be_shorter_than_a_timestep():
    bouts = find_bouts(workout(2.0)[0], min_period_s=0.001)
    assert [len(bout.repetitions) for bout in bouts] == [8]


def test_simulated_sets_are_found_one_to_one():
    # Between sets the person stands as at the start of a repetition, but is restless.
    data = make_exercise_recordings(1, 2, ("lunge", "squat"), random_state=0)
    for recording, true, repetitions in zip(
        data.data, data.bouts, data.repetitions, strict=True
    ):
        bouts = find_bouts(recording)
        found = [(bout.start_s, bout.end_s) for bout in bouts]
        pairs = match_bouts(true, found, min_overlap=0.7)
        assert len(pairs) == len(bouts) == len(true) == 2
        middles = repetitions.mean(axis=1)
        for i, j in pairs:
            n_true = np.sum((middles > true[i, 0]) & (middles < true[i, 1]))
            assert abs(len(bouts[j].repetitions) - n_true) <= 1


def test_sets_are_recordings_for_a_pipeline():
    recording, _ = workout(1.5, 3.0)
    sets, bouts = segment_sets(recording, return_bouts=True)
    assert len(Resampler(sampling_rate_hz=20).fit_transform(sets)) == len(bouts) == 2
    for piece, bout in zip(sets, bouts, strict=True):
        start_s, end_s = piece.overlap_s
        assert (start_s, end_s) == pytest.approx((bout.start_s, bout.end_s), abs=0.03)
        assert piece.source == "a.csv"
        assert "confidence" in piece.notes[-1]


def marked(*annotations, label=None):
    clock = np.arange(100.0)
    return Recording.from_array(
        np.zeros((3, len(clock))),
        sampling_rate_hz=1,
        channel_names=NAMES[3:],
        annotations=annotations,
        label=label,
    )


@pytest.mark.parametrize(
    ("annotations", "labels"),
    [
        ([], [None, None]),
        ([(15.0, "squat")], ["squat", None]),  # just before
        ([(5.0, "squat")], [None, None]),  # too early
        ([(25.0, "squat"), (70.0, " lunge ")], ["squat", "lunge"]),  # inside
        ([(15.0, "squat"), (25.0, "tired")], ["squat", None]),
        ([(12.0, "lunge"), (18.0, "squat")], ["squat", None]),
        ([(39.5, "squat")], ["squat", None]),  # inside the first, not before the second
        ([(1.0, "squat start"), (90.0, "Squat stop")], [None, None]),  # different texts
        ([(1.0, "Start squat"), (90.0, "squat stop")], ["squat", "squat"]),
        ([(1.0, "start: squat"), (45.0, "end squat")], ["squat", None]),
        ([(42.0, "squat end")], [None, None]),  # does not label the next
    ],
)
def test_marks_label_bouts(annotations, labels):
    spans = [(20.0, 40.0), (50.0, 80.0)]
    recording = marked(*annotations)
    assert [label_of(recording, i, spans, 10.0) for i in (0, 1)] == labels


def test_a_set_without_a_mark_has_the_recordings_label():
    recording = marked((15.0, "squat"), label="workout")
    spans = [(20.0, 40.0), (60.0, 80.0)]
    assert [label_of(recording, i, spans, 10.0) for i in (0, 1)] == ["squat", "workout"]


def test_marks_reach_the_sets():
    recording, true = workout(1.5, 3.0)
    recording = replace(recording, annotations=[(true[1, 0] - 4, "lunge")])
    assert [piece.label for piece in segment_sets(recording)] == [None, "lunge"]


@pytest.mark.parametrize(
    ("true", "found", "pairs"),
    [
        ([(0, 10)], [(0, 10)], [(0, 0)]),
        ([(0, 10)], [(5, 10)], [(0, 0)]),
        ([(0, 10)], [(6, 10)], []),
        ([(0, 10), (20, 30)], [(21, 29), (1, 9)], [(0, 1), (1, 0)]),
        ([(0, 10)], [(0, 6), (4, 10)], [(0, 0)]),
        ([], [(0, 1)], []),
        ([(0, 1)], [], []),
    ],
)
def test_bouts_are_matched_by_overlap(true, found, pairs):
    assert match_bouts(true, found) == pairs


# check_estimator cannot make Recordings, so the contract of an estimator is tested here.


def test_segmenter_predicts_seconds_and_scores_f1():
    (one, y_one), (two, _) = workout(1.5, 3.0), workout(seed=1)
    segmenter = SetSegmenter()
    assert segmenter.fit([one, two]) is segmenter
    assert segmenter.n_recordings_ == 2
    found = segmenter.predict([one, two])
    assert [bouts.shape for bouts in found] == [(2, 2), (0, 2)]
    assert segmenter.score([one, two], [y_one, []]) == 1
    # 2 correct of 2 found and 4 true.
    assert segmenter.score([one, two], [y_one, y_one]) == pytest.approx(2 / 3)
    assert segmenter.score([two], [[]]) == 1


def test_segmenter_predicts_what_find_bouts_finds():
    recording, _ = workout(1.5, 3.0)
    segmenter = SetSegmenter(min_repetitions=4, max_period_s=2.0).fit([recording])
    bouts = find_bouts(recording, min_repetitions=4, max_period_s=2.0)
    assert segmenter.predict([recording])[0].tolist() == [
        [b.start_s, b.end_s] for b in bouts
    ]


def test_segmenter_clones_pickles_and_keeps_its_parameters_in_fit():
    recording, _ = workout(1.5)
    segmenter = SetSegmenter(min_intensity=0.2)
    before = segmenter.get_params()
    again = pickle.loads(pickle.dumps(segmenter.fit([recording])))
    assert segmenter.get_params() == clone(segmenter).get_params() == before
    np.testing.assert_array_equal(
        again.predict([recording]), segmenter.predict([recording])
    )


def test_label_is_never_read():
    recording, _ = workout(1.5)
    segmenter = SetSegmenter().fit([recording])
    other = segmenter.predict([replace(recording, label="something else")])
    np.testing.assert_array_equal(other, segmenter.predict([recording]))


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"min_periodicity": 1.5}, "min_periodicity"),
        ({"min_repetitions": 0}, "min_repetitions"),
        ({"min_intensity": "much"}, "min_intensity"),
        ({"min_period_s": 11.0}, "min_period_s must be less than max_period_s"),
    ],
)
def test_invalid_thresholds_are_refused(parameters, message):
    recording, _ = workout(1.5)
    with pytest.raises(ValueError, match=message):
        find_bouts(recording, **parameters)
    with pytest.raises(ValueError, match=message):
        segment_sets(recording, **parameters)
    with pytest.raises(ValueError, match=message):
        SetSegmenter(**parameters).fit([recording])


def test_invalid_input_is_refused():
    recording, bouts = workout(1.5)
    with pytest.raises(ValueError, match="row 1 of X is a str"):
        SetSegmenter().fit([recording, "b.csv"])
    with pytest.raises(ValueError, match="at least one recording"):
        SetSegmenter().fit([])
    with pytest.raises(NotFittedError):
        SetSegmenter().predict([recording])
    with pytest.raises(ValueError, match="y has the bouts of 2 recordings, X has 1"):
        SetSegmenter().fit([recording]).score([recording], [bouts, bouts])


def test_thresholds_are_tuned_by_grid_search_over_people():
    people = [workout(2.0, 1.5, seed=seed) for seed in range(2)]
    X, y = [recording for recording, _ in people], [bouts for _, bouts in people]
    search = GridSearchCV(
        SetSegmenter(), {"min_repetitions": [3, 20]}, cv=GroupKFold(2), error_score="raise"
    )
    search.fit(X, y, groups=[0, 1])
    assert search.best_params_ == {"min_repetitions": 3}
    assert search.best_score_ == 1
