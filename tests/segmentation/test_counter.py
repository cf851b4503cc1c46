"""RepetitionCounter: counts as people counted, for each exercise."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from sklearn import config_context
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import PredefinedSplit, cross_val_score

from sk_imu import (
    Recording,
    RepetitionCounter,
    count_accuracy,
    find_bouts,
    find_repetitions,
)
from sk_imu.persistence import load_model, save_model

NAMES = [f"{s}_{axis}" for s in ("TotalAcceleration", "Gyroscope") for axis in "xyz"]
RATE_HZ = 25.0


def movement(length_s, second=1.0):
    """Return one movement; ``second`` is the size of its second half's turn."""
    phase = np.arange(round(length_s * RATE_HZ)) / round(length_s * RATE_HZ)
    bump, turn = np.sin(np.pi * phase) ** 2, np.sin(2 * np.pi * phase)
    return np.array([3 * bump, -2 * bump, 0 * turn, turn, -second * turn / 2, 0 * turn])


def workout(lengths_s, seconds=1.0, rest_s=6.0, seed=0, turns_hz=0.0):
    """Return a recording of movements of some length, with rest around them.

    The hand may turn back and forth by itself.
    """
    seconds = np.broadcast_to(seconds, len(lengths_s))
    rest = np.zeros((6, round(rest_s * RATE_HZ)))
    parts = [rest, *map(movement, lengths_s, seconds), rest]
    values = np.concatenate(parts, axis=1)
    values += 0.02 * np.random.default_rng(seed).standard_normal(values.shape)
    values[2] += 9.81
    values[5] += 6 * np.sin(2 * np.pi * turns_hz * np.arange(values.shape[1]) / RATE_HZ)
    return Recording.from_array(values, sampling_rate_hz=RATE_HZ, channel_names=NAMES)


@pytest.fixture(scope="module")
def sets():
    """Steps to either side, of which two are one repetition, and squats."""
    steps = [workout([length_s] * n) for length_s, n in ((1.5, 12), (1.8, 16), (2, 20))]
    squats = [workout([length_s] * n) for length_s, n in ((2.0, 8), (2.4, 10), (3, 6))]
    return [*steps, *squats], np.array([6, 8, 10, 8, 10, 6]), ["step"] * 3 + ["squat"] * 3


@pytest.fixture(scope="module")
def counter(sets):
    X, y, exercises = sets
    return RepetitionCounter().fit(X, y, exercises=exercises)


def test_each_exercise_is_counted_as_its_training_sets(counter):
    new = [workout([1.7] * 18, seed=1), workout([2.2] * 9, seed=1)]
    assert_array_equal(counter.predict(new, exercises=["step", "squat"]), [9, 9])
    assert counter.exercises_.tolist() == ["squat", "step"]
    assert_array_equal(counter.n_sets_, [3, 3])
    assert_array_equal(counter.factors_, [1, 0.5])
    assert counter.learned("step")
    assert not counter.learned("squat")


def test_an_unknown_exercise_is_counted_without_training(counter):
    new = workout([1.7] * 18, seed=1)
    (bout,) = find_bouts(new)
    assert counter.predict([new], exercises=["lunge"])[0] == len(bout.repetitions) == 18
    assert not counter.learned("lunge")


def test_halves_that_are_sometimes_alike_are_one_repetition():
    # Curls with a turn: without training, a set counts once or twice by its second turn.
    alike, unlike = [1.0] * 12, [1.0, -3.0] * 6
    X = [workout([1.5] * 12, seconds, seed=i) for i, seconds in enumerate([alike, unlike])]
    found = [sum(len(b.repetitions) for b in find_bouts(x)) for x in X]
    assert found == [12, 6]
    counter = RepetitionCounter().fit([*X, workout([1.4] * 10)], [6, 6, 5])
    low_s, high_s = counter.periods_s_[0]
    assert low_s < 3.0 < high_s < 2 * low_s * 1.6
    new = [workout([1.6] * 14, seconds, seed=9) for seconds in (1.0, [1.0, -3.0] * 7)]
    assert_array_equal(counter.predict(new), [7, 7])


def test_a_sensor_that_misleads_is_left_out():
    # The hand turns faster than the repetitions.
    y = np.array([6, 7, 8, 7])
    rates_hz = (0.9, 1.0, 1.1, 1.2)
    X = [workout([2.0] * n, seed=n, turns_hz=hz) for n, hz in zip(y, rates_hz, strict=True)]
    free = [sum(len(bout.repetitions) for bout in find_bouts(x)) for x in X]
    assert count_accuracy(y, free, within=1) == 0
    counter = RepetitionCounter().fit(X[:3], y[:3])
    assert counter.sensors_[0] == "acceleration"
    assert_array_equal(counter.predict(X[3:]), y[3:])


