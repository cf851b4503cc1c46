"""DerivedChannels: right values, and the same however the device is turned."""

import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import signal
from scipy.spatial.transform import Rotation
from sklearn.base import clone
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import GridSearchCV, GroupKFold
from sklearn.pipeline import Pipeline, make_pipeline

from sk_imu import (
    CanonicalSide,
    ChannelScaler,
    DerivedChannels,
    RandomMirror,
    Recording,
    Resampler,
    SignalArray,
    SummaryFeatures,
    derived_channel_names,
)
from sk_imu.datasets import load_watch
from sk_imu.preprocessing import gravity_filter
from sk_imu.preprocessing._derived_channels import _low_passed

ALL = ["magnitude", "vertical", "rate_of_change"]
GRAVITY = 9.80665


def names_of(*sensors):
    return [f"{sensor}_{axis}" for sensor in sensors for axis in "xyz"]


BOTH = names_of("TotalAcceleration", "Gyroscope")


def make_sets(n_sensors=2, lengths=(1, 30, 257), dtype=np.float64, seed=0):
    """Return sets whose first sensor feels gravity."""
    rng = np.random.default_rng(seed)
    sets = [rng.normal(0, 2, (3 * n_sensors, n)) for n in lengths]
    for row in sets:
        row[:3] += rng.normal(0, 5, (3, 1)) + [[0], [20], [0]]
    return [row.astype(dtype) for row in sets]


def turned(rows, rotation):
    """Turn every triple of channels of every set."""
    matrix = rotation.as_matrix()
    return [
        np.concatenate([matrix @ row[i : i + 3] for i in range(0, len(row), 3)])
        for row in rows
    ]


def derive(X, names=BOTH, kinds=ALL, **parameters):
    """Return the derived channels by name."""
    derived = DerivedChannels(kinds=kinds, channel_names=names, keep=False, **parameters)
    new = derived.fit_transform(X)
    channels = [[row[i] for row in new] for i in range(len(new[0]))]
    return dict(zip(derived.channel_names_out_, channels, strict=True))


# Right values


def test_magnitude_is_the_length_of_each_vector():
    rows = make_sets()
    derived = derive(rows, kinds=["magnitude"])
    assert list(derived) == ["TotalAcceleration_magnitude", "Gyroscope_magnitude"]
    for i, sensor in enumerate(("TotalAcceleration", "Gyroscope")):
        for got, row in zip(derived[f"{sensor}_magnitude"], rows, strict=True):
            expected = np.linalg.norm(row[3 * i : 3 * i + 3], axis=0)
            np.testing.assert_allclose(got, expected, rtol=1e-12)


def test_rate_of_change_is_that_of_a_known_movement_per_second():
    """A vector that turns once in two seconds: its change is π times its length."""
    times_s = np.arange(400) / 100
    angle = np.pi * times_s
    turning = 3 * np.array([np.cos(angle), np.sin(angle), 0 * angle])
    ramp = np.array([[2.0], [-1.0], [2.0]]) * times_s
    derived = derive(
        [np.concatenate([turning, ramp])],
        kinds=["rate_of_change"],
        sampling_rate_hz=100.0,
    )
    assert list(derived) == ["TotalAcceleration_change", "Gyroscope_change"]
    change = derived["TotalAcceleration_change"][0]
    np.testing.assert_allclose(change[1:-1], 3 * np.pi, rtol=1e-3)
    np.testing.assert_allclose(change, 3 * np.pi, rtol=1e-2)
    np.testing.assert_allclose(derived["Gyroscope_change"][0], 3.0)


