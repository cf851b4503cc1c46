"""Reliability and abstention, as drawn."""

import numpy as np
import pytest
from made_sets import make_sets
from numpy.testing import assert_allclose

from sk_imu import AbstentionDisplay, ExerciseClassifier, ReliabilityDisplay
from sk_imu.calibration import calibration_error

Y = ["squat", "squat", "lunge", "lunge"]
PROBA = [[0.1, 0.9], [0.2, 0.8], [0.3, 0.7], [0.6, 0.4]]
CLASSES = ["lunge", "squat"]
PEOPLE = ["Ann", "Ann", "Bob", "Bob"]


def legend_of(display):
    return [text.get_text() for text in display.ax_.get_legend().get_texts()]


def test_reliability_shows_bins_people_and_the_error():
    display = ReliabilityDisplay.from_predictions(Y, PROBA, CLASSES, groups=PEOPLE)
    error = calibration_error(Y, PROBA, CLASSES, groups=PEOPLE)
    assert display.error == pytest.approx(error)
    circles, crosses = display.ax_.collections
    assert_allclose(circles.get_offsets(), display.bins[["probability", "right"]])
    assert_allclose(crosses.get_offsets(), [[0.85, 1], [0.65, 0.5]])
    assert legend_of(display) == [
        "as probable as said",
        f"sets by probability, error {error:.3f}",
        "all sets of each of 2 people",
    ]
    # Both are 0.15 from the diagonal, and the first is named.
    assert [text.get_text() for text in display.ax_.texts] == ["person Ann: +0.15"]
    low, high = display.ax_.get_xlim()
    assert low < 0.5
    assert high > 1


def test_reliability_needs_no_people():
    display = ReliabilityDisplay.from_predictions(Y, PROBA, CLASSES)
    assert display.people is None
    assert len(display.ax_.collections) == 1
    assert not display.ax_.texts


def test_abstention_marks_all_sets_and_the_accuracy_aimed_at():
    display = AbstentionDisplay.from_predictions(Y, PROBA, CLASSES)
    curve, everyone, aimed, _ = display.ax_.lines
    assert_allclose(curve.get_xdata(), [0.25, 0.5, 0.75, 1])
    assert_allclose(curve.get_ydata(), [1, 1, 2 / 3, 0.75])
    assert_allclose(everyone.get_xydata(), [[1, 0.75]])
    assert_allclose(aimed.get_xydata(), [[0.5, 1]])
    assert legend_of(display) == [
        "all sets: 100% answered, 75.0% right",
        "probability ≥ 0.80: 50% answered, 100.0% right",
    ]
    assert display.at_accuracy(0.7)["answered"] == 1
    assert display.at_share(0.6) == pytest.approx(
        {"threshold": 0.7, "answered": 0.75, "accuracy": 2 / 3}
    )


def test_abstention_says_so_where_no_share_is_accurate_enough():
    wrong = np.array(PROBA)[:, ::-1]
    display = AbstentionDisplay.from_predictions(Y, wrong, CLASSES)
    assert display.at_accuracy(0.99) is None
    assert legend_of(display) == ["all sets: 100% answered, 25.0% right"]


@pytest.mark.parametrize("display", [ReliabilityDisplay, AbstentionDisplay])
def test_people_are_the_subjects_of_recordings(display):
    sets = make_sets(n_subjects=3)
    y = np.array([recording.label for recording in sets])
    clf = ExerciseClassifier("rf", random_state=0).fit(sets[4:], y[4:])
    drawn = display.from_estimator(clf, sets[:8], y[:8])
    subjects = [recording.subject for recording in sets[:8]]
    proba = clf.predict_proba(sets[:8])
    given = display.from_predictions(y[:8], proba, clf.classes_, groups=subjects)
    frame = "bins" if display is ReliabilityDisplay else "curve"
    assert_allclose(getattr(drawn, frame), getattr(given, frame))
