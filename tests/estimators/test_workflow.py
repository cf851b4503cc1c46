"""Whole ways from recordings to answers, as a scikit-learn user goes them."""

import pickle
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import sklearn
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.ensemble import RandomForestClassifier, VotingClassifier
from sklearn.exceptions import UnsetMetadataPassedError
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import (
    GridSearchCV,
    GroupKFold,
    LeaveOneGroupOut,
    cross_val_predict,
    cross_val_score,
    cross_validate,
    learning_curve,
    train_test_split,
)
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils import estimator_html_repr
from skorch.callbacks import Callback

from sk_imu import (
    AugmentedClassifier,
    ChannelScaler,
    CNNClassifier,
    CNNGRUClassifier,
    FixedLength,
    MultiplicativeNoise,
    Recording,
    Resampler,
    SensorStream,
    SummaryFeatures,
    WindowedClassifier,
)
from sk_imu.datasets import load_watch

CHANNELS = [f"{s}_{axis}" for s in ("Accelerometer", "Gyroscope") for axis in "xyz"]


def make_recordings(n_subjects=4, n_sets=4, seed=0):
    """Return sets of 3 to 5 s whose two sensors have clocks and starts of their own.

    The label is the speed of the movement; each subject has its own amplitude.
    """
    rng = np.random.default_rng(seed)
    recordings = []
    for subject in range(n_subjects):
        for number in range(n_sets):
            label = ("slow", "fast")[number % 2]
            duration_s, amplitude = rng.uniform(3, 5), 1 + subject / 4
            streams = {}
            for sensor, rate_hz in (("Accelerometer", 52.713), ("Gyroscope", 41.2)):
                clock = rng.uniform(0, 0.2) + np.arange(0, duration_s, 1 / rate_hz)
                phase = 2 * np.pi * clock * {"slow": 0.8, "fast": 3.0}[label]
                wave = amplitude * np.sin(phase + rng.uniform(0, 6))
                noise = rng.normal(scale=0.3, size=(len(clock), 3))
                streams[sensor] = SensorStream(clock, wave[:, None] + noise)
            recordings.append(Recording(streams, label=label, subject=f"p{subject}"))
    y = np.array([recording.label for recording in recordings])
    groups = np.array([recording.subject for recording in recordings])
    return recordings, y, groups


def cnn(**parameters):
    tiny = {"n_filters": 6, "kernel_size": 5, "n_blocks": 1, "max_epochs": 10, "lr": 0.02}
    return CNNClassifier(**{**tiny, "batch_size": 16, "random_state": 0, **parameters})


def pipeline_of(classifier):
    return make_pipeline(
        Resampler(sampling_rate_hz=25),
        ChannelScaler(channel_names=CHANNELS),
        WindowedClassifier(classifier, window_seconds=2, sampling_rate_hz=25),
    )


def forest():
    return make_pipeline(
        Resampler(sampling_rate_hz=25),
        SummaryFeatures(),
        RandomForestClassifier(20, random_state=0),
    )


@pytest.fixture(params=[False, True], ids=["no routing", "routing"])
def routing(request):
    with sklearn.config_context(enable_metadata_routing=request.param):
        yield request.param


class Spy(ClassifierMixin, BaseEstimator):
    """Logs the metadata of its fits."""

    log: list = []  # noqa: RUF012
    __metadata_request__fit = {"groups": True}  # noqa: RUF012

    def fit(self, X, y, sample_weight=None, groups=None):
        self.classes_ = np.unique(y)
        self.log.append((len(X), sample_weight, groups))
        return self

    def predict(self, X):
        return np.full(len(X), self.classes_[0])


@pytest.fixture
def log(monkeypatch):
    monkeypatch.setattr(Spy, "log", [])
    return Spy.log


# -------------------------------------------------------------- from raw to answer


