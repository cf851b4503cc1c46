"""Recordings of unequal length, whose sensors have rates of their own, in."""

import numpy as np
from sklearn.ensemble import RandomForestClassifier
from trying import on_one_clock, own_code, recordings, try_all

SETS, Y, PEOPLE = recordings()
TRAIN, TEST = np.flatnonzero(PEOPLE < 3), np.flatnonzero(PEOPLE == 3)


def told(predicted):
    """Return how many of the fourth person's recordings were told right."""
    return f"{np.sum(np.asarray(predicted) == Y[TEST])} of {len(TEST)} told"


def pick(rows, where):
    return [rows[i] for i in where]


def sk_imu():
    from sklearn.pipeline import make_pipeline

    from sk_imu import Recording, Resampler, SensorStream, WindowedClassifier
    from sk_imu.features import SummaryFeatures

    def streams(one):
        return {sensor: SensorStream(t, values) for sensor, (t, values) in one.items()}

    X = [Recording(streams=streams(one)) for one in SETS]
    forest = make_pipeline(SummaryFeatures(), RandomForestClassifier(random_state=0))
    model = make_pipeline(
        Resampler(sampling_rate_hz=50), WindowedClassifier(forest, sampling_rate_hz=50)
    )
    return "yes", told(model.fit(pick(X, TRAIN), Y[TRAIN]).predict(pick(X, TEST)))


def sktime():
    import pandas as pd
    from sktime.classification.feature_based import SummaryClassifier
    from sktime.transformations.interpolate import TSInterpolator

    def joined(one):
        frames = [
            pd.DataFrame(v, index=(t * 1e6).round().astype(int)).add_prefix(s)
            for s, (t, v) in one.items()
        ]
        # sktime's Imputer fills gaps only in the sets that it was fitted on.
        return pd.concat(frames, axis=1).sort_index().interpolate().bfill()

    def frame(sets):
        return pd.concat({i: joined(one) for i, one in enumerate(sets)}, names=["set", "t"])

    model = TSInterpolator(200) * SummaryClassifier(random_state=0)
    model.fit(frame(pick(SETS, TRAIN)), Y[TRAIN])
    note = told(model.predict(frame(pick(SETS, TEST))))
    return own_code(joined, frame), note + "; unequal lengths: yes, by TSInterpolator"


def aeon():
    from aeon.classification.convolution_based import MiniRocketClassifier
    from aeon.transformations.collection.unequal_length import Resizer
    from sklearn.pipeline import make_pipeline

    X = [on_one_clock(one) for one in SETS]
    model = make_pipeline(Resizer(200), MiniRocketClassifier(random_state=0))
    note = told(model.fit(pick(X, TRAIN), Y[TRAIN]).predict(pick(X, TEST)))
    return own_code(on_one_clock), note + "; unequal lengths: yes, by its Resizer"


def tsai():
    from trying import tsai_learner

    def panel(sets):
        return np.stack([on_one_clock(one)[:, :400] for one in sets]).astype(np.float32)

    X = panel(SETS)
    learner = tsai_learner(X, Y, (list(TRAIN), list(TEST)))
    _, _, answers = learner.get_X_preds(X[TEST])
    return own_code(on_one_clock, panel), told(answers)


def seglearn():
    from seglearn.feature_functions import all_features
    from seglearn.pipe import Pype
    from seglearn.transform import FeatureRep, InterpLongToWide, PadTrunc

    def long(one):
        rows = [np.c_[t, np.full(len(t), i), v] for i, (t, v) in enumerate(one.values())]
        rows = np.concatenate(rows)
        return rows[rows[:, 0].argsort(kind="stable")]

    X = [long(one) for one in SETS]
    model = Pype(
        [
            ("interp", InterpLongToWide(0.02, assume_sorted=False)),
            ("length", PadTrunc(400)),
            ("features", FeatureRep(features=all_features())),
            ("forest", RandomForestClassifier(random_state=0)),
        ]
    )
    model.fit(pick(X, TRAIN), Y[TRAIN])
    note = "; its InterpLongToWide joins the clocks"
    return own_code(long), told(model.predict(pick(X, TEST))) + note


def braindecode():
    from trying import eeg_net

    def panel(sets):
        return np.stack([on_one_clock(one)[:, :400] for one in sets]).astype(np.float32)

    X, y = panel(SETS), (Y == "squat").astype(int)
    net = eeg_net(module__n_times=400).fit(X[TRAIN], y[TRAIN])
    right = np.sum(net.predict(X[TEST]) == y[TEST])
    return own_code(on_one_clock, panel), f"{right} of {len(TEST)} told"


if __name__ == "__main__":
    try_all(
        "raw recordings of unequal length, sensors at rates of their own, in",
        *(sk_imu, sktime, aeon, tsai, seglearn, braindecode),
    )
