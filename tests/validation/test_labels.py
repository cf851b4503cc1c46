"""Labels and subjects are refused where they would be changed or merged on the way."""

import datetime as dt
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from made_nets import cnn, make_panel
from made_sets import make_sets
from sklearn.pipeline import make_pipeline
from sklearn.svm import SVC

from sk_imu import ExerciseClassifier, SummaryFeatures, WindowedClassifier
from sk_imu.recognition import fit_recordings
from sk_imu.study import run_study
from sk_imu.validation import distinct

DAY = dt.date(2026, 1, 1)
CHANGED = [
    ([1, "1"], r"row 0 has 1 \(number\) and row 1 has '1' \(text\)"),
    (["True", True], r"row 0 has 'True' \(text\) and row 1 has True \(boolean\)"),
    ([True, 1], r"row 0 has True \(boolean\) and row 1 has 1 \(number\)"),
    (np.array(["a", 2], dtype=object), r"row 0 has 'a' \(text\) and row 1 has 2"),
    (["a", "a\0"], r"row 1 has 'a\\x00', and NumPy drops a NUL"),
    (["a", None], "contains NaN or None: row 1 has None"),
    (["a", float("nan")], "contains NaN or None: row 1 has nan"),
    (pd.Series([1, pd.NA], dtype="Int64"), "contains NaN"),
    ([DAY, DAY + dt.timedelta(1)], "row 0 has the date datetime.date"),
    (pd.to_datetime(["2026-01-01", "2026-01-02"]), "date"),
    (np.array(["2026-01-01", "2026-01-02"], dtype="M8[D]"), "dates are not classes"),
]


@pytest.mark.parametrize(("values", "message"), CHANGED, ids=lambda v: repr(v)[:30])
def test_labels_that_would_be_changed_are_refused(values, message):
    with pytest.raises(ValueError, match=rf"(?s)y.*{message}"):
        cnn().fit(make_panel(12)[0], list(values) * 6 if isinstance(values, list) else
                  np.tile(np.asarray(values), 6))  # fmt: skip


@pytest.mark.parametrize(
    "values",
    [
        ["a", "b"],
        ["", "a"],
        [1, 2],
        [1, 2.0, np.int8(3)],
        [True, False],
        np.array(["a", "b"]),
        pd.Series(["a", "b"], dtype="category"),
        np.array([1, 2], dtype=object),
    ],
    ids=repr,
)
def test_others_are_kept_as_they_are(values):
    assert distinct(values).tolist() == list(values)


def test_groups_that_would_become_the_same_are_refused():
    X, y = make_panel(12)
    clf = WindowedClassifier(make_pipeline(SummaryFeatures(), SVC()), window_seconds=0.4)
    with pytest.raises(ValueError, match=r"groups: row 0 has 1 .* and row 1 has '1'"):
        clf.fit(X, y, groups=[1, "1"] * 6)
    for groups in ([1, "b"] * 6, [DAY, DAY + dt.timedelta(1)] * 6, pd.Series(y)):
        clf.fit(X, y, groups=groups)


def test_all_classes_of_partial_fit_are_checked():
    X, y = make_panel(12)
    with pytest.raises(ValueError, match=r"classes: row 0 has 1 \(number\)"):
        cnn().partial_fit(X, y, classes=[1, "1", "rest", "squat"])


def test_whatever_takes_recordings_refuses_them_too():
    sets, y = make_sets(n_subjects=2), [1, "1"] * 4
    with pytest.raises(ValueError, match=r"y: row 0 has 1 \(number\)"):
        ExerciseClassifier("rf").fit(sets, y)
    sets = [replace(one, label=label) for one, label in zip(sets, y, strict=True)]
    with pytest.raises(ValueError, match=r"y: row 0 has 1 \(number\)"):
        fit_recordings(sets, "rf", segment=False)


@pytest.mark.parametrize(
    ("labels", "people", "message"),
    [
        ([1, "1"], None, r"labels: row 0 has 1 \(number\) and row 1 has '1' \(text\)"),
        (["a", ""], None, "labels: row 1 has an empty text"),
        ([0.5, 1.5], None, "Unknown label type: continuous"),
        ([DAY, DAY], None, "labels: row 0 has the date"),
        (["a", "b"], ["x", ""], "subjects: row 1 has an empty text"),
        (["a", "b"], [1, "1"], r"subjects: row 0 has 1 \(number\)"),
    ],
)
def test_a_study_refuses_them_before_it_starts(labels, people, message, tmp_path):
    data = make_sets(n_subjects=2), labels * 4, people and people * 4
    with pytest.raises(ValueError, match=f"your data: {message}"):
        run_study(data, models=["svm"], protocols=["b"], out=tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("weight", [-1, float("nan"), float("inf"), "2", None])
def test_a_class_weight_that_is_no_weight_is_refused(weight):
    X, y = make_panel(12)
    with pytest.raises(ValueError, match="class_weight has .* for 'rest'"):
        cnn(class_weight={"rest": weight}).fit(X, y)


def test_subjects_of_two_types_are_kept_unless_they_become_the_same():
    assert distinct([1, "1b", 2], mixed=True).tolist() == ["1", "1b", "2"]
    with pytest.raises(ValueError, match=r"row 0 has 1 \(number\) and row 2 has '1'"):
        distinct([1, "2", "1"], mixed=True)
