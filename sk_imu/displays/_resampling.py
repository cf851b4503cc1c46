"""Draw a set before and after resampling."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import ArrayLike

from ..preprocessing import FixedLength, Resampler
from ..recording import SENSOR_UNITS, Recording, channel_name, sensor_of
from ..segmentation import Repetition
from ._style import MARKERS, figure_in, legend_of, look_of_line

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure, SubFigure

_REPETITION: dict[str, Any] = {"color": "k", "linestyle": ":", "linewidth": 0.9}


@dataclass(kw_only=True, eq=False, repr=False)
class ResamplingDisplay:
    """One sensor of a set: as recorded, on the uniform clock, and at a fixed length.

    Beside the whole set is a part from its middle that shows single samples. Create it
    with :meth:`from_recording` or :meth:`from_results`.

    Parameters
    ----------
    channel_names : sequence of str of length n_channels
        Channels of one sensor.
    sampling_rate_hz : float
        Rate of the uniform clock in hertz.
    before_s : array-like of shape (n_samples,)
        Time of each recorded sample in seconds.
    before : array-like of shape (n_channels, n_samples)
        The recorded samples.
    uniform : array-like of shape (n_channels, n_timesteps)
        The set on the uniform clock, which starts with the first sample.
    fixed : array-like of shape (n_channels, n_fixed), optional
        The set at a fixed length.
    repetitions_s : sequence of float, default=()
        Start of each repetition, in seconds on the recording's clock.

    Attributes
    ----------
    axes_ : ndarray of matplotlib Axes of shape (n_states, 2)
        The panels, a row for each state: the whole set and the part.
    figure_ : matplotlib Figure or SubFigure
        The figure with the panels.

    See Also
    --------
    sk_imu.Resampler : Brings a set onto a uniform clock.
    sk_imu.FixedLength : Brings it to a fixed length.

    Examples
    --------
    >>> from sk_imu import ResamplingDisplay
    >>> from sk_imu.datasets import load_basic_motions
    >>> recording = load_basic_motions().data[0]
    >>> display = ResamplingDisplay.from_recording(
    ...     recording, sampling_rate_hz=20, n_timesteps=64
    ... )
    >>> [ax.get_title(loc="left") for ax in display.axes_[:, 0]]
    ['As recorded: 100 samples', 'At 20 Hz: 199 samples', 'At a fixed length: 64 samples']
    """

    channel_names: Sequence[str]
    sampling_rate_hz: float
    before_s: ArrayLike
    before: ArrayLike
    uniform: ArrayLike
    fixed: ArrayLike | None = None
    repetitions_s: Sequence[float] = ()

    @classmethod
    def from_recording(
        cls,
        recording: Recording,
        *,
        sampling_rate_hz: float = 50.0,
        n_timesteps: int | None = 256,
        sensor: str | None = None,
        repetitions: Sequence[Repetition] = (),
        ax: "Axes | Figure | SubFigure | None" = None,
        **options: Any,
    ) -> Self:
        """Resample one sensor of a set and draw it before and after.

        Parameters
        ----------
        recording : Recording
            The set.
        sampling_rate_hz : float, default=50.0
            Rate of the uniform clock in hertz.
        n_timesteps : int or None, default=256
            The fixed length; None leaves that state out.
        sensor : str, optional
            The sensor; by default the recording's first.
        repetitions : sequence of Repetition, default=()
            Repetitions whose starts are marked, as
            :func:`~sk_imu.find_repetitions` finds them.
        ax : matplotlib Axes, Figure or SubFigure, optional
            Where to draw; axes are replaced by the panels. By default a new figure.
        **options : dict
            Passed on to :class:`~sk_imu.Resampler`, such as ``clock="mend"``.

        Returns
        -------
        display : ResamplingDisplay
            The display, drawn.

        Raises
        ------
        ValueError
            If the recording has no such sensor, or cannot be resampled.
        """
        if sensor is None:
            sensor = next(iter(recording.streams))
        if sensor not in recording.streams:
            raise ValueError(
                f"{recording.name} has no {sensor}. Give one of "
                f"{', '.join(recording.streams)} as sensor."
            )
        stream = recording.streams[sensor]
        names = [channel_name(sensor, axis) for axis in stream.axes]
        resampler = Resampler(sampling_rate_hz=sampling_rate_hz, channels=names, **options)
        uniform = resampler.fit_transform([recording])
        fixed = None
        if n_timesteps is not None:
            fixed = FixedLength(n_timesteps).fit_transform(uniform)[0]
        # The Resampler begins with the first sample without a missing value.
        first = int(np.argmax(~np.isnan(stream.values).any(axis=1)))
        display = cls(
            channel_names=names,
            sampling_rate_hz=sampling_rate_hz,
            before_s=stream.timestamps_s[first:],
            before=stream.values[first:].T,
            uniform=uniform[0],
            fixed=fixed,
            repetitions_s=[repetition.start_s for repetition in repetitions],
        )
        return display.plot(ax=ax)

    @classmethod
    def from_results(
        cls, results: Any, *, ax: "Axes | Figure | SubFigure | None" = None
    ) -> Self:
        """Draw the example set of the results of a study.

        Parameters
        ----------
        results : StudyResults
            The study's results.
        ax : matplotlib Axes, Figure or SubFigure, optional
            Where to draw; axes are replaced by the panels. By default a new figure.

        Returns
        -------
        display : ResamplingDisplay
            The display, drawn.

        Raises
        ------
        ValueError
            If the results hold no such set.
        """
        if not results.example:
            raise ValueError(
                "The results have no set before and after resampling because all channels "
                "of the study are derived. Use ResamplingDisplay.from_recording."
            )
        states = ("channel_names", "sampling_rate_hz", "before_s", "before", "uniform")
        display = cls(**{name: results.example[name] for name in (*states, "fixed")})
        return display.plot(ax=ax)

    def plot(self, *, ax: "Axes | Figure | SubFigure | None" = None) -> Self:
        """Draw a row for each state: the whole set, and a part of it.

        Parameters
        ----------
        ax : matplotlib Axes, Figure or SubFigure, optional
            Where to draw; axes are replaced by the panels. By default a new figure.

        Returns
        -------
        display : ResamplingDisplay
            The display itself.
        """
        before, uniform = (np.asarray(x, dtype=float) for x in (self.before, self.uniform))
        before_s = np.asarray(self.before_s, dtype=float)
        repetitions_s = np.asarray(self.repetitions_s, dtype=float) - before_s[0]
        before_s = before_s - before_s[0]
        uniform_s = np.arange(uniform.shape[1]) / self.sampling_rate_hz
        # From the middle, and short enough to show single samples: some twenty as recorded,
        # or twelve of a state that has fewer.
        shown_s = float(max(20 * np.median(np.diff(before_s)), 12 / self.sampling_rate_hz))
        samples, fixed = None, None
        if self.fixed is not None:
            fixed = np.asarray(self.fixed, dtype=float)
            samples = np.arange(fixed.shape[1])
            shown_s = max(shown_s, 12 * uniform_s[-1] / len(samples))
        start_s = max((before_s[-1] - shown_s) / 2, 0)
        stretch_s = np.array([start_s, min(start_s + shown_s, before_s[-1])])
        rows: list[tuple[str, Any, Any, float]] = [
            (f"As recorded: {len(before_s)} samples", before_s, before, 1.0),
            (
                f"At {self.sampling_rate_hz:g} Hz: {len(uniform_s)} samples",
                uniform_s,
                uniform,
                1.0,
            ),
        ]
        if samples is not None:
            title = f"At a fixed length: {len(samples)} samples"
            rows.append((title, samples, fixed, samples[-1] / uniform_s[-1]))
        # The fixed length has no clock: its samples per second depend on the set.
        figure = figure_in(ax, 7.5, 2.0 * len(rows))
        panels = figure.subplots(len(rows), 2, sharey="col", width_ratios=[3, 2])
        for (whole, close), (title, x, values, per_s) in zip(panels, rows, strict=True):
            limits = stretch_s * per_s
            known = self._draw_row(whole, close, x, values, limits)
            for marks in (whole, close):
                for start in repetitions_s * per_s:
                    known["repetition"] = marks.axvline(start, **_REPETITION)
                marks.set_xlabel("Sample" if x is samples else "Time (s)")
            whole.axvspan(*limits, color="0.88", zorder=0)
            whole.margins(x=0.01)
            whole.set_title(title, loc="left", fontsize=9)
            close.set_xlim(limits)
            close.set_title("Shaded part", loc="left", fontsize=9)
        sensor = sensor_of(self.channel_names[0])
        unit = f" ({SENSOR_UNITS[sensor]})" if sensor in SENSOR_UNITS else ""
        panels[1, 0].set_ylabel(f"{sensor}{unit}")
        legend_of(figure, known)
        self.axes_, self.figure_ = panels, figure
        return self

    def _draw_row(
        self, whole: "Axes", close: "Axes", x: Any, values: Any, limits: Any
    ) -> dict[str, Any]:
        """Draw a state and its part, and return its lines by name."""
        known: dict[str, Any] = {}
        within = (x >= limits[0]) & (x <= limits[1])
        sensor = sensor_of(self.channel_names[0])
        for i, (name, channel) in enumerate(zip(self.channel_names, values, strict=True)):
            look = look_of_line(i)
            label = name.removeprefix(f"{sensor}_")
            (known[label],) = whole.plot(x, channel, linewidth=0.8, label=label, **look)
            marker = MARKERS[i % len(MARKERS)]
            points = x[within], channel[within]
            close.plot(*points, linewidth=0.8, marker=marker, markersize=2.5, **look)
        return known
