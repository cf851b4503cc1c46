"""The quality report, compared with known faults and with real files."""

import io
import pickle
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from sk_imu import Recording, SensorStream
from sk_imu.recording import STANDARD_GRAVITY, quality_warnings
from sk_imu.recording._stream_quality import find_stale, measure_stream

SHARED = Path(__file__).parents[3] / "shared" / "data"


def moving(n=1000, seed=0):
    return np.random.default_rng(seed).normal(size=(n, 3))


def measured(times, values=None, sensor="Gyroscope"):
    values = moving(len(times)) if values is None else values
    return measure_stream(sensor, np.asarray(times, float), np.asarray(values, float))


CLOCK = np.arange(1000) / 100


def test_a_good_stream_has_no_faults():
    quality = measured(CLOCK)
    assert quality.faults == {}
    assert quality.rate_hz == pytest.approx(100)
    assert quality.update_rate_hz == pytest.approx(100)
    assert quality.jitter_ms == pytest.approx(0, abs=1e-9)
    assert (quality.n_gaps, quality.n_stale, quality.n_clipped) == (0, 0, 0)


def test_rate_drift_and_jitter():
    rng = np.random.default_rng(1)
    drifting = np.cumsum(1 / np.linspace(97, 103, 2000))
    assert measured(drifting).drift_percent == pytest.approx(3, abs=0.1)
    assert list(measured(drifting).faults) == ["rate drifts by {:.3g} %"]
    jittery = CLOCK + rng.normal(0, 0.0005, 1000)
    assert measured(jittery).jitter_ms == pytest.approx(0.5 * 2**0.5, rel=0.1)
    assert measured(jittery).rate_hz == pytest.approx(100, rel=1e-3)


def test_gaps():
    kept = np.delete(CLOCK, np.r_[300:350, 700:710])
    quality = measured(kept)
    assert quality.n_gaps == 2
    assert quality.longest_gap_s == pytest.approx(0.51)
    assert quality.rate_hz == pytest.approx(100)
    assert quality.faults["gaps of up to {:.3g} s"] == quality.longest_gap_s


def test_repeated_and_backward_timestamps():
    times = CLOCK.copy()
    times[[5, 6, 50]] = times[[4, 4, 49]]
    values = moving()
    values[50] = values[49]
    times[[100, 101]] = times[[101, 100]]
    quality = measured(times, values)
    assert quality.n_duplicated == 3
    assert quality.n_duplicated_differing == 2
    assert quality.n_backward == 1
    assert quality.n_stale == 1


def test_stale_values_and_the_real_update_rate():
    held = np.repeat(moving(100), 10, axis=0)
    held[500:650] = held[500]
    quality = measured(CLOCK, held)
    assert quality.update_rate_hz == pytest.approx(8.5, abs=0.2)
    assert quality.longest_stale_s == pytest.approx(1.49)
    assert set(quality.faults) == {
        "real update rate {:.3g} Hz",
        "values frozen for up to {:.3g} s",
    }
    stretches = find_stale(CLOCK, held)
    assert len(stretches) == 86
    np.testing.assert_allclose(stretches[0], [0, 0.09])
    assert measured(CLOCK, np.zeros((1000, 3))).faults == {"values never change": None}


@pytest.mark.parametrize(
    ("sensor", "scale"),
    [("TotalAcceleration", 8 * STANDARD_GRAVITY), ("Gyroscope", np.deg2rad(2000))],
)
def test_clipped_values(sensor, scale):
    values = scale * moving()
    clipped = np.clip(values, -0.995 * scale, 0.995 * scale)
    quality = measured(CLOCK, clipped, sensor)
    assert quality.n_clipped == (np.abs(values) > 0.995 * scale).any(axis=1).sum()
    # Neither a peak nor a limit far from any full scale is clipping.
    assert measured(CLOCK, values, sensor).n_clipped == 0
    assert measured(CLOCK, np.clip(values, None, 0.7 * scale), sensor).n_clipped == 0
    assert measured(CLOCK, clipped, "Magnetometer").n_clipped == 0


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("n", [0, 1, 2, 3])
def test_short_streams(n):
    quality = measured(CLOCK[:n], moving(n))
    assert quality.n_samples == n
    assert bool(quality.faults) == (n < 2)


def test_clock_that_stands():
    quality = measured(np.zeros(100))
    assert quality.n_duplicated == 99
    assert np.isnan(quality.rate_hz)
    assert isinstance(
        str(Recording({"G": SensorStream([0.0] * 9, moving(9))}).quality), str
    )


def two_streams(**metadata):
    late = SensorStream(0.5 + CLOCK, np.repeat(moving(100), 10, axis=0))
    streams = {"Accelerometer": SensorStream(CLOCK, moving()), "Gyroscope": late}
    return Recording(streams, **metadata)


def test_a_recording_carries_its_report():
    recording = two_streams(source="ada.zip", notes=["Gyroscope: rad/s, by its header"])
    quality = recording.quality
    assert quality is recording.quality
    assert quality.overlap_s == recording.overlap_s
    assert list(quality.table.index) == ["Accelerometer", "Gyroscope"]
    assert quality.table.loc["Gyroscope", "n_stale"] == 900
    assert quality.warnings == ["Gyroscope: real update rate 9.91 Hz"]
    text = str(quality)
    for part in ("ada.zip: 2 streams", "9.49 s from 0.500 s", *quality.warnings):
        assert part in text
    assert "rad/s, by its header" in text
    again = pickle.loads(pickle.dumps(recording))
    assert again.quality.warnings == quality.warnings


