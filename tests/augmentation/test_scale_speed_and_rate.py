import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from made_panels import make_panel

from sk_imu.augmentation import lower_rate, random_scale, speed_change

seeds = st.integers(0, 2**32 - 1)
shapes = hnp.array_shapes(min_dims=3, max_dims=3, max_side=20)


@given(max_change=st.floats(0, 10), shape=shapes, seed=seeds)
def test_scale_is_one_factor_per_row_within_bounds(max_change, shape, seed):
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
def test_speed_is_constant_across_the_seam(n_timesteps, speed, seed):
    """A channel for each timestep shows which timesteps are read, and their shares."""
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
    """A saw tooth that rises slowly and falls fast does so at any speed."""
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
