"""The Resampler, held against signals whose truth is known at every time."""

import os
import pickle
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy.spatial.transform import Rotation, Slerp
from sklearn.base import clone
from sklearn.utils.estimator_checks import check_estimator

from sk_imu import DataQualityWarning, Recording, Resampler, SensorStream
from sk_imu.preprocessing._interpolation import resample_stream
from sk_imu.readers import read_recording
from sk_imu.recording._channels import SENSOR_AXES

SHARED = Path(__file__).parents[3] / "shared" / "data" / "sensor_logger"
QUATERNION = ("qx", "qy", "qz", "qw")
EULER = ("roll", "pitch", "yaw")


def band_limited(rng, n_axes=3, highest_hz=8.0):
    """Make a function of time: sums of twelve sines below ``highest_hz``."""
    frequency = rng.uniform(0.2, highest_hz, (12, n_axes))
    phase = rng.uniform(0, 2 * np.pi, (12, n_axes))
    amplitude = rng.uniform(0.5, 1.5, (12, n_axes))

    def signal(times_s):
        angle = 2 * np.pi * frequency * np.asarray(times_s)[:, None, None] + phase
        return (amplitude * np.sin(angle)).sum(axis=1)

    return signal


def turning(times_s):
    """Return a smooth rotation as quaternions (scalar last), several turns of it."""
    t = np.asarray(times_s)
    about = np.stack([0.8 * np.sin(1.3 * t), 2.5 * t, 0.6 * np.cos(0.9 * t)], axis=1)
    return (Rotation.from_rotvec(about) * Rotation.from_euler("x", 0.4)).as_quat()


def study_clocks(rng, duration_s=20.0):
    """Return the study's clocks: 52.713 Hz, and one that drifts 59.566 to 60.402 Hz."""
    steady = 3.0 + np.arange(int(52.713 * duration_s)) / 52.713
    rates_hz = np.linspace(59.566, 60.402, int(60 * duration_s))
    drifting = 3.217 + np.cumsum(1 / rates_hz)
    return steady, drifting + rng.normal(0, 1e-4, len(drifting))


def relative_rms(error, truth):
    return np.sqrt(np.mean(error**2) / np.mean(truth**2))


def simple(n=300, rate_hz=100.0, start_s=0.0, sensor="Gyroscope", **metadata):
    times = start_s + np.arange(n) / rate_hz
    values = np.sin(times)[:, None] * [1, 2, 3]
    return Recording({sensor: SensorStream(times, values)}, **metadata)


def angle_between(q, p):
    return (Rotation.from_quat(q).inv() * Rotation.from_quat(p)).magnitude()


# --- right values ----------------------------------------------------------------------


@pytest.mark.parametrize("rate_hz", [50.0, 40.0, 60.0, 100.0])
@pytest.mark.parametrize(
    ("interpolation", "bound"), [("quintic", 5e-4), ("cubic", 5e-3), ("linear", 0.06)]
)
def test_study_rates_against_band_limited_truth(rate_hz, interpolation, bound):
    """Signals below 8 Hz: quintic within 0.05 % of their RMS, linear within 6 %."""
    rng = np.random.default_rng(0)
    steady, drifting = study_clocks(rng)
    acceleration, rotation = band_limited(rng), band_limited(rng)
    recording = Recording(
        {
            "Accelerometer": SensorStream(steady, acceleration(steady)),
            "Gyroscope": SensorStream(drifting, rotation(drifting)),
        }
    )
    resampler = Resampler(sampling_rate_hz=rate_hz, interpolation=interpolation)
    (output,) = resampler.fit_transform([recording])
    start_s, end_s = recording.overlap_s
    times = start_s + np.arange(output.shape[1]) / rate_hz
    assert times[-1] <= end_s + 1e-9 < times[-1] + 1 / rate_hz
    truth = np.hstack([acceleration(times), rotation(times)]).T
    assert relative_rms(output - truth, truth) < bound
    # No worse at the ends, where there is less to look at, than ten times that.
    ends = np.r_[0:5, -5:0]
    assert relative_rms((output - truth)[:, ends], truth) < 10 * bound


@pytest.mark.parametrize("rate_hz", [50.0, 100.0])
@pytest.mark.parametrize("fault", ["jitter", "drift", "lost", "offset"])
def test_100_hz_within_a_thousandth_below_20_hz(fault, rate_hz):
    """Clocks with the faults of real files, each as strong as in the worst of them."""
    rng = np.random.default_rng(0)
    n = 3000
    clock = np.arange(n) / 100
    if fault == "jitter":  # a watch: 2.4 ms, mended
        clock = np.sort(clock + rng.uniform(-0.003, 0.003, n))
    elif fault == "drift":  # the study's 59.566 to 60.402 Hz, at 100
        clock = np.cumsum(1 / np.linspace(99.3, 100.7, n))
    elif fault == "lost":  # 80 ms, at 50 Hz: two samples now and then
        clock = np.delete(clock, np.r_[500:502, 1500, 2500:2502])
    streams = {"Accelerometer": clock, "Gyroscope": np.arange(n) / 100}
    if fault == "offset":
        streams["Gyroscope"] = 0.4321 + np.arange(n) / 59.36
    # 59.36 Hz is too slow for 20 Hz within a thousandth.
    highest_hz = {"Accelerometer": 20, "Gyroscope": 12 if fault == "offset" else 20}
    truths = {s: band_limited(rng, highest_hz=highest_hz[s]) for s in streams}
    recording = Recording({s: SensorStream(t, truths[s](t)) for s, t in streams.items()})
    resampler = Resampler(sampling_rate_hz=rate_hz)
    (output,) = resampler.fit_transform([recording])
    times = recording.overlap_s[0] + np.arange(output.shape[1]) / rate_hz
    truth = np.hstack([truths[s](times) for s in streams]).T
    inner = slice(int(0.3 * rate_hz), int(-0.3 * rate_hz))
    kept = np.ones(len(times), bool)
    if fault == "lost":  # what happened in the gap, nobody knows
        around = np.abs(times - np.array([[5.0], [15.0], [25.0]])).min(axis=0)
        kept = around > 0.5
    error, truth = (x[:, inner][:, kept[inner]] for x in (output - truth, truth))
    assert relative_rms(error, truth) < 1e-3


