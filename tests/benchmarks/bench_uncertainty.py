"""Calibration, sets of labels and abstention on people whom no part of a model has seen.

Every group of people is left out in turn, and every two groups together.  For the SVM these
are the groups of ``bench_people.py``, for the other models five, which takes a third of the
fits.  The model that lacks groups A and B predicts A where B is the test, and B where A
is: so temperature, thresholds and conformal scores of a test group come from models and
sets without it.  Scores of sets and windows are kept in the folder ``--out``, and no fit is
done twice.

    python tests/benchmarks/bench_uncertainty.py fit --models svm rf minirocket cnn-gru
    python tests/benchmarks/bench_uncertainty.py table --models svm rf minirocket cnn-gru \
        --figures docs/results/figures

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
import pandas as pd
from sklearn.base import BaseEstimator, ClassifierMixin, clone

from sk_imu import ConformalClassifier
from sk_imu.calibration import abstention_curve, calibration_error
from sk_imu.calibration._held_out import logits_of, probabilities
from sk_imu.calibration._temperature import best_temperature
from sk_imu.study import UnseenPeople, make_pipeline_for, wear_of

MODELS = ("svm", "rf", "minirocket", "cnn-gru")
N_GROUPS = 5


def folds_of(
    name: str, model: str, folder: str
) -> tuple[list, np.ndarray, np.ndarray, np.ndarray]:
    """Return channels and recordings, labels, people, and each set's fold by its number."""
    X, y, people, channels = bench_people.load(name, folder)
    fold = np.full(len(X), -1)
    protocol = (
        bench_people.protocol(people) if model == "svm" else UnseenPeople(n_folds=N_GROUPS)
    )
    for number, one in enumerate(protocol.splits(y, people, quick=False, seed=0)):
        fold[one.test] = number
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
    for model in models:
        (channels, X), y, _, fold = folds_of(name, model, folder)
        classes = np.unique(y)
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


class Kept:
    """The kept logits of a data set: of each row by the model without two folds.

    Rows are sets or windows.
    """

    def __init__(self, name: str, model: str, level: str, folder: str, out: Path) -> None:
        _, y, people, fold = folds_of(name, model, folder)
        self.classes, codes = np.unique(y, return_inverse=True)
        files = [
            (pair, out / f"{name}-{model}-{pair[0]}-{pair[1]}.npz")
            for pair in left_out_pairs(fold.max() + 1)
        ]
        self.complete = all(path.exists() for _, path in files)
        if not self.complete:
            return
        counts = np.ones(len(y), dtype=int)
        loaded = {pair: dict(np.load(path)) for pair, path in files}
        if level == "windows":
            for kept in loaded.values():
                counts[kept["rows"]] = kept["counts"]
        origin = np.repeat(np.arange(len(y)), counts)
        self.codes, self.people, self.fold = codes[origin], people[origin], fold[origin]
        self.n_groups = fold.max() + 1
        self.logits = {}
        for pair, kept in loaded.items():
            one = FromScores(kept[level], kept["columns"])
            logits = np.full((len(origin), len(self.classes)), np.nan)
            logits[np.isin(origin, kept["rows"])] = logits_of(
                one, None, np.arange(len(self.classes))
            )
            self.logits[pair] = logits

    def __deepcopy__(self, memo: Any) -> "Kept":
        return self  # clones read the same

    def of(self, first: int, second: int) -> np.ndarray:
        """Return the logits of the model without two folds, NaN where it has learnt."""
        return self.logits[min(first, second), max(first, second)]

    def inner(self, test: int) -> np.ndarray:
        """Return each row's logits by the model without its fold and the test fold."""
        found = np.full_like(self.logits[0, 0], np.nan)
        for number in range(self.fold.max() + 1):
            if number != test:
                rows = self.fold == number
                found[rows] = self.of(number, test)[rows]
        return found


class FromScores:
    """What ``logits_of`` asks of a model, from its scores."""

    def __init__(self, scores: np.ndarray, columns: np.ndarray) -> None:
        self.classes_ = columns
        is_proba = (scores >= 0).all() and np.allclose(scores.sum(axis=1), 1, atol=1e-4)
        method = "predict_proba" if is_proba else "decision_function"
        setattr(self, method, lambda X: scores)


