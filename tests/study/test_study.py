"""The study: grids, protocols, saved results, and the command line."""

import json
import re
from dataclasses import replace
from xml.etree import ElementTree as ET

import numpy as np
import pandas as pd
import pytest
from made_sets import NAMES, make_sets
from numpy.testing import assert_array_equal
from sklearn.metrics import f1_score
from sklearn.model_selection import GridSearchCV, GroupKFold

from sk_imu import DataQualityWarning, Recording
from sk_imu.cli import main, make_parser
from sk_imu.datasets import load_basic_motions, load_watch
from sk_imu.model_selection import LeakError
from sk_imu.study import (
    MODELS,
    PROTOCOLS,
    CopiedSets,
    StudyResults,
    UnseenPeople,
    UnseenSets,
    grid_for,
    make_pipeline_for,
    plan_study,
    published_table,
    run_study,
)
from sk_imu.study._inflation import leak_inflation


@pytest.fixture(scope="module")
def sets():
    return make_sets()


@pytest.fixture(scope="module")
def forest_run(sets, tmp_path_factory):
    """Return the results of a run of forest and SVM, and the folder it kept them in."""
    out = tmp_path_factory.mktemp("study")
    return run_study(sets, models=["rf", "svm"], budget="plain", out=out, verbose=0), out


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("budget", ["quick", "plain", "full"])
@pytest.mark.parametrize("fixed_length", [None, 64])
def test_grids_name_parameters_that_exist(name, budget, fixed_length):
    for augment in (True, False):
        pipeline = make_pipeline_for(name, fixed_length=fixed_length, augment=augment)
        grid = grid_for(name, pipeline, budget)
        assert grid
        for point in grid:
            assert set(point) <= set(pipeline.get_params())


def test_the_full_grid_of_the_cnn_gru_varies_five_hyperparameters():
    grid = grid_for("cnn-gru", make_pipeline_for("cnn-gru"), "full")
    searched = {key.rpartition("__")[2] for point in grid for key in point}
    assert searched == {"kernel_size", "pooling", "lr", "batch_size", "max_epochs"}


@pytest.mark.parametrize("name", MODELS)
def test_augmentation_can_be_switched_off(name):
    augmented = [
        "MultiplicativeNoise" in repr(make_pipeline_for(name, **options).get_params())
        for options in ({}, {"n_copies": 1}, {"n_copies": 1, "augment": False})
    ]
    # A forest and an SVM are augmented by copies only, and only on request.
    assert augmented == [name not in ("rf", "svm"), True, False]


def test_unknown_model_is_refused_with_the_known_ones():
    with pytest.raises(ValueError, match="no model 'lstm'.*rf, svm, cnn, gru, cnn-gru"):
        make_pipeline_for("lstm")


def test_labels_inside_recordings_are_never_read(sets):
    labels = np.array([recording.label for recording in sets])
    anonymous = [
        Recording(recording.streams, label=str(row)) for row, recording in enumerate(sets)
    ]
    plain = make_pipeline_for("svm", random_state=0).fit(sets, labels).predict(sets)
    blind = make_pipeline_for("svm", random_state=0).fit(anonymous, labels)
    assert_array_equal(blind.predict(anonymous), plain)


def test_copies_reach_the_other_side_of_the_split_in_protocol_a_only():
    y = np.repeat(["lunge", "squat"], 20)
    (leaked,) = CopiedSets(n_copies=3).splits(y, None, quick=True, seed=0)
    assert len(leaked.train) + len(leaked.test) == 160
    shared = set(leaked.train % 40) & set(leaked.test % 40)
    assert len(shared) > 0.9 * len(set(leaked.test % 40))
    for fold in UnseenSets().splits(y, None, quick=False, seed=0):
        assert not set(fold.train) & set(fold.test)
        assert len(fold.test) == 8
        assert fold.n_copies == 0


def test_unseen_people_leaves_each_person_out_once():
    subjects = np.repeat(["a", "b", "c", "d"], 6)
    y = np.tile(["lunge", "squat"], 12)
    folds = UnseenPeople().splits(y, subjects, quick=False, seed=0)
    assert [fold.name for fold in folds] == [f"subject {s}" for s in "abcd"]
    for fold in folds:
        assert not set(subjects[fold.train]) & set(subjects[fold.test])
    assert_array_equal(np.sort(np.concatenate([s.test for s in folds])), np.arange(24))
    inner = UnseenPeople().inner_cv(3, 0)
    groups = subjects[folds[0].train]
    for train, test in inner.split(groups, groups=groups):
        assert not set(groups[train]) & set(groups[test])


