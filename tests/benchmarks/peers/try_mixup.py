"""Mixtures of two rows as training rows, with mixtures of their labels."""

import numpy as np
from trying import names_with, panel, try_all

X, Y, _ = panel()
X = X.astype(np.float32)


def told(right, n_rows):
    return f"{right} of {n_rows} training rows told"


def sk_imu():
    from sk_imu import CNNClassifier, Mixup

    net = CNNClassifier(augmenter=Mixup(), batch_size=8, random_state=0).fit(X, Y)
    return "yes", told(np.sum(net.predict(X) == Y), len(Y))


def refused(library, classifier):
    """Return what a classifier says to probabilities as labels."""
    soft = np.eye(2)[(Y == "squat").astype(int)] * 0.8 + 0.1
    found = names_with(library, "mixup", "soft_label", "cutmix")
    try:
        classifier.fit(X, soft)
    except Exception as error:
        return "no", f"{type(error).__name__} on soft labels; no public mixup {found or ''}"
    if np.ndim(classifier.predict(X)) == 2:
        return "no", "takes each column of soft labels for labels of their own"
    return "partly", "soft labels fitted"


def sktime():
    from sktime.classification.deep_learning.gru import GRUFCNNClassifier

    return refused("sktime", GRUFCNNClassifier(4, 1, batch_first=True, num_epochs=1))


def aeon():
    from aeon.classification.convolution_based import MiniRocketClassifier

    return refused("aeon", MiniRocketClassifier(n_kernels=84))


def tsai():
    from trying import tsai_learner
    from tsai.data.mixed_augmentation import CutMix1d, MixUp1d

    assert CutMix1d
    splits = (list(range(24)), list(range(8)))
    learner = tsai_learner(X, Y, splits, cbs=[MixUp1d(0.2)])
    answers = np.asarray(learner.get_X_preds(X)[2])
    return "yes", told(np.sum(answers == Y), len(Y)) + "; CutMix, too"


def seglearn():
    from seglearn.pipe import Pype
    from seglearn.transform import FeatureRep, Segment
    from sklearn.ensemble import RandomForestClassifier

    class OnRows(Pype):
        def fit(self, rows, soft):
            return super().fit([row.T for row in rows], soft)

    steps = [("cut", Segment(width=100)), ("features", FeatureRep())]
    return refused("seglearn", OnRows([*steps, ("forest", RandomForestClassifier())]))


def braindecode():
    import torch
    from braindecode.augmentation import AugmentedDataLoader, Mixup
    from braindecode.training import mixup_criterion
    from trying import eeg_net

    class Loss(torch.nn.Module):
        def forward(self, told_, target):
            return mixup_criterion(torch.log_softmax(told_, dim=1), target)

    net = eeg_net(
        iterator_train=AugmentedDataLoader,
        iterator_train__transforms=[Mixup(alpha=0.2)],
        criterion=Loss,
    )
    y = (Y == "squat").astype(int)
    net.set_params(callbacks=None)
    net.fit(X, y)
    return "yes", told(np.sum(net.predict(X) == y), len(y)) + ", its criterion wrapped"


if __name__ == "__main__":
    try_all("soft labels, mixup", *(sk_imu, sktime, aeon, tsai, seglearn, braindecode))
