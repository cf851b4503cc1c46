"""Attributions are those of the model's own answer, and find what was planted."""

import numpy as np
import pytest
import torch
from made_nets import CONVOLUTION
from made_sets import NAMES, make_sets
from numpy.testing import assert_allclose
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline

from sk_imu import (
    CNNClassifier,
    CNNGRUClassifier,
    DerivedChannels,
    ExerciseClassifier,
    GRUClassifier,
    SignalArray,
)
from sk_imu.inspection import Attribution, attribution_table, attributions
from sk_imu.inspection._differentiable import ScoreOfSet
from sk_imu.inspection._low_pass import low_pass
from sk_imu.pipelines import make_pipeline_for

SMALL = {"max_epochs": 2, "random_state": 0}
NETS = {
    "cnn": CNNClassifier(**CONVOLUTION, **SMALL),
    "gru": GRUClassifier(hidden_size=4, **SMALL),
    "cnn-gru": CNNGRUClassifier(**CONVOLUTION, hidden_size=4, **SMALL),
}
SETS = make_sets()
Y = np.array([recording.label for recording in SETS])
NEW = [*SETS[:4], SETS[0].between(0.0, 2.5)]  # the last is shorter than a window


def fitted(model, **parameters):
    return ExerciseClassifier(model, **parameters).fit(SETS[4:], Y[4:])


def score_of(clf, signal):
    derive, scale, windowed = (step for _, step in clf.pipeline_.steps[-3:])
    return ScoreOfSet(derive, scale, windowed, clf.temperature_, np.asarray(signal))


@pytest.fixture(scope="module")
def forest():
    return fitted("rf", random_state=0)


@pytest.fixture(scope="module")
def net():
    return fitted(NETS["cnn-gru"])


@pytest.mark.parametrize(
    ("wear", "calibration"), [("fixed", None), ("free", "temperature")]
)
@pytest.mark.parametrize("name", NETS)
def test_what_is_differentiated_is_what_the_model_predicts(name, calibration, wear):
    clf = fitted(NETS[name], wear=wear, calibration=calibration)
    signals = clf.pipeline_[:2].transform(NEW)
    for signal, proba in zip(signals, clf.predict_proba(NEW), strict=True):
        rows = torch.from_numpy(np.asarray(signal, dtype=np.float64))[None]
        with torch.no_grad():
            found = score_of(clf, signal)(rows)[0].numpy()
        assert_allclose(found, proba, atol=1e-5)


@pytest.mark.parametrize("keep", [True, False])
def test_all_kinds_of_derived_channels_are_differentiated(keep):
    kinds = ["magnitude", "vertical", "rate_of_change", "aligned"]
    pipeline = make_pipeline_for(NETS["cnn"])
    pipeline.set_params(derive=DerivedChannels(kinds=kinds, keep=keep))
    pipeline.fit(SETS[4:], Y[4:])
    explained = attributions(pipeline, NEW[:2], n_steps=5)
    assert_allclose(
        [one.score for one in explained], pipeline.predict_proba(NEW[:2]).max(1)
    )
    signal = pipeline[:2].transform(NEW[:1])[0]
    score = ScoreOfSet(*(step for _, step in pipeline.steps[-3:]), None, np.asarray(signal))
    rows = torch.from_numpy(np.asarray(signal, dtype=np.float64))[None]
    derived = pipeline["derive"].transform([np.asarray(signal, dtype=np.float64)])[0]
    assert_allclose(score._derived(rows)[0].numpy(), derived, atol=1e-8)


@pytest.mark.parametrize("n_timesteps", [1, 2, 3, 30, 200])
def test_low_pass_is_that_of_the_pipeline_and_has_its_gradient(n_timesteps):
    rng = np.random.default_rng(0)
    values = rng.normal(size=(2, 3, n_timesteps))
    names = [f"TotalAcceleration_{axis}" for axis in "xyz"]
    derive = DerivedChannels(
        kinds=["vertical"], channel_names=names, sampling_rate_hz=25.0
    ).fit(values)
    tensor = torch.from_numpy(values).requires_grad_(True)
    smooth = low_pass(tensor, 0.5, 25.0)
    assert_allclose(smooth.detach().numpy(), derive._gravity(values, names), atol=1e-12)
    if n_timesteps <= 30:
        assert torch.autograd.gradcheck(lambda v: low_pass(v, 0.5, 25.0), tensor)


def test_values_add_up_to_what_the_movement_makes_of_the_score(net):
    coarse, fine = (attributions(net, NEW[:2], n_steps=n) for n in (5, 200))
    for few, many in zip(coarse, fine, strict=True):
        difference = many.score - many.baseline_score
        assert abs(difference) > 0.01
        assert many.values.sum() == pytest.approx(difference, abs=1e-3)
        assert many.completeness_error < min(1e-3, few.completeness_error)


def test_the_two_answers_of_two_classes_are_explained_by_opposite_values(net):
    lunge, squat = (attributions(net, NEW[:1], target=t)[0] for t in ("lunge", "squat"))
    assert lunge.score + squat.score == pytest.approx(1)
    assert_allclose(lunge.values, -squat.values, atol=1e-12)


