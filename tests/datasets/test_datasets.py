"""The data sets hold what their documentation says."""

import hashlib
import importlib.util
import pickle
import subprocess
import sys

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.utils import Bunch

from sk_imu import Recording
from sk_imu.datasets import _watch, load_basic_motions, load_watch
from sk_imu.recording import STANDARD_GRAVITY


@pytest.fixture(scope="module")
def watch():
    return load_watch()


@pytest.fixture(scope="module")
def motions():
    return load_basic_motions()


def norms(recording, sensor):
    return np.linalg.norm(recording.streams[sensor].values, axis=1)


def test_watch_holds_ten_people_seven_exercises_and_both_arms(watch):
    assert isinstance(watch, Bunch)
    assert len(watch.data) == len(watch.target) == len(watch.subject) == 140
    assert watch.target_names == sorted(set(watch.target))
    rows = set(zip(watch.subject, watch.side, watch.target, strict=True))
    assert len(rows) == 10 * 2 * 7  # each combination once
    assert sorted(set(watch.subject)) == list(range(1, 11))


def test_watch_lengths_and_clock(watch):
    lengths = [recording.streams["Gyroscope"].n_samples for recording in watch.data]
    assert (min(lengths), max(lengths), sum(lengths)) == (947, 2618, 244102)
    for recording in watch.data:
        for stream in recording.streams.values():
            assert stream.rate_hz == pytest.approx(watch.sampling_rate_hz)


def test_watch_units(watch):
    acceleration = np.concatenate([norms(r, "TotalAcceleration") for r in watch.data])
    # Gravity and, on the whole, a little more: the arm moves.
    assert np.median(acceleration) / STANDARD_GRAVITY == pytest.approx(1.07, abs=0.01)
    rate = np.concatenate([norms(r, "Gyroscope") for r in watch.data])
    assert 0.5 < np.median(rate) < 5  # rad/s; in deg/s it would be 57 times as much


def test_watch_metadata_of_each_recording_agrees_with_the_arrays(watch):
    for row, recording in enumerate(watch.data):
        assert isinstance(recording, Recording)
        assert list(recording.channel_names) == watch.channel_names
        assert recording.label == watch.target[row]
        assert recording.subject == watch.subject[row]
        assert recording.side == watch.side[row]
        assert recording.placement == "wrist"
        assert recording.source == f"seglearn/watch_dataset.npy[{row}]"
        assert type(recording.label) is str
        assert type(recording.subject) is int


def test_watch_values_are_those_of_the_file(watch):
    content = np.load(_watch._locate(), allow_pickle=True).item()
    for recording, samples in zip(watch.data, content["X"], strict=True):
        acceleration = recording.streams["TotalAcceleration"].values
        np.testing.assert_allclose(acceleration / STANDARD_GRAVITY, samples[:, :3])
        np.testing.assert_array_equal(recording.streams["Gyroscope"].values, samples[:, 3:])
    np.testing.assert_array_equal(watch.side == "right", content["side"] == 1)


def test_watch_does_not_import_seglearn():
    code = (
        "import sys, sk_imu.datasets as d; d.load_watch();"
        "sys.exit('seglearn' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_watch_missing_names_the_cure(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ModuleNotFoundError, match=r'pip install "sk_imu\[data\]"'):
        load_watch()


def test_watch_changed_file_is_not_unpickled(monkeypatch, tmp_path):
    class Bomb:
        def __reduce__(self):
            return (pytest.fail, ("the pickle was opened",))

    path = tmp_path / "watch_dataset.npy"
    np.save(path, np.array(Bomb(), dtype=object), allow_pickle=True)
    monkeypatch.setattr(_watch, "_locate", lambda: path)
    with pytest.raises(ValueError, match=r"watch_dataset\.npy is not the file of segl"):
        load_watch()


def test_watch_checksum_is_that_of_the_file():
    assert hashlib.sha256(_watch._locate().read_bytes()).hexdigest() == _watch.SHA256


def test_basic_motions(motions):
    assert len(motions.data) == len(motions.target) == 80
    assert motions.target_names == ["badminton", "running", "standing", "walking"]
    assert motions.subject is None
    for recording, label in zip(motions.data, motions.target, strict=True):
        assert recording.label == label
        assert recording.subject is None
        assert list(recording.channel_names) == motions.channel_names
        for stream in recording.streams.values():
            assert stream.n_samples == 100
            assert stream.rate_hz == pytest.approx(motions.sampling_rate_hz)
    assert motions.data[0].source == "sktime/BasicMotions_TRAIN.ts[0]"
    assert motions.data[79].source == "sktime/BasicMotions_TEST.ts[39]"


def test_basic_motions_acceleration_is_without_gravity(motions):
    still = [r for r in motions.data if r.label == "standing"]
    norm = np.concatenate([norms(recording, "Accelerometer") for recording in still])
    assert np.median(norm) < 1.0


@pytest.mark.parametrize("load", [load_watch, load_basic_motions])
def test_return_x_y(load):
    bunch = load()
    data, target = load(return_X_y=True)
    np.testing.assert_array_equal(target, bunch.target)
    assert [r.source for r in data] == [r.source for r in bunch.data]


@pytest.mark.parametrize("load", [load_watch, load_basic_motions])
def test_loads_afresh(load):
    first = load()
    first.target[:] = "spoilt"
    first.channel_names.clear()
    second = load()
    assert "spoilt" not in set(second.target)
    assert len(second.channel_names) == 6


@pytest.mark.parametrize("load", [load_watch, load_basic_motions])
def test_bunch_pickles_and_clones(load):
    bunch = load()
    again = pickle.loads(pickle.dumps(bunch))
    for before, after in zip(bunch.data, again.data, strict=True):
        assert after.source == before.source
        for sensor, stream in before.streams.items():
            np.testing.assert_array_equal(after.streams[sensor].values, stream.values)
    clone(bunch.data, safe=False)


@pytest.mark.parametrize("load", [load_watch, load_basic_motions])
def test_descr_names_every_class_and_channel_unit(load):
    bunch = load()
    for word in [*bunch.target_names, "m/s²", "rad/s", "References"]:
        assert word in bunch.DESCR
