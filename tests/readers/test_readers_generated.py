"""Generated exports are read correctly, or refused with file, sensor and row.

The slow tests generate 11,000 exports. For twice as many:

SK_IMU_TIMES_GENERATED=2 pytest -m slow tests/readers/test_readers_generated.py
"""

import json
import os
import re
import sqlite3
import tempfile
import zipfile
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from made_faults import (
    CSV_ONLY,
    FAULTS,
    HARMLESS,
    HOUR_NS,
    column_missing,
    empty_cell,
    repeated_row,
    row_cut_short,
    same_stamp,
    text_in_number,
)
from scipy.spatial.transform import Rotation

from sk_imu.readers import read_recording
from sk_imu.recording import SENSOR_AXES, STANDARD_GRAVITY

# Made-up values of single sensors name no platform.
pytestmark = pytest.mark.filterwarnings("ignore::sk_imu.DataQualityWarning")
START_NS = 1_701_362_862_701_310_123
COUNTS: Counter[str] = Counter()
TIMES = int(os.environ.get("SK_IMU_TIMES_GENERATED", "1"))

ACCELERATIONS = (
    "Accelerometer",
    "Gravity",
    "TotalAcceleration",
    "AccelerometerUncalibrated",
)
SENSORS = (*ACCELERATIONS, "Gyroscope", "Magnetometer", "Orientation")


@pytest.fixture(scope="module", autouse=True)
def _print_counts(request):
    yield
    capture = request.config.pluginmanager.getplugin("capturemanager")
    with capture.global_and_fixture_disabled():
        print(
            "\ngenerated exports:", ", ".join(f"{k} {v}" for k, v in sorted(COUNTS.items()))
        )


# ------------------------------------------------------------------------- the truth


def make_truth(rng, n_rows):
    """Return times and values of each sensor in the package's convention."""
    turns = Rotation.from_rotvec(rng.normal(size=3) * 2)
    turns = turns * Rotation.from_rotvec(
        np.linspace(0, 1, n_rows)[:, None] * rng.normal(size=3)
    )
    gravity = turns.inv().apply([0, 0, STANDARD_GRAVITY])
    free = rng.normal(size=(n_rows, 3))
    yaw, pitch, roll = turns.as_euler("ZXY").T
    angles = np.stack([roll, -pitch, -yaw], axis=1)
    return {
        "Accelerometer": free,
        "Gravity": gravity,
        "TotalAcceleration": free + gravity,
        "AccelerometerUncalibrated": free + gravity,
        "Gyroscope": rng.normal(size=(n_rows, 3)),
        "Magnetometer": 40 * rng.normal(size=(n_rows, 3)),
        "Orientation": np.concatenate([turns.as_quat(), angles], axis=1),
    }


def as_written(sensor, values, case):
    """Return values as the platform's app writes them."""
    values = values.copy()
    if case["platform"] == "ios" and not case["standardised"]:
        if sensor in ACCELERATIONS:
            values *= -1
        if sensor == "AccelerometerUncalibrated":
            values /= STANDARD_GRAVITY
        if sensor == "Orientation":
            values[:, 5:] *= -1
    return values


# ----------------------------------------------------------------------- the layouts


def csv_text(header, rows):
    def quoted(cell):
        return f'"{cell}"' if "," in cell else cell

    return "".join(",".join(map(quoted, row)) + "\n" for row in [header, *rows])


def write(case, tables, folder):
    """Write tables in a layout, return the path and the word for a row."""
    if case["layout"] in ("folder", "zip"):
        files = {f"{name}.csv": csv_text(*table) for name, table in tables.items()}
        if case["layout"] == "folder":
            path = folder / "recording"
            path.mkdir()
            for name, text in files.items():
                (path / name).write_text(text, "utf-8")
        else:
            path = folder / "recording.zip"
            with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
                for name, text in files.items():
                    archive.writestr(f"inside/{name}", text)
        return path, "line"
    if case["layout"] == "json":
        path = folder / "recording.json"
        records = [
            {"sensor": name, **dict(zip(header, row, strict=True))}
            for name, (header, rows) in tables.items()
            for row in rows
        ]
        path.write_text(json.dumps(records), "utf-8")
        return path, "record"
    if case["layout"] == "combined":
        path = folder / "recording.csv"
        columns = {
            name: [f"{name[0].lower()}{name[1:]}_{axis}" for axis in header[2:]]
            for name, (header, _) in tables.items()
        }
        header = ["time", "seconds_elapsed", *(c for own in columns.values() for c in own)]
        combined = []
        for name, (_, rows) in tables.items():
            before = sum(
                len(columns[other]) for other in list(tables)[: list(tables).index(name)]
            )
            after = len(header) - 2 - before - len(columns[name])
            combined += [
                [*row[:2], *[""] * before, *row[2:], *[""] * after] for row in rows
            ]
        path.write_text(csv_text(header, combined), "utf-8")
        return path, "line"
    path = folder / "recording.sqlite"
    connection = sqlite3.connect(path)
    for name, (header, rows) in tables.items():
        columns = ", ".join(f'"{column}"' for column in header)
        connection.execute(f'CREATE TABLE "{name}" ({columns})')
        marks = ", ".join("?" * len(header))
        connection.executemany(f'INSERT INTO "{name}" VALUES ({marks})', rows)
    connection.commit()
    connection.close()
    return path, "row"