def test_study_orientation_drifting_clock():
    rng = np.random.default_rng(1)
    _, drifting = study_clocks(rng)
    stream = SensorStream(drifting, turning(drifting), QUATERNION)
    (output,) = Resampler().fit_transform([Recording({"Orientation": stream})])
    times = stream.start_s + np.arange(output.shape[1]) / 50
    error = angle_between(output.T, turning(times))
    assert np.rad2deg(error.max()) < 0.05
    np.testing.assert_allclose(np.linalg.norm(output, axis=0), 1, rtol=1e-12)


def test_real_recording_with_two_clocks():
    path = SHARED / "android_1.28_driving_203s.zip"
    if not path.exists():
        pytest.skip(f"{path} is missing")
    recording = read_recording(path)
    streams = recording.streams
    assert streams["Accelerometer"].rate_hz == pytest.approx(100.0, abs=0.1)
    assert streams["Gyroscope"].rate_hz == pytest.approx(59.36, abs=0.01)
    sensors = ["Accelerometer", "Gravity", "TotalAcceleration", "Gyroscope", "Orientation"]
    recording = Recording({sensor: streams[sensor] for sensor in sensors})
    resampler = Resampler(sampling_rate_hz=50.0)
    (output,) = resampler.fit_transform([recording])
    names = resampler.channel_names_
    assert len(names) == output.shape[0] == 4 * 3 + 7
    assert output.shape[1] == int(recording.duration_s * 50) + 1
    assert np.isfinite(output).all()
    # The phone's own sum, on its slow clock, is the sum of two sensors on the fast one:
    # not sample by sample, for the phone did not low-pass it, but second by second.
    without = {s: v for s, v in recording.streams.items() if s != "TotalAcceleration"}
    derived = Resampler(channels=["TotalAcceleration", "Gyroscope", "Orientation"])
    (summed,) = derived.fit_transform([Recording(without)])
    start_s = recording.overlap_s[0]
    assert Recording(without).overlap_s[0] == pytest.approx(start_s, abs=0.002)
    whole = output[[names.index(f"TotalAcceleration_{axis}") for axis in "xyz"]]
    difference = (summed[:3, :10_000] - whole[:, :10_000]).reshape(3, -1, 50).mean(axis=2)
    assert np.abs(difference).max() < 0.5
    assert np.sqrt(np.mean(difference**2)) < 0.1  # m/s², 1 % of gravity
    quaternion = output[[names.index(f"Orientation_{axis}") for axis in QUATERNION]]
    np.testing.assert_allclose(np.linalg.norm(quaternion, axis=0), 1, rtol=1e-12)
    assert (np.sum(quaternion[:, 1:] * quaternion[:, :-1], axis=0) > 0).all()


# --- anti-alias ------------------------------------------------------------------------


def tone(frequency_hz, rate_hz=200.0, duration_s=10.0):
    times = np.arange(int(duration_s * rate_hz)) / rate_hz
    values = np.sin(2 * np.pi * frequency_hz * times)[:, None] * [1, 1, 1]
    return Recording({"Gyroscope": SensorStream(times, values)})


@pytest.mark.parametrize("interpolation", ["linear", "cubic"])
def test_high_tone_vanishes_and_low_tone_stays(interpolation):
    inner = slice(50, -50)  # a second from the ends
    resampler = Resampler(sampling_rate_hz=50, interpolation=interpolation)
    (high,) = resampler.fit_transform([tone(30)])
    assert np.abs(high[:, inner]).max() < 2e-4  # -74 dB
    assert np.abs(high[:, 10:-10]).max() < 0.02  # 0.2 s from the ends
    (low,) = resampler.transform([tone(5)])
    truth = np.sin(2 * np.pi * 5 * np.arange(low.shape[1]) / 50)
    assert np.abs(low - truth)[:, inner].max() < 5e-4
    assert np.abs(low - truth).max() < 5e-3


def test_without_anti_alias_the_high_tone_turns_up_elsewhere():
    (folded,) = Resampler(sampling_rate_hz=50, anti_alias=False).fit_transform([tone(30)])
    assert np.abs(folded).max() > 0.9


