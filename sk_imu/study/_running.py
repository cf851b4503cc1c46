"""Run a study: every model on the same folds of every protocol, saved as it goes."""

import traceback
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
from joblib import Parallel, delayed, parallel_config
from sklearn.pipeline import Pipeline

from ._collecting import collect
from ._config import StudyConfig
from ._data import StudyData
from ._jobs import Job, run_job
from ._keeping import check_out, keep, make_out, read_kept
from ._preparing import prepare
from ._progress import Progress
from ._results import StudyResults
from ._sets import sets_table
from .protocols import Protocol


class FoldError(RuntimeError):
    """Jobs of a study failed; all others were run, and saved if there is a folder.

    A job is one model on one fold.

    Parameters
    ----------
    message : str
        How many jobs failed, which, and why.

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
    data: Any = StudyConfig.data,
    *,
    models: Sequence[str | tuple[str, Pipeline]] = StudyConfig.models,
    protocols: Sequence[str | Protocol] = StudyConfig.protocols,
    budget: str = StudyConfig.budget,
    n_jobs: int | None = None,
    random_state: int = 0,
    seeds: Sequence[int] | None = None,
    out: str | Path | None = None,
    channels: Sequence[str] | None = StudyConfig.channels,
    wear: str | None = StudyConfig.wear,
    sampling_rate_hz: float = StudyConfig.sampling_rate_hz,
    window_seconds: float | str = StudyConfig.window_seconds,
    fixed_length: int | None = StudyConfig.fixed_length,
    pattern: str | None = StudyConfig.pattern,
    platform: str | None = StudyConfig.platform,
    device: str | None = StudyConfig.device,
    set_quality: bool = StudyConfig.set_quality,
    segment: bool = StudyConfig.segment,
    verbose: int = 1,
) -> StudyResults:
    """Compare models under the protocol of Zhang et al. (2024) and without leaks.

    Each model is searched by :class:`~sklearn.model_selection.GridSearchCV` inside each
    outer fold, so nothing is chosen on test sets. The
    folds, the augmentation and the random seed are the same for all models.

    Parameters
    ----------
    data : {"watch", "basic-motions"}, path, Bunch, tuple or mapping, default="watch"
        A data set by name; a folder that :func:`sk_imu.readers.read_recordings` reads;
        the result of a loader of :mod:`sk_imu.datasets`; recordings, labels and
        subjects (or None) as a tuple; or a mapping of names to several of these, which
        are reduced to the labels and channels that they share.
    models : sequence, default=("rf", "svm", "cnn", "gru", "cnn-gru")
        The models; also ``"minirocket"``, with the extra ``rocket``, and the CNN-GRU in
        other sizes, ``"cnn-gru-small"`` and ``"cnn-gru-large"``. A model of your own is a
        pair of a name and a :class:`~sklearn.pipeline.Pipeline` that takes recordings. It
        is not searched, and its ``random_state`` parameters are set to the seed.
    protocols : sequence, default=("copied-sets", "unseen-sets", "unseen-people")
        The protocols, by their names in :doc:`/guide/study`, ``"a"``, ``"b"`` and ``"c"``
        for short, or as objects, such as ``FewShot(ks=[0, 5])``.
    budget : {"quick", "plain", "full"}, default="quick"
        ``"quick"`` tests two people instead of all, the same for every seed, with at most
        two grid points and fewer epochs; it takes minutes instead of an hour. ``"plain"``
        tests all people with all epochs, each model with its defaults, without a search.
    n_jobs : int, default=None
        Number of jobs, each one model on one fold, to run in parallel, each on one
        thread. It does not change the results. None means 1, unless the call is inside
        :func:`joblib.parallel_config`, which may also send the jobs to a cluster, such as
        dask.
    random_state : int, default=0
        Random seed of the splits, the copies and the models.
    seeds : sequence of int, default=None
        Several random seeds, in place of ``random_state``. The results keep them apart,
        and the tables average over them.
    out : path, default=None
        Folder for the results. Each job is saved there as soon as it is done. An
        interrupted run continues from there; a job whose data, model, grid, seed or
        versions have changed, or whose file is damaged, is run again. Changes in code of
        your own are not noticed: choose another folder.
    channels : sequence of str, default=None
        Sensors or channels to train on. None chooses as :class:`~sk_imu.ExerciseClassifier`
        does.
    wear : {"fixed", "free"}, default=None
        Whether the device is always worn the same way, see :func:`make_pipeline_for`.
        None takes :func:`wear_of` of the recordings.
    sampling_rate_hz : float, default=25.0
        Sampling rate of all channels after resampling, in hertz.
    window_seconds : float or "auto", default="auto"
        Length of the windows that vote on a set, in seconds. ``"auto"`` takes two
        repetitions of the training sets of each fold, from 4 to 8 seconds.
    fixed_length : int, default=None
        Stretch each set to this number of timesteps instead of cutting windows.
    pattern, platform, device : str, default=None
        How to read folders, as in :func:`sk_imu.readers.read_recordings`.
    set_quality : bool, default=False
        Whether to count the repetitions of each set and describe how it was done, see
        :func:`~sk_imu.set_quality`: for ``StudyResults.sets`` and the report.
    segment : bool, default=True
        Cut the recordings of a folder into their sets first. A recording in which no bout
        of exercise is found is one set.
    verbose : int, default=1
        0 shows no progress. The logger ``sk_imu.study`` gets a line per job in any case.

    Returns
    -------
    results : StudyResults
        All predictions and the tables computed from them.

    Raises
    ------
    ValueError
        If a name is unknown, the data cannot be used, no protocol is available, or sets
        of an unseen person share values with others (a ``LeakError``).
    FoldError
        If jobs failed, after all others are done.

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
    config = StudyConfig.of(
        data=data,
        models=models,
        protocols=protocols,
        budget=budget,
        random_state=random_state,
        seeds=seeds,
        channels=channels,
        wear=wear,
        sampling_rate_hz=sampling_rate_hz,
        window_seconds=window_seconds,
        fixed_length=fixed_length,
        pattern=pattern,
        platform=platform,
        device=device,
        set_quality=set_quality,
        segment=segment,
    )
    if out is not None:
        check_out(out, data)
    dataset, jobs, settings = prepare(config)
    folder = None if out is None else Path(out) / "folds"
    # Where the models stretch nothing, the figure shows the default of FixedLength.
    example = dataset.example(n_timesteps=fixed_length or 256)
    sets = sets_table(dataset) if set_quality else pd.DataFrame()
    outcomes = _run(dataset, jobs, folder, n_jobs=n_jobs, verbose=verbose)
    results = replace(collect(dataset, settings, outcomes, example), sets=sets)
    if out is not None:
        results.save(out)
    return results


