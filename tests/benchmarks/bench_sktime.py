"""Our classifiers beside sktime's, in sktime's own benchmark, on the same panels.

    python tests/benchmarks/bench_sktime.py [--out FOLDER] [--only MODEL ...]

Two tasks: the watch data, people left out in five folds, and BasicMotions, each half of the
archive learnt once.  Each model and task leaves one file in ``--out`` and is not run again
while the file is there.  One thread; models stand in the order in which they are run, the
quick ones first.
"""

import argparse
import os
import time
import warnings
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("NUMBA_NUM_THREADS", "1")

import numpy as np
import pandas as pd
import torch
from sklearn.metrics import accuracy_score
from sklearn.model_selection import GroupKFold, PredefinedSplit
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC
from sktime.benchmarking.benchmarks import BenchmarkingResults
from sktime.benchmarking.classification import ClassificationBenchmark
from sktime.classification.compose import SklearnClassifierPipeline
from sktime.classification.deep_learning.cnn import CNNClassifierTorch
from sktime.classification.deep_learning.gru import GRUFCNNClassifier
from sktime.classification.deep_learning.inceptiontime import InceptionTimeClassifierTorch
from sktime.classification.feature_based import SummaryClassifier
from sktime.classification.interval_based import TimeSeriesForestClassifier
from sktime.classification.kernel_based import RocketClassifier
from sktime.datasets import load_basic_motions
from sktime.transformations.colconcat import ColumnConcatenator

from sk_imu import CanonicalSide, FixedLength, Resampler
from sk_imu.datasets import load_watch
from sk_imu.model_selection import compare_models, scores_by_person
from sk_imu.sktime import (
    BoundSplitter,
    SktimeChannelScaler,
    SktimeCNNClassifier,
    SktimeCNNGRUClassifier,
    SktimeGRUClassifier,
    SktimeSummaryFeatures,
)

N_TIMESTEPS = 400
#: GRUFCNNClassifier has no default for these two: they are those of our nets.
GRU_SIZE = {"hidden_dim": 64, "gru_layers": 1}


def models():
    """Return the classifiers, the quick ones first; each gets scaled channels."""
    seed = {"random_state": 0}
    # As many rows a batch as sktime's nets take by default. Our default, 64, is for
    # windows: of a hundred whole sets it leaves two gradient steps an epoch.
    small = {**seed, "batch_size": 8}
    on_summary = SklearnClassifierPipeline(
        SVC(C=10), [SktimeSummaryFeatures(), StandardScaler()]
    )
    everything = {
        "ours: summary features, SVM": on_summary,
        "sktime: SummaryClassifier": SummaryClassifier(**seed),
        "sktime: MiniRocket": RocketClassifier(rocket_transform="minirocket", **seed),
        # With pandas 3, sktime 1.2.0's MultiRocket refuses the arrays that sktime hands it.
        "sktime: MultiRocket": RocketClassifier(rocket_transform="multirocket", **seed),
        # It takes one channel only: sktime's way is to lay the channels end to end.
        "sktime: TimeSeriesForest": ColumnConcatenator()
        * TimeSeriesForestClassifier(**seed),
        "ours: CNN": SktimeCNNClassifier(**seed),
        "ours: GRU": SktimeGRUClassifier(**seed),
        "ours: CNN-GRU": SktimeCNNGRUClassifier(**seed),
        "ours: CNN, batch of 8": SktimeCNNClassifier(**small),
        "ours: CNN-GRU, batch of 8": SktimeCNNGRUClassifier(**small),
        "sktime: GRU-FCN": GRUFCNNClassifier(**GRU_SIZE, **seed),
        "sktime: GRU-FCN, batch_first=True": GRUFCNNClassifier(
            batch_first=True, **GRU_SIZE, **seed
        ),
        # The defaults, 2000 epochs and 1500 with batches of 64, would take hours. Of 10
        # epochs with batches of 64 there would be 20 steps.
        "sktime: CNN (torch), 100 epochs": CNNClassifierTorch(num_epochs=100, **seed),
        "sktime: InceptionTime (torch), 10 epochs, batch of 8": (
            InceptionTimeClassifierTorch(num_epochs=10, batch_size=8, **seed)
        ),
        "sktime: Rocket": RocketClassifier(**seed),
        "ours: GRU, batch of 8": SktimeGRUClassifier(**small),
    }
    return {name: SktimeChannelScaler() * model for name, model in everything.items()}


