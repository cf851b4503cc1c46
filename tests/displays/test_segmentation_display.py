"""Drawing the bouts that are found in a workout."""

from dataclasses import replace

import matplotlib.pyplot as plt
import numpy as np
import pytest

from sk_imu import Bout, SegmentationDisplay, SetSegmenter
from sk_imu.datasets import make_exercise_recordings


@pytest.fixture(scope="module")
def workout():
    """Return two simulated sets of squats, with a mark before the first."""
    data = make_exercise_recordings(1, 2, ["squat"], random_state=0)
    mark = (data.bouts[0][0, 0] - 1, "heavy")
    return replace(data.data[0], annotations=[mark])


def test_draws_bouts_repetitions_and_marks(workout):
    display = SegmentationDisplay.from_recording(workout)
    texts = [text.get_text() for text in display.ax_.texts]
    assert texts[0].startswith("heavy 9 ×")
    assert texts[1].startswith("squat 12 ×")
    assert texts[-1] == "heavy"
    assert display.figure_ is display.ax_.figure
    plt.close(display.figure_)


def test_dollar_signs_are_no_formulas(workout):
    bouts, marks = [Bout(1.0, 2.0, 0.5, label=r"$\squat$")], [(1.0, r"$\heavy$")]
    display = SegmentationDisplay.from_recording(replace(workout, annotations=marks), bouts)
    display.figure_.canvas.draw()
    assert display.ax_.texts[-1].get_text() == r"$\heavy$"
    plt.close(display.figure_)


def test_takes_an_estimator_given_bouts_and_axes(workout):
    _, ax = plt.subplots()
    segmenter = SetSegmenter(min_repetitions=50).fit([workout])
    display = SegmentationDisplay.from_estimator(segmenter, workout, ax=ax)
    assert display.ax_ is ax
    assert not display.bouts
    bouts = [Bout(1.0, 2.0, 0.5)]
    assert SegmentationDisplay.from_recording(workout, bouts, ax=ax).bouts is bouts
    plt.close(ax.figure)


def test_describes_how_each_bout_was_done(workout):
    display = SegmentationDisplay.from_recording(workout, quality=True)
    assert len(display.qualities) == len(display.bouts) > 0
    first = display.qualities[0]
    words = display.ax_.texts[0].get_text().splitlines()[1]
    assert words.startswith(f"left, {np.median(first.tempo_s):.1f} s, ")
    assert f"{100 * (first.slowing - 1):+.0f} % time" in words
    plt.close(display.figure_)
    unknown = replace(workout, side=None)
    display = SegmentationDisplay.from_recording(unknown, display.bouts, quality=True)
    assert f"left, {display.ax_.texts[0].get_text().splitlines()[1]}" == words
    plt.close(display.figure_)