def test_a_pipeline_recognizes_movements_of_unseen_people():
    X, y, groups = make_recordings(6)
    seen = groups < "p4"
    train = [recording for recording, s in zip(X, seen, strict=True) if s]
    test = [recording for recording, s in zip(X, seen, strict=True) if not s]
    model = pipeline_of(cnn(augmenter=MultiplicativeNoise())).fit(train, y[seen])
    assert model.score(test, y[~seen]) > 0.8
    # No estimator reads the label or the subject.
    blind = [replace(r, label="slow", subject=None, source="other") for r in test]
    np.testing.assert_array_equal(model.predict_proba(blind), model.predict_proba(test))


def test_sets_of_one_length_as_in_the_paper():
    X, y, _ = make_recordings()
    model = make_pipeline(
        Resampler(sampling_rate_hz=25),
        ChannelScaler(channel_names=CHANNELS),
        FixedLength(n_timesteps=60),
        CNNGRUClassifier(
            n_filters=6, hidden_size=6, max_epochs=20, lr=0.02, batch_size=8,
            augmenter=MultiplicativeNoise(), random_state=0,
        ),
    )  # fmt: skip
    assert model.fit(X, y).score(X, y) > 0.8


def test_copies_of_sets_for_a_forest():
    X, y, groups = make_recordings()
    model = make_pipeline(
        Resampler(sampling_rate_hz=25),
        AugmentedClassifier(
            WindowedClassifier(
                make_pipeline(
                    SummaryFeatures(), RandomForestClassifier(20, random_state=0)
                ),
                window_seconds=2,
                sampling_rate_hz=25,
            ),
            MultiplicativeNoise(),
            random_state=0,
        ),
    )
    assert cross_val_score(model, X, y, groups=groups, cv=GroupKFold(2)).mean() > 0.8


def test_watch_recordings_of_unseen_people():
    watch = load_watch()
    chosen = [
        row
        for row, recording in enumerate(watch.data)
        if recording.label in ("ABD", "PEN", "TRAP")
        and recording.subject in np.unique(watch.subject)[:4]
    ]
    X = [watch.data[row] for row in chosen]
    y = watch.target[chosen]
    model = make_pipeline(
        Resampler(),
        WindowedClassifier(
            make_pipeline(SummaryFeatures(), RandomForestClassifier(30, random_state=0))
        ),
    )
    scores = cross_val_score(
        model, X, y, groups=watch.subject[chosen], cv=LeaveOneGroupOut()
    )
    assert len(scores) == 4
    assert scores.mean() > 0.7


# ------------------------------------------------------------------------- search


@pytest.mark.slow
def test_a_grouped_grid_search_over_recordings_in_two_processes():
    for routing in (False, True):  # by the same workers, which take seconds to start
        with sklearn.config_context(enable_metadata_routing=routing):
            check_search_in_two_processes()


def check_search_in_two_processes():
    X, y, groups = make_recordings()
    grid = {
        "resampler__sampling_rate_hz": [25],
        "windowedclassifier__estimator__kernel_size": [3, 5],
    }
    model = pipeline_of(cnn(early_stopping=True, patience=20))
    searches = [
        GridSearchCV(model, grid, cv=GroupKFold(2), n_jobs=n_jobs).fit(X, y, groups=groups)
        for n_jobs in (2, 1)
    ]
    for search in searches:
        assert search.best_score_ > 0.7
        assert search.score(X, y) > 0.8
    for name in ("mean_test_score", "split0_test_score", "split1_test_score"):
        one, other = (search.cv_results_[name] for search in searches)
        np.testing.assert_array_equal(one, other)
    loaded = pickle.loads(pickle.dumps(searches[0]))
    np.testing.assert_array_equal(loaded.predict(X), searches[1].predict(X))


def test_leave_one_person_out_with_a_grid(routing):
    X, y, groups = make_recordings()
    grid = {"randomforestclassifier__max_depth": [2, None]}
    search = GridSearchCV(forest(), grid, cv=LeaveOneGroupOut()).fit(X, y, groups=groups)
    assert search.n_splits_ == 4
    assert search.best_score_ > 0.8


def test_parameters_of_the_augmentation_can_be_searched():
    X, y, groups = make_recordings()
    model = pipeline_of(cnn(augmenter=MultiplicativeNoise(), max_epochs=1))
    grid = {
        "windowedclassifier__estimator__augmenter__fraction": [0.0, 0.9],
        "windowedclassifier__window_seconds": [1, 2],
    }
    search = GridSearchCV(model, grid, cv=GroupKFold(2)).fit(X, y, groups=groups)
    assert len(search.cv_results_["params"]) == 4


