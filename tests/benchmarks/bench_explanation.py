"""Whether explanations are faithful: planted bursts, deletion, insertion, random weights.

``planted``: bursts on one channel of real windows make the class, and unseen people's are
explained: where is the burst said to be?  ``answers``: the sets of unseen people, as they
are: what is left of an answer when the stretches that are said to have made it are taken
away first, or put back first, against random stretches?  Every result is kept in the
folder ``--out`` and never computed twice; ``table`` prints what is there.

    python tests/benchmarks/bench_explanation.py planted answers
    python tests/benchmarks/bench_explanation.py table --figures docs/results/figures

One half of the people is trained on, at most ``--train-sets`` sets, and at most
``--people`` people of the other half are explained.  The data sets are those of
``bench_people.py``.
"""

import argparse
import copy
import os
import time
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import bench_people
import numpy as np
import pandas as pd
import torch
from scipy.signal.windows import hann
from scipy.stats import spearmanr
from sklearn.metrics import roc_auc_score

from sk_imu import SignalArray
from sk_imu.inspection import attributions
from sk_imu.inspection._attribution import Attribution
from sk_imu.inspection._differentiable import ScoreOfSet
from sk_imu.inspection._fitted import Explained
from sk_imu.pipelines import make_pipeline_for
from sk_imu.preprocessing import wear_of
from sk_imu.recording import sensor_triples

BURST_S, BURST_HZ, WINDOW_S = 0.8, 4.0, 4.0
#: Where sets are shorter than a window.
SHORT_S = {"utd-mhad": 2.0, "utd-mhad-wrist": 2.0}
#: Of a burst, in standard deviations of its channel.
AMPLITUDE = 3.0
METHODS = ("integrated gradients", "occlusion", "saliency", "Grad-CAM", "random")
PATCH_S = 0.4
N_STAGES = 10
N_RANDOM = 3


