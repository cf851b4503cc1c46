"""The report's scores, by protocol and by seed."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from ..displays import LONG_NAMES, listed, name_of
from ..study import PROTOCOLS, StudyResults
from ._findings import score_groups, why_missing
from ._tables import NO_VALUE, SCORES, Table, score_of

_MEANINGS = {
    "copied-sets": (
        "The protocol of Zhang et al. (2024): every set is copied with noise, then sets "
        "and copies are split at random. Most test rows have a copy of themselves in the "
        "training set. It is included to show the effect of this leak."
    ),
    "unseen-sets": "Test sets are new, but from people in the training set.",
    "unseen-people": (
        "Each person in turn is left out of the training set. This is the score for a new "
        "user."
    ),
}
_PUBLISHED = ("precision", "recall", "f1")
_COLUMNS = {**SCORES, "Train F1": "train_f1"}

Groups = list[tuple[str, str, pd.DataFrame]]


class Scores(NamedTuple):
    """The section "Scores"; without predictions all is empty."""

    protocols: Sequence[tuple[str, str]] = ()
    main: Table | None = None
    names: str = ""
    every: Table | None = None
    n_seeds: int = 1
    by_seed: Table | None = None


def scores_of(results: StudyResults) -> Scores:
    """Return the section "Scores"."""
    groups = score_groups(results)
    if not groups:
        return Scores()
    by_seed = results.by_seed()
    n_seeds = by_seed["seed"].nunique()
    return Scores(
        _protocols(results),
        _main(results, groups),
        _names(groups),
        _every(groups),
        n_seeds,
        # The scores of a single seed are those of the main table.
        _by_seed(results, by_seed) if n_seeds > 1 else None,
    )


def _protocols(results: StudyResults) -> list[tuple[str, str]]:
    settings, protocols = results.settings, []
    for name, title in results.titles.items():
        # A protocol of the user's own leaves nothing but its name.
        meaning = PROTOCOLS[name].meaning if name in PROTOCOLS else "user-defined protocol"
        text = _MEANINGS.get(name, f"{meaning[0].upper()}{meaning[1:]}.")
        if name in settings["unavailable"]:
            text += f" Not available here: {why_missing(results, name)}."
        else:
            n = settings["n_folds"][name]
            text += f" {n} fold{'s' if n > 1 else ''}."
        protocols.append((title, text))
    return protocols


def _main(results: StudyResults, groups: Groups) -> Table:
    tables = {name: table for name, _, table in groups}
    # Dashes show that a protocol is not available.
    known = {*tables, *results.settings["unavailable"]}
    titles = {name: title for name, title in results.titles.items() if name in known}
    models = list(dict.fromkeys(m for table in tables.values() for m in table.index))
    heads = ["Model", "Published", *titles.values()]
    people = tables.get("unseen-people")
    if people is not None:
        heads.append("Worst person in (c)")
    rows = []
    for model in models:
        scores = next(table.loc[model] for table in tables.values() if model in table.index)
        row = [name_of(model), score_of(scores["published_f1"], 2)]
        for name in titles:
            there = name in tables and model in tables[name].index
            row.append(_with_sd(tables[name].loc[model]) if there else NO_VALUE)
        if people is not None:
            # A model may lack scores under (c).
            worst = people["worst_subject"].reindex([model]).iloc[0]
            row.append(score_of(worst))
        rows.append(row)
    with_seeds = any(table["f1_macro_sd"].notna().any() for table in tables.values())
    return Table(
        "main-scores",
        "Macro F1 on test, beside the published score (Table 1 of Zhang, Lau and Zhu, "
        "2024: one person, about 30 sets, three exercises). Worst person: the lowest "
        "accuracy on any person."
        + (" After ±: the standard deviation over seeds." * with_seeds),
        heads,
        [("", rows)],
        # After the columns of the model and of the published score.
        honest=list(titles).index("unseen-people") + 2 if people is not None else None,
    )


def _with_sd(scores: "pd.Series[float]") -> str:
    sd = scores["f1_macro_sd"]
    return score_of(scores["f1_macro"]) + ("" if pd.isna(sd) else f" ± {sd:.3f}")


def _every(groups: Groups) -> Table:
    bodies = []
    for name, title, table in groups:
        # The published scores are of a protocol like (a), and of no other.
        published = _PUBLISHED if name == "copied-sets" else ()
        rows = [
            [
                name_of(model),
                *(score_of(row[column]) for column in _COLUMNS.values()),
                f"{row['n_rows']:.0f}",
                *(score_of(row[f"published_{score}"], 2) for score in published),
                *[NO_VALUE] * (len(_PUBLISHED) - len(published)),
            ]
            for model, row in table.iterrows()
        ]
        bodies.append((title, rows))
    return Table(
        "all-scores",
        "Scores on test by protocol, each over all of its predictions. Precision, recall "
        "and F1 are macro averages, which give all exercises the same weight. Worst "
        "person: the lowest accuracy on any person. Train F1: on the training set.",
        [
            *("Model", *_COLUMNS, "Test rows"),
            *("Published precision", "Published recall", "Published F1"),
        ],
        bodies,
    )


def _by_seed(results: StudyResults, rows: pd.DataFrame) -> Table | None:
    """Return the scores with each seed, None where a protocol has no one score."""
    seeds = rows["seed"].unique()
    bodies = []
    for protocol, title in results.titles.items():
        here = rows[(rows["protocol"] == protocol) & rows["k"].isna()]
        if len(here):
            table = here.pivot_table("f1_macro", "model", "seed", sort=False)
            # std of a Series divides by n - 1, as that of the main scores does.
            cells = [
                [
                    name_of(model),
                    *map(score_of, scores),
                    *map(score_of, (scores.mean(), scores.std(), np.ptp(scores))),
                ]
                for model, scores in table.reindex(columns=seeds).iterrows()
            ]
            bodies.append((title, cells))
    if not bodies:
        return None
    return Table(
        "seed-scores",
        "Macro F1 on test with each random seed, which draws the splits where they are "
        "random, the copies and the models; mean, standard deviation (sd), and range: the "
        "highest score minus the lowest.",
        ["Model", *(f"Seed {seed}" for seed in seeds), "Mean", "sd", "Range"],
        bodies,
    )


def _names(groups: Groups) -> str:
    models = dict.fromkeys(str(m) for _, _, table in groups for m in table.index)
    names = [f"{name_of(m)} is {LONG_NAMES[m]}" for m in models if m in LONG_NAMES]
    return f"{listed(names)}." if names else ""
