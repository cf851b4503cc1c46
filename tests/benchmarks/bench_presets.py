"""What the three sizes of the CNN-GRU cost, and what their exports lose on unseen people.

The folds are those of ``bench_people.py``. Every export of a pipeline predicts the sets of
the people who were not in its training set.

    python tests/benchmarks/bench_presets.py exports --out presets
    python tests/benchmarks/bench_presets.py cost --out presets
    python tests/benchmarks/bench_presets.py table --out presets

``exports`` and ``cost`` need the extra ``onnx``, ``onnxruntime`` and a C compiler. What is
in the folder already is not done again, so both can be interrupted.
"""

import argparse
import ctypes
import itertools
import os
import subprocess
import tempfile
import time
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import onnxruntime
import pandas as pd
from bench_people import DATA, fitted, load, make, over_people

from sk_imu import export
from sk_imu.model_selection import compare_models

MODELS = ("cnn-gru-small", "cnn-gru", "cnn-gru-large")
ONNX = {"onnx float32": "float32", "onnx float16": "float16", "onnx int8": "int8"}
C = {"C float32": "float32", "C int8": "int8"}
FORMATS = (*ONNX, *C)
# One call for all windows of a set, as a program in C makes them.
C_PROGRAM = """
#include "model.h"
int n_timesteps(void) { return MODEL_N_TIMESTEPS; }
int n_scores(void) { return MODEL_N_SCORES; }
int predict(const float *windows, int n, int *labels) {
  model_set set = {{0}, 0};
  float scores[MODEL_N_SCORES];
  for (int i = 0; i < n; i++) {
    labels[i] = model_predict_window(
        windows + (size_t)i * MODEL_N_CHANNELS * MODEL_N_TIMESTEPS, scores);
    model_set_add(&set, scores);
  }
  return model_set_predict(&set, scores);
}
"""
COMPILE = ("gcc", "-std=c99", "-O2", "-shared", "-fPIC")
CORTEX_M4 = ("-mcpu=cortex-m4", "-mthumb", "-mfloat-abi=hard", "-mfpu=fpv4-sp-d16")
CROSS_COMPILE = ("arm-none-eabi-gcc", *CORTEX_M4, "-std=c99", "-Os", "-c")


def session_of(path: Path) -> onnxruntime.InferenceSession:
    """Return a session on one thread."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])


def by_onnx(pipeline, uniform: list, weights: str, folder: Path) -> tuple[list, list]:
    """Return the label of each set, and of each of its windows, by ONNX Runtime."""
    path = folder / "model.onnx"
    export.export_onnx(pipeline, path, weights=weights)
    session = session_of(path)
    (given,) = session.get_inputs()
    labels, of_windows = [], []
    for one in uniform:
        rows = {given.name: np.asarray(one, np.float32)[None]}
        proba, windows = session.run(["probabilities", "window_scores"], rows)
        labels.append(pipeline.classes_[proba[0].argmax()])
        of_windows.append(pipeline.classes_[windows[0].argmax(axis=-1)])
    return labels, of_windows


def by_c(pipeline, uniform: list, weights: str, folder: Path) -> tuple[list, list]:
    """Return the label of each set, and of each of its windows, by compiled C."""
    library = compiled(pipeline, weights, folder)
    windowed = pipeline[-1]
    labels, of_windows = [], []
    for one in uniform:
        windows = np.ascontiguousarray(windowed._cut([one])[0], np.float32)
        answers = np.empty(len(windows), np.int32)
        label = library.predict(
            windows.ctypes.data_as(ctypes.c_void_p),
            len(windows),
            answers.ctypes.data_as(ctypes.c_void_p),
        )
        labels.append(pipeline.classes_[label])
        of_windows.append(pipeline.classes_[answers])
    return labels, of_windows


def compiled(pipeline, weights: str, folder: Path) -> ctypes.CDLL:
    """Return the pipeline as a shared library."""
    export.export_c(pipeline, folder / "model.h", weights=weights, prefix="model")
    (folder / "model.c").write_text(C_PROGRAM)
    # A library of the same path would not be loaded anew.
    path = Path(tempfile.mkdtemp(dir=folder)) / "model.so"
    command = [*COMPILE, folder / "model.c", "-o", path, "-lm"]
    subprocess.run(command, check=True)
    return ctypes.CDLL(str(path))


def uniform_of(pipeline, sets: list) -> tuple[list, int]:
    """Return sets as an export takes them, and how many steps come before it."""
    n_steps = list(pipeline.named_steps).index("resample") + 1
    return pipeline[:n_steps].transform(sets), n_steps


def predictions(pipeline, sets: list, kind: str) -> dict[str, tuple[list, list]]:
    """Return the labels of sets and windows, by scikit-learn and by exports of a kind."""
    uniform, n_steps = uniform_of(pipeline, sets)
    windows = pipeline[-1].predict_windows(pipeline[n_steps:-1].transform(uniform))
    found = {"scikit-learn": (list(pipeline.predict(sets)), windows)}
    formats, ask = (ONNX, by_onnx) if kind == "onnx" else (C, by_c)
    for name, weights in formats.items():
        with tempfile.TemporaryDirectory() as folder:
            found[name] = ask(pipeline, uniform, weights, Path(folder))
    return found


def run_exports(options: argparse.Namespace, name: str, model: str, seed: int) -> None:
    """Predict the sets of each fold's unseen people by the exports of its pipeline."""
    X, y, people, _ = load(name, options.folder)
    for fold, pipeline, fit_s in fitted(name, model, seed, options.folder, options.out):
        for kind in options.kinds:
            kept = options.out / f"{name}-exports-{model}-{seed}-{fold.name}-{kind}.csv"
            if kept.exists():
                continue
            start = {"data": name, "model": model, "seed": seed, "fit_s": fit_s}
            start |= {"subject": people[fold.test], "row": fold.test}
            frames = [
                pd.DataFrame(start | {"y_true": y[fold.test], "y_pred": labels}).assign(
                    format=which, windows=["|".join(map(str, one)) for one in windows]
                )
                for which, (labels, windows) in predictions(
                    pipeline, [X[i] for i in fold.test], kind
                ).items()
            ]
            pd.concat(frames).to_csv(kept, index=False)
            print(kept.stem, flush=True)


