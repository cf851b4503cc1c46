"""Compare classifiers by their scores on people, with intervals and tests."""

from itertools import combinations
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats
from sklearn.utils import check_random_state

from ._scores import people_by_model
from ._significance import DECIMALS, expanded_quantile, holm

#: With ties, all signs are tried up to this many people, as scipy does.
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
    score is the mean over the seeds. Seeds are not resampled: if every person is tested
    by a model of their own, as in leave-one-person-out, the variation between seeds is
    already part of that between people.

    Parameters
    ----------
    scores : DataFrame
        One row per model, seed and person, as :func:`scores_by_person` returns:
        ``model``, ``subject``, ``score`` and, for repeated runs, ``seed``.
    against : str, optional
        A model whose score is subtracted from each other model's, person by person.
    confidence_level : float, default=0.95
        Share of such intervals that would contain the mean of all people.
    n_resamples : int, default=9999
        Number of resamples of the people.
    method : {"BCa", "percentile"}, default="BCa"
        As in :func:`scipy.stats.bootstrap`.
    random_state : int, RandomState instance or None, default=0
        Seed of the resampling.

    Returns
    -------
    intervals : DataFrame
        One row per model, the best first: ``model``, ``score`` (with ``against``:
        ``difference``), ``low``, ``high``, ``n_people``, ``n_seeds``. If all people have
        one score, ``low`` and ``high`` equal it.

    Raises
    ------
    ValueError
        If there are fewer than two people, or a person without a score.

    Notes
    -----
    The bootstrap of a mean of n people is too narrow by about
    :math:`\sqrt{(n - 1) / n}` and by using the normal distribution instead of Student's;
    the quantiles are moved outwards by both, the expanded percentile interval of
    [1]_. No interval can reach beyond the lowest and the highest person: with fewer than
    about eight people it is still too narrow. It estimates what other people would
    score, not what the models would have learned from other people.

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
            raise ValueError(f"against must be one of {_listed(people)}; got {against!r}.")
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
    """Compare all pairs of models on the same people, and state the results in words.

    Parameters
    ----------
    scores : DataFrame
        One row per model, seed and person, as :func:`scores_by_person` returns.
    on : str, default=""
        The test data in words, for the sentences, such as "unseen people".
    confidence_level : float, default=0.95
        Of the intervals; models differ if ``p_holm`` is below one minus it.
    n_resamples : int, default=9999
        Number of resamples of the people for the intervals.
    random_state : int, RandomState instance or None, default=0
        Seed of the resampling.

    Returns
    -------
    pairs : DataFrame
        One row per pair: ``model_a``, the better on average, and ``model_b``; the mean
        ``difference`` of their scores and its interval ``low`` to ``high`` as
        :func:`bootstrap_over_people` computes it; ``p`` of Wilcoxon's signed-rank test
        over people, ``p_holm`` corrected for the number of pairs by :func:`holm`;
        ``n_people``, and on how many of them ``model_a`` is better (``n_better``),
        equal (``n_equal``) and worse (``n_worse``); and the ``sentence``.

    Raises
    ------
    ValueError
        If there are fewer than two people or models, or a person without a score.

    See Also
    --------
    rank_models : Group the models that do not differ significantly.
    corrected_resampled_ttest : Compare over repeated splits instead of people.

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
    """Return the ends of the interval of each column's mean; a row is a person."""
    columns = columns.round(DECIMALS)
    n_people = len(columns)
    if n_people < 2:
        raise ValueError("One person's scores have no interval: give two people or more.")
    if not 0 < confidence_level < 1:
        raise ValueError(
            f"confidence_level must be between 0 and 1, as 0.95; got {confidence_level}."
        )
    quantile = expanded_quantile(n_people, confidence_level)
    low, high = columns.mean(axis=0), columns.mean(axis=0)
    # scipy returns NaN for a column without spread.
    spread = np.ptp(columns, axis=0) > 0
    if spread.any():
        interval = stats.bootstrap(
            (columns[:, spread],),
            _mean,
            axis=0,
            vectorized=True,
            # With two people it rounds to 1; just below, the ends are the smallest and the
            # largest draw.
            confidence_level=min(2 * float(stats.norm.cdf(quantile)) - 1, 1 - 1e-12),
            n_resamples=n_resamples,
            # A hundred megabytes at a time.
            batch=max(10**7 // columns.size, 1),
            method=method,
            random_state=check_random_state(random_state),
        ).confidence_interval
        low[spread], high[spread] = interval
    return low, high


def _mean(values: NDArray[np.float64], axis: int) -> NDArray[np.float64]:
    """Return the means, rounded so that equal ones are equal to the last bit."""
    # BCa counts the draws below the mean; rounding errors would decide ties.
    return np.mean(values, axis=axis).round(DECIMALS)


def pairs_with_p(
    people: pd.DataFrame,
) -> tuple[list[tuple[str, str]], NDArray[np.float64], list[float]]:
    """Return all pairs, the better model first, their differences by person, and p."""
    if len(people.columns) < 2:
        raise ValueError(f"Only {_listed(people)} has scores: give those of two models.")
    means = people.mean().round(DECIMALS)
    # By name where means are equal, so that the order of the rows has no part in it.
    order = sorted(people.columns, key=lambda model: (-means[model], model))
    pairs = list(combinations(order, 2))
    differences = np.column_stack([people[a] - people[b] for a, b in pairs])
    differences = differences.round(DECIMALS)
    return pairs, differences, [_wilcoxon(column) for column in differences.T]


def _wilcoxon(differences: NDArray[np.float64]) -> float:
    """Return the p-value of the test, 1 if no person has a difference."""
    # The test leaves zeros out. They are removed here because scipy otherwise takes the
    # normal distribution when few are left: five of fifteen people give .025, not .063.
    differences = differences[differences != 0]
    n_differ = len(differences)
    if not n_differ:
        return 1.0
    ranks = stats.rankdata(np.abs(differences))
    if n_differ > _MOST_EXACT or len(np.unique(ranks)) == n_differ:
        return float(stats.wilcoxon(differences).pvalue)
    # The exact p of stats.wilcoxon, which takes seconds per pair if there are ties; and
    # accuracies on few sets always have ties.
    test = stats.permutation_test(
        (np.sign(differences) * ranks,),
        np.sum,
        permutation_type="samples",
        vectorized=True,
        n_resamples=2**n_differ,
    )
    return float(test.pvalue)


def _sentence(row: Any, n_seeds: set[int], on: str, confidence_level: float) -> str:
    """Return the result of one pair in words."""
    where = f" on {on}" if on else ""
    differs = row.p_holm < 1 - confidence_level
    over = f" over {row.n_people} people" if differs else ""
    seeds = "" if n_seeds == {1} else f", {'/'.join(map(str, sorted(n_seeds)))} seeds"
    p = "< .001" if row.p_holm < 0.001 else f"= {row.p_holm:.3f}".replace("0.", ".")
    detail = (
        f"{100 * confidence_level:g} % interval {100 * row.low:+.1f} to "
        f"{100 * row.high:+.1f}{over}{seeds}; {row.n_better} better, {row.n_equal} equal, "
        f"{row.n_worse} worse; p {p.replace('1.000', '1')}"
        f"{' after Holm' if row.n_pairs > 1 else ''}"
    )
    if differs:
        return (
            f"{row.model_a} beats {row.model_b}{where}: {100 * row.difference:+.1f} points "
            f"({detail})."
        )
    text = (
        f"No significant difference between {row.model_a} and {row.model_b}{where} over "
        f"{row.n_people} people: {100 * row.difference:+.1f} points for {row.model_a} "
        f"({detail})."
    )
    # The smallest p of Wilcoxon's test, when one model is better on everyone, times the
    # number of pairs by Holm.
    if row.n_pairs * 2.0 ** (1 - row.n_people) >= 1 - confidence_level:
        text += " With so few people no difference could be significant."
    return text


def _n_seeds(scores: pd.DataFrame) -> dict[Any, int]:
    if "seed" not in scores:
        return dict.fromkeys(scores["model"].unique(), 1)
    return scores.groupby("model", observed=True)["seed"].nunique().to_dict()


def _listed(people: pd.DataFrame) -> str:
    return ", ".join(map(str, people.columns))
