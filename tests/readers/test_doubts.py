"""Doubt is never silent: units, signs and clocks that do not fit are warned of."""

import numpy as np
import pytest

from sk_imu import DataQualityWarning, read_recording, read_recordings
from sk_imu.readers import (
    read_phyphox,
    read_physics_toolbox,
    read_sensor_logger,
    read_table,
)
from sk_imu.recording import STANDARD_GRAVITY

START_NS = 1_701_362_862_701_310_000
XYZ = "xyz"


def columns(sensor):
    return {f"{sensor}_{axis}": axis for axis in XYZ}


def write_table(path, values, times=None, header="t,x,y,z"):
    """Write rows of a time and three values."""
    times = np.arange(len(values)) / 100 if times is None else times
    rows = [
        ",".join(map(str, (t, *row)))
        for t, row in zip(times, np.asarray(values).tolist(), strict=True)
    ]
    path.write_text("\n".join([header, *rows]) + "\n")
    return path


def motion(n=300, seed=0):
    """Return acceleration without gravity in m/s² and angular rate in rad/s."""
    rng = np.random.default_rng(seed)
    phase = np.arange(n)[:, None] / 15 + rng.uniform(0, 6, 3)
    return 3 * np.sin(phase), 2.5 * np.cos(phase)


def doubts_of(read, *args, **kwargs):
    """Return the doubts of a recording, each of which must be warned of."""
    with pytest.warns(DataQualityWarning) as warned:
        recording = read(*args, **kwargs)
    assert len(warned) == len(recording.doubts)
    for doubt, warning in zip(recording.doubts, warned, strict=True):
        assert str(warning.message).startswith(doubt)
        assert "1 of 1 recordings" in str(warning.message)
        assert warning.filename == __file__
        assert doubt in recording.quality.warnings
    return recording.doubts


# ------------------------------------------------------------------ units of values


@pytest.mark.parametrize(
    ("sensor", "factor", "unit"),
    [
        ("TotalAcceleration", 1 / STANDARD_GRAVITY, "g"),
        ("TotalAcceleration", 1000 / STANDARD_GRAVITY, "mg"),
        ("Gravity", 1 / STANDARD_GRAVITY, "g"),
        ("Gyroscope", 180 / np.pi, "deg/s"),
        ("Magnetometer", 1e-3, "mT"),
        ("Magnetometer", 1e-2, "gauss"),
        ("Magnetometer", 1000, "nT"),
    ],
)
def test_wrong_unit_names_the_one_that_fits(tmp_path, sensor, factor, unit):
    free, turning = motion()
    values = {
        "Gyroscope": turning,
        "Magnetometer": [30, 20, -25] + free,
    }.get(sensor, [0, 0, STANDARD_GRAVITY] + 0.3 * free)
    path = write_table(tmp_path / "a.csv", values * factor)
    (doubt,) = doubts_of(read_table, path, columns=columns(sensor), time="t")
    assert doubt.startswith(f"IMPLAUSIBLE: {sensor}")
    assert f"it would fit {unit}" in doubt
    # The cure works, and what is right has no doubt.
    units = {sensor: unit}
    right = read_table(path, columns=columns(sensor), time="t", units=units)
    assert not right.doubts
    np.testing.assert_allclose(right.streams[sensor].values, values, rtol=1e-9)


def test_value_beyond_any_sensor_names_the_unit_that_fits(tmp_path):
    path = write_table(tmp_path / "a.csv", motion()[1] * 180)
    with pytest.raises(ValueError, match=r"a\.csv, line \d+, Gyroscope .*fit deg/s"):
        read_table(path, columns=columns("Gyroscope"), time="t")


@pytest.mark.parametrize("factor", [1.0, 1 / STANDARD_GRAVITY])
def test_accelerometer_that_holds_gravity(tmp_path, factor):
    values = ([0, 0, STANDARD_GRAVITY] + 0.2 * motion()[0]) * factor
    path = write_table(tmp_path / "a.csv", values)
    (doubt,) = doubts_of(read_table, path, columns=columns("Accelerometer"), time="t")
    assert "as if it held gravity" in doubt
    assert "TotalAcceleration" in doubt


def test_movement_alone_is_plausible_however_hard(tmp_path):
    for scale in (0.01, 0.3, 1, 3, 8):
        path = write_table(tmp_path / "a.csv", motion()[0] * scale)
        recording = read_table(path, columns=columns("Accelerometer"), time="t")
        assert not recording.doubts


