"""Bad input raises a ValueError that says where it is and what helps."""

import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import RandomForestClassifier
from sklearn.pipeline import make_pipeline

from sk_imu import (
    AugmentedClassifier,
    ChannelScaler,
    CNNClassifier,
    CNNGRUClassifier,
    FixedLength,
    Flatten,
    GRUClassifier,
    MultiplicativeNoise,
    RandomRotation,
    Recording,
    Resampler,
    SensorStream,
    SummaryFeatures,
    WindowedClassifier,
)
from sk_imu.augmentation import random_rotation

NET = {"max_epochs": 1, "random_state": 0}
CNN = {**NET, "n_filters": 2, "kernel_size": 3, "n_blocks": 1, "pool_size": 2}


def stream(n_samples=100, start_s=0.0, rate_hz=50.0, bad=None):
    times = start_s + np.arange(n_samples) / rate_hz
    values = np.random.default_rng(0).normal(size=(n_samples, 3))
    if bad is not None:
        bad(times, values)
    return SensorStream(times, values)


def recording(source="file.csv", **streams):
    return Recording(
        {"Accelerometer": stream(), "Gyroscope": stream(), **streams}, source=source
    )


def recordings(row=None, bad=None):
    """Return six good recordings, or five with a bad one among them."""
    X = [recording(source=f"set{i}.csv") for i in range(6)]
    if row is not None:
        X[row] = bad
    return X


def set_value(sample, value):
    def change(times, values):
        values[sample, 1] = value

    return change


def set_time(sample, time_s):
    def change(times, values):
        times[sample] = time_s

    return change


NETS = [CNNClassifier(**CNN), GRUClassifier(**NET), CNNGRUClassifier(**CNN)]
ON_RECORDINGS = [
    make_pipeline(Resampler(), FixedLength(40), CNNClassifier(**CNN)),
    make_pipeline(Resampler(), WindowedClassifier(CNNClassifier(**CNN), window_seconds=1)),
]


def name_of(estimator):
    return type(estimator).__name__


# ------------------------------------------------------------- what was recorded


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (
            recording("tape.csv", Gyroscope=stream(bad=set_time(40, 0.1))),
            r"'Gyroscope'.*runs backwards at sample 40.*sort the samples",
        ),
        (
            recording("tape.csv", Gyroscope=stream(bad=set_time(40, 39 / 50))),
            r"'Gyroscope'.*repeats a timestamp at sample 40.*sort the samples",
        ),
        (
            recording("tape.csv", Gyroscope=stream(bad=set_time(40, np.nan))),
            r"'Gyroscope'.*timestamp of sample 40 is nan.*Remove the samples",
        ),
        (
            recording("tape.csv", Gyroscope=stream(bad=set_value(7, np.nan))),
            r"'Gyroscope'.*NaN in axis 'y' at sample 7.*missing='interpolate'",
        ),
        (
            recording("tape.csv", Gyroscope=stream(bad=set_value(7, np.inf))),
            r"'Gyroscope'.*'y': infinity at sample 7.*Remove the sample",
        ),
        (
            recording("tape.csv", Gyroscope=stream(start_s=60.0)),
            r"streams don't overlap in time: .*from 60.000 to 61.980 s.*channels=",
        ),
        (
            recording("tape.csv", Gyroscope=stream(n_samples=1)),
            r"'Gyroscope'.*has 1 sample.*at least 2.*Leave",
        ),
        (
            recording("tape.csv", Gyroscope=stream(n_samples=0)),
            r"'Gyroscope'.*has 0 sample.*at least 2.*Leave",
        ),
        (
            Recording({"Accelerometer": stream()}, source="tape.csv"),
            r"channels differ.*missing \['Gyroscope_x.*channels=",
        ),
        (
            recording("tape.csv", Magnetometer=stream()),
            r"channels differ.*extra \['Magnetometer_x.*channels=",
        ),
    ],
)
@pytest.mark.parametrize("model", ON_RECORDINGS, ids=["fixed", "windowed"])
@pytest.mark.parametrize("when", ["fit", "predict"])
def test_a_bad_recording_is_named_by_row_and_file(model, when, bad, message):
    y = [0, 1] * 3
    match = rf"(?is)row 4 of X \(tape.csv\).*{message}"
    if when == "predict":
        model.fit(recordings(), y)
        with pytest.raises(ValueError, match=match):
            model.predict(recordings(4, bad))
    else:
        with pytest.raises(ValueError, match=match):
            model.fit(recordings(4, bad), y)


