"""Which of several classifiers is better, and how sure that is, told by people."""

from itertools import combinations
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats
from sklearn.utils import check_random_state

from ._scores import people_by_model
from ._significance import holm

__all__ = ["bootstrap_over_people", "compare_models"]

# 0.9 - 0.8 and 0.8 - 0.7 are ties, though not to the last bit.
DECIMALS = 12
# Up to so many people all signs are tried where there are ties, as by scipy.
_MOST_EXACT = 13


def bootstrap_over_people(
    scores: pd.DataFrame,
    *,
    against: str | None = None,
    confidence_level: float = 0.95,
    n_resamples: int = 9999,
    method: Literal["BCa", "percentile"] = "BCa",
    random_state: int | np.random.RandomState | None = 0,
) -> pd.DataFrame:
    r"""Return each model's mean score over people and its confidence interval.

    People are drawn with replacement, each with all of their sets: sets of one person
    resemble each other, and an interval over single sets would be too narrow. A person's
    score is the mean over the seeds; seeds are not drawn again, for where every person
    is tested by models of their own, as in leave-one-person-out, their chance is in the
    differences between people already.

    Parameters
    ----------
    scores : DataFrame
        One row a model, seed and person, as :func:`scores_by_person` returns: ``model``,
        ``subject``, ``score`` and, where runs are repeated, ``seed``.
    against : str, optional
        A model whose score is subtracted, person by person, from each other model's.
    confidence_level : float, default=0.95
        Share of such intervals that would hold the mean of all people.
    n_resamples : int, default=9999
        How often people are drawn.
    method : {"BCa", "percentile"}, default="BCa"
        As in :func:`scipy.stats.bootstrap`.
    random_state : int, RandomState instance or None, default=0
        Draws the people.

    Returns
    -------
    intervals : DataFrame
        One row a model, the best first: ``model``, ``score`` (with ``against``:
        ``difference``), ``low``, ``high``, ``n_people``, ``n_seeds``. Where all people
        score alike, ``low`` and ``high`` are the score.

    Raises
    ------
    ValueError
        If there are fewer than two people, or one without a score.

    Notes
    -----
    The bootstrap of a mean of n people is too narrow by about
    :math:`\sqrt{(n - 1) / n}` and by taking the normal distribution for Student's;
    the quantiles are moved outwards by both, the expanded percentile interval of
    [1]_. No interval can reach beyond the lowest and the highest person: with fewer than
    about eight people it is still too narrow. It tells what other people would
    score, not what the models would have learnt from other people.

    References
    ----------
    .. [1] T. C. Hesterberg, "What Teachers Should Know About the Bootstrap",
       The American Statistician 69 (2015), 371-386.

    Examples
    --------
    >>> import pandas as pd
    >>> from sk_imu.model_selection import bootstrap_over_people
    >>> scores = pd.DataFrame(
    ...     {
    ...         "model": "rf",
    ...         "subject": list("ABCDEFGH"),
    ...         "score": [0.9, 0.8, 0.7, 0.95, 0.6, 0.85, 0.9, 0.75],
    ...     }
    ... )
    >>> bootstrap_over_people(scores).round(2)
      model  score   low  high  n_people  n_seeds
    0    rf   0.81  0.69  0.89         8        1
    """
    people = people_by_model(scores)
    name = "score"
    if against is not None:
        if against not in people:
            raise ValueError(f"against is {against!r}, which is none of {_told(people)}.")
        people = people.drop(columns=against).sub(people[against], axis="index")
        name = "difference"
    low, high = _intervals(
        people.to_numpy(), confidence_level, n_resamples, method, random_state
    )
    n_seeds = _n_seeds(scores)
    table = pd.DataFrame(
        {
            "model": people.columns,
            name: people.mean().to_numpy(),
            "low": low,
            "high": high,
            "n_people": len(people),
            "n_seeds": [n_seeds[model] for model in people.columns],
        }
    )
    return table.sort_values([name, "model"], ascending=[False, True], ignore_index=True)


