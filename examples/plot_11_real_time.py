"""
Real time: windows as they come
===============================

A watch doesn't wait for the end of a set.  A fitted pipeline takes any recording, and so
it takes the last four seconds of one, too: once a second here, as an app would ask.
"""

# %%
# The study's CNN-GRU learns from nine people; few epochs, so that this page is built
# quickly.  The tenth person is the one who trains now.

import time

import matplotlib.pyplot as plt
import numpy as np

from sk_imu.datasets import load_watch
from sk_imu.study import make_pipeline_for

watch = load_watch()
model = make_pipeline_for("cnn-gru", random_state=0, channels=watch.channel_names)
model.set_params(classify__estimator__max_epochs=6)
others = [one for one in watch.data if one.subject != 10]
model.fit(others, [one.label for one in others])

# %%
# Seven sets, one after another.  Each second the model gets what the last 4 s brought, and
# nothing of what is still to come.

training = [one for one in watch.data if one.subject == 10 and one.side == "right"]
truth, probabilities, milliseconds = [], [], []
for one in training:
    for now_s in np.arange(4.0, one.duration_s):
        last = one.between(now_s - 4, now_s)
        began = time.perf_counter()
        probabilities.append(model.predict_proba([last])[0])
        milliseconds.append(1000 * (time.perf_counter() - began))
        truth.append(one.label)
truth, probabilities = np.array(truth), np.array(probabilities)
right = model.classes_[probabilities.argmax(axis=1)] == truth

# %%
# Dark is probable; the black lines show what was done in truth.

fig, ax = plt.subplots(figsize=(9, 3), layout="constrained")
image = ax.imshow(probabilities.T, aspect="auto", cmap="Blues", interpolation="none")
for row, label in enumerate(model.classes_):
    done = np.flatnonzero(truth == label)
    ax.hlines([row - 0.5, row + 0.5], done[0] - 0.5, done[-1] + 0.5, color="black")
ax.set_yticks(range(len(model.classes_)), model.classes_)
ax.set(xlabel="Answer, one a second", ylabel="Exercise")
fig.colorbar(image, label="Probability")
plt.show()

# %%
# Here all errors are of outward and inward rotation (ER, IR) and of the two raises (ABD,
# FEL).  Once a set is over, ``predict`` lets all of its windows vote.

whole = np.mean(model.predict(training) == [one.label for one in training])
print(f"Whole sets right: {whole:.2f}; an answer took {np.median(milliseconds):.0f} ms")

# %%
# What this model lacks for an app is rest: it has never seen any, and calls it some
# exercise.  :func:`~sk_imu.find_bouts` tells the two apart, but needs the whole bout.

share_of_seconds_right = right.mean()
print(f"Right in {share_of_seconds_right:.0%} of {len(right)} seconds")
