"""What a person's whole unlabeled session adds, on the watch data.

Leave one subject out, as in bench_people.  The scores are of another kind than those there:
each set is predicted with all unlabeled sets of its person available, which is impossible
for the first set of a new person, and in real time.  All are computed from the same fits as
the row "as it is" of the model:

adapted      batch normalization takes its statistics from the windows of the person: of all
             sets, of those of the other side, or only of the set that is predicted
standardised the features of the SVM are standardized by session, in training, too (a
             separate fit)
assigned     predictions are chosen so that each exercise is done once on each side

    python tests/benchmarks/bench_sessions.py --seeds 3
"""

import argparse
import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import pandas as pd
import torch
from scipy.optimize import linear_sum_assignment
from sklearn.preprocessing import StandardScaler

from sk_imu import Resampler
from sk_imu.datasets import load_watch
from sk_imu.neural._prediction import exact_copy, predict_proba
from sk_imu.study import make_pipeline_for


def windows_of(pipeline, recordings):
    """Return the windows of the recordings and how many each has."""
    return pipeline[-1]._windows(pipeline[:-1].transform(recordings))


def mean_by_set(scores, counts):
    """Return the mean score of each set's windows."""
    starts = np.concatenate([[0], counts.cumsum()[:-1]])
    return np.add.reduceat(scores, starts, axis=0) / counts[:, np.newaxis]


def adapted(pipeline, recordings, like):
    """Return probabilities with batch normalization by the windows of other recordings."""
    net = pipeline[-1].estimator_
    module = exact_copy(net.module_, net.device)
    for layer in module.modules():
        if isinstance(layer, torch.nn.BatchNorm2d):
            layer.reset_running_stats()
            layer.momentum = None  # the plain mean over all batches
            layer.train()
    windows, _ = windows_of(pipeline, like)
    predict_proba(module, windows, net.n_jobs)  # a person's windows are one batch
    windows, counts = windows_of(pipeline, recordings)
    return mean_by_set(predict_proba(module.eval(), windows, net.n_jobs), counts)


def session_standardised(features, sessions):
    """Return the features centred and scaled within each session."""
    out = np.empty_like(features)
    for session in np.unique(sessions):
        rows = sessions == session
        out[rows] = StandardScaler().fit_transform(features[rows])
    return out


def standardised(pipeline, train, y, people, test):
    """Return the scores of the SVM on features standardized by session."""
    windows, counts = windows_of(pipeline, train)
    features, _, svm = (step for _, step in pipeline[-1].estimator_.steps)
    table = session_standardised(features.transform(windows), people.repeat(counts))
    # The weights of WindowedClassifier: sets count alike.
    svm.fit(table, y.repeat(counts), sample_weight=(counts.mean() / counts).repeat(counts))
    windows, counts = windows_of(pipeline, test)
    table = StandardScaler().fit_transform(features.transform(windows))
    return mean_by_set(svm.decision_function(table), counts)


def assigned(scores, sides):
    """Return the class of each set, each class once per side."""
    answers = np.empty(len(scores), int)
    for side in set(sides):
        rows = np.flatnonzero(np.array(sides) == side)
        sets, classes = linear_sum_assignment(scores[rows], maximize=True)
        answers[rows[sets]] = classes
    return answers


def main() -> None:
    """Fit, predict in each way, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seeds", type=int, default=3)
    options = parser.parse_args()
    bunch = load_watch()
    X, y, people = bunch.data, np.asarray(bunch.target), np.asarray(bunch.subject)
    names = ["TotalAcceleration", "Gyroscope"]
    channels = list(Resampler(channels=names).fit(X).channel_names_)
    rows = []
    for model in ("svm", "cnn-gru"):
        for seed in range(options.seeds if model == "cnn-gru" else 1):
            for person in np.unique(people):
                train = [X[i] for i in np.flatnonzero(people != person)]
                test = [X[i] for i in np.flatnonzero(people == person)]
                truth, others = y[people == person], y[people != person]
                sides = [recording.side for recording in test]
                pipeline = make_pipeline_for(model, seed, channels=channels)
                pipeline.fit(train, others)
                if model == "svm":
                    ways = {"as it is": pipeline.decision_function(test)}
                    known = people[people != person]
                    ways["standardised"] = standardised(
                        pipeline, train, others, known, test
                    )
                else:
                    ways = {"as it is": np.log(pipeline.predict_proba(test))}
                    ways["adapted"] = np.log(adapted(pipeline, test, test))
                    by_side = {
                        side: [recording for recording in test if recording.side == side]
                        for side in ("left", "right")
                    }
                    other = {"left": by_side["right"], "right": by_side["left"]}
                    ways["adapted to the other side"] = np.log(
                        np.vstack([adapted(pipeline, [r], other[r.side]) for r in test])
                    )
                    ways["adapted to the set alone"] = np.log(
                        np.vstack([adapted(pipeline, [r], [r]) for r in test])
                    )
                for way, scores in list(ways.items()):
                    for how, codes in (
                        (way, scores.argmax(axis=1)),
                        (f"{way}, assigned", assigned(scores, sides)),
                    ):
                        hits = (pipeline.classes_[codes] == truth).mean()
                        rows.append((model, how, seed, person, hits))
            print(model, seed, flush=True)
    frame = pd.DataFrame(rows, columns=["model", "way", "seed", "person", "sets"])
    by = frame.groupby(["model", "way"], sort=False)["sets"]
    seeds = frame.groupby(["model", "way", "seed"], sort=False)["sets"].mean()
    table = by.mean().to_frame("sets")
    table["by seed"] = seeds.groupby(level=[0, 1], sort=False).agg(
        lambda s: " ".join(f"{v:.3f}" for v in s)
    )
    person = frame.groupby(["model", "way", "person"], sort=False)["sets"].mean()
    table["worst person"] = person.groupby(level=[0, 1], sort=False).min()
    late = frame[frame["person"].isin([7, 8, 9, 10])]
    table["persons 7 to 10"] = late.groupby(["model", "way"], sort=False)["sets"].mean()
    print(table.round(3).to_string())


if __name__ == "__main__":
    main()