@pytest.mark.parametrize("order", [1, -1])
def test_a_stream_without_samples_shares_no_time(order):
    streams = {
        "Gyroscope": SensorStream(CLOCK, moving()),
        "Gravity": SensorStream([], np.empty((0, 3))),
    }
    recording = Recording(dict([*streams.items()][::order]))
    assert "2 streams, which share 0.00 s" in str(recording.quality)
    assert "Gravity: fewer than two samples" in str(recording.quality)
    assert recording.duration_s == 0


def test_warnings_by_person():
    good = Recording({"Gyroscope": SensorStream(CLOCK, moving())}, subject="ben")
    rows = [two_streams(subject="ada"), two_streams(subject="ada"), good]
    assert quality_warnings(rows) == [
        "ada: Gyroscope real update rate 9.91 Hz in 2 of 2 sets"
    ]
    assert quality_warnings([good]) == []
    assert quality_warnings([two_streams()])[0].startswith("all: ")


def test_studies_warn():
    from sk_imu.study import run_study

    rng = np.random.default_rng(0)
    rows, labels = [], ["a", "b"] * 10
    for label in labels:
        held = np.repeat(rng.normal(size=(60, 3)), 5, axis=0) * (1 + (label == "b"))
        rows.append(Recording({"Gyroscope": SensorStream(CLOCK[:300], held)}))
    results = run_study(
        (rows, labels, None),
        models=["svm"],
        protocols=["unseen-sets"],
        window_seconds=1.0,
        verbose=0,
    )
    (line,) = results.settings["quality"]
    assert line == "all: Gyroscope real update rate 19.7 Hz in 20 of 20 sets"
    assert f"Note: {line}." in results.summary()


# --- real files ------------------------------------------------------------------------


def phone_exercises(person, pattern):
    path = SHARED / "phone_exercises" / f"{person}.zip"
    if not path.exists():
        pytest.skip(f"{path} is missing")
    recordings = []
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            if pattern not in name:
                continue
            table = pd.read_csv(io.BytesIO(archive.read(name)))
            times = table["timestamp"].to_numpy(float)
            times = (times - times[0]) / (1000 if times[0] > 1e11 else 1)
            values = table[["acc_x", "acc_y", "acc_z"]].to_numpy() * STANDARD_GRAVITY
            streams = {"TotalAcceleration": SensorStream(times, values)}
            recordings.append(Recording(streams, subject=person, source=name))
    return recordings


@pytest.mark.parametrize(
    ("person", "lowest_hz", "median_hz", "highest_hz"),
    [
        ("person_01", 4.4, 6.5, 9.6),
        ("person_05", 36, 90, 93),
        ("person_07", 20, 23, 23),
        ("person_10", 9, 18, 23),
    ],
)
def test_polled_files(person, lowest_hz, median_hz, highest_hz):
    """Polled at 100 Hz, the rate of new values is that stated in the data's README."""
    recordings = phone_exercises(person, "_100hz_")
    streams = [r.quality.streams["TotalAcceleration"] for r in recordings]
    rates = [stream.update_rate_hz for stream in streams]
    assert np.median([s.rate_hz for s in streams]) == pytest.approx(100, abs=0.5)
    assert np.median(rates) == pytest.approx(median_hz, abs=1)
    assert min(rates) == pytest.approx(lowest_hz, abs=0.6)
    assert max(rates) == pytest.approx(highest_hz, abs=0.6)


def test_warnings_of_polled_files_name_the_person():
    recordings = phone_exercises("person_07", "_100hz_")
    assert quality_warnings(recordings) == [
        "person_07: TotalAcceleration 3 timestamps nearly repeated in 32 of 40 sets",
        "person_07: TotalAcceleration real update rate 22.7 Hz in 40 of 40 sets",
    ]
    (frozen,) = phone_exercises("person_06", "jumpingjacks_100hz_hand_1")
    assert frozen.quality.warnings == [
        "TotalAcceleration: 1 timestamps nearly repeated",
        "TotalAcceleration: values never change",
    ]
    (clipped,) = phone_exercises("person_09", "jumpingjacks_100hz_hand_1.")
    assert clipped.quality.streams["TotalAcceleration"].n_stale > 500


@pytest.mark.parametrize(
    ("name", "n", "n_duplicated", "longest_ms"),
    [
        ("s06_09_sp", 1512, 148, 67),
        ("s11_08_sp", 1180, 124, 188),
        ("s14_02_sw", 1327, 6, 40),
        ("s16_01_sp", 1210, 87, 78),
        ("s17_08_sp", 1291, 138, 125),
    ],
)
def test_bursts_of_phones(name, n, n_duplicated, longest_ms):
    """Figures as stated in the data's README; all repeated timestamps differ in value."""
    path = SHARED / "geotec" / f"{name}.csv"
    if not path.exists():
        pytest.skip(f"{path} is missing")
    table = pd.read_csv(path)
    times = (table["timestamp"] - table["timestamp"][0]).to_numpy() / 1000
    quality = measured(times, table[["x_acc", "y_acc", "z_acc"]], "TotalAcceleration")
    assert quality.n_samples == n
    assert quality.n_duplicated == quality.n_duplicated_differing == n_duplicated
    assert quality.longest_gap_s == pytest.approx(longest_ms / 1000)
    assert quality.rate_hz == pytest.approx(102.4 if name.endswith("p") else 104.4, abs=0.2)
    assert quality.n_gaps > 0
