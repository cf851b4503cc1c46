"""The errors of the models, by person and by exercise."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import pandas as pd
from sklearn.metrics import confusion_matrix

from ..study import StudyResults
from ._findings import has_people, tested, why_missing
from ._words import listed, one_line, percent

_MOST_PEOPLE = 5
_MOST_PAIRS = 4


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


def confused_pairs(rows: pd.DataFrame, most: int = _MOST_PAIRS) -> list[dict[str, Any]]:
    """Return which classes are predicted as which others, the most common errors first.

    Each is ``n`` errors out of ``n_true`` rows of the true class, with a ``text``, and the
    ``person`` who has more than half of three or more errors, or None.
    """
    labels = sorted({*rows["y_true"], *rows["y_pred"]})
    counts = confusion_matrix(rows["y_true"], rows["y_pred"], labels=labels)
    # Negative, so that the most common come first and equals in the order of their names.
    found = [
        (-int(counts[i, j]), true, predicted)
        for i, true in enumerate(labels)
        for j, predicted in enumerate(labels)
        if i != j and counts[i, j]
    ]
    pairs = []
    for n, true, predicted in sorted(found)[:most]:
        here = rows[(rows["y_true"] == true) & (rows["y_pred"] == predicted)]
        people = here["subject"].value_counts()
        # A share of one or two errors says little.
        one_person = -n >= 3 and len(people) and people.iloc[0] > -n / 2
        pairs.append(
            {
                "text": f"{one_line(true)} predicted as {one_line(predicted)}",
                "n": -n,
                "n_true": int((rows["y_true"] == true).sum()),
                "person": people.index[0] if one_person else None,
                "n_person": int(people.iloc[0]) if one_person else 0,
            }
        )
    return pairs
