"""What the scripts of this folder share: the data, own code, and how a try is told.

Each script tries one thing with all libraries that are installed where it runs; a function
is named after the library that it tries and returns what came of it.  Own code is counted
without blank lines, comments and docstrings.
"""

import ast
import importlib.metadata
import importlib.util
import inspect
import json
import sys
import textwrap
import time
import warnings
import zipfile
from pathlib import Path

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, clone

LIBRARIES = ("sk_imu", "sktime", "aeon", "tsai", "seglearn", "braindecode")
LIBRARY = []  # torch forgets what it was told when this is collected


def stand_in_for_cuda_builds():
    """Let torchvision and torchaudio be imported beside a torch without CUDA.

    The ones on PyPI are built for CUDA, and their compiled parts don't load then. Nothing
    here uses those parts; tsai and braindecode only import them.
    """
    from unittest.mock import MagicMock

    import torch

    boxes = "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor"
    for name in ("nms", "qnms"):
        LIBRARY.append(torch.library.Library("torchvision", "FRAGMENT"))
        LIBRARY[-1].define(name + boxes)
    load = torch.ops.load_library
    absent = MagicMock(cuda_version=lambda: -1)
    torch.ops._torchaudio = torch.ops.torchaudio = absent
    torch.ops.load_library = lambda path: None if "torchaudio" in str(path) else load(path)


def try_all(row, *attempts):
    """Run the attempts with what is installed and print one JSON line each."""
    warnings.filterwarnings("ignore")
    for attempt in attempts:
        library = attempt.__name__
        try:
            version = importlib.metadata.version(library)
        except importlib.metadata.PackageNotFoundError:
            continue  # though a clone of it may be the folder we are in
        try:
            if library in ("tsai", "braindecode") and not LIBRARY:
                stand_in_for_cuda_builds()
            verdict, note = attempt()
        except Exception as error:
            lines = (str(error).strip() or "-").splitlines()
            verdict, note = "no", f"{type(error).__name__}: {lines[0][:160]}"
        told = {
            "row": row,
            "library": library,
            "version": version,
            "verdict": verdict,
            "note": note,
        }
        print("\n" + json.dumps(told), flush=True)


def own_code(*pieces):
    """Return the verdict on a try that needed these functions or classes."""
    count = 0
    for piece in pieces:
        tree = ast.parse(textwrap.dedent(inspect.getsource(piece)))
        for node in ast.walk(tree):
            body = getattr(node, "body", None)
            first = body[0] if isinstance(body, list) and body else None
            if isinstance(getattr(getattr(first, "value", None), "value", None), str):
                body.pop(0)  # the docstring
        count += len(ast.unparse(tree).splitlines())
    return f"own code ({count} lines)"


def names_with(library, *words):
    """Return the public names of all modules of a library that contain a word."""
    folder = Path(importlib.util.find_spec(library).origin).parent
    found = []
    for path in folder.rglob("*.py"):
        if "tests" in path.parts:
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef | ast.FunctionDef):
                name = node.name
                if not name.startswith("_") and any(w in name.lower() for w in words):
                    found.append(name)
    return sorted(set(found))


def recordings():
    """Return 24 recordings of four people, labels, people: two sensors, two rates."""
    rng = np.random.default_rng(0)
    sets, labels, people = [], [], []
    for i in range(24):
        label, person = ("row", "squat")[i % 2], i // 6
        seconds, hertz = rng.uniform(8, 12), (1.0, 0.5)[i % 2] * rng.uniform(0.9, 1.1)
        one = {}
        for sensor, rate, height in (("Accelerometer", 50, 5.0), ("Gyroscope", 100, 2.0)):
            t = np.arange(0, seconds, 1 / rate)
            wave = np.sin(2 * np.pi * hertz * t[:, None] + np.arange(3) + person)
            one[sensor] = t, height * wave + rng.normal(size=(len(t), 3))
        sets.append(one)
        labels.append(label)
        people.append(person)
    return sets, np.array(labels), np.array(people)


