"""Other files than recordings are refused, with their name and the cure."""

import json
import sqlite3
import zipfile

import numpy as np
import pytest

from sk_imu import read_recording, read_recordings
from sk_imu.readers import (
    read_phyphox,
    read_physics_toolbox,
    read_sensor_logger,
    read_table,
)

# Made-up values of single sensors name no platform.
pytestmark = pytest.mark.filterwarnings("ignore::sk_imu.DataQualityWarning")
START_NS = 1_701_362_862_701_310_000
PHYPHOX = '"Time (s)","Gyroscope x (rad/s)","Gyroscope y (rad/s)","Gyroscope z (rad/s)"\n'


def table(n=50, start_ns=START_NS):
    rows = [f"{start_ns + 10_000_000 * i},{i / 100},3.5,2.5,{i / 1000}" for i in range(n)]
    return "\n".join(["time,seconds_elapsed,z,y,x", *rows]) + "\n"


def write_zip(path, files, **options):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, **options) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


# ------------------------------------------------------------------------- archives


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.99])
def test_truncated_zip(tmp_path, share):
    path = write_zip(tmp_path / "cut.zip", {"Gyroscope.csv": table(500)})
    content = path.read_bytes()
    path.write_bytes(content[: int(share * len(content))])
    with pytest.raises(ValueError, match=r"cut\.zip: is not a readable zip file.*again"):
        read_recording(path)


def test_every_damaged_byte_is_noticed_or_harmless(tmp_path):
    path = write_zip(tmp_path / "hit.zip", {"Gyroscope.csv": table(20)})
    content, whole = path.read_bytes(), read_recording(path)
    refused = 0
    hits = range(0, len(content), 3)
    for at in hits:
        path.write_bytes(content[:at] + bytes([content[at] ^ 0xFF]) + content[at + 1 :])
        try:
            streams = read_recording(path).streams
        except ValueError as error:
            refused += "hit.zip" in str(error)
        else:
            np.testing.assert_array_equal(
                streams["Gyroscope"].values, whole.streams["Gyroscope"].values
            )
    assert refused > len(hits) // 2


def test_zip_bomb(tmp_path):
    bomb = write_zip(tmp_path / "bomb.zip", {"Gyroscope.csv": b"0" * 50_000_000})
    with pytest.raises(
        ValueError, match=r"bomb\.zip, Gyroscope\.csv: unpacks to more than"
    ):
        read_recording(bomb)


def test_bomb_that_lies_about_its_size(tmp_path):
    path = write_zip(tmp_path / "liar.zip", {"Gyroscope.csv": b"0" * 50_000_000})
    content = path.read_bytes()
    true, false = (size.to_bytes(4, "little") for size in (50_000_000, 1000))
    path.write_bytes(content.replace(true, false))
    with pytest.raises(ValueError, match=r"liar\.zip"):
        read_recording(path)


def test_too_many_files(tmp_path, monkeypatch):
    monkeypatch.setattr("sk_imu.readers._files.MAX_MEMBERS", 10)
    path = write_zip(tmp_path / "many.zip", {f"{i}.txt": b"" for i in range(11)})
    with pytest.raises(ValueError, match=r"many\.zip: holds 11 files"):
        read_recording(path)


@pytest.mark.parametrize(
    "name", ["../Gyroscope.csv", "/etc/Gyroscope.csv", "a/../../b.csv", "C:\\x.csv"]
)
def test_path_traversal(tmp_path, name):
    path = write_zip(tmp_path / "walk.zip", {"Gyroscope.csv": table(), name: table()})
    with pytest.raises(ValueError, match=r"walk\.zip: names .* leads outside"):
        read_recording(path)
    assert [file.name for file in tmp_path.iterdir()] == ["walk.zip"]


def test_encrypted_and_unknown_compression(tmp_path):
    path = write_zip(tmp_path / "locked.zip", {"Gyroscope.csv": table()})
    content = bytearray(path.read_bytes())
    for signature, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(signature) + flags] |= 1
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"locked\.zip: is not a readable zip.*encrypted"):
        read_recording(path)