def test_vertical_by_gravity_that_is_there():
    """Up is along Gravity, which is subtracted from sensors that hold it, and no other."""
    n = 50
    rng = np.random.default_rng(0)
    gravity = np.tile([[0.0], [0.0], [GRAVITY]], n)
    motion, rate, uncalibrated = rng.normal(size=(3, 3, n))
    row = np.concatenate(
        [motion, motion + gravity, gravity, rate, uncalibrated + gravity, rate[:1]]
    )
    sensors = ["Accelerometer", "TotalAcceleration", "Gravity", "Gyroscope"]
    names = [*names_of(*sensors, "AccelerometerUncalibrated"), "Light_lux"]
    derived = derive([row], names, ["vertical"])
    truths = {
        "Accelerometer": motion,
        "TotalAcceleration": motion,
        "Gyroscope": rate,
        "AccelerometerUncalibrated": uncalibrated,
    }
    assert len(derived) == 2 * len(truths)
    for sensor, vector in truths.items():
        vertical, horizontal = (
            derived[f"{sensor}_{part}"] for part in ("vertical", "horizontal")
        )
        np.testing.assert_allclose(vertical[0], vector[2], atol=1e-12)
        np.testing.assert_allclose(horizontal[0], np.hypot(*vector[:2]), atol=1e-12)


@pytest.mark.parametrize("sensor", ["TotalAcceleration", "AccelerometerUncalibrated"])
def test_vertical_by_gravity_that_is_filtered_out(sensor):
    """A phone that nods about a fixed axis while it is shaken up and down at 2 Hz."""
    times_s = np.arange(1500) / 50
    tilt = 0.4 * np.sin(2 * np.pi * 0.05 * times_s)
    attitude = Rotation.from_rotvec(tilt[:, None] * [0.6, 0.8, 0.0])
    shaken = 3 * np.sin(2 * np.pi * 2.0 * times_s)
    world = np.stack([0 * shaken, 0 * shaken, shaken + GRAVITY], axis=1)
    row = attitude.inv().apply(world).T
    derived = derive([row], names_of(sensor), ["vertical"])
    vertical, horizontal = (
        derived[f"{sensor}_{part}"][0] for part in ("vertical", "horizontal")
    )
    inner = slice(100, -100)
    np.testing.assert_allclose(vertical[inner], shaken[inner], atol=0.1)
    assert horizontal[inner].max() < 0.3


def test_little_shaking_is_taken_for_gravity_at_the_ends():
    """The low-pass has half as many samples there: 0.4 m/s² of 2.1 are lost (RMS)."""
    phases = np.linspace(0, 2 * np.pi, 16, endpoint=False)[:, None]
    shaken = 3 * np.sin(2 * np.pi * 1.5 * np.arange(250) / 50 + phases)
    panel = np.zeros((16, 3, 250))
    panel[:, 2] = GRAVITY + shaken
    (vertical,) = [
        np.array(channel)
        for name, channel in derive(panel, BOTH[:3], ["vertical"]).items()
        if name.endswith("vertical")
    ]
    error = (vertical - shaken)[:, np.r_[0:25, -25:0]]
    assert np.sqrt(np.square(error).mean()) < 0.45
    assert np.abs(error).max() < 0.8


@pytest.mark.parametrize("n_timesteps", [1, 2, 5, 60])
def test_short_sets_at_rest_have_no_vertical_movement(n_timesteps):
    row = np.tile([[1.0], [2.0], [9.0], [0.1], [0.2], [0.9]], n_timesteps)
    derived = derive([row])
    for name, channels in derived.items():
        if name.startswith("TotalAcceleration") and "magnitude" not in name:
            np.testing.assert_allclose(channels[0], 0, atol=1e-9)
    # The turning is about the vertical.
    np.testing.assert_allclose(
        derived["Gyroscope_vertical"][0], derived["Gyroscope_magnitude"][0]
    )
    np.testing.assert_allclose(derived["Gyroscope_horizontal"][0], 0, atol=1e-9)


def test_nothing_is_vertical_without_gravity():
    derived = derive(
        [np.concatenate([np.zeros((3, 4)), np.ones((3, 4))])],
        names_of("Gravity", "Gyroscope"),
        ["vertical"],
    )
    np.testing.assert_array_equal(derived["Gyroscope_vertical"][0], np.zeros(4))
    np.testing.assert_allclose(derived["Gyroscope_horizontal"][0], np.sqrt(3))