def test_the_most_probable_class_is_explained_unless_another_is_given(net):
    proba = net.predict_proba(NEW)
    for one, row, recording in zip(attributions(net, NEW), proba, NEW, strict=True):
        assert one.target == net.classes_[row.argmax()]
        assert one.score == pytest.approx(row.max())
        assert one.method == "integrated_gradients"
        assert one.label == recording.label
        assert one.subject == recording.subject
        assert one.channel_names == tuple(NAMES)
        assert one.sampling_rate_hz == 25
        assert one.values.shape == one.signal.shape == (6, len(one.times_s))
    each = attributions(net, NEW[:2], target=["squat", "lunge"], n_steps=2)
    assert [one.target for one in each] == ["squat", "lunge"]


@pytest.mark.parametrize("together", ["channel", "sensor"])
def test_occlusion_explains_any_model(forest, together):
    for model in (forest, forest.pipeline_):
        one, other = attributions(model, NEW[:2], patch_seconds=2.0, together=together)
        assert one.method == "occlusion"
        proba = forest.predict_proba(NEW[:2]).max(axis=1)
        assert_allclose([one.score, other.score], proba)
        assert np.any(one.values)


def test_occlusion_of_the_whole_set_is_the_difference_to_the_baseline():
    names = [name for name in NAMES if name.startswith("Gyroscope")]
    clf = fitted(NETS["cnn"], channels=names)
    (one,) = attributions(
        clf, NEW[:1], method="occlusion", together="sensor", patch_seconds=1000.0
    )
    assert one.completeness_error < 1e-12
    assert np.ptp(one.values) < 1e-12


def test_occlusion_takes_decision_values_where_there_are_no_probabilities():
    svm = fitted("svm")
    (one,) = attributions(svm, NEW[:1], patch_seconds=2.0)
    (decision,) = svm.decision_function(NEW[:1])
    assert one.score == pytest.approx(abs(decision))
    assert one.score_name == "decision value"


def test_arrays_are_explained_without_names_of_people():
    signals = make_pipeline_for("svm")[:2].fit_transform(SETS)
    clf = ExerciseClassifier("svm").fit(signals[4:], Y[4:])
    (one,) = attributions(clf, signals[:1], patch_seconds=4.0)
    assert_allclose(one.signal, signals[0])
    assert one.label is None
    with pytest.raises(ValueError, match="set 0 has no subject"):
        attribution_table([one], by="person")


def test_a_channel_that_does_nothing_is_given_nothing():
    rng = np.random.default_rng(0)
    quiet = rng.normal(size=(12, 3, 150))
    y = np.array(["rest", "shake"] * 6)
    quiet[y == "shake", 1] *= 4
    quiet[:, 2] = 0.5
    X = [SignalArray(row, ["a", "b", "c"], 25.0) for row in quiet]
    clf = ExerciseClassifier(CNNClassifier(**CONVOLUTION, max_epochs=40, random_state=0))
    (one,) = attributions(clf.fit(X, y), X[1:2], target="shake")
    assert_allclose(one.values[2], 0)
    assert one.shares("channel").index[0] == "b"


def make_attribution(values, target="squat", subject=1):
    names = ["Gyroscope_x", "Gyroscope_y", "TotalAcceleration_x"]
    values = np.asarray(values, dtype=float)
    return Attribution(
        values=values,
        signal=SignalArray(np.zeros(values.shape), names, 25.0),
        target=target,
        score=0.9,
        baseline_score=0.4,
        method="occlusion",
        subject=subject,
    )


def test_noise_of_both_signs_cancels_in_sums():
    one = make_attribution([[3, -2, 0], [2, -4, 0], [0, 0, 1]])
    sums = {"Gyroscope_x": 1, "TotalAcceleration_x": 1, "Gyroscope_y": -2}
    assert one.contributions("channel").to_dict() == sums
    assert one.shares("channel").to_list() == [0.5, 0.5, 0]
    assert one.contributions().to_dict() == {"TotalAcceleration": 1, "Gyroscope": -1}
    assert one.shares().to_dict() == {"TotalAcceleration": 1, "Gyroscope": 0}
    assert repr(one).endswith("0.90: TotalAcceleration 100 %, Gyroscope 0 %)")
    assert one.completeness_error == pytest.approx(0.5)
    assert_allclose(one.smoothed(0.08)[0], [1.5, 0.5, -1])
    assert_allclose(one.smoothed(0.0), one.values)


def test_tables_have_means_over_sets():
    one = make_attribution([[1, 0], [2, 0], [0, 1]])
    other = make_attribution([[0, 0], [0, 0], [3, 1]], "lunge")
    by_set = attribution_table([one, other])
    assert by_set["set"].tolist() == [0, 0, 1, 1]
    assert by_set["contribution"].tolist() == [3, 1, 4, 0]
    by_person = attribution_table([one, other], by="person").set_index("sensor")
    assert by_person["share"].to_dict() == {"Gyroscope": 0.375, "TotalAcceleration": 0.625}
    assert by_person["contribution"].to_dict() == {
        "Gyroscope": 1.5,
        "TotalAcceleration": 2.5,
    }
    assert by_person["n_sets"].tolist() == [2, 2]
    by_class = attribution_table([one, other], by="class", part="channel")
    assert set(by_class["class"]) == {"squat", "lunge"}
    assert by_class.groupby("class")["share"].sum().to_list() == [1, 1]


