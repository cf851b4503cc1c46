"""The adapters keep sktime's contracts, and sktime's classifiers scikit-learn's."""

import inspect
import pickle

import numpy as np
import pandas as pd
import pytest
import sklearn
from skbase.lookup import all_objects
from sklearn.base import clone
from sklearn.ensemble import RandomForestClassifier
from sklearn.metrics import accuracy_score
from sklearn.model_selection import (
    GridSearchCV,
    GroupKFold,
    LeaveOneGroupOut,
    ShuffleSplit,
    StratifiedKFold,
    cross_val_score,
)
from sklearn.pipeline import make_pipeline
from sktime.benchmarking.classification import ClassificationBenchmark
from sktime.classification.distance_based import KNeighborsTimeSeriesClassifier
from sktime.classification.kernel_based import RocketClassifier
from sktime.classification.model_evaluation import evaluate
from sktime.datasets import load_basic_motions
from sktime.utils.estimator_checks import check_estimator

import sk_imu
import sk_imu.sktime
from sk_imu import (
    ChannelScaler,
    CNNGRUClassifier,
    DerivedChannels,
    FixedLength,
    FromSktime,
    MultiplicativeNoise,
    Resampler,
    WindowedClassifier,
    derived_channel_names,
)
from sk_imu.sktime import (
    BoundSplitter,
    SktimeChannelScaler,
    SktimeCNNClassifier,
    SktimeCNNGRUClassifier,
    SktimeDerivedChannels,
    SktimeFixedLength,
    SktimeFlatten,
    SktimeGRUClassifier,
    SktimeResampler,
    SktimeSummaryFeatures,
)

CLASSIFIERS = [SktimeCNNClassifier, SktimeCNNGRUClassifier, SktimeGRUClassifier]
TRANSFORMERS = [
    SktimeChannelScaler,
    SktimeDerivedChannels,
    SktimeFixedLength,
    SktimeFlatten,
    SktimeResampler,
    SktimeSummaryFeatures,
]
ADAPTERS = CLASSIFIERS + TRANSFORMERS
# One of each kind in every run; the others differ in little but the core they carry.
QUICK = {SktimeCNNClassifier, SktimeSummaryFeatures}
LEFT_OUT = {cls: {"warm_start", "n_jobs"} for cls in CLASSIFIERS} | {
    SktimeResampler: {"channels"}
}
SMALL_NET = {
    "n_filters": 8,
    "kernel_size": 5,
    "pool_size": 2,
    "hidden_size": 8,
    "max_epochs": 4,
    "random_state": 0,
}

NEAREST = KNeighborsTimeSeriesClassifier(n_neighbors=1, distance="euclidean")


@pytest.fixture
def panel():
    """Return a panel of two easy classes, their labels and four groups."""
    rng = np.random.default_rng(0)
    y = np.array(["rest", "squat"] * 12)
    X = rng.normal(size=(24, 3, 40)) * 0.3
    X[y == "squat"] += np.sin(np.arange(40) / 3)
    return X, y, np.repeat([0, 1, 2, 3], 6)


@pytest.fixture
def frame():
    """Return a pd-multiindex frame of two named sets of unequal length."""
    names = ["Gyroscope_x", "Gyroscope_y", "Gyroscope_z", "Light_x"]
    parts = {
        f"set {i}": pd.DataFrame(
            np.random.default_rng(i).normal(size=(n, 4)),
            columns=names,
            index=pd.date_range("2026-01-01", periods=n, freq="20ms"),
        )
        for i, n in enumerate((50, 70))
    }
    return pd.concat(parts, names=["set", "time"])


def rows(frame):
    return [part.to_numpy().T for _, part in frame.groupby(level=0)]


# sktime's direction


@pytest.mark.parametrize(
    "adapter",
    [
        adapter if adapter in QUICK else pytest.param(adapter, marks=pytest.mark.slow)
        for adapter in ADAPTERS
    ],
)
def test_adapter_passes_sktimes_checks(adapter):
    results = check_estimator(adapter, verbose=False)
    failed = {name: result for name, result in results.items() if result != "PASSED"}
    assert not failed
    assert len(results) > 200


