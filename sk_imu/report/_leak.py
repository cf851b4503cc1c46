"""The effect of the leak: (a) beside (b) and (c), and how sure that is."""

from typing import NamedTuple

import numpy as np
import pandas as pd

from ..displays import FEWEST_PEOPLE, listed, name_of, no_interval, significant_for
from ..study import PROTOCOLS, StudyResults
from ._findings import score_groups, tested, why_missing
from ._tables import NO_VALUE, Table, score_of

_LEAKED, _SETS, _PEOPLE = "copied-sets", "unseen-sets", "unseen-people"
_HEADS = {_SETS: "(a) − (b)", _PEOPLE: "(a) − (c)"}


class Leak(NamedTuple):
    """The section "The leak"."""

    sentences: list[str]
    shared: str
    table: Table | None


def leak_of(results: StudyResults) -> Leak:
    """Return the section "The leak"."""
    # Only (a) and (b) may share values; for other protocols the run is refused.
    shared = [
        f"{n} pairs of train and test rows share values under {results.titles[name]}"
        for name, n in results.settings["n_shared_pairs"].items()
        if n
    ]
    scores = leak_table(results)
    return Leak(_sentences(results, scores), listed(shared), _table(results, scores))


def _table(results: StudyResults, scores: pd.DataFrame) -> Table | None:
    # (a) can only be compared with what was run.
    honest = [name for name in _HEADS if f"less_{name}" in scores]
    if not honest:
        return None
    cells = [
        [
            name_of(model),
            *(score_of(row[name]) for name in (_LEAKED, *honest)),
            *(_difference(row, name) for name in honest),
        ]
        for model, row in scores.iterrows()
    ]
    inflation = results.inflation()
    is_few = _n_tested(results, inflation) < FEWEST_PEOPLE
    caption = "Macro F1 on test, and its difference in points"
    if not is_few.all():
        drawn = _drawn(inflation[~is_few])
        caption += f", with the 95 % bootstrap interval over {drawn}"
    caption += "."
    for than, rows in inflation[is_few].groupby("than", sort=False):
        n, drawn = int(_n_tested(results, rows).iloc[0]), str(rows["drawn"].iloc[0])
        caption += f" {no_interval(n, drawn, f' for {_HEADS[str(than)]}')}"
    heads = ["Model", *(results.titles[name] for name in (_LEAKED, *honest))]
    heads += [_HEADS[name] for name in honest]
    return Table("leak-sizes", caption, heads, [("", cells)])


def _difference(row: "pd.Series[float]", name: str) -> str:
    difference, low, high = (row[f"{key}_{name}"] for key in ("less", "low", "high"))
    if pd.isna(difference):
        return NO_VALUE
    interval = "" if pd.isna(low) else f" ({low:+.1f} to {high:+.1f})"
    return f"{difference:+.1f}{interval}"


def _n_tested(results: StudyResults, inflation: pd.DataFrame) -> "pd.Series[int]":
    """Return the number of units of each row that both protocols test."""
    # Those drawn are of either protocol, and a quick run tests two people under (c).
    n_people = {
        than: tested(results, than)["subject"].nunique()
        for than in inflation.loc[inflation["drawn"] == "people", "than"].unique()
    }
    return inflation["than"].map(n_people).fillna(inflation["n"])


def _drawn(inflation: pd.DataFrame) -> str:
    return listed([*inflation["drawn"].unique()])


def leak_table(results: StudyResults) -> pd.DataFrame:
    """Return macro F1 by model under each protocol, and (a) minus the others in points.

    Columns are the protocols' names, and ``less_<name>`` for (a) minus that protocol, with
    its interval in ``low_<name>`` and ``high_<name>``. What was not run, and the interval
    over fewer than three people, is missing.
    """
    groups = score_groups(results)
    table = pd.DataFrame({name: scores["f1_macro"] for name, _, scores in groups})
    if not groups:
        return table
    for name, rows in results.inflation().groupby("than", sort=False):
        rows.loc[_n_tested(results, rows) < FEWEST_PEOPLE, ["low", "high"]] = np.nan
        rows = rows.set_index("model")
        for column, key in (("less", "points"), ("low", "low"), ("high", "high")):
            table[f"{column}_{name}"] = rows[key]
    return table


def _sentences(results: StudyResults, table: pd.DataFrame) -> list[str]:
    """Return how much the copies in the test sets give, and how sure that is."""
    if f"less_{_SETS}" not in table:
        return [
            f"The effect of the leak cannot be measured without {PROTOCOLS[name].title}: "
            f"{why_missing(results, name)}."
            for name in (_LEAKED, _SETS)
            if name not in table
        ]
    # A model may lack scores under one of the two.
    points, lows = table[f"less_{_SETS}"].dropna(), table[f"low_{_SETS}"].dropna()
    effects = [
        f"{abs(value):.1f} points {'lower' if value < 0 else 'higher'} for {name_of(model)}"
        for model, value in points.items()
    ]
    effect = (
        "With copies of the test sets in the training set, (a), macro F1 is "
        f"{listed(effects)} than without them, (b)"
    )
    if len(points) > 1:
        effect += f"; {points.mean():+.1f} points on average"
    lines = [f"{effect}."]
    if len(lows):
        helped = [name_of(model) for model in lows.index if lows[model] > 0]
        drawn = _drawn(results.inflation())
        lines.append(
            f"By the intervals over {drawn}, the gain from copies "
            f"{significant_for(helped)}."
        )
    rows = results.predictions[results.predictions["protocol"] == _LEAKED]
    # All models and seeds have the same number of rows.
    for key in ("model", "seed"):
        rows = rows[rows[key] == rows[key].iloc[0]]
    is_test = rows["part"] == "test"
    n_copied = rows.loc[is_test, "set"].isin(rows.loc[~is_test, "set"]).sum()
    lines.append(
        f"Of the {is_test.sum()} test rows of (a), {n_copied} are training sets or copies "
        "of them."
    )
    rows = tested(results, _SETS)
    # Every model predicts the same sets.
    n_sets = len(rows.drop_duplicates(["fold", "set", "seed"]))
    lines.append(
        f"(b) has {n_sets} test sets. One of them is {100 / n_sets:.1f} points of "
        "accuracy, so small differences, of either sign, are not meaningful."
    )
    return lines
