"""Recordings unlike the training sets: said so, and nothing said of those that are like.

One person is left out at a time, or one of 10 groups where there are more than a dozen
people.  The check of ``ExerciseClassifier(unknown=True)`` learns from the others, and is
asked about each person left out: as they were recorded, and changed.

10 Hz             a sample every tenth of a second
acceleration ...  divided, or multiplied, by 9.81, as if the unit were mistaken
angular rate ...  multiplied, or divided, by 57.3
turned            by 180° about the z axis
other place       the same exercises by the same person, with the phone at the other place
                  (hand and pocket), without its placement being said, and with it
untrained         as they were recorded, but the others did half of the exercises only
live              the sets one after the other, as a stream; as recorded, a difference
                  counts if it is said at any time, and else if it is said at the end

    python tests/benchmarks/bench_drift.py run
    python tests/benchmarks/bench_drift.py table --figures docs/results/figures

The answers are kept in the folder ``--out`` and not computed twice; ``table`` prints what
is there.  The data sets are those of bench_people, from ``--folder``.
"""

import argparse
import os
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

os.environ.setdefault("OMP_NUM_THREADS", "1")

import warnings

import bench_people
import numpy as np
import pandas as pd

from sk_imu import (
    DataQualityWarning,
    ExerciseClassifier,
    Recording,
    SensorStream,
    UnknownDetector,
)
from sk_imu.calibration import DeviceCheck
from sk_imu.calibration._device import Worn
from sk_imu.calibration._seen import Seen
from sk_imu.calibration._similarity import Similarity
from sk_imu.pipelines import make_pipeline_for

OTHER_PLACE = {"phone-hand": "phone-pocket", "phone-pocket": "phone-hand"}
#: How the sentence about each change begins, or what it holds.
SAYS = {
    "rate": "real update rate",
    "strength": "values of",
    "place said": "is at another place of the body: ",
    "turn": "is turned by about",
    "unlike": "unlike the training sets",
}
#: Of the windows of a stream.
WINDOW_S, STEP_S = 4.0, 1.0
_ACCELERATION = ("Accelerometer", "Gravity", "TotalAcceleration")


def changed(recording: Recording, change) -> Recording:
    """Return a recording with other times and values of each stream."""
    streams = {
        name: SensorStream(*change(name, stream.timestamps_s, stream.values))
        for name, stream in recording.streams.items()
    }
    return replace(recording, streams=streams)


def slower(name, times_s, values):
    """Return a sample every tenth of a second."""
    first = np.unique(np.floor(times_s * 10), return_index=True)[1]
    return times_s[first], values[first]


def scaled(sensors, factor):
    """Return the change that multiplies the values of some sensors."""

    def change(name, times_s, values):
        return times_s, values * factor if name.startswith(sensors) else values

    return change


def turned(name, times_s, values):
    """Return values of a device that is turned by 180° about its z axis."""
    return times_s, values * [-1, -1, 1] if values.shape[1] == 3 else values


CHANGES = {
    "10 Hz": slower,
    "acceleration in g": scaled(_ACCELERATION, 1 / 9.80665),
    "acceleration times 9.81": scaled(_ACCELERATION, 9.80665),
    "angular rate in °/s": scaled("Gyroscope", np.rad2deg(1)),
    "angular rate in rad, taken as °": scaled("Gyroscope", np.deg2rad(1)),
    "turned by 180° about z": turned,
}


class OfRows(UnknownDetector):
    """The detector on row numbers of sets that are described already."""

    tables: np.ndarray

    def _describe(self, series):
        return self.tables[:, np.asarray(series)[:, 0].astype(int)]


class Checked:
    """The checks of an ExerciseClassifier, fitted without some people.

    The sets are transformed and described once for all folds. Of the people left out,
    only the scale of channels is known.
    """

    def __init__(self, name: str, folder: str) -> None:
        self.X, self.y, self.people, self.channels = bench_people.load(name, folder)
        wear = bench_people.wear_of(self.X)
        steps = make_pipeline_for("svm", 0, channels=self.channels, wear=wear)
        n_before = list(steps.named_steps).index("resample") + 1
        self.uniform = steps[:n_before].fit_transform(self.X)
        self.series = steps[n_before:-1].fit_transform(self.uniform)
        self.tables = UnknownDetector(sampling_rate_hz=25.0)._describe(
            [np.asarray(row) for row in self.series]
        )
        self.classifier = ExerciseClassifier("svm", unknown=True)
        self.classifier.pipeline_ = steps
        self.sensors = {channel.rpartition("_")[0] for channel in self.channels}

    def fit(self, rows: np.ndarray) -> None:
        """Learn from some sets what the check compares with."""
        detector = OfRows(sampling_rate_hz=25.0)
        detector.tables = self.tables
        detector.fit(rows[:, None].astype(float), self.y[rows], groups=self.people[rows])
        self.detector = detector
        resampler = self.classifier.pipeline_.named_steps["resample"]
        self.classifier._seen = Seen.fit(
            [self.X[i] for i in rows],
            [self.uniform[i] for i in rows],
            resampler.channel_names_,
            self.people[rows],
            detector.similarity_by_group_,
        )._asdict()
        derived = self.classifier.pipeline_.named_steps["derive"]
        worn = None
        if derived.wear == "fixed":
            series = [self.series[i] for i in rows]
            names = derived.channel_names_out_
            worn = Worn.fit(series, names, self.y[rows], self.people[rows].astype(str))
        self.classifier._worn = None if worn is None else worn._asdict()

    def said(self, recordings: list, rows: np.ndarray | None = None) -> str:
        """Return which difference is said of one person's sets, or nothing."""
        uniform, series = self.classifier._transformed(recordings)

        def similarity(sets):
            tables = self.tables[:, rows] if rows is not None else None
            if tables is None:
                tables = UnknownDetector(sampling_rate_hz=25.0)._describe(
                    [np.asarray(row) for row in sets]
                )
            return Similarity(**self.detector._learned).score(tables)

        self.classifier.unknown_detector_ = SimpleNamespace(score_samples=similarity)
        line = self.classifier._difference(recordings, uniform, series)
        return kind_of(line)

    def said_live(self, recordings: list, *, at_any_time: bool) -> str:
        """Return which difference is said of a stream of one person's sets, or nothing."""
        check = DeviceCheck(self.classifier, STEP_S)
        uniform, _ = self.classifier._transformed(recordings)
        begin_s = 0.0
        for recording in recordings:
            for name in recording.streams.keys() & self.sensors:
                stream = recording.streams[name]
                times_s = stream.timestamps_s - recording.overlap_s[0] + begin_s
                check.add_samples(name, np.column_stack([times_s, stream.values]))
            begin_s += recording.duration_s
        values, said = np.concatenate(uniform, axis=1), []
        size, step = round(WINDOW_S * 25), round(STEP_S * 25)
        for start in range(0, values.shape[1] - size + 1, step):
            check.add_window(values[:, start : start + size])
            said += check.lines() if at_any_time else []
        return kind_of(next(iter(said if at_any_time else check.lines()), None))