@pytest.mark.parametrize(
    "make",
    [
        lambda: SensorStream(["a", "b"], [[1, 2, 3]] * 2),
        lambda: SensorStream([0, 1], [["x", 2, 3]] * 2),
        lambda: Recording.from_array(
            [["fast"] * 9], sampling_rate_hz=50, channel_names=["Gyroscope_x"]
        ),
    ],
)
def test_strings_where_numbers_belong_do_not_make_a_recording(make):
    with pytest.raises(ValueError, match="must hold numbers only: could not convert"):
        make()


def test_rows_that_are_not_recordings_are_named():
    X = recordings(2, np.zeros((6, 100)))
    for model in ON_RECORDINGS:
        with pytest.raises(ValueError, match=r"row 2 of X is a ndarray.*only Rec"):
            model.fit(X, [0, 1] * 3)


def test_sets_shorter_than_a_window_are_named():
    X = recordings(3, recording(Accelerometer=stream(20), Gyroscope=stream(20)))
    with pytest.raises(ValueError, match=r"Row 3 of X has 20 timesteps.*window of 50.*pad"):
        ON_RECORDINGS[1].fit(X, [0, 1] * 3)


# --------------------------------------------------------------------- the labels


@pytest.mark.parametrize("model", ON_RECORDINGS, ids=["fixed", "windowed"])
@pytest.mark.parametrize(
    ("y", "message"),
    [
        (["squat"] * 6, "at least two classes, but y has only one class.*squat"),
        ([0, 1, 0], r"inconsistent numbers of samples.*6.*3"),
        ([], r"inconsistent numbers of samples.*6.*0"),
        (None, "requires y to be passed"),
        ([0.5, 1.5, 2.1] * 2, "Unknown label type"),
        ([0, 1, np.nan] * 2, "y contains NaN"),
        ([[0, 1]] * 6, "y should be a 1d array"),
    ],
)
def test_bad_labels(model, y, message):
    with pytest.raises(ValueError, match=message):
        model.fit(recordings(), y)


@pytest.mark.parametrize("net", NETS, ids=name_of)
def test_one_set_of_each_class_can_be_fitted_but_not_held_out(net):
    X = np.random.default_rng(0).normal(size=(3, 2, 20))
    y = ["lunge", "plank", "squat"]
    assert net.fit(X, y).predict(X).shape == (3,)
    stopping = type(net)(**{**net.get_params(), "early_stopping": True})
    with pytest.raises(ValueError, match="Give each class more.*early_stopping=False"):
        stopping.fit(X, y)
    windowed = WindowedClassifier(net, n_timesteps=10).fit(X, y)
    assert windowed.classes_.tolist() == y


# ----------------------------------------------------------------- arrays and lists


def panel():
    return np.random.default_rng(0).normal(size=(6, 3, 40))


def changed(row, value, dtype=float):
    X = panel().astype(dtype)
    X[row, 1, 5] = value
    return X


def lists(row, new):
    return [new if i == row else values for i, values in enumerate(panel())]


CLASSIFIERS = [
    *NETS,
    WindowedClassifier(CNNClassifier(**CNN), n_timesteps=20),
    AugmentedClassifier(
        make_pipeline(Flatten(), RandomForestClassifier(5)), MultiplicativeNoise()
    ),
    make_pipeline(SummaryFeatures(), RandomForestClassifier(5)),
    make_pipeline(ChannelScaler(), CNNClassifier(**CNN)),
]
POSITION = r"in row 4, the first in channel 1 at timestep 5\. .*Resampler\(missing="


@pytest.mark.parametrize("model", CLASSIFIERS, ids=name_of)
@pytest.mark.parametrize(
    ("X", "message"),
    [
        ([], r"0 sample\(s\).*needs at least one set"),
        (np.zeros((0, 3, 40)), r"0 sample\(s\)"),
        (np.zeros((6, 3, 0)), r"0 timestep\(s\)"),
        (np.zeros((6, 0, 40)), r"0 channel\(s\)|X has 0 features"),
        (np.zeros((6, 3, 3, 40)), r"dim 4.*expects \(n_sets, n_channels, n_timesteps\)"),
        (np.zeros(40), "Expected 2D array"),
        (changed(4, np.nan), POSITION),
        (changed(4, -np.inf), POSITION),
        (list(changed(4, np.nan)), POSITION),
        (list(changed(4, np.inf).astype(np.float32)), POSITION),
        (recordings(), "holds Recordings. Put a Resampler in front"),
        (lists(4, recording()), "holds Recordings. Put a Resampler in front"),
        (lists(4, np.zeros((2, 40))), "row 4 of X has 2 channels, row 0 has 3.*same chan"),
        (lists(4, np.zeros(40)), r"row 4 of X must have shape .*got \(40,\)"),
        (lists(4, np.zeros((3, 0))), r"row 4 of X must have shape .*got \(3, 0\)"),
        (lists(4, [["fast"] * 40] * 3), "row 4 of X must hold numbers only"),
        (lists(4, np.zeros((3, 40)) * 1j), "Complex data not supported: row 4"),
        (panel() * 1j, "Complex data not supported"),
        (np.full((6, 3, 40), "fast"), "row 0 of X must hold numbers only"),
        (changed(4, "fast", object), "row 4 of X must hold numbers only.*'fast'"),
        (
            "recording.csv",
            "X holds the path 'recording.csv'.* Read a file with read_recording",
        ),
        (["a.zip"] * 6, "X holds the path 'a.zip'.* Read a file with read_recording"),
        (recording(), r"X is one Recording.* Give a list, such as \[X\]"),
        (None, "Expected 2D array|NoneType"),
    ],
)
def test_bad_sets(model, X, message):
    y = [0, 1] * 3
    with pytest.raises(ValueError, match=message):
        model.fit(X, y)
    model.fit(panel(), y)
    with pytest.raises(ValueError, match=message):
        model.predict(X)


