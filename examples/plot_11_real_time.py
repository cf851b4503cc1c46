"""
Sets and repetitions while they happen
======================================

An app shows the exercise and counts the repetitions during the set.
:class:`~sk_imu.streaming.StreamingClassifier` takes the samples as they arrive and answers
each second; :class:`~sk_imu.streaming.SetTracker` makes sets of the answers.
"""

# %%
# A random forest is fitted on simulated workouts of three people. The workout of a fourth
# person, two sets each of three exercises, comes in messages of half a second.

import matplotlib.pyplot as plt
import numpy as np

from sk_imu.datasets import make_exercise_recordings
from sk_imu.recognition import fit_recordings
from sk_imu.streaming import SetTracker, StreamingClassifier

made = make_exercise_recordings(4, 2, random_state=0)
model = fit_recordings(made.data[3:], "rf", random_state=0)


def messages(recordings, seconds=0.5):
    """Yield sensor, times and values of each message; recordings follow one another."""
    begin_s = 0.0
    for one in recordings:
        for from_s in np.arange(0, one.duration_s, seconds):
            part = one.between(from_s, from_s + seconds)
            for sensor, stream in part.streams.items():
                yield sensor, begin_s + stream.timestamps_s, stream.values
        begin_s += one.duration_s


# %%
# An event says that a set has begun, goes on or has ended, and how many repetitions it has.

tracker = SetTracker(StreamingClassifier(model, step_seconds=1))
answers, events, acceleration = [], [], []
for sensor, times_s, values in messages(made.data[:3]):
    for event in tracker.push(sensor, times_s, values):
        events.append((times_s[-1], event))
    if tracker.answer_ is not None and tracker.answer_ not in answers[-1:]:
        answers.append(tracker.answer_)
    if sensor == "TotalAcceleration":
        acceleration.append(np.column_stack([times_s, np.linalg.norm(values, axis=1)]))
events += [(times_s[-1], event) for event in tracker.finish()]

found = [event for _, event in events if event.kind == "end"]
repetitions = [event.repetitions for event in found]
for event in found:
    print(f"{event.start_s:.0f} to {event.end_s:.0f} s: {event.repetitions} {event.label}")

# %%
# The acceleration with the sets that were found, the probability of each exercise in each
# window, and the number of repetitions when it became known.

time_s, norm = np.concatenate(acceleration).T
fig, (signal, image, count) = plt.subplots(
    3, figsize=(9, 6), height_ratios=[2, 1, 2], sharex=True, layout="constrained"
)
signal.plot(time_s, norm, color="0.5", linewidth=0.4)
ends_s = [answer.time_s for answer in answers]
image.imshow(
    np.array([answer.probabilities for answer in answers]).T,
    extent=(ends_s[0] - 1, ends_s[-1], len(model.classes_) - 0.5, -0.5),
    aspect="auto",
    cmap="Blues",
)
image.set_yticks(range(len(model.classes_)), model.classes_)
for number, event in enumerate(found, start=1):
    signal.axvspan(event.start_s, event.end_s, color="C0", alpha=0.25, linewidth=0)
    shown = [(at, one.repetitions) for at, one in events if one.number == number]
    count.step(*zip(*shown, strict=True), where="post", color="C0")
    count.annotate(event.label, shown[-1], (0, 6), textcoords="offset points", ha="right")
signal.set(ylabel="Acceleration in m/s²", ylim=(0, 30))
count.set(xlabel="Time in s", ylabel="Repetitions", xlim=(0, time_s[-1]), ylim=(0, 14))
plt.show()
