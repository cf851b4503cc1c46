"""An exported file gives the answers of scikit-learn, and says what it needs."""

import json

import numpy as np
import onnx
import onnxruntime
import pytest
from made_nets import TRAINING, cnn, cnn_gru, gru
from made_sets import NAMES, make_sets
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from torch import nn

import sk_imu
from sk_imu import (
    ChannelScaler,
    ExerciseClassifier,
    FixedLength,
    ModuleClassifier,
    Resampler,
    SummaryFeatures,
    WindowedClassifier,
)
from sk_imu.export import export_onnx, onnx_converter
from sk_imu.pipelines import make_pipeline_for

MODELS = {
    "rf": "rf",
    "svm": "svm",
    "minirocket": "minirocket",
    "cnn": cnn(),
    "gru": gru(),
    "cnn-gru": cnn_gru(),
}
SETS = make_sets()
LABELS = [recording.label for recording in SETS]
LENGTHS = [1, 2, 3, 40, 99, 100, 101, 150, 151, 400]


@pytest.fixture(scope="module")
def fitted():
    """Return a function that fits each pipeline once."""
    known = {}

    def fit(name, wear="fixed"):
        if (name, wear) not in known:
            model = make_pipeline_for(
                MODELS[name], random_state=0, channels=NAMES, wear=wear, n_copies=0
            )
            known[name, wear] = model.fit(SETS, LABELS)
        return known[name, wear]

    return fit


def session_of(path):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(str(path), options)


def uniform_part(pipeline):
    """Return the steps behind the Resampler, and sets at its rate."""
    place = [name for name, _ in pipeline.steps].index("resample") + 1
    return pipeline[place:], pipeline[:place].transform(SETS)


def scores_of(model, X):
    ask = getattr(model, "predict_proba", None) or model.decision_function
    scores = ask(X)
    return scores if scores.ndim == 2 else np.stack([-scores, scores], axis=1)


