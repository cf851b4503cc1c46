"""MiniRocketClassifier: the answers of scikit-learn's own steps, in less memory."""

import numpy as np
import pytest
import sklearn
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.linear_model import RidgeClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import check_estimator

from sk_imu import MiniRocketClassifier, MiniRocketFeatures, WindowedClassifier

pytest.importorskip("numba", reason="MiniRocket is compiled by the extra 'rocket'")


def rocket(num_kernels=84, alpha=1000.0, **parameters):
    return MiniRocketClassifier(num_kernels, alpha=alpha, random_state=0, **parameters)


def make_panel(n_sets, n_classes=3, n_timesteps=40):
    """Return sets of rhythms that differ by class, sorted by class, and labels."""
    rng = np.random.default_rng(0)
    y = np.sort(np.arange(n_sets) % n_classes)
    phase = np.arange(n_timesteps) * (0.3 + 0.1 * y[:, np.newaxis])
    wave = np.sin(phase + rng.uniform(0, 6, (n_sets, 1)))[:, np.newaxis]
    X = wave + rng.normal(0, 1, (n_sets, 2, n_timesteps))
    return X, np.array(["lunge", "rest", "squat"])[y]


# With fewer sets than features the coefficients are found in another way, and with more
# than 1000 sets in batches.
@pytest.mark.parametrize(
    ("n_sets", "num_kernels", "n_classes", "weighted"),
    [
        (60, 84, 3, True),
        (60, 84, 2, False),
        (150, 84, 2, True),
        (1090, 1092, 2, True),
        (2100, 84, 3, True),
    ],
)
def test_answers_are_those_of_the_pipeline(n_sets, num_kernels, n_classes, weighted):
    X, y = make_panel(n_sets, n_classes)
    weights = np.random.default_rng(1).uniform(0, 2, n_sets) if weighted else None
    ours = rocket(num_kernels).fit(X, y, sample_weight=weights)
    features = MiniRocketFeatures(num_kernels, random_state=0)
    # float64, as the exact answer.
    table = features.fit_transform(X).astype(float)
    pipeline = make_pipeline(StandardScaler(), RidgeClassifier(1000.0))
    pipeline.fit(table, y, ridgeclassifier__sample_weight=weights)
    expected = pipeline.decision_function(table)
    scores = ours.decision_function(X)
    assert scores.dtype == np.float32
    assert_allclose(scores, expected, rtol=0, atol=5e-5)
    if n_classes == 2:
        expected = np.stack([-expected, expected], axis=1)
    second, first = np.sort(expected, axis=1)[:, -2:].T
    clear = first - second > 1e-3
    assert clear.mean() > 0.9
    assert_array_equal(ours.predict(X)[clear], pipeline.predict(table)[clear])
    assert_allclose(ours.mean_, table.mean(axis=0), rtol=0, atol=1e-6)
    assert_allclose(ours.scale_, table.std(axis=0), rtol=0, atol=1e-6)


def test_features_that_never_change_count_for_nothing():
    X, y = make_panel(200)
    X[:, 1] = 0
    ours = rocket(840).fit(X, y)
    table = MiniRocketFeatures(840, random_state=0).fit_transform(X)
    constant = np.ptp(table, axis=0) == 0
    assert constant.any()
    assert_array_equal(ours.scale_[constant], 1)
    assert_allclose(ours.coef_[:, constant], 0, atol=1e-6)
    assert ours.score(X, y) > 0.9


def test_the_table_of_many_sets_is_never_whole(monkeypatch):
    n_rows = []
    table_of = MiniRocketFeatures._table

    def counted(self, panel):
        n_rows.append(len(panel))
        return table_of(self, panel)

    monkeypatch.setattr(MiniRocketFeatures, "_table", counted)
    X, y = make_panel(2500)
    rocket().fit(X, y).predict(X)
    assert sum(n_rows) >= 5000
    assert max(n_rows) <= 1000


def test_data_frames_are_not_passed_on():
    X, y = make_panel(60)
    expected = rocket().fit(X, y).decision_function(X)
    with sklearn.config_context(transform_output="pandas"):
        scores = rocket().fit(X, y).decision_function(X)
    assert_array_equal(scores, expected)


def test_what_cannot_be_learned_is_named():
    X, y = make_panel(30)
    with pytest.raises(ValueError, match="at least two classes"):
        rocket().fit(X, ["squat"] * 30)
    with pytest.raises(ValueError, match="at least one non-zero"):
        rocket().fit(X, y, sample_weight=np.zeros(30))
    with pytest.raises(ValueError, match="8 timestep.*too short"):
        rocket().fit(X[..., :8], y)
    with pytest.raises(ValueError, match="'alpha' parameter"):
        rocket(alpha=0.0).fit(X, y)
    with pytest.raises(ValueError, match="alpha=1e-50 is too small.*Set a larger one"):
        rocket(alpha=1e-50).fit(np.zeros_like(X), y)
    with pytest.raises(ValueError, match="expecting 40 timesteps"):
        rocket().fit(X, y).predict(X[..., :30])


def test_windows_weigh_as_their_sets():
    X, y = make_panel(40)
    sets = [row[:, : 20 + 10 * (i % 3)] for i, row in enumerate(X)]
    windowed = WindowedClassifier(rocket(), n_timesteps=12).fit(sets, y)
    assert windowed.score(sets, y) > 0.7
    assert clone(windowed).fit(sets, y).predict(sets).tolist() == (
        windowed.predict(sets).tolist()
    )


def test_checks_of_scikit_learn_fail_for_short_series_alone():
    """Most of the checks' series have fewer than nine timesteps."""
    check = "check_sample_weight_equivalence_on_dense_data"
    expected = {check: "features, means and scales are learned from all sets alike"}
    results = check_estimator(
        rocket(), on_fail=None, on_skip=None, expected_failed_checks=expected
    )
    for result in results:
        error = result["exception"] if result["status"] == "failed" else None
        while error is not None and "too short" not in str(error):
            error = error.__cause__ or error.__context__
            assert error is not None, result
    assert sum(result["status"] == "passed" for result in results) >= 20
