"""What a run would do and about how long that takes, without fitting anything."""

import inspect
from pathlib import Path
from statistics import median
from typing import Any

import pandas as pd

from ._running import _prepare, _read_kept, run_study

__all__ = ["plan_study"]

# Seconds a unit of cost takes where nothing was measured: on the watch data, whole search,
# one core took 0.011 with the forest and 0.034 with the hybrid.
_SECONDS_A_UNIT = 0.02


def plan_study(
    data: Any = "watch", *, out: str | Path | None = None, **options: Any
) -> pd.DataFrame:
    """Tell what :func:`run_study` would do, without fitting anything.

    Data and options that the run would refuse are refused here, too.

    Parameters
    ----------
    data : as for run_study, default="watch"
        The data.
    out : path, default=None
        Folder of the results. Folds that are kept there are not run again, and the time
        they took tells how long the others take.
    **options
        All else that :func:`run_study` takes.

    Returns
    -------
    plan : DataFrame
        Indexed by protocol and model: ``folds``, those ``kept`` from earlier,
        ``grid_points`` of the search, ``fits`` and ``seconds`` still to do, one fold after
        the other. ``plan.attrs["measured"]`` tells whether the seconds come from folds of
        the same budget in ``out``; otherwise they are a guess at the magnitude.

    See Also
    --------
    run_study : Do it.

    Examples
    --------
    >>> from sk_imu.study import plan_study
    >>> plan = plan_study("basic-motions", models=["rf", "svm"], protocols=["b"])
    >>> plan.loc[("unseen-sets", "svm"), ["folds", "kept", "grid_points"]].tolist()
    [1, 0, 2]
    """
    bound = inspect.signature(run_study).bind(data, **options)
    bound.apply_defaults()
    budget = bound.arguments["budget"]
    if bound.arguments["seeds"] is None:
        bound.arguments["seeds"] = [bound.arguments["random_state"]]
    needed = inspect.signature(_prepare).parameters
    dataset, folds, _ = _prepare(**{name: bound.arguments[name] for name in needed})
    keep = None if out is None else Path(out) / "folds"
    paths = [] if keep is None else sorted(keep.glob("*.json"))
    kept = {path.stem: _read_kept(keep, path.stem) for path in paths}
    # Folds of other code, data or seeds tell the time, too.
    rates: dict[str, list[float]] = {}
    for earlier in kept.values():
        if earlier is not None and earlier.get("budget") == budget:
            rate = earlier["seconds"] / earlier["cost"]
            rates.setdefault(earlier["model"], []).append(rate)
    seconds_a_unit = {model: median(values) for model, values in rates.items()}
    others = median(seconds_a_unit.values()) if seconds_a_unit else _SECONDS_A_UNIT
    rows: dict[tuple[str, str], dict[str, Any]] = {}
    for fold in folds:
        earlier = kept.get(fold.key)
        is_kept = earlier is not None and earlier["fingerprint"] == fold.fingerprint(
            dataset
        )
        row = rows.setdefault(
            (fold.protocol, fold.model),
            {
                "folds": 0,
                "kept": 0,
                "grid_points": fold.n_points,
                "fits": 0,
                "seconds": 0.0,
            },
        )
        row["folds"] += 1
        row["kept"] += is_kept
        if not is_kept:
            row["fits"] += fold.n_fits
            row["seconds"] += fold.cost * seconds_a_unit.get(fold.model, others)
    plan = pd.DataFrame.from_dict(rows, orient="index")
    plan.index = pd.MultiIndex.from_tuples(list(rows), names=["protocol", "model"])
    plan.attrs["measured"] = bool(rates)
    return plan
