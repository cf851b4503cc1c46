"""
Leaks and their size
====================

A leak is information about a test set that was available during training.
"""

# %%
# The signals are noise and the labels are random, so the honest score is chance level.

import matplotlib.pyplot as plt
import numpy as np
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import GroupKFold, StratifiedKFold, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from sk_imu import AugmentedClassifier, Resampler, SummaryFeatures, WindowedClassifier
from sk_imu.augmentation import MultiplicativeNoise, multiplicative_noise
from sk_imu.datasets import load_watch
from sk_imu.model_selection import LeakError, check_no_leak

rng = np.random.default_rng(0)
X, y = rng.normal(size=(60, 6, 50)), rng.permutation(["curl", "press"] * 30)
forest = make_pipeline(SummaryFeatures(), RandomForestClassifier(random_state=0))
cv = StratifiedKFold(5, shuffle=True, random_state=0)

# %%
# Copies made before the split are on both sides of it.  Made in ``fit`` by
# :class:`~sk_imu.AugmentedClassifier`, they are copies of training sets only.

copies = np.concatenate([X] + [multiplicative_noise(X, rng) for _ in range(5)])
copies_before = cross_val_score(forest, copies, np.tile(y, 6), cv=cv).mean()
inside = AugmentedClassifier(forest, MultiplicativeNoise(), n_copies=5, random_state=0)
copies_inside = cross_val_score(inside, X, y, cv=cv).mean()

# %%
# Real sets, cut into windows of 4 s that overlap by half, and classified by an SVM.  If the
# windows are shuffled, those of one set are on both sides, and so is every person.  In the
# other scores, people are kept apart; in the last one, the windows of each set vote.

watch = load_watch()
sets = Resampler(sampling_rate_hz=20).fit_transform(watch.data)
windows = [[one[:, i : i + 80] for i in range(0, one.shape[1] - 79, 40)] for one in sets]
which = np.repeat(np.arange(len(sets)), [len(of_set) for of_set in windows])
panel, labels, people = np.concatenate(windows), watch.target[which], watch.subject[which]

svm = make_pipeline(SummaryFeatures(), StandardScaler(), SVC(C=10))
voting = WindowedClassifier(svm)
scores = [
    cross_val_score(svm, panel, labels, cv=cv),
    cross_val_score(svm, panel, labels, groups=people, cv=GroupKFold(5)),
    cross_val_score(voting, sets, watch.target, groups=watch.subject, cv=GroupKFold(5)),
]

names = ["noise, copies\nbefore the split", "noise, copies\ninside the folds"]
names += ["windows\nshuffled", "windows of\nunseen people", "sets of\nunseen people"]
heights = [copies_before, copies_inside, *np.mean(scores, axis=1)]
fig, ax = plt.subplots(figsize=(8, 3.2), layout="constrained")
bars = ax.bar(names, heights, color=["#D55E00", "#0072B2", "#D55E00", "#0072B2", "#0072B2"])
ax.bar_label(bars, fmt="%.3f")
ax.hlines([0.5, 1 / 7], [-0.5, 1.5], [1.5, 4.5], color="black", linestyle=":")
ax.set(ylabel="Accuracy (dotted: chance)", ylim=(0, 1.1), title="Blue is honest")
plt.show()

# %%
# :func:`~sk_imu.model_selection.check_no_leak` compares the values of the two sides and
# names the rows that share something.

train, test = next(cv.split(copies, np.tile(y, 6)))
try:
    check_no_leak(copies, train=train, test=test)
except LeakError as error:
    n_leaking_rows = error.findings["test_row"].nunique()
    print(f"{n_leaking_rows} of {len(test)} test rows leak. {str(error)[:132]}...")

leak_points = 100 * (copies_before - copies_inside)
print(f"On pure noise, copies before the split add {leak_points:.0f} points")
