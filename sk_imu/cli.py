"""The command line, a thin cover of the functions."""

import argparse
import logging
import sys
import warnings
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from . import __version__

_EXAMPLES = """examples:
  sk-imu study                                  five models, three protocols, minutes
  sk-imu study --budget full --jobs 2           the whole search, about an hour
  sk-imu study --data basic-motions
  sk-imu study --data recordings --models svm cnn-gru --protocols unseen-people
  sk-imu inspect monday.zip                     what is wrong with a recording

--data takes a folder of the form folder/subject/label/recording or
folder/label/recording, where a recording is what an app exports, a file or a folder.

Ctrl-C keeps the folds that are done; the same command goes on from there.

exit codes: 0 all went well, 1 the input was refused, 2 the command was not understood,
3 folds failed (the others are kept), 130 Ctrl-C."""

_KEPT = "What is done is kept; the same command goes on from there."


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line.

    Parameters
    ----------
    arguments : sequence of str, default=None
        The arguments; None takes those of the process.

    Returns
    -------
    code : int
        0 if all went well, 1 if the input was refused, 3 if folds of a study failed,
        130 after Ctrl-C. What can't be understood exits with 2.

    Examples
    --------
    >>> from sk_imu.cli import main
    >>> main(["study", "--data", "no-such-folder"])
    1
    """
    parser = argparse.ArgumentParser(
        prog="sk-imu",
        description="Tell what exercise a person does from a phone's sensors.",
    )
    parser.add_argument("--version", action="version", version=f"sk-imu {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for add in (_add_study, _add_fit, _add_predict, _add_simulate, _add_inspect):
        add(commands)
    options = vars(parser.parse_args(arguments))
    command = options.pop("command")
    run = options.pop("run")
    try:
        return int(run(**options))
    except KeyboardInterrupt:
        print("\nInterrupted.", _KEPT if command == "study" else "")
        return 130
    except (ValueError, ImportError, OSError) as error:
        print(f"sk-imu: {error}", file=sys.stderr)
        return 1


def _add_study(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    # The choices stand here in words, for --help shall not wait for torch to load.
    study = commands.add_parser(
        "study",
        help="compare the study's models under its own and honest protocols",
        description="Compare the study's models under its own protocol and honest ones.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    study.add_argument(
        "--data",
        default="watch",
        metavar="watch|basic-motions|PATH",
        help="data set by name, or a folder of recordings (default: watch)",
    )
    study.add_argument(
        "--models",
        nargs="+",
        default=["rf", "svm", "cnn", "gru", "cnn-gru"],
        metavar="MODEL",
        help="rf svm cnn gru cnn-gru minirocket (default: all but minirocket)",
    )
    study.add_argument(
        "--protocols",
        nargs="+",
        default=["copied-sets", "unseen-sets", "unseen-people"],
        metavar="PROTOCOL",
        help="copied-sets (a), unseen-sets (b), unseen-people (c), unseen-sessions, "
        "unseen-placement, unseen-side, few-shot (default: the first three)",
    )
    study.add_argument(
        "--budget",
        choices=["quick", "full"],
        default="quick",
        help="quick drops folds, grid points and epochs (default: quick)",
    )
    study.add_argument(
        "--channels", nargs="+", metavar="NAME", help="sensors or channels to learn from"
    )
    study.add_argument(
        "--placement",
        choices=["fixed", "free"],
        help="how the device was worn: always alike, or any way up (default: as told by "
        "the recordings)",
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
    study.add_argument("--seed", type=int, default=0, help="seed of it all (default: 0)")
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
    study.add_argument(
        "--scheduler",
        metavar="ADDRESS",
        help="run the folds on the workers of a dask cluster, such as tcp://host:8786, "
        "instead of --jobs",
    )
    _add_segment(study)
    study.set_defaults(run=_study)


def _add_fit(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    fit = commands.add_parser(
        "fit",
        help="fit a model on a folder of labelled recordings",
        description="Fit a model on the sets in a folder of labelled recordings.",
        epilog="example:\n  sk-imu fit recordings --model cnn-gru --out model.skops",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    fit.add_argument("folder", help="folder/label/recording or folder/subject/label/...")
    fit.add_argument(
        "--model",
        default="cnn-gru",
        choices=["rf", "svm", "cnn", "gru", "cnn-gru", "minirocket"],
        help="(default: cnn-gru)",
    )
    fit.add_argument("--out", default="model.skops", help="(default: model.skops)")
    fit.add_argument(
        "--channels", nargs="+", metavar="NAME", help="sensors or channels to learn from"
    )
    fit.add_argument("--seed", type=int, default=0, help="seed of it all (default: 0)")
    _add_segment(fit)
    fit.set_defaults(run=_fit)


def _add_predict(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    predict = commands.add_parser(
        "predict",
        help="tell the sets in new recordings: exercise, repetitions, start and end",
        description="Tell each set's exercise, probability, repetitions, start and end.",
        epilog="example:\n  sk-imu predict model.skops training.zip --format json",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    predict.add_argument("model", help="a file that `sk-imu fit` wrote")
    predict.add_argument("path", nargs="+", help="recordings")
    predict.add_argument(
        "--format", choices=["table", "csv", "json"], default="table", dest="form"
    )
    predict.add_argument(
        "--unknown-below",
        type=float,
        default=0.0,
        metavar="P",
        help="call a set unknown if its exercise is less probable than P (default: 0)",
    )
    _add_segment(predict)
    predict.set_defaults(run=_predict)


def _add_simulate(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    simulate = commands.add_parser(
        "simulate",
        help="write simulated recordings, as the app Sensor Logger exports them",
        description="Write simulated recordings of jumping jacks, lunges, squats, to try "
        "things on. They are no data: figures from them say nothing of people.",
        epilog="example:\n  sk-imu simulate trainings --subjects 5 --sets 10",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    simulate.add_argument("folder", help="where to; subjects and labels are folders in it")
    simulate.add_argument("--subjects", type=int, default=5, help="(default: 5)")
    simulate.add_argument(
        "--sets", type=int, default=10, help="sets of each exercise (default: 10)"
    )
    simulate.add_argument("--seed", type=int, default=0, help="(default: 0)")
    simulate.set_defaults(run=_simulate)


def _add_segment(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--no-segment",
        action="store_false",
        dest="segment",
        help="take each recording as one set instead of finding the sets in it",
    )


def _study(
    *,
    jobs: int,
    seed: int,
    out: str,
    quiet: bool,
    dry_run: bool,
    log: str | None,
    scheduler: str | None,
    **options: object,
) -> int:
    from .report import write_report
    from .study import FoldError, run_study

    if dry_run:
        return _plan(jobs=jobs, random_state=seed, out=out, **options)
    as_before = warnings.formatwarning
    warnings.formatwarning = lambda message, *_: f"Note: {message}\n"
    try:
        with _logging_to(log), _cluster(scheduler):
            results = run_study(
                **options,  # type: ignore[arg-type]
                n_jobs=jobs,
                random_state=seed,
                out=out,
                verbose=not quiet,
            )
    except FoldError as error:
        print(f"sk-imu: {error}", file=sys.stderr)
        return 3
    finally:
        warnings.formatwarning = as_before
    print(results.summary())
    page = write_report(results, out)[0]
    print(f"\nPredictions, tables and figures are in {out}; {page} tells what they say.")
    return 0


def _plan(*, jobs: int, out: str, **options: object) -> int:
    from joblib import effective_n_jobs

    from .study import plan_study

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


@contextmanager
def _cluster(address: str | None) -> Iterator[None]:
    """Hand what joblib runs to the workers of a dask cluster."""
    if address is None:
        yield
        return
    from joblib import parallel_config

    try:
        from distributed import Client
    except ImportError:
        raise ImportError(
            "--scheduler needs dask: pip install 'sk_imu[distributed]', on all machines."
        ) from None
    with Client(address), parallel_config(backend="dask"):
        yield


def _fit(
    *,
    folder: str,
    model: str,
    out: str,
    channels: list[str] | None,
    seed: int,
    segment: bool,
) -> int:
    from .persistence import save_model
    from .readers import read_recordings
    from .recognition import fit_recordings
    from .study import sets_of

    recordings = read_recordings(folder)
    sets = sets_of(recordings)[0] if segment else recordings
    pipeline = fit_recordings(
        sets, model, channels=channels, random_state=seed, segment=False
    )
    save_model(pipeline, out)
    labels = Counter(str(recording.label) for recording in sets)
    told = ", ".join(f"{n} of {label}" for label, n in sorted(labels.items()))
    print(f"{len(recordings)} recordings, {len(sets)} sets: {told}. {model} is in {out}.")
    return 0


def _predict(
    *, model: str, path: list[str], form: str, unknown_below: float, segment: bool
) -> int:
    from .persistence import load_model
    from .readers import read_recording
    from .recognition import recognise

    table = recognise(
        load_model(model),
        [read_recording(one) for one in path],
        segment=segment,
        unknown_below=unknown_below,
    )
    if form == "csv":
        print(table.to_csv(index=False), end="")
    elif form == "json":
        print(table.to_json(orient="records", indent=1, force_ascii=False))
    else:
        shown = table.round({"start_s": 1, "end_s": 1, "probability": 3, "found": 2})
        print(shown.to_string(index=False, na_rep="-"))
    return 0


def _add_inspect(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    inspect = commands.add_parser(
        "inspect",
        help="tell what is wrong with a recording",
        description="Measure a recording's rates, gaps, repeated and clipped values.",
    )
    inspect.add_argument("path", metavar="PATH", help="one recording, a file or folder")
    inspect.add_argument(
        "--out",
        metavar="FILE",
        help="PNG file for the plot (default: the recording's name, here)",
    )
    inspect.set_defaults(run=_inspect)


def _inspect(*, path: str, out: str | None) -> int:
    # Not from pyplot, which would choose a back end, and may find no screen for it.
    from matplotlib.figure import Figure

    from .displays import RecordingDisplay
    from .readers import read_recording

    recording = read_recording(path)
    print(recording.quality)
    place = Path(path).resolve()
    # A folder's name may hold a dot, as in "ios_1.15_monday".
    name = place.name if place.is_dir() else place.stem
    written = out or f"{name}_quality.png"
    figure = Figure(figsize=(10, 1 + 1.8 * len(recording.streams)), layout="constrained")
    RecordingDisplay.from_recording(recording, ax=figure)
    figure.savefig(written, dpi=150)
    print(f"\nPlot: {written}")
    return 0


def _simulate(*, folder: str, subjects: int, sets: int, seed: int) -> int:
    from .datasets import make_exercise_recordings
    from .writing import write_sensor_logger

    made = make_exercise_recordings(subjects, sets, random_state=seed)
    for recording in made.data:
        place = Path(folder, f"subject {recording.subject}", recording.label)
        write_sensor_logger(recording, place / "recording.zip")
    print(f"{len(made.data)} simulated recordings of {sets} sets each are in {folder}.")
    return 0
