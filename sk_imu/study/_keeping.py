"""Finished jobs on disk, each in a file with a checksum, so that a run can continue."""

import hashlib
import json
import logging
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .._atomic import replacement
from ..readers import RESULTS_MARK

_LOGGER = logging.getLogger("sk_imu.study")


def check_out(out: str | Path, data: Any) -> None:
    """Raise a ValueError if results cannot be saved there, before the data are read."""
    # Inside a folder of the data, it must be new or of an earlier run: reading passes over
    # folders of results, and recordings in it would not be read again.
    place = Path(out).resolve()
    several = isinstance(data, Mapping) and "data" not in data  # but no Bunch
    for one in data.values() if several else [data]:
        is_folder = isinstance(one, (str, os.PathLike)) and Path(one).is_dir()
        if not is_folder or not place.is_relative_to(Path(one).resolve()):
            continue
        is_filled = place.is_dir() and any(place.iterdir())
        is_ours = (place / RESULTS_MARK).exists() and place != Path(one).resolve()
        if is_filled and not is_ours:
            raise ValueError(
                f"{out}: is among the recordings of {one}, and its files are not results "
                "of a study. Choose another folder for out=, --out."
            )
    there = next(folder for folder in (place, *place.parents) if folder.exists())
    if not there.is_dir() or not os.access(there, os.W_OK):
        raise ValueError(f"{out}: {there} is not a folder that can be written to.")


def make_out(folder: Path) -> None:
    """Make a folder of results, with the mark by which reading passes over it."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / RESULTS_MARK).touch()


def keep(path: Path, result: dict[str, Any]) -> None:
    """Write the result of a job, whole or not at all."""
    content = json.dumps({**result, "checksum": _checksum(result)})
    with replacement(path) as beside:
        beside.write_text(content, encoding="utf-8")


def read_kept(path: Path) -> dict[str, Any] | None:
    """Return the saved result of a job, None if the job has to be run.

    A file that is not as :func:`keep` wrote it is logged as a warning, which Python writes
    to stderr where there is no log. Raises a ValueError if a folder has its name.
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
