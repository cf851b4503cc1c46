"""What train and test share is found; rows that are merely alike are not."""

import pickle
import warnings
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.dummy import DummyClassifier
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import (
    GridSearchCV,
    GroupKFold,
    GroupShuffleSplit,
    KFold,
    ShuffleSplit,
    StratifiedKFold,
)
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, StandardScaler

from sk_imu import Recording, Resampler, SensorStream, SummaryFeatures
from sk_imu.augmentation import multiplicative_noise, random_subsequence
from sk_imu.datasets import (
    load_exermote,
    load_phone_exercises,
    load_utd_mhad,
    load_watch,
    make_exercise_recordings,
)
from sk_imu.model_selection import (
    LeakError,
    LeakWarning,
    check_no_leak,
    check_search,
    find_leaks,
)
from sk_imu.model_selection.leaks._guard import least_similarity
from sk_imu.model_selection.leaks._near_copies import near_copies

DATA = Path(__file__).parents[3] / "shared" / "data"
NAMES = ["Accelerometer_x", "Accelerometer_y", "Accelerometer_z"]


@cache
def real_sets(name):
    """Return the sets of a real data set on one clock, labels and people."""
    if name == "watch":
        bunch, rate_hz = load_watch(), 50
    else:
        if not (DATA / name).is_dir():
            pytest.skip(f"the data set {name} is not at {DATA}")
        loaders = {"utd_mhad": load_utd_mhad, "exermote": load_exermote}
        if name == "phone_exercises":
            bunch = load_phone_exercises(DATA / name, rate_hz=20)
        else:
            bunch = loaders[name](DATA / name)
        rate_hz = bunch.sampling_rate_hz
    return Resampler(sampling_rate_hz=rate_hz).fit_transform(bunch.data), bunch


def to_length(row, n):
    """Stretch a row to n timesteps."""
    times = np.linspace(0, row.shape[1] - 1, n)
    return np.array([np.interp(times, np.arange(row.shape[1]), c) for c in row])


def part(row, begin, end):
    """Cut a share of a row out."""
    return row[:, int(begin * row.shape[1]) : int(end * row.shape[1])]


# How each copy of a row is made, and the kinds that it may be found as.
PLANTED = {
    "identical": (lambda row, rng: row.copy(), {"identical"}),
    "stored in half the precision": (
        lambda row, rng: row.astype(np.float32),
        {"identical"},
    ),
    "window": (lambda row, rng: part(row, 0.25, 0.75), {"overlap"}),
    "shifted": (lambda row, rng: part(row, 0.2, 1.0), {"overlap"}),
    "rescaled": (lambda row, rng: 1.7 * row, {"rescaled"}),
    "resampled": (
        lambda row, rng: to_length(row, int(0.7 * row.shape[1])),
        {"resampled"},
    ),
    "noisy": (
        lambda row, rng: (
            row + 0.05 * row.std(1, keepdims=True) * rng.normal(size=row.shape)
        ),
        {"noisy"},
    ),
    "multiplicative noise": (
        lambda row, rng: multiplicative_noise(row[np.newaxis], rng)[0],
        {"changed points"},
    ),
    "subsequence": (
        # A part of nearly the whole row may be found as the whole.
        lambda row, rng: random_subsequence(row[np.newaxis], rng)[0],
        {"stretched", "resampled", "rescaled"},
    ),
    "noise and subsequence": (
        lambda row, rng: random_subsequence(
            multiplicative_noise(row[np.newaxis], rng), rng
        )[0],
        {"stretched", "resampled", "noisy"},
    ),
}


@pytest.fixture(scope="module")
def watch():
    sets, bunch = real_sets("watch")
    return sets, bunch.target, bunch.subject


@pytest.mark.parametrize("name", PLANTED)
def test_planted_copies_are_found_where_they_are(watch, name):
    sets, *_ = watch
    sets, rng = sets[:30], np.random.default_rng(0)
    plant, kinds = PLANTED[name]
    X = [*sets, *(plant(sets[row], rng) for row in (3, 11, 26))]
    findings = find_leaks(X, train=np.arange(30), test=np.arange(30, 33))
    pairs = zip(findings.train_row, findings.test_row, strict=True)
    assert sorted(pairs) == [(3, 30), (11, 31), (26, 32)]
    assert set(findings.kind) <= kinds
    assert (findings.similarity >= (0.65 if name == "multiplicative noise" else 0.99)).all()


