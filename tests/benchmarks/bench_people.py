"""Accuracy on unseen people: models and ablation, over seeds and data sets.

The study's protocol unseen-people, with ten groups of people where there are more than a
dozen; nothing searched: the pipelines of ``make_pipeline_for`` as they are, and the
CNN-GRU's with one ingredient changed.  Networks have several seeds, the others one.  The
study of each data set is in the folder ``--out``, and repeats no finished fit.  A variant
that changes what a pipeline lacks (one with ``wear="free"`` turns nothing) is left out.

    python tests/benchmarks/bench_people.py models --seeds 3 --figures docs/results/figures
    python tests/benchmarks/bench_people.py ablation --figures docs/results/figures

All data sets but ``watch`` are read from ``--folder``, and ``mex-thigh``,
``utd-mhad-wrist``, ``dsads-right-arm`` and ``wisdm-watch`` from its folder ``benchmark``.
A data set that is missing there is skipped.
"""

import argparse
import os
import time
from collections.abc import Iterator
from functools import cache
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("NUMBA_NUM_THREADS", "1")

import joblib
import numpy as np
import pandas as pd
from sklearn.base import clone
from sklearn.ensemble import VotingClassifier
from sklearn.metrics import f1_score
from sklearn.pipeline import Pipeline

from sk_imu import Recording, Resampler
from sk_imu.datasets import load_phone_exercises, load_utd_mhad, load_watch
from sk_imu.model_selection import compare_models, scores_by_person
from sk_imu.study import (
    StudyResults,
    UnseenPeople,
    make_pipeline_for,
    run_study,
    wear_of,
)
from sk_imu.study.protocols import Fold

DATA = (
    *("watch", "phone-hand", "phone-pocket", "utd-mhad"),
    *("mex-thigh", "utd-mhad-wrist", "dsads-right-arm", "wisdm-watch"),
)
WITHOUT_NET = ("rf", "svm", "minirocket")
MODELS = (*WITHOUT_NET, "cnn", "gru", "cnn-gru")
# Variants of the CNN-GRU pipeline: what is set, by the end of the parameter's name.
ABLATION = {
    "as it is": {},
    "side: not mirrored": {"side": "passthrough"},
    "derived channels: none": {"derive": None},
    "rotation: none": {"augmenter__turn": "passthrough"},
    "amplitude: none": {"augmenter__amplitude": "passthrough"},
    "noise (the study's): none": {"augmenter__noise": "passthrough"},
    "speed: none": {"augmenter__speed": "passthrough"},
    "mixup: none": {"augmenter__mix": "passthrough"},
    "standardized copy: none": {"standardize": False},
    "readout: the GRU's states alone": {"readout": "mean"},
    "dropout: none": {"dropout": 0.0},
    "GRU: none (CNN)": {"model": "cnn"},
    "convolutions: none (GRU)": {"model": "gru"},
    "stride 1": {"stride": 1},
    "32 and 64 filters": {"n_filters": (32, 64)},
    "half the passes": {"max_epochs": 9},
    "batches of 128": {"batch_size": 128, "lr": 0.006},
    "50 Hz instead of 25": {"rate": 50.0},
    "windows of 6 s": {"window": 6.0},
    "windows of 4 s": {"window": 4.0},
    "three networks, averaged": {"members": 3},
}
# How many sets of each person and class are used; more would take days.
BENCHMARK = {"mex-thigh": 2, "utd-mhad-wrist": 4, "dsads-right-arm": 3, "wisdm-watch": 1}