def test_adapters_are_found():
    found = dict(all_objects(package_name="sk_imu"))
    assert set(found.values()) == set(ADAPTERS)
    public = {name for name in sk_imu.sktime.__all__ if name.startswith("Sktime")}
    assert found.keys() == public


@pytest.mark.parametrize("adapter", ADAPTERS)
def test_parameters_are_those_of_the_core(adapter):
    core = getattr(sk_imu, adapter.__name__.removeprefix("Sktime"))
    expected = {
        name: parameter
        for name, parameter in inspect.signature(core).parameters.items()
        if name not in LEFT_OUT.get(adapter, set())
    }
    assert dict(inspect.signature(adapter).parameters) == expected
    assert list(adapter().get_params(deep=False)) == sorted(expected)


def test_unknown_parameter_is_a_type_error():
    with pytest.raises(TypeError, match="kernels"):
        SktimeCNNClassifier(kernels=3)


def test_bad_parameter_is_named_in_fit(panel):
    X, y, _ = panel
    with pytest.raises(ValueError, match="'kernel_size' parameter of CNNClassifier"):
        SktimeCNNClassifier(kernel_size=0).fit(X, y)


def test_classifier_answers_as_its_core(panel):
    X, y, _ = panel
    parameters = {**SMALL_NET, "augmenter": MultiplicativeNoise()}
    core = CNNGRUClassifier(**parameters).fit(X, y)
    adapter = SktimeCNNGRUClassifier(**parameters).fit(X, y)
    np.testing.assert_array_equal(adapter.predict_proba(X), core.predict_proba(X))
    np.testing.assert_array_equal(adapter.predict(X), core.predict(X))
    restored = pickle.loads(pickle.dumps(adapter))
    np.testing.assert_array_equal(restored.predict_proba(X), core.predict_proba(X))


def test_nested_parameters_of_an_augmenter():
    clf = SktimeCNNClassifier(augmenter=MultiplicativeNoise(fraction=0.1))
    assert clf.get_params()["augmenter__fraction"] == 0.1
    copy = clf.clone().set_params(augmenter__fraction=0.2)
    assert copy.augmenter.fraction == 0.2
    assert clf.augmenter.fraction == 0.1


def test_transformer_keeps_names_and_index(frame):
    scaled = SktimeChannelScaler().fit_transform(frame)
    pd.testing.assert_index_equal(scaled.index, frame.index)
    pd.testing.assert_index_equal(scaled.columns, frame.columns)
    core = ChannelScaler(channel_names=list(frame.columns)).fit(rows(frame))
    # The names of the columns say which channels form a vector.
    assert len(set(core.scale_)) == 2
    expected = core.transform(rows(frame))
    for got, wanted in zip(rows(scaled), expected, strict=True):
        np.testing.assert_array_equal(got, wanted)


def test_derived_channels_have_names_of_their_own(frame):
    kinds = ["magnitude", "rate_of_change"]
    derived = SktimeDerivedChannels(kinds=kinds).fit_transform(frame)
    pd.testing.assert_index_equal(derived.index, frame.index)
    names = list(frame.columns)
    assert list(derived.columns) == derived_channel_names(names, kinds)
    core = DerivedChannels(kinds=kinds, channel_names=names)
    for got, wanted in zip(rows(derived), core.fit_transform(rows(frame)), strict=True):
        np.testing.assert_array_equal(got, wanted)
    # Further steps find them by those names.
    scaler = SktimeDerivedChannels(keep=False) * SktimeChannelScaler()
    magnitude = scaler.fit_transform(frame)["Gyroscope_magnitude"]
    assert np.square(magnitude).mean() == pytest.approx(1)


def test_inverse_transform(frame):
    scaler = SktimeChannelScaler(with_mean=True)
    restored = scaler.inverse_transform(scaler.fit_transform(frame))
    pd.testing.assert_frame_equal(restored, frame)


