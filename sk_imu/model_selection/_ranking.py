"""Rank classifiers over people, and group those that do not differ significantly."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy import stats

from ._comparison import pairs_with_p
from ._scores import people_by_model
from ._significance import DECIMALS, holm


class Ranking(NamedTuple):
    """Ranks of models over people; the result of :func:`rank_models`.

    Parameters
    ----------
    ranks : Series
        Average rank by model, the best first; 1 if it is the best on every person.
    p : float
        Of Friedman's test that all models rank alike; NaN with two models.
    groups : list of tuple of str
        The largest sets of models in which no two differ significantly.
    n_people : int
        Number of people.

    Examples
    --------
    >>> from sk_imu.model_selection import Ranking
    >>> Ranking._fields
    ('ranks', 'p', 'groups', 'n_people')
    """

    ranks: pd.Series
    p: float
    groups: list[tuple[str, ...]]
    n_people: int


def rank_models(scores: pd.DataFrame, *, confidence_level: float = 0.95) -> Ranking:
    """Rank models over people, and group those that do not differ significantly.

    Parameters
    ----------
    scores : DataFrame
        One row per model, seed and person, as :func:`scores_by_person` returns.
    confidence_level : float, default=0.95
        Two models differ if ``p_holm`` of :func:`compare_models` is below one minus it;
        none do if p of Friedman's test of all models is not below it.

    Returns
    -------
    ranking : Ranking
        Average ranks, the p-value of Friedman's test, and the groups.

    See Also
    --------
    sk_imu.CriticalDifferenceDisplay : Draw it.

    References
    ----------
    .. [1] J. Demšar, "Statistical Comparisons of Classifiers over Multiple Data Sets",
       Journal of Machine Learning Research 7 (2006), 1-30.

    Examples
    --------
    >>> import pandas as pd
    >>> from sk_imu.model_selection import rank_models
    >>> scores = pd.DataFrame(
    ...     {
    ...         "model": ["rf"] * 8 + ["svm"] * 8 + ["cnn"] * 8,
    ...         "subject": list("ABCDEFGH") * 3,
    ...         "score": [0.90, 0.8, 0.7, 0.95, 0.6, 0.85, 0.90, 0.75]
    ...         + [0.80, 0.7, 0.5, 0.90, 0.5, 0.80, 0.80, 0.60]
    ...         + [0.91, 0.8, 0.8, 0.93, 0.7, 0.85, 0.95, 0.70],
    ...     }
    ... )
    >>> rank_models(scores).groups
    [('cnn', 'rf'), ('svm',)]
    """
    # Rounded, because ranks make a difference of any two scores that are not equal.
    people = people_by_model(scores).round(DECIMALS)
    pairs, _, p_pairs = pairs_with_p(people)
    ranks = people.rank(axis="columns", ascending=False).mean()
    ranks = ranks[sorted(ranks.index, key=lambda model: (ranks[model], model))]
    p = np.nan
    if len(ranks) > 2:
        # Friedman's statistic is 0 / 0 if all models tie on everybody.
        alike = bool((people.nunique(axis="columns") == 1).all())
        p = 1.0 if alike else float(stats.friedmanchisquare(*people.to_numpy().T).pvalue)
    # Pairs are tested only if the test of all models finds a difference.
    limit = 0.0 if p >= 1 - confidence_level else 1 - confidence_level
    # No p is below a limit of 0: then all pairs are alike.
    alike_pairs = {
        frozenset(pair) for pair, q in zip(pairs, holm(p_pairs), strict=True) if q >= limit
    }
    models = list(ranks.index)
    groups = sorted(_groups([], models, [], alike_pairs), key=lambda g: models.index(g[0]))
    return Ranking(ranks.rename("rank"), p, groups, len(people))


def _groups(
    group: list[str], more: list[str], done: list[str], alike: set[frozenset[str]]
) -> Iterator[tuple[str, ...]]:
    """Yield the maximal cliques of the graph of models alike (Bron and Kerbosch)."""
    if not more and not done:
        yield tuple(group)
    for i, model in enumerate(more):
        near = {other for pair in alike if model in pair for other in pair} - {model}
        yield from _groups(
            [*group, model],
            [other for other in more[i + 1 :] if other in near],
            # These were tried before: a group that they could join is not maximal.
            [other for other in [*done, *more[:i]] if other in near],
            alike,
        )