# --------------------------------------------------------- splits, scores and curves


def test_train_test_split_takes_recordings():
    X, y, groups = make_recordings()
    X_train, X_test, y_train, y_test, _, groups_test = train_test_split(
        X, y, groups, test_size=0.25, stratify=y, random_state=0
    )
    assert isinstance(X_train, list)
    assert len(X_test) == 4
    for recording, label, subject in zip(X_test, y_test, groups_test, strict=True):
        assert (recording.label, recording.subject) == (label, subject)
    assert forest().fit(X_train, y_train).score(X_test, y_test) > 0.7


def test_cross_validation_by_groups():
    X, y, groups = make_recordings()
    by_score = cross_val_score(forest(), X, y, groups=groups, cv=GroupKFold(4))
    result = cross_validate(
        forest(), X, y, groups=groups, cv=GroupKFold(4), return_train_score=True,
        return_estimator=True, scoring=["accuracy", "f1_macro", "neg_log_loss"],
    )  # fmt: skip
    np.testing.assert_array_equal(result["test_accuracy"], by_score)
    assert np.isfinite(result["test_neg_log_loss"]).all()
    assert len(result["estimator"]) == 4
    proba = cross_val_predict(
        forest(), X, y, groups=groups, cv=GroupKFold(4), method="predict_proba"
    )
    assert proba.shape == (16, 2)


def test_learning_curves_and_votes_of_pipelines():
    X, y, groups = make_recordings()
    sizes, _, _ = learning_curve(
        forest(), X, y, groups=groups, cv=GroupKFold(2), train_sizes=[0.5, 1.0],
        shuffle=True, random_state=0,
    )  # fmt: skip
    assert sizes.tolist() == [4, 8]
    vote = VotingClassifier(
        [("forest", forest()), ("net", pipeline_of(cnn(max_epochs=5)))], voting="soft"
    )
    assert vote.fit(X, y).score(X, y) > 0.8


# ----------------------------------------------------------------- metadata routing


def test_groups_reach_the_splitter_and_the_estimator(log):
    X, y, groups = make_recordings()
    with sklearn.config_context(enable_metadata_routing=True):
        cross_validate(
            pipeline_of(Spy()), X, y, cv=GroupKFold(4), params={"groups": groups}
        )
    assert len(log) == 4
    for n_windows, _, fold_groups in log:
        assert len(fold_groups) == n_windows > 12
        assert len(set(fold_groups)) == 3


def test_groups_reach_the_last_step_of_a_pipeline(routing, log):
    X, y, groups = make_recordings()
    name = "groups" if routing else "windowedclassifier__groups"
    pipeline_of(Spy()).fit(X, y, **{name: groups})
    assert set(log[0][2]) == set(groups)


@pytest.mark.parametrize("augmented", [False, True])
def test_a_net_in_a_pipeline_holds_out_whole_people(routing, augmented):
    held_out = []

    class Watch(Callback):
        def on_epoch_begin(self, net, dataset_train, dataset_valid, **kwargs):
            held_out.append([set(d.X[:, 0, 0]) for d in (dataset_train, dataset_valid)])

    X, y, groups = make_recordings()
    for row, group in enumerate(groups):  # one channel identifies the subject
        noise = np.random.default_rng(row).normal(size=80)
        X[row] = Recording.from_array(
            np.stack([np.full(80, float(group[1])), noise]),
            sampling_rate_hz=25,
            channel_names=["Gyroscope_x", "Gyroscope_y"],
        )
    net = cnn(early_stopping=True, max_epochs=1, callbacks=[Watch()])
    windowed = WindowedClassifier(net, n_timesteps=20)
    if augmented:
        windowed = AugmentedClassifier(windowed, MultiplicativeNoise(fraction=0.0))
    model = make_pipeline(Resampler(sampling_rate_hz=25, interpolation="linear"), windowed)
    name = "groups" if routing else f"{model.steps[-1][0]}__groups"
    model.fit(X, y, **{name: groups})
    ((learned, valid),) = held_out
    assert sorted(learned | valid) == [0, 1, 2, 3]
    assert len(valid) == 1
    assert not learned & valid


