"""The common style of displays: colors, labels, notes, and where they draw."""

import textwrap
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure, SubFigure

# The colorblind-safe palette of Okabe and Ito, without black, which is kept for means,
# and yellow, which is hard to see on white.
COLORS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
MARKERS = ("o", "s", "^", "D", "v", "P")
_SPELLINGS = {
    **{name: name.upper() for name in ("rf", "svm", "cnn", "gru", "cnn-gru")},
    "cnn-gru-small": "CNN-GRU small",
    "cnn-gru-large": "CNN-GRU large",
    "minirocket": "MiniRocket",
}
_LINES = ("-", "--", ":", "-.")


def look_of_line(i: int) -> dict[str, Any]:
    """Return color and line style of the i-th curve."""
    line = _LINES[i // len(COLORS) % len(_LINES)]
    return {"color": COLORS[i % len(COLORS)], "linestyle": line}


def look_of_marks(i: int) -> dict[str, Any]:
    """Return color and marker of the i-th model; no two of 36 models share both."""
    # Colors start again after the last one, now each with the next marker.
    shift = i // len(COLORS)
    marker = MARKERS[(i + shift) % len(MARKERS)]
    return {"color": COLORS[i % len(COLORS)], "marker": marker}


def shown(text: Any, width: int = 24) -> str:
    """Return a label on one line, shortened in the middle if it is too long."""
    text = " ".join(str(text).split())
    if len(text) <= width:
        return text
    return f"{text[: width // 2]}…{text[width // 2 - width + 1 :]}"


def name_of(model: Any) -> str:
    """Return a model's name as displays show it, such as RF for rf."""
    return _SPELLINGS.get(str(model), str(model))


def new_axes(width: float, height: float) -> "Axes":
    """Return the axes of a new figure."""
    # Imported late, because pyplot takes long and chooses a backend.
    import matplotlib.pyplot as plt

    _, ax = plt.subplots(figsize=(width, height), layout="constrained")
    return ax


def figure_in(
    ax: "Axes | Figure | SubFigure | None", width: float, height: float
) -> "Figure | SubFigure":
    """Return the figure for several panels: a new or given one, or one in place of axes.

    Raises a ValueError if the axes are not part of a grid.
    """
    if ax is None:
        import matplotlib.pyplot as plt

        return plt.figure(figsize=(width, height), layout="constrained")
    from matplotlib.axes import Axes

    if not isinstance(ax, Axes):
        return ax
    place = ax.get_subplotspec()
    if place is None:
        raise ValueError(
            "ax is not part of a grid, so it cannot be divided into panels. Create it with "
            "plt.subplots or Figure.subplots, or give a figure or subfigure."
        )
    # Axes cannot hold axes: a subfigure takes their place in the grid.
    figure = ax.figure
    ax.remove()
    return figure.add_subfigure(place)


def write_note(figure: "Figure | SubFigure", text: str) -> None:
    """Write a note under the figure."""
    width = figure.bbox.width / figure.dpi
    # About 15 characters of this size fit into an inch.
    text = textwrap.fill(text, int(15 * width))
    figure.supxlabel(text, x=0.01, ha="left", fontsize=8, color="0.3")


def titled_legend(ax: "Axes", title: str, **look: Any) -> None:
    """Draw the legend of axes, its title above the first column."""
    ax.legend(title=title, alignment="left", frameon=False, **look)


def legend_of(
    figure: "Figure | SubFigure", known: Mapping[str, Any], loc: Any = "outside upper right"
) -> None:
    """Draw a legend outside the panels, if anything has a name."""
    if known:
        figure.legend(
            list(known.values()),
            list(known),
            loc=loc,
            ncols=6,
            frameon=False,
            fontsize=8,
        )
