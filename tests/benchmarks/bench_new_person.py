"""What an app may know of a new person: the programme of the workout.

Leave one subject out, or one of ten groups of subjects, as in bench_people: the models of
``make_pipeline_for`` as they are.  All sets of a person are one workout, and their number
by exercise is its programme, which ``recognize(programme=...)`` uses.  These scores are of
another kind than those of unseen people of whom nothing is known, which come from the same
fits and stand beside them.

    python tests/benchmarks/bench_new_person.py programme --data watch

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

from sk_imu import ExerciseClassifier
from sk_imu.recognition import _LEAST_PROBABILITY, _assigned

# How many sets of each person and class are used; more would take hours.
MOST = {"mex-thigh": 4, "utd-mhad-wrist": 4, "dsads-right-arm": 5, "wisdm-watch": 2}
N_DRAWS = 20


def fits(
    options: argparse.Namespace,
) -> Iterator[tuple[ExerciseClassifier, list, np.ndarray, np.ndarray]]:
    """Yield each fold's fitted classifier, with the sets, labels and people left out."""
    bench_people.BENCHMARK = MOST
    X, y, people, channels = bench_people.load(options.data, options.folder)
    for seed in range(options.seeds):
        for left_out in bench_people.folds(people).values():
            test = np.isin(people, left_out)
            classifier = ExerciseClassifier(
                options.model, channels=channels, random_state=seed
            )
            classifier.fit([X[i] for i in np.flatnonzero(~test)], y[~test])
            yield classifier, [X[i] for i in np.flatnonzero(test)], y[test], people[test]


def by_programme(gains: np.ndarray, n_sets: np.ndarray) -> np.ndarray:
    """Return the class of each set, as ``recognize`` does."""
    answers = gains.argmax(axis=1)
    rows, codes = _assigned(gains, np.ones_like(gains, dtype=bool), n_sets)
    answers[rows] = codes
    return answers


def programme(options: argparse.Namespace) -> pd.DataFrame:
    """Return the share of sets right by person, without and with the programme."""
    rows = []
    for classifier, sets, y, people in fits(options):
        has_proba = hasattr(classifier, "predict_proba")
        ask = classifier.predict_proba if has_proba else classifier.decision_function
        for person in np.unique(people):
            own = people == person
            values = ask([sets[i] for i in np.flatnonzero(own)])
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
                    "sets": own.sum(),
                }
                for way, hits in ways.items()
            ]
    return pd.DataFrame(rows)


def table(frame: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    """Return the share of sets right, and of the worst person, of each way."""
    frame = frame.assign(weighted=frame["right"] * frame["sets"])
    groups = frame.groupby(by, sort=False)
    shown = (groups["weighted"].sum() / groups["sets"].sum()).to_frame("sets right")
    people = frame.groupby([*by, "person"], sort=False)["right"].mean()
    shown["worst person"] = people.groupby(level=by, sort=False).min()
    return shown.round(3)


def main() -> None:
    """Fit, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("what", choices=["programme"])
    parser.add_argument("--data", default="watch")
    parser.add_argument("--model", default="cnn-gru")
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--folder", default="../shared/data")
    options = parser.parse_args()
    print(table(programme(options), ["way"]).to_string())


if __name__ == "__main__":
    main()
