"""Streams of real phones, and of exported files."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from made_arrivals import as_rows, found_recordings, pieces_of, push_all, sensors_of
from made_nets import cnn
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from sk_imu import CanonicalSide, ExerciseClassifier, Flatten
from sk_imu.datasets import load_watch
from sk_imu.export import export_onnx
from sk_imu.streaming import StreamingClassifier

DATA = Path(__file__).parents[3] / "shared" / "data"
NAMES = ("iPhone", "Android phone", "burst clock")


@pytest.fixture(scope="module")
def watch():
    return load_watch()


@pytest.fixture(scope="module")
def model(watch):
    quick = make_pipeline(Flatten(), LogisticRegression(C=1e-3))
    return ExerciseClassifier(quick).fit(watch.data[::5], watch.target[::5])


def of_phone(name):
    found = found_recordings(DATA)
    if name not in found:
        pytest.skip(f"no recording of the {name} in {DATA}")
    return found[name]


@pytest.mark.parametrize("name", [NAMES[-1]])  # test_many_arrivals_of_a_phone has all
def test_answers_of_a_phone_do_not_depend_on_how_samples_arrive(model, name):
    recording = of_phone(name)
    live = StreamingClassifier(model, sensors=sensors_of(recording))
    offline = live.predict_windows(recording)
    assert len(offline) >= 19
    pieces = pieces_of(recording, live.sensors_, np.random.default_rng(0))
    assert as_rows(push_all(live, pieces)) == as_rows(offline)
    assert live.n_late_ == 0


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_many_arrivals_of_a_phone(model, name):
    recording = of_phone(name)
    live = StreamingClassifier(model, sensors=sensors_of(recording))
    offline = as_rows(live.predict_windows(recording))

    @settings(max_examples=50, suppress_health_check=[HealthCheck.too_slow])
    @given(
        seed=st.integers(0, 2**32 - 1),
        most_late_s=st.floats(0, 0.49),
        most_pieces=st.integers(0, 500),
        doubled=st.floats(0, 1),
    )
    def arrive(seed, most_late_s, most_pieces, doubled):
        pieces = pieces_of(
            recording,
            live.sensors_,
            np.random.default_rng(seed),
            most_late_s=most_late_s,
            most_pieces=most_pieces,
            doubled=doubled,
        )
        assert as_rows(push_all(live, pieces)) == offline

    arrive()


def test_a_tenth_of_the_messages_may_be_lost(model, watch):
    rng = np.random.default_rng(0)
    n_same = n_windows = n_expected = 0
    for one in watch.data[1:30:8]:
        live = StreamingClassifier(model, side=one.side, step_seconds=1)
        labels = {a.time_s: a.label for a in live.predict_windows(one)}
        n_expected += len(labels)
        live.reset()
        answers = []
        for begin in range(0, one.streams["Gyroscope"].n_samples, 10):
            for sensor, stream in one.streams.items():
                piece = slice(begin, begin + 10)
                if rng.random() < 0.9:
                    answers += live.push(
                        sensor, stream.timestamps_s[piece], stream.values[piece]
                    )
        answers += live.finish()
        n_windows += len(answers)
        n_same += sum(labels[a.time_s] == a.label for a in answers)
    assert n_windows > 0.95 * n_expected
    assert n_same > 0.95 * n_windows


@pytest.mark.parametrize("kind", [pytest.param("net", marks=pytest.mark.slow), "svm"])
def test_an_exported_file_answers_as_its_model(watch, tmp_path, kind):
    clf = ExerciseClassifier(cnn() if kind == "net" else "svm", random_state=0)
    clf.fit(watch.data[::5], watch.target[::5])
    path = tmp_path / "model.onnx"
    export_onnx(clf, path)
    left = next(one for one in watch.data[1:] if one.side == "left")
    live = StreamingClassifier(path, side="left", step_seconds=1)
    assert live.classes_.tolist() == clf.classes_.tolist()
    of_model = StreamingClassifier(clf, side="left", step_seconds=1).predict_windows(left)
    of_file = live.predict_windows(left)
    for one, other in zip(of_model, of_file, strict=True):
        assert one.time_s == other.time_s
        if kind == "net":
            np.testing.assert_allclose(one.probabilities, other.probabilities, atol=1e-4)
            assert other.label == live.classes_[other.probabilities.argmax()]
        else:
            assert one.label == other.label
            assert one.probabilities is other.probabilities is None
    pieces = pieces_of(left, live.sensors_, np.random.default_rng(0))
    assert as_rows(push_all(live, pieces)) == as_rows(of_file)
    (right,) = CanonicalSide().fit_transform([left])
    on_right = StreamingClassifier(str(path), step_seconds=1).predict_windows(right)
    assert as_rows(on_right) == as_rows(of_file)
    with pytest.raises(ValueError, match="the windows of a file can't be changed"):
        StreamingClassifier(path, window_seconds=3)


def test_a_file_without_a_rate_is_refused(tmp_path):
    rng = np.random.default_rng(0)
    flat = make_pipeline(Flatten(), LogisticRegression())
    flat.fit(rng.normal(size=(8, 3, 50)), ["rest", "squat"] * 4)
    export_onnx(flat, tmp_path / "flat.onnx")
    with pytest.raises(ValueError, match="does not know the rate of its input"):
        StreamingClassifier(tmp_path / "flat.onnx")
