"""One physical convention, decided by Metadata or the data, and checked against them."""

from functools import lru_cache
from pathlib import Path

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from sk_imu import Resampler, read_recording
from sk_imu.readers import read_sensor_logger
from sk_imu.recording import STANDARD_GRAVITY

START_NS = 1_701_362_862_701_310_123
# Made-up values of single sensors name no platform.
pytestmark = pytest.mark.filterwarnings("ignore::sk_imu.DataQualityWarning")
SHARED = Path(__file__).parents[3] / "shared" / "data" / "sensor_logger"
N = 200


@lru_cache
def real(name):
    if not (SHARED / name).exists():
        pytest.skip(f"{SHARED / name} is missing")
    return read_recording(SHARED / name)


def write(folder, sensors, metadata=None):
    """Write sensors {name: (axes, values)} in the app's layout."""
    folder.mkdir(exist_ok=True)
    for name, (axes, values) in sensors.items():
        lines = [",".join(["time", "seconds_elapsed", *axes])]
        for i, row in enumerate(np.broadcast_to(values, (N, len(axes)))):
            cells = [
                str(START_NS + 10_000_000 * i),
                f"{i / 100}",
                *map(repr, map(float, row)),
            ]
            lines.append(",".join(cells))
        (folder / f"{name}.csv").write_text("\n".join(lines) + "\n")
    if metadata:
        platform, standardised = metadata
        (folder / "Metadata.csv").write_text(
            f"version,platform,appVersion,standardisation\n3,{platform},1.47,{standardised}\n"
        )
    return folder


@pytest.mark.parametrize(
    ("metadata", "sign", "unit"),
    [
        (("android", "false"), 1, STANDARD_GRAVITY),
        (("android", "true"), 1, STANDARD_GRAVITY),
        (("ios", "true"), 1, STANDARD_GRAVITY),
        (("ios", "false"), -1, 1.0),
    ],
)
def test_phone_on_its_back_reads_plus_g(tmp_path, metadata, sign, unit):
    path = write(
        tmp_path / "recording",
        {
            "Gravity": ("zyx", [sign * STANDARD_GRAVITY, 0, 0]),
            "Accelerometer": ("zyx", [0, 0, sign * 2.0]),
            "AccelerometerUncalibrated": ("zyx", [sign * unit, 0, 0]),
            "Gyroscope": ("zyx", [0.1, 0.2, 0.3]),
        },
        metadata,
    )
    recording = read_recording(path)
    rest = [0, 0, STANDARD_GRAVITY]
    for sensor in ("Gravity", "AccelerometerUncalibrated"):
        np.testing.assert_allclose(recording.streams[sensor].values[0], rest, atol=1e-12)
    np.testing.assert_allclose(recording.streams["Accelerometer"].values[0], [2, 0, 0])
    np.testing.assert_allclose(recording.streams["Gyroscope"].values[0], [0.3, 0.2, 0.1])
    assert not any(note.startswith(("CONTRA", "UNDEC", "IMPL")) for note in recording.notes)
    (total,) = Resampler(channels=["TotalAcceleration"]).fit_transform([recording])
    np.testing.assert_allclose(total[:, 5], [2, 0, STANDARD_GRAVITY], atol=1e-9)


def test_platform_argument_decides_and_is_checked(tmp_path):
    path = write(tmp_path / "recording", {"Gravity": ("xyz", [0, 0, -9.8])})
    undecided = read_recording(path)
    assert undecided.streams["Gravity"].values[0, 2] == -9.8
    assert any("UNDECIDED" in note and "platform='ios'" in note for note in undecided.notes)
    decided = read_sensor_logger(path, platform="ios")
    assert decided.streams["Gravity"].values[0, 2] == 9.8
    with pytest.raises(ValueError, match="platform must be"):
        read_sensor_logger(path, platform="windows")


def test_data_that_contradict_metadata_decide(tmp_path):
    orientation = Rotation.from_euler("ZXY", [0.3, 0.2, 0.1])
    gravity = orientation.inv().apply([0, 0, STANDARD_GRAVITY])
    yaw, pitch, roll = orientation.as_euler("ZXY")
    axes = ("qx", "qy", "qz", "qw", "roll", "pitch", "yaw")
    values = [*orientation.as_quat(), roll, -pitch, -yaw]
    sensors = {"Gravity": ("xyz", gravity), "Orientation": (axes, values)}
    right = read_recording(write(tmp_path / "right", sensors, ("android", "false")))
    assert not any("CONTRADICTION" in note for note in right.notes)
    wrong = read_recording(write(tmp_path / "wrong", sensors, ("ios", "false")))
    np.testing.assert_allclose(wrong.streams["Gravity"].values[0], gravity)
    (doubt,) = wrong.doubts
    assert "CONTRADICTION: signs and units are those of Android" in doubt
    assert "those of iOS according to Metadata (ios)" in doubt
    # The user's word counts, and what it contradicts is reported.
    forced = read_recording(tmp_path / "wrong", platform="ios")
    np.testing.assert_allclose(forced.streams["Gravity"].values[0], -gravity)
    assert any("CONTRADICTION: Gravity" in note for note in forced.doubts)
    assert any("CONTRADICTION: yaw" in note for note in forced.doubts)


