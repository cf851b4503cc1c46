"""What a model card says of a model, from the results of a study."""

from collections.abc import Sequence
from pathlib import PureWindowsPath
from typing import Any

import pandas as pd

from .. import __version__
from ..calibration import calibration_error
from ..displays import FEWEST_PEOPLE, LONG_NAMES, listed, name_of, no_interval, percent
from ..model_selection import bootstrap_over_people, scores_by_person
from ..recording import in_units
from ._card import Block, CardTable, ModelCard
from ._config import window_text
from ._confusions import confused_pairs
from .protocols import PROTOCOLS

_HONEST = "unseen-people"
_NO_VALUE = "–"
_N_RESAMPLES = 4999
#: With fewer, an interval over people is too narrow; see bootstrap_over_people.
_FEW_PEOPLE = 8
_TAGS = ("human-activity-recognition", "exercise-recognition", "imu", "accelerometer")


# Any stands for StudyResults in this file, which the file of that class imports.
def card_of(results: Any, model: str) -> ModelCard:
    """Return the card of one model of a study."""
    settings = results.settings
    if model not in settings["models"]:
        raise ValueError(
            f"The study has no model {model!r}. It has {listed(settings['models'])}."
        )
    rows = results.predictions
    if len(rows):
        rows = rows[(rows["model"] == model) & (rows["part"] == "test")]
    honest = rows[rows["protocol"] == _HONEST] if len(rows) else rows
    if not (len(honest) and honest["subject"].notna().all()):
        honest = honest.iloc[:0]
    return ModelCard(
        title=f"{name_of(model)} for exercise recognition on {_name(settings['data'])}",
        metadata=_metadata(settings, model, honest),
        sections={
            "Intended use": _use(settings),
            "Model": _model(settings, model),
            "Data": _data(settings),
            "Accuracy on new people": _accuracy(results, honest),
            "Other tests": _others(results, model),
            "Calibration": _calibration(settings, model, honest),
            "Limits": _limits(settings, model, honest),
            "Made with": [_versions(settings)],
        },
    )


def _name(data: str) -> str:
    """Return the name of the data without the folders above, which may name people."""
    # Of either system, because results are read on other machines, too.
    names = [PureWindowsPath(one).name for one in data.split(" + ")]
    # A name with its path ends with the bracket around the path.
    cut = [name.removesuffix(")" * (name.count(")") > name.count("("))) for name in names]
    return " + ".join(name or "your data" for name in cut)


def _metadata(settings: dict[str, Any], model: str, honest: pd.DataFrame) -> dict[str, Any]:
    metadata: dict[str, Any] = {
        "library_name": "sk_imu",
        "tags": [*_TAGS, model],
        "metrics": ["accuracy"],
    }
    if len(honest):
        people = scores_by_person(honest).groupby("subject")["score"].mean()
        scores = {
            "accuracy, mean over unseen people": people.mean(),
            "accuracy, worst unseen person": people.min(),
        }
        result = {
            "task": {"type": "time-series-classification", "name": "Exercise recognition"},
            "dataset": {"type": "imu-recordings", "name": _name(settings["data"])},
            "metrics": [
                {"type": "accuracy", "value": round(float(value), 4), "name": name}
                for name, value in scores.items()
            ],
        }
        metadata["model-index"] = [{"name": name_of(model), "results": [result]}]
    return metadata


def _use(settings: dict[str, Any]) -> list[Block]:
    classes = settings["classes"]
    return [
        f"Recognizes which of {len(classes)} exercises a set shows, from the motion "
        f"sensors of a phone or watch: {listed(classes)}.",
        "It is for logging workouts and for research. It does not judge how well an "
        "exercise is done, and it is no medical device: no clinical decision may rest on "
        "its answers alone.",
    ]


def _is_own(settings: dict[str, Any], model: str) -> bool:
    """Return whether a model is a user's own pipeline, known by its scores only."""
    return model in settings.get("pipelines", {})


def _model(settings: dict[str, Any], model: str) -> list[Block]:
    name = name_of(model)
    if _is_own(settings, model):
        return [
            f"{name}: a pipeline that was given to the study and fitted without a search. "
            "The settings of the study have its parameters."
        ]
    what = f"{name}: {LONG_NAMES[model]}" if model in LONG_NAMES else name
    cut = f"Windows of {window_text(settings['window_seconds'])} vote on each set"
    if settings["fixed_length"]:
        cut = f"Each set is stretched to {settings['fixed_length']} samples"
    tuned = {
        "quick": "In the study, a short search, with fewer epochs (budget quick)",
        "plain": "The defaults of the package, without a search (budget plain)",
        "full": "In the study, parameters searched in each training set (budget full)",
    }
    worn = {
        "fixed": "The device is always worn the same way (wear fixed).",
        "free": "The device may be turned in any way (wear free).",
    }
    return [
        [
            f"{what}.",
            f"Input: {in_units(settings['channels'])}, at {settings['sampling_rate_hz']:g} "
            "Hz. Recordings at other rates are resampled.",
            f"{cut}.",
            worn.get(settings["wear"], f"Wear: {settings['wear']}."),
            f"{tuned.get(settings['budget'], settings['budget'])}.",
        ]
    ]


