import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline, make_pipeline

from sk_imu import ChannelScaler, FixedLength, Flatten, SummaryFeatures

NAMES = [f"{s}_{axis}" for s in ("TotalAcceleration", "Gyroscope") for axis in "xyz"]
ALL_STATISTICS = [*SummaryFeatures().statistics, "rms"]
# Columns that describe movement, not posture: 0 if there is none.
CHANGE = (
    "std|skewness|kurtosis|change|difference|autocorrelation|spectral|power|correlation"
)
# And those that do not depend on its strength.
SHAPE = "skewness|kurtosis|correlation|spectral_centroid"


def make_panel(shape=(4, 6, 50), dtype=np.float64):
    return np.random.default_rng(0).normal(3, 2, shape).astype(dtype)


def describe(X, **params):
    """Return a table with named columns."""
    return SummaryFeatures(**params).set_output(transform="pandas").fit_transform(X)


def test_statistics_are_what_their_names_say():
    row = np.array([4.0, 0.0, 3.0, 1.0, 12.0])
    values = describe([row[np.newaxis]], statistics=ALL_STATISTICS, lags_s=[0.02]).iloc[0]
    changes = np.diff(row)
    deviations = row - 4
    expected = {
        "mean": 4,
        "std": np.std(row),
        "min": 0,
        "lower_quartile": 1,
        "median": 3,
        "upper_quartile": 4,
        "max": 12,
        "skewness": stats.skew(row),
        "kurtosis": stats.kurtosis(row),
        "mean_abs_difference": 5,
        "change_std": np.std(changes),
        "change_skewness": stats.skew(changes),
        "autocorrelation_0.02_s": deviations[1:] @ deviations[:-1] / (5 * np.var(row)),
        "rms": np.sqrt(34),
    }
    found = values[[f"channel_0__{name}" for name in expected]]
    assert list(found) == pytest.approx(list(expected.values()))
    # The frequencies of five samples at 50 Hz, except 0, of which the window leaves some.
    assert 0 < values["channel_0__spectral_centroid"] < 20
    assert len(values) == len(expected) + 4


@pytest.mark.parametrize(
    ("frequency_hz", "band"), [(0.5, "0.2_to_1"), (1.5, "1_to_2.5"), (5, "above_2.5")]
)
def test_a_sine_is_seen_at_its_frequency(frequency_hz, band):
    times_s = np.arange(500) / 25
    panel = 9.81 + 3 * np.sin(2 * np.pi * frequency_hz * times_s)[np.newaxis, np.newaxis]
    row = describe(panel, statistics=["spectrum"], sampling_rate_hz=25).iloc[0]
    assert row["channel_0__spectral_centroid"] == pytest.approx(frequency_hz, rel=1e-3)
    powers = row.filter(like="log_power")
    assert powers.idxmax() == f"channel_0__log_power_{band}_hz"
    # The variance of a sine of amplitude 3, all of it in the one band.
    assert powers.max() == pytest.approx(np.log(4.5e6), abs=1e-3)
    assert np.expm1(powers.drop(powers.idxmax())).max() < 1


def test_lags_are_seconds_on_the_clock_of_the_sets():
    times_s = np.arange(800) / 20
    panel = np.sin(np.pi * times_s)[np.newaxis, np.newaxis]  # a period of 2 s
    params = {"statistics": ["autocorrelation"], "lags_s": [1, 2]}
    table = describe(panel, sampling_rate_hz=20, **params)
    names = ["channel_0__autocorrelation_1_s", "channel_0__autocorrelation_2_s"]
    assert list(table.columns) == names
    # 39 and 38 of 40 seconds have a sample that much later.
    np.testing.assert_allclose(table.iloc[0], [-39 / 40, 38 / 40])
    # Played at 50 Hz the period is 0.8 s.
    table = describe(
        panel, sampling_rate_hz=50, statistics=["autocorrelation"], lags_s=[0.8]
    )
    assert table["channel_0__autocorrelation_0.8_s"].item() == pytest.approx(38 / 40)


def test_correlations_are_those_of_each_pair():
    panel = make_panel((4, 3, 50))
    panel[:, 2] += panel[:, 0]
    table = describe(panel, channel_names=["a", "b", "c"], statistics=["correlation"])
    assert list(table.columns) == [
        "a__b__correlation",
        "a__c__correlation",
        "b__c__correlation",
    ]
    expected = [np.corrcoef(row)[np.triu_indices(3, 1)] for row in panel]
    np.testing.assert_allclose(table, expected)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("n_timesteps", [1, 2, 3, 25, 1000])
