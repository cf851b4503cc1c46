"""The nearest sets are of the answer and the runner-up, by what the model reads."""

import numpy as np
import pytest
from made_nets import CONVOLUTION
from made_sets import make_sets
from pandas.testing import assert_frame_equal
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline

from sk_imu import CNNClassifier, ExerciseClassifier
from sk_imu.inspection import nearest_sets
from sk_imu.pipelines import make_pipeline_for

SETS = make_sets()
Y = np.array([recording.label for recording in SETS])
MODELS = {
    "cnn": CNNClassifier(**CONVOLUTION, max_epochs=3, random_state=0),
    "rf": "rf",
    "svm": "svm",
}


@pytest.mark.parametrize("name", MODELS)
def test_a_training_set_is_nearest_to_itself(name):
    clf = ExerciseClassifier(MODELS[name], random_state=0).fit(SETS, Y)
    table = nearest_sets(clf, SETS, Y, SETS[:8])
    assert len(table) == 8 * 2 * 3
    scores = clf.predict_proba(SETS[:8]) if name != "svm" else None
    for number, part in table.groupby("set"):
        answer, runner_up = (part[part["role"] == r] for r in ("answer", "runner-up"))
        (answered,) = set(answer["class"])
        assert set(runner_up["class"]) == {"lunge", "squat"} - {answered}
        for rows in (answer, runner_up):
            assert (Y[rows["training_set"]] == rows["class"]).all()
            assert rows["distance"].is_monotonic_increasing
            subjects = [SETS[i].subject for i in rows["training_set"]]
            assert rows["subject"].tolist() == subjects
        if scores is not None:
            assert answer["score"].iloc[0] == pytest.approx(scores[number].max())
        if answered == Y[number]:
            assert answer["training_set"].iloc[0] == number
            assert answer["distance"].iloc[0] == pytest.approx(0, abs=1e-4)


def test_models_without_windows_have_neighbors():
    pipeline = make_pipeline_for("rf", 0, fixed_length=60).fit(SETS[4:], Y[4:])
    table = nearest_sets(pipeline, SETS[4:], Y[4:], SETS[:2], n_nearest=1)
    assert table["role"].tolist() == ["answer", "runner-up"] * 2


def test_features_of_a_step_are_compared_as_those_inside_of_the_classifier():
    inside = make_pipeline_for("rf", 0, fixed_length=60).fit(SETS[4:], Y[4:])
    features, forest = inside["classify"].steps
    flat = Pipeline([*inside.steps[:-1], features, forest])
    tables = [
        nearest_sets(model, SETS[4:], Y[4:], SETS[:2], n_nearest=1)
        for model in (inside, flat)
    ]
    assert_frame_equal(*tables)


def test_a_search_of_the_last_step_is_compared_by_windows():
    net = make_pipeline_for(MODELS["cnn"])
    search = GridSearchCV(net["classify"], {"window_seconds": [4.0]}, cv=2)
    net.fit(SETS, Y)
    searched = Pipeline([*net.steps[:-1], ("classify", search)]).fit(SETS, Y)
    tables = [nearest_sets(model, SETS, Y, SETS[:2]) for model in (net, searched)]
    assert_frame_equal(*tables)


def test_no_more_sets_than_there_are():
    clf = ExerciseClassifier("svm").fit(SETS, Y)
    few = [0, 2, 3]
    table = nearest_sets(clf, [SETS[i] for i in few], Y[few], SETS[4:5])
    assert sorted(table["training_set"]) == [0, 1, 2]


def test_faults_are_named():
    clf = ExerciseClassifier("svm").fit(SETS, Y)
    with pytest.raises(ValueError, match="y_train has no '(lunge|squat)', the"):
        nearest_sets(clf, SETS[:2], Y[:2], SETS[4:5])
    with pytest.raises(ValueError, match="inconsistent numbers"):
        nearest_sets(clf, SETS[:2], Y[:3], SETS[4:5])
    with pytest.raises(ValueError, match="n_nearest must be"):
        nearest_sets(clf, SETS, Y, SETS[4:5], n_nearest=0)
