"""Errors of probabilities, answers left to a person, and the temperature, by hand."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.special import log_softmax, softmax

from sk_imu.calibration import abstention_curve, calibration_error, reliability_table
from sk_imu.calibration._temperature import best_temperature

CLASSES = ["lunge", "row", "squat"]


def make_scores(rng, n_sets=600, sharper=1.0):
    """Return labels that follow their logits, and logits that are too sharp."""
    logits = rng.normal(0, 2, (n_sets, 3))
    y = (softmax(logits, axis=1).cumsum(axis=1) < rng.random((n_sets, 1))).sum(axis=1)
    return y, logits * sharper


def test_probabilities_that_labels_follow_have_no_error_but_chance():
    y, logits = make_scores(np.random.default_rng(0), 20_000)
    truth = np.array(CLASSES)[y]
    assert calibration_error(truth, softmax(logits, axis=1), CLASSES) < 0.01
    assert calibration_error(truth, softmax(3 * logits, axis=1), CLASSES) > 0.1


def test_bins_are_those_of_the_definition():
    proba = [[0.95, 0.05], [0.92, 0.08], [0.9, 0.1], [0.4, 0.6]]
    y = ["a", "b", "a", "b"]
    table = reliability_table(y, proba, ["a", "b"])
    # 0.9 itself belongs to the bin from 0.8 to 0.9.
    assert_allclose(table["low"], [0.5, 0.8, 0.9])
    assert_array_equal(table["n_sets"], [1, 1, 2])
    assert_allclose(table["right"], [1, 1, 0.5])
    assert_allclose(table["probability"], [0.6, 0.9, 0.935])
    error = (0.4 + 0.1 + 2 * 0.435) / 4
    assert calibration_error(y, proba, ["a", "b"]) == pytest.approx(error)


def test_people_weigh_alike_whatever_their_number_of_sets():
    # Ann has nine sets, all right; Bob one, wrong.
    y, groups = ["a"] * 9 + ["b"], ["Ann"] * 9 + ["Bob"]
    proba = [[0.95, 0.05]] * 10
    table = reliability_table(y, proba, ["a", "b"], groups=groups)
    assert_allclose(table["right"], 0.5)
    assert calibration_error(y, proba, ["a", "b"], groups=groups) == pytest.approx(0.45)
    assert calibration_error(y, proba, ["a", "b"]) == pytest.approx(0.05)
    curve = abstention_curve(y, proba, ["a", "b"], groups=groups)
    assert_allclose(curve[["answered", "accuracy"]], [[1, 0.5]])


def test_the_most_certain_are_answered_first():
    y, logits = make_scores(np.random.default_rng(0))
    truth, proba = np.array(CLASSES)[y], softmax(logits, axis=1)
    curve = abstention_curve(truth, proba, CLASSES)
    hits = proba.argmax(axis=1) == y
    assert curve["answered"].iloc[-1] == pytest.approx(1)
    assert curve["accuracy"].iloc[-1] == pytest.approx(hits.mean())
    for _, row in curve.iloc[::97].iterrows():
        answered = proba.max(axis=1) >= row["threshold"]
        assert row["answered"] == pytest.approx(answered.mean())
        assert row["accuracy"] == pytest.approx(hits[answered].mean())


@pytest.mark.parametrize(
    ("proba", "reason"),
    [
        ([[0.5, 0.5, 0.0]], "must have shape"),
        ([[0.5, 0.5]] * 3, "must have shape"),
        ([[2.5, -1.5]] * 2, "Decision values are none"),
        ([[np.nan, 0.5]] * 2, "must hold probabilities"),
    ],
)
@pytest.mark.parametrize("function", [calibration_error, abstention_curve])
def test_what_is_no_probability_is_refused(function, proba, reason):
    with pytest.raises(ValueError, match=reason):
        function(["a", "b"], proba, ["a", "b"])


def test_no_sets_are_refused():
    with pytest.raises(ValueError, match="y_true is empty"):
        calibration_error([], np.zeros((0, 2)), ["a", "b"])


@pytest.mark.parametrize("sharper", [0.25, 1.0, 4.0])
def test_the_temperature_undoes_what_made_scores_too_sure(sharper):
    y, logits = make_scores(np.random.default_rng(0), 5000, sharper)
    found = best_temperature(logits, y, np.arange(5000))
    assert found == pytest.approx(sharper, rel=0.08)
    new_y, new = make_scores(np.random.default_rng(1), 5000, sharper)
    rows = np.arange(5000)
    loss, before = (-log_softmax(new / t, axis=1)[rows, new_y].mean() for t in (found, 1))
    assert loss <= before + 1e-3
    if sharper != 1:
        assert loss < before - 0.02
    assert_array_equal((new / found).argmax(axis=1), new.argmax(axis=1))


def test_people_count_alike_for_the_temperature():
    rng = np.random.default_rng(0)
    many_y, many = make_scores(rng, 4000, 4.0)
    few_y, few = make_scores(rng, 400, 1.0)
    logits, y = np.concatenate([many, few]), np.append(many_y, few_y)
    people = np.append(np.full(4000, 99), np.repeat(np.arange(40), 10))
    # Forty people with probabilities that are right outweigh one with 4,000 sets.
    assert best_temperature(logits, y, people) == pytest.approx(1, rel=0.2)
    assert best_temperature(logits, y, np.arange(4400)) > 3


def test_sets_that_are_all_right_do_not_make_certainty():
    logits = np.tile([3.0, 0.0, 0.0], (40, 1))
    temperature = best_temperature(logits, np.zeros(40, dtype=int), np.arange(40))
    assert softmax(logits / temperature, axis=1)[0, 0] == pytest.approx(41 / 42, abs=1e-4)


def test_exercises_of_one_person_do_not_change_the_temperature():
    y, logits = make_scores(np.random.default_rng(0), 500, 2.0)
    found = best_temperature(logits, y, np.arange(500))
    more = np.append(logits, [[0.0, 1.0, -np.inf]], axis=0)
    with_one = best_temperature(more, np.append(y, 2), np.arange(501))
    assert with_one == pytest.approx(found)
    assert best_temperature(more[-1:], np.array([2]), np.array([0])) == 1
