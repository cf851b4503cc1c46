"""Recordings written as the app writes them are read again unchanged."""

import zipfile

import numpy as np
import pandas as pd
import pytest

from sk_imu import Recording, Resampler, SensorStream
from sk_imu import write_sensor_logger as write
from sk_imu.datasets import make_exercise_recordings
from sk_imu.readers import read_recordings, read_sensor_logger
from sk_imu.recording import SENSOR_AXES, STANDARD_GRAVITY


@pytest.fixture(scope="module")
def made():
    return make_exercise_recordings(1, 2, ["squat"], n_repetitions=(3, 4), random_state=0)


@pytest.fixture
def recording(made):
    return made.data[0]


def lying_on_its_back(**metadata):
    times_s = np.arange(50) / 50
    down = np.tile([0.0, 0.0, STANDARD_GRAVITY], (50, 1))
    nothing = np.zeros((50, 3))
    orientation = np.tile([0.0, 0, 0, 1, 0.1, 0.2, 0.3], (50, 1))
    streams = {
        "Accelerometer": nothing + [0, 0, 0.5],
        "Gravity": down,
        "TotalAcceleration": down + [0, 0, 0.5],
        "Gyroscope": nothing + [0.1, 0.2, 0.3],
        "Orientation": orientation,
    }
    return Recording(
        {s: SensorStream(times_s, v, SENSOR_AXES[s]) for s, v in streams.items()},
        **metadata,
    )


@pytest.mark.parametrize("name", ["folder", "deeper/recording.zip"])
def test_round_trip(recording, tmp_path, name):
    path = write(recording, tmp_path / name)
    again = read_sensor_logger(path)
    assert again.epoch_ns == recording.epoch_ns
    assert set(again.streams) == set(recording.streams)
    for sensor, stream in recording.streams.items():
        read = again.streams[sensor]
        assert read.axes == stream.axes
        # Times to the nanosecond, values to the last bit.
        np.testing.assert_allclose(read.timestamps_s, stream.timestamps_s, atol=1e-9)
        np.testing.assert_array_equal(read.values, stream.values)


@pytest.mark.parametrize("standardised", [False, True])
def test_round_trip_on_ios(recording, tmp_path, standardised):
    """Other signs, units and names of columns: the same recording."""
    path = write(recording, tmp_path / "r", platform="ios", standardised=standardised)
    again = read_sensor_logger(path)
    for sensor, stream in recording.streams.items():
        read = again.streams[
            "AccelerometerUncalibrated" if sensor == "TotalAcceleration" else sensor
        ]
        np.testing.assert_allclose(read.timestamps_s, stream.timestamps_s, atol=1e-9)
        np.testing.assert_allclose(read.values, stream.values, rtol=1e-12, atol=1e-14)
    assert not [note for note in again.notes if "CONTRADICTION" in note]


def test_round_trip_of_annotations(tmp_path):
    marks = [(0.25, "squat, 60 kg"), (0.75, 'she said "Pause"')]
    again = read_sensor_logger(write(lying_on_its_back(annotations=marks), tmp_path / "r"))
    assert [text for _, text in again.annotations] == [text for _, text in marks]
    assert [time for time, _ in again.annotations] == pytest.approx([0.25, 0.75])


def test_a_tree_of_recordings_is_read_with_labels_and_people(tmp_path):
    made = make_exercise_recordings(
        2, 1, ["squat", "calf_raise"], n_repetitions=(2, 2), random_state=0
    )
    for recording in made.data:
        name = f"person {recording.subject}/{recording.label}/monday.zip"
        write(recording, tmp_path / name)
    again = read_recordings(tmp_path)
    assert [(r.subject, r.label) for r in again] == [
        (f"person {person}", label)
        for person in (1, 2)
        for label in ("calf_raise", "squat")
    ]


@pytest.mark.parametrize("platform", ["android", "ios"])
def test_round_trip_keeps_the_truth_in_place(made, recording, tmp_path, platform):
    """From files to uniform sets, the repetitions are where the simulation put them."""
    again = read_sensor_logger(write(recording, tmp_path / "r", platform=platform))
    for start_s, end_s in made.bouts[0]:
        both = [r.between(start_s, end_s) for r in (recording, again)]
        resampler = Resampler(sampling_rate_hz=50, channels=["Gyroscope", "Orientation"])
        was, now = resampler.fit_transform(both)
        np.testing.assert_allclose(now, was, atol=1e-6)


def test_android_files(tmp_path):
    path = write(lying_on_its_back(epoch_ns=1_700_000_000_123_456_789), tmp_path / "a")
    assert {file.stem for file in path.iterdir()} == {
        *("Accelerometer", "Gravity", "TotalAcceleration", "Gyroscope", "Orientation"),
        *("Metadata", "Annotation"),
    }
    total = pd.read_csv(path / "TotalAcceleration.csv")
    assert list(total.columns) == ["time", "seconds_elapsed", "z", "y", "x"]
    assert total["time"][1] == 1_700_000_000_123_456_789 + 20_000_000
    assert total["seconds_elapsed"][0] == 0.000456789
    assert total["z"][0] == STANDARD_GRAVITY + 0.5
    orientation = pd.read_csv(path / "Orientation.csv")
    assert list(orientation.columns[2:]) == ["qz", "qy", "qx", "qw", "roll", "pitch", "yaw"]
    assert list(orientation.loc[0, ["roll", "pitch", "yaw"]]) == [0.1, 0.2, 0.3]
    assert (path / "Annotation.csv").read_bytes() == b""


