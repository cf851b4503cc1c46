import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from sklearn.base import clone
from sklearn.model_selection import KFold, cross_validate
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.utils.estimator_checks import parametrize_with_checks

from sk_imu import ChannelScaler, FixedLength, Recording, SummaryFeatures

NAMES = [f"{s}_{axis}" for s in ("TotalAcceleration", "Gyroscope") for axis in "xyz"]
lengths = st.integers(1, 400)
finite = st.floats(-1e6, 1e6)


def make_sets(lengths=(30, 57, 100), n_channels=6, dtype=np.float64, seed=0):
    rng = np.random.default_rng(seed)
    return [rng.normal(3, 2, (n_channels, n)).astype(dtype) for n in lengths]


def make_panel(shape=(4, 6, 50), dtype=np.float64, seed=0):
    return np.random.default_rng(seed).normal(3, 2, shape).astype(dtype)


def both_interpolations(test):
    return pytest.mark.parametrize("interpolation", ["linear", "cubic"])(test)


# The settings that the checks of test_estimator_checks.py don't reach: their series are
# so short that the default only ever makes them longer.
@parametrize_with_checks(
    [
        FixedLength(2),
        FixedLength(3, interpolation="cubic"),
        ChannelScaler(with_mean=True),
        ChannelScaler(per="channel"),
    ]
)
def test_settings_pass_scikit_learns_checks(estimator, check):
    check(estimator)


@both_interpolations
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_fixed_length_makes_a_panel_of_any_state(interpolation, dtype):
    fixed = FixedLength(64, interpolation=interpolation)
    for X, shape in [
        (make_sets((1, 2, 3, 64, 947), dtype=dtype), (5, 6, 64)),
        (make_panel(dtype=dtype), (4, 6, 64)),
        (make_panel((4, 50), dtype=dtype), (4, 1, 64)),
    ]:
        new = clone(fixed).fit_transform(X)
        assert isinstance(new, np.ndarray)
        assert new.shape == shape
        assert new.dtype == dtype


@both_interpolations
@given(n_before=lengths, n_after=st.integers(2, 400), start=finite, end=finite)
def test_a_ramp_stays_the_ramp_whatever_the_lengths(
    interpolation, n_before, n_after, start, end
):
    ramp = np.linspace(start, end, n_before)
    new = FixedLength(n_after, interpolation=interpolation).fit_transform([ramp[None]])
    expected = np.linspace(start, ramp[-1], n_after)
    np.testing.assert_allclose(new[0, 0], expected, atol=1e-9 * (1 + abs(start) + abs(end)))


@both_interpolations
@pytest.mark.parametrize("n_after", [2, 30, 99, 100, 101, 700])
def test_first_and_last_sample_keep_their_value(interpolation, n_after):
    X = make_panel((4, 6, 100))
    new = FixedLength(n_after, interpolation=interpolation).fit_transform(X)
    np.testing.assert_allclose(new[..., [0, -1]], X[..., [0, -1]], atol=1e-9)


@both_interpolations
def test_the_length_that_is_there_changes_nothing(interpolation):
    X = make_panel()
    new = FixedLength(50, interpolation=interpolation).fit_transform(X)
    np.testing.assert_allclose(new, X, atol=1e-12)


@both_interpolations
def test_rows_and_panels_are_stretched_alike(interpolation):
    X = make_panel()
    fixed = FixedLength(17, interpolation=interpolation)
    np.testing.assert_allclose(
        fixed.fit_transform(list(X)), fixed.fit_transform(X), atol=1e-12
    )


def tone(cycles, n_timesteps):
    return np.sin(2 * np.pi * cycles * np.linspace(0, 1, n_timesteps) + 0.3)


@both_interpolations
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_what_is_too_fast_is_removed_not_disguised(interpolation, dtype):
    # 128 timesteps can show 64 cycles at most.
    X = [tone(cycles=300, n_timesteps=2618)[None].astype(dtype)]
    fixed = FixedLength(128, interpolation=interpolation)
    aliased = fixed.set_params(anti_alias=False).fit_transform(X)
    filtered = fixed.set_params(anti_alias=True).fit_transform(X)
    assert aliased.std() > 0.5
    assert filtered[..., 5:-5].std() < 0.01