def test_sets_of_one_person_and_exercise_are_not_copies(watch):
    sets, y, people = watch
    rows = np.flatnonzero(np.isin(people, [1, 4, 9]))
    assert len(find_leaks([sets[row] for row in rows])) == 0
    # Left and right arm of one exercise: no real sets are more alike.
    check_no_leak(sets, y, train=rows[::2], test=rows[1::2])


def test_the_line_of_time_is_found(watch):
    row = watch[0][5]
    X = [row, to_length(row[:, 200:801], 1201)]  # each timestep of it is half a one
    findings = find_leaks(X)
    assert findings.loc[0, ["row", "other_row", "kind"]].tolist() == [0, 1, "stretched"]
    assert findings.stretch[0] == pytest.approx(0.5, abs=1e-4)
    assert findings["shift"][0] == pytest.approx(200, abs=0.1)
    assert findings.share[0] == pytest.approx(1, abs=0.01)
    other_way = find_leaks(X, train=[1], test=[0])
    assert other_way.stretch[0] == pytest.approx(2, abs=1e-3)
    assert other_way["shift"][0] == pytest.approx(-400, abs=0.3)


def test_overlapping_windows_are_found_between_the_sides_only(watch):
    row = watch[0][0]
    windows = np.stack([row[:, start : start + 200] for start in range(0, 1001, 100)])
    findings = find_leaks(windows, train=[0, 1, 2, 3, 4, 5], test=[6, 7, 8, 9, 10])
    assert findings[["train_row", "test_row", "kind"]].to_numpy().tolist() == [
        [5, 6, "overlap"]
    ]
    assert findings.share[0] == 0.5
    assert findings["shift"][0] == 100
    check_no_leak(windows, train=[0, 1, 2, 3, 4], test=[6, 7, 8, 9, 10])


@settings(max_examples=20)
@given(
    seed=st.integers(0, 2**32 - 1),
    scale=st.floats(1e-3, 1e3),
    begin=st.floats(0, 0.4),
    n_channels=st.integers(3, 7),
)
def test_any_part_of_a_row_is_found_at_any_scale_and_only_once(
    seed, scale, begin, n_channels
):
    rng = np.random.default_rng(seed)
    rows = [np.cumsum(rng.normal(size=(n_channels, 150)), axis=1) for _ in range(4)]
    findings = find_leaks([*rows, scale * part(rows[2], begin, begin + 0.6)])
    assert findings[["row", "other_row"]].to_numpy().tolist() == [[2, 4]]


@settings(max_examples=20)
@given(seed=st.integers(0, 2**32 - 1), n_channels=st.integers(2, 7))
def test_independent_rows_share_nothing(seed, n_channels):
    """With two channels or more: short parts of a single one may look stretched."""
    rng = np.random.default_rng(seed)
    walks = np.cumsum(rng.normal(size=(8, n_channels, 100)), axis=2)
    assert len(find_leaks(walks)) == 0


def test_error_has_ten_pairs_the_total_and_the_remedy():
    rng = np.random.default_rng(0)
    X = np.tile(rng.normal(size=(12, 3, 50)), (2, 1, 1))
    with pytest.raises(LeakError) as caught:
        check_no_leak(X, train=range(12), test=range(12, 24))
    text = str(caught.value)
    assert "share 12 pairs of rows (12 identical)" in text
    assert "train row 0, test row 12: identical, similarity 1.0000" in text
    assert text.count("train row") == 10
    assert "... and 2 more" in text
    assert "AugmentedClassifier" in text
    assert isinstance(caught.value, ValueError)
    assert len(caught.value.findings) == 12
    again = pickle.loads(pickle.dumps(caught.value))
    assert str(again) == text
    pd.testing.assert_frame_equal(again.findings, caught.value.findings)


def test_people_on_both_sides_are_found_by_groups_alone(watch):
    sets, y, people = watch
    train, test = next(GroupKFold(5).split(sets, y, people))
    check_no_leak(sets, y, people, train=train, test=test)
    moved = train[0]
    with pytest.raises(LeakError, match="GroupKFold") as caught:
        check_no_leak(sets, y, people, train=train[1:], test=[*test, moved])
    assert caught.value.findings.kind.tolist() == ["group"]
    assert caught.value.findings.test_row.tolist() == [moved]


def test_a_row_on_both_sides_is_a_finding():
    X = np.random.default_rng(0).normal(size=(6, 2, 40))
    findings = find_leaks(X, train=[0, 1, 2, 3], test=[3, 4, 5])
    assert findings[["train_row", "test_row", "kind"]].to_numpy().tolist() == [
        [3, 3, "same row"]
    ]


