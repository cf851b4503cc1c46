"""The live engine: equality with the offline answers, speed, memory, accuracy, delay.

Run ``python tests/benchmarks/bench_streaming.py``, or some parts of it with ``--only``. The
watch data come with the package seglearn. Recordings of phones are looked for in
``--data``, by default in ``shared/data`` beside the repository; what is missing there is
left out with a message.
"""

import argparse
import sys
import tempfile
import time
import tracemalloc
import warnings
from collections import Counter
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold
from sklearn.pipeline import make_pipeline

from sk_imu import ExerciseClassifier, Flatten, Recording, SensorStream
from sk_imu.datasets import (
    load_exermote,
    load_phone_exercises,
    load_watch,
    make_exercise_recordings,
)
from sk_imu.export import export_onnx
from sk_imu.segmentation._set_segmenter import match_bouts
from sk_imu.streaming import SetTracker, StreamingClassifier

sys.path.insert(0, str(Path(__file__).parents[1]))
from made_arrivals import (
    as_rows,
    found_recordings,
    pieces_of,
    push_all,
    sensors_of,
)

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
#: Samples of this time are lost together.
MESSAGES_S = (0.2, 1.0)


def quick_model():
    """Return a model of the watch data that answers in little time."""
    watch = load_watch()
    quick = make_pipeline(Flatten(), LogisticRegression(C=1e-3))
    return ExerciseClassifier(quick).fit(watch.data[::5], watch.target[::5])


def part_of_watch():
    one = load_watch().data[3]
    return one.between(one.overlap_s[0], one.overlap_s[0] + 14)


def equality(arguments):
    """Count the chunkings whose answers are not those of predict_windows."""
    recordings = {"watch": part_of_watch(), **found_recordings(arguments.data)}
    model = quick_model()
    for name, recording in recordings.items():
        live = StreamingClassifier(
            model, sensors=sensors_of(recording), side=recording.side
        )
        n_each = arguments.chunkings // len(recordings)
        counts = Counter()
        for seed in range(n_each):
            rng = np.random.default_rng(seed)
            if seed % 10 == 0:  # another excerpt
                start_s = recording.overlap_s[0] + rng.uniform(0, 6)
                excerpt = recording.between(start_s, start_s + 8)
                offline = as_rows(live.predict_windows(excerpt))
            pieces = pieces_of(
                excerpt,
                live.sensors_,
                rng,
                most_late_s=rng.uniform(0, 0.49),
                most_pieces=int(rng.choice([3, 30, 300])),
                doubled=rng.uniform(),
            )
            counts["different"] += as_rows(push_all(live, pieces)) != offline
            counts.update(late=live.n_late_, pieces=len(pieces), windows=len(offline))
        print(
            f"equality, {name}: {counts['different']} of {n_each} chunkings differ; "
            f"{counts['windows'] / n_each:.1f} windows and {counts['pieces'] / n_each:.0f} "
            f"messages each, {counts['late']} late samples",
            flush=True,
        )


def messages(recording, sensors, length_s):
    """Yield (sensor, times, values, axes) of one message after the other."""
    start_s, end_s = recording.overlap_s
    # The same number ends a message and begins the next, so that no sample is lost.
    edges_s = [-np.inf, *np.arange(start_s + length_s, end_s, length_s), np.inf]
    for edges in pairwise(edges_s):
        for sensor in sensors:
            stream = recording.streams[sensor]
            a, b = stream.timestamps_s.searchsorted(edges)
            yield sensor, stream.timestamps_s[a:b], stream.values[a:b], stream.axes


def phone_of(arguments):
    """Return three sensors at 100 Hz, of an iPhone or else made."""
    found = found_recordings(arguments.data)
    if "iPhone" in found:
        return found["iPhone"]
    print("no recording of a phone: one is simulated")
    made = make_exercise_recordings(1, 1, random_state=0).data[0]
    return made.between(made.overlap_s[0], made.overlap_s[0] + 14)


