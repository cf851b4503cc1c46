"""`sk-imu card` and `sk-imu info`."""

from typing import Any

from ._parsing import Commands, add_command
from ._terminal import check_output

__all__ = ["add_to", "check_fits", "study_with"]


def add_to(commands: Commands) -> None:
    """Add the commands."""
    card = add_command(
        commands,
        "card",
        "write the model card of a model of a study",
        "examples:\n"
        "  sk-imu card results --model cnn-gru\n"
        "  sk-imu card results --model cnn-gru -o README.md\n"
        "  sk-imu card results --model cnn-gru -o card.html",
        " It says what the model is for, how well it does on people who are not in the "
        "training set, and what it has not seen.",
    )
    card.add_argument("results", metavar="RESULTS", help="folder written by `sk-imu study`")
    card.add_argument(
        "--model", required=True, metavar="MODEL", help="a model of the study, such as svm"
    )
    card.add_argument(
        "-o",
        "--out",
        metavar="FILE",
        help="file to write: .md for a model hub, or .html (default: print Markdown)",
    )
    card.set_defaults(run=_card)
    info = add_command(
        commands,
        "info",
        "show what a model file holds: exercises, channels, card",
        "examples:\n  sk-imu info model.skops\n  sk-imu info model.skops > model.txt",
        " No code from the file is run.",
    )
    info.add_argument("path", metavar="MODEL", help="a model file written by `sk-imu fit`")
    info.set_defaults(run=_info)


def _card(*, results: str, model: str, out: str | None) -> int:
    from ..report import write_card
    from ..study import StudyResults

    if out is not None:
        check_output(out)
    card = StudyResults.load(results).model_card(model)
    if out is None:
        print(card)
    else:
        print(f"The model card is in {write_card(card, out)}.")
    return 0


def _info(*, path: str) -> int:
    from ..persistence import model_info

    info = model_info(path)
    card = info.pop("card", None)
    width = max(map(len, info)) + 1
    for name, text in info.items():
        print(f"{name + ':':<{width}} {text}")
    print(f"card: {'none' if card is None else ''}")
    if card is not None:
        print(f"\n{card}")
    return 0


def study_with(model: str, folder: str) -> Any:
    """Return the results of a study, after a check that they have a model."""
    from ..study import StudyResults

    study = StudyResults.load(folder)
    study.model_card(model)  # raises the error before the fit
    return study


def check_fits(study: Any, model: Any, folder: str) -> None:
    """Raise a ValueError if the card of a study does not describe a model.

    It does not if exercises, channels, wear, rate or windows are others.
    """
    fitted = {
        "exercises": sorted(map(str, model.classes_)),
        "channels": list(model.channel_names_),
        "wear": model.wear_,
        "rates in hertz": model.sampling_rate_hz,
        "windows in seconds": model.window_seconds,
        "fixed lengths": None,
    }
    studied = {
        "exercises": sorted(study.settings["classes"]),
        "channels": study.settings["channels"],
        "wear": study.settings["wear"],
        "rates in hertz": study.settings["sampling_rate_hz"],
        "windows in seconds": study.settings["window_seconds"],
        "fixed lengths": study.settings["fixed_length"],
    }
    for name, here in fitted.items():
        if here != studied[name]:
            raise ValueError(
                f"{folder}: the study is of other {name} than this model: {studied[name]}, "
                f"not {here}. Run `sk-imu study --data` on the same recordings, with the "
                "rate and windows of `sk-imu fit`, the defaults."
            )
