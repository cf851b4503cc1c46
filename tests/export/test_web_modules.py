"""The page's modules give the package's answers: reading, resampling, sets, sides.

Both sides get the same files or samples; a browser runs the page's modules.
"""

import base64
import json
import re
import shutil
import zipfile
from pathlib import Path

import made_faults
import numpy as np
import pytest
from driven_browser import Browser, Served
from made_streams import turning

import sk_imu
from sk_imu import (
    CanonicalSide,
    Recording,
    Resampler,
    SensorStream,
    find_bouts,
    find_repetitions,
    read_recording,
)
from sk_imu.datasets import make_exercise_recordings
from sk_imu.readers import write_sensor_logger
from sk_imu.recording import SENSOR_AXES

pytestmark = pytest.mark.filterwarnings("ignore::sk_imu.DataQualityWarning")

PAGE = Path(sk_imu.__file__).parent / "export" / "_web" / "page"
SHARED = Path(__file__).parents[3] / "shared" / "data" / "sensor_logger"
REAL = sorted(path.name for path in SHARED.glob("*")) or ["none"]
START_NS = 1_701_362_862_701_310_123
TOTAL = [f"TotalAcceleration_{axis}" for axis in "xyz"]
STRICT = {"sampling_rate_hz": 25.0}
KIND = {
    "sampling_rate_hz": 50.0,
    "clock": "mend",
    "missing": "interpolate",
    "gaps": "interpolate",
}

# Functions that the tests call in the page. An error that is meant for the user becomes
# {"error": its message}; any other one fails the test.
BENEATH = """
const { InputError } = await import("/errors.js");
const { readRecording, between } = await import("/analysis.js");
const { resample } = await import("/signal/resampler.js");
const { findBouts, findRepetitions } = await import("/sets/bouts.js");
const { mirrored } = await import("/sets/sides.js");
const refused = async (answer) => {
  try { return await answer(); } catch (error) {
    if (error instanceof InputError) return { error: error.message };
    throw error;
  }
};
const asPlain = (columns) => columns.map((column) => Array.from(column));
const decoded = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
const made = ({ name, streams }) => ({
  name,
  streams: Object.fromEntries(Object.entries(streams).map(([sensor, stream]) => [sensor, {
    place: `${sensor}.csv`, rowWord: "line", axes: stream.axes,
    timesS: Float64Array.from(stream.times),
    columns: stream.columns.map((column) => Float64Array.from(column)),
    rows: stream.times.map((_, i) => i + 2),
  }])),
});
"""


@pytest.fixture(scope="module")
def ask(tmp_path_factory):
    """Return a function that runs code beside the page's modules, with some data."""
    folder = tmp_path_factory.mktemp("page")
    shutil.copytree(PAGE, folder, dirs_exist_ok=True)
    # model.js, which needs ONNX Runtime, is not imported by what is tested here.
    (folder / "blank.html").write_text("<!DOCTYPE html><title>blank</title>")
    browser = Browser(tmp_path_factory.mktemp("browser"), timeout_s=120)
    with Served(folder) as served:
        browser.open(f"{served.url}blank.html")

        def ask(code, **data):
            given = json.dumps(data)  # NaN is a number in JavaScript, too
            return browser.evaluate(
                f"(async ({{{', '.join(data)}}}) => {{{BENEATH}{code}}})({given})"
            )

        yield ask
    browser.close()


def settings_of(resampler, channels):
    names = {
        "sampling_rate_hz": "samplingRateHz",
        "anti_alias": "antiAlias",
        "max_gap_seconds": "maxGapSeconds",
    }
    parameters = {**resampler.get_params(), "channels": channels}
    return {names.get(name, name): value for name, value in parameters.items()}


def packed(path):
    """Return the files of a recording as they go to the page."""
    inside = sorted(path.iterdir()) if path.is_dir() else [path]
    return [[file.name, base64.b64encode(file.read_bytes()).decode()] for file in inside]