def repeated(recording, sensors, n_seconds):
    """Return the same movement again and again, on a clock that goes on."""
    start_s, end_s = recording.overlap_s
    length_s = end_s - start_s
    n = int(np.ceil(n_seconds / length_s))
    streams = {}
    for sensor in sensors:
        stream = recording.streams[sensor]
        kept = (stream.timestamps_s >= start_s) & (stream.timestamps_s < end_s)
        times_s = stream.timestamps_s[kept] - start_s
        times_s = np.concatenate([times_s + i * length_s for i in range(n)])
        values = np.tile(stream.values[kept], (n, 1))
        streams[sensor] = SensorStream(times_s, values, stream.axes)
    return Recording(streams)


def speed(arguments):
    """Measure how much faster than real time messages of 0.2 s are answered."""
    phone = phone_of(arguments)
    sensors = sensors_of(phone)
    recording = repeated(phone, sensors, 120)
    watch = load_watch()
    for name in arguments.models:
        model = ExerciseClassifier(name, random_state=0)
        model.fit(watch.data[::2], watch.target[::2])
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "model.onnx")
            export_onnx(model, path)
            for what, fitted in {"fitted": model, "ONNX file": path}.items():
                live = StreamingClassifier(fitted, sensors=sensors)
                print(f"speed, {name}, {what}: {_speed(live, recording)}", flush=True)


def _speed(live, recording):
    pieces = list(messages(recording, live.sensors_, 0.2))
    times_ms = []
    for piece in pieces:
        began = time.process_time_ns()
        answers = live.push(*piece)
        took_ms = (time.process_time_ns() - began) / 1e6
        times_ms += [took_ms / len(answers) for _ in answers]
    live.reset()
    # As a whole, because a look at the clock may take a fifth of a message's time.
    began_s = time.process_time()
    for piece in pieces:
        live.push(*piece)
    total_s = time.process_time() - began_s
    return (
        f"{recording.duration_s / total_s:.0f} times real time; processor time "
        f"of a window: median {np.median(times_ms):.2f} ms, p99 "
        f"{np.quantile(times_ms, 0.99):.2f} ms, of {len(times_ms)}"
    )


def memory(arguments):
    """Print the memory in use during the replay of an hour."""
    phone = phone_of(arguments)
    sensors = sensors_of(phone)
    recording = repeated(phone, sensors, 3600)
    live = StreamingClassifier(quick_model(), sensors=sensors)
    pieces = messages(recording, sensors, 0.2)
    tracemalloc.start()
    used, n_answers = [], 0
    for i, piece in enumerate(pieces):
        n_answers += len(live.push(*piece))
        if i % (len(sensors) * 5 * 600) == 1500:
            used.append(tracemalloc.get_traced_memory()[0] / 1e6)
    tracemalloc.stop()
    print(f"memory every ten minutes of an hour, {n_answers} answers, in MB:", end=" ")
    print(", ".join(f"{one:.2f}" for one in used), flush=True)


