"""Model files: the same answers after loading, and no code run from them."""

import inspect
import json
import pickle
import zipfile
from dataclasses import replace

import numpy as np
import pytest
import skops.io
import torch
from made_sets import NAMES, make_sets
from numpy.testing import assert_array_equal
from sklearn.base import BaseEstimator
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression, RidgeClassifierCV
from sklearn.pipeline import FeatureUnion, make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from sktime.classification.feature_based import SummaryClassifier

import sk_imu
from sk_imu import (
    CanonicalSide,
    ChannelScaler,
    CNNGRUClassifier,
    DerivedChannels,
    MiniRocketClassifier,
    MiniRocketFeatures,
    Resampler,
    SignalArray,
    SummaryFeatures,
    derived_channel_names,
)
from sk_imu.persistence import load_model, save_model
from sk_imu.persistence._files import _with_public_paths
from sk_imu.pipelines import MODELS, make_pipeline_for

ESTIMATORS = {
    name: value
    for name in sk_imu.__all__
    if inspect.isclass(value := getattr(sk_imu, name)) and issubclass(value, BaseEstimator)
}
# These take recordings, all others a panel.
OF_RECORDINGS = {
    "CanonicalSide",
    "ExerciseClassifier",
    "RepetitionCounter",
    "Resampler",
    "SetSegmenter",
}
NETS = {"CNNClassifier", "CNNGRUClassifier", "GRUClassifier", "ModuleClassifier"}
# Types of others that a file with such an estimator holds.
TRUSTED = {
    "FromSktime": [
        "sktime.classification.feature_based._summary_classifier.SummaryClassifier",
        "sktime.transformations.summarize._window.SummaryTransformer",
    ],
    "ModuleClassifier": ["sk_imu.ModuleClassifier", f"{__name__}.SmallNet"],
}


class SmallNet(torch.nn.Sequential):
    """A network of the user's."""

    def __init__(self, n_channels, n_timesteps, n_classes):
        dense = torch.nn.Linear(n_channels * n_timesteps, n_classes)
        super().__init__(torch.nn.Flatten(), dense)


def wrapped():
    """Return the arguments of those that have no default or need a small one."""
    table = make_pipeline(SummaryFeatures(), LogisticRegression(max_iter=1000))
    return {
        "AugmentedClassifier": [table, sk_imu.RandomScale()],
        "ConformalClassifier": [table],
        "ExerciseClassifier": ["svm"],
        "FromSktime": [SummaryClassifier(random_state=0)],
        "ModuleClassifier": [SmallNet],
        "WindowedClassifier": [table],
    }


def output_of(estimator, X):
    methods = ("predict_proba", "decision_function", "predict", "transform")
    method = next(name for name in methods if hasattr(estimator, name))
    return getattr(estimator, method)(X)


@pytest.mark.filterwarnings("ignore:ConformalClassifier does not know which sets")
@pytest.mark.parametrize("name", ESTIMATORS)
def test_every_public_estimator_is_saved_and_loaded(name, tmp_path):
    if name.startswith("MiniRocket"):
        pytest.importorskip("numba")
    X, y = make_sets(n_subjects=2), ["lunge", "squat"] * 4
    if name == "RepetitionCounter":
        y = [4, 3] * 4
    if name not in OF_RECORDINGS:
        values = np.random.default_rng(0).normal(size=(8, 6, 220))
        X = SignalArray(values, sk_imu.Resampler().fit(X).channel_names_, 50)
    parameters = {"max_epochs": 1} if name in NETS else {}
    if name == "RepetitionCounter":
        parameters = {"min_sets": 9}  # so that it need not search
    estimator = ESTIMATORS[name](*wrapped().get(name, ()), **parameters)
    if "random_state" in estimator.get_params():
        estimator.set_params(random_state=0)
    estimator.fit(X, y)
    path, trusted = tmp_path / "model.skops", TRUSTED.get(name, [])
    if trusted:
        with pytest.raises(ValueError, match=f"not known to be safe: .*{trusted[0]}"):
            save_model(estimator, path)
    save_model(estimator, path, trusted=trusted)
    loaded = load_model(path, trusted=trusted)
    for before, after in zip(output_of(estimator, X), output_of(loaded, X), strict=True):
        if isinstance(before, sk_imu.Recording):
            before, after = before.streams, after.streams
            assert before.keys() == after.keys()
            before, after = ([s.values for s in one.values()] for one in (before, after))
        assert_array_equal(before, after)
    # A class may move to another file: only its public path is written.
    with zipfile.ZipFile(path) as archive:
        schema = archive.read("schema.json").decode()
    modules = set(modules_of(json.loads(schema)))
    assert {module for module in modules if module.startswith("sk_imu")} == {"sk_imu"}
    assert "sk_imu._" not in schema