# The law that they are made for


@pytest.mark.parametrize(
    "sensors",
    [
        ("TotalAcceleration", "Gyroscope"),
        ("Gravity", "Accelerometer", "Gyroscope", "Magnetometer"),
        ("AccelerometerUncalibrated",),
    ],
)
@given(seed=st.integers(0, 2**32 - 1), n_timesteps=st.integers(1, 200))
def test_turning_the_device_changes_nothing(sensors, seed, n_timesteps):
    rows = make_sets(len(sensors), (n_timesteps, 20), seed=seed)
    rotation = Rotation.random(random_state=np.random.RandomState(seed))
    before = derive(rows, names_of(*sensors))
    after = derive(turned(rows, rotation), names_of(*sensors))
    for name, channels in before.items():
        for one, other in zip(channels, after[name], strict=True):
            np.testing.assert_allclose(other, one, rtol=0, atol=1e-9)


@given(seed=st.integers(0, 2**32 - 1))
def test_parts_make_up_the_whole(seed):
    (row,) = make_sets(2, (40,), seed=seed)
    derived = derive([row], names_of("Gravity", "Gyroscope"))
    squared = sum(
        derived[f"Gyroscope_{part}"][0] ** 2 for part in ("vertical", "horizontal")
    )
    np.testing.assert_allclose(squared, derived["Gyroscope_magnitude"][0] ** 2)


@pytest.mark.parametrize("axis", ["x", "y", "z"])
def test_a_mirror_changes_the_sign_of_turns_to_the_left_alone(axis):
    (row,) = make_sets(lengths=(200,))
    recording = Recording.from_array(
        row, sampling_rate_hz=50, channel_names=BOTH, side="left"
    )
    image = CanonicalSide(mirror_axis=axis).fit_transform([recording])
    before, after = (derive(Resampler().fit_transform(X)) for X in ([recording], image))
    for name, channels in before.items():
        sign = -1 if name == "Gyroscope_vertical" else 1
        np.testing.assert_allclose(after[name][0], sign * channels[0], atol=1e-9)
    assert np.ptp(before["Gyroscope_vertical"][0]) > 1


# Axes found from the movement


def waves(n_timesteps, n_periods, strength):
    """Return a movement that goes further up than down: its skewness is 0.95."""
    phase = 2 * np.pi * n_periods * np.arange(n_timesteps) / n_timesteps
    return strength * (np.sin(phase) - 0.7 * np.cos(2 * phase))


@st.composite
def movements(draw):
    """Return up, main and cross of a movement that has all of them, and turns besides.

    Whole periods, of other lengths along each axis: the axes are the principal ones.
    """
    n = draw(st.integers(100, 300))
    periods = draw(st.permutations([3, 4, 5]))
    main = draw(st.floats(1, 10))
    strengths = [draw(st.floats(0, 10)), main, main * draw(st.floats(0.1, 0.8))]
    acceleration = np.array(
        [waves(n, *each) for each in zip(periods, strengths, strict=True)]
    )
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    return acceleration, rng.normal(size=(3, n))


ROTATIONS = st.integers(0, 2**32 - 1).map(
    lambda seed: Rotation.random(random_state=np.random.RandomState(seed))
)
PARTS = ("up", "main", "cross")


def aligned(rows, *sensors):
    """Return for each row and sensor its vector in the axes up, main and cross."""
    derived = derive(rows, names_of(*sensors), ["aligned"])
    assert list(derived) == [f"{sensor}_{part}" for sensor in sensors for part in PARTS]
    return [
        [np.array([derived[f"{sensor}_{part}"][i] for part in PARTS]) for sensor in sensors]
        for i in range(len(rows))
    ]


