"""
Sets and repetitions
====================

Nobody stops the recording between two sets.  What comes from a phone is a whole training,
mostly rest, and its sets have to be found first.  No model is needed for that: exercise is
movement that resembles itself one repetition later.
"""

# %%
# Three simulated people, two exercises each, four sets with rests.  The simulator knows
# when each set and each repetition began and ended.

import matplotlib.pyplot as plt
import pandas as pd

from sk_imu import SegmentationDisplay, find_bouts, find_repetitions, segment_sets
from sk_imu.datasets import load_watch, make_exercise_recordings

made = make_exercise_recordings(3, 4, ["squat", "lunge"], random_state=0)
print(made.data[0])

# %%
# :func:`~sk_imu.segment_sets` cuts a recording into its sets, each a recording of its own.

sets = segment_sets(made.data[0])
for one in sets:
    print(one.notes[-1])

# %%
# :class:`~sk_imu.SegmentationDisplay` draws what is found on the movement: shaded sets,
# a line where each repetition begins, and above each set its count and how sure it is.
# Single steps and turns in the rests are no exercise, for they are not repeated.

SegmentationDisplay.from_recording(made.data[0])
plt.show()

# %%
# Found and true, over all six trainings.  :func:`~sk_imu.find_bouts` tells where the sets
# and their repetitions are, without cutting.

rows = []
for training, bouts, repetitions in zip(
    made.data, made.bouts, made.repetitions, strict=True
):
    found = find_bouts(training)
    n_repetitions = sum(len(bout.repetitions) for bout in found)
    rows.append((training.source, len(bouts), len(found), len(repetitions), n_repetitions))
columns = ["training", "true sets", "found sets", "true repetitions", "found repetitions"]
counts = pd.DataFrame(rows, columns=columns).set_index("training")
print(counts.to_string())

# %%
# Simulated people repeat themselves better than real ones do.  So here are the 14 real sets
# of the first person of the watch data, who was asked for 20 repetitions in each.  Nobody
# counted along: 20 is what was asked for, not surely what was done.

watch = load_watch()
real = [one for one in watch.data if one.subject == 1]
real_counts = pd.Series([len(find_repetitions(one)) for one in real])

fig, ax = plt.subplots(figsize=(5, 3), layout="constrained")
bars = real_counts.value_counts().sort_index()
ax.bar(bars.index, bars, color="#0072B2", width=0.8)
ax.axvline(20, color="black", linestyle=":", label="asked for")
ax.set(xlabel="Repetitions found in a set", ylabel="Number of sets", xticks=range(18, 23))
ax.legend(frameon=False)
plt.show()

# %%
# This is one person.  The page :doc:`/results/segmentation` has the figures for all 140
# sets and for other data, and shows where the method fails.

n_true, n_found = counts["true repetitions"].sum(), counts["found repetitions"].sum()
n_real_exact = (real_counts == 20).sum()
print(
    f"Simulated: {n_found} of {n_true} repetitions; watch: {n_real_exact} of 14 sets are 20"
)
