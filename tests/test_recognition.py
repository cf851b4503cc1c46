"""From raw recordings to a model file, and from it to the sets of new recordings."""

import json

import numpy as np
import pytest

from sk_imu import write_sensor_logger
from sk_imu.cli import main
from sk_imu.datasets import make_exercise_recordings
from sk_imu.recognition import fit_recordings, recognise
from sk_imu.study import run_study, sets_of

CHANNELS = ["TotalAcceleration", "Gyroscope"]


@pytest.fixture(scope="module")
def trainings():
    """Return simulated trainings: 3 people × 3 exercises, 3 sets in each recording."""
    return make_exercise_recordings(3, 3, random_state=0)


@pytest.fixture(scope="module")
def folder(trainings, tmp_path_factory):
    """Return a folder of their Sensor Logger exports, sorted by person and exercise."""
    root = tmp_path_factory.mktemp("exports")
    for recording in trainings.data:
        place = root / f"person {recording.subject}" / recording.label
        write_sensor_logger(recording, place / "monday.zip")
    return root


@pytest.fixture(scope="module")
def forest(trainings):
    known = [r for r in trainings.data if r.subject != trainings.subject[0]]
    return fit_recordings(known, "rf", channels=CHANNELS)


def test_the_sets_of_an_unseen_person_are_told_with_their_repetitions(forest, trainings):
    first = trainings.subject[0]
    new = [i for i, subject in enumerate(trainings.subject) if subject == first]
    table = recognise(forest, [trainings.data[i] for i in new])
    truth = [trainings.bouts[i] for i in new]
    assert len(table) == sum(map(len, truth)) == 9
    assert table.exercise.tolist() == [
        trainings.data[i].label for i in new for _ in trainings.bouts[i]
    ]
    assert table["set"].tolist() == [1, 2, 3] * 3
    for row, (start_s, end_s) in zip(
        table.itertuples(), np.concatenate(truth), strict=True
    ):
        shared_s = min(row.end_s, end_s) - max(row.start_s, start_s)
        assert shared_s > 0.75 * (max(row.end_s, end_s) - min(row.start_s, start_s))
    assert table.probability.between(0.34, 1).all()
    assert (table.repetitions >= 5).all()


def test_improbable_sets_are_unknown_on_request(forest, trainings):
    told = recognise(forest, trainings.data[:1], unknown_below=0.0)
    least = told.probability.min()
    strict = recognise(forest, trainings.data[:1], unknown_below=least + 1e-9)
    assert "unknown" not in set(told.exercise)
    assert (strict.exercise == "unknown").sum() == (told.probability == least).sum()


def test_no_recordings_give_an_empty_table(forest):
    table = recognise(forest, [])
    assert len(table) == 0
    assert "exercise" in table


def test_unknown_needs_probabilities(trainings):
    svm = fit_recordings(trainings.data, "svm", channels=CHANNELS)
    assert recognise(svm, trainings.data[:1]).probability.isna().all()
    with pytest.raises(ValueError, match="unknown_below needs a model with prob"):
        recognise(svm, trainings.data[:1], unknown_below=0.5)


def test_a_recording_without_a_bout_is_one_set(trainings, forest):
    recording = trainings.data[0]
    rest = recording.between(recording.overlap_s[0], trainings.bouts[0][0][0] - 2)
    sets, bouts = sets_of([rest])
    assert sets == [rest]
    assert bouts == [None]
    table = recognise(forest, [rest])
    assert len(table) == 1
    assert table.found.isna().all()


def test_sets_without_labels_are_refused(trainings):
    unlabelled = [sets_of(trainings.data[:1])[0][0]]
    object.__setattr__(unlabelled[0], "label", None)
    with pytest.raises(ValueError, match="a set has no label"):
        fit_recordings(unlabelled, segment=False)
    with pytest.raises(ValueError, match="at least two labels"):
        fit_recordings(trainings.data[:1])


def test_command_line_fits_and_predicts(folder, tmp_path, capsys):
    model = str(tmp_path / "model.skops")
    fit = ["fit", str(folder), "--model", "rf", "--out", model, "--channels", *CHANNELS]
    assert main(fit) == 0
    assert "9 recordings, 27 sets: 9 of jumping_jack, 9 of lunge, 9 of squat." in (
        capsys.readouterr().out
    )
    recording = next(folder.glob("*/squat/monday.zip"))
    assert main(["predict", model, str(recording)]) == 0
    table = capsys.readouterr().out
    assert "repetitions" in table
    assert main(["predict", model, str(recording), "--format", "json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert [row["exercise"] for row in rows] == ["squat"] * 3
    assert main(["predict", model, str(recording), "--format", "csv", "--no-segment"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 2


def test_command_line_names_a_file_it_can_not_read(folder, tmp_path, capsys):
    (tmp_path / "model.skops").write_bytes(b"no model")
    assert main(["predict", str(tmp_path / "model.skops"), str(folder)]) == 1
    assert "model.skops" in capsys.readouterr().err


def test_the_study_runs_on_raw_exports(folder, tmp_path):
    results = run_study(
        folder, models=["svm"], protocols=["b"], channels=CHANNELS, out=tmp_path, verbose=0
    )
    assert results.settings["notes"][0].startswith("27 sets in 9 recordings; 0 ")
    assert results.settings["classes"] == ["jumping_jack", "lunge", "squat"]
    assert results.settings["n_subjects"] == 3
    table = results.table()["accuracy"].xs("test", level="part")
    assert table["unseen-sets", "svm"] > 0.8


def test_command_line_simulates_what_the_study_reads(tmp_path, capsys):
    folder = tmp_path / "trainings"
    assert main(["simulate", str(folder), "--subjects", "1", "--sets", "2"]) == 0
    assert "3 simulated recordings of 2 sets" in capsys.readouterr().out
    assert {path.parent.name for path in folder.glob("*/*/*.zip")} == {
        "jumping_jack",
        "lunge",
        "squat",
    }