def _data(settings: dict[str, Any]) -> list[Block]:
    people = settings["n_subjects"]
    lines = [
        f"Data set: {_name(settings['data'])}, {settings['n_sets']} sets by "
        f"{'people who are not named' if people is None else _n_people(people)}.",
        f"Places of the device: {_places(settings)}.",
    ]
    if rates := settings.get("recorded_hz"):
        lines.append(f"Recorded at {_range(rates)} Hz.")
    if n := len(settings["quality"]):
        lines.append(f"The recordings raised {n} warning{'s' * (n > 1)} on their quality.")
    lines.append(f"Fingerprint of the data: {settings['data_fingerprint'][:16]}.")
    return [lines]


def _range(rates: Sequence[float]) -> str:
    low, high = (f"{rate:g}" for rate in rates)
    return low if low == high else f"{low} to {high}"


def _n_people(n: int) -> str:
    return "1 person" if n == 1 else f"{n} people"


def _places(settings: dict[str, Any]) -> str:
    """Return where the device was, as far as the recordings say it."""
    places, sides = settings.get("placements"), settings.get("sides")
    text = listed([*places]) if places else "not recorded"
    return f"{text} ({listed([*sides])})" if sides else text


def _accuracy(results: Any, honest: pd.DataFrame) -> list[Block]:
    settings = results.settings
    if not len(honest):
        reason = settings["unavailable"].get(_HONEST, "this protocol was not run")
        return [
            f"Unknown: {reason}. Measure it with sk-imu study --protocols {_HONEST}, and "
            "do not rely on the model before."
        ]
    scores = scores_by_person(honest)
    people = scores.groupby("subject")["score"].mean()
    n_sets = honest["set"].nunique()
    blocks: list[Block] = [
        f"Each person was left out of the training set in turn, {_n_people(len(people))} "
        f"with {n_sets} sets in all. Nothing was chosen on the sets that are tested.",
        [
            f"Share of a person's sets that are recognized: {percent(people.mean())}, "
            f"{_interval(scores)}.",
            f"Worst person: {percent(people.min())}.",
        ],
    ]
    if settings["budget"] == "quick":
        blocks.append(
            "Quick budget: fewer people are tested, with fewer epochs. The figures are a "
            "first impression, not for publication."
        )
    n_seeds = honest["seed"].nunique()
    if n_seeds > 1:
        blocks.append(f"Figures are means over {n_seeds} random seeds.")
    blocks.append(_by_exercise(settings["classes"], honest))
    return blocks


def _interval(scores: pd.DataFrame) -> str:
    """Return the interval of the mean over people, in words."""
    n_people = scores["subject"].nunique()
    if n_people < FEWEST_PEOPLE:
        return f"mean of {_n_people(n_people)}, too few for an interval"
    low, high = _ends(scores)
    if low == high:
        return f"the same for each of {_n_people(n_people)}"
    return f"95 % interval {low} to {high} over {_n_people(n_people)}"


def _ends(scores: pd.DataFrame) -> tuple[str, str]:
    table = bootstrap_over_people(scores, n_resamples=_N_RESAMPLES)
    return percent(table["low"].iloc[0]), percent(table["high"].iloc[0])


def _by_exercise(classes: Sequence[str], honest: pd.DataFrame) -> CardTable:
    rows = []
    for label in classes:
        own = honest[honest["y_true"] == label]
        answers = honest[honest["y_pred"] == label]
        recognized = interval = _NO_VALUE
        if len(own):
            scores = scores_by_person(own)
            recognized = percent(scores.groupby("subject")["score"].mean().mean())
            if scores["subject"].nunique() >= FEWEST_PEOPLE:
                interval = " to ".join(_ends(scores))
        right = (answers["y_true"] == label).mean()
        rows.append(
            [
                label,
                str(own["set"].nunique()),
                recognized,
                interval,
                percent(right) if len(answers) else _NO_VALUE,
            ]
        )
    return CardTable(
        "By exercise: the share of a person's sets that are recognized, as a mean over "
        "people with its 95 % interval, and the share of such answers that are right.",
        ["Exercise", "Sets", "Recognized", "95 % interval", "Answers right"],
        rows,
    )


