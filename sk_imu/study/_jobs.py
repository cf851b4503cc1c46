"""A job of a study, one model on one fold: search, fit, predict."""

import hashlib
import json
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np
from numpy.typing import NDArray
from sklearn import config_context
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV, ParameterGrid
from sklearn.pipeline import Pipeline, make_pipeline
from threadpoolctl import threadpool_limits

from ..augmentation import MultiplicativeNoise, RandomSubsequence, augment_sets
from ..meta import AugmentedClassifier
from ..neural import staged_scores
from ..persistence import versions
from ..pipelines import MODELS
from ..recording import Recording
from ._config import text_of
from ._data import StudyData
from ._grids import grid_for
from .protocols import Fold, Protocol

# Duration of a fit relative to a forest, to order jobs and to estimate the time left.
_COST = {"rf": 1.0, "svm": 0.5, "minirocket": 8.0, "cnn": 3.0, "gru": 16.0, "cnn-gru": 4.0}
_COST |= {"cnn-gru-small": 3.0, "cnn-gru-large": 8.0}
# Folds of the search inside each job: with more, the full budget takes over an hour.
_N_INNER = 2


@dataclass(frozen=True)
class Job:
    """One model on one fold of one protocol."""

    protocol: Protocol
    #: Position of the fold among those of the protocol.
    number: int
    fold: Fold
    model: str
    budget: str
    seed: int
    pipeline: Pipeline

    @property
    def key(self) -> str:
        """Name of its file."""
        # By the fold's number and not its name, because a subject may be any text. So may
        # the name of a user's own model be.
        model = quote(self.model, safe=" ")
        return f"{self.protocol.name}-{self.number:02d}-{model}-seed{self.seed}"

    @property
    def grid(self) -> list[dict[str, list[Any]]]:
        """The grid of the search; a user's own model has none."""
        is_ours = self.model in MODELS
        return grid_for(self.model, self.pipeline, self.budget) if is_ours else [{}]

    @property
    def n_points(self) -> int:
        """Number of grid points that the search compares; 0 without a search."""
        return len(ParameterGrid(self.grid)) if any(self.grid) else 0

    @property
    def n_fits(self) -> int:
        """Number of fits: those of the search and the last one."""
        return self.n_points * _N_INNER + 1

    @property
    def cost(self) -> float:
        """Duration relative to other jobs, for the order and the time left."""
        return _COST.get(self.model, _COST["cnn-gru"]) * len(self.fold.train) * self.n_fits

    def fingerprint(self, dataset: StudyData) -> str:
        """Return a hash of all that the result depends on, the code included."""
        whole = np.printoptions(threshold=sys.maxsize, floatmode="unique")
        with config_context(print_changed_only=False), whole:
            parts = [
                dataset.fingerprint,
                self.key,
                self.fold.train.tolist(),
                self.fold.test.tolist(),
                self.fold.n_copies,
                self.fold.k,
                type(self.protocol).__qualname__,
                repr(dataset.resampler),
                text_of(self.pipeline.get_params()),
                repr(self.grid),
                _N_INNER,
                self.seed,
                versions(),
                _code_fingerprint(),
            ]
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


# BLAS adds up in another order on another number of threads, which --jobs would change.
@threadpool_limits.wrap(limits=1, user_api="blas")
def run_job(dataset: StudyData, job: Job) -> dict[str, Any]:
    """Search, fit and predict one model on one fold."""
    started = time.perf_counter()
    fold, X = job.fold, with_copies(dataset, job.fold.n_copies, job.seed)
    X_train = [X[i] for i in fold.train]
    y_train = dataset.y[fold.train % len(dataset.y)]
    cv_score, best_params = _search(dataset, job, X_train, y_train)
    best = clone(job.pipeline).set_params(**best_params)
    _, fit_cpu_s = _timed(best.fit, X_train, y_train)
    rows, predict_cpu_s = _predictions(best, X, len(dataset.y), fold)
    is_net = hasattr(best[-1], "staged_predict_proba")
    return {
        "key": job.key,
        "protocol": job.protocol.name,
        "model": job.model,
        "fold": fold.name,
        "seed": job.seed,
        "k": fold.k,
        "cv_score": cv_score,
        "best_params": {
            name.rpartition("__")[2]: value for name, value in best_params.items()
        },
        "classes": [str(label) for label in best.classes_],
        "rows": rows,
        "curves": _curves(best, X, dataset.y, fold) if is_net else [],
        "seconds": time.perf_counter() - started,
        "fit_cpu_s": fit_cpu_s,
        "predict_cpu_s": predict_cpu_s,
    }