def test_labels_of_copies_are_compared():
    X = np.random.default_rng(0).normal(size=(4, 2, 40))
    X[2], X[3] = X[0], X[1]
    findings = find_leaks(X, ["a", "b", "a", "c"])
    assert findings.same_label.tolist() == [True, False]


def test_masks_and_row_numbers_are_the_same_split():
    X = np.random.default_rng(0).normal(size=(5, 2, 40))
    X[4] = X[1]
    mask = np.array([True, True, True, False, False])
    by_mask = find_leaks(X, train=mask, test=~mask)
    by_number = find_leaks(X, train=[0, 1, 2], test=[-2, -1])
    pd.testing.assert_frame_equal(by_mask, by_number)
    assert len(by_mask) == 1


def test_recordings_are_compared_in_seconds():
    workouts = make_exercise_recordings(1, 1, random_state=0).data
    whole = workouts[0]
    start_s, end_s = whole.overlap_s
    middle_s = (start_s + end_s) / 2
    X = [whole.between(start_s, middle_s + 5), whole.between(middle_s - 5, end_s)]
    X += workouts[1:]
    findings = find_leaks(X, train=[0], test=[1, 2])
    assert findings[["train_row", "test_row", "kind"]].to_numpy().tolist() == [
        [0, 1, "overlap"]
    ]
    # The second starts after the first by as much as it was cut.
    assert findings["shift"][0] == pytest.approx(middle_s - 5 - start_s, abs=0.1)


def test_recordings_at_another_rate_are_copies(watch):
    recording = load_watch().data[0]
    names = list(recording.channel_names)
    slower = Recording.from_array(
        Resampler(sampling_rate_hz=31).fit_transform([recording])[0],
        sampling_rate_hz=31,
        channel_names=names,
    )
    findings = find_leaks([recording, load_watch().data[1], slower])
    assert findings[["row", "other_row"]].to_numpy().tolist() == [[0, 2]]
    assert findings.stretch[0] == pytest.approx(1, abs=1e-3)


def test_padding_rest_and_held_values_are_not_copies():
    rng = np.random.default_rng(0)
    X = np.zeros((6, 3, 300))
    X[:, :, :120] = np.cumsum(rng.normal(size=(6, 3, 120)), axis=2)
    X = np.round(X, 1)
    assert len(find_leaks(X)) == 0


@pytest.mark.parametrize("kind", [np.asarray, pd.DataFrame])
def test_tables_of_features_are_searched_for_identical_rows_only(kind):
    table = np.random.default_rng(0).normal(size=(5, 30)) + np.arange(30)
    table[4] = table[2]
    table[3, :20] = table[1, :20]
    findings = find_leaks(kind(table))
    assert findings[["row", "other_row", "kind"]].to_numpy().tolist() == [
        [2, 4, "identical"]
    ]


def test_missing_values_are_no_obstacle(watch):
    row = watch[0][0].copy()
    row[:, 100:110] = np.nan
    findings = find_leaks([row, watch[0][1], 2 * row])
    assert findings[["row", "other_row"]].to_numpy().tolist() == [[0, 2]]


@pytest.mark.parametrize(
    ("X", "options", "message"),
    [
        (np.zeros((3, 2, 9)), {"train": [0]}, "both train and test"),
        (np.zeros((3, 2, 9)), {"train": [0], "test": [3]}, "has rows beyond the 3 of X"),
        (np.zeros((3, 2, 9)), {"train": [0.5], "test": [1]}, "list of row numbers"),
        (np.zeros((3, 2, 9)), {"groups": [1, 2]}, "groups has 2 entries, X 3 rows"),
        (np.zeros((3, 2, 9)), {"y": [1, 2]}, "y has 2 entries, X 3 rows"),
        ([np.zeros((2, 9)), np.zeros((3, 9))], {}, "same channels"),
        ([[1.0, 2.0], [1.0, 2.0]], {}, r"need shape \(n_channels, n_timesteps\)"),
        ([["a"], ["b"]], {}, "rows of numbers"),
        ([], {}, "holds no rows"),
    ],
)
def test_what_cannot_be_compared_is_refused(X, options, message):
    with pytest.raises(ValueError, match=message):
        find_leaks(X, **options)


# Searches


@pytest.fixture
def features(watch):
    sets, y, people = watch
    return SummaryFeatures().fit_transform(sets[:60]), y[:60], people[:60]


def search_over(cv):
    model = make_pipeline(StandardScaler(), LogisticRegression())
    return GridSearchCV(model, {"logisticregression__C": [0.1, 1]}, cv=cv)


def test_an_honest_search_passes_without_a_warning(features):
    X, y, people = features
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        table = check_search(search_over(GroupKFold(3)), X, y, people, cv=GroupKFold(4))
    assert table.empty


