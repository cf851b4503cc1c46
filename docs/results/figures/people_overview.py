"""Each model's accuracy on unseen people of eight data sets, and the time of its fit.

    cd docs/results/figures && python people_overview.py ../../_static/people.png

draws the picture in the README.
"""

import sys
from pathlib import Path

import matplotlib.pyplot as plt
import pandas as pd

NAMES = {
    "watch": "watch",
    "phone-hand": "phone, hand",
    "phone-pocket": "phone, pocket",
    "utd-mhad": "UTD-MHAD, thigh",
    "mex-thigh": "MEx, thigh",
    "utd-mhad-wrist": "UTD-MHAD, wrist",
    "dsads-right-arm": "DSADS, arm",
    "wisdm-watch": "WISDM, watch",
    "mean": "mean",
}
MARKS = {
    "rf": ("RF", "0.45", "v"),
    "svm": ("SVM", "#E69F00", "^"),
    "minirocket": ("MiniRocket", "#D55E00", "s"),
    "cnn": ("CNN", "#56B4E9", "o"),
    "cnn-gru": ("CNN-GRU", "#0072B2", "D"),
}

# The plot directive runs scripts in their own folder.
share = pd.read_csv(Path("people_sets.csv"), index_col="model")[list(NAMES)]
time = pd.read_csv(Path("people_fit.csv"), index_col="model")["geometric mean"]
figure, (left, right) = plt.subplots(
    1, 2, figsize=(8, 3.6), layout="constrained", width_ratios=[1.5, 1]
)
rows = range(len(NAMES) - 1, -1, -1)
left.hlines(rows, share.min(), share.max(), color="0.88", linewidth=1, zorder=1)
for model, (label, color, marker) in MARKS.items():
    line = {"color": color, "marker": marker, "linestyle": "none", "markersize": 7}
    left.plot(share.loc[model], rows, label=label, **line)
    right.plot(time[model], share.loc[model, "mean"], **line)
left.set(xlabel="Share of correct sets of unseen people")
left.set_yticks(rows, NAMES.values())
left.axhline(0.5, color="0.6", linewidth=0.8)
right.set(xlabel="Time of a fit, CNN-GRU = 1", ylabel="Mean share of correct sets")
right.set_xscale("log", base=2)
right.set_xticks([0.125, 0.25, 0.5, 1, 2], ["1/8", "1/4", "1/2", "1", "2"])
for ax in (left, right):
    ax.spines[["top", "right"]].set_visible(False)
left.spines["left"].set_visible(False)
left.tick_params(axis="y", length=0)
figure.legend(loc="outside upper center", ncols=len(MARKS), frameon=False)
if __name__ == "__main__" and len(sys.argv) > 1:
    figure.savefig(sys.argv[1], dpi=130)
