"""What the pipelines guarantee about devices, sides of the body and their steps."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.spatial.transform import Rotation

from sk_imu import Recording, SensorStream
from sk_imu.datasets import load_basic_motions, load_watch, make_exercise_recordings
from sk_imu.pipelines import MODELS, make_pipeline_for, wear_of
from sk_imu.recording._channels import STANDARD_GRAVITY
from sk_imu.study._data import load_study_data
from sk_imu.study._jobs import with_copies

SENSORS = ("TotalAcceleration", "Gyroscope")
NAMES = [f"{sensor}_{axis}" for sensor in SENSORS for axis in "xyz"]
GRAVITY = [f"Gravity_{axis}" for axis in "xyz"]
WEAR = ["fixed", "free"]


@pytest.fixture(scope="module")
def sets():
    """Return easy sets of a device held upright: each exercise has a tempo of its own."""
    rng = np.random.default_rng(0)
    sets = []
    for row in range(16):
        label, tempo_hz = [("lunge", 0.5), ("squat", 1.1)][row % 2]
        t = np.arange(rng.integers(250, 400)) / 50
        phase = 2 * np.pi * tempo_hz * t + rng.uniform(0, 6)
        values = np.sin(phase + np.arange(6)[:, None]) * [[3], [1], [2], [1], [2], [3]]
        values += rng.normal(0, 0.3, values.shape)
        values[1] += STANDARD_GRAVITY
        recording = Recording.from_array(
            values, sampling_rate_hz=50, channel_names=NAMES, label=label, side="right"
        )
        sets.append(recording)
    return sets


def labels_of(sets):
    return [recording.label for recording in sets]


def quick(name, **parameters):
    """Return a pipeline that learns in a moment."""
    pipeline = make_pipeline_for(name, random_state=0, n_copies=1, **parameters)
    small = {"max_epochs": 2, "num_kernels": 84, "n_filters": 8, "n_estimators": 20}
    return pipeline.set_params(
        **{
            key: small[key.rpartition("__")[2]]
            for key in pipeline.get_params()
            if key.rpartition("__")[2] in small
        }
    )


def moved(recording, change, **metadata):
    """Return the recording with ``change(sensor, values)`` in place of values."""
    streams = {
        sensor: SensorStream(stream.timestamps_s, change(sensor, stream.values))
        for sensor, stream in recording.streams.items()
    }
    return replace(recording, streams=streams, **metadata)


def turned(sets, seed=0):
    """Turn the device of each set in a way of its own."""
    ways = Rotation.random(len(sets), random_state=seed)
    return [
        moved(one, lambda _, values, way=way: values @ way.as_matrix().T)
        for one, way in zip(sets, ways, strict=True)
    ]


def on_the_other_arm(sets, side="left"):
    """Mirror the body along x: pseudovectors keep what is along it, vectors the rest."""
    signs = {"TotalAcceleration": [-1, 1, 1], "Gyroscope": [1, -1, -1]}
    return [
        moved(one, lambda sensor, values: values * signs[sensor], side=side) for one in sets
    ]


def scores(pipeline, sets):
    method = "predict_proba" if hasattr(pipeline, "predict_proba") else "decision_function"
    return getattr(pipeline, method)(sets)


# ------------------------------------------------------------------------------ wear


@pytest.mark.parametrize("name", ["svm", "cnn"])
def test_a_free_device_may_be_turned_any_way(sets, name):
    pipeline = quick(name, channels=NAMES, wear="free").fit(sets, labels_of(sets))
    channels, channels_turned = (pipeline[:-1].transform(X) for X in (sets, turned(sets)))
    for one, other in zip(channels, channels_turned, strict=True):
        assert_allclose(one, other, atol=1e-5)  # they are float32
    expected = scores(pipeline, sets)
    assert_allclose(scores(pipeline, turned(sets)), expected, atol=1e-4)
    assert np.ptp(expected, axis=0).max() > 0.01  # it does look at the sets


def test_the_orientation_of_a_fixed_device_is_learned(sets):
    pipeline = quick("svm", channels=NAMES).fit(sets, labels_of(sets))
    assert np.abs(scores(pipeline, turned(sets)) - scores(pipeline, sets)).max() > 0.1


@pytest.mark.parametrize(
    ("channels", "wear", "derived", "keep"),
    [
        (NAMES, "fixed", ["magnitude", "vertical"], True),
        (NAMES, "free", ["magnitude", "vertical", "aligned"], False),
        (NAMES[3:], "fixed", ["magnitude"], True),
        (NAMES[3:], "free", ["magnitude"], False),
        (["Gyroscope_x"], "fixed", [], True),
        (["Gyroscope_x"], "free", [], True),
        (None, "free", ["magnitude", "vertical", "aligned"], False),
        (GRAVITY, "fixed", ["magnitude"], True),
        (GRAVITY, "free", ["magnitude", "aligned"], False),
    ],
)
def test_channels_are_derived_where_the_given_ones_allow(
    sets, channels, wear, derived, keep
):
    if channels == GRAVITY:
        acceleration = "TotalAcceleration"
        sets = [replace(s, streams={"Gravity": s.streams[acceleration]}) for s in sets]
    pipeline = quick("svm", channels=channels, wear=wear).fit(sets, labels_of(sets))
    derive = pipeline.named_steps["derive"]
    given = pipeline.named_steps["resample"].channel_names_
    assert derive.kinds_ == derived
    assert (derive.channel_names_out_[: len(given)] == given) == keep
    assert pipeline.score(sets, labels_of(sets)) > 0.7


@pytest.mark.parametrize("rate_hz", [3.0, 20.0])
def test_slow_clocks_are_augmented_too(sets, rate_hz):
    pipeline = quick(
        "svm", channels=NAMES, wear="free", sampling_rate_hz=rate_hz, window_seconds=6
    )
    assert len(pipeline.fit(sets, labels_of(sets)).predict(sets)) == len(sets)


@pytest.mark.parametrize(("channels", "is_turned"), [(NAMES, True), (NAMES[:4], False)])
def test_parts_of_vectors_are_not_turned(sets, channels, is_turned):
    pipeline = quick("cnn", channels=channels).fit(sets, labels_of(sets))
    key = "classify__estimator__estimator__augmenter"
    without = quick("cnn", channels=channels).set_params(**{f"{key}__turn": "passthrough"})
    without.fit(sets, labels_of(sets))
    differs = (pipeline.predict_proba(sets) != without.predict_proba(sets)).any()
    assert differs == is_turned


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize(
    ("channels", "wear", "fixed_length"),
    [
        (None, "fixed", None),
        (None, "fixed", 64),
        (NAMES, "fixed", None),
        (NAMES, "free", None),
    ],
)
def test_every_model_learns_raw_recordings(sets, name, channels, wear, fixed_length):
    if name == "minirocket":
        pytest.importorskip("numba")
    pipeline = quick(name, channels=channels, wear=wear, fixed_length=fixed_length)
    steps = ["side", "resample", "derive", "scale", "length", "classify"]
    if fixed_length is None:
        steps.remove("length")
    assert list(pipeline.named_steps) == steps
    predicted = pipeline.fit(sets, labels_of(sets)).predict(sets)
    assert predicted.shape == (len(sets),)
    assert set(predicted) <= {"lunge", "squat"}
    if name in ("rf", "svm", "minirocket"):
        assert (predicted == labels_of(sets)).mean() > 0.9


def test_an_unknown_wear_is_refused():
    with pytest.raises(ValueError, match="wear must be 'fixed' or 'free', got 'arm'"):
        make_pipeline_for("rf", wear="arm")


@pytest.mark.parametrize(
    ("places", "expected"),
    [
        (["wrist", "upper arm", None], "fixed"),
        (["wrist", "Front Pocket"], "free"),
        (["handbag"], "free"),
        (["hand"], "free"),
        (["wrist of the left hand"], "fixed"),
        ([], "fixed"),
    ],
)
def test_wear_of_recordings(sets, places, expected):
    recordings = (replace(sets[0], placement=place) for place in places)
    assert wear_of(recordings) == expected


def test_wear_of_data_sets():
    assert wear_of(load_watch().data) == "fixed"
    assert wear_of(load_basic_motions().data) == "fixed"
    for place, expected in [("front pocket", "free"), ("upper arm", "fixed")]:
        bunch = make_exercise_recordings(1, 1, placement=place, random_state=0)
        assert wear_of(bunch.data) == expected


# ----------------------------------------------------------------------------- sides


@pytest.mark.parametrize("wear", WEAR)
@pytest.mark.parametrize("name", ["svm", "cnn"])
def test_both_arms_give_the_same_scores(sets, name, wear):
    pipeline = quick(name, channels=NAMES, wear=wear).fit(sets, labels_of(sets))
    expected = scores(pipeline, sets)
    assert_array_equal(scores(pipeline, on_the_other_arm(sets)), expected)
    unknown = scores(pipeline, on_the_other_arm(sets, side=None))
    assert np.abs(unknown - expected).max() > 0.001


def test_copies_before_the_split_keep_their_side(sets):
    """Else copies of the left arm would not be mirrored with their sets."""
    both = [*sets[:8], *on_the_other_arm(sets[8:])]
    dataset = load_study_data((both, labels_of(both), None), NAMES, 25.0, False)
    pipeline = make_pipeline_for("svm", channels=NAMES)
    rows = with_copies(dataset, 2, seed=0)
    assert [row.side for row in rows] == (["right"] * 8 + ["left"] * 8) * 3
    side = pipeline.named_steps["side"].fit(rows)
    assert side.n_mirrored_ == 3 * 8
    assert side.n_unknown_side_ == 0
