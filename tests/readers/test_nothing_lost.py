"""What a reader leaves out has a note; hostile files are refused before they cost."""

import json
import os
import re
import shutil
import sqlite3
import tracemalloc
import zipfile

import numpy as np
import pytest

from sk_imu import DataQualityWarning, Recording, SensorStream, read_recording
from sk_imu.readers import read_phyphox, read_recordings, read_table
from sk_imu.readers._finding import find_recordings

# Made-up values of single sensors name no platform.
pytestmark = pytest.mark.filterwarnings("ignore:UNDECIDED:sk_imu.DataQualityWarning")
START_NS = 1_701_362_862_701_310_000
AXES = ("X (m/s^2)", "Y (m/s^2)", "Z (m/s^2)")


def rows(n=100, time=lambda i: START_NS + i * 10**7, more=""):
    return [f"{time(i)},0,{i % 3},9.8{more}" for i in range(n)]


def gravity(folder, n=100, **changes):
    folder.mkdir(parents=True, exist_ok=True)
    text = "\n".join(["time,x,y,z", *rows(n, **changes)]) + "\n"
    (folder / "Gravity.csv").write_text(text)
    return folder


def phyphox(path, header, values):
    lines = [",".join(["Time (s)", *header])]
    lines += [",".join(map(str, (i / 100, *values))) for i in range(50)]
    path.write_text("\n".join(lines) + "\n")


# ------------------------------------------------------------------- left out, noted


@pytest.mark.parametrize(
    ("name", "column"),
    [
        ("Barometer", "X (hPa)"),
        ("Light", "X (lx)"),
        ("Temperature", "X (°C)"),
        ("Proximity", "Distance (cm)"),
    ],
)
def test_other_sensors_of_phyphox_are_passed_over(tmp_path, name, column):
    phyphox(tmp_path / "Accelerometer.csv", AXES, (0, 0, 9.81))
    phyphox(tmp_path / f"{name}.csv", [column], [5])
    recording = read_recording(tmp_path)
    assert list(recording.streams) == ["TotalAcceleration"]
    assert any(name in note for note in recording.notes)


def test_motion_under_an_unknown_name_is_refused(tmp_path):
    phyphox(tmp_path / "Beschleunigung.csv", AXES, (0, 0, 9.81))
    with pytest.raises(ValueError, match="no sensor is known by the name"):
        read_phyphox(tmp_path / "Beschleunigung.csv")


def test_columns_that_are_not_read_are_named(tmp_path):
    phyphox(
        tmp_path / "Raw.csv",
        [f"Acceleration {a}" for a in AXES] + ["class"],
        (0, 0, 9.8, 1),
    )
    assert any("not read: class" in note for note in read_recording(tmp_path).notes)
    folder = gravity(tmp_path / "app")
    text = (folder / "Gravity.csv").read_text()
    (folder / "Gravity.csv").write_text(
        text.replace("z\n", "z,mood\n").replace("9.8\n", "9.8,ok\n")
    )
    assert any("not read: mood" in note for note in read_recording(folder).notes)


def test_files_that_are_not_read_are_named(tmp_path):
    folder = gravity(tmp_path / "recording")
    (folder / "HeartRate.csv").write_text("time,bpm\n1,60\n")
    (folder / "sound.m4a").write_bytes(b"\0")
    (folder / "a" / "b").mkdir(parents=True)
    (folder / "Gyroscope.csv").symlink_to(tmp_path / "nowhere.csv")
    (folder / "loop").symlink_to(folder)
    (note,) = [n for n in read_recording(folder).notes if n.startswith("not read")]
    for name in ("HeartRate.csv", "sound.m4a", "a/b (too deep)", "loop"):
        assert name in note
    assert "Gyroscope.csv (a link to nothing)" in note
    path = tmp_path / "recording.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.write(folder / "Gravity.csv", "Gravity.csv")
        archive.writestr("sound.m4a", b"\0")
    assert any("sound.m4a" in note for note in read_recording(path).notes)


