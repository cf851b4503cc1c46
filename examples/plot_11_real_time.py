"""
Real-time prediction from windows
=================================

An app cannot wait for the end of a set.  A fitted pipeline takes any recording, including
the last four seconds of one: here once per second, as in an app.
"""

# %%
# The CNN-GRU of the study is trained on nine people, with few epochs, so that this page
# builds quickly.  The tenth person is the user of the app.

import time

import matplotlib.pyplot as plt
import numpy as np

from sk_imu.datasets import load_watch
from sk_imu.pipelines import make_pipeline_for

watch = load_watch()
model = make_pipeline_for("cnn-gru", random_state=0)
model.set_params(classify__estimator__max_epochs=6)
others = [one for one in watch.data if one.subject != 10]
model.fit(others, [one.label for one in others])

# %%
# Seven sets, one after another.  Each second, the model gets the last 4 s, and nothing from
# the future.

sets = [one for one in watch.data if one.subject == 10 and one.side == "right"]
truth, probabilities, milliseconds = [], [], []
for one in sets:
    for now_s in np.arange(4.0, one.duration_s):
        last = one.between(now_s - 4, now_s)
        began = time.perf_counter()
        probabilities.append(model.predict_proba([last])[0])
        milliseconds.append(1000 * (time.perf_counter() - began))
        truth.append(one.label)
truth, probabilities = np.array(truth), np.array(probabilities)
right = model.classes_[probabilities.argmax(axis=1)] == truth

# %%
# Dark means probable; black lines mark the true exercise.

fig, ax = plt.subplots(figsize=(9, 3), layout="constrained")
image = ax.imshow(probabilities.T, aspect="auto", cmap="Blues", interpolation="none")
for row, label in enumerate(model.classes_):
    done = np.flatnonzero(truth == label)
    ax.hlines([row - 0.5, row + 0.5], done[0] - 0.5, done[-1] + 0.5, color="black")
ax.set_yticks(range(len(model.classes_)), model.classes_)
ax.set(xlabel="Prediction, one per second", ylabel="Exercise")
fig.colorbar(image, label="Probability")
plt.show()

# %%
# All errors here confuse external and internal rotation (ER, IR) or the two raises (ABD,
# FEL).  After a set, ``predict`` lets all of its windows vote.

whole = np.mean(model.predict(sets) == [one.label for one in sets])
print(
    f"Whole sets correct: {whole:.2f}; a prediction took {np.median(milliseconds):.0f} ms"
)

# %%
# The training set has no rest, so the model predicts an exercise for rest, too.
# :func:`~sk_imu.find_bouts` separates rest from exercise, but needs the whole bout.

share_of_seconds_right = right.mean()
print(f"Correct in {share_of_seconds_right:.0%} of {len(right)} seconds")