def half_of(people: np.ndarray) -> np.ndarray:
    """Return which sets are of the people to train on."""
    names = np.random.default_rng(0).permutation(np.unique(people))
    return np.isin(people, names[: -(-len(names) // 2)])


def some(rows: np.ndarray, n_most: int, seed: int = 0) -> np.ndarray:
    """Return at most so many rows, drawn at random."""
    return np.sort(np.random.default_rng(seed).permutation(rows)[:n_most])


def reset(model):
    """Return a copy of a pipeline whose net has new random weights."""
    model = copy.deepcopy(model)
    torch.manual_seed(0)
    for layer in model[-1].estimator_._exact.modules():
        if hasattr(layer, "reset_parameters"):
            layer.reset_parameters()
    return model


def explain(model, signal: SignalArray, target: str, method: str) -> Attribution:
    """Return the attributions of one set by a method, offered or not."""
    if method in ("integrated gradients", "occlusion"):
        name = method.replace(" ", "_")
        return attributions(model, [signal], target=target, method=name)[0]
    parts = Explained(model, "bench")
    column = parts.classes.tolist().index(target)
    score = ScoreOfSet(*model[-3:], None, np.asarray(signal))
    rows = torch.from_numpy(np.asarray(signal, dtype=float))[None].requires_grad_(True)
    if method == "saliency":
        (values,) = torch.autograd.grad(score(rows)[0, column], rows)
        values = values[0].abs().numpy()  # as it is shown
    elif method == "Grad-CAM":
        values = grad_cam(score, rows, column)
    else:
        seed = int(1e6 * abs(float(signal.sum()))) % 2**32  # another for each set
        values = np.random.default_rng(seed).normal(size=signal.shape)
    return Attribution(
        values=values,
        signal=signal,
        target=target,
        score=0,
        baseline_score=0,
        method=method,
    )


def grad_cam(score: ScoreOfSet, rows: torch.Tensor, column: int) -> np.ndarray:
    """Return the last feature map of the convolutions, weighted by mean gradients."""
    maps = []
    last = score._net._exact.encoder[-1]
    hook = last.register_forward_hook(lambda _, given, made: maps.append(made))
    proba = score(rows)[0, column]
    hook.remove()
    (gradient,) = torch.autograd.grad(proba, maps[0])
    weights = gradient.mean(dim=(2, 3), keepdim=True)
    cam = torch.relu((weights * maps[0]).sum(dim=1)).detach().numpy()[:, 0]
    n_timesteps, sums = rows.shape[-1], np.zeros(rows.shape[-1])
    counts = np.zeros(n_timesteps)
    for start, window in zip(score._starts.tolist(), cam, strict=True):
        stop = min(start + score._size, n_timesteps)
        at = np.linspace(0, len(window) - 1, score._size)[: stop - start]
        sums[start:stop] += np.interp(at, np.arange(len(window)), window)
        counts[start:stop] += 1
    return np.tile(sums / np.maximum(counts, 1), (rows.shape[1], 1))


def plant(windows: list, n_most: int, rng) -> tuple[list, np.ndarray, list]:
    """Return windows with a burst on one channel, or none, as their class."""
    names, rate = windows[0].channel_names, windows[0].sampling_rate_hz
    channels = [triple[i % 3] for i, triple in enumerate(sensor_triples(names), start=1)]
    if len(channels) == 1:
        channels = sensor_triples(names)[0][:2]
    spread = np.mean([np.asarray(window).std(axis=1) for window in windows], axis=0)
    size = round(BURST_S * rate)
    wave = np.sin(2 * np.pi * BURST_HZ * np.arange(size) / rate) * hann(size)
    classes = [None, *channels[:2]]
    order = rng.permutation(len(windows))[:n_most]
    X, y, places = [], [], []
    for number, i in enumerate(order):
        values, channel = np.asarray(windows[i]).copy(), classes[number % 3]
        place = None
        if channel is not None:
            start = int(rng.integers(0, values.shape[1] - size))
            burst = AMPLITUDE * spread[channel] * rng.choice([-1, 1]) * wave
            values[channel, start : start + size] += burst.astype(values.dtype)
            place = (channel, start, start + size)
        X.append(SignalArray(values, names, rate))
        y.append("none" if channel is None else names[channel])
        places.append(place)
    return X, np.array(y), places


def planted(name: str, options: argparse.Namespace) -> pd.DataFrame:
    """Return how well each method finds a planted burst, in windows of unseen people."""
    X, _, people, channels = bench_people.load(name, options.folder)
    train = half_of(people)
    steps = make_pipeline_for("cnn", channels=channels)[:2].fit(
        [X[i] for i in some(np.flatnonzero(train), options.train_sets)]
    )
    rng, seconds = np.random.default_rng(0), SHORT_S.get(name, WINDOW_S)
    sides = []
    for rows in (np.flatnonzero(train), np.flatnonzero(~train)):
        signals = steps.transform([X[i] for i in some(rows, options.train_sets)])
        size = round(seconds * signals[0].sampling_rate_hz)
        cut = [
            s[:, k : k + size]
            for s in signals
            for k in range(0, s.shape[1] - size + 1, size // 2)
        ]
        sides.append(cut)
    X_train, y_train, _ = plant(sides[0], options.windows, rng)
    X_test, y_test, places = plant(sides[1], 3 * options.windows, rng)
    model = make_pipeline_for("cnn-gru", 0, augment=False, window_seconds=seconds)[1:]
    model.fit(X_train, y_train)
    accuracy = model.score(X_test[:120], y_test[:120])
    print(f"{name}: {len(X_train)} windows, accuracy {accuracy:.3f}", flush=True)
    answers = model.predict(X_test)
    right = [i for i, p in enumerate(places) if p is not None and answers[i] == y_test[i]]
    randomized = reset(model)
    rows = []
    for number, i in enumerate(right[: options.explained]):
        for method in METHODS:
            started = time.process_time()
            one = explain(model, X_test[i], y_test[i], method)
            took_s = time.process_time() - started
            row = {"method": method, "accuracy": accuracy, "seconds": took_s}
            row |= found(one, *places[i])
            if number < options.explained // 2 and method != "random":
                other = explain(randomized, X_test[i], y_test[i], method)
                row["random weights"] = alike(one.values, other.values)
            if method == "integrated gradients":
                row["completeness error"] = one.completeness_error
            rows.append(row)
    return pd.DataFrame(rows)


def alike(one: np.ndarray, other: np.ndarray) -> float:
    """Return the rank correlation; NaN for the map of a net that Grad-CAM finds empty."""
    if not np.ptp(one) or not np.ptp(other):
        return np.nan
    return float(spearmanr(one.ravel(), other.ravel())[0])


def found(one: Attribution, channel: int, start: int, stop: int) -> dict[str, float]:
    """Return whether time and channel of a burst have the largest attributions."""
    smooth = np.clip(one.smoothed(), 0, None)
    inside = np.zeros(one.values.shape, dtype=bool)
    inside[channel, start:stop] = True
    return {
        "cell AUC": roc_auc_score(inside.ravel(), smooth.ravel()),
        "time AUC": roc_auc_score(inside.any(axis=0), smooth.sum(axis=0)),
        "channel": float(one.values.sum(axis=1).argmax() == channel),
    }


def patches(signal: SignalArray) -> np.ndarray:
    """Return the patch of each value: a channel by a stretch of time."""
    n_channels, n_timesteps = signal.shape
    size = max(round(PATCH_S * signal.sampling_rate_hz), 1)
    stretch = np.arange(n_timesteps) // size
    return np.arange(n_channels)[:, None] * (stretch.max() + 1) + stretch


def curves(parts: Explained, one: Attribution, column: int, orders: list) -> np.ndarray:
    """Return the mean score of each order while patches go, and while they come back."""
    patch, signal = patches(one.signal), one.signal
    baseline = np.asarray(signal, dtype=float).mean(axis=1, keepdims=True)
    rows = []
    for order in orders:
        rank = np.argsort(order)[patch] / len(order)
        for stage in np.linspace(0, 1, N_STAGES + 1)[1:-1]:
            for taken in (rank < stage, rank >= stage):
                values = np.where(taken, baseline, signal).astype(signal.dtype)
                rows.append(
                    SignalArray(values, signal.channel_names, signal.sampling_rate_hz)
                )
    scores = parts.scores(rows)[:, column].reshape(len(orders), N_STAGES - 1, 2)
    return scores.mean(axis=1)


def answers(name: str, options: argparse.Namespace) -> pd.DataFrame:
    """Return deletion and insertion of sets of unseen people."""
    X, y, people, channels = bench_people.load(name, options.folder)
    train = half_of(people)
    rows = some(np.flatnonzero(train), options.train_sets)
    model = make_pipeline_for("cnn-gru", 0, channels=channels, wear=wear_of(X))
    model.fit([X[i] for i in rows], y[rows])
    parts = Explained(model, "bench")
    names = np.unique(people[~train])[: options.people]
    rng = np.random.default_rng(0)
    table = []
    for person in names.tolist():
        for i in some(np.flatnonzero(people == person), options.sets, len(table)):
            (one,) = attributions(model, [X[i]])
            patch = patches(one.signal)
            sums = np.bincount(patch.ravel(), weights=one.values.ravel())
            orders = [
                np.argsort(-sums),
                *(rng.permutation(len(sums)) for _ in range(N_RANDOM)),
            ]
            column = parts.classes.tolist().index(one.target)
            (deletion, insertion), *others = curves(parts, one, column, orders)
            by_chance = np.mean(others, axis=0)
            table.append(
                {
                    "person": person,
                    "score": one.score,
                    "right": one.target == y[i],
                    "deletion": deletion,
                    "deletion, random": by_chance[0],
                    "insertion": insertion,
                    "insertion, random": by_chance[1],
                    "completeness error": one.completeness_error,
                }
            )
    return pd.DataFrame(table)


def show(options: argparse.Namespace) -> None:
    """Print the tables, and write them for the page ``results/explanation``."""
    tables = {}
    frame = read(options.out, "planted")
    if len(frame):
        keys = ["data", "method"]
        tables["planted"] = frame.groupby(keys, sort=False).mean().reset_index()
    frame = read(options.out, "answers")
    if len(frame):
        by_person = frame.groupby(["data", "person"], sort=False).mean().reset_index()
        by_person["better"] = (by_person["deletion"] < by_person["deletion, random"]) & (
            by_person["insertion"] > by_person["insertion, random"]
        )
        groups = by_person.groupby("data", sort=False)
        table = groups.mean(numeric_only=True).drop(columns="person", errors="ignore")
        table["people"] = groups.size()
        table["people better than random"] = groups["better"].sum()
        table["worst completeness error"] = frame.groupby("data")[
            "completeness error"
        ].max()
        tables["answers"] = table.drop(columns="better", errors="ignore").reset_index()
    for what, table in tables.items():
        print(f"\n{what}\n{table.round(3).to_string()}")
        if options.figures is not None:
            path = options.figures / f"explanation_{what}.csv"
            table.to_csv(path, float_format="%.3f", index=False)


def read(out: Path, what: str) -> pd.DataFrame:
    """Return the kept results, in the order of the data sets."""
    paths = {name: out / f"{what}-{name}.csv" for name in bench_people.DATA}
    parts = [pd.read_csv(p).assign(data=name) for name, p in paths.items() if p.exists()]
    return pd.concat(parts) if parts else pd.DataFrame()


def main() -> None:
    """Compute, and print tables."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("what", nargs="+", choices=["planted", "answers", "table"])
    parser.add_argument("--data", nargs="+", default=list(bench_people.DATA))
    parser.add_argument("--folder", default="../shared/data")
    parser.add_argument("--out", type=Path, default="explanation")
    parser.add_argument("--figures", type=Path, help="write the tables of the page here")
    parser.add_argument("--train-sets", type=int, default=100)
    parser.add_argument("--windows", type=int, default=500)
    parser.add_argument("--explained", type=int, default=16)
    parser.add_argument("--people", type=int, default=6)
    parser.add_argument("--sets", type=int, default=3)
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    for name in options.data:
        for what, compute in (("planted", planted), ("answers", answers)):
            path = options.out / f"{what}-{name}.csv"
            if what in options.what and not path.exists():
                compute(name, options).to_csv(path, index=False)
    show(options)


if __name__ == "__main__":
    main()