@pytest.mark.parametrize(
    ("input_rate_hz", "bound"), [(100.0, 2e-4), (400.0, 2e-4), (120.5, 5e-3), (59.36, 6e-2)]
)
def test_passband_and_stopband(input_rate_hz, bound):
    """Tones below 20 Hz stay, those above 25 Hz vanish.

    What is left of them is due to the filter where the rates divide, and otherwise to
    the spline, for which 59.36 Hz are few samples of a tone of 19 Hz.
    """
    times = np.arange(int(20 * input_rate_hz)) / input_rate_hz
    resampler = Resampler(input_rate_hz=input_rate_hz)

    def error(frequency_hz):
        panel = np.sin(2 * np.pi * frequency_hz * times)[None, None]
        output = resampler.fit_transform(panel)[0, 0]
        truth = np.sin(2 * np.pi * frequency_hz * np.arange(len(output)) / 50)
        truth *= frequency_hz < 20
        return np.abs(output - truth)[60:-60].max()

    assert max(map(error, (1.0, 10.0, 19.0))) < bound
    assert max(map(error, (26.0, 29.0, 0.99 * input_rate_hz / 2))) < bound


def test_low_pass_looks_at_what_lies_outside_the_overlap():
    """Where the stream goes on, its filtered values don't depend on the overlap."""
    rng = np.random.default_rng(2)
    signal = band_limited(rng, highest_hz=15)
    fast = np.arange(2000) / 200
    short = 3 + np.arange(150) / 50
    recording = Recording(
        {
            "Accelerometer": SensorStream(fast, signal(fast)),
            "Gyroscope": SensorStream(short, np.zeros((150, 3))),
        }
    )
    (output,) = Resampler().fit_transform([recording])
    truth = signal(3 + np.arange(150) / 50).T
    assert relative_rms(output[:3] - truth, truth) < 5e-4


def test_constants_and_ramps_are_kept_to_the_ends():
    times = np.sort(np.random.default_rng(3).uniform(0, 10, 2000))
    times[[0, -1]] = 0, 10
    values = np.stack([np.full(2000, 9.8), times, 3 - 2 * times], axis=1)
    (output,) = Resampler().fit_transform(
        [Recording({"Gravity": SensorStream(times, values)})]
    )
    at = np.arange(501) / 50
    np.testing.assert_allclose(output, [np.full(501, 9.8), at, 3 - 2 * at], atol=1e-9)


def test_gap_does_not_switch_the_low_pass_off():
    recording = tone(30)
    stream = recording.streams["Gyroscope"]
    kept = (stream.timestamps_s < 1.5) | (stream.timestamps_s > 8.5)  # mean rate 60 Hz
    gappy = SensorStream(stream.timestamps_s[kept], stream.values[kept])
    (output,) = Resampler(sampling_rate_hz=50, interpolation="linear").fit_transform(
        [Recording({"Gyroscope": gappy})]
    )
    assert np.abs(output[:, 40:60]).max() < 0.01


def test_bursts_do_not_exhaust_memory():
    for burst in ([1e-9] * 3, [1e-9] * 300):
        times = np.cumsum(np.tile([*burst, 0.04], 500))
        check_ones(times)


def check_ones(times):
    recording = Recording({"Gyroscope": SensorStream(times, np.ones((len(times), 3)))})
    (output,) = Resampler().fit_transform([recording])
    np.testing.assert_allclose(output, 1)


# --- gaps and bursts -------------------------------------------------------------------


@pytest.mark.parametrize("interpolation", ["cubic", "quintic"])
def test_splines_do_not_swing_in_gaps(interpolation):
    rng = np.random.default_rng(3)
    times = np.arange(1000) / 100
    times = times[(times < 4) | (times > 6)]
    values = np.sin(20 * times[:, None]) + 0.1 * rng.normal(size=(len(times), 3))
    recording = Recording({"Gyroscope": SensorStream(times, values)})
    resampler = Resampler(sampling_rate_hz=100, interpolation=interpolation)
    (output,) = resampler.fit_transform([recording])
    assert np.abs(output).max() < 1.2 * np.abs(values).max()


def gappy():
    times = np.arange(1000) / 100
    kept = (times < 2.995) | (times > 3.505)  # from 2.99 to 3.51 s
    whole = np.outer(np.sin(times), [1, 2, 3])
    full = Recording({"Gyroscope": SensorStream(times, whole)})
    holed = SensorStream(times[kept], whole[kept])
    return full, Recording({"Gyroscope": holed}, source="ada.zip")


def test_long_gaps_are_refused_by_choice():
    rows = gappy()
    message = r"row 1 of X \(ada\.zip\).*a gap of 0\.52 s from 2\.990 s on.*gaps='mark'"
    with pytest.raises(ValueError, match=message):
        Resampler(max_gap_seconds=0.5).fit(rows)
    assert Resampler(max_gap_seconds=0.52).fit(rows).n_gaps_ == 0