def compare_models(
    scores: pd.DataFrame,
    *,
    on: str = "",
    confidence_level: float = 0.95,
    n_resamples: int = 9999,
    random_state: int | np.random.RandomState | None = 0,
) -> pd.DataFrame:
    """Compare all models by pairs on the same people, and say in words what comes out.

    Parameters
    ----------
    scores : DataFrame
        One row a model, seed and person, as :func:`scores_by_person` returns.
    on : str, default=""
        Where the scores are from, for the sentences: "people never seen".
    confidence_level : float, default=0.95
        Of the intervals; models differ where ``p_holm`` is below one minus it.
    n_resamples : int, default=9999
        How often people are drawn for the intervals.
    random_state : int, RandomState instance or None, default=0
        Draws the people.

    Returns
    -------
    pairs : DataFrame
        One row a pair: ``model_a``, the better on average, and ``model_b``; the mean
        ``difference`` of their scores, its interval ``low`` to ``high`` as
        :func:`bootstrap_over_people` computes it; ``p`` of Wilcoxon's signed-rank test
        over people, ``p_holm`` after :func:`holm`'s correction for the number of pairs;
        ``n_people``, on how many of them ``model_a`` is ``n_better``, ``n_equal``
        and ``n_worse``; and all of it as a ``sentence``.

    Raises
    ------
    ValueError
        If there are fewer than two people or models, or a person without a score.

    See Also
    --------
    rank_models : Which models can't be told apart, as groups.
    corrected_resampled_ttest : Where there are repeated splits instead of people.

    References
    ----------
    .. [1] J. Demšar, "Statistical Comparisons of Classifiers over Multiple Data Sets",
       Journal of Machine Learning Research 7 (2006), 1-30.
    .. [2] A. Benavoli, G. Corani, F. Mangili, "Should We Really Use Post-Hoc Tests Based
       on Mean-Ranks?", Journal of Machine Learning Research 17 (2016), 1-10.

    Examples
    --------
    >>> import pandas as pd
    >>> from sk_imu.model_selection import compare_models
    >>> rf = [0.9, 0.8, 0.7, 0.95, 0.6, 0.85, 0.9, 0.75]
    >>> svm = [0.8, 0.8, 0.5, 0.90, 0.5, 0.80, 0.8, 0.60]
    >>> scores = pd.DataFrame(
    ...     {
    ...         "model": ["rf"] * 8 + ["svm"] * 8,
    ...         "subject": list("ABCDEFGH") * 2,
    ...         "score": rf + svm,
    ...     }
    ... )
    >>> print(compare_models(scores).sentence[0])
    rf beats svm: +9.4 points (95 % interval +4.4 to +15.0 over 8 people; 7 better,
    1 equal, 0 worse; p = .016).
    """
    people = people_by_model(scores)
    pairs, differences, p = pairs_with_p(people)
    low, high = _intervals(differences, confidence_level, n_resamples, "BCa", random_state)
    table = pd.DataFrame(
        {
            "model_a": [a for a, _ in pairs],
            "model_b": [b for _, b in pairs],
            "difference": differences.mean(axis=0),
            "low": low,
            "high": high,
            "p": p,
            "p_holm": holm(p),
            "n_people": len(people),
            "n_better": (differences > 0).sum(axis=0),
            "n_equal": (differences == 0).sum(axis=0),
            "n_worse": (differences < 0).sum(axis=0),
        }
    )
    n_seeds = _n_seeds(scores)
    table["sentence"] = [
        _sentence(row, {n_seeds[row.model_a], n_seeds[row.model_b]}, on, confidence_level)
        for row in table.assign(n_pairs=len(pairs)).itertuples()
    ]
    return table


