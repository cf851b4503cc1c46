"""
A Pipeline and a grouped grid search
====================================

One row of ``X`` is one set: a recording of one exercise by one person.  So scikit-learn's
``Pipeline``, ``GridSearchCV`` and group splitters work as they always do, from raw
recordings to labels.
"""

# %%
# The watch data: 140 sets by ten people, seven exercises of the shoulder, each with either
# arm.  ``data`` is a plain list, ``target`` the exercises, ``subject`` the people.

import matplotlib.pyplot as plt
import pandas as pd
from sklearn.model_selection import GridSearchCV, GroupKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from sk_imu import CanonicalSide, Resampler, SummaryFeatures, WindowedClassifier
from sk_imu.datasets import load_watch

watch = load_watch()
print(watch.data[0])
print(pd.crosstab(watch.target, watch.side))

# %%
# Four steps: sets of the left arm are mirrored onto the right, all channels are brought to
# 20 Hz, each set is cut into windows, and a table of statistics of each window goes into
# an SVM.  The windows exist inside ``WindowedClassifier`` only; they vote, and the
# pipeline answers once a set.

svm = make_pipeline(SummaryFeatures(sampling_rate_hz=20), StandardScaler(), SVC())
model = make_pipeline(
    CanonicalSide(),
    Resampler(sampling_rate_hz=20),
    WindowedClassifier(svm, sampling_rate_hz=20),
)

# %%
# The grid reaches into the windows and through them.  ``GroupKFold`` keeps each person's
# sets on one side of every split, so the score is that on people not learnt from.

grid = {
    "windowedclassifier__window_seconds": [2, 4, 8],
    "windowedclassifier__estimator__svc__C": [1, 10],
}
search = GridSearchCV(model, grid, cv=GroupKFold(5))
search.fit(watch.data, watch.target, groups=watch.subject)
print(search.best_params_)

# %%
# Every point is one fold of two people.  How far they lie apart says how much a single
# split would have told: choosing between two settings by it would be choosing by chance.

results = pd.DataFrame(search.cv_results_)
folds = [f"split{i}_test_score" for i in range(5)]
fig, ax = plt.subplots(figsize=(6, 3.5), layout="constrained")
looks = {1: ("#0072B2", "o", -0.08), 10: ("#D55E00", "s", 0.08)}
for C, rows in results.groupby("param_windowedclassifier__estimator__svc__C"):
    colour, marker, shift = looks[C]
    places = [i + shift for i in range(len(rows))]
    ax.plot(places, rows[folds], marker, color=colour, alpha=0.4, markersize=5)
    ax.plot(places, rows["mean_test_score"], marker + "-", color=colour, label=f"C = {C}")
ax.set_xticks(range(3), grid["windowedclassifier__window_seconds"])
ax.set(xlabel="Length of a window (s)", ylabel="Accuracy on people not learnt from")
ax.legend(title="Mean, and each fold pale", frameon=False, loc="lower left")
plt.show()

# %%
# The best of six is a little too good: it was chosen on these very people.  What to
# expect of somebody new takes a second loop around the search, as ``sk-imu study`` does.

best_accuracy = search.best_score_
print(f"Accuracy of the best of six settings: {best_accuracy:.3f}")