@pytest.mark.parametrize("rate_hz", [50.0, 100.0])
def test_long_gaps_are_marked_by_choice(rate_hz):
    rows = gappy()
    resampler = Resampler(sampling_rate_hz=rate_hz, max_gap_seconds=0.1, gaps="mark")
    assert resampler.fit(rows).n_gaps_ == 1
    with pytest.warns(DataQualityWarning, match="NaN into 1 gaps .* in 1 of the rows"):
        whole, marked = resampler.transform(rows)
    times = np.arange(whole.shape[1]) / rate_hz
    inside = (times > 2.991) & (times < 3.509)
    np.testing.assert_array_equal(np.isnan(marked).all(axis=0), inside)
    np.testing.assert_array_equal(np.isnan(marked).any(axis=0), inside)


def test_gaps_outside_the_overlap_do_not_matter():
    _, holed = gappy()
    late = SensorStream(5 + np.arange(200) / 100, np.zeros((200, 3)))
    both = Recording({**holed.streams, "Gravity": late})
    assert Resampler(max_gap_seconds=0.1).fit([both]).n_gaps_ == 0


def test_gaps_in_arrays():
    x = np.sin(np.arange(200) / 50)[None, None].repeat(3, axis=1)
    x[0, :, 60:90] = np.nan
    options = {"missing": "interpolate", "max_gap_seconds": 0.5}
    with pytest.raises(ValueError, match="row 0 of X: a gap of 0.62 s from 1.180 s"):
        Resampler(**options).fit(x)
    resampler = Resampler(gaps="mark", **options).fit(x)
    assert (resampler.n_gaps_, resampler.n_missing_) == (1, 30)
    with (
        pytest.warns(DataQualityWarning, match="NaN into 1 gaps"),
        pytest.warns(DataQualityWarning, match="30 samples with missing values"),
    ):
        output = resampler.transform(x)
    np.testing.assert_array_equal(np.isnan(output), np.isnan(x))


def bursts(rng, n=2000):
    """Return when samples were taken, and when a busy phone says they came."""
    taken = np.cumsum(rng.normal(1 / 102.4, 0.0003, n))
    stamps = taken + rng.exponential(0.0005, n)
    for start in range(100, n - 100, 97):  # at times it delivers 2 to 20 at once
        stamps[start : start + rng.integers(2, 20)] = np.nan
    late = np.isnan(stamps)
    stamps[late] = np.interp(
        np.flatnonzero(late),
        np.flatnonzero(~late),
        stamps[~late],
    )
    following = np.minimum.accumulate(np.where(late, np.inf, stamps)[::-1])[::-1]
    stamps[late] = following[late]
    return taken, np.round(np.maximum.accumulate(stamps), 3)


def test_bursts_are_mended_by_choice_and_counted():
    rng = np.random.default_rng(4)
    signal = band_limited(rng, highest_hz=5)
    taken, stamps = bursts(rng)
    assert (np.diff(stamps) == 0).sum() > 100
    stream = SensorStream(stamps, signal(taken))
    rows = [simple(n=2000), Recording({"Gyroscope": stream}, source="ada.zip")]
    with pytest.raises(ValueError, match="repeats a timestamp.*clock='mend'"):
        Resampler().fit(rows)
    resampler = Resampler(clock="mend").fit(rows)
    assert 200 < resampler.n_mended_ < 2000
    with pytest.warns(DataQualityWarning, match="gave another time to .* in 1 of the rows"):
        _, mended = resampler.transform(rows)
    # What dropping the repeated would give, as most do.
    first = np.r_[True, np.diff(stamps) > 0]
    dropped = SensorStream(stamps[first], stream.values[first])
    (poor,) = Resampler().fit_transform([Recording({"Gyroscope": dropped})])
    n = min(mended.shape[1], poor.shape[1]) - 1
    truth = signal(stamps[0] + np.arange(n) / 50).T
    error = relative_rms(mended[:, 20 : n - 20] - truth[:, 20:-20], truth)
    assert error < 0.08
    assert relative_rms(poor[:, 20 : n - 20] - truth[:, 20:-20], truth) > 3 * error


def test_backward_samples_are_sorted_by_choice():
    recording = simple()
    stream = recording.streams["Gyroscope"]
    order = np.r_[:100, 101, 100, 102:300]
    shuffled = SensorStream(stream.timestamps_s[order], stream.values[order])
    resampler = Resampler(clock="mend").fit([Recording({"Gyroscope": shuffled})])
    assert resampler.n_mended_ == 2
    with pytest.warns(DataQualityWarning, match="2 samples"):
        (output,) = resampler.transform([Recording({"Gyroscope": shuffled})])
    np.testing.assert_array_equal(output, Resampler().fit_transform([recording])[0])


@pytest.mark.parametrize(
    ("times", "message"),
    [
        (
            np.r_[np.arange(300) / 100, np.full(250, 60.0), 60 + np.arange(9) / 100],
            "sensor 'Gyroscope': mending the clock would move a sample by",
        ),
        (np.repeat([0.0, 1.0], 50), "most timestamps are repeated"),
        (np.r_[0, np.nan, np.arange(98)], "timestamp of sample 1 is nan"),
    ],
)
def test_clocks_that_can_not_be_mended(times, message):
    with pytest.raises(ValueError, match=rf"ada\.zip.*{message}"):
        Resampler(clock="mend").fit([with_clock(times)])


# --- rotations -------------------------------------------------------------------------