def on_one_clock(recording, rate_hz=50):
    """Return the sensors of a recording as one array of (channels, timesteps)."""
    end = min(t[-1] for t, _ in recording.values())
    clock = np.arange(0, end, 1 / rate_hz)
    return np.array(
        [np.interp(clock, t, v) for t, values in recording.values() for v in values.T]
    )


def series():
    """Return the same on one clock, of unequal length."""
    sets, labels, people = recordings()
    return [on_one_clock(one) for one in sets], labels, people


def panel(n_timesteps=200):
    """Return the beginnings of all, of one length."""
    rows, labels, people = series()
    return np.stack([row[:, :n_timesteps] for row in rows]), labels, people


class Windowed(ClassifierMixin, BaseEstimator):
    """The least that lets a classifier learn from windows and vote."""

    def __init__(self, estimator, size=100):
        self.estimator = estimator
        self.size = size

    def cut(self, rows):
        starts = [range(0, row.shape[1] - self.size + 1, self.size // 2) for row in rows]
        windows = [
            row[:, s : s + self.size]
            for row, at in zip(rows, starts, strict=True)
            for s in at
        ]
        return np.stack(windows), [len(at) for at in starts]

    def fit(self, X, y):
        windows, counts = self.cut(X)
        self.classes_ = np.unique(y)
        self.estimator_ = clone(self.estimator).fit(windows, np.repeat(y, counts))
        return self

    def predict(self, X):
        windows, counts = self.cut(X)
        votes = self.estimator_.predict(windows)[:, None] == self.classes_
        parts = np.split(votes, np.cumsum(counts)[:-1])
        return self.classes_[[part.sum(axis=0).argmax() for part in parts]]


def write_sensor_logger(folder):
    """Write a recording as the app Sensor Logger does; return the path of the zip."""
    path = Path(folder) / "recording.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for sensor, (t, values) in recordings()[0][0].items():
            stamps = (1_700_000_000 * 10**9 + t * 1e9).astype(np.int64)
            lines = ["time,seconds_elapsed,z,y,x"]
            lines += [
                f"{stamp},{second:.4f},{z},{y},{x}"
                for stamp, second, (x, y, z) in zip(stamps, t, values, strict=True)
            ]
            archive.writestr(f"{sensor}.csv", "\n".join(lines))
    return path


def cpu_ms(call, n_calls=50):
    """Return the median processor time of a call in milliseconds."""
    taken = []
    for _ in range(n_calls + 5):
        started = time.process_time()
        call()
        taken.append(1e3 * (time.process_time() - started))
    return float(np.median(taken[5:]))  # the first ones compile and warm up


def eeg_net(**options):
    """Return braindecode's classifier with its smallest common net, unfitted."""
    import torch
    from braindecode import EEGClassifier
    from braindecode.models import ShallowFBCSPNet

    defaults = {
        "module": ShallowFBCSPNet,
        "module__n_chans": 6,
        "module__n_outputs": 2,
        "module__n_times": 200,
        "train_split": None,
        "max_epochs": 10,
        "batch_size": 8,
        "verbose": 0,
        "optimizer": torch.optim.AdamW,
        "classes": [0, 1],
    }
    torch.manual_seed(0)
    return EEGClassifier(**{**defaults, **options})


def tsai_learner(X, y, splits, **options):
    """Return tsai's classifier with a small net, fitted for a few epochs."""
    from tsai.basics import TSClassification, TSClassifier

    labels_to_numbers = [None, TSClassification()]
    options = {"arch": "FCN", "bs": 8, "seed": 0, "tfms": labels_to_numbers, **options}
    learner = TSClassifier(X, y, splits=splits, **options)
    with learner.no_bar(), learner.no_logging():
        learner.fit_one_cycle(8, 0.003)
    return learner


if __name__ == "__main__":
    sys.exit("This is what the scripts beside it share. Run run_all.py.")