@cache
def load(name: str, folder: str) -> tuple[list[Recording], np.ndarray, np.ndarray, list]:
    """Return recordings, labels, people and channels of a data set."""
    if name in BENCHMARK:
        return load_benchmark(name, folder)
    if name == "watch":
        bunch, channels = load_watch(), ["TotalAcceleration", "Gyroscope"]
    elif name == "utd-mhad":
        bunch = load_utd_mhad(Path(folder) / "utd_mhad")
        channels = ["TotalAcceleration", "Gyroscope"]
    else:
        bunch = load_phone_exercises(Path(folder) / "phone_exercises")
        channels = ["TotalAcceleration"]
    place = name.removeprefix("phone-") if name.startswith("phone-") else None
    rows = [i for i, r in enumerate(bunch.data) if place in (None, r.placement)]
    X = [bunch.data[i] for i in rows]
    y = np.array([str(bunch.target[i]) for i in rows])
    people = np.array([bunch.subject[i] for i in rows])
    return X, y, people, list(Resampler(channels=channels).fit(X).channel_names_)


def load_benchmark(
    name: str, folder: str
) -> tuple[list[Recording], np.ndarray, np.ndarray, list]:
    """Return recordings, labels, people and channels of a data set saved as arrays."""
    with np.load(Path(folder) / "benchmark" / f"{name.replace('-', '_')}.npz") as saved:
        arrays = {key: saved[key] for key in saved}  # each access reads the file again
    y, people = arrays["label"].astype(str), arrays["subject"]
    count = pd.DataFrame({"y": y, "person": people}).groupby(["y", "person"]).cumcount()
    used = count.to_numpy() < BENCHMARK[name]
    if name == "dsads-right-arm":
        # Of persons 4 and 8, these are the same recordings, 10 samples apart, which the
        # study refuses to put on both sides of a fold.
        used &= (people != 8) | ~np.isin(y, ["rowing", "jumping"])
    rows = np.flatnonzero(used)
    channels = arrays["channel_names"].astype(str).tolist()
    values = np.split(arrays["values"], arrays["n_samples"].cumsum()[:-1], axis=1)
    X = [
        Recording.from_array(
            values[i].astype(float),
            sampling_rate_hz=float(arrays["sampling_rate_hz"]),
            channel_names=channels,
            label=y[i],
            subject=int(people[i]),
        )
        for i in rows
    ]
    return X, y[rows], people[rows], channels


def folds(y: np.ndarray, people: np.ndarray) -> list[Fold]:
    """Return the train and test rows of each person, or group of people, left out."""
    return protocol(people).splits(y, people, quick=False, seed=0)


def protocol(people: np.ndarray) -> UnseenPeople:
    """Return the protocol, with ten groups of people where there are more than a dozen."""
    return UnseenPeople(n_folds=10 if len(np.unique(people)) > 12 else None)


def make(variant: str, seed: int, X: list[Recording], channels: list[str]):
    """Return an unfitted pipeline: a model, or the CNN-GRU changed; None if it can't be."""
    change = dict(ABLATION.get(variant, {"model": variant}))
    options = {"channels": channels, "wear": wear_of(X)}
    if "rate" in change:
        options["sampling_rate_hz"] = change.pop("rate")
    if "window" in change:
        options["window_seconds"] = change.pop("window")
    pipeline = make_pipeline_for(change.pop("model", "cnn-gru"), seed, **options)
    if "members" in change:
        net = pipeline.get_params()["classify__estimator"]
        members = [
            (f"net_{i}", clone(net).set_params(random_state=100 * seed + i))
            for i in range(change.pop("members"))
        ]
        pipeline.set_params(classify__estimator=VotingClassifier(members, voting="soft"))
    if "derive" in change:
        del change["derive"]
        pipeline.set_params(derive__kinds=[], derive__keep=True)
        pipeline.set_params(scale__channel_names=channels)
        turn = [k for k in pipeline.get_params() if k.endswith("turn__channel_names")]
        if not turn:
            return None
        pipeline.set_params(**{turn[0]: channels})
    for end, value in change.items():
        keys = [k for k in pipeline.get_params() if k == end or k.endswith("__" + end)]
        if not keys:
            return None
        pipeline.set_params(**{keys[0]: value})
    return pipeline