def test_one_wrong_note_does_not_change_how_an_exercise_is_counted():
    X = [workout([2.0] * n, rest_s=0.1, seed=n) for n in (6, 7, 8, 9)]
    counter = RepetitionCounter(segment=False).fit(X, [6, 7, 8, 18])
    assert not counter.learned("")
    assert_array_equal(counter.predict(X), [6, 7, 8, 9])


def test_too_few_sets_teach_nothing(sets):
    X, y, exercises = sets
    counter = RepetitionCounter(min_sets=4).fit(X[:3], y[:3], exercises=exercises[:3])
    assert not counter.learned("step")
    assert_array_equal(counter.predict(X[:3], exercises=exercises[:3]), 2 * y[:3])


def test_people_weigh_the_same_with_groups():
    # One person with many sets counts both sides, three others count pairs.
    numbers = (6, 8, 10, 6, 8, 10)
    X = [workout([1.5] * n, rest_s=0.1, seed=i) for i, n in enumerate(numbers)]
    y = [6, 8, 10, 3, 4, 5]
    counter = RepetitionCounter(segment=False)
    assert not clone(counter).fit(X, y).learned("")
    by_person = counter.fit(X, y, groups=[*"aaabcd"])
    assert_array_equal(by_person.factors_, [0.5])


def test_sets_that_are_cut_out():
    X = [workout([2.0] * n, rest_s=0.1, seed=n) for n in (6, 8, 10)]
    counter = RepetitionCounter(segment=False).fit(X, [3, 4, 5])
    assert_array_equal(counter.predict(X), [3, 4, 5])
    assert [len(find_repetitions(x)) for x in X] == [6, 8, 10]


@pytest.mark.parametrize(("within", "expected"), [(0, 0.5), (1, 1.0)])
def test_cross_validation_over_people(sets, within, expected):
    X, y, exercises = sets
    y = y + [1, 0, 0, 0, 0, 0]  # one note of the first person is off by one
    arguments = {"exercises": np.array(exercises), "groups": np.array([0, 1, 2] * 2)}
    with config_context(enable_metadata_routing=True):
        scores = cross_val_score(
            RepetitionCounter(min_sets=2),
            X,
            y,
            cv=PredefinedSplit([0, -1, -1] * 2),
            params={**arguments, "within": within},
            error_score="raise",
        )
    assert scores == [expected]


def test_a_counter_is_cloned_and_saved(counter, sets, tmp_path):
    X, _, exercises = sets
    assert clone(RepetitionCounter(min_sets=5)).get_params() == {
        "min_sets": 5,
        "segment": True,
    }
    save_model(counter, tmp_path / "counter.skops")
    loaded = load_model(tmp_path / "counter.skops")
    assert_array_equal(
        loaded.predict(X[2:4], exercises=exercises[2:4]),
        counter.predict(X[2:4], exercises=exercises[2:4]),
    )


@pytest.mark.parametrize(
    ("y", "message"),
    [
        ([3, 4.5], r"y has 4\.5 for row 1\. Give the number of repetitions"),
        ([3, -1], r"y has -1 for row 1"),
        ([3, np.nan], r"y has nan for row 1"),
        (["squat", "lunge"], r"y has 'squat' for row 0.* names as exercises="),
        ([3], "inconsistent numbers of samples"),
        (None, "requires y to be passed"),
    ],
)
def test_counts_that_are_no_counts_are_refused(y, message):
    X = [workout([2.0] * 3)] * 2
    with pytest.raises(ValueError, match=message):
        RepetitionCounter().fit(X, y)


def test_what_is_missing_is_named(counter, sets):
    X, y, exercises = sets
    with pytest.raises(ValueError, match="predict and score need exercises="):
        counter.predict(X)
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        counter.predict(X, exercises=exercises[:2])
    with pytest.raises(ValueError, match="row 1 of X is a str"):
        RepetitionCounter().fit([X[0], "b.csv"], [1, 2])
    with pytest.raises(ValueError, match="min_sets"):
        RepetitionCounter(min_sets=1).fit(X, y)
    plain = RepetitionCounter(min_sets=9).fit(X[:1], y[:1])
    with pytest.raises(ValueError, match="fitted without exercises"):
        plain.predict(X[:1], exercises=exercises[:1])
    with pytest.raises(NotFittedError):
        RepetitionCounter().predict(X)


def test_count_accuracy_refuses_what_it_cannot_score():
    with pytest.raises(ValueError, match="there are no counts"):
        count_accuracy([], [])
    with pytest.raises(ValueError, match="within must be 0 or more, got -1"):
        count_accuracy([1], [1], within=-1)
