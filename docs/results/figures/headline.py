"""Macro F1 of each model under three protocols, as published and on the watch data.

    cd docs/results/figures && python headline.py ../../_static/headline.png

draws the picture in the README.
"""

import sys
from pathlib import Path

import matplotlib.pyplot as plt
import pandas as pd

# The plot directive runs scripts in their own folder.
figures = pd.read_csv(Path("headline.csv")).iloc[::-1]
marks = {
    "published": ("published: one person", "0.35", "|", 14),
    "a": ("(a) copies of test sets in training", "#D55E00", "o", 8),
    "b": ("(b) new sets of known people", "#56B4E9", "s", 7),
    "c": ("(c) unseen people", "#0072B2", "D", 9),
    "worst person": ("(c) worst person: accuracy", "#CC79A7", "x", 8),
}
figure, ax = plt.subplots(figsize=(8, 3.6), layout="constrained")
rows = range(len(figures))
ax.hlines(rows, figures[list(marks)].min(axis=1), 1, color="0.88", linewidth=1, zorder=1)
for column, (label, color, marker, size) in marks.items():
    line = {"marker": marker, "markersize": size, "markeredgewidth": 2}
    ax.plot(figures[column], rows, color=color, linestyle="none", label=label, **line)
ax.set(xlabel="Macro F1 on test sets", xlim=(0.75, 1.01))
ax.set_yticks(rows, figures["model"])
ax.spines[["top", "right", "left"]].set_visible(False)
ax.tick_params(axis="y", length=0)
figure.legend(loc="outside right center", frameon=False)
if __name__ == "__main__" and len(sys.argv) > 1:
    figure.savefig(sys.argv[1], dpi=150)
