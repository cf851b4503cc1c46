"""Counting while the samples arrive: equality with the finished recording, delay, speed.

Run ``python tests/benchmarks/bench_counting.py``. The sessions of Exermote and the
recordings of a gym are looked for in ``--data``, by default in ``shared/data`` beside the
repository, and left out with a message if they are missing.
"""

import argparse
import sys
import time
import tracemalloc
import warnings
from pathlib import Path

import numpy as np

from sk_imu import find_bouts
from sk_imu.datasets import load_exermote, make_exercise_recordings
from sk_imu.streaming import StreamingCounter

sys.path.insert(0, str(Path(__file__).parent))
from bench_segmentation import gym_recordings
from bench_streaming import messages, repeated

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
#: A set's count is looked at so long after its end.
SHOWN_S = 2.0


def recordings_of(data):
    """Yield the name and recordings of each data set that is there."""
    path = data / "benchmark" / "gym_watch.npz"
    if path.is_file():
        yield "gym, 97 recordings", gym_recordings(path)[0]
    else:
        print(f"gym: skipped, there is no file {path}")
    if (data / "exermote").is_dir():
        yield (
            "exermote, 36 sessions",
            load_exermote(data / "exermote", continuous=True).data,
        )
    else:
        print(f"exermote: skipped, there is no folder {data / 'exermote'}")
    yield "simulated", make_exercise_recordings(5, 3, random_state=0).data


def counter_of(recording, **parameters):
    """Return a counter and the sensors that it uses."""
    counter = StreamingCounter(list(recording.streams), **parameters)
    return counter, list(counter._bouts.axes)


def stream(recording, **parameters):
    """Return the events, each with the time when it came, and the processor time."""
    counter, sensors = counter_of(recording, **parameters)
    newest_s, events = -np.inf, []
    pieces = list(messages(recording, sensors, 0.2))
    began = time.process_time()
    for piece in pieces:
        newest_s = max(newest_s, *piece[1].tolist()[-1:], -np.inf)
        events += [(newest_s, event) for event in counter.push(*piece)]
    events += [(None, event) for event in counter.finish()]
    return events, time.process_time() - began


def compare(name, recordings, **parameters):
    """Compare the sets of streams with those of find_bouts."""
    n_equal, n_sets, cpu_s, n_changed = 0, 0, 0.0, []
    begins_s, behind, ends_s, drops = [], [], [], 0
    for recording in recordings:
        bouts = find_bouts(recording)
        events, took_s = stream(recording, **parameters)
        cpu_s += took_s
        final = [event for _, event in events if event.kind == "end"]
        offline = [(b.start_s, b.end_s, len(b.repetitions)) for b in bouts]
        online = [(one.start_s, one.end_s, one.repetitions) for one in final]
        same = len(offline) == len(online) and np.allclose(offline, online, atol=0.01)
        n_equal += same
        n_sets += len(bouts)
        drops += sum(event.kind == "drop" for _, event in events)
        if not same:
            print(f"  not equal: {recording.name}: {offline} offline, {online} streamed")
            continue
        for number, bout in enumerate(bouts, start=1):
            own = [(at, e) for at, e in events if e.number == number and at is not None]
            seen = [(at, e) for at, e in own if e.kind in ("begin", "update")]
            if not seen:
                continue
            begins_s.append(seen[0][0] - bout.start_s)
            shown = [e.repetitions for at, e in seen if at <= bout.end_s + SHOWN_S]
            if recording.overlap_s[1] > bout.end_s + SHOWN_S:
                n_changed.append((shown or [0])[-1] - len(bout.repetitions))
            usual_s = np.median([r.duration_s for r in bout.repetitions])
            for k, one in enumerate(bout.repetitions, start=1):
                counted = [at for at, e in seen if e.repetitions >= k]
                # Those before the set was known could not be counted earlier.
                if counted and one.end_s > seen[0][0]:
                    behind.append((counted[0] - one.end_s) / usual_s)
            ends_s += [at - bout.end_s for at, e in own if e.kind == "end"]
    total_s = sum(recording.duration_s for recording in recordings)
    away, behind = np.abs(n_changed), np.array(behind)
    print(f"{name}: {n_equal} of {len(recordings)} recordings equal, {n_sets} sets")
    print(f"  begins {quantiles(begins_s)} s after the set's beginning, dropped {drops}")
    print(
        f"  a repetition counts {quantiles(behind)} repetitions after its end, "
        f"{np.mean(behind <= 1):.3f} of {len(behind)} within one"
    )
    print(
        f"  {SHOWN_S:g} s after the end of a set, the count is final in "
        f"{np.mean(away == 0):.3f}, within one in {np.mean(away <= 1):.3f} of {len(away)}"
    )
    print(f"  certain {quantiles(ends_s)} s after the end")
    print(f"  {total_s / cpu_s:.0f} times real time", flush=True)


def quantiles(values):
    """Return the median and the ninth decile."""
    if not len(values):
        return "never"
    return f"{np.median(values):.1f} (90 %: {np.quantile(values, 0.9):.1f})"


def speed(recordings):
    """Compare the processor time of a second with that of a search of all samples."""
    recording = recordings[0]
    _, new_s = stream(recording)
    began, n = time.process_time(), 0
    for end_s in np.arange(recording.overlap_s[0] + 10, recording.overlap_s[1], 10):
        find_bouts(recording.between(recording.overlap_s[0], end_s))
        n += 1
    old_s = (time.process_time() - began) / n
    print(
        f"speed: {1000 * new_s / recording.duration_s:.1f} ms of processor time a second; "
        f"a search of all samples until then takes {1000 * old_s:.0f} ms in the mean"
    )


def memory(recording):
    """Print the memory in use while an hour of the same sets comes."""
    counter, sensors = counter_of(recording, update_seconds=5)
    hour, used = repeated(recording, sensors, 3600), []
    tracemalloc.start()
    for i, piece in enumerate(messages(hour, sensors, 1.0)):
        counter.push(*piece)
        if i % (len(sensors) * 600) == 300:
            used.append(tracemalloc.get_traced_memory()[0] / 1e6)
    tracemalloc.stop()
    print(
        f"memory every ten minutes of an hour with {counter.n_sets_} sets, in MB: "
        f"{', '.join(f'{one:.2f}' for one in used)}"
    )


def main() -> None:
    """Print all figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=DATA, help="folder of the data sets")
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    for name, recordings in recordings_of(arguments.data):
        compare(name, recordings)
    compare("simulated, a look every 2 s", recordings, update_seconds=2.0)
    speed(recordings)
    memory(recordings[0])


if __name__ == "__main__":
    main()