READ = """
const blobs = given.map(([path, text]) => [path, new Blob([decoded(text)])]);
const recording = await refused(() => readRecording(name, blobs, options ?? undefined));
if (recording.error) return recording;
"""


# Real recordings


def summary(values):
    """Return what shows that two long arrays are one."""
    values = np.asarray(values, dtype=float)
    weighted = np.nansum(values * np.arange(len(values)))
    return [len(values), int(np.isnan(values).sum()), np.nansum(values), weighted]


@pytest.mark.parametrize("name", REAL)
def test_real_recordings_are_read_resampled_and_cut_alike(ask, name):
    path = SHARED / name
    if not path.exists():
        pytest.skip(f"{path} is missing")
    resamplers = [Resampler(channels=TOTAL, **chosen) for chosen in (STRICT, KIND)]
    found = ask(
        READ
        + """
        const of = (values) => {
          const known = Array.from(values, (x) => (Number.isNaN(x) ? 0 : x));
          const nMissing = Array.from(values).filter(Number.isNaN).length;
          return [known.length, nMissing, known.reduce((sum, x) => sum + x, 0),
            known.reduce((sum, x, i) => sum + x * i, 0)];
        };
        const { notes, doubts, annotations, streams } = recording;
        const bouts = await refused(() => findBouts(recording));
        const uniform = [];
        for (const one of settings) {
          uniform.push(await refused(() => asPlain(resample(recording, one).channels)));
        }
        return {
          notes, doubts, annotations, bouts, uniform,
          streams: Object.fromEntries(Object.entries(streams).map(([sensor, stream]) =>
            [sensor, [stream.axes, ...[stream.timesS, ...stream.columns].map(of)]])),
        };
        """,
        name=name,
        given=packed(path),
        options=None,
        settings=[settings_of(resampler, TOTAL) for resampler in resamplers],
    )
    recording, refusal = outcome(lambda: read_recording(path))
    if refusal:
        assert gist(refusal.removeprefix(f"{SHARED}/")) == gist(found["error"])
        return
    assert list(map(gist, found["doubts"])) == list(map(gist, recording.doubts))
    # The page does not say which columns it passes over.
    notes = [note for note in recording.notes if "columns not read" not in note]
    assert list(map(gist, found["notes"])) == list(map(gist, notes))
    assert found["annotations"] == [list(mark) for mark in recording.annotations]
    assert found["streams"].keys() == recording.streams.keys()
    for sensor, stream in recording.streams.items():
        axes, *shown = found["streams"][sensor]
        assert axes == list(stream.axes)
        expected = [summary(x) for x in (stream.timestamps_s, *stream.values.T)]
        np.testing.assert_allclose(shown, expected, rtol=1e-10, atol=1e-9)
    for resampler, uniform in zip(resamplers, found["uniform"], strict=True):
        compare_uniform(uniform, lambda r=resampler: r.fit_transform([recording])[0])
    compare_bouts(found["bouts"], lambda: find_bouts(recording))


def outcome(function):
    """Return what a function returns, or else the message with which it refuses."""
    try:
        return function(), ""
    except ValueError as error:
        return None, str(error)


def gist(text):
    """Return what a message says, however it is worded: its kind, sensors and numbers."""
    kind = re.match(r"[A-Z]*(?=: )", text)
    sensors = re.findall(rf"\b(?:{'|'.join(SENSOR_AXES)})\b", text)
    return kind and kind[0], sensors, re.findall(r"\d+(?:\.\d+)?", text)


def compare_uniform(found, resampled):
    """Check the page's channels, or that both refuse."""
    expected, refusal = outcome(resampled)
    if refusal:
        assert "error" in found, f"the page does not refuse: {refusal}"
        return
    expected = np.asarray(expected)
    assert "error" not in found, found
    found = np.array(found, dtype=float)
    assert found.shape == expected.shape
    most = np.nanmax(np.abs(expected), axis=1, initial=1e-12, keepdims=True)
    np.testing.assert_allclose(found / most, expected / most, rtol=0, atol=1e-9)