def test_what_does_not_move_has_no_shape(dtype, n_timesteps):
    panel = np.full((2, 3, n_timesteps), 9.81, dtype=dtype)
    panel[1, 0] = 0
    if n_timesteps > 2:
        panel[:, 2] = make_panel((2, n_timesteps), dtype)  # one channel does move
    table = describe(panel, statistics=ALL_STATISTICS)
    assert np.isfinite(table.to_numpy()).all()
    still = table.filter(regex="^(channel_0|channel_1)").filter(regex=CHANGE)
    np.testing.assert_allclose(still, 0, atol=1e-5)
    shape = still.filter(regex=SHAPE)
    assert shape.shape[1] >= 2 * 7
    assert (shape == 0).all(axis=None)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_steady_ramp_has_no_skew_in_its_changes(dtype):
    ramp = (9.81 + 0.1 * np.arange(100, dtype=dtype))[np.newaxis, np.newaxis]
    assert describe(ramp.astype(dtype), statistics=["change_skewness"]).iat[0, 0] == 0


@pytest.mark.parametrize("n_timesteps", [1, 2, 5, 49, 50])
def test_series_no_longer_than_the_lag_do_not_repeat(n_timesteps):
    table = describe(
        make_panel((4, 2, n_timesteps)), statistics=["autocorrelation"], lags_s=[1]
    )
    assert (table == 0).all(axis=None)
    assert np.isfinite(describe(make_panel((4, 2, n_timesteps)))).all(axis=None)


@settings(max_examples=30)
@given(scale=st.floats(1e-3, 1e3), seed=st.integers(0, 1000), n=st.integers(2, 200))
def test_shape_does_not_depend_on_strength(scale, seed, n):
    panel = np.random.default_rng(seed).gamma(1, 1, (2, 3, n))
    shape, scaled = (describe(x).filter(regex=SHAPE) for x in (panel, panel * scale))
    np.testing.assert_allclose(scaled, shape, rtol=1e-6, atol=1e-9)


@settings(max_examples=30)
@given(turned=st.lists(st.booleans(), min_size=3, max_size=3), seed=st.integers(0, 1000))
def test_turned_channels_change_signs_only(turned, seed):
    signs = np.where(turned, -1, 1)
    panel = np.random.default_rng(seed).gamma(1, 1, (2, 3, 40))
    of_values, of_turned = (
        describe(x).filter(regex="skewness|__correlation")
        for x in (panel, panel * signs[:, np.newaxis])
    )
    sign_of = dict(zip(["channel_0", "channel_1", "channel_2"], signs, strict=True))
    for name in of_values:
        sign = np.prod([sign_of.get(word, 1) for word in name.split("__")])
        np.testing.assert_allclose(of_turned[name], sign * of_values[name])


@settings(max_examples=30)
@given(order=st.permutations(range(4)), seed=st.integers(0, 1000))
def test_order_of_channels_is_the_order_of_columns(order, seed):
    panel = np.random.default_rng(seed).normal(3, 2, (2, 4, 30))
    names = np.array(["a", "b", "c", "d"])
    table = describe(panel, channel_names=names)
    mixed = describe(panel[:, order], channel_names=names[order])

    def parts(name):  # the pair a, b is the pair b, a
        return frozenset(name.split("__"))

    mixed = mixed.rename(columns=parts)
    table = table.rename(columns=parts)
    assert set(mixed.columns) == set(table.columns)
    np.testing.assert_allclose(mixed[table.columns], table, atol=1e-12)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_rows_and_panels_are_described_alike(dtype):
    panel = make_panel(dtype=dtype)
    features = SummaryFeatures(statistics=ALL_STATISTICS)
    described = features.fit_transform(panel)
    assert described.shape == (4, 6 * 20 + 15)
    assert described.dtype == dtype
    np.testing.assert_allclose(features.fit_transform(list(panel)), described, 1e-5, 1e-6)


def test_sets_of_any_length_become_rows_of_one_length():
    sets = [np.ones((6, n)) for n in (1, 2, 947)]
    described = SummaryFeatures().fit_transform(sets)
    assert described.shape == (3, 6 * 19 + 15)
    # A constant has the same statistics however long it lasts.
    assert len(np.unique(described, axis=0)) == 1


