import matplotlib as mpl
import matplotlib.figure
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from sklearn.metrics import f1_score

from sk_imu import AccuracyTimeDisplay, CriticalDifferenceDisplay, PeopleDisplay
from sk_imu.model_selection import (
    bootstrap_over_people,
    compare_models,
    corrected_resampled_ttest,
    holm,
    rank_models,
    scores_by_person,
)
from sk_imu.study import StudyResults


def frame(**scores):
    """Return scores, a list of people by model."""
    return pd.concat(
        [
            pd.DataFrame(
                {
                    "model": model,
                    "seed": 0,
                    "subject": [f"P{i:02}" for i in range(len(values))],
                    "score": np.asarray(values, dtype=float),
                }
            )
            for model, values in scores.items()
        ],
        ignore_index=True,
    )


def predictions_of(n_seeds=1):
    rng = np.random.default_rng(0)
    rows = []
    for model in ("rf", "svm"):
        for seed in range(n_seeds):
            y_true = np.tile(["curl", "row", "squat"], 8)
            wrong = rng.random(len(y_true)) < 0.3
            table = {
                "protocol": "unseen-people",
                "model": model,
                "fold": np.repeat(["A", "B", "C"], 8),
                "part": "test",
                "set": np.arange(len(y_true)),
                "copy": 0,
                "subject": np.repeat(["Ann", "Bob", "Cy"], 8),
                "y_true": y_true,
                "y_pred": np.where(wrong, "other", y_true),
            }
            if n_seeds > 1:
                table["seed"] = seed
            rows.append(pd.DataFrame(table))
    return pd.concat(rows, ignore_index=True)


