"""Calibration, sets of labels and abstention on people whom no part of a model has seen.

Every group of people is left out in turn, as ``bench_people.py`` does, and every two groups
together.  The model that lacks groups A and B predicts A where B is the test, and B where A
is: so temperature, thresholds and conformal scores of a test group come from models and
sets without it.  Scores of sets and windows are kept in the folder ``--out``, and no fit is
done twice.

    python tests/benchmarks/bench_uncertainty.py fit --models svm rf
    python tests/benchmarks/bench_uncertainty.py table --figures docs/results/figures

Data sets are found as ``bench_people.py`` finds them.
"""

import argparse
import itertools
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("NUMBA_NUM_THREADS", "1")

import bench_people
import numpy as np
from sklearn.base import clone

from sk_imu.study import make_pipeline_for, wear_of

MODELS = ("svm", "rf", "minirocket", "cnn-gru")


def folds_of(name: str, folder: str) -> tuple[list, np.ndarray, np.ndarray, np.ndarray]:
    """Return channels and recordings, labels, people, and each set's fold by its number."""
    X, y, people, channels = bench_people.load(name, folder)
    folds = bench_people.folds(people).values()
    fold = np.full(len(X), -1)
    for number, left_out in enumerate(folds):
        fold[np.isin(people, left_out)] = number
    return [channels, X], y, people, fold


def left_out_pairs(n_folds: int) -> Iterator[tuple[int, int]]:
    """Yield the pairs of folds that a model is fitted without; one fold is a pair."""
    yield from ((k, k) for k in range(n_folds))
    yield from itertools.combinations(range(n_folds), 2)


def scores_of(model: Any, X: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the scores of all windows, the number of windows, and the scores of sets."""
    method = "predict_proba" if hasattr(model, "predict_proba") else "decision_function"
    sets = getattr(model, method)(X)
    voting = model[-1]
    voting = (
        getattr(voting, "estimator_", voting) if "Aug" in repr(type(voting)) else voting
    )
    windows, counts = voting._windows(model[:-1].transform(X))
    return getattr(voting.estimator_, method)(windows), counts, sets


def fit(name: str, models: list[str], folder: str, out: Path) -> None:
    """Fit what is missing of a data set, and keep the scores of those left out."""
    (channels, X), y, _, fold = folds_of(name, folder)
    classes = np.unique(y)
    for model in models:
        whole = make_pipeline_for(model, 0, channels=channels, wear=wear_of(X))
        series = None
        for pair in left_out_pairs(fold.max() + 1):
            kept = out / f"{name}-{model}-{pair[0]}-{pair[1]}.npz"
            if kept.exists():
                continue
            if series is None:  # these steps learn nothing from the sets
                series = whole[:3].fit_transform(X)
            test = np.isin(fold, pair)
            one = clone(whole[3:])
            one.fit([s for s, t in zip(series, test, strict=True) if not t], y[~test])
            windows, counts, sets = scores_of(
                one, [s for s, t in zip(series, test, strict=True) if t]
            )
            rows = np.flatnonzero(test)
            columns = np.searchsorted(classes, one.classes_)
            part = kept.with_suffix(".part")
            with part.open("wb") as file:
                np.savez(
                    file,
                    rows=rows,
                    columns=columns,
                    counts=counts,
                    windows=windows.astype(np.float32),
                    sets=sets,
                )
            part.rename(kept)
            hits = classes[columns[sets.argmax(axis=1)]] == y[rows]
            print(kept.stem, hits.mean().round(3), flush=True)


def main() -> None:
    """Fit what is missing, or print and write the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=["fit", "table"])
    names = bench_people.DATA
    parser.add_argument("--data", nargs="+", default=list(names), choices=names)
    parser.add_argument("--models", nargs="+", default=["svm", "rf"], choices=MODELS)
    parser.add_argument("--folder", default="../shared/data")
    parser.add_argument("--out", default="uncertainty")
    parser.add_argument("--figures", type=Path, help="write the tables of the page here")
    options = parser.parse_args()
    out = Path(options.out)
    out.mkdir(parents=True, exist_ok=True)
    if options.what == "fit":
        for name in options.data:
            fit(name, options.models, options.folder, out)


if __name__ == "__main__":
    main()
