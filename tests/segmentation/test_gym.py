"""What a gym adds to a set: handling before and after, slow and slowing repetitions.

Counts must not depend on how the device measures, either.
"""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import uniform_filter1d
from scipy.spatial.transform import Rotation

from sk_imu import Recording, SensorStream, find_bouts
from sk_imu.datasets import make_exercise_recordings

NAMES = [f"{s}_{axis}" for s in ("TotalAcceleration", "Gyroscope") for axis in "xyz"]
RATE_HZ = 50.0


def handling(seconds, size, seed):
    """Return movement without a period: walking about, taking and racking a weight."""
    rng = np.random.default_rng(seed)
    n = round(seconds * RATE_HZ)
    clock = np.arange(n) / RATE_HZ
    waves = rng.uniform(0.2, 2.0, (6, 12, 1)) * clock + rng.uniform(size=(6, 12, 1))
    drifts = np.cumsum(rng.standard_normal((6, 12, n)), axis=2) * 0.02
    return size * np.sin(2 * np.pi * (waves + drifts)).mean(axis=1) * np.sqrt(12)


def one_set(periods_s, size):
    """Return repetitions of some length each; weak ones are those of slow exercises."""
    parts = []
    for period_s in periods_s:
        phase = np.arange(round(period_s * RATE_HZ)) / round(period_s * RATE_HZ)
        move, turn = np.sin(np.pi * phase) ** 2, np.sin(2 * np.pi * phase)
        parts.append(
            size * np.array([3 * move, -2 * move, 0 * turn, turn, -turn / 2, 0 * turn])
        )
    return np.concatenate(parts, axis=1)


def gym(periods_s, size=0.5, ready_s=1.5):
    """Return a recording of one set with handling around it, and where the set is."""
    n_ready = round(ready_s * RATE_HZ)
    parts = [
        handling(12, 1.5, 1),
        np.zeros((6, n_ready)),
        one_set(periods_s, size),
        np.zeros((6, n_ready)),
        handling(10, 1.5, 2),
    ]
    values = np.concatenate(parts, axis=1)
    values += 0.02 * np.random.default_rng(0).standard_normal(values.shape)
    values[2] += 9.81
    recording = Recording.from_array(values, sampling_rate_hz=RATE_HZ, channel_names=NAMES)
    begin_s = 12.0 + ready_s
    return recording, (begin_s, begin_s + float(np.sum(periods_s)))


@pytest.mark.parametrize(
    "periods_s",
    [
        [5.0] * 6,
        np.linspace(3.5, 7.0, 8),  # slower towards failure
        [4.0, 4.2],
        [9.0] * 5,
        [1.2] * 20,
    ],
    ids=["slow", "slowing", "two", "very slow", "fast"],
)
def test_only_the_set_is_counted(periods_s):
    recording, truth = gym(periods_s)
    (bout,) = find_bouts(recording)
    assert len(bout.repetitions) == len(periods_s)
    assert (bout.start_s, bout.end_s) == pytest.approx(truth, abs=1.5)


@pytest.mark.parametrize("seed", range(4))
def test_handling_alone_is_no_set(seed):
    values = handling(60, 1.5, seed)
    recording = Recording.from_array(values, sampling_rate_hz=RATE_HZ, channel_names=NAMES)
    assert find_bouts(recording) == []


@pytest.fixture(scope="module")
def workouts():
    names = ["squat", "jumping_jack"]
    made = make_exercise_recordings(1, 2, names, sensors="ideal", random_state=0)
    return dict(zip(names, made.data, strict=True))


def changed(recording, change, shift_s=0.0):
    """Return a recording whose streams' times and values are changed."""
    streams = {}
    for sensor in ("TotalAcceleration", "Gyroscope"):
        stream = recording.streams[sensor]
        times_s, values = change(stream.timestamps_s, stream.values.copy())
        streams[sensor] = SensorStream(times_s + shift_s, values, stream.axes)
    return replace(recording, streams=streams)


def at_rate(rate_hz):
    """Return a change to another rate, by means and interpolation."""

    def change(times_s, values):
        grid = np.arange(times_s[0], times_s[-1], 1 / rate_hz)
        # A sensor that filters gives the mean over the time since its last sample.
        size = max(round(1 / rate_hz / np.median(np.diff(times_s))), 1)
        means = uniform_filter1d(values, size, axis=0)
        return grid, np.stack([np.interp(grid, times_s, v) for v in means.T], axis=1)

    return change


ROTATION = Rotation.from_euler("xyz", [0.4, 1.9, -2.2])