@pytest.mark.parametrize("rate", [1, 2])
@pytest.mark.parametrize("unit", ["m/s²", "g", "mg"])
def test_movement_is_held_against_acceleration_with_gravity(tmp_path, unit, rate):
    free = motion()[0]
    total = [0, 0, STANDARD_GRAVITY] + free
    factor = {"m/s²": 1, "g": 1 / STANDARD_GRAVITY, "mg": 1000 / STANDARD_GRAVITY}[unit]
    times = np.arange(300) / 100
    paths = [
        write_table(tmp_path / "a.csv", free[::rate] * factor, times[::rate]),
        write_table(tmp_path / "b.csv", total, times),
    ]
    mappings = [columns("Accelerometer"), columns("TotalAcceleration")]
    for order in (1, -1):
        told = {"columns": mappings[::order], "time": "t"}
        right = read_table(paths[::order], units={"Accelerometer": unit}, **told)
        assert not right.doubts
        if unit != "m/s²":
            doubts = doubts_of(read_table, paths[::order], **told)
            assert any(f"would fit {unit}" in doubt for doubt in doubts)
    write_table(paths[0], -free * factor, times)
    (doubt,) = doubts_of(
        read_table, paths, columns=mappings, time="t", units={"Accelerometer": unit}
    )
    assert "Accelerometer moves against TotalAcceleration" in doubt


# ---------------------------------------------------------------------------- clocks


@pytest.mark.parametrize(
    ("factor", "read_as", "fits"),
    [(1e3, "s", "ms"), (1e6, "s", "us"), (1, "ms", "s"), (1e9, "us", "ns")],
)
def test_clock_in_another_unit(tmp_path, factor, read_as, fits):
    times = [f"{t:.0f}" if factor > 1 else f"{t:.2f}" for t in np.arange(300) * factor / 50]
    path = write_table(tmp_path / "a.csv", motion()[1], times)
    told = {"columns": columns("Gyroscope"), "time": "t"}
    (doubt,) = doubts_of(read_table, path, **told, time_unit=read_as)
    assert "IMPLAUSIBLE: the clock of Gyroscope" in doubt
    assert f"time_unit='{fits}' would give 50 Hz" in doubt
    assert not read_table(path, **told, time_unit=fits).doubts


@pytest.mark.parametrize(
    ("reader", "header"),
    [
        (read_physics_toolbox, "time,wx,wy,wz"),
        (
            read_phyphox,
            "Time (s),Gyroscope x (rad/s),Gyroscope y (rad/s),Gyroscope z (rad/s)",
        ),
    ],
)
def test_clocks_of_apps(tmp_path, reader, header):
    path = tmp_path / "a.csv"
    write_table(path, motion()[1], 20 * np.arange(300), header)
    doubts = doubts_of(reader, path)
    assert any("time_unit='ms' would give 50 Hz" in doubt for doubt in doubts)
    for first in (1_700_000_000_000, 1.7e18):
        write_table(path, motion()[1], [first, *range(1, 300)], header)
        with pytest.raises(
            ValueError, match=r"a\.csv, line 2, .*as a Unix time.* in [mn]s"
        ):
            reader(path)


def test_commas_between_thousands_are_ambiguous(tmp_path):
    path = tmp_path / "a.csv"
    rows = [f"{10 * i};980;{900 + i:,};1" for i in range(300)]
    path.write_text("t;x;y;z\n" + "\n".join(rows) + "\n")
    told = {"columns": columns("TotalAcceleration"), "time": "t", "time_unit": "ms"}
    with pytest.raises(ValueError, match=r"line 102, column 'y': '1,000' beside '900'"):
        read_table(path, **told, units={"TotalAcceleration": "mg"})
    # Decimal commas with three digits are decimal commas.
    rows = [f"{10 * i};{i % 7 / 1000:.3f};1,5;9,807".replace(".", ",") for i in range(300)]
    path.write_text("t;x;y;z\n" + "\n".join(rows) + "\n")
    assert read_table(path, **told).streams["TotalAcceleration"].values[1, 0] == 0.001


# ---------------------------------------------------------------------------- formats


@pytest.mark.parametrize(
    "header",
    [
        "time,ax,ay,az",
        "time,ax,ay,az,gx,gy,gz",
        "time,ax,ay,az,wx,wy,wz",
        "time,wx,wy,wz,v",
    ],
)
def test_common_names_are_not_physics_toolbox(tmp_path, header):
    n = header.count(",")
    row = "1000" + ",0.5" * n
    (tmp_path / "a.csv").write_text(f"{header}\n{row}\n")
    with pytest.raises(ValueError, match=r"a\.csv: no recording of .*read_table"):
        read_recording(tmp_path / "a.csv")