def compare_bouts(found, searched):
    bouts, refusal = outcome(searched)
    if refusal:
        assert "error" in found, f"the page does not refuse: {refusal}"
        return
    assert len(found) == len(bouts)
    for one, bout in zip(found, bouts, strict=True):
        np.testing.assert_allclose(
            [one["startS"], one["endS"], one["confidence"]],
            [bout.start_s, bout.end_s, bout.confidence],
            rtol=0,
            atol=1e-9,
        )
        compare_repetitions(one["repetitions"], bout.repetitions)
        assert one["within"] == bout.within


def compare_repetitions(found, repetitions):
    assert len(found) == len(repetitions)
    for one, repetition in zip(found, repetitions, strict=True):
        np.testing.assert_allclose(
            [one["startS"], one["endS"], one["confidence"]],
            [repetition.start_s, repetition.end_s, repetition.confidence],
            rtol=0,
            atol=1e-9,
        )


# Made-up samples


def plain(recording):
    streams = {
        sensor: {
            "axes": list(stream.axes),
            "times": stream.timestamps_s.tolist(),
            "columns": stream.values.T.tolist(),
        }
        for sensor, stream in recording.streams.items()
    }
    return {"name": recording.name, "streams": streams}


def made_clock(rng, kind, rate_hz, n):
    times = np.arange(n) / rate_hz
    if kind == "jitter":
        times = times + rng.uniform(-0.3, 0.3, n) / rate_hz
    elif kind == "gaps":
        for at in rng.integers(1, n, 2):
            times[at:] += rng.uniform(0.2, 3)
    elif kind == "bursts":
        times = times + 0.3 / rate_hz * rng.random(n)
        at = int(rng.integers(5, n - 5))
        times[at : at + 4] = times[at + 4]
    elif kind == "holes":
        times = times[rng.random(n) > 0.2]
    elif kind == "late":
        at = int(rng.integers(2, n - 2))
        times[[at, at + 1]] = times[[at + 1, at]]
    elif kind == "near":
        at = int(rng.integers(2, n - 2))
        times[at] = times[at + 1] - 1e-4 / rate_hz
    return times + rng.uniform(0, 0.4)


def made_case(seed):
    """Return a recording with clocks of some kind, and a Resampler for it."""
    rng = np.random.default_rng(seed)
    kinds = ("even", "jitter", "gaps", "bursts", "holes", "late", "near")
    streams = {}
    for sensor in ("Accelerometer", "Gravity", "Gyroscope", "Orientation"):
        rate_hz = float(rng.choice([6.3, 24.9, 25.0, 52.7, 99.8, 200.0, 417.0]))
        n = int(rng.choice([2, 3, 5, 40, 400], p=[0.05, 0.05, 0.05, 0.25, 0.6]))
        times = made_clock(
            rng, kinds[rng.integers(len(kinds))] if n > 12 else "even", rate_hz, n
        )
        values = np.cumsum(rng.normal(size=(len(times), 3)), axis=0)
        axes = ("x", "y", "z")
        if sensor == "Orientation":
            axes = SENSOR_AXES[sensor]
            angles = (values + np.pi) % (2 * np.pi) - np.pi
            values = np.concatenate([turning(times), angles], axis=1)
        if rng.random() < 0.15:
            values[rng.integers(len(values)), rng.integers(len(axes))] = np.nan
        streams[sensor] = SensorStream(times, values, axes)
    chosen = [
        ["TotalAcceleration", "Gyroscope"],
        ["Orientation"],
        ["Gyroscope"],
        ["Gravity"],
    ]
    resampler = Resampler(
        sampling_rate_hz=float(rng.choice([20, 25, 50, 100])),
        channels=chosen[rng.integers(4)],
        interpolation=str(rng.choice(["linear", "cubic", "quintic", "quintic"])),
        anti_alias=bool(rng.random() < 0.8),
        missing=str(rng.choice(["error", "interpolate"])),
        clock=str(rng.choice(["error", "mend"])),
        gaps=str(rng.choice(["error", "mark", "interpolate"])),
        max_gap_seconds=[None, "auto", "auto", 0.5][rng.integers(4)],
    )
    return Recording(streams), resampler


