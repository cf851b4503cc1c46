"""Counting the repetitions of a set: 12 made of a wave with noise."""

import numpy as np
from trying import names_with, own_code, try_all

CLOCK = np.arange(0, 24, 0.02)  # 12 repetitions of two seconds
NOISE = np.random.default_rng(0).normal(scale=0.1, size=(3, len(CLOCK)))
SET = np.sin(np.pi * CLOCK + np.arange(3)[:, None]) + NOISE


def count_peaks(values, rate_hz=50):
    """Return the number of peaks of the channel that moves most."""
    from scipy.signal import butter, filtfilt, find_peaks

    most = values[values.std(axis=1).argmax()]
    smooth = filtfilt(*butter(2, 2, fs=rate_hz), most)
    return len(find_peaks(smooth, prominence=smooth.std(), distance=rate_hz // 2)[0])


def sk_imu():
    from sk_imu import Recording, find_repetitions

    names = [f"Gyroscope_{axis}" for axis in "xyz"]
    recording = Recording.from_array(SET, sampling_rate_hz=50, channel_names=names)
    return "yes", f"{len(find_repetitions(recording))} of 12 counted"


def by_hand(library):
    found = names_with(library, "repetition", "count_peaks", "find_peaks", "cadence")
    names = ", ".join(found) or "none"
    return own_code(count_peaks), f"{count_peaks(SET)} of 12; public names for it: {names}"


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
    try_all("counts repetitions", sk_imu, sktime, aeon, tsai, seglearn, braindecode)
