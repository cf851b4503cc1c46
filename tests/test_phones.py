"""A model of an Android phone recognizes what an iPhone records, on real recordings."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose

from sk_imu import ExerciseClassifier, Resampler, read_recording

SHARED = Path(__file__).parents[2] / "shared" / "data" / "sensor_logger"
ANDROID = "android_1.28_driving_203s.zip"
IPHONES = ["ios_1.11_squats_109s", "ios_1.10_unlabelled_151s.zip"]
TOTAL = [f"TotalAcceleration_{axis}" for axis in "xyz"]


def read(name):
    path = SHARED / name
    if not path.exists():
        pytest.skip(f"{path} is missing")
    return read_recording(path)


def cut(recording, n_seconds=8.0):
    """Return consecutive sets of equal length, labeled by the half that they are from."""
    start_s, end_s = recording.overlap_s
    starts = np.arange(start_s, end_s - n_seconds, n_seconds)
    sets = [recording.between(s, s + n_seconds) for s in starts]
    return sets, np.where(starts < (start_s + end_s) / 2, "first half", "second half")


def only(recording, *sensors):
    return replace(recording, streams={s: recording.streams[s] for s in sensors})


@pytest.mark.slow
@pytest.mark.parametrize("name", IPHONES)
def test_a_model_of_an_android_phone_takes_sets_of_an_iphone(name):
    clf = ExerciseClassifier("rf", random_state=0).fit(*cut(read(ANDROID)))
    assert clf.channel_names_ == [*TOTAL, *(f"Gyroscope_{axis}" for axis in "xyz")]
    iphone = read(name)
    assert "TotalAcceleration" not in iphone.streams
    sets, _ = cut(iphone)
    proba = clf.predict_proba(sets)
    assert np.isfinite(proba).all()
    assert np.ptp(proba, axis=0).min() > 0.05  # it does look at the sets
    if "Gravity" not in iphone.streams:
        return
    # It does not matter from which sensors the total acceleration is computed.
    for parts in (["Accelerometer", "Gravity"], ["AccelerometerUncalibrated"]):
        of_parts = [only(one, *parts, "Gyroscope") for one in sets]
        assert_allclose(clf.predict_proba(of_parts), proba, atol=0.05)


@pytest.mark.parametrize(
    "name", ["ios_1.10_unlabelled_151s.zip", "ios_1.10_unlabelled_21s"]
)
def test_total_acceleration_of_an_iphone_at_rest_is_gravity(name):
    resampler = Resampler(channels=["TotalAcceleration"])
    (total,) = resampler.fit_transform([read(name)])
    norm = np.linalg.norm(total, axis=0)
    seconds = norm[: len(norm) // 50 * 50].reshape(-1, 50)
    rest = seconds[seconds.std(axis=1).argmin()]
    assert rest.std() < 0.2
    assert rest.mean() == pytest.approx(9.8, abs=0.05)


@pytest.mark.parametrize(
    ("name", "offset", "rms"),
    [
        ("ios_1.11_squats_109s", 1e-3, 0.05),
        ("ios_1.10_unlabelled_21s", 1e-3, 0.005),
        # Android corrects the sensor's offset in Accelerometer only, and samples it faster.
        (ANDROID, 0.2, 0.5),
    ],
)
def test_total_acceleration_is_the_uncalibrated_acceleration(name, offset, rms):
    recording = only(read(name), "Accelerometer", "Gravity", "AccelerometerUncalibrated")
    resampler = Resampler(channels=["TotalAcceleration", "AccelerometerUncalibrated"])
    (output,) = resampler.fit_transform([recording])
    difference = np.asarray(output[:3]) - np.asarray(output[3:])
    assert np.abs(difference.mean(axis=1)).max() < offset
    assert np.sqrt(np.mean(difference**2, axis=1)).max() < rms
