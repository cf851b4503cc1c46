"""Acceleration without gravity, held against that which holds gravity."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter1d

from ..recording import GRAVITY_SENSORS, usual_interval
from ._plausibility import UNITS, fits
from ._timestamps import Samples

Floats = NDArray[np.float64]

#: Gravity turns with the device, which takes longer than a movement's ups and downs.
_SLOW_S = 0.5
#: Real recordings correlate by 0.7 to 0.99, with scales of 0.8 to 1.3.
_LEAST_CORRELATION = 0.6
_OTHER_SCALE = 3.0
_LEAST_SAMPLES = 50


def check_movement(sensors: Mapping[str, Samples]) -> list[str]:
    """Return a doubt if the Accelerometer has another unit or sign than its peers."""
    # Alone, movement in g looks like a weak movement in m/s². Beside acceleration with
    # gravity, whose length shows its unit, the fast parts of both are the same movement.
    part = sensors.get("Accelerometer")
    for name in GRAVITY_SENSORS:
        whole = sensors.get(name)
        # Gravity alone does not move, and without its unit the whole shows nothing.
        if name == "Gravity" or part is None or whole is None or not fits(name, whole):
            continue
        scale = _scale(_complete(part), _complete(whole))
        if scale < 0:
            return [
                f"CONTRADICTION: Accelerometer moves against {name}: the sign of one of "
                "the two is wrong. Both stay as they are."
            ]
        if scale > _OTHER_SCALE or scale < 1 / _OTHER_SCALE:
            return [
                f"IMPLAUSIBLE: Accelerometer has {1 / scale:.2g} times the movement of "
                f"{name}: wrong unit{_fitting(scale)}. Both stay as they are."
            ]
    return []


def _complete(samples: Samples) -> Samples:
    """Return the rows without a missing value, in the order of time."""
    kept = samples.keep(~np.asarray(np.isnan(samples.values).any(axis=1)))
    return kept.keep(np.argsort(kept.times_ns, kind="stable"))


def _scale(part: Samples, whole: Samples) -> float:
    """Return how many times faster parts of the whole are larger, NaN if they differ.

    It is negative if they are opposite.
    """
    if len(part) > len(whole):  # the values between samples of the slower are unknown
        return 1 / _scale(whole, part)
    if len(whole) < 2:
        return float("nan")
    inside = (part.times_ns >= whole.times_ns[0]) & (part.times_ns <= whole.times_ns[-1])
    if inside.sum() < _LEAST_SAMPLES:
        return float("nan")
    start_ns = part.times_ns[0]
    times_s = (part.times_ns[inside] - start_ns) / 1e9
    others_s = (whole.times_ns - start_ns) / 1e9
    columns = [whole.axes.index(axis) for axis in part.axes]
    there = np.stack([np.interp(times_s, others_s, whole.values[:, i]) for i in columns], 1)
    n_slow = max(3, round(_SLOW_S / max(usual_interval(times_s), 1e-3)))
    here = part.values[inside]
    here, there = (x - uniform_filter1d(x, n_slow, axis=0) for x in (here, there))
    here_square, there_square = float((here**2).sum()), float((there**2).sum())
    if not (here_square > 0 and there_square > 0):
        return float("nan")
    correlation = float((here * there).sum()) / np.sqrt(here_square * there_square)
    if abs(correlation) < _LEAST_CORRELATION:
        return float("nan")
    return float(np.sign(correlation) * np.sqrt(there_square / here_square))


def _fitting(scale: float) -> str:
    """Return the unit that the scale stands for, in words, or nothing."""
    for unit, factor in UNITS["m/s²"].items():
        if factor != 1 and 1 / 1.5 < scale / factor < 1.5:
            return f" (it would fit {unit})"
    return ""
