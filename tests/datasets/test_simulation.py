"""The simulated phone: all sensors measure one movement, whose truth is known."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from sk_imu import Recording, Resampler
from sk_imu.datasets import make_exercise_recordings
from sk_imu.datasets._exercise_motions import COORDINATES, EXERCISES, PLACEMENTS
from sk_imu.datasets._phone_motion import PhoneMotion
from sk_imu.recording import STANDARD_GRAVITY

ALL = sorted(EXERCISES)


@pytest.fixture(scope="module")
def ideal():
    return make_exercise_recordings(
        1, 2, ALL, n_repetitions=(3, 3), rest_s=(4, 5), sensors="ideal", random_state=0
    )


@pytest.fixture(scope="module")
def made():
    return make_exercise_recordings(n_subjects=2, n_sets=2, random_state=0)


def attitude(recording):
    return Rotation.from_quat(recording.streams["Orientation"].values[:, :4])


def values(recording, sensor):
    return recording.streams[sensor].values


def motion_of(exercise, placement="front pocket", side="left"):
    """One repetition after a second of standing, then another second of it."""
    kind = EXERCISES[exercise]
    times_s = np.arange(-200, 200 * (kind.duration_s + 1) + 1) / 200
    u = times_s / kind.duration_s
    pose = {name: np.zeros(len(u)) for name in COORDINATES}
    inside = (u > 0) & (u < 1)
    for name, moved in kind.pose(u[inside], 1.0, kind.duration_s).items():
        pose[name][inside] = moved
    pose["heading"] = 0.3 * np.sin(times_s)
    mount = Rotation.from_rotvec([0.4, -1.0, 2.0])
    return PhoneMotion(times_s, pose, placement, side, mount), kind.duration_s


@pytest.mark.parametrize("placement", PLACEMENTS)
@pytest.mark.parametrize("exercise", ALL)
def test_integrated_gyroscope_is_the_attitude(exercise, placement):
    motion, duration_s = motion_of(exercise, placement)
    times_s = np.linspace(-0.5, duration_s + 0.5, 8001)
    step_s = times_s[1] - times_s[0]
    # Half-way rates make steps of second order.
    rates = motion.angular_rate(times_s[:-1] + step_s / 2)
    steps = Rotation.from_rotvec(rates * step_s)
    while len(steps) > 1:
        # Neighbours become one, and of an odd number the last stays.
        pairs = steps[:-1:2] * steps[1::2]
        steps = Rotation.concatenate([pairs, steps[-1:]]) if len(steps) % 2 else pairs
    turned = motion.attitude(times_s[:1])[0] * steps[0]
    error = turned.inv() * motion.attitude(times_s[-1:])[0]
    assert error.magnitude() < 2e-5


@pytest.mark.parametrize("exercise", ALL)
def test_acceleration_is_the_second_derivative_of_the_position(exercise):
    motion, duration_s = motion_of(exercise)
    times_s, h = np.linspace(-0.4, duration_s + 0.4, 500), 1e-4
    around = [motion.position_m(times_s + k * h) for k in (-1, 0, 1)]
    second = (around[0] - 2 * around[1] + around[2]) / h**2
    np.testing.assert_allclose(motion.world_acceleration(times_s), second, atol=1e-3)


@pytest.mark.parametrize("exercise", ALL)
def test_closed_movement_has_no_mean_acceleration(exercise):
    motion, duration_s = motion_of(exercise)
    # Without turning round, both ends are the same place at rest.
    times_s = np.linspace(-0.9, duration_s + 0.9, 40001)
    world = motion.world_acceleration(times_s)
    gain = np.trapezoid(world, times_s, axis=0)
    turning = np.diff(motion._position(times_s[[0, -1]], nu=1), axis=0)[0]
    np.testing.assert_allclose(gain, turning, atol=1e-5)
    assert abs(gain[2]) < 1e-5  # up and down nobody turns


@pytest.mark.parametrize("row", range(len(ALL)), ids=ALL)
def test_streams_of_ideal_sensors_agree(ideal, row):
    recording = ideal.data[row]
    gravity = values(recording, "Gravity")
    total = values(recording, "Accelerometer") + gravity
    np.testing.assert_allclose(values(recording, "TotalAcceleration"), total, atol=1e-12)
    down = attitude(recording).inv().apply([0, 0, STANDARD_GRAVITY])
    np.testing.assert_allclose(gravity, down, atol=1e-12)
    np.testing.assert_allclose(np.linalg.norm(gravity, axis=1), STANDARD_GRAVITY)
    # Android's angles, as measured on a real recording: intrinsic z, x, y, two of them
    # clockwise.
    roll, pitch, yaw = values(recording, "Orientation")[:, 4:].T
    again = Rotation.from_euler("ZXY", np.stack([-yaw, -pitch, roll], 1))
    assert (again.inv() * attitude(recording)).magnitude().max() < 1e-7


@pytest.mark.parametrize("row", range(len(ALL)), ids=ALL)
def test_gyroscope_integrates_to_the_quaternion_from_sample_to_sample(ideal, row):
    recording = ideal.data[row]
    rate, turned = values(recording, "Gyroscope"), attitude(recording)
    # Simpson over two intervals: good to the fourth order where turns are small.
    mean = (rate[:-2] + 4 * rate[1:-1] + rate[2:]) / 6
    step = Rotation.from_rotvec(mean * 0.02)
    error = (step.inv() * (turned[:-2].inv() * turned[2:])).magnitude()
    assert error.max() < 2e-3
    assert np.median(error) < 1e-7


def test_phone_at_rest_measures_gravity_upward(ideal):
    for recording in ideal.data:
        still = recording.streams["TotalAcceleration"].timestamps_s < 0.5
        felt = values(recording, "TotalAcceleration")[still]
        up = attitude(recording)[still].apply(felt)
        np.testing.assert_allclose(up, np.broadcast_to([0, 0, 9.8], up.shape), atol=0.1)


def test_hip_is_weightless_in_the_flight_of_a_jumping_jack():
    motion, duration_s = motion_of("jumping_jack", placement="waist")
    felt = np.linalg.norm(motion.specific_force(np.linspace(0.0, duration_s, 2000)), axis=1)
    in_flight = felt < 0.5
    assert 2 * 0.17 - 0.06 < in_flight.mean() < 2 * 0.17 + 0.1
    assert felt.max() > 2 * STANDARD_GRAVITY


@pytest.mark.parametrize("exercise", ALL)
def test_sides_mirror_each_other(exercise):
    poses = []
    for side in ("left", "right"):
        motion, duration_s = motion_of(exercise, side=side)
        poses.append(motion.position_m(np.linspace(0, duration_s, 50)))
    np.testing.assert_allclose(poses[0][:, 2], poses[1][:, 2], atol=1e-9)


def test_truth_arrays(made):
    assert len(made.data) == len(made.bouts) == len(made.repetitions) == 2 * 3
    assert list(made.target[:3]) == ["jumping_jack", "lunge", "squat"]
    for recording, bouts, repetitions in zip(
        made.data, made.bouts, made.repetitions, strict=True
    ):
        assert isinstance(recording, Recording)
        assert recording.source.startswith("simulated: ")
        assert bouts.shape == (2, 2)
        assert (np.diff(bouts.ravel()) > 0).all()
        assert bouts[0, 0] >= 8
        assert recording.overlap_s[1] >= bouts[-1, 1] + 7
        assert (np.diff(repetitions, axis=1) > 0).all()
        assert (repetitions[1:, 0] >= repetitions[:-1, 1] - 1e-9).all()
        inside = [
            (repetitions[:, 0] >= start) & (repetitions[:, 1] <= end)
            for start, end in bouts
        ]
        assert all(8 <= count.sum() <= 12 for count in inside)
        assert sum(count.sum() for count in inside) == len(repetitions)


def test_sets_move_and_rests_hardly_do(made):
    for recording, bouts in zip(made.data, made.bouts, strict=True):
        stream = recording.streams["Accelerometer"]
        times_s = stream.timestamps_s
        moving = np.any([(times_s > a) & (times_s < b) for a, b in bouts], axis=0)
        # The offset of the sensor is there all the time.
        size = np.linalg.norm(stream.values - np.median(stream.values[~moving], 0), axis=1)
        assert np.median(size[moving]) > 10 * np.median(size[~moving])


def test_sensors_have_the_clocks_of_the_paper(made):
    for recording in made.data:
        streams = recording.streams
        assert min(stream.start_s for stream in streams.values()) == 0
        assert max(stream.start_s for stream in streams.values()) <= 0.4
        for sensor in ("Accelerometer", "Gravity", "TotalAcceleration"):
            assert streams[sensor].rate_hz == pytest.approx(52.713, rel=2e-3)
        assert 59.4 < streams["Orientation"].rate_hz < 60.6
        for stream in streams.values():
            intervals_s = np.diff(stream.timestamps_s)
            assert intervals_s.min() > 0.005
            assert 1e-4 < intervals_s.std() < 2e-3


def test_noisy_sensors_still_agree_within_their_datasheets(made):
    recording = made.data[2]
    names = ["Accelerometer", "Gravity", "TotalAcceleration"]
    x = Resampler(sampling_rate_hz=50, channels=names).fit_transform([recording])[0]
    still = x[:, :200]  # everybody stands at first
    error = still[:3] + still[3:6] - still[6:]
    assert np.sqrt((error**2).mean()) < 0.05
    assert np.linalg.norm(still[6:], axis=0) == pytest.approx(STANDARD_GRAVITY, abs=1.5)


def test_the_same_seed_gives_the_same_and_more_people_change_nobody(made):
    again = make_exercise_recordings(1, 2, ["squat", "lunge"], random_state=0)
    np.testing.assert_array_equal(
        values(again.data[0], "Gyroscope"), values(made.data[2], "Gyroscope")
    )
    other = make_exercise_recordings(1, 2, ["squat"], random_state=1)
    assert len(values(other.data[0], "Gyroscope")) != len(values(made.data[2], "Gyroscope"))


def test_people_differ(made):
    lengths_s = [np.diff(r, axis=1).mean() for r in made.repetitions]
    assert abs(lengths_s[0] / lengths_s[3] - 1) > 0.02


def test_sets_are_cut_at_the_truth(made):
    sets = make_exercise_recordings(2, 2, continuous=False, random_state=0)
    assert len(sets.data) == 12
    assert list(sets.target[:2]) == ["jumping_jack"] * 2
    for recording, (bout,), repetitions in zip(
        sets.data, sets.bouts, sets.repetitions, strict=True
    ):
        start_s, end_s = recording.overlap_s
        assert start_s == pytest.approx(bout[0] - 0.5, abs=0.05)
        assert end_s == pytest.approx(bout[1] + 0.5, abs=0.05)
        assert repetitions[0, 0] == bout[0]
        assert repetitions[-1, 1] == bout[1]
    np.testing.assert_array_equal(sets.bouts[1], made.bouts[0][1:])


def gym_set(**additions):
    """Return one set of squats at 100 Hz, and when its repetitions are."""
    made = make_exercise_recordings(
        1, 1, ["squat"], rest_s=(20, 22), sensors="ideal", random_state=0, **additions
    )
    return made.data[0], made.repetitions[0]


@pytest.mark.parametrize("name", ["handling", "walking_s"])
def test_walking_and_handling_move_before_and_after_a_set_only(name):
    plain, repetitions = gym_set()
    added, same = gym_set(**{name: 1.0 if name == "handling" else 5.0})
    np.testing.assert_array_equal(same, repetitions)
    times_s = plain.streams["Gyroscope"].timestamps_s
    away = np.linalg.norm(values(added, "Gyroscope") - values(plain, "Gyroscope"), axis=1)
    begin_s, end_s = repetitions[0, 0], repetitions[-1, 1]
    assert away[(times_s > begin_s) & (times_s < end_s)].max() < 1e-3
    for near in ((times_s > begin_s - 4) & (times_s < begin_s), (times_s > end_s)):
        assert away[near].max() > 0.5
    far = (times_s < begin_s - 8) | (times_s > end_s + 8)
    assert away[far].max() < 1e-3


def test_sets_to_failure_grow_slower():
    lengths_s = np.diff(gym_set()[1], axis=1)[:, 0]
    slower_s = np.diff(gym_set(slowing=0.8)[1], axis=1)[:, 0]
    growth = slower_s / lengths_s
    assert growth[[0, -1]] == pytest.approx([1, 1.8])
    assert (np.diff(growth, 2) > 0).all()


def test_a_repetition_may_have_two_peaks():
    for share, n_peaks in ((0.0, 1), (0.5, 2)):
        recording, repetitions = gym_set(double_peaks=share)
        # The thigh is level at each peak, where it bears gravity across its length.
        upright = attitude(recording).as_matrix()[:, 2]
        start_s, end_s = repetitions[0]
        times_s = recording.streams["Orientation"].timestamps_s
        angle = np.linalg.norm(upright - upright[0], axis=1)
        angle = angle[(times_s > start_s) & (times_s < end_s)]
        rises = np.diff(angle) > 0
        assert (rises[:-1] & ~rises[1:] & (angle[1:-1] > 0.5)).sum() == n_peaks


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"handling": -1}, "handling must be a finite number of at least 0, got -1"),
        ({"double_peaks": 1.5}, "double_peaks must be between 0 and 1, got 1.5"),
        ({"slowing": float("nan")}, "slowing must be a finite number"),
        ({"walking_s": 5.0}, "rest_s must be at least 13 s, which walking and handling"),
        ({"exercises": ["squad"]}, "exercises must be a list of some of.*squad"),
        ({"exercises": "squat"}, "exercises must be a list"),
        ({"exercises": []}, "exercises must be a list"),
        ({"exercises": ["squat", "squat"]}, "names one twice"),
        ({"placement": "hat"}, "placement must be one of.*front pocket.*'hat'"),
        ({"sensors": "good"}, "sensors must be one of.*ideal.*'good'"),
        ({"n_subjects": 0}, "n_subjects must be at least 1"),
        ({"n_sets": 0}, "n_sets must be at least 1"),
        ({"n_repetitions": (5, 3)}, "n_repetitions must be"),
        ({"rest_s": (0, 3)}, "rest_s must be"),
    ],
)
def test_wrong_arguments_are_refused(wrong, message):
    with pytest.raises(ValueError, match=message):
        make_exercise_recordings(**wrong)


def test_descr_says_that_it_is_simulated(made):
    assert made.DESCR.startswith("Simulated")
    for word in ("no person", "BMI160", "Winter", "m/s²", "rad/s"):
        assert word in made.DESCR
