"""Our classifiers beside others: time, memory and accuracy on unseen people, in one run.

    python tests/benchmarks/bench_speed.py [--quick] [--only PART ...] [--out FILE.csv]

The competitors of a part take turns, round by round, so that what else the machine does
meets all alike. A ratio is the median over the rounds of the value to that of the row it
is compared with, in the same round. Times are the processor's (cpu) and the clock's
(wall), on one thread unless a row says otherwise. Networks, windows and rates are read
from the package's own pipelines.

models    fit and predict on the watch data, each in a process of its own after a first fit
          that compiles and is not counted; each of three rounds leaves one person out
wrapper   our classifiers beside hand-written trainings of the very same module
scaling   fit time by number of windows, timesteps, channels and threads
single    one window of a set through the whole pipeline, and whole sets
parallel  a grid search in two processes and in one; needs an idle machine
memory    highest memory on simulated recordings as many and long as MotionSense has
"""

import argparse
import csv
import json
import os
import resource
import statistics
import subprocess
import sys
import time
from pathlib import Path

# The parent imports nothing large: a child's highest memory begins at its parent's.
LIBRARIES = ("OMP", "OPENBLAS", "MKL", "NUMBA")
ONE_THREAD = {f"{library}_NUM_THREADS": "1" for library in LIBRARIES}
PLAIN = "cnn-gru, not augmented"  # the others don't augment either, but where it is said
MODELS = ("cnn-gru", "cnn", "gru", "minirocket", "rf", "svm")
OTHERS = (
    *(PLAIN, "cnn-gru by hand", "sktime GRUFCNN", "sktime CNNClassifierTorch"),
    *("sktime MiniRocket", "sktime MiniRocket, 2 copies"),
)
# They take minutes a fit, so that they are fitted in the first round only.
SLOW = ("sktime GRUFCNN", "sktime MiniRocket, 2 copies")


def row(name, against, measure, value, turn=0):
    """Return one measurement; ``against`` names the row that it is compared with."""
    keys = ("name", "against", "measure", "value", "turn")
    return dict(zip(keys, (name, against, measure, value, turn), strict=True))


def timed(function, *arguments):
    """Return what a function returns, and its seconds by both clocks."""
    wall, cpu = time.perf_counter(), time.process_time()
    result = function(*arguments)
    return result, {
        "cpu s": time.process_time() - cpu,
        "wall s": time.perf_counter() - wall,
    }


def take_turns(functions, against, n_turns, what, n_done=1):
    """Time functions round by round, after a turn of each that is not counted."""
    rows = []
    for turn in range(-1, n_turns):
        for name, function in functions.items():
            _, times = timed(function)
            for clock, value in times.items() if turn >= 0 else ():
                rows.append(
                    row(name, against(name), f"{what} {clock}", value / n_done, turn)
                )
    return rows


def peak_mb():
    """Return the highest memory of this process so far."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1e6 if sys.platform == "darwin" else 1e3)


def load_people(n_people=10):
    """Return recordings, labels, people and channels of the watch data."""
    from sk_imu.datasets import load_watch

    watch = load_watch()
    rows = [i for i, person in enumerate(watch.subject) if person <= n_people]
    X = [watch.data[i] for i in rows]
    return X, watch.target[rows], watch.subject[rows], watch.channel_names


def waves(n_rows, n_channels, n_timesteps):
    """Return a panel and labels that can be learnt: a frequency a class, under noise."""
    import numpy as np

    rng = np.random.default_rng(0)
    y = np.arange(n_rows) % 6
    phase = rng.uniform(0, 6, (n_rows, 1))
    wave = np.sin(np.arange(n_timesteps) * (y[:, None] + 1) / 25 + phase)
    return wave[:, None] + rng.normal(size=(n_rows, n_channels, n_timesteps)), y


def make_pipeline(name, channels, n_epochs=None, augment=True):
    """Return a pipeline of the study, its net trained for ``n_epochs`` if given."""
    from sk_imu.study import make_pipeline_for

    pipeline = make_pipeline_for(name, 0, channels=channels, augment=augment)
    return with_epochs(pipeline, n_epochs) if n_epochs else pipeline


def with_epochs(pipeline, n_epochs):
    """Return the pipeline, its net's epochs set if it has a net."""
    keys = [key for key in pipeline.get_params() if key.endswith("__max_epochs")]
    return pipeline.set_params(**dict.fromkeys(keys, n_epochs))


def inmost(fitted):
    """Return what a pipeline's windows and copies wrap, fitted."""
    fitted = fitted.named_steps["classify"]
    while hasattr(fitted, "estimator_"):
        fitted = fitted.estimator_
    return fitted


