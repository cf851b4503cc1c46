"""Exported files: equality to scikit-learn, size and latency, on the watch data.

Run ``python tests/benchmarks/bench_export.py`` for all tables. Each model is fitted on nine
people, for both kinds of wear, and asked about sets of the tenth and all others: sixty
short lengths, from 1 timestep (free wear: 3) on, then random ones of up to 60 s.
``--openvino`` also compares with OpenVINO (``pip install openvino``), which has no trees.
"""

import argparse
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from sk_imu.datasets import load_watch
from sk_imu.export import bench_onnx, export_onnx
from sk_imu.pipelines import MODELS, make_pipeline_for

RATE_HZ = 25
WEIGHTS = ("float32", "float16", "int8")


def pieces(sets: list[Any], n_lengths: int, shortest: int) -> Iterator[Any]:
    """Yield pieces of the sets joined at random, of every short length and random ones."""
    rng = np.random.default_rng(0)
    for k in range(n_lengths):
        n = k + shortest if k < 60 else int(rng.integers(61, 60 * RATE_HZ + 1))
        chosen = rng.integers(len(sets), size=4)
        joined = np.concatenate([np.asarray(sets[i]) for i in chosen], axis=1)
        start = rng.integers(joined.shape[1] - n)
        yield joined[:, start : start + n]


def runner(path: Path, openvino: bool) -> Any:
    """Return a function from a set to its scores, in one of two runtimes."""
    if openvino:
        import openvino as ov

        core = ov.Core()
        # Or it computes in 16 bits where the processor can.
        hints = {"INFERENCE_PRECISION_HINT": "f32", "INFERENCE_NUM_THREADS": 1}
        compiled = core.compile_model(core.read_model(path), "CPU", hints)
        return lambda x: compiled({"X": x})["probabilities"][0]
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(str(path), options)
    return lambda x: session.run(["probabilities"], {"X": x})[0][0]


def equality(
    model: Any, path: Path, sets: list[Any], n: int, shortest: int, dtype: str, **how: Any
) -> str:
    """Return the largest difference, its length, and the labels that differ."""
    run = runner(path, **how)
    ask = getattr(model, "predict_proba", None) or model.decision_function
    differences, n_labels = [], 0
    for piece in pieces(sets, n, shortest):
        x = np.ascontiguousarray(piece, dtype)
        expected, found = ask([x])[0], run(x[np.newaxis])
        differences.append((float(np.abs(expected - found).max()), x.shape[1]))
        n_labels += int(expected.argmax() != found.argmax())
    (worst, length), (second, _) = sorted(differences, reverse=True)[:2]
    return f"{worst:.1e} | {length} | {second:.1e} | {n_labels}"


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--models", nargs="+", default=MODELS, choices=MODELS)
    wears = ("fixed", "free")
    parser.add_argument("--wear", nargs="+", default=wears, choices=wears)
    parser.add_argument("--lengths", type=int, default=1000, help="sets of each comparison")
    parser.add_argument("--openvino", action="store_true", help="compare with OpenVINO")
    parser.add_argument("--runs", type=int, default=2000, help="runs that are timed")
    given = parser.parse_args()
    start_s = time.perf_counter()
    watch = load_watch()
    known = [recording for recording in watch.data if recording.subject != 10]
    print("model | wear | dtype | largest difference | timesteps | second | labels differ")
    sizes, times = [], []
    with tempfile.TemporaryDirectory() as folder:
        for wear in given.wear:
            # In one or two timesteps, too little moves to define the axes of a free device.
            shortest = 3 if wear == "free" else 1
            for name in given.models:
                pipeline = make_pipeline_for(
                    name, random_state=0, channels=watch.channel_names, wear=wear
                ).fit(known, [recording.label for recording in known])
                sets, model = pipeline[:2].transform(watch.data), pipeline[2:]
                path = Path(folder, "model.onnx")
                for dtype in ("float32", "float64")[: 1 if given.openvino else 2]:
                    export_onnx(pipeline, path, dtype=dtype)
                    if given.openvino and name == "rf":
                        continue
                    how = {"dtype": dtype, "openvino": given.openvino}
                    found = equality(model, path, sets, given.lengths, shortest, **how)
                    print(f"{name} | {wear} | {dtype} | {found}", flush=True)
                row = []
                for weights in WEIGHTS:
                    export_onnx(pipeline, path, weights=weights)
                    row.append(f"{path.stat().st_size:,}")
                    table = bench_onnx(path, n_runs=given.runs).iloc[0]
                    took = [f"{table[f'{one}_ms']:.2f}" for one in ("min", "median", "p99")]
                    times.append(" | ".join([name, wear, weights, *took]))
                sizes.append(" | ".join([name, wear, *row]))
    print("\n" + " | ".join(["bytes of", "wear", *WEIGHTS]), *sizes, sep="\n")
    print(
        "\nms for a window of 4 s | wear | weights | shortest | median | 99 %",
        *times,
        sep="\n",
    )
    print(f"\n{time.perf_counter() - start_s:.0f} s")


if __name__ == "__main__":
    main()
