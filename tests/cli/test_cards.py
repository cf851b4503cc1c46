"""The commands card and info, and the card of a study in a fitted model."""

from dataclasses import replace

import pytest
from made_results import full_results

from sk_imu import ExerciseClassifier
from sk_imu.cli import main
from sk_imu.cli._cards import check_fits
from sk_imu.persistence import model_info
from sk_imu.study import StudyResults, run_study


@pytest.fixture(scope="module")
def workouts(tmp_path_factory):
    folder = tmp_path_factory.mktemp("workouts")
    assert main(["simulate", str(folder), "--subjects", "3", "--sets", "2"]) == 0
    return folder


@pytest.fixture(scope="module")
def studied(workouts, tmp_path_factory):
    folder = tmp_path_factory.mktemp("results")
    run_study(
        workouts,
        models=["svm"],
        protocols=["unseen-people"],
        budget="plain",
        out=folder,
        verbose=0,
    )
    return folder


@pytest.mark.slow
def test_the_card_of_a_study_is_in_the_model(workouts, studied, tmp_path, capsys):
    model = str(tmp_path / "model.skops")
    fit = ["fit", str(workouts), "--model", "svm", "--out", model]
    assert main([*fit, "--card", str(studied)]) == 0
    card = str(StudyResults.load(studied).model_card("svm"))
    assert model_info(model)["card"] == card
    capsys.readouterr()
    assert main(["info", model]) == 0
    shown = capsys.readouterr().out
    assert "exercises:   jumping_jack, lunge, squat\n" in shown
    assert shown.endswith(f"\ncard: \n\n{card}\n")
    assert main(["card", str(studied), "--model", "svm"]) == 0
    assert capsys.readouterr().out == f"{card}\n"


@pytest.mark.slow
def test_a_study_of_something_else_is_refused(workouts, tmp_path, capsys):
    folder = str(tmp_path / "other")
    full_results().save(folder)
    fit = ["fit", str(workouts), "--out", str(tmp_path / "m.skops"), "--card", folder]
    assert main([*fit, "--model", "gru"]) == 1
    assert "The study has no model 'gru'" in capsys.readouterr().err
    assert main([*fit, "--model", "svm"]) == 1
    assert "other: the study is of other exercises than this model" in (
        capsys.readouterr().err
    )
    assert not (tmp_path / "m.skops").exists()


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("sampling_rate_hz", 50.0, "other rates in hertz than this model: 50.0, not 25.0"),
        ("window_seconds", 2.0, "other windows in seconds than this model: 2.0, not auto"),
        ("fixed_length", 256, "other fixed lengths than this model: 256, not None"),
    ],
)
def test_a_study_with_another_rate_or_window_is_refused(studied, name, value, says):
    study = StudyResults.load(studied)
    model = ExerciseClassifier("svm")
    model.classes_, model.wear_ = study.settings["classes"], study.settings["wear"]
    model.channel_names_ = study.settings["channels"]
    check_fits(study, model, "results")
    other = replace(study, settings={**study.settings, name: value})
    with pytest.raises(ValueError, match=says):
        check_fits(other, model, "results")


def test_card_files(studied, tmp_path, capsys):
    card = ["card", str(studied), "--model", "svm", "--out"]
    for name, begins in (("README.md", "---\n"), ("card.html", "<!DOCTYPE html>")):
        assert main([*card, str(tmp_path / name)]) == 0
        assert (tmp_path / name).read_text("utf-8").startswith(begins)
    assert main([*card, str(tmp_path / "card.txt")]) == 1
    assert main([*card, str(tmp_path / "nowhere" / "card.md")]) == 1
    assert "there is no folder" in capsys.readouterr().err
    assert main(["card", str(tmp_path), "--model", "svm"]) == 1
    assert main(["info", str(tmp_path / "README.md")]) == 1
    assert "README.md: can't be read as a model of sk_imu" in capsys.readouterr().err