def test_fixed_length_takes_sets_of_unequal_length(frame):
    fixed = SktimeFixedLength(16).fit_transform(frame)
    expected = FixedLength(16).fit_transform(rows(frame))
    np.testing.assert_array_equal(np.stack(rows(fixed)), expected)
    assert fixed.index.names == frame.index.names
    assert list(fixed.loc["set 1"].index) == list(range(16))


def test_resampler_changes_the_length_of_each(frame):
    halved = SktimeResampler(sampling_rate_hz=25, input_rate_hz=50).fit_transform(frame)
    assert halved.groupby(level=0).size().to_list() == [25, 35]


def test_resampler_tells_whether_it_takes_missing_values(frame):
    tag = "capability:missing_values"
    assert not SktimeResampler().get_tag(tag)
    resampler = SktimeResampler(missing="interpolate")
    assert resampler.get_tag(tag)
    assert not resampler.set_params(missing="error").get_tag(tag)
    holes = frame.copy()
    holes.iloc[5, 2] = np.nan
    with pytest.warns(UserWarning, match="1 samples with missing values in 1 of the rows"):
        filled = SktimeResampler(missing="interpolate").fit_transform(holes)
    assert not filled.isna().any(axis=None)


def test_features_are_named_by_channel(frame):
    table = SktimeSummaryFeatures(statistics=("max",)).fit_transform(frame)
    assert list(table.columns) == [f"{name}__max" for name in frame.columns]
    assert list(table.index) == ["set 0", "set 1"]
    np.testing.assert_array_equal(table, [row.max(axis=1) for row in rows(frame)])


def test_sktime_pipeline_of_adapters(panel):
    X, y, _ = panel
    net = SktimeCNNGRUClassifier(**SMALL_NET)
    clf = SktimeResampler(input_rate_hz=100) * SktimeChannelScaler() * net
    core = make_pipeline(
        Resampler(input_rate_hz=100), ChannelScaler(), CNNGRUClassifier(**SMALL_NET)
    )
    np.testing.assert_allclose(
        clf.fit(X, y).predict_proba(X), core.fit(X, y).predict_proba(X), atol=1e-5
    )
    forest = SktimeSummaryFeatures() * RandomForestClassifier(10, random_state=0)
    assert forest.fit(X, y).score(X, y) > 0.9


def test_sktime_pipeline_on_sets_of_unequal_length(panel):
    X, y, _ = panel
    uneven = [
        pd.DataFrame(row[:, : 30 + i % 11].T, columns=list("xyz"))
        for i, row in enumerate(X)
    ]
    net = SktimeCNNClassifier(pool_size=2, batch_size=8, random_state=0)
    clf = SktimeFixedLength(32) * net
    assert clf.fit(uneven, y).score(uneven, y) > 0.9
    forest = SktimeSummaryFeatures() * RandomForestClassifier(10, random_state=0)
    assert forest.fit(uneven, y).score(uneven, y) > 0.9


# scikit-learn's direction


@pytest.mark.slow
def test_from_sktime_in_pipeline_and_grid_search(panel):
    X, y, groups = panel
    pipeline = make_pipeline(FixedLength(20), FromSktime(NEAREST))
    grid = {
        "fixedlength__n_timesteps": [10, 20],
        "fromsktime__estimator__n_neighbors": [1, 3],
    }
    search = GridSearchCV(pipeline, grid, cv=GroupKFold(4), n_jobs=2, error_score="raise")
    search.fit([row[:, : 30 + i % 11] for i, row in enumerate(X)], y, groups=groups)
    assert search.best_score_ > 0.9
    assert search.best_estimator_[-1].estimator_.n_neighbors in (1, 3)
    # What was searched over is a clone.
    assert NEAREST.n_neighbors == 1
    assert not NEAREST.is_fitted


