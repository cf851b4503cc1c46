"""A C header gives the answers of scikit-learn, window by window."""

import re
import subprocess
from pathlib import Path

import numpy as np
import pytest
from compiled import PROGRAM, STRICT, needs, run_c
from made_nets import cnn, cnn_gru, gru
from made_sets import NAMES, make_sets
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline, make_pipeline

from sk_imu import (
    ChannelScaler,
    CNNGRUClassifier,
    DerivedChannels,
    ExerciseClassifier,
    Resampler,
    WindowedClassifier,
)
from sk_imu.export import export_c
from sk_imu.pipelines import make_pipeline_for

SETS = make_sets()
LABELS = [recording.label for recording in SETS]
EXAMPLE = Path(__file__).parents[2] / "examples" / "c" / "recognize.c"


def fit(net, wear="fixed", sets=SETS, **parameters):
    pipeline = make_pipeline_for(net, channels=NAMES, wear=wear, **parameters)
    return pipeline.fit(sets, [recording.label for recording in sets])


def windows_of(pipeline, sets=SETS, n_timesteps=100):
    """Return windows at the common rate, and what scikit-learn says of each by itself."""
    place = list(pipeline.named_steps).index("resample") + 1
    windows = [
        np.asarray(one)[:, start : start + n_timesteps]
        for one in pipeline[:place].transform(sets)
        for start in range(0, one.shape[1] - n_timesteps + 1, n_timesteps // 2)
    ]
    return windows, pipeline[place:].predict_proba(windows)


def check_equal(pipeline, folder, *, atol=5e-6, weights="float32", sets=SETS, **options):
    """Compare a header with the pipeline; return the largest difference."""
    windows, expected = windows_of(pipeline, sets)
    export_c(pipeline, folder / "model.h", weights=weights)
    labels, scores = run_c(folder, windows, **options)
    np.testing.assert_allclose(scores[:-1], expected, rtol=0, atol=atol)
    np.testing.assert_array_equal(labels, scores.argmax(axis=1))
    # The set's score is the mean of its windows'.
    np.testing.assert_allclose(scores[-1], scores[:-1].mean(axis=0), rtol=0, atol=1e-6)
    return abs(scores[:-1] - expected).max()


@pytest.fixture(scope="module")
def hybrid():
    return fit(cnn_gru(n_blocks=2))


def test_windows_have_the_scores_of_scikit_learn(hybrid, tmp_path):
    check_equal(hybrid, tmp_path)


def test_clang_and_axes_of_the_movement(tmp_path):
    check_equal(fit(cnn_gru(n_blocks=2), wear="free"), tmp_path, compiler="clang")


@pytest.mark.slow
def test_other_networks(tmp_path):
    net = gru(n_layers=2, bidirectional=True, readout="last")
    check_equal(fit(net), tmp_path)
    net = cnn(n_blocks=3, pooling="average", stride=1, batch_norm=False, readout="mean")
    check_equal(fit(net), tmp_path)


@pytest.mark.parametrize(("weights", "atol"), [("int8", 0.01), ("mixed", 0.1)])
def test_whole_numbers_change_scores_a_little(hybrid, weights, atol, tmp_path):
    change = check_equal(hybrid, tmp_path, weights=weights, atol=atol)
    assert change > 1e-5


def test_each_kind_of_channel(tmp_path):
    kinds = ["magnitude", "vertical", "rate_of_change", "aligned"]
    resample = Resampler(sampling_rate_hz=25, channels=NAMES, dtype="float32")
    net = WindowedClassifier(make_pipeline(ChannelScaler(), cnn()), short="pad")
    pipeline = Pipeline(
        [("resample", resample), ("derive", DerivedChannels(kinds=kinds)), ("net", net)]
    )
    check_equal(pipeline.fit(SETS, LABELS), tmp_path)


def test_gravity_from_its_own_sensor(tmp_path):
    rng = np.random.default_rng(0)
    names = [f"{s}_{axis}" for s in ("Gravity", "Gyroscope") for axis in "zxy"]
    X = [rng.normal(size=(6, 40)) * (1 + i % 2) for i in range(8)]
    net = WindowedClassifier(cnn(), n_timesteps=20)
    derive = DerivedChannels(kinds=["vertical"], channel_names=names)
    model = make_pipeline(derive, net).fit(X, [0, 1] * 4)
    windows = [x[:, :20].astype(np.float32) for x in X]
    export_c(model, tmp_path / "model.h")
    _, scores = run_c(tmp_path, windows)
    expected = model.predict_proba(windows)
    np.testing.assert_allclose(scores[:-1], expected, rtol=0, atol=5e-6)


def test_a_search_is_its_best_estimator(tmp_path):
    X = np.random.default_rng(0).normal(size=(8, 3, 20))
    search = GridSearchCV(cnn(), {"kernel_size": [3]}, cv=2).fit(X, [0, 1] * 4)
    text = export_c(search, tmp_path / "search.h").read_text()
    best = export_c(search.best_estimator_, tmp_path / "best.h").read_text()
    assert text == best


def test_a_network_by_itself_with_votes_counted(tmp_path):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(20, 3, 30)) * np.repeat([1, 1.3], 10)[:, None, None]
    model = WindowedClassifier(cnn(), n_timesteps=20, vote="hard")
    model.fit(X, np.repeat([0, 1], 10))
    windows = X[:, :, :20].astype(np.float32)
    export_c(model, tmp_path / "model.h")
    labels, scores = run_c(tmp_path, windows)
    np.testing.assert_array_equal(labels[:-1], np.ravel(model.predict_windows(windows)))
    np.testing.assert_allclose(scores[-1], [1 - labels[:-1].mean(), labels[:-1].mean()])


