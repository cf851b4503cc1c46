"""What a drawing holds, and noise to draw."""

import numpy as np


def lines_of(ax):
    return {line.get_label(): line for line in ax.lines}


def names_of(figure):
    (legend,) = figure.legends
    return [text.get_text() for text in legend.get_texts()]


def noise(n, n_axes=3, seed=0):
    return np.random.default_rng(seed).normal(size=(n, n_axes))
