import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from sk_imu.model_selection import corrected_resampled_ttest, holm


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