@pytest.mark.parametrize(
    ("subjects", "y", "reason"),
    [
        (None, ["a", "b"] * 4, "names no subjects"),
        (np.repeat([1, 2], 4), ["a", "b"] * 4, "at least 3 subjects, there are 2"),
        (np.repeat([1, 2, 3], 2), ["a", "b", "a", "a", "a", "a"], "only subject 1 .* b"),
        (np.repeat([1, 2, 3, 4], 2), list("aaaabbab"), "1 of 3 subjects .* of a only"),
    ],
)
def test_unseen_people_says_why_it_is_unavailable(subjects, y, reason):
    why = UnseenPeople().why_unavailable(np.array(y), subjects)
    assert why is not None
    assert pd.Series([why]).str.contains(reason).all()


def test_published_scores_are_those_of_table_1():
    table = published_table()
    assert list(table.index) == list(MODELS[:5])
    assert table.loc["rf"].tolist() == [0.85, 0.81, 0.78]
    assert table.loc["cnn-gru"].tolist() == [0.97, 0.97, 0.97]


def test_plain_fits_each_model_with_its_defaults_for_every_person(sets, tmp_path):
    options = {"models": ["svm"], "protocols": ["c"], "budget": "plain"}
    plan = plan_study(sets, **options)
    assert plan[["folds", "grid_points", "fits"]].to_numpy().tolist() == [[4, 0, 4]]
    results = run_study(sets, out=tmp_path, verbose=0, **options)
    assert results.searches.best_params.tolist() == ["{}"] * 4
    assert StudyResults.load(tmp_path).searches.cv_score.isna().all()
    names = sets[0].channel_names
    model = make_pipeline_for("svm", random_state=0, channels=names)
    others = [one for one in sets if one.subject != 2]
    model.fit(others, [one.label for one in others])
    mine = results.predictions.query("fold == 'subject 2' and part == 'test'")
    expected = model.decision_function([sets[i] for i in mine["set"]])
    assert_array_equal(mine["score_squat"], expected)


def test_every_prediction_is_kept_once(forest_run, sets):
    results, _ = forest_run
    predictions = results.predictions
    assert list(predictions.protocol.unique()) == list(PROTOCOLS)[:3]
    people = predictions[predictions.protocol == "unseen-people"]
    for _, fold in people.groupby(["model", "fold"]):
        test = fold[fold.part == "test"]
        assert test.subject.nunique() == 1
        assert not set(test.subject) & set(fold[fold.part == "train"].subject)
        assert sorted(fold["set"]) == list(range(len(sets)))
    unseen = predictions[predictions.protocol == "unseen-sets"]
    assert (unseen["copy"] == 0).all()
    assert set(predictions[predictions.protocol == "copied-sets"]["copy"]) == {0, 1}


def test_pairs_that_train_and_test_share_are_counted(forest_run):
    results, _ = forest_run
    shared = results.settings["n_shared_pairs"]
    assert shared["unseen-sets"] == shared["unseen-people"] == 0
    # Nearly all test rows have a copy of themselves among the training rows.
    test = results.predictions.query(
        "protocol == 'copied-sets' and model == 'rf' and part == 'test'"
    )
    assert shared["copied-sets"] >= 0.5 * len(test)
    assert f"LEAK: {shared['copied-sets']} pairs" in results.summary()


def test_a_set_under_two_names_ends_the_run_on_unseen_people(sets):
    others = {s.subject for s in sets} - {sets[0].subject}
    # Every person has it, so it is among the training sets of every fold.
    twice = [*sets, *(replace(sets[0], subject=other) for other in others)]
    with pytest.raises(LeakError, match="identical"):
        run_study(twice, models=["rf"], protocols=["unseen-people"], verbose=0)


def test_the_table_is_what_the_predictions_say(forest_run):
    results, _ = forest_run
    table = results.table()
    for (protocol, model, part), row in table.iterrows():  # noqa: B007 - read by query
        rows = results.predictions.query(
            "protocol == @protocol and model == @model and part == @part"
        )
        assert row.f1_macro == f1_score(rows.y_true, rows.y_pred, average="macro")
        assert row.accuracy == (rows.y_true == rows.y_pred).mean()
        assert row.n_rows == len(rows)
    assert table.loc[("unseen-sets", "svm", "test"), "published_f1"] == 0.85


