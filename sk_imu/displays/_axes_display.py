"""The base of displays that are one plot."""

from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from matplotlib.axes import Axes


class AxesDisplay:
    """A display of one plot: a dataclass of what is drawn, which ``_draw`` draws."""

    def plot(self, *, ax: "Axes | None" = None) -> Self:
        """Draw the display.

        Parameters
        ----------
        ax : matplotlib Axes, optional
            Where to draw; by default in a new figure.

        Returns
        -------
        display : Display
            The display itself.

        Raises
        ------
        ValueError
            If what the display holds cannot be drawn.
        """
        self.ax_ = self._draw(ax)
        self.figure_ = self.ax_.figure
        return self

    def _draw(self, ax: "Axes | None") -> "Axes":
        """Return the axes, given or new, with the plot in them."""
        raise NotImplementedError