def with_losses(recording, length_s, rng):
    """Return a recording without a tenth of the messages, each of one sensor."""
    streams = {}
    for sensor, stream in recording.streams.items():
        number = ((stream.timestamps_s - stream.start_s) // length_s).astype(int)
        kept = rng.random(number.max() + 1) >= 0.1
        rows = kept[number]
        streams[sensor] = SensorStream(
            stream.timestamps_s[rows], stream.values[rows], stream.axes
        )
    return replace(recording, streams=streams)


def accuracy(arguments):
    """Score windows of people who were left out: offline, streamed, and with losses."""
    watch = load_watch()
    data = {"watch, fixed wear": (watch, {})}
    folder = arguments.data / "phone_exercises"
    if folder.exists():
        data["phones, free wear"] = (load_phone_exercises(folder), {"wear": "free"})
    for place, (bunch, parameters) in data.items():
        for name in arguments.models:
            clf = ExerciseClassifier(name, random_state=0, **parameters)
            _accuracy(f"{place}, {name}", clf, bunch)


def _accuracy(title, clf, bunch):
    right = {"offline": [], "streamed": []}
    right |= {f"10 % of {length_s:g} s lost": [] for length_s in MESSAGES_S}
    n_windows = dict.fromkeys(right, 0)
    folds = GroupKFold(5).split(bunch.data, bunch.target, bunch.subject)
    for train, test in folds:
        clf.fit([bunch.data[i] for i in train], bunch.target[train])
        for i in test:
            one, rng = bunch.data[i], np.random.default_rng(i)
            label = bunch.target[i]
            live = StreamingClassifier(clf, sensors=_sensors(clf, one), step_seconds=1)
            offline = _offline(clf, one, live)
            variants = {"streamed": one}
            for length_s in MESSAGES_S:
                lossy = with_losses(one, length_s, rng)
                variants[f"10 % of {length_s:g} s lost"] = lossy
            right["offline"] += [a == label for a in offline]
            for what, recording in variants.items():
                answers = live.predict_windows(recording)
                right[what] += [a.label == label for a in answers]
                n_windows[what] += len(answers)
    n_windows["offline"] = len(right["offline"])
    for what, hits in right.items():
        print(
            f"accuracy, {title}, {what}: {np.mean(hits):.4f} of {n_windows[what]} windows",
            flush=True,
        )


def _sensors(clf, recording):
    wanted = list(dict.fromkeys(name.rpartition("_")[0] for name in clf.channel_names_))
    if "TotalAcceleration" in recording.streams or "TotalAcceleration" not in wanted:
        return wanted
    return ["Accelerometer", "Gravity", *wanted[1:]]


def _offline(clf, recording, live):
    """Return the labels of windows cut from the whole recording's derived channels."""
    (whole,) = clf.pipeline_[:-1].transform([recording])
    start_s = recording.overlap_s[0]
    rate_hz, n = live._resampler.rate_hz, live._grid.n_timesteps
    labels = []
    k = live._grid.at_or_after(start_s)
    begin = round((live._grid.starts_s(k) - start_s) * rate_hz)
    while begin + n <= whole.shape[1]:
        labels.append(clf.pipeline_[-1].predict([whole[:, begin : begin + n]])[0])
        k += 1
        begin = round((live._grid.starts_s(k) - start_s) * rate_hz)
    return labels


def delay(arguments):
    """Measure the time from a change of exercise to the first right answer."""
    watch = load_watch()
    for name in arguments.models:
        delays_s, n_changes = [], 0
        folds = GroupKFold(5).split(watch.data, watch.target, watch.subject)
        for train, test in folds:
            clf = ExerciseClassifier(name, random_state=0)
            clf.fit([watch.data[i] for i in train], watch.target[train])
            for before, after in pairwise(test):
                same_person = watch.subject[before] == watch.subject[after]
                if not same_person or watch.target[before] == watch.target[after]:
                    continue
                if watch.data[before].side != watch.data[after].side:
                    continue
                n_changes += 1
                delays_s += _delay(clf, watch.data[before], watch.data[after])
        print(
            f"delay, {name}: median {np.median(delays_s):.1f} s, 90 % within "
            f"{np.quantile(delays_s, 0.9):.1f} s; {len(delays_s)} of {n_changes} changes "
            "answered correctly",
            flush=True,
        )


def _delay(clf, before, after):
    """Return when the exercise after a change is named, as a list of one or none."""
    streams = {}
    for sensor, stream in after.streams.items():
        old = before.streams[sensor]
        kept = old.timestamps_s > old.end_s - 10
        step_s = stream.timestamps_s[1] - stream.timestamps_s[0]
        shift_s = old.end_s + step_s - stream.start_s
        streams[sensor] = SensorStream(
            np.concatenate([old.timestamps_s[kept], stream.timestamps_s + shift_s]),
            np.concatenate([old.values[kept], stream.values]),
        )
    changed_s = before.overlap_s[1]
    live = StreamingClassifier(clf, side=after.side, step_seconds=0.2)
    wait_s = live.after_seconds + live.lateness_seconds
    for answer in live.predict_windows(replace(after, streams=streams)):
        if answer.time_s > changed_s and answer.label == after.label:
            return [answer.time_s + wait_s - changed_s]
    return []


def events(arguments):
    """Follow the sets of whole sessions of people who were left out."""
    folder = arguments.data / "exermote"
    if not folder.exists():
        print(f"events: no exermote in {arguments.data}")
        return
    sets, sessions = load_exermote(folder), load_exermote(folder, continuous=True)
    for name in arguments.models:
        n, lags_s, off = Counter(), {"begin": [], "end": []}, []
        folds = GroupKFold(3).split(sets.data, sets.target, sets.subject)
        for train, test in folds:
            clf = ExerciseClassifier(name, random_state=0, unknown=0.1)
            clf.fit([sets.data[i] for i in train], sets.target[train])
            for i in np.flatnonzero(np.isin(sessions.subject, sets.subject[test])):
                _session(clf, sessions, i, n, lags_s, off)
        print(
            f"events, {name}: precision {n['right'] / max(n['found'], 1):.3f} "
            f"({n['right']} of {n['found']} sets), recall {n['right'] / n['true']:.3f} "
            f"({n['right']} of {n['true']}), correctly labeled {n['labeled']} of "
            f"{n['right']}; repetitions off by 0: {np.mean(np.abs(off) == 0):.2f}, by at "
            f"most 1: {np.mean(np.abs(off) <= 1):.2f}"
        )
        for kind, lag_s in lags_s.items():
            print(
                f"events, {name}, {kind}: {np.median(lag_s):.1f} s after (median), 90 % "
                f"within {np.quantile(lag_s, 0.9):.1f} s",
                flush=True,
            )


def _session(clf, sessions, i, n, lags_s, off):
    """Count the sets of a session that are found, and when that is known."""
    one = sessions.data[i]
    sensors = _sensors(clf, one)
    live = StreamingClassifier(clf, sensors=sensors, side=one.side, step_seconds=1)
    tracker = SetTracker(live)
    begun, ended, now_s = {}, [], -np.inf
    for piece in messages(one, sensors, 0.5):
        now_s = max(now_s, *piece[1].tolist()[-1:], -np.inf)
        for event in tracker.push(*piece):
            if event.kind == "begin":
                begun[event.number] = now_s
            elif event.kind == "end":
                ended.append((event, begun[event.number], now_s))
    last = [event for event in tracker.finish() if event.kind == "end"]
    ended += [(event, begun.get(event.number), None) for event in last]
    true = sessions.bouts[i]
    pairs = match_bouts(true, [(event.start_s, event.end_s) for event, *_ in ended])
    n.update(found=len(ended), true=len(true), right=len(pairs))
    for at, j in pairs:
        event, begun_s, ended_s = ended[j]
        start_s, end_s = true[at]
        n["labeled"] += event.label == sessions.bout_labels[i][at]
        if begun_s is not None:
            lags_s["begin"].append(begun_s - start_s)
        if ended_s is not None:
            lags_s["end"].append(ended_s - end_s)
        inside = sessions.repetitions[i].mean(axis=1)
        n_true = int(((inside > start_s) & (inside < end_s)).sum())
        off.append((event.repetitions or 0) - n_true)


PARTS = {part.__name__: part for part in (equality, speed, memory, accuracy, delay, events)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", nargs="+", choices=PARTS, default=list(PARTS))
    parser.add_argument("--models", nargs="+", default=["cnn-gru", "svm"])
    parser.add_argument("--chunkings", type=int, default=10_000)
    parser.add_argument("--data", type=Path, default=DATA)
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    for part in arguments.only:
        PARTS[part](arguments)


if __name__ == "__main__":
    main()
