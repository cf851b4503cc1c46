"""Model files that do harm, or are damaged: refused by name, before memory is taken."""

import copy
import io
import json
import resource
import zipfile

import numpy as np
import pytest
import scipy.sparse
import skops.io
from made_nets import cnn_gru, make_panel
from made_sets import make_sets
from sklearn.ensemble import GradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression, RidgeClassifier
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier

from sk_imu import (
    ConformalClassifier,
    ExerciseClassifier,
    Flatten,
    WindowedClassifier,
)
from sk_imu.persistence import load_model, save_model
from sk_imu.pipelines import make_pipeline_for

X = np.random.default_rng(0).normal(size=(60, 4))
Y = np.repeat(list("abc"), 20)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "model.skops"


def parts_of(path):
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def write(path, parts, **options):
    with zipfile.ZipFile(path, "w", **options) as archive:
        for name, part in parts.items():
            archive.writestr(name, part)


def npy(array):
    buffer = io.BytesIO()
    np.save(buffer, array)
    return buffer.getvalue()


def refused(path, message=""):
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(ValueError, match=rf"(?s)model\.skops: .*{message}"):
        load_model(path)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 200_000  # kB


@pytest.mark.parametrize(
    "model",
    [GradientBoostingClassifier(n_estimators=2), KNeighborsClassifier()],
    ids=lambda model: type(model).__name__,
)
def test_estimators_that_no_pipeline_needs_are_refused(model, path):
    model.fit(X, Y)
    with pytest.raises(ValueError, match=f"not known to be safe: .*{type(model).__name__}"):
        save_model(model, path)
    skops.io.dump({"format": "sk_imu model 1", "model": model}, path)
    refused(path, type(model).__name__)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda s: setattr(s, "_n_support", np.append(s._n_support, [0, 0])),
        lambda s: setattr(s, "_n_support", s._n_support * 2),
        lambda s: setattr(s, "_dual_coef_", s._dual_coef_[:, :3]),
        lambda s: setattr(s, "support_vectors_", s.support_vectors_[:5]),
        lambda s: setattr(s, "_intercept_", s._intercept_[:1]),
        lambda s: setattr(s, "_probA", np.zeros(1)),
        lambda s: setattr(s, "_sparse", True),
        lambda s: setattr(s, "kernel", "precomputed"),
        lambda s: setattr(s, "shape_fit_", (60, 400)),
        lambda s: setattr(s, "n_features_in_", 400),
        lambda s: setattr(s, "classes_", s.classes_[:1]),
        lambda s: setattr(s, "coef0", "much"),
    ],
)
def test_a_support_vector_machine_stays_within_its_arrays(spoil, path):
    model = make_pipeline(StandardScaler(), SVC()).fit(X, Y)
    save_model(model, path)
    assert (load_model(path).predict(X) == model.predict(X)).all()
    spoil(model[-1])
    save_model(model, path)
    refused(path, "SVC")


@pytest.mark.parametrize(
    ("model", "name", "value"),
    [
        (LogisticRegression(), "coef_", np.zeros((3, 400))),
        (LogisticRegression(), "intercept_", np.zeros(1)),
        (LogisticRegression(), "classes_", "abc"),
        (RidgeClassifier(), "coef_", np.zeros((2, 4))),
        (StandardScaler(), "scale_", np.ones(3)),
        (RandomForestClassifier(2), "estimators_", []),
        (RandomForestClassifier(2), "estimators_", [StandardScaler()]),
        (RandomForestClassifier(2), "n_classes_", 200),
        (RandomForestClassifier(2), "n_outputs_", 2),
        (DecisionTreeClassifier(), "n_features_in_", 400),
        (DecisionTreeClassifier(), "n_classes_", 200),
        (DecisionTreeClassifier(), "n_classes_", np.array([3])),
    ],
)
def test_what_was_learned_has_the_shape_of_the_data(model, name, value, path):
    model.fit(X, Y)
    setattr(model, name, value)
    save_model(model, path)
    refused(path, type(model).__name__)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("fold_", np.zeros(60, dtype=int)),
        ("scores_", np.zeros(3)),
        ("weights_", np.zeros(60)),
        ("classes_", np.array(["a", "b", "z"])),
        ("estimators_", []),
        ("n_people_", -1),
    ],
)
def test_label_sets_come_from_folds_and_scores_that_belong_together(name, value, path):
    people = np.arange(len(X)) % 6
    model = ConformalClassifier(LogisticRegression(), n_folds=3).fit(X, Y, groups=people)
    setattr(model, name, value)
    save_model(model, path)
    refused(path, "ConformalClassifier")


@pytest.fixture(scope="module")
def doubting():
    """Return a model that may answer unknown."""
    sets = make_sets(n_subjects=3, n_seconds=4)
    model = ExerciseClassifier("svm", unknown=True)
    return model.fit(sets, [one.label for one in sets])


