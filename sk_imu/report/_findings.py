"""What the results of a study say, in sentences and small tables."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import pandas as pd
from sklearn.metrics import confusion_matrix

from ..displays import name_of
from ..model_selection import bootstrap_over_people, compare_models, scores_by_person
from ..study import StudyResults

__all__ = [
    "LONG_NAMES",
    "Finding",
    "confused_pairs",
    "headline",
    "listed",
    "name_of",
    "one_line",
    "people_sentences",
    "percent",
    "score_groups",
    "tested",
    "why_missing",
]

_LEAKED, _SETS, _PEOPLE = "copied-sets", "unseen-sets", "unseen-people"

LONG_NAMES = {
    "rf": "a random forest",
    "svm": "a support vector machine",
    "cnn": "a network of convolutions",
    "gru": "a network of gated recurrent units",
    "cnn-gru": "a network of convolutions and gated recurrent units",
    "minirocket": "ridge regression on MiniRocket's features",
}
# With fewer, no interval over people is wide enough; see bootstrap_over_people.
_FEW_PEOPLE = 8
_MOST_PEOPLE = 5
_MOST_PAIRS = 4


class Finding(NamedTuple):
    """A sentence, what has to be known of it, and each pair of models."""

    sentence: str
    more: list[str]
    pairs: Sequence[str] = ()


def one_line(text: Any) -> str:
    """Return a label or a subject on one line, never empty."""
    return " ".join(str(text).split()) or "(empty)"


def listed(names: list[str], last: str = "and") -> str:
    """Return names as a sentence lists them."""
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} {last} {names[-1]}"


def percent(share: float) -> str:
    """Return a share in percent, with a digit after the point if it needs one."""
    return f"{100 * share:.1f}".removesuffix(".0") + " %"


def why_missing(results: StudyResults, protocol: str) -> str:
    """Return why there are no predictions under a protocol."""
    reasons: dict[str, str] = results.settings.get("unavailable", {})
    return reasons.get(protocol, "this protocol was not run")


def tested(results: StudyResults, protocol: str) -> pd.DataFrame:
    """Return the test predictions under a protocol, the models named as they are shown."""
    rows = results.predictions
    if not len(rows):
        return rows
    rows = rows[(rows["protocol"] == protocol) & (rows["part"] == "test")]
    if "k" in rows:
        # With labelled sets of the person: one figure a number of them, none of all.
        rows = rows[rows["k"].isna()]
    return rows.assign(model=rows["model"].map(name_of))


def _named(rows: pd.DataFrame) -> bool:
    return bool(len(rows) and rows["subject"].notna().all())


def headline(results: StudyResults) -> Finding:
    """Return what the study comes to: the best model on people never seen."""
    rows = tested(results, _PEOPLE)
    if _named(rows):
        finding = _headline_of_people(rows)
    else:
        reason = "no person is named" if len(rows) else why_missing(results, _PEOPLE)
        sentence = f"What these models do on people never seen is not known: {reason}."
        finding = Finding(sentence, [])
        rows = tested(results, _SETS)
        if len(rows):
            score, best = _best(rows)
            finding.more.append(
                f"On new sets of people that it has learnt from, {best} is right in "
                f"{percent(score)} of {_n_rows(rows)}. Expect less on new people."
            )
        elif len(rows := tested(results, _LEAKED)):
            finding.more.append(
                "All figures here are of copies of sets that the models have learnt from. "
                "They say nothing of new sets, and less of new people."
            )
    if len(rows):
        first = rows[rows["model"] == rows["model"].iloc[0]]
        most = first["y_true"].value_counts(normalize=True).max()
        finding.more.append(
            f"Always naming the commonest exercise would be right in {percent(most)}."
        )
        n_seeds = rows["seed"].nunique() if "seed" in rows else 1
        finding.more.append(
            f"Each figure is the mean over {n_seeds} seeds."
            if n_seeds > 1
            else "One seed was run: how far chance inside the models moves a figure is not "
            "shown."
        )
    return finding


def _best(rows: pd.DataFrame) -> tuple[float, str]:
    """Return the highest share of right predictions, and whose it is."""
    shares = (rows["y_true"] == rows["y_pred"]).groupby(rows["model"]).mean()
    best = shares[shares == shares.max()].index
    return float(shares.max()), listed(sorted(map(str, best)))


def _n_rows(rows: pd.DataFrame) -> str:
    return f"{rows['model'].value_counts().max()} test sets"


def _headline_of_people(rows: pd.DataFrame) -> Finding:
    scores = scores_by_person(rows)
    n_people, n_models = scores[["subject", "model"]].nunique()
    if n_people == 1:
        share, best = _best(rows)
        return Finding(
            f"On the one person tested, whom no model has learnt from, {best} is right in "
            f"{percent(share)} of {_n_rows(rows)}.",
            ["One person tells nothing of others."],
        )
    intervals = bootstrap_over_people(scores).set_index("model")
    best, rest = str(intervals.index[0]), ""
    more: list[str] = []
    sentences: list[str] = []
    if n_models > 1:
        pairs = compare_models(scores, on="people never seen")
        best = pairs["model_a"].iloc[0]
        with_best = pairs[pairs["model_a"] == best]
        is_told = with_best["p_holm"] < 0.05
        beaten = list(with_best.loc[is_told, "model_b"])
        alike = list(with_best.loc[~is_told, "model_b"])
        is_ahead = bool((with_best["difference"] > 0).all())
        lost = f"o difference to {listed(alike, 'or')} can be told from {n_people} people."
        if beaten:
            rest = f" It beats {listed(beaten)}" + (f"; n{lost}" if alike else ".")
        else:
            rest = f" It does best here, but n{lost}" if is_ahead else f" N{lost}"
        sentences = [*pairs["sentence"]]
    score, low, high = (float(intervals[name][best]) for name in ("score", "low", "high"))
    # People who all score alike make no interval.
    sure = f"the same on each of {n_people} people"
    if low < high:
        sure = f"95 % interval {percent(low)} to {percent(high)}, over {n_people} people"
    sentence = (
        f"On people never seen, {best} names the exercise right in {percent(score)} of a "
        f"person's sets ({sure}).{rest}"
    )
    if n_people < _FEW_PEOPLE:
        more.append(
            f"{n_people} people are few: with fewer than about {_FEW_PEOPLE} the intervals "
            "are too narrow."
        )
    return Finding(sentence, more, sentences)


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
            wanted = [f"published_{score}" for score in ("precision", "recall", "f1")]
            wanted = [*test.columns, *wanted, "worst_subject"]
            columns = list(dict.fromkeys(wanted))
            groups.append((protocol, title, test.reindex(columns=columns)))
    return groups


def people_sentences(results: StudyResults) -> list[str]:
    """Return who is recognised worst, and what they are taken for."""
    rows = tested(results, _PEOPLE)
    if not _named(rows):
        reason = "no person is named" if len(rows) else why_missing(results, _PEOPLE)
        return [f"Who fails can't be told: {reason}."]
    hits = (rows["y_true"] == rows["y_pred"]).rename("hit")
    shares = hits.groupby([rows["subject"], rows["model"]], sort=False).mean().unstack()
    means = shares.mean(axis="columns").sort_values(kind="stable")
    failed = [person for person in means.index if means[person] < 1]
    if not failed:
        return ["No model makes a mistake on any person."]
    lines = []
    for person in failed[:_MOST_PEOPLE]:
        own = rows[rows["subject"] == person]
        (model, share), *others = shares.loc[person].items()
        told = [f"{model} is right in {percent(share)}"]
        told += [f"{model} in {percent(share)}" for model, share in others]
        n_sets = own["set"].nunique()
        worst = confused_pairs(own, 1)[0]
        n_wrong = int((own["y_true"] != own["y_pred"]).sum())
        lines.append(
            f"Person {one_line(person)}, {n_sets} sets: {listed(told)}; most often "
            f"{worst['text']} ({worst['n']} of {n_wrong} mistakes)."
        )
    n_more = len(failed) - len(lines)
    n_clean = len(means) - len(failed)
    if n_more:
        lines.append(f"Mistakes on {n_more} more people are in the figures.")
    if n_clean:
        lines.append(
            f"{n_clean} of {len(means)} people are recognised without a mistake, by every "
            "model."
        )
    return lines


def confused_pairs(rows: pd.DataFrame, most: int = _MOST_PAIRS) -> list[dict[str, Any]]:
    """Return which classes are taken for which, the commonest mistakes first.

    Parameters
    ----------
    rows : DataFrame
        Test predictions.
    most : int, default=4
        How many pairs.

    Returns
    -------
    pairs : list of dict
        ``text``, ``n`` mistakes, out of ``n_true`` rows of the true class, and ``person``,
        whose more than half of three or more mistakes are, or None.
    """
    labels = sorted({*rows["y_true"], *rows["y_pred"]})
    counts = confusion_matrix(rows["y_true"], rows["y_pred"], labels=labels)
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
        one_person = -n >= 3 and len(people) and people.iloc[0] > -n / 2
        pairs.append(
            {
                "text": f"{one_line(true)} taken for {one_line(predicted)}",
                "n": -n,
                "n_true": int((rows["y_true"] == true).sum()),
                "person": people.index[0] if one_person else None,
                "n_person": int(people.iloc[0]) if one_person else 0,
            }
        )
    return pairs
