"""A fitted model to a file and back without unpickling: nothing in the file is run."""

import tempfile
from pathlib import Path

import numpy as np
from trying import panel, try_all

X, Y, _ = panel()
X = X.astype(np.float32)


def by_skops(model, rows=X):
    """Return what becomes of a fitted model that skops writes and reads."""
    import skops.io

    data = skops.io.dumps(model)
    unknown = skops.io.get_untrusted_types(data=data)
    again = skops.io.loads(data, trusted=unknown)
    same = np.array_equal(again.predict(rows), model.predict(rows))
    note = f"by skops, {len(unknown)} types to trust by hand"
    return ("own code (3 lines)", note) if same else ("no", "other answers when loaded")


def sk_imu():
    from sk_imu import CNNClassifier
    from sk_imu.persistence import load_model, save_model

    net = CNNClassifier(max_epochs=2, random_state=0).fit(X, Y)
    with tempfile.TemporaryDirectory() as folder:
        save_model(net, Path(folder) / "model.skops")
        again = load_model(Path(folder) / "model.skops")
    assert np.array_equal(again.predict_proba(X), net.predict_proba(X))
    return "yes", "save_model, the whole pipeline"


def sktime():
    from sktime.classification.kernel_based import RocketClassifier

    kind = RocketClassifier(rocket_transform="minirocket", num_kernels=84, random_state=0)
    return by_skops(kind.fit(X, Y))


def aeon():
    from aeon.classification.convolution_based import MiniRocketClassifier

    return by_skops(MiniRocketClassifier(n_kernels=84, random_state=0).fit(X, Y))


def tsai():
    import torch
    from trying import tsai_learner

    learner = tsai_learner(X, Y, (list(range(24)), list(range(8))))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "weights.pt"
        torch.save(learner.model.state_dict(), path)
        learner.model.load_state_dict(torch.load(path, weights_only=True))
    return "partly", "weights by torch alone; its export is a pickle of the learner"


def seglearn():
    from seglearn.pipe import Pype
    from seglearn.transform import FeatureRep, Segment
    from sklearn.linear_model import LogisticRegression

    steps = [("cut", Segment(width=100)), ("features", FeatureRep())]
    model = Pype([*steps, ("regression", LogisticRegression(max_iter=1000))])
    rows = [row.T for row in X]
    return by_skops(model.fit(rows, Y), rows)


def braindecode():
    from trying import eeg_net

    y = (Y == "squat").astype(int)
    net = eeg_net(max_epochs=1).fit(X, y)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "weights.safetensors"
        net.save_params(f_params=path, use_safetensors=True)
        again = eeg_net().initialize()
        again.load_params(f_params=path, use_safetensors=True)
    assert np.allclose(again.predict_proba(X), net.predict_proba(X))
    return "partly", "weights as safetensors by skorch; the settings are written again"


if __name__ == "__main__":
    try_all(
        "saves and loads without pickle",
        *(sk_imu, sktime, aeon, tsai, seglearn, braindecode),
    )