def make_competitor(name, channels, n_epochs):
    """Return a pipeline over recordings: ours, or ours with another classifier in it."""
    import numpy as np
    from sktime.classification.deep_learning.cnn import CNNClassifierTorch
    from sktime.classification.deep_learning.gru import GRUFCNNClassifier
    from sktime.classification.kernel_based import RocketClassifier
    from torch_by_hand import ByHand

    from sk_imu import AugmentedClassifier, FromSktime
    from sk_imu.neural._training import n_epochs_for

    class FromSktimeNet(FromSktime):
        def __init__(self, estimator, max_epochs):
            self.estimator, self.max_epochs = estimator, max_epochs

        def fit(self, X, y):
            n_batches = -(-len(y) // self.estimator.batch_size)
            self.estimator.num_epochs = n_epochs_for(self.max_epochs, n_batches)
            # sktime's nets never mix the rows, and windows arrive set by set.
            order = np.random.default_rng(0).permutation(len(y))
            return super().fit(X[order], y[order])

    if name in MODELS:
        return make_pipeline(name, channels, n_epochs)
    pipeline = make_pipeline("cnn-gru", channels, n_epochs, augment=False)
    windows = pipeline.named_steps["classify"]
    net = windows.estimator
    own = {"batch_size": net.batch_size, "random_state": 0}
    if name == "cnn-gru by hand":
        net = ByHand(net)
    elif name == "sktime GRUFCNN":
        # Their default, batch_first=False, takes the batch for time and mixes its rows.
        sizes = {"hidden_dim": net.hidden_size, "gru_layers": net.n_layers}
        theirs = GRUFCNNClassifier(batch_first=True, **sizes, **own)
        net = FromSktimeNet(theirs, net.max_epochs)
    elif name == "sktime CNNClassifierTorch":
        net = FromSktimeNet(CNNClassifierTorch(**own), net.max_epochs)
    elif name.startswith("sktime MiniRocket"):
        net = FromSktime(RocketClassifier(rocket_transform="minirocket", random_state=0))
    windows.estimator = net
    if name.endswith("copies"):
        augmenter = make_pipeline("minirocket", channels).named_steps["classify"].augmenter
        both = AugmentedClassifier(windows, augmenter, n_copies=2, random_state=0)
        pipeline.set_params(classify=both)
    return pipeline


def fit_competitor(name, person, quick):
    """Fit on all other people, or on three, and predict one."""
    import numpy as np
    from sklearn.base import clone
    from torch_by_hand import assert_same_function

    data, labels, people, channels = load_people(4 if quick else 10)
    pipeline = make_competitor(name, channels, 3 if quick else None)
    train, test = np.flatnonzero(people != person), np.flatnonzero(people == person)
    X, y = [data[i] for i in train], labels[train]
    imports_mb = peak_mb()
    first = np.unique(y, return_index=True)[1]
    warm = with_epochs(clone(pipeline), 1).fit([X[i] for i in first], y[first])
    warm.predict([X[i] for i in first])
    if name == "cnn-gru by hand":
        by_hand = inmost(warm)
        n_channels = by_hand.module_.blocks[0][0].in_channels // 2  # of two copies
        panel, _ = waves(len(first), n_channels, 100)
        ours = by_hand.like.fit(panel, y[first])
        assert_same_function(by_hand.module_, ours.module_, panel)
    _, fit = timed(pipeline.fit, X, y)
    predicted, predict = timed(pipeline.predict, [data[i] for i in test])
    measures = {
        **{f"fit {clock}": value for clock, value in fit.items()},
        **{f"predict {clock}": value for clock, value in predict.items()},
        "highest MB": peak_mb(),
        "highest MB above imports": peak_mb() - imports_mb,
        "accuracy": float(np.mean(predicted == labels[test])),
    }
    return [row(name, PLAIN, *measure, turn=person) for measure in measures.items()]


def models(quick):
    for person in (1,) if quick else (1, 4, 7):
        for name in MODELS + OTHERS:
            if person == 1 or name not in SLOW:
                yield from in_child(fit_competitor, name, person, quick)


def train_by_both(quick):
    import torch
    from torch_by_hand import train

    from sk_imu import CNNClassifier, CNNGRUClassifier, GRUClassifier

    X, y = waves(512 if quick else 2048, 6, 100)
    n_epochs = 3 if quick else 10
    functions = {}
    for cls in (CNNClassifier, GRUClassifier, CNNGRUClassifier):
        clf = cls(random_state=0, max_epochs=n_epochs)
        module = clf.fit(X[:64], y[:64]).module_

        def by_hand(indexed, module=module, clf=clf):
            torch.manual_seed(0)
            for layer in module.modules():
                if hasattr(layer, "reset_parameters"):
                    layer.reset_parameters()
            train(module, X, y, clf.get_params(), indexed=indexed)

        functions[f"{cls.__name__}, ours"] = lambda clf=clf: clf.fit(X, y)
        functions[f"{cls.__name__}, DataLoader"] = lambda by=by_hand: by(False)
        functions[f"{cls.__name__}, indexed"] = lambda by=by_hand: by(True)
    torch.set_num_threads(1)
    n_thousands = len(X) * n_epochs / 1000
    against = lambda name: name.split(",")[0] + ", ours"  # noqa: E731
    return take_turns(functions, against, 5, "1000 windows", n_thousands)


def fit_sizes(quick):
    from sk_imu import CNNGRUClassifier

    n = 256 if quick else 1024
    sizes = {"base": (n, 6, 100, 1), "threads x 2": (n, 6, 100, 2)}
    for factor in (2, 4):
        sizes[f"windows x {factor}"] = (n * factor, 6, 100, 1)
        sizes[f"timesteps x {factor}"] = (n, 6, 100 * factor, 1)
        sizes[f"channels x {factor}"] = (n, 6 * factor, 100, 1)
    functions = {}
    for name, (*shape, n_jobs) in sizes.items():
        clf = CNNGRUClassifier(max_epochs=2 if quick else 4, n_jobs=n_jobs, random_state=0)
        data = waves(*shape)
        functions[name] = lambda clf=clf, data=data: clf.fit(*data)
    return take_turns(functions, lambda _: "base", 3, "fit")


def predict_one(quick):
    import numpy as np
    import torch

    torch.set_num_threads(1)
    X, y, _, channels = load_people(2 if quick else 10)
    calls, whole = {}, {}
    for name in MODELS:
        pipeline = make_pipeline(name, channels, n_epochs=1).fit(X, y)
        method = "predict_proba" if hasattr(pipeline, "predict_proba") else "predict"
        # The parameter is the windows' own, wherever the pipeline has them.
        seconds = next(
            v for k, v in pipeline.get_params().items() if k.endswith("window_seconds")
        )
        raw = [X[0].between(2.0, 2.0 + seconds)]
        n_raw = list(pipeline.named_steps).index("resample") + 1
        series = pipeline[:n_raw].transform(raw)
        calls[f"{name}, Recording"] = lambda p=pipeline, m=method, r=raw: getattr(p, m)(r)
        rest = pipeline[n_raw:]
        calls[f"{name}, resampled"] = lambda p=rest, m=method, s=series: getattr(p, m)(s)
        whole[name] = lambda p=pipeline: p.predict(X)
        if method == "predict_proba":
            whole[f"{name}, probabilities"] = lambda p=pipeline: p.predict_proba(X)
        if name == "cnn-gru":
            module = inmost(pipeline).module_.eval()
            window = torch.as_tensor(
                np.stack(pipeline[n_raw:-1].transform(series)), dtype=torch.float32
            )
            calls[f"{name}, module alone"] = torch.inference_mode()(
                lambda m=module, w=window: m(w)
            )
    rows = take_turns(whole, lambda _: "cnn-gru", 3, "predict a set", len(X))
    taken = {name: [] for name in calls}
    for turn in range(-10, 200):  # the first ten warm up
        for name, call in calls.items():
            _, times = timed(call)
            if turn >= 0:
                taken[name].append((1e3 * times["cpu s"], 1e3 * times["wall s"]))
    for name, times in taken.items():
        for clock, of_clock in zip(("cpu", "wall"), np.transpose(times), strict=True):
            for percent in (50, 95):
                measure = f"one window {clock} ms, {percent} %"
                ms = float(np.percentile(of_clock, percent))
                rows.append(row(name, "cnn-gru, module alone", measure, ms))
    return rows


def search_twice(quick):
    import numpy as np
    from sklearn.model_selection import GridSearchCV, GroupKFold

    X, y, people, channels = load_people(4 if quick else 10)
    pipeline = make_pipeline("cnn-gru", channels, n_epochs=2 if quick else 10)
    lr = next(key for key in pipeline.get_params() if key.endswith("__lr"))
    grid = {lr: [0.001, 0.002]}
    results = {}

    def search(n_jobs):
        cv = GridSearchCV(pipeline, grid, cv=GroupKFold(4), n_jobs=n_jobs, refit=False)
        found = cv.fit(X, y, groups=people).cv_results_
        results[n_jobs] = {k: v for k, v in found.items() if not k.endswith("_time")}

    functions = {f"n_jobs={n}": lambda n=n: search(n) for n in (2, 1)}
    rows = take_turns(functions, lambda _: "n_jobs=2", 1 if quick else 3, "search")
    np.testing.assert_equal(results[2], results[1])
    # Another process's processor time is not in ours.
    return [r for r in rows if r["measure"].endswith("wall s")]


def fit_large(name, quick):
    """Fit, predict and stage as the study does, on 360 recordings of 78 s at 50 Hz."""
    from sk_imu import Recording

    # MotionSense has Euler angles for the fourth, which no pipeline here can turn.
    sensors = ("Accelerometer", "Gravity", "Gyroscope", "Magnetometer")
    channels = [f"{sensor}_{axis}" for sensor in sensors for axis in "xyz"]
    pipeline = make_pipeline(name, channels, n_epochs=2)
    imports_mb = peak_mb()
    panel, y = waves(36 if quick else 360, 12, 3900)
    about = {"sampling_rate_hz": 50, "channel_names": channels}
    X = [Recording.from_array(values, **about) for values in panel]
    del panel
    n_train = len(X) * 4 // 5
    pipeline.fit(X[:n_train], y[:n_train])
    pipeline.predict(X)
    if hasattr(pipeline[-1], "staged_predict_proba"):
        list(pipeline[-1].staged_predict_proba(pipeline[:-1].transform(X[n_train:])))
    measures = {"highest MB": peak_mb(), "MB after imports": imports_mb}
    return [row(name, "cnn-gru", *measure) for measure in measures.items()]


def memory(quick):
    for name in ("cnn-gru", "rf") if quick else MODELS:
        yield from in_child(fit_large, name, quick)


PARTS = {
    "models": models,
    "wrapper": lambda quick: in_child(train_by_both, quick),
    "scaling": lambda quick: in_child(fit_sizes, quick),
    "single": lambda quick: in_child(predict_one, quick),
    "parallel": lambda quick: in_child(search_twice, quick),
    "memory": memory,
}


def in_child(function, *arguments):
    """Return what a function of this file measures in a process of its own."""
    command = [sys.executable, "-W", "ignore", __file__, "--child", function.__name__]
    command.append(json.dumps(arguments))
    env = {**os.environ, **ONE_THREAD}
    said = subprocess.run(command, env=env, stdout=subprocess.PIPE, check=True).stdout
    return json.loads(said.splitlines()[-1])


def summarise(part, rows):
    """Return each name's and measure's median, and that of its ratios by turn."""
    values = {(r["name"], r["measure"], r["turn"]): r["value"] for r in rows}
    lines = []
    for name, against, measure in dict.fromkeys(
        (r["name"], r["against"], r["measure"]) for r in rows
    ):
        mine = {t: v for (n, m, t), v in values.items() if (n, m) == (name, measure)}
        theirs = {t: values.get((against, measure, t)) for t in mine}
        ratios = [mine[t] / theirs[t] for t in mine if theirs[t]]
        # People have few sets each: the median of their accuracies is a coarse figure.
        middle = statistics.mean if measure == "accuracy" else statistics.median
        line = {"part": part, "name": name, "measure": measure, "turns": len(mine)}
        line |= {"value": middle(mine.values()), "against": against}
        lines.append({**line, "ratio": statistics.median(ratios) if ratios else None})
    return sorted(lines, key=lambda line: line["measure"])


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="small, to see that it works")
    parser.add_argument("--only", nargs="+", choices=PARTS, default=list(PARTS))
    parser.add_argument("--out", type=Path, help="write the table there, too")
    parser.add_argument("--child", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        function, arguments = options.child
        print(json.dumps(globals()[function](*json.loads(arguments))))
        return
    lines = []
    for part in options.only:
        print(f"\n{part:64}{'median':>10}{'ratio':>8}")
        for line in summarise(part, list(PARTS[part](options.quick))):
            ratio = "" if line["ratio"] is None else f"{line['ratio']:.2f}"
            about = f"{line['name']:34}{line['measure']:30}"
            print(f"{about}{line['value']:10.4g}{ratio:>8}", flush=True)
            lines.append(line)
        if options.out:
            with options.out.open("w", newline="") as file:
                writer = csv.DictWriter(file, lines[0])
                writer.writeheader()
                writer.writerows(lines)


if __name__ == "__main__":
    main()
