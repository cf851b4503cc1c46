import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline, make_pipeline

from sk_imu import ChannelScaler, FixedLength, Flatten, SummaryFeatures

NAMES = [f"{s}_{axis}" for s in ("TotalAcceleration", "Gyroscope") for axis in "xyz"]
ALL_STATISTICS = [*SummaryFeatures().statistics, "rms"]


def make_panel(shape=(4, 6, 50), dtype=np.float64):
    return np.random.default_rng(0).normal(3, 2, shape).astype(dtype)


def test_statistics_are_what_their_names_say():
    row = np.array([4.0, 0.0, 3.0, 1.0, 12.0])
    features = SummaryFeatures(statistics=ALL_STATISTICS)
    features.set_output(transform="pandas")
    values = features.fit_transform([row[np.newaxis]]).iloc[0]
    expected = {
        "mean": 4,
        "std": np.std(row),
        "min": 0,
        "lower_quartile": 1,
        "median": 3,
        "upper_quartile": 4,
        "max": 12,
        "mean_abs_difference": 5,
        "rms": np.sqrt(34),
    }
    assert dict(values) == pytest.approx(
        {f"channel_0__{name}": value for name, value in expected.items()}
    )


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_rows_and_panels_are_described_alike(dtype):
    panel = make_panel(dtype=dtype)
    features = SummaryFeatures(statistics=ALL_STATISTICS)
    described = features.fit_transform(panel)
    assert described.shape == (4, 54)
    assert described.dtype == dtype
    np.testing.assert_allclose(features.fit_transform(list(panel)), described, 1e-5)


def test_sets_of_any_length_become_rows_of_one_length():
    sets = [np.ones((6, n)) for n in (1, 2, 947)]
    described = SummaryFeatures().fit_transform(sets)
    assert described.shape == (3, 48)
    # A constant has the same statistics however long it lasts.
    assert len(np.unique(described, axis=0)) == 1


def test_a_table_is_one_channel():
    described = SummaryFeatures().fit_transform(make_panel((4, 50)))
    assert described.shape == (4, 8)


@pytest.mark.parametrize("statistics", [["mean", "kurtosis"], []])
def test_unknown_or_no_statistics_are_refused(statistics):
    with pytest.raises(ValueError, match="one or more of"):
        SummaryFeatures(statistics=statistics).fit(make_panel())


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
        (SummaryFeatures(), "TotalAcceleration_x__mean", "__mean_abs_difference"),
        (Flatten(), "TotalAcceleration_x__t0", "__t19"),
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
    assert table.columns[-1] == "Gyroscope_z" + last
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