def test_wrong_unit_is_reported(tmp_path):
    sensors = {"AccelerometerUncalibrated": ("xyz", [0, 0, 1.0])}
    recording = read_recording(write(tmp_path / "g", sensors, ("android", "false")))
    assert any("IMPLAUSIBLE: AccelerometerUncalibrated" in note for note in recording.notes)


def test_watch_in_g(tmp_path):
    axes = [
        f"{part}{axis}"
        for part in ("acceleration", "gravity", "rotationRate")
        for axis in "XYZ"
    ]
    sensors = {"WristMotion": (axes, [0.5, 0, 0, 0, 0, -1, 0.1, 0.2, 0.3])}
    recording = read_recording(write(tmp_path / "watch", sensors, ("ios", "false")))
    streams = recording.streams
    np.testing.assert_allclose(streams["Gravity"].values[0], [0, 0, STANDARD_GRAVITY])
    np.testing.assert_allclose(
        streams["Accelerometer"].values[0, 0], -0.5 * STANDARD_GRAVITY
    )
    np.testing.assert_allclose(streams["Gyroscope"].values[0], [0.1, 0.2, 0.3])
    assert any("watch" in note for note in recording.notes)


# ---------------------------------------------------------------------- real recordings


@pytest.mark.parametrize(
    "name",
    ["android_1.28_driving_203s.zip", "ios_1.10_unlabelled_21s", "ios_1.11_squats_109s"],
)
def test_real_gravity_is_up_by_the_quaternion(name):
    recording = real(name)
    gravity, orientation = recording.streams["Gravity"], recording.streams["Orientation"]
    assert orientation.axes[:4] == ("qx", "qy", "qz", "qw")
    _, one, other = np.intersect1d(
        gravity.timestamps_s, orientation.timestamps_s, return_indices=True
    )
    turns = Rotation.from_quat(orientation.values[other, :4])
    up = turns.inv().apply([0, 0, STANDARD_GRAVITY])
    np.testing.assert_allclose(gravity.values[one], up, atol=2e-5)
    # ... and the angles are those of the quaternion, the same way on both systems.
    yaw, pitch, roll = turns.as_euler("ZXY").T
    for axis, angle in zip(("roll", "pitch", "yaw"), (roll, -pitch, -yaw), strict=True):
        written = orientation.values[other, orientation.axes.index(axis)]
        assert np.cos(written - angle).min() > 1 - 1e-4
    assert not any("CONTRADICTION" in note for note in recording.notes)


def test_data_decide_the_real_platform_without_metadata():
    notes = real("ios_1.11_squats_109s").notes
    (how,) = [note for note in notes if "no platform is named" in note]
    assert "those of iOS according to the data" in how
    assert "Gravity against Orientation" in how


@pytest.mark.parametrize("name", ["ios_1.10_unlabelled_21s", "ios_1.11_squats_109s"])
def test_real_ios_total_is_the_sum(name):
    recording = real(name)
    total = Resampler(channels=["TotalAcceleration"]).fit_transform([recording])[0]
    both = Resampler(channels=["TotalAcceleration", "AccelerometerUncalibrated"])
    output = both.fit_transform([recording])[0]
    assert total.shape[0] == 3
    residual = output[:3] - output[3:]
    assert np.sqrt(np.mean(residual**2)) < 0.005 * STANDARD_GRAVITY
    gravity = recording.streams["Gravity"]
    assert gravity.values[0, 2] > 9  # the phone begins on its back


def test_real_android_lies_on_its_back_with_plus_g():
    total = real("android_1.26_unlabelled_8s").streams["TotalAcceleration"]
    assert np.median(total.values[:, 2]) > 8


def test_real_faults_are_counted():
    notes = " ".join(real("android_1.28_driving_203s.zip").notes)
    assert "Accelerometer: left out 1 row(s) of zeros before the first value" in notes
    recording = real("ios_1.15_annotated_1650s")
    notes = " ".join(recording.notes)
    assert set(recording.streams) == {"AccelerometerUncalibrated", "GyroscopeUncalibrated"}
    for sensor in ("Accelerometer", "Gyroscope", "Magnetometer", "Orientation"):
        assert f"{sensor}: left out 1 row(s) stamped far from all others" in notes
    assert "45.1 h before" in notes
    assert [text for _, text in recording.annotations] == ["standing", "walking"]
    assert recording.annotations[0][0] == pytest.approx(617.544, abs=0.05)
    norm = np.median(
        np.linalg.norm(recording.streams["AccelerometerUncalibrated"].values, axis=1)
    )
    assert norm == pytest.approx(9.8, abs=0.3)
    assert any("IMPLAUSIBLE" in note for note in real("android_1.47_stand_01.zip").notes)
    for name in ("ios_1.15_annotation_only", "ios_1.15_no_samples"):
        with pytest.raises(ValueError, match=f"{name}.*no sensor file with samples"):
            real(name)
