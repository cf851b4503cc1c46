"""Where the result is not a number there is no prediction, and so no first class."""

import numpy as np
import pytest
import torch
from made_nets import cnn, each_net, make_panel
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from sk_imu import Flatten, WindowedClassifier


def test_a_net_says_which_set_has_none():
    X, y = make_panel()
    clf = cnn().fit(X, y)
    X[3] = np.where(np.arange(20) % 2, 1.7e308, -1.7e308)
    for method in (clf.predict, clf.predict_proba):
        with pytest.raises(ValueError, match="for 1 of 24 sets, the first in row 3"):
            method(X)


@pytest.mark.parametrize("vote", ["soft", "hard"])
def test_windows_that_have_none_do_not_vote(vote):
    X, y = make_panel()
    table = make_pipeline(Flatten(), LogisticRegression())
    clf = WindowedClassifier(table, n_timesteps=10).fit(X, y)
    assert clf.set_params(vote=vote).predict(X).shape == y.shape
    clf.estimator_[-1].coef_[:] = np.nan
    with pytest.raises(ValueError, match="for 24 of 24 sets, the first in row 0"):
        clf.set_params(vote="soft").predict(X)


@each_net
def test_weights_that_were_spoiled_are_not_used(make):
    X, y = make_panel()
    clf = make().fit(X, y)
    with torch.no_grad():
        next(clf._exact.parameters())[:] = np.nan
    with pytest.raises(ValueError, match="not a number"):
        clf.predict(X)
