"""The readers read columns by name, or raise an error that names the place."""

import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from sk_imu import Resampler
from sk_imu.readers import read_recording, read_recordings, read_sensor_logger
from sk_imu.recording import SENSOR_AXES

# Made-up values of single sensors name no platform.
pytestmark = pytest.mark.filterwarnings("ignore::sk_imu.DataQualityWarning")
START_NS = 1_701_362_862_701_310_123  # odd: float64 knows these only to 256 ns
SHARED = Path(__file__).parents[3] / "shared" / "data" / "sensor_logger"


def table(n=100, sensor="Gravity", columns=None, period_ns=10_000_000, offset_ns=0):
    """Return the table of a sensor, with a different value in each cell."""
    data = {"time": START_NS + offset_ns + period_ns * np.arange(n)}
    data["seconds_elapsed"] = np.arange(n) / 100
    for i, axis in enumerate(SENSOR_AXES[sensor], start=1):
        data[axis] = i + np.arange(n) / 1000
    return pd.DataFrame(data)[columns or list(data)]


def write(folder, **tables):
    folder.mkdir(parents=True, exist_ok=True)
    for sensor, frame in tables.items():
        file = folder / f"{sensor}.csv"
        if isinstance(frame, str):
            file.write_text(frame)
        else:
            frame.to_csv(file, index=False)
    return folder


def zip_of(folder, inside=""):
    path = folder.with_suffix(".zip")
    with zipfile.ZipFile(path, "w") as archive:
        for file in sorted(folder.iterdir()):
            archive.write(file, f"{inside}{file.name}")
    return path


@pytest.mark.parametrize(
    "columns",
    [
        ["time", "seconds_elapsed", "z", "y", "x"],
        ["seconds_elapsed", "y", "z", "time", "x"],
        ["x", "y", "z", "time"],
    ],
)
@pytest.mark.parametrize("zipped", [False, True])
def test_columns_are_found_by_name(tmp_path, columns, zipped):
    path = write(tmp_path / "recording", Gravity=table(columns=columns))
    path = zip_of(path) if zipped else path
    recording = read_recording(path)
    stream = recording.streams["Gravity"]
    assert stream.axes == ("x", "y", "z")
    np.testing.assert_array_equal(stream.values, table()[["x", "y", "z"]])
    assert recording.source == str(path)


def test_orientation_keeps_the_package_order(tmp_path):
    order = ["time", "yaw", "qx", "qz", "roll", "qw", "qy", "pitch"]
    frame = table(sensor="Orientation")
    path = write(tmp_path, Orientation=frame[order])
    stream = read_recording(path).streams["Orientation"]
    assert stream.axes == SENSOR_AXES["Orientation"]
    np.testing.assert_array_equal(stream.values[0], np.arange(1, 8))


def test_times_keep_their_nanoseconds(tmp_path):
    path = write(
        tmp_path,
        Gravity=table(),
        Gyroscope=table(offset_ns=431_000_001, period_ns=16_666_667),
    )
    recording = read_recording(path)
    assert recording.epoch_ns == START_NS
    assert recording.streams["Gravity"].start_s == 0
    assert recording.streams["Gyroscope"].start_s == 0.431000001
    assert recording.streams["Gyroscope"].end_s == pytest.approx(
        0.431000001 + 99 * 0.016666667, abs=1e-12
    )


def test_other_files_and_empty_sensors_are_ignored(tmp_path):
    path = write(
        tmp_path / "recording",
        Gravity=table(),
        Gyroscope="",
        Magnetometer="time,seconds_elapsed,z,y,x\n",
        Annotation="",
        Metadata="version,device name\n3,phone\n",
        Accelerometer2="not, a, table",
    )
    (path / "Notes.txt").write_text("hello")
    assert list(read_recording(path).streams) == ["Gravity"]
    assert list(read_recording(zip_of(path, "inside/")).streams) == ["Gravity"]


def test_byte_order_mark_and_empty_cells(tmp_path):
    frame = table(3)
    frame.loc[1, "y"] = np.nan
    text = "\ufeff" + frame.to_csv(index=False)
    (tmp_path / "Gravity.csv").write_text(text, encoding="utf-8")
    values = read_recording(tmp_path).streams["Gravity"].values
    assert np.argwhere(np.isnan(values)).tolist() == [[1, 1]]


def test_backward_clock_is_kept_and_refused_by_the_resampler(tmp_path):
    frame = table()
    frame.loc[0, "time"] += 20_000_000
    recording = read_recording(write(tmp_path, Gravity=frame))
    assert recording.streams["Gravity"].timestamps_s[0] > 0
    with pytest.raises(ValueError, match=r"Gravity.*runs backwards at sample 1"):
        Resampler().fit_transform([recording])


HEADER = "time,seconds_elapsed,z,y,x\n"
ROW = "1701362862701310000,0.1,3,2,1\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("time,z,y\n1,2,3\n", r"\['x'\] is missing or given twice"),
        ("time,x,y,z,x\n1,2,3,4,5\n", r"\['x'\] is missing or given twice"),
        ("1701362862701310000,0.1,3,2,1\n", "is missing or given twice"),
        (HEADER + ROW + "1701362862701310000,0.1,3,two,1\n", "line 3, column 'y': 'two'"),
        (HEADER + ROW + "1701362862701.31,0.1,3,2,1\n", "line 3, column 'time'"),
        (
            'time,z,y,x\n"1,70136286270131E+018",3,2,1\n',
            r"line 2, column 'time': '1,70136286270131E\+018' is not a whole number",
        ),
        # Rounded to ten seconds, or not what seconds_elapsed says: beyond repair.
        (HEADER + "1.70136286E+18,0.1,3,2,1\n", "line 2, column 'time'.*was rounded"),
        (
            HEADER + ROW + "1.70136286270131e18,0.2,3,2,1\n",
            "line 3, column 'time'.*disagrees with seconds_elapsed",
        ),
        (HEADER + ROW + ",0.1,3,2,1\n", "line 3, column 'time': ''"),
        (HEADER + ROW + "1701362862701310000,0,1,3,2,1\n", "line 3: has 6 cells for 5"),
        (HEADER + "1701362862701310000,0,1,3,2,1\n", "line 2: has 6 cells for 5"),
    ],
)
def test_damaged_table_names_file_line_and_column(tmp_path, text, message):
    write(tmp_path, Gyroscope=text)
    with pytest.raises(ValueError, match=f"Gyroscope.csv.*{message}"):
        read_recording(tmp_path)


def test_wrong_encoding_names_the_file(tmp_path):
    (tmp_path / "Gravity.csv").write_bytes(table(3).to_csv(index=False).encode("utf-16"))
    with pytest.raises(ValueError, match=r"Gravity\.csv: is not text in UTF-8"):
        read_recording(tmp_path)


def test_nothing_to_read(tmp_path):
    with pytest.raises(ValueError, match=r"missing\.zip: there is no such file"):
        read_recording(tmp_path / "missing.zip")
    with pytest.raises(ValueError, match="no sensor file with samples"):
        read_recording(write(tmp_path / "empty", Gyroscope=""))
    (tmp_path / "broken.zip").write_bytes(b"PK\x03\x04 and no more")
    with pytest.raises(ValueError, match=r"broken\.zip: is not a readable zip"):
        read_recording(tmp_path / "broken.zip")


def test_truncated_zip(tmp_path):
    path = zip_of(write(tmp_path / "recording", Gravity=table(1000)))
    content = bytearray(path.read_bytes())
    content[200:400] = b"\0" * 200  # stored uncompressed: only the checksum shows it
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"recording\.zip: is not a readable zip"):
        read_recording(path)


def test_two_recordings_in_one_zip(tmp_path):
    path = tmp_path / "two.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name in ("a", "b"):
            archive.writestr(f"{name}/Gravity.csv", table().to_csv(index=False))
    with pytest.raises(ValueError, match=r"two\.zip: holds Gravity\.csv twice"):
        read_recording(path)


def test_tree_of_labels(tmp_path):
    for label in ("squat", "lunge"):
        for i in range(2):
            write(tmp_path / label / f"set_{i}", Gravity=table())
    zip_of(write(tmp_path / "lunge" / "set_3", Gravity=table()))
    (tmp_path / "squat" / "notes.txt").write_text("knees!")
    recordings = read_recordings(tmp_path)
    assert [r.label for r in recordings] == ["lunge"] * 4 + ["squat"] * 2
    assert {r.subject for r in recordings} == {None}
    assert recordings[0].source == str(tmp_path / "lunge" / "set_0")


def test_tree_of_subjects_and_labels(tmp_path):
    for subject in ("Ada", "Ben"):
        write(tmp_path / subject / "squat" / "1", Gravity=table())
    recordings = read_recordings(tmp_path)
    assert [(r.subject, r.label) for r in recordings] == [
        ("Ada", "squat"),
        ("Ben", "squat"),
    ]


def test_tree_faults(tmp_path):
    with pytest.raises(ValueError, match="no such folder. Check the path, in full /"):
        read_recordings(tmp_path / "missing")
    (tmp_path / "one.csv").write_text("time\n")
    with pytest.raises(ValueError, match="is a file, .*read_recording"):
        read_recordings(tmp_path / "one.csv")
    (tmp_path / "one.csv").unlink()
    with pytest.raises(ValueError, match=r"no recording in it\. Expected is folder/label"):
        read_recordings(tmp_path)
    write(tmp_path / "squat", Gravity=table())
    with pytest.raises(ValueError, match="squat: is too high or too deep"):
        read_recordings(tmp_path)


def test_tree_of_both_kinds_is_refused(tmp_path):
    write(tmp_path / "squat" / "1", Gravity=table())
    write(tmp_path / "Ada" / "squat" / "1", Gravity=table())
    with pytest.raises(ValueError, match="differ in depth"):
        read_recordings(tmp_path)


def test_recording_without_samples_in_a_tree_is_refused(tmp_path):
    write(tmp_path / "squat" / "1", Gravity=table())
    write(tmp_path / "squat" / "2", Metadata="version\n3\n")
    with pytest.raises(ValueError, match="2: no sensor file with samples"):
        read_recordings(tmp_path)


@pytest.mark.parametrize(
    ("name", "rates"),
    [
        (
            "android_1.28_driving_203s.zip",
            {"Accelerometer": 100.0, "Orientation": 100.0, "Gyroscope": 59.36},
        ),
        ("ios_1.11_squats_109s", {"Accelerometer": 99.79, "Gravity": 99.79}),
        ("android_1.26_unlabelled_8s", {"TotalAcceleration": 99.96}),
    ],
)
def test_real_recordings(name, rates):
    if not (SHARED / name).exists():
        pytest.skip(f"{SHARED / name} is missing")
    recording = read_sensor_logger(SHARED / name)
    for sensor, rate_hz in rates.items():
        assert recording.streams[sensor].rate_hz == pytest.approx(rate_hz, abs=0.01)


def test_real_folder_and_zip_of_one_recording_agree():
    name = "android_1.26_unlabelled_8s"
    if not (SHARED / name).exists():
        pytest.skip(f"{SHARED / name} is missing")
    folder, archive = read_recording(SHARED / name), read_recording(SHARED / f"{name}.zip")
    assert set(folder.streams) == set(archive.streams)
    for sensor, stream in folder.streams.items():
        np.testing.assert_array_equal(stream.values, archive.streams[sensor].values)
