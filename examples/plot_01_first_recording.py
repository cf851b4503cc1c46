"""
Your first recording and its quality
====================================

A phone's sensors are not laboratory instruments.  Samples go missing, values freeze, two
samples share one time.  Before anything is learnt from a recording, look at it.

No phone is at hand here, so a simulated person does squats, and we damage the files
ourselves: then we know what has to be found.
"""

# %%
# The app Sensor Logger exports one CSV file a sensor.  :func:`~sk_imu.write_sensor_logger`
# writes the same layout.

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
# Three faults that real exports have, too: 0.8 s of the accelerometer are missing, the
# gyroscope repeats one value for 2 s, and 30 of its samples have another one's time.

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
# :func:`~sk_imu.read_recording` tells by the content which app wrote the files.  It mends
# nothing silently: ``notes`` says what it decided and what it left out, with counts.

recording = read_recording(folder, label="squat", subject="nobody")
print(recording)
print(*recording.notes, sep="\n")

# %%
# ``quality`` measures each stream.  ``warnings`` are the faults worth a look; the table
# has all figures, here a few of them.

quality = recording.quality
print(*quality.warnings, sep="\n")
quality.table[["rate_hz", "longest_gap_s", "n_duplicated", "longest_stale_s"]]

# %%
# The same in a picture, over the first 30 s.  Each sensor has its own rate: no two of
# these files can be laid side by side row by row, which is the next example's concern.

RecordingDisplay.from_recording(recording.between(0, 30))
plt.show()

# %%
# A fault is no verdict.  The :class:`~sk_imu.Resampler` refuses the repeated times, which
# ``clock="mend"`` spreads out, and bridges the gap unless ``max_gap_seconds`` forbids it.
# That the gyroscope stood still for 2 s nothing can mend: leave such a set out.

n_warnings = len(quality.warnings)
longest_gap_s = quality.streams["Accelerometer"].longest_gap_s
print(f"{n_warnings} warnings; longest gap {longest_gap_s:.2f} s (made: 0.80 s)")
temporary.cleanup()
