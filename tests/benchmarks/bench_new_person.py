"""What an app may know of a new person: the programme of the workout, or a few labels.

Leave one subject out, or one of ten groups of subjects, as in bench_people: the models of
``make_pipeline_for`` as they are.  These scores are of another kind than those of unseen
people of whom nothing is known, which come from the same fits and stand beside them.

programme  all sets of a person are one workout, and their number by exercise is its
           programme, as ``recognize(programme=...)`` takes it
labels     the folds of the study's protocol few-shot: k labeled sets of each class of the
           person, given to ``personalize``; a model without a net is fitted anew with them

    python tests/benchmarks/bench_new_person.py programme labels --data watch

The other data sets are those of bench_people, from ``--folder``.
"""

import argparse
import os
from collections.abc import Iterator

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("NUMBA_NUM_THREADS", "1")

import bench_people
import numpy as np
import pandas as pd
from sklearn.base import clone

from sk_imu import ExerciseClassifier
from sk_imu.model_selection import bootstrap_over_people
from sk_imu.recognition import _LEAST_PROBABILITY, _assigned
from sk_imu.study import FewShot

# How many sets of each person and class are used; more would take hours.
MOST = {"mex-thigh": 4, "utd-mhad-wrist": 4, "dsads-right-arm": 5, "wisdm-watch": 2}
N_DRAWS = 20


def fits(
    options: argparse.Namespace,
) -> Iterator[tuple[ExerciseClassifier, np.ndarray]]:
    """Yield the classifier of each fold and the rows of the people left out."""
    _, y, people, channels = options.loaded
    for seed in range(options.seeds):
        for fold in bench_people.folds(y, people):
            classifier = ExerciseClassifier(
                options.model, channels=channels, random_state=seed
            )
            yield fit(classifier, options, fold.train), fold.test


def fit(
    classifier: ExerciseClassifier, options: argparse.Namespace, rows: np.ndarray
) -> ExerciseClassifier:
    """Return a classifier after a fit on some of the sets."""
    X, y, *_ = options.loaded
    return classifier.fit([X[i] for i in rows], y[rows])


def by_programme(gains: np.ndarray, n_sets: np.ndarray) -> np.ndarray:
    """Return the class of each set, as ``recognize`` does."""
    answers = gains.argmax(axis=1)
    rows, codes = _assigned(gains, np.ones_like(gains, dtype=bool), n_sets)
    answers[rows] = codes
    return answers


def programme(options: argparse.Namespace) -> pd.DataFrame:
    """Return the share of sets right by person, without and with the programme."""
    X, y, people, _ = options.loaded
    rows = []
    for classifier, left_out in options.fitted:
        has_proba = hasattr(classifier, "predict_proba")
        ask = classifier.predict_proba if has_proba else classifier.decision_function
        for person in np.unique(people[left_out]):
            own = np.flatnonzero(people == person)
            values = ask([X[i] for i in own])
            gains = np.log(np.maximum(values, _LEAST_PROBABILITY)) if has_proba else values
            truth = np.searchsorted(classifier.classes_, y[own])
            n_sets = np.bincount(truth, minlength=len(classifier.classes_))
            rng = np.random.default_rng(0)
            ways = {
                "unknown": [gains.argmax(axis=1) == truth],
                "known": [by_programme(gains, n_sets) == truth],
                "one set left out": [],
                "one set more": [],
                "one done for another": [],
            }
            for _ in range(N_DRAWS):
                # The programme has a set that was not done, one less, or another one.
                gone, done = rng.choice(len(truth), 2, replace=False)
                kept = np.arange(len(truth)) != gone
                right = by_programme(gains[kept], n_sets) == truth[kept]
                ways["one set left out"].append(right)
                less, other = n_sets.copy(), n_sets.copy()
                less[truth[gone]] -= 1
                ways["one set more"].append(by_programme(gains, less) == truth)
                other[truth[gone]] -= 1
                other[truth[done]] += 1
                ways["one done for another"].append(by_programme(gains, other) == truth)
            rows += [
                {
                    "way": way,
                    "person": person,
                    "right": np.concatenate(hits).mean(),
                    "sets": len(own),
                }
                for way, hits in ways.items()
            ]
    return pd.DataFrame(rows)


def labels(options: argparse.Namespace) -> pd.DataFrame:
    """Return the share of sets right by person, for each number of labeled sets."""
    X, y, people, _ = options.loaded
    protocol = FewShot(options.ks, n_draws=options.draws)
    reason = protocol.why_unavailable(y, people, search=False)
    if reason is not None:
        raise SystemExit(f"{options.data}: {reason}")
    folds = protocol.splits(y, people, quick=False, seed=0)
    rows = []
    for classifier, left_out in options.fitted:
        for fold in folds:
            person = people[fold.test[0]]
            if person not in people[left_out]:
                continue
            own = fold.train[people[fold.train] == person]
            knows = classifier
            if len(own) and options.model in ("cnn", "gru", "cnn-gru"):
                knows = classifier.personalize([X[i] for i in own], y[own])
            elif len(own):
                others = np.flatnonzero(~np.isin(np.arange(len(y)), left_out))
                knows = fit(clone(classifier), options, np.concatenate([others, own]))
            hits = knows.predict([X[i] for i in fold.test]) == y[fold.test]
            rows.append(
                {
                    "way": f"k={fold.k}",
                    "person": person,
                    "right": hits.mean(),
                    "sets": len(hits),
                }
            )
    return pd.DataFrame(rows)


def gains(frame: pd.DataFrame) -> pd.DataFrame:
    """Return what labels add in points, with the interval over people."""
    means = frame.groupby(["way", "person"], as_index=False)["right"].mean()
    scores = means.rename(columns={"way": "model", "person": "subject", "right": "score"})
    points = bootstrap_over_people(scores, against="k=0").set_index("model")
    wide = means.pivot(index="person", columns="way", values="right")
    points["better"] = wide.gt(wide["k=0"], axis=0).sum()
    points["worse"] = wide.lt(wide["k=0"], axis=0).sum()
    return points.round(3)


def table(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the share of sets right, and that of the worst person, of each way."""
    frame = frame.assign(weighted=frame["right"] * frame["sets"])
    groups = frame.groupby("way", sort=False)
    shown = (groups["weighted"].sum() / groups["sets"].sum()).to_frame("sets right")
    people = frame.groupby(["way", "person"], sort=False)["right"].mean()
    shown["worst person"] = people.groupby(level="way", sort=False).min()
    return shown.round(3)


def main() -> None:
    """Fit, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("what", nargs="+", choices=["programme", "labels"])
    parser.add_argument("--data", default="watch")
    parser.add_argument("--model", default="cnn-gru")
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--ks", type=int, nargs="+", default=[0, 1, 2, 3, 5])
    parser.add_argument("--draws", type=int, default=3)
    parser.add_argument("--folder", default="../shared/data")
    options = parser.parse_args()
    bench_people.BENCHMARK = MOST
    options.loaded = bench_people.load(options.data, options.folder)
    options.fitted = list(fits(options))
    for what in options.what:
        frame = {"programme": programme, "labels": labels}[what](options)
        print(f"\n{options.data}, {options.model}\n{table(frame).to_string()}", flush=True)
        if what == "labels":
            print(f"\n{gains(frame).to_string()}", flush=True)


if __name__ == "__main__":
    main()