def _intervals(
    columns: NDArray[np.float64],
    confidence_level: float,
    n_resamples: int,
    method: Literal["BCa", "percentile"],
    random_state: int | np.random.RandomState | None,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the ends of the interval of each column's mean, a row a person."""
    columns = columns.round(DECIMALS)
    n_people = len(columns)
    if n_people < 2:
        raise ValueError("One person's scores have no interval: give two people or more.")
    if not 0 < confidence_level < 1:
        raise ValueError(
            f"confidence_level must be between 0 and 1, as 0.95; got {confidence_level}."
        )
    widened = np.sqrt(n_people / (n_people - 1)) * stats.t.ppf(
        (1 + confidence_level) / 2, n_people - 1
    )
    low, high = columns.mean(axis=0), columns.mean(axis=0)
    # scipy has no interval for a column without any spread.
    spread = np.ptp(columns, axis=0) > 0
    if spread.any():
        interval = stats.bootstrap(
            (columns[:, spread],),
            _mean,
            axis=0,
            vectorized=True,
            # With two people, so sure that the largest and smallest draw are the ends.
            confidence_level=min(2 * float(stats.norm.cdf(widened)) - 1, 1 - 1e-12),
            n_resamples=n_resamples,
            # A hundred megabytes at once.
            batch=max(10**7 // columns.size, 1),
            method=method,
            random_state=check_random_state(random_state),
        ).confidence_interval
        low[spread], high[spread] = interval
    return low, high


def _mean(values: NDArray[np.float64], axis: int) -> NDArray[np.float64]:
    """Return means of which those that are equal are so to the last bit.

    BCa counts the draws below the mean; noise of rounding would decide about ties.
    """
    return np.mean(values, axis=axis).round(DECIMALS)


def pairs_with_p(
    people: pd.DataFrame,
) -> tuple[list[tuple[str, str]], NDArray[np.float64], list[float]]:
    """Return all pairs, the better first, their differences by person, and p."""
    if len(people.columns) < 2:
        raise ValueError(f"Only {_told(people)} has scores: give those of two models.")
    means = people.mean().round(DECIMALS)
    order = sorted(people.columns, key=lambda model: (-means[model], model))
    pairs = list(combinations(order, 2))
    differences = np.column_stack([people[a] - people[b] for a, b in pairs])
    differences = differences.round(DECIMALS)
    return pairs, differences, [_wilcoxon(column) for column in differences.T]


def _wilcoxon(differences: NDArray[np.float64]) -> float:
    """Return the p-value, 1 where no person tells the two apart."""
    # The test leaves zeros out. Done here, for scipy takes the normal distribution when
    # many people with zeros leave few without: five of fifteen are then .025, not .063.
    differences = differences[differences != 0]
    n_differ = len(differences)
    if not n_differ:
        return 1.0
    ranks = stats.rankdata(np.abs(differences))
    if n_differ > _MOST_EXACT or len(np.unique(ranks)) == n_differ:
        return float(stats.wilcoxon(differences).pvalue)
    # The same exact p as that of stats.wilcoxon, which takes seconds a pair where there
    # are ties, and accuracies of few sets always have ties.
    test = stats.permutation_test(
        (np.sign(differences) * ranks,),
        np.sum,
        permutation_type="samples",
        vectorized=True,
        n_resamples=2**n_differ,
    )
    return float(test.pvalue)


def _sentence(row: Any, n_seeds: set[int], on: str, confidence_level: float) -> str:
    """Say what a row of the table means."""
    where = f" on {on}" if on else ""
    told = row.p_holm < 1 - confidence_level
    over = f" over {row.n_people} people" if told else ""
    seeds = "" if n_seeds == {1} else f", {'/'.join(map(str, sorted(n_seeds)))} seeds"
    p = "< .001" if row.p_holm < 0.001 else f"= {row.p_holm:.3f}".replace("0.", ".")
    detail = (
        f"{100 * confidence_level:g} % interval {100 * row.low:+.1f} to "
        f"{100 * row.high:+.1f}{over}{seeds}; {row.n_better} better, {row.n_equal} equal, "
        f"{row.n_worse} worse; p {p.replace('1.000', '1')}"
        f"{' after Holm' if row.n_pairs > 1 else ''}"
    )
    if told:
        return (
            f"{row.model_a} beats {row.model_b}{where}: {100 * row.difference:+.1f} points "
            f"({detail})."
        )
    text = (
        f"No difference between {row.model_a} and {row.model_b}{where} can be told from "
        f"{row.n_people} people: {100 * row.difference:+.1f} points for {row.model_a} "
        f"({detail})."
    )
    # The smallest p that Wilcoxon's test has, where one model is better on everyone.
    if row.n_pairs * 2.0 ** (1 - row.n_people) >= 1 - confidence_level:
        text += " So few people could not tell any difference, however large."
    return text


def _n_seeds(scores: pd.DataFrame) -> dict[Any, int]:
    if "seed" not in scores:
        return dict.fromkeys(scores["model"].unique(), 1)
    return scores.groupby("model", observed=True)["seed"].nunique().to_dict()


def _told(people: pd.DataFrame) -> str:
    return ", ".join(map(str, people.columns))
