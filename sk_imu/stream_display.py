"""The streams of a recording as they are, with the gaps and the stale stretches marked."""

from pathlib import Path
from typing import TYPE_CHECKING

from .channels import SENSOR_UNITS
from .clocks import find_gaps
from .quality import find_stale
from .recording import Recording

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["draw_streams", "write_streams"]

#: Values that stay the same for a shorter time are not marked.
_STALE_S = 0.1


def draw_streams(figure: "Figure", recording: Recording) -> None:
    """Draw a panel a stream: its axes, gaps in red and stale stretches in grey.

    Where the streams don't share the time, the panels are hatched.
    """
    panels = figure.subplots(len(recording.streams), sharex=True, squeeze=False)[:, 0]
    overlap_s = recording.overlap_s
    for ax, (sensor, stream) in zip(panels, recording.streams.items(), strict=True):
        times_s = stream.timestamps_s
        ax.plot(times_s, stream.values, linewidth=0.7, label=stream.axes)
        stale = find_stale(times_s, stream.values)
        gaps = find_gaps(times_s)
        for stretches, colour in (
            (stale[stale[:, 1] - stale[:, 0] > _STALE_S], "0.5"),
            (gaps, "#D55E00"),
        ):
            widths = stretches[:, 1] - stretches[:, 0]
            spans = list(zip(stretches[:, 0], widths, strict=True))
            ax.broken_barh(
                spans, (0, 1), transform=ax.get_xaxis_transform(), color=colour, alpha=0.3
            )
        for outside in ((stream.start_s, overlap_s[0]), (overlap_s[1], stream.end_s)):
            ax.axvspan(*outside, facecolor="none", edgecolor="0.8", hatch="//", zorder=0)
        quality = recording.quality.streams[sensor]
        ax.set_title(
            f"{sensor}: {quality.rate_hz:.2f} Hz, {quality.update_rate_hz:.2f} new a "
            f"second, {len(gaps)} gaps",
            loc="left",
            fontsize=9,
        )
        ax.set_ylabel(SENSOR_UNITS.get(sensor, ""))
        ax.legend(loc="upper right", fontsize=7, ncols=len(stream.axes))
        ax.margins(x=0.01)
    panels[-1].set_xlabel(
        "Time (s). Red: no samples. Grey: repeated values. Hatched: not in every stream"
    )


def write_streams(recording: Recording, path: str | Path) -> Path:
    """Write the drawing as a PNG file and return its path.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> from sk_imu import Recording
    >>> from sk_imu.stream_display import write_streams
    >>> recording = Recording.from_array(
    ...     [[0.0, 1.0] * 50], sampling_rate_hz=50, channel_names=["Gyroscope_x"]
    ... )
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_streams(recording, pathlib.Path(folder, "streams.png")).name
    'streams.png'
    """
    # Not from pyplot, which would keep it and choose a back end for the whole process.
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 1 + 1.8 * len(recording.streams)), layout="constrained")
    figure.suptitle(recording.name, x=0.01, ha="left", fontsize=10, parse_math=False)
    draw_streams(figure, recording)
    figure.savefig(path, dpi=150)
    return Path(path)
