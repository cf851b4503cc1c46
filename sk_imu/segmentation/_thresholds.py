"""The thresholds of the searches for sets and repetitions."""

from numbers import Integral, Real
from typing import Any

from .._sklearn import Interval

#: What each may be.
THRESHOLDS: dict[str, list[Any]] = {
    "min_periodicity": [Interval(Real, -1, 1, closed="both")],
    "min_intensity": [Interval(Real, 0, None, closed="left")],
    "min_confidence": [Interval(Real, -1, 1, closed="both")],
    "min_repetitions": [Interval(Integral, 1, None, closed="left")],
    "min_duration_s": [Interval(Real, 0, None, closed="left")],
    "max_pause_s": [Interval(Real, 0, None, closed="left")],
    "min_period_s": [Interval(Real, 0, None, closed="neither")],
    "max_period_s": [Interval(Real, 0, None, closed="neither")],
}


def check_periods(caller: str, min_period_s: float, max_period_s: float) -> None:
    """Raise a ValueError if there is no period between the two."""
    if min_period_s >= max_period_s:
        raise ValueError(
            f"{caller}: min_period_s must be less than max_period_s, got {min_period_s} "
            f"and {max_period_s}."
        )