def test_an_inner_split_that_ignores_people_is_proved(features):
    X, y, people = features
    with pytest.raises(LeakError, match="Split 0 of the search in split 0") as caught:
        check_search(search_over(KFold(3)), X, y, people, cv=GroupKFold(4))
    assert set(caught.value.findings.kind) == {"group"}
    assert not any("around" in name for name in caught.value.findings.split)


def test_an_outer_split_that_ignores_people_is_proved(features):
    X, y, people = features
    with pytest.raises(LeakError, match="Split 0 around the search"):
        check_search(search_over(GroupKFold(3)), X, y, people, cv=KFold(4))


@pytest.mark.slow
def test_windows_as_rows_of_a_search_are_proved(watch):
    sets = watch[0][:6]
    X = np.stack([row[:, s : s + 200] for row in sets for s in range(0, 801, 100)])
    y, origin = np.repeat(list("ababab"), 9), np.repeat(np.arange(6), 9)
    search = GridSearchCV(DummyClassifier(), {"strategy": ["prior"]}, cv=KFold(4))
    with pytest.raises(LeakError, match="overlap"):
        check_search(search, X, y)
    search.set_params(cv=StratifiedKFold(3, shuffle=True, random_state=0))
    with pytest.raises(LeakError, match="3 splits leak in all"):
        check_search(search, X, y)
    search.set_params(cv=GroupKFold(3))
    assert check_search(search, X, y, origin).empty


@pytest.mark.parametrize(
    ("scaler", "what"),
    [(StandardScaler(), "standardized"), (MinMaxScaler(), "scaled to a range")],
)
def test_features_scaled_on_all_rows_are_suspected(features, scaler, what):
    X, y, people = features
    search = search_over(GroupKFold(3))
    with pytest.warns(LeakWarning, match=f"not proved: {what}"):
        table = check_search(search, scaler.fit_transform(X), y, people)
    assert table.what.tolist() == [what]
    # Scaled by the statistics of half of the rows, all rows are not.
    assert check_search(search, scaler.fit(X[:30]).transform(X), y, people).empty


def test_panels_scaled_on_all_rows_are_suspected_and_rows_scaled_alone_are_not(watch):
    sets, y, people = watch
    panel = np.stack([row[:, :900] for row in sets[:20]])
    search = GridSearchCV(DummyClassifier(), {"strategy": ["prior"]}, cv=GroupKFold(3))
    scaled = panel - panel.mean((0, 2), keepdims=True)
    scaled /= scaled.std((0, 2), keepdims=True)
    with pytest.warns(LeakWarning, match="standardized"):
        check_search(search, scaled, y[:20], people[:20])
    alone = panel - panel.mean(2, keepdims=True)
    alone /= alone.std(2, keepdims=True)
    assert check_search(search, alone, y[:20], people[:20]).empty


def test_constant_channels_hide_no_row_that_was_scaled_alone(watch):
    panel = np.stack([row[:, :900] for row in watch[0][:6]])
    panel -= panel.mean(2, keepdims=True)
    panel /= panel.std(2, keepdims=True)
    panel[:, 0] = 0
    search = GridSearchCV(DummyClassifier(), {"strategy": ["prior"]}, cv=KFold(3))
    assert check_search(search, panel, list("ababab")).empty


def test_panels_of_one_timestep_are_no_obstacle():
    panel = np.random.default_rng(0).normal(size=(20, 3, 1))
    panel = (panel - panel.mean(0)) / panel.std(0)
    search = GridSearchCV(DummyClassifier(), {"strategy": ["prior"]}, cv=KFold(3))
    with pytest.warns(LeakWarning, match="standardized"):
        check_search(search, panel, np.arange(20) % 2)


def test_splits_that_can_be_read_only_once_are_refused_unread(features):
    X, y, _ = features
    splits = KFold(3).split(X)
    with pytest.raises(ValueError, match=r"cv=list\(...\)"):
        check_search(search_over(splits), X, y)
    assert len(list(splits)) == 3


def test_the_state_of_a_splitter_does_not_change(features):
    X, y, _ = features

    def shuffled():
        return KFold(3, shuffle=True, random_state=np.random.RandomState(7))

    inner, outer = shuffled(), shuffled()
    check_search(search_over(inner), X, y, cv=outer)
    for seen in (inner, outer):
        for (train, test), (own_train, own_test) in zip(
            seen.split(X), shuffled().split(X), strict=True
        ):
            np.testing.assert_array_equal(train, own_train)
            np.testing.assert_array_equal(test, own_test)