def test_records_and_tables_of_unknown_sensors_are_named(tmp_path):
    record = {"time": str(START_NS), "x": "1", "y": "2", "z": "9"}
    records = [{"sensor": "Gravity", **record}, {"sensor": "HeartRate", "bpm": "60"}]
    (tmp_path / "r.json").write_text(json.dumps(records))
    notes = read_recording(tmp_path / "r.json").notes
    assert any("1 records of HeartRate" in note for note in notes)
    connection = sqlite3.connect(tmp_path / "r.db")
    connection.executescript(
        "CREATE TABLE Gravity (time INTEGER, x REAL, y REAL, z REAL);"
        f"INSERT INTO Gravity VALUES ({START_NS}, 1, 2, 9);"
        "CREATE TABLE HeartRate (time INTEGER)"
    )
    connection.close()
    notes = read_recording(tmp_path / "r.db").notes
    assert any("table HeartRate" in note for note in notes)


# --------------------------------------------------------------------- quotation marks


@pytest.mark.parametrize("again", [False, True])
def test_open_quotation_mark_swallows_no_rows(tmp_path, again):
    lines = rows(more=",")
    lines[20] += '"'
    if again:
        lines[60] += '"'
    text = "\n".join(["time,x,y,z,comment", *lines]) + "\n"
    (tmp_path / "Gravity.csv").write_text(text)
    with pytest.raises(ValueError, match=r"Gravity\.csv, line 22: .*quotation mark"):
        read_recording(tmp_path)


def test_open_quotation_mark_swallows_no_annotation(tmp_path):
    gravity(tmp_path)
    mark = f'{START_NS + 10**8},0.1,"bench\n{START_NS + 10**9},1.0,squat\n'
    (tmp_path / "Annotation.csv").write_text("time,seconds_elapsed,text\n" + mark)
    with pytest.raises(ValueError, match=r"Annotation\.csv, line 2: .*quotation mark"):
        read_recording(tmp_path)
    mark = f'{START_NS + 10**8},0.1,"heavy, slow,\n2nd ""bench"""\n'
    (tmp_path / "Annotation.csv").write_text("time,seconds_elapsed,text\n" + mark)
    assert read_recording(tmp_path).annotations == ((0.1, 'heavy, slow,\n2nd "bench"'),)


# ------------------------------------------------------------------------------ times


@pytest.mark.parametrize("time", ["0" * 20, str(2**63), "9" * 400, "9" * 5000, "1e18", "²"])
def test_damaged_time_names_the_cell(tmp_path, time):
    def damaged(i):
        return time if i == 3 else START_NS + i * 10**7

    path = gravity(tmp_path / "squat" / "monday", time=damaged)
    for read, place in ((read_recording, path), (read_recordings, tmp_path)):
        with pytest.raises(
            ValueError, match=r"monday, Gravity\.csv, line 5, column 'time'"
        ):
            read(place)


@pytest.mark.parametrize(
    "times", ["-9.2e9 9.2e9", "-5e9 5e9", "1e99 0", "nan 1", "-1e19 1"]
)
def test_times_that_do_not_fit(tmp_path, times):
    first, last = times.split()
    (tmp_path / "a.csv").write_text(f"t,x\n{first},1\n{last},2\n")
    with pytest.raises(ValueError, match=r"a\.csv, line 2, column 't': .* is not a time"):
        read_table(tmp_path / "a.csv", columns={"Gyroscope_x": "x"}, time="t")


@pytest.mark.parametrize("number", ["1e200", "-1e300", "1e999"])
def test_number_that_nobody_measured(tmp_path, number):
    lines = ["time,x,y,z", *rows(), f"{START_NS + 10**9},0,{number},9.8"]
    (tmp_path / "Gravity.csv").write_text("\n".join(lines))
    with pytest.raises(ValueError, match="line 102, column 'y': .* is too large"):
        read_recording(tmp_path)


# --------------------------------------------------------------------- plain tables

TOTAL = {f"TotalAcceleration_{axis}": axis for axis in "xyz"}
CELLS = [f"{0.1 * (i % 5):.1f},0.2,9.8" for i in range(50)]


def read_text(tmp_path, text, **told):
    (tmp_path / "a.csv").write_text(text)
    arguments = {"columns": TOTAL, "time": "t", **told}
    recording = read_table(tmp_path / "a.csv", **arguments)
    stream = recording.streams["TotalAcceleration"]
    np.testing.assert_allclose(stream.values[1], [0.1, 0.2, 9.8], rtol=1e-6)
    assert stream.n_samples == 50
    assert stream.rate_hz == pytest.approx(50)
    return recording


