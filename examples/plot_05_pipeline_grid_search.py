"""
A Pipeline and a grouped grid search
====================================

One row of ``X`` is one set: a recording of one exercise by one person.  Therefore
scikit-learn's ``Pipeline``, ``GridSearchCV`` and group splitters work as usual, from raw
recordings to labels.
"""

# %%
# The watch data: 140 sets by ten people, seven shoulder exercises, each with both arms.
# ``data`` is a list of recordings, ``target`` has the exercises, and ``subject`` the
# people.

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
# Four steps: sets of the left arm are mirrored onto the right, all channels are resampled
# to 20 Hz, each set is cut into windows, and an SVM classifies a table of statistics of
# each window.  The windows exist inside ``WindowedClassifier`` only; they vote, and the
# pipeline predicts one label per set.

svm = make_pipeline(SummaryFeatures(), StandardScaler(), SVC())
model = make_pipeline(
    CanonicalSide(),
    Resampler(sampling_rate_hz=20),
    WindowedClassifier(svm),
)

# %%
# The grid has the length of the windows and a parameter of the SVM.  ``GroupKFold`` keeps
# the sets of each person on one side of every split, so the score is that on unseen people.

grid = {
    "windowedclassifier__window_seconds": [2, 4, 8],
    "windowedclassifier__estimator__svc__C": [1, 10],
}
search = GridSearchCV(model, grid, cv=GroupKFold(5))
search.fit(watch.data, watch.target, groups=watch.subject)
print(search.best_params_)

# %%
# Every point is one fold of two people.  Their spread shows that a single split would be
# too noisy to choose between two settings.

results = pd.DataFrame(search.cv_results_)
folds = [f"split{i}_test_score" for i in range(5)]
fig, ax = plt.subplots(figsize=(6, 3.5), layout="constrained")
looks = {1: ("#0072B2", "o", -0.08), 10: ("#D55E00", "s", 0.08)}
for C, rows in results.groupby("param_windowedclassifier__estimator__svc__C"):
    color, marker, shift = looks[C]
    places = [i + shift for i in range(len(rows))]
    ax.plot(places, rows[folds], marker, color=color, alpha=0.4, markersize=5)
    ax.plot(places, rows["mean_test_score"], marker + "-", color=color, label=f"C = {C}")
ax.set_xticks(range(3), grid["windowedclassifier__window_seconds"])
ax.set(xlabel="Length of a window (s)", ylabel="Accuracy on unseen people")
ax.legend(title="Mean, and each fold pale", frameon=False, loc="lower left")
plt.show()

# %%
# The score of the best of six settings is slightly too high, because it was chosen on the
# same people.  The score to expect for new people needs a second loop around the search, as
# ``sk-imu study`` has.

best_accuracy = search.best_score_
print(f"Accuracy of the best of six settings: {best_accuracy:.3f}")
