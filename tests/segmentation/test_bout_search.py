"""The search for sets in a movement that comes piece by piece."""

import numpy as np
import pytest

from sk_imu import SetSegmenter
from sk_imu.datasets import make_exercise_recordings
from sk_imu.segmentation import MOTION_RATE_HZ, BoutSearch, motion_of
from sk_imu.segmentation._periods import LONGEST_STRETCH

THRESHOLDS = SetSegmenter().get_params()


@pytest.fixture(scope="module")
def motion():
    made = make_exercise_recordings(1, 3, ["squat"], random_state=0)
    return motion_of(made.data[0])[1]


@pytest.fixture(scope="module")
def whole(motion):
    search = BoutSearch(**THRESHOLDS)
    return [*search.push(motion), *search.finish()]


@pytest.mark.parametrize("seed", range(3))
def test_sets_do_not_depend_on_the_pieces(motion, whole, seed):
    assert [len(one.repetitions) for one in whole] == [9, 12, 11]
    rng = np.random.default_rng(seed)
    cuts = np.sort(rng.integers(0, motion.shape[1], 40))
    search, found = BoutSearch(**THRESHOLDS), []
    for piece in np.split(motion, cuts, axis=1):
        found += search.push(piece)
        if seed:
            search.pending()  # which leaves the search as it was
    assert [*found, *search.finish()] == whole


def test_a_set_is_certain_after_a_while_and_then_forgotten(motion, whole):
    search = BoutSearch(**THRESHOLDS)
    after = whole[0].low + whole[0].repetitions[-1][1] + 25 * MOTION_RATE_HZ
    found, kept = [], []
    for first in range(0, motion.shape[1], 20):
        found += search.push(motion[:, first : first + 20])
        if first < after:
            n_certain = len(found)
        kept.append(search._motion.shape[1])
    assert n_certain == 1
    assert max(kept) < 0.8 * motion.shape[1]


def test_what_would_be_found_without_more_is_what_a_shorter_movement_has(motion):
    for n in (300, 500, 800, 1300):
        short, search = BoutSearch(**THRESHOLDS), BoutSearch(**THRESHOLDS)
        expected = [*short.push(motion[:, :n]), *short.finish()]
        found = search.push(motion[:, : n - 50])
        found += search.pending(motion[:, n - 50 : n])
        assert found == expected


@pytest.mark.parametrize("n_timesteps", [797, 800])
def test_periods_may_be_shorter_than_the_steps_of_the_search(n_timesteps):
    quick = np.sin(2 * np.pi * np.arange(n_timesteps) / 3)
    search = BoutSearch(**THRESHOLDS | {"min_period_s": 0.1, "max_period_s": 0.2})
    found = [*search.push(np.array([quick, 0 * quick, 0 * quick])), *search.finish()]
    assert [len(one.repetitions) for one in found] == [n_timesteps // 3]


def test_a_movement_of_half_an_hour_is_cut_into_pieces():
    turns = np.sin(2 * np.pi * np.arange(3 * LONGEST_STRETCH) / 160)
    motion = np.array([turns, 0 * turns, 0 * turns])
    search, found = BoutSearch(**THRESHOLDS), []
    for piece in np.split(motion, 30, axis=1):
        found += search.push(piece)
        assert search._motion.shape[1] < 1.3 * LONGEST_STRETCH
    found += search.finish()
    assert len(found) == 3
    n_found = sum(len(one.repetitions) for one in found)
    assert n_found == pytest.approx(3 * LONGEST_STRETCH / 160, abs=1)