def build(case):
    """Return tables, truth and, for the sensor with the fault, what is expected."""
    rng = np.random.default_rng(case["seed"])
    n_rows = case["n_rows"]
    truth = make_truth(rng, n_rows)
    sensors = [name for name in SENSORS if name in case["sensors"]]
    if case["platform"] == "ios":
        sensors = [name for name in sensors if name != "TotalAcceleration"] or ["Gravity"]
    tables, times = {}, {}
    victim = sensors[case["seed"] % len(sensors)]
    expected = list(range(n_rows))
    for sensor in sensors:
        axes = list(SENSOR_AXES[sensor])
        header = ["time", "seconds_elapsed", *(axes[i] for i in rng.permutation(len(axes)))]
        offset_ns = int(rng.integers(0, 400_000_000))
        steps_ns = rng.integers(8_000_000, 12_000_000, n_rows)
        times[sensor] = START_NS + offset_ns + np.cumsum(steps_ns)
        written = as_written(sensor, truth[sensor], case)
        elapsed = (times[sensor] - START_NS - case["late_ms"] * 1_000_000) / 1e9
        rows = [
            [str(t), repr(float(e)), *(repr(float(row[axes.index(a)])) for a in header[2:])]
            for t, e, row in zip(times[sensor], elapsed, written, strict=True)
        ]
        if sensor == victim and case["fault"] is not None:
            expected = case["fault"](rows, header, rng)
        if (
            case["shuffled"] and case["layout"] != "combined"
        ):  # where time stands in another place
            order = rng.permutation(len(header))
            if all(len(row) == len(header) for row in rows):
                header = [header[i] for i in order]
                rows = [[row[i] for i in order] for row in rows]
        tables[sensor] = (header, rows)
    if case["metadata"] and case["layout"] != "combined":
        tables["Metadata"] = (
            ["version", "platform", "appVersion", "sensors", "standardisation"],
            [
                [
                    "3",
                    case["platform"],
                    "1.47.1",
                    "|".join(sensors),
                    str(case["standardised"]).lower(),
                ]
            ],
        )
    return tables, truth, times, victim, expected


cases = st.fixed_dictionaries(
    {
        "platform": st.sampled_from(["ios", "android"]),
        "standardised": st.booleans(),
        "metadata": st.booleans(),
        "layout": st.sampled_from(["folder", "zip", "json", "sqlite", "combined"]),
        "sensors": st.sets(st.sampled_from(SENSORS), min_size=1),
        "fault": st.sampled_from([None, None, *FAULTS]),
        "shuffled": st.booleans(),
        "late_ms": st.sampled_from([0, 250]),  # rows before the start: negative elapsed
        "n_rows": st.integers(12, 60),
        "seed": st.integers(0, 2**32 - 1),
    }
)


def check(case):
    if case["fault"] in CSV_ONLY and case["layout"] not in ("folder", "zip"):
        case = {**case, "fault": None}
    if case["layout"] == "combined":
        fault = None if case["fault"] is column_missing else case["fault"]
        case = {**case, "metadata": False, "fault": fault}
    tables, truth, times, victim, expected = build(case)
    if expected == "mixed" and len(times) < 2:
        expected = list(range(case["n_rows"]))
        times[victim] = times[victim] + 26 * HOUR_NS
    name = case["fault"].__name__ if case["fault"] else "no fault"
    with tempfile.TemporaryDirectory() as folder:
        path, word = write(case, tables, Path(folder))
        try:
            recording = read_recording(path)
        except ValueError as error:
            COUNTS["refused"] += 1
            check_refusal(str(error), case, path, word, victim, expected, tables, name)
            return
    COUNTS["read correctly"] += 1
    assert isinstance(expected, list), f"{name}: read instead of refused"
    decided = check_values(recording, case, truth, times, victim, expected)
    COUNTS["undecided, with a note"] += not decided
    if case["fault"] in HARMLESS:
        assert any(victim in note for note in recording.notes), (name, recording.notes)