def test_a_notebook_shows_a_small_table(forest_run):
    results, _ = forest_run
    assert repr(results) == f"<StudyResults of {results.summary().splitlines()[0]}>"
    f1 = results.table()["f1_macro"]
    shown = results._repr_html_()
    table = ET.fromstring(f"<div>{shown}</div>").find("table")
    head, *rows = [[cell.text for cell in row] for row in table.iter("tr")]
    assert head[1:] == [PROTOCOLS[name].title for name in list(PROTOCOLS)[:3]]
    svm = [f"{f1[name, 'svm', 'test']:.3f}" for name in list(PROTOCOLS)[:3]]
    assert ["svm", *svm] in rows
    nasty = replace(results, settings=results.settings | {"data": "<script>"})
    assert "<script>" not in nasty._repr_html_()


def test_summary_of_a_model_without_published_scores(forest_run):
    results, _ = forest_run
    rows = results.predictions.query("model == 'rf'").assign(model="minirocket")
    alone = replace(results, predictions=rows)
    assert "minirocket" in alone.summary()
    beside = replace(results, predictions=pd.concat([results.predictions, rows]))
    (line,) = re.findall("minirocket .*", beside.summary().split("\n\n")[1])
    assert line.split()[-3:] == ["-"] * 3


def test_results_are_read_back_as_they_were_written(forest_run):
    results, out = forest_run
    loaded = StudyResults.load(out)
    for name in ("predictions", "searches", "timings", "windows"):
        pd.testing.assert_frame_equal(
            getattr(loaded, name), getattr(results, name), check_dtype=False
        )
    assert loaded.settings == results.settings
    assert loaded.example == results.example
    assert loaded.summary() == results.summary()
    pd.testing.assert_frame_equal(loaded.table(), results.table())


@pytest.mark.slow
def test_an_interrupted_run_goes_on_and_ends_the_same(forest_run, sets, tmp_path):
    results, out = forest_run
    folds = tmp_path / "folds"
    folds.mkdir()
    kept = sorted((out / "folds").glob("*.json"))
    for path in kept[::2]:
        (folds / path.name).write_bytes(path.read_bytes())
    before = {path: path.stat().st_mtime_ns for path in folds.iterdir()}
    options = {"models": ["rf", "svm"], "budget": "plain", "n_jobs": 2, "verbose": 0}
    resumed = run_study(sets, out=tmp_path, **options)
    assert all(path.stat().st_mtime_ns == time for path, time in before.items())
    for name in ("predictions", "searches", "windows"):
        assert (tmp_path / f"{name}.csv").read_bytes() == (out / f"{name}.csv").read_bytes()
    assert resumed.summary() == results.summary()


def test_kept_jobs_of_other_data_or_seed_are_not_used(forest_run, sets):
    results, out = forest_run
    folds = {path.name: json.loads(path.read_text()) for path in (out / "folds").iterdir()}
    options = {"models": ["svm"], "protocols": ["b"], "budget": "plain", "verbose": 0}
    other = run_study(sets, out=out, random_state=np.int64(1), **options)
    again = json.loads((out / "folds" / "unseen-sets-00-svm-seed1.json").read_text())
    kept = folds["unseen-sets-00-svm-seed0.json"]
    assert again["fingerprint"] != kept["fingerprint"]
    assert (
        other.predictions["set"].tolist()
        != (
            results.predictions.query("protocol == 'unseen-sets' and model == 'svm'")["set"]
        ).tolist()
    )


