"""How to run a study again: the command or call, and the settings."""

import shlex
from typing import Any, NamedTuple

from ..study import StudyResults
from ._words import listed, one_line

__all__ = ["Again", "again_of", "how_to_run"]

_OPTIONS = (
    *("models", "protocols", "budget", "channels", "wear"),
    *("window_seconds", "fixed_length"),
)


class Again(NamedTuple):
    """The section "Reproduce"."""

    command: str
    settings: dict[str, str]


def again_of(results: StudyResults) -> Again:
    """Return the section "Reproduce"."""
    settings = results.settings
    rows: dict[str, Any] = {
        "Data": settings["data"],
        "Data fingerprint": settings["data_fingerprint"],
        "Exercises": ", ".join(map(one_line, settings["classes"])),
        "Channels": ", ".join(settings["channels"]),
        "Wear": settings["wear"],
        "Sampling rate": f"{settings['sampling_rate_hz']:g} Hz",
        "Window": f"{settings['window_seconds']:g} s",
        "Budget": settings["budget"],
        "Random seed": listed([*map(str, settings["seeds"])]),
    }
    if settings["fixed_length"]:
        # Then no windows are cut.
        del rows["Window"]
        rows["Fixed length"] = f"{settings['fixed_length']:g} samples"
    if len(results.timings):
        minutes = results.timings["seconds"].sum() / 60
        rows["Time, all folds together"] = f"{minutes:.1f} min on one thread"
    return Again(how_to_run(results), rows)


def how_to_run(results: StudyResults) -> str:
    """Return the command that makes these results again, or the call where none does."""
    settings = results.settings
    data, rate_hz = settings["data"], settings["sampling_rate_hz"]
    chosen = {name: settings[name] for name in _OPTIONS}
    # Arrays, and several data sets as one, have no name that a command could be given.
    nameless = data == "your data" or " + " in data
    seeds = settings["seeds"]
    whole = not settings["segment"]
    if nameless or rate_hz != 25.0:
        given = "data" if nameless else repr(data)
        options = [f"{key}={value!r}" for key, value in chosen.items() if value is not None]
        options += [f"seeds={seeds}", f"sampling_rate_hz={rate_hz:g}"]
        if whole and not nameless:
            options.append("segment=False")
        text = ",\n    ".join([given, *options, "out='results'"])
        return f"from sk_imu.study import run_study\n\nrun_study(\n    {text},\n)"
    words = [["sk-imu", "study", "--data", data]]
    for key, value in chosen.items():
        values = value if isinstance(value, list) else [value]
        if value is not None and values:
            words.append([f"--{key.replace('_', '-')}", *map(str, values)])
    words.append(
        ["--seeds", *map(str, seeds), "--out", "results", *["--no-segment"] * whole]
    )
    return " \\\n    ".join(map(shlex.join, words))