def n_operations(pipeline) -> int:
    """Return the multiplications of the network for one window."""
    from torch import nn, zeros

    net = pipeline[-1].estimator_
    total = 0

    def count(layer, inputs, output):
        nonlocal total
        if isinstance(layer, nn.Conv2d):
            total += output.numel() * layer.weight[0].numel()
            return
        n_steps = inputs[0].shape[1] if isinstance(layer, nn.GRU) else 1
        total += n_steps * sum(p.numel() for p in layer.parameters() if p.ndim == 2)

    kinds = (nn.Conv2d, nn.GRU, nn.Linear)
    layers = [m for m in net.module_.modules() if isinstance(m, kinds)]
    hooks = [layer.register_forward_hook(count) for layer in layers]
    net.module_.eval()(zeros(1, net.n_channels_in_, net.n_timesteps_in_))
    for hook in hooks:
        hook.remove()
    return total


def turns(calls: dict, n: int = 300, n_warm: int = 20) -> dict:
    """Return the median processor time of calls that take turns, in seconds."""
    taken: dict = {name: [] for name in calls}
    for turn in range(-n_warm, n):
        for name, call in calls.items():
            call()  # the one before has filled the caches with its own
            started = time.process_time()
            call()
            if turn >= 0:
                taken[name].append(time.process_time() - started)
    return {name: float(np.median(times)) for name, times in taken.items()}


def sections(pipeline, weights: str, folder: Path) -> tuple[int, int]:
    """Return the bytes of program and constants, and of static RAM, on a Cortex-M4."""
    export.export_c(pipeline, folder / "model.h", weights=weights, prefix="model")
    (folder / "model.c").write_text(C_PROGRAM)
    made = folder / "model.o"
    subprocess.run([*CROSS_COMPILE, folder / "model.c", "-o", made], check=True)
    said = subprocess.run(
        ["arm-none-eabi-size", made], check=True, capture_output=True, text=True
    ).stdout
    text, data, bss = map(int, said.splitlines()[1].split()[:3])
    return text + data, data + bss


