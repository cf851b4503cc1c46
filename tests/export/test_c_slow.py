"""C headers of networks of all settings, on real windows, and on a microcontroller."""

import numpy as np
import pytest
from compiled import run_c
from emulated import run_emulated, size_of
from made_nets import TRAINING, cnn, cnn_gru, gru

from sk_imu.datasets import load_watch
from sk_imu.export import export_c
from sk_imu.pipelines import make_pipeline_for

pytestmark = pytest.mark.slow


def watch_model(wear, every):
    """Return a model of nine people, and windows of some sets with their scores."""
    watch = load_watch()
    known = watch.subject != watch.subject[-1]
    pipeline = make_pipeline_for("cnn-gru", 0, channels=watch.channel_names, wear=wear)
    pipeline.set_params(classify__estimator__max_epochs=3)
    train = [r for r, one in zip(watch.data, known, strict=True) if one]
    pipeline.fit(train, watch.target[known])
    windows = [
        np.asarray(one)[:, start : start + 100]
        for one in pipeline[:2].transform(watch.data)[::every]
        for start in range(0, one.shape[1] - 99, 50)
    ]
    return pipeline, windows, pipeline[2:].predict_proba(windows)


@pytest.mark.parametrize("wear", ["fixed", "free"])
def test_real_windows(wear, tmp_path):
    pipeline, windows, expected = watch_model(wear, every=2)
    atol = {"float32": 5e-6, "int8": 0.1, "mixed": 0.3}
    for weights in atol:
        export_c(pipeline, tmp_path / "model.h", weights=weights)
        flags = ("-std=c99", "-O2")
        labels, scores = run_c(tmp_path, windows, flags=flags, sanitized=False)
        np.testing.assert_allclose(scores[:-1], expected, rtol=0, atol=atol[weights])
        changed = labels[:-1] != expected.argmax(axis=1)
        assert changed.mean() <= (0 if weights == "float32" else 0.005)


def test_microcontroller(tmp_path):
    pipeline, windows, expected = watch_model("fixed", every=70)
    windows, expected = windows[:4], expected[:4]
    header = export_c(pipeline, tmp_path / "model.h")
    labels, _, _, scores = run_emulated(tmp_path, windows)
    np.testing.assert_allclose(scores, expected, rtol=0, atol=5e-6)
    np.testing.assert_array_equal(labels, expected.argmax(axis=1))
    for weights, most_text in {"int8": 74_000, "mixed": 56_000}.items():
        header = export_c(pipeline, tmp_path / "model.h", weights=weights)
        text, ram = size_of(header)
        _, instructions, stack, _ = run_emulated(tmp_path, windows)
        assert text <= most_text
        assert ram + stack.max() <= 12_000
        assert instructions.max() <= 8_000_000


@pytest.mark.parametrize(
    ("readout", "standardize", "batch_norm", "pooling"),
    [
        ("pooled", True, True, "max"),
        ("pooled", False, False, "average"),
        ("pooled", True, False, None),
        ("mean", True, True, "average"),
        ("mean", False, True, None),
        ("last", True, True, "max"),
        ("last", False, False, "max"),
        ("flatten", True, False, "average"),
        ("flatten", False, True, "max"),
    ],
)
def test_settings(readout, standardize, batch_norm, pooling, tmp_path):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(24, 3, 60)).astype(np.float32)
    y = np.array(["rest", "squat", "lunge"] * 8)
    X[y == "squat"] += np.sin(np.arange(60) / 2)
    common = {"readout": readout, "standardize": standardize, **TRAINING}
    blocks = {"pooling": pooling, "batch_norm": batch_norm}
    nets = [
        cnn(**blocks, n_blocks=2, n_filters=[3, 5], kernel_size=[5, 2], stride=3, **common),
        cnn_gru(**blocks, n_layers=2, n_blocks=3, stride=1, bidirectional=True, **common),
        gru(n_layers=3, hidden_size=3, **common),
        gru(bidirectional=True, **common),
    ]
    for net in nets:
        expected = net.fit(X, y).predict_proba(X)
        for weights, atol in {"float32": 5e-6, "int8": 0.02, "mixed": 0.3}.items():
            export_c(net, tmp_path / "model.h", weights=weights)
            _, scores = run_c(tmp_path, X)
            np.testing.assert_allclose(scores[:-1], expected, rtol=0, atol=atol)