@pytest.mark.parametrize("order", [1, -1])
def test_a_stream_without_samples_is_no_obstacle(order):
    watch = load_watch().data[:3]
    empty = SensorStream([], np.empty((0, 3)))
    streams = [*{**watch[0].streams, "Gyroscope": empty}.items()][::order]
    rows = [*watch, watch[1], Recording(dict(streams))]
    findings = find_leaks(rows)
    pairs = findings[["row", "other_row"]].to_numpy().tolist()
    # The copy is found by the stream that has samples.
    assert sorted(pairs) == [[0, 4], [1, 3]]


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("times_s", [[2.0, 1.0, 0.0], [1.0, 1.0, 1.0]])
def test_clocks_without_a_rate_hide_no_copy(times_s):
    stream = SensorStream(times_s, np.arange(9.0).reshape(3, 3))
    empty = SensorStream([], np.empty((0, 3)))
    row = Recording({"Gyroscope": stream, "Gravity": empty})
    assert find_leaks([row, row])["kind"].tolist() == ["identical"]


def test_tables_of_words_are_refused():
    X = pd.DataFrame({"tempo": [1.0, 2.0, 3.0, 4.0], "place": list("abcd")})
    with pytest.raises(ValueError, match="rows of numbers"):
        check_search(search_over(KFold(2)), X, [0, 1, 0, 1])


def test_a_frozen_step_is_suspected(features):
    X, y, people = features
    scaler = FrozenEstimator(StandardScaler().fit(X))
    model = make_pipeline(scaler, LogisticRegression())
    search = GridSearchCV(model, {"logisticregression__C": [1]}, cv=GroupKFold(3))
    with pytest.warns(LeakWarning, match="FrozenEstimator"):
        table = check_search(search, X, y, people)
    assert table.what.tolist() == ["fitted in advance"]


# Real data at their real sizes


@pytest.mark.slow
@pytest.mark.parametrize("name", ["utd_mhad", "exermote"])
def test_planted_copies_in_other_real_data_are_found(name):
    sets, _ = real_sets(name)
    rng = np.random.default_rng(0)
    n, X, planted = len(sets), list(sets), {}
    for kind, (plant, _) in PLANTED.items():
        for row in rng.choice(n, 3, replace=False).tolist():
            planted[row, len(X)] = kind
            X.append(plant(sets[row], rng))
    findings = find_leaks(X, train=np.arange(n), test=np.arange(n, len(X)))
    found = findings.set_index(["train_row", "test_row"]).kind.to_dict()
    assert {pair: kind for pair, kind in planted.items() if pair not in found} == {}
    for pair, kind in planted.items():
        assert found[pair] in PLANTED[kind][1]


@pytest.mark.slow
def test_trials_that_utd_mhad_holds_twice_are_found():
    sets, bunch = real_sets("utd_mhad")
    findings = find_leaks(sets, bunch.target)
    # A file of sitting down begins where another, of standing up, ends.
    assert set(findings.kind) == {"overlap"}
    labels = {
        tuple(sorted((bunch.target[a], bunch.target[b])))
        for a, b in zip(findings.row, findings.other_row, strict=True)
    }
    assert ("sit to stand", "stand to sit") in labels


@pytest.mark.slow
@pytest.mark.parametrize("name", ["watch", "utd_mhad", "exermote", "phone_exercises"])
def test_no_false_alarm_in_1000_clean_splits(name):
    """Whether a pair is an alarm does not depend on the split: all are compared once."""
    sets, bunch = real_sets(name)
    natural = find_leaks(sets)
    twice = {*natural.row, *natural.other_row}
    kept = np.array([row for row in range(len(sets)) if row not in twice])
    assert len(kept) > 0.9 * len(sets)
    X, people = [sets[row] for row in kept], bunch.subject[kept]
    asked = np.ones((len(X), len(X)), dtype=bool)
    alarms = [
        (pair.first, pair.second)
        for pair in near_copies(X, asked, n_neighbors=len(X))
        if pair.similarity >= least_similarity(pair.n_channels)
    ]
    by_people = list(GroupShuffleSplit(125, random_state=0).split(X, groups=people))
    by_sets = list(ShuffleSplit(125, random_state=0).split(X))
    divided = [
        pair
        for train, _ in by_people + by_sets
        for pair in alarms
        if np.isin(pair, train).sum() == 1
    ]
    assert divided == []
    for train, test in by_people[:2]:
        check_no_leak(X, None, people, train=train, test=test)
    for train, test in by_sets[:2]:
        check_no_leak(X, train=train, test=test)
