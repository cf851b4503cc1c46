"""Processor time of a training epoch of the CNN-GRU in two checkouts of this package.

    git worktree add --detach /tmp/then f4652c4
    python tests/benchmarks/peers/training_then_and_now.py /tmp/then .

On the watch data, without the first person. The checkouts take turns, each time in a new
process and on one thread. The time of an epoch is what five more epochs add to a fit of the
whole pipeline. The second checkout is measured once more with the network and the
augmentation of the first.
"""

import os
import statistics
import subprocess
import sys
import time

# The network of f4652c4, as parameters of today's.
THEN = {
    "n_filters": 48,
    "stride": 1,
    "standardize": False,
    "readout": "mean",
    "dropout": 0.0,
    "augmenter__speed": "passthrough",
    "augmenter__mix": "passthrough",
}


def measure(parameters: dict) -> None:
    """Print the seconds of an epoch."""
    from sk_imu.datasets import load_watch
    from sk_imu.study import make_pipeline_for

    watch = load_watch()
    rows = [i for i, person in enumerate(watch.subject) if person != 1]
    X, y = [watch.data[i] for i in rows], watch.target[rows]
    pipeline = make_pipeline_for("cnn-gru", 0, channels=watch.channel_names)
    net = pipeline.named_steps["classify"].estimator.set_params(**parameters)
    seconds = {}
    for n_epochs in (1, 1, 6):  # the first warms up
        net.set_params(max_epochs=n_epochs)
        start = time.process_time()
        pipeline.fit(X, y)
        seconds[n_epochs] = time.process_time() - start
    print((seconds[6] - seconds[1]) / 5)


def main() -> None:
    then, now = map(os.path.abspath, sys.argv[1:3])
    runs = {"then": (then, "{}"), "now": (now, "{}"), "now, net of then": (now, str(THEN))}
    one_thread = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
    rounds = []
    for _ in range(3):
        seconds = {}
        for name, (checkout, parameters) in runs.items():
            command = [sys.executable, "-W", "ignore", __file__, "--child", parameters]
            env = {**os.environ, **one_thread, "PYTHONPATH": checkout}
            said = subprocess.run(command, env=env, cwd=checkout, stdout=-1, check=True)
            seconds[name] = float(said.stdout.split()[-1])
        rounds.append(seconds)
        print({name: round(value, 3) for name, value in seconds.items()}, flush=True)
    for name in runs:
        ratio = statistics.median(one["then"] / one[name] for one in rounds)
        print(f"{name:20} {ratio:.2f} times the throughput of then")


if __name__ == "__main__":
    if sys.argv[1] == "--child":
        import ast

        measure(ast.literal_eval(sys.argv[2]))
    else:
        main()
