"""The command line, a thin cover of the functions."""

import argparse
import sys
import warnings
from collections.abc import Sequence
from pathlib import Path

from . import __version__

_EXAMPLES = """examples:
  sk-imu study                                  five models, three protocols, minutes
  sk-imu study --budget full --jobs 2           the whole search, about an hour
  sk-imu study --data basic-motions
  sk-imu study --data recordings --models svm cnn-gru --protocols unseen-people
  sk-imu inspect monday.zip                     what is wrong with a recording

--data takes a folder of the form folder/subject/label/recording or
folder/label/recording, where a recording is a Sensor Logger folder or zip file.

Ctrl-C keeps the folds that are done; the same command goes on from there."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line.

    Parameters
    ----------
    arguments : sequence of str, default=None
        The arguments; None takes those of the process.

    Returns
    -------
    code : int
        0 if all went well, 1 if the input was refused, 130 after Ctrl-C.

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
    _add_study(commands)
    _add_inspect(commands)
    options = vars(parser.parse_args(arguments))
    run = {"study": _study, "inspect": _inspect}[options.pop("command")]
    try:
        return run(**options)
    except KeyboardInterrupt:
        print("\nInterrupted. What is done is kept; the same command goes on from there.")
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
        help="rf svm cnn gru cnn-gru (default: all)",
    )
    study.add_argument(
        "--protocols",
        nargs="+",
        default=["copied-sets", "unseen-sets", "unseen-people"],
        metavar="PROTOCOL",
        help="copied-sets (a), unseen-sets (b), unseen-people (c) (default: all)",
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


def _study(*, jobs: int, seed: int, out: str, quiet: bool, **options: object) -> int:
    from .report import write_figures
    from .study import run_study

    warnings.formatwarning = lambda message, *_: f"Note: {message}\n"
    results = run_study(
        **options,  # type: ignore[arg-type]
        n_jobs=jobs,
        random_state=seed,
        out=out,
        verbose=not quiet,
    )
    print(results.summary())
    figures = write_figures(results, out)
    print(f"\nPredictions, tables and {len(figures)} figures are in {out}.")
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


def _inspect(*, path: str, out: str | None) -> int:
    from .readers import read_recording
    from .stream_display import write_streams

    recording = read_recording(path)
    print(recording.quality)
    written = write_streams(recording, out or f"{Path(path).resolve().stem}_quality.png")
    print(f"\nPlot: {written}")
    return 0