def pieces(sets, lengths, dtype):
    """Yield one piece of each length, of sets joined at random."""
    rng = np.random.default_rng(0)
    for n in lengths:
        chosen = rng.integers(len(sets), size=3 + n // 100)
        row = np.concatenate([np.asarray(sets[k]) for k in chosen], axis=1)
        start = rng.integers(row.shape[1] - n)
        yield row[:, start : start + n].astype(dtype)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("wear", ["fixed", "free"])
@pytest.mark.parametrize("name", MODELS)
def test_equal_to_scikit_learn(name, wear, dtype, fitted, tmp_path):
    pipeline = fitted(name, wear)
    export_onnx(pipeline, tmp_path / "model.onnx", dtype=dtype)
    session = session_of(tmp_path / "model.onnx")
    model, sets = uniform_part(pipeline)
    close = 1e-11 if dtype == "float64" and name not in ("rf", "minirocket") else 5e-6
    # Of one or two timesteps, the axes of the movement are not defined.
    lengths = LENGTHS if wear == "fixed" else LENGTHS[2:]
    for x in pieces(sets, lengths, dtype):
        (scores,) = session.run(["probabilities"], {"X": x[np.newaxis]})
        np.testing.assert_allclose(scores, scores_of(model, [x]), rtol=0, atol=close)


@pytest.mark.slow
@pytest.mark.parametrize("wear", ["fixed", "free"])
@pytest.mark.parametrize("name", MODELS)
def test_equal_to_scikit_learn_at_many_lengths(name, wear, fitted, tmp_path):
    pipeline = fitted(name, wear)
    export_onnx(pipeline, tmp_path / "model.onnx")
    session = session_of(tmp_path / "model.onnx")
    model, sets = uniform_part(pipeline)
    # Every short length with defined axes, and random ones up to 60 s.
    random = np.random.default_rng(1).integers(61, 1501, size=940)
    lengths = [*range(1 if wear == "fixed" else 3, 61), *random]
    for x in pieces(sets, lengths, np.float32):
        (scores,) = session.run(["probabilities"], {"X": x[np.newaxis]})
        expected = scores_of(model, [x])
        np.testing.assert_allclose(scores, expected, rtol=0, atol=5e-6)
        assert (
            scores.argmax() == expected.argmax() or np.ptp(np.sort(expected)[0, -2:]) < 1e-5
        )


@pytest.mark.parametrize("name", MODELS)
def test_a_batch_is_as_its_rows(name, fitted, tmp_path):
    pipeline = fitted(name)
    export_onnx(pipeline, tmp_path / "model.onnx")
    session = session_of(tmp_path / "model.onnx")
    model, sets = uniform_part(pipeline)
    X = np.stack([*pieces(sets, [130] * 5, np.float32)])
    scores, windows = session.run(None, {"X": X})
    np.testing.assert_allclose(scores, scores_of(model, X), rtol=0, atol=5e-6)
    assert windows.shape == (5, 2, 2)
    np.testing.assert_allclose(windows.mean(axis=1), scores, rtol=0, atol=1e-6)


def test_window_scores_are_those_of_the_windows(fitted, tmp_path):
    pipeline = fitted("cnn-gru")
    export_onnx(pipeline, tmp_path / "model.onnx")
    model, sets = uniform_part(pipeline)
    x = np.asarray(sets[0])[:, :130]
    (scores,) = session_of(tmp_path / "model.onnx").run(["window_scores"], {"X": x[None]})
    scaled = model[:-1].transform([x])[0]
    # The last window ends with the set.
    panel = np.stack([scaled[:, start : start + 100] for start in (0, 30)])
    expected = model[-1].estimator_.predict_proba(panel)
    np.testing.assert_allclose(scores[0], expected, rtol=0, atol=5e-6)


def test_metadata_says_what_the_file_needs(fitted, tmp_path):
    path = tmp_path / "model.onnx"
    export_onnx(fitted("svm"), path, metadata={"accuracy_on_unseen_people": "0.96"})
    known = {entry.key: entry.value for entry in onnx.load(path).metadata_props}
    assert json.loads(known["classes"]) == ["lunge", "squat"]
    assert json.loads(known["channel_names"]) == NAMES
    assert json.loads(known["channel_units"]) == ["m/s²"] * 3 + ["rad/s"] * 3
    assert known["method"] == "decision_function"
    assert float(known["sampling_rate_hz"]) == 25
    assert float(known["window_seconds"]) == 4
    assert (known["window_timesteps"], known["step_timesteps"]) == ("100", "50")
    assert known["sk_imu_version"] == sk_imu.__version__
    assert known["accuracy_on_unseen_people"] == "0.96"


@pytest.mark.parametrize(
    ("entries", "error", "message"),
    [
        ({"accuracy": 0.96}, TypeError, "must hold texts, got 'accuracy': 0.96"),
        ({"classes": "two"}, ValueError, "'classes', an entry that every file has"),
    ],
)
def test_metadata_are_texts_beside_those_of_every_file(
    entries, error, message, fitted, tmp_path
):
    with pytest.raises(error, match=message):
        export_onnx(fitted("svm"), tmp_path / "model.onnx", metadata=entries)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("value", [np.nan, np.inf])
@pytest.mark.parametrize("name", MODELS)
def test_what_is_no_number_gives_nan_for_its_set_alone(name, value, fitted, tmp_path):
    pipeline = fitted(name)
    export_onnx(pipeline, tmp_path / "model.onnx")
    _, sets = uniform_part(pipeline)
    X = np.stack([*pieces(sets, [130] * 2, np.float32)])
    X[0, 2, 70] = value
    scores, windows = session_of(tmp_path / "model.onnx").run(None, {"X": X})
    assert np.isnan(scores[0]).all()
    assert np.isnan(windows[0]).all()
    assert np.isfinite(scores[1]).all()
    assert np.isfinite(windows[1]).all()


@pytest.mark.parametrize("vote", ["soft", "hard"])
def test_a_set_that_is_too_short_gives_nan(vote, tmp_path):
    inner = make_pipeline(SummaryFeatures(), LogisticRegression(max_iter=1000))
    windowed = WindowedClassifier(inner, n_timesteps=60, step=20, vote=vote)
    X = Resampler(sampling_rate_hz=25).fit_transform(SETS)
    clf = windowed.fit(X, LABELS)
    export_onnx(clf, tmp_path / "model.onnx")
    session = session_of(tmp_path / "model.onnx")
    for x in pieces(X, [60, 61, 119], np.float32):
        (scores,) = session.run(["probabilities"], {"X": x[np.newaxis]})
        np.testing.assert_allclose(scores, clf.predict_proba([x]), rtol=0, atol=5e-6)
    (scores,) = session.run(["probabilities"], {"X": x[np.newaxis, :, :59]})
    assert np.isnan(scores).all()


def test_exercise_classifier_and_its_copy_for_a_person(tmp_path):
    clf = ExerciseClassifier(cnn_gru(), channels=NAMES, augment=False).fit(SETS, LABELS)
    personal = clf.personalize(SETS[:4], LABELS[:4])
    for model in (clf, personal):
        export_onnx(model, tmp_path / "model.onnx")
        session = session_of(tmp_path / "model.onnx")
        tail, sets = uniform_part(model.pipeline_)
        for x in pieces(sets, [50, 170], np.float32):
            (scores,) = session.run(["probabilities"], {"X": x[np.newaxis]})
            np.testing.assert_allclose(scores, tail.predict_proba([x]), rtol=0, atol=5e-6)


class Clip(TransformerMixin, BaseEstimator):
    """A transformer of the user's own."""

    def __init__(self, limit=1.0):
        self.limit = limit

    def fit(self, X, y=None):
        self.fitted_ = True
        return self

    def transform(self, X):
        return [np.asarray(x).clip(-self.limit, self.limit) for x in X]


def own_pipeline():
    net = WindowedClassifier(cnn(), n_timesteps=50, short="pad")
    pipeline = make_pipeline(Resampler(sampling_rate_hz=25), Clip(), ChannelScaler(), net)
    return pipeline.fit(SETS, LABELS)


def test_a_step_of_your_own_is_refused_by_name(tmp_path):
    class Own(Clip):
        pass

    pipeline = own_pipeline()
    pipeline.steps[1] = ("own", Own().fit(None))
    with pytest.raises(TypeError, match=r"step 'own', a Own, has no ONNX .*onnx_converter"):
        export_onnx(pipeline, tmp_path / "model.onnx")
    assert not list(tmp_path.iterdir())


def test_a_step_of_your_own_with_a_converter(tmp_path):
    @onnx_converter(Clip)
    def convert_clip(graph, step, x):
        return x.at_least(-step.limit).at_most(step.limit)

    pipeline = own_pipeline()
    export_onnx(pipeline, tmp_path / "model.onnx")
    x = np.float32(pipeline[:1].transform(SETS[:1])[0])
    (scores,) = session_of(tmp_path / "model.onnx").run(["probabilities"], {"X": x[None]})
    expected = pipeline[1:].predict_proba([x])
    np.testing.assert_allclose(scores, expected, rtol=0, atol=5e-6)


def test_a_search_is_its_best_estimator(tmp_path):
    grid = {"model__kernel_size": [3, 5]}
    clf = ExerciseClassifier(cnn(), channels=NAMES, augment=False)
    search = GridSearchCV(clf, grid, cv=2).fit(SETS, LABELS)
    export_onnx(search, tmp_path / "search.onnx")
    export_onnx(search.best_estimator_, tmp_path / "best.onnx")
    one, other = (tmp_path / f"{name}.onnx" for name in ("search", "best"))
    assert one.read_bytes() == other.read_bytes()
    search = GridSearchCV(clf, grid, cv=2, refit=False).fit(SETS, LABELS)
    with pytest.raises(NotFittedError):
        export_onnx(search, tmp_path / "none.onnx")


def test_a_model_that_may_answer_unknown_warns(tmp_path):
    clf = ExerciseClassifier("svm", channels=NAMES, augment=False, unknown=True)
    with pytest.warns(UserWarning, match="never answers 'unknown'") as warned:
        export_onnx(clf.fit(SETS, LABELS), tmp_path / "model.onnx")
    assert warned[-1].filename == __file__


class OwnNet(nn.Module):
    """A network of the user's own, with a recurrent layer."""

    def __init__(self, n_channels, n_timesteps, n_classes):
        super().__init__()
        self.convolution = nn.Conv1d(n_channels, 4, 5, stride=2)
        self.gru = nn.GRU(4, 6, batch_first=True)
        self.head = nn.Linear(6, n_classes)

    def forward(self, X):
        states, _ = self.gru(self.convolution(X).relu().transpose(1, 2))
        return self.head(states[:, -1])


def test_a_module_of_your_own(tmp_path):
    net = ModuleClassifier(OwnNet, **TRAINING)
    clf = ExerciseClassifier(net, channels=NAMES, augment=False).fit(SETS, LABELS)
    export_onnx(clf, tmp_path / "model.onnx")
    session = session_of(tmp_path / "model.onnx")
    model, sets = uniform_part(clf.pipeline_)
    for x in pieces(sets, LENGTHS, np.float32):
        (scores,) = session.run(["probabilities"], {"X": x[np.newaxis]})
        np.testing.assert_allclose(scores, model.predict_proba([x]), rtol=0, atol=5e-6)
    with pytest.raises(ValueError, match="in float32 only"):
        export_onnx(clf, tmp_path / "model.onnx", dtype="float64")
    with pytest.raises(ValueError, match="once it is personalized"):
        export_onnx(clf.personalize(SETS[:2], LABELS[:2]), tmp_path / "model.onnx")


@pytest.mark.parametrize(
    ("model", "error", "message"),
    [
        (make_pipeline_for("rf"), NotFittedError, "not fitted"),
        (ExerciseClassifier("rf"), NotFittedError, "not fitted"),
        (ChannelScaler(), TypeError, "Only classifiers"),
        ("model.skops", TypeError, "Only classifiers can be exported, got a str"),
        (
            LogisticRegression().fit([[0], [1]], [0, 1]),
            TypeError,
            r"None of the steps \(LogisticRegression\) was fitted on sets of channels",
        ),
    ],
)
def test_what_is_not_a_fitted_classifier_is_refused(model, error, message, tmp_path):
    with pytest.raises(error, match=message):
        export_onnx(model, tmp_path / "model.onnx")


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"weights": "int4"}, "weights must be one of float32, float16, int8"),
        ({"dtype": "float16"}, "dtype must be one of float32, float64"),
        ({"weights": "int8", "dtype": "float64"}, "Leave one of them out"),
    ],
)
def test_unknown_parameters_are_refused(parameters, message, fitted, tmp_path):
    with pytest.raises(ValueError, match=message):
        export_onnx(fitted("rf"), tmp_path / "model.onnx", **parameters)


