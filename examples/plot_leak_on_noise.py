"""
What a leak does to labels that are pure noise
==============================================

Here nothing can be learnt: the signals are noise and the labels are thrown like dice.
An honest score is that of chance.  Augmented copies made before the split let a forest
remember what it is tested on; copies made inside the folds do not.
"""

# %%
# Sixty sets of two classes that have nothing to do with the signals.

import matplotlib.pyplot as plt
import numpy as np
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import StratifiedKFold, cross_val_score
from sklearn.pipeline import make_pipeline

from sk_imu import AugmentedClassifier, Flatten, MultiplicativeNoise
from sk_imu.augmentation import multiplicative_noise

rng = np.random.default_rng(0)
X = rng.normal(size=(60, 6, 50))
y = rng.permutation(np.repeat(["curl", "press"], 30))

forest = make_pipeline(Flatten(), RandomForestClassifier(random_state=0))
folds = StratifiedKFold(5, shuffle=True, random_state=0)

# %%
# The wrong way: five copies of each set, then the folds.  Copies of one set land on both
# sides of every split.

copies = np.concatenate([X] + [multiplicative_noise(X, rng) for _ in range(5)])
before = cross_val_score(forest, copies, np.tile(y, 6), cv=folds)

# %%
# The same copies where they belong, made in ``fit`` from the training sets alone.

augmented = AugmentedClassifier(forest, MultiplicativeNoise(), n_copies=5, random_state=0)
inside = cross_val_score(augmented, X, y, cv=folds)

print(f"copies before the split: {before.mean():.2f}, inside: {inside.mean():.2f}")

# %%
# The first figure looks like a success and is worth nothing.

fig, ax = plt.subplots(figsize=(5, 3), layout="constrained")
ax.bar(
    ["copies before\nthe split", "copies inside\nthe folds"], [before.mean(), inside.mean()]
)
ax.axhline(0.5, color="black", linestyle=":", label="chance")
ax.set(ylabel="accuracy", ylim=(0, 1.05))
ax.legend()
plt.show()
