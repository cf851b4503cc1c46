"""The Resampler refuses, marks or mends gaps, bursts and missing values."""

import numpy as np
import pytest
from made_streams import (
    QUATERNION,
    angle_between,
    band_limited,
    relative_rms,
    simple,
    turning,
    with_clock,
)

from sk_imu import DataQualityWarning, Recording, Resampler, SensorStream
from sk_imu.recording import quality_warnings


@pytest.mark.parametrize("interpolation", ["cubic", "quintic"])
def test_splines_do_not_swing_in_gaps(interpolation):
    rng = np.random.default_rng(3)
    times = np.arange(1000) / 100
    times = times[(times < 4) | (times > 6)]
    values = np.sin(20 * times[:, None]) + 0.1 * rng.normal(size=(len(times), 3))
    recording = Recording({"Gyroscope": SensorStream(times, values)})
    resampler = Resampler(
        sampling_rate_hz=100, interpolation=interpolation, max_gap_seconds=None
    )
    (output,) = resampler.fit_transform([recording])
    assert np.abs(output).max() < 1.2 * np.abs(values).max()


@pytest.mark.parametrize("seconds", [1e-6, 5e-5, 9e-4])
@pytest.mark.parametrize("interpolation", ["linear", "cubic", "quintic"])
def test_near_repeats_are_left_out_and_counted(seconds, interpolation):
    rng = np.random.default_rng(0)
    times, values = np.arange(300) / 100, rng.normal(size=(300, 3))
    late = times.copy()
    late[149] = times[150] - seconds
    rows = [
        simple(),
        Recording({"Gyroscope": SensorStream(late, values)}, source="ada.zip"),
    ]
    assert rows[1].quality.warnings == ["Gyroscope: 1 timestamps nearly repeated"]
    resampler = Resampler(interpolation=interpolation).fit(rows)
    assert resampler.n_near_repeats_ == 1
    with pytest.warns(DataQualityWarning, match="left out 1 samples less than .* in 1 of"):
        _, output = resampler.transform(rows)
    # The late one is left out, not the one that came on time.
    kept = np.delete(np.arange(300), 149)
    clean = Recording({"Gyroscope": SensorStream(times[kept], values[kept])})
    np.testing.assert_array_equal(output, resampler.transform([clean])[0])
    # A busy phone's samples have a time of their own, so clock="mend" keeps them.
    mending = Resampler(interpolation=interpolation, clock="mend").fit(rows)
    assert (mending.n_near_repeats_, mending.n_mended_ > 0) == (0, True)


def test_splines_do_not_swing_where_samples_come_in_pairs():
    """Pairs a fifth of an interval apart: a spline would put out three times the noise."""
    times = np.cumsum(np.tile([0.2, 1.8], 500)) / 100
    values = np.random.default_rng(0).uniform(-1, 1, (1000, 3))
    recording = Recording({"Gyroscope": SensorStream(times, values)})
    (output,) = Resampler(sampling_rate_hz=100).fit_transform([recording])
    assert np.abs(output).max() < 2
    # A movement that the clock can follow is as accurate as ever.
    signal = band_limited(np.random.default_rng(1))
    recording = Recording({"Gyroscope": SensorStream(times, signal(times))})
    (output,) = Resampler(sampling_rate_hz=100).fit_transform([recording])
    truth = signal(times[0] + np.arange(output.shape[1]) / 100).T
    assert relative_rms((output - truth)[:, 5:-5], truth) < 2e-5


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


def test_gaps_beyond_a_second_are_refused_by_default():
    times = np.arange(1000) / 100
    holes = [
        with_clock(times[(times < 3) | (times > 3 + hole)]) for hole in (0.9, 8.0, 1.1)
    ]
    resampler = Resampler().fit(holes[:1])
    message = r"row 0 of X \(ada\.zip\).*gap of 1\.\d* s.*longer than 1 s .*'auto'.*between"
    for refuse in (Resampler().fit, resampler.transform):
        with pytest.raises(ValueError, match=message):
            refuse(holes[2:])
    assert Resampler(max_gap_seconds=None).fit(holes[2:]).n_gaps_ == 0
    # A sensor that is slow throughout has no gap.
    assert Resampler().fit([with_clock(np.arange(50) * 2.0)]).n_gaps_ == 0
    with pytest.raises(ValueError, match="first of 49 longer than 1 s"):
        Resampler(max_gap_seconds=1.0).fit([with_clock(np.arange(50) * 2.0)])


def test_long_gaps_are_interpolated_by_choice_and_counted():
    rows = gappy()
    resampler = Resampler(max_gap_seconds=0.1, gaps="interpolate").fit(rows)
    assert resampler.n_gaps_ == 1
    message = "interpolated over 1 gaps .*first in row 1 .ada.zip."
    with pytest.warns(DataQualityWarning, match=message):
        output = resampler.transform(rows)
    expected = Resampler(max_gap_seconds=None).fit_transform(rows)
    np.testing.assert_array_equal(output[1], expected[1])


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
    with pytest.warns(DataQualityWarning, match="changed the time of .* in 1 of the rows"):
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


