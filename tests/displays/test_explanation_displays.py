"""Attributions, as drawn."""

import numpy as np
import pytest
from made_sets import make_sets
from numpy.testing import assert_allclose

from sk_imu import (
    AttributionDisplay,
    ExerciseClassifier,
    NearestSetsDisplay,
    PhaseDifferenceDisplay,
    SignalArray,
    find_repetitions,
)
from sk_imu.inspection import Attribution, attributions, nearest_sets

SETS = make_sets()


@pytest.fixture(scope="module")
def forest():
    labels = [recording.label for recording in SETS]
    return ExerciseClassifier("rf", random_state=0).fit(SETS[4:], labels[4:])


def test_a_panel_for_each_channel_is_shaded_by_its_values(forest):
    display = AttributionDisplay.from_estimator(forest, SETS[2], patch_seconds=2.0)
    (one,) = attributions(forest, [SETS[2]], patch_seconds=2.0)
    assert len(display.axes_) == 6
    most = 0.0
    for panel, channel in zip(display.axes_, one.signal, strict=True):
        (image,) = panel.images
        assert_allclose(panel.lines[0].get_ydata(), channel)
        assert_allclose(panel.lines[0].get_xdata(), one.times_s)
        assert image.get_array().shape == (1, len(one.times_s))
        most = max(most, np.abs(image.get_array()).max())
    assert most == pytest.approx(1)
    shares = [panel.texts[0].get_text() for panel in display.axes_]
    assert sum(int(text.removesuffix(" %")) for text in shares) == pytest.approx(100, abs=3)
    title = display.figure_.get_suptitle()
    assert (
        title == f"person 0, recorded as squat, {one.target}: probability {one.score:.2f}"
    )


def test_repetitions_are_marked(forest):
    display = AttributionDisplay.from_estimator(forest, SETS[2], patch_seconds=4.0)
    found = find_repetitions(SETS[2])
    assert len(found) > 3
    assert_allclose(display.repetitions_s, [r.start_s for r in found], atol=0.1)
    marks = [line.get_xdata()[0] for line in display.axes_[0].lines[1:]]
    assert_allclose(marks, display.repetitions_s)


def test_channels_without_movement_have_no_repetitions():
    one = Attribution(
        values=np.ones((1, 50)),
        signal=SignalArray(np.zeros((1, 50)), ["Magnetometer_x"], 25.0),
        target="squat",
        score=0.9,
        baseline_score=0.1,
        method="occlusion",
    )
    display = AttributionDisplay.from_attribution(one)
    assert display.repetitions_s == []
    assert display.figure_.get_suptitle() == "squat: probability 0.90"
    assert display.plot() is display


def test_a_set_stands_beside_those_that_are_most_like_it(forest):
    labels = [recording.label for recording in SETS]
    display = NearestSetsDisplay.from_estimator(
        forest, SETS[4:], labels[4:], SETS[2], seconds=4.0
    )
    table = nearest_sets(forest, SETS[4:], labels[4:], [SETS[2]], n_nearest=1)
    assert display.axes_.shape == (2, 3)
    assert display.titles[0] == "This set\nperson 0, recorded as squat"
    for title, row in zip(display.titles[1:], table.itertuples(), strict=True):
        assert title.startswith(f"{row.role.capitalize()}: {row[3]}, {row.score:.2f}\n")
        assert f"person {row.subject}, distance {row.distance:.2f}" in title
    line = display.axes_[0, 0].lines[0]
    assert len(line.get_xdata()) == 100
    middle = (display.signals[0].shape[1] - 100) // 2
    assert_allclose(line.get_ydata(), display.signals[0][0, middle : middle + 100])


def test_the_phase_stands_below_each_column():
    labels = [recording.label for recording in SETS]
    display = PhaseDifferenceDisplay.from_recordings(
        SETS, labels, ("lunge", "squat"), channels=["Gyroscope", "TotalAcceleration_x"]
    )
    ticks = [panel.xaxis.get_major_ticks()[0] for panel in display.axes_]
    shown = [tick.label1.get_visible() for tick in ticks]
    assert shown == [False, True, True, True]


def test_differences_are_drawn_by_channel():
    labels = [recording.label for recording in SETS]
    display = PhaseDifferenceDisplay.from_recordings(SETS, labels, ("lunge", "squat"))
    assert len(display.axes_) == 6
    for panel in display.axes_:
        first, second, _ = panel.lines
        assert len(first.get_xdata()) == len(second.get_xdata()) == 20
        channel = panel.get_title().split()[0]
        rows = display.table[display.table["channel"] == channel]
        assert f": {rows['difference'].abs().max():.1f} SD at " in panel.get_title()
