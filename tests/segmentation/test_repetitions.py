"""Finding repetitions where their number is known."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from sk_imu import Recording, Repetition, SensorStream, cut_repetitions, find_repetitions
from sk_imu.datasets import load_watch

AXES = "xyz"
NAMES = [
    f"{sensor}_{axis}" for sensor in ("TotalAcceleration", "Gyroscope") for axis in AXES
]


def exercise(n_repetitions, period_s=2.0, rate_hz=50.0, pause_s=0.0, around_s=0.0, seed=0):
    """Return a set whose repetitions differ a little in length and size."""
    rng = np.random.default_rng(seed)
    parts = [np.zeros((6, round(around_s * rate_hz)))]
    for _ in range(n_repetitions):
        n = round(period_s * rng.uniform(0.92, 1.08) * rate_hz)
        phase = np.arange(n) / n
        move = np.sin(np.pi * phase) ** 2
        turn = np.sin(2 * np.pi * phase)
        size = rng.uniform(0.9, 1.1)
        part = np.array([4 * move, turn, 0 * turn, 2 * turn, move * turn, 0 * turn]) * size
        parts += [part, np.zeros((6, round(pause_s * rate_hz)))]
    parts.append(np.zeros((6, round(around_s * rate_hz))))
    values = np.concatenate(parts, axis=1)
    values = values + 0.05 * rng.standard_normal(values.shape)
    values[2] += 9.81
    return Recording.from_array(
        values, sampling_rate_hz=rate_hz, channel_names=NAMES, label="squat", subject=7
    )


def rotated(recording, rotation):
    streams = {
        sensor: SensorStream(stream.timestamps_s, rotation.apply(stream.values.copy()))
        for sensor, stream in recording.streams.items()
    }
    return Recording(streams)


@pytest.mark.parametrize("rate_hz", [10.0, 59.36, 100.0])
@pytest.mark.parametrize("period_s", [1.0, 2.5, 5.0])
def test_counts_at_any_rate_and_tempo(rate_hz, period_s):
    assert len(find_repetitions(exercise(10, period_s, rate_hz))) == 10


@pytest.mark.parametrize("pause_s", [0.5, 1.5])
def test_counts_over_pauses_and_excludes_rest(pause_s):
    recording = exercise(8, 2.0, pause_s=pause_s, around_s=2.0)
    found = find_repetitions(recording)
    assert len(found) == 8
    # A pause is shared by the repetitions before and after it.
    last_s = recording.duration_s - 2.0 - pause_s
    assert found[0].start_s == pytest.approx(2.0 - pause_s / 2, abs=0.3)
    assert found[-1].end_s == pytest.approx(last_s + pause_s / 2, abs=0.3)


def test_repetitions_are_ordered_within_the_set_and_confident():
    recording = exercise(12)
    found = find_repetitions(recording)
    ends = np.array([(r.start_s, r.end_s) for r in found]).ravel()
    # Each begins where the one before ends, or later, up to rounding of the clock.
    assert (np.diff(ends) >= -1e-9).all()
    assert ends[0] >= 0
    assert ends[-1] <= recording.duration_s + 1e-9
    assert all(0.4 <= r.confidence <= 1 for r in found)
    assert np.median([r.duration_s for r in found]) == pytest.approx(2.0, abs=0.2)


def test_rotating_the_device_changes_nothing():
    recording = exercise(10)
    rotation = Rotation.from_euler("xyz", [0.4, 1.9, -2.2])
    plain, turned = (
        find_repetitions(recording),
        find_repetitions(rotated(recording, rotation)),
    )
    assert [r.start_s for r in plain] == pytest.approx([r.start_s for r in turned])


@pytest.mark.parametrize("sensor", ["TotalAcceleration", "Gyroscope"])
def test_one_sensor_is_enough(sensor):
    recording = exercise(10)
    assert len(find_repetitions(Recording({sensor: recording.streams[sensor]}))) == 10


def test_separate_gravity_is_added():
    total = exercise(10).streams["TotalAcceleration"]
    gravity = np.tile([0, 0, 9.81], (total.n_samples, 1))
    parts = {
        "Accelerometer": SensorStream(total.timestamps_s, total.values - gravity),
        "Gravity": SensorStream(total.timestamps_s, gravity),
    }
    whole = find_repetitions(Recording({"TotalAcceleration": total}))
    assert [r.start_s for r in find_repetitions(Recording(parts))] == pytest.approx(
        [r.start_s for r in whole]
    )


@pytest.mark.parametrize("seed", range(3))
def test_noise_has_no_repetitions(seed):
    noise = np.random.default_rng(seed).standard_normal((6, 1500))
    recording = Recording.from_array(noise, sampling_rate_hz=50, channel_names=NAMES)
    assert find_repetitions(recording) == []


@pytest.mark.parametrize("n_timesteps", [5, 30])
def test_a_short_recording_or_rest_has_no_repetitions(n_timesteps):
    recording = Recording.from_array(
        np.zeros((6, n_timesteps)), sampling_rate_hz=50, channel_names=NAMES
    )
    assert find_repetitions(recording) == []


def test_a_recording_without_acceleration_or_gyroscope_is_refused():
    clock = np.arange(100) / 50
    field = Recording(
        {"Magnetometer": SensorStream(clock, np.zeros((100, 3)))}, source="here.csv"
    )
    with pytest.raises(ValueError, match=r"here\.csv: .* only Magnetometer"):
        find_repetitions(field)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"min_period_s": 0}, "'min_period_s' parameter of find_repetitions"),
        ({"min_confidence": 2}, "'min_confidence' parameter of find_repetitions"),
        ({"min_period_s": 10}, "find_repetitions: min_period_s must be less than max_per"),
        ({"max_period_s": 0.5}, "got 0.8 and 0.5"),
    ],
)
def test_invalid_thresholds_are_refused(parameters, message):
    with pytest.raises(ValueError, match=message):
        find_repetitions(exercise(3), **parameters)


def test_a_path_is_refused():
    with pytest.raises(TypeError, match="got a str. .*read a file with read_recording"):
        find_repetitions("squats.zip")


def test_ten_squats_give_ten_labeled_pieces():
    recording = exercise(10)
    pieces = cut_repetitions(recording)
    assert [(piece.label, piece.subject) for piece in pieces] == [("squat", 7)] * 10
    times = [piece.streams["Gyroscope"].start_s for piece in pieces]
    assert times == sorted(times)


def test_cuts_at_given_repetitions():
    pieces = cut_repetitions(exercise(10), [Repetition(1.0, 2.0, 1.0)])
    assert [piece.duration_s for piece in pieces] == [pytest.approx(1.0)]


def test_counts_twenty_in_sets_of_the_watch_data():
    sets = [load_watch().data[row] for row in (1, 28, 95, 128)]
    assert [len(find_repetitions(recording)) for recording in sets] == [20, 20, 20, 20]
