"""`sk-imu fit`, `predict`, `simulate` and `inspect`."""

import argparse
import sys
from collections import Counter
from pathlib import Path
from typing import Any

from ._cards import check_fits, study_with
from ._parsing import MODELS, Commands, add_command, add_option, add_segment
from ._terminal import check_output

__all__ = ["add_to"]


def add_to(commands: Commands) -> None:
    """Add the commands."""
    _add_fit(commands)
    _add_predict(commands)
    _add_simulate(commands)
    _add_inspect(commands)


def _add_fit(commands: Commands) -> None:
    fit = add_command(
        commands,
        "fit",
        "fit a model on a folder of labeled recordings",
        "examples:\n"
        "  sk-imu fit recordings --out model.skops\n"
        "  sk-imu fit recordings --unknown\n"
        "  sk-imu fit recordings --model svm --channels TotalAcceleration Gyroscope",
    )
    fit.add_argument(
        "folder",
        metavar="FOLDER",
        help="folder of the form folder/subject/label/recording or folder/label/recording",
    )
    fit.add_argument(
        "--model", default="cnn-gru", choices=MODELS, help="model to fit (default: cnn-gru)"
    )
    fit.add_argument(
        "--out",
        default="model.skops",
        metavar="FILE",
        help="model file to write (default: model.skops)",
    )
    fit.add_argument(
        "--channels",
        nargs="+",
        metavar="NAME",
        help="sensors or channels to use (default: total acceleration and gyroscope, "
        "if all recordings have them)",
    )
    fit.add_argument(
        "--unknown",
        nargs="?",
        type=rate,
        const=True,
        default=False,
        metavar="RATE",
        help="let the model answer unknown for movements unlike all of these; RATE is the "
        "share of known sets of new people that may be called unknown (default: 0.05)",
    )
    fit.add_argument(
        "--card",
        metavar="RESULTS",
        help="folder written by `sk-imu study`; its model card goes into the file",
    )
    fit.add_argument(
        "--seed", type=int, default=0, metavar="N", help="random seed (default: 0)"
    )
    for name in ("pattern", "platform", "device"):
        add_option(fit, name)
    add_segment(fit)
    fit.set_defaults(run=_fit)


def _add_predict(commands: Commands) -> None:
    predict = add_command(
        commands,
        "predict",
        "list the sets in new recordings: exercise, repetitions, start and end",
        "examples:\n"
        "  sk-imu predict model.skops monday.zip\n"
        "  sk-imu predict model.skops *.zip --format json --unknown-below 0.6\n"
        "  sk-imu predict model.skops monday.zip --programme squat=3 lunge=2\n\n"
        "A recording that cannot be read is named, and the others are predicted.\n\n"
        "exit codes: 0 success, 1 invalid input, 2 invalid command line, 3 some recordings "
        "failed,\n130 Ctrl-C.",
    )
    predict.add_argument(
        "model", metavar="MODEL", help="a model file written by `sk-imu fit`"
    )
    predict.add_argument(
        "path", nargs="+", metavar="PATH", help="recordings: files or folders"
    )
    predict.add_argument(
        "--format",
        choices=["table", "csv", "json"],
        default="table",
        dest="form",
        help="output format (default: table)",
    )
    predict.add_argument(
        "--unknown-below",
        type=probability,
        default=0.0,
        metavar="P",
        help="label a set unknown if its probability is below P (default: 0); movements "
        "that the model was not fitted on are found by `sk-imu fit --unknown` instead",
    )
    predict.add_argument(
        "--programme",
        nargs="+",
        type=planned,
        metavar="EXERCISE=N",
        help="number of sets of each exercise, if it is known; all recordings are then one "
        "workout, whose sets are labeled jointly",
    )
    predict.add_argument(
        "--quality",
        action="store_true",
        help="add the side of the body, and of each set the tempo, the slowing, the range "
        "of motion that is kept to the end, and the pauses",
    )
    predict.add_argument(
        "--counter",
        metavar="FILE",
        help="a RepetitionCounter in a file, by which repetitions are counted",
    )
    for name in ("platform", "device"):
        add_option(predict, name)
    add_segment(predict)
    predict.set_defaults(run=_predict)


def probability(text: str) -> float:
    """Return a number of the command line; argparse reports the error."""
    number = float(text)
    if not 0 <= number <= 1:  # also NaN
        raise ValueError
    return number


