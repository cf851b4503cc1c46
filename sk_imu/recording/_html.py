"""A recording as a notebook shows it: a table with a small picture of each stream."""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from ._channels import SENSOR_UNITS
from ._clocks import GAP, usual_interval
from ._quality import RecordingQuality

__all__ = ["recording_html", "rows_to_draw"]

Floats = NDArray[np.float64]

_WIDTH, _HEIGHT = 300, 44
#: So many stretches of time are told apart in a picture, by the least and the greatest
#: value of each: an hour's recording is drawn as fast, and looks, as all its samples would.
_N_STRETCHES = 200
# The first ones of the drawings' colours (Okabe and Ito), again for every third axis.
_COLOURS = ("#0072B2", "#D55E00", "#009E73")


class _Stream(Protocol):
    # Recording stands above this module.
    @property
    def timestamps_s(self) -> Floats: ...

    @property
    def values(self) -> Floats: ...

    @property
    def axes(self) -> tuple[str, ...]: ...


def recording_html(
    title: str,
    facts: Sequence[str],
    streams: Mapping[str, _Stream],
    quality: RecordingQuality,
) -> str:
    """Return a recording as HTML that needs no script, style sheet or other file.

    Parameters
    ----------
    title : str
        What it is called.
    facts : sequence of str
        What is known of it, such as who did what.
    streams : mapping of str to SensorStream
        Its streams.
    quality : RecordingQuality
        What was measured of them, and the reader's notes.

    Returns
    -------
    html : str
        One ``div``, all text in it escaped.

    Examples
    --------
    >>> from sk_imu import Recording
    >>> names = ["Gyroscope_x", "Gyroscope_y", "Gyroscope_z"]
    >>> recording = Recording.from_array(
    ...     [[0.0, 1.0]] * 3, sampling_rate_hz=50, channel_names=names, label="turn & hop"
    ... )
    >>> recording._repr_html_()[:82]
    '<div class="sk-imu-recording"><strong>Recording</strong> 0.02 s, label turn &amp; '
    """
    cells = ("Sensor", "Axes", "Over time", "Range", "Rate", "Samples", "Quality")
    style = 'style="text-align:left;padding:2px 8px"'
    head = "".join(f"<th {style}>{cell}</th>" for cell in cells)
    times_s = np.concatenate([stream.timestamps_s for stream in streams.values()])
    times_s = times_s[np.isfinite(times_s)]
    start_s, end_s = (times_s.min(), times_s.max()) if len(times_s) else (0.0, 0.0)
    rows = ""
    for sensor, stream in streams.items():
        measured = quality.streams[sensor]
        faults = [text.format(size) for text, size in measured.faults.items()]
        axes = (
            f'<span style="color:{_COLOURS[i % len(_COLOURS)]}">{escape(axis)}</span>'
            for i, axis in enumerate(stream.axes)
        )
        row = (
            escape(sensor),
            " ".join(axes),
            _picture(sensor, stream, float(start_s), float(end_s)),
            escape(_range_of(stream.values, SENSOR_UNITS.get(sensor, ""))),
            f"{measured.rate_hz:.4g} Hz" if measured.rate_hz > 0 else "unknown",
            str(measured.n_samples),
            escape("; ".join(faults)) or "no fault found",
        )
        rows += "<tr>"
        rows += "".join(f"<td {style}>{cell}</td>" for cell in row)
        rows += "</tr>"
    notes = ""
    if quality.notes:
        items = "".join(f"<li>{escape(note)}</li>" for note in quality.notes)
        notes = f"<details><summary>Notes ({len(quality.notes)})</summary>"
        notes += f"<ul>{items}</ul></details>"
    return (
        f'<div class="sk-imu-recording"><strong>{escape(title)}</strong> '
        f"{escape(', '.join(facts))}"
        f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>{notes}</div>"
    )


def rows_to_draw(times_s: Floats, values: Floats) -> tuple[Floats, Floats]:
    """Thin out one channel to what a small picture can show.

    Parameters
    ----------
    times_s : ndarray of shape (n_samples,)
        Time of each sample in seconds.
    values : ndarray of shape (n_samples,)
        Samples.

    Returns
    -------
    times_s, values : ndarray of shape (n_drawn,)
        The samples that have a time and a value, in the order of time; where they are
        many, the least and the greatest one of each of 200 stretches of time.

    Examples
    --------
    >>> import numpy as np
    >>> from sk_imu.recording_html import rows_to_draw
    >>> times_s, values = rows_to_draw(np.arange(360_000) / 100, np.arange(360_000.0))
    >>> len(values), int(values.min()), int(values.max())
    (400, 0, 359999)
    """
    known = np.flatnonzero(np.isfinite(times_s) & np.isfinite(values))
    known = known[np.argsort(times_s[known], kind="stable")]
    times_s, values = times_s[known], values[known]
    if len(values) <= 2 * _N_STRETCHES:
        return times_s, values
    edges = np.linspace(times_s[0], times_s[-1], _N_STRETCHES + 1)[1:-1]
    stretch = np.searchsorted(edges, times_s, side="right")
    by_value = np.lexsort((values, stretch))
    first = np.flatnonzero(np.diff(stretch, prepend=-1))
    last = np.append(first[1:], len(values)) - 1
    drawn = np.unique(np.concatenate([by_value[first], by_value[last]]))
    return times_s[drawn], values[drawn]


def _picture(sensor: str, stream: _Stream, start_s: float, end_s: float) -> str:
    """Return the channels of a stream as lines in one SVG, broken at gaps."""
    finite = stream.values[np.isfinite(stream.values)]
    low, high = (float(finite.min()), float(finite.max())) if len(finite) else (0.0, 0.0)
    per_s = (_WIDTH - 4) / (end_s - start_s) if end_s > start_s else 0.0
    # Halved, for the difference of two great numbers may be infinite.
    half = high / 2 - low / 2
    times_s = stream.timestamps_s[np.isfinite(stream.timestamps_s)]
    longest_s = GAP * usual_interval(np.sort(times_s))
    lines = ""
    for i, values in enumerate(stream.values.T):
        drawn_s, drawn = rows_to_draw(stream.timestamps_s, values)
        x = 2 + (drawn_s - start_s) * per_s
        level = (drawn / 2 - low / 2) / half if half > 0 else np.full(len(drawn), 0.5)
        y = _HEIGHT - 2 - (_HEIGHT - 4) * level
        # Drawn samples may lie two stretches apart where none is missing.
        gap_s = np.fmax(longest_s, 2 * (end_s - start_s) / _N_STRETCHES)
        breaks = np.diff(drawn_s, prepend=-np.inf) > gap_s
        points = (
            # Going nowhere first, a sample alone is seen by the round ends of its line.
            f"M{px:.0f} {py:.1f}h0" if new else f"L{px:.0f} {py:.1f}"
            for new, px, py in zip(breaks, x, y, strict=True)
        )
        colour = _COLOURS[i % len(_COLOURS)]
        lines += f'<path d="{"".join(points)}" stroke="{colour}"/>'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" width="{_WIDTH}" '
        f'height="{_HEIGHT}" viewBox="0 0 {_WIDTH} {_HEIGHT}" fill="none" '
        f'stroke-linecap="round" stroke-linejoin="round">'
        f"<title>{escape(sensor)} from {start_s:.2f} s to {end_s:.2f} s</title>"
        f"{lines}</svg>"
    )


def _range_of(values: Floats, unit: str) -> str:
    known: Any = values[np.isfinite(values)]
    if not len(known):
        return "no values"
    return f"{known.min():.3g} to {known.max():.3g} {unit}".rstrip()
