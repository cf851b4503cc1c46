"""One model on one fold: search, fit, predict."""

import hashlib
import importlib.metadata
import json
import time
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn import config_context
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV, ParameterGrid
from sklearn.pipeline import Pipeline, make_pipeline

from .. import __version__
from ..augmentation import MultiplicativeNoise, RandomSubsequence, augment_sets
from ..neural import staged_scores
from ..preprocessing import Resampler
from ..recording import Recording
from ._data import StudyData
from ._grids import grid_for
from .protocols import Split, StudyProtocol

__all__ = ["Fold", "run_fold", "versions"]

# How long a fit of each model takes beside a forest's, for the time left.
_COST = {
    "rf": 1.0,
    "svm": 0.5,
    "minirocket": 8.0,
    "cnn": 3.0,
    "gru": 16.0,
    "cnn-gru": 4.0,
}
# Folds of the search inside each fold: more would take the full budget beyond an hour.
_N_INNER = 2


@dataclass(frozen=True)
class Fold:
    """One model on one outer fold of one protocol."""

    protocol: str
    rules: StudyProtocol
    number: int
    split: Split
    model: str
    budget: str
    seed: int
    pipeline: Pipeline

    @property
    def key(self) -> str:
        """Name of its file: with a number, for a subject may be called anything."""
        return f"{self.protocol}-{self.number:02d}-{self.model}-seed{self.seed}"

    @property
    def grid(self) -> list[dict[str, list[Any]]]:
        """What the search goes through."""
        return grid_for(self.model, self.pipeline, self.budget)

    @property
    def n_points(self) -> int:
        """How many settings the search compares; 0 without a search."""
        return len(ParameterGrid(self.grid)) if any(self.grid) else 0

    @property
    def n_fits(self) -> int:
        """How many fits it takes: those of the search, and the last one."""
        return self.n_points * _N_INNER + 1

    @property
    def cost(self) -> float:
        """How long it takes beside others, for the order and the time left."""
        return _COST[self.model] * len(self.split.train) * self.n_fits

    def fingerprint(self, dataset: StudyData) -> str:
        """Tell apart what can't share results: data, rows, model, grid, seed, code."""
        with config_context(print_changed_only=False):
            parts = [
                dataset.fingerprint,
                self.key,
                self.split.train.tolist(),
                self.split.test.tolist(),
                self.split.n_copies,
                self.split.k,
                type(self.rules).__qualname__,
                repr(self.pipeline.get_params()),
                repr(self.grid),
                _N_INNER,
                self.seed,
                versions(),
                _code_fingerprint(),
            ]
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def run_fold(dataset: StudyData, fold: Fold) -> dict[str, Any]:
    """Search, fit and predict one model on one fold."""
    started = time.perf_counter()
    split, rules = fold.split, fold.rules
    X = dataset.X
    if split.n_copies:
        resampler = fold.pipeline.named_steps["resample"]
        X = _with_copies(dataset, resampler, split.n_copies, fold.seed)
    n_sets = len(dataset.y)
    X_train, y_train = [X[i] for i in split.train], dataset.y[split.train % n_sets]
    cv_score = float("nan")
    best_params: dict[str, Any] = {}
    if fold.n_points:
        search = GridSearchCV(
            fold.pipeline,
            fold.grid,
            scoring="f1_macro",
            cv=rules.inner_cv(_N_INNER, fold.seed),
            error_score="raise",
            refit=False,
        )
        groups = rules.groups(dataset.subjects, dataset.factor(rules.by))
        here = None if groups is None else groups[split.train % n_sets]
        search.fit(X_train, y_train, groups=here)
        cv_score, best_params = float(search.best_score_), search.best_params_
    best = clone(fold.pipeline).set_params(**best_params)
    best.fit(X_train, y_train)
    is_net = hasattr(best[-1], "staged_predict_proba")
    rows = []
    for part, indices in (("train", split.train), ("test", split.test)):
        scores, kind = _scores(best, [X[i] for i in indices])
        predicted = best.classes_[scores.argmax(axis=1)]
        for i, label, score in zip(indices, predicted, scores, strict=True):
            rows.append(
                {
                    "part": part,
                    "set": int(i % n_sets),
                    "copy": int(i // n_sets),
                    "y_pred": str(label),
                    "score_kind": kind,
                    "scores": score.tolist(),
                }
            )
    return {
        "key": fold.key,
        "protocol": fold.protocol,
        "model": fold.model,
        "fold": split.name,
        "seed": fold.seed,
        "k": split.k,
        "cv_score": cv_score,
        "best_params": {
            name.rpartition("__")[2]: value for name, value in best_params.items()
        },
        "classes": [str(label) for label in best.classes_],
        "rows": rows,
        "curves": _curves(best, X, dataset.y, split) if is_net else [],
        "seconds": time.perf_counter() - started,
    }


def _scores(pipeline: Pipeline, X: list[Any]) -> tuple[NDArray[np.float64], str]:
    """Return one score a class for each set, and what kind of score it is."""
    if hasattr(pipeline, "predict_proba"):
        return pipeline.predict_proba(X), "probability"
    scores = np.asarray(pipeline.decision_function(X))
    if scores.ndim == 1:
        scores = np.column_stack([-scores, scores])
    return scores, "decision"


def _with_copies(
    dataset: StudyData, resampler: Resampler, n_copies: int, seed: int
) -> list[Recording]:
    """Return the sets and their augmented copies, as rows: the study's leak."""
    sets = resampler.fit_transform(dataset.X)
    augmenter = make_pipeline(MultiplicativeNoise(), RandomSubsequence())
    rng = np.random.default_rng(seed)
    rows = list(dataset.X)
    for _ in range(n_copies):
        rows += [
            Recording.from_array(
                copy,
                sampling_rate_hz=resampler.sampling_rate_hz,
                channel_names=dataset.channel_names,
                side=recording.side,  # or the pipelines could not mirror it
            )
            for copy, recording in zip(
                augment_sets(augmenter, sets, rng), dataset.X, strict=True
            )
        ]
    return rows


def _curves(
    pipeline: Pipeline, X: list[Recording], y: NDArray[Any], split: Split
) -> list[dict[Any, Any]]:
    """Return loss and accuracy after each epoch, of test sets and as many training sets."""
    some = np.random.default_rng(0).permutation(split.train)[: len(split.test)]
    parts = [
        staged_scores(pipeline, [X[i] for i in rows], y[rows % len(y)]).add_prefix(prefix)
        for prefix, rows in (("train_", some), ("test_", split.test))
    ]
    curves = parts[0].join(parts[1])
    curves.insert(0, "epoch", range(1, len(curves) + 1))
    return curves.to_dict("records")


def versions() -> dict[str, str]:
    """Return the versions of the packages that results depend on."""
    packages = ("numpy", "scipy", "scikit-learn", "skorch", "torch")
    others = {name: importlib.metadata.version(name) for name in packages}
    return {"sk_imu": __version__, **others}


@cache
def _code_fingerprint() -> str:
    """Tell apart two states of this package, whatever their version says."""
    digest = hashlib.sha256()
    for path in sorted(Path(__file__).parents[1].rglob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()
