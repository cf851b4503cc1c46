"""What the report says of results."""

import re
import shlex

import numpy as np
import pandas as pd
import pytest
from made_results import PROTOCOLS, few_shot_results, full_results, people_results
from parsed_page import Page
from sklearn.metrics import f1_score

from sk_imu.cli import main
from sk_imu.model_selection import bootstrap_over_people, scores_by_person
from sk_imu.report import _figures as figures
from sk_imu.report import latex_table
from sk_imu.report._again import how_to_run
from sk_imu.report._failures import people_sentences
from sk_imu.report._findings import headline
from sk_imu.report._leak import leak_of
from sk_imu.report._page import page_of
from sk_imu.study import FewShot, StudyConfig, confused_pairs


@pytest.fixture(scope="module")
def results():
    return full_results()


def page(results):
    return Page(page_of(results, []))


def f1_of(results, protocol, model):
    rows = results.predictions.query(
        "part == 'test' and protocol == @protocol and model == @model"
    )
    return f1_score(rows["y_true"], rows["y_pred"], average="macro")


def test_headline_has_the_best_models_mean_and_interval_over_people(results):
    rows = results.predictions.query("protocol == 'unseen-people'")
    best = bootstrap_over_people(scores_by_person(rows)).iloc[0]
    said = headline(results).sentence
    assert f"unseen people, {best['model'].upper()} predicts" in said
    for number in best[["score", "low", "high"]]:
        assert f"{100 * number:.1f}".removesuffix(".0") + " %" in said
    assert "3 people" in said


def test_headline_says_when_one_model_beats_the_others():
    results = people_results({"rf": [9] * 6 + [10] * 6, "svm": [5, 6, 7] * 4})
    finding = headline(results)
    assert finding.sentence.startswith(
        "On unseen people, RF predicts 95 % of a person's sets correctly"
    )
    assert finding.sentence.endswith("It beats SVM.")
    assert finding.pairs[0].startswith("RF beats SVM on unseen people: +35.0 points")


def test_headline_says_when_no_difference_is_significant():
    results = people_results({"rf": [9, 8, 9, 9], "svm": [8, 9, 9, 8], "cnn": [1, 2, 1, 0]})
    finding = headline(results)
    assert finding.sentence.endswith(
        "It has the highest accuracy here, but the difference from SVM or CNN is not "
        "significant."
    )
    assert any(
        "people, here 4, the intervals are too narrow" in line for line in finding.more
    )
    assert all("no difference could be significant" in line for line in finding.pairs)


def test_headline_names_the_models_beaten_and_those_not():
    alike = [9, 8, 10, 9, 8, 10, 9, 8, 9, 10]
    results = people_results({"rf": alike, "svm": alike[::-1], "cnn": [3] * 10})
    assert headline(results).sentence.endswith(
        "It beats CNN; the difference from SVM is not significant."
    )


def test_nobody_fails():
    results = people_results({"rf": [10] * 3, "svm": [10] * 3})
    sentence = headline(results).sentence
    assert "100 % of a person's sets correctly (the same on each of 3 people)." in sentence
    assert sentence.endswith("The difference from SVM is not significant.")
    assert people_sentences(results) == ["No model makes an error on any person."]
    assert "RF makes no error on 30 sets." in page(results).text


def test_one_person_has_no_interval():
    results = people_results({"rf": [6], "svm": [8]})
    finding = headline(results)
    assert "accuracy is 80 % on 10 test sets, with SVM." in finding.sentence
    assert "interval" not in finding.sentence
    assert finding.more[0] == "The result on one person does not hold for others."


def test_most_common_exercise_and_seeds():
    results = people_results({"rf": [6, 7]})
    results.predictions.loc[:4, "y_true"] = "row"
    more = " ".join(headline(results).more)
    assert "most common exercise would be correct in 75 % of the sets" in more
    assert "One random seed was run" in more
    again = results.predictions.assign(seed=1)
    results.predictions = pd.concat([results.predictions.assign(seed=0), again])
    assert "Each score is the mean over 2 random seeds" in " ".join(headline(results).more)


@pytest.mark.parametrize(
    ("kept", "says"),
    [
        (["copied-sets", "unseen-sets"], "On new sets of people in the training set"),
        (["copied-sets"], "They do not hold for new sets"),
    ],
)
def test_without_unseen_people_the_headline_does_not_promise(kept, says):
    results = full_results(protocols=kept)
    missing = [name for name in PROTOCOLS if name not in kept]
    results.settings["unavailable"] = dict.fromkeys(
        missing, "the data set names no subjects"
    )
    results.settings["protocols"] = list(PROTOCOLS)
    finding = headline(results)
    assert finding.sentence == (
        "The accuracy of these models on unseen people is unknown: the data set names no "
        "subjects."
    )
    assert says in finding.more[0]
    shown = page(results).text
    assert "Not available here: the data set names no subjects." in shown
    assert "Errors by person are unknown: the data set names no subjects." in shown


