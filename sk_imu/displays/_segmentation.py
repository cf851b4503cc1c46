"""Draw the bouts and repetitions found in a recording on its signal."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray

from ..recording import Recording
from ..segmentation import (
    MOTION_RATE_HZ,
    Bout,
    SetQuality,
    find_bouts,
    motion_of,
    set_quality,
)
from ._axes_display import AxesDisplay
from ._style import COLORS, new_axes, shown

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@dataclass(kw_only=True, eq=False, repr=False)
class SegmentationDisplay(AxesDisplay):
    """The bouts of exercise in a recording, drawn on its movement.

    Above each bout stand its label, its number of repetitions and its confidence. Create it
    with :meth:`from_recording` or :meth:`from_estimator`.

    Parameters
    ----------
    times_s : ndarray of shape (n_timesteps,)
        Time of each timestep in seconds.
    movement : ndarray of shape (n_timesteps,)
        Distance of the movement from its mean, in typical values of each sensor: 3 m/s²
        and 1 rad/s.
    bouts : sequence of Bout
        The bouts, with the repetitions to draw.
    annotations : sequence of (float, str), default=()
        Time in seconds and text of each mark.
    qualities : sequence of SetQuality, default=()
        How each bout was done. Its tempo, slowing, range of motion and pauses then stand
        below its label.
    side : {"left", "right"}, optional
        The side of the body that the device was on, which stands before the tempo.

    Attributes
    ----------
    ax_ : matplotlib Axes
        The axes with the plot.
    figure_ : matplotlib Figure
        The figure with the axes.

    See Also
    --------
    find_bouts : Find the bouts.

    Examples
    --------
    >>> import numpy as np
    >>> from sk_imu import Recording, SegmentationDisplay
    >>> phase = 2 * np.pi * np.arange(1000) / 100
    >>> turns = np.array([np.sin(phase), 0.3 * np.sin(2 * phase), 0 * phase])
    >>> workout = Recording.from_array(
    ...     np.pad(turns, ((0, 0), (500, 500))),
    ...     sampling_rate_hz=50,
    ...     channel_names=[f"Gyroscope_{axis}" for axis in "xyz"],
    ... )
    >>> display = SegmentationDisplay.from_recording(workout)
    >>> display.ax_.get_xlabel()
    'Time (s)'
    """

    times_s: NDArray[np.float64]
    movement: NDArray[np.float64]
    bouts: Sequence[Bout]
    annotations: Sequence[tuple[float, str]] = ()
    qualities: Sequence[SetQuality] = ()
    side: str | None = None

    @classmethod
    def from_recording(
        cls,
        recording: Recording,
        bouts: Sequence[Bout] | None = None,
        *,
        quality: bool = False,
        ax: "Axes | None" = None,
    ) -> Self:
        """Draw a recording and its bouts.

        Parameters
        ----------
        recording : Recording
            The recording.
        bouts : sequence of Bout, optional
            What to draw; by default what :func:`find_bouts` finds.
        quality : bool, default=False
            Whether to describe how each bout was done, see :func:`set_quality`.
        ax : matplotlib Axes, optional
            Where to draw; by default in a new figure.

        Returns
        -------
        display : SegmentationDisplay
            The display, drawn.
        """
        start_s, motion = motion_of(recording)
        # The mean is gravity and the pose of the device, not movement.
        from_mean = motion - motion.mean(axis=1, keepdims=True)
        bouts = find_bouts(recording) if bouts is None else bouts
        display = cls(
            times_s=start_s + np.arange(motion.shape[1]) / MOTION_RATE_HZ,
            movement=np.sqrt(np.square(from_mean).sum(axis=0)),
            bouts=bouts,
            annotations=recording.annotations,
            qualities=[
                set_quality(recording, bout.repetitions) for bout in bouts if quality
            ],
            side=recording.side,
        )
        return display.plot(ax=ax)

    @classmethod
    def from_estimator(
        cls, estimator: Any, recording: Recording, *, ax: "Axes | None" = None
    ) -> Self:
        """Draw a recording and the bouts that a segmenter finds in it.

        Parameters
        ----------
        estimator : SetSegmenter
            The fitted segmenter, whose thresholds are used.
        recording : Recording
            The recording.
        ax : matplotlib Axes, optional
            Where to draw; by default in a new figure.

        Returns
        -------
        display : SegmentationDisplay
            The display, drawn.
        """
        # predict has start and end only; the repetitions are drawn, too.
        bouts = find_bouts(recording, **estimator.get_params())
        return cls.from_recording(recording, bouts, ax=ax)

    def _draw(self, ax: "Axes | None") -> "Axes":
        if ax is None:
            ax = new_axes(10, 3)
        ax.plot(self.times_s, self.movement, color="0.3", linewidth=0.7)
        top = ax.get_xaxis_transform()
        # Labels and marks may hold dollar signs, which would be read as formulas.
        look: dict[str, Any] = {"fontsize": 7, "parse_math": False, "transform": top}
        # Bouts with the same label have the same color.
        labels = list(dict.fromkeys(bout.label for bout in self.bouts))
        for i, bout in enumerate(self.bouts):
            color = COLORS[labels.index(bout.label) % len(COLORS)]
            ax.axvspan(bout.start_s, bout.end_s, color=color, alpha=0.2, linewidth=0)
            for repetition in bout.repetitions:
                ax.axvline(repetition.start_s, color=color, linewidth=0.6)
            name = "" if bout.label is None else f"{shown(bout.label)} "
            text = f"{name}{len(bout.repetitions)} × ({bout.confidence:.2f})"
            if self.qualities:
                text += f"\n{_in_words(self.qualities[i], self.side)}"
            middle = (bout.start_s + bout.end_s) / 2
            # Above the axes, because the signal fills them.
            ax.text(middle, 1.01, text, ha="center", **look)
        for time_s, text in self.annotations:
            ax.axvline(time_s, color="0.5", linestyle=":")
            ax.text(time_s, 0.98, shown(text), rotation=90, va="top", **look)
        ax.set(xlabel="Time (s)", ylabel="Movement", ylim=(0, None))
        ax.margins(x=0)
        return ax


def _in_words(quality: SetQuality, side: str | None) -> str:
    """Return a line that describes a set."""
    if not quality.tempo_s:
        return ""
    words = [] if side is None else [side]
    words.append(f"{np.median(quality.tempo_s):.1f} s")
    if np.isfinite(quality.slowing):
        words.append(f"{100 * (quality.slowing - 1):+.0f} % time")
    if np.isfinite(quality.range_kept):
        words.append(f"{100 * (quality.range_kept - 1):+.0f} % range")
    if sum(quality.pauses_s):
        words.append(f"{sum(quality.pauses_s):.1f} s pauses")
    return ", ".join(words)