def test_a_table_is_one_channel():
    described = SummaryFeatures().fit_transform(make_panel((4, 50)))
    assert described.shape == (4, 19)


@pytest.mark.parametrize("statistics", [["mean", "mode"], []])
def test_unknown_or_no_statistics_are_refused(statistics):
    with pytest.raises(ValueError, match="one or more of"):
        SummaryFeatures(statistics=statistics).fit(make_panel())


@pytest.mark.parametrize(
    ("parameters", "column"),
    [
        ({"statistics": ["max", "mean", "max"]}, "channel_0__max"),
        ({"lags_s": [0.5, 0.2, 0.5]}, "channel_0__autocorrelation_0.5_s"),
    ],
)
def test_no_column_is_there_twice(parameters, column):
    with pytest.raises(ValueError, match=f"twice, the first '{column}'.*each once"):
        SummaryFeatures(**parameters).fit(make_panel())


def test_what_gives_no_column_is_refused():
    with pytest.raises(ValueError, match="a correlation needs two channels"):
        SummaryFeatures(statistics=["correlation"]).fit(make_panel((4, 1, 50)))
    with pytest.raises(ValueError, match="a lag in lags_s"):
        SummaryFeatures(statistics=["autocorrelation"], lags_s=[]).fit(make_panel())


@pytest.mark.parametrize("lags_s", [[0.0], [0.5, -1.0], [np.nan], [np.inf], ["1"]])
def test_lags_are_positive(lags_s):
    with pytest.raises(ValueError, match="lags_s must hold positive seconds"):
        SummaryFeatures(lags_s=lags_s).fit(make_panel())


def test_flatten_lays_channel_beside_channel():
    panel = make_panel()
    flat = Flatten().fit_transform(panel)
    np.testing.assert_array_equal(flat, np.concatenate(panel.swapaxes(0, 1), axis=1))
    np.testing.assert_array_equal(Flatten().fit_transform(list(panel)), flat)


def test_flatten_needs_one_length():
    with pytest.raises(ValueError, match="Put a FixedLength in front"):
        Flatten().fit([np.ones((6, 5)), np.ones((6, 7))])
    flatten = Flatten().fit(make_panel())
    with pytest.raises(ValueError, match="expecting 50 timesteps"):
        flatten.transform(make_panel((4, 6, 51)))


@pytest.mark.parametrize("transformer", [Flatten(), SummaryFeatures()], ids=repr)
def test_six_timesteps_are_not_six_channels(transformer):
    transformer.fit(make_panel())
    with pytest.raises(ValueError, match=r"X has (1 channels|6 timesteps)"):
        transformer.transform(make_panel((4, 6)))


@pytest.mark.parametrize(
    ("transformer", "first", "last"),
    [
        (
            SummaryFeatures(),
            "TotalAcceleration_x__mean",
            "Gyroscope_y__Gyroscope_z__correlation",
        ),
        (Flatten(), "TotalAcceleration_x__t0", "Gyroscope_z__t19"),
    ],
    ids=repr,
)
def test_a_pipeline_puts_out_named_columns(transformer, first, last):
    transformer.set_params(channel_names=NAMES)
    pipeline = make_pipeline(
        ChannelScaler(channel_names=NAMES), FixedLength(20), transformer
    ).set_output(transform="pandas")
    table = pipeline.fit_transform([np.ones((6, n)) for n in (40, 30)])
    assert isinstance(table, pd.DataFrame)
    assert table.columns[0] == first
    assert table.columns[-1] == last
    assert table.columns.is_unique
    assert list(table.columns) == list(pipeline[-1].get_feature_names_out())


def test_settings_can_be_searched():
    X = make_panel((20, 6, 30))
    y = np.arange(20) % 2
    X[y == 1] += 5
    pipeline = Pipeline(
        [
            ("scale", ChannelScaler()),
            ("features", SummaryFeatures()),
            ("forest", RandomForestClassifier(10, random_state=0)),
        ]
    )
    grid = {
        "features__statistics": [("mean",), ("mean", "std")],
        "scale__with_mean": [False, True],
    }
    search = GridSearchCV(pipeline, grid, cv=2).fit(list(X), y)
    assert search.best_score_ == 1
