"""A recording as HTML: a table with a small plot of each stream."""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ._channels import SENSOR_UNITS
from ._clocks import GAP, usual_interval
from ._quality import RecordingQuality
from ._sensor_stream import SensorStream

Floats = NDArray[np.float64]

_WIDTH, _HEIGHT = 300, 44
#: A long channel is drawn as the least and the greatest value of so many stretches of
#: time: an hour takes no longer to draw than a minute, and looks as all samples would.
_N_STRETCHES = 200
# The first colors of the displays (Okabe and Ito), repeated after every third axis.
_COLORS = ("#0072B2", "#D55E00", "#009E73")


def recording_html(
    title: str,
    facts: Sequence[str],
    streams: Mapping[str, SensorStream],
    quality: RecordingQuality,
) -> str:
    """Return a recording as HTML without scripts, style sheets or other files.

    ``facts``, which follow the title, are its length and metadata. All text is escaped.
    """
    cells = ("Sensor", "Axes", "Over time", "Range", "Rate", "Samples", "Quality")
    # Inline styles, because notebooks remove style sheets from outputs.
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
            f'<span style="color:{_COLORS[i % len(_COLORS)]}">{escape(axis)}</span>'
            for i, axis in enumerate(stream.axes)
        )
        row = (
            escape(sensor),
            " ".join(axes),
            _plot(sensor, stream, float(start_s), float(end_s)),
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
    """Return the times and values of one channel that a small plot can show.

    They have a time and a value, and are sorted by time. Of more than 400 samples, they are
    the least and the greatest one in each of 200 stretches of time.
    """
    known = np.flatnonzero(np.isfinite(times_s) & np.isfinite(values))
    known = known[np.argsort(times_s[known], kind="stable")]
    times_s, values = times_s[known], values[known]
    if len(values) <= 2 * _N_STRETCHES:
        return times_s, values
    edges = np.linspace(times_s[0], times_s[-1], _N_STRETCHES + 1)[1:-1]
    stretch = np.searchsorted(edges, times_s, side="right")
    # Sorted by value within each stretch, its first and last sample are the extremes.
    by_value = np.lexsort((values, stretch))
    first = np.flatnonzero(np.diff(stretch, prepend=-1))
    last = np.append(first[1:], len(values)) - 1
    drawn = np.unique(np.concatenate([by_value[first], by_value[last]]))
    return times_s[drawn], values[drawn]


def _plot(sensor: str, stream: SensorStream, start_s: float, end_s: float) -> str:
    """Return the channels of a stream as lines of one SVG, broken at gaps."""
    finite = stream.values[np.isfinite(stream.values)]
    low, high = (float(finite.min()), float(finite.max())) if len(finite) else (0.0, 0.0)
    per_s = (_WIDTH - 4) / (end_s - start_s) if end_s > start_s else 0.0
    # Halved, because the difference of two huge numbers may be infinite.
    half = high / 2 - low / 2
    times_s = stream.timestamps_s[np.isfinite(stream.timestamps_s)]
    longest_s = GAP * usual_interval(np.sort(times_s))
    lines = ""
    for i, values in enumerate(stream.values.T):
        drawn_s, drawn = rows_to_draw(stream.timestamps_s, values)
        x = 2 + (drawn_s - start_s) * per_s
        level = (drawn / 2 - low / 2) / half if half > 0 else np.full(len(drawn), 0.5)
        y = _HEIGHT - 2 - (_HEIGHT - 4) * level
        # Without any gap, drawn samples may still lie two stretches apart.
        gap_s = np.fmax(longest_s, 2 * (end_s - start_s) / _N_STRETCHES)
        breaks = np.diff(drawn_s, prepend=-np.inf) > gap_s
        points = (
            # The empty stroke h0 makes a single sample visible by its round line ends.
            f"M{px:.0f} {py:.1f}h0" if new else f"L{px:.0f} {py:.1f}"
            for new, px, py in zip(breaks, x, y, strict=True)
        )
        color = _COLORS[i % len(_COLORS)]
        lines += f'<path d="{"".join(points)}" stroke="{color}"/>'
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
