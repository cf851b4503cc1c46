"""Segmentation accuracy: bouts and repetitions, with every outlier.

Run ``python tests/benchmarks/bench_segmentation.py``.  The watch data come with the
package seglearn; the exermote sessions and the recordings of a gym are looked for in
``--data``, by default in ``shared/data`` beside the repository, and skipped with a message
if they are missing.
"""

import argparse
import time
import warnings
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from sklearn.model_selection import LeaveOneGroupOut, StratifiedKFold

from sk_imu import Recording, RepetitionCounter, count_accuracy, set_quality
from sk_imu.datasets import load_exermote, load_watch, make_exercise_recordings
from sk_imu.segmentation import find_bouts, find_repetitions
from sk_imu.segmentation._set_segmenter import match_bouts

PARTS = ("watch", "gym", "simulated", "added", "sets", "sessions", "counter", "quality")
DATA = Path(__file__).resolve().parents[3] / "shared" / "data"


def match_repetitions(true: Any, found: Any) -> list[tuple[int, int]]:
    """Pair true repetitions with found ones whose middle is at most half of one away.

    Each is paired at most once, in order of time, the nearest first.
    """
    true, found = np.reshape(true, (-1, 2)), np.reshape(found, (-1, 2))
    away = np.abs(found.mean(axis=1) - true.mean(axis=1)[:, np.newaxis])
    away /= np.diff(true, axis=1)
    pairs: list[tuple[int, int]] = []
    for i, j in np.argwhere(away <= 0.5)[np.argsort(away[away <= 0.5])]:
        if all(i != k and j != m for k, m in pairs):
            pairs.append((int(i), int(j)))
    return pairs


def rates(n_right: int, n_found: int, n_true: int) -> str:
    """Return precision and recall with their counts."""
    precision, recall = n_right / max(n_found, 1), n_right / max(n_true, 1)
    return (
        f"precision {precision:.3f} ({n_right} of {n_found}), "
        f"recall {recall:.3f} ({n_right} of {n_true})"
    )


def watch() -> None:
    """Count the repetitions of every set of the watch data."""
    data = load_watch()
    counts = np.array([len(find_repetitions(recording)) for recording in data.data])
    print(f"watch: {len(counts)} sets of nominally 20 repetitions")
    print(f"  exactly 20: {np.mean(counts == 20):.3f} ({np.sum(counts == 20)})")
    print(f"  19 to 21:   {np.mean(abs(counts - 20) <= 1):.3f}")
    for row in np.flatnonzero(counts != 20):
        print(
            f"  outlier: set {row}, {data.target[row]}, person {data.subject[row]}, "
            f"{data.side[row]}: {counts[row]}"
        )


def gym_recordings(path: Path, *, every: int = 1) -> tuple[list[Recording], Any]:
    """Return the recordings of the gym and the number of repetitions of each.

    At a lower rate, each sample is the mean of ``every``, as a sensor that filters gives.
    """
    stored = np.load(path)
    rows = np.split(stored["values"], stored["n_samples"].cumsum()[:-1], axis=1)
    recordings = []
    for values, label in zip(rows, stored["label"], strict=True):
        n = values.shape[1] // every
        means = values[:, : n * every].reshape(len(values), n, every).mean(axis=2)
        recordings.append(
            Recording.from_array(
                means.astype(float),
                sampling_rate_hz=float(stored["sampling_rate_hz"]) / every,
                channel_names=[str(name) for name in stored["channel_names"]],
                label=str(label),
            )
        )
    return recordings, stored["repetitions"]


