"""Models of the user's own in a study, and the windows of all models."""

import numpy as np
import pandas as pd
import pytest
from made_sets import make_sets
from numpy.testing import assert_array_equal
from sklearn.linear_model import LogisticRegression, Perceptron, RidgeClassifier
from sklearn.metrics import f1_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from sk_imu import FixedLength, Resampler
from sk_imu.model_selection import scores_by_person
from sk_imu.report import write_report
from sk_imu.study import StudyResults, make_pipeline_for, run_study
from sk_imu.study import _jobs as jobs
from sk_imu.study import _running as running

pytestmark = pytest.mark.usefixtures("without_leak_check")
PEOPLE = {"protocols": ["c"], "budget": "plain", "verbose": 0}


def spectra(X):
    return np.abs(np.fft.rfft(X)).reshape(len(X), -1)


def of_spectra(classifier):
    """Return a pipeline whose steps have other names than those of the study."""
    steps = Resampler(sampling_rate_hz=10), FixedLength(n_timesteps=64)
    return make_pipeline(*steps, FunctionTransformer(spectra), classifier)


@pytest.fixture(scope="module")
def sets():
    return make_sets(n_subjects=3)


@pytest.fixture(scope="module")
def beside(sets):
    """Return the results of an SVM and a forest of the study, and the same as one's own."""
    own = [
        (f"my {name}", make_pipeline_for(name, 99, channels=sets[0].channel_names))
        for name in ("svm", "rf")
    ]
    return run_study(sets, models=[*own, "svm", "rf"], seeds=[3], **PEOPLE)


@pytest.mark.parametrize("name", ["svm", "rf"])
@pytest.mark.parametrize("what", ["predictions", "windows"])
def test_one_s_own_pipeline_is_fitted_as_the_study_s_with_its_seed(name, what, beside):
    table = getattr(beside, what)
    assert list(table["model"].unique()) == ["rf", "svm", "my svm", "my rf"]
    ours, own = (
        table[table["model"] == model].drop(columns="model").reset_index(drop=True)
        for model in (name, f"my {name}")
    )
    pd.testing.assert_frame_equal(own, ours)


def test_windows_are_those_of_a_model_without_the_person(beside, sets):
    svm = make_pipeline_for("svm", channels=sets[0].channel_names)
    others = [one for one in sets if one.subject != 2]
    svm.fit(others, [one.label for one in others])
    own = [i for i, one in enumerate(sets) if one.subject == 2]
    expected = svm[-1].predict_windows(svm[:-1].transform([sets[i] for i in own]))
    windows = beside.windows.query("model == 'svm' and fold == 'subject 2'")
    assert windows["set"].unique().tolist() == own
    for labels, (_, found) in zip(expected, windows.groupby("set"), strict=True):
        assert found["window"].tolist() == list(range(len(labels)))
        assert_array_equal(found["y_pred"], labels)


def test_windows_are_scored_as_sets_are(beside):
    windows = beside.windows[beside.windows["model"] == "svm"]
    scores = scores_by_person(windows, "f1_macro").set_index("subject")
    mine = windows[windows["subject"] == "2"]
    f1 = f1_score(mine["y_true"], mine["y_pred"], average="macro")
    assert scores.loc["2", "score"] == f1
    assert scores.loc["2", "n_sets"] == 4


class Timed(LogisticRegression):
    """A classifier that moves a clock: by 100 in a fit, by 1 for each set in predict."""

    clock_s = 0.0

    def fit(self, X, y, sample_weight=None):
        Timed.clock_s += 100
        return super().fit(X, y, sample_weight)

    def predict(self, X):
        Timed.clock_s += len(X)
        return super().predict(X)


def test_processor_time_is_that_of_one_fit_and_of_the_test_sets(sets, monkeypatch):
    monkeypatch.setattr(jobs.time, "process_time", lambda: Timed.clock_s)
    timings = run_study(sets, models=[("timed", of_spectra(Timed()))], **PEOPLE).timings
    assert timings["fit_cpu_s"].tolist() == [100.0] * 3
    assert timings["predict_cpu_s"].tolist() == [4.0] * 3


@pytest.mark.slow
def test_any_pipeline_of_recordings_takes_part_in_every_protocol(tmp_path):
    name = "spectra: 1/2 (mine)"
    models = [(name, of_spectra(LogisticRegression()))]
    results = run_study(make_sets(), models=models, out=tmp_path, verbose=0)
    test = results.table().xs("test", level="part")["accuracy"]
    assert test.index.tolist() == [
        (protocol, name) for protocol in ("copied-sets", "unseen-sets", "unseen-people")
    ]
    assert (test > 0.9).all()
    assert results.searches["cv_score"].isna().all()
    assert results.windows.empty  # it cuts none
    assert not (tmp_path / "windows.csv").exists()
    loaded = StudyResults.load(tmp_path)
    assert loaded.settings["models"] == [name]
    assert "LogisticRegression()" in loaded.settings["pipelines"][name]
    assert "models=models" in write_report(loaded, tmp_path)[0].read_text("utf-8")


def test_only_a_changed_pipeline_is_fitted_again(sets, tmp_path, monkeypatch):
    def study(penalty):
        models = [("ridge", of_spectra(RidgeClassifier(penalty)))]
        return run_study(sets, models=models, out=tmp_path, **PEOPLE)

    first = study(1.0)
    monkeypatch.setattr(running, "run_job", None)
    pd.testing.assert_frame_equal(study(1.0).predictions, first.predictions)
    with pytest.raises(running.FoldError, match="3 of 3 jobs failed"):
        study(2.0)


class Cautious(LogisticRegression):
    """A classifier that predicts "rest", whatever its probabilities."""

    def predict(self, X):
        return np.full(len(X), "rest")


def test_the_label_is_what_predict_returns(sets):
    results = run_study(sets, models=[("mine", of_spectra(Cautious()))], **PEOPLE)
    assert set(results.predictions["y_pred"]) == {"rest"}
    # Their probabilities are no ties.
    scores = results.predictions[["score_lunge", "score_squat"]]
    assert (scores.max(axis=1) > 0.5).any()


@pytest.mark.parametrize(
    ("models", "message"),
    [
        ([of_spectra(Perceptron())], r"name and a Pipeline .* got Pipeline\("),
        ([("mine", Perceptron())], r"got \('mine', Perceptron\(\)\)"),
        ([("svm", of_spectra(Perceptron()))], "needs another name than 'svm'"),
        ([("a\nb", of_spectra(Perceptron()))], "needs another name than"),
        ([("a", of_spectra(Perceptron()))] * 2, r"need different names, got \['a', 'a'\]"),
        ([("mine", make_pipeline(FixedLength()))], "mine: the last step has neither"),
        (["lstm", ("mine", of_spectra(Perceptron()))], "no model 'lstm'"),
    ],
)
def test_models_that_cannot_take_part_are_refused(models, message, sets):
    with pytest.raises(ValueError, match=message):
        run_study(sets, models=models, **PEOPLE)