def test_lines_before_the_header(tmp_path):
    text = "sep=,\nDevice:,1\nVersion:,2,x\n\nn,t,x,y,z\n"
    text += "".join(f"{i},{20000 * i},{cells}\n" for i, cells in enumerate(CELLS))
    recording = read_text(tmp_path, text, time_unit="us")
    assert any("4 line(s) before the header" in note for note in recording.notes)
    with pytest.raises(
        ValueError, match=r"a\.csv, line 7, column 'x': 'x' is not a number"
    ):
        read_text(tmp_path, text.replace("1,20000,0.1", "1,20000,x"), time_unit="us")


def test_row_of_units(tmp_path):
    text = "t,x,y,z\nms,mg,mg,mg\n"
    for i in range(50):
        cells = np.array([0.1 * (i % 5), 0.2, 9.8]) / 9.80665e-3
        text += f"{20 * i}," + ",".join(map(str, cells)) + "\n"
    recording = read_text(tmp_path, text, time_unit="ms")
    assert any("row of units (ms, mg" in note for note in recording.notes)
    with pytest.warns(DataQualityWarning) as warned:
        read_table(
            tmp_path / "a.csv", columns=TOTAL, time="t", units={"TotalAcceleration": "m/s²"}
        )
    found = " ".join(str(one.message) for one in warned)
    assert "CONTRADICTION: " in found
    assert "names the unit 'mg' of x" in found
    assert "names the unit 'ms' of its time" in found


@pytest.mark.parametrize("zone", ["Z", "", "+02:00"])
def test_dates(tmp_path, zone):
    text = "t,x,y,z\n"
    for i, cells in enumerate(CELLS):
        text += f"2024-05-01T23:59:{59 if i < 50 else 0}.{20 * i:03d}{zone},{cells}\n"
    recording = read_text(tmp_path, text)
    hour_ns = 3_600_000_000_000
    assert recording.epoch_ns == 1_714_607_999_000_000_000 - 2 * hour_ns * ("+" in zone)
    assert any("taken for UTC" in note for note in recording.notes) == (zone == "")
    with pytest.raises(ValueError, match=r"line 3, column 't': .* is not a date"):
        read_text(tmp_path, text.replace("59.020", "5x.020"))


def test_times_of_day(tmp_path):
    clocks = [f"23:59:59.{500 + 20 * i}" for i in range(25)]
    clocks += [f"00:00:00.{20 * i:03d}" for i in range(25)]
    text = "t,x,y,z\n"
    text += "".join(f"{t},{cells}\n" for t, cells in zip(clocks, CELLS, strict=True))
    assert read_text(tmp_path, text).duration_s == pytest.approx(0.98)


def test_table_without_a_header(tmp_path):
    text = "".join(f"{i / 50},{cells}\n" for i, cells in enumerate(CELLS))
    with pytest.raises(ValueError, match=r"a\.csv: its first line is .*numbers.*header="):
        read_text(tmp_path, text)
    read_text(tmp_path, text, header=["t", "x", "y", "z"])
    with pytest.raises(ValueError, match="line 1: has 4 cells for 2 columns"):
        read_text(tmp_path, text, header=["t", "x"], columns={"Gyroscope_x": "x"})


def test_one_recording_in_two_tables(tmp_path):
    for name, start_s in (("acc", 0.32), ("gyr", 0.0)):
        times = start_s + np.arange(500) / 50
        knock = (times > 5) & (times < 5.2)
        lines = [
            f"{1_550_000_000_000 + 1000 * t:.0f},{float(k)},0.1,9.8"
            for t, k in zip(times, knock, strict=True)
        ]
        (tmp_path / f"{name}.csv").write_text("\n".join(["ms,x,y,z", *lines]) + "\n")
    files = [tmp_path / "acc.csv", tmp_path / "gyr.csv"]
    mappings = [TOTAL, {f"Gyroscope_{axis}": axis for axis in "xyz"}]
    told = {"time": "ms", "time_unit": "ms"}
    both = read_table(files, columns=mappings, **told)
    one, two = (
        read_table(file, columns=mapping, **told)
        for file, mapping in zip(files, mappings, strict=True)
    )
    for recording in (both, one.merge(two), two.merge(one)):
        knocks = [
            s.timestamps_s[np.argmax(s.values[:, 0])] for s in recording.streams.values()
        ]
        np.testing.assert_allclose(knocks, 5.02, atol=1e-6)
        assert recording.epoch_ns == 1_550_000_000_000_000_000
    with pytest.raises(ValueError, match=r"second 0 of Gyroscope is -0\.32 s from that of"):
        Recording({**one.streams, **two.between(1, 9).streams})
    Recording({**both.streams, "Gravity": SensorStream([0.0, 9.0], [[0, 0, 9.8]] * 2)})
    with pytest.raises(ValueError, match="2 mappings for 1 files"):
        read_table(files[:1], columns=mappings, **told)
    with pytest.raises(ValueError, match=r"gyr\.csv: holds \['TotalAcceleration'\] again"):
        read_table(files, columns=[TOTAL, TOTAL], **told)


