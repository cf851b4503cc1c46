"""
Your first recording and its quality
====================================

The sensors of a phone are not laboratory instruments.  Samples are missing, values freeze,
two samples have the same time.  Inspect recordings before you train a model on them.

This example damages the files of a simulated person doing squats, so that the faults to be
found are known.
"""

# %%
# The app Sensor Logger exports one CSV file per sensor.
# :func:`~sk_imu.write_sensor_logger` writes the same layout.

import tempfile
from pathlib import Path

import matplotlib.pyplot as plt
import pandas as pd

from sk_imu import RecordingDisplay, read_recording, write_sensor_logger
from sk_imu.datasets import make_exercise_recordings

squats = make_exercise_recordings(1, 1, ["squat"], random_state=0).data[0]
temporary = tempfile.TemporaryDirectory()
folder = write_sensor_logger(squats, Path(temporary.name, "squats"))
print(*sorted(file.name for file in folder.iterdir()), sep="\n")

# %%
# Three faults that occur in real exports: 0.8 s of the accelerometer are missing, the
# gyroscope repeats one value for 2 s, and 30 of its samples have the time of another one.

file = folder / "Accelerometer.csv"
samples = pd.read_csv(file)
seconds = samples["seconds_elapsed"]
samples[(seconds < 12.0) | (seconds > 12.8)].to_csv(file, index=False)

file = folder / "Gyroscope.csv"
samples = pd.read_csv(file)
frozen = samples["seconds_elapsed"].between(20.0, 22.0)
samples.loc[frozen, ["x", "y", "z"]] = samples.loc[frozen, ["x", "y", "z"]].iloc[0].tolist()
samples.loc[1501:1559:2, "time"] = samples.loc[1500:1558:2, "time"].to_numpy()
samples.to_csv(file, index=False)

# %%
# :func:`~sk_imu.read_recording` detects from the content which app wrote the files.  It
# repairs nothing silently: ``notes`` lists what it decided and left out, with counts.

recording = read_recording(folder, label="squat", subject="nobody")
print(recording)
print(*recording.notes, sep="\n")

# %%
# ``quality`` measures each stream.  ``warnings`` lists the important faults, and ``table``
# has all values; here are some of them.

quality = recording.quality
print(*quality.warnings, sep="\n")
quality.table[["rate_hz", "longest_gap_s", "n_duplicated", "longest_stale_s"]]

# %%
# The first 30 s in a figure.  Each sensor has its own rate, so the rows of two files do
# not belong together; the next example deals with that.

RecordingDisplay.from_recording(recording.between(0, 30))
plt.show()

# %%
# A recording with faults can still be useful.  The :class:`~sk_imu.Resampler` raises an
# error for the repeated times unless ``clock="mend"`` spreads them out, and interpolates
# over the gap, which it would refuse from one second on.  The frozen gyroscope cannot be
# repaired: leave out such a set.

n_warnings = len(quality.warnings)
longest_gap_s = quality.streams["Accelerometer"].longest_gap_s
print(f"{n_warnings} warnings; longest gap {longest_gap_s:.2f} s (made: 0.80 s)")
temporary.cleanup()
