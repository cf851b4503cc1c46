"""Recordings to files in the layout of the app Sensor Logger."""

import io
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd

from ..recording import SENSOR_AXES, STANDARD_GRAVITY, Recording, SensorStream
from ._conventions import FLIPPED

#: Second 0 of a recording without a date.
_UNKNOWN_EPOCH_NS = 1_700_000_000_000_000_000
_MS = 1_000_000  # in nanoseconds

#: The version of the app whose files these are.
_VERSION = "1.29.0"
#: Columns of each platform's files, as found in its exports.
_VECTOR = ("z", "y", "x")
_ORIENTATION = {
    "android": ("qz", "qy", "qx", "qw", "roll", "pitch", "yaw"),
    "ios": ("yaw", "qx", "qz", "roll", "qw", "qy", "pitch"),
}


def write_sensor_logger(
    recording: Recording,
    path: str | Path,
    *,
    platform: Literal["android", "ios"] = "android",
    standardised: bool = False,
) -> Path:
    """Write a recording as the app Sensor Logger exports it.

    Each sensor has a CSV file with ``time`` in Unix nanoseconds, ``seconds_elapsed`` and
    the sensor's axes; there are also Metadata.csv and Annotation.csv.  The order of the
    columns, the signs and the units are those of the platform: on iOS acceleration,
    gravity, pitch and yaw have the other sign, and ``TotalAcceleration``, which the app
    does not have there, is written as ``AccelerometerUncalibrated`` in g.

    The app's files cannot hold label, subject, side, placement and notes, so these are
    not written; :func:`sk_imu.readers.read_recordings` takes labels and subjects from
    the names of folders.

    Parameters
    ----------
    recording : Recording
        Streams of any of the app's sensors, such as Accelerometer, Gravity,
        TotalAcceleration, Gyroscope, Magnetometer and Orientation, with all their axes.
    path : str or pathlib.Path
        The folder to write, or the zip file if the name ends in ``.zip``.  It must not
        exist yet, except as an empty folder.
    platform : {"android", "ios"}, default="android"
        The platform of the phone in whose layout the files are written.
    standardised : bool, default=False
        Whether the app's setting "Standardise Units & Frames" is on, which gives iOS
        the signs and units of Android.

    Returns
    -------
    path : pathlib.Path
        The folder or zip file.

    Raises
    ------
    ValueError
        If ``path`` exists, the platform is unknown, the app does not have a stream's
        sensor, or a stream lacks an axis.

    References
    ----------
    Sensor Logger's `list of cross-platform differences
    <https://github.com/tszheichoi/awesome-sensor-logger/blob/main/CROSSPLATFORM.md>`_.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> from sk_imu import write_sensor_logger
    >>> from sk_imu.datasets import make_exercise_recordings
    >>> from sk_imu.readers import read_sensor_logger
    >>> made = make_exercise_recordings(1, 2, ["squat"], random_state=0)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = write_sensor_logger(made.data[0], pathlib.Path(folder, "squats.zip"))
    ...     again = read_sensor_logger(path)
    >>> again.epoch_ns == made.data[0].epoch_ns
    True
    >>> again.streams["Gyroscope"].n_samples == made.data[0].streams["Gyroscope"].n_samples
    True
    """
    path = Path(path)
    if platform not in _ORIENTATION:
        raise ValueError(f"platform must be 'android' or 'ios', got {platform!r}.")
    if path.exists() and not (path.is_dir() and not any(path.iterdir())):
        raise ValueError(f"{path}: exists already. Give a new folder or zip file.")
    # Everything is checked and formatted before the first byte is written.
    files = _format_files(recording, path, platform, standardised)
    if path.suffix.lower() == ".zip":
        path.parent.mkdir(parents=True, exist_ok=True)
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, text in files.items():
                archive.writestr(name, text)
    else:
        path.mkdir(parents=True, exist_ok=True)
        for name, text in files.items():
            (path / name).write_bytes(text.encode("utf-8"))
    return path