def test_quaternions_follow_the_geodesic():
    times = np.arange(0, 5, 0.1)
    quaternions = turning(times)
    (output,) = Resampler(sampling_rate_hz=40).fit_transform(
        [Recording({"Orientation": SensorStream(times, quaternions, QUATERNION)})]
    )
    at = np.arange(output.shape[1]) / 40
    expected = Slerp(times, Rotation.from_quat(quaternions))(at).as_quat()
    np.testing.assert_allclose(angle_between(output.T, expected), 0, atol=1e-7)
    np.testing.assert_allclose(np.linalg.norm(output, axis=0), 1, rtol=1e-12)


@pytest.mark.parametrize("rate_hz", [50.0, 20.0])
def test_signs_of_quaternions_do_not_matter(rate_hz):
    rng = np.random.default_rng(4)
    times = np.arange(600) / 60
    quaternions = turning(times)
    signs = rng.choice([-1.0, 1.0], 600)[:, None]
    plain, flipped = Resampler(sampling_rate_hz=rate_hz).fit_transform(
        [
            Recording({"Orientation": SensorStream(times, q, QUATERNION)})
            for q in (quaternions, signs * quaternions)
        ]
    )
    np.testing.assert_allclose(plain, flipped, atol=1e-12)
    assert (np.sum(plain[:, 1:] * plain[:, :-1], axis=0) > 0.5).all()


def test_one_component_of_a_quaternion_is_that_of_the_whole():
    times = np.arange(300) / 60
    recording = Recording({"Orientation": SensorStream(times, turning(times), QUATERNION)})
    whole = Resampler().fit_transform([recording])[0]
    (one,) = Resampler(channels=["Orientation_qy"]).fit_transform([recording])
    np.testing.assert_array_equal(one, whole[1:2])


def test_part_of_a_quaternion_is_refused():
    stream = SensorStream(np.arange(100) / 50, np.ones((100, 3)), QUATERNION[:3])
    with pytest.raises(ValueError, match=r"Orientation.*needs all of qx, qy, qz, qw"):
        Resampler().fit([Recording({"Orientation": stream})])


@pytest.mark.parametrize("rate_hz", [100.0, 20.0])
def test_euler_angles_go_through_their_wrap(rate_hz):
    times = np.arange(600) / 60
    angles = np.stack([2 * times, 0.5 * np.sin(times), -3 * times], axis=1)
    wrapped = np.pi - (np.pi - angles) % (2 * np.pi)
    stream = SensorStream(times, wrapped, EULER)
    (output,) = Resampler(sampling_rate_hz=rate_hz).fit_transform(
        [Recording({"Orientation": stream})]
    )
    at = np.arange(output.shape[1]) / rate_hz
    truth = np.stack([2 * at, 0.5 * np.sin(at), -3 * at])
    difference = np.angle(np.exp(1j * (output - truth)))
    assert np.abs(difference).max() < 1e-3
    assert (output > -np.pi).all()
    assert (output <= np.pi).all()


# --- channels --------------------------------------------------------------------------


def phone(*sensors, n=300, start_s=0.0, **metadata):
    rng = np.random.default_rng(5)
    times = start_s + np.arange(n) / 100
    return Recording(
        {
            s: SensorStream(
                times, rng.uniform(0.1, 1, (n, len(SENSOR_AXES[s]))), SENSOR_AXES[s]
            )
            for s in sensors
        },
        **metadata,
    )


def test_channels_in_the_order_asked_for():
    recording = phone("Accelerometer", "Gyroscope")
    every = Resampler().fit([recording])
    assert every.channel_names_ == list(recording.channel_names)
    some = Resampler(channels=["Gyroscope", "Accelerometer_z"]).fit([recording])
    assert some.channel_names_ == [
        "Gyroscope_x",
        "Gyroscope_y",
        "Gyroscope_z",
        "Accelerometer_z",
    ]
    assert some.n_features_in_ == 4
    (all_rows,), (rows,) = every.transform([recording]), some.transform([recording])
    np.testing.assert_array_equal(rows, all_rows[[3, 4, 5, 2]])


def test_order_of_streams_and_axes_does_not_matter():
    recording = phone("Accelerometer", "Gyroscope")
    shuffled = Recording(
        {
            sensor: SensorStream(s.timestamps_s, s.values[:, ::-1], s.axes[::-1])
            for sensor, s in reversed(recording.streams.items())
        }
    )
    first, second = Resampler().fit_transform([recording, shuffled])
    np.testing.assert_array_equal(first, second)


def test_total_acceleration_is_derived_where_it_is_absent():
    parts = phone("Accelerometer", "Gravity", "Gyroscope")
    a, g = parts.streams["Accelerometer"], parts.streams["Gravity"]
    total = SensorStream(a.timestamps_s, a.values + g.values)
    whole = Recording({"TotalAcceleration": total, "Gyroscope": parts.streams["Gyroscope"]})
    resampler = Resampler(channels=["TotalAcceleration", "Gyroscope"])
    from_parts, from_whole = resampler.fit_transform([parts, whole])
    np.testing.assert_allclose(from_parts, from_whole, atol=1e-12)
    # One axis alone, and beside the sensor that it is made from.
    both = Resampler(channels=["TotalAcceleration_y", "Accelerometer"])
    (output,) = both.fit_transform([parts])
    np.testing.assert_allclose(output[0], from_whole[1], atol=1e-12)
    assert both.channel_names_[1] == "Accelerometer_x"


