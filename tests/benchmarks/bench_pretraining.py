"""Does the CNN-GRU learn from other data sets?  Trained on them first, then on its own.

The data sets have an accelerometer and a gyroscope at the wrist or the right arm, and share
few classes.  For each of three targets, the network of ``make_pipeline_for`` is fitted on
all sets of the other data sets, whose classes are all different ones, and its convolutions
and GRU are where the training on the target begins.  Leave one subject out, as in
bench_people; ``sets`` training sets of each class, drawn from all training people.

    python tests/benchmarks/bench_pretraining.py --figures docs/results/figures

The data are read as in bench_people.  Fits are saved in ``--out`` and not repeated.
"""

import argparse
import os
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("NUMBA_NUM_THREADS", "1")

import bench_people
import joblib
import numpy as np
import pandas as pd

from sk_imu import ModuleClassifier
from sk_imu.model_selection import bootstrap_over_people, scores_by_person
from sk_imu.neural._networks import IMUNet
from sk_imu.study import make_pipeline_for

SOURCES = ("watch", "utd-mhad-wrist", "dsads-right-arm", "wisdm-watch")
TARGETS = SOURCES[:3]
COUNTS = (2, 5, 10, None)
WAYS = ("from scratch", "pretrained")


class Pretrained(IMUNet):
    """The network with given weights in all layers but the last."""

    def __init__(self, *args, state, **parameters):
        super().__init__(*args, **parameters)
        kept = {k: v for k, v in state.items() if not k.startswith("head.")}
        self.load_state_dict(kept, strict=False)


def pretrained(target: str, options: argparse.Namespace) -> dict:
    """Return the weights of a network fitted on the other data sets."""
    kept = options.out / f"without-{target}.joblib"
    if not kept.exists():
        X, y = [], []
        for name in SOURCES:
            if name != target:
                recordings, labels, *_ = bench_people.load(name, options.folder)
                X += recordings
                y += [f"{name} {label}" for label in labels]
        *_, channels = bench_people.load(target, options.folder)
        pipeline = make_pipeline_for("cnn-gru", 0, channels=channels).fit(X, np.array(y))
        joblib.dump(pipeline[-1].estimator_.module_.state_dict(), kept)
    return joblib.load(kept)


def pipeline_for(way: str, seed: int, channels: list[str], state: dict):
    """Return an unfitted pipeline."""
    pipeline = make_pipeline_for("cnn-gru", seed, channels=channels)
    if way == "pretrained":
        net = pipeline[-1].estimator
        pipeline[-1].estimator = ModuleClassifier(
            Pretrained,
            module_parameters={"state": state, "dropout": net.dropout},
            augmenter=net.augmenter,
            random_state=seed,
        )
    return pipeline


def drawn(y: np.ndarray, rows: np.ndarray, count: int | None) -> np.ndarray:
    """Return some rows of each class."""
    if count is None:
        return rows
    rng = np.random.default_rng(0)
    of_class = (rng.permutation(rows[y[rows] == label]) for label in np.unique(y[rows]))
    return np.sort(np.concatenate([own[:count] for own in of_class]))


def predictions(target: str, options: argparse.Namespace) -> pd.DataFrame:
    """Return one row per test set, way and number of training sets."""
    X, y, people, channels = bench_people.load(target, options.folder)
    state = pretrained(target, options)
    parts = []
    for fold in bench_people.folds(y, people):
        for count in COUNTS:
            rows = drawn(y, fold.train, count)
            for way in WAYS:
                kept = options.out / f"{target}-{way}-{count}-{fold.name}.csv"
                if not kept.exists():
                    model = pipeline_for(way, 0, channels, state)
                    model.fit([X[i] for i in rows], y[rows])
                    answers = model.predict([X[i] for i in fold.test])
                    columns = {"set": fold.test, "subject": people[fold.test]}
                    columns |= {"y_true": y[fold.test], "y_pred": answers}
                    pd.DataFrame(columns).to_csv(kept, index=False)
                part = pd.read_csv(kept)
                parts.append(part.assign(model=way, sets=count or "all", seed=0))
    return pd.concat(parts).assign(data=target)


def table(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the share of correct sets and the difference over people, with interval."""
    lines = []
    for (data, sets), part in frame.groupby(["data", "sets"], sort=False):
        share = (part["y_true"] == part["y_pred"]).groupby(part["model"]).mean()
        scores = scores_by_person(part)
        gain = bootstrap_over_people(scores, against="from scratch").set_index("model")
        points = (100 * gain.loc["pretrained", ["difference", "low", "high"]]).round(1)
        lines.append(
            {"data": data, "sets of each class": sets}
            | {way: round(share[way], 3) for way in WAYS}
            | {"points": "{:+.1f} ({:+.1f} to {:+.1f})".format(*points)}
        )
    return pd.DataFrame(lines)


def main() -> None:
    """Run what is missing, then print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", nargs="+", default=list(TARGETS), choices=TARGETS)
    parser.add_argument("--folder", default="../shared/data")
    parser.add_argument("--out", type=Path, default=Path("pretraining"))
    parser.add_argument("--figures", type=Path, help="write the table of the page here")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    lines = table(pd.concat([predictions(name, options) for name in options.data]))
    print(lines.to_string(index=False))
    if options.figures is not None:
        lines.to_csv(options.figures / "pretraining.csv", index=False)


if __name__ == "__main__":
    main()
