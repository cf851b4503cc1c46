"""From the options of a study to its data, its jobs and the settings that describe them."""

import warnings
from dataclasses import replace
from typing import Any, TypeAlias

import numpy as np
from sklearn.base import clone
from sklearn.pipeline import Pipeline

from ..persistence import versions
from ..pipelines import make_pipeline_for, wear_of
from ..recording import DataQualityWarning, quality_warnings, settle_doubts
from ._config import StudyConfig, shortest_window_s
from ._data import StudyData, load_study_data
from ._jobs import Job
from ._leak_check import count_shared
from .protocols import Fold

#: The folds of each protocol, by its name and the seed.
_Folds: TypeAlias = dict[str, dict[int, list[Fold]]]


def prepare(config: StudyConfig) -> tuple[StudyData, list[Job], dict[str, Any]]:
    """Return the data, the jobs and the settings of a run.

    Raises a ValueError if the data cannot be used, no protocol is available, or sets that a
    protocol keeps apart share values (a LeakError).
    """
    dataset = load_study_data(
        config.data,
        config.channels,
        config.sampling_rate_hz,
        config.segment,
        config.reading,
    )
    config = replace(
        config,
        data=dataset.name,
        channels=dataset.channel_names,
        wear=config.wear or wear_of(dataset.X),
    )
    folds, unavailable = _split(config, dataset)
    jobs = _jobs_of(config, folds)
    n_short, shortest_s = 0, shortest_window_s(config.window_seconds)
    if config.fixed_length is None:
        n_short = dataset.n_shorter_than(shortest_s)
    settings = {
        **config.as_settings(),
        "data_fingerprint": dataset.fingerprint,
        "n_sets": len(dataset.X),
        "n_subjects": None if dataset.subjects is None else len(set(dataset.subjects)),
        "classes": [str(label) for label in np.unique(dataset.y)],
        **dataset.origin(),
        # The same for every seed.
        "n_folds": {name: len(of[config.seeds[0]]) for name, of in folds.items()},
        "n_tested_sets": {name: _n_tested(of, dataset) for name, of in folds.items()},
        "unavailable": unavailable,
        "n_short_sets": n_short,
        "quality": quality_warnings(dataset.X),
        "n_shared_pairs": count_shared(dataset, jobs),
        "notes": dataset.notes,
        "versions": versions(),
    }
    if n_short:
        warnings.warn(
            f"{n_short} of {len(dataset.X)} sets are shorter than a window of "
            f"{shortest_s:g} s; their last sample is repeated to the end of the "
            "window. A smaller window_seconds avoids that.",
            DataQualityWarning,
            stacklevel=3,
        )
    # The settings name the doubts, and each fit of a job would warn of them again.
    return replace(dataset, X=settle_doubts(dataset.X)), jobs, settings


def _split(config: StudyConfig, dataset: StudyData) -> tuple[_Folds, dict[str, str]]:
    """Return the folds of the available protocols, and why the others are unavailable."""
    folds: _Folds = {}
    unavailable = {}
    quick = config.budget == "quick"
    for protocol in config.protocols:
        known = dataset.y, dataset.subjects, dataset.factor(protocol.by)
        reason = protocol.why_unavailable(*known)
        # Asked again only where the search may be in the way.
        if reason and protocol.why_unavailable(*known, search=False) is None:
            plain = config.budget == "plain"
            reason = None if plain else f"{reason} (budget 'plain', without it, can run)"
        if reason is not None:
            unavailable[protocol.name] = reason
            continue
        folds[protocol.name] = {
            seed: protocol.splits(*known, quick=quick, seed=seed) for seed in config.seeds
        }
    if not folds:
        reasons = "; ".join(f"{name}: {reason}" for name, reason in unavailable.items())
        raise ValueError(f"No protocol is available for {dataset.name}: {reasons}.")
    return folds, unavailable


def _jobs_of(config: StudyConfig, folds: _Folds) -> list[Job]:
    """Return the jobs in the order of the tables: each model on each fold."""
    return [
        Job(
            protocol=protocol,
            number=number,
            fold=fold,
            model=model if isinstance(model, str) else model[0],
            budget=config.budget,
            seed=seed,
            pipeline=_pipeline_of(model, config, seed, fold),
        )
        for protocol in config.protocols
        for seed, of_seed in folds.get(protocol.name, {}).items()
        for number, fold in enumerate(of_seed)
        for model in config.models
    ]


def _pipeline_of(
    model: str | tuple[str, Pipeline], config: StudyConfig, seed: int, fold: Fold
) -> Pipeline:
    if not isinstance(model, str):
        own = clone(model[1])
        drawing = [key for key in own.get_params() if key.endswith("random_state")]
        return own.set_params(**dict.fromkeys(drawing, seed))
    return make_pipeline_for(
        model,
        random_state=seed,
        channels=config.channels,
        wear=str(config.wear),
        sampling_rate_hz=config.sampling_rate_hz,
        window_seconds=config.window_seconds,
        fixed_length=config.fixed_length,
        # Rows that are copies already would be augmented twice.
        augment=fold.n_copies == 0,
    )


def _n_tested(folds: dict[int, list[Fold]], dataset: StudyData) -> int:
    """Return the number of different sets that the folds test."""
    tested = [fold.test % len(dataset.y) for of_seed in folds.values() for fold in of_seed]
    return len(np.unique(np.concatenate(tested)))
