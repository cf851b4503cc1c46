"""Nets that several tests train, and the panels they train on."""

import numpy as np
import pytest
import torch
from skorch.callbacks import Callback

from sk_imu import (
    CNNClassifier,
    CNNGRUClassifier,
    GRUClassifier,
    MultiplicativeNoise,
)

CONVOLUTION = {"n_filters": 4, "kernel_size": 3, "n_blocks": 1, "pool_size": 2}
TRAINING = {"max_epochs": 3, "batch_size": 8, "random_state": 0}


def cnn(**parameters):
    return CNNClassifier(**{**CONVOLUTION, **TRAINING, **parameters})


def gru(**parameters):
    return GRUClassifier(**{"hidden_size": 4, **TRAINING, **parameters})


def cnn_gru(**parameters):
    return CNNGRUClassifier(**{**CONVOLUTION, "hidden_size": 4, **TRAINING, **parameters})


ALL_RANDOM = {
    "dropout": 0.3,
    "augmenter": MultiplicativeNoise(),
    "early_stopping": True,
    "keep_epochs": True,
}


each_net = pytest.mark.parametrize("make", [cnn, gru, cnn_gru])


def make_panel(n_sets=24, n_timesteps=20, dtype=np.float64):
    rng = np.random.default_rng(0)
    y = np.array(["rest", "squat"] * (n_sets // 2 + 1))[:n_sets]
    X = rng.normal(size=(n_sets, 3, n_timesteps))
    X[y == "squat"] += np.sin(np.arange(n_timesteps) / 2)
    return X.astype(dtype), y


def make_easy():
    X, y = make_panel()
    X[y == "squat"] *= 3
    return X, y


def make_noise(n_sets=40):
    """Return sets whose labels can only be memorized."""
    rng = np.random.default_rng(1)
    return rng.normal(size=(n_sets, 2, 12)), rng.permutation(np.arange(n_sets) % 2)


def weights(clf):
    return torch.cat([v.flatten().double() for v in clf.module_.state_dict().values()])


def same_weights(one, other):
    return torch.equal(weights(one), weights(other))


def on(event, do):
    """Return a callback that calls ``do(net, **kwargs)`` at an event."""
    spy = type("Spy", (Callback,), {event: lambda _, net, **kwargs: do(net, **kwargs)})
    return spy()


def rows_of(dataset):
    """Return which rows of a panel marked by ``mark`` a dataset holds."""
    return sorted(dataset.X[:, 0, 0].astype(int).tolist())


def mark(X):
    """Write each row's number into its first sample."""
    X = X.copy()
    X[:, 0, 0] = np.arange(len(X))
    return X


def record_rates(clf, X, y):
    rates = []
    spy = on(
        "on_batch_begin",
        lambda net, **_: rates.append(net.optimizer_.param_groups[0]["lr"]),
    )
    clf.set_params(callbacks=[spy]).fit(X, y)
    return rates


def interrupt(net, **kwargs):
    raise KeyboardInterrupt
