"""What all drawings share: colours, labels, notes, and the place they are drawn in."""

import textwrap
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure, SubFigure

# Okabe and Ito's palette for the colour-blind, without black, which is kept for means,
# and yellow, which white paper swallows.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
MARKERS = ("o", "s", "^", "D", "v", "P")
_SPELLINGS = {
    **{name: name.upper() for name in ("rf", "svm", "cnn", "gru", "cnn-gru")},
    "minirocket": "MiniRocket",
}
_LINES = ("-", "--", ":", "-.")


def look_of_line(i: int) -> dict[str, Any]:
    """Return colour and line of the i-th of several curves."""
    line = _LINES[i // len(COLOURS) % len(_LINES)]
    return {"color": COLOURS[i % len(COLOURS)], "linestyle": line}


def look_of_marks(i: int) -> dict[str, Any]:
    """Return colour and mark of the i-th model; no two of 36 have both the same."""
    shift = i // len(COLOURS)
    marker = MARKERS[(i + shift) % len(MARKERS)]
    return {"color": COLOURS[i % len(COLOURS)], "marker": marker}


def shown(text: Any, width: int = 24) -> str:
    """Return a label on one line, cut in its middle where it is too long."""
    text = " ".join(str(text).split())
    if len(text) <= width:
        return text
    return f"{text[: width // 2]}…{text[width // 2 - width + 1 :]}"


def name_of(model: Any) -> str:
    """Return a model's name as it is shown: the study's by their usual spelling."""
    return _SPELLINGS.get(str(model), str(model))


def new_axes(width: float, height: float) -> "Axes":
    """Return the axes of a new figure."""
    import matplotlib.pyplot as plt

    _, ax = plt.subplots(figsize=(width, height), layout="constrained")
    return ax


def figure_in(
    ax: "Axes | Figure | SubFigure | None", width: float, height: float
) -> "Figure | SubFigure":
    """Return the figure for several panels: a new one, that given, or one in axes' place.

    Raises
    ------
    ValueError
        If the axes have no place in a grid.
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
            "ax has no place in a grid, so that its place can't be divided. Make it by "
            "plt.subplots or Figure.subplots, or give a figure or subfigure."
        )
    figure = ax.figure
    ax.remove()
    return figure.add_subfigure(place)


def write_note(figure: "Figure | SubFigure", text: str) -> None:
    """Write a note under the figure."""
    width = figure.bbox.width / figure.dpi
    text = textwrap.fill(text, int(15 * width))
    figure.supxlabel(text, x=0.01, ha="left", fontsize=8, color="0.3")


def titled_legend(ax: "Axes", title: str, **look: Any) -> None:
    """Draw the legend of axes, its title above the first column."""
    ax.legend(title=title, alignment="left", frameon=False, **look)


def legend_of(
    figure: "Figure | SubFigure", known: Mapping[str, Any], loc: Any = "outside upper right"
) -> None:
    """Name what is drawn, beside the panels; nothing if there is nothing."""
    if known:
        figure.legend(
            list(known.values()),
            list(known),
            loc=loc,
            ncols=6,
            frameon=False,
            fontsize=8,
        )
