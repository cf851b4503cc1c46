"""The public data sets, on small files of their layouts and on the real files."""

import zipfile
from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.io import savemat

from sk_imu import DataQualityWarning, Resampler
from sk_imu.datasets import load_exermote, load_phone_exercises, load_utd_mhad
from sk_imu.recording import STANDARD_GRAVITY
from sk_imu.study import wear_of

DATA = Path(__file__).parents[3] / "shared" / "data"


def real(name):
    if not (DATA / name).is_dir():
        pytest.skip(f"the data set {name} is not at {DATA}")
    return DATA / name


# UTD-MHAD


def save_action(folder, name, **variables):
    folder.mkdir(parents=True, exist_ok=True)
    if not variables:
        variables = {"d_iner": np.tile([0, 0, 1.0, 180, 0, -90], (60, 1))}
    savemat(folder / name, variables)


def test_utd_mhad_units_labels_and_places(tmp_path):
    save_action(tmp_path / "Inertial", "a27_s3_t1_inertial.mat")
    save_action(tmp_path / "Inertial", "a3_s8_t2_inertial.mat")
    bunch = load_utd_mhad(tmp_path)
    assert list(bunch.target) == ["wave", "squat"]
    assert list(bunch.subject) == [8, 3]
    assert list(bunch.placement) == ["wrist", "thigh"]
    recording = bunch.data[1]
    assert (recording.label, recording.subject, recording.side) == ("squat", 3, "right")
    assert recording.source.endswith("a27_s3_t1_inertial.mat")
    stream = recording.streams["TotalAcceleration"]
    assert stream.rate_hz == pytest.approx(50)
    np.testing.assert_allclose(stream.values[0], [0, 0, STANDARD_GRAVITY])
    rate = recording.streams["Gyroscope"].values[0]
    np.testing.assert_allclose(rate, [np.pi, 0, -np.pi / 2])
    data, target = load_utd_mhad(tmp_path, return_X_y=True)
    assert [r.label for r in data] == list(target)


@pytest.mark.parametrize(
    ("name", "variables", "message"),
    [
        ("a27_s1_t1_inertial.mat", {"other": np.ones(3)}, "a27_s1_t1.*d_iner"),
        ("a27_s1_t1_inertial.mat", {"d_iner": np.ones((9, 3))}, "a27_s1_t1.*d_iner"),
        ("a28_s1_t1_inertial.mat", {"d_iner": np.ones((9, 6))}, "no action 28"),
    ],
)
def test_utd_mhad_faults_name_the_file(tmp_path, name, variables, message):
    save_action(tmp_path, name, **variables)
    with pytest.raises(ValueError, match=message):
        load_utd_mhad(tmp_path)


def test_utd_mhad_damaged_file(tmp_path):
    (tmp_path / "a27_s1_t1_inertial.mat").write_bytes(b"\x00no MATLAB file" * 20)
    with pytest.raises(ValueError, match="a27_s1_t1.*not a readable MATLAB file"):
        load_utd_mhad(tmp_path)


def test_utd_mhad_real():
    bunch = load_utd_mhad(real("utd_mhad"))
    assert Counter(bunch.target) == {
        "jog in place": 32,
        "walk in place": 31,
        "sit to stand": 32,
        "stand to sit": 32,
        "lunge": 32,
        "squat": 31,
    }
    assert set(bunch.subject) == set(range(1, 9))
    assert set(bunch.placement) == {"thigh"}
    acceleration = np.concatenate(
        [r.streams["TotalAcceleration"].values for r in bunch.data]
    )
    assert 9.3 < np.median(np.linalg.norm(acceleration, axis=1)) < 10.5
    lengths = [r.streams["Gyroscope"].n_samples for r in bunch.data]
    assert (min(lengths), max(lengths)) == (120, 308)


# Exermote


