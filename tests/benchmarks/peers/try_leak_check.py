"""A check that finds the copy of a training row, with noise, among the test rows."""

import numpy as np
from trying import names_with, series, try_all

X, Y, PEOPLE = series()
COPY = X[0] * (1 + np.random.default_rng(0).normal(scale=0.01, size=X[0].shape))
ROWS = [*X, COPY]
TRAIN, TEST = list(range(18)), list(range(18, 25))


def sk_imu():
    from sk_imu.model_selection import LeakError, check_no_leak

    labels, people = np.append(Y, Y[0]), np.append(PEOPLE, 9)
    try:
        check_no_leak(ROWS, labels, people, train=TRAIN, test=TEST)
    except LeakError as error:
        return "yes", str(error).splitlines()[0][:120]
    return "no", "the copy was not found"


def none_by_name(library):
    """Return the verdict on a library that offers nothing by that name."""
    found = names_with(library, "leak", "overlap_between", "near_copies", "duplicate")
    return "no", f"public names with leak or duplicate: {', '.join(found) or 'none'}"


def sktime():
    return none_by_name("sktime")


def aeon():
    return none_by_name("aeon")


def tsai():
    from tsai.data.validation import leakage_finder

    leakage_finder(TRAIN, TEST, verbose=False)  # silent, with the copy in
    try:
        leakage_finder(TRAIN, [0, *TEST], verbose=False)
    except AssertionError:
        return "partly", "leakage_finder tells indices on both sides, not copies"
    return "no", "nothing found"


def seglearn():
    return none_by_name("seglearn")


def braindecode():
    return none_by_name("braindecode")


if __name__ == "__main__":
    try_all("leak check", sk_imu, sktime, aeon, tsai, seglearn, braindecode)