def test_main_table_has_scores_and_the_published_ones(results):
    shown = page(results).text
    for model, published in {"rf": "0.78", "svm": "0.85", "cnn": "0.88"}.items():
        ours = [f"{f1_of(results, protocol, model):.3f}" for protocol in PROTOCOLS]
        assert " ".join([model.upper(), published, *ours]) in shown


def test_leak_is_a_less_b_in_points(results):
    said = leak_of(results).sentences
    points = {
        model: 100
        * (f1_of(results, "copied-sets", model) - f1_of(results, "unseen-sets", model))
        for model in ("rf", "svm", "cnn")
    }
    for model, value in points.items():
        way = "lower" if value < 0 else "higher"
        assert f"{abs(value):.1f} points {way} for {model.upper()}" in said[0]
        assert f"{value:+.1f}" in page(results).text
    assert f"{np.mean(list(points.values())):+.1f} points on average" in said[0]
    # The made-up splits train on all sets.
    assert "Of the 12 test rows of (a), 12 are training sets or copies" in said[2]
    assert "(b) has 12 test sets. One of them is 8.3 points" in said[3]


def test_leak_that_cannot_be_measured():
    results = full_results(protocols=["unseen-sets"])
    results.settings["unavailable"] = {"copied-sets": "each class needs 4 sets"}
    assert leak_of(results).sentences == [
        "The effect of the leak cannot be measured without (a) copies, then 80/20: each "
        "class needs 4 sets."
    ]
    assert "each class needs 4 sets" in page(results).text


def test_inflation_is_the_difference_of_f1_and_its_interval_over_people(results):
    table = results.inflation().set_index(["model", "than"])
    assert len(table) == 6
    for (model, than), row in table.iterrows():
        leaked, honest = (f1_of(results, name, model) for name in ("copied-sets", than))
        assert row.leaked == pytest.approx(leaked)
        assert row.honest == pytest.approx(honest)
        assert row.points == pytest.approx(100 * (leaked - honest))
        assert row.low <= row.points <= row.high
        assert (row.drawn, row.n) == ("people", 3)
    row = table.loc[("svm", "unseen-sets")]
    shown = f"{row.points:+.1f} ({row.low:+.1f} to {row.high:+.1f})"
    assert shown in page(results).text


def test_a_leak_that_helps_with_everybody_is_significant():
    protocols = ["copied-sets", "unseen-sets"]
    results = people_results({"rf": [9] * 10}, protocols)
    gone = (results.predictions["protocol"] == "unseen-sets") & (
        results.predictions["set"] % 10 > 4
    )
    results.predictions.loc[gone, "y_pred"] = "row"
    (row,) = results.inflation().itertuples()
    assert row.low == row.high == pytest.approx(row.points)  # all people are alike
    assert row.points > 10
    assert "the gain from copies is significant for RF" in leak_of(results).sentences[1]
    # The same with and without.
    results = people_results({"rf": [9, 8, 10, 7]}, protocols)
    (row,) = results.inflation().itertuples()
    assert (row.points, row.low, row.high) == (0, 0, 0)
    assert (
        "the gain from copies is not significant for any model"
        in leak_of(results).sentences[1]
    )


def test_without_people_sets_are_drawn_for_the_inflation():
    results = full_results(n_people=0, protocols=["copied-sets", "unseen-sets"])
    table = results.inflation()
    assert set(table["drawn"]) == {"sets"}
    assert set(table["n"]) == {9}
    assert "interval over sets" in page(results).text
    assert len(full_results(protocols=["unseen-sets"]).inflation()) == 0


def test_spread_over_seeds(results):
    assert "Over 2 seeds" not in page(results).text
    first, second = results.predictions.assign(seed=3), results.predictions.assign(seed=5)
    right = (second["part"] == "test") & (second["model"] == "svm")
    second.loc[right, "y_pred"] = second.loc[right, "y_true"]
    both = full_results()
    both.predictions = pd.concat([first, second])
    seeds = both.by_seed().set_index(["protocol", "model", "seed"])["f1_macro"]
    assert len(seeds) == 18
    shown = page(both).text
    assert "Over 2 seeds" in shown
    for protocol in PROTOCOLS:
        one = f1_of(results, protocol, "svm")
        assert seeds[protocol, "svm", 3] == pytest.approx(one)
        assert seeds[protocol, "svm", 5] == 1
        sd = np.std([one, 1], ddof=1)
        assert f"{(one + 1) / 2:.3f} ± {sd:.3f}" in shown
        row = f"SVM {one:.3f} 1.000 {(one + 1) / 2:.3f} {sd:.3f} {1 - one:.3f}"
        assert row in shown