def kind_of(line: str | None) -> str:
    """Return which difference a sentence is about."""
    return next((kind for kind, text in SAYS.items() if line and text in line), "")


def answers(name: str, folder: str) -> pd.DataFrame:
    """Return what is said of each person, as recorded and changed."""
    checked = Checked(name, folder)
    other = OTHER_PLACE.get(name)
    X_other, _, people_other, _ = bench_people.load(other, folder) if other else [[]] * 4
    rows = []
    for fold in bench_people.folds(checked.y, checked.people):
        checked.fit(fold.train)
        for person in np.unique(checked.people[fold.test]):
            places = np.flatnonzero(checked.people == person)
            # A place that is not said is found by the movement alone.
            own = [replace(checked.X[i], placement=None) for i in places]
            found = {"as recorded": checked.said(own, places)}
            for change, how in CHANGES.items():
                if change.startswith("angular") and "Gyroscope_x" not in checked.channels:
                    continue
                found[change] = checked.said([changed(one, how) for one in own])
            theirs = [
                one for one, who in zip(X_other, people_other, strict=True) if who == person
            ]
            if theirs:
                found["other place, said"] = checked.said(theirs)
                theirs = [replace(one, placement=None) for one in theirs]
                found["other place"] = checked.said(theirs)
            found["live, as recorded"] = checked.said_live(own, at_any_time=True)
            for change, how in CHANGES.items():
                if change in found:
                    sets = [changed(one, how) for one in own]
                    said = checked.said_live(sets, at_any_time=False)
                    found[f"live, {change}"] = said
            rows += [
                {"data": name, "person": person, "case": case, "said": said}
                for case, said in found.items()
            ]
        labels = np.random.default_rng(len(rows)).permutation(np.unique(checked.y))
        known = ~np.isin(checked.y[fold.train], labels[: len(labels) // 2])
        checked.fit(fold.train[known])
        for person in np.unique(checked.people[fold.test]):
            places = np.flatnonzero(checked.people == person)
            own = [replace(checked.X[i], placement=None) for i in places]
            said = checked.said(own, places)
            rows += [{"data": name, "person": person, "case": "untrained", "said": said}]
        print(f"{name}: {fold.name}", flush=True)
    return pd.DataFrame(rows)


def tables(frame: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Return the share of people of whom anything is said, by data set and case."""
    frame = frame.assign(any=frame["said"].fillna("") != "")
    live = frame["case"].str.startswith("live, ")
    found = {}
    for what, part in (("drift", frame[~live]), ("drift_live", frame[live])):
        part = part.assign(case=part["case"].str.removeprefix("live, "))
        shares = part.pivot_table("any", "data", "case", sort=False)
        shares.insert(0, "people", frame.groupby("data")["person"].nunique())
        found[what] = shares
    return found


def main() -> None:
    """Compute, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("what", nargs="+", choices=["run", "table"])
    parser.add_argument("--data", nargs="+", default=list(bench_people.DATA))
    parser.add_argument("--folder", default="../shared/data")
    parser.add_argument("--out", type=Path, default="drift")
    parser.add_argument("--figures", type=Path, help="write the table of the page here")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    warnings.simplefilter("ignore", DataQualityWarning)
    if "run" in options.what:
        for name in options.data:
            path = options.out / f"{name}.csv"
            if not path.exists():
                answers(name, options.folder).to_csv(path, index=False)
    paths = [options.out / f"{name}.csv" for name in bench_people.DATA]
    frame = pd.concat([pd.read_csv(path) for path in paths if path.exists()])
    for what, shares in tables(frame).items():
        print(f"\n{what}\n{shares.round(3).to_string()}")
        if options.figures is not None:
            shares.to_csv(options.figures / f"{what}.csv", float_format="%.3f")
    plain = frame[frame["case"].str.contains("as recorded|untrained")]
    print(plain[plain["said"].notna()].to_string(index=False))


if __name__ == "__main__":
    main()
