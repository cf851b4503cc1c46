"""The plan of a run and its estimated time, without fitting anything."""

from collections.abc import Iterable
from pathlib import Path
from statistics import median
from typing import Any

import pandas as pd

from ._config import StudyConfig
from ._keeping import check_out, read_kept
from ._preparing import prepare
from ._summary import about_data

# Seconds per unit of cost where nothing was measured: on the watch data, whole search,
# one core, it is 0.011 with the forest and 0.034 with the hybrid.
_SECONDS_PER_COST = 0.02


def plan_study(
    data: Any = "watch", *, out: str | Path | None = None, **options: Any
) -> pd.DataFrame:
    """Return the jobs that :func:`run_study` would run, without fitting anything.

    Data and options that the run would refuse are refused here, too.

    Parameters
    ----------
    data : as for run_study, default="watch"
        The data.
    out : path, default=None
        Folder of the results. Jobs that are kept there are not run again, and their
        times serve to estimate the others.
    **options
        ``random_state``, ``seeds``, ``models`` and all other options of
        :func:`run_study` that change the results.

    Returns
    -------
    plan : DataFrame
        Indexed by protocol and model: number of ``folds``, those ``kept`` from earlier,
        ``grid_points`` of the search, ``fits`` and ``seconds`` still to do, one job after
        the other. ``plan.attrs["measured"]`` is True if the seconds are estimated from
        jobs of the same budget in ``out``; otherwise they are only an order of magnitude.
        ``plan.attrs["about"]`` has lines on the data: the classes, where labels and
        subjects were taken from, the quality of the recordings.

    See Also
    --------
    run_study : Run the study.

    Examples
    --------
    >>> from sk_imu.study import plan_study
    >>> plan = plan_study("basic-motions", models=["rf", "svm"], protocols=["b"])
    >>> plan.loc[("unseen-sets", "svm"), ["folds", "kept", "grid_points"]].tolist()
    [1, 0, 2]
    """
    config = StudyConfig.of(data=data, **options)
    if out is not None:
        check_out(out, data)
    dataset, jobs, settings = prepare(config)
    paths = [] if out is None else sorted((Path(out) / "folds").glob("*.json"))
    kept = {path.stem: result for path in paths if (result := read_kept(path))}
    rate_of = _seconds_per_cost(kept.values(), config.budget)
    rate_of_others = median(rate_of.values()) if rate_of else _SECONDS_PER_COST
    rows: dict[tuple[str, str], dict[str, Any]] = {}
    for job in jobs:
        earlier = kept.get(job.key)
        # A file has the name of its job even if it is of other data, or of other code.
        is_kept = earlier is not None and (
            earlier["fingerprint"] == job.fingerprint(dataset)
        )
        row = rows.setdefault(
            (job.protocol.name, job.model),
            {"folds": 0, "kept": 0, "grid_points": job.n_points, "fits": 0, "seconds": 0.0},
        )
        row["folds"] += 1
        row["kept"] += is_kept
        if not is_kept:
            row["fits"] += job.n_fits
            row["seconds"] += job.cost * rate_of.get(job.model, rate_of_others)
    plan = pd.DataFrame.from_dict(rows, orient="index")
    plan.index = pd.MultiIndex.from_tuples(list(rows), names=["protocol", "model"])
    plan.attrs["measured"] = bool(rate_of)
    plan.attrs["about"] = about_data(settings)
    return plan


def _seconds_per_cost(kept: Iterable[dict[str, Any]], budget: str) -> dict[str, float]:
    """Return the median seconds per unit of cost that the kept jobs took, by model."""
    # Jobs of other code, data or seeds take about as long, so they count, too.
    rates: dict[str, list[float]] = {}
    for result in kept:
        if result["budget"] == budget:
            rates.setdefault(result["model"], []).append(result["seconds"] / result["cost"])
    return {model: median(values) for model, values in rates.items()}
