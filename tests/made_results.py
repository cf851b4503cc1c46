"""Results as a run leaves them, of made-up scores."""

import json

import numpy as np
import pandas as pd
from scipy.special import softmax

from sk_imu.study import PROTOCOLS as ALL_PROTOCOLS
from sk_imu.study import StudyResults

CLASSES = ("curl", "lunge", "squat")
MODELS = ("rf", "svm", "cnn")
PROTOCOLS = dict(list(ALL_PROTOCOLS.items())[:3])
# What a page must show as text, whatever it holds.
NASTY = ["</title><script>alert(1)</script>", '"$title" & ${x} <b>', "深蹲 with 100 %"]


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
                key = {"protocol": protocol, "model": model, "fold": fold, "seed": 7}
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
            **dict.fromkeys(("pattern", "platform", "device")),
            "segment": True,
            "protocol_calls": {},
            "n_short_sets": 0,
            "quality": [],
            "n_shared_pairs": dict.fromkeys(protocols, 0),
            "notes": [],
            "versions": {"sk_imu": "0.1.0", "numpy": "2.4.6"},
        },
        predictions=_without_k(predictions),
        searches=pd.DataFrame(),
        curves=_without_k(curves) if curves else pd.DataFrame(),
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


def full_results(classes=CLASSES, models=("rf", "svm", "cnn"), **options):
    """Return made-up results with all that a run writes down."""
    options = {"protocols": tuple(PROTOCOLS)} | options
    results = make_results(classes, models, **options)
    keys = results.predictions[["protocol", "model", "fold", "seed", "k"]].drop_duplicates()
    best = json.dumps({"C": 10.0, "gamma": 0.003})
    results.searches = keys.assign(cv_score=0.875, best_params=best)
    results.timings = keys.assign(seconds=30.0)
    n_people = results.predictions["subject"].nunique()
    results.settings |= {
        "data": "watch",
        "data_fingerprint": "93266a6b" * 8,
        "n_sets": 12,
        "n_subjects": n_people or None,
        "channels": ["Gyroscope_x", "Gyroscope_y"],
        "seeds": [7],
        "models": list(keys["model"].unique()),
        "protocols": list(keys["protocol"].unique()),
        "n_folds": keys.groupby("protocol")["fold"].nunique().to_dict(),
        "unavailable": {},
        "wear": "free",
        "sampling_rate_hz": 25.0,
        "window_seconds": 2.5,
        "fixed_length": None,
        "n_short_sets": 3,
        "quality": ["Gyroscope of 4 recordings has gaps", "Gravity of 2 is stale"],
        "n_shared_pairs": {
            name: 9 if name == "copied-sets" else 0 for name in options["protocols"]
        },
        "notes": ["12 sets in 3 recordings; 0 recordings without a bout are one set each."],
        "versions": {"sk_imu": "0.1.0", "numpy": "2.4.6"},
    }
    return results


def people_results(right, protocols=("unseen-people",)):
    """Return results in which each model has so many of ten sets of each person right."""
    rows = [
        {
            "protocol": protocol,
            "model": model,
            "fold": f"subject {person}",
            "part": "test",
            "set": 10 * person + i,
            "copy": 0,
            "subject": f"P{person}",
            "y_true": "curl",
            "y_pred": "curl" if i < n else "row",
            "score_kind": "probability",
        }
        for protocol in protocols
        for model, numbers in right.items()
        for person, n in enumerate(numbers)
        for i in range(10)
    ]
    results = full_results(["curl", "row"])
    results.predictions = _without_k([pd.DataFrame(rows).assign(seed=7)])
    return results


def few_shot_results(right_by_k):
    """Return results in which a model has so many of ten sets of each person right."""
    results = people_results({"svm": [0]})
    rows = []
    for k, numbers in right_by_k.items():
        rows.append(people_results({"svm": numbers}).predictions.assign(k=k))
    results.predictions = pd.concat(rows, ignore_index=True).assign(protocol="few-shot")
    results.predictions["fold"] += ", k=" + results.predictions["k"].astype(str)
    results.settings |= {"protocols": ["few-shot"], "n_folds": {"few-shot": len(rows)}}
    results.settings["n_shared_pairs"] = {"few-shot": 0}
    results.curves = results.curves[:0]
    return results


def _without_k(tables):
    """Return the tables as one, without a number of labelled sets: not few-shot."""
    table = pd.concat(tables, ignore_index=True)
    return table.assign(k=pd.Series(pd.NA, index=table.index, dtype="Int64"))
