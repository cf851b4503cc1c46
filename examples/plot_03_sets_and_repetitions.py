"""
Sets and repetitions
====================

A recording usually contains a whole workout.  Most of it is rest, so the sets have to be
found first.  This needs no model: exercise is movement that resembles itself one repetition
later.
"""

# %%
# Three simulated people, two exercises each, four sets with rests.  The simulator returns
# the true start and end of each set and repetition.

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
# :class:`~sk_imu.SegmentationDisplay` draws the result over the movement: shaded sets, a
# line at the start of each repetition, and above each set its count and confidence.  Single
# steps and turns during rests are not exercise, because they are not repeated.

SegmentationDisplay.from_recording(made.data[0])
plt.show()

# %%
# Found and true counts of all six workouts.  :func:`~sk_imu.find_bouts` returns the
# positions of the sets and their repetitions, without cutting.

rows = []
for workout, bouts, repetitions in zip(
    made.data, made.bouts, made.repetitions, strict=True
):
    found = find_bouts(workout)
    n_repetitions = sum(len(bout.repetitions) for bout in found)
    rows.append((workout.source, len(bouts), len(found), len(repetitions), n_repetitions))
columns = ["workout", "true sets", "found sets", "true repetitions", "found repetitions"]
counts = pd.DataFrame(rows, columns=columns).set_index("workout")
print(counts.to_string())

# %%
# Simulated people are more regular than real ones.  These are the 14 real sets of the first
# person of the watch data, who was asked for 20 repetitions in each.  The true number was
# not counted and may differ from 20.

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
