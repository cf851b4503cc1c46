"""Terminals, pipes and places that cannot take what a command writes."""

import io
import json
import os
import subprocess
import sys

import pytest

from sk_imu.cli import main
from sk_imu.study import plan_study, run_study

STUDY = ["study", "--data", "basic-motions", "--models", "svm", "--protocols", "b"]
STUDY += ["--jobs", "1"]


@pytest.fixture(scope="module")
def workouts(tmp_path_factory):
    """Return a folder of simulated workouts, and a model fitted on it."""
    folder = tmp_path_factory.mktemp("workouts")
    assert main(["simulate", str(folder / "data"), "--subjects", "2", "--sets", "2"]) == 0
    fit = ["fit", str(folder / "data"), "--model", "svm", "--channels", "Gyroscope"]
    assert main([*fit, "--out", str(folder / "model.skops")]) == 0
    return folder


def run_shell(command, cwd):
    python = f"{sys.executable} -m sk_imu"
    return subprocess.run(
        ["bash", "-c", command.replace("sk-imu", python)],
        cwd=cwd,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )


@pytest.mark.slow
@pytest.mark.parametrize(
    "end", ["| head -1", "| true", "2> >(true)", "2>&-", ">&- 2>&-", "<&- >&- 2>&-"]
)
def test_a_study_nobody_listens_to_is_done_all_the_same(end, tmp_path):
    command = f"sk-imu {' '.join(STUDY)} --out out {end}; echo rc ${{PIPESTATUS[0]}}"
    done = run_shell(command, tmp_path)
    assert done.stdout.splitlines()[-1] == "rc 0"
    assert "Traceback" not in done.stderr
    assert "Broken" not in done.stderr
    assert (tmp_path / "out" / "report.html").stat().st_size > 1000
    assert (tmp_path / "out" / "predictions.csv").exists()


@pytest.mark.slow
@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="there is no /dev/full")
def test_a_full_disk_behind_stdout_is_an_error_after_the_report(tmp_path):
    done = run_shell(f"sk-imu {' '.join(STUDY)} --quiet --out out > /dev/full", tmp_path)
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith("sk-imu: [Errno 28]")
    assert (tmp_path / "out" / "report.html").exists()


def test_letters_that_a_terminal_lacks_are_written_as_escapes(monkeypatch):
    raw = io.BytesIO()
    terminal = io.TextIOWrapper(raw, encoding="cp1252")
    monkeypatch.setattr("sys.stdout", terminal)
    monkeypatch.setattr("sk_imu.cli._recordings._simulate", None)
    assert main(["study", "--data", "no such \u4e2d"]) == 1

    def inspect(**options):
        print("\u4e2d\udce9é")
        return 0

    monkeypatch.setattr("sk_imu.cli._recordings._inspect", inspect)
    assert main(["inspect", "x"]) == 0
    assert raw.getvalue() == b"\\u4e2d\\udce9\xe9" + os.linesep.encode()
    assert terminal.errors == "strict"


@pytest.mark.parametrize(
    ("out", "message"),
    [
        ("no/such/m.skops", "there is no folder"),
        ("no/such/", "is a folder"),
        (".", "is a folder"),
    ],
)
def test_a_file_that_cannot_be_written_is_refused_before_the_work(
    out, message, tmp_path, monkeypatch, capsys
):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sk_imu.readers.read_recordings", None)
    monkeypatch.setattr("sk_imu.readers.read_recording", None)
    for command in ("fit", "inspect"):
        assert main([command, "folder", "--out", out]) == 1
        error = capsys.readouterr().err
        assert error.startswith(f"sk-imu: {out}: ")
        assert message in error


def test_a_plot_has_the_name_that_was_given(workouts, tmp_path, capsys):
    recording = next(workouts.glob("data/*/squat/recording.zip"))
    assert main(["inspect", str(recording), "--out", str(tmp_path / "plot")]) == 0
    assert (tmp_path / "plot").read_bytes().startswith(b"\x89PNG")


@pytest.mark.slow
def test_results_inside_the_data_do_not_stop_the_next_run(workouts, monkeypatch, capsys):
    monkeypatch.chdir(workouts / "data")
    command = ["study", "--data", ".", "--models", "svm", "--protocols", "b", "--quiet"]
    command += ["--channels", "Gyroscope", "--jobs", "1", "--out", "deep/results"]
    for _ in range(2):
        assert main(command) == 0
        assert ".: 12 sets, 3 classes" in capsys.readouterr().out
    assert main([*command, "--dry-run"]) == 0
    assert "1 jobs, 1 of them kept" in capsys.readouterr().out


def test_a_place_that_cannot_take_results_is_refused_before_the_work(
    workouts, tmp_path, monkeypatch, capsys
):
    monkeypatch.setattr("sk_imu.study._data.read_recordings", None)
    monkeypatch.chdir(workouts / "data")
    for more in (["--out", "."], ["--out", "subject 1", "--dry-run"]):
        assert main(["study", "--data", ".", *more]) == 1
        assert "is among the recordings of ., and its files" in capsys.readouterr().err
    for function in (run_study, plan_study):
        with pytest.raises(ValueError, match="data: is among the recordings of"):
            function({"a": tmp_path, "b": workouts}, out=workouts / "data")
    (tmp_path / "file").write_text("")
    with pytest.raises(ValueError, match="file is not a folder that can be written to"):
        run_study("watch", out=tmp_path / "file" / "out")


def test_one_bad_recording_leaves_the_predictions_of_the_others(workouts, tmp_path, capsys):
    model = str(workouts / "model.skops")
    good = [str(path) for path in sorted(workouts.glob("data/*/squat/recording.zip"))]
    bad = tmp_path / "bad.csv"
    bad.write_text("no recording")
    given = [good[0], "no-such.zip", str(bad), good[1]]
    assert main(["predict", model, *given, "--format", "json"]) == 3
    shown = capsys.readouterr()
    assert {row["source"] for row in json.loads(shown.out)} == set(good)
    lines = shown.err.splitlines()
    assert next(line for line in lines if "no-such.zip" in line).startswith("sk-imu: ")
    assert lines[-1] == (
        f"sk-imu: 2 of 4 recordings have no predictions: no-such.zip, {bad}."
    )
    assert main(["predict", model, "no-such.zip"]) == 1
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("number", ["nan", "-0.1", "1.1", "inf", "half"])
def test_a_threshold_that_is_no_probability_is_an_invalid_command_line(number, capsys):
    with pytest.raises(SystemExit) as end:
        main(["predict", "model.skops", "x.zip", f"--unknown-below={number}"])
    assert end.value.code == 2
    assert f"invalid probability value: '{number}'" in capsys.readouterr().err
