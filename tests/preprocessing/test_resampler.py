"""The Resampler as a transformer: its channels, array input and laws."""

import os
import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from made_streams import (
    QUATERNION,
    band_limited,
    paper_clocks,
    phone,
    relative_rms,
    simple,
    turning,
)
from sklearn.base import clone
from sklearn.utils.estimator_checks import check_estimator

from sk_imu import DataQualityWarning, Recording, Resampler, SensorStream
from sk_imu.preprocessing._interpolation import (
    _HALF_LENGTH,
    _decimate,
    _decimation_taps,
    resample_stream,
)
from sk_imu.recording import near_repeats


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
    for method in (resampler.transform, resampler.fit):
        with pytest.raises(ValueError, match="row 0 of X begins or ends with a missing"):
            method(holes)


def test_arrays_have_no_names_to_choose():
    with pytest.raises(ValueError, match="channels chooses from the named channels"):
        Resampler(channels=["Gyroscope"]).fit(np.zeros((2, 3, 9)))


def test_too_short_arrays():
    with pytest.raises(ValueError, match="less than one timestep at 50 Hz"):
        Resampler(input_rate_hz=100).fit(np.zeros((2, 3, 2)))


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
@pytest.mark.filterwarnings("ignore:Resampler left out.*outside:sk_imu.DataQualityWarning")
def test_shifting_all_clocks_changes_nothing(shift_s, seed, rate_hz):
    rng = np.random.default_rng(seed)
    steady, drifting = paper_clocks(rng, duration_s=3)
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
@pytest.mark.filterwarnings("ignore::sk_imu.DataQualityWarning")
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


@st.composite
def streams(draw):
    """Draw clocks with jitter, bursts, gaps and near repeats, and values on them."""
    exponent = st.sampled_from([0.0, -0.1, 0.3, -0.7, -2.0, -4.0]) | st.floats(-6, 0.5)
    exponents = draw(hnp.arrays(float, st.integers(2, 60), elements=exponent))
    times = np.cumsum(np.append(0.0, 0.01 * 10.0**exponents))
    values = draw(hnp.arrays(float, (len(times), 1), elements=finite))
    return times, values


@settings(max_examples=200, deadline=None)
@given(
    stream=streams(),
    rate_hz=st.sampled_from([10.0, 50.0, 100.0, 400.0]),
    interpolation=st.sampled_from(["linear", "cubic", "quintic"]),
)
@pytest.mark.filterwarnings("ignore::sk_imu.DataQualityWarning")
def test_no_value_leaves_the_range_of_its_neighbors_by_more_than_documented(
    stream, rate_hz, interpolation
):
    times, values = stream
    if times[-1] * rate_hz < 1:
        return
    resampler = Resampler(
        sampling_rate_hz=rate_hz, interpolation=interpolation, anti_alias=False
    )
    recording = Recording({"G": SensorStream(times, values, ["x"])})
    (output,) = resampler.fit_transform([recording])
    kept = ~near_repeats(times)
    times, values = times[kept], values[kept]
    steps = np.diff(times)
    # On an even clock a spline has the overshoot of its order, worst in the first interval.
    uneven = steps.max() > 1.1 * steps.min()
    overshoot = {"linear": 0.0, "cubic": 0.5, "quintic": 0.5 if uneven else 2.3}
    for at, value in zip(np.arange(output.shape[1]) / rate_hz, output[0], strict=True):
        left = np.clip(np.searchsorted(times, at, "right") - 1, 0, len(times) - 2)
        near = values[max(left - 7, 0) : left + 9]
        most = overshoot[interpolation] * np.ptp(near) + 1e-9 * np.abs(values).max()
        # Farther samples matter on an even clock, by less than a hundredth.
        most += 1e-2 * np.ptp(values) * (not uneven)
        assert near.min() - most <= value <= near.max() + most
    low_passed = Resampler(sampling_rate_hz=rate_hz, interpolation=interpolation)
    assert (
        np.abs(low_passed.fit_transform([recording])[0]).max() <= 7 * np.abs(values).max()
    )


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


@pytest.mark.parametrize("interpolation", ["linear", "cubic", "quintic"])
@pytest.mark.parametrize("rate_hz", [12.0, 40.0, 100.0])
def test_sensors_on_one_clock_are_as_each_alone(rate_hz, interpolation):
    """Resampled together, each has the bits that it has by itself."""
    rng = np.random.default_rng(0)
    times = np.cumsum(rng.uniform(0.005, 0.03, 400))
    axes = {"Orientation": ("qx", "qy", "qz", "qw", "roll")}
    sensors = ["Accelerometer", "Gyroscope", "Orientation", "Magnetometer"]
    recording = Recording(
        {
            name: SensorStream(
                times,
                rng.normal(size=(400, len(axes.get(name, "xyz")))),
                axes.get(name, "xyz"),
            )
            for name in sensors
        }
    )
    options = {"sampling_rate_hz": rate_hz, "interpolation": interpolation}
    (together,) = Resampler(**options).fit_transform([recording])
    alone = [
        Resampler(channels=[name], **options).fit_transform([recording])[0]
        for name in sensors
    ]
    np.testing.assert_array_equal(together, np.concatenate(alone))


@pytest.mark.parametrize("n_samples", [30, 500])
@pytest.mark.parametrize("factor", [2, 3, 4])
def test_the_low_pass_is_a_convolution_of_which_every_nth_value_is_kept(factor, n_samples):
    """To the bit, at the ends of the stream and of one shorter than the filter, too."""
    values = np.random.default_rng(0).normal(size=(n_samples, 3))
    taps, n_lacking = _decimation_taps(factor), factor * _HALF_LENGTH
    padded = np.pad(
        values, [(n_lacking, n_lacking), (0, 0)], mode="reflect", reflect_type="odd"
    )
    expected = [np.convolve(column, taps, "valid")[::factor] for column in padded.T]
    low_passed = _decimate(values, factor, n_lacking, n_lacking)
    np.testing.assert_array_equal(low_passed, np.transpose(expected))
