"""The command line, a thin layer over the public functions."""

import argparse
import sys
from collections.abc import Sequence

from .. import __version__
from . import _cards as cards
from . import _collect as collect
from . import _export as export
from . import _live as live
from . import _recordings as recordings
from . import _study as study
from ._terminal import checked_streams

__all__ = ["main", "make_parser"]

_KEPT = "Finished jobs are kept; run the same command to continue."


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line.

    Parameters
    ----------
    arguments : sequence of str, default=None
        The arguments; None uses those of the process.

    Returns
    -------
    code : int
        0 on success; 1 if the input is refused; 3 if some of the work failed, such as
        jobs of a study or one of several recordings, and the rest is kept; 130 after
        Ctrl-C. Arguments that cannot be parsed exit with 2.

    Examples
    --------
    >>> from sk_imu.cli import main
    >>> main(["study", "--data", "no-such-folder"])
    1
    """
    with checked_streams():
        options = vars(make_parser().parse_args(arguments))
        command = options.pop("command")
        run = options.pop("run")
        try:
            code = int(run(**options))
            # Here, because a full disk is an error of the command.
            sys.stdout.flush()
        except KeyboardInterrupt:
            print("\nInterrupted.", _KEPT if command == "study" else "", file=sys.stderr)
            # As a shell does for a command that Ctrl-C has ended: 128 + SIGINT.
            return 130
        # Faults of the input or the installation. Others are bugs, and show a traceback.
        except (ValueError, ImportError, OSError) as error:
            print(f"sk-imu: {error}", file=sys.stderr)
            return 1
        return code


def make_parser() -> argparse.ArgumentParser:
    """Return the parser of all commands.

    Returns
    -------
    parser : argparse.ArgumentParser
        Each command sets ``run``, the function that takes its options.

    Examples
    --------
    >>> from sk_imu.cli import make_parser
    >>> make_parser().parse_args(["study", "--seeds", "0", "1"]).seeds
    [0, 1]
    """
    parser = argparse.ArgumentParser(
        prog="sk-imu",
        description="Recognize exercises from the motion sensors of a phone or watch.",
        epilog="examples:\n"
        "  sk-imu study                  compare five models, which takes minutes\n"
        "  sk-imu COMMAND --help         list the options of a command",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"sk-imu {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    study.add_to(commands)
    recordings.add_to(commands)
    export.add_to(commands)
    live.add_to(commands)
    collect.add_to(commands)
    cards.add_to(commands)
    return parser
