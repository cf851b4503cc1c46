"""Explanations show what the model reads: laws that a pretty picture can break."""

import copy

import numpy as np
import pytest
import torch
from scipy.signal.windows import hann
from scipy.stats import spearmanr
from sklearn.metrics import roc_auc_score

from sk_imu import CNNGRUClassifier, SignalArray
from sk_imu.datasets import make_exercise_recordings
from sk_imu.inspection import attributions
from sk_imu.pipelines import make_pipeline_for

#: A network of a useful accuracy takes some seconds of training.
pytestmark = pytest.mark.slow
NET = CNNGRUClassifier(random_state=0)
WINDOW, BURST = 100, 20  # timesteps, at 25 Hz


def plant(windows, rng):
    """Return windows with a burst on one of two channels, or on none, as their class."""
    names = windows[0].channel_names
    spread = np.mean([np.asarray(window).std(axis=1) for window in windows], axis=0)
    wave = np.sin(2 * np.pi * 4.0 * np.arange(BURST) / 25.0) * hann(BURST)
    X, y, places = [], [], []
    for i, window in enumerate(windows):
        values, place = np.asarray(window).copy(), None
        channel = (None, names.index("Gyroscope_y"), names.index("TotalAcceleration_z"))[
            i % 3
        ]
        if channel is not None:
            start = int(rng.integers(0, WINDOW - BURST))
            burst = 5 * spread[channel] * rng.choice([-1, 1]) * wave
            values[channel, start : start + BURST] += burst.astype(values.dtype)
            place = channel, start
        X.append(SignalArray(values, names, 25.0))
        y.append("none" if channel is None else names[channel])
        places.append(place)
    return X, np.array(y), places


@pytest.fixture(scope="module")
def planted():
    """Return a model of bursts, and windows of new people with the right answer.

    Beside each window stands its burst: the channel, and the first timestep.
    """
    made = make_exercise_recordings(5, 2, continuous=False, random_state=1)
    steps = make_pipeline_for("svm", channels=["TotalAcceleration", "Gyroscope"])[:2]
    signals = steps.fit_transform(made.data)
    rng = np.random.default_rng(0)
    new = np.isin(made.subject, np.unique(made.subject)[:2])
    sides = []
    for side in (False, True):
        rows = [signals[i] for i in np.flatnonzero(new == side)]
        cut = [
            r[:, k : k + WINDOW] for r in rows for k in range(0, r.shape[1] - WINDOW, 25)
        ]
        sides.append(plant([cut[i] for i in rng.permutation(len(cut))[:400]], rng))
    (X, y, _), (X_new, y_new, places) = sides
    model = make_pipeline_for(NET, augment=False)[1:].fit(X, y)
    answers = model.predict(X_new)
    bursts = [i for i, place in enumerate(places) if place is not None]
    assert (answers == y_new)[bursts].mean() > 0.9
    rows = [i for i in bursts if answers[i] == y_new[i]][:30]
    return model, [X_new[i] for i in rows], [places[i] for i in rows]


@pytest.mark.parametrize("method", ["integrated_gradients", "occlusion"])
def test_a_burst_is_found_in_time_and_on_its_channel(planted, method):
    model, X, places = planted
    in_time, on_channel = [], []
    explained = attributions(model, X, method=method)
    for one, (channel, start) in zip(explained, places, strict=True):
        inside = np.zeros(WINDOW, dtype=bool)
        inside[start : start + BURST] = True
        strength = one.smoothed().clip(min=0).sum(axis=0)
        in_time.append(roc_auc_score(inside, strength))
        on_channel.append(
            one.contributions("channel").index[0] == one.channel_names[channel]
        )
    # docs/results/explanation.rst has real data; by chance, these are 0.5 and 0.17.
    assert np.mean(in_time) >= 0.85
    assert np.mean(on_channel) >= 0.75


@pytest.mark.parametrize("method", ["integrated_gradients", "occlusion"])
def test_without_what_speaks_for_it_an_answer_falls(planted, method):
    model, X, _ = planted
    rng = np.random.default_rng(0)
    chosen, by_chance = [], []
    for one in attributions(model, X[:10], method=method):
        pieces = pieces_of(one.values)
        order = np.argsort(-np.bincount(pieces.ravel(), weights=one.values.ravel()))
        chosen.append(score_without(model, one, order, 0.1))
        by_chance.append(score_without(model, one, rng.permutation(order), 0.1))
    assert np.mean(chosen) < np.mean(by_chance) - 0.3


def test_the_explanation_of_random_weights_is_another(planted):
    model, X, _ = planted
    other = copy.deepcopy(model)
    torch.manual_seed(0)
    for layer in other["classify"].estimator_._exact.modules():
        if hasattr(layer, "reset_parameters"):
            layer.reset_parameters()
    explained = attributions(model, X)
    targets = [one.target for one in explained]
    correlations = [
        spearmanr(one.values.ravel(), random.values.ravel())[0]
        for one, random in zip(
            explained, attributions(other, X, target=targets), strict=True
        )
    ]
    assert abs(np.mean(correlations)) < 0.1


def score_without(model, one, order, share):
    """Return the score of a set without the given share of its pieces, in an order."""
    signal = np.asarray(one.signal)
    gone = np.argsort(order)[pieces_of(signal)] < share * len(order)
    rest = np.where(gone, signal.mean(axis=1, keepdims=True), signal).astype(signal.dtype)
    row = SignalArray(rest, one.channel_names, one.sampling_rate_hz)
    scores = model.predict_proba([row])[0]
    return scores[model.classes_.tolist().index(one.target)]


def pieces_of(signal, size=10):
    """Return the number of the piece that each value is in: 0.4 s of a channel."""
    n_pieces = -(-signal.shape[1] // size)
    stretch = np.arange(signal.shape[1]) // size
    return np.arange(len(signal))[:, np.newaxis] * n_pieces + stretch
