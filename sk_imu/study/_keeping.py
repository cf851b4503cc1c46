"""Finished jobs on disk, each in a file with a checksum, so that a run can continue."""

import hashlib
import json
import logging
from pathlib import Path
from typing import Any

from .._atomic import replacement

_LOGGER = logging.getLogger("sk_imu.study")


def keep(path: Path, result: dict[str, Any]) -> None:
    """Write the result of a job, whole or not at all."""
    content = json.dumps({**result, "checksum": _checksum(result)})
    with replacement(path) as beside:
        beside.write_text(content, encoding="utf-8")


def read_kept(path: Path) -> dict[str, Any] | None:
    """Return the saved result of a job, None if the job has to be run.

    A file that is not as :func:`keep` wrote it is logged as a warning, which Python writes
    to stderr where there is no log.

    Raises
    ------
    ValueError
        If there is a folder of that name, which would stop the job from being saved.
    """
    if path.is_dir():
        raise ValueError(
            f"{path}: is a folder, where the file of a finished job belongs. Remove it."
        )
    try:
        kept = json.loads(path.read_bytes())
        is_whole = kept.pop("checksum") == _checksum(kept)
    except FileNotFoundError:
        return None
    # Whatever else is in the file: no text, no JSON, no object, nested too deeply.
    except (OSError, ValueError, AttributeError, LookupError, TypeError, RecursionError):
        is_whole = False
    if not is_whole:
        _LOGGER.warning("%s: is damaged or was changed, so its job is run again.", path)
        return None
    result: dict[str, Any] = kept
    return result


def _checksum(result: dict[str, Any]) -> str:
    """Return a hash of everything in a result, in whatever order it is written."""
    return hashlib.sha256(json.dumps(result, sort_keys=True).encode()).hexdigest()