def test_recordings_that_are_not_one_are_not_merged():
    def made(sensor, epoch_ns=10**18, **metadata):
        stream = SensorStream([0.0, 1.0], [[0, 0, 0]] * 2)
        return Recording({sensor: stream}, epoch_ns=epoch_ns, **metadata)

    one = made("Gyroscope", subject="ada", annotations=[(0.5, "go")], notes=["read"])
    merged = made("Gravity", label="squat", epoch_ns=10**18 + 10**8).merge(one)
    assert (merged.subject, merged.label, merged.notes) == ("ada", "squat", ("read",))
    assert merged.annotations == ((0.5, "go"),)
    for other, message in (
        (made("Gravity", epoch_ns=None), "with an epoch_ns"),
        (made("Gyroscope"), "both have Gyroscope"),
        (made("Gravity", subject="ben"), "differ in subject"),
        (made("Gravity", epoch_ns=2 * 10**18), "share no time"),
    ):
        with pytest.raises(ValueError, match=message):
            one.merge(other)


# ------------------------------------------------------------------------------ folders


def test_links_that_lead_back_are_passed_over(tmp_path):
    gravity(tmp_path / "a" / "r")
    (tmp_path / "a" / "up").symlink_to(tmp_path)
    (tmp_path / "a" / "here").symlink_to(".")
    (tmp_path / "a" / "again").symlink_to(tmp_path / "a" / "r")
    (tmp_path / "a" / "gone.csv").symlink_to(tmp_path / "nowhere.csv")
    with pytest.warns(DataQualityWarning, match="4 link.s. lead nowhere or to"):
        recordings = read_recordings(tmp_path, label="squat", platform="android")
    assert [recording.source for recording in recordings] == [str(tmp_path / "a" / "r")]


def test_other_files_of_a_tree_are_passed_over_with_a_warning(tmp_path):
    gravity(tmp_path / "ada" / "squat" / "r")
    (tmp_path / "ada" / "squat" / "second.txt").write_text("time,x,y,z\n")
    (tmp_path / "ada" / "metadata.csv").write_text("height\n1.70\n")
    (tmp_path / "Metadata.csv").write_text("person,age\nada,30\n")
    (tmp_path / "manifest.csv").write_text("path\nada/squat/r\n")
    with pytest.warns(DataQualityWarning) as warned:
        recordings = read_recordings(
            tmp_path, pattern="{subject}/{label}/r", platform="android"
        )
    assert len(recordings) == len(warned) == 1
    message = str(warned[0].message)
    assert warned[0].filename == __file__
    for name in ("3 file(s)", "Metadata.csv", "ada/metadata.csv", "ada/squat/second.txt"):
        assert name in message


def test_a_folder_named_meta_is_passed_over_beside_labels_and_archives(tmp_path):
    gravity(tmp_path / "squat" / "r")
    for folder in (tmp_path, tmp_path / "squat"):
        (folder / "meta").mkdir()
        (folder / "meta" / "device.csv").write_text("property,value\nversion,1\n")
    with pytest.warns(DataQualityWarning, match=r"2 file.s. or folder.s. .*squat/meta"):
        (recording,) = read_recordings(tmp_path, platform="android")
    assert recording.label == "squat"


