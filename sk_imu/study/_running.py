"""Run the study: every model on the same folds of every protocol, kept as it goes."""

import json
import operator
import traceback
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from joblib import Parallel, delayed, parallel_config

from ..pipelines import MODELS, make_pipeline_for, wear_of
from ..recording import DataQualityWarning, quality_warnings
from ._collecting import collect
from ._data import StudyData, load_study_data
from ._folds import Fold, run_fold, versions
from ._leak_check import count_shared
from ._progress import Progress
from ._results import StudyResults
from .protocols import PROTOCOLS, THE_STUDY_S, StudyProtocol

__all__ = ["FoldError", "run_study"]

_LETTERS = dict(zip("abc", THE_STUDY_S, strict=True))


class FoldError(RuntimeError):
    """Folds of a study failed; all others were run, and kept if there is a folder.

    Parameters
    ----------
    message : str
        How many, which and why.

    Examples
    --------
    >>> from sk_imu.study import FoldError, run_study
    >>> try:
    ...     results = run_study("watch", out="results")  # doctest: +SKIP
    ... except FoldError as error:
    ...     print(error)
    """

    def __init__(self, message: str) -> None:
        super().__init__(message)


def run_study(
    data: Any = "watch",
    *,
    models: Sequence[str] = MODELS[:5],
    protocols: Sequence[str | StudyProtocol] = THE_STUDY_S,
    budget: str = "quick",
    n_jobs: int | None = None,
    random_state: int = 0,
    seeds: Sequence[int] | None = None,
    out: str | Path | None = None,
    channels: Sequence[str] | None = None,
    wear: str | None = None,
    sampling_rate_hz: float = 25.0,
    window_seconds: float = 4.0,
    fixed_length: int | None = None,
    segment: bool = True,
    verbose: int = 1,
) -> StudyResults:
    """Compare the study's models under its own protocol and under honest ones.

    Each model is searched by :class:`~sklearn.model_selection.GridSearchCV` inside each
    outer fold, so that nothing is chosen on the sets or people it is tested on.  The
    folds, the augmentation and the seed are the same for all models.

    Parameters
    ----------
    data : {"watch", "basic-motions"}, path, Bunch, tuple or mapping, default="watch"
        A data set by name; a folder that :func:`sk_imu.readers.read_recordings` takes;
        what a loader of :mod:`sk_imu.datasets` returned; recordings, labels and
        subjects (or None) as a tuple; or a mapping of names to several of these, of which
        the labels and channels that all have are taken.
    models : sequence of str, default=("rf", "svm", "cnn", "gru", "cnn-gru")
        Which models; ``"minirocket"``, too, with the extra ``rocket``.
    protocols : sequence, default=("copied-sets", "unseen-sets", "unseen-people")
        Which protocols, by their names in :doc:`/guide/study`, ``"a"``, ``"b"`` and ``"c"``
        for short, or as objects, such as ``FewShot(ks=[0, 5])``.
    budget : {"quick", "plain", "full"}, default="quick"
        ``"quick"`` takes two people instead of all, the same for every seed, two grid
        points at the most, and fewer epochs; minutes instead of an hour. ``"plain"``
        takes all people and epochs, and each model as it is, without a search.
    n_jobs : int, default=None
        Folds that run at once, each on one thread. The results are the same for any
        number. None is one, or what :func:`joblib.parallel_config` around the call says,
        which may also hand the folds to a cluster, such as dask's.
    random_state : int, default=0
        Random seed of the splits, the copies and the models.
    seeds : sequence of int, default=None
        Several random seeds, in place of ``random_state``. Each is a run of its own in the
        results, and the tables average over them.
    out : path, default=None
        Folder for the results. Each fold is kept there as soon as it is done; a run that
        was interrupted goes on from there, and a fold whose data, model, grid, seed or
        versions have changed is run again.
    channels : sequence of str, default=None
        Sensors or channels to learn from. None takes those of the first recording.
    wear : {"fixed", "free"}, default=None
        Whether the device is always worn the same way, see :func:`make_pipeline_for`.
        None takes :func:`wear_of` of the recordings.
    sampling_rate_hz : float, default=25.0
        The common clock in hertz.
    window_seconds : float, default=4.0
        Length of the windows that vote on a set.
    fixed_length : int, default=None
        Stretch each set to that many timesteps instead of cutting windows.
    segment : bool, default=True
        Cut the recordings of a folder into their sets first. One in which no bout of
        exercise is found is a set as a whole.
    verbose : int, default=1
        0 shows no progress. The logger ``sk_imu.study`` has a line a fold all the same.

    Returns
    -------
    results : StudyResults
        All predictions and what is made of them.

    Raises
    ------
    ValueError
        If a name is unknown, the data can't be used, no protocol is available, or sets
        of an unseen person share values with others (a ``LeakError``).
    FoldError
        If folds failed, when all others are done.

    Examples
    --------
    >>> from sk_imu.study import run_study
    >>> from sk_imu.datasets import load_basic_motions
    >>> results = run_study(
    ...     load_basic_motions(), models=["svm"], protocols=["unseen-sets"], verbose=0
    ... )
    >>> results.table().loc[("unseen-sets", "svm", "test"), "n_rows"]
    np.int64(16)
    """
    dataset, folds, settings = _prepare(
        data,
        models=models,
        protocols=protocols,
        budget=budget,
        seeds=[random_state] if seeds is None else seeds,
        channels=channels,
        wear=wear,
        sampling_rate_hz=sampling_rate_hz,
        window_seconds=window_seconds,
        fixed_length=fixed_length,
        segment=segment,
    )
    keep = None if out is None else Path(out) / "folds"
    example = dataset.example(sampling_rate_hz, n_timesteps=fixed_length or 256)
    outcomes = _run(dataset, folds, keep, n_jobs=n_jobs, verbose=verbose)
    results = collect(dataset, settings, outcomes, example)
    if out is not None:
        results.save(out)
    return results


