"""Numbers that a stream is set up with."""

import math
from numbers import Integral, Real
from typing import Any


def check_number(
    name: str, value: Any, *, least: float, above: bool = False, whole: bool = False
) -> None:
    """Raise a ValueError unless a parameter is a number in its range."""
    fine = isinstance(value, Integral if whole else Real) and math.isfinite(value)
    if not fine or value < least or (above and value == least):
        kind = "whole" if whole else "finite"
        bound = f"above {least:g}" if above else f"of at least {least:g}"
        raise ValueError(f"{name} must be a {kind} number {bound}, got {value!r}.")
