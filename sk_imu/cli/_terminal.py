"""Terminals, pipes and files that the command line writes to, whatever their state."""

import os
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

__all__ = ["check_output", "checked_streams"]


class _Stream:
    """A stream whose reader may go away, as in ``sk-imu study | head -1``.

    What nobody reads is dropped and does not stop the work. Other errors, such as a full
    disk, are raised by stdout only, because messages are no result.
    """

    def __init__(self, stream: Any, *, fails: bool) -> None:
        self._stream = stream
        self._fails = fails

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        self._try(self._stream.write, text)
        # As a file does, even if its reader is gone.
        return len(text)

    def flush(self) -> None:
        self._try(self._stream.flush)

    def _try(self, function: Any, *args: Any) -> None:
        try:
            function(*args)
        except OSError as error:
            # Or Python would try to write the rest again when it exits.
            with suppress(OSError):
                nowhere = os.open(os.devnull, os.O_WRONLY)
                os.dup2(nowhere, self._stream.fileno())
                os.close(nowhere)
            if self._fails and not isinstance(error, BrokenPipeError):
                raise


@contextmanager
def checked_streams() -> Iterator[None]:
    """Make stdout and stderr usable while a command runs, and warnings one line each."""
    before = sys.stdout, sys.stderr, warnings.formatwarning
    _open_closed()
    with open(os.devnull, "w", encoding="utf-8") as nowhere:
        out, err = (
            nowhere if stream is None or stream.closed else stream for stream in before[:2]
        )
        errors = getattr(out, "errors", None)
        # Not every terminal has every letter, and not every folder's name is UTF-8.
        if hasattr(out, "reconfigure"):
            out.reconfigure(errors="backslashreplace")
        sys.stdout, sys.stderr = _Stream(out, fails=True), _Stream(err, fails=False)
        # The line of code that warns is of no use on a command line.
        warnings.formatwarning = lambda message, *_, **__: f"Note: {message}\n"
        try:
            yield
        finally:
            sys.stdout, sys.stderr, warnings.formatwarning = before
            if hasattr(out, "reconfigure"):
                out.reconfigure(errors=errors)


def _open_closed() -> None:
    """Open the standard streams that are closed, as for ``2>&-``.

    Otherwise, the next file to be opened would get the number of stderr, and messages of
    C libraries would be written into it.
    """
    while (number := os.open(os.devnull, os.O_RDWR)) < 3:
        os.set_inheritable(number, True)
    os.close(number)


def check_output(path: str) -> None:
    """Raise a ValueError if a file cannot be written there: before the work, not after."""
    place = Path(path)
    if place.is_dir() or path.endswith("/"):
        raise ValueError(f"{path}: is a folder. Give the name of a file in it.")
    if not place.parent.is_dir():
        raise ValueError(f"{path}: there is no folder {place.parent}. Make it first.")
    if not os.access(place if place.exists() else place.parent, os.W_OK):
        raise ValueError(f"{path}: cannot be written to. Choose another path.")
