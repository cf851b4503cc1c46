"""How to run a study again: the command or call, and the settings."""

import shlex
from dataclasses import fields
from typing import Any, NamedTuple

from ..displays import listed, one_line
from ..study import StudyConfig, StudyResults, window_text


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
        "Window": window_text(settings["window_seconds"]),
        "Budget": settings["budget"],
        "Random seed": listed([*map(str, settings["seeds"])]),
    }
    if settings["fixed_length"]:
        # Then no windows are cut.
        del rows["Window"]
        rows["Fixed length"] = f"{settings['fixed_length']:g} samples"
    if len(results.timings):
        minutes = results.timings["seconds"].sum() / 60
        rows["Time of all jobs"] = f"{minutes:.1f} min on one thread"
    return Again(how_to_run(results), rows)


def how_to_run(results: StudyResults) -> str:
    """Return the command that makes these results again, or the call where none does."""
    settings = results.settings
    names = [option.name for option in fields(StudyConfig)]
    # Results of an earlier version lack later options.
    options = {name: settings[name] for name in names if settings.get(name) is not None}
    data = options.pop("data")
    # Arrays, and several data sets as one, have no name that a command could be given.
    is_named = data != "your data" and " + " not in data
    calls, own = settings["protocol_calls"], settings.get("pipelines")
    if calls or own or not is_named:
        texts = {name: repr(value) for name, value in options.items()}
        protocols = [calls.get(name, repr(name)) for name in options["protocols"]]
        texts["protocols"] = f"[{', '.join(protocols)}]"
        if own:  # whole pipelines are too long to be read
            texts["models"] = "models"
        return _call(repr(data) if is_named else "data", texts, calls)
    words = [["sk-imu", "study", "--data", data]]
    more = ["--no-segment"] * (not options.pop("segment"))
    more += ["--set-quality"] * options.pop("set_quality", False)
    for name, value in options.items():
        values = value if isinstance(value, list) else [value]
        words.append([f"--{name.replace('_', '-')}", *map(str, values)])
    words.append(["--out", "results", *more])
    return " \\\n    ".join(map(shlex.join, words))


def _call(data: str, texts: dict[str, str], calls: dict[str, str]) -> str:
    """Return the call of run_study, with protocols as objects where needed."""
    lines = [data, *(f"{name}={text}" for name, text in texts.items()), "out='results'"]
    made = {call.partition("(")[0].rpartition(".") for call in calls.values()}
    modules = sorted({module for module, _, _ in made if module})
    ours = sorted(name for module, _, name in made if not module)
    return (
        f"{''.join(f'import {module}{chr(10)}' for module in modules)}"
        f"from sk_imu.study import {', '.join([*ours, 'run_study'])}\n\n"
        "run_study(\n    " + ",\n    ".join(lines) + ",\n)"
    )