people_scores = (
    st.integers(2, 12)
    .flatmap(
        lambda n: st.lists(
            st.lists(st.integers(0, 14), min_size=n, max_size=n), min_size=2, max_size=4
        )
    )
    .map(lambda table: frame(**{f"m{i}": np.divide(v, 14) for i, v in enumerate(table)}))
)


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
        empty = pd.DataFrame({"fold": ["A"]})
        StudyResults(
            settings={},
            predictions=pd.concat([predictions, train]),
            searches=empty,
            curves=empty,
            timings=empty,
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


class TestBootstrap:
    @given(people_scores, st.randoms())
    @settings(max_examples=30)
    def test_laws(self, scores, random):
        table = bootstrap_over_people(scores, n_resamples=300)
        by_model = scores.groupby("model")["score"]
        for row in table.itertuples():
            values = by_model.get_group(row.model)
            assert row.score == pytest.approx(values.mean())
            # No draw of people is better than the best or worse than the worst.
            assert values.min() - 1e-9 <= row.low <= row.high <= values.max() + 1e-9
        assert table["score"].is_monotonic_decreasing
        order = random.sample(range(len(scores)), len(scores))
        shuffled = bootstrap_over_people(scores.iloc[order], n_resamples=300)
        pd.testing.assert_frame_equal(shuffled, table)

    def test_covers_the_mean_of_all_people_where_one_over_sets_does_not(self):
        # Each model is a study of its own: ten people, whose habits differ, 14 sets each.
        rng = np.random.default_rng(0)
        n_studies, n_people, n_sets = 400, 10, 14
        skill = rng.beta(4, 1, size=(n_studies, n_people, 1))
        hits = (rng.random((n_studies, n_people, n_sets)) < skill).astype(float)
        scores = frame(**{f"{i}": study.mean(axis=1) for i, study in enumerate(hits)})
        table = bootstrap_over_people(scores, n_resamples=999)
        covered = (table["low"] <= 0.8) & (table["high"] >= 0.8)
        assert 0.92 <= covered.mean() <= 0.97
        naive = stats.bootstrap(
            (hits.reshape(n_studies, -1),),
            np.mean,
            axis=1,
            n_resamples=500,
            batch=20,
            method="percentile",
            random_state=np.random.default_rng(0),
        ).confidence_interval
        assert ((naive.low <= 0.8) & (naive.high >= 0.8)).mean() < 0.75

    def test_covers_few_people_as_well_as_it_says(self):
        rng = np.random.default_rng(1)
        normal = rng.normal(size=(800, 10))
        scores = frame(**{f"{i}": values for i, values in enumerate(normal)})
        for level in (0.8, 0.95):
            table = bootstrap_over_people(scores, confidence_level=level, n_resamples=999)
            covered = (table["low"] <= 0) & (table["high"] >= 0)
            assert covered.mean() == pytest.approx(level, abs=0.03)

    def test_pairing_matters(self):
        rng = np.random.default_rng(0)
        people = rng.uniform(0.3, 0.9, 10)
        better = people + rng.uniform(0.0, 0.06, 10)
        paired = bootstrap_over_people(frame(a=better, b=people), against="b").loc[0]
        apart = bootstrap_over_people(frame(a=better, b=people[::-1]), against="b").loc[0]
        assert paired["difference"] == pytest.approx(apart["difference"])
        assert paired["low"] > 0 > apart["low"]
        assert apart["high"] - apart["low"] > 5 * (paired["high"] - paired["low"])

    def test_difference_turns_with_the_models(self):
        rng = np.random.default_rng(0)
        scores = frame(a=rng.random(9), b=rng.random(9))
        ends = ["difference", "low", "high"]
        ab, ba = (
            bootstrap_over_people(scores, against=model, method="percentile")[ends]
            for model in "ba"
        )
        np.testing.assert_allclose(ab, -ba[["difference", "high", "low"]])

    def test_seeds_are_averaged_within_each_person(self):
        first, second = [0.6, 0.7, 0.9, 0.8], [0.8, 0.7, 0.7, 1.0]
        seeds = [frame(a=first), frame(a=second).assign(seed=1)]
        two = bootstrap_over_people(pd.concat(seeds))
        one = bootstrap_over_people(frame(a=np.mean([first, second], axis=0)))
        assert two["n_seeds"].item() == 2
        pd.testing.assert_frame_equal(
            two.drop(columns="n_seeds"), one.drop(columns="n_seeds")
        )

    def test_all_people_alike(self):
        # 0.1 + 0.2 and 0.3 are one score.
        table = bootstrap_over_people(frame(a=[0.3, 0.1 + 0.2, 0.3], b=[0.1, 0.2, 0.3]))
        row = table.set_index("model").loc["a"]
        assert row[["score", "low", "high"]].tolist() == pytest.approx([0.3] * 3)

    @pytest.mark.parametrize("n_people", [2, 3])
    def test_very_few_people_give_all_that_they_span(self, n_people):
        values = [0.5, 0.9, 0.6][:n_people]
        row = bootstrap_over_people(frame(a=values)).loc[0]
        assert (row["low"], row["high"]) == (0.5, 0.9)

    def test_errors_end_with_the_cure(self):
        scores = frame(a=[0.5, 0.6], b=[0.7, 0.8])
        with pytest.raises(ValueError, match="give two people or more"):
            bootstrap_over_people(scores[scores["subject"] == "P00"])
        with pytest.raises(
            ValueError, match=r"b \(seed 0\) has no score on P01\. .* leave"
        ):
            bootstrap_over_people(scores.drop(index=3))
        with pytest.raises(ValueError, match="a on P00 more than once: distinguish"):
            bootstrap_over_people(pd.concat([scores, scores]))
        with pytest.raises(ValueError, match="against must be one of a, b; got 'c'"):
            bootstrap_over_people(scores, against="c")
        with pytest.raises(ValueError, match="between 0 and 1, as 0.95; got 95"):
            bootstrap_over_people(scores, confidence_level=95)


class TestCompareModels:
    def test_values(self):
        rng = np.random.default_rng(0)
        base = rng.uniform(0.5, 0.8, 12)
        values = {"worst": base, "best": base + 0.1, "middle": base[::-1] + 0.05}
        table = compare_models(frame(**values))
        pairs = list(zip(table["model_a"], table["model_b"], strict=True))
        assert pairs == [("best", "middle"), ("best", "worst"), ("middle", "worst")]
        for row in table.itertuples():
            differences = np.round(values[row.model_a] - values[row.model_b], 12)
            assert row.difference == pytest.approx(differences.mean())
            assert row.p == stats.wilcoxon(differences).pvalue
            assert row.n_better == (differences > 0).sum()
            assert row.n_better + row.n_equal + row.n_worse == row.n_people == 12
        np.testing.assert_allclose(table["p_holm"], holm(table["p"]))
        against = bootstrap_over_people(frame(**values), against="worst")
        columns = ["difference", "low", "high"]
        np.testing.assert_allclose(
            table.loc[2, columns].tolist(), against.loc[1, columns].tolist()
        )

    @given(people_scores, st.randoms())
    @settings(max_examples=30)
    def test_order_of_rows_does_not_matter(self, scores, random):
        order = random.sample(range(len(scores)), len(scores))
        pd.testing.assert_frame_equal(
            compare_models(scores.iloc[order], n_resamples=100),
            compare_models(scores, n_resamples=100),
        )

    def test_many_ties_leave_an_exact_test(self):
        # Five of fifteen people tell the two apart: 2 / 2 ** 5, not the normal .025.
        a = np.full(15, 0.5)
        b = a - np.r_[np.full(5, 0.1), np.zeros(10)]
        row = compare_models(frame(a=a, b=b)).loc[0]
        assert row["p"] == pytest.approx(0.0625)
        assert (row["n_better"], row["n_equal"], row["n_worse"]) == (5, 10, 0)

    @given(st.lists(st.integers(-3, 3).filter(bool), min_size=2, max_size=7))
    @settings(max_examples=25)
    def test_ties_are_tested_as_by_scipy(self, differences):
        a, b = np.divide(differences, 10), np.zeros(len(differences))
        # A person of no difference counts for nothing.
        scores = frame(a=np.r_[a, 0], b=np.r_[b, 0])
        all_signs = stats.PermutationMethod(n_resamples=np.inf)
        expected = stats.wilcoxon(differences, method=all_signs).pvalue
        assert compare_models(scores, n_resamples=9).loc[0, "p"] == pytest.approx(expected)

    def test_rounding_errors_are_not_a_difference(self):
        row = compare_models(frame(a=[0.1 + 0.2, 0.5], b=[0.3, 0.5])).loc[0]
        assert (row["difference"], row["low"], row["high"], row["p"]) == (0, 0, 0, 1)
        assert row["n_equal"] == 2

    def test_sentence_of_a_difference(self):
        a = [0.9, 0.8, 0.7, 0.95, 0.6, 0.85, 0.9, 0.75]
        b = [0.8, 0.8, 0.5, 0.90, 0.5, 0.80, 0.8, 0.60]
        scores = [frame(cnn=a, rf=b).assign(seed=seed) for seed in range(5)]
        row = compare_models(pd.concat(scores), on="people never seen").loc[0]
        assert row["sentence"] == (
            "cnn beats rf on people never seen: +9.4 points (95 % interval "
            f"{100 * row['low']:+.1f} to {100 * row['high']:+.1f} over 8 people, 5 seeds; "
            "7 better, 1 equal, 0 worse; p = .016)."
        )

    def test_sentence_without_a_significant_difference(self):
        rng = np.random.default_rng(0)
        a = rng.uniform(0.5, 0.9, 10)
        scores = frame(a=a, b=a + rng.normal(0, 0.05, 10), c=a + rng.normal(0, 0.05, 10))
        for row in compare_models(scores).itertuples():
            assert row.p_holm > 0.05
            start = (
                f"No significant difference between {row.model_a} and {row.model_b} over"
            )
            assert row.sentence.startswith(f"{start} 10 people: +")
            assert "after Holm" in row.sentence
            assert "so few people" not in row.sentence

    def test_sentence_of_too_few_people(self):
        # Better on all of five people: p is 2 / 2 ** 5.
        row = compare_models(frame(a=[0.9] * 5, b=[0.1, 0.2, 0.3, 0.4, 0.5])).loc[0]
        assert row["p"] == pytest.approx(0.0625)
        assert row["sentence"].startswith("No significant difference between a and b")
        assert row["sentence"].endswith(
            "With so few people no difference could be significant."
        )
        six = compare_models(frame(a=[0.9] * 6, b=[0.1, 0.2, 0.3, 0.4, 0.5, 0.6])).loc[0]
        assert six["sentence"].startswith("a beats b: +55.0 points")

    def test_one_model(self):
        with pytest.raises(ValueError, match="Only a has scores: give those of two"):
            compare_models(frame(a=[0.1, 0.2]))


class TestHolm:
    def test_known_values(self):
        # R: p.adjust(c(0.01, 0.02, 0.03, 0.04, 0.05), "holm")
        expected = [0.05, 0.08, 0.09, 0.09, 0.09]
        np.testing.assert_allclose(holm([0.01, 0.02, 0.03, 0.04, 0.05]), expected)
        np.testing.assert_allclose(holm([0.8, 0.0, 0.6]), [1, 0, 1])

    @given(st.lists(st.floats(0, 1), max_size=20), st.randoms())
    def test_laws(self, p, random):
        corrected = holm(p)
        p = np.array(p)
        assert (corrected >= p).all()
        assert (corrected <= np.minimum(p * len(p), 1)).all()
        order = np.argsort(p)
        assert (np.diff(corrected[order]) >= 0).all()
        shuffled = random.sample(range(len(p)), len(p))
        # Equal p-values get the same correction, wherever they stand.
        np.testing.assert_array_equal(holm(p[shuffled]), corrected[shuffled])

    @pytest.mark.parametrize("p", [[0.1, np.nan], [1.1], [-0.1], 0.1, [[0.1]]])
    def test_errors(self, p):
        with pytest.raises(ValueError, match="list of numbers from 0 to 1"):
            holm(p)


class TestCorrectedTTest:
    def test_by_hand(self):
        # Differences .1 .1 0 .2 .1: mean .1, variance .005; (1/5 + 20/80) * .005 = .00225.
        a, b = [0.8, 0.9, 0.7, 0.9, 0.8], [0.7, 0.8, 0.7, 0.7, 0.7]
        test = corrected_resampled_ttest(a, b, n_train=80, n_test=20)
        assert test.difference == pytest.approx(0.1)
        assert test.statistic == pytest.approx(0.1 / np.sqrt(0.00225))
        assert test.p == pytest.approx(0.10270, abs=1e-5)
        # 2.77645 is the table's t of 4 degrees of freedom at 95 %.
        half = 2.77645 * np.sqrt(0.00225)
        assert (test.low, test.high) == pytest.approx((0.1 - half, 0.1 + half), abs=1e-5)

    def test_is_the_paired_test_without_shared_data(self):
        rng = np.random.default_rng(0)
        a, b = rng.random((2, 9))
        ours = corrected_resampled_ttest(a, b, n_train=1e12, n_test=1)
        theirs = stats.ttest_rel(a, b)
        assert ours.statistic == pytest.approx(theirs.statistic)
        assert ours.p == pytest.approx(theirs.pvalue)
        interval = theirs.confidence_interval()
        assert (ours.low, ours.high) == pytest.approx((interval.low, interval.high))

    def test_false_alarms(self):
        # Two models that are equally good, compared on 20 random fifths of 100 sets.
        rng = np.random.default_rng(0)
        naive = corrected = 0
        for _ in range(500):
            by_set = rng.normal(size=100)
            splits = [by_set[rng.permutation(100)[:20]].mean() for _ in range(20)]
            zeros = np.zeros(20)
            naive += stats.ttest_rel(splits, zeros).pvalue < 0.05
            corrected += (
                corrected_resampled_ttest(splits, zeros, n_train=80, n_test=20).p < 0.05
            )
        assert naive > 150
        assert 10 <= corrected <= 40

    def test_no_spread(self):
        same = corrected_resampled_ttest([0.5, 0.6], [0.5, 0.6], n_train=8, n_test=2)
        assert same == (0, 1, 0, 0, 0)
        ahead = corrected_resampled_ttest([0.4, 0.5], [0.5, 0.6], n_train=8, n_test=2)
        assert ahead == pytest.approx((-np.inf, 0, -0.1, -0.1, -0.1))

    @pytest.mark.parametrize(
        ("a", "b", "n_train", "message"),
        [
            ([0.1, 0.2], [0.1], 8, "on the same splits, at least two"),
            ([0.1], [0.1], 8, "on the same splits, at least two"),
            ([0.1, np.nan], [0.1, 0.2], 8, "leave these splits out of both"),
            ([0.1, 0.2], [0.1, 0.2], 0, "must be above 0; got 0, 2"),
        ],
    )
    def test_errors(self, a, b, n_train, message):
        with pytest.raises(ValueError, match=message):
            corrected_resampled_ttest(a, b, n_train=n_train, n_test=2)


class TestRankModels:
    def test_ranks(self):
        values = {"a": [0.9, 0.8, 0.7, 0.9], "b": [0.8, 0.8, 0.9, 0.8], "c": [0.1] * 4}
        ranking = rank_models(frame(**values))
        assert ranking.ranks.to_dict() == {"a": 1.375, "b": 1.625, "c": 3}
        assert list(ranking.ranks.index) == ["a", "b", "c"]
        assert ranking.p == stats.friedmanchisquare(*values.values()).pvalue
        assert ranking.n_people == 4

    @given(people_scores)
    @settings(max_examples=40)
    def test_a_group_joins_those_that_do_not_differ(self, scores):
        ranking = rank_models(scores)
        pairs = compare_models(scores, n_resamples=100)
        for row in pairs.itertuples():
            joined = any({row.model_a, row.model_b} <= {*group} for group in ranking.groups)
            assert joined == (row.p_holm >= 0.05 or ranking.p >= 0.05)
        assert {model for group in ranking.groups for model in group} == {*scores["model"]}
        sets = [{*group} for group in ranking.groups]
        assert not any(a < b for a in sets for b in sets)

    def test_a_group_may_leave_out_one_in_the_middle(self):
        # Steadily a little worse than a; c is now far better, now far worse than both.
        rng = np.random.default_rng(0)
        a = rng.uniform(0.6, 0.7, 12)
        c = a + np.tile([0.2, -0.2], 6)
        ranking = rank_models(frame(a=a, b=a - 0.01, c=c, d=a - 0.5))
        assert ranking.p < 0.05
        assert ranking.groups == [("a", "c"), ("c", "b"), ("d",)]

    def test_all_alike(self):
        ranking = rank_models(frame(a=[0.5, 0.6], b=[0.5, 0.6], c=[0.5, 0.6]))
        assert ranking.p == 1
        assert ranking.groups == [("a", "b", "c")]


def marks_of(ax):
    """Return the points drawn, by the label of their line."""
    return {line.get_label(): line for line in ax.lines if line.get_marker() != "None"}


class TestPeopleDisplay:
    def test_what_is_drawn(self):
        predictions = predictions_of(n_seeds=2)
        display = PeopleDisplay.from_predictions(predictions)
        ax = display.ax_
        scores = scores_by_person(predictions)
        by_person = scores.groupby(["subject", "model"])["score"].mean().unstack()
        order = by_person.mean(axis=1).sort_values().index
        names = [text.get_text() for text in ax.get_yticklabels()]
        assert names == [*(f"{name} (8 sets)" for name in order), "Mean"]
        assert ax.get_xlabel() == "Accuracy"
        assert display.figure_ is ax.figure
        intervals = bootstrap_over_people(scores).set_index("model")
        legend = ax.get_legend()
        assert legend.get_title().get_text() == "Model, mean and 95 % interval"
        for model, text in zip(["rf", "svm"], legend.get_texts(), strict=True):
            mean, low, high = intervals.loc[model, ["score", "low", "high"]]
            assert text.get_text() == f"{model} {mean:.3f} ({low:.3f} to {high:.3f})"
            points = marks_of(ax)[text.get_text()]
            np.testing.assert_allclose(points.get_xdata(), by_person.loc[order, model])
            np.testing.assert_array_equal(np.round(points.get_ydata()), [0, 1, 2])
        plt.close(display.figure_)

    def test_one_person_has_no_interval(self):
        ax = mpl.figure.Figure().subplots()
        display = PeopleDisplay.from_scores(frame(a=[0.5], b=[0.6]), ax=ax)
        assert display.ax_ is ax
        assert [text.get_text() for text in ax.get_legend().get_texts()] == [
            "a 0.500",
            "b 0.600",
        ]

    def test_score_has_its_name(self):
        ax = mpl.figure.Figure().subplots()
        PeopleDisplay.from_predictions(predictions_of(), "f1_macro", ax=ax)
        assert ax.get_xlabel() == "Macro F1"

    def test_no_two_models_look_alike(self):
        ax = mpl.figure.Figure().subplots()
        names = [f"model {i}" for i in range(12)]
        PeopleDisplay.from_scores(frame(**dict.fromkeys(names, (0.5, 0.6))), ax=ax)
        looks = {
            (line.get_color(), line.get_marker())
            for label, line in marks_of(ax).items()
            if label.startswith("model")
        }
        assert len(looks) == 12


class TestCriticalDifferenceDisplay:
    def test_what_is_drawn(self):
        rng = np.random.default_rng(0)
        a = rng.uniform(0.6, 0.7, 12)
        c = a + np.tile([0.2, -0.2], 6)
        display = CriticalDifferenceDisplay.from_scores(
            frame(a=a, b=a - 0.01, c=c, d=a - 0.5)
        )
        ranks, p, groups, _ = display.ranking
        bars = [line for line in display.ax_.lines if line.get_marker() == "o"]
        drawn = [tuple(bar.get_xdata()) for bar in bars]
        assert drawn == [tuple(ranks[list(g)]) for g in groups if len(g) > 1]
        texts = [text.get_text() for text in display.ax_.texts]
        assert texts[0] == f"a {ranks['a']:.2f}"
        assert texts[3] == "4.00 d"
        assert texts[4].startswith("A bar joins models that can't be told apart at 5 %")
        assert texts[4].endswith(f"Friedman p {'< 0.001' if p < 0.001 else f'= {p:.3f}'}")
        # The bar's level is its own, as is each name's on its side.
        assert len({bar.get_ydata()[0] for bar in bars}) == len(bars)
        assert no_two_overlap(display.figure_, display.ax_.texts)
        plt.close(display.figure_)

    def test_all_differ(self):
        base = np.linspace(0.1, 0.5, 12)
        ax = mpl.figure.Figure().subplots()
        scores = frame(a=base + 0.2, b=base + 0.1, c=base)
        CriticalDifferenceDisplay.from_scores(scores, ax=ax)
        assert not [line for line in ax.lines if line.get_marker() == "o"]
        assert ax.texts[-1].get_text().startswith("All models differ at 5 %")

    def test_two_models(self):
        ax = mpl.figure.Figure().subplots()
        display = CriticalDifferenceDisplay.from_predictions(predictions_of(), ax=ax)
        assert display.ranking.groups == [tuple(display.ranking.ranks.index)]
        assert "Friedman" not in ax.texts[-1].get_text()


class TestAccuracyTimeDisplay:
    scores = frame(rf=[0.8, 0.9, 0.85], svm=[0.81, 0.88, 0.85], cnn=[0.7, 0.9, 0.95])

    def test_what_is_drawn(self):
        seconds = {"rf": 1.0, "svm": 1.05, "cnn": 100.0, "of no use": 3.0}
        display = AccuracyTimeDisplay.from_scores(self.scores, seconds, time_name="Fit")
        ax = display.ax_
        assert (ax.get_xlabel(), ax.get_ylabel()) == ("Fit (s)", "Accuracy")
        assert ax.get_xscale() == "log"
        points = [line for line in ax.lines if line.get_marker() != "None"]
        drawn = [(line.get_xdata()[0], line.get_ydata()[0]) for line in points]
        means = self.scores.groupby("model")["score"].mean()
        expected = [(seconds[model], means[model]) for model in ("rf", "svm", "cnn")]
        np.testing.assert_allclose(drawn, expected)
        # Two are at nearly the same place: their names are not.
        assert {text.get_text() for text in ax.texts} == {"rf", "svm", "cnn"}
        assert no_two_overlap(display.figure_, ax.texts)
        plt.close(display.figure_)

    def test_timings_of_a_study(self):
        timings = pd.DataFrame(
            {
                "protocol": "unseen-people",
                "model": ["rf", "svm"] * 2,
                "seconds": [1, 2, 3, 4],
            }
        )
        ax = mpl.figure.Figure().subplots()
        display = AccuracyTimeDisplay.from_predictions(predictions_of(), timings, ax=ax)
        assert display.seconds == {"rf": 2, "svm": 3}
        assert ax.get_xscale() == "linear"
        both = pd.concat([timings, timings.assign(protocol="unseen-sets")])
        with pytest.raises(ValueError, match="unseen-people, unseen-sets: give the rows"):
            AccuracyTimeDisplay.from_predictions(predictions_of(), both, ax=ax)

    def test_missing_time(self):
        with pytest.raises(ValueError, match="no time above 0 for svm, cnn: give each"):
            AccuracyTimeDisplay.from_scores(self.scores, {"rf": 1.0, "svm": 0.0})


def no_two_overlap(figure, texts):
    figure.draw_without_rendering()
    boxes = [text.get_window_extent() for text in texts]
    return not any(a.overlaps(b) for i, a in enumerate(boxes) for b in boxes[:i])


def test_displays_leave_the_figures_of_others_alone():
    before = plt.get_fignums(), dict(mpl.rcParams)
    figure = mpl.figure.Figure()
    axes = figure.subplots(3)
    predictions = predictions_of()
    PeopleDisplay.from_predictions(predictions, ax=axes[0])
    CriticalDifferenceDisplay.from_predictions(predictions, ax=axes[1])
    seconds = {"rf": 1.0, "svm": 2.0}
    AccuracyTimeDisplay.from_predictions(predictions, seconds, ax=axes[2])
    assert (plt.get_fignums(), dict(mpl.rcParams)) == before
