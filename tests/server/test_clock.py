"""Which messages of a phone have a time that cannot be meant."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from sk_imu.readers import pushed_samples
from sk_imu.server._clock import PhoneClock, latest_ns

BEGIN_S, HOUR_S = 1_760_000_000, 3600
plausible = st.lists(st.integers(0, HOUR_S // 2), min_size=3, max_size=20)
odd_times = st.one_of(st.integers(-500, -2), st.integers(2, 500))


def message(*times_s):
    values = dict.fromkeys("xyz", 0)
    return pushed_samples(
        [
            {"name": "gyroscope", "time": (BEGIN_S + s) * 10**9, "values": values}
            for s in times_s
        ]
    )


def seconds(messages):
    times = [one.phone["Gyroscope"].times_ns for one in messages]
    return [int(s) for s in np.concatenate([[], *times]) / 1e9 - BEGIN_S]


@given(plausible, odd_times, st.data())
def test_one_odd_message_among_others_is_ignored(times, hours, data):
    clock, passed = PhoneClock(), []
    at = data.draw(st.integers(1, len(times) - 1))
    for time in [*times[:at], hours * HOUR_S, *times[at:]]:
        messages, jump_ns = clock.checked(message(time))
        assert jump_ns == 0
        passed += messages
    assert seconds(passed) == times
    assert clock.n_ignored == 1
    assert "1 message." in clock.doubts[0]


@given(plausible, odd_times)
def test_a_clock_that_was_set_is_believed(times, hours):
    clock, passed, jumps = PhoneClock(), [], []
    after = [time + hours * HOUR_S for time in times]
    for time in [*times, *after]:
        messages, jump_ns = clock.checked(message(time))
        passed += messages
        jumps += [jump_ns] * (jump_ns != 0)
    assert seconds(passed) == [*times, *after]
    assert [np.sign(jump) for jump in jumps] == [np.sign(hours)]
    assert clock.doubts == []


def test_odd_samples_of_a_message():
    clock = PhoneClock()
    assert seconds(clock.checked(message(0, 1, 2, 9 * HOUR_S))[0]) == [0, 1, 2]
    assert clock.n_ignored == 1
    assert clock.checked(message()) == ([message()], 0)


def test_the_latest_time_is_no_odd_one():
    hour = HOUR_S * 10**9
    assert latest_ns([3, 5, 4]) == 5
    assert latest_ns([3, 5, 4, 90 * hour]) == 5
    assert latest_ns([3, 90 * hour]) == 3
    assert latest_ns([7]) == 7
