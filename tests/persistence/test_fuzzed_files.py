"""Model files with random damage: a ValueError, or a model that keeps to its memory.

Where bytes of the file are changed or cut off, a model that loads predicts as before.

Each batch runs in a process of its own, because the fault to find is one that ends it.
"""

import io
import json
import os
import pickle
import random
import resource
import subprocess
import sys
import warnings
import zipfile
from pathlib import Path

import numpy as np
import pytest
from made_sets import make_sets

from sk_imu.persistence import load_model, save_model
from sk_imu.pipelines import make_pipeline_for

VALUES = ["-1", "0", "1", "2", "1000000000000", "null", '"x"', "[]", "NaN", "1e999", "true"]
N_FILES = 400  # of each model and seed


def leaves_of(value):
    """Return every node of a schema that holds one value, and every array's node."""
    stack, found = [value], []
    while stack:
        one = stack.pop()
        if isinstance(one, dict):
            if one.get("__loader__") in ("JsonNode", "NdArrayNode"):
                found.append(one)
            stack += one.values()
        elif isinstance(one, list):
            stack += one
    return found


def spoil_schema(parts, rng):
    schema = json.loads(parts["schema.json"])
    leaves = leaves_of(schema)
    one = rng.choice(leaves)
    if rng.random() < 0.4:
        other = rng.choice(leaves)
        one.clear()
        one.update(other)
    elif one["__loader__"] == "JsonNode":
        one["content"] = rng.choice(VALUES)
    else:
        one.pop(rng.choice(sorted(one)))
    return {**parts, "schema.json": json.dumps(schema).encode()}


def spoil_array(parts, rng):
    name = rng.choice([name for name in parts if name.endswith(".npy")])
    array = np.load(io.BytesIO(parts[name]))
    change = rng.randrange(4)
    if change == 0 and array.dtype.names:
        field = rng.choice(array.dtype.names)
        array[field].flat[rng.randrange(array.size)] = rng.choice([0, 1, 2, 3, 100, 120])
    elif change == 0 and array.dtype.kind in "iuf" and array.size:
        value = rng.choice([0, 1, 7, 100, 120])
        array.reshape(-1)[rng.randrange(array.size)] = value
    elif change == 1:
        array = np.resize(array, rng.choice([0, 1, 2, 3, 50, array.size + 1]))
    elif change == 2:
        array = array.T if array.ndim > 1 else np.atleast_1d(array)[:, None]
    elif array.dtype.kind in "iuf":
        array = array.astype(rng.choice(["i1", "i4", "i8", "f4", "f8"]))
    buffer = io.BytesIO()
    np.save(buffer, array)
    return {**parts, name: buffer.getvalue()}


def spoil_bytes(data, rng):
    data = bytearray(data)
    if rng.random() < 0.2:
        return bytes(data[: rng.randrange(len(data))])
    for _ in range(rng.choice([1, 2, 20])):
        data[rng.randrange(len(data))] = rng.randrange(256)
    return bytes(data)


def scores_of(model, sets):
    """Return what shows any change of the model's numbers."""
    if hasattr(model, "predict_proba"):
        return model.predict_proba(sets)
    return model.decision_function(sets)


def fuzz(folder, seed):
    """Load damaged files, and predict with those that load; print how many there were."""
    warnings.simplefilter("ignore")
    rng = random.Random(seed)
    whole = (folder / "model.skops").read_bytes()
    sets = pickle.loads((folder / "sets.pickle").read_bytes())
    with zipfile.ZipFile(io.BytesIO(whole)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    path, n_loaded = folder / f"spoiled-{seed}.skops", 0
    expected = scores_of(load_model(folder / "model.skops"), sets)
    limit = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss + 500_000  # kB
    for _ in range(N_FILES):
        spoil = rng.choice([spoil_schema, spoil_array, spoil_bytes])
        if spoil is spoil_bytes:
            path.write_bytes(spoil_bytes(whole, rng))
        else:
            with zipfile.ZipFile(path, "w") as archive:
                for name, part in spoil(parts, rng).items():
                    archive.writestr(name, part)
        try:
            model = load_model(path)
        except ValueError as error:
            if path.name not in str(error):
                raise
        else:
            n_loaded += 1
            try:
                scores = scores_of(model, sets)
            except ValueError:
                continue
            # Whoever writes a new archive makes new checksums; other damage is found.
            if spoil is spoil_bytes:
                np.testing.assert_array_equal(scores, expected)
        assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss < limit
    print(N_FILES, "files,", n_loaded, "loaded")


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("name", ["svm", "rf", "minirocket", "cnn-gru"])
def test_damaged_files_are_refused_or_harmless(name, seed, tmp_path):
    sets = make_sets(n_subjects=2)
    model = make_pipeline_for(name, random_state=0)
    known = model.get_params()
    small = {"max_epochs": 1, "n_filters": 4, "hidden_size": 4, "num_kernels": 84}
    small["n_estimators"] = 3
    model.set_params(
        **{key: small[end] for key in known if (end := key.rpartition("__")[2]) in small}
    )
    save_model(model.fit(sets, [one.label for one in sets]), tmp_path / "model.skops")
    (tmp_path / "sets.pickle").write_bytes(pickle.dumps(sets))
    command = [sys.executable, __file__, str(tmp_path), str(seed)]
    # Where pytest finds what tests share.
    found = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    run = subprocess.run(command, capture_output=True, text=True, check=False, env=found)
    print(run.stdout)
    assert run.returncode == 0, run.stderr[-2000:]


if __name__ == "__main__":
    fuzz(Path(sys.argv[1]), int(sys.argv[2]))
