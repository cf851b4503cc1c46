"""What the parsers of all commands share."""

import argparse
import textwrap
from typing import Any, TypeAlias

from ..study import StudyConfig

__all__ = ["MODELS", "Commands", "add_command", "add_option", "add_segment"]

#: What `add_subparsers` returns. In quotes because it takes no type at run time.
Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"

# Repeated from sk_imu.pipelines, because importing it for --help would load torch.
MODELS = (
    *("rf", "svm", "cnn", "gru", "cnn-gru", "minirocket"),
    *("cnn-gru-small", "cnn-gru-large"),
)


def add_command(
    commands: Commands, name: str, does: str, examples: str, more: str = ""
) -> argparse.ArgumentParser:
    """Return the parser of a new command, whose help ends with examples."""
    return commands.add_parser(
        name,
        help=does,
        # The formatter that keeps the lines of the examples wraps nothing.
        description=textwrap.fill(f"{does[0].upper()}{does[1:]}.{more}", 80),
        epilog=examples,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )


def add_option(command: argparse.ArgumentParser, name: str, **other: Any) -> None:
    """Add an option of the study, which other commands share."""
    option = StudyConfig.__dataclass_fields__[name]
    argument = {"default": option.default, **option.metadata["argument"], **other}
    command.add_argument(f"--{name.replace('_', '-')}", **argument)


def add_segment(command: argparse.ArgumentParser) -> None:
    """Add the option that leaves recordings uncut."""
    command.add_argument(
        "--no-segment",
        action="store_false",
        dest="segment",
        help="treat each recording as one set",
    )
