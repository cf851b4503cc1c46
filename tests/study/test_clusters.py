"""The results of a cluster are those of one process, to the last bit."""

import pandas as pd
import pytest
from joblib import parallel_config
from made_sets import make_noisy_sets
from numpy.testing import assert_array_equal
from sklearn.model_selection import GridSearchCV, GroupKFold

from sk_imu import Recording
from sk_imu.study import make_pipeline_for, run_study
from sk_imu.study._data import StudyData

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def sets():
    return make_noisy_sets()


@pytest.fixture(scope="module")
def client():
    distributed = pytest.importorskip(
        "distributed", reason="needs the extra 'distributed' of sk_imu"
    )
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        yield client


def count_pickles(monkeypatch, cls):
    """Return a list that grows by one with each instance this process pickles."""
    seen = []

    def getstate(self):
        seen.append(id(self))
        return self.__dict__

    monkeypatch.setattr(cls, "__getstate__", getstate, raising=False)
    return seen


def test_a_study_on_two_workers_is_the_local_one(sets, client, tmp_path, monkeypatch):
    options = {"models": ["svm", "cnn"], "protocols": ["c"], "verbose": 0}
    local = run_study(sets, **options)
    sent = count_pickles(monkeypatch, StudyData)
    with parallel_config(backend="dask"):
        remote = run_study(sets, out=tmp_path, **options)
    for name in ("predictions", "searches", "curves"):
        pd.testing.assert_frame_equal(getattr(remote, name), getattr(local, name))
    # This process saves the jobs, because workers may have another disk.
    assert len(list((tmp_path / "folds").glob("*.json"))) == len(local.timings) == 4
    assert len(sent) == 1


def test_a_search_on_two_workers_is_the_local_one(sets, client, monkeypatch):
    y = [recording.label for recording in sets]
    groups = [recording.subject for recording in sets]
    pipeline = make_pipeline_for("cnn", random_state=0, channels=sets[0].channel_names)
    epochs = next(key for key in pipeline.get_params() if key.endswith("__max_epochs"))
    search = GridSearchCV(pipeline, {epochs: [1, 2]}, cv=GroupKFold(4))
    local = search.fit(sets, y, groups=groups)
    probabilities, scores = local.predict_proba(sets), local.cv_results_
    sent = count_pickles(monkeypatch, Recording)
    with parallel_config(backend="dask", scatter=[sets]):
        remote = search.fit(sets, y, groups=groups)
    for fold in range(4):
        name = f"split{fold}_test_score"
        assert_array_equal(remote.cv_results_[name], scores[name])
    assert_array_equal(remote.predict_proba(sets), probabilities)
    assert len(sent) <= 2 * len(sets)  # to each worker, not with each of eight fits