def rate(text: str) -> float:
    """Return a number of the command line between 0 and 1, without both."""
    number = float(text)
    if not 0 < number < 1:  # also NaN
        raise ValueError
    return number


def planned(text: str) -> tuple[str, int]:
    """Return an exercise and its number of sets; argparse reports the error."""
    exercise, _, number = text.rpartition("=")
    if not (exercise and number.isdecimal()):
        raise argparse.ArgumentTypeError(f"{text!r} is not of the form squat=3")
    return exercise, int(number)


def _add_simulate(commands: Commands) -> None:
    simulate = add_command(
        commands,
        "simulate",
        "write simulated recordings in the format of the app Sensor Logger",
        "examples:\n"
        "  sk-imu simulate workouts\n"
        "  sk-imu simulate workouts --subjects 8 --sets 4 --seed 1",
        " The workouts consist of jumping jacks, lunges and squats. They are for trying "
        "out the package: scores on them do not carry over to real people.",
    )
    simulate.add_argument(
        "folder",
        metavar="FOLDER",
        help="output folder, with a folder per subject and label",
    )
    simulate.add_argument(
        "--subjects", type=int, default=5, metavar="N", help="number of people (default: 5)"
    )
    simulate.add_argument(
        "--sets",
        type=int,
        default=10,
        metavar="N",
        help="sets of each exercise per person (default: 10)",
    )
    simulate.add_argument(
        "--seed", type=int, default=0, metavar="N", help="random seed (default: 0)"
    )
    simulate.set_defaults(run=_simulate)


def _add_inspect(commands: Commands) -> None:
    inspect = add_command(
        commands,
        "inspect",
        "check the quality of a recording",
        "examples:\n"
        "  sk-imu inspect monday.zip\n"
        "  sk-imu inspect exports/monday --out monday.png",
        " Prints its sampling rates, gaps, repeated and clipped values, and plots it.",
    )
    inspect.add_argument("path", metavar="PATH", help="one recording: a file or a folder")
    inspect.add_argument(
        "--out",
        metavar="FILE",
        help="PNG file of the plot (default: NAME_quality.png in the current folder)",
    )
    for name in ("platform", "device"):
        add_option(inspect, name)
    inspect.set_defaults(run=_inspect)


def _fit(
    *,
    folder: str,
    model: str,
    out: str,
    channels: list[str] | None,
    unknown: bool | float,
    card: str | None,
    seed: int,
    segment: bool,
    **reading: str | None,
) -> int:
    from ..persistence import require_skops, save_model
    from ..readers import read_recordings
    from ..recognition import fit_recordings
    from ..recording import settle_doubts
    from ..segmentation import sets_of

    check_output(out)
    require_skops()  # before the fit, not after it
    study = None if card is None else study_with(model, card)
    # Reading warns of doubts, once.
    recordings = settle_doubts(read_recordings(folder, **_given(reading)))
    sets = sets_of(recordings)[0] if segment else recordings
    pipeline = fit_recordings(
        sets,
        model,
        channels=channels,
        random_state=seed,
        segment=False,
        unknown=unknown,
    )
    if study is not None:
        check_fits(study, pipeline, str(card))
    save_model(pipeline, out, card=None if study is None else study.model_card(model))
    labels = Counter(str(recording.label) for recording in sets)
    counts = ", ".join(f"{n} of {label}" for label, n in sorted(labels.items()))
    print(f"{len(recordings)} recordings, {len(sets)} sets: {counts}.")
    # The reader notes last where it took label and subject from.
    print(f"{recordings[0].name}: {recordings[0].notes[-1]}")
    if pipeline.unknown_detector_ is not None:
        print(f"Sets of new people: {pipeline.unknown_detector_.summary()}")
    print(f"The {model} model is in {out}.")
    return 0


