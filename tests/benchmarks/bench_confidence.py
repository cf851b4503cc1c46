"""How often the true number of repetitions is as close as ``Bout.within`` says.

Run ``python tests/benchmarks/bench_confidence.py``. The threshold of the agreement is also
chosen with each kind of data left out in turn: the least one with which 95 % of the counts
of the others are as close as they say. The data are looked for in ``--data``, by default in
``shared/data`` beside the repository.
"""

import argparse
import warnings
from pathlib import Path

import numpy as np
from bench_eye import COUNTS_BY_EYE
from bench_segmentation import DATA, gym_recordings
from sklearn.metrics import roc_auc_score

from sk_imu import find_bouts
from sk_imu.datasets import load_exermote, load_watch, make_exercise_recordings

#: Seconds before and after a labeled set of a session that are searched with it.
AROUND_S = 8.0
#: Share of the counts that are as close as they say, and thresholds to choose from.
NOMINAL, THRESHOLDS = 0.95, np.arange(0.5, 1.01, 0.02)


def exermote(data):
    """Return the labeled sets of sessions with some time around them."""
    made = load_exermote(data / "exermote", continuous=True)
    sets, true = [], []
    for recording, bouts, every in zip(
        made.data, made.bouts, made.repetitions, strict=True
    ):
        begin_s, stop_s = recording.overlap_s
        for start_s, end_s in bouts:
            around_s = max(begin_s, start_s - AROUND_S), min(stop_s, end_s + AROUND_S)
            sets.append(recording.between(*around_s))
            middles_s = every.mean(axis=1)
            true.append(int(((middles_s > start_s) & (middles_s < end_s)).sum()))
    return sets, true


def simulated():
    """Return simulated sets, some with what fools a counter."""
    every = {"handling": 1.0, "slowing": 0.8, "double_peaks": 0.5}
    sets, true = [], []
    for seed, names in enumerate([(), *((name,) for name in every), tuple(every)]):
        made = make_exercise_recordings(
            4,
            1,
            ["squat", "lunge", "jumping_jack", "side_leg_raise"],
            rest_s=(15, 20),
            sensors="ideal",
            random_state=10 + seed,
            **{name: every[name] for name in names},
        )
        sets += made.data
        true += [len(repetitions) for repetitions in made.repetitions]
    return sets, true


def kinds_of(data):
    """Return the sets and true counts of each kind of data."""
    gym, _ = gym_recordings(data / "benchmark" / "gym_watch.npz")
    watch = load_watch().data
    return {
        "gym, by eye": (gym, [int(n) for n in COUNTS_BY_EYE.split()]),
        "exermote": exermote(data),
        "watch": (watch, [20] * len(watch)),
        "simulated": simulated(),
    }


def found_in(sets):
    """Return the number of repetitions in each recording, and the least agreement."""
    found = [find_bouts(one) for one in sets]
    counts = [sum(len(bout.repetitions) for bout in bouts) for bouts in found]
    agreement = [min((bout.agreement for bout in bouts), default=0.0) for bouts in found]
    return np.array(counts), np.array(agreement)


def close(away, agreement, threshold):
    """Return which counts are exact if they say so, and else within one."""
    return np.where(agreement >= threshold, away == 0, away <= 1)


def main() -> None:
    """Print all figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=DATA, help="folder of the data sets")
    data = parser.parse_args().data
    warnings.simplefilter("ignore")
    _, noted = gym_recordings(data / "benchmark" / "gym_watch.npz")
    results = {}
    for name, (sets, true) in kinds_of(data).items():
        counts, agreement = found_in(sets)
        results[name] = np.abs(counts - np.array(true)), agreement
        if name == "gym, by eye":
            by_note = close(np.abs(counts - noted), agreement, 0.9).mean()
            print(f"gym, by note: as close as they say {by_note:.3f}")
    for name, (away, agreement) in results.items():
        sure = agreement >= 0.9
        print(
            f"{name}: of {len(away)} exact {np.mean(away == 0):.3f}, within one "
            f"{np.mean(away <= 1):.3f}; AUC of the agreement "
            f"{roc_auc_score(away == 0, agreement):.2f}; certain {sure.mean():.3f}, of "
            f"which exact {np.mean(away[sure] == 0):.3f}, of the others "
            f"{np.mean(away[~sure] == 0):.3f}; as close as they say "
            f"{close(away, agreement, 0.9).mean():.3f}"
        )
        others = [one for key, one in results.items() if key != name]
        shares = [np.mean([close(*one, t).mean() for one in others]) for t in THRESHOLDS]
        chosen = THRESHOLDS[np.argmax(np.array(shares) >= NOMINAL)]
        print(
            f"  threshold chosen without it {chosen:.2f}: as close as they say "
            f"{close(away, agreement, chosen).mean():.3f}"
        )


if __name__ == "__main__":
    main()
