"""Short forms of the results of a study, for a terminal and for a notebook."""

import html
from typing import Any

import pandas as pd


# Any stands for StudyResults in this file, which the file of that class imports.
def line_of(results: Any) -> str:
    """Return a line on the data, the budget and the seeds."""
    settings = results.settings
    seeds = settings["seeds"]
    return (
        f"{settings['data']}: {settings['n_sets']} sets, {len(settings['classes'])} "
        f"classes, {settings['n_subjects'] or 'no named'} subjects. Budget "
        f"{settings['budget']}, seed{'s' if len(seeds) > 1 else ''} "
        f"{', '.join(map(str, seeds))}."
    )


def about_data(settings: dict[str, Any]) -> list[str]:
    """Return lines on the data: classes, where they come from, doubts about quality."""
    return [
        f"Classes: {', '.join(settings['classes'])}.",
        *settings["notes"],
        *(f"Note: {line}." for line in settings["quality"]),
    ]


def html_of(results: Any) -> str:
    """Return a small table for a notebook: macro F1 on test by model and protocol."""
    head = f"<p>{html.escape(line_of(results))}</p>"
    if not len(results.predictions):
        return head
    shown = {}
    table, curve = results.table().reset_index(), results.learning_curve().reset_index()
    for (protocol, part), rows in table.groupby(["protocol", "part"], sort=False):
        if part == "test":
            shown[results.titles[protocol]] = rows.set_index("model")["f1_macro"]
    for (protocol, k, part), rows in curve.groupby(["protocol", "k", "part"], sort=False):
        if part == "test":
            shown[f"{protocol}, k={k}"] = rows.set_index("model")["f1_macro"]
    frame = pd.DataFrame(shown).rename_axis(None)
    text: str = frame.to_html(float_format="{:.3f}".format, na_rep="-", border=0)
    return f"{head}<p>Macro F1 on test:</p>{text}"


def summary_of(results: Any) -> str:
    """Return the main table of each protocol as text."""
    settings = results.settings
    lines = [line_of(results), *about_data(settings)]
    table = results.table() if len(results.predictions) else None
    if settings["budget"] == "quick":
        lines.append(
            "QUICK: a trial run with fewer folds, grid points and epochs than the full "
            "budget. Do not report these scores."
        )
    curve = results.learning_curve() if len(results.predictions) else None
    for name, title in results.titles.items():
        if name in settings["unavailable"]:
            lines += ["", f"{title}: unavailable, {settings['unavailable'][name]}."]
            continue
        if table is None or curve is None:
            continue
        if name in curve.index.get_level_values("protocol"):
            test = curve.loc[name].xs("test", level="part")
            shown = test["accuracy"].unstack("k")
            shown.columns = [f"accuracy, k={k}" for k in shown.columns]
        elif name in table.index.get_level_values("protocol"):
            part = table.loc[[name]].droplevel("protocol")
            test = part[part.index.get_level_values("part") == "test"].droplevel("part")
            shown = _headline(part, test, name)
        else:
            continue
        n_folds = settings["n_folds"][name]
        n_shared = settings["n_shared_pairs"][name]
        lines += [
            "",
            f"{title} [{name}], {settings['budget']}: {n_folds} fold"
            f"{'s' if n_folds > 1 else ''}, {int(test['n_rows'].max())} test rows"
            f", {settings['n_tested_sets'][name]} of {settings['n_sets']} sets",
            shown.rename_axis(None).to_string(float_format="{:.3f}".format, na_rep="-"),
        ]
        if n_shared:
            lines.append(f"LEAK: {n_shared} pairs of train and test rows share values.")
    return "\n".join(lines)


def _headline(part: pd.DataFrame, test: pd.DataFrame, protocol: str) -> pd.DataFrame:
    """Return the columns of the table that fit into a terminal."""
    columns = {"precision": "precision_macro", "recall": "recall_macro"}
    columns |= {"F1": "f1_macro", "accuracy": "accuracy"}
    shown = pd.DataFrame({key: test[column] for key, column in columns.items()})
    if (test["n_seeds"] > 1).any():
        shown["F1 sd"] = test["f1_macro_sd"]
    shown["train F1"] = part.xs("train", level="part")["f1_macro"]
    if protocol == "copied-sets":
        for score in ("precision", "recall", "f1"):
            shown[f"published {score}"] = test[f"published_{score}"]
    elif protocol != "unseen-sets" and "worst_subject" in test:
        shown["mean subject"] = test["mean_subject"]
        shown["worst subject"] = test["worst_subject"]
    return shown
