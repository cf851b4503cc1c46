import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_panels import make_panel, make_targets
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.utils.estimator_checks import check_estimator

from sk_imu import AugmentedClassifier, Flatten, Mixup, RandomScale
from sk_imu.augmentation import augment_sets, mixup

seeds = st.integers(0, 2**32 - 1)


@given(
    n_rows=st.integers(0, 20),
    alpha=st.floats(0.01, 10),
    dtype=st.sampled_from([np.float32, np.float64]),
    seed=seeds,
)
def test_mixing_keeps_the_sum_over_all_rows_of_each_class_and_value(
    n_rows, alpha, dtype, seed
):
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


def test_transform_changes_nothing_after_pickling():
    X = make_panel()
    fitted = pickle.loads(pickle.dumps(clone(Mixup(alpha=0.7)).fit(X)))
    assert fitted.alpha == 0.7
    np.testing.assert_array_equal(fitted.transform(X), X)
