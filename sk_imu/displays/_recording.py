"""Draw the streams of a recording, with their faults marked."""

import textwrap
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray

from ..recording import SENSOR_UNITS, Recording, SensorStream, StreamFaults, find_faults
from ._style import figure_in, legend_of, look_of_line, shown

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure, SubFigure

# Values that stay the same for a shorter time are not marked.
_STALE_S = 0.1
_GAP, _STALE, _CLIPPED = "no samples", "repeated values", "clipped"
_OUTSIDE = "not in every stream"
_STRETCHES: dict[str, dict[str, Any]] = {
    _GAP: {"color": "#D55E00", "alpha": 0.3},
    _STALE: {"color": "0.5", "alpha": 0.3},
    _OUTSIDE: {"facecolor": "none", "edgecolor": "0.6", "hatch": "//"},
}
# Faults of single samples: name in StreamFaults, name in the legend, mark, height.
_SAMPLES = (
    ("duplicated", "time repeated", "|", 0.03),
    ("backward", "time runs backwards", "<", 0.08),
    ("missing", "value missing", "x", 0.13),
)


@dataclass(kw_only=True, eq=False, repr=False)
class RecordingDisplay:
    """The streams of a recording over time, a panel each, with their faults marked.

    Bands show where samples are missing and where values stay the same for more than
    0.1 s. Hatching shows the time that not all streams share. Clipped values have a black
    mark. Samples with a missing value, or a time not after that of the sample before, have
    a mark at the bottom. Lines are broken where samples are missing. Create it with
    :meth:`from_recording`.

    Parameters
    ----------
    recording : Recording
        The recording.
    faults : mapping of str to StreamFaults
        Location of the faults of each stream.

    Attributes
    ----------
    axes_ : ndarray of matplotlib Axes of shape (n_streams,)
        The panels.
    figure_ : matplotlib Figure or SubFigure
        The figure with the panels.

    See Also
    --------
    sk_imu.Recording.quality : The same faults, counted.

    Examples
    --------
    >>> import numpy as np
    >>> from sk_imu import Recording, RecordingDisplay, SensorStream
    >>> times_s = np.arange(500) / 100
    >>> times_s[200:] += 1.0
    >>> stream = SensorStream(times_s, np.random.default_rng(0).normal(size=(500, 3)))
    >>> display = RecordingDisplay.from_recording(Recording({"Gyroscope": stream}))
    >>> display.faults["Gyroscope"].gaps.round(2).tolist()
    [[1.99, 3.0]]
    >>> display.axes_[0].get_ylabel()
    'rad/s'
    """

    recording: Recording
    faults: Mapping[str, StreamFaults]

    @classmethod
    def from_recording(
        cls, recording: Recording, *, ax: "Axes | Figure | SubFigure | None" = None
    ) -> Self:
        """Draw a recording.

        Parameters
        ----------
        recording : Recording
            The recording.
        ax : matplotlib Axes, Figure or SubFigure, optional
            Where to draw; axes are replaced by the panels. By default a new figure.

        Returns
        -------
        display : RecordingDisplay
            The display, drawn.
        """
        faults = {
            sensor: find_faults(sensor, stream.timestamps_s, stream.values)
            for sensor, stream in recording.streams.items()
        }
        return cls(recording=recording, faults=faults).plot(ax=ax)

    def plot(self, *, ax: "Axes | Figure | SubFigure | None" = None) -> Self:
        """Draw a panel for each stream.

        Parameters
        ----------
        ax : matplotlib Axes, Figure or SubFigure, optional
            Where to draw; axes are replaced by the panels. By default a new figure.

        Returns
        -------
        display : RecordingDisplay
            The display itself.
        """
        recording = self.recording
        figure = figure_in(ax, 9, 1 + 1.8 * len(recording.streams))
        panels = figure.subplots(len(recording.streams), sharex=True, squeeze=False)[:, 0]
        known: dict[str, Any] = {}
        for ax_, (sensor, stream) in zip(panels, recording.streams.items(), strict=True):
            faults = self.faults[sensor]
            for i, (axis, values) in enumerate(
                zip(stream.axes, stream.values.T, strict=True)
            ):
                times_s, broken = _broken(stream.timestamps_s, values, faults.gaps)
                ax_.plot(times_s, broken, linewidth=0.7, label=axis, **look_of_line(i))
            self._mark_stretches(ax_, stream, faults, known)
            _mark_samples(ax_, stream, faults, known)
            quality = recording.quality.streams[sensor]
            faulty = [text.format(size) for text, size in quality.faults.items()]
            title = f"{sensor}, {quality.rate_hz:.4g} Hz{': ' if faulty else ''}"
            title = textwrap.fill(title + "; ".join(faulty), 110)
            # Names and marks may hold dollar signs, which would be read as formulas.
            ax_.set_title(title, loc="left", fontsize=9, parse_math=False)
            ax_.set_ylabel(SENSOR_UNITS.get(sensor, ""))
            ax_.legend(loc="upper left", fontsize=7, bbox_to_anchor=(1, 1), frameon=False)
            ax_.margins(x=0.01)
        for time_s, text in recording.annotations:
            for ax_ in panels:
                ax_.axvline(time_s, color="0.4", linestyle=":", linewidth=0.9)
            # Once, at the top: the lines lead down to the other panels.
            panels[0].text(
                time_s,
                0.97,
                f" {shown(text)}",
                transform=panels[0].get_xaxis_transform(),
                rotation=90,
                ha="right",
                va="top",
                fontsize=7,
                parse_math=False,
            )
        panels[-1].set_xlabel("Time (s)")
        name = shown(recording.name, 90)
        figure.suptitle(name, x=0.01, ha="left", fontsize=10, parse_math=False)
        legend_of(figure, known, loc="outside lower right")
        self.axes_, self.figure_ = panels, figure
        return self

    def _mark_stretches(
        self, ax: "Axes", stream: SensorStream, faults: StreamFaults, known: dict[str, Any]
    ) -> None:
        # Short repeats are common, because sensors are often read faster than they measure.
        long = faults.stale[:, 1] - faults.stale[:, 0] > _STALE_S
        first_s, last_s = self.recording.overlap_s
        # Clipped to the stream, which may lie wholly outside the time that all share.
        outside = np.array(
            [
                [stream.start_s, min(first_s, stream.end_s)],
                [max(last_s, stream.start_s), stream.end_s],
            ]
        )
        for name, stretches in (
            (_GAP, faults.gaps),
            (_STALE, faults.stale[long]),
            (_OUTSIDE, outside[outside[:, 1] > outside[:, 0]]),
        ):
            if len(stretches):
                known[name] = ax.broken_barh(
                    list(zip(stretches[:, 0], np.diff(stretches)[:, 0], strict=True)),
                    (0, 1),
                    transform=ax.get_xaxis_transform(),
                    # Out of the legend of the axes: that of the figure has it once.
                    label=f"_{name}",
                    linewidth=0,
                    zorder=0,
                    **_STRETCHES[name],
                )


