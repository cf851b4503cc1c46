"""What a few labeled sets of the new person are worth, from the few-shot protocol."""

from typing import NamedTuple

import pandas as pd

from ..displays import FEWEST_PEOPLE, listed, name_of, no_interval, percent, significant_for
from ..model_selection import bootstrap_over_people
from ..study import StudyResults
from ._findings import why_missing
from ._tables import Table

_FEW_SHOT = "few-shot"


class Personal(NamedTuple):
    """The section on labeled sets of the new person."""

    sentence: str
    table: Table | None = None


def people_by_k(results: StudyResults) -> pd.DataFrame:
    """Return the accuracy on each person by model and labeled sets, ``k``."""
    if not len(results.predictions):
        return pd.DataFrame()
    people = results.by_person()
    people = people[(people["protocol"] == _FEW_SHOT) & people["k"].notna()]
    return people.assign(model=people["model"].map(name_of)).astype({"k": int})


def personal_of(results: StudyResults) -> Personal | None:
    """Return the section on few-shot, None where it was not asked for."""
    if _FEW_SHOT not in results.titles:
        return None
    people = people_by_k(results)
    if not len(people):
        return Personal(f"Not known: {why_missing(results, _FEW_SHOT)}.")
    ks = sorted(people["k"].unique())
    n_people = people["subject"].nunique()
    # With one number of sets there is nothing to compare.
    has_gain, has_interval = len(ks) > 1, n_people >= FEWEST_PEOPLE
    heads = ["Model", *(f"{k} sets" if k != 1 else "1 set" for k in ks)]
    heads += [f"Gain, {ks[0]} to {ks[-1]}"] * has_gain
    rows, helped = [], []
    for model, group in people.groupby("model", sort=False):
        means = group.groupby("k")["score"].mean()
        row = [str(model), *(percent(means[k]) for k in ks)]
        if has_gain and has_interval:
            points, low, high = _gain(group, ks)
            row.append(f"{points:+.1f} ({low:+.1f} to {high:+.1f})")
            # Only an interval above 0 is called a gain.
            if low > 0:
                helped.append(str(model))
        elif has_gain:
            row.append(f"{100 * (means[ks[-1]] - means[ks[0]]):+.1f}")
        rows.append(row)
    sentence = (
        f"Accuracy on the same sets of {n_people} people, of models trained on all other "
        f"people and on {listed([str(k) for k in ks], 'or')} sets of each exercise of the "
        "person."
    )
    caption = (
        "Accuracy, mean over people, by the number of labeled sets of each exercise of the "
        "person."
    )
    if has_gain:
        caption += " Gain: in points" + (
            ", with its 95 % interval over people." * has_interval
        )
        if has_interval:
            sentence += f" The gain {significant_for(helped)}."
        else:
            caption += f". {no_interval(n_people)}"
    return Personal(sentence, Table("personal-scores", caption, heads, [("", rows)]))


def _gain(people: pd.DataFrame, ks: list[int]) -> tuple[float, float, float]:
    """Return the gain, in points, from the fewest to the most sets, and its interval."""
    # Person by person, because people differ more than the gain. The numbers of sets take
    # the place of the models.
    gains = bootstrap_over_people(
        people.assign(model=people["k"].astype(str)), against=str(ks[0])
    ).set_index("model")
    most = str(ks[-1])
    points, low, high = (
        100 * float(gains[name][most]) for name in ("difference", "low", "high")
    )
    return points, low, high
