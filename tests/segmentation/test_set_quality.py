"""How a set was done: tempo, slowing, pauses and range of motion, where they are known."""

import warnings
from dataclasses import replace

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from sk_imu import Recording, Repetition, SetQuality, find_bouts, set_quality
from sk_imu.datasets import make_exercise_recordings

RATE_HZ = 50.0
NAMES = [f"Gyroscope_{axis}" for axis in "xyz"]


def made(lengths_s, ranges_rad, pauses_s):
    """Return a set that turns there and back about one axis, and its repetitions."""
    parts, repetitions, now_s = [np.zeros(100)], [], 2.0
    for length_s, angle, pause_s in zip(lengths_s, ranges_rad, pauses_s, strict=True):
        n = round(length_s * RATE_HZ)
        phase = (np.arange(n) + 0.5) / n
        parts += [
            angle * np.pi / length_s * np.sin(2 * np.pi * phase),
            np.zeros(round(pause_s * RATE_HZ)),
        ]
        repetitions.append(Repetition(now_s, now_s + length_s, 1.0))
        now_s += length_s + pause_s
    turn = np.concatenate([*parts, np.zeros(100)])
    axis = Rotation.from_euler("xyz", [0.3, 1.1, -0.4]).apply([1.0, 0.0, 0.0])
    values = axis[:, np.newaxis] * turn
    values += 0.005 * np.random.default_rng(0).standard_normal(values.shape)
    recording = Recording.from_array(values, sampling_rate_hz=RATE_HZ, channel_names=NAMES)
    return recording, repetitions


LENGTHS_S = np.array([2.0, 2.0, 2.0, 2.2, 2.4, 2.6, 2.8, 3.0])
RANGES_RAD = np.array([1.2, 1.2, 1.2, 1.1, 1.1, 1.0, 0.9, 0.8])
PAUSES_S = np.array([0.0, 0.0, 0.8, 0.0, 0.0, 1.5, 0.0, 0.0])


def test_each_repetition_is_measured():
    quality = set_quality(*made(LENGTHS_S, RANGES_RAD, PAUSES_S))
    assert quality.tempo_s == pytest.approx(LENGTHS_S, abs=0.2)
    assert quality.range_rad == pytest.approx(RANGES_RAD, rel=0.05)
    assert quality.relative_range == pytest.approx(RANGES_RAD / 1.2, rel=0.05)
    assert quality.pauses_s == pytest.approx(PAUSES_S[:-1], abs=0.25)
    assert [pause > 0 for pause in quality.pauses_s] == (PAUSES_S[:-1] > 0).tolist()
    assert quality.slowing == pytest.approx(2.8 / 2.0, rel=0.03)
    assert quality.range_kept == pytest.approx(0.75, rel=0.03)


def test_tired_people_slow_down():
    data = make_exercise_recordings(3, 1, ["squat", "side_leg_raise"], random_state=1)
    for workout, truth in zip(data.data, data.repetitions, strict=True):
        (bout,) = find_bouts(workout)
        quality = set_quality(workout, bout.repetitions)
        lengths_s = np.diff(truth, axis=1)[:, 0]
        slowing = lengths_s[-3:].mean() / lengths_s[:3].mean()
        assert quality.slowing == pytest.approx(slowing, abs=0.04)
        assert 0.85 < quality.range_kept < 1.05
        assert np.median(quality.tempo_s) == pytest.approx(np.median(lengths_s), rel=0.1)


def test_without_a_gyroscope_there_is_no_range():
    workout = make_exercise_recordings(1, 1, ["squat"], random_state=1).data[0]
    streams = {"TotalAcceleration": workout.streams["TotalAcceleration"]}
    still = Recording(streams)
    (bout,) = find_bouts(still)
    quality = set_quality(still, bout.repetitions)
    assert np.isnan(quality.range_rad).all()
    assert np.isnan(quality.range_kept)
    with_both = set_quality(workout, bout.repetitions)
    assert np.median(quality.tempo_s) == pytest.approx(
        np.median(with_both.tempo_s), rel=0.1
    )


def test_a_gyroscope_without_signal_has_no_range_relative_to_the_first():
    workout = make_exercise_recordings(1, 1, ["squat"], random_state=1).data[0]
    gyroscope = workout.streams["Gyroscope"]
    dead = replace(gyroscope, values=np.zeros_like(gyroscope.values))
    workout = replace(workout, streams={**workout.streams, "Gyroscope": dead})
    (bout,) = find_bouts(workout)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        quality = set_quality(workout, bout.repetitions)
        assert set(quality.range_rad) == {0.0}
        assert np.isnan(quality.range_kept)
        assert np.isnan(quality.relative_range).all()


def test_short_sets_have_what_can_be_known():
    recording, repetitions = made(LENGTHS_S, RANGES_RAD, PAUSES_S)
    assert set_quality(recording, []) == SetQuality((), (), ())
    assert set_quality(recording, []).relative_range == ()
    one = set_quality(recording, repetitions[:1])
    assert len(one.tempo_s) == 1
    assert one.pauses_s == ()
    assert np.isnan(one.slowing)
    two = SetQuality((2.0, 3.0), (0.0,), (1.0, 0.5))
    assert (two.slowing, two.range_kept) == (1.5, 0.5)


def test_repetitions_of_another_recording_are_refused():
    recording, repetitions = made(LENGTHS_S, RANGES_RAD, PAUSES_S)
    with pytest.raises(ValueError, match=r"to 100\.00 s lies outside of the recording"):
        set_quality(recording, [*repetitions, Repetition(99.0, 100.0, 1.0)])