class KeptModel(ClassifierMixin, BaseEstimator):
    """A model of row numbers: its fit finds the kept model that lacks the same folds."""

    def __init__(self, kept: Kept, test: int) -> None:
        self.kept = kept
        self.test = test

    def fit(self, X: np.ndarray, y: np.ndarray) -> "KeptModel":
        """Find the fold that is missing beside the test fold."""
        self.classes_ = np.arange(len(self.kept.classes))
        folds = set(range(self.kept.fold.max() + 1))
        (missing,) = folds - set(self.kept.fold[_rows(X)].tolist()) - {self.test}
        self.logits_ = self.kept.of(missing, self.test)
        return self

    def decision_function(self, X: np.ndarray) -> np.ndarray:
        """Return the kept logits."""
        logits = self.logits_[_rows(X)]
        assert not np.isnan(logits).any()  # it has not seen them
        return logits

    def predict(self, X: np.ndarray) -> np.ndarray:
        """Return the class of the highest logit."""
        return self.decision_function(X).argmax(axis=1)


class ByKeptFolds(ConformalClassifier):
    """A ConformalClassifier whose folds are those of the kept models."""

    def _folds(self, X: Any, people: np.ndarray) -> np.ndarray:
        return np.unique(self.estimator.kept.fold[_rows(X)], return_inverse=True)[1]


def _rows(X: np.ndarray) -> np.ndarray:
    return np.asarray(X)[:, 0].astype(int)


def by_person(values: np.ndarray, people: np.ndarray) -> pd.Series:
    """Return the mean of each person's values."""
    return pd.Series(np.asarray(values, dtype=float)).groupby(people).mean()


def calibration_line(kept: Kept) -> tuple[dict, np.ndarray]:
    """Return errors and losses, raw and calibrated, and the calibrated probabilities."""
    raw, calibrated = (np.empty_like(kept.logits[0, 0]) for _ in range(2))
    temperatures = []
    for test in range(kept.fold.max() + 1):
        inner, rows = kept.fold != test, kept.fold == test
        temperature = best_temperature(
            kept.inner(test)[inner], kept.codes[inner], kept.people[inner]
        )
        temperatures.append(temperature)
        raw[rows] = probabilities(kept.of(test, test)[rows])
        calibrated[rows] = probabilities(kept.of(test, test)[rows] / temperature)
    line = {}
    classes = np.arange(len(kept.classes))
    for name, proba in (("raw", raw), ("calibrated", calibrated)):
        given = (kept.codes, proba, classes)
        own = proba[np.arange(len(proba)), kept.codes]
        gap = by_person(proba.max(axis=1), kept.people) - by_person(
            proba.argmax(axis=1) == kept.codes, kept.people
        )
        line[f"error {name}"] = calibration_error(*given, groups=kept.people)
        line[f"log loss {name}"] = by_person(-np.log(own + 1e-12), kept.people).mean()
        line[f"person gap {name}"] = gap.abs().mean()
        line[f"worst gap {name}"] = gap[gap.abs().idxmax()]
    line["temperature"] = f"{min(temperatures):.2f} to {max(temperatures):.2f}"
    return line, calibrated


def conformal_lines(kept: Kept) -> list[dict]:
    """Return coverage and size of the label sets, by method and coverage."""
    lines = []
    ids = np.arange(len(kept.codes))[:, np.newaxis]
    for method, weights, empty in (
        *(("lac", "sets", False), ("raps", "sets", False)),
        *(("lac", "people", False), ("raps", "people", False), ("lac", "sets", True)),
    ):
        p = np.empty(kept.logits[0, 0].shape)
        found = {}
        for test in range(kept.fold.max() + 1):
            inner, rows = kept.fold != test, kept.fold == test
            clf = ByKeptFolds(
                KeptModel(kept, test), method=method, weights=weights, allow_empty=empty
            )
            clf.fit(ids[inner], kept.codes[inner], groups=kept.people[inner])
            # A class that only these people did is in none of their label sets.
            columns = clf.classes_
            for coverage in (0.8, 0.9, 0.95):
                is_in = found.setdefault(coverage, np.zeros(p.shape, dtype=bool))
                is_in[np.ix_(rows, columns)] = clf.predict_set(ids[rows], coverage=coverage)
        for coverage, is_in in found.items():
            covered = by_person(is_in[np.arange(len(is_in)), kept.codes], kept.people)
            size = is_in.sum(axis=1)
            lines.append(
                {
                    "method": method + (", may be empty" if empty else ""),
                    "weights": weights,
                    "coverage": coverage,
                    "covered": covered.mean(),
                    "worst person": covered.min(),
                    "size": by_person(size, kept.people).mean(),
                    "one label": by_person(size == 1, kept.people).mean(),
                }
            )
    return lines


