"""`sk-imu study`."""

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields
from pathlib import Path
from typing import Any

from ..study import StudyConfig
from ._parsing import Commands, add_command, add_option, add_segment

__all__ = ["add_to"]


_EXAMPLES = """examples:
  sk-imu study                                  five models, three protocols, minutes
  sk-imu study --budget plain --seeds 0 1 2     all people, no search, three times
  sk-imu study --budget full --jobs 2           the whole search, about an hour
  sk-imu study --data recordings --models svm cnn-gru --protocols unseen-people
  sk-imu study --data gym home --protocols unseen-dataset

--data reads folders of the form folder/subject/label/recording or
folder/label/recording, where a recording is the export of an app, a file or a folder.
--pattern is for other forms: '{subject}/{label}' for folder/subject/label.csv.

Ctrl-C keeps finished jobs; run the same command to continue.

exit codes: 0 success, 1 invalid input, 2 invalid command line, 3 some jobs failed (the
others are kept), 130 Ctrl-C."""


def add_to(commands: Commands) -> None:
    """Add the command."""
    study = add_command(
        commands,
        "study",
        "compare models under the protocol of Zhang et al. (2024) and without leaks",
        _EXAMPLES,
    )
    for option in fields(StudyConfig):
        if "argument" in option.metadata:
            # On the command line, data are a list.
            default = [option.default] if option.name == "data" else option.default
            add_option(study, option.name, default=default)
    add_segment(study)
    study.add_argument(
        "--jobs",
        type=int,
        default=2,
        metavar="N",
        help="number of jobs, each one model on one fold, to run in parallel (default: 2)",
    )
    study.add_argument(
        "--out", default="results", help="folder for the results (default: results)"
    )
    study.add_argument("--quiet", action="store_true", help="show no progress")
    study.add_argument(
        "--dry-run",
        action="store_true",
        help="print the plan and the estimated time, and fit nothing",
    )
    study.add_argument(
        "--log", metavar="FILE", help="append one line with a timestamp per job to a file"
    )
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

    # Several folders are several data sets, whose people are kept apart.
    options["data"] = data[0] if len(data) == 1 else _by_name(data)
    if dry_run:
        return _plan(jobs=jobs, out=out, **options)
    folders = [one for one in data if Path(one).is_dir()]
    if folders and not quiet:
        # Finding the sets in recordings takes a while before the first job begins.
        print(f"Reading {', '.join(folders)} ...", file=sys.stderr)
    try:
        with _logging_to(log):
            results = run_study(**options, n_jobs=jobs, out=out, verbose=not quiet)
    except FoldError as error:
        print(f"sk-imu: {error}", file=sys.stderr)
        return 3
    # First the report, because printing can fail.
    page = write_report(results, out)[0]
    print(results.summary())
    print(f"\nPredictions, tables and figures are in {out}. The report is {page}.")
    return 0


def _by_name(data: list[str]) -> dict[str, str]:
    """Return several data sets by the names of their folders."""
    named = {Path(one).resolve().name: one for one in data}
    if len(named) < len(data):
        raise ValueError(
            "Data sets are named by their folders, and two have the same name: rename "
            f"some of {', '.join(data)}."
        )
    return named


def _plan(*, jobs: int, out: str, **options: Any) -> int:
    from joblib import effective_n_jobs

    from ..study import plan_study

    plan = plan_study(out=out, **options)
    print("\n".join(plan.attrs["about"]))
    minutes = plan["seconds"] / 60
    shown = plan.assign(minutes=minutes.round(1)).drop(columns="seconds")
    print(shown.to_string(sparsify=False))
    # With --jobs -1, the number of processors.
    n_jobs = effective_n_jobs(jobs)
    origin = (
        f"estimated from the jobs kept in {out}"
        if plan.attrs["measured"]
        else "a rough guess; kept jobs improve it"
    )
    print(
        f"\n{plan['folds'].sum()} jobs, {plan['kept'].sum()} of them kept, "
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
    # Each job is a line at this level, which Python leaves out by default.
    logger.setLevel(logging.INFO)
    try:
        yield
    finally:
        logger.setLevel(level)
        logger.removeHandler(handler)
        handler.close()
