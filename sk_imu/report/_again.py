"""How to run a study again: the command or call, the settings, the versions."""

import shlex
from typing import Any

from ..study import StudyResults
from ._findings import listed, one_line
from ._markup import text_of

__all__ = ["again_section", "how_to_run", "seeds_of"]


def again_section(results: StudyResults) -> str:
    """Return the section "Run it again"."""
    settings = results.settings
    rows = {
        "Data": settings["data"],
        "Fingerprint of the data": settings.get("data_fingerprint"),
        "Exercises": ", ".join(map(one_line, settings["classes"])),
        "Channels": ", ".join(settings.get("channels", [])),
        "Wear": settings.get("wear"),
        "Clock": _unit(settings.get("sampling_rate_hz"), "Hz"),
        "Windows": _unit(settings.get("window_seconds"), "s"),
        "Fixed length": _unit(settings.get("fixed_length"), "samples"),
        "Budget": settings["budget"],
        "Seed": seeds_of(settings),
    }
    if rows["Fixed length"]:
        rows["Windows"] = None
    if len(results.timings) and "seconds" in results.timings:
        minutes = results.timings["seconds"].sum() / 60
        rows["Time, all folds together"] = f"{minutes:.1f} min on one thread"
    told = "".join(
        f"<dt>{text_of(name)}</dt><dd>{text_of(value)}</dd>"
        for name, value in rows.items()
        if value not in (None, "")
    )
    versions = "".join(
        f"<dt>{text_of(name)}</dt><dd>{text_of(value)}</dd>"
        for name, value in settings.get("versions", {}).items()
    )
    return (
        f"<pre><code>{text_of(how_to_run(results), keep=True)}</code></pre>\n"
        f"<p>The same data, versions and seed give the same figures.</p>\n"
        f"<h3>Settings</h3>\n<dl>{told}</dl>\n"
        + (f"<h3>Versions</h3>\n<dl>{versions}</dl>" if versions else "")
    )


def how_to_run(results: StudyResults) -> str:
    """Return the command that makes these results again, or the call where none does."""
    settings = results.settings
    data = str(settings.get("data", "your data"))
    chosen = {
        "models": [*settings.get("models", [])],
        "protocols": [*settings.get("protocols", [])],
        "budget": settings.get("budget", "quick"),
        "channels": [*settings.get("channels", [])] or None,
        "wear": settings.get("wear"),
        "window_seconds": settings.get("window_seconds", 4.0),
        "fixed_length": settings.get("fixed_length"),
    }
    rate_hz = settings.get("sampling_rate_hz", 25.0)
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


def seeds_of(settings: dict[str, Any]) -> str:
    """Return the seeds as a sentence lists them."""
    return listed([str(seed) for seed in settings["seeds"]])


def _unit(value: float | None, unit: str) -> str:
    return "" if value is None else f"{value:g} {unit}"
