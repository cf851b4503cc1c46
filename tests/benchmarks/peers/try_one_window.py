"""One window of 200 timesteps and six channels to probabilities, in processor time."""

import numpy as np
from trying import cpu_ms, panel, try_all

X, Y, _ = panel()
X = X.astype(np.float32)
ONE = X[:1]


def timed(call, model):
    return f"{cpu_ms(call):.2f} ms", model


def sk_imu():
    from sk_imu import CNNGRUClassifier

    net = CNNGRUClassifier(max_epochs=2, random_state=0).fit(X, Y)
    return timed(lambda: net.predict_proba(ONE), "CNN-GRU")


def sktime():
    import torch
    from sktime.classification.deep_learning.gru import GRUFCNNClassifier

    torch.set_num_threads(1)
    net = GRUFCNNClassifier(64, 1, batch_first=True, num_epochs=1, random_state=0)
    net.fit(X, Y)
    return timed(lambda: net.predict_proba(ONE), "GRU-FCN")


def aeon():
    from aeon.classification.convolution_based import MiniRocketClassifier

    model = MiniRocketClassifier(random_state=0).fit(X, Y)
    return timed(lambda: model.predict_proba(ONE), "MiniRocket")


def tsai():
    import torch
    from trying import tsai_learner

    torch.set_num_threads(1)
    splits = (list(range(24)), list(range(8)))
    learner = tsai_learner(X, Y, splits, arch="GRU_FCN")
    return timed(lambda: learner.get_X_preds(ONE), "GRU-FCN by get_X_preds")


def seglearn():
    from seglearn.pipe import Pype
    from seglearn.transform import FeatureRep, Segment
    from sklearn.linear_model import LogisticRegression

    steps = [("cut", Segment(width=200)), ("features", FeatureRep())]
    model = Pype([*steps, ("regression", LogisticRegression(max_iter=1000))])
    model.fit([row.T for row in X], Y)
    rows = [ONE[0].T]
    return timed(lambda: model.predict_proba(rows), "features, logistic regression")


def braindecode():
    import torch
    from trying import eeg_net

    torch.set_num_threads(1)
    net = eeg_net(max_epochs=1).fit(X, (Y == "squat").astype(int))
    return timed(lambda: net.predict_proba(ONE), "ShallowFBCSPNet")


if __name__ == "__main__":
    try_all(
        "one window to probabilities, processor time",
        *(sk_imu, sktime, aeon, tsai, seglearn, braindecode),
    )