def test_labels_of_any_text_and_subjects_of_mixed_types_last(sets, tmp_path):
    y = np.array(["a,b", '"q"\nx', "None", "x\ry"], dtype=object)[np.arange(16) % 4]
    people = np.array([1, "1b", 2, "x"], dtype=object)[np.arange(16) // 4]
    results = run_study(
        (sets, y, people), models=["svm"], protocols=["b", "c"], out=tmp_path, verbose=0
    )
    loaded = StudyResults.load(tmp_path)
    pd.testing.assert_frame_equal(
        loaded.predictions, results.predictions, check_dtype=False
    )
    assert results.settings["classes"] == sorted(set(y))
    assert results.settings["n_folds"] == {"unseen-sets": 1, "unseen-people": 2}


@pytest.mark.parametrize("nobody", [None, np.nan])
def test_sets_without_a_subject_among_others_are_counted(sets, nobody):
    people = [nobody, *(recording.subject for recording in sets[1:])]
    labels = [recording.label for recording in sets]
    results = run_study(
        (sets, labels, people), models=["svm"], protocols=["b", "c"], verbose=0
    )
    assert "1 of 16 sets have no subject, so subjects are not used." in results.summary()
    assert "unseen-people" in results.settings["unavailable"]


def test_the_svm_predicts_the_class_of_its_highest_decision_value():
    rng = np.random.default_rng(0)
    noise = [
        Recording.from_array(
            rng.normal(size=(3, 80)), sampling_rate_hz=50, channel_names=NAMES[:3]
        )
        for _ in range(120)
    ]
    y = rng.integers(0, 6, 120)
    svm = make_pipeline_for("svm", random_state=0, fixed_length=64)
    svm.fit(noise[:60], y[:60])
    highest = svm.classes_[svm.decision_function(noise).argmax(axis=1)]
    assert_array_equal(svm.predict(noise), highest)


def test_a_net_leaves_its_curves(sets):
    results = run_study(sets, models=["cnn"], protocols=["unseen-sets"], verbose=0)
    curves = results.curves
    epochs = json.loads(results.searches.best_params[0])["max_epochs"]
    assert curves.epoch.tolist() == list(range(1, epochs + 1))
    assert np.isfinite(curves[["train_loss", "test_loss"]].to_numpy()).all()
    test = results.predictions.query("part == 'test'")
    last = curves.iloc[-1]
    assert last.test_accuracy == pytest.approx((test.y_true == test.y_pred).mean())
    probabilities = [row[f"score_{row.y_true}"] for _, row in test.iterrows()]
    assert last.test_loss == pytest.approx(-np.log(probabilities).mean())


def test_unavailable_protocols_are_reported_not_skipped(sets):
    data = (sets, [recording.label for recording in sets], None)
    results = run_study(data, models=["svm"], protocols=["b", "c"], verbose=0)
    assert "(c) unseen people: unavailable, the data set names no subjects" in (
        results.summary()
    )
    with pytest.raises(ValueError, match="No protocol is available.*no subjects"):
        run_study(data, models=["svm"], protocols=["c"], verbose=0)


def test_inflation_of_two_people_of_ten_is_not_of_draws_without_them():
    """As in the quick budget: nobody's F1 is not 0."""
    labels = ["lunge", "squat"] * 2
    rows = [
        {"protocol": protocol, "subject": str(i), "y_true": label, "y_pred": pred}
        | {"seed": seed, "set": 4 * i + j}
        for protocol, n_people, wrong in (("copied-sets", 10, 0), ("unseen-people", 2, 1))
        for seed in (0, 1)
        # Each seed tests other people.
        for i in np.arange(n_people) + n_people * seed * (n_people < 10)
        for j, label in enumerate(labels)
        for pred in ["squat" if j < wrong else label]
    ]
    table = pd.DataFrame(rows).assign(model="svm", part="test", k=pd.NA)
    (row,) = leak_inflation(table, 0.95, 4999, 0).itertuples()
    # All people have the same scores, so it does not matter who is drawn.
    assert row.points > 20
    assert row.low == pytest.approx(row.points)
    assert row.high == pytest.approx(row.points)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"models": ["lstm"]}, "no model 'lstm'. Choose from rf, svm"),
        ({"protocols": ["d"]}, "no protocol 'd'. Choose from copied-sets"),
        ({"models": []}, "No model is named"),
        ({"budget": "huge"}, "budget must be 'quick', 'plain' or"),
        ({"window_seconds": 0}, "window_seconds must be .* number or 'auto', got 0"),
        ({"window_seconds": np.nan}, "window_seconds must be .* or 'auto', got nan"),
        ({"window_seconds": "4 s"}, "window_seconds must be .* or 'auto', got '4 s'"),
        ({"fixed_length": 1}, "fixed_length must be None or at least 2, got 1"),
    ],
)
def test_unknown_options_are_refused_before_work(sets, options, message):
    with pytest.raises(ValueError, match=message):
        run_study(sets, verbose=0, **options)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda X, y, s: (X, y[:-1], s), "16 recordings, but 15 labels"),
        (lambda X, y, s: (X, y, s[:-1]), "16 recordings, but 15 subjects"),
        (lambda X, y, s: (X, ["squat"] * len(X), s), "at least two classes"),
        (lambda X, y, s: (X, [None, *y[1:]], s), "row 0 .* has no label"),
        (lambda X, y, s: (X, [*y[:3], np.nan, *y[4:]], s), "row 3 .* has no label"),
        (lambda X, y, s: (X[:6], y[:6], s[:6]), "4 sets, but squat has 2"),
        (lambda X, y, s: ([np.zeros((6, 300)), *X[1:]], y, s), "row 0 is a ndarray"),
        (lambda X, y, s: [np.zeros((6, 300))] * 16, "row 0 is a ndarray"),
    ],
)
def test_unusable_data_is_refused(sets, change, message):
    labels = [recording.label for recording in sets]
    subjects = [recording.subject for recording in sets]
    with pytest.raises(ValueError, match=message):
        run_study(change(sets, labels, subjects), protocols=["b"], verbose=0)