def save_session(folder, name="session.csv", n_missing=1, **changes):
    """Two sets: squats with pauses between them, then burpees without."""
    folder.mkdir(parents=True, exist_ok=True)
    labels = (
        [("setBreak", "setBreak")] * 10
        + ([("Squat", "firstHalf")] * 5 + [("Squat", "secondHalf")] * 5
           + [("Break", "Break")] * 3) * 3
        + [("setBreak", "setBreak")] * 10
        + ([("Burpee", "firstHalf")] * 8 + [("Burpee", "secondHalf")] * 7) * 2
        + [("setBreak", "setBreak")] * 4
    )  # fmt: skip
    n = len(labels)
    times = pd.Timestamp("2017-03-30 18:45:36.900") + pd.to_timedelta(
        np.arange(n) * 100, "ms"
    )
    values = {f"Device: {axis}{q}": np.zeros(n) for axis in "xyz"
              for q in ("Gravity", "Acceleration", "RotationRate")}  # fmt: skip
    table = pd.DataFrame(values)
    table["Device: zGravity"] = -1.0  # on its back, as iOS writes it
    table["Device: xAcceleration"] = 0.5
    table["Device: yRotationRate"] = 2.0
    table.loc[: n_missing - 1, list(values)] = np.nan
    table["exerciseType"], table["exerciseSubType"] = zip(*labels, strict=True)
    table["timeStampSaved"] = [
        t.strftime("%Y-%m-%d %H:%M:%S:") + f"{t.microsecond // 1000:03d}" for t in times
    ]
    table["individual"] = 4
    table = table.assign(**changes)
    table.to_csv(folder / name, index=False)


@pytest.mark.parametrize("name", ["s.csv", "person_4_rec_01.csv.gz"])
def test_exermote_sets(tmp_path, name):
    save_session(tmp_path / "deeper", name)
    bunch = load_exermote(tmp_path)
    assert list(bunch.target) == ["Squat", "Burpee"]
    assert list(bunch.subject) == [4, 4]
    squats = bunch.data[0]
    assert (squats.placement, squats.side) == ("upper arm", "right")
    np.testing.assert_allclose(
        squats.streams["Gravity"].values[0], [0, 0, STANDARD_GRAVITY]
    )
    np.testing.assert_allclose(
        squats.streams["Accelerometer"].values[0], [-STANDARD_GRAVITY / 2, 0, 0]
    )
    assert squats.streams["Gyroscope"].values[0, 1] == 2
    # The clock starts with the first row that has values, the second.
    first = np.array([0.9, 1.9])
    expected = np.stack([first, first + 1.3, first + 2.6])
    np.testing.assert_allclose(bunch.repetitions[0], expected, atol=1e-9)
    np.testing.assert_allclose(bunch.bouts[0], [[0.9, 4.5]], atol=1e-9)
    np.testing.assert_allclose(np.diff(bunch.repetitions[1], axis=1), 1.5, atol=1e-9)
    assert squats.overlap_s == pytest.approx((0.9, 4.5))
    assert "1 of the session's rows left out" in squats.notes[0]
    assert squats.epoch_ns == pd.Timestamp("2017-03-30 18:45:37").value


def test_exermote_sessions(tmp_path):
    save_session(tmp_path)
    bunch = load_exermote(tmp_path, continuous=True)
    assert bunch.data[0].label is None
    assert bunch.target_names == ["Burpee", "Squat"]
    assert bunch.bout_labels == [["Squat", "Burpee"]]
    assert bunch.bouts[0].shape == (2, 2)
    assert bunch.repetitions[0].shape == (5, 2)
    assert bunch.data[0].session == "session"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"n_missing": 1000}, "has no values"),
        ({"timeStampSaved": "noon"}, "is not a session of Exermote"),
        ({"Device: xGravity": "much"}, "is not a session of Exermote"),
        ({"individual": range(1, 94)}, "is not of one person"),
    ],
)
def test_exermote_faults_name_the_file(tmp_path, changes, message):
    save_session(tmp_path, **changes)
    with pytest.raises(ValueError, match=f"session.csv: .*{message}"):
        load_exermote(tmp_path)


def test_exermote_other_table(tmp_path):
    (tmp_path / "other.csv").write_text("a,b\n1,2\n")
    with pytest.raises(ValueError, match="other.csv: is not a session of Exermote"):
        load_exermote(tmp_path)


