"""Recordings as a network may deliver them, and answers compared to the last bit."""

import numpy as np
import pandas as pd

from sk_imu import Recording, SensorStream, read_recording


def pieces_of(recording, sensors, rng, *, most_late_s=0.4, most_pieces=60, doubled=0.3):
    """Return (sensor, timestamps, values, axes) of all samples, in an order of arrival.

    A sample comes after others of its sensor that are up to ``most_late_s`` newer, and some
    samples come twice. The sensors take turns at random.
    """
    waiting = []
    for sensor in sensors:
        stream = recording.streams[sensor]
        rows = np.arange(stream.n_samples)
        twice = rng.choice(rows, int(len(rows) * rng.uniform(0, doubled)))
        rows = np.concatenate([rows, twice])
        arrival_s = stream.timestamps_s[rows] + rng.uniform(0, most_late_s, len(rows))
        rows = rows[np.argsort(arrival_s)]
        cuts = np.sort(rng.integers(0, len(rows) + 1, rng.integers(0, most_pieces + 1)))
        waiting.append(
            [
                (sensor, stream.timestamps_s[part], stream.values[part], stream.axes)
                for part in np.split(rows, cuts)
            ]
        )
    turns = np.repeat(np.arange(len(waiting)), [len(pieces) for pieces in waiting])
    return [waiting[turn].pop(0) for turn in rng.permutation(turns)]


def push_all(live, pieces):
    """Return the answers of a stream that is finished."""
    live.reset()
    answers = [answer for piece in pieces for answer in live.push(*piece)]
    return answers + live.finish()


def as_rows(answers):
    """Return answers so that == compares them to the last bit."""
    return [
        (a.time_s, a.label, None if a.probabilities is None else a.probabilities.tobytes())
        for a in answers
    ]


def found_recordings(folder):
    """Return real recordings by name, as far as they are there, and their sensors."""
    found = {}
    squats = folder / "sensor_logger" / "ios_1.11_squats_109s"
    if squats.exists():  # three sensors at 100 Hz
        found["iPhone"] = read_recording(squats).between(20, 34)
    drive = folder / "sensor_logger" / "android_1.28_driving_203s.zip"
    if drive.exists():  # two clocks
        found["Android phone"] = read_recording(drive).between(50, 64)
    burst = folder / "geotec" / "s06_09_sp.csv"
    if burst.exists():  # 148 samples have the time of another one
        table = pd.read_csv(burst)
        times_s = table["timestamp"].to_numpy() / 1000
        streams = {
            sensor: SensorStream(times_s, table[[f"{axis}_{name}" for axis in "xyz"]])
            for sensor, name in {"TotalAcceleration": "acc", "Gyroscope": "gyro"}.items()
        }
        found["burst clock"] = Recording(streams)
    return found


def sensors_of(recording):
    """Return the sensors to use for total acceleration and angular rate."""
    parts = ["Accelerometer", "Gravity"]
    total = ["TotalAcceleration"]
    return [*(total if total[0] in recording.streams else parts), "Gyroscope"]