@pytest.mark.parametrize(
    "X", [lists(4, {"Gyroscope_x": [1.0]}), changed(4, object(), object)]
)
@pytest.mark.parametrize("model", CLASSIFIERS, ids=name_of)
def test_what_cannot_be_a_number_is_a_type_error(model, X):
    with pytest.raises(TypeError, match="row 4 of X must hold numbers only"):
        model.fit(X, [0, 1] * 3)


@pytest.mark.parametrize("model", NETS, ids=name_of)
def test_sets_of_unequal_length_need_fixed_length_or_windows(model):
    X = lists(4, np.zeros((3, 25)))
    message = r"row 4 has 25 timesteps and row 0 has 40\. Put a FixedLength.*WindowedClass"
    with pytest.raises(ValueError, match=message):
        model.fit(X, [0, 1] * 3)
    with pytest.raises(ValueError, match=message):
        model.fit(panel(), [0, 1] * 3).predict(X)


def test_windows_too_short_for_the_network():
    model = WindowedClassifier(CNNClassifier(**CNN), n_timesteps=2)
    message = r"X has 2 timesteps.*at least 3\. Use longer sets or windows"
    with pytest.raises(ValueError, match=message):
        model.fit(panel(), [0, 1] * 3)


@pytest.mark.parametrize("channels", [["Gyroscope"], None])
def test_series_of_recordings_is_a_list_of_them(channels):
    rows = [recording() for _ in range(4)]
    known = list(recording().streams) if channels else None
    expected = Resampler(channels=known).fit_transform(rows)
    series = pd.Series(rows, index=[9, 8, 7, 6])
    for X in (series, pd.DataFrame({"recording": series})["recording"]):
        output = Resampler(channels=known).fit_transform(X)
        for one, other in zip(output, expected, strict=True):
            np.testing.assert_array_equal(one, other)
    for X in (pd.DataFrame({"recording": rows}), (row for row in rows)):
        with pytest.raises(ValueError, match=r"list\(X\)"):
            Resampler(channels=known).fit(X)


def test_nested_lists_of_different_lengths_name_the_row():
    ragged = [[[1.0, 2.0], [1.0, 2.0]], [[1.0, 2.0], [3.0]]]
    with pytest.raises(ValueError, match="ChannelScaler: row 1 of X must have .* differ"):
        ChannelScaler().fit(ragged)


def test_one_channel_is_the_same_as_an_array_or_a_list():
    X = np.random.default_rng(0).normal(size=(4, 50))
    scaler = ChannelScaler().fit(X)
    rows = scaler.transform([row[np.newaxis] for row in X])
    np.testing.assert_allclose(np.concatenate(rows), scaler.transform(X))


@pytest.mark.parametrize("step", [ChannelScaler(), FixedLength(), Resampler()])
def test_names_of_a_table_s_columns_are_those_of_the_last_fit(step):
    panel = np.random.default_rng(0).normal(size=(4, 3, 50))
    table = pd.DataFrame(panel[:, 0]).add_prefix("t")
    others = [panel, list(panel)] + [recordings()] * isinstance(step, Resampler)
    for other in others:
        assert hasattr(step.fit(table), "feature_names_in_")
        assert not hasattr(step.fit(other), "feature_names_in_")


@pytest.mark.parametrize("unturnable", ["keep", "error"])
def test_a_wrong_number_of_names_is_not_kept(unturnable):
    X = np.zeros((2, 3, 50))
    names = ["Gyroscope_x", "Gyroscope_y"]
    with pytest.raises(ValueError, match="name each of the 3 channels .* got 2 names"):
        random_rotation(
            X, np.random.default_rng(0), channel_names=names, unturnable=unturnable
        )
    with pytest.raises(ValueError, match="RandomRotation: channel_names must name each of"):
        RandomRotation(channel_names=names, unturnable=unturnable).fit_transform(X)
