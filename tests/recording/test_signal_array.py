"""An array that knows its channels keeps their names only where they still hold."""

import copy
import pickle

import joblib
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.testing import assert_array_equal

from sk_imu import SignalArray
from sk_imu.recording import signal_of

NAMES = ["Gyroscope_x", "Gyroscope_y", "Gyroscope_z"]


def panel_of_codes(shape):
    """Return a panel in which each value says its channel and its timestep."""
    channels, timesteps = np.arange(shape[-2])[:, None], np.arange(shape[-1])
    codes = np.broadcast_to(channels * 1000.0 + timesteps, shape)
    return SignalArray(codes.copy(), NAMES[: shape[-2]], 50)


@st.composite
def indexed(draw):
    shape = draw(st.sampled_from([(3, 3), (2, 9), (3, 3, 3), (1, 3, 7), (4, 2, 5)]))
    one_axis = st.one_of(
        st.sampled_from([slice(None), slice(1, None), slice(None, None, -1), ..., None]),
        st.slices(3),
        st.integers(-1, 1),
        st.lists(st.integers(0, 1), min_size=1, max_size=3),
    )
    key = draw(
        st.one_of(
            hnp.basic_indices(shape, allow_newaxis=True),
            st.lists(one_axis, max_size=len(shape)).map(tuple),
            hnp.arrays(bool, shape[0]),
            hnp.arrays(bool, shape),
        )
    )
    return panel_of_codes(shape), key


@given(indexed())
def test_names_and_rate_that_an_index_keeps_are_right(panel_and_key):
    panel, key = panel_and_key
    plain = np.asarray(panel)
    try:
        expected = plain[key]
    except (IndexError, ValueError):
        return
    chosen = panel[key]
    assert_array_equal(chosen, expected)
    if not isinstance(chosen, SignalArray):
        return
    assert chosen.shape[-2] == len(chosen.channel_names)
    for i, name in enumerate(chosen.channel_names):
        channel = np.asarray(chosen)[..., i, :]
        assert (channel // 1000 == NAMES.index(name)).all()
        if chosen.sampling_rate_hz is not None:
            assert (np.diff(channel, axis=-1) == 1).all()


@pytest.mark.parametrize(
    ("key", "names", "rate_hz"),
    [
        (0, NAMES, 50),
        ([2, 0], NAMES, 50),
        (np.array([True, False, True]), NAMES, 50),
        ((slice(None), slice(1, None)), NAMES[1:], 50),
        ((slice(None), [2, 0]), ["Gyroscope_z", "Gyroscope_x"], 50),
        ((..., slice(5, 9)), NAMES, 50),
        ((..., slice(None, None, 2)), NAMES, None),
    ],
)
def test_usual_indices_keep_names_and_rate(key, names, rate_hz):
    chosen = panel_of_codes((3, 3, 12))[key]
    assert chosen.channel_names == tuple(names)
    assert chosen.sampling_rate_hz == rate_hz


def test_copies_arithmetic_and_dtypes_keep_names_and_rate():
    row = panel_of_codes((3, 8))
    for again in (
        row.copy(),
        copy.copy(row),
        copy.deepcopy(row),
        pickle.loads(pickle.dumps(row)),
        row.astype(np.float32),
        9.81 * row,
        np.sqrt(row),
        row[np.newaxis],
    ):
        assert isinstance(again, SignalArray)
        assert again.channel_names == tuple(NAMES)
        assert again.sampling_rate_hz == 50


def test_what_is_no_longer_channels_over_time_has_no_names():
    square = panel_of_codes((3, 3))
    for other in (
        square.T,
        square.mean(axis=1),
        square > 0,
        square.astype(int),
        square @ square,
        square + square[::-1],
    ):
        assert getattr(other, "channel_names", None) is None


def test_arrays_of_other_names_have_another_hash():
    # Else a cached Pipeline would return what belongs to other channels.
    values = np.zeros((3, 8))
    hashes = {
        joblib.hash(SignalArray(values, names, rate_hz))
        for names in (NAMES, NAMES[::-1])
        for rate_hz in (50, 25, None)
    }
    assert len(hashes) == 6
    assert joblib.hash(SignalArray(values, NAMES, 50)) in hashes


def test_names_that_are_not_one_for_each_channel_are_refused():
    with pytest.raises(ValueError, match="got 2 channel_names for 3 channels"):
        SignalArray(np.zeros((3, 8)), NAMES[:2])
    with pytest.raises(ValueError, match=r"got \(8,\)"):
        SignalArray(np.zeros(8))


def test_rows_in_an_object_array_or_a_series_are_seen():
    rows = [panel_of_codes((3, 8)), panel_of_codes((3, 9))]
    column = np.empty(2, dtype=object)
    column[:] = rows
    for X in (column, pd.Series(rows)):
        assert signal_of(X, name="X") == (tuple(NAMES), 50)


def test_two_rates_sorting_and_running_sums_leave_nothing_stale():
    row = panel_of_codes((3, 8))
    slow = SignalArray(row, NAMES, 25)
    for other in (row - slow, np.sort(row, axis=0), np.cumsum(row, axis=0)):
        assert getattr(other, "channel_names", None) is None
        assert getattr(other, "sampling_rate_hz", None) is None


def test_bytes_in_the_other_order_are_the_same_numbers():
    assert_array_equal(SignalArray(np.array([[1.0, 2.0]], dtype=">f8")), [[1, 2]])


def test_an_empty_list_chooses_no_set():
    assert panel_of_codes((2, 3, 8))[[]].shape == (0, 3, 8)


@pytest.mark.parametrize(("names", "rate_hz"), [("xyz", 50), (NAMES, 0), (NAMES, np.nan)])
def test_names_in_one_text_and_rates_that_are_not_positive_are_refused(names, rate_hz):
    with pytest.raises(ValueError, match=r"SignalArray: .*(one str|positive number)"):
        SignalArray(np.zeros((3, 8)), names, rate_hz)