def _run(
    dataset: StudyData,
    jobs: list[Job],
    folder: Path | None,
    *,
    n_jobs: int | None,
    verbose: int,
) -> list[dict[str, Any]]:
    """Return the results of all jobs in their order, including those saved earlier."""
    if folder is not None:
        make_out(folder.parent)
        folder.mkdir(exist_ok=True)
    fingerprints = {job.key: job.fingerprint(dataset) for job in jobs}
    done = {}
    for job in jobs:
        kept = None if folder is None else read_kept(folder / f"{job.key}.json")
        # A job of other data, another grid or other code is run again.
        if kept is not None and kept["fingerprint"] == fingerprints[job.key]:
            done[job.key] = kept
    # The longest first, so that no worker is left alone with one at the end.
    to_do = sorted((job for job in jobs if job.key not in done), key=lambda job: -job.cost)
    of_key = {job.key: job for job in to_do}
    failed = {}
    with Progress(dataset, jobs, done, verbose=verbose) as progress:
        # This process saves the results because workers may share no disk with it.
        for result in _as_completed(dataset, to_do, n_jobs):
            key = result.pop("key")
            if "failed" in result:
                # The last line of a traceback is the error.
                failed[key] = result["failed"].strip().splitlines()[-1]
                progress.fail(key, result["failed"])
                continue
            # A later plan estimates the time from budget, cost and seconds.
            budget_and_cost = {"budget": of_key[key].budget, "cost": of_key[key].cost}
            done[key] = {"fingerprint": fingerprints[key], **budget_and_cost, **result}
            if folder is not None:
                keep(folder / f"{key}.json", done[key])
            progress.add(key, done[key])
    if failed:
        reasons = "".join(f"\n  {key}: {reason}" for key, reason in failed.items())
        cure = (
            "Give a folder as out= to keep the others"
            if folder is None
            else f"The others are kept in {folder}; the same call repeats only failed jobs"
        )
        raise FoldError(f"{len(failed)} of {len(jobs)} jobs failed. {cure}.{reasons}")
    return [done[job.key] for job in jobs]


def _as_completed(
    dataset: StudyData, jobs: list[Job], n_jobs: int | None
) -> Iterator[dict[str, Any]]:
    """Yield the results of jobs, soon after they are done."""
    # All are submitted at once, one by one, so that a worker that joins a cluster later
    # finds jobs to do.
    parallel = Parallel(
        n_jobs, batch_size=1, pre_dispatch="all", return_as="generator_unordered"
    )
    yield from parallel(delayed(_run_guarded)(dataset, job) for job in jobs)


def _run_guarded(dataset: StudyData, job: Job) -> dict[str, Any]:
    """Run a job in its worker; one that fails does not stop the others."""
    try:
        # Otherwise dask would send each tree of a forest to the cluster.
        with parallel_config(backend="sequential"):
            return run_job(dataset, job)
    except Exception:
        return {"key": job.key, "failed": traceback.format_exc()}