def test_hidden_copies_of_a_mac_are_ignored(tmp_path):
    files = {"Gyroscope.csv": table(), "__MACOSX/._Gyroscope.csv": b"\0\1", ".x.csv": "no"}
    assert list(read_recording(write_zip(tmp_path / "mac.zip", files)).streams) == [
        "Gyroscope"
    ]


# ------------------------------------------------------------------- other files


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("other.csv", "x_acc,t\n1,2\n", r"other\.csv: no recording of .*x_acc.*read_table"),
        ("empty.csv", "", r"empty\.csv: no recording of .*which is empty"),
        ("image.csv", b"\x89PNG\r\n\0\0\0", r"image\.csv: no recording of .*not text"),
        ("book.xlsx", b"PK\x03\x04", r"book\.xlsx: is not a readable zip"),
        (
            "data.json",
            '[{"sensor": "Gyroscope", "time": "17',
            r"data\.json: is not readable JSON",
        ),
        ("data.json", '[{"speed": 3}]', r"data\.json, record 1: names no sensor"),
        ("data.json", "[1, 2]", r"data\.json, record 1: names no sensor"),
        ("data.json", "[]", r"data\.json: no sensor file with samples"),
        (
            "data.db",
            b"SQLite format 3\0" + b"\7" * 100,
            r"data\.db: is not a readable SQLite file",
        ),
        ("Gyroscope.csv", "time,z,y\n1,2,3\n", r"Gyroscope\.csv: needs each of .*\['x'\]"),
        (
            "Gyroscope.csv",
            table().encode("utf-16"),
            r"Gyroscope\.csv: is not text in UTF-8",
        ),
        ("Gyroscope.csv", table() + "\0", r"Gyroscope\.csv, line 52: holds null"),
        ("Raw.csv", PHYPHOX.replace("rad", "mi") + "0,1,2,3\n", r"Raw\.csv: .* in 'mi/s'"),
        ("Raw Data.csv", PHYPHOX + "0,1,2\n", r"Raw Data\.csv, line 2: has 3 cells for 4"),
        ("Raw Data.csv", PHYPHOX, r"Raw Data\.csv: no samples"),
        ("log.csv", "time,gFx,gFy\n0,1,2\n", r"log\.csv: needs each of .*\['gFz'\]"),
        ("log.csv", "time,wx,wy,wz\nnoon,1,2,3\n", r"log\.csv, line 2, .*'time': 'noon'"),
        ("log.csv", "time,wx,wy,wz\n1:2:x,1,2,3\n", r"log\.csv, line 2, column 'time'"),
    ],
)
def test_file_is_refused_by_name(tmp_path, name, content, message):
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(ValueError, match=message):
        read_recording(path)


def test_spreadsheet(tmp_path):
    path = write_zip(tmp_path / "book.xlsx", {"xl/workbook.xml": "<a/>"})
    with pytest.raises(ValueError, match=r"book\.xlsx: is a spreadsheet\. Export"):
        read_recording(path)


def test_apps_mixed_in_one_folder(tmp_path):
    (tmp_path / "Gyroscope.csv").write_text(table())
    (tmp_path / "Raw Data.csv").write_text(PHYPHOX + "0,1,2,3\n1,1,2,3\n")
    with pytest.raises(ValueError, match="Sensor Logger and phyphox are mixed"):
        read_recording(tmp_path)


def test_recordings_mixed_in_one_folder(tmp_path):
    (tmp_path / "Gyroscope.csv").write_text(table())
    (tmp_path / "Gravity.csv").write_text(table(start_ns=START_NS + 600 * 10**9))
    with pytest.raises(
        ValueError, match=r"several recordings are mixed: .*Gravity.*line 2"
    ):
        read_recording(tmp_path)
    (tmp_path / "Gravity.csv").unlink()
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "Gravity.csv").write_text(table())
    with pytest.raises(ValueError, match=r"in different folders: \., b"):
        read_recording(tmp_path)