@pytest.mark.parametrize("name", ["metadata.csv", "Annotation.csv", "meta/device.csv"])
def test_what_describes_the_recordings_of_a_label_does_not_make_it_one(tmp_path, name):
    gravity(tmp_path / "r")
    for label in ("lunge", "squat"):
        described = tmp_path / "tree" / label / name
        described.parent.mkdir(parents=True)
        described.write_text("height\n1.70\n")
        for number in range(2):
            archive = tmp_path / "tree" / label / f"r{number}"
            shutil.make_archive(str(archive), "zip", tmp_path / "r")
    with pytest.warns(
        DataQualityWarning, match=r"2 file.s. or folder.s. are no recordings"
    ):
        recordings = read_recordings(tmp_path / "tree", platform="android")
    assert [one.label for one in recordings] == ["lunge", "lunge", "squat", "squat"]


def test_tables_of_phyphox_are_one_recording_with_its_folder(tmp_path):
    folder = tmp_path / "squat" / "monday"
    (folder / "meta").mkdir(parents=True)
    (folder / "meta" / "device.csv").write_text("property,value\nversion,1\n")
    (folder / "Raw Data.csv").write_text("time,x\n0,1\n")
    assert find_recordings(tmp_path) == [folder]


def test_recording_given_as_a_tree_names_what_makes_it_one(tmp_path):
    gravity(tmp_path)
    with pytest.raises(ValueError, match=r"one recording itself, .* holds Gravity\.csv"):
        read_recordings(tmp_path)


def test_note_on_labels_and_subjects_that_were_given(tmp_path):
    gravity(tmp_path / "squat" / "r")
    told = {"platform": "android"}
    for given, note in (
        (
            {"subject": "ada"},
            "label 'squat' from the names of folders (folder/label/recording); "
            "subject 'ada' as given.",
        ),
        ({"label": "lunge"}, "label 'lunge' as given."),
        (
            {"label": "lunge", "subject": "ada"},
            "label 'lunge' and subject 'ada' as given.",
        ),
        (
            {"pattern": "{subject}/*", "label": "lunge"},
            "subject 'squat' by the pattern '{subject}/*'; label 'lunge' as given.",
        ),
    ):
        (recording,) = read_recordings(tmp_path, **given, **told)
        assert recording.notes[-1] == note


def test_folders_too_deep(tmp_path):
    place = tmp_path
    for _ in range(60):
        place = place / "d"
    gravity(place)
    with pytest.raises(ValueError, match="more than 50 deep"):
        read_recordings(tmp_path, label="squat")


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ("../Gravity.csv", "line 2, .*leads outside"),
        ("a\na/../../Gravity.csv", "line 3, .*leads outside"),
        ("..\\Gravity.csv", "line 2, .*leads outside"),
        ("/etc/passwd", "line 2, .*leads outside"),
        ("C:\\Gravity.csv", "line 2, .*leads outside"),
        ("a\n./a", "line 3, .*occurs twice"),
        ("a\na/", "line 3, .*occurs twice"),
        ("a\nb/../a", "line 3, .*occurs twice"),
        ("a\nlink", "line 3, .*occurs twice"),
        ("a\na/Gravity.csv", "line 3, .*overlaps with that of line 2"),
        ("a/Gravity.csv\na", "line 3, .*overlaps with that of line 2"),
    ],
)
def test_manifest_names_each_recording_inside_once(tmp_path, lines, message):
    data = tmp_path / "data"
    for place in (tmp_path, data / "a", data / "b"):
        gravity(place)
    (data / "link").symlink_to(data / "a")
    (data / "manifest.csv").write_text(f"path\n{lines}\n")
    with pytest.raises(ValueError, match=f"manifest.csv, {message}"):
        read_recordings(data)


@pytest.mark.parametrize(
    ("folders", "files", "warned"),
    [
        (
            ("ada", "bob"),
            ("squat", "lunge"),
            "folders ada, bob, each of which holds .*lunge",
        ),
        (("p01", "p02"), ("1", "2"), "folders p01, p02, which look like people"),
        (("Subject 1", "subject_2"), ("a", "a2"), "which look like people"),
        (("squat", "lunge"), ("set_1", "set_2"), None),
        (("squat", "lunge"), ("2024-05-01", "2024-05-02"), None),
    ],
)
def test_people_who_become_labels(tmp_path, folders, files, warned, recwarn):
    for folder in folders:
        for name in files:
            gravity(tmp_path / folder / name)
    recordings = read_recordings(tmp_path, platform="android")
    messages = [str(one.message) for one in recwarn]
    if warned is None:
        assert not messages
    else:
        (message,) = messages
        assert "pattern='{subject}/{label}'" in message
        assert re.search(warned, message)
    notes = [recording.notes[-1] for recording in recordings]
    assert all("from the names of folders (folder/label/recording)" in n for n in notes)
    recwarn.clear()
    for pattern in ("{subject}/{label}", "{label}/{session}"):
        read_recordings(tmp_path, pattern=pattern, platform="android")
    assert not recwarn