def test_shares_of_nothing_are_nothing():
    assert make_attribution(np.zeros((3, 2))).shares().to_list() == [0, 0]


def test_models_of_other_steps_are_refused():
    signals = make_pipeline_for("svm")[:2].fit_transform(SETS)
    flat = Pipeline([("length", make_pipeline_for("rf", fixed_length=50)["length"])])
    flat.steps.append(("classify", NETS["cnn"]))
    flat.fit(signals, Y)
    with pytest.raises(ValueError, match="the channels that the step 'resample' returns"):
        attributions(flat, signals)
    fixed = make_pipeline_for(NETS["cnn"], fixed_length=50).fit(SETS[4:], Y[4:])
    with pytest.raises(ValueError, match="a net that votes on windows.*method='occlusion'"):
        attributions(fixed, NEW, method="integrated_gradients")
    assert attributions(fixed, NEW[:1], patch_seconds=4.0)[0].method == "occlusion"
    with pytest.raises(TypeError, match=r"fitted ExerciseClassifier.*got a CNNClassifier"):
        attributions(fixed["classify"], NEW)


def test_models_that_count_votes_have_no_gradient():
    pipeline = make_pipeline_for(NETS["cnn"]).set_params(classify__vote="hard")
    pipeline.fit(SETS[4:], Y[4:])
    with pytest.raises(ValueError, match="vote='soft'"):
        attributions(pipeline, NEW, method="integrated_gradients")


def test_gravity_is_explained_though_its_length_is_constant():
    rng = np.random.default_rng(0)
    names = [f"Gravity_{axis}" for axis in "xyz"]
    turns = [rng.normal(size=(3, 1)) + rng.normal(0, 0.3, (3, 150)) for _ in range(12)]
    X = [
        SignalArray((9.8 * v / np.linalg.norm(v, axis=0)).astype(np.float32), names, 25.0)
        for v in turns
    ]
    clf = ExerciseClassifier(CNNClassifier(**CONVOLUTION, **SMALL))
    clf.fit(X, ["a", "b"] * 6)
    (one,) = attributions(clf, X[:1], method="integrated_gradients")
    assert one.completeness_error < 0.05
    # The length varies by what float32 rounds off. Scaled up, it has no gradient.
    clf.pipeline_["scale"].scale_[-1] = 1e-7
    with pytest.raises(ValueError, match=r"nearly constant, such as the magnitude of Grav"):
        attributions(clf, X[:1])
    assert attributions(clf, X[:1], method="occlusion")[0].method == "occlusion"


def test_forests_have_no_gradient(forest):
    with pytest.raises(ValueError, match="and the model is a Pipeline"):
        attributions(forest, NEW, method="integrated_gradients")


def test_unfitted_models_are_refused():
    for model in (ExerciseClassifier("rf"), make_pipeline_for("rf")):
        with pytest.raises(NotFittedError):
            attributions(model, NEW)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"target": "plank"}, "target 'plank' is not among the classes.*'lunge', 'squat'"),
        ({"target": ["squat"]}, "target has 1 labels for 5 sets"),
        ({"method": "gradcam"}, "method must be one of.*'gradcam'.*not faithful"),
        ({"together": "all"}, "together must be one of"),
        ({"n_steps": 0}, "n_steps must be a whole number"),
        ({"patch_seconds": 0}, "patch_seconds must be a positive number"),
    ],
)
def test_wrong_parameters_are_named(forest, parameters, message):
    with pytest.raises(ValueError, match=message):
        attributions(forest, NEW, **parameters)


def test_the_best_model_of_a_search_is_explained():
    search = GridSearchCV(ExerciseClassifier("svm"), {"augment": [False]}, cv=2)
    search.fit(SETS[4:], Y[4:])
    (one,), (same,) = (
        attributions(model, NEW[:1], patch_seconds=4.0)
        for model in (search, search.best_estimator_)
    )
    assert_allclose(one.values, same.values)


def test_wrong_sets_are_named(forest):
    with pytest.raises(ValueError, match=r"Give a list, such as \[X\]"):
        attributions(forest, NEW[0])
    signals = make_pipeline_for("svm")[:2].fit_transform(SETS)
    clf = ExerciseClassifier("svm").fit(signals, Y)
    signals[1][2, 3] = np.nan
    with pytest.raises(ValueError, match=r"NaN"):
        attributions(clf, signals[:2])


@pytest.mark.parametrize("parameters", [{"by": "sex"}, {"part": "axis"}])
def test_wrong_tables_are_named(parameters):
    with pytest.raises(ValueError, match="must be"):
        attribution_table([make_attribution(np.ones((3, 2)))], **parameters)
    with pytest.raises(ValueError, match="there is no set"):
        attribution_table([])
