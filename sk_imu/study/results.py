"""What a study leaves: every prediction, what was chosen, curves and timings."""

import csv
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
from sklearn.metrics import accuracy_score, precision_recall_fscore_support

from .protocols import PROTOCOLS
from .published import published_table

__all__ = ["StudyResults"]

_SCORES = ("precision", "recall", "f1")
_TEXT = ("protocol", "model", "fold", "part", "subject", "y_true", "y_pred", "best_params")


@dataclass
class StudyResults:
    """Results of :func:`run_study`, as tidy tables.

    Parameters
    ----------
    settings : dict
        The data set, budget, seed, models, protocols, the reasons of ``unavailable``
        protocols, the warnings of the recordings' ``quality``, and the versions of the
        packages.
    predictions : DataFrame
        One row for each prediction: ``protocol``, ``model``, ``fold``, ``part`` (train or
        test), ``set`` (row of the data), ``copy`` (0 is the recorded set), ``subject``,
        ``y_true``, ``y_pred`` (all text), ``score_kind`` (probability or decision) and one
        column ``score_<label>`` a class.
    searches : DataFrame
        One row a fold: ``protocol``, ``model``, ``fold``, ``cv_score``, ``best_params``.
    curves : DataFrame
        One row an epoch of a net: ``protocol``, ``model``, ``fold``, ``epoch``,
        ``train_loss``, ``train_accuracy``, ``test_loss``, ``test_accuracy``; cross-entropy
        and accuracy of whole sets, after the epoch, of the test sets and as many training
        sets.
    timings : DataFrame
        One row a fold: ``protocol``, ``model``, ``fold``, ``seconds``.
    example : dict
        One set before and after resampling, for the figure.

    See Also
    --------
    run_study : Make them.

    Examples
    --------
    >>> from sk_imu.study import StudyResults
    >>> results = StudyResults.load("results")  # doctest: +SKIP
    >>> results.table()  # doctest: +SKIP
    """

    settings: dict[str, Any]
    predictions: pd.DataFrame
    searches: pd.DataFrame
    curves: pd.DataFrame
    timings: pd.DataFrame
    example: dict[str, Any]

    def table(self) -> pd.DataFrame:
        """Return precision, recall, F1 and accuracy by protocol, model and part.

        Returns
        -------
        table : DataFrame
            Indexed by protocol, model and part. Each score is taken over all of a
            protocol's predictions: ``_macro`` weighs classes alike, ``_weighted`` by
            their sets. ``worst_subject`` is the lowest accuracy of a person tested,
            ``n_rows`` the number of predictions, ``published_*`` the study's Table 1.
        """
        rows = []
        published = published_table()
        keys = ["protocol", "model", "part"]
        for key, group in self.predictions.groupby(keys, sort=False):
            protocol, model, part = key
            row: dict[str, Any] = {"protocol": protocol, "model": model, "part": part}
            for average in ("macro", "weighted"):
                values = precision_recall_fscore_support(
                    group.y_true, group.y_pred, average=average, zero_division=0.0
                )
                row |= {
                    f"{score}_{average}": value
                    for score, value in zip(_SCORES, values, strict=False)
                }
            row["accuracy"] = accuracy_score(group.y_true, group.y_pred)
            if part == "test" and group.subject.notna().all():
                hits = group.y_true == group.y_pred
                row["worst_subject"] = hits.groupby(group.subject).mean().min()
            row["n_rows"] = len(group)
            if part == "test" and model in published.index:
                row |= {f"published_{k}": v for k, v in published.loc[str(model)].items()}
            rows.append(row)
        return pd.DataFrame(rows).set_index(keys)

    def summary(self) -> str:
        """Return the headline table as text, for a terminal.

        Returns
        -------
        text : str
            The macro scores on test, F1 on train, and what was published.
        """
        settings = self.settings
        lines = [
            f"{settings['data']}: {settings['n_sets']} sets, "
            f"{len(settings['classes'])} classes, "
            f"{settings['n_subjects'] or 'no named'} subjects. "
            f"Budget {settings['budget']}, seed {settings['random_state']}."
        ]
        lines += settings["notes"]
        if settings["budget"] == "quick":
            lines.append(
                "QUICK: fewer folds, grid points and epochs than the full budget. Figures "
                "to look at, not to quote."
            )
        # Results of earlier versions have none.
        lines += [f"Note: {line}." for line in settings.get("quality", [])]
        table = self.table() if len(self.predictions) else None
        for name, protocol in PROTOCOLS.items():
            if name in settings["unavailable"]:
                lines += [
                    "",
                    f"{protocol.title}: unavailable, {settings['unavailable'][name]}.",
                ]
                continue
            if table is None or name not in table.index.get_level_values("protocol"):
                continue
            part = table.loc[[name]].droplevel("protocol")
            test = part.xs("test", level="part")
            columns = {"precision": "precision_macro", "recall": "recall_macro"}
            columns |= {"F1": "f1_macro", "accuracy": "accuracy"}
            shown = pd.DataFrame({key: test[column] for key, column in columns.items()})
            shown["train F1"] = part.xs("train", level="part")["f1_macro"]
            if name == "unseen-people":
                shown["worst subject"] = test["worst_subject"]
            if name == "copied-sets" and "published_f1" in test:
                for score in _SCORES:
                    shown[f"published {score}"] = test[f"published_{score}"]
            n_folds = settings["n_folds"][name]
            # Results of earlier versions have none.
            n_shared = settings.get("n_shared_pairs", {}).get(name, 0)
            lines += [
                "",
                f"{protocol.title} [{name}], {settings['budget']}: {n_folds} fold"
                f"{'s' if n_folds > 1 else ''}, {int(test['n_rows'].max())} test rows",
                shown.rename_axis(None).to_string(float_format="{:.3f}".format, na_rep="-"),
            ]
            if n_shared:
                lines.append(f"LEAK: {n_shared} pairs of train and test rows share values.")
        return "\n".join(lines)

    def save(self, folder: str | Path) -> None:
        """Write the tables as CSV and the rest as JSON.

        Parameters
        ----------
        folder : str or pathlib.Path
            Made if it is not there.
        """
        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        for name in ("predictions", "searches", "curves", "timings"):
            # Text in quotes, for a label may hold a carriage return.
            getattr(self, name).to_csv(
                folder / f"{name}.csv", index=False, quoting=csv.QUOTE_NONNUMERIC
            )
        if len(self.predictions):
            self.table().to_csv(folder / "table.csv")
        for name in ("settings", "example"):
            text = json.dumps(getattr(self, name), indent=1, ensure_ascii=False)
            (folder / f"{name}.json").write_text(text + "\n", encoding="utf-8")

    @classmethod
    def load(cls, folder: str | Path) -> "StudyResults":
        """Read what :meth:`save` wrote.

        Parameters
        ----------
        folder : str or pathlib.Path
            The folder.

        Returns
        -------
        results : StudyResults
            The results.
        """
        folder = Path(folder)
        tables = {}
        for name in ("predictions", "searches", "curves", "timings"):
            path = folder / f"{name}.csv"
            columns = pd.read_csv(path, nrows=0).columns
            # A class may well be called "None" or "NA": text is never missing, but for
            # the subject of sets that have none.
            numbers = [c for c in columns if c not in _TEXT or c == "subject"]
            tables[name] = pd.read_csv(
                path,
                dtype=dict.fromkeys(_TEXT, "str"),
                keep_default_na=False,
                na_values={column: [""] for column in numbers},
                float_precision="round_trip",
            )
        rest = {
            name: json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
            for name in ("settings", "example")
        }
        return cls(
            settings=rest["settings"],
            predictions=tables["predictions"],
            searches=tables["searches"],
            curves=tables["curves"],
            timings=tables["timings"],
            example=rest["example"],
        )