@pytest.mark.parametrize(
    ("part", "value"),
    [
        ("points", np.zeros((3, 8))),
        ("coef", np.zeros((24, 3))),
        ("spread", np.zeros((2, 4))),
        ("center", np.full((2, 4), np.nan)),
        ("projection", [[1.0]]),
        ("held_out_scores_", np.array([])),
        ("held_out_scores_", np.array([0.5, 0.1])),
        ("offset_", float("nan")),
        ("live_offset_", float("nan")),
        ("live_offset_", None),
        ("classes_", np.array(["lunge"])),
    ],
)
def test_a_detector_of_unknown_movements_stays_within_its_arrays(
    doubting, part, value, path
):
    model = copy.deepcopy(doubting)
    detector = model.unknown_detector_
    if part in detector._learned:
        detector._learned[part] = value
    else:
        setattr(detector, part, value)
    save_model(model, path)
    refused(path)


def test_a_classifier_that_answers_unknown_holds_a_detector(doubting, path):
    model = copy.deepcopy(doubting)
    for wrong in (None, StandardScaler()):
        model.unknown_detector_ = wrong
        save_model(model, path)
        refused(path, "ExerciseClassifier")


def test_a_model_of_an_earlier_version_is_to_be_fitted_again(doubting, path):
    save_model(doubting, path)
    parts = parts_of(path)

    def without(node):
        return {k: v for k, v in node.items() if k != "live_window_seconds"}

    schema = json.loads(parts["schema.json"], object_hook=without)
    write(path, {**parts, "schema.json": json.dumps(schema)})
    refused(path, "another version .* 'live_window_seconds'.* Fit the model again")


@pytest.fixture(scope="module")
def whole():
    sets = make_sets(n_subjects=2, n_seconds=4)
    return make_pipeline_for("svm").fit(sets, [one.label for one in sets]), sets


@pytest.mark.parametrize(
    ("step", "name", "value"),
    [
        ("resample", "n_features_in_", "x"),
        ("derive", "kinds_", [1]),
        ("derive", "sampling_rate_hz_in_", float("inf")),
        ("scale", "n_channels_in_", True),
        ("scale", "channel_names_in_", ["Gyroscope_x"]),
        ("classify", "_n_step", [1]),
        ("classify", "n_window_timesteps_", True),
    ],
)
def test_what_was_learned_is_of_the_kind_that_a_fit_leaves(step, name, value, whole, path):
    pipeline, _ = copy.deepcopy(whole)
    setattr(pipeline.named_steps[step], name, value)
    save_model(pipeline, path)
    refused(path, name)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("predict", "always"),
        ("_impl", "one_class"),
        ("channel_names_in_", [1, 2]),
        ("feature_names_in_", "ab"),
    ],
)
def test_attributes_that_are_refused_are_not_saved_either(name, value, path):
    model = SVC().fit(X, Y)
    setattr(model, name, value)
    with pytest.raises(ValueError, match=rf"model\.skops: holds a SVC with a bad {name}"):
        save_model(model, path)
    assert not path.exists()
    skops.io.dump({"format": "sk_imu model 1", "model": model}, path)
    refused(path, f"SVC with a bad {name}")


def test_names_and_steps_are_those_that_a_fit_takes(whole, path):
    pipeline = copy.deepcopy(whole[0]).set_params(classify__estimator__svc="pass")
    save_model(pipeline, path)
    refused(path, "Pipeline")
    pipeline = copy.deepcopy(whole[0])
    pipeline.named_steps["derive"].channel_names_out_ = ["a"]
    save_model(pipeline, path)
    refused(path, "DerivedChannels")
    pipeline = copy.deepcopy(whole[0])
    pipeline[-1].estimator_[0].statistics = ["mean", "Gyroscope"]
    save_model(pipeline, path)
    refused(path, "statistics")


def test_changed_bytes_are_found_by_the_checksums_of_the_archive(whole, path):
    pipeline, sets = whole
    save_model(pipeline, path)
    data, expected = path.read_bytes(), pipeline.decision_function(sets)
    rng = np.random.default_rng(0)
    n_refused = 0
    for place in rng.integers(len(data), size=60):
        spoiled = bytearray(data)
        spoiled[place] ^= 1 << rng.integers(8)
        path.write_bytes(spoiled)
        try:
            loaded = load_model(path)
        except ValueError:
            n_refused += 1
        else:  # a date, or another byte that means nothing
            np.testing.assert_array_equal(loaded.decision_function(sets), expected)
    assert n_refused > 40


@pytest.mark.parametrize(
    "spoil",
    [
        lambda w: setattr(w, "n_window_timesteps_", 10**11),
        lambda w: setattr(w, "_n_step", 0),
        lambda w: setattr(w, "n_timesteps", 10**11),
        lambda w: setattr(w, "classes_", np.array(list("abcdef"))),
    ],
)
def test_windows_ask_for_no_more_than_they_need(spoil, path):
    panel, y = make_panel()
    table = make_pipeline(Flatten(), LogisticRegression())
    model = WindowedClassifier(table, n_timesteps=10).fit(panel, y)
    spoil(model)
    save_model(model, path)
    refused(path, "WindowedClassifier")


