"""Times that a file writes as text: times of day and dates."""

import re
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from ._tables import Table

#: Times of day: 14:05:23.123, 14:05:23:123 or 05:23.123.
_CLOCK = re.compile(r"(?:(\d{1,2}):)?(\d{1,2}):(\d{1,2})(?:[.,:](\d{1,9}))?", re.ASCII)
#: ISO 8601: 2024-05-01T10:00:00.123Z, with a space, an offset or no fraction.
_DATE = re.compile(
    r"(\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d)(?:[.,](\d{1,9}))?\s*(Z|[+-]\d\d:?\d\d)?",
    re.ASCII | re.IGNORECASE,
)
_DAY_S = 86400.0


def times_of_day(table: Table, name: str) -> NDArray[np.float64] | None:
    """Return the seconds of a column of times of day, or None if it has none.

    The clock starts again at midnight or, in files without hours, at the full hour.
    """
    cells = [cell.strip() for cell in table.cells(name)]
    if not any(":" in cell for cell in cells):
        return None
    times_s = np.empty(len(cells))
    for row, cell in enumerate(cells):
        match = _CLOCK.fullmatch(cell)
        if match is None:
            raise table.fault(row, name, "is not a time of day such as 14:05:23.123")
        hours, minutes, seconds, fraction = match.groups()
        times_s[row] = int(hours or 0) * 3600 + int(minutes) * 60 + int(seconds)
        times_s[row] += float(f"0.{fraction or 0}")
    period_s = _DAY_S if cells[0].count(":") > 1 else 3600.0
    # A smaller step back is a late row, which is judged with those of other clocks.
    wraps = np.concatenate([[0], np.cumsum(np.diff(times_s) < -period_s / 2)])
    return np.asarray(times_s + wraps * period_s)


def dates(table: Table, name: str, notes: list[str]) -> NDArray[np.int64] | None:
    """Return the Unix times in nanoseconds of a column of dates, or None if it has none.

    A date without a time zone counts as UTC, with a note.
    """
    cells = [cell.strip() for cell in table.cells(name)]
    if not cells or _DATE.fullmatch(cells[0]) is None:
        return None
    times_ns = np.empty(len(cells), dtype=np.int64)
    zoneless = 0
    start = datetime(1970, 1, 1)
    for row, cell in enumerate(cells):
        match = _DATE.fullmatch(cell)
        try:
            if match is None:
                raise ValueError(cell)
            moment = datetime.fromisoformat(match[1].upper())
        except ValueError:
            raise table.fault(
                row, name, "is not a date such as 2024-05-01T10:00:00.123Z"
            ) from None
        # Whole numbers, because float64 knows Unix times only to 256 ns.
        seconds = (moment - start) // timedelta(seconds=1)
        zone = (match[3] or "").upper()
        zoneless += not zone
        if zone not in ("", "Z"):
            minutes = int(zone[1:3]) * 60 + int(zone[-2:])
            seconds -= 60 * minutes * (-1 if zone[0] == "-" else 1)
        nanoseconds = int((match[2] or "").ljust(9, "0"))
        if not 0 <= seconds < 2**32:
            raise table.fault(row, name, "is not a date between 1970 and 2106")
        times_ns[row] = seconds * 10**9 + nanoseconds
    if zoneless:
        notes.append(f"{name}: {zoneless} date(s) without a time zone, taken for UTC.")
    return times_ns