def test_total_acceleration_from_two_clocks():
    slow = np.arange(600) / 59.36
    fast = 0.3 + np.arange(1000) / 100
    signal = band_limited(np.random.default_rng(6), highest_hz=5)
    recording = Recording(
        {
            "Accelerometer": SensorStream(slow, signal(slow)),
            "Gravity": SensorStream(fast, np.tile([0, 0, 9.8], (1000, 1))),
        }
    )
    (output,) = Resampler(channels=["TotalAcceleration"]).fit_transform([recording])
    truth = signal(0.3 + np.arange(output.shape[1]) / 50).T + [[0], [0], [9.8]]
    assert relative_rms(output - truth, truth) < 1e-3


def test_differing_channels_name_row_source_channels_and_cure():
    rows = [phone("Accelerometer"), phone("Gyroscope", source="ben.zip")]
    message = (
        r"row 1 of X \(ben\.zip\).*missing \['Accelerometer_x'.*"
        r"extra \['Gyroscope_x'.*channels=\[\.\.\.\]"
    )
    with pytest.raises(ValueError, match=message):
        Resampler().fit(rows)
    resampler = Resampler().fit(rows[:1])
    with pytest.raises(ValueError, match=r"row 0 of X \(ben\.zip\)"):
        resampler.transform(rows[1:])
    extra = [rows[0], phone("Accelerometer", "Gyroscope")]
    with pytest.raises(ValueError, match=r"shares \['Accelerometer_x'"):
        Resampler().fit(extra)
    assert len(Resampler(channels=["Accelerometer"]).fit_transform(extra)) == 2


@pytest.mark.parametrize(
    ("channels", "message"),
    [
        (["Gravity"], r"row 0 of X \(recording\): .* asks for 'Gravity'.*Choose from"),
        (["TotalAcceleration"], "asks for 'TotalAcceleration'"),
        (["Accelerometer", "Accelerometer_x"], "none twice"),
        ([], "at least one"),
        ("Accelerometer", "'channels' parameter of Resampler"),
    ],
)
def test_impossible_channels(channels, message):
    with pytest.raises(ValueError, match=message):
        Resampler(channels=channels).fit([phone("Accelerometer")])


def test_other_streams_do_not_shorten_the_overlap():
    recording = Recording(
        dict(simple(n=1000).streams) | dict(simple(n=10, sensor="Gravity").streams)
    )
    (output,) = Resampler(channels=["Gyroscope"]).fit_transform([recording])
    assert output.shape == (3, 500)


# --- bad input -------------------------------------------------------------------------


def with_clock(times):
    values = np.zeros((len(times), 3))
    return Recording({"Gyroscope": SensorStream(times, values)}, source="ada.zip")


@pytest.mark.parametrize(
    ("times", "message"),
    [
        ([0, 1, 2, 1.5, 3], "runs backwards at sample 3, 1.5 s after 2 s"),
        ([0, 1, 1, 2], "repeats a timestamp at sample 2"),
        ([0, 1, np.nan, 2], "timestamp of sample 2 is nan"),
        ([0, 1, np.inf], "timestamp of sample 2 is inf"),
        ([0], r"has 1 sample\(s\), at least 2"),
        ([], r"has 0 sample\(s\)"),
        ([0, 0.001], "share only 0.001 s, less than one timestep at 50 Hz"),
    ],
)
def test_bad_clock(times, message):
    rows = [simple(), with_clock(times)]
    for method in ("fit", "fit_transform"):
        with pytest.raises(ValueError, match=rf"row 1 of X \(ada\.zip\).*{message}"):
            getattr(Resampler(), method)(rows)
    with pytest.raises(ValueError, match=message):
        Resampler().fit(rows[:1]).transform(rows)


def test_streams_that_do_not_overlap_are_told_with_their_times():
    recording = Recording(
        {
            **simple(n=101).streams,
            **simple(n=101, start_s=5, sensor="Gravity").streams,
        }
    )
    message = (
        r"don't overlap in time: Gyroscope from 0\.000 to 1\.000 s, "
        r"Gravity from 5\.000 to 6\.000 s\. Choose .*channels="
    )
    with pytest.raises(ValueError, match=message):
        Resampler().fit([recording])


def spoilt(value, samples=(7,), axis=1, n=300):
    stream = simple(n=n).streams["Gyroscope"]
    values = stream.values.copy()
    values[list(samples), axis] = value
    return Recording(
        {"Gyroscope": SensorStream(stream.timestamps_s, values)}, source="cy.zip"
    )


def test_missing_values_are_refused_by_default():
    message = (
        r"row 1 of X \(cy\.zip\).*'Gyroscope': NaN in axis 'y' at sample 7.*missing='int"
    )
    with pytest.raises(ValueError, match=message):
        Resampler().fit([simple(), spoilt(np.nan)])
    fitted = Resampler().fit([simple()])
    with pytest.raises(ValueError, match="NaN in axis 'y'"):
        fitted.transform([spoilt(np.nan)])


