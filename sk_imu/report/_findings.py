"""The findings of a study: the headline, and the rows and scores behind it."""

from collections.abc import Sequence
from typing import NamedTuple

import pandas as pd

from ..displays import FEWEST_PEOPLE, listed, name_of, no_interval, percent
from ..model_selection import bootstrap_over_people, compare_models, scores_by_person
from ..study import StudyResults

_LEAKED, _SETS, _PEOPLE = "copied-sets", "unseen-sets", "unseen-people"

# With fewer, no interval over people is wide enough; see bootstrap_over_people.
_FEW_PEOPLE = 8


class Finding(NamedTuple):
    """A sentence, its qualifications, and a sentence for each pair of models."""

    sentence: str
    more: list[str]
    pairs: Sequence[str] = ()


def why_missing(results: StudyResults, protocol: str) -> str:
    """Return why there are no predictions under a protocol, or none by person."""
    if protocol in results.settings["unavailable"]:
        return str(results.settings["unavailable"][protocol])
    was_run = len(results.predictions) and protocol in {*results.predictions["protocol"]}
    return "no person is named" if was_run else "this protocol was not run"


def tested(results: StudyResults, protocol: str) -> pd.DataFrame:
    """Return the test predictions under a protocol, with displayed model names."""
    rows = results.predictions
    if not len(rows):
        return rows
    is_test = (rows["protocol"] == protocol) & (rows["part"] == "test")
    # Few-shot has a score for each number of labeled sets, and none over all.
    rows = rows[is_test & rows["k"].isna()]
    return rows.assign(model=rows["model"].map(name_of))


def has_people(rows: pd.DataFrame) -> bool:
    """Return whether there are rows, each of a named person."""
    return bool(len(rows) and rows["subject"].notna().all())


def headline(results: StudyResults) -> Finding:
    """Return the main finding of the study: the best model on unseen people."""
    rows = tested(results, _PEOPLE)
    if has_people(rows):
        finding = _of_people(rows)
    else:
        reason = why_missing(results, _PEOPLE)
        sentence = f"The accuracy of these models on unseen people is unknown: {reason}."
        finding = Finding(sentence, [])
        rows = tested(results, _SETS)
        if len(rows):
            score, best = _best(rows)
            finding.more.append(
                "On new sets of people in the training set, the highest accuracy is "
                f"{percent(score)} on {_n_rows(rows)}, with {best}. Expect less on new "
                "people."
            )
        elif len(rows := tested(results, _LEAKED)):
            finding.more.append(
                "All scores here are of copies of training sets. They do not hold for "
                "new sets or new people."
            )
    if len(rows):
        # Every model predicts the same sets.
        first = rows[rows["model"] == rows["model"].iloc[0]]
        most = first["y_true"].value_counts(normalize=True).max()
        finding.more.append(
            "Always predicting the most common exercise would be correct in "
            f"{percent(most)} of the sets."
        )
        n_seeds = rows["seed"].nunique()
        finding.more.append(
            f"Each score is the mean over {n_seeds} random seeds."
            if n_seeds > 1
            else "One random seed was run, so the scores do not show how much they vary by "
            "chance in training."
        )
    return finding


def _best(rows: pd.DataFrame) -> tuple[float, str]:
    """Return the highest share of correct predictions, and the models that have it."""
    shares = (rows["y_true"] == rows["y_pred"]).groupby(rows["model"]).mean()
    best = shares[shares == shares.max()].index
    return float(shares.max()), listed(sorted(map(str, best)))


def _n_rows(rows: pd.DataFrame) -> str:
    return f"{rows['model'].value_counts().max()} test sets"


def _of_people(rows: pd.DataFrame) -> Finding:
    scores = scores_by_person(rows)
    n_people = scores["subject"].nunique()
    if n_people == 1:
        share, best = _best(rows)
        return Finding(
            "On the only person tested, who is not in the training set, the highest "
            f"accuracy is {percent(share)} on {_n_rows(rows)}, with {best}.",
            ["The result on one person does not hold for others."],
        )
    intervals = bootstrap_over_people(scores).set_index("model")
    best, comparison, pairs = str(intervals.index[0]), "", []
    # The best of compare_models may be another where scores are equal.
    if len(intervals) > 1 and n_people >= FEWEST_PEOPLE:
        table = compare_models(scores, on="unseen people")
        best, pairs = str(table["model_a"].iloc[0]), [*table["sentence"]]
        comparison = _comparison(table[table["model_a"] == best])
    score, low, high = (float(intervals[name][best]) for name in ("score", "low", "high"))
    how_sure, more = f"mean of {n_people} people", []
    if n_people < FEWEST_PEOPLE:
        more.append(no_interval(n_people))
    elif low < high:
        how_sure = f"95 % interval {percent(low)} to {percent(high)}, {n_people} people"
    else:
        # Equal scores of all people have an interval of no width.
        how_sure = f"the same on each of {n_people} people"
    if FEWEST_PEOPLE <= n_people < _FEW_PEOPLE:
        more.append(
            f"With fewer than about {_FEW_PEOPLE} people, here {n_people}, the intervals "
            "are too narrow."
        )
    sentence = (
        f"On unseen people, {best} predicts {percent(score)} of a person's sets correctly "
        f"({how_sure}).{comparison}"
    )
    return Finding(sentence, more, pairs)


def _comparison(with_best: pd.DataFrame) -> str:
    """Return which models the best one beats, from its rows of compare_models."""
    is_significant = with_best["p_holm"] < 0.05
    beaten = list(with_best.loc[is_significant, "model_b"])
    alike = list(with_best.loc[~is_significant, "model_b"])
    # Without its first letter, which is a capital only where a sentence begins with it.
    difference = f"he difference from {listed(alike, 'or')} is not significant."
    if beaten:
        return f" It beats {listed(beaten)}" + (f"; t{difference}" if alike else ".")
    if (with_best["difference"] > 0).all():
        return f" It has the highest accuracy here, but t{difference}"
    return f" T{difference}"


def score_groups(results: StudyResults) -> list[tuple[str, str, pd.DataFrame]]:
    """Return name, title and scores on test by model for each protocol that was run.

    The scores are those of :meth:`StudyResults.table`, with ``train_f1`` beside them.
    """
    if not len(results.predictions):
        return []
    table = results.table()
    groups = []
    for protocol, title in results.titles.items():
        if protocol in table.index.get_level_values("protocol"):
            part = table.loc[[protocol]].droplevel("protocol")
            test = part[part.index.get_level_values("part") == "test"].droplevel("part")
            train = part[part.index.get_level_values("part") == "train"].droplevel("part")
            test = test.assign(train_f1=train["f1_macro"].reindex(test.index))
            # It is not there if no person is named.
            columns = list(dict.fromkeys([*test.columns, "worst_subject"]))
            groups.append((protocol, title, test.reindex(columns=columns)))
    return groups