def _mark_samples(
    ax: "Axes", stream: SensorStream, faults: StreamFaults, known: dict[str, Any]
) -> None:
    look: dict[str, Any] = {"color": "k", "linestyle": "", "markersize": 4}
    if faults.clipped.any():
        rows, columns = np.nonzero(faults.clipped)
        (known[_CLIPPED],) = ax.plot(
            stream.timestamps_s[rows],
            stream.values[rows, columns],
            marker="d",
            label=f"_{_CLIPPED}",
            **look,
        )
    for attribute, name, marker, height in _SAMPLES:
        times_s = stream.timestamps_s[getattr(faults, attribute)]
        if len(times_s):
            (known[name],) = ax.plot(
                times_s,
                np.full(len(times_s), height),
                marker=marker,
                label=f"_{name}",
                transform=ax.get_xaxis_transform(),
                **look,
            )


def _broken(
    times_s: NDArray[np.float64], values: NDArray[np.float64], gaps: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the samples with NaN in each gap, so that no line crosses it."""
    # Of several samples at the time where a gap begins, the last one.
    before = np.flatnonzero(np.isin(times_s[:-1], gaps[:, 0]) & (np.diff(times_s) > 0))
    return (
        np.insert(times_s, before + 1, np.nan),
        np.insert(values, before + 1, np.nan),
    )
