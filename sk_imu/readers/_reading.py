"""One recording, exported by any known app."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..recording import Recording, warn_of_doubts
from ._files import MAX_BYTES, OWN_PLACE, read_files
from ._layouts import is_sensor_logger
from ._phyphox import is_phyphox, read_phyphox_files
from ._physics_toolbox import is_physics_toolbox, read_physics_toolbox_files
from ._sensor_logger import read_sensor_logger_files
from ._tables import header_of

#: How to recognize each app's files, and how to read them.
_APPS = {
    "Sensor Logger": (is_sensor_logger, read_sensor_logger_files),
    "phyphox": (is_phyphox, read_phyphox_files),
    "Physics Toolbox": (is_physics_toolbox, read_physics_toolbox_files),
}


def read_recording(
    path: str | Path,
    *,
    platform: str | None = None,
    device: str = "phone",
    max_bytes: float = MAX_BYTES,
    **metadata: Any,
) -> Recording:
    """Read one recording, exported by any known app.

    The content decides the format.  Known apps are Sensor Logger
    (:func:`read_sensor_logger`), phyphox (:func:`read_phyphox`) and Physics Toolbox
    (:func:`read_physics_toolbox`).  For any other table, name its columns to
    :func:`read_table`.

    Parameters
    ----------
    path : str or pathlib.Path
        A file, a folder or a zip file.
    platform : {"ios", "android"}, default=None
        The phone's platform, for recordings of Sensor Logger; it decides where their
        ``doubts`` say UNDECIDED.  None takes it from the file.
    device : {"phone", "watch"}, default="phone"
        The device whose sensors are read, for recordings of Sensor Logger.
    max_bytes : float, default=2**32
        Memory in bytes that reading may take.  Larger recordings are refused before it
        is taken.
    **metadata
        ``label``, ``subject`` and the other attributes of a recording.

    Returns
    -------
    recording : Recording
        The recording, with ``path`` as its ``source``.  Its ``notes`` say what was
        found, decided and left out, with counts; its ``doubts`` are those notes that
        need a decision.

    Raises
    ------
    ValueError
        If the recording cannot be read.  The message names the file and the place in it.

    Warns
    -----
    DataQualityWarning
        For each of the recording's ``doubts``.

    See Also
    --------
    read_recordings : Read a folder of labeled recordings.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> import numpy as np, pandas as pd
    >>> from sk_imu import read_recording
    >>> time_ns = 1_700_000_000_000_000_000 + 20_000_000 * np.arange(100)
    >>> rotation = pd.DataFrame({"time": time_ns, "z": 0.1, "y": 0.0, "x": 0.0})
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     rotation.to_csv(pathlib.Path(folder, "Gyroscope.csv"), index=False)
    ...     read_recording(folder, label="turn")
    Recording(1.98 s: Gyroscope 50 Hz, label='turn')
    """
    reading = {"platform": platform, "device": device, "max_bytes": max_bytes}
    recording = read_silently(Path(path), reading, metadata)
    warn_of_doubts([recording])
    return recording


def read_silently(
    path: Path, reading: Mapping[str, Any], metadata: Mapping[str, Any]
) -> Recording:
    """Read one recording without warnings; every error names its path.

    ``reading`` holds ``platform``, ``device`` and ``max_bytes`` of :func:`read_recording`.
    """
    files = read_files(path, reading["max_bytes"])
    # All of them are asked, because a folder may mix the files of two apps.
    apps = [app for app, (is_of, _) in _APPS.items() if is_of(files)]
    if not apps:
        raise ValueError(_describe(path, files))
    if len(apps) > 1:
        raise ValueError(f"{path}: files of {' and '.join(apps)} are mixed. {OWN_PLACE}")
    # Only Sensor Logger's files differ between platforms, and hold a watch.
    options = {name: reading[name] for name in ("platform", "device")}
    recording = _APPS[apps[0]][1](
        files, str(path), **(options if apps[0] == "Sensor Logger" else {})
    )
    # Files of apps name neither labels nor people, so no reader takes them.
    return replace(recording, **metadata) if metadata else recording


def _describe(path: Path, files: Mapping[str, bytes]) -> str:
    """Return a message on what is there instead of a recording."""
    # By its name, because an .xlsx file is a zip file, and would seem to hold no recording.
    if path.suffix.lower() in {".xls", ".xlsx", ".ods"}:
        return f"{path}: is a spreadsheet. Export the recording as CSV."
    if not files:
        return f"{path}: no recording in it: no CSV, JSON or SQLite file."
    name, content = next(iter(files.items()))
    if not content.strip():
        found = "which is empty"
    elif b"\0" in content[:1000]:  # which UTF-8 text hardly ever holds
        found = "which is not text"
    else:
        found = f"whose first line is {[cell[:40] for cell in header_of(content)[:12]]}"
    return (
        f"{path}: no recording of {', '.join(_APPS)}. It holds {len(files)} file(s), such "
        f"as {name}, {found}. Export the recording again, or name its columns to "
        "read_table."
    )
