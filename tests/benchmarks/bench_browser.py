"""How much the exported page differs from the package, and how long it takes.

Run ``python tests/benchmarks/bench_browser.py``. A model is trained on simulated
recordings and exported; the page recognizes real exports of the app Sensor Logger in
headless Chromium. They are looked for in ``--data``, by default in ``shared/data`` beside
the repository. ``--picture FILE`` draws the picture of the documentation instead, from a
simulated workout. ``--sets`` plays workouts to the live part of the page instead, sample
by sample, and compares its sets with those of the whole recording: the sessions of
Exermote, if they are beside the repository, and simulated ones. ``--live FILE`` draws the
live part while an emulated phone does squats. ``--onnxruntime-web`` is that of
``sk-imu export``.
"""

import argparse
import sys
import tempfile
import time
import warnings
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from sk_imu import (
    ExerciseClassifier,
    Recording,
    Resampler,
    SensorStream,
    find_bouts,
    read_recording,
)
from sk_imu.datasets import load_exermote, make_exercise_recordings
from sk_imu.export import export_web
from sk_imu.readers import write_sensor_logger
from sk_imu.recognition import fit_recordings, recognize
from sk_imu.segmentation import sets_of

sys.path.insert(0, str(Path(__file__).parents[1]))

from driven_browser import Browser, Served
from emulated_phone import EmulatedPhone

DATA = Path(__file__).resolve().parents[3] / "shared" / "data" / "sensor_logger"
ANSWER = """
(async () => {
  const { readRecording, recognize, between, DEFAULTS } = await import("./analysis.js");
  const { resample } = await import("./signal/resampler.js");
  const { loadModel } = await import("./model.js");
  const model = await loadModel(new URL("./", location.href));
  const answers = [];
  for (const [name, paths] of given) {
    const files = await Promise.all(paths.map(async (path) =>
      [path.split("/").at(-1), await (await fetch(`../data/${path}`)).blob()]));
    try {
      const start = performance.now();
      const recording = await readRecording(name, files);
      const read = performance.now();
      const result = await recognize(recording, model, DEFAULTS);
      const end = performance.now();
      const uniform = result.sets.map((set) => resample(
        between(recording, set.startS, set.endS, model), model.settings).channels
        .map((channel) => Array.from(channel)));
      answers.push({ name, sets: result.sets, uniform, readMs: read - start,
        recognizeMs: end - read });
    } catch (error) { answers.push({ name, error: error.message }); }
  }
  return answers;
})()
"""
LOOKS = """
(async () => {
  const { LiveRecording } = await import("./live.js");
  const { loadModel } = await import("./model.js");
  const model = await loadModel(new URL("./", location.href));
  const axes = [...new Set(given.map(({ sensor }) => sensor))];
  // What no sensor of the recording gives is not asked for: then, only sets are looked for.
  const isKnown = model.settings.channels.every((name) =>
    axes.includes(name.slice(0, name.lastIndexOf("_")).toLowerCase()));
  const live = new LiveRecording("live", isKnown ? model : {
    ...model, settings: { ...model.settings, channels: [] },
  });
  const events = given.flatMap(({ sensor, times, rows }) => times.map((time, i) =>
    ({ timeMs: 1000 * time, sensors: { [sensor]: rows[i] } })));
  events.sort((a, b) => a.timeMs - b.timeMs);
  const shown = [], took = [];
  let over = [], first = 0;
  for (let endMs = events[0].timeMs + 1000; first < events.length; endMs += 1000) {
    let stop = first;
    while (stop < events.length && events[stop].timeMs < endMs) stop++;
    live.push(events.slice(first, stop));
    first = stop;
    const begun = performance.now();
    const found = await live.look();
    took.push(performance.now() - begun);
    over = found.set ? [...found.over, found.set] : found.over;
    shown.push([endMs / 1000, found.set?.repetitions.length ?? null]);
  }
  const startS = events[0].timeMs / 1000;
  return { shown, took, isKnown, over: over.map(({ repetitions, exercise }) => [
    repetitions[0].startS + startS, repetitions.at(-1).endS + startS, repetitions.length,
    exercise ?? null,
  ]) };
})()
"""


