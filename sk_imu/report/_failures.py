"""The errors of the models, by person and by exercise."""

from collections.abc import Sequence
from typing import NamedTuple

import pandas as pd

from ..displays import listed, one_line, percent
from ..study import StudyResults, confused_pairs
from ._findings import has_people, tested, why_missing

_MOST_PEOPLE = 5


class Failures(NamedTuple):
    """The section "Errors": those by exercise are under the most honest protocol run."""

    people: list[str]
    protocol: str = ""
    exercises: Sequence[str] = ()


def failures_of(results: StudyResults) -> Failures:
    """Return the section "Errors"."""
    people = people_sentences(results)
    for name in ("unseen-people", "unseen-sets", "copied-sets"):
        rows = tested(results, name)
        if len(rows):
            by_model = rows.groupby("model", sort=False)
            exercises = [_mistakes(str(model), group) for model, group in by_model]
            return Failures(people, results.titles[name], exercises)
    return Failures(people)


def people_sentences(results: StudyResults) -> list[str]:
    """Return on whom the models make the most errors, and which."""
    rows = tested(results, "unseen-people")
    if not has_people(rows):
        return [f"Errors by person are unknown: {why_missing(results, 'unseen-people')}."]
    hits = (rows["y_true"] == rows["y_pred"]).rename("hit")
    shares = hits.groupby([rows["subject"], rows["model"]], sort=False).mean().unstack()
    # The mean over models, so that no single model decides who comes first.
    means = shares.mean(axis="columns").sort_values(kind="stable")
    # People without an error are counted below, and not listed.
    failed = [person for person in means.index if means[person] < 1]
    if not failed:
        return ["No model makes an error on any person."]
    lines = []
    for person in failed[:_MOST_PEOPLE]:
        own = rows[rows["subject"] == person]
        accuracies = [
            f"{percent(s)} with {model}" for model, s in shares.loc[person].items()
        ]
        # There is one, because only people with errors are listed.
        worst = confused_pairs(own, 1)[0]
        n_wrong = int((own["y_true"] != own["y_pred"]).sum())
        lines.append(
            f"Person {one_line(person)}, {own['set'].nunique()} sets: accuracy "
            f"{listed(accuracies)}. Most common error: {worst['text']} ({worst['n']} of "
            f"{n_wrong})."
        )
    n_more = len(failed) - len(lines)
    n_clean = len(means) - len(failed)
    if n_more:
        people = "1 more person" if n_more == 1 else f"{n_more} more people"
        lines.append(f"Errors on {people} are in the figures.")
    if n_clean:
        lines.append(f"No model makes an error on {n_clean} of {len(means)} people.")
    return lines


def _mistakes(model: str, rows: pd.DataFrame) -> str:
    n_wrong = int((rows["y_true"] != rows["y_pred"]).sum())
    if not n_wrong:
        return f"{model} makes no error on {len(rows)} sets."
    pairs = []
    for pair in confused_pairs(rows):
        text = f"{pair['text']} in {pair['n']} of {pair['n_true']}"
        text += f" ({percent(pair['n'] / pair['n_true'])}"
        if pair["person"] is not None:
            text += f"; {pair['n_person']} of them by {one_line(pair['person'])}"
        pairs.append(text + ")")
    return f"{model}, {n_wrong} of {len(rows)} wrong: {'; '.join(pairs)}."
