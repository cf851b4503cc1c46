"""Unknown movements: found by the detector that ``ExerciseClassifier(unknown=...)`` uses.

exercises  leave one exercise and one of four groups of people out: is the exercise found
           to be unknown, among the known sets of people who are not in the training set?
rest       the same for rest and walking, all kinds of them left out together
rates      known exercises of unseen people: how many sets are called unknown?
live       the same for the windows of a stream, by StreamingClassifier
windows    exercises, rest and walking left out: are they found in windows of 4 s?
device     devices turned by 180 and 90 degrees about each axis, and devices that are not:
           which are said to be turned, one person left out at a time?
models     the probability of a model in the place of the detector

    python tests/benchmarks/bench_unknown.py exercises rest rates live windows device
    python tests/benchmarks/bench_unknown.py models --models rf cnn-gru --data watch
    python tests/benchmarks/bench_unknown.py table --figures docs/results/figures

Scores are kept in the folder ``--out`` and not computed twice; ``table`` prints what is
there. The data sets are those of bench_people, and Exermote for rest, from ``--folder``.
"""

import argparse
import os
import warnings
from collections.abc import Iterator
from functools import cache, partial
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("NUMBA_NUM_THREADS", "1")

import bench_people
import numpy as np
import pandas as pd
from scipy.spatial.transform import Rotation
from sklearn.metrics import roc_auc_score

from sk_imu import DataQualityWarning, ExerciseClassifier, UnknownDetector
from sk_imu.calibration._device import Worn
from sk_imu.calibration._seen import LEAST_SETS
from sk_imu.calibration._similarity import Similarity
from sk_imu.datasets import load_exermote
from sk_imu.pipelines import make_pipeline_for, wear_of
from sk_imu.preprocessing import motion_channels
from sk_imu.streaming import StreamingClassifier
from sk_imu.study import UnseenPeople

# Exercises that count as rest, and as walking.
REST = {
    "utd-mhad": [],
    "dsads-right-arm": [
        *("sitting", "standing", "lying_on_back", "lying_on_side"),
        *("standing_in_elevator", "moving_in_elevator"),
    ],
    "wisdm-watch": ["sitting", "standing"],
    "exermote": ["rest"],
}
WALKING = {
    "utd-mhad": ["walk in place"],
    "dsads-right-arm": [
        *("walking_in_parking_lot", "treadmill_walking_flat"),
        *("treadmill_walking_incline", "ascending_stairs", "descending_stairs"),
    ],
    "wisdm-watch": ["walking", "stairs"],
    "exermote": [],
}
N_FOLDS = 4
# Of the data sets with more exercises, these many are left out in turn, to save time.
MOST_EXERCISES = 8
_SHORTEST_REST_S = 5.0
WINDOW_S, STEP_S = 4.0, 1.0
_COMMANDS = ("exercises", "rest", "rates", "live", "windows", "device")


def load(name: str, folder: str):
    """Return recordings, labels, people and channels, with the breaks of Exermote."""
    if name != "exermote":
        return bench_people.load(name, folder)
    sets = load_exermote(Path(folder) / "exermote")
    sessions = load_exermote(Path(folder) / "exermote", continuous=True)
    X, y = list(sets.data), [str(label) for label in sets.target]
    for session, bouts in zip(sessions.data, sessions.bouts, strict=True):
        start_s, end_s = session.overlap_s
        ends = np.concatenate([[start_s], *bouts, [end_s]]).reshape(-1, 2)
        rests = [r for r in ends if r[1] - r[0] >= _SHORTEST_REST_S]
        X += [session.between(*rest) for rest in rests]
        y += ["rest"] * len(rests)
    return X, np.array(y), np.array([r.subject for r in X]), motion_channels(X)


@cache
def transformed(name: str, folder: str):
    """Return all sets as the detector gets them, their labels and people."""
    X, y, people, channels = load(name, folder)
    # Once for all folds. Of the people left out, only the scale of channels is known.
    steps = make_pipeline_for("svm", 0, channels=channels, wear=wear_of(X))[:-1]
    return [np.asarray(row) for row in steps.fit_transform(X)], y, people


@cache
def described(name: str, folder: str):
    """Return the detector's tables of all sets, their labels and people."""
    series, y, people = transformed(name, folder)
    return UnknownDetector(sampling_rate_hz=25.0)._describe(series), y, people


@cache
def described_windows(name: str, folder: str) -> list[np.ndarray]:
    """Return the detector's tables of at most ten windows of each set."""
    detector = UnknownDetector(sampling_rate_hz=25.0, live_window_seconds=WINDOW_S)
    return detector._describe_windows(transformed(name, folder)[0])