def _others(results: Any, model: str) -> list[Block]:
    """Return the scores under the other protocols without a leak."""
    if not len(results.predictions):
        return ["None."]
    found = []
    for table in (results.table(), results.learning_curve()):
        table = table.reset_index()
        if len(table):
            of_model = (table["model"] == model) & (table["part"] == "test")
            found += table[of_model].to_dict("records")
    rows = []
    for row in found:
        name = row["protocol"]
        if name in (_HONEST, "copied-sets"):
            continue
        title = results.titles[name].partition(") ")[2] or results.titles[name]
        meaning = PROTOCOLS[name].meaning if name in PROTOCOLS else ""
        sets = f", k = {row['k']}" if "k" in row else ""
        worst = row.get("worst_subject")
        rows.append(
            [
                f"{title}{sets}" + (f": {meaning}" if meaning else ""),
                percent(row["accuracy"]),
                _NO_VALUE if worst is None or pd.isna(worst) else percent(worst),
            ]
        )
    if not rows:
        return ["None."]
    return [
        CardTable(
            "Share of sets that are recognized under other protocols.",
            ["Test", "Recognized", "Worst person"],
            rows,
        )
    ]


def _calibration(settings: dict[str, Any], model: str, honest: pd.DataFrame) -> list[Block]:
    if not len(honest):
        return ["Not measured."]
    columns = [f"score_{label}" for label in settings["classes"]]
    is_proba = (honest["score_kind"] == "probability").all()
    if not is_proba or not {*columns} <= {*honest.columns}:
        cure = " Fitted with calibration='temperature', it has."
        return [
            "Not measured: as fitted here, the model has no probabilities."
            + cure * (not _is_own(settings, model))
        ]
    errors: list[float] = []
    gaps: list[pd.Series[float]] = []
    for _, rows in honest.groupby("seed"):
        # A training set may lack an exercise.
        proba = rows[columns].fillna(0.0).to_numpy()
        errors.append(
            calibration_error(
                rows["y_true"], proba, settings["classes"], groups=rows["subject"]
            )
        )
        certain = pd.Series(proba.max(axis=1), index=rows.index)
        hits = (rows["y_true"] == rows["y_pred"]).astype(float)
        gaps.append((certain - hits).groupby(rows["subject"]).mean())
    by_person = pd.concat(gaps, axis=1).mean(axis=1)
    most = max(map(float, by_person), key=abs)
    lines = [
        "Expected calibration error on new people, of ten bins: "
        f"{100 * sum(errors) / len(errors):.1f} points. It is above 0 by chance alone, "
        "the more so the fewer sets there are.",
        f"Worst person: probabilities are {100 * abs(most):.1f} points too "
        f"{'high' if most > 0 else 'low'} on average.",
    ]
    if not _is_own(settings, model):
        lines.append("These are the probabilities of a model fitted without calibration.")
    return [lines]


def _limits(settings: dict[str, Any], model: str, honest: pd.DataFrame) -> list[Block]:
    lines = []
    if len(honest):
        lines += [
            f"{pair['text']} in {pair['n']} of {pair['n_true']} sets of new people."
            for pair in confused_pairs(honest)
        ]
        n_people = honest["subject"].nunique()
        if n_people < FEWEST_PEOPLE:
            lines.append(no_interval(n_people))
        elif n_people < _FEW_PEOPLE:
            lines.append(
                f"With fewer than about {_FEW_PEOPLE} people, here {n_people}, the "
                "intervals are too narrow."
            )
    if settings.get("placements"):
        lines.append(
            f"The device was at this place: {_places(settings)}. Other places are not "
            "tested."
        )
    else:
        lines.append(
            "Where the device was is not recorded. Wear it as the people of the data did."
        )
    if rates := settings.get("recorded_hz"):
        lines.append(f"Recordings at other rates than {_range(rates)} Hz are not tested.")
    lines.append(
        "Other phones and watches than those of the data are not tested, nor people unlike "
        "those of the data."
    )
    if not _is_own(settings, model):
        lines.append(
            "Whatever it is given, it answers with one of its exercises. Movements of "
            "other kinds are found only by a model that is fitted with unknown=True."
        )
    return [lines]


def _versions(settings: dict[str, Any]) -> str:
    used = ", ".join(f"{name} {number}" for name, number in settings["versions"].items())
    return f"The study ran with {used}. The card is made by sk_imu {__version__}."
