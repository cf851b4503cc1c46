"""`sk-imu completion`."""

import argparse
from functools import partial

from ._parsing import Commands, add_command

__all__ = ["add_to"]


def add_to(commands: Commands, parser: argparse.ArgumentParser) -> None:
    """Add the command, which completes what the parser knows."""
    completion = add_command(
        commands,
        "completion",
        "print a script that completes commands and options in a shell",
        "examples:\n"
        "  sk-imu completion bash > ~/.local/share/bash-completion/completions/sk-imu\n"
        "  sk-imu completion zsh > ~/.zfunc/_sk-imu     a folder of your fpath",
    )
    completion.add_argument("shell", choices=["bash", "zsh"])
    completion.set_defaults(run=partial(_completion, parser=parser))


def _completion(*, shell: str, parser: argparse.ArgumentParser) -> int:
    try:
        import shtab
    except ImportError:
        raise ImportError(
            "sk-imu completion needs shtab: pip install 'sk_imu[completion]'. The script "
            "that it prints does not."
        ) from None
    print(shtab.complete(parser, shell))
    return 0
