"""Average ranks of the models over the people of all data sets."""

from pathlib import Path

import pandas as pd

from sk_imu import CriticalDifferenceDisplay

# The plot directive runs scripts in their own folder.
CriticalDifferenceDisplay.from_scores(pd.read_csv(Path("people_scores.csv")))
