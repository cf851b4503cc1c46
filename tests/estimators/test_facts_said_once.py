"""Channel names and the rate are known after the Resampler, and never repeated."""

import numpy as np
import pytest
from made_sets import NAMES, make_sets
from numpy.testing import assert_array_equal
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, GroupKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sk_imu import (
    AugmentedClassifier,
    ChannelScaler,
    CNNGRUClassifier,
    DerivedChannels,
    FixedLength,
    Flatten,
    LowerRate,
    RandomMirror,
    RandomRotation,
    Resampler,
    SignalArray,
    SummaryFeatures,
    WindowedClassifier,
)


@pytest.fixture(scope="module")
def sets():
    return make_sets(n_subjects=3, n_seconds=4)


@pytest.fixture(scope="module")
def y(sets):
    return np.array([recording.label for recording in sets])


def test_names_and_rate_travel_through_the_transformers(sets):
    steps = make_pipeline(
        Resampler(sampling_rate_hz=25), DerivedChannels(), ChannelScaler(with_mean="single")
    )
    rows = steps.fit_transform(sets)
    names = (*NAMES, "TotalAcceleration_magnitude", "Gyroscope_magnitude")
    assert {row.channel_names for row in rows} == {names}
    assert {row.sampling_rate_hz for row in rows} == {25}
    # Three axes share a scale, as they do only where the names are known.
    assert len(set(steps[-1].scale_)) == 4
    panel = FixedLength(50).fit_transform(rows)
    assert panel.channel_names == names
    assert panel.sampling_rate_hz is None
    features = SummaryFeatures(statistics=["autocorrelation"]).fit(rows)
    assert features.get_feature_names_out()[0].startswith("TotalAcceleration_x__")
    flat = Flatten().fit(panel)
    assert flat.get_feature_names_out()[-1] == "Gyroscope_magnitude__t49"


def test_names_given_to_a_scaler_of_plain_arrays_travel_on(sets):
    plain = [np.asarray(row) for row in Resampler().fit_transform(sets)]
    rows = ChannelScaler(channel_names=NAMES).fit_transform(plain)
    assert rows[0].channel_names == tuple(NAMES)
    assert DerivedChannels().fit(rows).channel_names_out_[:6] == NAMES


def models_of(names, rate_hz):
    """Return a model with names and rate given at each step, and one with none."""
    models = []
    for given in (True, False):
        of = {"channel_names": names} if given else {}
        at = {"sampling_rate_hz": rate_hz} if given else {}
        svc = make_pipeline(
            SummaryFeatures(**of, **at), StandardScaler(), LogisticRegression()
        )
        copies = make_pipeline(
            RandomRotation(**of), RandomMirror(**of), LowerRate(**at, high_hz=12)
        )
        model = AugmentedClassifier(
            WindowedClassifier(svc, window_seconds=2, **at), copies, random_state=0
        )
        models.append(make_pipeline(Resampler(sampling_rate_hz=rate_hz), model))
    return models


@pytest.mark.parametrize("rate_hz", [25, 40])
def test_nothing_said_gives_the_same_answers_as_everything_said(sets, y, rate_hz):
    said, unsaid = (model.fit(sets, y) for model in models_of(NAMES, rate_hz))
    assert_array_equal(said.predict_proba(sets), unsaid.predict_proba(sets))


def test_the_network_s_augmenter_knows_the_channels(sets, y):
    def fitted(**of):
        net = CNNGRUClassifier(
            augmenter=RandomRotation(**of), max_epochs=2, batch_size=8, random_state=0
        )
        model = make_pipeline(Resampler(sampling_rate_hz=25), WindowedClassifier(net))
        return model.fit(sets, y).predict_proba(sets)

    assert_array_equal(fitted(), fitted(channel_names=NAMES))


def test_search_with_two_processes_and_a_cache_gives_the_same(sets, y, tmp_path):
    _, model = models_of(NAMES, 25)
    groups = [recording.subject for recording in sets]
    grid = {"augmentedclassifier__n_copies": [1]}
    here = GridSearchCV(model, grid, cv=GroupKFold(3)).fit(sets, y, groups=groups)
    cached = clone(model).set_params(memory=str(tmp_path))
    there = GridSearchCV(cached, grid, cv=GroupKFold(3), n_jobs=2)
    for _ in range(2):  # the second time from the cache
        there.fit(sets, y, groups=groups)
        assert_array_equal(there.predict_proba(sets), here.predict_proba(sets))
        assert there.best_score_ == here.best_score_


def test_a_cached_step_is_not_taken_for_one_of_other_channels(tmp_path):
    values = np.random.default_rng(0).normal(size=(4, 3, 60))
    steps = make_pipeline(DerivedChannels(), ChannelScaler(), memory=str(tmp_path))
    for sensor in ("Gyroscope", "Accelerometer"):
        panel = SignalArray(values, [f"{sensor}_{axis}" for axis in "xyz"], 50)
        assert steps.fit_transform(panel).channel_names[-1] == f"{sensor}_magnitude"


def test_channels_in_another_order_or_at_another_rate_are_refused(y):
    panel = SignalArray(np.random.default_rng(0).normal(size=(12, 6, 60)), NAMES, 50)
    clf = WindowedClassifier(
        make_pipeline(SummaryFeatures(), LogisticRegression(max_iter=1000)), n_timesteps=30
    ).fit(panel, y[:12])
    with pytest.raises(
        ValueError, match="WindowedClassifier was fitted with .*in the same order"
    ):
        clf.predict(panel[:, ::-1])
    with pytest.raises(ValueError, match=r"sampling_rate_hz=25\.0, but .* fitted with 50"):
        clf.predict(SignalArray(panel, NAMES, 25))
    # An array that says nothing is taken at its word.
    assert_array_equal(clf.predict(np.asarray(panel)), clf.predict(panel))


def test_sets_of_two_rates_are_refused(y):
    values = np.zeros((6, 60))
    rows = [SignalArray(values, NAMES, 50), SignalArray(values, NAMES, 25)]
    with pytest.raises(ValueError, match="row 1 of X has sampling_rate_hz=25"):
        ChannelScaler().fit(rows)
    with pytest.raises(ValueError, match="one SignalArray, but one row of X is one set"):
        ChannelScaler().fit(rows[0])


def test_the_resampler_takes_the_rate_that_arrays_have():
    slow = SignalArray(np.sin(np.arange(50) / 8)[None], ["Gyroscope_x"], 25)
    fast = SignalArray(np.sin(np.arange(200) / 32)[None], ["Gyroscope_x"], 100)
    resampler = Resampler(sampling_rate_hz=50).fit([slow])
    (of_slow,), (of_fast,) = resampler.transform([slow]), resampler.transform([fast])
    assert of_slow.sampling_rate_hz == of_fast.sampling_rate_hz == 50
    assert of_slow.channel_names == ("Gyroscope_x",)
    np.testing.assert_allclose(
        of_slow[:, 5:-5], of_fast[:, 5 : of_slow.shape[1] - 5], atol=2e-3
    )


def test_sets_with_a_rate_meet_what_a_fit_without_one_took():
    values = np.tile(np.arange(50.0) / 25, (2, 3, 1))
    names = [f"Gyroscope_{axis}" for axis in "xyz"]
    derive = DerivedChannels(kinds=["rate_of_change"], channel_names=names).fit(values)
    with pytest.raises(ValueError, match=r"sampling_rate_hz=25\.0, but .* fitted with 50"):
        derive.transform(SignalArray(values, names, 25))
