import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from made_panels import make_panel

from sk_imu.augmentation import multiplicative_noise, random_subsequence

seeds = st.integers(0, 2**32 - 1)
shapes = hnp.array_shapes(min_dims=3, max_dims=3, max_side=20)


@given(
    shape=shapes,
    fraction=st.floats(0, 1),
    bounds=st.tuples(st.floats(0.5, 2), st.floats(0.5, 2)).map(sorted),
    per_channel=st.booleans(),
    seed=seeds,
)
def test_noise_changes_the_share_of_timesteps_within_bounds(
    shape, fraction, bounds, per_channel, seed
):
    low, high = bounds
    # No coefficient is 1, so that the timesteps left alone can be recognized.
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


def test_noise_has_one_coefficient_per_timestep():
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
