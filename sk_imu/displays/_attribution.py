"""Draw which channel, and when, made the answer for a set."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray

from ..inspection import Attribution, attributions
from ..recording import SENSOR_UNITS, Recording, axis_of, sensor_of
from ..segmentation import Repetition, find_repetitions
from ._style import figure_in, shown, write_note

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure, SubFigure

_SENSORS = {"TotalAcceleration": "Acceleration"}


@dataclass(kw_only=True, eq=False, repr=False)
class AttributionDisplay:
    """One set, a panel for each channel, shaded by what speaks for the answer.

    Blue stretches of a channel speak for the class in the title, red ones against it; the
    darkest have the largest effect in the set. Beside each channel stands its share in what
    speaks for the class. Vertical lines are the starts of repetitions. Create it with
    :meth:`from_estimator` or :meth:`from_attribution`.

    Parameters
    ----------
    attribution : Attribution
        What is drawn.
    smooth_seconds : float, default=0.4
        Length in seconds of the moving average of the shading.
    repetitions_s : sequence of float, default=()
        Start of each repetition in seconds from the start of the set.

    Attributes
    ----------
    axes_ : ndarray of matplotlib Axes of shape (n_channels,)
        The panels.
    figure_ : matplotlib Figure or SubFigure
        The figure with the panels.

    See Also
    --------
    sk_imu.inspection.attributions : Computes what is drawn.

    Examples
    --------
    >>> from sk_imu import AttributionDisplay, ExerciseClassifier
    >>> from sk_imu.datasets import make_exercise_recordings
    >>> made = make_exercise_recordings(2, 1, continuous=False, random_state=0)
    >>> clf = ExerciseClassifier("svm").fit(made.data[3:], made.target[3:])
    >>> display = AttributionDisplay.from_estimator(clf, made.data[1], patch_seconds=4.0)
    >>> len(display.axes_)
    6
    """

    attribution: Attribution
    smooth_seconds: float = 0.4
    repetitions_s: Sequence[float] = ()

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        recording: Recording,
        *,
        ax: "Axes | Figure | SubFigure | None" = None,
        **options: Any,
    ) -> Self:
        """Explain the answer of a fitted model for one set.

        Parameters
        ----------
        estimator : ExerciseClassifier or Pipeline
            The fitted model.
        recording : Recording
            The set.
        ax : matplotlib Axes, Figure or SubFigure, optional
            Where to draw; axes are replaced by the panels. By default a new figure.
        **options : dict
            Passed on to :func:`~sk_imu.inspection.attributions`, such as ``target``.

        Returns
        -------
        display : AttributionDisplay
            The display, drawn.
        """
        (attribution,) = attributions(estimator, [recording], **options)
        return cls.from_attribution(attribution, ax=ax)

    @classmethod
    def from_attribution(
        cls,
        attribution: Attribution,
        *,
        smooth_seconds: float = 0.4,
        repetitions: Sequence[Repetition] | None = None,
        ax: "Axes | Figure | SubFigure | None" = None,
    ) -> Self:
        """Draw what :func:`~sk_imu.inspection.attributions` returns for one set.

        Parameters
        ----------
        attribution : Attribution
            The attributions of the set.
        smooth_seconds : float, default=0.4
            Length in seconds of the moving average of the shading.
        repetitions : sequence of Repetition, optional
            What to mark, on a clock that starts with the set; by default what
            :func:`~sk_imu.find_repetitions` finds.
        ax : matplotlib Axes, Figure or SubFigure, optional
            Where to draw; axes are replaced by the panels. By default a new figure.

        Returns
        -------
        display : AttributionDisplay
            The display, drawn.
        """
        if repetitions is None:
            repetitions = _repetitions_of(attribution)
        display = cls(
            attribution=attribution,
            smooth_seconds=smooth_seconds,
            repetitions_s=[repetition.start_s for repetition in repetitions],
        )
        return display.plot(ax=ax)

    def plot(self, *, ax: "Axes | Figure | SubFigure | None" = None) -> Self:
        """Draw the display.

        Parameters
        ----------
        ax : matplotlib Axes, Figure or SubFigure, optional
            Where to draw; axes are replaced by the panels. By default a new figure.

        Returns
        -------
        display : AttributionDisplay
            The display itself.
        """
        one = self.attribution
        names = one.channel_names
        self.figure_ = figure_in(ax, 10, 1.2 + 0.9 * len(names))
        self.axes_ = np.atleast_1d(self.figure_.subplots(len(names), sharex=True))
        shading = one.smoothed(self.smooth_seconds)
        most = float(np.abs(shading).max()) or 1.0
        shares = one.shares("channel")
        for i, (name, panel) in enumerate(zip(names, self.axes_, strict=True)):
            self._draw_channel(panel, one.signal[i], shading[i] / most)
            panel.set_ylabel(_label_of(name), fontsize=7)
            share = f"{shares[name]:.0%}".replace("%", " %")
            panel.text(
                1.005, 0.5, share, transform=panel.transAxes, va="center", fontsize=8
            )
        self.axes_[-1].set_xlabel("Time (s)")
        self.figure_.suptitle(self._title(), fontsize=10, parse_math=False)
        sensors = ", ".join(
            f"{_SENSORS.get(str(name), str(name))} {share:.0%}".replace("%", " %")
            for name, share in one.shares().items()
        )
        write_note(
            self.figure_,
            f"Blue speaks for {shown(one.target)}, red against it. In sum: {sensors}. "
            "Vertical lines: starts of repetitions.",
        )
        return self

    def _draw_channel(
        self, panel: "Axes", channel: NDArray[Any], shade: NDArray[np.float64]
    ) -> None:
        one = self.attribution
        half = 0.5 / one.sampling_rate_hz
        times = one.times_s
        values = np.asarray(channel)
        margin = 0.08 * (np.ptp(values) or 1.0)
        low, high = values.min() - margin, values.max() + margin
        panel.imshow(
            shade[np.newaxis],
            extent=(times[0] - half, times[-1] + half, low, high),
            aspect="auto",
            cmap="RdBu",
            vmin=-1,
            vmax=1,
            interpolation="nearest",
        )
        panel.plot(times, values, color="black", linewidth=0.8)
        for start_s in self.repetitions_s:
            panel.axvline(start_s, color="0.4", linewidth=0.7, linestyle="--")
        panel.set(xlim=(times[0] - half, times[-1] + half), ylim=(low, high))
        panel.tick_params(labelsize=7)

    def _title(self) -> str:
        one = self.attribution
        person = [] if one.subject is None else [f"person {shown(one.subject, 12)}"]
        done = [] if one.label is None else [f"recorded as {shown(one.label)}"]
        answer = f"{shown(one.target)}: {one.score_name} {one.score:.2f}"
        return ", ".join([*person, *done, answer])


def _repetitions_of(attribution: Attribution) -> list[Repetition]:
    """Return the repetitions; none where no sensor shows movement."""
    try:
        return find_repetitions(
            Recording.from_array(
                np.asarray(attribution.signal),
                sampling_rate_hz=attribution.sampling_rate_hz,
                channel_names=attribution.channel_names,
            )
        )
    except ValueError:
        return []


def _label_of(name: str) -> str:
    sensor = sensor_of(name)
    unit = SENSOR_UNITS.get(sensor)
    axis = f" {axis_of(name)}" if axis_of(name) != sensor else ""
    return f"{_SENSORS.get(sensor, sensor)}{axis}" + (f"\n({unit})" if unit else "")