@pytest.mark.parametrize("start_ns", [0, 10**9, 4_200_000_000 * 10**9])
def test_absurd_clock(tmp_path, start_ns):
    (tmp_path / "Gyroscope.csv").write_text(table(start_ns=start_ns))
    with pytest.raises(
        ValueError, match=r"Gyroscope\.csv, line 2, column 'time': \d+ is not a Unix"
    ):
        read_recording(tmp_path)


def test_a_clock_set_forward_is_refused_where_it_jumps(tmp_path):
    year_ns = 31_536_000 * 10**9
    head, *rest = table(n=40).splitlines(keepends=True)
    later = table(n=40, start_ns=START_NS + year_ns).splitlines(keepends=True)[21:]
    for sensor in ("Gyroscope", "Gravity"):
        (tmp_path / f"{sensor}.csv").write_text("".join([head, *rest[:20], *later]))
    message = r"Gravity\.csv, line 22: the clock .* forward by 3\.15e\+07 s.*cut the file"
    with pytest.raises(ValueError, match=message):
        read_recording(tmp_path)


def test_a_sensor_that_ends_early_is_noted(tmp_path):
    for sensor, n in (("Gyroscope", 50), ("Gravity", 48)):
        (tmp_path / f"{sensor}.csv").write_text(table(n=n))
    assert "share" not in "".join(read_recording(tmp_path).notes)
    (tmp_path / "Gravity.csv").write_text(table(n=20))
    note = (
        "not share all of the time: Gravity from 0.0 to 0.2 s, Gyroscope from 0.0 to 0.5 s"
    )
    assert note in "".join(read_recording(tmp_path).notes)


def test_the_other_readers_refuse_what_they_cannot_read(tmp_path):
    path = tmp_path / "notes.csv"
    path.write_text("a,b\n1,2\n")
    for reader in (read_phyphox, read_physics_toolbox, read_sensor_logger):
        with pytest.raises(ValueError, match=r"notes\.csv"):
            reader(path)


# --------------------------------------------------------------------- plain tables


def test_plain_table(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text(
        "ms;gx;gy;gz;who\n1700000000000;0,5;0;1;Ada\n1700000000010;0,5;0;1;Ada\n"
    )
    columns = {f"TotalAcceleration_{axis}": f"g{axis}" for axis in "zyx"}
    recording = read_table(
        path, columns=columns, time="ms", time_unit="ms",
        units={"TotalAcceleration": "g"}, subject="Ada",
    )  # fmt: skip
    stream = recording.streams["TotalAcceleration"]
    assert stream.axes == ("z", "y", "x")
    np.testing.assert_allclose(stream.values[0], [9.80665, 0, 4.903325])
    assert stream.rate_hz == pytest.approx(100)
    assert (recording.subject, recording.epoch_ns) == ("Ada", 1_700_000_000_000_000_000)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"time": "t"}, r"t\.csv: needs each of .*\['t'\]"),
        ({"time_unit": "h"}, "time_unit must be one of"),
        (
            {"units": {"Gyroscope": "g"}},
            r"Gyroscope may be in \['rad/s', 'deg/s', .*\], not in 'g'",
        ),
        ({"units": {"Gravity": "g"}}, r"units names \['Gravity'\]"),
        ({"columns": {"Gyro_x": "x"}}, "a channel is <sensor>_<axis>"),
        (
            {"columns": {"Gyroscope_x": "name"}},
            r"t\.csv, line 2, column 'name': 'Ada' is not a number",
        ),
        ({"time": "name"}, r"t\.csv, line 2, column 'name': 'Ada' is not a number"),
    ],
)
def test_plain_table_faults(tmp_path, changes, message):
    path = tmp_path / "t.csv"
    path.write_text("s,x,name\n0,1,Ada\n1,1,Ada\n")
    arguments = {"columns": {"Gyroscope_x": "x"}, "time": "s", **changes}
    with pytest.raises(ValueError, match=message):
        read_table(path, **arguments)


# ------------------------------------------------------------------------- trees


