"""Noise added to the training rows of a fold and to nothing else."""

import numpy as np
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline
from trying import names_with, panel, try_all

X, Y, PEOPLE = panel()
X = X.astype(np.float32)
SPLITS = (list(range(18)), list(range(18, 24)))


def sk_imu():
    from sklearn.model_selection import GroupKFold

    from sk_imu import CNNClassifier, MultiplicativeNoise, augmentation

    net = CNNClassifier(augmenter=MultiplicativeNoise(), batch_size=8, random_state=0)
    scores = cross_val_score(net, X, Y, groups=PEOPLE, cv=GroupKFold(2))
    fitted = net.fit(X, Y)
    assert np.array_equal(fitted.predict_proba(X), fitted.predict_proba(X))
    kinds = [name for name in augmentation.__all__ if name[0].isupper()]
    return "yes", f"score {scores.mean():.2f}, people left out; {len(kinds)} of them"


def sktime():
    from sktime.transformations.augmenter import InvertAugmenter

    augmenter = InvertAugmenter().fit(X)
    if not np.array_equal(augmenter.transform(X), X):
        return "no", "in a pipeline its augmenters change the rows to predict, too"
    return "yes", "its augmenters leave the rows to predict alone"


def aeon():
    from aeon.classification.convolution_based import MiniRocketClassifier
    from aeon.transformations.collection.imbalance import SMOTE

    few = np.r_[0:18:2, 1:6:2]
    model = make_pipeline(SMOTE(n_neighbors=2), MiniRocketClassifier(random_state=0))
    try:
        model.fit(X[few], Y[few])
    except Exception as error:
        return "no", f"SMOTE and its kin only; in a Pipeline: {type(error).__name__}"
    return "partly", "rebalancing (SMOTE and its kin) only"


def tsai():
    from trying import tsai_learner
    from tsai.data.transforms import TSMagAddNoise, all_TS_randaugs

    learner = tsai_learner(X, Y, SPLITS, batch_tfms=[TSMagAddNoise(0.5)])
    first, second = learner.get_X_preds(X)[0], learner.get_X_preds(X)[0]
    assert np.array_equal(first, second)
    return "yes", f"batch_tfms touch training batches only; {len(all_TS_randaugs)} of them"


def seglearn():
    found = names_with("seglearn", "augment", "noise", "sampler", "mirror", "jitter")
    return "no", f"public names for it: {', '.join(found) or 'none'}"


def braindecode():
    from braindecode import augmentation
    from trying import eeg_net

    noise = augmentation.GaussianNoise(probability=0.5, std=0.5)
    net = eeg_net(
        iterator_train=augmentation.AugmentedDataLoader, iterator_train__transforms=[noise]
    )
    y = (Y == "squat").astype(int)
    scores = cross_val_score(net, X, y, groups=PEOPLE, cv=2)
    kinds = augmentation.Transform.__subclasses__()
    return (
        "yes",
        f"score {scores.mean():.2f} by the training iterator; {len(kinds)} of them",
    )


if __name__ == "__main__":
    try_all(
        "augmentation of the training rows of a fold only",
        *(sk_imu, sktime, aeon, tsai, seglearn, braindecode),
    )
