"""Results as a run leaves them, of made-up scores."""

import numpy as np
import pandas as pd
from scipy.special import softmax

from sk_imu.study import PROTOCOLS as ALL_PROTOCOLS
from sk_imu.study import StudyResults

CLASSES = ("curl", "lunge", "squat")
MODELS = ("rf", "svm", "cnn")
PROTOCOLS = dict(list(ALL_PROTOCOLS.items())[:3])


def make_results(
    classes=CLASSES, models=MODELS, protocols=tuple(PROTOCOLS), n_people=3, budget="quick"
):
    """Return results as a run leaves them, of made-up scores."""
    rng = np.random.default_rng(0)
    y = np.tile(classes, 4)
    subjects = np.array([f"P{i % max(n_people, 1)}" for i in range(len(y))])
    predictions, curves = [], []
    for protocol in protocols:
        folds = {"split 1": np.arange(len(y) // 2), "split 2": np.arange(len(y))[::2]}
        if protocol == "unseen-people":
            folds = {f"subject {s}": np.flatnonzero(subjects == s) for s in set(subjects)}
        for n_fold, fold in enumerate(sorted(folds)):
            for model in models:
                key = {"protocol": protocol, "model": model, "fold": fold}
                for part, rows in (("train", np.arange(len(y))), ("test", folds[fold])):
                    scores = rng.normal(size=(len(rows), len(classes)))
                    scores += 2 * (y[rows, None] == np.array(classes))
                    if model != "svm":
                        scores = softmax(scores, axis=1)
                    table = pd.DataFrame(scores, columns=[f"score_{c}" for c in classes])
                    predictions.append(
                        table.assign(
                            **key,
                            part=part,
                            set=rows,
                            copy=0,
                            subject=subjects[rows] if n_people else None,
                            y_true=y[rows],
                            y_pred=np.array(classes)[scores.argmax(axis=1)],
                            score_kind="decision" if model == "svm" else "probability",
                        )
                    )
                if model == "cnn":
                    # The search may choose another number of epochs in each fold.
                    epoch = np.arange(1, 4 + 2 * n_fold)
                    losses = {"train_loss": 1 / epoch, "test_loss": n_fold + 1 / epoch}
                    curves.append(pd.DataFrame({"epoch": epoch, **losses}).assign(**key))
    before_s = np.cumsum(rng.uniform(0.01, 0.03, 200))
    return StudyResults(
        settings={
            "data": "some/folder/gym",
            "data_fingerprint": "93266a6b" * 8,
            "n_sets": len(y),
            "n_subjects": n_people or None,
            "classes": sorted(classes),
            "channels": ["Gyroscope_x", "Gyroscope_y"],
            "budget": budget,
            "seeds": [7],
            "models": list(models),
            "protocols": list(protocols),
            "n_folds": {name: n_people if "people" in name else 2 for name in protocols},
            "n_tested_sets": dict.fromkeys(protocols, len(y)),
            "unavailable": {},
            "wear": "fixed",
            "sampling_rate_hz": 25.0,
            "window_seconds": 4.0,
            "fixed_length": None,
            "segment": True,
            "n_short_sets": 0,
            "quality": [],
            "n_shared_pairs": dict.fromkeys(protocols, 0),
            "notes": [],
            "versions": {"sk_imu": "0.1.0", "numpy": "2.4.6"},
        },
        predictions=pd.concat(predictions, ignore_index=True),
        searches=pd.DataFrame(),
        curves=pd.concat(curves, ignore_index=True) if curves else pd.DataFrame(),
        timings=pd.DataFrame(),
        example={
            "source": "a file",
            "label": classes[0],
            "channel_names": [f"Accelerometer_{axis}" for axis in "xyz"],
            "sampling_rate_hz": 50.0,
            "before_s": before_s.tolist(),
            "before": np.sin(before_s * [[1], [2], [3]]).tolist(),
            "uniform": rng.normal(size=(3, 190)).tolist(),
            "fixed": rng.normal(size=(3, 64)).tolist(),
        },
    )
