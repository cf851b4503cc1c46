"""What train and test rows share in the folds: counted, or an error."""

from ..model_selection.leaks import (
    LeakError,
    across,
    describe_findings,
    find_copies,
    findings_table,
    shared_groups,
)
from ._data import StudyData
from ._jobs import Job, with_copies


def count_shared(dataset: StudyData, jobs: list[Job]) -> dict[str, int]:
    """Return the number of pairs of train and test rows that share values, by protocol.

    Raises a LeakError if rows share values, a person or what else is held out, in any
    protocol except (a) and (b).
    """
    # All models have the same folds.
    one_per_fold = {(job.protocol.name, job.seed, job.number): job for job in jobs}
    counts: dict[str, int] = {}
    copies_of = {}
    for job in one_per_fold.values():
        protocol, fold = job.protocol, job.fold
        n_copies = fold.n_copies
        # The seed draws the copies; the sets are the same for all seeds.
        drawn = n_copies, job.seed if n_copies else None
        if drawn not in copies_of:
            rows = with_copies(dataset, n_copies, job.seed)
            copies_of[drawn] = find_copies(dataset.resampler.fit_transform(rows))
        train, test = fold.train, fold.test
        found = across(copies_of[drawn], train, test)
        apart = protocol.kept_apart(dataset.subjects, dataset.factor(protocol.by))
        if apart is not None:
            for groups in apart:
                found += shared_groups(groups, train, test)
            if found:
                table = findings_table(found, dataset.y, train)
                raise LeakError(
                    f"{dataset.name}, {fold.name} left out: {describe_findings(table)}",
                    table,
                )
        counts[protocol.name] = counts.get(protocol.name, 0) + len(found)
    return counts