def fitted(
    name: str, model: str, seed: int, folder: str, out: Path
) -> Iterator[tuple[Fold, Pipeline, float]]:
    """Yield each fold, its pipeline and the time of its fit, which are kept in a folder."""
    X, y, people, channels = load(name, folder)
    out.mkdir(parents=True, exist_ok=True)
    for fold in folds(y, people):
        kept = out / f"{name}-{model}-{seed}-{fold.name}.joblib"
        if not kept.exists():
            pipeline = make(model, seed, X, channels)
            started = time.process_time()
            pipeline.fit([X[i] for i in fold.train], y[fold.train])
            joblib.dump((pipeline, time.process_time() - started), kept)
        yield fold, *joblib.load(kept)


def run(options: argparse.Namespace, name: str) -> Iterator[pd.DataFrame]:
    """Run what is missing of the studies of a data set, and yield their predictions."""
    X, y, people, channels = load(name, options.folder)
    given = options.only or (MODELS if options.what == "models" else ABLATION)
    made = {variant: make(variant, 0, X, channels) for variant in given}
    nets = [
        (variant, pipeline) if variant in ABLATION else variant
        for variant, pipeline in made.items()
        if pipeline is not None and variant not in WITHOUT_NET
    ]
    others = [variant for variant in made if variant in WITHOUT_NET]
    for models, seeds, kind in (
        (nets, range(options.seeds), options.what),
        (others, [0], "without-net"),
    ):
        if models:
            results = run_study(
                (X, y, people),
                models=models,
                protocols=[protocol(people)],
                budget="plain",
                seeds=seeds,
                channels=channels,
                n_jobs=options.jobs,
                out=options.out / f"{name}-{kind}",
            )
            yield tidy(results, name)


def windows_f1(part: pd.DataFrame) -> float:
    """Return the macro F1 over all windows of the sets."""
    predicted = part["windows"].str.split("|", regex=False)
    truth = np.repeat(part["y_true"].to_numpy(), predicted.str.len())
    return f1_score(truth, np.concatenate(predicted.to_list()), average="macro")


def table(frame: pd.DataFrame) -> pd.DataFrame:
    """Return accuracy, worst person, macro F1 of sets and windows, time, by model."""
    lines = []
    keys = ["data", "condition", "model"]
    for names, part in frame.groupby(keys, sort=False):
        hits = part["y_true"] == part["y_pred"]
        by_person = hits.groupby(part["subject"]).mean()
        seeds = part.groupby("seed")
        fits = part.groupby(["seed", "subject"])
        lines.append(
            dict(zip(keys, names, strict=True))
            | {
                "seeds": part["seed"].nunique(),
                "people": part["subject"].nunique(),
                "sets": hits.mean(),
                "by seed": " ".join(f"{s:.3f}" for s in hits.groupby(part["seed"]).mean()),
                "worst person": by_person.min(),
                "worst": by_person.idxmin(),
                "F1": np.mean(
                    [f1_score(p["y_true"], p["y_pred"], average="macro") for _, p in seeds]
                ),
                "F1 of windows": np.mean([windows_f1(p) for _, p in seeds]),
                "fit_s": fits["fit_s"].first().mean(),
                "predict_s": fits["predict_s"].first().mean(),
            }
        )
    return pd.DataFrame(lines).round(3)


def tidy(results: StudyResults, name: str) -> pd.DataFrame:
    """Return one row per set tested, with its windows and the times of its fold."""
    keys = ["model", "fold", "seed", "set"]
    windows = results.windows.groupby(keys)["y_pred"].agg("|".join).rename("windows")
    test = results.tidy().query("part == 'test'").join(windows, on=keys)
    names = {"set": "row", "fit_cpu_s": "fit_s", "predict_cpu_s": "predict_s"}
    return test.rename(columns=names).assign(data=name, condition="as recorded")


