"""How much windows on both sides of a split add: shuffled, by sets, and by people.

Run ``python tests/benchmarks/bench_inflation.py``.  The same windows, features and SVM are
scored three ways; only how the windows are split differs.  The watch data come with the
package seglearn; the others are looked for in ``--data``, by default in ``shared/data``
beside the repository, and left out with a note where they are missing.
"""

import argparse
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.metrics import f1_score
from sklearn.model_selection import (
    GroupKFold,
    LeaveOneGroupOut,
    StratifiedKFold,
    cross_val_predict,
)
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from sk_imu import Resampler, SummaryFeatures
from sk_imu.datasets import load_exermote, load_phone_exercises, load_utd_mhad, load_watch
from sk_imu.model_selection import bootstrap_over_people

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
RATE_HZ = 25


def data_sets(folder: Path) -> Iterator[tuple[str, Any, float]]:
    """Yield name, data and the length of the windows in seconds."""
    for name, load, seconds in (
        ("watch", lambda path: load_watch(), 4.0),
        ("exermote", load_exermote, 4.0),
        ("phone_exercises", load_phone_exercises, 4.0),
        ("utd_mhad", load_utd_mhad, 2.0),
    ):
        if name != "watch" and not (folder / name).is_dir():
            print(f"{name}: left out, not in {folder}")
            continue
        yield name, load(folder / name), seconds


def windows_of(sets: list[Any], n_timesteps: int) -> tuple[Any, Any]:
    """Return windows that overlap by half, and the set of each."""
    rows, of_set = [], []
    for number, one in enumerate(sets):
        for start in range(0, one.shape[1] - n_timesteps + 1, n_timesteps // 2):
            rows.append(one[:, start : start + n_timesteps])
            of_set.append(number)
    return np.stack(rows), np.array(of_set)


def main() -> None:
    """Print a line per data set and way to split, and how much the leak adds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=DATA, help="folder of the data sets")
    parser.add_argument("--only", help="name of one data set")
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    for name, data, seconds in data_sets(arguments.data):
        if arguments.only not in (None, name):
            continue
        sets = Resampler(sampling_rate_hz=RATE_HZ).fit_transform(data.data)
        X, of_set = windows_of(sets, round(seconds * RATE_HZ))
        features = SummaryFeatures(sampling_rate_hz=RATE_HZ).fit_transform(X)
        y = np.asarray(data.target)[of_set]
        people = np.array([str(person) for person in data.subject])[of_set]
        print(f"{name}: {len(X)} windows of {seconds:g} s, {len(set(people))} people")
        scores = []
        for way, cv, groups in (
            ("shuffled", StratifiedKFold(5, shuffle=True, random_state=0), None),
            ("by sets", GroupKFold(5, shuffle=True, random_state=0), of_set),
            ("by people", LeaveOneGroupOut(), people),
        ):
            svm = make_pipeline(StandardScaler(), SVC(C=10))
            predicted = cross_val_predict(svm, features, y, cv=cv, groups=groups)
            right = pd.Series(predicted == y).groupby(people).mean()
            scores.append(
                pd.DataFrame({"model": way, "subject": right.index, "score": right.values})
            )
            f1 = f1_score(y, predicted, average="macro")
            print(f"  {way}: macro F1 {f1:.3f}, worst person {right.min():.2f}")
        gains = bootstrap_over_people(pd.concat(scores), against="by people")
        for gain in gains.itertuples():
            print(
                f"  {gain.model} less by people, mean of people's accuracies: "
                f"{100 * gain.difference:+.1f} points "
                f"({100 * gain.low:+.1f} to {100 * gain.high:+.1f})",
                flush=True,
            )


if __name__ == "__main__":
    main()
