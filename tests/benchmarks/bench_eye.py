"""Counts read from pictures of the gym's recordings, against notes and found counts.

Run ``python tests/benchmarks/bench_eye.py``. ``--draw FOLDER`` draws a picture of each
recording instead, in random order and without its label, note, or found repetitions. An AI
model read the counts below from these pictures. It had seen 48 of them when it compared
these counts with the others, and then read the other 49.
"""

import argparse
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from bench_segmentation import DATA, gym_recordings

from sk_imu import count_accuracy, find_bouts
from sk_imu.segmentation._motion import MOTION_RATE_HZ, motion_of

#: By recording, in the order of the file.
COUNTS_BY_EYE = """
12 12 8 8 13 10 10 13 12 10 8 12 15 12 7 10 10 8 10 12 12 9 10 10 10
6 10 12 8 10 10 10 8 11 11 10 16 12 10 12 7 10 10 12 12 16 15 7 10 7
7 11 9 7 5 2 2 5 5 5 4 14 10 13 14 12 12 15 12 12 11 12 19 15 12
12 10 10 10 8 8 2 5 4 11 8 10 11 10 8 12 10 8 11 10 15 7
"""


def draw(recordings, folder: Path) -> None:
    """Draw the slow movement in each recording."""
    folder.mkdir(parents=True, exist_ok=True)
    for picture, row in enumerate(np.random.default_rng().permutation(len(recordings))):
        _, motion = motion_of(recordings[row])
        acceleration, turns = np.split(motion, 2)
        acceleration -= np.median(acceleration, axis=1, keepdims=True)
        times_s = np.arange(motion.shape[1]) / MOTION_RATE_HZ
        figure, axes = plt.subplots(3, 1, figsize=(15, 9), sharex=True)
        axes[0].plot(times_s, acceleration.T)
        axes[1].plot(times_s, turns.T)
        axes[2].plot(times_s, np.linalg.norm(turns, axis=0))
        # Handling is much stronger than many exercises.
        for ax, values in zip(axes, (acceleration, turns), strict=False):
            ax.set_ylim(*(1.2 * np.percentile(values, [0.5, 99.5])))
        for ax in axes:
            ax.set_xticks(np.arange(0, times_s[-1], 5))
            ax.grid(True)
            ax.margins(x=0)
        figure.tight_layout()
        figure.savefig(folder / f"{picture:02d}.png", dpi=75)
        plt.close(figure)


def main() -> None:
    """Print how often the counts agree."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=DATA, help="folder of the data sets")
    parser.add_argument("--draw", type=Path, help="folder for the pictures")
    arguments = parser.parse_args()
    recordings, noted = gym_recordings(arguments.data / "benchmark" / "gym_watch.npz")
    if arguments.draw:
        draw(recordings, arguments.draw)
        return
    found = [sum(len(bout.repetitions) for bout in find_bouts(r)) for r in recordings]
    seen = np.array(COUNTS_BY_EYE.split(), dtype=int)
    for name, true, counts in (
        ("seen, against notes", noted, seen),
        ("found, against notes", noted, found),
        ("found, against seen", seen, found),
    ):
        exact, near = (count_accuracy(true, counts, within=k) for k in (0, 1))
        print(f"{name}: exact {exact:.3f}, within one {near:.3f}")
    for row, counts in enumerate(zip(noted, seen, found, strict=True)):
        if len(set(counts)) > 1:
            name = f"{row}, {recordings[row].label}"
            print("  {}: noted {}, seen {}, found {}".format(name, *counts))


if __name__ == "__main__":
    main()
