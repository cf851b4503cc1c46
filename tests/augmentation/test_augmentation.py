import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy.spatial.transform import Rotation
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.utils.estimator_checks import check_estimator

from sk_imu import (
    AugmentedClassifier,
    CanonicalSide,
    DerivedChannels,
    Flatten,
    LowerRate,
    Mixup,
    MultiplicativeNoise,
    RandomMirror,
    RandomRotation,
    RandomScale,
    RandomSubsequence,
    Recording,
    SensorStream,
    SpeedChange,
    derived_channel_names,
)
from sk_imu.augmentation import (
    lower_rate,
    mixup,
    multiplicative_noise,
    random_mirror,
    random_rotation,
    random_scale,
    random_subsequence,
    speed_change,
)
from sk_imu.augmentation._augmenter import augment_batch, augment_sets
from sk_imu.recording._channels import SENSOR_AXES

VECTORS = [sensor for sensor in SENSOR_AXES if sensor != "Orientation"]


def names_for(n_channels):
    """Name as many whole vectors as there are channels for, and scalars after them."""
    n_vectors, n_scalars = divmod(n_channels, 3)
    names = [f"{sensor}_{axis}" for sensor in VECTORS[:n_vectors] for axis in "xyz"]
    return names + [f"Sensor{i}_magnitude" for i in range(n_scalars)]


AUGMENTERS = [
    MultiplicativeNoise(random_state=0),
    MultiplicativeNoise(per_channel=True, random_state=0),
    RandomSubsequence(random_state=0),
    RandomRotation(channel_names=names_for(6), random_state=0),
    RandomRotation(channel_names=names_for(6), free=True, random_state=0),
    RandomScale(random_state=0),
    SpeedChange(random_state=0),
    RandomMirror(channel_names=names_for(6), random_state=0),
    LowerRate(probability=1, random_state=0),
    LowerRate(probability=1, fill="linear", random_state=0),
]
all_augmenters = pytest.mark.parametrize(
    "augmenter", AUGMENTERS, ids=lambda a: type(a).__name__
)
seeds = st.integers(0, 2**32 - 1)
shapes = hnp.array_shapes(min_dims=3, max_dims=3, max_side=20)
dtypes = st.sampled_from([np.float32, np.float64])


def for_channels(augmenter, n_channels):
    """Return the augmenter for another number of channels."""
    augmenter = clone(augmenter)
    if hasattr(augmenter, "channel_names"):
        augmenter.set_params(channel_names=names_for(n_channels))
    return augmenter