class OfRows(UnknownDetector):
    """The detector on row numbers of sets that are described already."""

    tables: np.ndarray
    windows: list[np.ndarray]

    def _describe(self, series):
        return self.tables[:, np.asarray(series)[:, 0].astype(int)]

    def _describe_windows(self, series):
        if self.live_window_seconds is None:
            return None
        return [self.windows[i] for i in np.asarray(series)[:, 0].astype(int)]


def folds(y: np.ndarray, people: np.ndarray, left_out: list[str]) -> Iterator:
    """Yield the train and test rows of four groups of people, without some exercises."""
    for fold in UnseenPeople(N_FOLDS).splits(y, people, quick=False, seed=0):
        yield fold.train[~np.isin(y[fold.train], left_out)], fold.test


def scores_of(name: str, left_out: list[str], folder: str) -> pd.DataFrame:
    """Return one row per set of people left out, with exercises left out as well."""
    tables, y, people = described(name, folder)
    parts = []
    for fold, (train, test) in enumerate(folds(y, people, left_out)):
        detector = OfRows()
        detector.tables = tables
        detector.fit(train[:, None].astype(float), y[train], groups=people[train])
        rows = test[:, None].astype(float)
        parts.append(
            pd.DataFrame(
                {
                    "fold": fold,
                    "row": test,
                    "subject": people[test],
                    "y_true": y[test],
                    "left_out": np.isin(y[test], left_out),
                    "known": detector.score_samples(rows),
                    "rejected": detector.predict(rows) < 0,
                }
            )
        )
    return pd.concat(parts)


def windows_of(name: str, left_out: list[str], folder: str) -> pd.DataFrame:
    """Return one row per window of people left out, with exercises left out as well."""
    tables, y, people = described(name, folder)
    parts = []
    for fold, (train, test) in enumerate(folds(y, people, left_out)):
        detector = OfRows(live_window_seconds=WINDOW_S)
        detector.tables, detector.windows = tables, described_windows(name, folder)
        detector.fit(train[:, None].astype(float), y[train], groups=people[train])
        rows = np.repeat(test, [detector.windows[i].shape[1] for i in test])
        windows = np.concatenate([detector.windows[i] for i in test], axis=1)
        known = Similarity(**detector._learned).score(windows)
        parts.append(
            pd.DataFrame(
                {
                    "fold": fold,
                    "row": rows,
                    "subject": people[rows],
                    "y_true": y[rows],
                    "left_out": np.isin(y[rows], left_out),
                    "known": known,
                    "by sets": known < detector.offset_,
                    "rejected": known < detector.live_offset_,
                }
            )
        )
    return pd.concat(parts)


def live(name: str, folder: str) -> pd.DataFrame:
    """Return how many windows of each set are unknown in a stream, and whether the set is.

    Every set is a stream of its own, so that no window holds anything else.
    """
    X, y, people, channels = load(name, folder)
    rows = []
    for fold, (train, test) in enumerate(folds(y, people, [])):
        clf = ExerciseClassifier(
            "svm", channels=channels, window_seconds=WINDOW_S, unknown=True
        )
        clf.fit([X[i] for i in train], y[train], groups=people[train])
        detector, scores = clf.unknown_detector_, []
        detector.score_samples = partial(_kept, detector.score_samples, scores)
        stream = StreamingClassifier(clf, step_seconds=STEP_S)
        for i in test:
            is_unknown = clf.predict([X[i]])[0] == "unknown"
            scores.clear()
            answers = stream.predict_windows(X[i])
            rows.append(
                {
                    "fold": fold,
                    "subject": people[i],
                    "set": is_unknown,
                    "n": len(answers),
                    "windows": sum(one.label == "unknown" for one in answers),
                    "by sets": sum(score < detector.offset_ for score in scores),
                }
            )
    return pd.DataFrame(rows)


def _kept(ask, scores: list[float], series) -> np.ndarray:
    scores += ask(series).tolist()
    return np.array(scores[-len(series) :])