def test_short_sets_are_counted(sets):
    with pytest.warns(
        DataQualityWarning, match="16 of 16 sets are shorter than a window of 30"
    ):
        results = run_study(
            sets, models=["svm"], protocols=["b"], window_seconds=30, verbose=0
        )
    assert results.settings["n_short_sets"] == 16


def test_the_example_shows_the_first_set_on_both_clocks(forest_run, sets):
    example = forest_run[0].example
    assert example["channel_names"] == NAMES[:3]
    stream = sets[0].streams["TotalAcceleration"]
    assert_array_equal(np.array(example["before"]).T, stream.values)
    assert_array_equal(example["before_s"], stream.timestamps_s)
    assert np.shape(example["fixed"]) == (3, 256)


def test_command_line_runs_and_reports(tmp_path, capsys):
    code = main(
        ["study", "--data", "basic-motions", "--models", "svm", "--quiet"]
        + ["--protocols", "b", "c", "--jobs", "1", "--out", str(tmp_path)]
    )
    shown = capsys.readouterr().out
    assert code == 0
    assert "basic-motions: 80 sets, 4 classes" in shown
    assert "QUICK" in shown
    assert "(c) unseen people: unavailable" in shown
    assert (tmp_path / "predictions.csv").exists()
    assert (tmp_path / "confusion_unseen-sets.png").exists()


@pytest.fixture
def given(monkeypatch):
    """Return the options that the command line passes to the study, which then ends."""
    options = {}

    def run_study(**those):
        options.update(those)
        raise ValueError("enough")

    monkeypatch.setattr("sk_imu.study.run_study", run_study)
    return options


@pytest.mark.parametrize(
    ("words", "seeds"), [([], [0]), (["--seed", "3"], [3]), (["--seeds", "0", "2"], [0, 2])]
)
def test_seeds_of_a_command(given, words, seeds):
    assert main(["study", *words]) == 1
    assert list(given["seeds"]) == seeds


def test_data_sets_of_a_command_are_named_by_their_folders(given, tmp_path, capsys):
    gym, home = str(tmp_path / "gym"), str(tmp_path / "home")
    assert main(["study", "--data", gym, home]) == 1
    assert given["data"] == {"gym": gym, "home": home}
    capsys.readouterr()
    assert main(["study", "--data", gym, str(tmp_path / "other" / "gym")]) == 1
    assert "two have the same name: rename some" in capsys.readouterr().err


def test_choices_of_the_command_are_those_of_the_study(capsys):
    with pytest.raises(SystemExit):
        main(["study", "--help"])
    # Lines may end at a hyphen.
    shown = " ".join(capsys.readouterr().out.split()).replace("- ", "-")
    assert f"{' '.join(MODELS)} (default" in shown
    assert ", ".join(PROTOCOLS) in re.sub(r" \([abc]\)", "", shown)
    usual = make_parser().parse_args(["study"])
    assert list(usual.models) == list(MODELS[:5])
    assert list(usual.protocols) == list(PROTOCOLS)[:3]


@pytest.mark.slow
def test_grouped_search_over_raw_recordings_with_two_jobs():
    watch = load_watch()
    rows = np.flatnonzero(np.isin(watch.subject, [1, 2, 3, 4]))
    X, y = [watch.data[i] for i in rows], watch.target[rows]
    pipeline = make_pipeline_for("svm", random_state=0, channels=watch.channel_names)
    grid = grid_for("svm", pipeline, "quick")
    search = GridSearchCV(pipeline, grid, cv=GroupKFold(4), n_jobs=2)
    search.fit(X, y, groups=watch.subject[rows])
    assert search.best_score_ > 0.7
    assert search.score(X, y) > search.best_score_  # on the training people


@pytest.mark.slow
def test_the_leak_shows_on_labels_that_mean_nothing():
    """Copies before the split make noise predictable; inside the folds it stays noise."""
    motions = load_basic_motions()
    labels = np.random.default_rng(0).permutation(np.repeat(["a", "b"], 40))
    results = run_study(
        (motions.data, labels, None), models=["rf"], protocols=["a", "b"], verbose=0
    )
    accuracy = results.table()["accuracy"].xs("test", level="part").droplevel("model")
    assert accuracy["copied-sets"] > 0.8
    assert accuracy["unseen-sets"] < 0.75
