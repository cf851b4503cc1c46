"""Draw what two exercises differ in, by channel and phase of the repetition."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from ..inspection import phase_differences
from ..recording import SENSOR_UNITS, Recording, sensor_of
from ._style import COLORS, figure_in, legend_of, shown

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure, SubFigure


@dataclass(kw_only=True, eq=False, repr=False)
class PhaseDifferenceDisplay:
    """The mean repetition of two exercises, with its spread, a panel for each channel.

    Above each panel stands the largest difference of the two means, in standard deviations,
    and the phase where it is, which a vertical line marks. Create it with
    :meth:`from_recordings` or :meth:`from_table`.

    Parameters
    ----------
    table : DataFrame
        As :func:`~sk_imu.inspection.phase_differences` returns it.

    Attributes
    ----------
    axes_ : ndarray of matplotlib Axes of shape (n_channels,)
        The panels.
    figure_ : matplotlib Figure or SubFigure
        The figure with the panels.

    See Also
    --------
    sk_imu.inspection.phase_differences : Computes what is drawn.

    Examples
    --------
    >>> from sk_imu import PhaseDifferenceDisplay
    >>> from sk_imu.datasets import make_exercise_recordings
    >>> made = make_exercise_recordings(2, 1, continuous=False, random_state=0)
    >>> display = PhaseDifferenceDisplay.from_recordings(
    ...     made.data, made.target, ("lunge", "squat")
    ... )
    >>> len(display.axes_)
    6
    """

    table: pd.DataFrame

    @classmethod
    def from_recordings(
        cls,
        X: Sequence[Recording],
        y: ArrayLike,
        exercises: tuple[Any, Any],
        *,
        ax: "Axes | Figure | SubFigure | None" = None,
        **options: Any,
    ) -> Self:
        """Compare the repetitions of two exercises.

        Parameters
        ----------
        X : list of Recording
            The sets.
        y : array-like of shape (n_sets,)
            Their labels.
        exercises : pair of labels
            The two exercises.
        ax : matplotlib Axes, Figure or SubFigure, optional
            Where to draw; axes are replaced by the panels. By default a new figure.
        **options : dict
            Passed on to :func:`~sk_imu.inspection.phase_differences`, such as ``channels``.

        Returns
        -------
        display : PhaseDifferenceDisplay
            The display, drawn.
        """
        return cls.from_table(phase_differences(X, y, exercises, **options), ax=ax)

    @classmethod
    def from_table(
        cls, table: pd.DataFrame, *, ax: "Axes | Figure | SubFigure | None" = None
    ) -> Self:
        """Draw a table of differences.

        Parameters
        ----------
        table : DataFrame
            As :func:`~sk_imu.inspection.phase_differences` returns it.
        ax : matplotlib Axes, Figure or SubFigure, optional
            Where to draw; axes are replaced by the panels. By default a new figure.

        Returns
        -------
        display : PhaseDifferenceDisplay
            The display, drawn.
        """
        return cls(table=table).plot(ax=ax)

    def plot(self, *, ax: "Axes | Figure | SubFigure | None" = None) -> Self:
        """Draw the display.

        Parameters
        ----------
        ax : matplotlib Axes, Figure or SubFigure, optional
            Where to draw; axes are replaced by the panels. By default a new figure.

        Returns
        -------
        display : PhaseDifferenceDisplay
            The display itself.
        """
        channels = list(dict.fromkeys(self.table["channel"]))
        n_columns = min(3, len(channels))
        n_rows = -(-len(channels) // n_columns)
        self.figure_ = figure_in(ax, 3.4 * n_columns, 0.6 + 2.1 * n_rows)
        panels = self.figure_.subplots(
            n_rows, n_columns, sharex=True, squeeze=False
        ).ravel()
        for panel in panels[len(channels) :]:
            panel.set_visible(False)
        self.axes_ = panels[: len(channels)]
        known: dict[str, Any] = {}
        for channel, panel in zip(channels, self.axes_, strict=True):
            rows = self.table[self.table["channel"] == channel]
            for color, (exercise, part) in zip(
                COLORS, rows.groupby("exercise", sort=False), strict=False
            ):
                phase, mean, spread = part[["phase", "mean", "spread"]].to_numpy(float).T
                (line,) = panel.plot(100 * phase, mean, color=color, linewidth=1.2)
                low, high = mean - spread, mean + spread
                panel.fill_between(
                    100 * phase, low, high, color=color, alpha=0.2, linewidth=0
                )
                n_repetitions = int(part["n_repetitions"].iloc[0])
                known.setdefault(f"{shown(exercise)} ({n_repetitions} repetitions)", line)
            self._mark_largest(panel, channel, rows)
        for panel in self.axes_[-n_columns:]:
            panel.set_xlabel("Phase of the repetition (%)", fontsize=8)
            panel.tick_params(labelbottom=True)  # also where the row below is not full
        legend_of(self.figure_, known, loc="outside lower center")
        return self

    def _mark_largest(self, panel: "Axes", channel: str, rows: pd.DataFrame) -> None:
        half = rows.iloc[: len(rows) // 2]  # the other exercise has the same with signs
        sizes = half["difference"].abs().to_numpy(float)
        where = 100 * float(half["phase"].to_numpy(float)[int(np.argmax(sizes))])
        panel.axvline(where, color="0.5", linewidth=0.8, linestyle="--")
        unit = SENSOR_UNITS.get(sensor_of(channel))
        text = f"{channel} ({unit})" if unit else channel
        panel.set_title(f"{text}: {sizes.max():.1f} SD at {where:.0f} %", fontsize=8)
        panel.tick_params(labelsize=7)