def check_refusal(message, case, path, word, victim, expected, tables, name):
    assert not isinstance(expected, list), f"{name}: refused instead of read: {message}"
    assert path.name in message
    assert victim in message or expected == "mixed", message
    assert re.search(r"\b(Export|Correct|Give|cut|read_table|again)\b", message), message
    if not isinstance(expected, int):
        return
    number = expected + {"line": 2, "record": 1, "row": 1}[word]
    if word == "record" or case["layout"] == "combined":
        number += sum(
            len(rows) for _, rows in list(tables.values())[: list(tables).index(victim)]
        )
    assert f"{word} {number}" in message, message


def check_values(recording, case, truth, times, victim, expected):
    assert set(recording.streams) == set(times)
    text = " ".join(recording.notes)
    apple = case["platform"] == "ios" and not case["standardised"]
    # Values of so short a time may indicate both platforms, which is noted, too.
    unsaid = "UNDECIDED" not in text and "CONTRADICTION: no platform" not in text
    decided = case["metadata"] or not apple or unsaid
    kept = {
        sensor: expected if sensor == victim else list(range(len(times[sensor])))
        for sensor in times
    }
    stamps = {sensor: times[sensor][kept[sensor]] for sensor in times}
    if case["fault"] is same_stamp:
        stamps[victim] = None
    epoch_ns = recording.epoch_ns
    for sensor, stream in recording.streams.items():
        want = truth[sensor][kept[sensor]]
        if not decided:  # as recorded
            want = as_written(sensor, want, case)
            if "UNDECIDED" not in text and sensor == "AccelerometerUncalibrated":
                want = want * STANDARD_GRAVITY  # the norm shows g, whatever the sign
        got = stream.values
        assert got.shape == want.shape, (sensor, got.shape, want.shape)
        missing = np.isnan(got)
        assert missing.sum() == (case["fault"] is empty_cell and sensor == victim)
        np.testing.assert_allclose(got[~missing], want[~missing], rtol=1e-9, atol=1e-9)
        if stamps[sensor] is not None:
            np.testing.assert_allclose(
                stream.timestamps_s, (stamps[sensor] - epoch_ns) / 1e9, atol=2e-5
            )
    return decided


