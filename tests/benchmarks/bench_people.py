"""Accuracy on unseen people: models, ablation and robustness, over seeds and data sets.

Leave one subject out, or one of ten groups of subjects where there are more than a dozen;
nothing searched: the pipelines of ``make_pipeline_for`` as they are, and with one
ingredient changed.  Every fit is kept in the folder ``--out`` and never done
twice; ``table`` prints what is there.  A variant that changes what a pipeline lacks (one
with ``wear="free"`` turns nothing) is left out.

    python tests/benchmarks/bench_people.py models --seeds 3
    python tests/benchmarks/bench_people.py ablation
    python tests/benchmarks/bench_people.py robustness --data watch --seeds 3
    python tests/benchmarks/bench_people.py table --figures docs/results/figures

All data sets but ``watch`` are read from ``--folder``, and ``mex-thigh``,
``utd-mhad-wrist``, ``dsads-right-arm`` and ``wisdm-watch`` from its folder ``benchmark``.
A data set that is missing there is skipped.
"""

import argparse
import os
import time
from dataclasses import replace
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("NUMBA_NUM_THREADS", "1")

import joblib
import numpy as np
import pandas as pd
from joblib import Parallel, delayed
from sklearn.metrics import f1_score

from sk_imu import Recording, Resampler
from sk_imu.datasets import load_phone_exercises, load_utd_mhad, load_watch
from sk_imu.model_selection import compare_models, scores_by_person
from sk_imu.study import make_pipeline_for, wear_of

DATA = (
    *("watch", "phone-hand", "phone-pocket", "utd-mhad"),
    *("mex-thigh", "utd-mhad-wrist", "dsads-right-arm", "wisdm-watch"),
)
MODELS = ("rf", "svm", "minirocket", "cnn", "gru", "cnn-gru")
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
}
# How many sets of each person and class are used; more would take days.
BENCHMARK = {"mex-thigh": 2, "utd-mhad-wrist": 4, "dsads-right-arm": 3, "wisdm-watch": 1}
ROBUSTNESS = (
    *("as recorded", "12.5 Hz", "20 Hz", "100 Hz", "10 % of samples lost"),
    *("turned by 0.5 rad", "turned at random", "left sets, trained on right ones"),
)


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
    rows = np.flatnonzero(count < BENCHMARK[name])
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


def folds(people: np.ndarray) -> dict:
    """Return the people that each fold leaves out, by the fold's name."""
    each = sorted(set(people.tolist()))
    if len(each) <= 12:
        return {person: [person] for person in each}
    mixed = np.random.default_rng(0).permutation(each)
    return {f"fold{k}": part.tolist() for k, part in enumerate(np.array_split(mixed, 10))}


def make(variant: str, seed: int, X: list[Recording], channels: list[str]):
    """Return an unfitted pipeline: a model, or the CNN-GRU changed; None if it can't be."""
    change = dict(ABLATION.get(variant, {"model": variant}))
    options = {"channels": channels, "wear": wear_of(X)}
    if "rate" in change:
        options["sampling_rate_hz"] = change.pop("rate")
    if "window" in change:
        options["window_seconds"] = change.pop("window")
    pipeline = make_pipeline_for(change.pop("model", "cnn-gru"), seed, **options)
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


def disturbed(recording: Recording, condition: str, seed: int) -> Recording:
    """Return a recording as of a worse device, or of one worn another way."""
    rng = np.random.default_rng(seed)
    turn = np.eye(3)
    if condition.startswith("turned"):
        from scipy.spatial.transform import Rotation

        if condition == "turned at random":
            turn = Rotation.random(random_state=seed).as_matrix()
        else:
            axis = rng.normal(size=3)
            angle = 0.5 * axis / np.linalg.norm(axis)
            turn = Rotation.from_rotvec(angle).as_matrix()
    streams = {}
    for sensor, stream in recording.streams.items():
        times, values = stream.timestamps_s, stream.values @ turn.T
        if condition.endswith(" Hz"):
            new = np.arange(times[0], times[-1], 1 / float(condition.split()[0]))
            values = np.stack([np.interp(new, times, v) for v in values.T], axis=1)
            times = new
        elif condition.startswith("10 %"):
            kept = rng.random(len(times)) > 0.1
            kept[[0, -1]] = True
            times, values = times[kept], values[kept]
        streams[sensor] = replace(stream, timestamps_s=times, values=values)
    return replace(recording, streams=streams)


