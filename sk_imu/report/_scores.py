"""The report's scores, by protocol and by seed."""

import numpy as np
import pandas as pd

from ..study import PROTOCOLS, StudyResults
from ._findings import LONG_NAMES, listed, name_of, score_groups, why_missing
from ._markup import NO_VALUE, details, score_of, table_of, text_of

__all__ = ["scores_section"]

_MEANINGS = {
    "copied-sets": (
        "The study's own protocol: every set is copied with noise, then sets and copies "
        "are split at random. Most test rows have a copy of themselves in the training. It "
        "is here to show what that does."
    ),
    "unseen-sets": "Test sets are new, but of people the model has learnt from.",
    "unseen-people": (
        "Each person is left out of the training in turn. This is what a new user gets."
    ),
}


def scores_section(results: StudyResults) -> str:
    """Return the section "Scores"."""
    groups = score_groups(results)
    if not groups:
        return "<p>There are no predictions.</p>"
    parts = [_protocols(results), _main_table(results, groups), _names(groups)]
    heads = ["Model", "Precision", "Recall", "F1", "Accuracy", "Worst person", "Train F1"]
    heads += [
        "Test rows",
        *(f"Published {score}" for score in ("precision", "recall", "F1")),
    ]
    columns = ["precision_macro", "recall_macro", "f1_macro", "accuracy", "worst_subject"]
    columns += ["train_f1", "n_rows"]
    bodies = []
    for name, title, table in groups:
        # The published figures are of a protocol as this one, and of no other.
        published = ["precision", "recall", "f1"] if name == "copied-sets" else []
        rows = [
            [
                name_of(model),
                *(f"{row[c]:.0f}" if c == "n_rows" else score_of(row[c]) for c in columns),
                *(score_of(row[f"published_{score}"], 2) for score in published),
                *[NO_VALUE] * (3 - len(published)),
            ]
            for model, row in table.iterrows()
        ]
        bodies.append((title, rows))
    every = table_of(
        "all-scores",
        "Scores on test by protocol, each over all of its predictions. Precision, recall "
        "and F1 weigh exercises alike (macro average); worst person is the lowest accuracy "
        "of a person; train F1 is of what the model has learnt from.",
        heads,
        bodies,
    )
    parts.append(details("All scores, and the published Table 1", every))
    return "\n".join([*parts, _by_seed(results)])


def _protocols(results: StudyResults) -> str:
    n_folds = results.settings.get("n_folds", {})
    lines = []
    for name, title in results.titles.items():
        # A protocol of the user's own says nothing of itself in the results.
        meaning = PROTOCOLS[name].meaning if name in PROTOCOLS else "user-defined"
        told = _MEANINGS.get(name, f"{meaning[0].upper()}{meaning[1:]}.")
        if name in results.settings.get("unavailable", {}):
            told += f" Not available here: {why_missing(results, name)}."
        elif n := n_folds.get(name):
            told += f" {n} fold{'s' if n > 1 else ''}."
        lines.append(f"<dt>{text_of(title)}</dt><dd>{text_of(told)}</dd>")
    return f"<dl>{''.join(lines)}</dl>"


def _main_table(results: StudyResults, groups: list[tuple[str, str, pd.DataFrame]]) -> str:
    tables = {name: table for name, _, table in groups}
    known = {*tables, *results.settings.get("unavailable", {})}
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
            worst = people["worst_subject"].reindex([model]).iloc[0]
            row.append(score_of(worst))
        rows.append(row)
    with_seeds = any(table["f1_macro_sd"].notna().any() for table in tables.values())
    honest = list(titles).index("unseen-people") + 2 if people is not None else None
    return table_of(
        "main-scores",
        "Macro F1 on test, beside what the study published (Table 1 of Zhang, Lau and Zhu, "
        "2024: one person, about 30 sets, three exercises). Worst person: the lowest "
        "accuracy of one."
        + (" After ±: the standard deviation over seeds." if with_seeds else ""),
        heads,
        [("", rows)],
        honest=honest,
    )


def _with_sd(scores: "pd.Series[float]") -> str:
    sd = scores["f1_macro_sd"]
    return score_of(scores["f1_macro"]) + ("" if pd.isna(sd) else f" ± {sd:.3f}")


def _by_seed(results: StudyResults) -> str:
    """Return what each seed gave, nothing for a single one."""
    rows = results.by_seed()
    seeds = rows["seed"].unique()
    if len(seeds) < 2:
        return ""
    bodies = []
    for protocol, title in results.titles.items():
        here = rows[(rows["protocol"] == protocol) & rows["k"].isna()]
        if len(here):
            table = here.pivot_table("f1_macro", "model", "seed", sort=False)
            table = table.reindex(columns=seeds)
            cells = [
                [
                    name_of(model),
                    *map(score_of, scores),
                    *map(score_of, (scores.mean(), scores.std(), np.ptp(scores))),
                ]
                for model, scores in table.iterrows()
            ]
            bodies.append((title, cells))
    if not bodies:
        return ""
    every = table_of(
        "seed-scores",
        "Macro F1 on test of each seed, which draws the splits where they are drawn, the "
        "copies and the models anew; their mean, their standard deviation, and the highest "
        "less the lowest.",
        ["Model", *(f"Seed {seed}" for seed in seeds), "Mean", "sd", "Range"],
        bodies,
    )
    return details(f"Over {len(seeds)} seeds", every)


def _names(groups: list[tuple[str, str, pd.DataFrame]]) -> str:
    models = dict.fromkeys(str(m) for _, _, table in groups for m in table.index)
    told = [f"{name_of(m)} is {LONG_NAMES[m]}" for m in models if m in LONG_NAMES]
    return f'<p class="soft">{text_of(listed(told))}.</p>' if told else ""
