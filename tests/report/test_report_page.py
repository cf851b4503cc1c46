"""The report's page: what it says, how it is built, and how a browser shows it."""

import html
import json
import os
import re
import shlex
import shutil
import subprocess
from html.parser import HTMLParser

import matplotlib as mpl
import matplotlib.image
import numpy as np
import pandas as pd
import pytest
from made_results import CLASSES, make_results
from sklearn.metrics import f1_score

from sk_imu.cli import main
from sk_imu.model_selection import bootstrap_over_people, scores_by_person
from sk_imu.report import _figures as figures
from sk_imu.report import latex_table, write_report
from sk_imu.report._again import how_to_run
from sk_imu.report._findings import confused_pairs, headline, people_sentences
from sk_imu.report._leak import leak_sentences
from sk_imu.report._page import page_of
from sk_imu.study import StudyResults

NASTY = ["</title><script>alert(1)</script>", '"$title" & ${x} <b>', "深蹲 with 100 %"]
PROTOCOLS = ["copied-sets", "unseen-sets", "unseen-people"]
SECTIONS = ["headline", "scores", "leak", "failures", "figures", "data", "again", "folds"]


def full_results(classes=CLASSES, models=("rf", "svm", "cnn"), **options):
    """Return made-up results with all that a run writes down."""
    options = {"protocols": PROTOCOLS} | options
    results = make_results(classes, models, **options)
    keys = results.predictions[["protocol", "model", "fold"]].drop_duplicates()
    best = json.dumps({"C": 10.0, "gamma": 0.003})
    results.searches = keys.assign(cv_score=0.875, best_params=best)
    results.timings = keys.assign(seconds=30.0)
    n_people = results.predictions["subject"].nunique()
    results.settings |= {
        "data": "watch",
        "data_fingerprint": "93266a6b" * 8,
        "n_sets": 12,
        "n_subjects": n_people or None,
        "channels": ["Gyroscope_x", "Gyroscope_y"],
        "seeds": [7],
        "models": list(keys["model"].unique()),
        "protocols": list(keys["protocol"].unique()),
        "n_folds": keys.groupby("protocol")["fold"].nunique().to_dict(),
        "unavailable": {},
        "wear": "free",
        "sampling_rate_hz": 25.0,
        "window_seconds": 2.5,
        "fixed_length": None,
        "n_short_sets": 3,
        "quality": ["Gyroscope of 4 recordings has gaps", "Gravity of 2 is stale"],
        "n_shared_pairs": {
            name: 9 for name in options["protocols"][:1] if name == PROTOCOLS[0]
        },
        "notes": ["12 sets in 3 recordings; 0 recordings without a bout are one set each."],
        "versions": {"sk_imu": "0.1.0", "numpy": "2.4.6"},
    }
    return results


def people_results(right, protocols=("unseen-people",)):
    """Return results in which each model has so many of ten sets of each person right."""
    rows = [
        {
            "protocol": protocol,
            "model": model,
            "fold": f"subject {person}",
            "part": "test",
            "set": 10 * person + i,
            "copy": 0,
            "subject": f"P{person}",
            "y_true": "curl",
            "y_pred": "curl" if i < n else "row",
        }
        for protocol in protocols
        for model, numbers in right.items()
        for person, n in enumerate(numbers)
        for i in range(10)
    ]
    results = full_results(["curl", "row"])
    results.predictions = pd.DataFrame(rows)
    return results


@pytest.fixture(scope="module")
def results():
    return full_results()


class Page(HTMLParser):
    """The elements of a page with their attributes, and its text."""

    VOID = ("meta", "link", "img", "br", "hr")

    def __init__(self, text):
        super().__init__()
        self.elements, self.open, self.texts = [], [], []
        self.feed(text)
        self.close()
        assert not self.open

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] not in ("style", "script", "title"):
            self.texts.append(data)

    @property
    def text(self):
        return " ".join(" ".join(self.texts).split())

    def all(self, tag):
        return [attributes for name, attributes in self.elements if name == tag]


def page(results):
    return Page(page_of(results, []))


def f1_of(results, protocol, model):
    rows = results.predictions.query(
        "part == 'test' and protocol == @protocol and model == @model"
    )
    return f1_score(rows["y_true"], rows["y_pred"], average="macro")


# What it says


def test_headline_has_the_best_models_mean_and_interval_over_people(results):
    rows = results.predictions.query("protocol == 'unseen-people'")
    best = bootstrap_over_people(scores_by_person(rows)).iloc[0]
    said = headline(results).sentence
    assert f"never seen, {best['model'].upper()} names" in said
    for number in best[["score", "low", "high"]]:
        assert f"{100 * number:.1f}".removesuffix(".0") + " %" in said
    assert "3 people" in said