def test_a_matrix_of_indices_is_refused(path):
    model = LogisticRegression().fit(X, Y)
    model.coef_ = scipy.sparse.csr_matrix(model.coef_)
    skops.io.dump({"format": "sk_imu model 1", "model": model}, path)
    parts = parts_of(path)
    # By the name of its base class, which skops trusts.
    parts["schema.json"] = (
        parts["schema.json"]
        .replace(b'"csr_matrix"', b'"spmatrix"')
        .replace(b'"scipy.sparse._csr"', b'"scipy.sparse._matrix"')
    )
    write(path, parts)
    refused(path, "spmatrix")


def test_an_object_in_a_set_is_refused(path):
    model = RandomForestClassifier(2).fit(X, Y)
    model.estimators_ = set(model.estimators_)
    with pytest.raises(ValueError, match=r"safe: builtins\.set"):
        save_model(model, path)


def test_a_folder_of_pickles_is_left_out(path, tmp_path):
    model = make_pipeline(StandardScaler(), SVC(), memory=str(tmp_path / "cache"))
    save_model(model.fit(X, Y), path)
    assert model.memory is not None
    assert load_model(path).memory is None


def net_parts(path):
    panel, y = make_panel()
    save_model(cnn_gru().fit(panel, y), path)
    parts = parts_of(path)
    arrays = {n: np.load(io.BytesIO(p)) for n, p in parts.items() if n.endswith(".npy")}
    weight = next(n for n, a in arrays.items() if a.dtype == np.float32 and a.ndim == 4)
    return parts, weight, arrays[weight]


@pytest.mark.parametrize("shape", [(10**11,), (-1,), (2**40, 2**40)])
@pytest.mark.parametrize("kind", ["<f4", "<U0"])
def test_sizes_that_are_only_declared_take_no_memory(shape, kind, path):
    parts, weight, _ = net_parts(path)
    buffer = io.BytesIO()
    header = {"descr": kind, "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(buffer, header)
    write(path, {**parts, weight: buffer.getvalue()})
    refused(path, "an array")


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_weights_that_are_not_finite_are_refused(bad, path):
    parts, weight, values = net_parts(path)
    values[0, 0, 0] = bad
    write(path, {**parts, weight: npy(values)})
    refused(path, "not finite")


def test_compressed_members_and_too_many_bytes_are_refused(path):
    parts, weight, _ = net_parts(path)
    zeros = npy(np.zeros(10_000_000))
    write(path, {**parts, weight: zeros}, compression=zipfile.ZIP_DEFLATED)
    refused(path, "compressed")
    # One array, from which many copies would be made.
    array = {"__class__": "ndarray", "__module__": "numpy", "__loader__": "NdArrayNode"}
    array |= {"type": "numpy", "file": "zeros.npy"}
    many = {"__class__": "list", "__module__": "builtins", "__loader__": "ListNode"}
    schema = json.loads(parts["schema.json"])
    attributes = schema["content"]["model"]["content"]["content"]
    attributes["callbacks"] = {**many, "content": [array] * 1000}
    zeros = npy(np.zeros(200_000))
    write(path, {**parts, "zeros.npy": zeros, "schema.json": json.dumps(schema)})
    refused(path, "used more often")


@pytest.mark.parametrize(
    "spoil",
    [
        lambda s: s["content"].pop("model"),
        lambda s: s.update(protocol=1),
        lambda s: s.pop("protocol"),
        lambda s: s["content"].update(model=s["content"]["format"]),
        lambda s: s["content"]["model"].update(__loader__="CachedNode"),
        lambda s: s["content"]["model"].update(content={}),
        lambda s: s["key_types"]["content"][0].update(__class__="eval"),
        lambda s: s.clear(),
    ],
)
def test_damaged_schemas_are_refused(spoil, path):
    parts, _, _ = net_parts(path)
    schema = json.loads(parts["schema.json"])
    spoil(schema)
    write(path, {**parts, "schema.json": json.dumps(schema)})
    refused(path)


def test_a_schema_without_an_end_is_refused(path):
    parts, _, _ = net_parts(path)
    for schema in ('{"a":' * 100_000, "", "[1]", "\xff"):
        write(path, {**parts, "schema.json": schema.encode("latin-1")})
        refused(path, "can't be read")


def test_a_generator_that_reads_behind_its_end_is_refused(path):
    model = RandomForestClassifier(2, random_state=np.random.RandomState(0)).fit(X, Y)
    save_model(model, path)
    assert load_model(path).random_state.randint(9) == model.random_state.randint(9)
    parts = parts_of(path)
    schema = json.loads(parts["schema.json"])
    parameters = schema["content"]["model"]["content"]["content"]
    state = parameters["random_state"]["content"]["content"]["state"]["content"]
    state["pos"]["content"] = "100000"
    write(path, {**parts, "schema.json": json.dumps(schema)})
    refused(path, "generator")
