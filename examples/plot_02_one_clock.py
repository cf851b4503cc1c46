"""
One clock for many sensors
==========================

Each sensor of a phone starts when it likes and samples at a rate of its own, which drifts
a little.  A model wants one table: every channel at the same moments.  The
:class:`~sk_imu.Resampler` makes it.
"""

# %%
# A simulated phone on somebody who does jumping jacks: quick, so that clocks matter.

import matplotlib.pyplot as plt
import numpy as np
from scipy.interpolate import CubicSpline

from sk_imu import Recording, Resampler, ResamplingDisplay, SensorStream
from sk_imu.datasets import make_exercise_recordings

phone = make_exercise_recordings(1, 3, ["jumping_jack"], random_state=0).data[0]
phone.quality.table[["start_s", "rate_hz", "drift_percent", "jitter_ms"]].round(3)

# %%
# The accelerometer gives 52.7 samples a second, the gyroscope 59.6.  Brought to 50 Hz, the
# movement is the same; the picture is in the manner of Fig. 2 of Zhang, Lau and Zhu (2024).
# The last row stretches it to a fixed length, as they did.  It is optional here, and what
# lasts longer is squeezed more.

ResamplingDisplay.from_recording(
    phone.between(10, 30), sensor="Gyroscope", sampling_rate_hz=50, n_timesteps=256
)
plt.show()

# %%
# How near is it to the truth?  We let an ideal gyroscope measure at the times of the
# phone's, so that nothing but the clock is wrong, and ask for its value every 1/50 s in
# three ways: row after row, as if it had the accelerometer's clock; by straight lines
# between samples; and by the default, quintic splines.

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
# The error is told as a share of the movement (root mean squares).

fig, ax = plt.subplots(figsize=(8, 3), layout="constrained")
error_percent = {}
colours = ["#D55E00", "#E69F00", "#0072B2"]
for (way, (times_s, values)), colour in zip(found.items(), colours, strict=True):
    truth = truth_at(times_s)
    error = np.linalg.norm(values - truth, axis=1)
    movement = np.linalg.norm(truth - truth.mean(axis=0), axis=1)
    error_percent[way] = 100 * np.sqrt(np.mean(error**2) / np.mean(movement**2))
    label = f"{way}: {error_percent[way]:.3g} %"
    ax.semilogy(times_s, error, color=colour, linewidth=0.6, label=label)
ax.set(xlabel="Time (s)", ylabel="Error (rad/s)", ylim=(1e-5, 30))
ax.legend(loc="center left", bbox_to_anchor=(1, 0.5), frameon=False)
plt.show()

# %%
# A table of rows that only look simultaneous is of no use after some seconds.  How values
# between two samples are found matters far less, but splines cost nothing.  A real sensor's
# noise and offset, left out here, come on top.

interpolation_error_percent = error_percent["quintic"]
print(f"Interpolation error: {interpolation_error_percent:.3f} % of the movement")