def test_from_sktime_answers_as_sktime(panel):
    X, y, _ = panel
    clf = FromSktime(NEAREST).fit(X[:16], y[:16])
    bare = NEAREST.clone().fit(X[:16], y[:16])
    np.testing.assert_array_equal(clf.predict(X), bare.predict(X))
    np.testing.assert_array_equal(clf.predict_proba(X), bare.predict_proba(X))
    np.testing.assert_array_equal(
        pickle.loads(pickle.dumps(clf)).predict(X), clf.predict(X)
    )


def test_there_and_back_again(panel):
    X, y, _ = panel
    there = FromSktime(SktimeCNNGRUClassifier(**SMALL_NET)).fit(X, y)
    core = CNNGRUClassifier(**SMALL_NET).fit(X, y)
    np.testing.assert_array_equal(there.predict_proba(X), core.predict_proba(X))


@pytest.mark.parametrize(
    "labels",
    [
        np.array([0, 1]),
        np.array([2.0, 5.0]),
        np.array([False, True]),
        np.array(["a", "bcd"]),
        np.array(["a", "bcd"], object),
    ],
    ids=lambda labels: labels.dtype.name,
)
def test_labels_of_any_type(panel, labels):
    X, y, _ = panel
    y = labels[(y == "squat").astype(int)]
    clf = FromSktime(NEAREST).fit(X, y)
    np.testing.assert_array_equal(clf.classes_, labels)
    np.testing.assert_array_equal(clf.predict(X), y)
    assert clf.score(X, y) == 1


def test_from_sktime_takes_all_equal_panels(panel):
    X, y, _ = panel
    clf = FromSktime(NEAREST)
    expected = clf.fit(X, y).predict(X)
    np.testing.assert_array_equal(clf.fit(list(X), y).predict(list(X)), expected)
    one_channel = clf.fit(X[:, 0], y)
    assert one_channel.n_features_in_ == X.shape[2]
    assert one_channel.score(X[:, 0], y) == 1


def test_from_sktime_on_windows(panel):
    X, y, _ = panel
    clf = WindowedClassifier(FromSktime(NEAREST), n_timesteps=20)
    uneven = [row[:, : 30 + i % 11] for i, row in enumerate(X)]
    assert clf.fit(uneven, y).score(uneven, y) == 1


def test_from_sktime_refuses_clearly(panel):
    X, y, _ = panel
    clf = FromSktime(NEAREST)
    with pytest.raises(ValueError, match="only one class: 'rest'"):
        clf.fit(X, np.repeat("rest", 24))
    with pytest.raises(ValueError, match="row 0 has 30 timesteps and row 1 has 40"):
        clf.fit([X[0][:, :30], *X[1:]], y)
    with pytest.raises(ValueError, match="an object implementing 'fit'.*'clone'"):
        FromSktime(RandomForestClassifier()).fit(X, y)
    clf.fit(X, y)
    with pytest.raises(ValueError, match="41 timesteps, but FromSktime is expecting 40"):
        clf.predict(np.zeros((2, 3, 41)))


def test_clone_keeps_sktimes_configuration():
    inner = NEAREST.clone().set_config(warnings="off")
    copy = clone(FromSktime(inner))
    assert copy.estimator is not inner
    assert copy.estimator.get_config()["warnings"] == "off"


def test_clone_keeps_scikit_learns_requests():
    with sklearn.config_context(enable_metadata_routing=True):
        clf = FromSktime(NEAREST).set_score_request(sample_weight=True)
        assert clone(clf).get_metadata_routing().score.requests == {"sample_weight": True}


def test_from_sktime_is_shown():
    clf = make_pipeline(FixedLength(), FromSktime(NEAREST))
    assert "KNeighborsTimeSeriesClassifier" in repr(clf)
    assert "KNeighborsTimeSeriesClassifier" in clf._repr_html_()


# aeon's classifiers take our panels as they are


@pytest.fixture
def aeon_classifier():
    """Return a small classifier of aeon, which is not one of the package's extras."""
    why = "needs aeon: pip install aeon, which wants an older numba than constraints.txt"
    rocket = pytest.importorskip("aeon.classification.convolution_based", reason=why)
    return rocket.MiniRocketClassifier(n_kernels=84, random_state=0)