def test_a_window_with_nan_has_no_label_and_no_effect(hybrid, tmp_path):
    windows, expected = windows_of(hybrid)
    broken, infinite = windows[0].copy(), windows[0].copy()
    broken[2, 5], infinite[1, 7] = np.nan, -np.inf
    export_c(hybrid, tmp_path / "model.h")
    labels, scores = run_c(tmp_path, [broken, windows[0], infinite, windows[1]])
    assert labels[[0, 2]].tolist() == [-1, -1]
    assert np.isnan(scores[[0, 2]]).all()
    np.testing.assert_allclose(scores[[1, 3]], expected[:2], rtol=0, atol=5e-6)
    np.testing.assert_allclose(scores[-1], expected[:2].mean(axis=0), rtol=0, atol=5e-6)
    labels, scores = run_c(tmp_path, [broken])
    assert labels[-1] == -1


def test_two_models_in_one_program_in_cpp(hybrid, tmp_path):
    export_c(hybrid, tmp_path / "model.h")
    export_c(fit(gru()), tmp_path / "other.h", prefix="other_1", weights="int8")
    # Neither unused names nor two headers give warnings.
    program = '#include "other.h"\n' + PROGRAM
    windows, expected = windows_of(hybrid)
    flags = ("-std=c++11", *STRICT)
    _, scores = run_c(tmp_path, windows, compiler="g++", flags=flags, program=program)
    np.testing.assert_allclose(scores[:-1], expected, rtol=0, atol=5e-6)
    unused = tmp_path / "unused.c"
    unused.write_text('#include "model.h"\nextern int answer;\nint answer = 42;\n')
    subprocess.run(
        ["gcc", "-std=c99", *STRICT, "-c", unused, "-o", "/dev/null"], check=True
    )


def test_any_label_and_channel_name(tmp_path):
    labels = ['"quoted" \\ %s', "*/ end", "Kniebeuge ü", "what??/", "line\nbreak"]
    rng = np.random.default_rng(0)
    X = rng.normal(size=(20, 2, 16)).astype(np.float32)
    y = np.array(labels * 4)
    names = ["Gyroscope_x", "*/ x *\\ üü/"]
    model = make_pipeline(ChannelScaler(channel_names=names), cnn()).fit(X, y)
    export_c(model, tmp_path / "model.h")
    needs("gcc")
    (tmp_path / "main.c").write_text(
        '#include <stdio.h>\n#include "model.h"\nint main(void) {\n'
        "  for (int i = 0; i < SK_IMU_N_CLASSES; i++)\n"
        '    printf("%s%c", sk_imu_class_names[i], 0);\n  return 0;\n}\n'
    )
    binary = tmp_path / "main"
    source = tmp_path / "main.c"
    subprocess.run(["gcc", "-std=c99", *STRICT, source, "-o", binary, "-lm"], check=True)
    shown = subprocess.run([binary], capture_output=True, check=True).stdout
    assert shown.decode().split("\0")[:-1] == model.classes_.tolist()