def _prepare(
    data: Any,
    *,
    models: Sequence[str],
    protocols: Sequence[str | StudyProtocol],
    budget: str,
    seeds: Sequence[int],
    channels: Sequence[str] | None,
    wear: str | None,
    sampling_rate_hz: float,
    window_seconds: float,
    fixed_length: int | None,
    segment: bool,
) -> tuple[StudyData, list[Fold], dict[str, Any]]:
    """Return the data, the folds and the settings of a run."""
    models = _known(models, MODELS, "model")
    rules = _rules(protocols)
    if budget not in ("quick", "plain", "full"):
        raise ValueError(f"budget must be 'quick', 'plain' or 'full', got {budget!r}.")
    # A numpy integer could not be written down.
    seeds = [operator.index(seed) for seed in seeds]
    if not seeds or len(set(seeds)) < len(seeds):
        raise ValueError(f"seeds must be different integers, got {seeds!r}.")
    # Here, or every fold would fail of it.
    if not 0 < window_seconds < np.inf:
        raise ValueError(f"window_seconds must be a positive number, got {window_seconds}.")
    if fixed_length is not None and fixed_length < 2:
        raise ValueError(f"fixed_length must be None or 2 at least, got {fixed_length}.")
    dataset = load_study_data(data, channels, sampling_rate_hz, segment)
    if wear is None:
        wear = wear_of(dataset.X)
    unavailable, folds = {}, []
    n_folds, n_tested = {}, {}
    for protocol, rule in rules.items():
        known = dataset.y, dataset.subjects, dataset.factor(rule.by)
        reason = rule.why_unavailable(*known)
        if reason is not None:
            unavailable[protocol] = reason
            continue
        quick = budget == "quick"
        splits = {seed: rule.splits(*known, quick=quick, seed=seed) for seed in seeds}
        tested = [s.test % len(dataset.y) for each in splits.values() for s in each]
        n_tested[protocol] = len(np.unique(np.concatenate(tested)))
        n_folds[protocol] = len(splits[seeds[0]])
        folds += [
            Fold(
                protocol=protocol,
                rules=rule,
                number=number,
                split=split,
                model=model,
                budget=budget,
                seed=seed,
                pipeline=make_pipeline_for(
                    model,
                    random_state=seed,
                    channels=dataset.channel_names,
                    wear=wear,
                    sampling_rate_hz=sampling_rate_hz,
                    window_seconds=window_seconds,
                    fixed_length=fixed_length,
                    # With copies among the rows, there is nothing left to augment.
                    augment=split.n_copies == 0,
                ),
            )
            for seed in seeds
            for number, split in enumerate(splits[seed])
            for model in models
        ]
    if not folds:
        reasons = "; ".join(f"{name}: {reason}" for name, reason in unavailable.items())
        raise ValueError(f"No protocol is available for {dataset.name}: {reasons}.")

    n_short = 0 if fixed_length else dataset.n_shorter_than(window_seconds)
    settings = {
        "data": dataset.name,
        "data_fingerprint": dataset.fingerprint,
        "n_sets": len(dataset.X),
        "n_subjects": None if dataset.subjects is None else len(set(dataset.subjects)),
        "classes": [str(label) for label in np.unique(dataset.y)],
        "channels": dataset.channel_names,
        "budget": budget,
        "seeds": seeds,
        "models": models,
        "protocols": list(rules),
        "n_folds": n_folds,
        "n_tested_sets": n_tested,
        "unavailable": unavailable,
        "wear": wear,
        "sampling_rate_hz": sampling_rate_hz,
        "window_seconds": window_seconds,
        "fixed_length": fixed_length,
        "segment": segment,
        "n_short_sets": n_short,
        "quality": quality_warnings(dataset.X),
        "n_shared_pairs": count_shared(dataset, folds),
        "notes": dataset.notes,
        "versions": versions(),
    }
    if n_short:
        warnings.warn(
            f"{n_short} of {len(dataset.X)} sets are shorter than a window of "
            f"{window_seconds} s and hold their last sample to its end. A smaller "
            "window_seconds avoids that.",
            DataQualityWarning,
            stacklevel=3,
        )
    return dataset, folds, settings