def _predict(
    *,
    model: str,
    path: list[str],
    form: str,
    unknown_below: float,
    programme: list[tuple[str, int]] | None,
    segment: bool,
    quality: bool,
    counter: str | None,
    **reading: str | None,
) -> int:
    import pandas as pd

    from ..persistence import load_model
    from ..readers import read_recording
    from ..recognition import recognize
    from ..recording import settle_doubts

    classifier = load_model(model)
    options: dict[str, Any] = {
        "segment": segment,
        "unknown_below": unknown_below,
        "quality": quality,
        "counter": None if counter is None else _load_counter(counter),
    }
    plan = None if programme is None else _added_up(programme, classifier)
    # No recording first: the options are checked before one is read.
    recognize(classifier, [], **options, programme=plan)
    tables, workout, failed = [], [], []
    for one in path:
        try:
            read = settle_doubts([read_recording(one, **_given(reading))])
            # With a programme, too, so that one that cannot be predicted is named.
            tables.append(recognize(classifier, read, **options))
            workout += read
        except (ValueError, OSError) as error:
            failed.append(one)
            place = "" if one in str(error) else f"{one}: "
            print(f"sk-imu: {place}{error}", file=sys.stderr)
    if not workout:
        return 1
    if plan is not None:
        if failed:
            print(
                "sk-imu: The programme may not fit, because it is for all recordings.",
                file=sys.stderr,
            )
        tables = [recognize(classifier, workout, **options, programme=plan)]
    _print_table(pd.concat(tables, ignore_index=True), form)
    if failed:
        print(
            f"sk-imu: {len(failed)} of {len(path)} recordings have no predictions: "
            f"{', '.join(failed)}.",
            file=sys.stderr,
        )
    return 3 if failed else 0


def _load_counter(path: str) -> Any:
    from ..persistence import load_model
    from ..segmentation import RepetitionCounter

    counter = load_model(path)
    if not isinstance(counter, RepetitionCounter):
        raise ValueError(f"{path}: a {type(counter).__name__}, not a RepetitionCounter.")
    return counter


def _print_table(table: Any, form: str) -> None:
    if form == "csv":
        print(table.to_csv(index=False), end="")
    elif form == "json":
        print(table.to_json(orient="records", indent=1, force_ascii=False))
    else:
        digits = {"start_s": 1, "end_s": 1, "probability": 3, "tempo_s": 1, "pause_s": 1}
        two = ("found", "strangeness", "slowing", "range_kept")
        shown = table.round(digits | dict.fromkeys(two, 2))
        print(shown.to_string(index=False, na_rep="-"))
        if "strangeness" in table:
            print(_in_words(table))


def _in_words(table: Any) -> str:
    """Return what the column strangeness of a table of sets says."""
    n_unknown = int((table["exercise"] == "unknown").sum())
    return (
        f"\n{n_unknown} of {len(table)} sets are unknown. A strangeness of 0.9 says: 90 % "
        "of the sets of\nknown exercises, by people whom the model had not seen, are more "
        "like its training sets."
    )


def _added_up(programme: list[tuple[str, int]], classifier: Any) -> dict[Any, int]:
    """Return the number of sets of each label; on the command line, labels are text."""
    labels = {str(label): label for label in getattr(classifier, "classes_", [])}
    n_sets: dict[Any, int] = {}
    for name, n in programme:
        label = labels.get(name, name)
        n_sets[label] = n_sets.get(label, 0) + n
    return n_sets


def _given(reading: dict[str, str | None]) -> dict[str, Any]:
    """Return the options of the readers that are given; the others have defaults there."""
    return {name: value for name, value in reading.items() if value is not None}


def _simulate(*, folder: str, subjects: int, sets: int, seed: int) -> int:
    from ..datasets import make_exercise_recordings
    from ..readers import write_sensor_logger

    made = make_exercise_recordings(subjects, sets, random_state=seed)
    for recording in made.data:
        place = Path(folder, f"subject {recording.subject}", recording.label)
        write_sensor_logger(recording, place / "recording.zip")
    print(f"{len(made.data)} simulated recordings of {sets} sets each are in {folder}.")
    return 0


def _inspect(*, path: str, out: str | None, **reading: str | None) -> int:
    # pyplot would choose a backend, which fails on a machine without a screen.
    from matplotlib.figure import Figure

    from ..displays import RecordingDisplay
    from ..readers import read_recording

    place = Path(path).resolve()
    # A folder's name may hold a dot, as in "ios_1.15_monday".
    name = place.name if place.is_dir() else place.stem
    written = out or f"{name}_quality.png"
    check_output(written)
    recording = read_recording(path, **_given(reading))
    print(recording.quality)
    figure = Figure(figsize=(10, 1 + 1.8 * len(recording.streams)), layout="constrained")
    RecordingDisplay.from_recording(recording, ax=figure)
    # matplotlib would add an ending to a name that has none.
    figure.savefig(written, dpi=150, format=Path(written).suffix[1:] or "png")
    print(f"\nPlot: {written}")
    return 0