@given(movement=movements(), rotation=ROTATIONS)
def test_aligned_axes_are_those_of_the_movement(movement, rotation):
    """However the device is turned, what comes out is the movement of the world."""
    acceleration, turns = movement
    gravity = np.tile([[GRAVITY], [0.0], [0.0]], acceleration.shape[1])
    sensors = {
        "Gyroscope": turns,
        "Gravity": gravity,
        "TotalAcceleration": acceleration + gravity,
        "Accelerometer": acceleration,
    }
    for chosen in (list(sensors), ["Gyroscope", "Gravity", "Accelerometer"]):
        row = np.concatenate([sensors[sensor] for sensor in chosen])
        (got,) = aligned(turned([row], rotation), *chosen)
        for sensor, vector in zip(chosen, got, strict=True):
            np.testing.assert_allclose(vector, sensors[sensor], rtol=0, atol=1e-6)


@given(movement=movements(), rotation=ROTATIONS)
def test_aligned_channels_are_the_same_however_the_device_was_turned(movement, rotation):
    """Gravity is filtered out, so up is about the mean: what is sure is the invariance."""
    acceleration, turns = movement
    row = np.concatenate([acceleration + [[GRAVITY], [0.0], [0.0]], turns])
    sensors = ("TotalAcceleration", "Gyroscope")
    (before,), (after,) = (
        aligned(rows, *sensors) for rows in ([row], turned([row], rotation))
    )
    np.testing.assert_allclose(after, before, rtol=0, atol=1e-6)
    main, cross = before[0][1:] - before[0][1:].mean(axis=1, keepdims=True)
    assert main.var() > cross.var()
    assert abs(np.mean(main * cross)) < 1e-9 * main.var()
    assert min(np.mean(main**3), np.mean(cross**3)) > 0
    assert before[0][0].mean() > 0.9 * GRAVITY


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@given(seed=st.integers(0, 2**32 - 1), n_timesteps=st.integers(1, 60))
def test_aligned_parts_are_the_whole_vector(dtype, seed, n_timesteps):
    rows = make_sets(2, (n_timesteps, 20), dtype=dtype, seed=seed)
    both = aligned(rows, "TotalAcceleration", "Gyroscope")
    for row, got in zip(rows, both, strict=True):
        for vector, new in zip((row[:3], row[3:]), got, strict=True):
            assert new.dtype == dtype
            # All angles and lengths within the set are as they were.
            scale = np.square(vector).sum(axis=0).max()
            accuracy = 20 * np.finfo(dtype).eps * scale
            np.testing.assert_allclose(new.T @ new, vector.T @ vector, atol=accuracy)


@pytest.mark.parametrize(
    "movement",
    [
        np.zeros((3, 40)),
        np.outer([0, 0, 1], np.sin(np.arange(40))),
        np.outer([1, 0, 0], np.sin(np.arange(40))),
        np.stack([np.cos(np.arange(40)), np.sin(np.arange(40)), np.zeros(40)]),
        np.full((3, 40), 1e150) * np.sin(np.arange(40)),
    ],
    ids=["none", "up", "one horizontal axis", "a circle", "huge"],
)
@pytest.mark.parametrize("up", [[0, 0, GRAVITY], [0, 0, 0]], ids=["gravity", "none"])
def test_without_a_horizontal_direction_any_axes_serve(movement, up):
    gravity = np.tile(np.array(up, dtype=float)[:, None], 40)
    row = np.concatenate([gravity, movement, np.ones((3, 40))])
    (got,) = aligned([row], "Gravity", "Accelerometer", "Gyroscope")
    assert np.isfinite(got).all()
    for vector, new in zip((gravity, movement, np.ones((3, 40))), got, strict=True):
        np.testing.assert_allclose(
            np.linalg.norm(new / max(1, np.abs(vector).max()), axis=0),
            np.linalg.norm(vector / max(1, np.abs(vector).max()), axis=0),
            atol=1e-12,
        )
    np.testing.assert_allclose(got[0][0], up[2], atol=1e-12)