def costs(name: str, pipeline, uniform: list) -> tuple[dict, dict]:
    """Return the sizes of a model's exports, and calls that predict one window."""
    n_steps = list(pipeline.named_steps).index("resample") + 1
    net = pipeline[-1].estimator_
    n_window = pipeline[-1].n_window_timesteps_
    window = np.ascontiguousarray(uniform[0][:, :n_window], np.float32)
    found = {
        "model": name,
        "weights": sum(p.numel() for p in net.module_.parameters()),
        "operations": n_operations(pipeline),
    }
    calls = {"scikit-learn": lambda: pipeline[n_steps:].predict_proba([window])}
    folder = Path(tempfile.mkdtemp())
    for which, weights in (ONNX | C).items():
        if which in C:
            library = compiled(pipeline, weights, folder)
            found[f"{which} text"], found[f"{which} RAM"] = sections(
                pipeline, weights, folder
            )
            pointer = window.ctypes.data_as(ctypes.c_void_p)
            label = (ctypes.c_int * 1)()
            calls[which] = lambda c=library, w=pointer, a=label: c.predict(w, 1, a)
        else:
            path = folder / f"{weights}.onnx"
            export.export_onnx(pipeline, path, weights=weights)
            found[f"{which} bytes"] = path.stat().st_size
            session = session_of(path)
            rows = {session.get_inputs()[0].name: window[None]}
            calls[which] = lambda s=session, r=rows: s.run(["probabilities"], r)
    return found, calls


def run_cost(out: Path, folder: str) -> None:
    """Measure sizes, and in turns the time of predictions of one window."""
    X, y, _, channels = load("watch", folder)
    lines, calls = [], {}
    for name in MODELS:
        pipeline = make(name, 0, X, channels)
        # Neither the size of a file nor the time of a window depends on the passes.
        pipeline.set_params(classify__estimator__max_epochs=1).fit(X, y)
        uniform, _ = uniform_of(pipeline, X[:1])
        line, of_model = costs(name, pipeline, uniform)
        lines.append(line)
        calls |= {(name, which): call for which, call in of_model.items()}
    first = ("cnn-gru", "onnx float32")
    for kind in ("scikit-learn", "onnx", "C"):  # each kind in company of the first alone
        of_kind = {key: call for key, call in calls.items() if key[1].startswith(kind)}
        seconds = turns({first: calls[first], **of_kind})
        for line in lines:
            for model, which in of_kind:
                if model == line["model"]:
                    line[f"{which} ms"] = 1e3 * seconds[model, which]
                    line[f"{which} time"] = seconds[model, which] / seconds[first]
    frame = pd.DataFrame(lines)
    frame.to_csv(out / "cost.csv", index=False)
    print(frame.set_index("model").T.to_string())


def fit_ratios(frame: pd.DataFrame) -> pd.Series:
    """Return the processor time of a fit, the default's = 1, over folds that both have."""
    seconds = frame.groupby(["data", "seed", "subject", "model"])["fit_s"].first().unstack()
    ratios = seconds.div(seconds["cnn-gru"], axis=0)
    return np.exp(np.log(ratios).groupby("data").mean().mean()).rename("fit")


def losses(frame: pd.DataFrame) -> pd.DataFrame:
    """Return what each export loses against scikit-learn, in points of the sets."""
    keys = ["model", "seed", "data", "row"]
    reference = frame[frame["format"] == "scikit-learn"].drop_duplicates(keys)
    reference = reference.set_index(keys)
    lines = []
    for (model, which), part in frame.groupby(["model", "format"], sort=False):
        if which == "scikit-learn":
            continue
        part = part.set_index(keys)
        other = reference.loc[part.index]
        hits, hits_before = (f["y_pred"] == f["y_true"] for f in (part, other))
        lost = 100 * (hits_before.astype(float) - hits).groupby("data").mean()
        pairs = zip(
            part["windows"].str.split("|"), other["windows"].str.split("|"), strict=True
        )
        flips = np.concatenate([np.not_equal(a, b) for a, b in pairs])
        lines.append(
            {
                "model": model,
                "format": which,
                "sets": len(part),
                "sets changed": int((part["y_pred"] != other["y_pred"]).sum()),
                "windows changed, %": 100 * flips.mean(),
                "points lost": 100 * (hits_before.mean() - hits.mean()),
                **{name: lost.get(name) for name in DATA},
            }
        )
    return pd.DataFrame(lines)


