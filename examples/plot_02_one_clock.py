"""
One clock for many sensors
==========================

Each sensor of a phone has its own start and its own rate, which drifts slightly.  A model
needs all channels at the same times.  The :class:`~sk_imu.Resampler` provides them.
"""

# %%
# A simulated phone on a person doing jumping jacks, a fast exercise.

import matplotlib.pyplot as plt
import numpy as np
from scipy.interpolate import CubicSpline

from sk_imu import Recording, Resampler, ResamplingDisplay, SensorStream
from sk_imu.datasets import make_exercise_recordings

phone = make_exercise_recordings(1, 3, ["jumping_jack"], random_state=0).data[0]
phone.quality.table[["start_s", "rate_hz", "drift_percent", "jitter_ms"]].round(3)

# %%
# The accelerometer delivers 52.7 samples per second, the gyroscope 59.6.  Resampling to 50
# Hz preserves the movement; the figure follows Fig. 2 of Zhang et al. (2024).  The last row
# stretches it to a fixed length, as in the paper.  This is optional here, and compresses
# long sets more than short ones.

ResamplingDisplay.from_recording(
    phone.between(10, 30), sensor="Gyroscope", sampling_rate_hz=50, n_timesteps=256
)
plt.show()

# %%
# How accurate is it?  An ideal gyroscope measures at the times of the phone's gyroscope, so
# that only the clock differs.  Its values at 50 Hz are computed in three ways: row by row,
# as if it had the clock of the accelerometer; by linear interpolation; and by the default,
# quintic splines.

ideal = (
    make_exercise_recordings(1, 3, ["jumping_jack"], sensors="ideal", random_state=0)
    .data[0]
    .streams["Gyroscope"]
)
truth_at = CubicSpline(ideal.timestamps_s, ideal.values)
clock_s = phone.streams["Gyroscope"].timestamps_s
stream = SensorStream(clock_s, truth_at(clock_s))

other_clock_s = phone.streams["Accelerometer"].timestamps_s
found = {"as if one clock": (other_clock_s, stream.values[: len(other_clock_s)])}
for way in ("linear", "quintic"):
    resampler = Resampler(sampling_rate_hz=50, interpolation=way)
    values = resampler.fit_transform([Recording({"Gyroscope": stream})])[0].T
    found[way] = (clock_s[0] + np.arange(len(values)) / 50, values)

# %%
# The error is given relative to the movement (root mean square).

fig, ax = plt.subplots(figsize=(8, 3), layout="constrained")
error_percent = {}
colors = ["#D55E00", "#E69F00", "#0072B2"]
for (way, (times_s, values)), color in zip(found.items(), colors, strict=True):
    truth = truth_at(times_s)
    error = np.linalg.norm(values - truth, axis=1)
    movement = np.linalg.norm(truth - truth.mean(axis=0), axis=1)
    error_percent[way] = 100 * np.sqrt(np.mean(error**2) / np.mean(movement**2))
    label = f"{way}: {error_percent[way]:.3g} %"
    ax.semilogy(times_s, error, color=color, linewidth=0.6, label=label)
ax.set(xlabel="Time (s)", ylabel="Error (rad/s)", ylim=(1e-5, 30))
ax.legend(loc="center left", bbox_to_anchor=(1, 0.5), frameon=False)
plt.show()

# %%
# Rows that only seem simultaneous are useless after some seconds.  The interpolation
# matters much less, but splines cost nothing.  The noise and offset of a real sensor, left
# out here, come in addition.

interpolation_error_percent = error_percent["quintic"]
print(f"Interpolation error: {interpolation_error_percent:.3f} % of the movement")
