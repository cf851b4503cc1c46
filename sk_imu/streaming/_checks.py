"""Numbers that a stream is set up with."""

import math
from collections.abc import Mapping
from numbers import Integral, Real
from typing import Any

from .._sklearn import validate_parameter_constraints
from ..segmentation import THRESHOLDS, SetSegmenter, check_periods


def check_number(
    name: str, value: Any, *, least: float, above: bool = False, whole: bool = False
) -> None:
    """Raise a ValueError unless a parameter is a number in its range."""
    fine = isinstance(value, Integral if whole else Real) and math.isfinite(value)
    if not fine or value < least or (above and value == least):
        kind = "whole" if whole else "finite"
        bound = f"above {least:g}" if above else f"of at least {least:g}"
        raise ValueError(f"{name} must be a {kind} number {bound}, got {value!r}.")


def check_thresholds(caller: str, thresholds: Mapping[str, Any]) -> dict[str, Any]:
    """Return all thresholds of a search for sets, some of which are given."""
    unknown = sorted(set(thresholds) - set(THRESHOLDS))
    if unknown:
        raise TypeError(
            f"{caller} has no parameter {', '.join(map(repr, unknown))}. The thresholds "
            f"are {', '.join(THRESHOLDS)}."
        )
    every = {**SetSegmenter().get_params(), **thresholds}
    validate_parameter_constraints(THRESHOLDS, every, caller)
    check_periods(caller, every["min_period_s"], every["max_period_s"])
    return every