@pytest.mark.parametrize(
    ("times", "message"),
    [
        ([0, 1, 2, 1.5, 3], "runs backwards at sample 3, 1.5 s after 2 s"),
        ([0, 1, 1, 2], "repeats a timestamp at sample 2"),
        ([0, 1, np.nan, 2], "timestamp of sample 2 is nan"),
        ([0], r"has 1 sample\(s\), but at least 2"),
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


def test_streams_that_do_not_overlap_are_named_with_their_times():
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


@pytest.mark.parametrize("seconds", [31_536_000.0, 9e8])
@pytest.mark.parametrize("gaps", ["error", "mark", "interpolate"])
def test_a_clock_set_forward_is_refused_before_memory_is_taken(seconds, gaps):
    times = np.arange(600) / 100
    times[300:] += seconds
    times[300:] += np.arange(300) * np.spacing(times[300])
    rows = [simple(), with_clock(times)]
    message = r"row 1 of X \(ada\.zip\): lasts .* more than max_timesteps=5000000\. Correct"
    for refuse in (Resampler(gaps=gaps).fit, Resampler().fit(rows[:1]).transform):
        with pytest.raises(ValueError, match=message):
            refuse(rows)


def test_the_number_of_timesteps_is_limited_by_choice():
    assert Resampler(max_timesteps=150).fit_transform([simple()])[0].shape == (3, 150)
    with pytest.raises(ValueError, match="2.99 s, which is 150 timesteps at 50 Hz, more"):
        Resampler(max_timesteps=149).fit([simple()])
    with pytest.raises(ValueError, match=r"row 0 of X: lasts 1e\+10 s.*max_timesteps"):
        Resampler(input_rate_hz=1e-9).fit_transform(np.zeros((2, 3, 11)))


@pytest.mark.parametrize(("n", "lost"), [(295, False), (260, True)])
def test_a_sensor_that_ends_early_is_reported(n, lost):
    streams = {**simple().streams, **simple(n=n, sensor="Gravity").streams}
    rows = [simple(), Recording(streams, source="ada.zip")]
    fault = ["All sensors: share only 2.59 s"] * lost
    assert rows[1].quality.warnings == fault
    assert quality_warnings(rows) == [
        f"all: {line.replace(':', '')} in 1 of 2 sets" for line in fault
    ]
    resampler = Resampler(channels=["Gyroscope"]).fit(rows)
    assert resampler.n_outside_ == 0  # the other sensor is not used
    rows = rows[1:]
    resampler = Resampler().fit(rows)
    assert resampler.n_outside_ == 40 * lost
    if lost:
        with pytest.warns(
            DataQualityWarning, match=r"left out 40 samples outside .*ada\.zip"
        ):
            resampler.transform(rows)
    else:
        resampler.transform(rows)


def spoiled(value, samples=(7,), axis=1, n=300):
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
        Resampler().fit([simple(), spoiled(np.nan)])
    fitted = Resampler().fit([simple()])
    with pytest.raises(ValueError, match="NaN in axis 'y'"):
        fitted.transform([spoiled(np.nan)])


@pytest.mark.parametrize("missing", ["error", "interpolate"])
def test_infinity_is_always_refused(missing):
    with pytest.raises(ValueError, match=r"axis 'y': infinity at sample 7"):
        Resampler(missing=missing).fit([spoiled(np.inf)])
    with pytest.raises(ValueError, match="infinity"):
        Resampler(missing=missing).fit(np.full((2, 3, 9), np.inf))


def test_missing_values_are_interpolated_and_counted():
    rows = [simple(n=301)]
    rows += [spoiled(np.nan, samples, n=301) for samples in [(7, 8, 100), (0,)]]
    resampler = Resampler(missing="interpolate").fit(rows)
    assert resampler.n_missing_ == 4
    with pytest.warns(
        DataQualityWarning, match="4 samples with missing values in 2 of the rows"
    ):
        whole, mended, late = resampler.transform(rows)
    assert np.abs(mended - whole).max() < 1e-6
    # The missing start is not extrapolated: the set begins a sample later.
    assert late.shape[1] == whole.shape[1] - 1
    truth = np.outer([1, 2, 3], np.sin(0.01 + np.arange(late.shape[1]) / 50))
    assert np.abs(late - truth).max() < 1e-4


def test_missing_values_in_other_channels_do_not_matter():
    resampler = Resampler(channels=["Gyroscope_x"]).fit([spoiled(np.nan)])
    assert resampler.n_missing_ == 0
    assert np.isfinite(resampler.transform([spoiled(np.nan)])[0]).all()


def test_nothing_left():
    with pytest.raises(ValueError, match=r"missing values left out: has 0 sample"):
        Resampler(missing="interpolate").fit([spoiled(np.nan, range(300))])


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
