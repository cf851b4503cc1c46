"""A deep net that is a scikit-learn classifier by scikit-learn's own checks."""

from sklearn.utils.estimator_checks import check_estimator
from trying import try_all


def judged(estimator):
    """Return the verdict of scikit-learn's checks."""
    results = check_estimator(estimator, on_fail=None, on_skip=None)
    failed = [r for r in results if r["status"] == "failed"]
    note = f"{len(results) - len(failed)} of {len(results)} checks passed"
    return "no" if failed else "yes", note


def sk_imu():
    from sk_imu import CNNClassifier

    # The checks' series have one channel of three to ten timesteps, and a row of weight 2
    # has to equal the same row told twice.
    small = {"kernel_size": 1, "n_blocks": 1, "pooling": None, "batch_norm": False}
    exact = {"batch_size": None, "dtype": "float64", "random_state": 0}
    learns = {"max_epochs": 40, "lr": 0.02, "readout": "flatten"}
    return judged(CNNClassifier(**small, **exact, **learns))


def sktime():
    from sktime.classification.deep_learning.gru import GRUFCNNClassifier

    net = GRUFCNNClassifier(4, 1, batch_first=True, num_epochs=1, random_state=0)
    return judged(net)


def aeon():
    from aeon.classification.deep_learning import FCNClassifier

    return judged(FCNClassifier(n_epochs=1, random_state=0))


def tsai():
    from trying import panel, tsai_learner

    X, y, _ = panel()
    return judged(
        tsai_learner(X.astype("float32"), y, (list(range(18)), list(range(18, 24))))
    )


def seglearn():
    import seglearn

    assert not hasattr(seglearn, "models")
    return "no", "has no nets; its examples wrap Keras' own wrapper"


def braindecode():
    from trying import eeg_net

    return judged(eeg_net(max_epochs=1))


if __name__ == "__main__":
    try_all(
        "deep net that passes scikit-learn's check_estimator",
        *(sk_imu, sktime, aeon, tsai, seglearn, braindecode),
    )
