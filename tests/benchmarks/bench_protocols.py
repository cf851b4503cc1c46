"""The protocols besides (a), (b) and (c), on real recordings.

Run ``python tests/benchmarks/bench_protocols.py``.  The data are looked for in ``--data``,
by default in ``shared/data`` beside the repository.
"""

import argparse
import warnings
from pathlib import Path
from typing import Any

from sk_imu.datasets import (
    load_phone_exercises,
    load_utd_mhad,
    make_exercise_recordings,
)
from sk_imu.study import FewShot, StudyResults, run_study, sets_of

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
PARTS = ("phone", "datasets")


def phone(folder: Path, **options: Any) -> StudyResults:
    """Return placements and personalization of phones in hands and pockets."""
    protocols = ["unseen-people", "unseen-placement", FewShot((0, 1, 2, 3, 5), n_draws=1)]
    data = load_phone_exercises(folder / "phone_exercises")
    return run_study(data, models=["svm"], protocols=protocols, **options)


def datasets(folder: Path, **options: Any) -> StudyResults:
    """Return lunges and squats of UTD-MHAD and of simulated people, each from the other."""
    made = make_exercise_recordings(8, 4, ["lunge", "squat"], random_state=0)
    sets, _ = sets_of(made.data)
    real = load_utd_mhad(folder / "utd_mhad")
    return run_study(
        {"UTD-MHAD": real, "simulated": sets},
        models=["rf", "svm"],
        protocols=["unseen-dataset"],
        window_seconds=2.0,
        **options,
    )


def main() -> None:
    """Print the tables of all parts, or of those that are named."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=" ".join(PARTS))
    parser.add_argument("--data", type=Path, default=DATA, help="folder of the data sets")
    parser.add_argument("--out", type=Path, help="folder to keep results and report in")
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    for part in arguments.parts or PARTS:
        out = arguments.out and arguments.out / part
        run = {"phone": phone, "datasets": datasets}[part]
        results = run(arguments.data, budget="plain", out=out, verbose=0)
        print(f"\n# {part}\n{results.summary()}", flush=True)
        for fold, rows in results.predictions.query("part == 'test'").groupby("fold"):
            if fold.startswith("data set"):
                right = rows["y_true"] == rows["y_pred"]
                print(f"{fold}: {right.groupby(rows['model']).mean().round(3).to_dict()}")


if __name__ == "__main__":
    main()
