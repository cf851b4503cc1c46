"""What all augmenters have in common, and how they are applied to sets and batches."""

import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from made_panels import make_panel, make_targets, names_for
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from sk_imu import (
    AugmentedClassifier,
    Flatten,
    LowerRate,
    Mixup,
    MultiplicativeNoise,
    RandomMirror,
    RandomRotation,
    RandomScale,
    RandomSubsequence,
    SpeedChange,
)
from sk_imu.augmentation import (
    augment_batch,
    augment_sets,
    lower_rate,
    mixup,
    multiplicative_noise,
    random_mirror,
    random_rotation,
    random_scale,
    random_subsequence,
    speed_change,
)

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


def for_channels(augmenter, n_channels):
    """Return the augmenter for another number of channels."""
    augmenter = clone(augmenter)
    if hasattr(augmenter, "channel_names"):
        augmenter.set_params(channel_names=names_for(n_channels))
    return augmenter


@all_augmenters
@given(shape=shapes, dtype=st.sampled_from([np.float32, np.float64]), seed=seeds)
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
