"""`sk-imu export` and `sk-imu bench-onnx`."""

import sys

import pytest
from made_nets import cnn
from made_sets import NAMES, make_sets

from sk_imu import ExerciseClassifier
from sk_imu.cli import main
from sk_imu.export import bench_onnx, export_onnx, onnx_metadata
from sk_imu.persistence import load_model, save_model


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    sets = make_sets()
    clf = ExerciseClassifier("svm", channels=NAMES, augment=False)
    path = tmp_path_factory.mktemp("export") / "model.skops"
    save_model(clf.fit(sets, [recording.label for recording in sets]), path)
    return str(path)


def test_export_and_bench(model, tmp_path, capsys):
    small, whole = str(tmp_path / "small.onnx"), str(tmp_path / "whole.onnx")
    assert main(["export", model, "-o", whole]) == 0
    assert (
        main(["export", model, "--format", "onnx", "--weights", "int8", "-o", small]) == 0
    )
    assert f"The model is in {small} (" in capsys.readouterr().out
    assert onnx_metadata(small)["weights"] == "int8"
    assert main(["bench-onnx", small, "--runs", "20"]) == 0
    shown = capsys.readouterr().out
    assert "classes: lunge, squat\n" in shown
    assert "sampling_rate_hz: 25.0\n" in shown
    assert shown.splitlines()[-1].split()[:3] == ["60.0", "1500", "29"]


def test_bench_shows_any_metadata(model, tmp_path, capsys):
    path = str(tmp_path / "model.onnx")
    export_onnx(load_model(model), path, metadata={"note": "[draft]"})
    assert main(["bench-onnx", path, "--runs", "5"]) == 0
    assert "note: [draft]\n" in capsys.readouterr().out
    with pytest.raises(ValueError, match="n_runs must be at least 1, got 0"):
        bench_onnx(path, n_runs=0)


def test_the_file_has_a_name_by_default(model, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(["export", model]) == 0
    assert (tmp_path / "model.onnx").exists()


def test_a_page_is_a_folder_that_is_not_overwritten(model, tmp_path, capsys):
    thesis = tmp_path / "thesis"
    thesis.mkdir()
    (thesis / "chapter.txt").write_text("years of work")
    web = ["export", model, "--format", "web"]
    assert main([*web, "-o", str(thesis)]) == 1
    assert "is no folder that an export has written" in capsys.readouterr().err
    nothing = ["--onnxruntime-web", str(tmp_path / "none.tgz")]
    assert main([*web, "-o", str(tmp_path / "page"), *nothing]) == 1
    assert "none.tgz" in capsys.readouterr().err
    assert not (tmp_path / "page").exists()
    assert main(["export", model, *nothing]) == 1
    assert "--format onnx takes no --onnxruntime-web" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["export", "bench-onnx"])
def test_a_missing_file_is_named(command, tmp_path, capsys):
    assert main([command, str(tmp_path / "none")]) == 1
    assert str(tmp_path / "none") in capsys.readouterr().err


def test_bench_takes_only_our_files(tmp_path, capsys):
    path = tmp_path / "other.onnx"
    path.write_bytes(b"no model")
    assert main(["bench-onnx", str(path)]) == 1
    assert f"{path}: ONNX Runtime can't read it" in capsys.readouterr().err


def test_bench_says_what_to_install(model, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    assert main(["bench-onnx", "model.onnx"]) == 1
    assert "pip install onnxruntime" in capsys.readouterr().err


def test_export_of_a_c_header(model, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["export", model, "--format", "c"]) == 1
    assert "C has no code for SummaryFeatures" in capsys.readouterr().err
    sets = make_sets()
    clf = ExerciseClassifier(cnn(), channels=NAMES)
    save_model(clf.fit(sets, [recording.label for recording in sets]), "net.skops")
    assert main(["export", "net.skops", "--format", "c", "--weights", "mixed"]) == 0
    assert (tmp_path / "sk_imu_model.h").read_text("ascii").startswith("/*")
    assert main(["export", "net.skops", "--format", "c", "--weights", "float16"]) == 1
    assert "--format c takes --weights float32 or int8 or mixed" in capsys.readouterr().err
