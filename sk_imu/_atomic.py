"""All or nothing: what fails leaves what was there before.

A fit that fails leaves the estimator as it was, and a file that can't be written whole
leaves the file that had its name.
"""

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import Any, TypeVar

from . import _sklearn

#: With which the names of temporary files begin.
_PREFIX = ".sk_imu-"
_Method = TypeVar("_Method", bound=Callable[..., Any])


def all_or_nothing(method: _Method) -> _Method:
    """Let a method that fails, or is interrupted, leave its object's attributes as before.

    The method must make new objects and not change those that it finds, because only the
    references are kept.
    """

    @wraps(method)
    def whole(self: Any, *args: Any, **kwargs: Any) -> Any:
        before = dict(vars(self))
        try:
            return method(self, *args, **kwargs)
        except BaseException:
            # One assignment, so that a second Ctrl-C can't leave half of it.
            self.__dict__ = before
            raise

    return whole  # type: ignore[return-value]


def fit_context(*, prefer_skip_nested_validation: bool) -> Callable[[_Method], _Method]:
    """Return scikit-learn's decorator of ``fit``, which checks the parameters, made atomic.

    Every ``fit`` of the package has it.
    """
    checked = _sklearn.fit_context(
        prefer_skip_nested_validation=prefer_skip_nested_validation
    )
    return lambda method: all_or_nothing(checked(method))


@contextmanager
def replacement(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Yield a path to write to, which takes the place of a file if all goes well.

    It lies in the same folder, because a move is atomic within a file system only. After an
    error the file is as it was, and what was written is removed.
    """
    # A link stays a link, to the new content.
    target = Path(path).resolve()
    if target.exists() and not target.is_file():
        # /dev/stdout can't be replaced; for a folder, writing raises the error.
        yield target
        return
    with _errors_named(path), _beside(target) as beside:
        yield beside
        with beside.open("rb+") as file:
            # Or a crash of the machine might keep the move and lose the content.
            os.fsync(file.fileno())
        beside.chmod(_mode_for(target))
        beside.replace(target)


@contextmanager
def _beside(target: Path) -> Iterator[Path]:
    """Yield the path of a temporary file, which is removed if it is still there."""
    # A name of its own, because another run may write the same file.
    handle, name = tempfile.mkstemp(prefix=_PREFIX, suffix=".part", dir=target.parent)
    os.close(handle)
    try:
        yield Path(name)
    finally:
        Path(name).unlink(missing_ok=True)


@contextmanager
def _errors_named(path: str | os.PathLike[str]) -> Iterator[None]:
    """Let errors of the system name the file, whose temporary name nobody knows."""
    try:
        yield
    except OSError as error:
        named = str(error.filename or _PREFIX)
        if error.errno is None or not Path(named).name.startswith(_PREFIX):
            raise
        raise OSError(error.errno, error.strerror, str(path)) from error


def _mode_for(path: Path) -> int:
    """Return the mode of a file, or that of a new one; a temporary file has its own."""
    if path.exists():
        return path.stat().st_mode & 0o777
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask
