"""A fitted classifier that also knows a few labeled sets of a new person."""

import pickle

import numpy as np
import pytest
import torch
from made_nets import cnn, cnn_gru, gru
from numpy.testing import assert_allclose, assert_array_equal

from sk_imu import CNNClassifier, ExerciseClassifier, ModuleClassifier, Recording
from sk_imu.persistence import load_model, save_model

PERIODS = {"curl": 12, "press": 20, "row": 34}
LABELS = sorted(PERIODS)


def make_person(n_each, seed, slower=1.0):
    """Return a person's panel: oscillations, whose period says which exercise it is."""
    rng = np.random.default_rng(seed)
    y = np.repeat(LABELS, n_each)
    period = np.array([PERIODS[label] for label in y])[:, np.newaxis, np.newaxis] * slower
    phase = rng.uniform(0, 2 * np.pi, (len(y), 3, 1))
    X = np.sin(2 * np.pi * np.arange(100) / period + phase)
    return X + rng.normal(scale=0.2, size=X.shape), y


X, Y = make_person(20, seed=0)
# Who does everything slower has curls that are nearly as slow as the others' presses.
OWN, OWN_Y = make_person(1, seed=1, slower=1.3)
NEW, NEW_Y = make_person(20, seed=2, slower=1.3)


def classifier(net=None, X=X, y=Y):
    if net is None:
        net = CNNClassifier(batch_size=8, max_epochs=12, random_state=0)
    return ExerciseClassifier(net, augment=False, window_seconds=4.0).fit(X, y)


@pytest.fixture(scope="module")
def fitted():
    return classifier()


@pytest.fixture(scope="module")
def own(fitted):
    return fitted.personalize(OWN, OWN_Y)


def test_one_set_of_each_class_mends_what_a_person_does_differently(fitted, own):
    assert fitted.score(X, Y) == 1
    assert fitted.score(NEW, NEW_Y) < 0.6
    assert own.score(NEW, NEW_Y) > fitted.score(NEW, NEW_Y) + 0.3
    # What was learned from the others is not lost.
    assert own.score(X, Y) > 0.9
    assert_array_equal(own.classes_, fitted.classes_)
    assert_allclose(own.predict_proba(NEW).sum(axis=1), 1)


def test_the_fitted_classifier_stays_as_it_is(fitted):
    before, files = fitted.predict_proba(NEW), pickle.dumps(fitted)
    fitted.personalize(NEW, NEW_Y)
    assert_array_equal(fitted.predict_proba(NEW), before)
    assert pickle.dumps(fitted) == files


def test_labels_of_one_class_do_not_draw_the_others_to_it(fitted):
    curls = OWN_Y == "curl"
    own = fitted.personalize(OWN[curls], OWN_Y[curls])
    is_curl = NEW_Y == "curl"
    before, after = (
        [clf.score(NEW[rows], NEW_Y[rows]) for rows in (is_curl, ~is_curl)]
        for clf in (fitted, own)
    )
    assert after[0] > before[0]
    assert after[1] >= before[1] - 0.05


def test_sets_of_the_training_people_change_little(fitted, own):
    like_all = fitted.personalize(X[::10], Y[::10])
    assert like_all.score(X, Y) == 1
    assert like_all.score(NEW, NEW_Y) < own.score(NEW, NEW_Y)


def test_personalized_again_it_knows_the_second_sets_only(fitted, own):
    again = own.personalize(X[::10], Y[::10])
    assert_array_equal(
        again.predict_proba(NEW), fitted.personalize(X[::10], Y[::10]).predict_proba(NEW)
    )


def test_a_new_fit_forgets_the_person(fitted, own):
    refitted = pickle.loads(pickle.dumps(own)).fit(X, Y)
    assert_array_equal(refitted.predict_proba(NEW), fitted.predict_proba(NEW))


def test_it_is_saved_and_loaded(fitted, own, tmp_path):
    save_model(own, tmp_path / "own.skops")
    loaded = load_model(tmp_path / "own.skops")
    assert_array_equal(loaded.predict_proba(NEW), own.predict_proba(NEW))
    assert_array_equal(
        pickle.loads(pickle.dumps(own)).predict_proba(NEW), own.predict_proba(NEW)
    )
    # The model of everybody is loaded where the person is.
    save_model(fitted, tmp_path / "everybody.skops")
    there = load_model(tmp_path / "everybody.skops").personalize(OWN, OWN_Y)
    assert_array_equal(there.predict_proba(NEW), own.predict_proba(NEW))