def modules_of(node):
    """Yield every module that a file names, whatever the types are nested in."""
    if isinstance(node, dict):
        if "__module__" in node:
            yield node["__module__"]
        node = list(node.values())
    for part in node if isinstance(node, list) else ():
        yield from modules_of(part)


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("fixed_length", [None, 64])
def test_a_loaded_pipeline_gives_the_same_output(name, fixed_length, tmp_path):
    sets = make_sets(n_subjects=2)
    pipeline = make_pipeline_for(name, random_state=0, fixed_length=fixed_length)
    epochs = {key: 2 for key in pipeline.get_params() if key.endswith("max_epochs")}
    pipeline.set_params(**epochs).fit(sets, [recording.label for recording in sets])
    save_model(pipeline, tmp_path / "model.skops")
    loaded = load_model(tmp_path / "model.skops")
    method = "predict_proba" if hasattr(pipeline, "predict_proba") else "decision_function"
    assert_array_equal(getattr(loaded, method)(sets), getattr(pipeline, method)(sets))
    # The model at hand is as it was, and the loaded one can be saved again.
    assert_array_equal(loaded.predict(sets), pipeline.predict(sets))
    save_model(loaded, tmp_path / "again.skops")


def test_sides_and_derived_channels_are_saved(tmp_path):
    sets = [
        replace(recording, side=side)
        for recording, side in zip(make_sets(2), ["left", "right"] * 4, strict=True)
    ]
    y = [recording.label for recording in sets]
    kinds = ["magnitude", "vertical", "rate_of_change"]
    model = make_pipeline(
        CanonicalSide(),
        Resampler(),
        DerivedChannels(kinds=kinds, channel_names=NAMES, keep=False),
        ChannelScaler(
            channel_names=derived_channel_names(NAMES, kinds, keep=False),
            with_mean="single",
        ),
        SummaryFeatures(),
        LogisticRegression(),
    ).fit(sets, y)
    save_model(model, tmp_path / "model.skops")
    loaded = load_model(tmp_path / "model.skops")
    assert_array_equal(loaded.predict_proba(sets), model.predict_proba(sets))
    assert loaded[0].n_mirrored_ == 4
    assert loaded[2].channel_names_out_ == model[2].channel_names_out_


def test_minirocket_checks_the_kernels_that_are_loaded(tmp_path):
    pytest.importorskip("numba")
    X = np.random.default_rng(0).normal(size=(12, 3, 60))
    model = make_pipeline(
        MiniRocketFeatures(84, random_state=0), StandardScaler(), RidgeClassifierCV()
    ).fit(X, ["rest", "squat"] * 6)
    path = tmp_path / "model.skops"
    save_model(model, path)
    loaded = load_model(path)
    assert_array_equal(loaded.decision_function(X), model.decision_function(X))
    loaded[0].kernels_["channels"] += 1000
    save_model(loaded, path)
    with pytest.raises(ValueError, match="kernels_ don't fit sets of 3 channels"):
        load_model(path).predict(X)


@pytest.mark.parametrize(
    ("name", "spoil"),
    [
        ("coef_", lambda model: model.coef_[:, :-1]),
        ("mean_", lambda model: model.mean_[:-1]),
        ("scale_", lambda model: model.scale_ * 0),
        ("intercept_", lambda model: model.intercept_[:1]),
        ("features_", lambda model: None),
    ],
)
def test_a_minirocket_classifier_is_checked_as_a_whole(name, spoil, tmp_path):
    pytest.importorskip("numba")
    X = np.random.default_rng(0).normal(size=(12, 3, 60))
    model = MiniRocketClassifier(84, random_state=0).fit(X, ["rest", "squat", "lunge"] * 4)
    setattr(model, name, spoil(model))
    save_model(model, tmp_path / "model.skops")
    with pytest.raises(ValueError, match="MiniRocketClassifier"):
        load_model(tmp_path / "model.skops")


def test_a_loaded_net_leaves_torch_alone_and_can_be_fitted_again(tmp_path):
    X = np.random.default_rng(0).normal(size=(12, 3, 60))
    y = ["rest", "squat"] * 6
    clf = CNNGRUClassifier(max_epochs=2, batch_size=4, random_state=0).fit(X, y)
    save_model(clf, tmp_path / "net.skops")
    before = torch.get_rng_state()
    loaded = load_model(tmp_path / "net.skops")
    assert torch.equal(torch.get_rng_state(), before)
    assert_array_equal(loaded.fit(X, y).predict_proba(X), clf.predict_proba(X))


def test_a_net_stays_on_the_cpu_but_on_no_other_device(tmp_path, monkeypatch):
    X = np.random.default_rng(0).normal(size=(12, 3, 60))
    clf = CNNGRUClassifier(max_epochs=1, device="cpu", random_state=0)
    save_model(clf.fit(X, ["rest", "squat"] * 6), tmp_path / "net.skops")
    assert load_model(tmp_path / "net.skops").device == "cpu"
    # One that the machine has, and another may not.
    monkeypatch.setattr("sk_imu.neural._prediction.choose_device", lambda device: "cpu")
    clf.device = "cuda:1"
    save_model(clf, tmp_path / "net.skops")
    monkeypatch.undo()
    assert clf.device == "cuda:1"
    assert load_model(tmp_path / "net.skops").device == "auto"


