import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from sklearn.base import clone
from sklearn.pipeline import make_pipeline

from sk_imu import MultiplicativeNoise, RandomSubsequence
from sk_imu.augmentation import multiplicative_noise, random_subsequence

AUGMENTERS = [
    MultiplicativeNoise(random_state=0),
    MultiplicativeNoise(per_channel=True, random_state=0),
    RandomSubsequence(random_state=0),
]
all_augmenters = pytest.mark.parametrize("augmenter", AUGMENTERS, ids=repr)
seeds = st.integers(0, 2**32 - 1)
shapes = hnp.array_shapes(min_dims=3, max_dims=3, max_side=20)
dtypes = st.sampled_from([np.float32, np.float64])


def make_panel(shape=(5, 6, 40), dtype=np.float64, seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype(dtype)


@all_augmenters
@given(shape=shapes, dtype=dtypes, seed=seeds)
def test_shape_and_dtype_are_kept_and_the_input_too(augmenter, shape, dtype, seed):
    X = make_panel(shape, dtype)
    X.flags.writeable = False
    new = augmenter.augment(X, np.random.default_rng(seed))
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


@all_augmenters
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
    assert augmenter.fit_transform(table).shape == table.shape


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


@settings(deadline=None)
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