common = settings(
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


@settings(common, max_examples=150)
@given(cases)
def test_sensor_logger(case):
    check(case)


@pytest.mark.slow
@settings(common, max_examples=8000 * TIMES)
@given(cases)
def test_sensor_logger_thousands(case):
    check(case)


# ----------------------------------------------------------------------- other apps

QUANTITIES = {
    "TotalAcceleration": ("Acceleration", "Accelerometer", "m/s^2", ("gFx", "gFy", "gFz")),
    "Accelerometer": (
        "Linear Acceleration", "Linear Accelerometer", "m/s^2", ("ax", "ay", "az"),
    ),
    "Gyroscope": ("Gyroscope", "Gyroscope", "rad/s", ("wx", "wy", "wz")),
    "Magnetometer": ("Magnetic field", "Magnetometer", "µT", ("Bx", "By", "Bz")),
}  # fmt: skip

others = st.fixed_dictionaries(
    {
        "app": st.sampled_from(["phyphox", "phyphox zip", "phyphox short", "toolbox"]),
        "style": st.sampled_from(
            [(",", "."), (";", ","), ("\t", "."), ("\t", ","), (";", ".")]
        ),
        "sensors": st.sets(st.sampled_from(list(QUANTITIES)), min_size=1),
        "pauses": st.integers(0, 2),
        "fault": st.sampled_from(
            [None, None, text_in_number, repeated_row, row_cut_short, "axis"]
        ),
        "n_rows": st.integers(12, 60),
        "seed": st.integers(0, 2**32 - 1),
    }
)


def build_other(case):
    """Return sheets (name, header, rows) and truth: times and values of each sensor."""
    rng = np.random.default_rng(case["seed"])
    sensors = [name for name in QUANTITIES if name in case["sensors"]]
    toolbox = case["app"] == "toolbox"
    times = np.cumsum(rng.integers(8_000, 12_000, case["n_rows"])) / 1e6
    values = {name: rng.normal(size=(case["n_rows"], 3)) * 5 for name in sensors}
    sheets = []
    for name in sensors:
        quantity, sheet, unit, short = QUANTITIES[name]
        if toolbox:
            header = list(short)
        elif case["app"] == "phyphox short":
            header = [f"{axis} ({unit})" for axis in "XYZ"]
        else:
            header = [f"{quantity} {axis} ({unit})" for axis in "xyz"]
        factor = STANDARD_GRAVITY if toolbox and name == "TotalAcceleration" else 1.0
        cells = [[repr(float(v)) for v in row / factor] for row in values[name]]
        sheets.append([sheet, header, cells])
    clock = [repr(float(t)) for t in times]
    if toolbox:
        header = ["time", *(c for _, own, _ in sheets for c in own), "Gain"]
        rows = [
            [t, *(c for _, _, own in sheets for c in own[i]), "1"]
            for i, t in enumerate(clock)
        ]
        return [["log", header, rows]], times, values
    return (
        [
            [
                sheet,
                ["Time (s)", *header],
                [[t, *row] for t, row in zip(clock, cells, strict=True)],
            ]
            for sheet, header, cells in sheets
        ],
        times,
        values,
    )


def sheet_text(header, rows, delimiter, decimal):
    lines = [[f'"{cell}"' for cell in header] if "(" in header[-1] else header]
    lines += [[cell.replace(".", decimal) for cell in row] for row in rows]
    return "".join(delimiter.join(line) + "\n" for line in lines)


def write_other(case, sheets, shifts, folder):
    texts = {f"{sheet}.csv": sheet_text(h, r, *case["style"]) for sheet, h, r in sheets}
    if case["app"] == "toolbox":
        (text,) = texts.values()
        path = folder / "log.csv"
        path.write_text("\n" * (case["seed"] % 2) + text, "utf-8")
        return path
    if case["app"] == "phyphox" and len(texts) == 1 and not case["pauses"]:
        ((name, text),) = texts.items()
        path = folder / name
        path.write_text(text, "utf-8")
        return path
    head = '"event","experiment time","system time","system time text"\n'
    texts["meta/time.csv"] = head + "".join(
        f'"START",{at!r},{1.7e9 + at + shift!r},"text"\n"PAUSE",{at + 0.01!r},0,"text"\n'
        for at, shift in shifts
    )
    path = folder / "export.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in texts.items():
            archive.writestr(name, text)
    return path


def check_refusal_of_other(message, case, path, refused):
    COUNTS["other apps refused"] += 1
    assert refused is not None, message
    assert path.name in message
    assert case["fault"] == "axis" or refused in message, message


def check_other(case):
    rng = np.random.default_rng(case["seed"])
    sheets, times, values = build_other(case)
    n_rows = case["n_rows"]
    shifts = [(0.0, 0.0)]
    for i in range(case["pauses"] if case["app"] != "toolbox" else 0):
        at = float(times[(i + 1) * n_rows // 4])
        shifts.append((at, 2.5 * (i + 1)))
    victim = sheets[case["seed"] % len(sheets)]
    refused = None
    # The header is line 1, or 2 below the blank line of an old Physics Toolbox.
    first = 2 + (case["seed"] % 2 if case["app"] == "toolbox" else 0)
    if case["fault"] == "axis":
        for row in victim[2]:
            row.pop(1)
        refused = victim[1].pop(1)
    elif case["fault"] is text_in_number:
        row = int(rng.integers(n_rows))
        victim[2][row][int(rng.integers(4))] = str(
            rng.choice(["x", "9.8.1", "1_000", "inf"])
        )
        refused = f"line {row + first}"
    elif case["fault"] is row_cut_short:
        row_cut_short(victim[2], victim[1], rng)
        refused = f"line {n_rows - 1 + first}"
    elif case["fault"] is repeated_row:
        repeated_row(victim[2], victim[1], rng)
    with tempfile.TemporaryDirectory() as folder:
        path = write_other(case, sheets, shifts, Path(folder))
        try:
            recording = read_recording(path)
        except ValueError as error:
            check_refusal_of_other(str(error), case, path, refused)
            return
    assert refused is None, f"read instead of refused: {refused}"
    COUNTS["other apps read correctly"] += 1
    starts = np.array([at for at, _ in shifts])
    added = np.array([shift for _, shift in shifts])
    wanted = times + added[np.searchsorted(starts, times, side="right") - 1]
    assert set(recording.streams) == set(values)
    for sensor, stream in recording.streams.items():
        np.testing.assert_allclose(stream.values, values[sensor], rtol=1e-12)
        offset_s = wanted[0] if case["app"] == "toolbox" else 0.0
        np.testing.assert_allclose(stream.timestamps_s, wanted - offset_s, atol=1e-6)


@settings(common, max_examples=80)
@given(others)
def test_other_apps(case):
    check_other(case)


@pytest.mark.slow
@settings(common, max_examples=3000 * TIMES)
@given(others)
def test_other_apps_thousands(case):
    check_other(case)
