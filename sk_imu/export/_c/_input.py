"""From the given channels of a window to those of the model, for the C template."""

from typing import Any

import numpy as np
from scipy import signal

from ...preprocessing import (
    BY_GRAVITY,
    WITH_MOVEMENT,
    first_of,
    gravity_filter,
    sources_of,
)
from ...recording import GRAVITY_SENSORS, TOTAL_SENSORS
from ...validation import rate_of
from ._parts import Parts

__all__ = ["input_of"]


def input_of(parts: Parts) -> dict[str, Any]:
    """Return what the template needs to derive and scale the channels of a window."""
    names, derive = parts.known.channel_names, parts.derive
    kinds = [] if derive is None else derive.kinds_
    keeps = derive is None or derive._keep
    out = names if derive is None else derive.channel_names_out_
    steps, place = [], len(names) if keeps else 0
    for kind in kinds:
        for sensor, triple in sources_of(names, kind):
            n_parts = {"vertical": 2, "aligned": 3}.get(kind, 1)
            steps.append(
                {
                    "kind": kind,
                    "channels": triple,
                    "place": place,
                    "names": out[place : place + n_parts],
                    "with_gravity": sensor in TOTAL_SENSORS,
                }
            )
            place += n_parts
    return {
        "keeps": keeps,
        "names": out,
        "kinds": kinds,
        "derived": steps,
        "gravity": _gravity(parts) if set(BY_GRAVITY) & set(kinds) else None,
        "movement": first_of(WITH_MOVEMENT, names)[1] if "aligned" in kinds else None,
        "rate_hz": rate_of(derive) if "rate_of_change" in kinds else None,
        **_scaling(parts, len(out)),
    }


def _gravity(parts: Parts) -> dict[str, Any]:
    """Return which channels show gravity, and the low-pass that takes it out of them."""
    derive: Any = parts.derive
    sensor, triple = first_of(GRAVITY_SENSORS, parts.known.channel_names)
    if sensor == "Gravity":
        return {"channels": triple, "low_pass": None, "n_pad": 0}
    rate_hz, cutoff_hz = rate_of(derive), derive.gravity_cutoff_hz
    sos = gravity_filter(cutoff_hz, rate_hz)
    # As in DerivedChannels.
    n_pad = min(int(np.ceil(rate_hz / cutoff_hz)), parts.n_timesteps - 1)
    b0, b1, b2, _, a1, a2 = sos[0]
    s1, s2 = signal.sosfilt_zi(sos)[0]
    low_pass = {
        "b": (b0, b1, b2),
        # Added, because two signs in a row are hard to read.
        "a": tuple(("+" if a < 0 else "-", abs(a)) for a in (a1, a2)),
        "start": (s1, s2),
        "cutoff_hz": cutoff_hz,
    }
    return {"channels": triple, "low_pass": low_pass, "n_pad": n_pad}


def _scaling(parts: Parts, n_channels: int) -> dict[str, Any]:
    scaler = parts.scale
    if scaler is None:
        return {"mean": None, "scale": None}
    mean = np.zeros(n_channels) if scaler.mean_ is None else scaler.mean_
    return {"mean": mean, "scale": scaler.scale_}