@pytest.mark.parametrize(
    ("change", "shift_s"),
    [
        (at_rate(12.5), 0.0),
        (at_rate(25.0), 0.0),
        (at_rate(200.0), 0.0),
        (lambda t, v: (t, 0.6 * v), 0.0),
        (lambda t, v: (t, 1.7 * v), 0.0),
        (lambda t, v: (t, ROTATION.apply(v)), 0.0),
        (lambda t, v: (t, v + np.array([0.4, -0.2, 0.3])), 0.0),
        (lambda t, v: (t, v), 5000.3),
    ],
    ids=["12.5 Hz", "25 Hz", "200 Hz", "weaker", "stronger", "turned", "offset", "later"],
)
@pytest.mark.parametrize("exercise", ["squat", "jumping_jack"])
def test_how_the_device_measures_changes_no_count(workouts, exercise, change, shift_s):
    plain = find_bouts(workouts[exercise])
    found = find_bouts(changed(workouts[exercise], change, shift_s))
    assert [len(b.repetitions) for b in found] == [len(b.repetitions) for b in plain]
    starts_s = [b.start_s - shift_s for b in found]
    assert starts_s == pytest.approx([b.start_s for b in plain], abs=0.6)


@pytest.fixture(scope="module")
def gyms():
    """Return simulated sets with what fools a counter, and what is found in each."""
    every = {"handling": 1.0, "slowing": 0.8, "double_peaks": 0.5, "walking_s": 5.0}
    found = {}
    for names in (["handling"], ["slowing"], ["double_peaks"], ["walking_s"], every):
        made = make_exercise_recordings(
            1,
            1,
            ["squat", "lunge"],
            rest_s=(20, 22),
            sensors="ideal",
            random_state=0,
            **{name: every[name] for name in names},
        )
        for recording, repetitions in zip(made.data, made.repetitions, strict=True):
            counts = [len(bout.repetitions) for bout in find_bouts(recording)]
            assert counts == [len(repetitions)]
            found[" ".join([*names, recording.label])] = recording, counts
    return found


@settings(max_examples=25, deadline=None, derandomize=True)
@given(
    which=st.integers(0, 9),
    rate_hz=st.floats(12.5, 200.0),
    gain=st.floats(0.6, 1.7),
    angles=st.tuples(*[st.floats(-np.pi, np.pi)] * 3),
    offset=st.tuples(*[st.floats(-0.4, 0.4)] * 3),
    shift_s=st.floats(0.0, 1e5),
)
def test_no_combination_of_these_changes_a_count(
    gyms, which, rate_hz, gain, angles, offset, shift_s
):
    turn, rate = Rotation.from_euler("xyz", angles), at_rate(rate_hz)

    def change(times_s, values):
        return rate(times_s, gain * turn.apply(values) + offset)

    name = list(gyms)[which]
    recording, counts = gyms[name]
    found = find_bouts(changed(recording, change, shift_s))
    assert (name, [len(b.repetitions) for b in found]) == (name, counts)


@pytest.mark.parametrize("sensor", ["TotalAcceleration", "Gyroscope"])
def test_one_sensor_counts_the_same(sensor):
    recording, truth = gym([4.0] * 8)
    one = replace(recording, streams={sensor: recording.streams[sensor]})
    (bout,) = find_bouts(one)
    assert len(bout.repetitions) == 8
    assert (bout.start_s, bout.end_s) == pytest.approx(truth, abs=2.0)


def test_a_short_set_fills_its_recording():
    # Five fast repetitions with a barbell, recorded from just before to just after.
    recording, (start_s, end_s) = gym([1.3] * 5, size=1.5)
    piece = recording.between(start_s - 0.2, end_s + 0.2)
    (bout,) = find_bouts(changed(piece, at_rate(12.5)))
    assert len(bout.repetitions) == 5


@pytest.mark.parametrize(("pause_s", "within"), [(0.0, 1), (1.0, 0)])
def test_a_number_is_certain_where_repetitions_are_apart(pause_s, within):
    # Without pauses, a set could as well begin and end in the middle of a repetition.
    part = one_set([2.0], 1.0)
    apart = np.pad(part, ((0, 0), (0, round(pause_s * RATE_HZ))))
    rest = np.zeros((6, 500))
    values = np.concatenate([rest, *[apart] * 8, rest], axis=1)
    values += 0.05 * np.random.default_rng(0).standard_normal(values.shape)
    values[2] += 9.81
    recording = Recording.from_array(values, sampling_rate_hz=RATE_HZ, channel_names=NAMES)
    (bout,) = find_bouts(recording)
    assert (len(bout.repetitions), bout.within) == (8, within)