def gym(path: Path) -> None:
    """Count the repetitions of all bouts in each recording of a gym."""
    variants = {
        "100 Hz": ({}, None),
        "12.5 Hz": ({"every": 8}, None),
        "100 Hz, acceleration alone": ({}, ["TotalAcceleration"]),
        "12.5 Hz, acceleration alone": ({"every": 8}, ["TotalAcceleration"]),
        "100 Hz, gyroscope alone": ({}, ["Gyroscope"]),
    }
    for name, (how, sensors) in variants.items():
        recordings, true = gym_recordings(path, **how)
        bouts = []
        for recording in recordings:
            streams = {s: recording.streams[s] for s in sensors or recording.streams}
            bouts.append(find_bouts(replace(recording, streams=streams)))
        counts = np.array([sum(len(b.repetitions) for b in found) for found in bouts])
        away = np.abs(counts - true)
        print(
            f"gym, {name}: {len(true)} recordings, exact {np.mean(away == 0):.3f}, within "
            f"one {np.mean(away <= 1):.3f}, mean error {away.mean():.2f}, without a bout "
            f"{sum(not found for found in bouts)}, with several "
            f"{sum(len(found) > 1 for found in bouts)}"
        )
        if how or sensors:
            continue
        labels = np.array([recording.label for recording in recordings])
        for label in np.unique(labels):
            rows = np.flatnonzero(labels == label)
            wrong = ", ".join(
                f"{row}: {true[row]} true, {counts[row]} found"
                for row in rows[away[rows] > 0]
            )
            print(
                f"  {label}: {len(rows)} recordings, exact {np.sum(away[rows] == 0)}, "
                f"within one {np.sum(away[rows] <= 1)}; {wrong or 'all exact'}"
            )


class CachedCounter(RepetitionCounter):
    """A counter that searches each recording once for each way to count."""

    found: ClassVar[dict[Any, tuple[int, float]]] = {}

    def _movements(self, recording: Recording, way: Any) -> tuple[int, float]:
        # The factor multiplies what is found.
        key = recording.source, replace(way, factor=1.0)
        if key not in self.found:
            self.found[key] = super()._movements(recording, way)
        return self.found[key]


def counter(data: Path) -> None:
    """Compare counting as in training sets with counting without training."""
    path = data / "benchmark" / "gym_watch.npz"
    if path.is_file():
        recordings, true = gym_recordings(path)
        exercises = [recording.label for recording in recordings]
        # One person: sets are left out, each a fifth of its exercise.
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "The least populated class")
            cv = StratifiedKFold(5, shuffle=True, random_state=0)
            folds = list(cv.split(exercises, exercises))
        compare_counts("gym, sets left out", recordings, true, exercises, folds)
    folder = data / "exermote"
    if folder.is_dir():
        made = load_exermote(folder)
        true = np.array([len(repetitions) for repetitions in made.repetitions])
        folds = list(LeaveOneGroupOut().split(true, groups=made.subject))
        compare_counts(
            "exermote, people left out",
            made.data,
            true,
            made.target,
            folds,
            cut=True,
            pairs=True,
        )
    watch_sets = load_watch()
    true = np.full(len(watch_sets.data), 20)
    folds = list(LeaveOneGroupOut().split(true, groups=watch_sets.subject))
    compare_counts(
        "watch, people left out", watch_sets.data, true, watch_sets.target, folds, cut=True
    )


def quality() -> None:
    """Compare the quality of simulated sets with their truth."""
    made = make_exercise_recordings(
        4, 1, ["squat", "lunge", "jumping_jack", "side_leg_raise"], random_state=1
    )
    away = []
    for recording, true in zip(made.data, made.repetitions, strict=True):
        (bout,) = find_bouts(recording)
        found = set_quality(recording, bout.repetitions)
        lengths_s = np.diff(true, axis=1)[:, 0]
        slowing = lengths_s[-3:].mean() / lengths_s[:3].mean()
        tempo = np.median(found.tempo_s) / np.median(lengths_s)
        away.append((abs(found.slowing - slowing), abs(tempo - 1)))
        print(
            f"  {recording.source}: slowing {slowing:.2f} true, {found.slowing:.2f} found, "
            f"tempo {tempo:.2f} of the true one, range kept {found.range_kept:.2f}"
        )
    slowing, tempo = np.mean(away, axis=0)
    print(f"quality: mean error of slowing {slowing:.3f}, of tempo {tempo:.3f}")