def _timed(call: Callable[..., Any], *arguments: Any) -> tuple[Any, float]:
    """Return what a call returns, and the processor seconds that it took."""
    started = time.process_time()
    value = call(*arguments)
    return value, time.process_time() - started


def _search(
    dataset: StudyData, job: Job, X_train: list[Recording], y_train: NDArray[Any]
) -> tuple[float, dict[str, Any]]:
    """Return the best score and parameters of the grid, NaN and none without a search."""
    if not job.n_points:
        return float("nan"), {}
    protocol = job.protocol
    search = GridSearchCV(
        job.pipeline,
        job.grid,
        scoring="f1_macro",
        cv=protocol.inner_cv(_N_INNER, job.seed),
        # By default a point that fails would be NaN, and another one would win.
        error_score="raise",
        # The last fit is the caller's, with a search and without one.
        refit=False,
    )
    groups = protocol.groups(dataset.subjects, dataset.factor(protocol.by))
    here = None if groups is None else groups[job.fold.train % len(dataset.y)]
    search.fit(X_train, y_train, groups=here)
    return float(search.best_score_), search.best_params_


def _predictions(
    pipeline: Pipeline, X: list[Recording], n_sets: int, fold: Fold
) -> tuple[list[dict[str, Any]], float]:
    """Return one row per prediction, and the processor seconds of those on test rows."""
    rows = []
    for part, indices in (("train", fold.train), ("test", fold.test)):
        sets = [X[i] for i in indices]
        predicted, cpu_s = _timed(pipeline.predict, sets)
        scores, kind = _scores(pipeline, sets)
        of_windows = _windows(pipeline, sets) if part == "test" else [[]] * len(sets)
        for i, label, score, windows in zip(
            indices, predicted, scores, of_windows, strict=True
        ):
            rows.append(
                {
                    "part": part,
                    "set": int(i % n_sets),
                    "copy": int(i // n_sets),
                    "y_pred": str(label),
                    "score_kind": kind,
                    "scores": score.tolist(),
                    "windows": windows,
                }
            )
    return rows, cpu_s


def _windows(pipeline: Pipeline, sets: list[Recording]) -> list[list[str]]:
    """Return the labels of each set's windows, none where the pipeline cuts no windows."""
    voting = pipeline[-1]
    if isinstance(voting, AugmentedClassifier):
        voting = voting.estimator_
    if not hasattr(voting, "predict_windows"):
        return [[]] * len(sets)
    labels = voting.predict_windows(pipeline[:-1].transform(sets))
    return [[str(label) for label in one] for one in labels]


def _scores(pipeline: Pipeline, X: list[Any]) -> tuple[NDArray[np.float64], str]:
    """Return one score per set and class, and the kind of score."""
    if hasattr(pipeline, "predict_proba"):
        return pipeline.predict_proba(X), "probability"
    scores = np.asarray(pipeline.decision_function(X))
    if scores.ndim == 1:
        scores = np.column_stack([-scores, scores])
    return scores, "decision"


def with_copies(dataset: StudyData, n_copies: int, seed: int) -> list[Recording]:
    """Return the sets and their augmented copies, as rows: the leak of (a)."""
    if not n_copies:
        return dataset.X
    sets = dataset.resampler.fit_transform(dataset.X)
    augmenter = make_pipeline(MultiplicativeNoise(), RandomSubsequence())
    rng = np.random.default_rng(seed)
    rows = list(dataset.X)
    for _ in range(n_copies):
        rows += [
            Recording.from_array(
                copy,
                sampling_rate_hz=dataset.sampling_rate_hz,
                channel_names=dataset.channel_names,
                side=recording.side,  # the pipelines mirror by it
            )
            for copy, recording in zip(
                augment_sets(augmenter, sets, rng), dataset.X, strict=True
            )
        ]
    return rows


def _curves(
    pipeline: Pipeline, X: list[Recording], y: NDArray[Any], fold: Fold
) -> list[dict[Any, Any]]:
    """Return loss and accuracy after each epoch, on test sets and as many training sets."""
    # The same training sets for every model, whose curves stand side by side.
    some = np.random.default_rng(0).permutation(fold.train)[: len(fold.test)]
    parts = [
        staged_scores(pipeline, [X[i] for i in rows], y[rows % len(y)]).add_prefix(prefix)
        for prefix, rows in (("train_", some), ("test_", fold.test))
    ]
    curves = parts[0].join(parts[1])
    curves.insert(0, "epoch", range(1, len(curves) + 1))
    return curves.to_dict("records")


@cache
def _code_fingerprint() -> str:
    """Return a hash of the package's source."""
    # The version alone would miss local changes.
    digest = hashlib.sha256()
    for path in sorted(Path(__file__).parents[1].rglob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()