def test_aeon_in_a_pipeline_answers_as_aeon(panel, aeon_classifier):
    X, y, _ = panel
    uneven = [row[:, : 30 + i % 11] for i, row in enumerate(X)]
    same = FixedLength(20).fit_transform(uneven)
    expected = clone(aeon_classifier).fit(same[:16], y[:16]).predict_proba(same[16:])
    for step in (aeon_classifier, FromSktime(aeon_classifier)):
        clf = make_pipeline(FixedLength(20), step).fit(uneven[:16], y[:16])
        np.testing.assert_array_equal(clf.predict_proba(uneven[16:]), expected)


def test_aeon_in_windows_and_grouped_search(panel, aeon_classifier):
    X, y, groups = panel
    uneven = [row[:, : 30 + i % 11] for i, row in enumerate(X)]
    windows = WindowedClassifier(aeon_classifier, n_timesteps=20)
    grid = {"n_timesteps": [15, 20], "estimator__n_kernels": [84, 168]}
    search = GridSearchCV(windows, grid, cv=GroupKFold(2), error_score="raise")
    search.fit(uneven, y, groups=groups)
    assert search.best_score_ > 0.9
    assert len(search.predict(uneven)) == len(y)


# Benchmarks


def test_bound_splitter_gives_the_splits_of_its_splitter(panel):
    X, y, groups = panel
    cv = BoundSplitter(LeaveOneGroupOut(), y, groups)
    expected = LeaveOneGroupOut().split(X, y, groups)
    for got, wanted in zip(cv.split(X), expected, strict=True):
        np.testing.assert_array_equal(got[0], wanted[0])
        np.testing.assert_array_equal(got[1], wanted[1])
    assert cv.get_n_splits() == 4
    assert repr(cv) == "BoundSplitter(LeaveOneGroupOut())"
    # An int means what it means elsewhere in scikit-learn.
    folds = BoundSplitter(3, y).split(range(24))
    for (_, got), (_, wanted) in zip(folds, StratifiedKFold(3).split(X, y), strict=True):
        np.testing.assert_array_equal(got, wanted)
    assert cross_val_score(FromSktime(NEAREST), X, y, cv=cv).min() == 1


def test_bound_splitter_refuses_other_data(panel):
    _, y, _ = panel
    with pytest.raises(ValueError, match="24 sets.*bound for 20"):
        next(BoundSplitter(2, y[:20]).split(y))


def test_bound_splitter_keeps_labels_with_their_sets(panel):
    X, y, _ = panel
    shuffled = ShuffleSplit(3, test_size=0.5, random_state=0)
    scores = evaluate(NEAREST, cv=BoundSplitter(shuffled, y), X=X, y=y)
    assert scores["test_accuracy_score"].min() == 1


@pytest.mark.slow
def test_benchmark_beside_rocket():
    pytest.importorskip("numba")
    X, y = load_basic_motions(return_type="numpy3D")
    net = {"max_epochs": 15, "batch_size": 8, "lr": 0.01, "random_state": 0}
    benchmark = ClassificationBenchmark()
    rocket = RocketClassifier(num_kernels=500, random_state=0)
    scaler = SktimeChannelScaler()
    benchmark.add_estimator(
        {
            "cnn": scaler * SktimeCNNClassifier(**net),
            "gru": scaler * SktimeGRUClassifier(**net),
            "cnn-gru": scaler * SktimeCNNGRUClassifier(**net),
            "rocket": rocket,
        }
    )
    benchmark.add_task(
        (X, y),
        BoundSplitter(StratifiedKFold(2, shuffle=True, random_state=0), y),
        [accuracy_score],
        task_id="BasicMotions",
    )
    table = benchmark.run().set_index("model_id")
    assert benchmark.failed_experiments == []
    print("\n", table[["accuracy_score_mean", "accuracy_score_std", "runtime_secs"]])
    assert set(table.index) == {"cnn", "gru", "cnn-gru", "rocket"}
    assert (table["accuracy_score_mean"] > 0.8).all()
