"""The model card: figures on unseen people, limits, and nothing but text from names."""

import re

import numpy as np
import pytest
from made_results import NASTY, few_shot_results, full_results, people_results
from made_sets import make_sets
from sklearn.metrics import recall_score

from sk_imu.calibration import calibration_error
from sk_imu.model_selection import bootstrap_over_people, scores_by_person
from sk_imu.report import write_card
from sk_imu.study import ModelCard, StudyResults, run_study


def section(card, title):
    return str(card).partition(f"\n## {title}\n")[2].partition("\n## ")[0]


def cells(card, title):
    """Return the rows of the table in a section by their first cell."""
    lines = [line for line in section(card, title).splitlines() if line.startswith("| ")]
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in lines]
    return {first: others for first, *others in rows[2:]}


def percent(share):
    return f"{100 * share:.1f}".removesuffix(".0") + " %"


@pytest.fixture(scope="module")
def results():
    return full_results()


def test_accuracy_is_that_of_unseen_people_with_its_interval():
    results = people_results({"svm": [5, 10, 7, 9, 8, 6, 10, 10, 9]})
    rows = scores_by_person(results.predictions)
    low, high = bootstrap_over_people(rows, n_resamples=4999).loc[0, ["low", "high"]]
    text = section(results.model_card("svm"), "Accuracy on new people")
    assert "9 people with 90 sets in all" in text
    assert f"82.2 %, 95 % interval {percent(low)} to {percent(high)} over 9 people." in text
    assert "- Worst person: 50 %." in text
    assert "Quick budget" in text
    metrics = results.model_card("svm").metadata["model-index"][0]["results"][0]["metrics"]
    assert [metric["value"] for metric in metrics] == [0.8222, 0.5]


def test_by_exercise(results):
    rows = results.predictions.query("model == 'cnn' and part == 'test'")
    rows = rows[rows["protocol"] == "unseen-people"]
    labels = sorted({*rows["y_true"]})
    by_person = [
        recall_score(
            own["y_true"],
            own["y_pred"],
            labels=labels,
            average=None,
            zero_division=np.nan,
        )
        for _, own in rows.groupby("subject")
    ]
    table = cells(results.model_card("cnn"), "Accuracy on new people")
    assert [row[1] for row in table.values()] == [*map(percent, np.nanmean(by_person, 0))]
    assert list(table) == labels
    assert all(row[0] == "4" for row in table.values())


def test_calibration_of_probabilities_only(results):
    rows = results.predictions.query("model == 'rf' and part == 'test'")
    rows = rows[rows["protocol"] == "unseen-people"]
    classes = results.settings["classes"]
    proba = rows[[f"score_{label}" for label in classes]].to_numpy()
    error = calibration_error(rows["y_true"], proba, classes, groups=rows["subject"])
    text = section(results.model_card("rf"), "Calibration")
    assert f"of ten bins: {100 * error:.1f} points." in text
    assert "has no probabilities" in section(results.model_card("svm"), "Calibration")


def test_limits_name_what_is_confused_and_what_was_not_tested(results):
    settings = {"placements": ["wrist"], "sides": ["left"], "recorded_hz": [49.5, 50.2]}
    other = StudyResults(**{**vars(results), "settings": {**results.settings, **settings}})
    other.predictions = people_results({"svm": [7, 8]}).predictions
    other.settings["models"], other.settings["classes"] = ["svm"], ["curl", "row"]
    text = section(other.model_card("svm"), "Limits")
    assert "curl predicted as row in 5 of 20 sets of new people." in text
    assert "The device was at this place: wrist (left)." in text
    assert "at other rates than 49.5 to 50.2 Hz are not tested" in text
    assert "No interval is given: 2 people are too few." in text


def test_people_are_not_named():
    results = people_results({"svm": [5, 10, 7]})
    results.predictions["subject"] = results.predictions["subject"].map(
        {"P0": "Adelheid", "P1": "Bertram", "P2": "Cunigunde"}
    )
    results.settings["data"] = "gym (/home/Adelheid/gym)"
    card = str(results.model_card("svm"))
    assert not {"Adelheid", "Bertram", "Cunigunde"} & {*re.findall(r"\w+", card)}
    assert "Data set: gym, 12 sets" in card


@pytest.mark.parametrize(
    ("data", "name"),
    [
        ("gym (left)", "gym (left)"),
        ("watch (watch) + own (/home/Adelheid/gym)", "watch (watch) + gym"),
        (r"C:\Users\Adelheid\gym", "gym"),
        (".", "your data"),
    ],
)
def test_the_data_have_the_name_of_their_folder(results, data, name):
    settings = {**results.settings, "data": data}
    card = StudyResults(**{**vars(results), "settings": settings}).model_card("rf")
    assert f"Data set: {name}, " in section(card, "Data")
    assert "Adelheid" not in str(card)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("- curl", r"\- curl"),
        ("--- curl", r"\--- curl"),
        ("1. curl", r"1\. curl"),
        ("12) curl", r"12\) curl"),
        ("1.5 kg-curl", "1.5 kg-curl"),
        ("https://a.example", r"https\://a.example"),
        ("www.a.example", r"www\.a.example"),
    ],
)
def test_a_label_makes_no_list_and_no_link(name, text):
    card = ModelCard("SVM", {}, {"Limits": [[name], name]})
    assert str(card).endswith(f"\n\n- {text}\n\n{text}")


