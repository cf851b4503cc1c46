"""Recordings from files: one module a format."""

from dataclasses import replace
from pathlib import Path

from ..recording import Recording
from .sensor_logger import read_sensor_logger

__all__ = ["read_recording", "read_recordings", "read_sensor_logger"]


def read_recording(path: str | Path) -> Recording:
    """Read one recording, whatever known app exported it.

    Parameters
    ----------
    path : str or pathlib.Path
        A Sensor Logger folder or zip file, see :func:`read_sensor_logger`.

    Returns
    -------
    recording : Recording
        The recording, with ``path`` as its ``source``.

    Raises
    ------
    ValueError
        If the recording can't be read.  The message names the file and the place in it.

    See Also
    --------
    read_recordings : Read a folder of labelled recordings.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> import numpy as np, pandas as pd
    >>> from sk_imu.readers import read_recording
    >>> time_ns = 1_700_000_000_000_000_000 + 20_000_000 * np.arange(100)
    >>> rotation = pd.DataFrame({"time": time_ns, "z": 0.1, "y": 0.0, "x": 0.0})
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     rotation.to_csv(pathlib.Path(folder, "Gyroscope.csv"), index=False)
    ...     read_recording(folder)
    Recording(None, 1.98 s: Gyroscope 100 samples at 50.000 Hz)
    """
    return read_sensor_logger(path)


def read_recordings(folder: str | Path) -> list[Recording]:
    """Read a folder of recordings that are sorted into folders by what they show.

    Parameters
    ----------
    folder : str or pathlib.Path
        One of the trees ``folder/label/recording`` and ``folder/subject/label/recording``,
        where ``recording`` is a zip file or a folder of CSV files.  Other files are passed
        over.

    Returns
    -------
    recordings : list of Recording
        The recordings, sorted by path, with ``label`` and, in the second tree,
        ``subject`` taken from the folders' names.

    Raises
    ------
    ValueError
        If there is no recording, one stands too high or too deep in the tree, both trees
        are mixed, or a recording can't be read.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> import numpy as np, pandas as pd
    >>> from sk_imu.readers import read_recordings
    >>> time_ns = 1_700_000_000_000_000_000 + 10_000_000 * np.arange(300)
    >>> gravity = pd.DataFrame({"time": time_ns, "z": 9.8, "y": 0.0, "x": 0.0})
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     for label in ("squat", "lunge"):
    ...         recording = pathlib.Path(folder, "Ada", label, "monday")
    ...         recording.mkdir(parents=True)
    ...         gravity.to_csv(recording / "Gravity.csv", index=False)
    ...     recordings = read_recordings(folder)
    >>> [(recording.subject, recording.label) for recording in recordings]
    [('Ada', 'lunge'), ('Ada', 'squat')]
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise ValueError(f"{folder}: there is no such folder.")
    paths = sorted(_find_recordings(folder))
    if not paths:
        raise ValueError(f"{folder}: no recording in it. {_LAYOUT}")
    depths = {path: len(path.relative_to(folder).parts) for path in paths}
    for path, depth in depths.items():
        if depth not in (2, 3):
            raise ValueError(f"{path}: stands too high or too deep in {folder}. {_LAYOUT}")
        if depth != depths[paths[0]]:
            raise ValueError(f"{folder}: {paths[0]} and {path} differ in depth. {_LAYOUT}")
    recordings = []
    for path in paths:
        *subject, label = path.relative_to(folder).parts[:-1]
        recordings.append(
            replace(
                read_recording(path), label=label, subject=subject[0] if subject else None
            )
        )
    return recordings


_LAYOUT = (
    "Expected are folder/label/recording or folder/subject/label/recording, where a "
    "recording is a zip file or a folder of CSV files."
)


def _find_recordings(folder: Path) -> list[Path]:
    entries = [
        entry for entry in folder.iterdir() if not entry.name.startswith((".", "__"))
    ]
    inside = [entry for entry in entries if entry.is_dir()]
    zips = [entry for entry in entries if entry.suffix.lower() == ".zip"]
    # Whoever leaves out a sensor file by mistake shall be told, so any CSV file counts.
    if not inside and not zips and any(entry.suffix == ".csv" for entry in entries):
        return [folder]
    return zips + [path for child in inside for path in _find_recordings(child)]