@pytest.mark.slow
def test_exermote_real():
    path = real("exermote")
    bunch = load_exermote(path)
    assert Counter(bunch.target) == {"Burpee": 68, "Squat": 65, "Situp": 61}
    counts = Counter()
    for label, repetitions in zip(bunch.target, bunch.repetitions, strict=True):
        counts[str(label)] += len(repetitions)
    assert counts == {"Burpee": 500, "Squat": 483, "Situp": 416}
    assert set(bunch.subject) == set(range(1, 7))
    down = np.concatenate([r.streams["Gravity"].values for r in bunch.data])
    assert np.median(np.linalg.norm(down, axis=1)) == pytest.approx(9.8, abs=0.1)
    sessions = load_exermote(path, continuous=True)
    assert len(sessions.data) == 36
    assert sum("rows left out" in r.notes[0] for r in sessions.data) == 28
    assert sum(map(len, sessions.bouts)) == 194
    assert sum(map(len, sessions.repetitions)) == 1399


# Phone exercises


def phone_table(n=100, step=0.01, gyro=1.0, seed=0, held=False, start=1.7e9):
    rng = np.random.default_rng(seed)
    table = pd.DataFrame({"id": np.arange(n), "timestamp": start + step * np.arange(n)})
    for axis in "xyz":
        table[f"acc_{axis}"] = rng.normal(0.5, 0.1, n)
    for axis in "xyz":
        table[f"gyro_{axis}"] = gyro * rng.normal(0, 1, n)
    if held:
        table.iloc[:, 2:] = table.iloc[0, 2:].to_numpy()
    return table


def save_people(folder, as_zip=True, **tables):
    """Save tables by ``p1_running_100hz_hand_1``."""
    for name, table in tables.items():
        person, _, rest = name.partition("_")
        name = f"person_0{person[1:]}/{rest}.csv"
        text = table.to_csv(index=False)
        if as_zip:
            with zipfile.ZipFile(folder / f"person_0{person[1:]}.zip", "a") as archive:
                archive.writestr(name, text)
        else:
            (folder / name).parent.mkdir(exist_ok=True)
            (folder / name).write_text(text)


@pytest.mark.parametrize("as_zip", [True, False])
def test_phone_exercises_units_per_person(tmp_path, as_zip):
    save_people(
        tmp_path,
        as_zip,
        p1_running_100hz_hand_1=phone_table(gyro=0.0),
        p2_running_100hz_pocket_1=phone_table(seed=1),
        p3_rowing_100hz_pocket_2=phone_table(gyro=80, step=10, start=1.7e12, seed=2),
        # Hardly moving, but by the same phone: degrees as well.
        p3_lifting_100hz_pocket_1=phone_table(gyro=1.0, step=10, start=1.7e12),
        p3_lifting_100hz_pocket_3=phone_table(gyro=90, step=10, start=1.7e12),
        p2_running_20hz_pocket_1=phone_table(step=0.05),
    )
    bunch = load_phone_exercises(tmp_path)
    assert list(bunch.target) == ["running", "running", "lifting", "lifting", "rowing"]
    assert list(bunch.subject) == [1, 2, 3, 3, 3]
    assert list(bunch.placement) == ["hand", "pocket", "pocket", "pocket", "pocket"]
    assert bunch.channel_names == [f"TotalAcceleration_{axis}" for axis in "xyz"]
    for recording in bunch.data:
        assert recording.streams["TotalAcceleration"].rate_hz == pytest.approx(
            100, rel=1e-3
        )
        assert 1.6e18 < recording.epoch_ns < 1.8e18
    acceleration = bunch.data[0].streams["TotalAcceleration"].values
    expected = phone_table(gyro=0.0)[["acc_x", "acc_y", "acc_z"]] * STANDARD_GRAVITY
    np.testing.assert_allclose(acceleration, expected)

    with_gyroscope = load_phone_exercises(tmp_path, gyroscope=True)
    assert list(with_gyroscope.subject) == [2, 3, 3, 3]
    assert with_gyroscope.notes == ["person 1 left out: the gyroscope gave only zeros."]
    sizes = [np.std(r.streams["Gyroscope"].values) for r in with_gyroscope.data]
    np.testing.assert_allclose(
        sizes, [1, np.pi / 180, np.pi / 2, np.pi * 80 / 180], rtol=0.1
    )
    assert "in °/s" in with_gyroscope.data[1].notes[0]
    assert "in ms" in with_gyroscope.data[1].notes[0]
    slow = load_phone_exercises(tmp_path, rate_hz=20)
    assert len(slow.data) == 1
    assert slow.sampling_rate_hz == 20