def test_of_a_pipeline_of_the_user_s_own_only_the_scores_are_known(results):
    settings = {**results.settings, "pipelines": {"svm": "Pipeline()", "rf": "Pipeline()"}}
    other = StudyResults(**{**vars(results), "settings": settings})
    for model in ("svm", "rf"):
        card = other.model_card(model)
        assert "given to the study and fitted without a search" in section(card, "Model")
        for claim in ("Windows of", "Hz. Recordings", "budget", "calibration=", "unknown="):
            assert claim not in section(card, "Model") + section(card, "Limits")
        for claim in ("without calibration", "calibration="):
            assert claim not in section(card, "Calibration")
        ours = results.model_card(model)
        assert section(card, "Accuracy on new people") == (
            section(ours, "Accuracy on new people")
        )


def test_without_unseen_people_the_card_promises_nothing(results):
    rows = results.predictions
    rest = StudyResults(**vars(results))
    rest.predictions = rows[rows["protocol"] != "unseen-people"]
    card = rest.model_card("rf")
    assert "Unknown: this protocol was not run." in section(card, "Accuracy on new people")
    assert "model-index" not in card.metadata
    assert "Not measured." in section(card, "Calibration")
    (test,) = cells(card, "Other tests")
    assert test.startswith("sets, then 80/20: tested on new sets of people")


def test_labeled_sets_of_the_person_are_another_test():
    results = few_shot_results({1: [5, 10], 3: [9, 10]})
    results.settings["protocols"] = ["few-shot"]
    rows = cells(results.model_card("svm"), "Other tests")
    assert [row[0] for row in rows.values()] == ["75 %", "95 %"]
    assert [name.partition(":")[0][-5:] for name in rows] == ["k = 1", "k = 3"]


def test_a_model_that_the_study_lacks(results):
    with pytest.raises(ValueError, match="no model 'gru'. It has rf, svm and cnn."):
        results.model_card("gru")


def test_front_matter_is_that_of_model_hubs(results):
    yaml = pytest.importorskip("yaml")
    head = str(results.model_card("rf")).split("\n---\n")[0]
    metadata = yaml.safe_load(head)
    assert metadata == results.model_card("rf").metadata
    assert metadata["library_name"] == "sk_imu"
    (result,) = metadata["model-index"][0]["results"]
    assert result["task"]["type"] == "time-series-classification"
    assert result["dataset"].keys() == {"type", "name"}
    assert all(metric.keys() >= {"type", "value"} for metric in result["metrics"])


@pytest.mark.parametrize(
    "nasty", [*NASTY, "a|b\n---\n# c", "[x](javascript:y)", "\x1b[31m"]
)
def test_names_are_text_and_nothing_else(nasty, tmp_path):
    results = full_results(["lunge", "squat", nasty])
    results.settings["classes"] = sorted(["lunge", "squat", nasty])
    results.settings["data"] = nasty
    card = results.model_card("rf")
    text, page = str(card), write_card(card, tmp_path / "card.html").read_text("utf-8")
    assert write_card(card, tmp_path / "card.md").read_text("utf-8") == text + "\n"
    body = text.split("\n---\n")[1]
    assert not re.search(r"(?<!\\)[<\[$]", body)
    assert not any(c in text for c in "\x1b\r")
    assert len(cells(card, "Accuracy on new people")) == 3
    assert "<script" not in page
    assert page.count("<tr>") == 6  # of two tables, and none from a label
    yaml = pytest.importorskip("yaml")
    assert yaml.safe_load(text.split("\n---\n")[0])["tags"][-1] == "rf"


def test_other_endings_are_refused(results, tmp_path):
    with pytest.raises(ValueError, match="card.pdf: a model card ends with .md or .html"):
        write_card(results.model_card("rf"), tmp_path / "card.pdf")


def test_of_a_study_that_was_run_and_saved(tmp_path):
    run_study(
        make_sets(n_subjects=3),
        models=["svm"],
        protocols=["unseen-people"],
        budget="plain",
        out=tmp_path,
        verbose=0,
    )
    results = StudyResults.load(tmp_path)
    card = results.model_card("svm")
    assert repr(card) == "<ModelCard: SVM for exercise recognition on your data>"
    score = results.by_person()["score"].mean()
    accuracy = section(card, "Accuracy on new people")
    assert f"sets that are recognized: {percent(score)}" in accuracy
    low, high = results.settings["recorded_hz"]
    assert f"Recorded at {low:g}" in section(card, "Data")
    assert low <= high
    assert f"sk_imu {results.settings['versions']['sk_imu']}" in str(card)
