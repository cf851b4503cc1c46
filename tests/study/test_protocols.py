"""The protocols: what they hold out; several seeds; interrupted runs."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_array_equal
from sklearn.ensemble import RandomForestClassifier
from sklearn.metrics import f1_score
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer

from sk_imu import Recording, Resampler
from sk_imu.model_selection import LeakError
from sk_imu.study import (
    PROTOCOLS,
    FewShot,
    StudyResults,
    UnseenDataset,
    UnseenPeople,
    UnseenPlacement,
    UnseenSessions,
    UnseenSide,
    run_study,
)
from sk_imu.study import _preparing as preparing
from sk_imu.study import _running as running
from sk_imu.study._data import load_study_data

ACCELEROMETER = [f"Accelerometer_{axis}" for axis in "xyz"]
HELD_OUT = [
    UnseenPeople(),
    UnseenPeople(n_folds=3),
    UnseenSessions(),
    UnseenPlacement(),
    UnseenSide(),
    UnseenDataset(),
]
FACTORS = {
    None: None,
    "session": [1, 2],
    "placement": ["hand", "pocket", "wrist"],
    "side": ["left", "right"],
    "dataset": ["gym", "home"],
}


@st.composite
def designs(draw, by, least=1):
    """Draw labels, people and what is split by, of sets in random order."""
    values = [None] if by is None else FACTORS[by]
    people = ["Ann", "Bob", "Cy", "Di"][: draw(st.integers(3, 4))]
    # Each class by everybody everywhere, or the training sets might lack it.
    labels = ["curl", "lunge", "squat"][: draw(st.integers(2, 3))]
    rows = [
        # As in files: nobody is in two data sets.
        (label, f"{value}, {person}" if by == "dataset" else person, value)
        for person in people
        for value in values
        for label in labels
        for _ in range(draw(st.integers(least, 3)))
    ]
    y, subjects, factor = zip(*draw(st.permutations(rows)), strict=True)
    return np.array(y), np.array(subjects), None if by is None else np.array(factor)


@pytest.mark.parametrize("protocol", HELD_OUT, ids=lambda protocol: protocol.name)
@settings(max_examples=25)
@given(data=st.data(), seed=st.integers(0, 9))
def test_what_is_held_out_is_never_learned_from(protocol, data, seed):
    known = y, subjects, factor = data.draw(designs(protocol.by))
    assert protocol.why_unavailable(*known) is None
    folds = protocol.splits(*known, quick=False, seed=seed)
    for fold in folds:
        for groups in protocol.kept_apart(subjects, factor):
            assert not set(groups[fold.train]) & set(groups[fold.test])
        groups = protocol.groups(subjects, factor)[fold.train]
        inner = protocol.inner_cv(2, seed).split(groups, y[fold.train], groups)
        for learned, chosen_on in inner:
            assert not set(groups[learned]) & set(groups[chosen_on])
    tested = np.concatenate([fold.test for fold in folds])
    assert_array_equal(np.sort(tested), np.arange(len(y)))
    quick = protocol.splits(*known, quick=True, seed=seed)
    assert len(quick) == 2
    assert {fold.name for fold in quick} <= {fold.name for fold in folds}
    # Otherwise scores of several seeds could not be averaged by person.
    other = protocol.splits(*known, quick=True, seed=seed + 1)
    assert [fold.name for fold in other] == [fold.name for fold in quick]


def test_groups_of_people_where_there_are_many():
    y, people = np.tile(["lunge", "squat"], 30), np.repeat(np.arange(15), 4)
    folds = UnseenPeople(n_folds=4).splits(y, people, quick=False, seed=0)
    tested = [np.unique(people[fold.test]).tolist() for fold in folds]
    assert [fold.name for fold in folds] == [f"group {k}" for k in range(1, 5)]
    assert sorted(map(len, tested)) == [3, 4, 4, 4]
    assert sorted(p for group in tested for p in group) == list(range(15))
    again = UnseenPeople(n_folds=4).splits(y, people, quick=False, seed=1)
    assert [np.unique(people[fold.test]).tolist() for fold in again] == tested
    each = UnseenPeople(n_folds=15).splits(y, people, quick=False, seed=0)
    assert [fold.name for fold in each] == [f"subject {k}" for k in range(15)]
    for number in (2.5, "3"):
        with pytest.raises(ValueError, match=f"n_folds={number!r} is no whole number"):
            UnseenPeople(n_folds=number).why_unavailable(y, people)
    with pytest.raises(ValueError, match="n_folds=1 leaves nobody"):
        UnseenPeople(n_folds=1).why_unavailable(y, people)


@settings(max_examples=25)
@given(design=designs("session"))
def test_an_unseen_session_is_of_a_person_whose_others_are_learned(design):
    y, people, sessions = design
    for fold in UnseenSessions().splits(*design, quick=False, seed=0):
        ((person, session),) = {*zip(people[fold.test], sessions[fold.test], strict=True)}
        assert person in people[fold.train]
        # Everything else is learned from, also that session of other people.
        assert len(fold.train) + len(fold.test) == len(y)
        assert session in sessions[fold.train]


def test_a_person_s_only_session_is_learned_from_but_not_tested():
    y = np.tile(["lunge", "squat"], 6)
    people = np.repeat(["Ann", "Bob", "Cy"], 4)
    sessions = np.repeat(["m", "t", "m", "t", "m", "m"], 2)
    folds = UnseenSessions().splits(y, people, sessions, quick=False, seed=0)
    assert "Cy" not in {person for fold in folds for person in people[fold.test]}
    assert all("Cy" in people[fold.train] for fold in folds)


@settings(max_examples=25)
@given(design=designs("placement"))
def test_unseen_placement_learns_from_all_others_elsewhere(design):
    _, people, places = design
    for fold in UnseenPlacement().splits(*design, quick=False, seed=0):
        ((person, place),) = {*zip(people[fold.test], places[fold.test], strict=True)}
        allowed = (people != person) & (places != place)
        assert_array_equal(fold.train, np.flatnonzero(allowed))


@settings(max_examples=25)
@given(
    design=designs(None, least=2),
    ks=st.lists(st.integers(0, 4), min_size=1).map(lambda ks: [0, *ks]),
    n_draws=st.integers(1, 3),
    seed=st.integers(0, 9),
)
def test_few_shot_tests_the_same_sets_for_every_k(design, ks, n_draws, seed):
    y, people, _ = design
    protocol = FewShot(ks=ks, n_draws=n_draws)
    assert protocol.why_unavailable(y, people) is None
    folds = protocol.splits(y, people, quick=False, seed=seed)
    curves = {}
    for fold in folds:
        curves.setdefault(fold.name.rpartition(",")[0], []).append(fold)
    assert len(curves) == n_draws * len(np.unique(people))
    assert len({fold.name for fold in folds}) == len(folds)
    fewest = min(
        np.unique(y[people == person], return_counts=True)[1].min()
        for person in np.unique(people)
    )
    for curve in curves.values():
        assert [s.k for s in curve] == sorted({k for k in ks if k < fewest})
        (person,) = set(people[curve[0].test])
        others = np.flatnonzero(people != person)
        before: set[int] = set()
        for fold in curve:
            assert_array_equal(fold.test, curve[0].test)
            assert not set(fold.train) & set(fold.test)
            assert set(others) <= set(fold.train)
            given_ = set(fold.train) - set(others)
            assert before <= given_
            before = given_
            # k of each class, and at least one set of each is left to test.
            _, counts = np.unique(y[sorted(given_)], return_counts=True)
            assert set(counts) == ({fold.k} if fold.k else set())
            assert set(y[fold.test]) == set(y[people == person])


def test_few_shot_draws_others_by_seed_and_number():
    y, people = np.tile(["lunge", "squat"], 60), np.repeat(["Ann", "Bob", "Cy"], 40)

    def tested(seed):
        folds = FewShot(n_draws=2).splits(y, people, quick=False, seed=seed)
        return [tuple(fold.test) for fold in folds if fold.k == 0]

    assert tested(0) == tested(0)
    assert len({*tested(0), *tested(1)}) == 12


def test_people_with_too_few_sets_are_learned_from_but_not_tested():
    y = np.array(["a", "a", "b", "b"] * 3 + ["a", "b", "b"])
    people = np.array(list("AAAABBBBCCCCDDD"))
    folds = FewShot().splits(y, people, quick=False, seed=0)
    assert {people[row] for fold in folds for row in fold.test} == {"A", "B", "C"}
    assert {fold.k for fold in folds} == {0, 1}
    assert all("D" in people[fold.train] for fold in folds)


TWO = np.tile(["lunge", "squat"], 8)
FOUR_PEOPLE = np.repeat(["A", "B", "C", "D"], 4)
TWICE = np.tile(np.repeat([1, 2], 2), 4)


@pytest.mark.parametrize(
    ("protocol", "known", "reason"),
    [
        (UnseenSessions(), (TWO, None, TWICE), "the data set names no subjects"),
        (
            UnseenSessions(),
            (TWO, FOUR_PEOPLE, np.array([None] * 16)),
            "the recordings name no session",
        ),
        (
            UnseenSessions(),
            (TWO, FOUR_PEOPLE, np.array([None, *TWICE[1:]], dtype=object)),
            "1 of 16 sets name no session",
        ),
        (UnseenSessions(), (TWO, FOUR_PEOPLE, np.ones(16)), "no subject has two sessions"),
        (
            UnseenSessions(),
            (np.array(["plank", *TWO[1:]]), FOUR_PEOPLE, TWICE),
            "only subject A, session 1 has sets of plank",
        ),
        (UnseenPlacement(), (TWO, None, TWICE), "the data set names no subjects"),
        (
            UnseenPlacement(),
            (TWO, FOUR_PEOPLE, np.array(["hand"] * 16)),
            "all sets have the placement hand",
        ),
        (
            UnseenPlacement(),
            (np.where(TWICE == 1, "plank", TWO), FOUR_PEOPLE, TWICE.astype(str)),
            "for 1, subject A, no other subject elsewhere has sets of plank",
        ),
        (
            UnseenSide(),
            (TWO, FOUR_PEOPLE, np.array([None] * 16)),
            "the recordings name no side",
        ),
        (UnseenDataset(), (TWO, FOUR_PEOPLE), "one data set: give a mapping"),
        (
            FewShot(),
            (np.tile(["a", "b"], 4), np.repeat([1, 2, 3, 4], 2)),
            "no subject has two sets of each",
        ),
        (FewShot(), (TWO, None), "the data set names no subjects"),
        (
            FewShot(ks=[5]),
            (TWO, FOUR_PEOPLE),
            "ks=[5] has no number from 0 to 1, the most sets",
        ),
    ],
)
def test_reasons_of_what_is_unavailable(protocol, known, reason):
    why = protocol.why_unavailable(*known)
    assert why is not None
    assert reason in why


def test_the_search_is_never_left_with_one_class():
    """Halves of the training people have both classes, or the protocol is not run."""
    y = np.array(list("aaaabbab"))
    people = np.repeat([1, 2, 3, 4], 2)
    places = np.tile(["hand", "pocket"], 4)
    assert UnseenPlacement().why_unavailable(y, people, places) is not None


# The tests below run studies on sets that a small forest recognizes quickly.


def make_sets(n_people=3, n_each=3, seed=0, **more):
    """Return sets whose mean depends on the label; each in a hand or pocket."""
    rng = np.random.default_rng(seed)
    return [
        Recording.from_array(
            rng.normal(size=(3, 60)) + 0.3 * (label == "squat"),
            sampling_rate_hz=20,
            channel_names=ACCELEROMETER,
            label=label,
            subject=f"P{person}",
            session=number % 2,
            placement=["hand", "pocket"][number % 2],
            **more,
        )
        for person in range(n_people)
        for label in ("lunge", "squat")
        for number in range(n_each)
    ]


def _means(X):
    return np.array([[*row.mean(axis=1), *row.std(axis=1)] for row in X])


@pytest.fixture
def fits(monkeypatch):
    """Replace the models by a small forest; return the keys of the jobs that are run."""
    fitted = []
    as_ever = running.run_job
    forest = {"n_estimators": 4}

    def make(model, random_state, channels, sampling_rate_hz, **options):
        small = RandomForestClassifier(**forest, random_state=random_state)
        return Pipeline(
            [
                ("resample", Resampler(sampling_rate_hz=20, channels=channels)),
                ("own", Pipeline([("m", FunctionTransformer(_means)), ("forest", small)])),
            ]
        )

    def run(dataset, job):
        fitted.append(job.key)
        if len(fitted) == fits_before_failure[0]:
            raise RuntimeError("power cut")
        return as_ever(dataset, job)

    fits_before_failure = [-1]
    monkeypatch.setattr(preparing, "make_pipeline_for", make)
    monkeypatch.setattr(running, "run_job", run)
    return _Fits(fitted, forest, fits_before_failure)


class _Fits:
    def __init__(self, keys, forest, failure):
        self.keys, self.forest, self._failure = keys, forest, failure

    def fail_at(self, n):
        self._failure[0] = n


def study(data, protocols, **options):
    options = {"models": ["rf"], "verbose": 0, "window_seconds": 1.0, **options}
    return run_study(data, protocols=protocols, **options)


@pytest.mark.usefixtures("without_leak_check")
def test_seeds_are_runs_of_their_own_and_tables_their_mean(fits):
    sets = make_sets()
    both = study(sets, ["b", "c"], seeds=[3, 5], budget="plain")
    alone = {
        seed: study(sets, ["b", "c"], random_state=seed, budget="plain") for seed in (3, 5)
    }
    for seed, one in alone.items():
        mine = both.predictions.query("seed == @seed").reset_index(drop=True)
        pd.testing.assert_frame_equal(mine, one.predictions)
        assert one.settings["seeds"] == [seed]
    assert both.settings["seeds"] == [3, 5]
    columns = ["f1_macro", "accuracy", "precision_weighted"]
    mean = (alone[3].table()[columns] + alone[5].table()[columns]) / 2
    pd.testing.assert_frame_equal(both.table()[columns], mean)
    f1 = [
        one.table().loc[("unseen-sets", "rf", "test"), "f1_macro"] for one in alone.values()
    ]
    row = both.table().loc[("unseen-sets", "rf", "test")]
    assert row.f1_macro_sd == pytest.approx(np.std(f1, ddof=1))
    assert row.n_seeds == 2
    # In (c), each set is tested once by each seed.
    tested = both.predictions.query("protocol == 'unseen-people' and part == 'test'")
    assert (tested.groupby(["seed", "set"]).size() == 1).all()
    assert len(tested) == 2 * len(sets)
    people = both.by_person().query("protocol == 'unseen-people'").set_index("subject")
    for subject, own in tested.groupby("subject"):
        assert people.score[subject] == pytest.approx((own.y_true == own.y_pred).mean())
        assert people.n_sets[subject] == 6
    row = both.table().loc[("unseen-people", "rf", "test")]
    assert row.worst_subject == people.score.min()
    assert row.mean_subject == pytest.approx(people.score.mean())
    assert "seeds 3, 5" in both.summary()


@pytest.mark.parametrize("seeds", [[], [1, 1]])
def test_seeds_are_different(seeds):
    with pytest.raises(ValueError, match="seeds must be different integers"):
        study(make_sets(), ["b"], seeds=seeds)


@pytest.mark.usefixtures("without_leak_check")
def test_few_shot_leaves_a_learning_curve(fits, tmp_path):
    results = study(make_sets(), [FewShot(n_draws=1)], budget="plain", out=tmp_path)
    test = results.predictions.query("part == 'test'")
    sets_by_k = test.groupby("k")["set"].agg(sorted)
    assert sets_by_k.index.tolist() == [0, 1, 2]
    assert sets_by_k[0] == sets_by_k[1] == sets_by_k[2]
    curve = results.learning_curve().xs("test", level="part")
    for k, rows in test.groupby("k"):
        expected = f1_score(rows.y_true, rows.y_pred, average="macro")
        assert curve.loc[("few-shot", "rf", k), "f1_macro"] == expected
    assert len(results.table()) == 0
    people = results.by_person()
    assert len(people) == 9
    assert "accuracy, k=2" in results.summary()
    loaded = StudyResults.load(tmp_path)
    assert loaded.predictions["k"].dtype == "Int64"
    pd.testing.assert_frame_equal(loaded.learning_curve(), results.learning_curve())
    assert (tmp_path / "learning_curve.csv").exists()


def test_protocols_can_be_given_as_objects(fits):
    results = study(make_sets(), [FewShot(ks=[1], n_draws=1), "b"], budget="plain")
    assert results.settings["protocols"] == ["unseen-sets", "few-shot"]
    assert set(results.predictions.query("protocol == 'few-shot'").k) == {1}
    assert results.predictions.query("protocol == 'unseen-sets'").k.isna().all()


@pytest.mark.slow
@pytest.mark.usefixtures("without_leak_check")
def test_all_protocols_in_one_tidy_table(fits):
    names = [name for name in PROTOCOLS if name not in ("unseen-side", "unseen-dataset")]
    results = study(make_sets(4, 4), [*PROTOCOLS], seeds=[0, 1])
    assert list(results.settings["unavailable"]) == ["unseen-side", "unseen-dataset"]
    assert list(results.predictions.protocol.unique()) == names
    tidy = results.tidy()
    assert len(tidy) == len(results.predictions)
    assert tidy.drop(columns="k").notna().all(axis=None)
    assert set(tidy.data_fingerprint) == {results.settings["data_fingerprint"]}
    assert json.loads(tidy.versions[0]) == results.settings["versions"]
    searches = results.searches.set_index(["protocol", "fold", "seed"]).best_params
    row = tidy.iloc[-1]
    assert row.best_params == searches[(row.protocol, row.fold, row.seed)]
    assert {"seconds", "score_lunge", "score_squat", "subject", "set"} <= set(tidy)
    assert "seconds" not in results.tidy(timings=False)
    test = tidy.query("part == 'test' and protocol == 'unseen-placement'")
    assert len(test)


def test_parquet_holds_the_tidy_table(fits, tmp_path):
    pytest.importorskip("pyarrow", reason="pyarrow is not installed")
    results = study(make_sets(), ["b"], out=tmp_path)
    read = pd.read_parquet(tmp_path / "predictions.parquet")
    pd.testing.assert_frame_equal(read, results.tidy(timings=False), check_dtype=False)


def files_of(folder: Path) -> dict[str, bytes]:
    """Return the bytes of all results except the timings."""
    paths = [path for path in folder.iterdir() if path.is_file()]
    return {path.name: path.read_bytes() for path in paths if path.name != "timings.csv"}


@pytest.mark.slow
def test_an_interrupt_changes_no_byte_of_the_results(fits, tmp_path):
    options = {"seeds": [0, 1], "budget": "full"}
    protocols = ["b", "c", FewShot(ks=[0, 1], n_draws=1)]
    study(make_sets(), protocols, out=tmp_path / "whole", **options)
    n_all = len(fits.keys)
    fits.fail_at(n_all + n_all // 2)
    with pytest.raises(RuntimeError, match="power cut"):
        study(make_sets(), protocols, out=tmp_path / "broken", **options)
    assert not (tmp_path / "broken" / "predictions.csv").exists()
    study(make_sets(), protocols, out=tmp_path / "broken", **options)
    # Only the interrupted job is started twice.
    assert len(fits.keys) == 2 * n_all + 1
    whole, resumed = files_of(tmp_path / "whole"), files_of(tmp_path / "broken")
    assert {"predictions.csv", "people.csv", "settings.json"} <= set(whole)
    assert whole == resumed


@pytest.mark.usefixtures("without_leak_check")
def test_only_what_has_changed_is_run_again(fits, tmp_path):
    sets = make_sets()
    first = study(sets, ["c"], out=tmp_path)
    n_folds = len(fits.keys)
    again = study(sets, ["c"], out=tmp_path)
    assert len(fits.keys) == n_folds
    pd.testing.assert_frame_equal(again.predictions, first.predictions)
    # More seeds do not change the jobs of the first.
    study(sets, ["c"], out=tmp_path, seeds=[0, 1])
    assert len(fits.keys) == 2 * n_folds
    # A parameter deep in the pipeline.
    fits.forest["n_estimators"] = 1
    changed = study(sets, ["c"], out=tmp_path)
    assert len(fits.keys) == 3 * n_folds
    assert not changed.predictions.equals(first.predictions)
    # What a step of the pipeline or a protocol reads of a recording.
    n_before = len(fits.keys)
    for field, value in (("side", "left"), ("session", 9), ("placement", "bag")):
        other = [replace(sets[0], **{field: value}), *sets[1:]]
        study(other, ["c"], out=tmp_path)
        n_before += n_folds
        assert len(fits.keys) == n_before


@pytest.mark.parametrize("protocol", ["unseen-sessions", "few-shot"])
def test_a_set_twice_of_one_person_is_refused(fits, protocol):
    sets = make_sets()
    twins = [
        replace(one, session=session)
        for one, session in zip([sets[0]] * 2 + [sets[6]] * 2, [0, 1] * 2, strict=True)
    ]
    with pytest.raises(LeakError, match="identical"):
        study([*sets, *twins], [protocol], budget="full")
    assert not fits.keys


@pytest.mark.slow
def test_an_unseen_dataset_has_common_labels_and_channels_only(fits):
    gym = [
        *make_sets(n_each=2),
        replace(make_sets()[0], label="plank"),
    ]
    home = [
        Recording(
            {**dict(one.streams), "Gyroscope": one.streams["Accelerometer"]},
            label=one.label,
            subject=one.subject,
        )
        for one in make_sets(n_each=2, seed=1)
    ]
    results = study({"gym": gym, "home": home}, ["unseen-dataset", "c"], budget="full")
    assert results.settings["data"] == "gym + home"
    assert results.settings["channels"] == ACCELEROMETER
    shown = results.summary()
    assert "gym: 1 of 13 sets are left out" in shown
    assert "plank" in shown
    assert "Sensors that are not used: Gyroscope." in shown
    test = results.predictions.query("part == 'test' and protocol == 'unseen-dataset'")
    assert sorted(test["set"]) == list(range(24))
    for fold, rows in test.groupby("fold"):
        assert {name.partition(",")[0] for name in rows.subject} == {fold.split()[-1]}
    # P0 of the gym is not P0 at home.
    assert results.settings["n_subjects"] == 6


def test_data_sets_without_subjects_are_split_as_well():
    gym, home = make_sets(), [replace(one, subject=None) for one in make_sets(seed=1)]
    dataset = load_study_data({"gym": gym, "home": home}, None, 20.0, False)
    assert dataset.subjects is None
    assert "home has no subjects, so subjects are not used." in dataset.notes
    known = dataset.y, None, dataset.factor("dataset")
    assert UnseenDataset().why_unavailable(*known) is None
    groups = UnseenDataset().groups(None, dataset.datasets)
    assert len(set(groups)) == len(dataset.y)


def test_total_acceleration_is_common_where_it_can_be_derived():
    def of(*sensors):
        zeros = make_sets()[0].streams["Accelerometer"]
        return [
            Recording(dict.fromkeys(sensors, zeros), label=label)
            for label in ("lunge", "squat")
        ]

    android = of("TotalAcceleration")
    ios = of("Accelerometer", "Gravity")
    dataset = load_study_data({"android": android, "ios": ios}, None, 20.0, False)
    assert dataset.channel_names == [f"TotalAcceleration_{axis}" for axis in "xyz"]


@pytest.mark.parametrize(
    ("other", "message"),
    [
        ({"home": [replace(one, label="plank") for one in make_sets()]}, "two labels"),
        ({}, "two labels"),
        (
            {
                "home": [
                    replace(one, streams={"Gyroscope": one.streams["Accelerometer"]})
                    for one in make_sets()
                ]
            },
            "share no channel. They have Accelerometer_x",
        ),
    ],
)
def test_data_sets_with_nothing_in_common_are_refused(other, message):
    with pytest.raises(ValueError, match=message):
        study({"gym": make_sets(), **other}, ["unseen-dataset"])


def test_every_protocol_says_what_it_means():
    page = (Path(__file__).parents[2] / "docs" / "guide" / "study.rst").read_text(
        encoding="utf-8"
    )
    for name, protocol in PROTOCOLS.items():
        assert protocol.name == name
        assert f"``{name}``" in page
        assert protocol.meaning.startswith("tested on")


@pytest.mark.parametrize(
    ("n_people", "data", "protocol"),
    [
        (2, lambda sets: sets, "unseen-people"),
        (2, lambda sets: {"mine": sets[:4], "yours": sets[4:]}, "unseen-dataset"),
        (1, lambda sets: [*sets[::2], sets[1]], "unseen-sets"),
    ],
)
def test_a_budget_without_a_search_needs_nothing_for_it(n_people, data, protocol, fits):
    given = data(make_sets(n_people, 4 if n_people == 1 else 2))
    for budget in ("quick", "full"):
        with pytest.raises(ValueError, match="No protocol.*budget 'plain'.*can run"):
            study(given, [protocol], budget=budget)
    results = study(given, [protocol], budget="plain")
    assert results.settings["unavailable"] == {}
    assert results.predictions["part"].eq("test").any()