def test_headline_says_when_one_model_beats_the_others():
    results = people_results({"rf": [9] * 6 + [10] * 6, "svm": [5, 6, 7] * 4})
    finding = headline(results)
    assert finding.sentence.startswith("On people never seen, RF names the exercise right")
    assert finding.sentence.endswith("It beats SVM.")
    assert finding.pairs[0].startswith("RF beats SVM on people never seen: +35.0 points")


def test_headline_says_when_no_difference_can_be_told():
    results = people_results({"rf": [9, 8, 9, 9], "svm": [8, 9, 9, 8], "cnn": [1, 2, 1, 0]})
    finding = headline(results)
    assert finding.sentence.endswith(
        "It does best here, but no difference to SVM or CNN can be told from 4 people."
    )
    assert any("4 people are few" in line for line in finding.more)
    assert all("however large" in line for line in finding.pairs)


def test_headline_tells_those_beaten_from_those_alike():
    alike = [9, 8, 10, 9, 8, 10, 9, 8, 9, 10]
    results = people_results({"rf": alike, "svm": alike[::-1], "cnn": [3] * 10})
    assert headline(results).sentence.endswith(
        "It beats CNN; no difference to SVM can be told from 10 people."
    )


def test_nobody_fails():
    results = people_results({"rf": [10] * 3, "svm": [10] * 3})
    assert "100 % of a person's sets (the same on each of 3 people). No difference" in (
        headline(results).sentence
    )
    assert people_sentences(results) == ["No model makes a mistake on any person."]
    assert "RF makes no mistake in 30 sets." in page(results).text


def test_one_person_has_no_interval():
    results = people_results({"rf": [6], "svm": [8]})
    finding = headline(results)
    assert "SVM is right in 80 % of 10 test sets" in finding.sentence
    assert "interval" not in finding.sentence
    assert finding.more[0] == "One person tells nothing of others."


def test_commonest_exercise_and_seeds():
    results = people_results({"rf": [6, 7]})
    results.predictions.loc[:4, "y_true"] = "row"
    more = " ".join(headline(results).more)
    assert "commonest exercise would be right in 75 %" in more
    assert "One seed was run" in more
    again = results.predictions.assign(seed=1)
    results.predictions = pd.concat([results.predictions.assign(seed=0), again])
    assert "Each figure is the mean over 2 seeds" in " ".join(headline(results).more)


@pytest.mark.parametrize(
    ("kept", "says"),
    [
        (["copied-sets", "unseen-sets"], "On new sets of people that it has learnt from"),
        (["copied-sets"], "They say nothing of new sets"),
    ],
)
def test_without_unseen_people_the_headline_does_not_promise(kept, says):
    results = full_results(protocols=kept)
    results.settings["unavailable"] = {"unseen-people": "the data set names no subjects"}
    results.settings["protocols"] = PROTOCOLS
    finding = headline(results)
    assert finding.sentence == (
        "What these models do on people never seen is not known: the data set names no "
        "subjects."
    )
    assert says in finding.more[0]
    shown = page(results).text
    assert "Not available here: the data set names no subjects." in shown
    assert "Who fails can't be told: the data set names no subjects." in shown


def test_main_table_has_scores_and_the_published_ones(results):
    shown = page(results).text
    for model, published in {"rf": "0.78", "svm": "0.85", "cnn": "0.88"}.items():
        ours = [f"{f1_of(results, protocol, model):.3f}" for protocol in PROTOCOLS]
        assert " ".join([model.upper(), published, *ours]) in shown


def test_leak_is_a_less_b_in_points(results):
    said = leak_sentences(results)
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
    # All sets are in the training of the made-up splits.
    assert "Of the 12 test rows of (a), 12 are a set that the model has learnt" in said[2]
    assert "(b) rests on 12 test sets: one of them is 8.3 points" in said[3]