def compare(
    model: ExerciseClassifier, answer: dict[str, Any], path: Path
) -> dict[str, Any]:
    """Return a row on one recording: the differences between the page and the package."""
    row: dict[str, Any] = {"recording": path.name}
    if "error" in answer:
        return {**row, "refused": answer["error"][:60]}
    recording = read_recording(path)
    table = recognize(model, [recording])
    sets, _ = sets_of([recording])
    resampler = model.pipeline_.named_steps["resample"]
    own = Resampler(**{**resampler.get_params(), "dtype": "float64"})
    own.fit(sets)
    resampled = 0.0
    for one, uniform in zip(answer["sets"], answer["uniform"], strict=True):
        piece = recording.between(one["startS"], one["endS"])
        expected = np.asarray(own.transform([piece])[0])
        away = np.abs(np.array(uniform) - expected).max() / np.abs(expected).max()
        resampled = max(resampled, away)
    shown = pd.DataFrame(answer["sets"])
    windows = 0.0
    voter = model.pipeline_.named_steps["classify"]
    for one, piece in zip(answer["sets"], sets, strict=True):
        panels, _ = voter._windows(model.pipeline_[:-1].transform([piece]))
        scores = np.array([window["scores"] for window in one["windows"]])
        expected = voter.estimator_.predict_proba(panels)
        windows = max(windows, np.abs(scores - expected).max())
    ends = np.abs(shown[["startS", "endS"]] - table[["start_s", "end_s"]].to_numpy())
    return {
        **row,
        "seconds": round(recording.duration_s),
        "sets": len(table),
        "windows": sum(len(one["windows"]) for one in answer["sets"]),
        "resampled": resampled,
        "ends_s": ends.to_numpy().max(),
        "repetitions": int(
            np.sum([len(r) for r in shown["repetitions"]] != table["repetitions"])
        ),
        "window_probability": windows,
        "labels": int(np.sum(shown["exercise"] != table["exercise"])),
        "read_ms": round(answer["readMs"]),
        "recognize_ms": round(answer["recognizeMs"]),
    }


def measure(model: ExerciseClassifier, browser: Browser, url: str, data: Path) -> None:
    """Print a row for each recording in a folder."""
    paths = sorted(data.iterdir())
    given = [
        [
            p.name,
            [f.relative_to(data).as_posix() for f in (p.iterdir() if p.is_dir() else [p])],
        ]
        for p in paths
    ]
    browser.open(f"{url}page/")
    browser.wait("document.documentElement.dataset.ready")
    answers = browser.evaluate(f"globalThis.given = {given!r}; {ANSWER}")
    rows = [compare(model, one, path) for one, path in zip(answers, paths, strict=True)]
    print(pd.DataFrame(rows).to_string(index=False, na_rep=""))


def look(browser: Browser, recording: Recording) -> dict[str, Any]:
    """Return what the live part of the page shows of a recording."""
    start_s, end_s = recording.overlap_s
    given = [
        {
            "sensor": sensor.lower(),
            "times": stream.timestamps_s.tolist(),
            "rows": stream.values.tolist(),
        }
        for sensor, stream in recording.between(start_s, end_s).streams.items()
        if sensor != "Orientation"
    ]
    answer: dict[str, Any] = browser.evaluate(f"globalThis.given = {given!r}; {LOOKS}")
    return answer


def compare_sets(
    name: str, recordings: list[Recording], browser: Browser, model: ExerciseClassifier
) -> None:
    """Print how the live sets differ from those of the whole recordings."""
    n_sets = n_same = n_counts = n_labels = n_known = 0
    away_s, took_ms, late = [], [], []
    for recording in recordings:
        bouts = find_bouts(recording)
        found = look(browser, recording)
        took_ms += found["took"]
        n_sets += len(bouts)
        live = np.array([one[:3] for one in found["over"]], dtype=float).reshape(-1, 3)
        for bout in bouts:
            shown = [n for at, n in found["shown"] if 1 <= at - bout.end_s < 2]
            late.append(abs((shown[0] or 0) - len(bout.repetitions)) if shown else np.nan)
            ends = np.abs(live[:, :2] - [bout.start_s, bout.end_s]).max(axis=1, initial=0)
            if not len(ends) or ends.min() > 1:
                continue
            n_same += 1
            away_s.append(ends.min())
            n_counts += live[ends.argmin(), 2] == len(bout.repetitions)
            if found["isKnown"]:
                piece = recording.between(bout.start_s, bout.end_s)
                label = found["over"][ends.argmin()][3]
                n_labels += model.predict([piece])[0] == label
                n_known += 1
        n_more = len(live) - sum(
            any(abs(b.start_s - s) < 1 and abs(b.end_s - e) < 1 for b in bouts)
            for s, e, _ in live
        )
        if n_more:
            print(f"  {recording.name}: {n_more} sets that the whole recording has not")
    most_s = np.max(away_s, initial=0)
    shown_in = np.array(late)[~np.isnan(late)]
    print(
        f"{name}: {n_same} of {n_sets} sets within a second at both ends, {n_counts} of "
        f"them with the same repetitions; ends away by at most {most_s:.0e} s"
    )
    if n_known:
        print(f"  {n_labels} of {n_known} labels are those of the package")
    print(
        f"  one to two seconds after a set's end, its count is shown exactly in "
        f"{np.mean(shown_in == 0):.3f} and within one in {np.mean(shown_in <= 1):.3f}"
    )
    print(
        f"  a look takes {np.median(took_ms):.0f} ms (median), "
        f"{np.quantile(took_ms, 0.99):.0f} ms (99 %)",
        flush=True,
    )