@pytest.mark.parametrize("missing", ["error", "interpolate"])
def test_infinity_is_always_refused(missing):
    with pytest.raises(ValueError, match=r"axis 'y': infinity at sample 7"):
        Resampler(missing=missing).fit([spoilt(np.inf)])
    with pytest.raises(ValueError, match="infinity"):
        Resampler(missing=missing).fit(np.full((2, 3, 9), np.inf))


def test_missing_values_are_interpolated_and_counted():
    rows = [simple(n=301)]
    rows += [spoilt(np.nan, samples, n=301) for samples in [(7, 8, 100), (0,)]]
    resampler = Resampler(missing="interpolate").fit(rows)
    assert resampler.n_missing_ == 4
    with pytest.warns(
        DataQualityWarning, match="4 samples with missing values in 2 of the rows"
    ):
        whole, mended, late = resampler.transform(rows)
    assert np.abs(mended - whole).max() < 1e-6
    # Nothing is made up for the missing start: the set begins a sample later.
    assert late.shape[1] == whole.shape[1] - 1
    truth = np.outer([1, 2, 3], np.sin(0.01 + np.arange(late.shape[1]) / 50))
    assert np.abs(late - truth).max() < 1e-4


def test_missing_values_in_other_channels_do_not_matter():
    resampler = Resampler(channels=["Gyroscope_x"]).fit([spoilt(np.nan)])
    assert resampler.n_missing_ == 0
    assert np.isfinite(resampler.transform([spoilt(np.nan)])[0]).all()


def test_nothing_left():
    with pytest.raises(ValueError, match=r"missing values left out: has 0 sample"):
        Resampler(missing="interpolate").fit([spoilt(np.nan, range(300))])


def test_quaternion_of_zeros_is_missing():
    times = np.arange(300) / 60
    quaternions = turning(times)
    quaternions[5] = 0
    recording = Recording({"Orientation": SensorStream(times, quaternions, QUATERNION)})
    with pytest.raises(ValueError, match="a quaternion of zeros at sample 5"):
        Resampler().fit([recording])
    resampler = Resampler(missing="interpolate").fit([recording])
    assert resampler.n_missing_ == 1
    with pytest.warns(DataQualityWarning, match="1 samples"):
        (output,) = resampler.transform([recording])
    at = np.arange(output.shape[1]) / 50
    assert np.rad2deg(angle_between(output.T, turning(at)).max()) < 0.5


@pytest.mark.parametrize("X", [[], (), np.empty(0, object)])
def test_empty_list(X):
    with pytest.raises(ValueError, match="0 sample"):
        Resampler().fit(X)


def test_row_that_is_no_recording():
    with pytest.raises(ValueError, match="row 1 of X is a ndarray"):
        Resampler().fit([simple(), np.zeros((3, 9))])


# --- arrays ----------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_arrays_keep_state_dtype_and_values(dtype):
    rng = np.random.default_rng(7)
    signal = band_limited(rng, n_axes=6, highest_hz=5)
    x = signal(np.arange(400) / 100).T.astype(dtype)
    truth = signal(np.arange(200) / 50).T
    resampler = Resampler(input_rate_hz=100)
    panel = resampler.fit_transform(np.stack([x, 2 * x]))
    assert panel.shape == (2, 6, 200)
    assert panel.dtype == dtype
    assert relative_rms(panel[0] - truth, truth) < 2e-3
    rows = resampler.fit_transform([x, x[:, :300]])
    assert [row.shape for row in rows] == [(6, 200), (6, 150)]
    assert {row.dtype for row in rows} == {np.dtype(dtype)}
    np.testing.assert_array_equal(rows[0], panel[0])
    assert resampler.channel_names_ == [f"channel_{i}" for i in range(6)]
    table = resampler.fit_transform(x)  # six sets of one channel
    assert table.shape == (6, 200)
    np.testing.assert_allclose(table, panel[0], atol=1e-5)


def test_arrays_and_recordings_agree():
    recording = phone("Accelerometer", n=500)
    x = recording.streams["Accelerometer"].values.T
    (expected,) = Resampler().fit_transform([recording])
    (output,) = Resampler(input_rate_hz=100).fit_transform([x])
    np.testing.assert_allclose(output, expected, atol=1e-12)


def test_arrays_at_the_right_rate_pass():
    x = np.random.default_rng(8).normal(size=(4, 3, 50))
    np.testing.assert_array_equal(Resampler().fit_transform(x), x)
    np.testing.assert_array_equal(Resampler(input_rate_hz=50).fit_transform(x), x)


def test_missing_values_in_arrays():
    times = np.arange(200) / 50
    x = np.sin(np.outer([1, 2, 3], times))[None]
    holes = x.copy()
    holes[0, 1, [20, 50]] = np.nan
    with pytest.raises(ValueError, match="NaN"):
        Resampler().fit(holes)
    resampler = Resampler(missing="interpolate").fit(holes)
    assert resampler.n_missing_ == 2
    with pytest.warns(
        DataQualityWarning, match="2 samples with missing values in 1 of the rows"
    ):
        np.testing.assert_allclose(resampler.transform(holes), x, atol=1e-4)
    holes[0, 0, -1] = np.nan
    with pytest.raises(ValueError, match="row 0 of X begins or ends with a missing value"):
        resampler.transform(holes)


