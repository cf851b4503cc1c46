"""Average ranks of the models over the data sets."""

from pathlib import Path

import pandas as pd

from sk_imu import CriticalDifferenceDisplay

# The plot directive runs scripts in their own folder.
wide = pd.read_csv(Path("people_sets.csv")).drop(columns="mean")
scores = wide.melt("model", var_name="subject", value_name="score")
display = CriticalDifferenceDisplay.from_scores(scores)
display.ax_.set_xlabel("Average rank over 8 data sets, 1 is best")
