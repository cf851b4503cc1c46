"""Steps of a model in a stream: as in the pipeline, whoever made them."""

import pickle

import numpy as np
import pytest
from sklearn.ensemble import RandomForestClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from sk_imu import (
    ChannelScaler,
    DerivedChannels,
    Resampler,
    SummaryFeatures,
    WindowedClassifier,
)
from sk_imu.datasets import load_watch
from sk_imu.streaming import StreamingClassifier

GYROSCOPE = "Gyroscope"


@pytest.fixture(scope="module")
def watch():
    return load_watch()


def doubled(X):
    return [2 * row for row in X]


class Doubled(ChannelScaler):
    def transform(self, X):
        return doubled(super().transform(X))


def means(X):
    assert X.channel_names[-1] == "Gyroscope_magnitude"
    return X.mean(axis=2)


def resampler():
    return Resampler(sampling_rate_hz=25, channels=[GYROSCOPE])


def forest():
    return RandomForestClassifier(5, random_state=0)


@pytest.mark.parametrize(
    ("step", "features"),
    [
        (FunctionTransformer(doubled), SummaryFeatures()),
        (Doubled(), SummaryFeatures()),
        (DerivedChannels(kinds=()), SummaryFeatures()),
        (ChannelScaler(), SummaryFeatures().set_output(transform="pandas")),
        (DerivedChannels(), FunctionTransformer(means)),
        (DerivedChannels(), make_pipeline(ChannelScaler(), FunctionTransformer(means))),
    ],
)
def test_a_window_is_transformed_as_a_set(watch, step, features):
    inner = WindowedClassifier(make_pipeline(features, forest()), window_seconds=3)
    pipeline = make_pipeline(resampler(), step, inner)
    pipeline.fit(watch.data[::20], watch.target[::20])
    live = StreamingClassifier(pipeline, step_seconds=2, before_seconds=0.4)
    live = pickle.loads(pickle.dumps(live))
    # So little before a window is no block of its own: its values are all that is known.
    windows = live._predict_windows(watch.data[0])
    (row,) = pipeline[0].transform([watch.data[0]])
    assert len(windows) > 5
    for answer, values in windows:
        window = row[:, :75].copy()
        window[:] = values
        (proba,) = pipeline[1:].predict_proba([window])
        assert answer.probabilities.tolist() == proba.tolist()


def test_a_table_of_more_than_the_window_is_refused(watch):
    table = FunctionTransformer(lambda X: np.array([row.mean(axis=1) for row in X]))
    pipeline = make_pipeline(resampler(), table, forest())
    pipeline.fit(watch.data[::20], watch.target[::20])
    live = StreamingClassifier(pipeline, window_seconds=3)
    with pytest.raises(TypeError, match="into the estimator of a WindowedClassifier"):
        live.predict_windows(watch.data[0])