@pytest.mark.parametrize(
    ("header", "sensor"),
    [
        ("time,ax,ay,az,aT", "Accelerometer"),
        ("time,gFx,gFy,gFz,TgF", "TotalAcceleration"),
        ("time,wx,wy,wz", "Gyroscope"),
    ],
)
def test_physics_toolbox_is_known_by_its_own_columns(tmp_path, header, sensor):
    values = [0.1, 0.2, 1.0 * (sensor[0] == "T")] + 0.05 * motion(50)[0]
    rows = np.c_[values, np.zeros((50, header.count(",") - 3))]
    write_table(tmp_path / "a.csv", rows, header=header)
    recording = read_recording(tmp_path / "a.csv")
    assert list(recording.streams) == [sensor]


# ------------------------------------------------------------------------------ signs


def write_watch(folder, version, gravity, turned=True, standardised="true"):
    names = [f"{p}{a}" for p in ("rotationRate", "gravity", "acceleration") for a in "XYZ"]
    rows = [[0.0, 0, 0, *gravity, 0, 0, 0.5 * np.cos(i / 10)] for i in range(300)]
    if turned:
        names += ["quaternionW", "quaternionX", "quaternionY", "quaternionZ"]
        rows = [[*row, 1, 0, 0, 0] for row in rows]
    if gravity is not None and not any(gravity):
        names = [name for name in names if not name.startswith("gravity")]
        rows = [[*row[:3], *row[6:]] for row in rows]
    folder.mkdir()
    times = [START_NS + 10_000_000 * i for i in range(300)]
    header = ",".join(["time", *names])
    write_table(folder / "WristMotion.csv", rows, times, header)
    (folder / "Metadata.csv").write_text(
        f"version,platform,appVersion,standardisation\n3,ios,{version},{standardised}\n"
    )
    return folder


@pytest.mark.parametrize("version", ["1.47.1", "1.62.0", "1.70"])
@pytest.mark.parametrize("turned", [True, False])
def test_watch_in_g_is_not_what_metadata_says(tmp_path, version, turned):
    path = write_watch(tmp_path / "watch", version, (0, 0, -1), turned)
    (doubt,) = doubts_of(read_sensor_logger, path, device="watch")
    assert "CONTRADICTION" in doubt
    assert "Gravity in g" in doubt
    with pytest.warns(DataQualityWarning):
        streams = read_recording(path, device="watch").streams
    np.testing.assert_allclose(streams["Gravity"].values[0], [0, 0, STANDARD_GRAVITY])
    push = -0.5 * np.cos(np.arange(300) / 10) * STANDARD_GRAVITY
    np.testing.assert_allclose(streams["Accelerometer"].values[:, 2], push)


@pytest.mark.parametrize("version", ["1.47.1", "1.63"])
def test_standardised_watch_is_read_as_it_is(tmp_path, version):
    path = write_watch(tmp_path / "watch", version, (0, 0, STANDARD_GRAVITY))
    recording = read_sensor_logger(path, device="watch")
    assert not recording.doubts
    assert recording.streams["Gravity"].values[0, 2] == STANDARD_GRAVITY
    assert recording.streams["Accelerometer"].values[0, 2] == 0.5


def test_watch_without_gravity_is_undecided_until_the_platform_is_given(tmp_path):
    path = write_watch(tmp_path / "watch", "1.47.1", (0, 0, 0))
    (doubt,) = doubts_of(read_sensor_logger, path, device="watch")
    assert "UNDECIDED" in doubt
    assert "platform='ios'" in doubt
    given = read_recording(path, device="watch", platform="ios")
    assert not given.doubts
    np.testing.assert_allclose(
        given.streams["Accelerometer"].values[0, 2], -0.5 * STANDARD_GRAVITY
    )
    newer = write_watch(tmp_path / "newer", "1.63.2", (0, 0, 0))
    assert not read_sensor_logger(newer, device="watch").doubts


def test_undecided_recordings_of_a_folder_are_counted_and_decided(tmp_path):
    for subject, sign in (("ada", 1), ("ben", -1)):
        for label in ("press", "pull"):
            place = tmp_path / subject / label / "1"
            place.mkdir(parents=True)
            times = [START_NS + 10_000_000 * i for i in range(300)]
            values = sign * motion()[0]
            write_table(place / "Accelerometer.csv", values, times, "time,x,y,z")
    with pytest.warns(DataQualityWarning, match="UNDECIDED.*4 of 4 recordings") as warned:
        recordings = read_recordings(tmp_path)
    assert len(warned) == 1
    assert warned[0].filename == __file__
    assert len([r for r in recordings if r.doubts]) == 4
    decided = read_recordings(tmp_path, platform="ios")
    assert not any(recording.doubts for recording in decided)
    for before, after in zip(recordings, decided, strict=True):
        old, new = (r.streams["Accelerometer"].values for r in (before, after))
        np.testing.assert_array_equal(new, -old)
    with pytest.raises(ValueError, match="platform must be"):
        read_recordings(tmp_path, platform="windows")
    with pytest.raises(ValueError, match="device must be"):
        read_recordings(tmp_path, device="ring")
