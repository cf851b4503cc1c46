"""The results of a study: predictions, searches, loss curves and timings."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.metrics import precision_recall_fscore_support

from ._card import ModelCard
from ._card_sections import card_of
from ._inflation import leak_inflation
from ._published import published_table
from ._saving import load_results, save_results
from ._summary import html_of, line_of, summary_of
from .protocols import PROTOCOLS

_SCORES = ("precision", "recall", "f1")


@dataclass(repr=False)
class StudyResults:
    """Results of :func:`run_study`, as tidy tables.

    Parameters
    ----------
    settings : dict
        The options of the run; counts of sets, subjects and folds; why protocols are
        ``unavailable``; the warnings about the ``quality`` of the recordings; and the
        versions of the packages.
    predictions : DataFrame
        One row per prediction: ``protocol``, ``model``, ``fold``, ``part`` (train or
        test), ``set`` (row of the data), ``copy`` (0 is the recorded set), ``subject``,
        ``y_true``, ``y_pred`` (all text), ``score_kind`` (probability or decision) and one
        column ``score_<label>`` per class. In all tables, ``seed`` is the random seed and
        ``k`` the number of labeled sets per class of the person tested, in few-shot only.
        One job has one ``protocol``, ``model``, ``fold`` and ``seed``.
    searches : DataFrame
        One row per job: ``protocol``, ``model``, ``fold``, ``seed``, ``k``, ``cv_score``,
        ``best_params``.
    curves : DataFrame
        One row per epoch of a net: ``protocol``, ``model``, ``fold``, ``seed``, ``k``,
        ``epoch``, ``train_loss``, ``train_accuracy``, ``test_loss``, ``test_accuracy``;
        cross-entropy and accuracy of whole sets after the epoch, on the test sets and on
        as many training sets.
    timings : DataFrame
        One row per job: ``protocol``, ``model``, ``fold``, ``seed``, ``k``; ``seconds`` of
        the whole job; processor seconds ``fit_cpu_s`` of the last fit, after the search,
        and ``predict_cpu_s`` of ``predict`` on the test sets.
    example : dict
        One set before and after resampling, for the figure.
    windows : DataFrame, default=empty
        One row per window of a test set, if the model cuts windows: ``window``, its number
        in the order of time, and the columns of ``predictions`` without scores; ``y_pred``
        is the label of the window.
    sets : DataFrame, default=empty
        With ``set_quality``, one row per set: ``set``, ``subject``, ``y_true``, ``side``
        of the body, ``duration_s``, number of ``repetitions``, and the values of
        :meth:`SetQuality.summary <sk_imu.SetQuality.summary>`.

    See Also
    --------
    run_study : Run a study.

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
    windows: pd.DataFrame = field(default_factory=pd.DataFrame)
    sets: pd.DataFrame = field(default_factory=pd.DataFrame)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {line_of(self)}>"

    def _repr_html_(self) -> str:
        return html_of(self)

    @property
    def titles(self) -> dict[str, str]:
        """Title of each protocol that was asked for, by its name, in order."""
        # A protocol of the user's own has no entry in the table.
        return {
            name: PROTOCOLS[name].title if name in PROTOCOLS else name
            for name in self.settings["protocols"]
        }

    def table(self) -> pd.DataFrame:
        """Return precision, recall, F1 and accuracy by protocol, model and part.

        Few-shot has no single score: see :meth:`learning_curve`.

        Returns
        -------
        table : DataFrame
            Indexed by protocol, model and part. Each score is computed from all
            predictions of a protocol with one seed, and averaged over the seeds:
            ``_macro`` weighs classes equally, ``_weighted`` by their sets.
            ``f1_macro_sd`` is the standard deviation over seeds. ``mean_subject`` and
            ``worst_subject`` are mean and minimum of the accuracies of the people tested,
            ``n_rows`` the number of predictions, ``published_*`` the scores of Zhang et al.
            (2024).
        """
        rows = self.predictions
        table = _scored(rows[rows["k"].isna()], ["protocol", "model", "part"])
        published = published_table()
        for name in published.columns:
            # The table is empty if only few-shot was run.
            if len(table):
                here = [
                    published[name].get(model, np.nan) if part == "test" else np.nan
                    for _, model, part in table.index
                ]
                table[f"published_{name}"] = here
        return table

    def learning_curve(self) -> pd.DataFrame:
        """Return the scores of few-shot by the number of labeled sets.

        The test sets are the same for every k.

        Returns
        -------
        curve : DataFrame
            Indexed by protocol, model, part and k, with the columns of :meth:`table`.
        """
        rows = self.predictions
        return _scored(rows[rows["k"].notna()], ["protocol", "model", "part", "k"])

    def by_seed(self) -> pd.DataFrame:
        """Return the test scores of each seed, whose means are in :meth:`table`.

        Returns
        -------
        seeds : DataFrame
            One row per protocol, model, k and seed: ``protocol``, ``model``, ``k``,
            ``seed``, ``f1_macro``, ``accuracy``, ``worst_subject``, ``n_rows``.
        """
        rows = self.predictions
        keys = ["protocol", "model", "k", "seed"]
        wanted = [*keys, "f1_macro", "accuracy", "worst_subject", "n_rows"]
        table = _scored(rows[rows["part"] == "test"], [*keys, "part"]).reset_index()
        return table.reindex(columns=wanted).astype({"k": "Int64"})

    def inflation(
        self,
        *,
        confidence_level: float = 0.95,
        n_resamples: int = 4999,
        random_state: int = 0,
    ) -> pd.DataFrame:
        """Return how much the leak adds: macro F1 of (a) minus that of (b) and of (c).

        Parameters
        ----------
        confidence_level : float, default=0.95
            Confidence level of the intervals.
        n_resamples : int, default=4999
            Number of bootstrap resamples.
        random_state : int, default=0
            Random seed of the resamples.

        Returns
        -------
        inflation : DataFrame
            One row per model and honest protocol, if both protocols were run:
            ``model``; ``than``, the honest protocol; macro F1 ``leaked`` and ``honest``;
            their difference in ``points`` of F1 and its interval, ``low`` to ``high``;
            what was ``drawn`` for it, people (or sets, if people are not named or there
            is one), and their number ``n``.

        Notes
        -----
        The same people are drawn for both protocols, each with all of their test rows, by
        the percentile bootstrap with expanded quantiles as in
        :func:`~sk_imu.model_selection.bootstrap_over_people`. The splits of (a) and (b)
        are not drawn again; several seeds show how much they matter. A draw ignores a
        seed that tests none of its people. With ``budget="quick"``, (c) tests two people,
        and the interval is not meaningful.
        """
        return leak_inflation(self.predictions, confidence_level, n_resamples, random_state)

    def by_person(self) -> pd.DataFrame:
        """Return the accuracy on each person tested, averaged over the seeds.

        Returns
        -------
        people : DataFrame
            One row per protocol, model, k and person: ``protocol``, ``model``, ``k``,
            ``subject``, ``score``, ``n_sets`` (different sets tested) and ``n_seeds``.
        """
        rows = self.predictions
        rows = rows[(rows["part"] == "test") & rows["subject"].notna()]
        people = []
        keys = ["protocol", "model", "k", "subject"]
        for key, group in rows.groupby(keys, sort=False, dropna=False):
            scores = _hits_by_seed(group, "seed")
            n_sets = group["set"].nunique()
            people.append((*key, float(scores.mean()), n_sets, len(scores)))
        table = pd.DataFrame(people, columns=[*keys, "score", "n_sets", "n_seeds"])
        return table.astype({"k": "Int64"})

    def tidy(self, *, timings: bool = True) -> pd.DataFrame:
        """Return one table of the predictions, the searches and the settings.

        Parameters
        ----------
        timings : bool, default=True
            Whether to include the times of each job, which differ from run to run.

        Returns
        -------
        table : DataFrame
            ``predictions``, and of each row's fold ``cv_score``, ``best_params`` and the
            times of ``timings``; of the run ``data``, ``data_fingerprint``, ``budget`` and
            ``versions`` (JSON).
        """
        table = self.predictions
        keys = ["protocol", "model", "fold", "seed"]
        for more in [self.searches, *([self.timings] if timings else [])]:
            if len(more):
                # Both have k, which the name of a few-shot fold contains.
                more = more.drop(columns="k")
                table = table.merge(more, how="left", on=keys, validate="many_to_one")
        constant = {
            name: self.settings[name] for name in ("data", "data_fingerprint", "budget")
        }
        versions = json.dumps(self.settings["versions"], sort_keys=True)
        return table.assign(**constant, versions=versions)

    def summary(self) -> str:
        """Return the main table as text, for a terminal.

        Returns
        -------
        text : str
            The macro scores on test, F1 on train, and the published scores.
        """
        return summary_of(self)

    def model_card(self, model: str) -> ModelCard:
        """Return the model card of one model: what it is for, how well it does, its limits.

        The figures are those on people who are not in the training set. Without them, the
        card says so.

        Parameters
        ----------
        model : str
            One of the models of the study, such as ``"svm"``.

        Returns
        -------
        card : ModelCard
            Print it, or write it by :func:`sk_imu.report.write_card`.

        Raises
        ------
        ValueError
            If the study has no such model.
        """
        return card_of(self, model)

    def save(self, folder: str | Path) -> None:
        """Write the tables as CSV and the rest as JSON.

        Where pyarrow is installed, ``predictions.parquet`` is the table of :meth:`tidy`.
        Timings have their own file, ``timings.csv``. All other files are byte-identical
        whenever the same study is run, also after interruptions.

        Parameters
        ----------
        folder : str or pathlib.Path
            Created if it does not exist.
        """
        save_results(self, Path(folder))

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

        Raises
        ------
        ValueError
            If a file is missing or is not as it was saved. The message names the file.
        """
        return cls(**load_results(Path(folder)))


def _hits_by_seed(rows: pd.DataFrame, keys: str | list[str]) -> pd.Series:
    hits = rows["y_true"] == rows["y_pred"]
    return hits.groupby([rows[key] for key in np.atleast_1d(keys)]).mean()


def _scores_of(rows: pd.DataFrame) -> dict[str, float]:
    """Return precision, recall, F1 and accuracy of one seed's predictions."""
    # scikit-learn is asked once: its checks of the labels take most of the time.
    *each, support = precision_recall_fscore_support(
        rows.y_true, rows.y_pred, average=None, zero_division=0.0
    )
    scores = {
        f"{score}_{average}": float(np.average(values, weights=weights))
        for average, weights in (("macro", None), ("weighted", support))
        for score, values in zip(_SCORES, each, strict=True)
    }
    return scores | {"accuracy": float((rows.y_true == rows.y_pred).mean())}


def _scored(predictions: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """Return the scores of each group of predictions, averaged over the seeds."""
    rows = []
    # k is missing outside few-shot, and pandas drops groups of missing keys.
    for key, group in predictions.groupby(keys, sort=False, dropna=False):
        row: dict[str, Any] = dict(zip(keys, key, strict=True))
        seeds = [of_seed for _, of_seed in group.groupby("seed", sort=False)]
        each = [_scores_of(of_seed) for of_seed in seeds]
        for name in each[0]:
            values = [one[name] for one in each]
            row[name] = np.mean(values)
            if name == "f1_macro":
                # One seed has no deviation.
                row["f1_macro_sd"] = np.std(values, ddof=1) if each[1:] else np.nan
        if row["part"] == "test" and group.subject.notna().all():
            # By seed first, or a person that one seed tests more often would count more.
            people = _hits_by_seed(group, ["subject", "seed"]).groupby("subject").mean()
            row |= {"mean_subject": people.mean(), "worst_subject": people.min()}
        row |= {"n_rows": len(group), "n_seeds": len(seeds)}
        rows.append(row)
    return pd.DataFrame(rows, columns=None if rows else keys).set_index(keys)
