"""How many planted leaks are found, and how many clean splits raise an alarm.

Run ``python tests/benchmarks/bench_leaks.py``.  The watch data come with the package
seglearn; the others are read from ``--data``, by default ``shared/data`` beside the
repository.  Missing data sets are skipped with a message.
"""

import argparse
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.model_selection import GroupShuffleSplit, ShuffleSplit

from sk_imu import Resampler
from sk_imu.augmentation import multiplicative_noise, random_subsequence
from sk_imu.datasets import load_exermote, load_phone_exercises, load_utd_mhad, load_watch
from sk_imu.model_selection import find_leaks
from sk_imu.model_selection.leaks._guard import least_similarity
from sk_imu.model_selection.leaks._near_copies import near_copies

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
#: The function itself is called on this many splits of each kind.
_N_CALLED = 3


def resampled(row: Any, n: int) -> Any:
    """Interpolate a row linearly at n timesteps."""
    times = np.linspace(0, row.shape[1] - 1, n)
    return np.array([np.interp(times, np.arange(row.shape[1]), c) for c in row])


def window(row: Any, begin: float, end: float) -> Any:
    """Cut a share of a row out."""
    return row[:, int(begin * row.shape[1]) : int(end * row.shape[1])]


def noisy(row: Any, size: float, rng: Any) -> Any:
    """Add noise to each timestep, in units of the channel's deviation."""
    return row + size * row.std(axis=1, keepdims=True) * rng.normal(size=row.shape)


# A copy of a row, or two parts or copies of it that replace it.
PLANTS = {
    "identical": lambda x, rng: [x.copy()],
    "window, half of the set": lambda x, rng: [window(x, 0.25, 0.75)],
    "two windows that overlap by half": lambda x, rng: [
        window(x, 0, 2 / 3),
        window(x, 1 / 3, 1),
    ],
    "shifted by a fifth": lambda x, rng: [window(x, 0.2, 1)],
    "rescaled": lambda x, rng: [rng.uniform(0.5, 2) * x],
    "each channel rescaled and moved": lambda x, rng: [
        x * rng.uniform(0.5, 2, (len(x), 1)) + rng.normal(size=(len(x), 1))
    ],
    "resampled, 0.7 of the rate": lambda x, rng: [resampled(x, int(0.7 * x.shape[1]))],
    "resampled, twice the rate": lambda x, rng: [resampled(x, 2 * x.shape[1])],
    "resampled, 0.4 of the rate": lambda x, rng: [resampled(x, int(0.4 * x.shape[1]))],
    "noise, 5 %": lambda x, rng: [noisy(x, 0.05, rng)],
    "noise, 10 %": lambda x, rng: [noisy(x, 0.1, rng)],
    "window with noise, 5 %": lambda x, rng: [noisy(window(x, 0.25, 0.75), 0.05, rng)],
    "multiplicative noise": lambda x, rng: [multiplicative_noise(x[None], rng)[0]],
    "subsequence stretched back": lambda x, rng: [random_subsequence(x[None], rng)[0]],
    "noise and subsequence": lambda x, rng: [
        random_subsequence(multiplicative_noise(x[None], rng), rng)[0]
    ],
    "two copies by noise and subsequence": lambda x, rng: [
        random_subsequence(multiplicative_noise(x[None], rng), rng)[0] for _ in range(2)
    ],
}


def data_sets(folder: Path) -> Iterator[tuple[str, list[Any], Any, Any]]:
    """Yield the name, sets on one clock, labels and people of each data set there is."""
    loaders: dict[str, Any] = {
        "watch": load_watch,
        "utd_mhad": lambda: load_utd_mhad(folder / "utd_mhad"),
        "exermote": lambda: load_exermote(folder / "exermote"),
        "phone_exercises, 20 Hz": lambda: load_phone_exercises(
            folder / "phone_exercises", rate_hz=20
        ),
    }
    for name, load in loaders.items():
        if name != "watch" and not (folder / name.partition(",")[0]).is_dir():
            print(f"{name}: skipped, not in {folder}")
            continue
        bunch = load()
        sets = Resampler(sampling_rate_hz=bunch.sampling_rate_hz).fit_transform(bunch.data)
        yield name, sets, bunch.target, bunch.subject


def natural(name: str, sets: list[Any], y: Any, people: Any) -> list[int]:
    """Print what a data set contains twice, and return the rows that occur once."""
    start_s = time.process_time()
    findings = find_leaks(sets)
    seconds = time.process_time() - start_s
    n_channels = len(sets[0])
    print(f"{name}: {len(sets)} sets, {n_channels} channels; all pairs in {seconds:.1f} s")
    for f in findings.to_dict("records"):
        a, b = f["row"], f["other_row"]
        print(
            f"  contained twice: {a} ({y[a]}, person {people[a]}) and {b} ({y[b]}, person "
            f"{people[b]}): {f['kind']}, {f['share']:.2f} of the shorter"
        )
    twice = {*findings["row"], *findings["other_row"]}
    kept = [row for row in range(len(sets)) if row not in twice]
    asked = np.ones((len(kept), len(kept)), dtype=bool)
    likes = sorted(near_copies([sets[row] for row in kept], asked), key=lambda p: p[2])
    for like in likes[:-4:-1]:
        a, b = kept[like.first], kept[like.second]
        print(
            f"  most alike of the others: {a} and {b} ({y[a]}, {y[b]}, persons "
            f"{people[a]}, {people[b]}): similarity {like.similarity:.4f}"
        )
    return kept