def test_arrays_have_no_names_to_choose():
    with pytest.raises(ValueError, match="channels chooses from the named channels"):
        Resampler(channels=["Gyroscope"]).fit(np.zeros((2, 3, 9)))


def test_too_short_arrays():
    with pytest.raises(ValueError, match="less than one timestep at 50 Hz"):
        Resampler(input_rate_hz=100).fit_transform(np.zeros((2, 3, 2)))


# --- laws ------------------------------------------------------------------------------

finite = st.floats(-100, 100, allow_subnormal=False)


@settings(max_examples=50, deadline=None)
@given(
    values=hnp.arrays(float, st.tuples(st.integers(4, 60), st.just(3)), elements=finite),
    rate_hz=st.floats(1, 400),
    start_s=st.floats(-1000, 1000),
    interpolation=st.sampled_from(["linear", "cubic"]),
)
def test_own_rate_is_the_identity(values, rate_hz, start_s, interpolation):
    recording = Recording.from_array(
        values.T,
        sampling_rate_hz=rate_hz,
        channel_names=["G_x", "G_y", "G_z"],
        start_s=start_s,
    )
    resampler = Resampler(sampling_rate_hz=rate_hz, interpolation=interpolation)
    (output,) = resampler.fit_transform([recording])
    np.testing.assert_allclose(output, values.T, atol=1e-6)


@settings(max_examples=50, deadline=None)
@given(
    shift_s=st.floats(-1e4, 1e4),
    seed=st.integers(0, 2**32 - 1),
    rate_hz=st.sampled_from([20.0, 50.0, 73.0]),
)
def test_shifting_all_clocks_changes_nothing(shift_s, seed, rate_hz):
    rng = np.random.default_rng(seed)
    steady, drifting = study_clocks(rng, duration_s=3)
    drifting[-1] += 0.003  # an end that lies on no timestep of any rate used
    values, turns = rng.normal(size=(len(steady), 3)), turning(drifting)

    def recording(by_s):
        return Recording(
            {
                "Accelerometer": SensorStream(steady[:140] + by_s, values[:140]),
                "Orientation": SensorStream(drifting + by_s, turns, QUATERNION),
            }
        )

    here, there = Resampler(sampling_rate_hz=rate_hz).fit_transform(
        [recording(0.0), recording(shift_s)]
    )
    np.testing.assert_allclose(here, there, atol=1e-6)


@settings(max_examples=30, deadline=None)
@given(
    times=hnp.arrays(float, st.integers(2, 80), elements=st.floats(0.001, 0.2)),
    rate_hz=st.floats(5, 200),
    anti_alias=st.booleans(),
)
def test_any_clock_gives_the_shared_time_and_no_more(times, rate_hz, anti_alias):
    times = np.cumsum(times)
    duration_s = times[-1] - times[0]
    if duration_s * rate_hz < 1.01:
        return
    recording = Recording({"G": SensorStream(times, np.ones((len(times), 3)))})
    (output,) = Resampler(sampling_rate_hz=rate_hz, anti_alias=anti_alias).fit_transform(
        [recording]
    )
    assert abs((output.shape[1] - 1) - duration_s * rate_hz) <= 1
    assert (output.shape[1] - 1) / rate_hz <= duration_s + 1e-6
    np.testing.assert_allclose(output, 1, atol=1e-6)


@given(scale=st.floats(0.1, 10), offset=finite)
@settings(max_examples=20, deadline=None)
def test_resampling_is_linear(scale, offset):
    rng = np.random.default_rng(9)
    times, values = np.arange(200) / 120, rng.normal(size=(200, 2))
    plain, changed = (
        resample_stream(times, v, n_timesteps=80, rate_hz=50)
        for v in (values, scale * values + offset)
    )
    np.testing.assert_allclose(changed, scale * plain + offset, atol=1e-8)


# --- as scikit-learn uses it -----------------------------------------------------------


@pytest.mark.parametrize(
    "resampler",
    [Resampler(), Resampler(input_rate_hz=25), Resampler(interpolation="linear")],
)
def test_scikit_learns_checks(resampler):
    assert os.environ["SCIPY_ARRAY_API"] == "1"
    check_estimator(resampler, on_skip=None)


def test_clone_and_pickle():
    rows = [phone("Accelerometer", "Gyroscope"), phone("Accelerometer", "Gyroscope", n=200)]
    resampler = Resampler(channels=["Gyroscope"]).fit(rows)
    again = pickle.loads(pickle.dumps(resampler))
    for before, after in zip(resampler.transform(rows), again.transform(rows), strict=True):
        np.testing.assert_array_equal(before, after)
    assert not hasattr(clone(resampler), "channel_names_")


def test_labels_are_not_read():
    rows = [phone("Gyroscope", label=label) for label in ("squat", "lunge")]
    first, second = Resampler().fit_transform(rows)
    np.testing.assert_array_equal(first, second)


def test_input_is_left_alone():
    times = np.arange(300) / 60
    recording = Recording({"Orientation": SensorStream(times, -turning(times), QUATERNION)})
    before = recording.streams["Orientation"].values.copy()
    Resampler(sampling_rate_hz=20).fit_transform([recording])
    np.testing.assert_array_equal(recording.streams["Orientation"].values, before)
