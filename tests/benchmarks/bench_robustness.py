"""Accuracy on unseen people whose recordings are of a worse device, or one worn otherwise.

The pipelines and people left out are those of ``bench_people.py``.  Fitted pipelines are
kept in the folder ``--out``.

    python tests/benchmarks/bench_robustness.py --figures docs/results/figures
"""

import argparse
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
from bench_people import DATA, fitted, load
from scipy.spatial.transform import Rotation

from sk_imu import Recording
from sk_imu.study import UnseenSide, run_study

CONDITIONS = (
    *("as recorded", "12.5 Hz", "20 Hz", "100 Hz", "10 % of samples lost"),
    *("turned by 0.5 rad", "turned at random"),
)
SIDES = "left sets, trained on right ones"


def disturbed(recording: Recording, condition: str, seed: int) -> Recording:
    """Return a recording as of a worse device, or of one worn another way."""
    if condition == "as recorded":
        return recording
    rng = np.random.default_rng(seed)
    turn = np.eye(3)
    if condition == "turned at random":
        turn = Rotation.random(random_state=seed).as_matrix()
    elif condition.startswith("turned"):
        axis = rng.normal(size=3)
        turn = Rotation.from_rotvec(0.5 * axis / np.linalg.norm(axis)).as_matrix()
    streams = {}
    for sensor, stream in recording.streams.items():
        times, values = stream.timestamps_s, stream.values @ turn.T
        if condition.endswith(" Hz"):
            new = np.arange(times[0], times[-1], 1 / float(condition.split()[0]))
            values = np.stack([np.interp(new, times, v) for v in values.T], axis=1)
            times = new
        elif condition.startswith("10 %"):
            kept = rng.random(len(times)) > 0.1
            kept[[0, -1]] = True
            times, values = times[kept], values[kept]
        streams[sensor] = replace(stream, timestamps_s=times, values=values)
    return replace(recording, streams=streams)


def answers(options: argparse.Namespace, model: str) -> Iterator[tuple[str, str, str]]:
    """Yield the condition, the true and the predicted label of each set."""
    X, y, people, channels = load(options.data, options.folder)
    for seed in range(options.seeds):
        for fold, pipeline, _ in fitted(
            options.data, model, seed, options.folder, options.out
        ):
            for condition in CONDITIONS:
                sets = [
                    disturbed(X[i], condition, seed * 1000 + k)
                    for k, i in enumerate(fold.test)
                ]
                for truth, answer in zip(y[fold.test], pipeline.predict(sets), strict=True):
                    yield condition, truth, answer
    if not all(recording.side for recording in X):
        return
    sides = run_study(
        (X, y, people),
        models=[model],
        protocols=[UnseenSide()],
        budget="plain",
        seeds=range(options.seeds),
        channels=channels,
        out=options.out / f"{options.data}-{model}-sides",
    ).predictions
    for one in sides[sides["part"] == "test"].itertuples():
        if one.fold.startswith("left"):
            yield SIDES, one.y_true, one.y_pred


def main() -> None:
    """Print the share of correct sets by condition and model."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--data", default="watch", choices=DATA)
    parser.add_argument("--models", nargs="+", default=["cnn-gru", "svm"])
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--folder", default="../shared/data")
    parser.add_argument("--out", type=Path, default=Path("robustness"))
    parser.add_argument("--figures", type=Path, help="write the table of the page here")
    options = parser.parse_args()
    shares = {}
    for model in options.models:
        frame = pd.DataFrame(answers(options, model), columns=["condition", "y", "answer"])
        hits = frame["y"] == frame["answer"]
        shares[model] = hits.groupby(frame["condition"], sort=False).mean()
    table = pd.DataFrame(shares).round(3)
    print(table.to_string())
    if options.figures is not None:
        table.to_csv(options.figures / "people_robustness.csv", float_format="%.3f")


if __name__ == "__main__":
    main()