def compare_counts(
    name: str,
    recordings: Any,
    true: Any,
    exercises: Any,
    folds: Any,
    *,
    cut: bool = False,
    pairs: bool = False,
) -> None:
    """Print the accuracy of counts, and for notes that count pairs."""
    recordings = [
        replace(recording, source=f"{name} {row}")
        for row, recording in enumerate(recordings)
    ]
    exercises = np.asarray(exercises)
    people = np.array([str(recording.subject) for recording in recordings])
    estimator = CachedCounter(segment=not cut)
    # As leave-one-exercise-out would: no exercise is known.
    free = estimator.fit(recordings[:1], true[:1]).predict(recordings)
    notes_of = {"as noted": true} | ({"pairs noted": true // 2} if pairs else {})
    for notes, counts in notes_of.items():
        learned = np.zeros_like(free)
        for train, test in folds:
            estimator.fit(
                [recordings[i] for i in train],
                counts[train],
                exercises=exercises[train],
                groups=people[train] if len(set(people)) > 1 else None,
            )
            learned[test] = estimator.predict(
                [recordings[i] for i in test], exercises=exercises[test]
            )
        for way, said in (("without training", free), ("RepetitionCounter", learned)):
            exact, near = (count_accuracy(counts, said, within=k) for k in (0, 1))
            error = np.mean(np.abs(said - counts))
            print(
                f"{name}, {notes}, {way}: exact {exact:.3f}, within one {near:.3f}, mean "
                f"error {error:.2f}",
                flush=True,
            )
        for exercise in np.unique(exercises):
            rows = exercises == exercise
            shares = " and ".join(
                f"{np.sum(said[rows] == counts[rows])}, "
                f"{np.sum(np.abs(said[rows] - counts[rows]) <= 1)}"
                for said in (free, learned)
            )
            print(f"  {exercise}: of {rows.sum()}, exact and within one {shares}")


def exermote_sets(folder: Path) -> None:
    """Find the repetitions in sets that are cut out as labeled."""
    data = load_exermote(folder)
    n: Counter[tuple[Any, str]] = Counter()
    outliers = []
    lags = []
    for recording, true in zip(data.data, data.repetitions, strict=True):
        found = [(r.start_s, r.end_s) for r in find_repetitions(recording)]
        pairs = match_repetitions(true, found)
        lags += [np.mean(found[j]) - np.mean(true[i]) for i, j in pairs]
        for key in ("all", recording.label, f"person {recording.subject}"):
            n[key, "right"] += len(pairs)
            n[key, "found"] += len(found)
            n[key, "true"] += len(true)
            n[key, "sets"] += 1
            n[key, "exact"] += len(found) == len(true)
        if not len(pairs) == len(found) == len(true):
            outliers.append(
                f"{recording.session} at {true[0, 0]:.0f} s, {recording.label}: "
                f"{len(true)} true, {len(found)} found, {len(pairs)} correct"
            )
    print(f"exermote, labeled sets: {n['all', 'sets']} sets")
    for key in dict.fromkeys(key for key, _ in n):
        print(
            f"  {key}: {rates(n[key, 'right'], n[key, 'found'], n[key, 'true'])}, "
            f"sets counted exactly {n[key, 'exact']} of {n[key, 'sets']}"
        )
    print(f"  found after the label by {np.median(lags):.2f} s (median)")
    for line in outliers:
        print(f"  outlier: {line}")


def exermote_sessions(folder: Path) -> None:
    """Find bouts and repetitions in whole sessions."""
    whole_sessions("exermote, whole sessions", load_exermote(folder, continuous=True))


def simulated() -> None:
    """Find bouts and repetitions in simulated workouts, whose rests are restless."""
    whole_sessions("simulated", make_exercise_recordings(5, 3, random_state=0))


def added() -> None:
    """Count simulated sets with what fools a counter."""
    every = {"handling": 1.0, "slowing": 0.8, "double_peaks": 0.5, "walking_s": 6.0}
    for names in ([], *([name] for name in every), list(every)):
        data = make_exercise_recordings(
            5,
            2,
            rest_s=(25, 35),
            sensors="ideal",
            random_state=0,
            **{name: every[name] for name in names},
        )
        n_true = n_found = n_bouts = 0
        pairs = []
        for recording, true, times in zip(
            data.data, data.bouts, data.repetitions, strict=True
        ):
            bouts = find_bouts(recording)
            n_true, n_bouts = n_true + len(true), n_bouts + len(bouts)
            for i, j in match_bouts(true, [(b.start_s, b.end_s) for b in bouts]):
                n_found += 1
                inside = (times[:, 0] >= true[i][0]) & (times[:, 1] <= true[i][1])
                pairs.append((inside.sum(), len(bouts[j].repetitions)))
        exact, near = (count_accuracy(*zip(*pairs, strict=True), within=k) for k in (0, 1))
        print(
            f"simulated with {', '.join(names) or 'nothing'}: bouts "
            f"{rates(n_found, n_bouts, n_true)}, counted exactly {exact:.3f}, within one "
            f"{near:.3f}"
        )


def whole_sessions(name: str, data: Any) -> None:
    """Print precision and recall of bouts and repetitions in recordings of workouts."""
    n: Counter[tuple[Any, str]] = Counter()
    outliers = []
    for recording, true, repetitions in zip(
        data.data, data.bouts, data.repetitions, strict=True
    ):
        bouts = find_bouts(recording)
        found = [(bout.start_s, bout.end_s) for bout in bouts]
        inside = [(r.start_s, r.end_s) for bout in bouts for r in bout.repetitions]
        pairs = match_bouts(true, found)
        clock = np.arange(*recording.overlap_s, 0.1)
        truth, said = on_clock(true, clock), on_clock(found, clock)
        for key in ("all", f"person {recording.subject}"):
            for what, counted in {
                "bouts": (len(pairs), len(found), len(true)),
                "time": (int((truth & said).sum()), int(said.sum()), int(truth.sum())),
                "repetitions": (
                    len(match_repetitions(repetitions, inside)),
                    len(inside),
                    len(repetitions),
                ),
            }.items():
                for part, value in zip(("right", "found", "true"), counted, strict=True):
                    n[key, f"{what} {part}"] += value
        hit, said_right = {i for i, _ in pairs}, {j for _, j in pairs}
        where = recording.session or recording.name
        for kind, spans, known in (
            ("missed", true, hit),
            ("false", found, said_right),
        ):
            outliers += [
                f"{kind}: {where}, {start_s:.1f} to {end_s:.1f} s"
                for i, (start_s, end_s) in enumerate(spans)
                if i not in known
            ]
    print(f"{name}: {len(data.data)}")
    for key in dict.fromkeys(key for key, _ in n):
        for what in ("bouts", "time", "repetitions"):
            counted = (n[key, f"{what} {part}"] for part in ("right", "found", "true"))
            print(f"  {key}, {what}: {rates(*counted)}")
    for line in outliers:
        print(f"  {line}")


def on_clock(spans: Any, clock: Any) -> Any:
    """Return whether each time of a clock is in a span."""
    return np.any(
        [(clock >= a) & (clock < b) for a, b in spans] or [clock < clock[0]], axis=0
    )


def main() -> None:
    """Print all figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=DATA, help="folder of the data sets")
    parser.add_argument("--only", choices=PARTS)
    arguments = parser.parse_args()
    folder = arguments.data / "exermote"
    start_s = time.perf_counter()
    if arguments.only in (None, "watch"):
        watch()
    if arguments.only in (None, "gym"):
        path = arguments.data / "benchmark" / "gym_watch.npz"
        if path.is_file():
            gym(path)
        else:
            print(f"gym: skipped, there is no file {path}")
    if arguments.only in (None, "simulated"):
        simulated()
    if arguments.only in (None, "added"):
        added()
    for name, part in (("sets", exermote_sets), ("sessions", exermote_sessions)):
        if arguments.only in (None, name):
            if folder.is_dir():
                part(folder)
            else:
                print(f"exermote, {name}: skipped, there is no folder {folder}")
    if arguments.only in (None, "counter"):
        counter(arguments.data)
    if arguments.only in (None, "quality"):
        quality()
    print(f"{time.perf_counter() - start_s:.0f} s")


if __name__ == "__main__":
    main()
