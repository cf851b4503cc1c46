"""Every setting of the steps, in two runtimes."""

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from made_nets import make_panel
from onnx.reference import ReferenceEvaluator
from sklearn.base import clone
from sklearn.ensemble import ExtraTreesClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression, RidgeClassifier, RidgeClassifierCV
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from sk_imu import (
    ChannelScaler,
    CNNClassifier,
    CNNGRUClassifier,
    DerivedChannels,
    Flatten,
    GRUClassifier,
    MiniRocketClassifier,
    MiniRocketFeatures,
    SummaryFeatures,
    WindowedClassifier,
)
from sk_imu.export import export_onnx

X, Y = make_panel(n_timesteps=40, dtype=np.float32)
THREE = np.array(["rest", "squat", "lunge"])[np.arange(len(Y)) % 3]


def check(clf, path, X, *, close=5e-6, dtype="float32", runtimes=("onnxruntime",)):
    """Compare the exported scores of panels with those of the classifier."""
    export_onnx(clf, path, dtype=dtype)
    X = np.asarray(X, dtype)
    ask = getattr(clf, "predict_proba", None) or clf.decision_function
    expected = ask(X)
    if expected.ndim == 1:
        expected = np.stack([-expected, expected], axis=1)
    for runtime in runtimes:
        if runtime == "reference":
            session = ReferenceEvaluator(onnx.load(path))
        else:
            session = onnxruntime.InferenceSession(str(path))
        (scores,) = session.run(["probabilities"], {"X": X})
        np.testing.assert_allclose(scores, expected, rtol=0, atol=close, err_msg=runtime)


BOTH = ("onnxruntime", "reference")

CONVOLUTIONS = {
    "n_filters": st.integers(1, 5),
    "kernel_size": st.integers(1, 5),
    "n_blocks": st.integers(1, 2),
    "pooling": st.sampled_from(["max", "average", None]),
    "pool_size": st.integers(1, 3),
    "stride": st.integers(1, 3),
    "batch_norm": st.booleans(),
}
GRUS = {
    "hidden_size": st.integers(1, 4),
    "n_layers": st.integers(1, 2),
    "bidirectional": st.booleans(),
}
ENDS = {
    "standardize": st.booleans(),
    "readout": st.sampled_from(["pooled", "mean", "last", "flatten"]),
}
NETS = st.one_of(
    st.builds(CNNClassifier, **CONVOLUTIONS, **ENDS),
    st.builds(GRUClassifier, **GRUS, **ENDS),
    st.builds(CNNGRUClassifier, **CONVOLUTIONS, **GRUS, **ENDS),
)


def with_random_weights(net):
    """Return a fitted net whose weights are far from where a training begins."""
    net = clone(net).set_params(max_epochs=1, batch_size=None, random_state=0).fit(X, Y)
    torch.manual_seed(0)
    with torch.no_grad():
        for name, value in net._exact.state_dict().items():
            if value.is_floating_point():
                value.normal_()  # batch normalization may turn signs, too
                if name.endswith("running_var"):
                    value.abs_().add_(0.1)
    return net


def check_net(net, tmp_path_factory):
    net = with_random_weights(net)
    path = tmp_path_factory.mktemp("net") / "model.onnx"
    # Logits of random weights are large, so that the last digit of one is more.
    check(net, path, X[:5], close=5e-5)
    check(net, path, X[:5], close=1e-11, dtype="float64")


@settings(max_examples=12)
@given(net=NETS)
def test_settings_of_the_nets(net, tmp_path_factory):
    check_net(net, tmp_path_factory)


@pytest.mark.slow
@settings(max_examples=500)
@given(net=NETS)
def test_many_settings_of_the_nets(net, tmp_path_factory):
    check_net(net, tmp_path_factory)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("readout", ["pooled", "last"])
@pytest.mark.parametrize("kind", [CNNClassifier, GRUClassifier, CNNGRUClassifier])
def test_nets_in_a_second_runtime(kind, readout, dtype, tmp_path):
    # Small, because errors grow along the states of a large one with random weights.
    sizes = {} if kind is CNNClassifier else {"hidden_size": 3}
    if kind is not GRUClassifier:
        sizes |= {"n_filters": 3, "kernel_size": 3}
    net = with_random_weights(kind(readout=readout, **sizes))
    close = 1e-11 if dtype == "float64" else 5e-5
    check(net, tmp_path / "model.onnx", X[:3], close=close, dtype=dtype, runtimes=BOTH)


def rbf(**parameters):
    return make_pipeline(
        SummaryFeatures(sampling_rate_hz=25), StandardScaler(), SVC(**parameters)
    )


