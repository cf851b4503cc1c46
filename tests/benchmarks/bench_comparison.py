"""How often 95 % intervals contain the mean of all people, in simulated studies.

Run ``python tests/benchmarks/bench_comparison.py``.  A person's accuracy is drawn from
Beta(4, 1), whose mean is 0.8, and 14 sets by it.
"""

import numpy as np
import pandas as pd
from scipy import stats

from sk_imu.model_selection import bootstrap_over_people

N_STUDIES, N_SETS, MEAN = 1000, 14, 0.8


def share(low, high):
    return np.mean((low <= MEAN) & (high >= MEAN))


def main():
    rng = np.random.default_rng(0)
    print("people  over sets  plain BCa  bootstrap_over_people")
    for n_people in (5, 10, 20, 40):
        skill = rng.beta(4, 1, size=(N_STUDIES, n_people))
        accuracy = rng.binomial(N_SETS, skill) / N_SETS
        mean = accuracy.mean(axis=1)
        half = 1.96 * np.sqrt(mean * (1 - mean) / (N_SETS * n_people))
        plain = stats.bootstrap(
            (accuracy,), np.mean, axis=1, n_resamples=1999, batch=200, random_state=0
        ).confidence_interval
        # Each study is a model, so that all are resampled at once.
        studies = pd.MultiIndex.from_product(
            [range(N_STUDIES), range(n_people)], names=["model", "subject"]
        )
        scores = pd.Series(accuracy.ravel(), studies, name="score").reset_index()
        ours = bootstrap_over_people(scores, n_resamples=1999)
        print(
            f"{n_people:6}  {share(mean - half, mean + half):9.3f}"
            f"  {share(*plain):9.3f}  {share(ours['low'], ours['high']):21.3f}"
        )


if __name__ == "__main__":
    main()
