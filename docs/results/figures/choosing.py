"""Accuracy on the people of all data sets against fit time, as on the people page."""

from pathlib import Path

import pandas as pd

from sk_imu import AccuracyTimeDisplay

# The plot directive runs scripts in their own folder.
fit = pd.read_csv(Path("people_fit.csv"), index_col="model")["geometric mean"]
display = AccuracyTimeDisplay.from_scores(
    pd.read_csv(Path("people_scores.csv")), fit.to_dict(), score_name="Share of sets"
)
display.ax_.set_xlabel("Fit time (CNN-GRU = 1)")