def test_gain_from_labeled_sets_of_the_person():
    results = few_shot_results({0: [6, 7, 8, 7], 1: [8, 8, 9, 9], 2: [9, 9, 10, 10]})
    shown = page(results).text.replace("\xa0", " ")
    assert "same sets of 4 people" in shown
    assert "on 0, 1 or 2 sets of each exercise" in shown
    assert "The gain is significant for SVM." in shown
    assert re.search(r"SVM 70 % 85 % 95 % \+25.0 \(\+2\d.\d to \+\d\d.\d\)", shown)
    (drawing,) = (d for d in figures._figures(results) if d.name == "personalisation")
    assert "SVM, 70 % to 95 %" in drawing.alt
    (line,) = drawing.figure.axes[0].lines
    np.testing.assert_allclose(line.get_ydata(), [0.7, 0.85, 0.95])


def test_two_people_are_too_few_for_an_interval():
    why = "No interval is given: 2 people are too few."
    results = people_results(
        {"rf": [9, 8], "svm": [5, 10]}, ["copied-sets", "unseen-people"]
    )
    finding = headline(results)
    assert finding.sentence == (
        "On unseen people, RF predicts 85 % of a person's sets correctly (mean of 2 "
        "people)."
    )
    assert finding.more[0] == why
    assert finding.pairs == []
    leak = leak_of(results).table
    assert leak.caption.endswith(
        "points. No interval is given for (a) − (c): 2 people are too few."
    )
    assert leak.bodies[0][1][0][-1] == "+0.0"
    few_shots = few_shot_results({0: [6, 7], 1: [8, 8], 2: [9, 9]})
    assert why in page(few_shots).text
    assert "SVM 65 % 80 % 90 % +25.0" in page(few_shots).text.replace("\xa0", " ")
    for drawing in (*figures._figures(results), *figures._figures(few_shots)):
        if drawing.name in ("people", "personalisation"):
            assert "interval" not in drawing.caption
            legend = drawing.figure.axes[0].get_legend()
            assert "interval" not in legend.get_title().get_text()


def test_a_quick_run_tests_too_few_people_for_one_of_the_intervals():
    results = people_results({"rf": [9, 8, 7, 9]}, PROTOCOLS)
    rows = results.predictions
    quick = (rows["protocol"] == "unseen-people") & ~rows["subject"].isin(["P0", "P1"])
    results.predictions = rows[~quick]
    table = leak_of(results).table
    assert "interval over people. No interval is given for (a) − (c): 2 people" in (
        table.caption
    )
    (row,) = table.bodies[0][1]
    assert " to " in row[-2]
    assert " to " not in row[-1]


def test_few_shot_that_could_not_be_run():
    results = full_results()
    results.settings["protocols"] = [*PROTOCOLS, "few-shot"]
    results.settings["unavailable"] = {"few-shot": "no subject has two sets"}
    assert "Not known: no subject has two sets." in page(results).text
    assert 'id="personal"' not in page_of(full_results(), [])


def test_worst_people_come_first():
    results = people_results({"rf": [9, 4, 10], "svm": [8, 10, 10]})
    assert people_sentences(results) == [
        "Person P1, 10 sets: accuracy 40 % with RF and 100 % with SVM. Most common error: "
        "curl predicted as row (6 of 6).",
        "Person P0, 10 sets: accuracy 90 % with RF and 80 % with SVM. Most common error: "
        "curl predicted as row (3 of 3).",
        "No model makes an error on 1 of 3 people.",
    ]


def test_confused_pairs_are_counted():
    rows = pd.DataFrame(
        {
            "y_true": ["a"] * 5 + ["b"] * 4 + ["c"],
            "y_pred": ["b", "b", "b", "a", "c"] + ["a", "a", "b", "b"] + ["c"],
            "subject": ["P0", "P0", "P1", *["P2"] * 7],
        }
    )
    pairs = [(p["text"], p["n"], p["n_true"], p["person"]) for p in confused_pairs(rows)]
    assert pairs == [
        ("a predicted as b", 3, 5, "P0"),
        ("b predicted as a", 2, 4, None),
        ("a predicted as c", 1, 5, None),
    ]
    assert len(confused_pairs(rows, 1)) == 1


def test_what_went_wrong_with_the_data_is_said(results):
    shown = page(results).text
    for line in (*results.settings["quality"], *results.settings["notes"]):
        assert line in shown
    assert "3 sets are shorter than a window of 2.5 s" in shown
    results.settings["window_seconds"] = "auto"
    assert "3 sets are shorter than a window of 4 s" in page(results).text
    assert "LEAK: 9 pairs of train and test rows share values" in shown
    assert "Quick budget" in shown
    assert "Quick budget:" not in page(full_results(budget="full")).text
    results = full_results()
    results.settings["quality"] = []
    assert "The recordings raised no warning." in page(results).text


