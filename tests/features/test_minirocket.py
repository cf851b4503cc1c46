"""MiniRocketFeatures: sktime's features, and scikit-learn's contract around them."""

import pickle
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from sklearn.base import clone
from sklearn.linear_model import RidgeClassifierCV
from sklearn.model_selection import GridSearchCV, GroupKFold, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import check_estimator

from sk_imu import (
    AugmentedClassifier,
    FixedLength,
    MiniRocketFeatures,
    MultiplicativeNoise,
    Recording,
    Resampler,
    WindowedClassifier,
)
from sk_imu.datasets import load_basic_motions

pytest.importorskip("numba", reason="MiniRocket is compiled by the extra 'rocket'")


@pytest.fixture
def panel():
    return np.random.default_rng(0).normal(size=(6, 4, 50))


def rocket(num_kernels=200, random_state=0, **parameters):
    return MiniRocketFeatures(num_kernels, random_state=random_state, **parameters)


def make_sets(n_subjects=4, n_sets=6, seed=0):
    """Return sets of two rhythms and two lengths, labels and people."""
    rng = np.random.default_rng(seed)
    X, y, groups = [], [], []
    for subject in range(n_subjects):
        for i in range(n_sets):
            phase = np.arange(90 + 20 * (i % 3)) * (0.3 if i % 2 else 0.6)
            wave = np.sin(phase + rng.uniform(0, 6, (3, 1)))
            X.append(wave + rng.normal(0, 0.3, wave.shape))
            y.append("slow" if i % 2 else "quick")
            groups.append(subject)
    return X, y, groups


def rival(**parameters):
    return make_pipeline(
        rocket(**parameters), StandardScaler(), RidgeClassifierCV(np.logspace(-3, 3, 7))
    )


@pytest.mark.parametrize("n_timesteps", [9, 10, 17, 50, 200])
@pytest.mark.parametrize("n_channels", [1, 3, 12])
def test_features_are_those_of_sktime(n_channels, n_timesteps):
    from sktime.transformations.rocket import MiniRocketMultivariate

    X = np.random.default_rng(1).normal(size=(5, n_channels, n_timesteps))
    seed = np.random.RandomState(3).randint(np.iinfo(np.int32).max)
    expected = MiniRocketMultivariate(500, random_state=int(seed)).fit_transform(X)
    got = rocket(500, random_state=3).fit_transform(X)
    assert_array_equal(got, expected.to_numpy())
    assert got.dtype == np.float32
    assert got.shape == (5, 420)
    assert got.min() >= 0
    assert got.max() <= 1
    assert np.ptp(got, axis=0).max() > 0


@pytest.mark.parametrize(
    ("num_kernels", "n"), [(1, 84), (84, 84), (167, 84), (10_000, 9996)]
)
def test_number_of_features(num_kernels, n, panel):
    features = rocket(num_kernels).fit(panel)
    assert features.transform(panel).shape == (6, n)
    names = features.get_feature_names_out()
    assert (names[0], names[-1]) == (
        "minirocketfeatures0",
        f"minirocketfeatures{n - 1}",
    )
    table = features.set_output(transform="pandas").transform(panel)
    assert table.columns.tolist() == names.tolist()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_every_state_gives_the_same_table(dtype, panel):
    panel = panel.astype(dtype)
    before = panel.copy()
    features = rocket().fit(panel)
    new = features.transform(panel)
    assert_array_equal(panel, before)
    assert_array_equal(clone(features).fit_transform(list(panel)), new)
    assert_array_equal(rocket().fit_transform(panel), new)
    # Each set by itself, and a panel of one channel by its two dimensions.
    for i in range(6):
        assert_array_equal(features.transform(panel[i : i + 1])[0], new[i])
    assert_array_equal(
        rocket().fit_transform(panel[:, 0]), rocket().fit_transform(panel[:, :1])
    )
    assert_array_equal(pickle.loads(pickle.dumps(features)).transform(panel), new)
    assert not any("sktime." in type(value).__module__ for value in vars(features).values())


def test_random_state_decides_and_nobody_elses_is_touched(panel):
    before = np.random.get_state()[1:3]  # noqa: NPY002
    one, again, other = (
        rocket(random_state=seed).fit_transform(panel) for seed in (0, 0, 1)
    )
    after = np.random.get_state()[1:3]  # noqa: NPY002
    assert_array_equal(after[0], before[0])
    assert after[1] == before[1]
    assert_array_equal(one, again)
    assert not np.array_equal(one, other)
    generator = np.random.RandomState(0)
    first, second = (rocket(random_state=generator).fit_transform(panel) for _ in "ab")
    assert_array_equal(first, one)
    assert not np.array_equal(first, second)


@pytest.mark.parametrize("n_jobs", [1, 2, 1000, -1])
def test_threads_change_nothing(n_jobs, panel):
    import numba

    before = numba.get_num_threads()
    assert_array_equal(
        rocket(n_jobs=n_jobs).fit_transform(panel), rocket().fit_transform(panel)
    )
    assert numba.get_num_threads() == before