def run(
    name: str, variant: str, seed: int, fold, conditions, folder: str, kept: Path | None
) -> list[dict]:
    """Fit on the others, and predict a fold's sets under each condition."""
    X, y, people, channels = load(name, folder)
    held_out = np.isin(people, folds(people)[fold])
    train, test = np.flatnonzero(~held_out), np.flatnonzero(held_out)
    rows = []
    pipeline = None
    for condition in conditions:
        sides = condition.startswith("left")  # the last one: fitted anew
        if sides:
            train = train[[X[i].side == "right" for i in train]]
            test = test[[X[i].side == "left" for i in test]]
            if not len(train) or not len(test):
                continue
        if pipeline is None or sides:
            pipeline = make(variant, seed, X, channels)
            started = time.process_time()
            pipeline.fit([X[i] for i in train], y[train])
            fit_s = time.process_time() - started
            if kept is not None and not sides:
                joblib.dump(pipeline, kept)
        sets = [X[i] for i in test]
        if condition != "as recorded":
            sets = [disturbed(r, condition, seed * 1000 + k) for k, r in enumerate(sets)]
        started = time.process_time()
        answers = pipeline.predict(sets)
        predict_s = time.process_time() - started
        windows = pipeline[-1]
        if not hasattr(windows, "predict_windows"):  # it is in an AugmentedClassifier
            windows = windows.estimator_
        windows = windows.predict_windows(pipeline[:-1].transform(sets))
        rows += [
            {
                "data": name,
                "model": variant,
                "seed": seed,
                "condition": condition,
                "subject": people[i],
                "row": int(i),
                "y_true": y[i],
                "y_pred": str(a),
                "windows": "|".join(map(str, w)),
                "fit_s": fit_s,
                "predict_s": predict_s,
            }
            for i, a, w in zip(test, answers, windows, strict=True)
        ]
    return rows


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


def finished(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of models and seeds that were tested on all people."""
    n_people = frame.groupby(["model", "seed"])["subject"].transform("nunique")
    return frame[n_people == frame["subject"].nunique()]


def read(out: Path, what: str, names: list[str]) -> pd.DataFrame:
    """Return the kept predictions of each data set, one row per set and condition."""
    parts = []
    for name in names:
        paths = sorted(out.glob(f"{name}-{what}-*.csv"))
        if paths:
            parts.append(finished(pd.concat([pd.read_csv(path) for path in paths])))
    return pd.concat(parts) if parts else pd.DataFrame()


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
    if what == "robustness":
        rows = rows.pivot(index="condition", columns="model", values="sets")
        rows.loc[list(ROBUSTNESS)].to_csv(
            folder / "people_robustness.csv", float_format="%.3f"
        )
        return
    if what == "ablation":
        wide = rows.pivot(index="model", columns="data", values="sets").dropna()
        wide = wide.loc[[v for v in ABLATION if v in wide.index]].rename_axis("variant")
        wide["mean"] = wide.mean(axis=1).round(3)
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


def run_missing(options: argparse.Namespace, name: str, out: Path) -> None:
    """Run the fits of a data set that are not kept yet."""
    variants = {"models": MODELS, "robustness": MODELS}.get(options.what, tuple(ABLATION))
    conditions = ROBUSTNESS if options.what == "robustness" else ("as recorded",)

    def part_of(variant: str, seed: int, fold) -> str:
        part = f"{name}-{options.what}-{variant}-{seed}-{fold}"
        return part.replace(" ", "_").replace("/", "_")

    def keep(variant: str, seed: int, fold) -> None:
        part = part_of(variant, seed, fold)
        kept = out / f"{part}.joblib" if options.keep else None
        rows = run(name, variant, seed, fold, conditions, options.folder, kept)
        pd.DataFrame(rows).to_csv(out / f"{part}.csv", index=False)
        print(part, np.mean([r["y_true"] == r["y_pred"] for r in rows]), flush=True)

    try:
        X, _, people, channels = load(name, options.folder)
    except FileNotFoundError as error:
        print(f"{name} is skipped: {error}")
        return
    possible = [
        variant
        for variant in options.only or variants
        if make(variant, 0, X, channels) is not None
    ]
    todo = [
        (variant, seed, fold)
        for seed in range(options.seeds)
        for variant in possible
        for fold in folds(people)
        if not (out / f"{part_of(variant, seed, fold)}.csv").exists()
    ]
    Parallel(n_jobs=options.jobs)(delayed(keep)(*task) for task in todo)


def main() -> None:
    """Run what is missing, then print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=["models", "ablation", "robustness", "table"])
    parser.add_argument("--data", nargs="+", default=list(DATA), choices=DATA)
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--only", nargs="+", help="some of the models or variants")
    parser.add_argument("--folder", default="../shared/data")
    parser.add_argument("--out", default="people")
    parser.add_argument("--keep", action="store_true", help="keep the fitted pipelines")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--figures", type=Path, help="write the tables of the page here")
    options = parser.parse_args()
    out = Path(options.out)
    out.mkdir(parents=True, exist_ok=True)
    if options.what != "table":
        for name in options.data:
            run_missing(options, name, out)
    for what in ("models", "ablation", "robustness"):
        frame = read(out, what, options.data)
        if frame.empty:
            continue
        print(f"\n{what}\n{table(frame).to_string(index=False)}")
        if what == "models":
            scores = over_people(frame)
            if scores["model"].nunique() > 1:
                for sentence in compare_models(scores)["sentence"]:
                    print(" ", sentence)
        if options.figures is not None:
            write_figures(frame, what, options.figures)


if __name__ == "__main__":
    main()