def test_leak_that_cannot_be_measured():
    results = full_results(protocols=["unseen-sets"])
    results.settings["unavailable"] = {"copied-sets": "each class needs 4 sets"}
    assert leak_sentences(results) == [
        "The leak can't be measured: (a) copies, then 80/20 is missing, each class needs 4 "
        "sets."
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


def test_a_leak_that_helps_with_everybody_is_told_from_chance():
    protocols = ["copied-sets", "unseen-sets"]
    results = people_results({"rf": [9] * 10}, protocols)
    gone = (results.predictions["protocol"] == "unseen-sets") & (
        results.predictions["set"] % 10 > 4
    )
    results.predictions.loc[gone, "y_pred"] = "row"
    (row,) = results.inflation().itertuples()
    assert row.low == row.high == pytest.approx(row.points)  # all people are alike
    assert row.points > 10
    assert "can be told from chance for RF" in leak_sentences(results)[1]
    # The same with and without: nothing to tell.
    results = people_results({"rf": [9, 8, 10, 7]}, protocols)
    (row,) = results.inflation().itertuples()
    assert (row.points, row.low, row.high) == (0, 0, 0)
    assert "can be told from chance for no model" in leak_sentences(results)[1]


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


def few_shot_results(right_by_k):
    """Return results in which a model has so many of ten sets of each person right."""
    results = people_results({"svm": [0]})
    rows = []
    for k, numbers in right_by_k.items():
        rows.append(people_results({"svm": numbers}).predictions.assign(k=k))
    results.predictions = pd.concat(rows, ignore_index=True).assign(protocol="few-shot")
    results.predictions["fold"] += ", k=" + results.predictions["k"].astype(str)
    results.settings["protocols"] = ["few-shot"]
    return results


def test_what_labelled_sets_of_the_person_give():
    results = few_shot_results({0: [6, 7, 8, 7], 1: [8, 8, 9, 9], 2: [9, 9, 10, 10]})
    shown = page(results).text.replace("\xa0", " ")
    assert "same sets of 4 people" in shown
    assert "from 0, 1 or 2 sets of each exercise" in shown
    assert "can be told from chance for SVM" in shown
    assert re.search(r"SVM 70 % 85 % 95 % \+25.0 \(\+2\d.\d to \+\d\d.\d\)", shown)
    (drawing,) = (d for d in figures._figures(results) if d.name == "personalisation")
    assert "SVM, 70 % to 95 %" in drawing.alt
    (line,) = drawing.figure.axes[0].lines
    np.testing.assert_allclose(line.get_ydata(), [0.7, 0.85, 0.95])


def test_few_shot_that_could_not_be_run():
    results = full_results()
    results.settings["protocols"] = [*PROTOCOLS, "few-shot"]
    results.settings["unavailable"] = {"few-shot": "no subject has two sets"}
    assert "Not known: no subject has two sets." in page(results).text
    assert 'id="personal"' not in page_of(full_results(), [])


def test_worst_people_come_first():
    results = people_results({"rf": [9, 4, 10], "svm": [8, 10, 10]})
    assert people_sentences(results) == [
        "Person P1, 10 sets: RF is right in 40 % and SVM in 100 %; most often curl taken "
        "for row (6 of 6 mistakes).",
        "Person P0, 10 sets: RF is right in 90 % and SVM in 80 %; most often curl taken "
        "for row (3 of 3 mistakes).",
        "1 of 3 people are recognised without a mistake, by every model.",
    ]


def test_confused_pairs_are_counted():
    rows = pd.DataFrame(
        {
            "y_true": ["a"] * 5 + ["b"] * 4 + ["c"],
            "y_pred": ["b", "b", "b", "a", "c"] + ["a", "a", "b", "b"] + ["c"],
            "subject": ["P0", "P0", "P1", *["P2"] * 7],
        }
    )
    told = [(p["text"], p["n"], p["n_true"], p["person"]) for p in confused_pairs(rows)]
    assert told == [
        ("a taken for b", 3, 5, "P0"),
        ("b taken for a", 2, 4, None),
        ("a taken for c", 1, 5, None),
    ]
    assert len(confused_pairs(rows, 1)) == 1


def test_what_went_wrong_with_the_data_is_said(results):
    shown = page(results).text
    for line in (*results.settings["quality"], *results.settings["notes"]):
        assert line in shown
    assert "3 sets are shorter than a window of 2.5 s" in shown
    assert "LEAK: 9 pairs of train and test rows share values" in shown
    assert "Quick budget" in shown
    assert "Quick budget:" not in page(full_results(budget="full")).text
    results = full_results()
    results.settings["quality"] = []
    assert "No recording gave cause for a warning." in page(results).text


def test_folds_and_environment(results):
    shown = page(results).text
    for text in ("93266a6b" * 8, "numpy 2.4.6", "Seed 7", "split 1 RF C 10.0, gamma 0.003"):
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
    for name in ("wear", "window_seconds", "fixed_length"):
        assert given[name] == settings[name]
    results = full_results()
    results.settings |= {"data": "my gym's $sets", "segment": False}
    assert main(words_of(how_to_run(results))[1:]) == 1
    assert given["data"] == "my gym's $sets"
    assert given["segment"] is False


@pytest.mark.parametrize("change", [{"data": "your data"}, {"sampling_rate_hz": 50.0}])
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


# How it is built


@pytest.mark.parametrize(
    "results",
    [
        full_results(),
        full_results(models=["cnn"], protocols=["unseen-people"], n_people=1),
        full_results(protocols=["unseen-people", "unseen-sets"], n_people=0),
        make_results(),  # with fewer settings, as from an earlier version
        full_results(NASTY, ["minirocket"]),
    ],
    ids=["all", "one of each", "no people", "few settings", "nasty"],
)
def test_structure(results):
    shown = page(results)
    assert shown.all("html") == [{"lang": "en"}]
    assert {"name": "viewport", "content": "width=device-width, initial-scale=1"} in (
        shown.all("meta")
    )
    assert not shown.all("script")
    assert not [name for _, attrs in shown.elements for name in attrs if name[:2] == "on"]
    levels = [int(tag[1]) for tag, _ in shown.elements if re.fullmatch("h[1-6]", tag)]
    assert levels.count(1) == 1
    assert levels[0] == 1
    assert max(np.diff(levels)) <= 1
    ids = [attrs["id"] for _, attrs in shown.elements if "id" in attrs]
    assert len(ids) == len(set(ids))
    assert set(SECTIONS) <= set(ids)
    for link in shown.all("a"):
        assert link["href"].removeprefix("#") in ids
    for _, attrs in shown.elements:
        assert attrs.get("aria-labelledby", ids[0]) in ids
    assert len(shown.all("caption")) == len(shown.all("table"))
    assert {head["scope"] for head in shown.all("th")} <= {"col", "row", "rowgroup"}


def test_results_without_predictions():
    results = make_results()
    results.predictions = results.searches = pd.DataFrame()
    shown = page(results).text
    assert "There are no predictions." in shown
    assert "not known: this protocol was not run" in shown


def test_labels_are_text_and_nothing_else():
    results = full_results(NASTY, ["rf"])
    results.predictions["subject"] = NASTY[0]
    results.settings["quality"] = [NASTY[0]]
    results.settings["data"] = NASTY[1]
    shown = page(results)
    for label in NASTY:
        assert label in shown.text.replace("\xa0", " ")
    assert not shown.all("b")


def test_nothing_is_loaded(written):
    text = written.read_text("utf-8")
    shown = Page(text)
    policy = next(m["content"] for m in shown.all("meta") if "http-equiv" in m)
    assert "default-src 'none'" in policy
    for _, attributes in shown.elements:
        for name in ("src", "href", "srcset", "data", "action", "poster", "background"):
            assert attributes.get(name, "#").startswith(("#", "data:"))
    assert not re.search(r"url\(|@import", text)
    assert len(shown.all("img")) == len(shown.all("figure")) == 9
    for image in shown.all("img"):
        assert len(image["alt"]) > 40
        assert image["src"].startswith(
            ("data:image/svg+xml;base64,", "data:image/png;base64,")
        )
    assert len(shown.all("figcaption")) == 9


def test_alike_from_what_was_saved(tmp_path):
    results = full_results(models=["rf", "cnn"], protocols=["unseen-people"])
    results.save(tmp_path)
    loaded = StudyResults.load(tmp_path)
    assert page_of(loaded, []) == page_of(results, [])
    assert latex_table(loaded) == latex_table(results)


def luminance(colour):
    channels = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    linear = np.where(
        channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4
    )
    return linear @ [0.2126, 0.7152, 0.0722]


def test_contrast_is_enough_in_light_dark_and_print(results):
    schemes = re.findall(r":root \{(.*?)\}", page_of(results, []), flags=re.DOTALL)
    assert len(schemes) == 3
    for scheme in schemes:
        colours = dict(re.findall(r"--([\w-]+): (#\w{6})", scheme))
        pairs = [
            (text, page) for text in ("text", "soft", "link") for page in ("page", "band")
        ]
        pairs += [("warn-text", "warn-page"), ("main-text", "main-page")]
        for text, ground in pairs:
            low, high = sorted([luminance(colours[text]), luminance(colours[ground])])
            # WCAG 2.2, 1.4.3, level AA.
            assert (high + 0.05) / (low + 0.05) >= 4.5, (text, ground)
        low, high = sorted([luminance(colours["warn-line"]), luminance(colours["page"])])
        assert (high + 0.05) / (low + 0.05) >= 3


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


# How a browser shows it

MEASURE = """
<script>
addEventListener("load", () => {
  const page = document.getElementById("page").contentDocument;
  for (const details of page.querySelectorAll("details")) details.open = true;
  const boxes = [...page.querySelectorAll(".scroll, .sheet")];
  const beyond = [...page.querySelectorAll("body *")].filter(element =>
    element.getBoundingClientRect().right > 390.5
    && !boxes.some(box => box !== element && box.contains(element)));
  const measured = {
    width: page.defaultView.innerWidth,
    scrollWidth: page.documentElement.scrollWidth,
    beyond: beyond.map(element => element.outerHTML.slice(0, 80)),
    images: [...page.images].map(image => image.complete && image.naturalWidth > 0),
    scrolling: boxes.filter(box => box.scrollWidth > box.clientWidth).length,
  };
  console.error("measured");
  document.getElementById("measured").textContent = JSON.stringify(measured);
});
</script>
"""


@pytest.fixture(scope="module")
def browse(tmp_path_factory):
    """Return a function that opens a page and returns its DOM, log and screenshot."""
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    if program is None:
        if os.environ.get("SK_IMU_NEEDS_BROWSER"):
            pytest.fail("SK_IMU_NEEDS_BROWSER is set, but there is no chromium.")
        pytest.skip("no chromium here")

    def browse(path, width, height, *options):
        place = tmp_path_factory.mktemp("browser")
        picture = place / "picture.png"
        run = subprocess.run(
            [
                *(program, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic"),
                *("--no-first-run", "--disable-background-networking", "--disable-sync"),
                *("--disable-component-update", "--disable-dev-shm-usage"),
                *("--hide-scrollbars", "--enable-logging=stderr", "--v=0"),
                # No name is found: what the page would load from elsewhere is missing.
                *("--host-resolver-rules=MAP * ~NOTFOUND", f"--user-data-dir={place}"),
                *(f"--window-size={width},{height}", f"--screenshot={picture}"),
                *("--dump-dom", *options, path.as_uri()),
            ],
            capture_output=True,
            text=True,
            timeout=300,
            check=True,
        )
        console = [line for line in run.stderr.splitlines() if "CONSOLE" in line]
        return run.stdout, console, mpl.image.imread(picture)[..., :3]

    return browse


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    results = full_results([*CLASSES, NASTY[0], "a_name_without_any_space_" * 4])
    results.settings["data"] = "a/folder_with_a_very_long_name_" * 5
    return write_report(results, tmp_path_factory.mktemp("report"))[0]


def test_wide_and_light(browse, written):
    dom, console, picture = browse(written, 1280, 3000)
    assert not console
    shown = Page(dom)
    ids = {attributes.get("id") for _, attributes in shown.elements}
    assert set(SECTIONS) <= ids
    assert len(shown.all("img")) == 9
    assert Page(written.read_text("utf-8")).text == shown.text
    assert not shown.all("script")
    is_white = (picture > 0.99).all(axis=2)
    assert 0.5 < is_white.mean() < 0.98
    # The headline's box and the warning's are coloured, and text is dark.
    assert len(np.unique(picture.reshape(-1, 3), axis=0)) > 100
    assert picture.min() < 0.2


def test_narrow_and_dark(browse, written, tmp_path):
    # A window can't be that narrow, but a frame can. It keeps the page's own policy.
    wrapper = tmp_path / "wrapper.html"
    wrapper.write_text(
        '<!DOCTYPE html><meta charset="utf-8"><body style="margin:0">'
        '<iframe id="page" style="border:0;width:390px;height:3000px" srcdoc="'
        f'{html.escape(written.read_text("utf-8"))}"></iframe>'
        f'<pre id="measured"></pre>{MEASURE}',
        encoding="utf-8",
    )
    dark = ("--force-dark-mode", "--blink-settings=preferredColorScheme=0")
    dom, console, picture = browse(wrapper, 500, 3000, *dark)
    # Only what was put there to be found, which shows that errors would be.
    assert [line for line in console if "measured" in line]
    assert len(console) == 1
    measured = json.loads(
        html.unescape(re.search('<pre id="measured">(.*?)</pre>', dom, re.DOTALL)[1])
    )
    assert measured["width"] == 390
    assert measured["scrollWidth"] == 390
    assert measured["beyond"] == []
    assert measured["images"] == [True] * 9
    assert measured["scrolling"] >= 3
    frame = picture[:, :390]
    ground = np.median(frame[:400].reshape(-1, 3), axis=0)
    assert luminance("#" + "".join(f"{round(255 * c):02x}" for c in ground)) < 0.05
    # Text is light.
    assert frame[:400].max() > 0.8
