"""The commands fit, predict, simulate and inspect."""

import json
import shutil

import numpy as np
import pandas as pd
import pytest

from sk_imu import (
    DataQualityWarning,
    ExerciseClassifier,
    RepetitionCounter,
    read_recordings,
)
from sk_imu.cli import main
from sk_imu.datasets import make_exercise_recordings
from sk_imu.persistence import save_model
from sk_imu.segmentation import sets_of
from sk_imu.study import run_study

CHANNELS = ["TotalAcceleration", "Gyroscope"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Return a folder of simulated workouts: 3 people × 3 exercises, 3 sets each."""
    folder = tmp_path_factory.mktemp("workouts")
    assert main(["simulate", str(folder), "--subjects", "3", "--sets", "3"]) == 0
    return folder


@pytest.mark.slow
def test_fit_and_predict(folder, tmp_path, capsys):
    model = str(tmp_path / "model.skops")
    fit = ["fit", str(folder), "--model", "svm", "--out", model, "--channels", *CHANNELS]
    assert main(fit) == 0
    assert "9 recordings, 27 sets: 9 of jumping_jack, 9 of lunge, 9 of squat." in (
        capsys.readouterr().out
    )
    recording = next(folder.glob("*/squat/recording.zip"))
    assert main(["predict", model, str(recording)]) == 0
    table = capsys.readouterr().out
    assert "repetitions" in table
    assert main(["predict", model, str(recording), "--format", "json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert [row["exercise"] for row in rows] == ["squat"] * 3
    assert main(["predict", model, str(recording), "--quality"]) == 0
    head, first, *_ = capsys.readouterr().out.splitlines()
    assert head.split()[-5:] == ["side", "tempo_s", "slowing", "range_kept", "pause_s"]
    assert first.split()[-5] == "-"
    assert main(["predict", model, str(recording), "--format", "csv", "--no-segment"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 2
    pairs = RepetitionCounter(min_sets=2).fit(*squats_in_pairs(), exercises=["squat"] * 2)
    save_model(pairs, tmp_path / "counter.skops")
    command = ["predict", model, str(recording), "--format", "json", "--counter"]
    assert main([*command, str(tmp_path / "counter.skops")]) == 0
    counted = json.loads(capsys.readouterr().out)
    assert [row["repetitions"] for row in counted] == [n["repetitions"] // 2 for n in rows]
    assert main([*command, model]) == 1
    assert "not a RepetitionCounter." in capsys.readouterr().err


def squats_in_pairs():
    """Return two sets of squats, and half of their repetitions."""
    made = make_exercise_recordings(2, 1, ["squat"], random_state=0)
    return made.data, [len(repetitions) // 2 for repetitions in made.repetitions]


@pytest.mark.slow
def test_a_movement_that_was_not_trained_is_unknown(folder, tmp_path, capsys):
    known = tmp_path / "known"
    for label in ("squat", "lunge"):
        for place in folder.glob(f"*/{label}"):
            shutil.copytree(place, known / place.relative_to(folder))
    model = str(tmp_path / "model.skops")
    fit = ["fit", str(known), "--model", "svm", "--out", model, "--unknown", "0.2"]
    assert main(fit) == 0
    shown = capsys.readouterr().out
    assert "of 18 sets of known exercises were called unknown when their person was" in (
        shown
    )
    jacks = str(next(folder.glob("*/jumping_jack/recording.zip")))
    squats = str(next(known.glob("*/squat/recording.zip")))
    assert main(["predict", model, jacks, squats, "--format", "json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert [row["exercise"] for row in rows] == ["unknown"] * 3 + ["squat"] * 3
    assert [row["strangeness"] > 0.8 for row in rows] == [True] * 3 + [False] * 3
    assert main(["predict", model, jacks, squats]) == 0
    shown = capsys.readouterr().out
    assert "3 of 6 sets are unknown. A strangeness of 0.9 says: 90 % of" in shown


@pytest.mark.parametrize("rate", ["0", "1", "nan", "often"])
def test_a_rate_that_is_none_is_refused(folder, rate, capsys):
    with pytest.raises(SystemExit) as stopped:
        main(["fit", str(folder), "--unknown", rate])
    assert stopped.value.code == 2
    assert "--unknown: invalid rate value" in capsys.readouterr().err


@pytest.mark.slow
def test_predict_by_a_programme(folder, tmp_path, capsys):
    model = str(tmp_path / "model.skops")
    assert main(["fit", str(folder), "--model", "rf", "--out", model]) == 0
    workout = [str(path) for path in sorted(folder.glob("subject 1/*/recording.zip"))]
    command = ["predict", model, *workout, "--format", "json", "--programme"]
    capsys.readouterr()
    with pytest.warns(DataQualityWarning, match="missing: 1 of lunge"):
        assert main([*command, "squat=2", "jumping_jack=3", "squat=1", "lunge=4"]) == 0
    assert [row["exercise"] for row in json.loads(capsys.readouterr().out)] == [
        *["jumping_jack"] * 3,
        *["lunge"] * 3,
        *["squat"] * 3,
    ]
    # What is read is predicted, as without a programme.
    command.insert(2, "no-such.zip")
    assert main([*command, "squat=3"]) == 3
    shown = capsys.readouterr()
    assert "no-such.zip" in shown.err
    assert "The programme may not fit" in shown.err
    assert len(json.loads(shown.out)) == 9
    for typo in ("sqat=3", "sqat=0"):
        assert main([*command, "squat=3", typo]) == 1
        assert "The model does not know 'sqat'" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        main([*command, "squat"])
    assert "'squat' is not of the form squat=3" in capsys.readouterr().err


@pytest.mark.slow
def test_a_programme_names_labels_that_are_numbers(folder, tmp_path, capsys):
    sets, _ = sets_of(read_recordings(folder))
    codes = {"jumping_jack": 1, "lunge": 2, "squat": 3}
    classifier = ExerciseClassifier("rf", random_state=0)
    save_model(classifier.fit(sets, [codes[one.label] for one in sets]), tmp_path / "m")
    squats = str(next(folder.glob("*/squat/recording.zip")))
    command = ["predict", str(tmp_path / "m"), squats, "--format", "json", "--programme"]
    assert main([*command, "3=2", "2=1"]) == 0
    exercises = [row["exercise"] for row in json.loads(capsys.readouterr().out)]
    assert sorted(exercises) == [2, 3, 3]
    assert main([*command, "4=1"]) == 1
    assert "does not know '4' of the programme. It knows 1, 2, 3" in capsys.readouterr().err


def test_predict_names_a_file_that_is_not_a_model(folder, tmp_path, capsys):
    (tmp_path / "model.skops").write_bytes(b"no model")
    assert main(["predict", str(tmp_path / "model.skops"), str(folder)]) == 1
    assert "model.skops" in capsys.readouterr().err


def test_simulate_writes_a_folder_per_subject_and_label(tmp_path, capsys):
    folder = tmp_path / "workouts"
    assert main(["simulate", str(folder), "--subjects", "1", "--sets", "2"]) == 0
    assert "3 simulated recordings of 2 sets" in capsys.readouterr().out
    assert {path.parent.name for path in folder.glob("*/*/*.zip")} == {
        "jumping_jack",
        "lunge",
        "squat",
    }


@pytest.mark.slow
def test_the_study_reads_what_simulate_writes(folder, tmp_path):
    results = run_study(
        folder, models=["svm"], protocols=["b"], channels=CHANNELS, out=tmp_path, verbose=0
    )
    assert results.settings["notes"][0].startswith("27 sets in 9 recordings; 0 ")
    assert results.settings["classes"] == ["jumping_jack", "lunge", "squat"]
    assert results.settings["n_subjects"] == 3
    table = results.table()["accuracy"].xs("test", level="part")
    assert table["unseen-sets", "svm"] > 0.8


def test_inspect_prints_and_plots_the_quality(tmp_path, capsys):
    time_ns = 1_700_000_000_000_000_000 + 10_000_000 * np.arange(300)
    table = pd.DataFrame(
        {"time": time_ns, "z": np.arange(300) // 5 / 9, "y": 0.0, "x": 0.0}
    )
    (tmp_path / "monday").mkdir()
    table.to_csv(tmp_path / "monday" / "Gyroscope.csv", index=False)
    plot = tmp_path / "plot.png"
    assert main(["inspect", str(tmp_path / "monday"), "--out", str(plot)]) == 0
    out = capsys.readouterr().out
    assert "Gyroscope: real update rate 19.7 Hz" in out
    assert str(plot) in out
    assert plot.read_bytes().startswith(b"\x89PNG")
    assert main(["inspect", str(tmp_path / "no such file")]) == 1