def planted(sets: list[Any], kept: list[int], n_plants: int, total: Counter[str]) -> None:
    """Print how many planted copies are found, and their least similarity."""
    for kind, plant in PLANTS.items():
        rng = np.random.default_rng(0)
        chosen = rng.choice(kept, n_plants, replace=False).tolist()
        plants = [plant(sets[row], rng) for row in chosen]
        is_pair = len(plants[0]) == 2
        gone = set(chosen) if is_pair else set()
        left = {row: k for k, row in enumerate(r for r in kept if r not in gone)}
        X = [sets[row] for row in left]
        n = len(X)
        if is_pair:
            X += [one for one, _ in plants] + [other for _, other in plants]
            truth = {(n + k, n + n_plants + k) for k in range(n_plants)}
            n += n_plants
        else:
            X += [copy for (copy,) in plants]
            truth = {(left[row], n + k) for k, row in enumerate(chosen)}
        f = find_leaks(X, train=np.arange(n), test=np.arange(n, len(X)))
        found = {
            (a, b): similarity
            for a, b, similarity in zip(f.train_row, f.test_row, f.similarity, strict=True)
        }
        hits = [found[pair] for pair in truth if pair in found]
        total[kind] += len(hits)
        total["planted"] += n_plants
        least = f"{min(hits):.4f}" if hits else "-"
        print(
            f"  {kind}: {len(hits)} of {n_plants} found, least similarity {least}, "
            f"{len(found) - len(hits)} others; {dict(f.kind.value_counts())}",
            flush=True,
        )


def clean(sets: list[Any], kept: list[int], people: Any, n_splits: int) -> int:
    """Count alarms in random splits by people, and by sets of the same people.

    Whether a pair is an alarm does not depend on the split.  So all pairs are compared
    once, more than any split would, and looked up for each split; for a few splits the
    function itself is called.
    """
    X = [sets[row] for row in kept]
    groups = people[kept]
    asked = np.ones((len(X), len(X)), dtype=bool)
    start_s = time.process_time()
    every = list(near_copies(X, asked, n_neighbors=len(X)))
    alarms = {
        (one.first, one.second)
        for one in every
        if one.similarity >= least_similarity(one.n_channels)
    }
    alarms |= set(find_leaks(X)[["row", "other_row"]].itertuples(index=False, name=None))
    most = max((one.similarity for one in every), default=0.0)
    print(
        f"  all pairs: {len(every)} likenesses measured, at most {most:.4f}; "
        f"{len(alarms)} alarms; {time.process_time() - start_s:.0f} s"
    )
    n_alarms = 0
    for name, splitter, given in (
        ("people", GroupShuffleSplit(n_splits, test_size=0.3, random_state=0), groups),
        ("sets", ShuffleSplit(n_splits, test_size=0.3, random_state=0), None),
    ):
        splits = list(splitter.split(X, groups=given))
        n = sum(
            any((a in train) != (b in train) for a, b in alarms)
            for train in (set(rows.tolist()) for rows, _ in splits)
        )
        start_s = time.process_time()
        called = sum(
            len(find_leaks(X, None, given, train=train, test=test)) > 0
            for train, test in splits[:_N_CALLED]
        )
        seconds = (time.process_time() - start_s) / max(min(n_splits, _N_CALLED), 1)
        print(
            f"  clean splits by {name}: {n} of {n_splits} with an alarm; called for "
            f"{min(n_splits, _N_CALLED)} of them: {called}, {seconds:.1f} s each",
            flush=True,
        )
        n_alarms += n
    return n_alarms


def main() -> None:
    """Print all results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=DATA, help="folder of the data sets")
    parser.add_argument("--plants", type=int, default=40, help="of each kind and data set")
    parser.add_argument("--splits", type=int, default=125, help="of each kind and data set")
    parser.add_argument("--only", help="name of one data set")
    arguments = parser.parse_args()
    total: Counter[str] = Counter()
    n_alarms = n_splits = 0
    for name, sets, y, people in data_sets(arguments.data):
        if arguments.only in (None, name.partition(",")[0]):
            kept = natural(name, sets, y, people)
            if arguments.plants:
                planted(sets, kept, arguments.plants, total)
            n_alarms += clean(sets, kept, people, arguments.splits)
            n_splits += 2 * arguments.splits
    n_found = sum(n for kind, n in total.items() if kind != "planted")
    print(f"all: {n_found} of {total['planted']} planted leaks found")
    print(f"all: {n_alarms} of {n_splits} clean splits with an alarm")


if __name__ == "__main__":
    main()