def test_what_cannot_be_described_is_named(panel):
    with pytest.raises(ValueError, match=r"8 timestep.*too short.*need 9.*Use longer"):
        rocket().fit(panel[..., :8])
    names = ["a_x", "a_y", "a_z", "b_x"]
    raw = [Recording.from_array(panel[0], sampling_rate_hz=50, channel_names=names)]
    with pytest.raises(ValueError, match="Put a Resampler in front"):
        rocket().fit(raw)
    with pytest.raises(ValueError, match="row 1 has 30 timesteps.*FixedLength"):
        rocket().fit([panel[0], panel[1, :, :30]])
    with pytest.raises(ValueError, match="'num_kernels' parameter"):
        rocket(0).fit(panel)
    features = rocket().fit(panel)
    with pytest.raises(ValueError, match="expecting 50 timesteps"):
        features.transform(panel[..., :40])
    with pytest.raises(ValueError, match="expecting 4"):
        features.transform(panel[:, :3])
    panel[2, 1, 7] = np.nan
    with pytest.raises(ValueError, match="row 2, the first in channel 1 at timestep 7"):
        features.transform(panel)


@pytest.mark.parametrize(
    ("name", "spoil"),
    [
        ("channels", lambda a: a + 4),
        ("channels", lambda a: -a - 1),
        ("channels", lambda a: a[:-1]),
        ("n_channels", lambda a: a * 0),
        ("n_channels", lambda a: a[:-84]),
        ("dilations", lambda a: a + 6),
        ("dilations", lambda a: a * 0),
        ("n_biases", lambda a: a + 1),
        ("n_biases", lambda a: -a),
        ("biases", lambda a: a[:-1]),
        ("biases", lambda a: a.reshape(84, -1)),
        # 8 times as much is 0 in 64 bits.
        ("dilations", lambda a: np.full(len(a), 2**61)),
        ("n_biases", lambda a: a.astype(np.int64)),
    ],
)
def test_kernels_that_reach_beyond_a_set_are_refused(name, spoil, panel):
    """The compiled code would read memory that is not its own."""
    features = rocket().fit(panel)
    features.kernels_[name] = spoil(features.kernels_[name])
    with pytest.raises(ValueError, match="kernels_ don't fit sets of 4 channels"):
        features.transform(panel)


def test_fits_in_threads_keep_to_their_seeds(panel):
    expected = rocket().fit(panel).kernels_
    with ThreadPoolExecutor(4) as pool:
        fits = pool.map(lambda _: rocket().fit(panel).kernels_, range(20))
    for kernels in fits:
        np.testing.assert_equal(kernels, expected)


def test_without_numba_the_cure_is_told(monkeypatch, panel):
    features = rocket().fit(panel)
    monkeypatch.setitem(sys.modules, "numba", None)
    for method in (rocket().fit, features.transform):
        with pytest.raises(ImportError, match=r'pip install "sk_imu\[rocket\]"'):
            method(panel)


def test_checks_of_scikit_learn_fail_for_short_series_alone():
    """Most of the checks' series have fewer than nine timesteps."""
    results = check_estimator(rocket(84), on_fail=None, on_skip=None)
    failed = [result for result in results if result["status"] == "failed"]
    passed = {result["check_name"] for result in results if result["status"] == "passed"}
    for result in failed:
        error = result["exception"]
        while error is not None and "too short" not in str(error):
            error = error.__cause__ or error.__context__
        assert error is not None, result
    assert len(passed) >= 20


def test_serves_windows_copies_and_searches():
    X, y, groups = make_sets()
    windowed = WindowedClassifier(rival(), n_timesteps=48)
    assert cross_val_score(windowed, X, y, groups=groups, cv=GroupKFold(4)).min() == 1
    augmented = make_pipeline(
        FixedLength(64), AugmentedClassifier(rival(), MultiplicativeNoise(), n_copies=1)
    )
    assert augmented.fit(X, y).score(X, y) == 1
    search = GridSearchCV(
        make_pipeline(FixedLength(64), rival()),
        {"pipeline__minirocketfeatures__num_kernels": [84, 168]},
        cv=GroupKFold(2),
        error_score="raise",
    ).fit(X, y, groups=groups)
    assert search.best_score_ == 1
    again = pickle.loads(pickle.dumps(search))
    assert again.predict(X).tolist() == y


def test_tells_the_basic_motions():
    """sktime's own MiniRocket, by the classifier of its article, knows all of them."""
    motions = load_basic_motions()
    X = Resampler(sampling_rate_hz=10.0).fit_transform(motions.data)
    model = rival(num_kernels=1000).fit(X[:40], motions.target[:40])
    assert model.score(X[40:], motions.target[40:]) == 1
