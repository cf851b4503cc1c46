"""Accuracy on unseen people against fit time, from the figures of the people page."""

from pathlib import Path

import matplotlib.pyplot as plt
import pandas as pd

from sk_imu import AccuracyTimeDisplay

# The plot directive runs scripts in their own folder.
figures = pd.read_csv(Path("choosing.csv"))
figure, axes = plt.subplots(2, 2, figsize=(8, 6), layout="constrained")
for ax, (name, rows) in zip(axes.flat, figures.groupby("data", sort=False), strict=True):
    AccuracyTimeDisplay(
        intervals=rows.rename(columns={"sets": "score"}).reset_index(drop=True),
        seconds=dict(zip(rows["model"], rows["fit time"], strict=True)),
        score_name="Share of sets",
    ).plot(ax=ax)
    ax.set(xlabel="Fit time (CNN-GRU = 1)")
    ax.set_title(name, loc="left", fontsize=10)
