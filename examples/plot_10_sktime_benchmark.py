"""
sktime's benchmark with our networks
====================================

The networks are available as sktime classifiers, and can be compared with those of sktime
in its ``ClassificationBenchmark``, on the BasicMotions data that sktime includes.
"""

# %%
# 80 recordings of 10 s by four students with a smartwatch: badminton, running, standing and
# walking.

import matplotlib.pyplot as plt
import numpy as np
from sklearn.metrics import accuracy_score
from sklearn.model_selection import StratifiedKFold
from sktime.benchmarking.classification import ClassificationBenchmark
from sktime.classification.dummy import DummyClassifier
from sktime.classification.feature_based import SummaryClassifier
from sktime.datasets import load_basic_motions

from sk_imu import sktime

X, y = load_basic_motions(return_type="numpy3D")
print(X.shape, np.unique(y))

# %%
# ``*`` makes a sktime pipeline, so that the scaler is fitted on the training folds only.
# Ten epochs are few, so that this page builds in seconds.

net = {"max_epochs": 10, "batch_size": 8, "lr": 0.01, "random_state": 0}
scaler = sktime.SktimeChannelScaler()
benchmark = ClassificationBenchmark()
benchmark.add_estimator(
    {
        "CNN": scaler * sktime.SktimeCNNClassifier(**net),
        "GRU": scaler * sktime.SktimeGRUClassifier(**net),
        "CNN-GRU": scaler * sktime.SktimeCNNGRUClassifier(**net),
        "summary forest": SummaryClassifier(random_state=0),
        "most frequent": DummyClassifier(),
    }
)

# %%
# sktime does not pass labels to the splitter.  :class:`~sk_imu.sktime.BoundSplitter` adds
# them for stratified folds.

cv = sktime.BoundSplitter(StratifiedKFold(4, shuffle=True, random_state=0), y)
benchmark.add_task((X, y), cv, [accuracy_score], task_id="BasicMotions")
table = benchmark.run().set_index("model_id")
assert benchmark.failed_experiments == []  # sktime only prints failures

# %%
# Each dot is a fold of 20 recordings, so one recording is 5 points; bars are means.

scores = table[[f"accuracy_score_fold_{i}_test" for i in range(4)]].astype(float)
means = scores.mean(axis=1).sort_values()
fig, ax = plt.subplots(figsize=(7, 3), layout="constrained")
ax.barh(means.index, means, color="#56B4E9")
for name in means.index:
    ax.plot(scores.loc[name], [name] * 4, "o", color="#0072B2", alpha=0.5, clip_on=False)
ax.set(xlabel="Accuracy", xlim=(0, 1.02))
plt.show()

# %%
# Four activities as different as these are easy to recognize.  The students are not
# identified, so the folds share people.  These scores show that everything works together,
# but not how well it works on unseen people.

accuracy_by_model = means.to_dict()
print({name: round(score, 3) for name, score in accuracy_by_model.items()})
