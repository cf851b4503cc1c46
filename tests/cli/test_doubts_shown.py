"""What is doubtful about recordings is said by every command that reads them."""

import os
import sys

import numpy as np
import pandas as pd
import pytest

from sk_imu import DataQualityWarning
from sk_imu.cli import main
from sk_imu.study import plan_study, run_study


def write_recording(folder, seed, **columns):
    """Write 8 s of acceleration without gravity, which no value shows the signs of."""
    rng = np.random.default_rng(seed)
    time_ns = 1_700_000_000_000_000_000 + 20_000_000 * np.arange(400)
    axes = {
        axis: np.sin(np.arange(400) / 9 + seed) + rng.normal(0, 0.1, 400) for axis in "zyx"
    }
    folder.mkdir(parents=True)
    pd.DataFrame({"time": time_ns, **axes}).to_csv(
        folder / "Accelerometer.csv", index=False
    )
    return folder


@pytest.fixture(scope="module")
def undecided(tmp_path_factory):
    """Return folder/subject/label/recording, of one of which nothing shows the platform."""
    folder = tmp_path_factory.mktemp("undecided")
    for n, (subject, label, number) in enumerate(
        (s, label, k)
        for s in ("ada", "bob")
        for label in ("squat", "lunge")
        for k in (1, 2)
    ):
        write_recording(folder / subject / label / str(number), n)
    return folder


FIT = ["--model", "svm", "--channels", "Accelerometer", "--no-segment"]
NOTE = r"UNDECIDED: .*\(8 of 8 recordings"


def test_fit_and_predict_name_the_doubt_once(undecided, tmp_path, capsys):
    model = str(tmp_path / "model.skops")
    recording = str(undecided / "ada" / "squat" / "1")
    with pytest.warns(DataQualityWarning, match=NOTE) as caught:
        assert main(["fit", str(undecided), *FIT, "--out", model]) == 0
    assert len(caught) == 1
    shown = capsys.readouterr().out
    assert "8 sets: 4 of lunge, 4 of squat" in shown
    assert "subject 'ada' from the names of folders (folder/subject/label" in shown
    with pytest.warns(DataQualityWarning, match="UNDECIDED.*1 of 1") as caught:
        assert main(["predict", model, recording, "--no-segment"]) == 0
    assert len(caught) == 1
    # The cure of the note is within reach.
    android = ["--platform", "android"]
    assert main(["fit", str(undecided), *FIT, "--out", model, *android]) == 0
    assert main(["predict", model, recording, "--no-segment", *android]) == 0
    assert main(["inspect", recording, "--out", str(tmp_path / "x.png"), *android]) == 0


@pytest.mark.slow
def test_a_study_writes_the_doubt_down(undecided, tmp_path):
    options = {"models": ["svm"], "protocols": ["b"], "segment": False}
    with pytest.warns(DataQualityWarning, match=NOTE):
        results = run_study(undecided, out=tmp_path, verbose=0, **options)
    (line,) = results.settings["quality"]
    assert line.startswith("UNDECIDED")
    assert f"Note: {line}." in results.summary().splitlines()
    decided = run_study(undecided, platform="android", verbose=0, **options)
    assert decided.settings["quality"] == []
    assert decided.settings["platform"] == "android"
    # iOS has the other sign, so these are other data.
    apple = run_study(undecided, platform="ios", verbose=0, **options)
    assert apple.settings["data_fingerprint"] != decided.settings["data_fingerprint"]


@pytest.mark.slow
def test_people_taken_for_classes_are_warned_of_and_named(tmp_path, capsys):
    folder = tmp_path / "gym"
    for n, person in enumerate(("ada", "bob", "cy", "dan")):
        for m, exercise in enumerate(("squat", "lunge", "jump", "row")):
            write_recording(folder / person / exercise, 10 * n + m)
    command = ["study", "--data", str(folder), "--models", "svm", "--protocols", "b"]
    command += ["--no-segment", "--platform", "android", "--dry-run"]
    with pytest.warns(
        DataQualityWarning, match="folders ada, bob, cy, dan.*If they are people"
    ):
        assert main(command) == 0
    shown = capsys.readouterr().out
    assert "Classes: ada, bob, cy, dan." in shown
    assert "label 'ada' from the names of folders (folder/label/recording)" in shown
    options = {"models": ["svm"], "protocols": ["c"], "platform": "android"}
    plan = plan_study(folder, segment=False, pattern="{subject}/{label}", **options)
    assert plan.attrs["about"][0] == "Classes: jump, lunge, row, squat."
    assert main([*command, "--pattern", "{subject}/{label}"]) == 0
    assert "Classes: jump, lunge, row, squat." in capsys.readouterr().out


def test_options_of_folders_are_refused_for_other_data():
    with pytest.raises(ValueError, match="pattern and platform are for data.*folders"):
        run_study("watch", pattern="{label}/{session}", platform="ios")


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="names of files are text elsewhere")
def test_names_of_folders_that_are_not_utf_8_are_written_with_escapes(tmp_path, capsys):
    for n, (person, label) in enumerate(
        (s, label) for s in ("ada", "b\udcf6b") for label in ("lunge", "squat\udce9") * 2
    ):
        write_recording(tmp_path / "gym" / person / label / str(n), n)
    data, out = tmp_path / "gym", tmp_path / "out"
    command = ["study", "--data", str(data), "--models", "svm", "--protocols", "b"]
    more = ["--no-segment", "--platform", "android", "--quiet", "--jobs", "1"]
    assert main([*command, *more, "--out", str(out)]) == 0
    assert "Classes: lunge, squat\\udce9." in capsys.readouterr().out
    assert "squat\\udce9" in (out / "report.html").read_text("utf-8")
    recording = data / "ada" / "squat\udce9" / "1"
    inspect = ["inspect", str(recording), "--platform", "android"]
    assert main([*inspect, "--out", str(tmp_path / "x.png")]) == 0
    assert os.path.exists(tmp_path / "x.png")