def test_a_panel_has_axes_of_its_own_in_each_row():
    rng = np.random.default_rng(0)
    rows = [
        np.concatenate(
            [
                [GRAVITY + waves(150, 3, 1), waves(150, 4, 5), waves(150, 5, 2)],
                rng.normal(size=(3, 150)),
            ]
        )
        for _ in range(5)
    ]
    rows = [turned([row], Rotation.random(random_state=i))[0] for i, row in enumerate(rows)]
    sensors = ("TotalAcceleration", "Gyroscope")
    as_list, as_panel = aligned(rows, *sensors), aligned(np.stack(rows), *sensors)
    np.testing.assert_allclose(as_panel, as_list, atol=1e-12)
    for acceleration, _ in as_list:
        np.testing.assert_allclose(acceleration, as_list[0][0], atol=1e-9)


@pytest.mark.parametrize("axis", ["x", "y", "z"])
def test_a_mirror_changes_the_sign_of_aligned_turns_alone(axis):
    rng = np.random.default_rng(0)
    world = np.concatenate(
        [
            [GRAVITY + waves(200, 3, 1), waves(200, 4, 5), waves(200, 5, 2)],
            rng.normal(size=(3, 200)),
        ]
    )
    (row,) = turned([world], Rotation.random(random_state=1))
    recording = Recording.from_array(
        row, sampling_rate_hz=50, channel_names=BOTH, side="left"
    )
    image = CanonicalSide(mirror_axis=axis).fit_transform([recording])
    before, after = (
        derive(Resampler().fit_transform(X), kinds=["aligned"])
        for X in ([recording], image)
    )
    mirror = RandomMirror(
        channel_names=list(before), mirror_axis=axis, probability=1.0, random_state=0
    )
    (mirrored,) = mirror.fit_transform([np.concatenate(list(before.values()))])
    for name, augmented in zip(before, mirrored, strict=True):
        sign = -1 if name.startswith("Gyroscope") else 1
        np.testing.assert_allclose(after[name][0], sign * before[name][0], atol=1e-9)
        np.testing.assert_allclose(augmented, after[name][0], atol=1e-9)


# States, names, and what is refused


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("keep", [False, True])
def test_every_state_and_dtype_is_kept_and_derived_alike(keep, dtype):
    panel = np.stack(make_sets(2, (80,) * 4, dtype=dtype))
    derived = DerivedChannels(kinds=ALL, channel_names=BOTH, keep=keep)
    as_panel = derived.fit_transform(panel)
    assert isinstance(as_panel, np.ndarray)
    assert as_panel.shape == (4, 14 if keep else 8, 80)
    as_list = clone(derived).fit_transform(list(panel))
    assert isinstance(as_list, list)
    for got, row in zip(as_list, as_panel, strict=True):
        assert got.dtype == row.dtype == dtype
        np.testing.assert_allclose(got, row, rtol=1e-5, atol=1e-5)
    if keep:
        np.testing.assert_array_equal(as_panel[:, :6], panel)
    uneven = derived.fit_transform(make_sets(dtype=dtype))
    assert [row.shape[1] for row in uneven] == [1, 30, 257]
    exact = derived.fit_transform(panel.astype(np.float64))
    np.testing.assert_allclose(as_panel, exact, rtol=1e-4, atol=2e-3)


def test_input_is_not_changed():
    rows = make_sets()
    before = [row.copy() for row in rows]
    derive(rows)
    for old, row in zip(before, rows, strict=True):
        np.testing.assert_array_equal(row, old)


def test_names_are_told_before_and_are_those_that_come_out():
    names = [*names_of("Gyroscope"), "Light_lux", *names_of("TotalAcceleration")]
    expected = [
        "Gyroscope_magnitude",
        "TotalAcceleration_magnitude",
        "Gyroscope_vertical",
        "Gyroscope_horizontal",
        "TotalAcceleration_vertical",
        "TotalAcceleration_horizontal",
        "Gyroscope_change",
        "TotalAcceleration_change",
    ]
    assert derived_channel_names(names, ALL, keep=False) == expected
    assert derived_channel_names(names, ALL) == names + expected
    X = np.ones((2, 7, 20))
    derived = DerivedChannels(kinds=np.array(ALL), channel_names=np.array(names)).fit(X)
    assert derived.channel_names_out_ == names + expected
    assert derived.transform(X).shape == (2, 15, 20)