def test_fixed_length_is_refused(tmp_path):
    pipeline = make_pipeline(Resampler(sampling_rate_hz=25), FixedLength(64), cnn())
    with pytest.raises(TypeError, match="'fixedlength', a FixedLength, has no ONNX"):
        export_onnx(pipeline.fit(SETS, LABELS), tmp_path / "model.onnx")


@pytest.mark.parametrize(("weights", "share"), [("float16", 0.6), ("int8", 0.25)])
def test_small_weights_predict_almost_the_same(weights, share, tmp_path):
    net = sk_imu.CNNGRUClassifier(**TRAINING)
    pipeline = make_pipeline_for(net, channels=NAMES).fit(SETS, LABELS)
    sizes = {}
    model, sets = uniform_part(pipeline)
    for kind in ("float32", weights):
        path = tmp_path / f"{kind}.onnx"
        export_onnx(pipeline, path, weights=kind)
        sizes[kind] = path.stat().st_size
    session = session_of(path)
    for x in pieces(sets, [100, 230], np.float32):
        (scores,) = session.run(["probabilities"], {"X": x[np.newaxis]})
        np.testing.assert_allclose(scores, model.predict_proba([x]), rtol=0, atol=0.01)
    assert sizes[weights] < share * sizes["float32"]
    assert weights != "int8" or sizes[weights] < 64_000