def _format_files(
    recording: Recording, path: Path, platform: str, standardised: bool
) -> dict[str, str]:
    epoch_ns = recording.epoch_ns
    if epoch_ns is None:
        epoch_ns = _UNKNOWN_EPOCH_NS
    start_ns = epoch_ns // _MS * _MS  # the app rounds its start to the millisecond
    native_ios = platform == "ios" and not standardised
    files, rates_ms = {}, {}
    for sensor, stream in recording.streams.items():
        _check_stream(sensor, stream, path)
        name = sensor
        table = pd.DataFrame(stream.values, columns=list(stream.axes))
        if platform == "ios" and sensor == "TotalAcceleration":
            name = "AccelerometerUncalibrated"
            if name in recording.streams:
                raise ValueError(
                    f"{path}: on iOS TotalAcceleration is written as {name}, and the "
                    "recording has both. Leave one out."
                )
        if native_ios and name == "AccelerometerUncalibrated":
            table /= STANDARD_GRAVITY
        if native_ios and name in FLIPPED:
            table[list(FLIPPED[name])] *= -1
        columns = _ORIENTATION[platform] if name == "Orientation" else _VECTOR
        # Integers, because float64 knows Unix times only to 256 ns.
        times_ns = epoch_ns + np.rint(stream.timestamps_s * 1e9).astype(np.int64)
        table = table[list(columns)]
        table.insert(0, "time", times_ns)
        table.insert(1, "seconds_elapsed", (times_ns - start_ns) / 1e9)
        files[f"{name}.csv"] = _csv(table)
        rates_ms[name] = f"{1000 / stream.rate_hz:.0f}" if stream.n_samples > 1 else "0"
    files["Annotation.csv"] = _format_annotations(recording, epoch_ns, start_ns)
    files["Metadata.csv"] = _format_metadata(start_ns, platform, standardised, rates_ms)
    return files


def _check_stream(sensor: str, stream: SensorStream, path: Path) -> None:
    if sensor not in SENSOR_AXES:
        raise ValueError(
            f"{path}: Sensor Logger has no sensor {sensor!r}, only "
            f"{', '.join(SENSOR_AXES)}. Leave the stream out."
        )
    if set(stream.axes) != set(SENSOR_AXES[sensor]):
        raise ValueError(
            f"{path}: a file of {sensor} holds the axes {', '.join(SENSOR_AXES[sensor])}, "
            f"but the stream has {', '.join(stream.axes)}. Leave it out, or give all axes."
        )


def _format_annotations(recording: Recording, epoch_ns: int, start_ns: int) -> str:
    if not recording.annotations:
        return ""  # the app writes no header then
    times_s, texts = zip(*recording.annotations, strict=True)
    # The app rounds them to the millisecond.
    times_ns = (epoch_ns + np.rint(np.array(times_s) * 1e9).astype(np.int64)) // _MS * _MS
    elapsed_s = (times_ns - start_ns) / 1e9
    return _csv(
        pd.DataFrame({"time": times_ns, "seconds_elapsed": elapsed_s, "text": texts})
    )


def _format_metadata(
    start_ns: int, platform: str, standardised: bool, rates_ms: dict[str, str]
) -> str:
    start = datetime.fromtimestamp(start_ns / 1e9, tz=UTC)
    table = {
        "version": "3",
        "device name": f"{platform} phone",
        "recording epoch time": str(start_ns // _MS),
        "recording time": start.strftime("%Y-%m-%d_%H-%M-%S"),
        "recording timezone": "UTC",
        "platform": platform,
        "appVersion": _VERSION,
        "device id": "00000000-0000-4000-8000-000000000000",
        "sensors": "|".join([*rates_ms, "Annotation"]),
        # Annotation is named among the sensors and has no rate.
        "sampleRateMs": "|".join([*rates_ms.values(), ""]),
        "standardisation": "true" if standardised else "false",
    }
    return _csv(pd.DataFrame([table])).rstrip("\n")


def _csv(table: pd.DataFrame) -> str:
    text = io.StringIO()
    table.to_csv(text, index=False, lineterminator="\n")
    return text.getvalue()
