"""What the commands' parsers share."""

import argparse
from typing import TypeAlias

__all__ = ["MODELS", "Commands", "add_command", "add_segment"]

#: What `add_subparsers` returns, in quotes: at run time it takes no parameter.
Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"

# In words, for --help shall not wait for torch to load.
MODELS = ("rf", "svm", "cnn", "gru", "cnn-gru", "minirocket")


def add_command(
    commands: Commands, name: str, does: str, examples: str, more: str = ""
) -> argparse.ArgumentParser:
    """Return the parser of a new command, whose help ends with examples."""
    return commands.add_parser(
        name,
        help=does,
        description=f"{does[0].upper()}{does[1:]}.{more}",
        epilog=examples,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )


def add_segment(command: argparse.ArgumentParser) -> None:
    """Add the option that leaves recordings whole."""
    command.add_argument(
        "--no-segment",
        action="store_false",
        dest="segment",
        help="take each recording as one set instead of finding the sets in it",
    )