def test_sample_weight_is_routed_where_it_is_requested(routing, log):
    X, y, _ = make_recordings()
    weight = np.arange(1.0, 17)
    if not routing:
        pipeline_of(Spy()).fit(X, y, windowedclassifier__sample_weight=weight)
    else:
        with pytest.raises((UnsetMetadataPassedError, ValueError), match="sample_weight"):
            pipeline_of(Spy()).fit(X, y, sample_weight=weight)
        model = pipeline_of(Spy().set_fit_request(sample_weight=True))
        model[-1].set_fit_request(sample_weight=True)
        model.fit(X, y, sample_weight=weight)
    n_windows, window_weights, rows = log[-1]
    assert len(window_weights) == n_windows
    totals = np.bincount(rows, window_weights)
    np.testing.assert_allclose(totals / totals[0], weight)


def test_weights_that_the_wrapped_estimator_does_not_request_are_refused():
    X, y, _ = make_recordings()
    X = Resampler(sampling_rate_hz=25).fit_transform(X)
    with sklearn.config_context(enable_metadata_routing=True):
        clf = WindowedClassifier(cnn(max_epochs=1), n_timesteps=20)
        with pytest.raises(ValueError, match=r"sample_weight.*set_fit_request"):
            clf.fit(X, y, sample_weight=np.ones(16))
        asking = cnn(max_epochs=1).set_fit_request(sample_weight=True)
        clf.set_params(estimator=asking).fit(X, y, sample_weight=np.ones(16))


@pytest.mark.parametrize("make", [cnn, lambda: WindowedClassifier(cnn(), n_timesteps=20)])
def test_weights_in_a_grid_search_with_routing(make):
    X, y, groups = make_recordings()
    X = FixedLength(40).fit_transform(Resampler(sampling_rate_hz=25).fit_transform(X))
    with sklearn.config_context(enable_metadata_routing=True):
        clf = make().set_params(**{n: 1 for n in make().get_params() if "max_epochs" in n})
        for part in (clf, getattr(clf, "estimator", clf)):
            part.set_fit_request(sample_weight=True).set_score_request(sample_weight=True)
        search = GridSearchCV(clf, {}, cv=GroupKFold(2))
        search.fit(X, y, groups=groups, sample_weight=np.ones(16))
    assert np.isfinite(search.best_score_)


# ------------------------------------------------------ estimator interface


@pytest.mark.parametrize("make", [forest, lambda: pipeline_of(cnn(max_epochs=2))])
def test_fitted_pipelines_survive_pickling_and_cloning(make):
    X, y, _ = make_recordings()
    model = make().fit(X, y)
    loaded = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(loaded.predict_proba(X), model.predict_proba(X))
    again = clone(loaded).fit(X, y)
    np.testing.assert_array_equal(again.predict_proba(X), model.predict_proba(X))


def test_features_come_as_a_table_of_named_columns():
    X, y, _ = make_recordings()
    model = make_pipeline(
        Resampler(sampling_rate_hz=25),
        ChannelScaler(channel_names=CHANNELS),
        SummaryFeatures(channel_names=CHANNELS),
        StandardScaler(),
        LogisticRegression(max_iter=500),
    ).set_output(transform="pandas")
    model.fit(X, y)
    table = model[:-1].transform(X)
    assert isinstance(table, pd.DataFrame)
    assert "Gyroscope_x__mean" in table.columns
    assert model[-1].feature_names_in_.tolist() == table.columns.tolist()
    assert model.predict(X).shape == (16,)


def test_a_notebook_shows_every_part_of_a_pipeline():
    model = pipeline_of(cnn(augmenter=MultiplicativeNoise()))
    html = estimator_html_repr(model)
    for part in ("Resampler", "ChannelScaler", "WindowedClassifier", "CNNClassifier"):
        assert part in html
    assert "MultiplicativeNoise" in html
