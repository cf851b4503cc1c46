"""What a few labelled sets of the new person are worth, from the few-shot protocol."""

import pandas as pd

from ..model_selection import bootstrap_over_people
from ..study import StudyResults
from ._findings import listed, name_of, percent, why_missing
from ._markup import table_of, text_of

__all__ = ["people_by_k", "personal_section"]

_FEW_SHOT = "few-shot"


def people_by_k(results: StudyResults) -> pd.DataFrame:
    """Return the accuracy on each person by model and labelled sets, ``k``."""
    if not len(results.predictions):
        return pd.DataFrame()
    people = results.by_person()
    people = people[(people["protocol"] == _FEW_SHOT) & people["k"].notna()]
    return people.assign(model=people["model"].map(name_of)).astype({"k": int})


def personal_section(results: StudyResults) -> str:
    """Return the section on few-shot, nothing where it was not asked for."""
    if _FEW_SHOT not in results.titles:
        return ""
    people = people_by_k(results)
    if not len(people):
        return f"<p>Not known: {text_of(why_missing(results, _FEW_SHOT))}.</p>"
    ks = sorted(people["k"].unique())
    n_people = people["subject"].nunique()
    heads = ["Model", *(f"{k} sets" if k != 1 else "1 set" for k in ks)]
    rows, told = [], []
    for model, group in people.groupby("model", sort=False):
        means = group.groupby("k")["score"].mean()
        row = [str(model), *(percent(means[k]) for k in ks)]
        if len(ks) > 1 and n_people > 1:
            gains = bootstrap_over_people(
                group.assign(model=group["k"].astype(str)), against=str(ks[0])
            ).set_index("model")
            gain = gains.loc[str(ks[-1]), ["difference", "low", "high"]].to_numpy(float)
            points, low, high = 100 * gain
            row.append(f"{points:+.1f} ({low:+.1f} to {high:+.1f})")
            if low > 0:
                told.append(str(model))
        rows.append(row)
    sentence = (
        f"The same sets of {n_people} people are named by models that have learnt from "
        f"others, and from {listed([str(k) for k in ks], 'or')} sets of each exercise of "
        "the person."
    )
    if len(heads) < len(rows[0]):
        heads.append(f"Gain, {ks[0]} to {ks[-1]}")
        sentence += (
            " That the person's own sets help can be told from chance for "
            f"{listed(told) or 'no model'}."
        )
    return f"<p>{text_of(sentence)}</p>\n" + table_of(
        "personal-scores",
        "Share of a person's sets named right, mean over people, by the labelled sets of "
        "each exercise that the person has given. Gain: in points, with its 95 % interval "
        "over people.",
        heads,
        [("", rows)],
    )