def _run(
    dataset: StudyData,
    folds: list[Fold],
    keep: Path | None,
    *,
    n_jobs: int | None,
    verbose: int,
) -> list[dict[str, Any]]:
    """Return the results of all folds in their order, those kept from earlier included."""
    if keep is not None:
        keep.mkdir(parents=True, exist_ok=True)
    prints = {fold.key: fold.fingerprint(dataset) for fold in folds}
    done = {}
    for fold in folds:
        kept = _read_kept(keep, fold.key)
        if kept is not None and kept["fingerprint"] == prints[fold.key]:
            done[fold.key] = kept
    # The longest first, so that no worker is left alone with one at the end.
    todo = sorted(
        (fold for fold in folds if fold.key not in done), key=lambda fold: -fold.cost
    )
    failed = {}
    with Progress(dataset, folds, done, verbose=verbose) as progress:
        # Kept by this process, for workers may share no disk with it.
        for result in _as_they_end(dataset, todo, n_jobs):
            key = result.pop("key")
            if "failed" in result:
                failed[key] = result["failed"].strip().splitlines()[-1]
                progress.fail(key, result["failed"])
                continue
            fold = next(fold for fold in todo if fold.key == key)
            told = {"budget": fold.budget, "cost": fold.cost}  # for the next one's plan
            done[key] = {"fingerprint": prints[key], **told, **result}
            if keep is not None:
                _keep(keep, key, done[key])
            progress.add(key, done[key])
    if failed:
        reasons = "".join(f"\n  {key}: {reason}" for key, reason in failed.items())
        cure = (
            "A folder, out=, would have kept the others"
            if keep is None
            else f"The others are kept in {keep}; the same call runs only these again"
        )
        raise FoldError(f"{len(failed)} of {len(folds)} folds failed. {cure}.{reasons}")
    return [done[fold.key] for fold in folds]


def _as_they_end(
    dataset: StudyData, todo: list[Fold], n_jobs: int | None
) -> Iterator[dict[str, Any]]:
    """Yield the results of folds, soon after they are done."""
    # One by one, all handed out at once: a worker that joins a cluster later finds folds
    # to do.
    parallel = Parallel(
        n_jobs, batch_size=1, pre_dispatch="all", return_as="generator_unordered"
    )
    yield from parallel(delayed(_run_alone)(dataset, fold) for fold in todo)


def _run_alone(dataset: StudyData, fold: Fold) -> dict[str, Any]:
    """Run a fold in its worker; one that fails doesn't take the others with it."""
    try:
        # Dask would hand out each tree of a forest, too.
        with parallel_config(backend="sequential"):
            return run_fold(dataset, fold)
    except Exception:
        return {"key": fold.key, "failed": traceback.format_exc()}


def _keep(folder: Path, key: str, result: dict[str, Any]) -> None:
    # Written beside and moved into place: an interrupt leaves no half file.
    beside = folder / f"{key}.json.part"
    beside.write_text(json.dumps(result), encoding="utf-8")
    beside.replace(folder / f"{key}.json")


def _read_kept(folder: Path | None, key: str) -> dict[str, Any] | None:
    path = None if folder is None else folder / f"{key}.json"
    if path is None or not path.exists():
        return None
    try:
        kept: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except ValueError:  # damaged: run again
        return None
    return kept


def _rules(given: Sequence[str | StudyProtocol]) -> dict[str, StudyProtocol]:
    """Return the protocols by name, in the order of the tables."""
    rules: dict[str, StudyProtocol] = {}
    for one in [given] if isinstance(given, str) else given:
        if isinstance(one, str):
            (name,) = _known(_LETTERS.get(one, one), tuple(PROTOCOLS), "protocol")
            rules[name] = PROTOCOLS[name]
        else:
            rules[one.name] = one
    if not rules:
        _known([], tuple(PROTOCOLS), "protocol")  # refuses
    order = [*PROTOCOLS, *(name for name in rules if name not in PROTOCOLS)]
    return {name: rules[name] for name in order if name in rules}


def _known(names: Sequence[str], known: Sequence[str], what: str) -> list[str]:
    """Return the names in the known order, each once."""
    if isinstance(names, str):
        names = [names]
    unknown = [name for name in names if name not in known]
    if unknown or not names:
        wrong = (
            f"There is no {what} {unknown[0]!r}." if unknown else f"No {what} was named."
        )
        raise ValueError(f"{wrong} Choose from {', '.join(known)}.")
    return [name for name in known if name in names]