def read(out: Path, names: list[str]) -> pd.DataFrame:
    """Return the kept predictions, one row per set and format."""
    paths = [path for name in names for path in sorted(out.glob(f"{name}-exports-*.csv"))]
    text = {"y_true": str, "y_pred": str, "windows": str}
    return pd.concat([pd.read_csv(path, dtype=text) for path in paths])


def common(frame: pd.DataFrame, models: list[str]) -> pd.DataFrame:
    """Return the predictions of the sets that all of these models predicted."""
    part = frame[frame["model"].isin(models)]
    n_models = part.groupby(["data", "seed", "row"])["model"].transform("nunique")
    return part[n_models == len(models)]


def sets_right(frame: pd.DataFrame, models: list[str]) -> pd.DataFrame:
    """Return the share of correct sets by data set, of sets that all models predicted."""
    part = common(frame, models)
    hits = part.assign(hit=part["y_pred"] == part["y_true"])
    wide = hits.groupby(["model", "data"])["hit"].mean().unstack()
    wide = wide.loc[models, [name for name in DATA if name in wide]]
    wide = wide.assign(mean=wide.mean(axis=1)).map("{:.3f}".format)
    first = hits[hits["model"] == models[0]]
    wide.loc["sets"] = first.groupby("data").size().reindex(wide.columns, fill_value="")
    wide.loc["people"] = (
        first.groupby("data")["subject"].nunique().reindex(wide.columns, fill_value="")
    )
    return wide


def prices(out: Path, fits: pd.DataFrame) -> pd.DataFrame:
    """Return sizes in kB and times relative to the default, one column per model."""
    cost = pd.read_csv(out / "cost.csv", index_col="model")
    lines = {"fit": fit_ratios(fits)}
    for which in ONNX:
        lines[f"{which}, kB"] = cost[f"{which} bytes"] / 1e3
    for which in C:
        lines[f"{which}, text, kB"] = cost[f"{which} text"] / 1e3
    lines["C, RAM, kB"] = cost["C int8 RAM"] / 1e3
    for which in ("scikit-learn", *FORMATS):
        lines[f"{which}, time"] = cost[f"{which} time"]
    return pd.DataFrame(lines).T[list(MODELS)]


def shown(frame: pd.DataFrame) -> pd.DataFrame:
    """Return numbers as the page shows them, with as many decimals as are meant."""
    return frame.map(
        lambda x: "" if pd.isna(x) else x if isinstance(x, str) else f"{x:.3g}"
    )


def write_tables(out: Path, names: list[str], folder: Path | None) -> None:
    """Print the tables of the page ``results/presets``, and write them."""
    exports = read(out, names)
    fits = exports[exports["format"] == "scikit-learn"]
    fits = fits.drop_duplicates(["data", "model", "seed", "row"])
    lost = losses(exports).set_index(["model", "format"]).round(2)
    two = ["cnn-gru-small", "cnn-gru"]
    tables = {
        "small": sets_right(fits, two),
        "large": sets_right(fits, list(MODELS)),
        "exports": lost[
            ["sets", "sets changed", "windows changed, %", "points lost", *DATA]
        ],
        "cost": shown(prices(out, fits).rename_axis("")),
    }
    for name, frame in tables.items():
        print(f"\n{name}\n{frame.to_string()}")
        if folder is not None:
            frame.to_csv(folder / f"presets_{name}.csv")
    for sentence in compare_models(over_people(common(fits, two)))["sentence"]:
        print(sentence)


def main() -> None:
    """Run what is missing, or print and write the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=["exports", "cost", "table"])
    parser.add_argument("--data", nargs="+", default=list(DATA), choices=DATA)
    parser.add_argument("--models", nargs="+", default=list(MODELS), choices=MODELS)
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--kinds", nargs="+", default=["onnx", "c"], choices=["onnx", "c"])
    parser.add_argument("--folder", default="../shared/data")
    parser.add_argument("--out", type=Path, default=Path("presets"))
    parser.add_argument("--figures", type=Path, help="write the tables of the page here")
    options = parser.parse_args()
    if options.what == "exports":
        for name, seed in itertools.product(options.data, range(options.seeds)):
            for model in options.models:
                run_exports(options, name, model, seed)
    elif options.what == "cost":
        run_cost(options.out, options.folder)
    else:
        write_tables(options.out, options.data, options.figures)


if __name__ == "__main__":
    main()
