"""Memory, time and scores of a fit of MiniRocket on 360 recordings of MEx, two checkouts.

git worktree add --detach /tmp/then 1b4fcb9
python tests/benchmarks/peers/rocket_then_and_now.py /tmp/then . --folder ../shared/data
"""

import argparse
import os
import resource
import subprocess
import sys
import time
from pathlib import Path

import numpy as np


def measure(folder: str, out: str) -> None:
    """Print peak memory and processor time of a fit, and save its scores."""
    sys.path.insert(0, str(Path(__file__).parents[1]))
    import bench_people

    from sk_imu.study import make_pipeline_for, wear_of

    X, y, _, channels = bench_people.load("mex-thigh", folder)
    pipeline = make_pipeline_for("minirocket", 0, channels=channels, wear=wear_of(X))
    pipeline.fit(X[:8], y[:8])  # compiles
    start = time.process_time()
    pipeline.fit(X[:360], y[:360])
    seconds = time.process_time() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    print(f"{peak:.2f} GB, {seconds:.1f} s")
    np.save(out, pipeline.decision_function(X))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("checkouts", nargs=2)
    parser.add_argument("--folder", default="../shared/data")
    parser.add_argument("--child", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        measure(options.folder, options.child)
        return
    one_thread = {f"{library}_NUM_THREADS": "1" for library in ("OMP", "OPENBLAS", "NUMBA")}
    scores = []
    for checkout in options.checkouts:
        command = [sys.executable, "-W", "ignore", __file__, *options.checkouts]
        command += ["--folder", options.folder, "--child", "scores.npy"]
        env = {**os.environ, **one_thread, "PYTHONPATH": os.path.abspath(checkout)}
        print(checkout, end=": ", flush=True)
        subprocess.run(command, env=env, check=True)
        scores.append(np.load("scores.npy"))
        os.remove("scores.npy")
    then, now = scores
    same = np.mean(then.argmax(axis=1) == now.argmax(axis=1))
    print(f"same labels: {same:.4f}; scores differ by up to {abs(then - now).max():.1e}")


if __name__ == "__main__":
    main()
