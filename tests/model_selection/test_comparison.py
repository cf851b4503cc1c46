import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_scores import frame
from scipy import stats

from sk_imu.model_selection import bootstrap_over_people, compare_models, holm, rank_models

people_scores = (
    st.integers(2, 12)
    .flatmap(
        lambda n: st.lists(
            st.lists(st.integers(0, 14), min_size=n, max_size=n), min_size=2, max_size=4
        )
    )
    .map(lambda table: frame(**{f"m{i}": np.divide(v, 14) for i, v in enumerate(table)}))
)


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
        # Five of fifteen people show a difference: 2 / 2 ** 5, not the normal .025.
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