TABLES = {
    "ridge": make_pipeline(Flatten(), RidgeClassifierCV()),
    "no mean": make_pipeline(
        Flatten(), StandardScaler(with_mean=False), RidgeClassifierCV()
    ),
    "logistic": make_pipeline(Flatten(), StandardScaler(), LogisticRegression()),
    "rbf": rbf(),
    "linear": rbf(kernel="linear"),
    "poly": rbf(kernel="poly", coef0=1.0),
    "sigmoid": rbf(kernel="sigmoid"),
    "forest": make_pipeline(Flatten(), RandomForestClassifier(20, random_state=0)),
    "extra": make_pipeline(Flatten(), ExtraTreesClassifier(20, random_state=0)),
    "search": GridSearchCV(
        make_pipeline(Flatten(), RidgeClassifier()),
        {"ridgeclassifier__alpha": [0.1, 1.0]},
        cv=[(np.arange(36), np.arange(36, 72))],  # of the windows
    ),
    "minirocket": make_pipeline(
        MiniRocketFeatures(400, random_state=0), StandardScaler(), RidgeClassifierCV()
    ),
    "minirocket in batches": MiniRocketClassifier(400, random_state=0),
}


# They compute in float32, whatever the input.
INEXACT = {"forest", "extra", "minirocket", "minirocket in batches"}


@pytest.mark.parametrize("y", [Y, THREE], ids=["two classes", "three classes"])
@pytest.mark.parametrize("name", TABLES)
def test_models_of_tables_in_two_runtimes(name, y, tmp_path):
    clf = WindowedClassifier(TABLES[name], n_timesteps=24, step=8).fit(X, y)
    for dtype in ("float32", "float64"):
        exact = dtype == "float64" and name not in INEXACT
        close = 1e-11 if exact else 5e-6
        check(clf, tmp_path / "model.onnx", X[:4], close=close, dtype=dtype, runtimes=BOTH)


@pytest.mark.parametrize("n", [3, 24, 25])
def test_every_statistic(n, tmp_path):
    statistics = [*SummaryFeatures().statistics, "rms"]
    features = SummaryFeatures(statistics=statistics, sampling_rate_hz=25)
    inner = make_pipeline(features, StandardScaler(), LogisticRegression())
    clf = WindowedClassifier(inner, n_timesteps=n).fit(X, Y)
    still = X[:4].copy()
    still[0, 1] = 2.0  # a channel at rest
    check(clf, tmp_path / "model.onnx", still, close=1e-5, runtimes=BOTH)
    check(clf, tmp_path / "model.onnx", still, close=1e-11, dtype="float64", runtimes=BOTH)


NAMES = [f"TotalAcceleration_{axis}" for axis in "xyz"]
GRAVITY = [f"Gravity_{axis}" for axis in "xyz"]


@pytest.mark.parametrize("names", [NAMES, GRAVITY])
@pytest.mark.parametrize("keep", [True, False])
@pytest.mark.parametrize(
    "kinds", [["magnitude"], ["vertical", "aligned"], ["rate_of_change"], []]
)
def test_kinds_of_derived_channels(kinds, keep, names, tmp_path):
    if (names is GRAVITY and "vertical" in kinds) or not (kinds or keep):
        pytest.skip("nothing comes out")
    derive = DerivedChannels(
        kinds=kinds, keep=keep, channel_names=names, sampling_rate_hz=25
    )
    scale = ChannelScaler(with_mean=True)
    net = WindowedClassifier(
        CNNClassifier(n_filters=3, kernel_size=3, max_epochs=1), n_timesteps=30
    )
    moved = X + np.array([0.0, 0.0, 9.8], np.float32)[:, np.newaxis]
    clf = make_pipeline(derive, scale, net).fit(moved, Y)
    check(clf, tmp_path / "model.onnx", moved[:4], runtimes=BOTH)
    check(clf, tmp_path / "model.onnx", moved[:4], close=1e-11, dtype="float64")


@pytest.mark.parametrize(
    ("svc", "message"),
    [
        (SVC(decision_function_shape="ovo"), "Fit one with 'ovr'"),
        (SVC(kernel="precomputed"), "kernel='precomputed' can't be exported"),
    ],
)
def test_an_svc_that_cannot_be_exported_says_why(svc, message, tmp_path):
    table = np.random.default_rng(0).normal(size=(24, 24))
    clf = make_pipeline(Flatten(), svc).fit((table @ table.T)[:, np.newaxis], THREE)
    with pytest.raises(ValueError, match=message):
        export_onnx(clf, tmp_path / "model.onnx")


def test_statistics_need_one_length(tmp_path):
    clf = make_pipeline(SummaryFeatures(), LogisticRegression(max_iter=500)).fit(X, Y)
    with pytest.raises(ValueError, match="Wrap it and its classifier in a Windowed"):
        export_onnx(clf, tmp_path / "model.onnx")


def test_a_panel_has_its_length_in_the_file(tmp_path):
    net = CNNClassifier(n_filters=3, kernel_size=3, max_epochs=1, random_state=0)
    clf = make_pipeline(ChannelScaler(), net).fit(X, Y)
    export_onnx(clf, tmp_path / "model.onnx")
    session = onnxruntime.InferenceSession(str(tmp_path / "model.onnx"))
    assert session.get_inputs()[0].shape == ["batch", 3, 40]
    scores, windows = session.run(None, {"X": X[:2]})
    np.testing.assert_array_equal(windows, scores[:, np.newaxis])
