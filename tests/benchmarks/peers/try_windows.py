"""Windows cut inside ``fit`` and ``predict``, one answer a recording."""

import numpy as np
from sklearn.ensemble import RandomForestClassifier
from trying import Windowed, own_code, series, try_all

X, Y, PEOPLE = series()
N_TRAIN = 18


def told(predicted):
    """Return how many of the fourth person's recordings were told right."""
    return f"{np.sum(np.asarray(predicted) == Y[N_TRAIN:])} of {len(Y) - N_TRAIN} told"


def sk_imu():
    from sklearn.pipeline import make_pipeline

    from sk_imu import WindowedClassifier
    from sk_imu.features import SummaryFeatures

    forest = make_pipeline(SummaryFeatures(), RandomForestClassifier(random_state=0))
    model = WindowedClassifier(forest, n_timesteps=100).fit(X[:N_TRAIN], Y[:N_TRAIN])
    return "yes", told(model.predict(X[N_TRAIN:]))


def sktime():
    from sktime.classification.feature_based import SummaryClassifier

    model = Windowed(SummaryClassifier(random_state=0)).fit(X[:N_TRAIN], Y[:N_TRAIN])
    return own_code(Windowed), told(model.predict(X[N_TRAIN:]))


def aeon():
    from aeon.classification.convolution_based import MiniRocketClassifier

    model = Windowed(MiniRocketClassifier(random_state=0)).fit(X[:N_TRAIN], Y[:N_TRAIN])
    return own_code(Windowed), told(model.predict(X[N_TRAIN:]))


def tsai():
    from trying import tsai_learner
    from tsai.basics import SlidingWindow

    def cut(rows):
        cutter = SlidingWindow(100, stride=50, get_y=[], seq_first=False)
        windows = [cutter(row)[0] for row in rows]
        return np.concatenate(windows).astype(np.float32), [len(w) for w in windows]

    def vote(answers, counts):
        parts = np.split(np.asarray(answers), np.cumsum(counts)[:-1])
        best = [np.unique(part, return_counts=True) for part in parts]
        return [labels[n.argmax()] for labels, n in best]

    train, counts = cut(X[:N_TRAIN])
    y = np.repeat(Y[:N_TRAIN], counts)
    learner = tsai_learner(train, y, (list(range(len(y))), list(range(8))))
    test, counts = cut(X[N_TRAIN:])
    note = "; windows by its SlidingWindow, before fit"
    return own_code(cut, vote), told(vote(learner.get_X_preds(test)[2], counts)) + note


def seglearn():
    from seglearn.pipe import Pype
    from seglearn.transform import FeatureRep, Segment

    def vote(answers):
        best = [np.unique(one, return_counts=True) for one in answers]
        return [labels[n.argmax()] for labels, n in best]

    rows = [row.T for row in X]
    model = Pype(
        [
            ("windows", Segment(width=100, overlap=0.5)),
            ("features", FeatureRep()),
            ("forest", RandomForestClassifier(random_state=0)),
        ]
    ).fit(rows[:N_TRAIN], Y[:N_TRAIN])
    answers = model.predict_unsegmented(rows[N_TRAIN:], categorical_target=True)
    return own_code(vote), told(vote(answers)) + "; windows inside: yes, the vote is own"


def braindecode():
    import mne
    import torch
    from braindecode.datasets import BaseConcatDataset, RawDataset
    from braindecode.models import ShallowFBCSPNet
    from braindecode.preprocessing import create_fixed_length_windows
    from braindecode.training import CroppedLoss
    from trying import eeg_net

    torch.manual_seed(0)
    mne.set_log_level("ERROR")
    net = ShallowFBCSPNet(6, 2, n_times=200, final_conv_length=4)
    net.to_dense_prediction_model()
    n_preds = net.get_output_shape()[2]
    y = (Y == "squat").astype(int)

    def windows(rows, labels):
        raws = [mne.io.RawArray(row, mne.create_info(6, 50)) for row in rows]
        sets = [
            RawDataset(raw, {"target": int(label)}, target_name="target")
            for raw, label in zip(raws, labels, strict=True)
        ]
        return create_fixed_length_windows(
            BaseConcatDataset(sets),
            window_size_samples=200,
            window_stride_samples=n_preds,
            drop_last_window=False,
        )

    clf = eeg_net(
        module=net,
        **dict.fromkeys(("module__n_chans", "module__n_outputs", "module__n_times"), None),
        cropped=True,
        criterion=CroppedLoss,
        criterion__loss_function=torch.nn.functional.cross_entropy,
    )
    for name in ("module__n_chans", "module__n_outputs", "module__n_times"):
        delattr(clf, name)
    clf.fit(windows(X[:N_TRAIN], y[:N_TRAIN]), y=None)

    def answer(row):
        # One at a time: all together have to be of one length.
        votes = clf.predict_trials(windows([row], [0]), return_targets=False)[0]
        return votes.mean(axis=-1).argmax()

    answers = np.array([answer(row) for row in X[N_TRAIN:]])
    note = f"{np.sum(answers == y[N_TRAIN:])} of {len(answers)} told; cut before fit"
    return own_code(windows, answer), note + ", votes by its predict_trials of cropped nets"


if __name__ == "__main__":
    try_all(
        "windows inside fit, one vote a recording",
        *(sk_imu, sktime, aeon, tsai, seglearn, braindecode),
    )
