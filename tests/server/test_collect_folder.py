"""Sets that were collected lie where the package reads them, and nowhere else."""

import os
import warnings
from dataclasses import replace
from pathlib import PurePosixPath, PureWindowsPath

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sk_imu import DataQualityWarning, Recording, SensorStream, read_recordings
from sk_imu.readers import write_sensor_logger
from sk_imu.server._collect import SetFolder
from sk_imu.server._collect._names import clean_name


@pytest.fixture(scope="module")
def recording():
    rng = np.random.default_rng(0)
    times = np.arange(300) / 50
    return Recording(
        {
            "TotalAcceleration": SensorStream(times, rng.normal([0, 0, 9.8], 1, (300, 3))),
            "Gyroscope": SensorStream(times, rng.normal(size=(300, 3))),
            "heart": SensorStream(times, rng.normal(size=(300, 1)), ["rate"]),
            "Orientation": SensorStream(
                times, rng.normal(size=(300, 3)), ["yaw", "pitch", "roll"]
            ),
        },
        epoch_ns=1_764_306_000_123_456_789,
    )


TYPED = st.one_of(
    st.text(max_size=100),
    st.text('./\\~-_ \0\n:*?"<>|%cCoOnN\u202e\u0301é猫a1', max_size=12),
    st.sampled_from(["..", "/etc", "C:\\x", "con", "COM1", "meta", "unknown", "a/../b"]),
)


@settings(max_examples=60)
@given(TYPED)
def test_a_typed_name_is_a_plain_folder_name_or_refused(name):
    try:
        clean = clean_name(name, "exercise")
    except ValueError as error:
        said = str(error)
    else:
        said = None
    if said is not None:
        assert said.startswith("exercise: ")
        return
    for kind in (PurePosixPath, PureWindowsPath):
        path = kind("folder") / clean / "recording.zip"
        assert path.parts == ("folder", clean, "recording.zip")
    assert clean == clean.strip()
    assert clean[0].isalnum()
    assert len(os.fsencode(clean)) <= 80
    assert clean.isprintable()
    # What was accepted is accepted again, as it is.
    assert clean_name(clean, "exercise") == clean


@pytest.mark.parametrize("name", ["bench press", "Übung 3", "腹筋", "squat (deep)", "हाथ"])
def test_names_of_any_language_are_kept(name):
    assert clean_name(f"  {name} ", "exercise") == name


@pytest.mark.parametrize(
    "name",
    ["", " ", "..", "a/b", ".a", "Unknown", "nul", "COM¹", "\uff43on", None, 3, "a\n/b"],
)
def test_names_with_another_meaning_are_refused(name):
    with pytest.raises(ValueError, match="^person: "):
        clean_name(name, "person")


def test_what_is_kept_is_what_the_package_reads(tmp_path, recording):
    folder = SetFolder(tmp_path / "sets")
    first = folder.keep(recording, subject="Ada", exercise="squat", placement="right wrist")
    # Known names win over other capitals and widths, and nothing is overwritten.
    second = folder.keep(recording, subject="\uff41da", exercise="Squat", placement="")
    folder.keep(recording, subject="Bob", exercise="rest", placement="Right Wrist")
    assert first.path == "Ada/squat/2025-11-28_05-00-00.zip"
    assert second.path == "Ada/squat/2025-11-28_05-00-00_2.zip"
    with warnings.catch_warnings():
        warnings.simplefilter("error", DataQualityWarning)
        read = read_recordings(folder.path)
    found = [(one.subject, one.label, one.placement) for one in read]
    assert found == [
        ("Ada", "squat", "right wrist"),
        ("Ada", "squat", None),
        ("Bob", "rest", "right wrist"),
    ]
    assert set(read[0].streams) == {"TotalAcceleration", "Gyroscope"}
    np.testing.assert_allclose(
        read[0].streams["Gyroscope"].values,
        recording.streams["Gyroscope"].values,
        rtol=1e-12,
    )
    # Another start knows the same sets.
    again = SetFolder(folder.path)
    assert again.sets == folder.sets
    assert again.known("subject") == ["Ada", "Bob"]


def test_a_folder_of_recordings_is_continued(tmp_path, recording):
    made = replace(recording, streams={"Gyroscope": recording.streams["Gyroscope"]})
    write_sensor_logger(made, tmp_path / "Eve" / "lunge" / "monday.zip")
    folder = SetFolder(tmp_path)
    folder.keep(recording, subject="Ada", exercise="squat")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DataQualityWarning)
        read = read_recordings(tmp_path)
    assert {(one.subject, one.label) for one in read} == {
        ("Eve", "lunge"),
        ("Ada", "squat"),
    }
    # The manifest may be edited while sets are collected.
    manifest = tmp_path / "manifest.csv"
    manifest.write_text(manifest.read_text().replace("lunge,Eve", "lunge,Eva"))
    folder.keep(recording, subject="Ada", exercise="squat")
    assert folder.known("subject") == ["Ada", "Eva"]
    # A recording that the manifest does not list is not read, and is counted.
    write_sensor_logger(made, tmp_path / "Eve" / "lunge" / "tuesday.zip")
    assert folder.n_unlisted() == 1


def test_a_removed_set_is_not_read_and_not_lost(tmp_path, recording):
    folder = SetFolder(tmp_path)
    kept = folder.keep(recording, subject="Ada", exercise="squat")
    folder.keep(recording, subject="Ada", exercise="lunge")
    for wrong in ("../x", "Ada/squat", ""):
        with pytest.raises(ValueError, match="No set"):
            folder.remove(wrong)
    folder.remove(kept.path)
    assert [one.label for one in read_recordings(tmp_path)] == ["lunge"]
    assert folder.n_unlisted() == 0
    # A manifest that was edited leads to nothing outside.
    sets = tmp_path / "sets"
    other = SetFolder(sets)
    (sets / "manifest.csv").write_text("path,label\n../manifest.csv,squat\n,squat\n")
    for path in ("../manifest.csv", ""):
        assert other.remove(path).path == path
    assert (other.sets, (tmp_path / "manifest.csv").exists()) == ([], True)
    assert [path.name for path in (tmp_path / ".removed").iterdir()] == [
        "2025-11-28_05-00-00.zip"
    ]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"path,weight\n", "must have the columns path and label"),
        (b"", "it has none"),
        (b"\xff\xfe\x00", "is no CSV file"),
    ],
)
def test_a_manifest_that_cannot_be_continued_is_refused(tmp_path, content, says):
    (tmp_path / "manifest.csv").write_bytes(content)
    with pytest.raises(ValueError, match=says):
        SetFolder(tmp_path)


@pytest.mark.parametrize("n_written", [0, 1])
def test_a_write_that_fails_leaves_no_recording(
    tmp_path, recording, monkeypatch, n_written
):
    folder = SetFolder(tmp_path)
    left = [None] * n_written  # of the recording, then of the manifest

    def fail(*_):
        if not left:
            raise OSError(28, "No space left on device")
        left.pop()

    monkeypatch.setattr("os.fsync", fail)
    with pytest.raises(OSError, match="No space"):
        folder.keep(recording, subject="Ada", exercise="squat")
    assert folder.sets == []
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
