"""Label a bout of exercise by the marks set in an app."""

from collections.abc import Sequence
from typing import Any

from ..recording import Recording

_BEGIN = {"start", "begin"}
_END = {"stop", "end", "finish"}


def label_of(
    recording: Recording,
    bout: int,
    spans: Sequence[tuple[float, float]],
    mark_before_s: float,
) -> Any:
    """Return the label of one of a recording's bouts, given in order of time.

    The notes of :func:`sk_imu.find_bouts` explain the rule.
    """
    start_s, end_s = spans[bout]
    marks = sorted((time_s, *_read(text)) for time_s, text in recording.annotations)
    for i, (from_s, name, kind) in enumerate(marks):
        if kind != "begin":
            continue
        ends = [t for t, other, k in marks[i + 1 :] if k == "end" and other == name]
        # The middle decides, so that marks pressed late, or a bout found too long, are off
        # by up to half of the bout without changing the label.
        if ends and from_s <= (start_s + end_s) / 2 <= ends[0]:
            return name or recording.label
    # A mark within the bout before labels that one and not this one, too.
    free_from_s = spans[bout - 1][1] if bout else float("-inf")
    earliest_s = max(start_s - mark_before_s, free_from_s)
    # A mark that ends something does not label what follows.
    before = [n for t, n, k in marks if n and earliest_s < t <= start_s and k != "end"]
    inside = [name for time_s, name, _ in marks if name and start_s < time_s <= end_s]
    return before[-1] if before else inside[0] if inside else recording.label


def _read(text: str) -> tuple[str, str]:
    """Return the name in a mark's text, and its kind: "begin", "end" or "mark"."""
    words = text.split()
    # Only the first and the last word: "squat, good start position" begins nothing.
    for place in (0, -1):
        word = words[place].strip(":.,;!-").lower() if words else ""
        if word in _BEGIN | _END:
            rest = words[1:] if place == 0 else words[:-1]
            return " ".join(rest).strip(":.,;- "), "begin" if word in _BEGIN else "end"
    return " ".join(words), "mark"
