"""C headers of networks: size, work, and how many windows get another label.

    python tests/benchmarks/bench_c.py

Each network is fitted on nine people of the watch data. Its header is compiled and predicts
the windows of all ten; those of the tenth person are counted once more. Needs gcc, and the
packages gcc-arm-none-eabi, libnewlib-arm-none-eabi and qemu-system-arm of Debian.
"""

import argparse
import sys
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd

sys.path.append(str(Path(__file__).parents[1] / "export"))
from compiled import run_c
from emulated import run_emulated, size_of

from sk_imu.datasets import load_watch
from sk_imu.export import export_c
from sk_imu.pipelines import make_pipeline_for

WEIGHTS = ("float32", "int8", "mixed")


def fit(name, wear, watch):
    """Return a model of all people but the tenth."""
    pipeline = make_pipeline_for(name, 0, channels=watch.channel_names, wear=wear)
    known = watch.subject != watch.subject.max()
    train = [r for r, one in zip(watch.data, known, strict=True) if one]
    return pipeline.fit(train, watch.target[known])


def measure(pipeline, watch, folder):
    """Yield a row of the table for each kind of weights."""
    place = list(pipeline.named_steps).index("resample") + 1
    size = pipeline[-1].n_window_timesteps_
    windows, is_new = [], []
    uniform = pipeline[:place].transform(watch.data)
    for one, subject in zip(uniform, watch.subject, strict=True):
        starts = range(0, one.shape[1] - size + 1, size // 2)
        windows += [np.asarray(one)[:, start : start + size] for start in starts]
        is_new += [subject == watch.subject.max()] * len(starts)
    expected = pipeline[place:].predict_proba(windows)
    for weights in WEIGHTS:
        header = export_c(pipeline, folder / "model.h", weights=weights)
        flags = ("-std=c99", "-O2")
        _, scores = run_c(folder, windows, flags=flags, sanitized=False)
        text, ram = size_of(header)
        _, instructions, stack, _ = run_emulated(folder, windows[:3])
        other = scores[:-1].argmax(axis=1) != expected.argmax(axis=1)
        yield {
            "weights": weights,
            "text": text,
            "static_ram": ram,
            "stack": stack.max(),
            "million_instructions": round(instructions.max() / 1e6, 1),
            "difference": abs(scores[:-1] - expected).max(),
            "windows": len(windows),
            "other_label": other.sum(),
            "new_windows": sum(is_new),
            "other_label_new": other[is_new].sum(),
        }


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--models", nargs="+", default=["cnn-gru", "cnn-gru-small", "cnn", "gru"]
    )
    parser.add_argument("--wear", choices=["fixed", "free"], default="fixed")
    options = parser.parse_args()
    watch = load_watch()
    with tempfile.TemporaryDirectory() as folder:
        for name in options.models:
            pipeline = fit(name, options.wear, watch)
            table = pd.DataFrame(measure(pipeline, watch, Path(folder)))
            print(name, table.to_string(index=False), sep="\n", flush=True)


if __name__ == "__main__":
    main()
