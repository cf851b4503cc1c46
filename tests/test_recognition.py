"""Fitting on raw recordings, and recognizing the sets of new ones."""

from dataclasses import replace

import numpy as np
import pytest

from sk_imu import DataQualityWarning
from sk_imu.datasets import make_exercise_recordings
from sk_imu.recognition import fit_recordings, recognise, recognize
from sk_imu.segmentation import sets_of

CHANNELS = ["TotalAcceleration", "Gyroscope"]


@pytest.fixture(scope="module")
def workouts():
    """Return simulated workouts: 3 people × 3 exercises, 3 sets in each recording."""
    return make_exercise_recordings(3, 3, random_state=0)


@pytest.fixture(scope="module")
def forest(workouts):
    known = [r for r in workouts.data if r.subject != workouts.subject[0]]
    return fit_recordings(known, "rf", channels=CHANNELS)


def test_recognizes_the_sets_of_a_new_person_with_their_repetitions(forest, workouts):
    first = workouts.subject[0]
    new = [i for i, subject in enumerate(workouts.subject) if subject == first]
    table = recognize(forest, [workouts.data[i] for i in new])
    truth = [workouts.bouts[i] for i in new]
    assert len(table) == sum(map(len, truth)) == 9
    assert table.exercise.tolist() == [
        workouts.data[i].label for i in new for _ in workouts.bouts[i]
    ]
    assert table["set"].tolist() == [1, 2, 3] * 3
    for row, (start_s, end_s) in zip(
        table.itertuples(), np.concatenate(truth), strict=True
    ):
        shared_s = min(row.end_s, end_s) - max(row.start_s, start_s)
        assert shared_s > 0.75 * (max(row.end_s, end_s) - min(row.start_s, start_s))
    assert table.probability.between(0.34, 1).all()
    assert (table.repetitions >= 5).all()


def test_improbable_sets_are_unknown_on_request(forest, workouts):
    table = recognize(forest, workouts.data[:1], unknown_below=0.0)
    least = table.probability.min()
    strict = recognize(forest, workouts.data[:1], unknown_below=least + 1e-9)
    assert "unknown" not in set(table.exercise)
    assert (strict.exercise == "unknown").sum() == (table.probability == least).sum()


def test_no_recordings_give_an_empty_table(forest):
    table = recognize(forest, [])
    assert len(table) == 0
    assert "exercise" in table


def test_unknown_needs_probabilities(workouts):
    svm = fit_recordings(workouts.data, "svm", channels=CHANNELS)
    assert recognize(svm, workouts.data[:1]).probability.isna().all()
    with pytest.raises(ValueError, match="unknown_below needs a model with prob"):
        recognize(svm, workouts.data[:1], unknown_below=0.5)


@pytest.mark.parametrize("wrong", [np.nan, -0.1, 1.1])
def test_a_threshold_that_is_no_probability_is_refused(forest, wrong):
    with pytest.raises(ValueError, match="unknown_below must be a probability"):
        recognize(forest, [], unknown_below=wrong)


def test_doubts_about_recordings_are_warned_of(workouts, forest):
    notes = ["IMPLAUSIBLE: Gyroscope may be in degrees per second."]
    doubtful = [replace(one, notes=notes) for one in workouts.data[:2]]
    doubtful += workouts.data[2:4]
    with pytest.warns(DataQualityWarning, match="degrees per second. .2 of 4 recordings"):
        fit_recordings(doubtful, "rf", channels=CHANNELS, segment=False)
    # Once for all recordings, though each set is predicted by itself.
    with pytest.warns(DataQualityWarning, match="2 of 4 recordings") as warned:
        recognize(forest, doubtful)
    assert len(warned) == 1


def test_a_recording_without_a_bout_is_one_set(workouts, forest):
    recording = workouts.data[0]
    rest = recording.between(recording.overlap_s[0], workouts.bouts[0][0][0] - 2)
    sets, bouts = sets_of([rest])
    assert sets == [rest]
    assert bouts == [None]
    table = recognize(forest, [rest])
    assert len(table) == 1
    assert table.found.isna().all()


def test_sets_without_labels_are_refused(workouts):
    unlabeled = [sets_of(workouts.data[:1])[0][0]]
    object.__setattr__(unlabeled[0], "label", None)
    with pytest.raises(ValueError, match="a set has no label"):
        fit_recordings(unlabeled, segment=False)
    with pytest.raises(ValueError, match="fewer than two labels"):
        fit_recordings(workouts.data[:1])


def test_the_british_spelling_is_an_alias():
    assert recognise is recognize
