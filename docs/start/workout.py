"""A simulated workout: its sets are found, and their exercises predicted."""

from dataclasses import replace

import numpy as np

from sk_imu import Recording, SegmentationDisplay, SensorStream, segment_sets
from sk_imu.datasets import make_exercise_recordings
from sk_imu.recognition import fit_recordings


def concatenated(recordings):
    """Join recordings with the same streams into one."""
    streams = {}
    for sensor in recordings[0].streams:
        times_s, values, shift_s = [], [], 0.0
        for recording in recordings:
            stream = recording.streams[sensor]
            times_s.append(stream.timestamps_s + shift_s)
            values.append(stream.values)
            shift_s += max(one.end_s for one in recording.streams.values()) + 0.02
        streams[sensor] = SensorStream(
            np.concatenate(times_s), np.concatenate(values), stream.axes
        )
    return Recording(streams)


made = make_exercise_recordings(
    4, 2, ["lunge", "side_leg_raise", "squat"], rest_s=(14, 22), random_state=0
)
new = concatenated(made.data[:3])
model = fit_recordings(made.data[3:], "rf")

sets, bouts = segment_sets(new, return_bouts=True)
named = [
    replace(bout, label=label.removeprefix("side_").replace("_", " "))
    for bout, label in zip(bouts, model.predict(sets), strict=True)
]
SegmentationDisplay.from_recording(new, named)