@pytest.fixture
def tree(tmp_path):
    for subject in ("Ada", "Ben"):
        for i, label in enumerate(("squat", "lunge")):
            folder = tmp_path / subject
            folder.mkdir(exist_ok=True)
            write_zip(folder / f"{label}_{i}.zip", {"Gyroscope.csv": table()})
    return tmp_path


@pytest.mark.parametrize(
    "pattern",
    ["{subject}/{label}_{session}.zip", "{subject}/{label}_{session}"],
)
def test_pattern(tree, pattern):
    n_jobs = 2 if pattern.endswith("zip") else None
    recordings = read_recordings(tree, pattern=pattern, n_jobs=n_jobs)
    assert [(r.subject, r.label, r.session) for r in recordings] == [
        ("Ada", "lunge", "1"),
        ("Ada", "squat", "0"),
        ("Ben", "lunge", "1"),
        ("Ben", "squat", "0"),
    ]


def test_label_and_subject_for_all(tree):
    recordings = read_recordings(tree, label="squat", subject="Cy")
    assert {(r.label, r.subject) for r in recordings} == {("squat", "Cy")}
    recordings = read_recordings(tree, pattern="{subject}/*", label="any")
    assert {(r.label, r.subject) for r in recordings} == {("any", "Ada"), ("any", "Ben")}


def test_manifest(tree):
    text = "path,label,subject,side\nBen/squat_0.zip,squat,Ben,left\n"
    text += "Ada/lunge_1.zip,lunge,Ada,\n"
    (tree / "manifest.csv").write_text(text)
    for recordings in (
        read_recordings(tree),
        read_recordings(tree, manifest=tree / "manifest.csv"),
    ):
        assert [(r.label, r.subject, r.side) for r in recordings] == [
            ("squat", "Ben", "left"), ("lunge", "Ada", None),
        ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "path,label\nAda/no.zip,squat\n",
            r"manifest\.csv, line 2, column 'path': 'Ada/no\.zip'",
        ),
        ("path\nAda/squat_0.zip\nAda/squat_0.zip\n", r"line 3, .*occurs twice"),
        ("file,label\na,b\n", r"manifest\.csv: needs .*\['path'\]"),
        ("path,mood\na,b\n", r"manifest\.csv: unknown columns \['mood'\]"),
        ("", r"manifest\.csv: the manifest names no recording"),
        ("path,side\nAda/squat_0.zip,up\n", "side must be 'left', 'right' or None"),
    ],
)
def test_manifest_faults(tree, text, message):
    (tree / "manifest.csv").write_text(text)
    with pytest.raises(ValueError, match=message):
        read_recordings(tree)


def test_pattern_faults(tree):
    with pytest.raises(ValueError, match=r"lunge_1\.zip: .*does not fit the pattern"):
        read_recordings(tree, pattern="{label}.zip")
    with pytest.raises(ValueError, match=r"\{mood\} is unknown"):
        read_recordings(tree, pattern="{mood}")
    with pytest.raises(ValueError, match="not both"):
        read_recordings(tree, pattern="{label}", manifest="x")


def test_single_files_are_recordings_of_a_tree(tmp_path):
    folder = tmp_path / "squat"
    folder.mkdir()
    (folder / "1.csv").write_text(PHYPHOX + "0,1,2,3\n1,1,2,3\n")
    records = [
        {
            "sensor": "Gyroscope",
            "time": str(START_NS + i * 10**7),
            "x": "1",
            "y": "2",
            "z": "3",
        }
        for i in range(9)
    ]
    (folder / "2.json").write_text(json.dumps(records))
    connection = sqlite3.connect(folder / "3.sqlite")
    connection.execute("CREATE TABLE Gyroscope (time INTEGER, x REAL, y REAL, z REAL)")
    connection.executemany(
        "INSERT INTO Gyroscope VALUES (?, 1, 2, 3)",
        [(START_NS + i * 10**7,) for i in range(9)],
    )
    connection.commit()
    connection.close()
    recordings = read_recordings(tmp_path)
    assert [r.label for r in recordings] == ["squat"] * 3
    for recording in recordings:
        np.testing.assert_array_equal(recording.streams["Gyroscope"].values[0], [1, 2, 3])
