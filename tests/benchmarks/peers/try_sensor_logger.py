"""A zip of the app Sensor Logger to arrays with time in seconds."""

import tempfile

from trying import names_with, own_code, try_all, write_sensor_logger


def read_by_hand(path):
    """Return time in seconds and values of each sensor in a zip, axes in order."""
    import zipfile

    import pandas as pd

    sensors = {}
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            frame = pd.read_csv(archive.open(name))
            seconds = (frame["time"] - frame["time"].iloc[0]) / 1e9
            sensors[name.removesuffix(".csv")] = seconds, frame[["x", "y", "z"]]
    return sensors


def sk_imu():
    from sk_imu import read_recording

    with tempfile.TemporaryDirectory() as folder:
        recording = read_recording(write_sensor_logger(folder))
    return "yes", ", ".join(recording.streams) + "; phyphox and Physics Toolbox, too"


def by_hand(library):
    with tempfile.TemporaryDirectory() as folder:
        sensors = read_by_hand(write_sensor_logger(folder))
    found = names_with(library, "sensor_logger", "sensorlogger", "phyphox")
    note = f"{', '.join(sensors)}, without units, signs and faults"
    return own_code(read_by_hand), f"{note}; public names for it: {found or 'none'}"


def sktime():
    return by_hand("sktime")


def aeon():
    return by_hand("aeon")


def tsai():
    return by_hand("tsai")


def seglearn():
    return by_hand("seglearn")


def braindecode():
    return by_hand("braindecode")


if __name__ == "__main__":
    try_all("reads Sensor Logger", sk_imu, sktime, aeon, tsai, seglearn, braindecode)