def test_made_up_clocks_are_resampled_alike(ask):
    cases = [made_case(seed) for seed in range(150)]
    channels = [
        [
            f"{sensor}_{axis}"
            for sensor in resampler.channels
            for axis in SENSOR_AXES[sensor]
        ]
        for _, resampler in cases
    ]
    found = ask(
        """
        const answers = [];
        for (const [recording, settings] of cases) {
          answers.push(await refused(() =>
            asPlain(resample(made(recording), settings).channels)));
        }
        return answers;
        """,
        cases=[
            [plain(recording), settings_of(resampler, names)]
            for (recording, resampler), names in zip(cases, channels, strict=True)
        ],
    )
    refused = sum("error" in one for one in found)
    assert 15 < refused < 100
    for (recording, resampler), uniform in zip(cases, found, strict=True):
        compare_uniform(uniform, lambda r=resampler, x=recording: r.fit_transform([x])[0])


@pytest.mark.parametrize(
    ("placement", "exercise"),
    [
        ("front pocket", "jumping_jack"),
        ("upper arm", "squat"),
    ],
)
def test_simulated_sets_and_repetitions_are_found_alike(ask, placement, exercise):
    options = {"placement": placement, "exercises": [exercise], "random_state": 3}
    workouts = make_exercise_recordings(1, 2, **options).data
    found = ask(
        "return recordings.map((one) => findBouts(made(one)));",
        recordings=list(map(plain, workouts)),
    )
    assert sum(map(len, found)) == 2
    for bouts, workout in zip(found, workouts, strict=True):
        compare_bouts(bouts, lambda one=workout: find_bouts(one))
    sets = make_exercise_recordings(1, 2, continuous=False, **options).data
    found = ask(
        "return recordings.map((one) => findRepetitions(made(one)));",
        recordings=list(map(plain, sets)),
    )
    for repetitions, one in zip(found, sets, strict=True):
        compare_repetitions(repetitions, find_repetitions(one))


@pytest.mark.parametrize("mirror_axis", ["x", "y", "z"])
@pytest.mark.parametrize("side", ["left", "right", None])
def test_sides_are_mirrored_alike(ask, side, mirror_axis):
    rng = np.random.default_rng(0)
    times = np.arange(20) / 10
    values = {
        sensor: rng.normal(size=(20, len(axes))) for sensor, axes in SENSOR_AXES.items()
    }
    values["Orientation"][:, :4] = turning(times)
    streams = {
        sensor: SensorStream(times, values[sensor], axes)
        for sensor, axes in SENSOR_AXES.items()
    }
    step = CanonicalSide(mirror_axis=mirror_axis)
    recording = Recording(streams, side=side)
    expected = step.fit_transform([recording])[0].streams
    found = ask(
        """
        const rule = { onto: "right", mirrorAxis };
        const streams = mirrored(made(recording).streams, side, rule);
        return Object.fromEntries(Object.entries(streams).map(([sensor, stream]) =>
          [sensor, asPlain(stream.columns)]));
        """,
        recording=plain(recording),
        side=side,
        mirrorAxis=mirror_axis,
    )
    for sensor, stream in expected.items():
        np.testing.assert_array_equal(np.array(found[sensor]).T, stream.values)


# Files


def table(rows, header, delimiter=","):
    return "\n".join(delimiter.join(row) for row in [header, *rows]) + "\n"


def made_rows(rng, n=60, gravity=False, scale=1.0):
    values = rng.normal(size=(n, 3)) + ([0, 0, 9.8] if gravity else [0, 0, 0])
    return [
        [str(START_NS + 10_000_000 * i), f"{i / 100}", *map(repr, (scale * row).tolist())]
        for i, row in enumerate(values)
    ]