def test_kinds_may_be_none_at_all():
    """So that a grid can try without."""
    X = np.ones((4, 9))
    np.testing.assert_array_equal(DerivedChannels(kinds=()).fit_transform(X), X)
    assert DerivedChannels(kinds=()).fit(X).channel_names_out_ == ["channel_0"]


@pytest.mark.parametrize(
    ("names", "parameters", "message"),
    [
        (None, {}, "needs channel_names because"),
        (BOTH[:5], {}, "each of the 6 channels"),
        (list("abcdef"), {}, "'magnitude' needs the x, y and z of a sensor, .*'f'"),
        (names_of("Accelerometer", "Gyroscope"), {"kinds": ["vertical"]}, "of Gravity, or"),
        (names_of("Accelerometer", "Gyroscope"), {"kinds": ["aligned"]}, "leave 'aligned'"),
        (
            [*names_of("Gravity"), "Gyroscope_x", "Gyroscope_y", "Light_lux"],
            {"kinds": ["vertical"]},
            "of a sensor besides Gravity",
        ),
        (BOTH, {"kinds": ["jerk"]}, "'jerk'.*magnitude, vertical, rate_of_change"),
        (BOTH, {"kinds": "magnitude"}, "'kinds' parameter"),
        (BOTH, {"kinds": ["magnitude"] * 2}, "magnitude'.*would come out twice"),
        (BOTH, {"kinds": [], "keep": False}, "nothing would come out"),
        (BOTH, {"sampling_rate_hz": 0.0}, "'sampling_rate_hz' parameter"),
        (BOTH, {"kinds": ["vertical"], "gravity_cutoff_hz": 25.0}, "less than half of"),
        (BOTH, {"kinds": ["aligned"], "gravity_cutoff_hz": 25.0}, "less than half of"),
    ],
)
def test_what_cannot_be_derived_is_named(names, parameters, message):
    with pytest.raises(ValueError, match=message):
        DerivedChannels(channel_names=names, **parameters).fit(make_sets())


def test_bad_input_is_named():
    rows = make_sets()
    derived = DerivedChannels(channel_names=BOTH)
    with pytest.raises(ValueError, match="Put a Resampler in front"):
        derived.fit([Recording.from_array(rows[0], sampling_rate_hz=1, channel_names=BOTH)])
    rows[1][4, 7] = np.nan
    with pytest.raises(ValueError, match="row 1, the first in channel 4 at timestep 7"):
        derived.fit(rows)
    derived.fit(make_sets())
    with pytest.raises(ValueError, match="expecting 6"):
        derived.transform(make_sets(1))


# In use


def test_serves_a_scaler_and_a_search_over_recordings():
    """Two movements that differ in strength, each person with the phone turned anew."""
    rng = np.random.default_rng(0)
    X, y, groups = [], [], []
    for subject in range(4):
        rotation = Rotation.random(random_state=subject)
        for i in range(6):
            strength = 1.0 + i % 2
            walk = np.zeros((6, 150))
            walk[2] = GRAVITY + strength * np.sin(np.arange(150) / 4)
            walk += rng.normal(0, 0.1, walk.shape)
            (walk,) = turned([walk], rotation)
            X.append(Recording.from_array(walk, sampling_rate_hz=50, channel_names=BOTH))
            y.append(f"strength {strength}")
            groups.append(subject)
    names = derived_channel_names(BOTH, ["vertical"], keep=False)
    pipeline = Pipeline(
        [
            ("resample", Resampler()),
            ("derive", DerivedChannels(channel_names=BOTH, keep=False)),
            ("features", SummaryFeatures(statistics=["std"])),
            ("forest", RandomForestClassifier(10, random_state=0)),
        ]
    )
    search = GridSearchCV(
        pipeline,
        {"derive__kinds": [["rate_of_change"], ["vertical"]]},
        cv=GroupKFold(4),
        error_score="raise",
    ).fit(X, y, groups=groups)
    assert search.best_score_ == 1
    assert pickle.loads(pickle.dumps(search)).predict(X).tolist() == y
    scaled = make_pipeline(
        Resampler(),
        DerivedChannels(kinds=["vertical"], channel_names=BOTH, keep=False),
        ChannelScaler(channel_names=names),
    ).fit_transform(X)
    np.testing.assert_allclose(np.square(np.hstack(scaled)).mean(axis=1), 1)