def over_people(frame: pd.DataFrame) -> pd.DataFrame:
    """Return one score per model, seed and person, over the people of all data sets."""
    # The eight people of UTD-MHAD wore one sensor at the wrist and one at the thigh.
    source = frame["data"].str.replace("utd-mhad-wrist", "utd-mhad")
    source = source.str.replace(r"phone-.*", "phone", regex=True)
    subject = source + " " + frame["subject"].astype(str)
    row = frame["data"] + " " + frame["row"].astype(str)
    scores = scores_by_person(frame.assign(subject=subject, set=row))
    # What has not been run on all data sets cannot be compared yet.
    n_people = scores.groupby(["model", "seed"])["subject"].transform("nunique")
    return scores[n_people == scores["subject"].nunique()]


def write_figures(frame: pd.DataFrame, what: str, folder: Path) -> None:
    """Write the tables of the page ``results/people``: models down, data sets across."""
    rows = table(frame)
    if what == "ablation":
        # A variant on few data sets shows noise.
        wide = rows.pivot(index="model", columns="data", values="sets").dropna(thresh=4)
        wide = wide.loc[[v for v in ABLATION if v in wide.index]].rename_axis("variant")
        wide = wide[[name for name in DATA if name in wide]]
        # Over the data sets that a variant was run on; the others stay empty.
        points = (100 * (wide - wide.loc["as it is"]).mean(axis=1)).round(1) + 0
        wide.insert(0, "points", points.map("{:+.1f}".format))
        wide.to_csv(folder / "people_ablation.csv", float_format="%.3f")
        return
    for column in ("sets", "worst person", "F1 of windows", "fit_s", "predict_s"):
        wide = rows.pivot(index="model", columns="data", values=column)
        models = [model for model in MODELS if model in wide.index]
        wide = wide.loc[models, [name for name in DATA if name in wide]]
        name = f"people_{column.removesuffix('_s').replace(' ', '_')}.csv"
        if column.endswith("_s"):
            wide = (wide / wide.loc["cnn-gru"]).round(2)
            wide["geometric mean"] = np.exp(np.log(wide).mean(axis=1)).round(2)
        else:
            wide["mean"] = wide.mean(axis=1).round(3)
        decimals = 2 if column.endswith("_s") else 3
        wide.to_csv(folder / name, float_format=f"%.{decimals}f")
    scores = over_people(frame)
    mean = scores.groupby(["model", "subject"], as_index=False)["score"].mean().round(4)
    mean.to_csv(folder / "people_scores.csv", index=False)
    pairs = compare_models(scores)
    columns = ["difference", "low", "high"]
    pairs[columns] = (100 * pairs[columns]).round(1)
    pairs["p_holm"] = pairs["p_holm"].map("{:.2g}".format)
    pairs["pair"] = pairs["model_a"] + " − " + pairs["model_b"]
    pairs["people better, equal, worse"] = (
        pairs[["n_better", "n_equal", "n_worse"]].astype(str).agg(", ".join, axis=1)
    )
    columns = ["pair", *columns, "people better, equal, worse", "p_holm"]
    pairs[columns].to_csv(folder / "people_pairs.csv", index=False)


def main() -> None:
    """Run what is missing, then print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=["models", "ablation"])
    parser.add_argument("--data", nargs="+", default=list(DATA), choices=DATA)
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--only", nargs="+", help="some of the models or variants")
    parser.add_argument("--folder", default="../shared/data")
    parser.add_argument("--out", type=Path, default=Path("people"))
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--figures", type=Path, help="write the tables of the page here")
    options = parser.parse_args()
    parts = []
    for name in options.data:
        try:
            parts += run(options, name)
        except FileNotFoundError as error:
            print(f"{name} is skipped: {error}")
    if not parts:
        return
    frame = pd.concat(parts)
    print(table(frame).to_string(index=False))
    if options.what == "models" and frame["model"].nunique() > 1:
        for sentence in compare_models(over_people(frame))["sentence"]:
            print(" ", sentence)
    if options.figures is not None:
        write_figures(frame, options.what, options.figures)


if __name__ == "__main__":
    main()
