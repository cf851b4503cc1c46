"""Resampling a thousand recordings here and by pandas: time, and error against the truth.

    python tests/benchmarks/bench_resampling.py [--recordings 1000]

Ten seconds of two sensors with clocks of their own at 100 Hz and 100.4 Hz, jitter 0.5 ms,
to one clock of 50 Hz.  Both run on one thread, side by side, and time is counted as the
processor's, which other programs on the machine disturb least.  The truth is band-limited.
"""

import argparse
import os
import time

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = "1"

import numpy as np  # noqa: E402
import pandas as pd  # noqa: E402

from sk_imu import Recording, Resampler, SensorStream  # noqa: E402

RATE_HZ = 50.0


def band_limited(rng, highest_hz, n=40):
    frequency = rng.uniform(0.2, highest_hz, (n, 3))
    phase = rng.uniform(0, 2 * np.pi, (n, 3))

    def signal(times_s):
        return np.sin(2 * np.pi * frequency * times_s[:, None, None] + phase).sum(axis=1)

    return signal


def make_recording(rng, signal, duration_s=10.0):
    streams = {}
    for sensor, rate_hz in (("TotalAcceleration", 100.0), ("Gyroscope", 100.4)):
        steps = rng.normal(1 / rate_hz, 0.0005, int(duration_s * rate_hz))
        clock = rng.uniform(0, 0.3) + np.cumsum(steps)
        streams[sensor] = SensorStream(clock, signal(clock))
    return Recording(streams)


def by_pandas(recordings, step, method, **options):
    """Put samples into bins of ``step``, interpolate, and take every 20 ms."""
    every = int(1000 / RATE_HZ / int(step.removesuffix("ms")))
    results = []
    for recording in recordings:
        tables = []
        for stream in recording.streams.values():
            index = pd.to_datetime(stream.timestamps_s, unit="s")
            table = pd.DataFrame(stream.values, index=index).resample(step).mean()
            tables.append(table.interpolate(method, **options))
        joined = pd.concat(tables, axis=1, join="inner").iloc[::every]
        bin_s = 1e-3 * int(step.removesuffix("ms"))
        times_s = (joined.index - pd.Timestamp(0)).total_seconds().to_numpy() + bin_s / 2
        results.append((times_s, joined.to_numpy().T))
    return results


def by_sk_imu(recordings, **options):
    rows = Resampler(sampling_rate_hz=RATE_HZ, **options).fit_transform(recordings)
    starts = [recording.overlap_s[0] for recording in recordings]
    return [
        (start_s + np.arange(row.shape[1]) / RATE_HZ, row)
        for start_s, row in zip(starts, rows, strict=True)
    ]


def error_percent(results, signal):
    """Return the RMS of the error in percent of the signal's, away from the ends."""
    errors, truths = [], []
    for times_s, values in results:
        truth = np.tile(signal(times_s), 2).T
        errors.append((values - truth)[:, 25:-25])
        truths.append(truth[:, 25:-25])
    power = [np.mean(np.concatenate(x, axis=1) ** 2) for x in (errors, truths)]
    return 100 * np.sqrt(power[0] / power[1])


# Pandas has no low-pass: the first row of each kind does what pandas does, and the times
# of the others are told beside it.
NO_LOW_PASS = {"anti_alias": False}
WAYS = {
    "linear": [
        (
            "sk_imu linear, no low-pass",
            by_sk_imu,
            {"interpolation": "linear", **NO_LOW_PASS},
            1,
        ),
        ("sk_imu linear", by_sk_imu, {"interpolation": "linear"}, 1),
        ("pandas 20ms linear", by_pandas, {"step": "20ms", "method": "linear"}, 1),
        ("pandas 1ms linear", by_pandas, {"step": "1ms", "method": "linear"}, 1),
    ],
    "cubic": [
        (
            "sk_imu cubic, no low-pass",
            by_sk_imu,
            {"interpolation": "cubic", **NO_LOW_PASS},
            1,
        ),
        ("sk_imu cubic", by_sk_imu, {"interpolation": "cubic"}, 1),
        ("pandas 1ms cubicspline", by_pandas, {"step": "1ms", "method": "cubicspline"}, 1),
    ],
    "quintic": [
        (
            "sk_imu quintic, no low-pass",
            by_sk_imu,
            {"interpolation": "quintic", **NO_LOW_PASS},
            1,
        ),
        ("sk_imu quintic (default)", by_sk_imu, {"interpolation": "quintic"}, 1),
        # Takes so long that a part of the recordings must do.
        (
            "pandas 1ms spline order 5",
            by_pandas,
            {"step": "1ms", "method": "spline", "order": 5, "s": 0},
            20,
        ),
    ],
}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--recordings", type=int, default=1000)
    n_recordings = parser.parse_args().recordings
    rng = np.random.default_rng(0)
    signals = {highest_hz: band_limited(rng, highest_hz) for highest_hz in (5, 10, 20)}
    data = {
        highest_hz: [make_recording(rng, signal) for _ in range(20)]
        for highest_hz, signal in signals.items()
    }
    recordings = [make_recording(rng, signals[10]) for _ in range(n_recordings)]
    print(f"{n_recordings} recordings of 10 s, 2 x 3 channels, 100 to 50 Hz, one thread\n")
    print(f"{'':28}{'ms each':>9}{'slower':>9}{'error in % of RMS, below':>32}")
    print(f"{'':46}{'5 Hz':>14}{'10 Hz':>9}{'20 Hz':>9}")
    for ways in WAYS.values():
        ours_ms = None
        for name, function, options, part in ways:
            errors = [
                error_percent(function(data[highest_hz], **options), signal)
                for highest_hz, signal in signals.items()
            ]
            some = recordings[: max(n_recordings // part, 1)]
            start_s = time.process_time()
            function(some, **options)
            each_ms = 1e3 * (time.process_time() - start_s) / len(some)
            ours_ms = ours_ms or each_ms
            cells = "".join(f"{error:9.3f}" for error in errors)
            print(f"{name:28}{each_ms:9.2f}{each_ms / ours_ms:8.1f}x{'':5}{cells}")


if __name__ == "__main__":
    main()