def test_a_file_with_prototypes_of_another_shape_is_refused(own, tmp_path, monkeypatch):
    monkeypatch.setattr(
        "sk_imu.neural._classifiers._IMUNetClassifier._use", lambda *_: None
    )
    broken = pickle.loads(pickle.dumps(own))
    net = broken.pipeline_[-1].estimator_
    net.net_, net._personal = own.pipeline_[-1].estimator_.net_, np.ones((3, 2))
    save_model(broken, tmp_path / "broken.skops")
    monkeypatch.undo()
    with pytest.raises(ValueError, match="prototypes have another shape"):
        load_model(tmp_path / "broken.skops")


@pytest.mark.parametrize("net", [cnn_gru(), gru(), cnn_gru(readout="flatten")])
@pytest.mark.parametrize("state", ["raw", "uniform"])
def test_all_nets_and_states_of_the_sets(net, state):
    def made(panel):
        if state == "uniform":
            return [row[:, : 100 + 10 * (i % 2)] for i, row in enumerate(panel)]
        names = [f"Accelerometer_{axis}" for axis in "xyz"]
        return [
            Recording.from_array(row, sampling_rate_hz=25, channel_names=names)
            for row in panel
        ]

    clf = classifier(net, made(X[::4]), Y[::4])
    own = clf.personalize(made(OWN), OWN_Y)
    assert own.predict(made(NEW[:5])).shape == (5,)
    assert (own.predict_proba(made(NEW)) != clf.predict_proba(made(NEW))).any()


def test_augmented_copies_are_no_obstacle():
    clf = ExerciseClassifier(cnn(), n_copies=1, random_state=0).fit(X, Y)
    own = clf.personalize(OWN, OWN_Y)
    assert (own.predict_proba(NEW) != clf.predict_proba(NEW)).any()


ENDS = {
    "layer": lambda own, read: own.head(read),
    "second name": lambda own, read: own.alias(read),
    "weight": lambda own, read: own.head(read.to(own.head.weight.dtype)),
}
OTHER_ENDS = {
    "norm": lambda own, read: own.norm(own.head(read)),
    "factor": lambda own, read: own.head(read) * 3,
    "clamp": lambda own, read: own.head(read).clamp(min=-1e-3),
    "twice": lambda own, read: own.head(read) + own.head(read.flip(1)),
    "keyword": lambda own, read: own.head(input=read),
    "weights only": lambda own, read: torch.nn.functional.linear(read, own.head.weight),
    "steps": lambda own, read: own.head(read.unsqueeze(1)).squeeze(1),
}


class Own(torch.nn.Module):
    """A network of the user's own; how it ends is of its parameters."""

    def __init__(self, n_channels, n_timesteps, n_classes, end):
        super().__init__()
        self.end = end
        self.norm = torch.nn.LayerNorm(n_classes)
        self.alias = self.head = torch.nn.Linear(n_channels * n_timesteps, n_classes)

    def forward(self, X):
        return (ENDS | OTHER_ENDS)[self.end](self, X.flatten(1))


def by_its_own(end):
    parameters = {"module_parameters": {"end": end}, "max_epochs": 1, "random_state": 0}
    return classifier(ModuleClassifier(Own, **parameters), X[::4], Y[::4])


def test_networks_of_the_users_own_that_end_with_a_linear_layer():
    clf = by_its_own("layer")
    expected = clf.personalize(OWN, OWN_Y).predict_proba(NEW)
    assert (expected != clf.predict_proba(NEW)).any()
    for end in set(ENDS) - {"layer"}:
        own = by_its_own(end).personalize(OWN, OWN_Y)
        assert_array_equal(own.predict_proba(NEW), expected)


@pytest.mark.parametrize("end", OTHER_ENDS)
def test_a_network_that_does_not_end_with_its_linear_layer_is_refused(end):
    clf = by_its_own(end)
    with pytest.raises(ValueError, match="module does not end with a linear layer"):
        clf.personalize(OWN, OWN_Y)


@pytest.mark.parametrize("model", ["svm", "rf"])
def test_a_model_without_a_network_is_refused(model):
    clf = ExerciseClassifier(model).fit(X, Y)
    with pytest.raises(ValueError, match="needs a network.*fit this model anew"):
        clf.personalize(OWN, OWN_Y)


def test_labels_that_cannot_be_used_are_refused(fitted):
    with pytest.raises(ValueError, match=r"labels has 'crul', which .* 'curl', 'press'"):
        fitted.personalize(OWN[:2], ["crul", "curl"])
    with pytest.raises(ValueError, match="labels has 1, 2, which"):
        fitted.personalize(OWN[:2], [1, 2])
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        fitted.personalize(OWN, OWN_Y[:2])
    with pytest.raises(ValueError, match="3 channels|3 features|2 channels"):
        fitted.personalize(OWN[:, :2], OWN_Y)
    with pytest.raises(ValueError, match="not fitted"):
        ExerciseClassifier().personalize(OWN, OWN_Y)