def test_parameters_of_trusted_types_may_hold_what_they_like(tmp_path):
    table = np.random.default_rng(0).normal(size=(12, 3))
    union = FeatureUnion([("scale", StandardScaler())], verbose_feature_names_out=False)
    trusted = ["sklearn.pipeline.FeatureUnion"]
    save_model(union.fit(table), tmp_path / "union.skops", trusted=trusted)
    again = load_model(tmp_path / "union.skops", trusted=trusted)
    assert_array_equal(again.transform(table), union.transform(table))


def test_a_pickle_is_not_read(tmp_path):
    path = tmp_path / "model.skops"
    path.write_bytes(pickle.dumps({"model": 1}))
    with pytest.raises(ValueError, match=r"model\.skops: can't be read as a model"):
        load_model(path)


def test_missing_and_foreign_files_are_named(tmp_path):
    with pytest.raises(ValueError, match=r"none\.skops: can't be read"):
        load_model(tmp_path / "none.skops")
    skops.io.dump({"something": "else"}, tmp_path / "other.skops")
    with pytest.raises(ValueError, match=r"other\.skops: .* not a model of sk_imu"):
        load_model(tmp_path / "other.skops")


def test_types_of_others_are_refused_when_saving_and_loading(tmp_path):
    path = tmp_path / "model.skops"
    model = FunctionTransformer(print).fit(np.zeros((2, 2)))
    with pytest.raises(ValueError, match="not known to be safe: builtins.print"):
        save_model(model, path)
    assert not path.exists()
    skops.io.dump({"format": "sk_imu model 1", "model": model}, path)
    with pytest.raises(ValueError, match="not known to be safe: builtins.print"):
        load_model(path)


def point_beyond_the_end(state):
    state["nodes"]["left_child"][0] = len(state["nodes"]) + 1000


def point_before_the_start(state):
    state["nodes"]["left_child"][0] = -5


def point_back(state):
    state["nodes"]["right_child"][0] = 0


def ask_for_a_column_too_many(state):
    state["nodes"]["feature"][0] = 2


def claim_less_depth(state):
    state["max_depth"] = 0


@pytest.mark.parametrize(
    "spoil",
    [
        point_beyond_the_end,
        point_before_the_start,
        point_back,
        ask_for_a_column_too_many,
        claim_less_depth,
    ],
)
def test_a_tree_that_points_outside_itself_is_refused(spoil, tmp_path):
    X = np.random.default_rng(0).normal(size=(30, 2))
    path = tmp_path / "model.skops"
    model = RandomForestClassifier(2, random_state=0).fit(X, X[:, 0] > 0)
    save_model(model, path)
    assert_array_equal(load_model(path).predict(X), model.predict(X))
    tree = np.ravel(model.estimators_)[1].tree_
    state = tree.__getstate__()
    spoil(state)
    tree.__setstate__(state)
    save_model(model, path)
    with pytest.raises(ValueError, match=r"model\.skops: holds a broken decision tree"):
        load_model(path)


@pytest.mark.parametrize(
    "change",
    [
        {"kernel_size": 3},
        {"hidden_size": 15_000},
        {"n_layers": 10**9},
        {"n_blocks": 10**9},
        {"weights_": None},
        {"stride": 50},
        {"pool_size": 2**40},
        {"n_timesteps_in_": 10},
        {"classes_": np.array(["rest", "squat", "walk"])},
    ],
)
def test_a_net_that_does_not_fit_its_weights_is_refused(change, tmp_path):
    X = np.random.default_rng(0).normal(size=(12, 3, 60))
    clf = CNNGRUClassifier(max_epochs=1, random_state=0).fit(X, ["rest", "squat"] * 6)
    path = tmp_path / "net.skops"
    save_model(clf, path)
    content = skops.io.load(path, trusted=skops.io.get_untrusted_types(file=path))
    vars(content["model"]).update(change)
    path.write_bytes(_with_public_paths(skops.io.dumps(content)))
    with pytest.raises(ValueError, match=r"net\.skops: holds a broken net"):
        load_model(path)


def test_trees_of_a_forest_that_differ_in_columns_are_refused(tmp_path):
    X = np.random.default_rng(0).normal(size=(30, 3))
    forest = RandomForestClassifier(2, random_state=0).fit(X[:, :2], X[:, 0] > 0)
    wide = RandomForestClassifier(2, random_state=0).fit(X, X[:, 0] > 0)
    forest.estimators_[1] = wide.estimators_[1]
    save_model(forest, tmp_path / "forest.skops")
    with pytest.raises(ValueError, match=r"forest\.skops: holds a broken RandomForest"):
        load_model(tmp_path / "forest.skops")