def make_panel(shape=(5, 6, 40), dtype=np.float64, seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype(dtype)


@all_augmenters
@given(shape=shapes, dtype=dtypes, seed=seeds)
def test_shape_and_dtype_are_kept_and_the_input_too(augmenter, shape, dtype, seed):
    X = make_panel(shape, dtype)
    X.flags.writeable = False
    new = for_channels(augmenter, shape[1]).augment(X, np.random.default_rng(seed))
    assert new.shape == X.shape
    assert new.dtype == dtype
    assert np.isfinite(new).all()
    assert not np.shares_memory(new, X)


@all_augmenters
def test_the_generator_alone_decides(augmenter):
    X = make_panel()
    first, again, other = (
        augmenter.augment(X, np.random.default_rng(seed)) for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()


@pytest.mark.parametrize(
    "augmenter",
    # Of mirrored rows there are only two kinds.
    [augmenter for augmenter in AUGMENTERS if not isinstance(augmenter, RandomMirror)],
    ids=lambda a: type(a).__name__,
)
def test_rows_are_augmented_independently(augmenter):
    X = np.repeat(make_panel((1, 6, 40)), 8, axis=0)
    new = augmenter.augment(X, np.random.default_rng(0))
    assert len(np.unique(new.reshape(8, -1), axis=0)) == 8


@all_augmenters
def test_memory_order_does_not_matter(augmenter):
    X = make_panel()
    turned = np.ascontiguousarray(X.transpose(2, 0, 1)).transpose(1, 2, 0)
    np.testing.assert_array_equal(
        augmenter.augment(X, np.random.default_rng(0)),
        augmenter.augment(turned, np.random.default_rng(0)),
    )


@all_augmenters
def test_integers_become_floats(augmenter):
    X = make_panel().astype(int)
    new = augmenter.augment(X, np.random.default_rng(0))
    expected = augmenter.augment(X.astype(float), np.random.default_rng(0))
    np.testing.assert_array_equal(new, expected)


@all_augmenters
def test_no_rows_are_no_problem(augmenter):
    X = np.empty((0, 6, 40))
    assert augmenter.augment(X, np.random.default_rng(0)).shape == X.shape


@all_augmenters
def test_augment_takes_panels_only(augmenter):
    with pytest.raises(ValueError, match=r"\(n_sets, n_channels, n_timesteps\)"):
        augmenter.augment(np.ones((5, 40)), np.random.default_rng(0))


@given(
    shape=shapes,
    fraction=st.floats(0, 1),
    bounds=st.tuples(st.floats(0.5, 2), st.floats(0.5, 2)).map(sorted),
    per_channel=st.booleans(),
    seed=seeds,
)
def test_noise_changes_so_many_timesteps_within_bounds(
    shape, fraction, bounds, per_channel, seed
):
    low, high = bounds
    # Bounds that are apart from 1 tell a coefficient from an untouched timestep.
    low, high = low + 2, high + 2
    coefficients = multiplicative_noise(
        np.ones(shape),
        np.random.default_rng(seed),
        fraction=fraction,
        low=low,
        high=high,
        per_channel=per_channel,
    )
    changed = coefficients != 1
    assert (changed.sum(axis=2) == round(fraction * shape[2])).all()
    assert (coefficients[changed] >= low).all()
    assert (coefficients[changed] <= high).all()
    if not per_channel:
        assert (coefficients == coefficients[:, :1]).all()


def test_noise_multiplies():
    X = make_panel()
    noisy = multiplicative_noise(X, np.random.default_rng(0))
    factors = multiplicative_noise(np.ones_like(X), np.random.default_rng(0))
    np.testing.assert_array_equal(noisy, X * factors)


def test_noise_has_one_coefficient_a_timestep():
    noisy = multiplicative_noise(np.ones((1, 1, 200)), np.random.default_rng(0))
    assert len(np.unique(noisy)) == 61  # 60 coefficients, and 1


def test_noise_per_channel_differs_between_channels():
    X = np.ones((3, 6, 200))
    noisy = multiplicative_noise(X, np.random.default_rng(0), per_channel=True)
    assert len(np.unique((noisy != 1).reshape(18, -1), axis=0)) == 18


def test_noise_is_spread_evenly():
    """Every timestep is as likely to be chosen, every coefficient to be drawn."""
    noisy = multiplicative_noise(np.ones((20_000, 1, 10)), np.random.default_rng(0))
    changed = noisy != 1
    np.testing.assert_allclose(changed.mean(axis=(0, 1)), 0.3, atol=0.02)
    assert noisy[changed].mean() == pytest.approx(0.95, abs=0.002)
    assert noisy[changed].std() == pytest.approx(0.3 / np.sqrt(12), abs=0.002)


@given(n_timesteps=st.integers(1, 300), min_fraction=st.floats(0.01, 1), seed=seeds)
def test_subsequence_of_a_ramp_is_a_part_of_the_ramp(n_timesteps, min_fraction, seed):
    ramp = np.arange(n_timesteps, dtype=float)
    # The second channel shows that all are cut alike.
    X = np.stack([ramp, -ramp])[np.newaxis].repeat(3, axis=0)
    new = random_subsequence(X, np.random.default_rng(seed), min_fraction=min_fraction)
    np.testing.assert_allclose(new[:, 1], -new[:, 0])
    last = n_timesteps - 1
    for row in new[:, 0]:
        assert -1e-9 <= row[0] <= row[-1] <= last + 1e-9
        assert row[-1] - row[0] >= min_fraction * last - 1e-9
        np.testing.assert_allclose(row, np.linspace(row[0], row[-1], n_timesteps))


def test_subsequence_starts_anywhere_and_has_any_length():
    ramp = np.linspace(0, 1, 50).reshape(1, 1, 50).repeat(20_000, axis=0)
    new = random_subsequence(ramp, np.random.default_rng(0), min_fraction=0.5)
    start, length = new[:, 0, 0], new[:, 0, -1] - new[:, 0, 0]
    quartiles = np.quantile(length, [0, 0.25, 0.5, 0.75, 1])
    np.testing.assert_allclose(quartiles, [0.5, 0.625, 0.75, 0.875, 1], atol=0.01)
    share = start / (1 - length)
    np.testing.assert_allclose(
        np.quantile(share, [0.25, 0.5, 0.75]), [0.25, 0.5, 0.75], atol=0.02
    )


def test_subsequence_of_everything_is_everything():
    X = make_panel()
    new = random_subsequence(X, np.random.default_rng(0), min_fraction=1)
    np.testing.assert_allclose(new, X, atol=1e-12)


@pytest.mark.parametrize(
    ("function", "parameters"),
    [
        (multiplicative_noise, {"fraction": 30}),
        (multiplicative_noise, {"fraction": -0.1}),
        (multiplicative_noise, {"low": "0.8"}),
        (multiplicative_noise, {"low": 1.2, "high": 1.1}),
        (random_subsequence, {"min_fraction": 0}),
        (random_subsequence, {"min_fraction": 1.5}),
        (random_rotation, {"max_angle": 4, "channel_names": names_for(6)}),
        (random_rotation, {"max_angle": -1, "channel_names": names_for(6)}),
        (random_scale, {"max_change": -0.1}),
        (speed_change, {"low": 0}),
        (speed_change, {"low": 1.2, "high": 1.1}),
        (random_mirror, {"mirror_axis": "w", "channel_names": names_for(6)}),
        (random_mirror, {"probability": 2, "channel_names": names_for(6)}),
        (lower_rate, {"low_hz": 0}),
        (lower_rate, {"low_hz": 10, "high_hz": 5}),
        (lower_rate, {"sampling_rate_hz": 20}),
        (lower_rate, {"fill": "cubic"}),
    ],
)
def test_bad_parameters_are_named(function, parameters):
    with pytest.raises(ValueError, match=next(iter(parameters))):
        function(make_panel(), np.random.default_rng(0), **parameters)


@all_augmenters
def test_unseen_sets_are_never_augmented(augmenter):
    X, unseen = make_panel(), make_panel(seed=1)
    fitted = clone(augmenter).fit(X)
    np.testing.assert_array_equal(fitted.transform(unseen), unseen)
    assert (fitted.fit_transform(X) != X).any()
    np.testing.assert_array_equal(fitted.transform(X), X)


@all_augmenters
def test_every_state_is_kept(augmenter):
    sets = [make_panel((6, n), np.float32) for n in (1, 40, 947)]
    new = augmenter.fit_transform(sets)
    assert isinstance(new, list)
    assert [row.shape for row in new] == [row.shape for row in sets]
    assert {row.dtype for row in new} == {np.dtype(np.float32)}
    same = augmenter.transform(sets)
    assert all((a == b).all() for a, b in zip(same, sets, strict=True))
    table = make_panel((5, 40))
    assert for_channels(augmenter, 1).fit_transform(table).shape == table.shape


@all_augmenters
def test_random_state_is_what_fit_transform_draws_from(augmenter):
    X = make_panel()
    first = clone(augmenter).fit_transform(X)
    np.testing.assert_array_equal(first, clone(augmenter).fit_transform(X))
    other = clone(augmenter).set_params(random_state=1).fit_transform(X)
    assert (first != other).any()
    generator = np.random.RandomState(0)
    shared = clone(augmenter).set_params(random_state=generator)
    assert (shared.fit_transform(X) != shared.fit_transform(X)).any()


@all_augmenters
def test_the_global_generator_is_left_alone(augmenter):
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    augmenter.augment(make_panel(), np.random.default_rng(0))
    augmenter.fit_transform(make_panel())
    np.testing.assert_array_equal(np.random.get_state()[1], before)  # noqa: NPY002


@settings(deadline=None, max_examples=30)
@given(
    order=st.permutations(AUGMENTERS),
    n_timesteps=st.integers(1, 50),
)
def test_augmenters_can_be_chained(order, n_timesteps):
    X = make_panel((3, 6, n_timesteps))
    chain = make_pipeline(*order).set_output(transform="pandas")
    assert chain.fit_transform(X).shape == X.shape
    np.testing.assert_array_equal(chain.transform(X), X)


@all_augmenters
def test_pickled_augmenters_go_on(augmenter):
    fitted = clone(augmenter).fit(make_panel())
    again = pickle.loads(pickle.dumps(fitted))
    X = make_panel()
    np.testing.assert_array_equal(again.transform(X), X)
    np.testing.assert_array_equal(again.fit_transform(X), fitted.fit_transform(X))


@all_augmenters
def test_models_with_an_augmenter_can_be_saved(augmenter, tmp_path):
    pytest.importorskip("skops")
    from sk_imu.persistence import load_model, save_model

    X, y = make_panel(), ["rest", "squat", "rest", "squat", "rest"]
    model = make_pipeline(Flatten(), LogisticRegression())
    model = AugmentedClassifier(model, augmenter, random_state=0).fit(X, y)
    save_model(model, tmp_path / "model.skops")
    again = load_model(tmp_path / "model.skops")
    np.testing.assert_array_equal(again.predict_proba(X), model.predict_proba(X))
    assert repr(again.augmenter) == repr(augmenter)


# ---------------------------------------------------------------- turning and mirroring


def basis(n_sets, n_channels=3):
    """Return rows whose three timesteps are the unit vectors: turned, they are a matrix."""
    return np.tile(np.eye(3), (n_sets, n_channels // 3, 1))


@given(
    n_vectors=st.integers(1, len(VECTORS)),
    max_angle=st.floats(0, np.pi),
    free=st.booleans(),
    seed=seeds,
)
def test_turning_keeps_lengths_angles_and_handedness(n_vectors, max_angle, free, seed):
    X = make_panel((4, 3 * n_vectors + 1, 10))
    names = [*names_for(3 * n_vectors), "Gyroscope_vertical"]
    new = random_rotation(
        X, np.random.default_rng(seed), channel_names=names, max_angle=max_angle, free=free
    )
    np.testing.assert_array_equal(new[:, -1], X[:, -1])

    # All vectors of a row at all timesteps are one set of vectors: (row, vector, 3).
    def vectors(panel):
        parts = panel[:, :-1].reshape(4, n_vectors, 3, 10)
        return parts.transpose(0, 1, 3, 2).reshape(4, -1, 3)

    before, after = vectors(X), vectors(new)
    np.testing.assert_allclose(
        after @ after.transpose(0, 2, 1), before @ before.transpose(0, 2, 1), atol=1e-9
    )
    np.testing.assert_allclose(
        np.linalg.det(after[:, :3]), np.linalg.det(before[:, :3]), atol=1e-9
    )


@given(max_angle=st.floats(0, np.pi), seed=seeds)
def test_no_row_is_turned_by_more_than_the_largest_angle(max_angle, seed):
    new = random_rotation(
        basis(20),
        np.random.default_rng(seed),
        channel_names=names_for(3),
        max_angle=max_angle,
    )
    assert (Rotation.from_matrix(new).magnitude() <= max_angle + 1e-7).all()


def test_turns_have_any_axis_and_any_angle():
    turned = random_rotation(
        basis(20_000), np.random.default_rng(0), channel_names=names_for(3), max_angle=1.2
    )
    vectors = Rotation.from_matrix(turned).as_rotvec()
    angle = np.linalg.norm(vectors, axis=1)
    np.testing.assert_allclose(
        np.quantile(angle, [0.25, 0.5, 0.75]), [0.3, 0.6, 0.9], atol=0.02
    )
    # Of a uniform direction each component is uniform (Archimedes).
    components = np.quantile(vectors / angle[:, np.newaxis], [0.25, 0.5, 0.75], axis=0)
    np.testing.assert_allclose(components, np.tile([[-0.5], [0], [0.5]], 3), atol=0.03)


def test_free_turns_are_uniform_over_all_rotations():
    turned = random_rotation(
        basis(20_000), np.random.default_rng(0), channel_names=names_for(3), free=True
    )
    angle = np.sort(Rotation.from_matrix(turned).magnitude())
    # The angle of a uniform rotation has the density (1 - cos) / pi.
    expected = (angle - np.sin(angle)) / np.pi
    np.testing.assert_allclose(expected, np.linspace(0, 1, 20_000), atol=0.015)
    # Each unit vector goes to any direction.
    np.testing.assert_allclose(turned.mean(axis=0), 0, atol=0.02)


def test_turned_devices_have_the_same_derived_channels():
    names = names_for(12)
    X = make_panel((3, 12, 100))
    derived = DerivedChannels(
        kinds=("magnitude", "vertical", "rate_of_change"), channel_names=names, keep=False
    )
    turned = random_rotation(X, np.random.default_rng(0), channel_names=names, free=True)
    np.testing.assert_allclose(
        derived.fit_transform(turned), derived.fit_transform(X), atol=1e-9
    )


@pytest.mark.parametrize("axis", ["x", "y", "z"])
def test_the_mirror_is_that_of_recordings_of_a_known_side(axis):
    rng = np.random.default_rng(0)
    values = {sensor: rng.normal(size=(5, 3)) for sensor in VECTORS}
    streams = {s: SensorStream(np.arange(5) / 50, v) for s, v in values.items()}
    side = CanonicalSide(onto="right", mirror_axis=axis)
    (mirrored,) = side.fit_transform([Recording(streams, side="left")])
    X = np.hstack(list(values.values())).T[np.newaxis]
    new = random_mirror(
        X,
        np.random.default_rng(0),
        channel_names=names_for(X.shape[1]),
        mirror_axis=axis,
        probability=1,
    )
    expected = np.hstack([mirrored.streams[sensor].values for sensor in VECTORS]).T
    np.testing.assert_array_equal(new[0], expected)


@pytest.mark.parametrize("axis", ["x", "y", "z"])
def test_mirroring_before_and_after_deriving_channels_is_the_same(axis):
    names = names_for(15)
    kinds = ("magnitude", "vertical", "rate_of_change")
    X = make_panel((3, 15, 100))
    derived = DerivedChannels(kinds=kinds, channel_names=names)
    both = {"mirror_axis": axis, "probability": 1}
    before = random_mirror(X, np.random.default_rng(0), channel_names=names, **both)
    all_names = derived_channel_names(names, kinds)
    after = random_mirror(
        derived.fit_transform(X),
        np.random.default_rng(0),
        channel_names=all_names,
        **both,
    )
    np.testing.assert_allclose(derived.fit_transform(before), after, atol=1e-9)


@given(axis=st.sampled_from("xyz"), probability=st.floats(0, 1), seed=seeds)
def test_mirroring_twice_changes_nothing_and_never_a_part_of_a_row(axis, probability, seed):
    X = make_panel((6, 7, 10))
    names = names_for(7)

    def mirror(panel, probability):
        return random_mirror(
            panel,
            np.random.default_rng(seed),
            channel_names=names,
            mirror_axis=axis,
            probability=probability,
        )

    np.testing.assert_array_equal(mirror(mirror(X, probability), probability), X)
    mirrored = mirror(X, 1)
    for row, new, other in zip(X, mirror(X, probability), mirrored, strict=True):
        assert (new == row).all() or (new == other).all()
    np.testing.assert_array_equal(mirror(X, 0), X)


def test_as_many_rows_are_mirrored_as_likely():
    X = np.ones((20_000, 3, 1))
    new = random_mirror(
        X, np.random.default_rng(0), channel_names=names_for(3), probability=0.3
    )
    assert (new[:, 0, 0] == -1).mean() == pytest.approx(0.3, abs=0.01)


@pytest.mark.parametrize("augmenter", [RandomRotation(), RandomMirror()], ids=repr)
@pytest.mark.parametrize(
    ("channel_names", "message"),
    [
        # Six channels may be two vectors, or any six channels: nothing is guessed.
        (None, "needs channel_names.*resampler.channel_names_"),
        (names_for(5), "must name each of the 6 channels of X once, got 5 names"),
        (["Gyroscope_x"] * 6, "must name each of the 6 channels of X once"),
        ([*names_for(5), "Orientation_yaw"], "Orientation_yaw would have to turn"),
        ([*names_for(5), "Orientation_qw"], r"Leave them out: Resampler\(channels="),
    ],
)
def test_vectors_must_be_named(augmenter, channel_names, message):
    augmenter = clone(augmenter).set_params(channel_names=channel_names)
    name = type(augmenter).__name__
    with pytest.raises(ValueError, match=f"{name}.*{message}"):
        augmenter.augment(make_panel(), np.random.default_rng(0))


def test_half_a_vector_cannot_be_turned():
    names = ["Gyroscope_x", "Gyroscope_y", *names_for(3), "Light_x"]
    with pytest.raises(ValueError, match="Gyroscope_x, Gyroscope_y can't be turned"):
        random_rotation(make_panel(), np.random.default_rng(0), channel_names=names)


def test_half_a_vector_can_be_mirrored():
    names = ["Gyroscope_y", "Gravity_x", "Light_x"]
    new = random_mirror(
        np.ones((1, 3, 1)), np.random.default_rng(0), channel_names=names, probability=1
    )
    assert new.ravel().tolist() == [-1, -1, 1]


def test_unknown_vectors_are_turned_but_not_mirrored():
    names = [f"Thumb_{axis}" for axis in "xyz"]
    X = make_panel((2, 3, 5))
    assert (random_rotation(X, np.random.default_rng(0), channel_names=names) != X).any()
    with pytest.raises(
        ValueError, match="how Thumb_x, Thumb_y, Thumb_z are mirrored is unknown"
    ):
        random_mirror(X, np.random.default_rng(0), channel_names=names)


# ------------------------------------------------------------------ scale and speed


@given(max_change=st.floats(0, 10), shape=shapes, seed=seeds)
def test_scale_is_one_factor_a_row_within_bounds(max_change, shape, seed):
    new = random_scale(np.ones(shape), np.random.default_rng(seed), max_change=max_change)
    assert (new == new[:, :1, :1]).all()
    assert (new >= 1 / (1 + max_change) - 1e-12).all()
    assert (new <= 1 + max_change + 1e-12).all()
    X = make_panel(shape)
    scaled = random_scale(X, np.random.default_rng(seed), max_change=max_change)
    np.testing.assert_array_equal(scaled, X * new)


def test_twice_is_as_likely_as_half():
    new = random_scale(np.ones((20_000, 1, 1)), np.random.default_rng(0), max_change=1)
    quartiles = np.quantile(np.log2(new), [0, 0.25, 0.5, 0.75, 1])
    np.testing.assert_allclose(quartiles, [-1, -0.5, 0, 0.5, 1], atol=0.03)


@given(n_timesteps=st.integers(3, 100), speed=st.floats(0.1, 8), seed=seeds)
def test_speed_is_kept_from_each_end_on_to_the_beginning(n_timesteps, speed, seed):
    """A channel for each timestep tells which timesteps are read, and to what shares."""
    channels = np.eye(n_timesteps)[np.newaxis].repeat(3, axis=0)
    shares = speed_change(channels, np.random.default_rng(seed), low=speed, high=speed)
    assert (shares >= 0).all()
    np.testing.assert_allclose(shares.sum(axis=1), 1)
    # Two timesteps at most, side by side; the first comes after the last.
    most = shares.argmax(axis=1)
    after, before = (
        np.take_along_axis(shares, (most + side)[:, None] % n_timesteps, axis=1)[:, 0]
        for side in (1, -1)
    )
    np.testing.assert_allclose(shares.max(axis=1) + after + before, 1)
    assert (np.minimum(after, before) == 0).all()
    position = most + after - before
    off = np.diff(position) - speed
    np.testing.assert_allclose(off, n_timesteps * np.round(off / n_timesteps), atol=1e-9)
    X = make_panel((3, 2, n_timesteps))
    new = speed_change(X, np.random.default_rng(seed), low=speed, high=speed)
    np.testing.assert_allclose(new, X @ shares, atol=1e-12)


@given(n_timesteps=st.integers(1, 100), speed=st.floats(0.1, 1), seed=seeds)
def test_a_slower_row_has_no_seam_and_a_time_that_stays(n_timesteps, speed, seed):
    ramp = np.arange(n_timesteps, dtype=float)
    new = speed_change(
        ramp.reshape(1, 1, -1), np.random.default_rng(seed), low=speed, high=speed
    )
    position = new[0, 0]
    np.testing.assert_allclose(np.diff(position), speed, atol=1e-9)
    assert (position - ramp).min() <= 1e-9
    assert (position - ramp).max() >= -1e-9


def test_no_movement_is_played_backwards():
    """Slowly up and fast down, again and again: so it must be at any speed."""
    saw = (np.arange(800.0) % 20).reshape(1, 1, -1).repeat(50, axis=0)
    new = speed_change(saw, np.random.default_rng(0), low=1, high=2)[:, 0]
    assert ((np.diff(new) > 0).mean(axis=1) > 0.85).all()


def test_the_speed_and_what_stays_are_spread_evenly():
    ramp = np.linspace(0, 1, 50).reshape(1, 1, 50).repeat(20_000, axis=0)
    new = speed_change(ramp, np.random.default_rng(0), low=0.25, high=1)[:, 0]
    speed = new[:, -1] - new[:, 0]
    quartiles = np.quantile(np.log2(speed), [0, 0.25, 0.5, 0.75, 1])
    np.testing.assert_allclose(quartiles, [-2, -1.5, -1, -0.5, 0], atol=0.02)
    stays = new[:, 0] / (1 - speed)
    np.testing.assert_allclose(
        np.quantile(stays, [0.25, 0.5, 0.75]), [0.25, 0.5, 0.75], atol=0.02
    )


def test_speed_one_changes_nothing():
    X = make_panel()
    new = speed_change(X, np.random.default_rng(0), low=1, high=1)
    np.testing.assert_allclose(new, X, atol=1e-12)


# ------------------------------------------------------------------------ slow sensors


@given(
    n_timesteps=st.integers(1, 300),
    rate_hz=st.floats(0.5, 50),
    seed=seeds,
)
def test_a_held_reading_is_the_last_one(n_timesteps, rate_hz, seed):
    ramp = np.arange(n_timesteps)
    X = np.stack([ramp, -ramp])[np.newaxis].repeat(3, axis=0)
    new = lower_rate(
        X, np.random.default_rng(seed), low_hz=rate_hz, high_hz=rate_hz, probability=1
    )
    np.testing.assert_array_equal(new[:, 1], -new[:, 0])
    period = 50 / rate_hz
    for read_at in new[:, 0]:
        assert set(read_at) <= set(ramp)
        assert (read_at <= ramp).all()
        assert (ramp - read_at < period + 1).all()
        times, lengths = np.unique(read_at, return_counts=True)
        # A value appears at the time it was read, and stays for a period; what is before
        # the first reading and after the last is shorter.
        assert times[0] == 0
        np.testing.assert_array_equal(times[1:], np.cumsum(lengths)[:-1])
        assert (lengths < period + 1).all()
        assert (lengths[1:-1] > period - 1).all()


@given(n_timesteps=st.integers(1, 300), rate_hz=st.floats(0.5, 50), seed=seeds)
def test_lines_between_readings_leave_a_line_as_it_is(n_timesteps, rate_hz, seed):
    ramp = np.arange(n_timesteps, dtype=float).reshape(1, 1, -1)
    rates = {"low_hz": rate_hz, "high_hz": rate_hz, "probability": 1}
    new = lower_rate(ramp, np.random.default_rng(seed), fill="linear", **rates)
    np.testing.assert_allclose(new, ramp, atol=1e-9)
    # Readings are at the same times, whatever is between them.
    X = make_panel((1, 2, n_timesteps))
    held = lower_rate(X, np.random.default_rng(seed), **rates)
    line = lower_rate(X, np.random.default_rng(seed), fill="linear", **rates)
    read = np.r_[True, np.diff(held[0, 0]) != 0]
    np.testing.assert_allclose(line[..., read], X[..., read], atol=1e-12)
    assert (np.abs(line) <= np.abs(X).max() + 1e-12).all()


@pytest.mark.parametrize("fill", ["hold", "linear"])
def test_the_full_rate_changes_nothing(fill):
    X = make_panel()
    rates = {"low_hz": 50, "high_hz": 50, "probability": 1, "fill": fill}
    new = lower_rate(X, np.random.default_rng(0), **rates)
    np.testing.assert_array_equal(new, X)


def test_rates_and_chosen_rows_are_spread_evenly():
    X = np.arange(2_000.0).reshape(1, 1, -1).repeat(2_000, axis=0)
    new = lower_rate(
        X,
        np.random.default_rng(0),
        low_hz=5,
        high_hz=20,
        probability=0.4,
        sampling_rate_hz=100,
    )[:, 0]
    changed = (new != X[:, 0]).any(axis=1)
    assert changed.mean() == pytest.approx(0.4, abs=0.03)
    n_readings = 1 + (np.diff(new[changed]) > 0).sum(axis=1)
    quartiles = np.quantile(np.log2(n_readings / 20 / 5), [0.01, 0.25, 0.5, 0.75, 0.99])
    np.testing.assert_allclose(quartiles, [0, 0.5, 1, 1.5, 2], atol=0.1)
    # The first reading comes at any time of the first period.
    first = (new[changed] == 0).sum(axis=1) * n_readings / 2_000
    np.testing.assert_allclose(
        np.quantile(first, [0.25, 0.5, 0.75]), [0.25, 0.5, 0.75], atol=0.1
    )


# ----------------------------------------------------------------------- mixed labels


def make_targets(n_rows, n_classes=3, seed=0):
    """Return weighted class distributions."""
    rng = np.random.default_rng(seed)
    weights = rng.uniform(0, 3, n_rows)
    return np.eye(n_classes)[rng.integers(n_classes, size=n_rows)] * weights[:, np.newaxis]


@given(n_rows=st.integers(0, 20), alpha=st.floats(0.01, 10), dtype=dtypes, seed=seeds)
def test_mixing_keeps_each_class_and_the_sum_of_all_rows(n_rows, alpha, dtype, seed):
    X, targets = make_panel((n_rows, 2, 5), dtype), make_targets(n_rows).astype(dtype)
    X.flags.writeable = targets.flags.writeable = False
    new, mixed = mixup(X, targets, np.random.default_rng(seed), alpha=alpha)
    assert new.dtype == mixed.dtype == dtype
    assert new.shape == X.shape
    tolerance = {np.float32: 1e-4, np.float64: 1e-9}[dtype]
    np.testing.assert_allclose(mixed.sum(axis=0), targets.sum(axis=0), atol=tolerance)
    np.testing.assert_allclose(new.sum(axis=0), X.sum(axis=0), atol=tolerance)
    assert (mixed >= -tolerance).all()


@given(n_rows=st.integers(1, 20), alpha=st.floats(0.01, 10), seed=seeds)
def test_targets_are_mixed_by_the_same_shares_as_rows(n_rows, alpha, seed):
    # Of unit vectors the mixed rows are the shares themselves.
    X = np.eye(n_rows)[:, np.newaxis]
    targets = make_targets(n_rows)
    new, mixed = mixup(X, targets, np.random.default_rng(seed), alpha=alpha)
    shares = new[:, 0]
    np.testing.assert_allclose(mixed, shares @ targets, atol=1e-9)
    np.testing.assert_allclose(shares.sum(axis=1), 1)
    assert (shares >= 0).all()
    assert ((shares > 0).sum(axis=1) <= 2).all()


def test_shares_follow_the_beta_distribution_and_anyone_is_a_partner():
    n_rows = 2_000
    X = np.eye(n_rows, dtype=np.float32)[:, np.newaxis]
    shares, _ = mixup(X, np.ones((n_rows, 1)), np.random.default_rng(0), alpha=2)
    own = np.diag(shares[:, 0])
    # Beta(2, 2) has the mean 1/2, the variance 1/20 and the first quartile 0.3264.
    assert own.mean() == pytest.approx(0.5, abs=0.02)
    assert own.var() == pytest.approx(0.05, abs=0.005)
    assert np.quantile(own, 0.25) == pytest.approx(0.3264, abs=0.02)
    partner = (shares[:, 0] - np.diag(own)).argmax(axis=1)
    distance = np.abs(partner - np.arange(n_rows)) / n_rows
    # The mean distance of two random points of an interval is a third of it.
    assert distance.mean() == pytest.approx(1 / 3, abs=0.03)


@pytest.mark.parametrize(
    "targets", [np.ones(5), np.ones((4, 2)), np.ones((5, 2, 1))], ids=np.shape
)
def test_targets_of_another_shape_are_refused(targets):
    with pytest.raises(ValueError, match=r"targets must .* \(n_sets, n_classes\)"):
        mixup(make_panel(), targets, np.random.default_rng(0))


def test_mixing_without_labels_is_refused():
    X, y = make_panel(), ["rest", "squat", "rest", "squat", "rest"]
    message = "Mixup mixes rows, and so must mix their labels.*network's augmenter"
    rng = np.random.default_rng(0)
    with pytest.raises(ValueError, match=message):
        Mixup().augment(X, rng)
    with pytest.raises(ValueError, match=message):
        Mixup().fit_transform(X)
    with pytest.raises(ValueError, match=message):
        augment_sets(make_pipeline(RandomScale(), Mixup()), X, rng)
    forest = make_pipeline(Flatten(), LogisticRegression())
    with pytest.raises(ValueError, match=message):
        AugmentedClassifier(forest, Mixup()).fit(X, y)
    with pytest.raises(ValueError, match=message):
        make_pipeline(Mixup(), forest).fit(X, y)
    with pytest.raises(ValueError, match="alpha"):
        Mixup(alpha=0).augment_with_targets(X, np.ones((5, 2)), rng)


def test_mixup_fails_scikit_learns_checks_only_by_refusing():
    results = check_estimator(Mixup(), on_fail=None, on_skip=None)
    failed = [result for result in results if result["status"] == "failed"]
    refused = [r for r in failed if "must mix their labels" in str(r["exception"])]
    assert failed == refused
    assert len(failed) < len(results) / 3


def test_mixup_leaves_new_sets_alone_and_can_be_kept():
    X = make_panel()
    fitted = pickle.loads(pickle.dumps(clone(Mixup(alpha=0.7)).fit(X)))
    assert fitted.alpha == 0.7
    np.testing.assert_array_equal(fitted.transform(X), X)


@all_augmenters
def test_a_batch_is_augmented_as_sets_are_and_keeps_its_targets(augmenter):
    X, targets = make_panel(), make_targets(5)
    chain = make_pipeline(augmenter, RandomScale())
    new, same = augment_batch(chain, X, targets, np.random.default_rng(0))
    expected = augment_sets(chain, X, np.random.default_rng(0))
    np.testing.assert_array_equal(new, expected)
    np.testing.assert_array_equal(same, targets)


def test_a_batch_is_mixed_where_the_chain_says_so():
    X, targets = make_panel(), make_targets(5)
    chain = make_pipeline(RandomScale(), "passthrough", Mixup(alpha=1))
    new, mixed = augment_batch(chain, X, targets, np.random.default_rng(0))
    rng = np.random.default_rng(0)
    expected, expected_targets = mixup(random_scale(X, rng), targets, rng, alpha=1)
    np.testing.assert_array_equal(new, expected)
    np.testing.assert_array_equal(mixed, expected_targets)
    alone, _ = augment_batch(Mixup(), X, targets, np.random.default_rng(0))
    assert (alone != X).any()


def test_a_batch_takes_augmenters_only():
    chain = make_pipeline(Mixup(), Flatten())
    with pytest.raises(ValueError, match="Flatten has no augment method"):
        augment_batch(chain, make_panel(), make_targets(5), np.random.default_rng(0))