def test_every_error_of_a_folder_names_the_recording(tmp_path):
    gravity(tmp_path / "a")
    (tmp_path / "manifest.csv").write_text("path,side\na,up\n")
    with pytest.raises(ValueError, match=r"/a: side must be|/a.*side must be"):
        read_recordings(tmp_path)


# ------------------------------------------------------------------------------- memory


def test_budget_of_memory(tmp_path):
    path = gravity(tmp_path / "squat" / "r", n=1000)
    assert read_recording(path, max_bytes=1e6).streams["Gravity"].n_samples == 1000
    for read, place in ((read_recording, path), (read_recordings, tmp_path)):
        with pytest.raises(
            ValueError, match=r"Gravity\.csv: is too large.*max_bytes=1e\+05"
        ):
            read(place, max_bytes=1e5)
    with pytest.raises(ValueError, match="max_bytes must be a positive number"):
        read_recording(path, max_bytes=0)
    table = path / "Gravity.csv"
    told = {"columns": TOTAL, "time": "time", "time_unit": "ns"}
    with pytest.raises(ValueError, match=r"Gravity\.csv: is too large"):
        read_table(table, max_bytes=1e5, **told)


def write_hostile(case, folder):
    """Write a small file that would take gigabytes or minutes to read whole."""
    if case == "sqlite, a computed column":
        path = folder / "r.sqlite"
        connection = sqlite3.connect(path)
        connection.executescript(
            "CREATE TABLE Gravity (time INTEGER, x REAL, y REAL,"
            " z TEXT AS (hex(zeroblob(200000000))));"
            f"INSERT INTO Gravity VALUES ({START_NS}, 0, 0);"
        )
        connection.close()
    elif case == "json, a new key a record":
        path = folder / "r.json"
        path.write_text(
            json.dumps([{"sensor": "Gravity", f"k{i}": 1} for i in range(9000)])
        )
    elif case == "json of empty arrays":
        path = folder / "r.json"
        path.write_text("[" + "[]," * 2_000_000 + "[]]")
    elif case == "zip of many small members":
        path = folder / "r.zip"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for i in range(200):
                archive.writestr(f"{i}.txt", b"0" * 2**20)
    else:
        path = folder / "r.csv"
        names = ",".join(f"accelerometer_{i}" for i in range(20000))
        path.write_text(f"time,{names}\n{START_NS}" + ",0" * 20000 + "\n")
    return path


@pytest.mark.parametrize(
    "case",
    [
        "sqlite, a computed column",
        "json, a new key a record",
        "json of empty arrays",
        "zip of many small members",
        "combined CSV of 20000 columns",
    ],
)
def test_small_files_take_little(tmp_path, case):
    path = write_hostile(case, tmp_path)
    tracemalloc.start()
    try:
        with pytest.raises(ValueError, match=path.name):
            read_recording(path, max_bytes=2**27)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 2**28


@pytest.mark.parametrize("what", ["lzma", "name"])
def test_damaged_archives(tmp_path, what):
    path = tmp_path / "r.zip"
    kind = zipfile.ZIP_LZMA if what == "lzma" else zipfile.ZIP_STORED
    with zipfile.ZipFile(path, "w", kind) as archive:
        archive.writestr("xx.csv", "\n".join(rows(300)))
    content = bytearray(path.read_bytes())
    if what == "lzma":
        content[100] ^= 255
    else:
        content = bytearray(content.replace(b"xx.csv", b"\xff\xfe.csv"))
        content[content.rindex(b"PK\1\2") + 9] |= 8  # its name is said to be UTF-8
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"r\.zip: is not a readable zip"):
        read_recording(path)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read any file")
def test_file_without_the_right_to_read_it(tmp_path):
    path = gravity(tmp_path) / "Gravity.csv"
    path.chmod(0)
    with pytest.raises(ValueError, match=r"cannot be read"):
        read_recording(path)