def test_the_header_says_how_it_is_called(hybrid, tmp_path):
    text = export_c(hybrid, tmp_path / "model.h", weights="int8").read_text("ascii")
    top = text[: text.index("*/")]
    assert "0  TotalAcceleration_x  in m/s^2" in top
    assert "100 timesteps at 25 Hz" in top
    assert "change the sign of\n *         TotalAcceleration_x, Gyroscope_y" in top
    assert "#define SK_IMU_N_STEP 50" in text
    assert max(map(len, text.splitlines())) <= 100


@pytest.fixture(scope="module")
def default_net():
    net = CNNGRUClassifier(max_epochs=1, random_state=0)
    return fit(net, augment=False)


@pytest.mark.parametrize(("weights", "most_text"), [("int8", 72_000), ("mixed", 54_000)])
def test_size_of_the_default_network(default_net, weights, most_text, tmp_path):
    needs("gcc")
    header = export_c(default_net, tmp_path / "model.h", weights=weights)
    source, made = tmp_path / "one.c", tmp_path / "one.o"
    source.write_text(
        '#include "model.h"\nint one(const float *x, float *s);\n'
        "int one(const float *x, float *s) { return sk_imu_predict_window(x, s); }\n"
    )
    flags = ["-std=c99", "-Os", "-fstack-usage", "-fno-asynchronous-unwind-tables"]
    subprocess.run(["gcc", *flags, "-c", source, "-o", made], cwd=tmp_path, check=True)
    shown = subprocess.run(["size", made], capture_output=True, text=True, check=True)
    text, data, bss = map(int, shown.stdout.splitlines()[1].split()[:3])
    assert text <= most_text
    stack = (tmp_path / "one.su").read_text()
    # All functions on top of each other, which is more than any call takes.
    most_stack = sum(int(line.split("\t")[1]) for line in stack.splitlines())
    assert data + bss + most_stack <= 12_288
    static = int(re.search(r"(\d+) bytes of static RAM", header.read_text())[1])
    assert static == bss


def test_the_example_reads_a_stream(hybrid, tmp_path):
    needs("gcc")
    export_c(hybrid, tmp_path / "model.h")
    binary = tmp_path / "recognize"
    flags = ["-std=c99", *STRICT, f"-I{tmp_path}"]
    subprocess.run(["gcc", *flags, EXAMPLE, "-o", binary, "-lm"], check=True)
    one = SETS[-1]
    stream = np.asarray(hybrid[:2].transform([one])[0])
    text = "\n".join(" ".join(map(repr, sample)) for sample in stream.T.tolist())
    shown = subprocess.run([binary], input=text, capture_output=True, text=True, check=True)
    *lines, of_set = shown.stdout.splitlines()
    windows, expected = windows_of(hybrid, [one])
    assert len(lines) == len(windows)
    for i, (line, proba) in enumerate(zip(lines, expected, strict=True)):
        assert line.split() == [
            f"{4 + 2 * i:.2f}", "s", hybrid.classes_[proba.argmax()]
        ]  # fmt: skip
    assert of_set.split()[-1] == hybrid.classes_[expected.mean(axis=0).argmax()]
    short = subprocess.run([binary], input="1 2 3", capture_output=True, text=True)
    assert (short.returncode, short.stdout) == (1, "Too few samples for a window.\n")


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"weights": "float16"}, "weights must be one of float32, int8, mixed, got"),
        ({"prefix": "2 models"}, "prefix must be a name in C"),
    ],
)
def test_wrong_parameters(hybrid, parameters, message, tmp_path):
    with pytest.raises(ValueError, match=message):
        export_c(hybrid, tmp_path / "model.h", **parameters)


def test_models_without_c_are_refused(hybrid, tmp_path):
    path = tmp_path / "model.h"
    with pytest.raises(NotFittedError):
        export_c(ExerciseClassifier(), path)
    with pytest.raises(TypeError, match="no code for SummaryFeatures and RandomForest"):
        export_c(fit("rf"), path)
    with pytest.raises(TypeError, match="no code for FixedLength. It"):
        export_c(fit(cnn(), fixed_length=50), path)
    X = np.random.default_rng(0).normal(size=(8, 3, 20))
    twice = make_pipeline(ChannelScaler(), ChannelScaler(), cnn()).fit(X, [0, 1] * 4)
    with pytest.raises(TypeError, match="ChannelScaler comes too late, or twice"):
        export_c(twice, path)
    clf = ExerciseClassifier(cnn(), channels=NAMES).fit(SETS, LABELS)
    personal = clf.personalize(SETS[:2], LABELS[:2])
    with pytest.raises(TypeError, match="was personalized"):
        export_c(personal, path)
    assert not path.exists()