def test_a_real_watch():
    """One set of external rotations: the arm turns, and gravity is found in it."""
    pytest.importorskip("seglearn")
    watch = load_watch()
    row = int(np.flatnonzero(watch.target == "ER")[0])
    X = Resampler().fit_transform([watch.data[row]])
    derived = {name: x[0] for name, x in derive(X, watch.channel_names).items()}
    assert all(np.isfinite(x).all() for x in derived.values())
    # What is felt is gravity and a little movement; without gravity the movement is left.
    assert abs(derived["TotalAcceleration_magnitude"].mean() - GRAVITY) < 0.5
    assert abs(derived["TotalAcceleration_vertical"].mean()) < 0.2
    assert 0.1 < derived["TotalAcceleration_vertical"].std() < 5
    # The upper arm hangs and turns about itself: about the vertical, back and forth.
    vertical, horizontal = (
        np.sqrt(np.square(derived[f"Gyroscope_{part}"]).mean())
        for part in ("vertical", "horizontal")
    )
    assert vertical > horizontal
    assert abs(derived["Gyroscope_vertical"].mean()) < 0.2 * vertical
    kinds = [*ALL, "aligned"]
    derived = {name: x[0] for name, x in derive(X, watch.channel_names, kinds).items()}
    rotation = Rotation.from_rotvec([1.0, -2.0, 0.5])
    for name, x in derive(turned(X, rotation), watch.channel_names, kinds).items():
        np.testing.assert_allclose(x[0], derived[name], rtol=0, atol=1e-9)
    # About itself is also about up, which is fixed for the set.
    assert derived["Gyroscope_up"].std() > derived["Gyroscope_cross"].std()


def test_auto_derives_what_the_channels_allow():
    def kinds(names, **parameters):
        X = [SignalArray(np.random.default_rng(0).normal(size=(len(names), 60)), names, 50)]
        derive = DerivedChannels(kinds="auto", keep="auto", **parameters).fit(X)
        return derive.kinds_, derive.channel_names_out_[:1]

    total = [f"TotalAcceleration_{axis}" for axis in "xyz"]
    gravity = [f"Gravity_{axis}" for axis in "xyz"]
    gyroscope = [f"Gyroscope_{axis}" for axis in "xyz"]
    assert kinds(total) == (["magnitude", "vertical"], total[:1])
    assert kinds(gyroscope) == (["magnitude"], gyroscope[:1])
    assert kinds(gravity) == (["magnitude"], gravity[:1])
    assert kinds(["pressure"]) == ([], ["pressure"])
    assert kinds(["pressure"], wear="free") == ([], ["pressure"])
    free = ["magnitude", "vertical", "aligned"]
    assert kinds(total, wear="free") == (free, ["TotalAcceleration_magnitude"])


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("shape", [(3, 1), (3, 20), (3, 200), (4, 3, 100)])
def test_gravity_is_filtered_as_by_scipy(shape, dtype):
    """To the bit, although the filter's state is found only once."""
    vectors = np.random.default_rng(0).normal(size=shape).astype(dtype)
    sos, n_pad = gravity_filter(0.5, 25.0), min(50, shape[-1] - 1)
    expected = signal.sosfiltfilt(sos, vectors, padtype="even", padlen=n_pad)
    smooth = _low_passed(vectors, cutoff_hz=0.5, rate_hz=25.0)
    np.testing.assert_array_equal(smooth, expected.astype(dtype))