def made_files():
    """Yield the name and the files of recordings, good and bad."""
    rng = np.random.default_rng(0)
    header = ["time", "seconds_elapsed", "z", "y", "x"]
    for name in dir(made_faults):
        fault = getattr(made_faults, name)
        if not callable(fault):
            continue
        rows, columns = made_rows(rng), list(header)
        fault(rows, columns, rng)
        yield name, {"Gyroscope.csv": table(rows, columns)}
    whole = {
        "TotalAcceleration.csv": table(made_rows(rng, gravity=True), header),
        "Gyroscope.csv": table(made_rows(rng), header),
        "Annotation.csv": f'time,seconds_elapsed,text\n{START_NS},0,"squat, ""left"""\n',
    }
    for platform in ("ios", "android", "windows"):
        for standardised in ("true", "false"):
            metadata = (
                f"platform,appVersion,standardisation\n{platform},1.47,{standardised}\n"
            )
            yield f"{platform} {standardised}", {**whole, "Metadata.csv": metadata}
    for unit in (9.80665, 1.0, -1.0, -9.80665, 3.0):
        rows = made_rows(rng, gravity=True, scale=unit / 9.8)
        for metadata in ("", "platform\nios\n", "platform\nandroid\n"):
            given = {"AccelerometerUncalibrated.csv": table(rows, header)}
            yield (
                f"unit {unit} {metadata}",
                given | ({"Metadata.csv": metadata} if metadata else {}),
            )
    yield "degrees", {"Gyroscope.csv": table(made_rows(rng, scale=57.3), header)}
    yield "held", {"Accelerometer.csv": table(made_rows(rng, gravity=True), header)}
    yield "damaged", {"Gyroscope.csv": table(made_rows(rng, scale=1e6), header)}
    movement = rng.normal(size=(200, 3)).cumsum(axis=0)
    for scale in (1, -1, 1 / 9.8):
        parts = {
            "TotalAcceleration": movement + [0, 0, 9.8],
            "Accelerometer": scale * movement,
        }
        yield (
            f"movement {scale}",
            {
                f"{sensor}.csv": table(
                    [
                        [str(START_NS + 10_000_000 * i), "0", *map(repr, row)]
                        for i, row in enumerate(values.tolist())
                    ],
                    header,
                )
                for sensor, values in parts.items()
            },
        )
    semicolons = table(made_rows(rng), header, ";")
    yield "decimal commas", {"Gyroscope.csv": semicolons.replace(".", ",")}
    yield "sep", {"Gyroscope.csv": "sep=;\n" + semicolons}
    yield (
        "empty cells",
        {"Gyroscope.csv": table(made_rows(rng), header).replace("0.2,", "0.2,,", 1)},
    )
    yield (
        "folders",
        {"a/Gyroscope.csv": whole["Gyroscope.csv"], "b/Gravity.csv": "time,z,y,x\n"},
    )
    yield "lower case", {"gyroscope.csv": whole["Gyroscope.csv"]}
    yield "quotes", {"Gyroscope.csv": whole["Gyroscope.csv"].replace("seconds", '"sec', 1)}
    yield "null", {"Gyroscope.csv": whole["Gyroscope.csv"] + "\0"}
    yield "not text", {"Gyroscope.csv": b"time,z,y,x\n\xff\xfe\n"}
    yield "mark", {"Gyroscope.csv": b"\xef\xbb\xbf" + whole["Gyroscope.csv"].encode()}
    records = [
        {"sensor": "Gyroscope", "time": row[0], "x": row[4], "y": row[3], "z": row[2]}
        for row in made_rows(rng)
    ]
    yield "json", {"a.json": json.dumps(records)}
    numbers = (
        json.dumps(records).replace('"time": "', '"time": ').replace('", "x"', ', "x"')
    )
    yield "json of numbers", {"a.json": numbers}
    yield "json cut short", {"a.json": json.dumps(records)[:-9]}
    yield "json of others", {"a.json": json.dumps([{"name": "Gyroscope"}])}
    combined = [[*row, *row[2:]] for row in made_rows(rng)]
    names = [f"{sensor}_{axis}" for sensor in ("gyroscope", "gravity") for axis in "zyx"]
    yield "combined", {"a.csv": table(combined, ["time", "seconds_elapsed", *names])}
    watch = ["time", "seconds_elapsed", "accelerationX", "accelerationY", "accelerationZ"]
    yield "watch", {"WristMotion.csv": table(made_rows(rng), watch)}
    yield "nothing", {"notes.txt": "hello"}