def test_ios_files(tmp_path):
    path = write(lying_on_its_back(), tmp_path / "i", platform="ios")
    assert not (path / "TotalAcceleration.csv").exists()
    tables = {file.stem: file for file in path.iterdir()}
    read = {
        name: pd.read_csv(tables[name]).loc[0]
        for name in tables
        if name not in ("Annotation", "Metadata")
    }
    # On its back a phone reads -g there, and pushed upward it reads less.
    assert read["Gravity"]["z"] == -STANDARD_GRAVITY
    assert read["Accelerometer"]["z"] == -0.5
    assert read["AccelerometerUncalibrated"]["z"] == pytest.approx(
        -(STANDARD_GRAVITY + 0.5) / STANDARD_GRAVITY
    )
    assert read["Gyroscope"]["z"] == 0.3
    orientation = read["Orientation"]
    assert list(orientation.index[2:]) == ["yaw", "qx", "qz", "roll", "qw", "qy", "pitch"]
    assert list(orientation[["roll", "pitch", "yaw", "qw"]]) == [0.1, -0.2, -0.3, 1]


def test_standardised_ios_has_the_signs_and_units_of_android(tmp_path):
    path = write(lying_on_its_back(), tmp_path / "i", platform="ios", standardised=True)
    assert pd.read_csv(path / "Gravity.csv")["z"][0] == STANDARD_GRAVITY
    raw = pd.read_csv(path / "AccelerometerUncalibrated.csv")
    assert raw["z"][0] == STANDARD_GRAVITY + 0.5
    assert pd.read_csv(path / "Orientation.csv")["yaw"][0] == 0.3


@pytest.mark.parametrize("platform", ["android", "ios"])
def test_metadata_and_annotations(tmp_path, platform):
    marks = [(0.25, "squat, 60 kg"), (0.75, 'she said "Pause"')]
    recording = lying_on_its_back(annotations=marks, epoch_ns=1_700_000_000_000_000_000)
    path = write(recording, tmp_path / "r", platform=platform)
    metadata = pd.read_csv(path / "Metadata.csv", dtype=str).loc[0]
    assert metadata["platform"] == platform
    assert metadata["recording epoch time"] == "1700000000000"
    assert metadata["recording time"] == "2023-11-14_22-13-20"
    sensors = metadata["sensors"].split("|")
    rates = metadata["sampleRateMs"].split("|")
    assert dict(zip(sensors, rates, strict=True))["Gyroscope"] == "20"
    annotations = pd.read_csv(path / "Annotation.csv")
    assert list(annotations["text"]) == [text for _, text in marks]
    assert list(annotations["seconds_elapsed"]) == [0.25, 0.75]


def test_zip_holds_the_files_at_its_top(tmp_path):
    path = write(lying_on_its_back(), tmp_path / "r.zip")
    with zipfile.ZipFile(path) as archive:
        assert "Gravity.csv" in archive.namelist()


def test_nothing_is_overwritten(tmp_path):
    recording = lying_on_its_back()
    path = write(recording, tmp_path / "r")
    with pytest.raises(ValueError, match=f"{path}: exists already"):
        write(recording, path)
    (tmp_path / "r.zip").write_bytes(b"kept")
    with pytest.raises(ValueError, match="exists already"):
        write(recording, tmp_path / "r.zip")
    assert (tmp_path / "r.zip").read_bytes() == b"kept"


@pytest.mark.parametrize(
    ("streams", "message"),
    [
        ({"Thermometer": SensorStream([0.0], [[1.0] * 3])}, "no sensor 'Thermometer'"),
        (
            {"Gravity": SensorStream([0.0], [[1.0]], ["x"])},
            "Gravity holds the axes x, y, z",
        ),
    ],
)
def test_unknown_sensors_and_axes_are_refused_before_anything_is_written(
    streams, message, tmp_path
):
    with pytest.raises(ValueError, match=message):
        write(Recording(streams), tmp_path / "r")
    assert not (tmp_path / "r").exists()


def test_uncalibrated_acceleration_keeps_its_name_and_meaning(tmp_path):
    stream = lying_on_its_back().streams["Gravity"]
    raw = Recording({"AccelerometerUncalibrated": stream})
    for platform, z in (("android", STANDARD_GRAVITY), ("ios", -1.0)):
        path = write(raw, tmp_path / platform, platform=platform)
        table = pd.read_csv(path / "AccelerometerUncalibrated.csv")
        assert table["z"][0] == z
        again = read_sensor_logger(path).streams["AccelerometerUncalibrated"]
        np.testing.assert_allclose(again.values, stream.values)
    both = Recording({"AccelerometerUncalibrated": stream, "TotalAcceleration": stream})
    with pytest.raises(ValueError, match="recording has both. Leave one out"):
        write(both, tmp_path / "both", platform="ios")


def test_unknown_platform_is_refused(tmp_path):
    with pytest.raises(ValueError, match="platform must be 'android' or 'ios'"):
        write(lying_on_its_back(), tmp_path / "r", platform="windows")
