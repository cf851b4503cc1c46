"""`sk-imu study`."""

import logging
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ._parsing import MODELS, Commands, add_command, add_segment

__all__ = ["add_to"]


_EXAMPLES = """examples:
  sk-imu study                                  five models, three protocols, minutes
  sk-imu study --budget plain --seeds 0 1 2     all people, no search, three times
  sk-imu study --budget full --jobs 2           the whole search, about an hour
  sk-imu study --data recordings --models svm cnn-gru --protocols unseen-people
  sk-imu study --data gym home --protocols unseen-dataset

--data takes folders of the form folder/subject/label/recording or
folder/label/recording, where a recording is what an app exports, a file or a folder.

Ctrl-C keeps the folds that are done; the same command goes on from there.

exit codes: 0 all went well, 1 the input was refused, 2 the command was not understood,
3 folds failed (the others are kept), 130 Ctrl-C."""

_PROTOCOLS = (
    *("copied-sets", "unseen-sets", "unseen-people", "unseen-sessions"),
    *("unseen-placement", "unseen-side", "unseen-dataset", "few-shot"),
)


def add_to(commands: Commands) -> None:
    """Add the command."""
    study = add_command(
        commands,
        "study",
        "compare the study's models under its own protocol and honest ones",
        _EXAMPLES,
    )
    study.add_argument(
        "--data",
        nargs="+",
        default=["watch"],
        metavar="watch|basic-motions|PATH",
        help="data set by name, or a folder of recordings; of several, what they have in "
        "common (default: watch)",
    )
    study.add_argument(
        "--models",
        nargs="+",
        choices=MODELS,
        default=MODELS[:5],
        metavar="MODEL",
        help=f"{' '.join(MODELS)} (default: all but minirocket)",
    )
    study.add_argument(
        "--protocols",
        nargs="+",
        choices=[*_PROTOCOLS, "a", "b", "c"],
        default=_PROTOCOLS[:3],
        metavar="PROTOCOL",
        help="copied-sets (a), unseen-sets (b), unseen-people (c), "
        f"{', '.join(_PROTOCOLS[3:])} (default: the first three)",
    )
    study.add_argument(
        "--budget",
        choices=["quick", "plain", "full"],
        default="quick",
        help="quick drops folds, grid points and epochs; plain has all folds and no "
        "search; full has all (default: quick)",
    )
    study.add_argument(
        "--channels", nargs="+", metavar="NAME", help="sensors or channels to learn from"
    )
    study.add_argument(
        "--wear",
        choices=["fixed", "free"],
        help="fixed if the device is always worn the same way, free if not (default: taken "
        "from the placements of the recordings)",
    )
    study.add_argument(
        "--window-seconds",
        type=float,
        default=4.0,
        metavar="S",
        help="length of the windows that vote on a set (default: 4)",
    )
    study.add_argument(
        "--fixed-length",
        type=int,
        metavar="N",
        help="stretch each set to N timesteps, as the study did, instead of cutting it",
    )
    study.add_argument(
        "--jobs", type=int, default=2, help="folds that run at once (default: 2)"
    )
    study.add_argument(
        "--seeds",
        "--seed",
        type=int,
        nargs="+",
        default=[0],
        metavar="N",
        help="seed of it all; of several, each is a run of its own, and the report tells "
        "how far they differ (default: 0)",
    )
    study.add_argument(
        "--out", default="results", help="folder for the results (default: results)"
    )
    study.add_argument("--quiet", action="store_true", help="show no progress")
    study.add_argument(
        "--dry-run",
        action="store_true",
        help="tell the folds, fits and about how long they take, and fit nothing",
    )
    study.add_argument(
        "--log", metavar="FILE", help="add lines with time stamps, one a fold, to a file"
    )
    add_segment(study)
    study.set_defaults(run=_study)


def _study(
    *,
    data: list[str],
    jobs: int,
    out: str,
    quiet: bool,
    dry_run: bool,
    log: str | None,
    **options: Any,
) -> int:
    from ..report import write_report
    from ..study import FoldError, run_study

    options["data"] = data[0] if len(data) == 1 else _by_name(data)
    if dry_run:
        return _plan(jobs=jobs, out=out, **options)
    folders = [one for one in data if Path(one).is_dir()]
    if folders and not quiet:
        # Finding the sets in recordings takes a while before the first fold begins.
        print(f"Reading {', '.join(folders)} ...", file=sys.stderr)
    as_before = warnings.formatwarning
    warnings.formatwarning = lambda message, *_: f"Note: {message}\n"
    try:
        with _logging_to(log):
            results = run_study(**options, n_jobs=jobs, out=out, verbose=not quiet)
    except FoldError as error:
        print(f"sk-imu: {error}", file=sys.stderr)
        return 3
    finally:
        warnings.formatwarning = as_before
    print(results.summary())
    page = write_report(results, out)[0]
    print(f"\nPredictions, tables and figures are in {out}; {page} tells what they say.")
    return 0


def _by_name(data: list[str]) -> dict[str, str]:
    """Return several data sets by the names of their folders."""
    named = {Path(one).resolve().name: one for one in data}
    if len(named) < len(data):
        raise ValueError(
            "Data sets are told apart by the names of their folders: rename some of "
            f"{', '.join(data)}."
        )
    return named


def _plan(*, jobs: int, out: str, **options: Any) -> int:
    from joblib import effective_n_jobs

    from ..study import plan_study

    plan = plan_study(out=out, **options)
    minutes = plan["seconds"] / 60
    shown = plan.assign(minutes=minutes.round(1)).drop(columns="seconds")
    print(shown.to_string(sparsify=False))
    n_jobs = effective_n_jobs(jobs)
    origin = (
        f"from the folds kept in {out}"
        if plan.attrs["measured"]
        else "a guess at the magnitude; once folds are kept, they tell it better"
    )
    print(
        f"\n{plan['folds'].sum()} folds, {plan['kept'].sum()} of them kept, "
        f"{plan['fits'].sum()} fits to do: about {minutes.sum() / n_jobs:.1f} minutes "
        f"with {n_jobs} at once ({origin})."
    )
    return 0


@contextmanager
def _logging_to(path: str | None) -> Iterator[None]:
    """Add what the study logs to a file."""
    if path is None:
        yield
        return
    logger = logging.getLogger("sk_imu.study")
    handler = logging.FileHandler(path, encoding="utf-8")
    handler.setFormatter(logging.Formatter("%(asctime)s %(message)s", "%Y-%m-%d %H:%M:%S"))
    level = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    try:
        yield
    finally:
        logger.setLevel(level)
        logger.removeHandler(handler)
        handler.close()