#: What the package mends or reads, and the page refuses.
NOT_READ = {"rounded_times"}


def test_files_are_read_or_refused_alike(ask, tmp_path):
    cases, expected = [], []
    for number, (name, contents) in enumerate(made_files()):
        folder = tmp_path / str(number)
        for inside, content in contents.items():
            file = folder / inside
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content if isinstance(content, bytes) else content.encode())
        paths = sorted(p for p in folder.rglob("*") if p.is_file())
        given = [
            [p.relative_to(folder).as_posix(), base64.b64encode(p.read_bytes()).decode()]
            for p in paths
        ]
        cases.append([name, given])
        expected.append(outcome(lambda place=folder: read_recording(place)))
    found = ask(
        f"""
        const answers = [];
        const read = async (name, given, options) => {{{READ}
          const {{ doubts, annotations, streams }} = recording;
          return {{ doubts, annotations, streams: Object.fromEntries(
            Object.entries(streams).map(([sensor, stream]) =>
              [sensor, [Array.from(stream.timesS), ...asPlain(stream.columns)]])) }};
        }};
        for (const [name, given] of cases) answers.push(await read(name, given, null));
        return answers;
        """,
        cases=cases,
    )
    n_read = 0
    for (name, _), answer, (known, refusal) in zip(cases, found, expected, strict=True):
        if refusal or name in NOT_READ:
            assert answer.get("error"), f"{name}: the page does not refuse: {refusal}"
            continue
        assert "error" not in answer, f"{name}: {answer['error']}"
        n_read += 1
        assert list(map(gist, answer["doubts"])) == list(map(gist, known.doubts)), name
        assert answer["annotations"] == [list(mark) for mark in known.annotations], name
        assert answer["streams"].keys() == known.streams.keys(), name
        for sensor, stream in known.streams.items():
            times, *columns = answer["streams"][sensor]
            np.testing.assert_array_equal(times, stream.timestamps_s)
            np.testing.assert_array_equal(
                np.array(columns, dtype=float).T, stream.values, f"{name}, {sensor}"
            )
    assert n_read > 30
    assert n_read < len(cases) - 10


def test_written_recordings_are_read(ask, tmp_path):
    (workout,) = make_exercise_recordings(1, 1, ["squat"], random_state=0).data
    write_sensor_logger(workout, tmp_path / "squat.zip")
    answer = ask(
        READ + "return Object.keys(recording.streams);",
        name="squat.zip",
        given=packed(tmp_path / "squat.zip"),
        options=None,
    )
    assert answer == list(read_recording(tmp_path / "squat.zip").streams)


@pytest.mark.filterwarnings("ignore:Duplicate name:UserWarning")
@pytest.mark.parametrize("damage", ["cut", "flipped", "outside", "bomb", "twice"])
def test_damaged_zips_are_refused(ask, tmp_path, damage):
    file = tmp_path / "a.zip"
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as made:
        name = "../Gyroscope.csv" if damage == "outside" else "Gyroscope.csv"
        made.writestr(name, "time,x,y,z\n" + "1,2,3,4\n" * 1000)
        if damage == "bomb":
            made.writestr("Gravity.csv", b"0" * 2**25)
        if damage == "twice":
            made.writestr(name, "time,x,y,z\n")
    content = bytearray(file.read_bytes())
    if damage == "cut":
        del content[-60:]
    if damage == "flipped":
        content[60] ^= 0xFF
    answer = ask(
        READ + "return {};",
        name="a.zip",
        given=[["a.zip", base64.b64encode(content).decode()]],
        options=None,
    )
    assert answer["error"].startswith("a.zip")
