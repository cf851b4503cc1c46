"""What train and test share in the study's splits: counted, or refused."""

from sklearn.base import clone

from ..model_selection.leaks import (
    LeakError,
    across,
    describe_findings,
    find_copies,
    findings_table,
    shared_groups,
)
from ._data import StudyData
from ._folds import Fold, _with_copies

__all__ = ["count_shared"]


def count_shared(dataset: StudyData, folds: list[Fold]) -> dict[str, int]:
    """Return in how many pairs train and test rows of each protocol share values.

    Raises
    ------
    LeakError
        If they do, or share a person or what else is held out, in all protocols but (a)
        and (b).
    """
    splits = {(fold.protocol, fold.seed, fold.number): fold for fold in folds}
    counts: dict[str, int] = {}
    copies_of = {}
    for fold in splits.values():
        n_copies = fold.split.n_copies
        # Copies are drawn by the seed, the sets are the same for all.
        drawn = n_copies, fold.seed if n_copies else None
        if drawn not in copies_of:
            resampler = clone(fold.pipeline.named_steps["resample"])
            rows = dataset.X
            if n_copies:
                rows = _with_copies(dataset, resampler, n_copies, fold.seed)
            copies_of[drawn] = find_copies(resampler.fit_transform(rows))
        train, test = fold.split.train, fold.split.test
        found = across(copies_of[drawn], train, test)
        rules = fold.rules
        apart = rules.kept_apart(dataset.subjects, dataset.factor(rules.by))
        if apart is not None:
            for groups in apart:
                found += shared_groups(groups, train, test)
            if found:
                table = findings_table(found, dataset.y, train)
                raise LeakError(
                    f"{dataset.name}, {fold.split.name} left out: "
                    f"{describe_findings(table)}",
                    table,
                )
        counts[fold.protocol] = counts.get(fold.protocol, 0) + len(found)
    return counts