def sets_live(browser: Browser, url: str, data: Path, model: ExerciseClassifier) -> None:
    """Compare live sets on real sessions and simulated workouts."""
    browser.open(f"{url}page/")
    browser.wait("document.documentElement.dataset.ready")
    if (data.parent / "exermote").is_dir():
        sessions = load_exermote(data.parent / "exermote", continuous=True).data
        compare_sets(f"Exermote, {len(sessions)} sessions", sessions, browser, model)
    else:
        print(f"{data.parent / 'exermote'}: there is no such folder, left out")
    made = make_exercise_recordings(3, 3, random_state=5).data
    compare_sets(f"simulated, {len(made)} workouts", made, browser, model)


def draw_live(browser: Browser, url: str, picture: Path) -> None:
    """Write a picture of the page while an emulated phone does squats."""
    squats = make_exercise_recordings(1, 1, ["squat"], random_state=7).data[0]
    phone = EmulatedPhone(browser, squats)
    browser.set_width(390, 844)
    browser.open(f"{url}page/")
    browser.wait("document.documentElement.dataset.ready")
    browser.evaluate("document.getElementById('live-start').click()")
    phone.move(30)
    browser.picture(picture)


def workout() -> Recording:
    """Return a simulated workout of three exercises, one after the other."""
    parts = make_exercise_recordings(1, 2, random_state=12).data
    streams: dict[str, list[tuple[Any, Any]]] = {}
    start_s = 0.0
    for part in parts:
        first_s, last_s = part.overlap_s
        for sensor, stream in part.between(first_s, last_s).streams.items():
            times = stream.timestamps_s - first_s + start_s
            streams.setdefault(sensor, []).append((times, stream.values))
        start_s += last_s - first_s + 0.02
    merged = {
        sensor: SensorStream(
            np.concatenate([times for times, _ in pieces]),
            np.concatenate([values for _, values in pieces]),
            parts[0].streams[sensor].axes,
        )
        for sensor, pieces in streams.items()
    }
    return replace(parts[0], streams=merged, label=None)


def draw(browser: Browser, url: str, picture: Path) -> None:
    """Write a picture of the page with a simulated workout."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "workout.zip")
        write_sensor_logger(workout(), file)
        browser.set_width(1080, 900)
        browser.open(f"{url}page/")
        browser.wait("document.documentElement.dataset.ready")
        browser.give_files("#files", [file])
        browser.wait("document.getElementById('status').textContent.startsWith('Done')")
        browser.evaluate(
            "const side = document.querySelector('[name=side]'); side.value = 'right';"
            "side.dispatchEvent(new Event('change', { bubbles: true })); undefined"
        )
        browser.wait("document.getElementById('status').textContent.startsWith('Done')")
        browser.picture(picture)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--onnxruntime-web")
    parser.add_argument("--model", default="cnn-gru")
    instead = parser.add_mutually_exclusive_group()
    instead.add_argument("--picture", type=Path)
    instead.add_argument("--sets", action="store_true")
    instead.add_argument("--live", type=Path)
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    made = make_exercise_recordings(6, 3, random_state=0)
    model = fit_recordings(made.data, options.model)
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch, "served")
        folder.mkdir()
        export_web(model, folder / "page", onnxruntime_web=options.onnxruntime_web)
        if options.data.is_dir():
            (folder / "data").symlink_to(options.data)
        browser = Browser(Path(scratch), timeout_s=600)
        start = time.monotonic()
        with Served(folder) as served:
            if options.picture:
                draw(browser, served.url, options.picture)
            elif options.live:
                draw_live(browser, served.url, options.live)
            elif options.sets:
                sets_live(browser, served.url, options.data, model)
            elif options.data.is_dir():
                measure(model, browser, served.url, options.data)
            else:
                print(f"{options.data}: there is no such folder. Nothing is measured.")
        browser.close()
        print(f"{time.monotonic() - start:.0f} s in the browser")


if __name__ == "__main__":
    main()
