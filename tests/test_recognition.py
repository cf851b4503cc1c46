"""Fitting on raw recordings, and recognizing the sets of new ones."""

from dataclasses import replace

import numpy as np
import pytest
from sklearn.exceptions import NotFittedError

from sk_imu import DataQualityWarning, ExerciseClassifier, RepetitionCounter
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


def test_describes_how_a_set_was_done(forest, workouts):
    plain = recognize(forest, workouts.data[:2])
    table = recognize(forest, workouts.data[:2], quality=True)
    columns = ["side", "tempo_s", "slowing", "range_kept", "pause_s"]
    assert list(table) == [*plain, *columns]
    assert set(table.side) == {"left"}
    unknown = [replace(workouts.data[0], side=None)]
    assert recognize(forest, unknown, quality=True)["side"].isna().all()
    usual_s = [np.median(np.diff(reps, axis=1)) for reps in workouts.repetitions[:2]]
    assert table.tempo_s.to_numpy() == pytest.approx(np.repeat(usual_s, 3), rel=0.25)
    assert table.slowing.between(0.9, 1.4).all()
    assert table.range_kept.between(0.8, 1.1).all()
    assert list(recognize(forest, [], quality=True)) == [*plain, *columns]


def test_sets_are_counted_by_the_counter_of_their_exercise(forest, workouts):
    # Two lunges, one to each side, are one repetition.
    lunges = np.flatnonzero(workouts.target == "lunge")
    counts = [len(workouts.repetitions[row]) // 2 for row in lunges]
    counter = RepetitionCounter().fit(
        [workouts.data[row] for row in lunges], counts, exercises=["lunge"] * len(lunges)
    )
    rows = [list(workouts.target).index(name) for name in ("lunge", "squat")]
    new = [workouts.data[row] for row in rows]
    plain, table = recognize(forest, new), recognize(forest, new, counter=counter)
    assert table.exercise.tolist() == ["lunge"] * 3 + ["squat"] * 3
    assert table.repetitions.tolist() == [
        *(plain.repetitions[:3] // 2),
        *plain.repetitions[3:],
    ]


def test_a_counter_without_exercises_is_refused(forest, workouts):
    sets = [one for one in workouts.data if one.label == "squat"]
    counter = RepetitionCounter().fit(sets[:2], [8, 8])
    with pytest.raises(ValueError, match="counter: fitted without exercises"):
        recognize(forest, [], counter=counter)


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


class Given:
    """A model that gives one row of a table to each set in turn."""

    classes_ = np.array(["curl", "lunge", "squat"])

    def __init__(self, rows, method="predict_proba"):
        rows = iter(rows)
        setattr(self, method, lambda X: np.array([next(rows) for _ in X]))

    def predict(self, X):
        return self.classes_[[0] * len(X)]


def named(rows, workouts, programme, **options):
    """Return the table of as many sets as there are rows of probabilities."""
    sets = workouts.data[:1] * len(rows)
    method = options.pop("method", "predict_proba")
    return recognize(
        Given(rows, method), sets, segment=False, programme=programme, **options
    )


def test_improbable_sets_are_unknown_on_request(workouts):
    rows = [[0.1, 0.2, 0.7], [0.3, 0.6, 0.1], [1.0, 0.0, 0.0]]
    table = named(rows, workouts, None, unknown_below=0.0)
    strict = named(rows, workouts, None, unknown_below=0.7)
    assert table.exercise.tolist() == ["squat", "lunge", "curl"]
    assert strict.exercise.tolist() == ["squat", "unknown", "curl"]
    assert strict.probability.tolist() == [0.7, 0.6, 1.0]


def test_a_programme_names_the_sets_jointly(workouts):
    # Alone, each set is a squat. The second is a lunge the most, for all that.
    rows = [[0.0, 0.1, 0.9], [0.1, 0.4, 0.5], [0.3, 0.2, 0.5]]
    table = named(rows, workouts, {"squat": 1, "lunge": 1, "curl": 1})
    assert table.exercise.tolist() == ["squat", "lunge", "curl"]
    assert table.probability.tolist() == [0.9, 0.4, 0.3]
    assert table.planned.all()
    assert "planned" not in named(rows, workouts, None)
    # Decision values are added up where there are no probabilities.
    decisions = named(rows, workouts, {"squat": 2, "curl": 1}, method="decision_function")
    assert decisions.exercise.tolist() == ["squat", "squat", "curl"]
    assert decisions.probability.isna().all()


def test_a_probability_of_zero_does_not_forbid_an_exercise(workouts):
    table = named([[0, 0, 1], [0, 0, 1]], workouts, {"squat": 1, "lunge": 1})
    assert sorted(table.exercise) == ["lunge", "squat"]


def test_sets_beyond_the_programme_keep_the_answer_of_the_model(workouts):
    rows = [[0.1, 0.5, 0.4], [0.0, 0.0, 1.0], [0.4, 0.3, 0.3], [0.1, 0.1, 0.8]]
    table = named(rows, workouts, {"squat": 2, "curl": 0})
    assert table.exercise.tolist() == ["lunge", "squat", "curl", "squat"]
    assert table.planned.tolist() == [False, True, False, True]
    strict = named(rows, workouts, {"squat": 2}, unknown_below=0.45)
    assert strict.exercise.tolist() == ["lunge", "squat", "unknown", "squat"]


def test_missing_sets_of_the_programme_are_warned_of(workouts):
    rows = [[0.1, 0.5, 0.4], [0.0, 0.0, 1.0]]
    with pytest.warns(DataQualityWarning, match="missing: 2 of squat, 1 of curl"):
        table = named(rows, workouts, {"squat": 3, "lunge": 1, "curl": 1})
    assert table.exercise.tolist() == ["lunge", "squat"]
    assert table.planned.all()
    # A set that cannot be what is left of the programme is not made it.
    with pytest.warns(DataQualityWarning, match="missing: 1 of curl"):
        table = named(rows, workouts, {"squat": 1, "curl": 1}, unknown_below=0.2)
    assert table.exercise.tolist() == ["lunge", "squat"]
    assert table.planned.tolist() == [False, True]


def test_the_programme_of_whole_workouts(forest, workouts):
    first = [r for r in workouts.data if r.subject == workouts.subject[0]]
    programme = {"squat": 3, "lunge": 3, "jumping_jack": 3}
    table = recognize(forest, first, programme=programme)
    assert table.planned.all()
    assert table.exercise.value_counts().to_dict() == programme
    assert table.exercise.tolist() == recognize(forest, first).exercise.tolist()
    svm = fit_recordings([r for r in workouts.data if r.label != "lunge"], "svm")
    table = recognize(svm, first[:1], programme={"squat": 1})
    assert table.planned.sum() == 1
    assert recognize(svm, [], programme={"squat": 1}).empty


@pytest.mark.parametrize(
    ("programme", "message"),
    [
        ({"sqat": 3, "squat": 1}, "does not know 'sqat' of the programme. It knows 'jump"),
        ({"squat": 1.5}, "has 1.5 sets of 'squat'. Give a whole number"),
        ({"squat": -1}, "has -1 sets of 'squat'"),
        ({"squat": True}, "has True sets of 'squat'"),
        ({}, "programme must give the number of sets of each exercise"),
        ([("squat", 3)], "programme must give the number of sets of each exercise"),
    ],
)
def test_a_programme_that_cannot_be_used_is_refused(forest, programme, message):
    with pytest.raises(ValueError, match=message):
        recognize(forest, [], programme=programme)


def test_a_programme_needs_a_model_that_compares_exercises(workouts):
    with pytest.raises(ValueError, match="only predicts labels"):
        named([], workouts, {"squat": 1}, method="other")

    class Namer:
        def predict(self, X):
            return ["squat"] * len(X)

    with pytest.raises(ValueError, match="only predicts labels"):
        recognize(Namer(), workouts.data[:1], programme={"squat": 1})


@pytest.mark.parametrize("model", ["rf", "svm"])
def test_a_programme_needs_a_fitted_model(workouts, model):
    with pytest.raises(NotFittedError, match="Fit it first"):
        recognize(ExerciseClassifier(model), workouts.data[:1], programme={"squat": 1})


def test_a_programme_of_more_sets_than_memory_holds(workouts):
    rows = [[0.1, 0.5, 0.4], [0.0, 0.6, 0.4]]
    with pytest.warns(DataQualityWarning, match="missing: 1000000000000 of squat"):
        table = named(rows, workouts, {"squat": 10**12, "lunge": 2})
    assert table.exercise.tolist() == ["lunge", "lunge"]


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
    assert table.within.tolist() == [1]


def test_sets_without_labels_are_refused(workouts):
    unlabeled = [sets_of(workouts.data[:1])[0][0]]
    object.__setattr__(unlabeled[0], "label", None)
    with pytest.raises(ValueError, match="a set has no label"):
        fit_recordings(unlabeled, segment=False)
    with pytest.raises(ValueError, match="fewer than two labels"):
        fit_recordings(workouts.data[:1])


def test_the_british_spelling_is_an_alias():
    assert recognise is recognize