def shares_live(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the share of sets and of windows that are called unknown, by data set."""
    lines = []
    for data, part in frame.groupby("data", sort=False):
        counts = part[["by sets", "windows"]].sum() / part["n"].sum()
        by_person = part.groupby("subject")[["windows", "n"]].sum()
        lines.append(
            {
                "data": data,
                "sets": part["set"].mean(),
                "windows by the sets' threshold": counts["by sets"],
                "windows": counts["windows"],
                "worst person": (by_person["windows"] / by_person["n"]).max(),
                "number of windows": part["n"].sum(),
            }
        )
    return pd.DataFrame(lines)


def of_model(
    name: str, model: str, left_out: list[str], folder: str, seed: int
) -> pd.DataFrame:
    """Return the largest probability, or decision value, of a model without a detector."""
    X, y, people, channels = load(name, folder)
    parts = []
    for fold, (train, test) in enumerate(folds(y, people, left_out)):
        pipeline = make_pipeline_for(model, seed, channels=channels, wear=wear_of(X))
        pipeline.fit([X[i] for i in train], y[train])
        has_proba = hasattr(pipeline, "predict_proba")
        ask = pipeline.predict_proba if has_proba else pipeline.decision_function
        values = ask([X[i] for i in test])
        parts.append(
            pd.DataFrame(
                {
                    "fold": fold,
                    "row": test,
                    "subject": people[test],
                    "y_true": y[test],
                    "left_out": np.isin(y[test], left_out),
                    "known": values.max(axis=1),
                }
            )
        )
    return pd.concat(parts)


def device(name: str, folder: str) -> pd.DataFrame:
    """Return whether each person's sets are said to be turned, for each turn of them."""
    X, y, people, channels = load(name, folder)
    steps = make_pipeline_for("svm", 0, channels=channels, wear=wear_of(X))[:-1]
    series = steps.fit_transform(X)
    names = list(series[0].channel_names)
    axes = [names.index(f"TotalAcceleration_{axis}") for axis in "xyz"]
    # What the check reads: the mean of these channels.
    names, gravity = names[axes[0] : axes[2] + 1], [one[axes].mean(1) for one in series]
    turns = {"not turned": np.eye(3)}
    for degrees in (180, 90):
        for axis in "xyz":
            turn = Rotation.from_euler(axis, degrees, degrees=True).as_matrix()
            turns[f"{degrees}° about {axis}"] = turn
    rows = []
    for person in np.unique(people):
        own = np.flatnonzero(people == person)
        rest = np.flatnonzero(people != person)
        known = [gravity[i][:, None] for i in rest]
        worn = Worn.fit(known, names, y[rest], people[rest])
        groups = {"all": own}
        groups |= {label: own[y[own] == label] for label in np.unique(y[own])}
        for kind, sets in groups.items():
            if len(sets) < LEAST_SETS:
                continue
            for name_of, turn in turns.items():
                found = worn.turn(np.array([turn @ gravity[i] for i in sets]))
                rows.append(
                    {
                        "subject": person,
                        "sets": "all exercises" if kind == "all" else "one exercise",
                        "turn": name_of,
                        "said": found is not None,
                        "right": found is not None and np.allclose(found @ turn, np.eye(3)),
                    }
                )
    return pd.DataFrame(rows)


def turned(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the share that is said to be turned, by data set and turn."""
    keys = ["data", "sets"]
    table = frame.pivot_table("said", keys, "turn", sort=False)
    named = frame[frame["said"] & (frame["turn"] != "not turned")]
    table["of these, turn right"] = named.groupby(keys)["right"].mean()
    return table.reset_index()


def tasks(what: str, name: str, y: np.ndarray) -> dict[str, list[str]]:
    """Return which exercises are left out, by the name of the task."""
    if what == "rest":
        both = REST[name] + WALKING[name]
        return {"rest and walking": both} if both else {}
    if what == "windows":
        of_rest = tasks("rest", name, y) if name in REST else {}
        return of_rest if name == "exermote" else {**tasks("", name, y), **of_rest}
    labels = np.unique(y)
    if len(labels) > MOST_EXERCISES:
        labels = np.random.default_rng(0).permutation(labels)[:MOST_EXERCISES]
    return {label: [label] for label in labels.tolist()}


def run(options: argparse.Namespace, what: str, name: str, model: str = "") -> None:
    """Compute the scores that are not there yet."""
    path = options.out / f"{what}{model and '-' + model}-{name}.csv"
    if path.exists():
        return
    if what in ("device", "live"):
        ask = {"device": device, "live": live}[what]
        ask(name, options.folder).assign(data=name).to_csv(path, index=False)
        return
    _, y, people = described(name, options.folder)
    if what == "rates":
        frame = scores_of(name, [], options.folder).assign(task="none")
    else:
        parts = []
        for task, left_out in tasks(what, name, y).items():
            if model:
                part = of_model(name, model, left_out, options.folder, seed=0)
            else:
                ask = windows_of if what == "windows" else scores_of
                part = ask(name, left_out, options.folder)
            parts.append(part.assign(task=task))
        frame = pd.concat(parts)
    frame.assign(data=name).to_csv(path, index=False)
    print(f"{path}: {len(set(people.tolist()))} people", flush=True)


def found(frame: pd.DataFrame) -> pd.DataFrame:
    """Return how well what was left out is found, by task."""
    lines = []
    for (data, task), part in frame.groupby(["data", "task"], sort=False):
        line = {"data": data, "left out": task}
        line["AUROC"] = roc_auc_score(part["left_out"], -part["known"])
        if "by sets" in part:
            line["found by the sets' threshold"] = part.loc[
                part["left_out"], "by sets"
            ].mean()
        if "rejected" in part:
            line["found"] = part.loc[part["left_out"], "rejected"].mean()
            line["known rejected"] = part.loc[~part["left_out"], "rejected"].mean()
        lines.append(line)
    return pd.DataFrame(lines)


def by_data(lines: pd.DataFrame) -> pd.DataFrame:
    """Return the mean over the exercises of each data set, and its worst exercise."""
    groups = lines.groupby("data", sort=False)
    table = groups.mean(numeric_only=True)
    table.insert(1, "worst AUROC", groups["AUROC"].min())
    worst = lines.loc[groups["AUROC"].idxmin()].set_index("data")["left out"]
    table["worst exercise"] = worst
    return table


def kinds_of_rest(frame: pd.DataFrame) -> pd.DataFrame:
    """Return how well rest, and walking, are found among the exercises."""
    lines = []
    for data, part in frame.groupby("data", sort=False):
        for kind, labels in (("rest", REST[data]), ("walking", WALKING[data])):
            rows = part["y_true"].isin(labels)
            if rows.any():
                kept = part[rows | ~part["left_out"]].assign(task=kind)
                lines.append(found(kept))
    return pd.concat(lines)


def of_windows(frame: pd.DataFrame) -> pd.DataFrame:
    """Return how well windows of exercises, rest and walking are found, by data set."""
    is_rest = frame["task"] == "rest and walking"
    exercises = by_data(found(frame[~is_rest])).drop(columns="worst exercise")
    table = exercises.reset_index().assign(**{"left out": "exercises"})
    if is_rest.any():
        table = pd.concat([table, kinds_of_rest(frame[is_rest])])
    return table.set_index(["data", "left out"]).reset_index()


def rates(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the share of known sets that are called unknown, by data set."""
    by_person = frame.groupby(["data", "subject"], sort=False)["rejected"].mean()
    groups = by_person.groupby(level="data", sort=False)
    table = frame.groupby("data", sort=False)["rejected"].mean().to_frame("sets")
    table["mean over people"] = groups.mean()
    table["worst person"] = groups.max()
    table["people"] = groups.size()
    return table


def read(out: Path, what: str) -> pd.DataFrame:
    """Return the kept scores, in the order of the data sets."""
    paths = [out / f"{what}-{name}.csv" for name in (*bench_people.DATA, "exermote")]
    parts = [pd.read_csv(path) for path in paths if path.exists()]
    return pd.concat(parts) if parts else pd.DataFrame()


def show(options: argparse.Namespace) -> None:
    """Print the tables, and write them for the page ``results/unknown``."""
    tables = {}
    kinds = ["exercises", *(f"models-{model}" for model in bench_people.MODELS)]
    for what in kinds:
        frame = read(options.out, what)
        if len(frame):
            tables[what] = by_data(found(frame))
    for what, make in (
        ("rest", kinds_of_rest),
        ("rates", rates),
        ("live", shares_live),
        ("windows", of_windows),
        ("device", turned),
    ):
        frame = read(options.out, what)
        if len(frame):
            tables[what] = make(frame)
    plain = ("rest", "live", "windows", "device")
    for what, table in tables.items():
        print(f"\n{what}\n{table.round(3).to_string()}")
        if options.figures is not None:
            path = options.figures / f"unknown_{what.replace('-', '_')}.csv"
            table.to_csv(path, float_format="%.3f", index=what not in plain)


def main() -> None:
    """Compute, and print tables."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    choices = [*_COMMANDS, "models", "table"]
    parser.add_argument("what", nargs="+", choices=choices)
    parser.add_argument("--data", nargs="+", default=[*bench_people.DATA, "exermote"])
    parser.add_argument("--models", nargs="+", default=["rf"])
    parser.add_argument("--folder", default="../shared/data")
    parser.add_argument("--out", type=Path, default="unknown")
    parser.add_argument("--figures", type=Path, help="write the tables of the page here")
    options = parser.parse_args()
    warnings.simplefilter("ignore", DataQualityWarning)
    options.out.mkdir(parents=True, exist_ok=True)
    for what in options.what:
        for name in options.data:
            if what == "rest" and name not in REST:
                continue
            if what not in ("rest", "windows") and name == "exermote":
                continue
            if what == "device" and name.startswith("phone"):
                continue  # carried in any way
            if what == "models":
                for model in options.models:
                    run(options, what, name, model)
            elif what != "table":
                run(options, what, name)
    show(options)


if __name__ == "__main__":
    main()
