"""How long an ONNX file takes to run."""

import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

__all__ = ["bench_onnx", "onnx_metadata"]

#: Lengths of the sets that are timed beside a window, in seconds.
_SET_SECONDS = (15.0, 60.0)


def bench_onnx(path: str | Path, *, n_runs: int = 1000) -> pd.DataFrame:
    """Measure how long an exported file takes in ONNX Runtime, on one thread.

    Parameters
    ----------
    path : str or pathlib.Path
        A file that :func:`export_onnx` wrote.
    n_runs : int, default=1000
        Runs for each length of a set.

    Returns
    -------
    table : DataFrame
        One row for a set of one window, and for sets of 15 and 60 seconds where the file
        takes them: ``seconds`` and ``timesteps`` of the set, ``windows``, and the
        processor time of a run in milliseconds: the shortest, ``min_ms``, the median,
        ``median_ms``, and what 99 of 100 runs do not exceed, ``p99_ms``.

    Raises
    ------
    ImportError
        If onnxruntime is not installed.
    ValueError
        If the file is not one of :func:`export_onnx`, or ``n_runs`` is below 1.

    See Also
    --------
    export_onnx : Write such a file.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> import numpy as np
    >>> from sk_imu import CNNClassifier, WindowedClassifier
    >>> from sk_imu.export import bench_onnx, export_onnx
    >>> X, y = np.random.default_rng(0).normal(size=(8, 3, 200)), ["rest", "squat"] * 4
    >>> net = CNNClassifier(max_epochs=1, random_state=0)
    >>> clf = WindowedClassifier(net, sampling_rate_hz=25).fit(X, y)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     export_onnx(clf, pathlib.Path(folder, "model.onnx"))
    ...     table = bench_onnx(pathlib.Path(folder, "model.onnx"), n_runs=10)
    >>> table[["seconds", "timesteps", "windows"]]
       seconds  timesteps  windows
    0      4.0        100        1
    1     15.0        375        7
    2     60.0       1500       29
    >>> bool((table["median_ms"] < table["p99_ms"]).all())
    True
    """
    if n_runs < 1:
        raise ValueError(f"n_runs must be at least 1, got {n_runs}.")
    session = _open(path)
    known = session.get_modelmeta().custom_metadata_map
    rate_hz = float(known["sampling_rate_hz"]) if "sampling_rate_hz" in known else None
    (given,) = session.get_inputs()
    _, n_channels, length = given.shape
    lengths = [length]
    if not isinstance(length, int):
        lengths = [int(known.get("window_timesteps", 100))]
        lengths += [round(s * rate_hz) for s in _SET_SECONDS] if rate_hz else []
    dtype = np.float64 if given.type == "tensor(double)" else np.float32
    rng = np.random.default_rng(0)
    rows = []
    for n in lengths:
        x = rng.normal(size=(1, n_channels, n)).astype(dtype)
        (windows,) = session.run(["window_scores"], {"X": x})
        times = _times(session, x, n_runs)
        rows.append(
            {
                "seconds": n / rate_hz if rate_hz else np.nan,
                "timesteps": n,
                "windows": windows.shape[1],
                "min_ms": min(times),
                "median_ms": np.median(times),
                "p99_ms": np.quantile(times, 0.99),
            }
        )
    return pd.DataFrame(rows)


def onnx_metadata(path: str | Path) -> dict[str, str]:
    """Return the metadata of an exported file.

    Parameters
    ----------
    path : str or pathlib.Path
        A file that :func:`export_onnx` wrote.

    Returns
    -------
    metadata : dict of str to str
        ``classes``, ``channel_names`` and ``channel_units`` are lists in JSON.

    Raises
    ------
    ImportError
        If onnxruntime is not installed.
    ValueError
        If the file is not one of :func:`export_onnx`.

    See Also
    --------
    export_onnx : What the entries are.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> import numpy as np
    >>> from sk_imu import CNNClassifier
    >>> from sk_imu.export import export_onnx, onnx_metadata
    >>> X, y = np.random.default_rng(0).normal(size=(8, 3, 50)), ["rest", "squat"] * 4
    >>> clf = CNNClassifier(max_epochs=1, random_state=0).fit(X, y)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     export_onnx(clf, pathlib.Path(folder, "model.onnx"))
    ...     onnx_metadata(pathlib.Path(folder, "model.onnx"))["classes"]
    '["rest", "squat"]'
    """
    known = _open(path).get_modelmeta().custom_metadata_map
    return dict(sorted(known.items()))


def _times(session: Any, x: Any, n_runs: int) -> list[float]:
    """Return the processor times of some runs in milliseconds, after some to warm up."""
    times = []
    for _ in range(n_runs + n_runs // 10):
        start = time.process_time_ns()
        session.run(None, {"X": x})
        times.append((time.process_time_ns() - start) / 1e6)
    return times[-n_runs:]


def _open(path: str | Path) -> Any:
    """Return a session of ONNX Runtime on one thread, or raise an error that says why."""
    try:
        import onnxruntime
    except ImportError as error:
        raise ImportError(
            "Running an ONNX file needs onnxruntime: pip install onnxruntime."
        ) from error
    if not Path(path).is_file():
        raise FileNotFoundError(f"There is no file {path}.")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3  # or it prints what it optimizes
    providers = ["CPUExecutionProvider"]
    try:
        session = onnxruntime.InferenceSession(str(path), options, providers=providers)
    except Exception as error:
        raise ValueError(f"{path}: ONNX Runtime can't read it: {error}") from error
    if "sk_imu_version" not in session.get_modelmeta().custom_metadata_map:
        raise ValueError(
            f"{path}: is not written by sk_imu. Give a file of `sk-imu export`."
        )
    return session
