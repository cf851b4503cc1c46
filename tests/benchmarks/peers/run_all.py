"""Try everything in this folder with each of the given Pythons, and print the table.

    python tests/benchmarks/peers/run_all.py PYTHON [PYTHON ...] [--only SCRIPT ...]

A cell is of the first Python that has the library.  The ratio of times is to ours.  With
``--out FILE`` the cells are kept there, and a run of some scripts replaces theirs only.
"""

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path

from trying import LIBRARIES

HERE = Path(__file__).parent
#: In the order of the rows.
SCRIPTS = (
    *("recordings", "windows", "search", "leak_check", "augmentation", "net", "mixup"),
    *("repetitions", "sensor_logger", "one_window", "saving", "dependencies"),
)
#: All scripts in one process: importing takes longer than trying.
CHILD = """
import runpy, sys, traceback
sys.path.insert(0, sys.argv[1])
for script in sys.argv[2:]:
    try:
        runpy.run_path(script, run_name="__main__")
    except Exception:
        traceback.print_exc()
"""


def main():
    """Run the scripts and print what they told."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("pythons", nargs="+", metavar="PYTHON")
    parser.add_argument("--only", nargs="+", choices=SCRIPTS, default=SCRIPTS)
    parser.add_argument("--out", type=Path, help="JSON file of the cells")
    options = parser.parse_args()
    scripts = [str(HERE / f"try_{name}.py") for name in options.only]
    env = {**os.environ, "OMP_NUM_THREADS": "1", "NUMBA_NUM_THREADS": "1"}
    cells, new = {}, {}
    if options.out and options.out.exists():
        kept = json.loads(options.out.read_text("utf-8"))
        cells = {(cell["row"], cell["library"]): cell for cell in kept}
    for python in options.pythons:
        command = [python, "-W", "ignore", "-c", CHILD, str(HERE), *scripts]
        told = subprocess.run(command, env=env, stdout=subprocess.PIPE, check=False).stdout
        for line in told.decode().splitlines():
            if line.startswith('{"row"'):
                cell = json.loads(line)
                new.setdefault((cell["row"], cell["library"]), cell)
    cells.update(new)
    if options.out:
        text = json.dumps(list(cells.values()), indent=1)
        options.out.write_text(text + "\n", encoding="utf-8")
    for row in dict.fromkeys(row for row, _ in cells):
        print(f"\n{row}")
        for library in LIBRARIES:
            if cell := cells.get((row, library)):
                about = f"{library} {cell['version']}"
                print(f"  {about:20}{cell['verdict']:22}{cell['note']}")
        times = {k[1]: c["verdict"] for k, c in cells.items() if k[0] == row}
        if times.get("sk_imu", "").endswith(" ms"):
            ours = float(times["sk_imu"].split()[0])
            ratios = (
                f"{name} {float(value.split()[0]) / ours:.2f}"
                for name, value in times.items()
                if value.endswith(" ms")
            )
            print("  ratio to ours:", ", ".join(ratios))


if __name__ == "__main__":
    sys.exit(main())
