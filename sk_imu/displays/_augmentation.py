"""Draw augmented copies of a set beside it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray

from ..augmentation import augment_sets
from ..recording import SENSOR_UNITS, sensor_of, signal_of, with_signal
from ._style import figure_in, legend_of, look_of_line, shown

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure, SubFigure


@dataclass(kw_only=True, eq=False, repr=False)
class AugmentationDisplay:
    """A set and augmented copies of it, a panel each, with the set in gray behind copies.

    Create it with :meth:`from_augmenter`.

    Parameters
    ----------
    recorded : ndarray of shape (n_channels, n_timesteps)
        The set.
    copies : sequence of (str, ndarray of shape (n_channels, n_timesteps_i))
        Title and values of each copy.
    channel_names : sequence of str of length n_channels
        Names of the channels.
    sampling_rate_hz : float, optional
        Rate of the timesteps in hertz; without it, timesteps are counted.

    Attributes
    ----------
    axes_ : ndarray of matplotlib Axes of shape (1 + n_copies,)
        The panels, that of the set first.
    figure_ : matplotlib Figure or SubFigure
        The figure with the panels.

    See Also
    --------
    sk_imu.AugmentedClassifier : Learn from augmented copies.

    Examples
    --------
    >>> import numpy as np
    >>> from sk_imu import AugmentationDisplay, MultiplicativeNoise
    >>> X = [np.sin(np.arange(300.0) / [[10], [20], [30]])]
    >>> display = AugmentationDisplay.from_augmenter(
    ...     MultiplicativeNoise(), X, n_copies=2, random_state=0
    ... )
    >>> [ax.get_title(loc="left") for ax in display.axes_]
    ['As recorded', 'Copy 1', 'Copy 2']
    """

    recorded: NDArray[Any]
    copies: Sequence[tuple[str, NDArray[Any]]]
    channel_names: Sequence[str]
    sampling_rate_hz: float | None = None

    @classmethod
    def from_augmenter(
        cls,
        augmenter: Any,
        X: Any,
        *,
        row: int = 0,
        n_copies: int | None = None,
        channel_names: Sequence[str] | None = None,
        sensor: str | None = None,
        sampling_rate_hz: float | None = None,
        random_state: int | np.random.Generator | None = 0,
        ax: "Axes | Figure | SubFigure | None" = None,
    ) -> Self:
        """Augment a set and draw the copies.

        Parameters
        ----------
        augmenter : augmenter, Pipeline of augmenters, or mapping of str to these
            The augmenters that make the copies; the keys of a mapping are titles.
        X : list of arrays or array
            The sets, uniform or panel.
        row : int, default=0
            Index of the set to draw.
        n_copies : int, optional
            Number of copies by each augmenter; by default 3 of a single augmenter, 1 of
            each of several.
        channel_names : sequence of str of length n_channels, optional
            Names of the channels; by default those of X, or ``"0"``, ``"1"`` and so on.
        sensor : str, optional
            Sensor to draw; by default that of the first channel name,
            and all channels where there are no names. All channels are augmented.
        sampling_rate_hz : float, optional
            Rate of the timesteps in hertz, for the time axis; by default that of X.
        random_state : int, Generator or None, default=0
            Random seed of the copies.
        ax : matplotlib Axes, Figure or SubFigure, optional
            Where to draw; axes are replaced by the panels. By default a new figure.

        Returns
        -------
        display : AugmentationDisplay
            The display, drawn.

        Raises
        ------
        ValueError
            If an augmenter mixes sets, ``channel_names`` does not match X, or there is no
            channel of ``sensor``.
        """
        several = isinstance(augmenter, Mapping)
        augmenters = dict(augmenter) if several else {"Copy": augmenter}
        if n_copies is None:
            n_copies = 1 if several else 3
        known, rate_hz = signal_of([X[row]], name=cls.__name__)
        channel_names = known if channel_names is None else channel_names
        sampling_rate_hz = rate_hz if sampling_rate_hz is None else sampling_rate_hz
        recorded = np.atleast_2d(np.asarray(X[row], dtype=float))
        columns = _columns_of(len(recorded), channel_names, sensor)
        names = [str(i) for i in columns] if channel_names is None else channel_names
        rng = np.random.default_rng(random_state)
        copies = []
        for title, one in augmenters.items():
            for i in range(n_copies):
                row_in = with_signal([recorded], channel_names, sampling_rate_hz)
                # All channels, because some augmenters turn or mix several at once.
                (copy,) = augment_sets(one, row_in, rng)
                number = f" {i + 1}" if n_copies > 1 or not several else ""
                copies.append((f"{title}{number}", copy[columns]))
        display = cls(
            recorded=recorded[columns],
            copies=copies,
            channel_names=[names[i] for i in columns],
            sampling_rate_hz=sampling_rate_hz,
        )
        return display.plot(ax=ax)

    def plot(
        self, *, n_columns: int = 4, ax: "Axes | Figure | SubFigure | None" = None
    ) -> Self:
        """Draw a panel for each copy.

        Parameters
        ----------
        n_columns : int, default=4
            Maximum number of panels in a row.
        ax : matplotlib Axes, Figure or SubFigure, optional
            Where to draw; axes are replaced by the panels. By default a new figure.

        Returns
        -------
        display : AugmentationDisplay
            The display itself.
        """
        panels = [("As recorded", self.recorded), *self.copies]
        n_columns = min(n_columns, len(panels))
        n_rows = -(-len(panels) // n_columns)
        figure = figure_in(ax, 0.6 + 2.4 * n_columns, 0.6 + 1.9 * n_rows)
        axes = figure.subplots(n_rows, n_columns, sharex=True, sharey=True, squeeze=False)
        sensor = sensor_of(self.channel_names[0])
        rate_hz = self.sampling_rate_hz or 1
        known: dict[str, Any] = {}
        # The last row of axes may have empty places, which are removed below.
        for i, (ax_, (title, values)) in enumerate(zip(axes.ravel(), panels, strict=False)):
            if i:
                # Behind the copy, and named once in the legend of the figure.
                gray = ax_.plot(
                    np.arange(self.recorded.shape[1]) / rate_hz,
                    self.recorded.T,
                    color="0.75",
                    linewidth=0.8,
                    label="_as recorded",
                )
                known["as recorded"] = gray[0]
            for c, (name, channel) in enumerate(
                zip(self.channel_names, values, strict=True)
            ):
                label = name.removeprefix(f"{sensor}_")
                times = np.arange(len(channel)) / rate_hz
                (known[label],) = ax_.plot(
                    times, channel, linewidth=0.9, label=label, **look_of_line(c)
                )
            ax_.set_title(shown(title), loc="left", fontsize=9)
            ax_.margins(x=0.01)
            if i + n_columns >= len(panels):
                ax_.set_xlabel("Time (s)" if self.sampling_rate_hz else "Timestep")
                # Panels share this axis, and one above an empty place would have no labels.
                ax_.xaxis.set_tick_params(labelbottom=True)
        for ax_ in axes.ravel()[len(panels) :]:
            ax_.remove()
        unit = SENSOR_UNITS.get(sensor)
        for ax_ in axes[:, 0]:
            ax_.set_ylabel(f"{sensor} ({unit})" if unit else "Value")
        legend_of(figure, known)
        self.axes_, self.figure_ = axes.ravel()[: len(panels)], figure
        return self


def _columns_of(
    n_channels: int, channel_names: Sequence[str] | None, sensor: str | None
) -> list[int]:
    """Return the channels of the sensor, all if they have no names."""
    if channel_names is None:
        return list(range(n_channels))
    if len(channel_names) != n_channels:
        raise ValueError(
            f"channel_names has {len(channel_names)} names for the {n_channels} channels "
            "of X. Give one for each."
        )
    sensors = [sensor_of(name) for name in channel_names]
    sensor = sensors[0] if sensor is None else sensor
    if sensor not in sensors:
        given = ", ".join(dict.fromkeys(sensors))
        raise ValueError(f"X has no channel of {sensor}. Give one of {given}.")
    return [i for i, name in enumerate(sensors) if name == sensor]
