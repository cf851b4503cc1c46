"""Repetitions of two exercises are compared phase by phase."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from sk_imu import Recording, find_repetitions
from sk_imu.inspection import _differences, phase_differences

NAMES = [f"Gyroscope_{axis}" for axis in "xyz"]


def make_set(label, *, bump=0.0, rise=0.0, period_s=2.0, seed=0):
    """Return a set of ten repetitions; a bump at 3/4 of each on the z axis."""
    rng = np.random.default_rng(seed)
    t = np.arange(round(10 * period_s * 50)) / 50
    phase = t / period_s % 1
    values = np.stack(
        [
            1 - np.cos(2 * np.pi * phase),
            np.sin(2 * np.pi * phase),
            rise + bump * np.exp(-0.5 * ((phase - 0.75) / 0.05) ** 2),
        ]
    )
    return Recording.from_array(
        values + rng.normal(0, 0.05, values.shape),
        sampling_rate_hz=50,
        channel_names=NAMES,
        label=label,
    )


X = [make_set("squat", seed=i, period_s=1.6 + 0.2 * i) for i in range(3)]
X += [make_set("lunge", bump=1.0, seed=10 + i, period_s=2 + 0.2 * i) for i in range(3)]
Y = [recording.label for recording in X]


def test_the_largest_difference_is_where_it_was_made():
    table = phase_differences(X, Y, ("lunge", "squat"), n_phases=41)
    assert len(table) == 3 * 41 * 2
    lunge, squat = (table[table["exercise"] == name] for name in ("lunge", "squat"))
    largest = lunge.loc[lunge["difference"].idxmax()]
    assert largest["channel"] == "Gyroscope_z"
    assert largest["difference"] > 3
    assert_allclose(lunge["difference"], -squat["difference"].to_numpy())
    # Whatever phase a repetition begins with, the bump is about 1 high and 1/4 wide.
    bumped = lunge[lunge["channel"] == "Gyroscope_z"]
    assert bumped["mean"].max() == pytest.approx(1, abs=0.15)
    assert (bumped["mean"] > 0.5).sum() == pytest.approx(41 * 0.118, abs=2)
    same = lunge[lunge["channel"] == "Gyroscope_x"]
    assert same["difference"].abs().max() < 2
    assert 24 <= lunge["n_repetitions"].iloc[0] <= 30


def test_differences_are_in_units_of_both_spreads():
    table = phase_differences(X, Y, ("lunge", "squat"))
    wide = table.pivot_table(
        index=["channel", "phase"], columns="exercise", values=["mean", "spread"]
    )
    pooled = np.sqrt((wide["spread"] ** 2).mean(axis=1))
    expected = (wide["mean"]["lunge"] - wide["mean"]["squat"]) / pooled
    lunge = table[table["exercise"] == "lunge"].set_index(["channel", "phase"])
    assert_allclose(lunge["difference"].sort_index(), expected.sort_index())


def test_a_long_set_weighs_as_much_as_a_short_one():
    raised = make_set("lunge", seed=5, rise=1.0).between(0.0, 8.5)
    sets = [X[0], make_set("lunge", seed=6), raised]
    table = phase_differences(sets, ["squat", "lunge", "lunge"], ("lunge", "squat"))
    lunge = table[(table["exercise"] == "lunge") & (table["channel"] == "Gyroscope_z")]
    assert lunge["n_repetitions"].iloc[0] > 12
    assert lunge["mean"].mean() == pytest.approx(0.5, abs=0.05)


def test_it_does_not_matter_where_in_the_movement_a_set_begins():
    later = [one.between(0.3 * i, 16.0) for i, one in enumerate(X)]
    table = phase_differences(later, Y, ("lunge", "squat"), n_phases=40)
    lunge = table[table["exercise"] == "lunge"].set_index(["channel", "phase"])
    bumped = lunge.loc["Gyroscope_z"]
    assert bumped["mean"].max() == pytest.approx(1, abs=0.2)
    # Both exercises move alike but for the bump, and are laid upon each other.
    assert lunge.loc["Gyroscope_x"]["difference"].abs().max() < 2


@pytest.mark.parametrize(
    "pair", ["lunge", ("lunge",), ("lunge", "lunge"), ("lunge", "sit")]
)
def test_pairs_are_two_labels(pair):
    with pytest.raises(ValueError, match="two different labels of y.*'lunge', 'squat'"):
        phase_differences(X, Y, pair)


def test_one_repetition_has_no_spread(monkeypatch):
    def only_first(recording):
        return find_repetitions(recording)[:1]

    monkeypatch.setattr(_differences, "find_repetitions", only_first)
    with pytest.raises(ValueError, match="1 repetitions are found in the sets of 'lunge'"):
        phase_differences(X[2:4], Y[2:4], ("lunge", "squat"))


def test_faults_are_named():
    still = Recording.from_array(
        np.zeros((3, 500)), sampling_rate_hz=50, channel_names=NAMES
    )
    with pytest.raises(ValueError, match="0 repetitions are found in the sets of 'rest'"):
        phase_differences([X[0], still], ["squat", "rest"], ("squat", "rest"))
    with pytest.raises(ValueError, match="n_phases must be"):
        phase_differences(X, Y, ("lunge", "squat"), n_phases=1)
    with pytest.raises(ValueError, match="row 0 of X is a ndarray"):
        phase_differences([np.zeros((3, 50))], ["squat"], ("lunge", "squat"))