def abstention_line(kept: Kept, calibrated: np.ndarray) -> dict:
    """Return accuracy and share answered, thresholds chosen afterwards and beforehand."""
    classes = np.arange(len(kept.classes))
    hits, top = calibrated.argmax(axis=1) == kept.codes, calibrated.max(axis=1)
    curve = abstention_curve(kept.codes, calibrated, classes, groups=kept.people)
    at_80 = curve[curve["answered"] >= 0.8 - 1e-9].iloc[0]
    at_99 = curve[curve["accuracy"] >= 0.99]["answered"].max()
    line = {
        "accuracy": by_person(hits, kept.people).mean(),
        "at 80 %": at_80["accuracy"],
        "answered at 99 %": 0.0 if np.isnan(at_99) else at_99,
    }
    answers = {"99 %": np.zeros(len(hits), bool), "80 %": np.zeros(len(hits), bool)}
    for test in range(kept.fold.max() + 1):
        inner, rows = kept.fold != test, kept.fold == test
        logits = kept.inner(test)[inner]
        temperature = best_temperature(logits, kept.codes[inner], kept.people[inner])
        known = abstention_curve(
            kept.codes[inner],
            probabilities(logits / temperature),
            classes,
            groups=kept.people[inner],
        )
        enough = known[known["accuracy"] >= 0.99]["threshold"]
        answers["99 %"][rows] = len(enough) > 0 and top[rows] >= enough.min()
        share = known[known["answered"] >= 0.8 - 1e-9]["threshold"].iloc[0]
        answers["80 %"][rows] = top[rows] >= share
    for name, answered in answers.items():
        weights = 1 / pd.Series(kept.people).groupby(kept.people).transform("size")
        line[f"answered, {name} aimed"] = by_person(answered, kept.people).mean()
        line[f"accuracy, {name} aimed"] = (
            np.average(hits[answered], weights=weights[answered])
            if answered.any()
            else np.nan
        )
    return line


def tables(options: argparse.Namespace, out: Path) -> dict[str, pd.DataFrame]:
    """Return the tables of what is complete."""
    lines: dict[str, list] = {"calibration": [], "sets": [], "abstention": []}
    for name in options.data:
        for model in options.models:
            for level in ("sets", "windows"):
                kept = Kept(name, model, level, options.folder, out)
                if not kept.complete:
                    continue
                start = {"data": name, "model": model}
                line, calibrated = calibration_line(kept)
                lines["calibration"].append({**start, "level": level, **line})
                if level == "sets":
                    n_people = len(np.unique(kept.people))
                    start |= {"people": n_people, "groups": kept.n_groups}
                    start |= {"classes": len(kept.classes)}
                    lines["sets"] += [{**start, **one} for one in conformal_lines(kept)]
                    line = abstention_line(kept, calibrated)
                    lines["abstention"].append({**start, **line})
    return {what: pd.DataFrame(found) for what, found in lines.items()}


def write_figures(found: pd.DataFrame, what: str, folder: Path) -> None:
    """Write the tables of the page ``results/uncertainty``."""
    if what != "sets":
        found = found.drop(columns=["people", "groups", "classes"], errors="ignore")
        path = folder / f"uncertainty_{what}.csv"
        found.to_csv(path, index=False, float_format="%.3f")
        return
    cells = [
        f"{one.covered:.3f} ({one.worst:.2f}) {one.size_:.2f}"
        for one in found.rename(
            columns={"worst person": "worst", "size": "size_"}
        ).itertuples()
    ]
    found = found.assign(cell=cells, aim=found["coverage"].map("{:.0%}".format))
    found["method"] = found["method"] + ", " + found["weights"]
    keys = ["data", "model", "people", "groups", "classes"]
    default = found[found["method"] == "lac, sets"]
    for name, rows, column in (
        ("coverage", default, "aim"),
        ("methods", found[found["coverage"] == 0.9], "method"),
    ):
        order = rows[column].drop_duplicates()
        wide = rows.set_index([*keys, column])["cell"].unstack(column)[order]
        wide = wide.reindex(rows.set_index(keys).index.drop_duplicates()).reset_index()
        wide.to_csv(folder / f"uncertainty_{name}.csv", index=False)


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
        return
    for what, found in tables(options, out).items():
        print(f"\n{what}\n{found.round(3).to_string(index=False)}")
        if options.figures is not None and not found.empty:
            write_figures(found, what, options.figures)


if __name__ == "__main__":
    main()