def load(task):
    """Return panel, labels, people and splitter of a task, the rows in mixed order."""
    if task == "watch":
        watch = load_watch()
        to_panel = make_pipeline(
            CanonicalSide(), Resampler(sampling_rate_hz=25), FixedLength(N_TIMESTEPS)
        )
        X, y, people = to_panel.fit_transform(watch.data), watch.target, watch.subject
        groups, cv = people, GroupKFold(5)
    else:
        X, y = load_basic_motions(return_type="numpy3D")
        people, groups, cv = None, None, None
        halves = np.repeat([1, 0], 40)  # the archive's training part is tested last
    # sktime's torch nets take their batches in the order of the rows, which is that of
    # the people or the classes: no fair start.
    order = np.random.default_rng(0).permutation(len(y))
    X, y = np.asarray(X, float)[order], np.asarray(y).astype(str)[order]
    if cv is None:
        return X, y, None, BoundSplitter(PredefinedSplit(halves[order]), y)
    people = np.asarray(groups)[order]
    return X, y, people, BoundSplitter(cv, y, people)


class CpuSeconds:
    """A scorer that tells the processor time of each fold: that since the one before."""

    __name__ = "cpu_seconds"

    def __init__(self):
        self.last = time.process_time()

    def __call__(self, y_true, y_pred):
        before, self.last = self.last, time.process_time()
        return self.last - before


def run(task, name, model, path):
    """Let sktime's benchmark judge a model, unless it has; return all predictions."""
    X, y, people, cv = load(task)
    benchmark = ClassificationBenchmark(return_data=True)
    benchmark.add_estimator(model, name)
    cpu = CpuSeconds()
    benchmark.add_task((X, y), cv, [accuracy_score, cpu], task_id=task)
    benchmark.run(str(path))
    if benchmark.failed_experiments:  # sktime itself only prints them
        path.unlink()
        raise RuntimeError(benchmark.failed_experiments[0].exception_message)
    (result,) = BenchmarkingResults(str(path)).results
    rows = []
    splits = zip(result.folds.items(), cv.split(X), strict=True)
    for (number, fold), (_, test) in splits:
        truth, told = fold.ground_truth.iloc[:, 0], fold.predictions.iloc[:, 0]
        np.testing.assert_array_equal(truth.astype(str), y[test])
        rows += [
            {
                "model": name,
                "fold": number,
                "subject": None if people is None else people[i],
                "row": int(i),
                "y_true": y[i],
                "y_pred": str(label),
                "cpu_s": fold.scores["cpu_seconds"],
            }
            for i, label in zip(test, told, strict=True)
        ]
    return pd.DataFrame(rows)


def table(frame):
    """Return accuracy over sets and by fold or person, and time, of each model."""
    lines = []
    for name, part in frame.groupby("model", sort=False):
        hits = part["y_true"] == part["y_pred"]
        by_fold = hits.groupby(part["fold"]).mean()
        line = {"model": name, "sets": hits.mean()}
        line["by fold"] = " ".join(f"{score:.3f}" for score in by_fold)
        if part["subject"].notna().all():
            by_person = hits.groupby(part["subject"]).mean()
            line["worst person"] = f"{by_person.min():.3f} (person {by_person.idxmin()})"
        # The median: what is compiled is compiled in the first fold.
        line["cpu s a fold"] = part.groupby("fold")["cpu_s"].first().median()
        lines.append(line)
    return pd.DataFrame(lines).round(3)


def rows_mixed():
    """Tell how far a row's probabilities depend on the other rows to predict."""
    X, y, _, _ = load("basic-motions")
    for batch_first in (False, True):
        net = GRUFCNNClassifier(4, 1, batch_first=batch_first, num_epochs=1, random_state=0)
        net.fit(X[:24], y[:24])
        alone = np.concatenate([net.predict_proba(X[i : i + 1]) for i in range(24, 32)])
        apart = np.abs(alone - net.predict_proba(X[24:32])).max()
        print(f"GRU-FCN, batch_first={batch_first}: alone or in company {apart:.2g} apart")


def main():
    """Run what is missing, then print the tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--out", type=Path, default=Path("bench_sktime"))
    parser.add_argument("--only", nargs="+", help="some of the models")
    parser.add_argument("--tasks", nargs="+", default=["basic-motions", "watch"])
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(1)
    warnings.filterwarnings("ignore")
    rows_mixed()
    parts = {task: [] for task in options.tasks}
    for name, model in models().items():
        if options.only and name not in options.only:
            continue
        for task, done in parts.items():
            stem = f"{task}-{name}".replace(" ", "_").replace(":", "")
            try:
                done.append(run(task, name, model, options.out / f"{stem}.json"))
            except RuntimeError as error:
                print(f"FAILED {task} {name}: {str(error)[:120]}", flush=True)
                continue
            print(table(done[-1]).assign(task=task).to_string(header=False), flush=True)
    for task, done in parts.items():
        frame = pd.concat(done)
        frame.to_csv(options.out / f"{task}.csv", index=False)
        print(f"\n{task}\n{table(frame).to_string(index=False)}")
        if frame["subject"].notna().all() and len(done) > 1:
            for sentence in compare_models(scores_by_person(frame))["sentence"]:
                print(" ", sentence)


if __name__ == "__main__":
    main()