def test_phone_exercises_faults_are_counted(tmp_path):
    repeated = phone_table()
    repeated.loc[10:12, "timestamp"] = repeated.loc[12, "timestamp"]
    repeated.iloc[50, 2:] = repeated.iloc[49, 2:]
    save_people(
        tmp_path,
        p1_running_100hz_hand_1=phone_table(held=True),
        p1_running_100hz_hand_2=repeated,
    )
    bunch = load_phone_exercises(tmp_path)
    assert len(bunch.data) == 1
    assert len(bunch.notes) == 1
    assert "running_100hz_hand_1.csv left out: it never changes" in bunch.notes[0]
    stream = bunch.data[0].streams["TotalAcceleration"]
    assert stream.n_samples == 98
    # The last of the rows with one timestamp stays.
    newest = repeated.loc[12, "acc_x"] * STANDARD_GRAVITY
    assert stream.values[10, 0] == pytest.approx(newest)
    notes = " ".join(bunch.data[0].notes)
    assert "2 rows left out: the next has the same timestamp" in notes
    assert "1 of 100 rows repeat" in notes


def test_phone_exercises_errors(tmp_path):
    with pytest.raises(ValueError, match="rate_hz must be 100 or 20, got 50"):
        load_phone_exercises(tmp_path, rate_hz=50)
    (tmp_path / "person_01.zip").write_bytes(b"no zip")
    with pytest.raises(ValueError, match="person_01.zip: is not a readable zip"):
        load_phone_exercises(tmp_path)
    (tmp_path / "person_01.zip").unlink()
    save_people(tmp_path, p1_running_100hz_hand_1=phone_table().drop(columns="acc_x"))
    with pytest.raises(ValueError, match="hand_1.csv: is not a recording of phone"):
        load_phone_exercises(tmp_path)
    with pytest.raises(ValueError, match="no recording at 20 Hz is left"):
        load_phone_exercises(tmp_path, rate_hz=20)


@pytest.mark.slow
def test_phone_exercises_real():
    bunch = load_phone_exercises(real("phone_exercises"), gyroscope=True)
    assert len(bunch.data) == 450 - 4 - 40
    assert wear_of(bunch.data) == "free"
    units = {r.subject: "°/s" in r.notes[0] for r in bunch.data}
    assert {subject for subject, degrees in units.items() if degrees} == {4, 7, 9}
    for subject in units:
        rates = [
            np.sqrt(np.mean(r.streams["Gyroscope"].values ** 2))
            for r in bunch.data
            if r.subject == subject
        ]
        assert 0.5 < np.median(rates) < 6  # rad/s, whatever the file had
    size = [
        np.median(np.linalg.norm(r.streams["TotalAcceleration"].values, axis=1))
        for r in bunch.data
    ]
    assert 9 < np.median(size) < 12
    # Every clock is one that can be resampled, without samples that nearly repeat others.
    with pytest.warns(DataQualityWarning, match="left out 550 samples .* in 154 of the"):
        panel = Resampler(sampling_rate_hz=50).fit_transform(bunch.data)
    assert {len(row) for row in panel} == {6}


@pytest.mark.parametrize("load", [load_utd_mhad, load_exermote, load_phone_exercises])
def test_missing_folder_and_files_are_refused(load, tmp_path):
    with pytest.raises(
        ValueError, match="nowhere: there is no such folder. It should hold"
    ):
        load(tmp_path / "nowhere")
    with pytest.raises(ValueError, match="holds no "):
        load(tmp_path)
