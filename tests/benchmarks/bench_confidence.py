"""What a confidence in a count could be made of, and how good it would be.

Run ``python tests/benchmarks/bench_confidence.py``. For each set there are features of its
repetitions, of the search, and of the counts of degraded copies. Each, and a logistic
regression on all of them with one exercise left out in turn, is asked whether the count is
right. The data are looked for in ``--data``, by default in ``shared/data`` beside the
repository.
"""

import argparse
import warnings
from dataclasses import replace
from pathlib import Path

import numpy as np
from bench_segmentation import DATA, gym_recordings
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import LeaveOneGroupOut, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sk_imu import SensorStream, find_bouts
from sk_imu.datasets import load_exermote
from sk_imu.segmentation import _repetitions

#: Seconds before and after a labeled set of a session that are searched with it.
AROUND_S = 8.0


class WatchedMatcher(_repetitions.Matcher):
    """A matcher that keeps what the template of each phase finds."""

    last = ()

    def _candidates(self, found):
        WatchedMatcher.last = super()._candidates(found)
        return WatchedMatcher.last


def changed(recording, change):
    """Return a recording whose streams are changed by a function, None leaves one out."""
    streams = {name: change(name, one) for name, one in recording.streams.items()}
    return replace(recording, streams={k: v for k, v in streams.items() if v is not None})


def copies(recording, rng):
    """Yield the name and the copies of a recording that are worse than it."""

    def with_values(one, values):
        return SensorStream(one.timestamps_s, values, one.axes)

    def noisy(size):
        def add(name, one):
            unit = size if name == "Gyroscope" else 3 * size
            return with_values(
                one, one.values + unit * rng.standard_normal(one.values.shape)
            )

        return add

    def weak(axis):
        return lambda name, one: with_values(
            one, one.values * np.where(np.arange(one.values.shape[1]) == axis, 0.1, 1)
        )

    def backwards(name, one):
        return SensorStream(-one.timestamps_s[::-1], one.values[::-1], one.axes)

    def slow(name, one):
        n = len(one.values) // 4 * 4
        means = one.values[:n].reshape(-1, 4, one.values.shape[1]).mean(axis=1)
        return SensorStream(one.timestamps_s[:n:4], means, one.axes)

    yield "acceleration", changed(recording, lambda k, v: None if k == "Gyroscope" else v)
    yield "gyroscope", changed(recording, lambda k, v: v if k == "Gyroscope" else None)
    for size in (0.1, 0.3):
        yield f"noise {size}", changed(recording, noisy(size))
    yield "backwards", changed(recording, backwards)
    yield "a quarter of the rate", changed(recording, slow)
    for axis in range(3):
        yield f"axis {axis} weak", changed(recording, weak(axis))


def repetitions_of(recording):
    return [one for bout in find_bouts(recording) for one in bout.repetitions]


def features_of(recording, rng):
    """Return the count of a recording, and what may show how certain it is."""
    WatchedMatcher.last = ()
    found = repetitions_of(recording)
    searched = WatchedMatcher.last
    others = np.array([len(repetitions_of(one)) for _, one in copies(recording, rng)])
    n, away = len(found), np.abs(others - len(found))
    alike = np.array([one.confidence for one in found] or [0.0])
    lengths_s = np.array([one.duration_s for one in found] or [1.0])
    scores = np.array([one.score for one in searched] or [1.0])
    same = [len(one.pieces) == n for one in searched] or [False]
    return n, {
        "log of the number": np.log(max(n, 1)),
        "mean resemblance": alike.mean(),
        "least resemblance": alike.min(),
        "spread of the periods": lengths_s.std() / lengths_s.mean(),
        "templates that agree": np.mean(same),
        "margin of the best template": np.ptp(scores) / scores.max(),
        "copies that agree": np.mean(away == 0),
        "spread of the copies": np.minimum(away, 5).mean(),
        "difference of the acceleration": min(away[0], 5),
        "difference of the gyroscope": min(away[1], 5),
        "difference backwards": min(away[4], 5),
    }


def gym(data):
    recordings, true = gym_recordings(data / "benchmark" / "gym_watch.npz")
    return recordings, true, np.array([one.label for one in recordings])


def exermote(data):
    """Return the labeled sets of sessions with some time around them."""
    made = load_exermote(data / "exermote", continuous=True)
    sets, true, labels = [], [], []
    for recording, bouts, every, names in zip(
        made.data, made.bouts, made.repetitions, made.bout_labels, strict=True
    ):
        begin_s, stop_s = recording.overlap_s
        for (start_s, end_s), name in zip(bouts, names, strict=True):
            around_s = max(begin_s, start_s - AROUND_S), min(stop_s, end_s + AROUND_S)
            sets.append(recording.between(*around_s))
            middles_s = every.mean(axis=1)
            true.append(int(((middles_s > start_s) & (middles_s < end_s)).sum()))
            labels.append(name)
    return sets, np.array(true), np.array(labels)


def show(name, recordings, true, labels):
    rng = np.random.default_rng(0)
    counts, rows = zip(*(features_of(one, rng) for one in recordings), strict=True)
    away = np.abs(np.array(counts) - true)
    X = np.array([list(row.values()) for row in rows])
    for what, right in (("within one", away <= 1), ("exact", away == 0)):
        print(f"{name}, {what}: {right.mean():.3f} of {len(right)}")
        for column, feature in zip(X.T, rows[0], strict=True):
            auc = roc_auc_score(right, column)
            print(f"  {feature}: AUC {max(auc, 1 - auc):.2f}")
        clf = make_pipeline(StandardScaler(), LogisticRegression(C=0.1))
        said = cross_val_predict(
            clf, X, right, groups=labels, cv=LeaveOneGroupOut(), method="predict_proba"
        )[:, 1]
        print(f"  all, exercises left out: AUC {roc_auc_score(right, said):.2f}")
        for low, high in ((0.0, 0.7), (0.7, 0.8), (0.8, 0.9), (0.9, 1.01)):
            inside = (said >= low) & (said < high)
            if inside.any():
                print(
                    f"    said {said[inside].mean():.2f}, right {right[inside].mean():.2f} "
                    f"of {inside.sum()}"
                )


def main() -> None:
    """Print all figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=DATA, help="folder of the data sets")
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    _repetitions.Matcher = WatchedMatcher
    for load in (gym, exermote):
        show(load.__name__, *load(arguments.data))


if __name__ == "__main__":
    main()
