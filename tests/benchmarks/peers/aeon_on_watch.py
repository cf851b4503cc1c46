"""A classifier of aeon in the place of ours, in the study's pipeline, people left out.

    python tests/benchmarks/peers/aeon_on_watch.py [--n-kernels 2000]

Needs aeon and the watch data.  Our SVM is run beside it on the same folds.
"""

import argparse
import os

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("NUMBA_NUM_THREADS", "1")

import numpy as np
import pandas as pd
from sklearn.model_selection import GroupKFold, cross_val_predict

from sk_imu.datasets import load_watch
from sk_imu.model_selection import compare_models, scores_by_person
from sk_imu.study import make_pipeline_for


def main():
    """Print the share of sets told right, by all and by the worst person."""
    from aeon.classification.convolution_based import MiniRocketClassifier

    parser = argparse.ArgumentParser()
    parser.add_argument("--n-kernels", type=int, default=2000)
    options = parser.parse_args()
    watch = load_watch()
    channels = watch.channel_names
    theirs = make_pipeline_for("svm", channels=channels)
    # The windows' classifier alone is another one: they arrive as (windows, channels,
    # timesteps), as aeon wants them.
    theirs.set_params(
        classify__estimator=MiniRocketClassifier(
            n_kernels=options.n_kernels, random_state=0
        )
    )
    models = {
        "aeon MiniRocket": theirs,
        "ours: SVM on summary features": make_pipeline_for("svm", channels=channels),
    }
    parts = []
    for name, model in models.items():
        told = cross_val_predict(
            model, watch.data, watch.target, groups=watch.subject, cv=GroupKFold(5)
        )
        part = pd.DataFrame({"model": name, "subject": watch.subject, "y_pred": told})
        parts.append(part.assign(y_true=watch.target, row=np.arange(len(told))))
        hits = told == watch.target
        worst = pd.Series(hits).groupby(np.asarray(watch.subject)).mean().min()
        print(
            f"{name}: {hits.mean():.3f} of the sets, worst person {worst:.3f}", flush=True
        )
    print(*compare_models(scores_by_person(pd.concat(parts)))["sentence"], sep="\n")


if __name__ == "__main__":
    main()
