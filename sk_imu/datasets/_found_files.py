"""Files of a public data set in a local folder."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.utils import Bunch

from ..recording import Recording


def find_files(path: str | Path, patterns: Sequence[str], what: str) -> list[Path]:
    """Return the sorted files of a folder and its subfolders that match a pattern.

    Raises a ValueError if there are none; ``what`` describes them.
    """
    folder = Path(path)
    if not folder.is_dir():
        raise ValueError(f"{folder}: there is no such folder. It should hold {what}.")
    # A set, because a file may match several patterns.
    files = sorted({file for pattern in patterns for file in folder.rglob(pattern)})
    if not files:
        raise ValueError(f"{folder}: holds no {what}. Check the path.")
    return files


def make_bunch(data: list[Recording], **known: Any) -> Bunch:
    """Return the recordings with their labels, people and channels as arrays."""
    target = np.array([recording.label for recording in data])
    return Bunch(
        data=data,
        target=target,
        target_names=sorted({str(label) for label in target if label is not None}),
        subject=np.array([recording.subject for recording in data]),
        placement=np.array([recording.placement for recording in data]),
        channel_names=list(data[0].channel_names),
        **known,
    )