@both_interpolations
@pytest.mark.parametrize("n_timesteps", [128, 1000, 2600])
def test_what_is_slow_enough_stays(interpolation, n_timesteps):
    X = [tone(cycles=20, n_timesteps=2618)[None]]
    new = FixedLength(n_timesteps, interpolation=interpolation).fit_transform(X)
    expected = tone(cycles=20, n_timesteps=n_timesteps)
    np.testing.assert_allclose(new[0, 0], expected, atol=0.03)
    middle = slice(n_timesteps // 20, -n_timesteps // 20)
    np.testing.assert_allclose(new[0, 0, middle], expected[middle], atol=0.005)


def test_cubic_is_nearer_to_a_smooth_curve():
    X = [tone(cycles=3, n_timesteps=40)[None]]
    error = {
        kind: np.abs(
            FixedLength(200, interpolation=kind).fit_transform(X)[0, 0] - tone(3, 200)
        ).max()
        for kind in ("linear", "cubic")
    }
    assert error["cubic"] < error["linear"] / 10


def test_scale_is_the_root_mean_square_of_each_channel():
    sets = make_sets()
    together = np.concatenate(sets, axis=1)
    scaler = ChannelScaler().fit(sets)
    np.testing.assert_allclose(scaler.scale_, np.sqrt((together**2).mean(axis=1)))
    assert scaler.mean_ is None


def test_axes_of_a_sensor_share_one_scale_so_that_directions_stay():
    sets = [row * np.array([1, 5, 9, 2, 4, 8])[:, None] for row in make_sets()]
    scaler = ChannelScaler(channel_names=NAMES).fit(sets)
    acceleration, gyroscope = scaler.scale_[:3], scaler.scale_[3:]
    assert len(set(acceleration)) == len(set(gyroscope)) == 1
    together = np.concatenate(sets, axis=1)[:3]
    assert acceleration[0] == pytest.approx(np.sqrt((together**2).mean()))
    for before, after in zip(sets, scaler.transform(sets), strict=True):
        np.testing.assert_allclose(after[:3] / after[0], before[:3] / before[0])


def test_channels_that_are_no_whole_vector_have_their_own_scale():
    sets = [np.array([[1.0], [2.0], [3.0], [4.0]])]
    names = ["Gyroscope_x", "Gyroscope_y", "Orientation_qx", "Orientation_qy"]
    scaler = ChannelScaler(channel_names=names).fit(sets)
    np.testing.assert_allclose(scaler.scale_, [1, 2, 3, 4])


def test_per_channel_ignores_sensors():
    sets = make_sets()
    named = ChannelScaler(channel_names=NAMES, per="channel").fit(sets)
    np.testing.assert_array_equal(named.scale_, ChannelScaler().fit(sets).scale_)


@pytest.mark.parametrize("per", ["sensor", "channel"])
def test_with_mean_standardises(per):
    scaler = ChannelScaler(channel_names=NAMES, per=per, with_mean=True)
    new = np.concatenate(scaler.fit_transform(make_sets()), axis=1)
    np.testing.assert_allclose(new.mean(axis=1), 0, atol=1e-12)
    groups = new if per == "channel" else new.reshape(2, -1)
    np.testing.assert_allclose(groups.std(axis=1), 1)


@pytest.mark.parametrize("per", ["sensor", "channel"])
def test_single_channels_lose_their_mean_and_vectors_keep_their_origin(per):
    names = ["Gyroscope_magnitude", *NAMES[3:], "Gravity_x", "Gravity_y"]
    sets = make_sets()
    scaler = ChannelScaler(channel_names=names, per=per, with_mean="single").fit(sets)
    single, vector = [0, 4, 5], [1, 2, 3]
    centred = ChannelScaler(channel_names=names, per=per, with_mean=True).fit(sets)
    as_is = ChannelScaler(channel_names=names, per=per).fit(sets)
    np.testing.assert_array_equal(scaler.mean_[vector], 0)
    np.testing.assert_array_equal(scaler.mean_[single], centred.mean_[single])
    np.testing.assert_array_equal(scaler.scale_[vector], as_is.scale_[vector])
    np.testing.assert_array_equal(scaler.scale_[single], centred.scale_[single])
    new = np.concatenate(scaler.transform(sets), axis=1)
    np.testing.assert_allclose(new[single].mean(axis=1), 0, atol=1e-12)
    np.testing.assert_allclose(new[single].std(axis=1), 1)


def test_without_names_every_channel_is_single():
    sets = make_sets()
    single = ChannelScaler(with_mean="single").fit(sets)
    centred = ChannelScaler(with_mean=True).fit(sets)
    np.testing.assert_array_equal(single.mean_, centred.mean_)
    np.testing.assert_array_equal(single.scale_, centred.scale_)


@pytest.mark.parametrize("with_mean", ["singles", "vector", None])
def test_with_mean_that_is_unknown_is_refused(with_mean):
    with pytest.raises(ValueError, match="'with_mean' parameter.*'single'"):
        ChannelScaler(with_mean=with_mean).fit(make_sets())


@pytest.mark.parametrize("with_mean", [False, True, "single"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_every_state_is_kept_and_scaled_alike(with_mean, dtype):
    panel = make_panel(dtype=dtype)
    scaler = ChannelScaler(channel_names=NAMES, with_mean=with_mean)
    new = scaler.fit_transform(panel)
    rows = clone(scaler).fit_transform(list(panel))
    assert isinstance(rows, list)
    assert new.shape == panel.shape
    assert {new.dtype, *(row.dtype for row in rows)} == {np.dtype(dtype)}
    np.testing.assert_allclose(rows, new, rtol=1e-5)
    one_channel = ChannelScaler(with_mean=with_mean).fit_transform(panel[:, 0])
    expected = ChannelScaler(with_mean=with_mean).fit_transform(panel[:, :1])
    np.testing.assert_array_equal(one_channel, expected[:, 0])


@given(
    X=hnp.arrays(
        np.float64,
        hnp.array_shapes(min_dims=3, max_dims=3, max_side=6),
        elements=st.floats(-100, 100).map(lambda v: round(v, 3)),
    ),
    with_mean=st.sampled_from([False, True, "single"]),
)
def test_inverse_transform_brings_back_the_units(X, with_mean):
    names = [*NAMES[:3], "Gyroscope_magnitude", "Gravity_x", "Gravity_y"][: X.shape[1]]
    scaler = ChannelScaler(channel_names=names, with_mean=with_mean)
    new = scaler.fit_transform(X)
    assert np.isfinite(new).all()
    np.testing.assert_allclose(scaler.inverse_transform(new), X, atol=1e-9)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_channel_without_scale_is_left_alone(dtype):
    X = np.zeros((2, 2, 50), dtype=dtype)
    X[:, 1] = 9.81
    new = ChannelScaler(with_mean=True).fit_transform(X)
    np.testing.assert_allclose(new, 0, atol=1e-5)
    np.testing.assert_array_equal(ChannelScaler().fit_transform(X)[:, 0], 0)


@pytest.mark.parametrize("per", ["sensor", "channel"])
def test_rounding_errors_and_what_interpolation_leaves_are_not_scaled_up(per):
    rng = np.random.default_rng(0)
    gravity = 9.81 * np.ones((4, 500))
    gravity[:3] = 0.3 * rng.normal(size=(3, 500))
    gravity[3] += rng.normal(0, 5e-5, 500)
    names = [*(f"Gravity_{axis}" for axis in "xyz"), "Gravity_magnitude"]
    scaler = ChannelScaler(channel_names=names, per=per, with_mean="single")
    new = scaler.fit_transform([gravity])[0]
    assert scaler.scale_[3] == 1
    assert np.abs(new[3]).max() < 1e-3
    # What varies by more is information: 0.1 hPa of 1000.
    gravity[3] = 1000 + rng.normal(0, 0.1, 500)
    assert scaler.fit([gravity]).scale_[3] == pytest.approx(0.1, rel=0.2)


def test_a_sensor_that_lies_still_is_not_scaled_up():
    rng = np.random.default_rng(0)
    still = np.array([[9.8], [0.0], [0.0]]) + rng.normal(0, 1e-6, (3, 500))
    names = [f"TotalAcceleration_{axis}" for axis in "xyz"]
    scaler = ChannelScaler(channel_names=names, with_mean=True).fit([still])
    np.testing.assert_array_equal(scaler.scale_, 1)


def test_scale_is_learnt_on_the_training_sets_only():
    """What cross-validation fits does not see the held-out sets, however wild."""
    X = make_panel((20, 6, 30))
    y = np.arange(20) % 2
    X[:5] *= 1000
    model = make_pipeline(ChannelScaler(), SummaryFeatures(), GaussianNB())
    folds = KFold(4)
    fitted = cross_validate(model, X, y, cv=folds, return_estimator=True)["estimator"]
    for model, (train, _) in zip(fitted, folds.split(X), strict=True):
        expected = np.sqrt((X[train] ** 2).mean(axis=(0, 2)))
        np.testing.assert_allclose(model[0].scale_, expected)
        before = model[0].scale_.copy()
        model.predict(X)
        np.testing.assert_array_equal(model[0].scale_, before)


@pytest.mark.parametrize("names", [NAMES[:5], [*NAMES, "Gyroscope_w"], NAMES[:1] * 6])
def test_names_must_fit_the_channels(names):
    with pytest.raises(ValueError, match="each of the 6 channels"):
        ChannelScaler(channel_names=names).fit(make_sets())


@pytest.mark.parametrize("transformer", [FixedLength(20), ChannelScaler()], ids=repr)
def test_bad_input_is_named(transformer):
    sets = make_sets()
    with pytest.raises(ValueError, match="Resampler"):
        transformer.fit(
            [Recording.from_array(sets[0], sampling_rate_hz=50, channel_names=NAMES)]
        )
    with pytest.raises(ValueError, match="row 1 of X has 5 channels"):
        transformer.fit([sets[0], sets[1][:5]])
    broken = make_sets()
    broken[2][4, 7] = np.nan
    with pytest.raises(ValueError, match="row 2, the first in channel 4 at timestep 7"):
        transformer.fit(broken)
    transformer.fit(sets)
    with pytest.raises(ValueError, match="expecting 6"):
        transformer.transform(make_sets(n_channels=3))
    # A table of 6 timesteps is one channel, not 6.
    with pytest.raises(ValueError, match="X has 1 channels"):
        transformer.transform(make_panel((4, 6)))


@pytest.mark.parametrize("transformer", [FixedLength(20), ChannelScaler()], ids=repr)
def test_input_is_not_changed(transformer):
    sets = make_sets()
    before = [row.copy() for row in sets]
    transformer.fit_transform(sets)
    for old, row in zip(before, sets, strict=True):
        np.testing.assert_array_equal(row, old)