def test_folds_and_environment(results):
    shown = page(results).text
    for text in (
        "93266a6b" * 8,
        "numpy 2.4.6",
        "Random seed 7",
        "split 1 RF C 10.0, gamma 0.003",
    ):
        assert text in shown
    n_fits = len(results.searches)
    assert f"{n_fits} searches" in shown
    assert f"{n_fits / 2:.1f} min on one thread" in shown


def words_of(command):
    # A shell joins the lines, which shlex does not.
    return shlex.split(command.replace("\\\n", ""))


def test_the_command_runs_the_same_study_again(results, monkeypatch):
    given = {}

    def run_study(**options):
        given.update(options)
        raise ValueError("enough")

    monkeypatch.setattr("sk_imu.study.run_study", run_study)
    program, *arguments = words_of(how_to_run(results))
    assert program == "sk-imu"
    assert main(arguments) == 1
    settings = results.settings
    for name in ("data", "models", "protocols", "budget", "seeds", "channels"):
        assert given[name] == settings[name]
    for name in ("wear", "window_seconds", "fixed_length", "sampling_rate_hz"):
        assert given[name] == settings[name]
    results = full_results()
    results.settings |= {"data": "my gym's $sets", "segment": False}
    assert main(words_of(how_to_run(results))[1:]) == 1
    assert given["data"] == "my gym's $sets"
    assert given["segment"] is False
    assert given["set_quality"] is False
    results.settings["set_quality"] = True
    main(words_of(how_to_run(results))[1:])
    assert given["set_quality"] is True


def test_the_call_imports_protocols_of_the_users_own():
    results = full_results()
    calls = {"halves": "gym.splits.Halves(start=1)", "few-shot": "FewShot(ks=[0])"}
    results.settings |= {"protocols": ["halves", "few-shot"], "protocol_calls": calls}
    program = how_to_run(results)
    imports, _, call = program.partition("\n\n")
    assert imports.splitlines() == [
        "import gym.splits",
        "from sk_imu.study import FewShot, run_study",
    ]
    assert "protocols=[gym.splits.Halves(start=1), FewShot(ks=[0])]" in call


def test_the_call_makes_protocols_with_their_parameters():
    results = full_results()
    protocols = ["b", FewShot(ks=range(0, 6, 5)), "few-shot"]
    settings = StudyConfig(protocols=protocols[:2]).as_settings()
    assert settings["protocol_calls"] == {"few-shot": "FewShot(ks=[0, 5])"}
    assert not StudyConfig(protocols=protocols[::2]).as_settings()["protocol_calls"]
    results.settings |= {key: settings[key] for key in ("protocols", "protocol_calls")}
    given = {}

    def run_study(data, **options):
        given.update(options, data=data)

    program = how_to_run(results)
    line, _, call = program.partition("\n")
    assert line == "from sk_imu.study import FewShot, run_study"
    exec(call, {"FewShot": FewShot, "run_study": run_study})
    assert given["data"] == results.settings["data"]
    sets, few = given["protocols"]
    assert sets == "unseen-sets"
    assert (few.ks, few.n_draws) == ([0, 5], 3)


@pytest.mark.parametrize("change", [{"data": "your data"}, {"data": "gym + home"}])
def test_a_call_where_no_command_can_run_it(change):
    results = full_results()
    results.settings |= change
    text = how_to_run(results)
    given = {}
    names = {"run_study": lambda data, **options: given.update(options), "data": None}
    exec(text.removeprefix("from sk_imu.study import run_study"), names)
    settings = results.settings
    for name in ("models", "protocols", "seeds", "sampling_rate_hz", "channels"):
        assert given[name] == settings[name]


# The table for a paper


def test_latex_table(results):
    text = latex_table(results)
    for begin in ("table", "tabular"):
        assert text.count(rf"\begin{{{begin}}}") == text.count(rf"\end{{{begin}}}") == 1
    assert text.count("{") == text.count("}")
    rows = [line for line in text.splitlines() if " & " in line]
    assert {row.count("&") for row in rows} == {6}
    assert len(rows) == 1 + 3 * 3
    svm = next(row for row in rows if row.startswith("SVM")).split(" & ")
    assert svm[3] == f"{f1_of(results, 'copied-sets', 'svm'):.3f}"
    assert svm[-1] == r"0.85 \\"
    assert all(row.endswith(r"& -- \\") for row in rows[4:])


def test_latex_escapes(results):
    results = full_results(models=["rf"])
    results.settings["data"] = r"50% of_a\b {x} $y & #z ~^"
    assert (
        r"of 50\% of\_a\textbackslash{}b \{x\} \$y \& \#z "
        r"\textasciitilde{}\textasciicircum{}, macro"
    ) in latex_table(results)
