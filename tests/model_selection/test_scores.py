import numpy as np
import pandas as pd
import pytest
from made_scores import predictions_of
from sklearn.metrics import f1_score

from sk_imu.model_selection import scores_by_person
from sk_imu.study import StudyResults


class TestScoresByPerson:
    def test_accuracy(self):
        predictions = predictions_of(n_seeds=2)
        scores = scores_by_person(predictions)
        assert list(scores) == ["model", "seed", "subject", "score", "n_sets"]
        assert len(scores) == 2 * 2 * 3
        hits = predictions["y_true"] == predictions["y_pred"]
        for row in scores.itertuples():
            mine = predictions["model"].eq(row.model) & predictions["seed"].eq(row.seed)
            mine &= predictions["subject"].eq(row.subject)
            assert row.score == hits[mine].mean()
            assert row.n_sets == 8

    def test_f1_is_of_the_exercises_that_the_person_did(self):
        predictions = predictions_of()
        scores = scores_by_person(predictions, "f1_macro").set_index(["model", "subject"])
        ann = predictions[predictions["model"].eq("rf") & predictions["subject"].eq("Ann")]
        by_class = [
            f1_score(ann["y_true"] == label, ann["y_pred"] == label)
            for label in ("curl", "row", "squat")
        ]
        assert "other" in set(ann["y_pred"])
        assert scores.loc[("rf", "Ann"), "score"] == pytest.approx(np.mean(by_class))

    def test_any_function(self):
        def errors(y_true, y_pred):
            return -np.sum(y_true != y_pred)

        scores = scores_by_person(predictions_of(), errors)
        accuracy = scores_by_person(predictions_of())
        np.testing.assert_allclose(scores["score"], 8 * (accuracy["score"] - 1))

    def test_what_a_study_has_saved(self, tmp_path):
        predictions = predictions_of()
        train = predictions.assign(part="train", y_pred="other")
        train, predictions = (t.assign(seed=0, k=pd.NA) for t in (train, predictions))
        one = pd.DataFrame({"fold": ["A"], "k": [pd.NA]})
        StudyResults(
            settings={},
            predictions=pd.concat([predictions, train]),
            searches=one,
            curves=one,
            timings=one,
            example={},
        ).save(tmp_path)
        loaded = StudyResults.load(tmp_path).predictions
        expected = scores_by_person(predictions.drop(columns="part"))
        pd.testing.assert_frame_equal(scores_by_person(loaded), expected, check_dtype=False)

    def test_errors_end_with_the_cure(self):
        predictions = predictions_of()
        with pytest.raises(ValueError, match=r"lacks the columns subject, y_pred; it has"):
            scores_by_person(predictions.drop(columns=["subject", "y_pred"]))
        nameless = predictions["subject"].where(predictions["model"] == "rf")
        with pytest.raises(ValueError, match="24 predictions have no subject: name"):
            scores_by_person(predictions.assign(subject=nameless))
        mixed = pd.concat([predictions, predictions.assign(protocol="unseen-sets")])
        with pytest.raises(ValueError, match="unseen-people, unseen-sets: give the rows"):
            scores_by_person(mixed)
        with pytest.raises(
            ValueError, match=r"set 0 more than once: distinguish .* 'seed'"
        ):
            scores_by_person(pd.concat([predictions, predictions]))
        with pytest.raises(ValueError, match="one of accuracy, f1_macro; got 'f1'"):
            scores_by_person(predictions, "f1")
        with pytest.raises(ValueError, match="no rows of people tested"):
            scores_by_person(predictions.assign(part="train"))
