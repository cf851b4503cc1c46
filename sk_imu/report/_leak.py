"""What the leak gives: (a) beside (b) and (c), and how sure that is."""

import pandas as pd

from ..study import PROTOCOLS, StudyResults
from ._findings import listed, name_of, score_groups, tested, why_missing
from ._markup import NO_VALUE, bullets, score_of, table_of, warn

__all__ = ["leak_section", "leak_sentences", "leak_table"]

_LEAKED, _SETS, _PEOPLE = "copied-sets", "unseen-sets", "unseen-people"


def leak_section(results: StudyResults) -> str:
    """Return the section "What the leak gives"."""
    content = bullets(leak_sentences(results))
    shared = results.settings.get("n_shared_pairs", {})
    told = [
        f"{n} pairs of train and test rows share values under {results.titles[name]}"
        for name, n in shared.items()
        if n
    ]
    if told:
        content += warn(f"LEAK: {listed(told)}.")
    table = leak_table(results)
    less = [column for column in map(str, table) if column.startswith("less_")]
    if not less:
        return content
    heads = {"less_unseen-sets": "(a) less (b)", "less_unseen-people": "(a) less (c)"}
    columns = ["copied-sets", *(column.removeprefix("less_") for column in less)]
    rows = [
        [
            name_of(model),
            *(score_of(row[column]) for column in columns),
            *(_difference(row, column.removeprefix("less_")) for column in less),
        ]
        for model, row in table.iterrows()
    ]
    content += "\n" + table_of(
        "leak-sizes",
        "Macro F1 on test, and what is lost from (a), in points, with its 95 % interval "
        f"over {_drawn(results)} drawn anew.",
        [
            "Model",
            *(results.titles[column] for column in columns),
            *(heads[c] for c in less),
        ],
        [("", rows)],
    )
    return content + (
        '<p class="soft">In (a) all models learn from the same copies; in (b) and (c) a '
        "model makes copies, if any, of its training sets alone, and networks change every "
        "batch anew. What lies between (a) and (b) is mostly, not wholly, the leak.</p>"
    )


def _difference(row: "pd.Series[float]", name: str) -> str:
    if pd.isna(row[f"less_{name}"]):
        return NO_VALUE
    low, high = row[f"low_{name}"], row[f"high_{name}"]
    return f"{row[f'less_{name}']:+.1f} ({low:+.1f} to {high:+.1f})"


def _drawn(results: StudyResults) -> str:
    return listed([*results.inflation()["drawn"].unique()])


def leak_table(results: StudyResults) -> pd.DataFrame:
    """Return macro F1 by model under each protocol, and (a) minus the others in points.

    Returns
    -------
    table : DataFrame
        Columns are the protocols' names, and ``less_<name>`` for what is lost from (a),
        with its interval in ``low_<name>`` and ``high_<name>``; what was not run is
        missing.
    """
    groups = score_groups(results)
    table = pd.DataFrame({name: scores["f1_macro"] for name, _, scores in groups})
    if not groups:
        return table
    for name, rows in results.inflation().groupby("than", sort=False):
        rows = rows.set_index("model")
        for column, key in (("less", "points"), ("low", "low"), ("high", "high")):
            table[f"{column}_{name}"] = rows[key]
    return table


def leak_sentences(results: StudyResults) -> list[str]:
    """Return how much the copies in the test sets give, and how sure that is."""
    table = leak_table(results)
    column = f"less_{_SETS}"
    if column not in table:
        return [
            f"The leak can't be measured: {PROTOCOLS[name].title} is missing, "
            f"{why_missing(results, name)}."
            for name in (_LEAKED, _SETS)
            if name not in table
        ]
    points = table[column].dropna()
    told = [
        f"{abs(value):.1f} points {'lower' if value < 0 else 'higher'} for {name_of(model)}"
        for model, value in points.items()
    ]
    lines = [
        "With copies of the test sets in the training, (a), macro F1 is "
        f"{listed(told)} than without them, (b)."
    ]
    if len(points) > 1:
        lines[0] = lines[0][:-1] + f"; {points.mean():+.1f} points on average."
    sure = [name_of(m) for m in points.index if table.loc[m, f"low_{_SETS}"] > 0]
    lines.append(
        f"By the intervals over {_drawn(results)}, that copies help can be told from "
        f"chance for {listed(sure) or 'no model'}."
    )
    rows = results.predictions[results.predictions["protocol"] == _LEAKED]
    for key in {"model", "seed"} & {*rows}:
        rows = rows[rows[key] == rows[key].iloc[0]]
    is_test = rows["part"] == "test"
    n_copied = rows.loc[is_test, "set"].isin(rows.loc[~is_test, "set"]).sum()
    lines.append(
        f"Of the {is_test.sum()} test rows of (a), {n_copied} are a set that the model has "
        "learnt from, or a copy of one."
    )
    rows = tested(results, _SETS)
    n_sets = len(rows.drop_duplicates(["fold", "set", *({"seed"} & {*rows})]))
    lines.append(
        f"(b) rests on {n_sets} test sets: one of them is {100 / n_sets:.1f} points of "
        "accuracy, so that a small difference, of either sign, says little."
    )
    return lines
