"""Print a reStructuredText table of how the readers read a folder of recordings.

python docs/results/exports_table.py FOLDER > docs/results/exports_table.rst
"""

import sys
from pathlib import Path

from sk_imu import read_recording


def cell(path: Path) -> tuple[str, str, str]:
    """Return the streams and their timing, and what was decided or left out."""
    try:
        recording = read_recording(path)
    except ValueError as error:
        return "refused", "", str(error).replace(str(path), path.name)
    rates: dict[str, list[str]] = {}
    for sensor, stream in recording.streams.items():
        rates.setdefault(f"{stream.rate_hz:.2f} Hz", []).append(sensor)
    read = "; ".join(f"{', '.join(sensors)} at {rate}" for rate, sensors in rates.items())
    starts = [stream.start_s for stream in recording.streams.values()]
    apart_s = max(starts) - min(starts)
    timing = f"{recording.duration_s:.1f} s shared, starts {apart_s:.2f} s apart"
    notes = [note.replace(str(path), path.name) for note in recording.notes]
    return read, timing, " ".join(notes)


def main(folder: str) -> None:
    """Print one row per recording."""
    print(".. list-table::\n    :header-rows: 1\n    :widths: 18 26 16 40\n")
    rows = [("recording", "read", "time", "notes")]
    for path in sorted(Path(folder).iterdir()):
        if path.is_dir() or path.suffix == ".zip":
            rows.append((f"``{path.name}``", *cell(path)))
    for row in rows:
        for i, text in enumerate(row):
            print("    * -" if i == 0 else "      -", text.replace("*", "\\*"))


if __name__ == "__main__":
    main(sys.argv[1])
